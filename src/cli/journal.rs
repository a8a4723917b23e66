//! `livevod journal`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use jiff::Timestamp;

use super::candidates;
use super::failure::Failure;
use super::found::{all, find};
use super::kept::Kept;
use super::moments::since;
use super::prune;
use super::push;
use super::rules::MaxFindings;
use super::run::{Run, Session, Terms};
use super::views::of_pages;
use crate::apply::journal::{Header, RunRecord};
use crate::model::Pattern;
use crate::render::{self, Context, Exit, Format};
use crate::source::Sources;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod journal --since 7d --address live.example.com/show
  livevod journal prune --keep 90d --dry-run")]
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

#[derive(Debug, Subcommand)]
enum Task {
    /// Upload journals that only this machine has to the store
    #[command(long_about = push::LONG_HELP)]
    Push(push::Arguments),
    /// Remove the journals and snapshots of old runs that nothing needs any more
    #[command(long_about = prune::LONG_HELP)]
    Prune(prune::Arguments),
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        let format = match &self.task {
            Some(Task::Prune(prune)) => prune.format,
            Some(Task::Push(_)) => Format::Human,
            None => self.format,
        };
        Terms::in_format(format).showing(&self.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        match &self.task {
            Some(Task::Prune(prune)) => return prune.carry_out(terminal),
            Some(Task::Push(push)) => return push.carry_out(terminal),
            None => {}
        }
        let Self { task: _, run, address: _, since, kept, format, shown: _ } = self;
        let (exit, layout) = (Exit::Success, terminal.layout(*format));
        if let Some(id) = run {
            terminal.show(&render::run(&find(&kept.folder_of(id)?, id)?, exit, &layout));
            return Ok(exit);
        }
        let (mut runs, diagnostics) = all(&kept.folder(*since)?)?;
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
