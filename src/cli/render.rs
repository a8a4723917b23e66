//! `livevod render`.

use clap::{Args, ValueEnum};

use super::arguments::{Format, Paths, Rules};
use super::failure::Failure;
use super::load::load;
use super::terminal::Terminal;
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    /// How the configurations are printed
    #[arg(long = "format", value_enum, default_value_t = Language::Yaml)]
    language: Language,
}

/// `--format` of `render`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// A file that livevod reads, origins in comments
    Yaml,
    /// One JSON document, origins beside the values
    Json,
}

impl Arguments {
    /// The format in which errors are printed.
    pub(super) fn format(&self) -> Format {
        match self.language {
            Language::Yaml => Format::Human,
            Language::Json => Format::Json,
        }
    }
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let loaded = load(&arguments.paths, &arguments.rules)?;
    let exit = Exit::Success;
    match arguments.language {
        Language::Yaml => {
            loaded.warn(terminal);
            terminal.print(&render::desired_yaml(&loaded.desired, &loaded.sources));
        }
        Language::Json => {
            let context = Context { sources: &loaded.sources, diagnostics: &loaded.diagnostics, exit };
            terminal.print(&render::desired_json(&loaded.desired, context));
        }
    }
    Ok(exit)
}
