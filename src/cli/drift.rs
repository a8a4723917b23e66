//! `livevod drift`.

use clap::Args;

use super::arguments::{Guards, Planning, plan_options};
use super::connect::{Access, Connection, Tally, connect};
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
use crate::api::{self, Trail, Who};
use crate::diag::Diagnostic;
use crate::model::Address;
use crate::plan::{Guard, Plan};
use crate::render::{self, Command, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    #[command(flatten)]
    breadth: Breadth,

    /// Also ask ActionTrail for the calls that may have changed what differs; the result and the exit code stay the same
    #[arg(long)]
    who: bool,

    #[command(flatten)]
    streaming: Streaming,

    #[command(flatten)]
    monitoring: Monitoring,
}

/// What was compared.
struct Checked {
    loaded: Loaded,
    observed: Observed,
    /// Who may have changed what differs, if that is asked for.
    who: Option<Who>,
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
        let (Checked { loaded, observed, who }, told) = self.told(&monitor)?;
        let exit = exit(&observed.plan);
        let (mut view, diagnostics) =
            (observed.view(), [observed.findings(&loaded), untold(who.as_ref()), told].concat());
        view.who = who.as_ref();
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
        let observing = async {
            let observed =
                observe(&loaded, &connection, &options, &earlier, Goal::Files, self.breadth).await?;
            let region = |address: &Address| {
                let domain = loaded.desired.domains.get(&address.domain)?;
                let written = domain.region.as_ref().map(|region| region.value.clone());
                written.or(scope.remote.region.clone())
            };
            let who = if self.who { Some(ask(&observed, region, &connection).await) } else { None };
            Ok::<_, Failure>((observed, who))
        };
        let (mut observed, who) = block_on(observing)??;
        // Drift writes nothing, so only the guard of the account matters: another account was read.
        observed.plan.notes.held.retain(|held| held.guard == Guard::Account);
        Ok(Checked { loaded, observed, who })
    }
}

/// Asks ActionTrail about everything that differs and every unmanaged configuration.
async fn ask(
    observed: &Observed,
    regions: impl Fn(&Address) -> Option<String>,
    connection: &Connection,
) -> Who {
    let plan = &observed.plan;
    let changes = plan.decisions.changes.iter().map(|change| &change.address);
    let others = plan.notes.unmanaged.iter().map(|one| &one.address);
    let unsupported = plan.notes.unsupported.iter().filter(|one| one.declared).map(|one| &one.address);
    let asked = changes.chain(others).chain(unsupported);
    let asked = asked.map(|address| (address.clone(), regions(address))).collect();
    connection.asking(connection.client.who(&asked)).await
}

/// A warning for each error of ActionTrail.
fn untold(who: Option<&Who>) -> Vec<Diagnostic> {
    let mut errors: Vec<(&api::Error, usize)> = Vec::new();
    for error in who.into_iter().flat_map(|who| who.trails.values()).filter_map(Trail::error) {
        match errors.iter_mut().find(|(known, _)| known.to_string() == error.to_string()) {
            Some((_, count)) => *count += 1,
            None => errors.push((error, 1)),
        }
    }
    errors.into_iter().map(|(error, count)| render::untold(count, error)).collect()
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
