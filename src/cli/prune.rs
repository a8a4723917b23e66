//! `livevod journal prune`.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;

use super::failure::{Failure, with_causes};
use super::kept::Kept;
use super::moments::since;
use super::record::{Locked, damaged, unusable};
use super::runtime::block_on;
use super::shared::Shared;
use super::terminal::Terminal;
use super::views::of_pages;
use crate::apply::journal::{Pruning, RunRecord, Stored, prunable, read_runs, remove_run};
use crate::diag::{Code, Diagnostic};
use crate::render::{self, Context, Exit, Format, Pruned};
use crate::source::Sources;

pub(super) const LONG_HELP: &str = "\
Remove the journals and snapshots of old runs that nothing needs any more

livevod keeps the runs that left something unfinished, the runs that say how those ended, and the last run against each service. A run \
that was removed can't be undone any more (`livevod restore RUN`).";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Keep runs that started since then: a day, a time, or how long ago, such as 90d
    #[arg(long, value_name = "WHEN", value_parser = since)]
    keep: Timestamp,

    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    kept: Kept,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    pub(super) format: Format,
}

impl Arguments {
    /// Finds what is not needed, and removes it unless it is only to be shown.
    pub(super) fn carry_out(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let Self { keep, dry_run, kept, format } = self;
        let folder = &kept.folder(None)?;
        // An apply that is running keeps its folder to itself. To look, no lock is needed, and no folder is made.
        let is_there = folder.exists();
        let lock = (is_there && !dry_run).then(|| Locked::lock(folder)).transpose()?;
        let stored = read_runs(folder).map_err(|error| unusable(&error))?;
        let diagnostics: Vec<Diagnostic> = stored.iter().filter_map(unreadable).collect();
        let runs: BTreeMap<&str, &Stored> = stored.iter().filter_map(named).collect();
        let records: Vec<RunRecord> = stored.iter().filter_map(record).cloned().collect();
        let pruning = prunable(&records, *keep);
        if !dry_run {
            remove(&pruning, &runs, folder)?;
            let Kept { keeping, account } = kept;
            if let Some(shared) = Shared::open(keeping, None, account.as_deref())? {
                block_on(shared.remove(&pruning.removed))??;
            }
        }
        drop(lock);
        let exit = Exit::Success;
        let context = Context { sources: &Sources::default(), diagnostics: &diagnostics, exit };
        let pruned = Pruned { runs: &records, pruning: &pruning, before: *keep, dry_run: *dry_run };
        terminal.show(&render::pruned(&pruned, context, &terminal.layout(*format)));
        Ok(exit)
    }
}

/// Removes runs in order, so that no run is left without the one that settles it.
fn remove(
    pruning: &Pruning,
    runs: &BTreeMap<&str, &Stored>,
    folder: &std::path::Path,
) -> Result<(), Failure> {
    for (removed, id) in pruning.removed.iter().enumerate() {
        let Some(stored) = runs.get(id.as_str()) else { continue };
        remove_run(folder, stored).map_err(|error| {
            let of = pruning.removed.len();
            Diagnostic::new(Code::Journal, with_causes(&error))
                .note(format!("{removed} of {of} runs were removed before that"), None)
                .help("remove it by hand, then prune again")
        })?;
    }
    Ok(())
}

fn record(stored: &Stored) -> Option<&RunRecord> {
    stored.run.as_ref().ok()?.as_ref()
}

fn named(stored: &Stored) -> Option<(&str, &Stored)> {
    Some((record(stored)?.header.run.as_str(), stored))
}

fn unreadable(Stored { path, copies: _, run }: &Stored) -> Option<Diagnostic> {
    Some(damaged(path, run.as_ref().err()?))
}
