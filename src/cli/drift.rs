//! `livevod drift`.

use clap::Args;

use super::Typed;
use super::arguments::{Format, Guards, Paths, Remote, Rules, Selected, plan_options};
use super::connect::connect;
use super::failure::Failure;
use super::load::load;
use super::observe::{block_on, observe};
use super::plan::{Shown, show};
use super::terminal::Terminal;
use crate::plan::{Guard, Plan};
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    /// How the differences are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,

    /// List identical differences one by one
    #[arg(long)]
    full: bool,

    #[command(flatten)]
    remote: Remote,

    #[command(flatten)]
    selected: Selected,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal, typed: &Typed) -> Result<Exit, Failure> {
    let loaded = load(&arguments.paths, &arguments.rules)?;
    let connection = connect(&arguments.remote, typed, &loaded.desired)?;
    let options = plan_options(&arguments.selected, &Guards::default(), &arguments.remote);
    let mut observed = block_on(observe(&loaded, &connection, &options))??;
    // Drift writes nothing, so what would hold an apply says nothing here; whose account was read does.
    observed.plan.held.retain(|held| held.guard == Guard::Account);
    let exit = exit(&observed.plan);
    let shown = Shown { format: arguments.format, full: arguments.full, is_drift: true };
    show(shown, &loaded, &observed, &connection.target, exit, terminal);
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
