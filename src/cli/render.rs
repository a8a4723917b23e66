//! `livevod render`.

use clap::Args;

use super::failure::Failure;
use super::load::load;
use super::paths::Paths;
use super::rules::Rules;
use super::run::{Run, Session, Terms};
use crate::render::{self, Context, Exit, FilesFormat};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod render
  livevod render --format json")]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    /// Output format
    #[arg(long, value_enum, default_value_t = FilesFormat::Yaml)]
    format: FilesFormat,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(self.format).showing(&self.rules.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { paths, rules, format } = self;
        let loaded = load(paths, rules)?;
        let exit = Exit::Success;
        let context = Context { sources: &loaded.sources, diagnostics: &loaded.diagnostics, exit };
        let layout = terminal.layout((*format).into());
        terminal.show(&render::effective(&loaded.desired, *format, context, &layout));
        Ok(exit)
    }
}
