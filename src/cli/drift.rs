//! `livevod drift`.

use clap::Args;

use super::arguments::{Guards, Planning, plan_options};
use super::events::Streaming;
use super::failure::Failure;
use super::goal::Goal;
use super::load::load;
use super::observe::look;
use super::places::Places;
use super::rerun;
use super::run::{Run, Session, Told};
use super::undeclared::Breadth;
use crate::plan::{Guard, Plan};
use crate::render::{self, Command, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    #[command(flatten)]
    breadth: Breadth,

    #[command(flatten)]
    streaming: Streaming,
}

impl Run for Arguments {
    fn told(&self) -> Told<'_> {
        Told { format: self.planning.scope.format, events: Some((Command::Drift, &self.streaming)) }
    }

    fn max_findings(&self) -> Option<usize> {
        self.planning.rules.shown.given()
    }

    fn places(&self) -> Places<'_> {
        let (events, file) = self.streaming.output();
        Places::reading(|| self.planning.files()).journals(&self.planning.scope.journal).writing(events, file)
    }

    fn run(&self, Session { terminal, events, .. }: &Session) -> Result<Exit, Failure> {
        let Planning { paths, rules, scope } = &self.planning;
        let loaded = load(paths, rules)?;
        let options = plan_options(scope, &Guards::default());
        let mut observed = look(&loaded, scope, &options, Goal::Files, self.breadth)?;
        // Drift writes nothing, so only the guard of the account matters: another account was read.
        observed.plan.notes.held.retain(|held| held.guard == Guard::Account);
        let exit = exit(&observed.plan);
        let (mut view, diagnostics) = (observed.view(), observed.findings(&loaded));
        events.plan(&view, &diagnostics, &loaded.sources);
        events.drift(&view);
        view.import = rerun::import(paths.given(), &scope.remote, None);
        let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
        terminal.show(&render::drift(&view, context, &scope.layout(terminal)));
        Ok(exit)
    }
}

/// An incomplete reading is an error, whatever the rest shows: otherwise the unread part would look unchanged. A reading of
/// another account is an error too.
fn exit(plan: &Plan) -> Exit {
    match () {
        () if !plan.is_complete() || plan.is_held_by(Guard::Account) => Exit::Error,
        () if plan.differs() => Exit::Differences,
        () => Exit::Success,
    }
}
