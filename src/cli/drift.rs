//! `livevod drift`.

use clap::Args;

use super::Typed;
use super::arguments::{Guards, Planning, plan_options};
use super::events::{Events, Streaming};
use super::failure::Failure;
use super::goal::Goal;
use super::load::load;
use super::plan::{Shown, look, show};
use super::terminal::Terminal;
use crate::plan::{Guard, Plan};
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) planning: Planning,

    #[command(flatten)]
    pub(super) streaming: Streaming,
}

pub(super) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    typed: &Typed,
    events: &Events,
) -> Result<Exit, Failure> {
    let loaded = load(&arguments.planning.paths, &arguments.planning.rules)?;
    let scope = &arguments.planning.scope;
    let options = plan_options(scope, &Guards::default());
    let mut observed = look(&loaded, scope, &options, Goal::Files, typed)?;
    // Drift writes nothing, so what would hold an apply says nothing here; whose account was read does.
    observed.plan.notes.held.retain(|held| held.guard == Guard::Account);
    let exit = exit(&observed.plan);
    events.plan(&loaded, &observed);
    events.drift(&observed.plan);
    show(Shown::new(scope, true), &loaded, &observed, exit, terminal);
    Ok(exit)
}

/// An incomplete reading is an error, whatever was found in the rest: silence about it would look like all is well. So is
/// a reading of another account.
fn exit(plan: &Plan) -> Exit {
    match () {
        () if !plan.is_complete() || plan.is_held_by(Guard::Account) => Exit::Error,
        () if plan.differs() => Exit::Differences,
        () => Exit::Success,
    }
}
