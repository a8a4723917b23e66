//! `livevod drift`.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;

use super::connect::{Access, Connection, Tally, connect};
use super::events::Streaming;
use super::failure::Failure;
use super::goal::Goal;
use super::load::{Loaded, load};
use super::monitor::{Monitor, Monitored, Monitoring};
use super::observe::{Observed, observe};
use super::only_new::LastCheck;
use super::places::Places;
use super::planning::{Guards, Planning, plan_options};
use super::record::Earlier;
use super::rerun;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::stored::Keeps;
use super::undeclared::Breadth;
use super::views::of_drift;
use crate::api::{self, Trail, Who};
use crate::apply::journal::History;
use crate::diag::Diagnostic;
use crate::drift::{self, Comparison, Difference, Drift, FieldDifference, Kind, Moved};
use crate::merge::{Adopter, Outlines, acceptance};
use crate::model::Address;
use crate::notify::Check;
use crate::plan::Guard;
use crate::render::{self, Command, Context, Cures, DriftView, Exit};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod drift --only-new .livevod/known.json --format markdown
  livevod drift --title production --notify slack --metrics livevod.prom")]
#[command(mut_arg("format", |format| format.value_parser(of_drift())))]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    #[command(flatten)]
    breadth: Breadth,

    /// Count every unmanaged configuration as drift, not only those that apply in place of a declared one
    #[arg(long)]
    unmanaged: bool,

    /// Show only what is new or changed since the last check with the same FILE, and exit with 2 only for that; FILE keeps what was found
    #[arg(long, value_name = "FILE")]
    only_new: Option<PathBuf>,

    /// Also ask ActionTrail for the calls that may have changed what differs; the result and the exit code stay the same
    #[arg(long)]
    who: bool,

    #[command(flatten)]
    streaming: Streaming,

    #[command(flatten)]
    monitoring: Monitoring,
}

/// What was compared.
struct Checked<'a> {
    loaded: Loaded,
    observed: Observed,
    /// Who may have changed what differs, if that is asked for.
    who: Option<Who>,
    /// What the last check found, with `--only-new`.
    last: Option<LastCheck<'a>>,
    /// Everything that differs.
    drift: Drift,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        let Planning { scope, rules, .. } = &self.planning;
        let keeps = Keeps::of(scope).and_state(self.monitoring.default_state(scope.format));
        Terms::of(scope, rules).telling(Command::Drift, &self.streaming).keeping(keeps)
    }

    fn places(&self) -> Places<'_> {
        let (events, file) = self.streaming.output();
        let places = self.planning.places(Vec::new).writing("--only-new", self.only_new.as_ref());
        self.monitoring.places(self.planning.scope.format, places.writing(events, file))
    }

    fn run(&self, Session { terminal, events, .. }: &Session) -> Result<Exit, Failure> {
        let Planning { paths, rules: _, scope } = &self.planning;
        let mut names = self.planning.distinguishing();
        names.extend(self.unmanaged.then(|| "--unmanaged".to_owned()));
        let monitor =
            self.monitoring.begin(Check::Drift, &scope.remote, scope.format, scope.title(), &names)?;
        let (compared, Monitored { findings, openmetrics }) = self.monitored(&monitor);
        let Checked { loaded, observed, who, last, drift } = match compared {
            Ok(checked) => checked,
            Err(mut failure) => {
                terminal.print(&openmetrics.unwrap_or_default());
                failure.diagnostics.extend(findings);
                return Err(failure);
            }
        };
        let selection = plan_options(scope, &Guards::default()).selection;
        let is_covered = |address: &_| observed.covers(&selection, address);
        let (shown, news) = match &last {
            Some(last) => last.news(&drift, is_covered),
            None => (Cow::Borrowed(&drift), None),
        };
        let exit = exit(&shown);
        let (mut plan, diagnostics) =
            (observed.view(), [observed.findings(&loaded), untold(who.as_ref()), findings].concat());
        plan.import = rerun::import(paths.given(), &scope.remote, None);
        let apply = rerun::applying(paths.given(), &scope.remote);
        let mut view = DriftView::new(&plan, &shown, cures(&shown, apply.as_deref(), &observed, &loaded));
        (view.news, view.counts_unmanaged, view.who) = (news, self.unmanaged, who.as_ref());
        events.plan(&plan, &diagnostics, &loaded.sources);
        events.drift(&view);
        let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
        let layout = scope.layout(terminal);
        terminal.show(&match openmetrics {
            Some(text) => render::measured(text, context, &layout),
            None => render::drift(&view, context, &layout),
        });
        if let Some(last) = &last {
            last.write(&drift, is_covered)?;
        }
        Ok(exit)
    }
}

