//! `livevod journal`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::arguments::MaxFindings;
use super::candidates;
use super::default_paths::JOURNALS;
use super::failure::Failure;
use super::record::{damaged, unusable};
use super::run::{Run, Session, Told};
use super::views::of_pages;
use crate::apply::journal::{RunRecord, Stored, read_runs};
use crate::diag::{Code, Diagnostic};
use crate::render::{self, Context, Exit, Format};
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Run to show: `last`, or the beginning of its id; without it, all runs are listed
    #[arg(add = ArgValueCandidates::new(candidates::runs))]
    run: Option<String>,

    /// Folder of the journals
    #[arg(long = "journal", value_name = "DIR", default_value = JOURNALS)]
    folder: PathBuf,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    format: Format,

    #[command(flatten)]
    shown: MaxFindings,
}

impl Run for Arguments {
    fn told(&self) -> Told<'_> {
        Told::in_format(self.format)
    }

    fn max_findings(&self) -> Option<usize> {
        self.shown.given()
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { run, folder, format, shown: _ } = self;
        let (exit, layout) = (Exit::Success, terminal.layout(*format));
        if let Some(id) = run {
            terminal.show(&render::run(&find(folder, id)?, exit, &layout));
            return Ok(exit);
        }
        let (runs, diagnostics) = all(folder)?;
        let context = Context { sources: &Sources::default(), diagnostics: &diagnostics, exit };
        terminal.show(&render::runs(&runs, context, &layout));
        Ok(exit)
    }
}

/// All runs in a folder, newest first, and a warning for each journal that can't be read.
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

/// The one run whose id begins with `id`; `last` is the newest run.
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
            let message = match id {
                "last" => format!("`{}` has no runs", folder.display()),
                _ => format!("`{}` has no run with an id that begins with `{id}`", folder.display()),
            };
            let none = Diagnostic::new(Code::Usage, message).help("`livevod journal` lists the runs");
            Err(Failure { diagnostics: [vec![none], damaged].concat(), ..Failure::default() })
        }
        (Some(_), more) => {
            let message = format!("{} runs have an id that begins with `{id}`", more + 1);
            Err(Diagnostic::new(Code::Usage, message).help("give more characters of the id").into())
        }
    }
}
