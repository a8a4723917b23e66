//! `livevod journal`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use jiff::Timestamp;

use super::arguments::MaxFindings;
use super::candidates;
use super::failure::Failure;
use super::keeping::Keeping;
use super::moments::since;
use super::prune;
use super::push;
use super::record::{damaged, unusable};
use super::run::{Run, Session, Told};
use super::shared::Shared;
use super::views::of_pages;
use crate::apply::journal::{Header, RunRecord, Stored, read_runs};
use crate::diag::{Code, Diagnostic};
use crate::model::Pattern;
use crate::render::{self, Context, Exit, Format};
use crate::source::Sources;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,

    /// Run to show: `last`, or the beginning of its id; without it, all runs are listed
    #[arg(add = ArgValueCandidates::new(candidates::runs))]
    run: Option<String>,

    /// List only runs that planned a change at such an address: domain[/app[/stream]]
    #[arg(long, value_name = "PATTERN", conflicts_with = "run", add = ArgValueCandidates::new(candidates::patterns))]
    address: Vec<Pattern>,

    /// List only runs that started since then: a day, a time, or how long ago, such as 7d
    #[arg(long, value_name = "WHEN", conflicts_with = "run", value_parser = since)]
    since: Option<Timestamp>,

    #[command(flatten)]
    kept: Kept,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    format: Format,

    #[command(flatten)]
    shown: MaxFindings,
}

/// Where the journals are, and whose they are.
#[derive(Debug, Args)]
pub(super) struct Kept {
    #[command(flatten)]
    pub(super) keeping: Keeping,

    /// Account whose journals are read in a store
    #[arg(long, value_name = "ID", env = "LIVEVOD_ACCOUNT", help_heading = "Journal")]
    pub(super) account: Option<String>,
}

impl Kept {
    /// The folder, with the journals of the store.
    pub(super) fn folder(&self) -> Result<PathBuf, Failure> {
        let Self { keeping, account } = self;
        Shared::bring_all(keeping, None, account.as_deref())?;
        Ok(keeping.folder())
    }
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Take journals that only this machine has to the store
    #[command(long_about = push::LONG_HELP)]
    Push(push::Arguments),
    /// Remove the journals and snapshots of old runs that nothing needs any more
    #[command(long_about = prune::LONG_HELP)]
    Prune(prune::Arguments),
}

impl Run for Arguments {
    fn told(&self) -> Told<'_> {
        Told::in_format(match &self.task {
            Some(Task::Prune(prune)) => prune.format,
            Some(Task::Push(_)) => Format::Human,
            None => self.format,
        })
    }

    fn max_findings(&self) -> Option<usize> {
        self.shown.given()
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        match &self.task {
            Some(Task::Prune(prune)) => return prune.carry_out(terminal),
            Some(Task::Push(push)) => return push.carry_out(terminal),
            None => {}
        }
        let Self { task: _, run, address: _, since: _, kept, format, shown: _ } = self;
        let folder = &kept.folder()?;
        let (exit, layout) = (Exit::Success, terminal.layout(*format));
        if let Some(id) = run {
            terminal.show(&render::run(&find(folder, id)?, exit, &layout));
            return Ok(exit);
        }
        let (mut runs, diagnostics) = all(folder)?;
        runs.retain(|run| self.lists(run));
        let context = Context { sources: &Sources::default(), diagnostics: &diagnostics, exit };
        terminal.show(&render::runs(&runs, context, &layout));
        Ok(exit)
    }
}

impl Arguments {
    fn lists(&self, run: &RunRecord) -> bool {
        let Header { time, changes, .. } = &run.header;
        let mut addresses = changes.iter().map(|change| &change.address);
        let is_meant = |address| self.address.iter().any(|pattern| pattern.matches(address));
        self.since.is_none_or(|since| *time >= since) && (self.address.is_empty() || addresses.any(is_meant))
    }
}

/// All runs in a folder, newest first, and a warning for each journal that can't be read.
fn all(folder: &Path) -> Result<(Vec<RunRecord>, Vec<Diagnostic>), Failure> {
    let (mut runs, mut diagnostics) = (Vec::new(), Vec::new());
    for Stored { path, copies: _, run } in
        read_runs(folder).map_err(|error| unusable(&error))?.into_iter().rev()
    {
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