impl Arguments {
    /// Compares, and tells the result to everyone who is to be told, also that nothing could be compared.
    fn monitored(&self, monitor: &Monitor<'_>) -> (Result<Checked<'_>, Failure>, Monitored) {
        let mut calls = Tally::default();
        let compared = self.compare(&mut calls);
        let summary = || match &compared {
            Ok(Checked { observed, drift, who, .. }) => observed.summary(drift, who.as_ref()),
            Err(failure) => monitor.failed(failure),
        };
        let told = monitor.tell(summary, &calls);
        (compared, told)
    }

    /// Compares the service with the files. `calls` becomes the count of the calls, also if the comparison fails.
    fn compare(&self, calls: &mut Tally) -> Result<Checked<'_>, Failure> {
        let Planning { paths, rules, scope } = &self.planning;
        let loaded = load(paths, rules)?;
        let options = plan_options(scope, &Guards::default());
        let connection = connect(&scope.remote, Access::Reads, &Goal::Files.reach(&loaded.desired))?;
        *calls = connection.calls.clone();
        let last =
            self.only_new.as_deref().map(|file| LastCheck::read(file, &connection.target)).transpose()?;
        let earlier = Earlier::read(&scope.keeping, &scope.remote, &connection.target)?;
        let region = |address: &Address| {
            let written = loaded.desired.region(&address.domain);
            written.or(scope.remote.region.as_deref()).map(str::to_owned)
        };
        let checking = async {
            let mut observed =
                observe(&loaded, &connection, &options, &earlier, Goal::Files, self.breadth).await?;
            // Drift writes nothing, so only the guard of the account matters: another account was read.
            observed.plan.notes.held.retain(|held| held.guard == Guard::Account);
            // A service in sync has no history to tell.
            let history = match observed.plan.differs() || self.unmanaged {
                true => Earlier::all(&scope.keeping, &scope.remote, &connection.target).await?.history(),
                false => History::default(),
            };
            let drift = drift::find(Comparison {
                plan: &observed.plan,
                snapshot: &observed.snapshot,
                history: &history,
                desired: &loaded.desired,
                sources: &loaded.sources,
                counts_unmanaged: self.unmanaged,
            });
            let who = if self.who { Some(ask(&drift, region, &connection).await) } else { None };
            Ok::<_, Failure>((observed, drift, who))
        };
        let (observed, drift, who) = block_on(checking)??;
        Ok(Checked { loaded, observed, who, last, drift })
    }
}

/// Asks ActionTrail about everything that differs.
async fn ask(drift: &Drift, region: impl Fn(&Address) -> Option<String>, connection: &Connection) -> Who {
    let addresses = drift.differences.iter().map(|one| &one.address);
    let asked = addresses.map(|address| (address.clone(), region(address))).collect();
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

/// How to end each difference.
fn cures(drift: &Drift, apply: Option<&str>, observed: &Observed, loaded: &Loaded) -> Vec<Cures> {
    let Loaded { sources, document, desired, .. } = loaded;
    let outlines = Outlines::of(sources);
    let adopter = Adopter::new(sources, document, desired, &outlines, 2 * drift.count(Kind::Appeared));
    let cure = |one: &Difference| {
        let address = &one.address;
        let remote = observed.snapshot.get(address).filter(|remote| remote.unsupported.is_none());
        let revert = || render::reverting(apply?, address);
        let fields = || one.fields.iter().map(|field| field.field);
        let adopt = || adopter.adopt(address, remote.map(|remote| &remote.config), fields());
        // What the files changed is not left as it is.
        let moved = |field: &&FieldDifference| one.kind == Kind::Changed && field.moved != Some(Moved::Files);
        let accept = || acceptance(address, one.fields.iter().filter(moved).map(|field| field.field));
        match (one.kind, one.is_planned) {
            (Kind::Unmanageable, _) => Cures::default(),
            (_, true) => Cures { revert_first: None, revert: revert(), adopt: adopt(), accept: accept() },
            // A configuration that can't be managed can be neither deleted nor declared.
            (_, false) if remote.is_none() => Cures::default(),
            (_, false) => {
                let revert_first = adopter.adopt(address, None, []);
                let revert = revert_first.as_ref().and_then(|_| revert());
                Cures { revert_first, revert, adopt: adopt(), accept: None }
            }
        }
    };
    drift.differences.iter().map(cure).collect()
}

/// An incomplete reading is an error, whatever the rest shows: otherwise the unread part would look unchanged. A reading of
/// another account is an error too.
fn exit(drift: &Drift) -> Exit {
    match () {
        () if !drift.is_complete => Exit::Error,
        () if drift.is_drifted() => Exit::Differences,
        () => Exit::Success,
    }
}
