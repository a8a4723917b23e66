//! `livevod plan`.

use clap::Args;

use super::Typed;
use super::arguments::{Format, Guards, Planning, plan_options};
use super::connect::{Access, connect};
use super::failure::Failure;
use super::findings;
use super::load::{Loaded, load};
use super::observe::{Observed, block_on, observe};
use super::terminal::Terminal;
use crate::diag::{self, Severity};
use crate::plan::Guard;
use crate::render::{self, Context, Exit, Target};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) planning: Planning,

    /// Exit with 2 when there are differences, with 3 when a guard holds the plan
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    guards: Guards,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal, typed: &Typed) -> Result<Exit, Failure> {
    let loaded = load(&arguments.planning.paths, &arguments.planning.rules)?;
    let connection = connect(&arguments.planning.remote, Access::Reads, typed, &loaded.desired)?;
    let options = plan_options(&arguments.planning, &arguments.guards);
    let observed = block_on(observe(&loaded, &connection, &options))??;
    let exit = exit(&observed, arguments.detailed_exitcode);
    let shown = Shown { planning: &arguments.planning, is_drift: false };
    show(shown, &loaded, &observed, &connection.target, exit, terminal);
    Ok(exit)
}

fn exit(observed: &Observed, detailed: bool) -> Exit {
    let plan = &observed.plan;
    match () {
        () if detailed && plan.is_held_by(Guard::Account) => Exit::Refused,
        () if !plan.is_complete() => Exit::Error,
        () if detailed && !plan.held.is_empty() => Exit::Refused,
        () if detailed && plan.differs() => Exit::Differences,
        () => Exit::Success,
    }
}

/// How a plan is printed.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) planning: &'a Planning,
    pub(super) is_drift: bool,
}

/// Prints the plan with all findings.
pub(super) fn show(
    shown: Shown,
    loaded: &Loaded,
    observed: &Observed,
    target: &Target,
    exit: Exit,
    terminal: &Terminal,
) {
    let mut diagnostics = [loaded.diagnostics.as_slice(), &observed.diagnostics].concat();
    match shown.planning.format {
        Format::Human => {
            let warnings = [loaded.warnings(), observed.diagnostics.clone()].concat();
            findings::tell(&warnings, &loaded.sources, terminal);
            terminal.print(&render::human_plan(&observed.plan, target, shown.planning.full, terminal.stdout));
        }
        Format::Json => {
            let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
            let document = if shown.is_drift { render::drift_json } else { render::plan_json };
            terminal.print(&document(&observed.plan, target, context));
        }
        Format::Github | Format::Gitlab | Format::Sarif => {
            let weight = if shown.is_drift { Severity::Warning } else { Severity::Advice };
            diagnostics.extend(render::plan_findings(&observed.plan, &loaded.sources, weight));
            diag::sort(&mut diagnostics);
            let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
            terminal.print(&findings::document(shown.planning.format, context).unwrap_or_default());
        }
    }
}
