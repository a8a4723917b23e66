//! An emulated account, a client of it, plans made by hand, and a colleague who edits in the console.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use livevod::api::{Client, DatedSnapshot};
use livevod::apply::journal::{self, Header, Journal, Memory, RunId, RunRecord, Sink};
use livevod::apply::{ApplySettings, ChangeOutcome, Event, Failure, Outcome, PlanningRead, Report, apply};
use livevod::config;
use livevod::diag::has_errors;
use livevod::embedded;
use livevod::emulator::{Outside, Service, Settings};
use livevod::model::{Address, RecordConfig, Remote, StreamSpelling};
use livevod::plan::{
    ActionKind, Change, Contingent, Decisions, Gaps, NotCleared, Notes, Plan, PlanOptions, Reason, Transition,
};
use livevod::resolve::{Desired, resolve};
use livevod::source::{Source, Sources};
use livevod::wire::{self, Call};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use crate::simulation::harness::scene::released;

pub(crate) const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
pub(crate) const OTHER_GROUP: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
pub(crate) const BUCKET: &str = "one.oss-cn-shanghai.aliyuncs.com";
pub(crate) const OTHER_BUCKET: &str = "two.oss-cn-shanghai.aliyuncs.com";

/// The emulated account and livevod's client of it.
pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    pub(crate) client: Client,
    colleague: Client,
    pub(crate) settings: ApplySettings,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let service = Arc::new(Service::open_with(None, settings, on_tokios_clock()).unwrap());
        let client = embedded::client(service.clone(), embedded::settings());
        Self::of(service, client)
    }

    /// Gives livevod's client another path to the service than the colleague has.
    pub(crate) fn of(service: Arc<Service>, client: Client) -> Self {
        let colleague = embedded::client(service.clone(), embedded::settings());
        Self { service, client, colleague, settings: ApplySettings::new(CancellationToken::new(), journal()) }
    }

    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    pub(crate) fn settle(mut self, settle: Duration) -> Self {
        self.settings.settle = settle;
        self
    }

    /// The faults from now on.
    pub(crate) fn faults(&self, faults: &[&str]) {
        self.service.set_faults(faults.iter().map(|fault| fault.parse().unwrap()).collect());
    }

    /// How often an action such as `Add` was called.
    pub(crate) fn sent(&self, action: &str) -> u64 {
        let counters = serde_json::to_value(self.service.counters()).unwrap();
        let calls = |name: String| counters["actions"][name]["calls"].as_u64();
        calls(format!("{action}LiveRecordVodConfig")).unwrap_or_default()
    }

    /// A call by the colleague.
    pub(crate) async fn edit(&self, call: Call) {
        self.colleague.write(call).await.unwrap();
    }

    pub(crate) async fn hold(&self, text: &str, config: &RecordConfig) {
        self.edit(wire::add(&address(text), config)).await;
    }

    /// Adds without a StreamName, which means every stream of the app.
    pub(crate) async fn hold_without_stream(&self, text: &str, config: &RecordConfig) {
        let mut call = wire::add(&address(text), config);
        call.params.remove("StreamName");
        self.edit(call).await;
    }

    pub(crate) async fn remote(&self, text: &str) -> Option<Remote> {
        let address = address(text);
        let mut listing = self.colleague.list_domain(&address.domain).await.unwrap();
        listing.configs.remove(&address)
    }

    pub(crate) async fn config(&self, text: &str) -> Option<RecordConfig> {
        self.remote(text).await.map(|remote| remote.config.normalized())
    }

    /// Plans from the service's current state to the file, with every guard released.
    pub(crate) async fn plan(&self, file: &str) -> Plan {
        self.plan_after(file, Gaps::default()).await
    }

    /// The same, after unfinished runs.
    pub(crate) async fn plan_after(&self, file: &str, gaps: Gaps) -> Plan {
        let (sources, desired) = desired(file);
        let (snapshot, errors) = self.colleague.snapshot(desired.domains.keys().cloned()).await;
        assert!(errors.is_empty(), "{errors:?}");
        let options = PlanOptions { allowances: released(), gaps, ..PlanOptions::default() };
        let plan = livevod::plan::plan(&desired, &snapshot, &sources, &options);
        assert_eq!(plan.notes.held, []);
        plan
    }

    /// Reads what a plan of these changes is made from; the next apply may rest on it.
    pub(crate) async fn read_for(&mut self, changes: &[Change]) {
        let domains: BTreeSet<Arc<str>> =
            changes.iter().map(|change| change.address.domain.clone()).collect();
        let DatedSnapshot { snapshot, listed, unread } = self.client.dated_snapshot(domains).await;
        assert!(unread.is_empty(), "{unread:?}");
        let decisions = plan(changes.to_vec()).decisions;
        self.settings.planned_on = PlanningRead::of(&decisions, &snapshot, &listed, self.settings.freshness);
    }

    pub(crate) async fn try_apply(&self, plan: &Plan) -> Result<Report, NotCleared> {
        Ok(apply(plan.cleared()?, &self.client, self.settings.clone(), &|_| {}).await)
    }

    /// Applies, and checks that the events agree with the report.
    pub(crate) async fn apply(&self, changes: impl IntoIterator<Item = Change>) -> Report {
        let events = RefCell::new(Vec::new());
        let plan = plan(changes);
        let note = |event| events.borrow_mut().push(event);
        let report = apply(plan.cleared().unwrap(), &self.client, self.settings.clone(), &note).await;
        let events = events.into_inner();
        for (index, outcome) in report.outcomes.iter().enumerate() {
            let attempted =
                !matches!(outcome.outcome, Outcome::NotAttempted(_)) || outcome.request_id.is_some();
            assert!(
                !attempted || events.iter().any(|event| is_start(event, index)),
                "{outcome:?} never started"
            );
            assert_eq!(events.iter().filter(|event| is_end(event, index)).count(), 1, "{outcome:?}");
        }
        report
    }
}

