//! `livevod journal`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::arguments::Format;
use super::failure::Failure;
use super::findings;
use super::record::{damaged, unusable};
use super::terminal::Terminal;
use crate::apply::journal::{RunRecord, Stored, read_runs};
use crate::diag::{Code, Diagnostic};
use crate::render::{self, Context, Exit};
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// One run: `last`, or the beginning of its id
    run: Option<String>,

    /// Folder of the journals
    #[arg(long = "journal", value_name = "DIR", default_value = ".livevod/journal")]
    folder: PathBuf,

    /// How it is printed
    #[arg(long = "format", value_enum, default_value_t = Language::Human)]
    language: Language,
}

/// `--format` of `journal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// For people
    Human,
    /// One JSON document
    Json,
}

impl Arguments {
    /// The format in which errors are printed.
    pub(super) fn format(&self) -> Format {
        match self.language {
            Language::Human => Format::Human,
            Language::Json => Format::Json,
        }
    }
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let exit = Exit::Success;
    if let Some(id) = &arguments.run {
        let run = find(&arguments.folder, id)?;
        terminal.print(&match arguments.language {
            Language::Human => render::human_run(&run, terminal.stdout),
            Language::Json => render::run_json(&run, exit),
        });
        return Ok(exit);
    }
    let (runs, diagnostics) = all(&arguments.folder)?;
    let sources = Sources::default();
    match arguments.language {
        Language::Human => {
            findings::tell(&diagnostics, &sources, terminal);
            terminal.print(&render::human_runs(&runs, terminal.stdout));
        }
        Language::Json => {
            let context = Context { sources: &sources, diagnostics: &diagnostics, exit };
            terminal.print(&render::runs_json(&runs, context));
        }
    }
    Ok(exit)
}

/// Every run of a folder, newest first, and a warning for each journal that can't be read.
fn all(folder: &Path) -> Result<(Vec<RunRecord>, Vec<Diagnostic>), Failure> {
    let (mut runs, mut diagnostics) = (Vec::new(), Vec::new());
    for Stored { path, run } in read_runs(folder).map_err(|error| unusable(&error))?.into_iter().rev() {
        match run {
            Ok(run) => runs.extend(run),
            Err(error) => diagnostics.push(damaged(&path, &error)),
        }
    }
    Ok((runs, diagnostics))
}

/// The one run whose id begins so; `last` is the newest.
pub(super) fn find(folder: &Path, id: &str) -> Result<RunRecord, Failure> {
    let (runs, damaged) = all(folder)?;
    let fits = |run: &RunRecord| id == "last" || run.header.run.starts_with(id);
    let mut found: Vec<RunRecord> = runs.into_iter().filter(fits).collect();
    if id == "last" {
        found.truncate(1);
    }
    match (found.pop(), found.len()) {
        (Some(run), 0) => Ok(run),
        (None, _) => {
            let message = format!("no run in `{}` begins with `{id}`", folder.display());
            let none = Diagnostic::new(Code::Usage, message).help("`livevod journal` lists them");
            Err(Failure { diagnostics: [vec![none], damaged].concat(), ..Failure::default() })
        }
        (Some(_), more) => {
            let message = format!("{} runs begin with `{id}`", more + 1);
            Err(Diagnostic::new(Code::Usage, message).help("give more of the id").into())
        }
    }
}
