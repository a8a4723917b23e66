//! `livevod drift`.

use clap::Args;

use super::arguments::{Guards, Planning, plan_options};
use super::connect::{Access, Tally, connect};
use super::events::Streaming;
use super::failure::Failure;
use super::goal::Goal;
use super::load::{Loaded, load};
use super::monitor::{Monitor, Monitoring};
use super::observe::{Observed, block_on, observe};
use super::places::Places;
use super::record::Earlier;
use super::rerun;
use super::run::{Run, Session, Told};
use super::undeclared::Breadth;
use crate::diag::Diagnostic;
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

    #[command(flatten)]
    monitoring: Monitoring,
}

/// What was compared.
struct Checked {
    loaded: Loaded,
    observed: Observed,
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
        let places = Places::reading(|| self.planning.files()).journals(&self.planning.scope.journal);
        self.monitoring.places(places.writing(events, file))
    }

    fn run(&self, Session { terminal, events, .. }: &Session) -> Result<Exit, Failure> {
        let Planning { paths, rules: _, scope } = &self.planning;
        let monitor = self.monitoring.begin(&scope.remote, scope.title(), &self.planning.distinguishing())?;
        let (Checked { loaded, observed }, told) = self.told(&monitor)?;
        let exit = exit(&observed.plan);
        let (mut view, diagnostics) = (observed.view(), [observed.findings(&loaded), told].concat());
        events.plan(&view, &diagnostics, &loaded.sources);
        events.drift(&view);
        view.import = rerun::import(paths.given(), &scope.remote, None);
        let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
        terminal.show(&render::drift(&view, context, &scope.layout(terminal)));
        Ok(exit)
    }
}

impl Arguments {
    /// Compares, and tells the result to everyone who is to be told, also that nothing could be compared.
    fn told(&self, monitor: &Monitor<'_>) -> Result<(Checked, Vec<Diagnostic>), Failure> {
        let mut calls = Tally::default();
        match self.compare(&mut calls) {
            Ok(checked) => {
                let told = monitor.tell(&checked.observed.summary(), &calls);
                Ok((checked, told))
            }
            Err(mut failure) => {
                let told = monitor.tell(&monitor.failed(&failure), &calls);
                failure.diagnostics.extend(told);
                Err(failure)
            }
        }
    }

    /// Compares the service with the files. `calls` becomes the count of the calls, also if the comparison fails.
    fn compare(&self, calls: &mut Tally) -> Result<Checked, Failure> {
        let Planning { paths, rules, scope } = &self.planning;
        let loaded = load(paths, rules)?;
        let options = plan_options(scope, &Guards::default());
        let connection = connect(&scope.remote, Access::Reads, &Goal::Files.reach(&loaded.desired))?;
        *calls = connection.calls.clone();
        let earlier = Earlier::read(&scope.journal, &connection.target)?;
        let observing = observe(&loaded, &connection, &options, &earlier, Goal::Files, self.breadth);
        let mut observed = block_on(observing)??;
        // Drift writes nothing, so only the guard of the account matters: another account was read.
        observed.plan.notes.held.retain(|held| held.guard == Guard::Account);
        Ok(Checked { loaded, observed })
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