/// Runs a case of a property test on a paused clock.
pub(crate) fn paused(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(case);
}

/// Makes the service's time pass while a paused clock is waited on.
fn on_tokios_clock() -> Outside {
    let (start, began) = (Timestamp::now(), Instant::now());
    let now = move || start + SignedDuration::try_from(began.elapsed()).unwrap();
    Outside { now: Box::new(now), ..Outside::default() }
}

/// A journal that is not read.
pub(crate) fn journal() -> Journal {
    journal_of(&plan([]), Memory::default())
}

/// The journal of a run of `plan`; what takes its lines may outlive the run.
pub(crate) fn journal_of(plan: &Plan, sink: impl Sink + 'static) -> Journal {
    let header = Header::new(&RunId::new(Timestamp::UNIX_EPOCH, 7), plan, None);
    Journal::begin(Box::new(sink), Arc::new(|| Timestamp::UNIX_EPOCH), header).unwrap()
}

/// The run that is recorded in memory.
pub(crate) fn told(memory: &Memory) -> RunRecord {
    journal::read(&memory.text()).unwrap().unwrap()
}

pub(crate) fn desired(file: &str) -> (Sources, Desired) {
    let mut sources = Sources::default();
    sources.add(Source::new("livevod.yaml", file));
    let (document, found) = config::parse(&sources);
    assert!(!has_errors(&found), "{found:?} in {file}");
    let (desired, found) = resolve(&document);
    assert!(!has_errors(&found), "{found:?} in {file}");
    (sources, desired)
}

fn is_start(event: &Event, wanted: usize) -> bool {
    matches!(event, Event::Started { index, .. } if *index == wanted)
}

fn is_end(event: &Event, wanted: usize) -> bool {
    matches!(event, Event::Finished { index, .. } if *index == wanted)
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(crate) fn config() -> RecordConfig {
    RecordConfig { vod_transcode_group: GROUP.to_owned(), ..RecordConfig::default() }
}

pub(crate) fn cycle(cycle_duration: u32) -> RecordConfig {
    RecordConfig { cycle_duration, ..config() }
}

pub(crate) fn stored_in(bucket: &str) -> RecordConfig {
    RecordConfig { storage_location: Some(bucket.to_owned()), ..config() }
}

pub(crate) fn create(text: &str, after: RecordConfig) -> Change {
    change(text, ActionKind::Create, None, Some(after))
}

pub(crate) fn update(text: &str, before: RecordConfig, after: RecordConfig) -> Change {
    change(text, ActionKind::Update, Some(before), Some(after))
}

pub(crate) fn replace(text: &str, before: RecordConfig, after: RecordConfig) -> Change {
    let mut contingent = vec![Contingent::AddBack];
    if address(text).is_app_wide() {
        contingent.push(Contingent::AddSiblingsBack);
    }
    Change { contingent, ..change(text, ActionKind::Replace, Some(before), Some(after)) }
}

pub(crate) fn delete(text: &str, before: RecordConfig) -> Change {
    let contingent = address(text).is_app_wide().then_some(Contingent::AddSiblingsBack).into_iter().collect();
    Change { contingent, ..change(text, ActionKind::Delete, Some(before), None) }
}

/// A change of an app-wide configuration that has these siblings in the plan.
pub(crate) fn beside(change: Change, siblings: &[&str]) -> Change {
    Change { siblings: siblings.iter().map(|text| address(text)).collect(), ..change }
}

fn change(
    text: &str,
    action: ActionKind,
    before: Option<RecordConfig>,
    after: Option<RecordConfig>,
) -> Change {
    Change {
        address: address(text),
        transition: Transition::new(action, before, after).unwrap(),
        reason: Reason::Differs,
        is_protected: false,
        spelling: StreamSpelling::Named,
        contingent: Vec::new(),
        siblings: Vec::new(),
    }
}

pub(crate) fn plan(changes: impl IntoIterator<Item = Change>) -> Plan {
    let changes = changes.into_iter().collect();
    let target = "emulator x".to_owned();
    Plan { decisions: Decisions { target, changes, ..Decisions::default() }, notes: Notes::default() }
}

/// The names of the four outcomes.
pub(crate) fn ends(report: &Report) -> Vec<&'static str> {
    report.outcomes.iter().map(|outcome| end(outcome)).collect()
}

fn end(outcome: &ChangeOutcome) -> &'static str {
    match outcome.outcome {
        Outcome::Done => "done",
        Outcome::Failed(_) => "failed",
        Outcome::NotAttempted(_) => "not attempted",
        Outcome::Unknown(_) => "unknown",
    }
}

/// Why change number `index` is not done.
pub(crate) fn failure(report: &Report, index: usize) -> &Failure {
    let failure = match &report.outcomes[index].outcome {
        Outcome::Done => None,
        Outcome::Failed(failure) | Outcome::NotAttempted(failure) | Outcome::Unknown(failure) => {
            Some(failure)
        }
    };
    failure.unwrap()
}

/// The text of that reason.
pub(crate) fn why(report: &Report, index: usize) -> String {
    failure(report, index).cause.to_string()
}
