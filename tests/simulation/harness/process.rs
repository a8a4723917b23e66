//! One process of a run: reads, plans and applies, as the command does, until it ends or dies.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use livevod::api::credentials::{Credentials, Provider, Source};
use livevod::api::{Client, ClientSettings, DatedSnapshot, Rate};
use livevod::apply::journal::{LeftOpenFound, LeftOpenNow, RunRecord, until_settled};
use livevod::apply::{ApplySettings, ChangeOutcome, Outcome, PlanningRead, Report, apply};
use livevod::embedded;
use livevod::emulator::{ACCOUNT, Service};
use livevod::model::Address;
use livevod::plan::{Allowances, Guard, Plan, PlanOptions, plan};
use livevod::wire::{Key, Role};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::journals::{self, Folder, TARGET};
use super::observer::Observer;
use super::scene::{Approval, Scene};
use super::story::What;
use super::weather::Death;

/// The `--settle` of the command. No lost request takes longer.
pub(crate) const SETTLE: Duration = Duration::from_secs(30);

/// What a process left behind.
pub(crate) struct Process {
    pub(crate) plan: Plan,
    pub(crate) end: End,
    /// The outcomes of what earlier processes left unfinished.
    pub(crate) looked: Vec<LeftOpenNow>,
}

impl Process {
    /// Whether it recorded that nothing is left to do about an earlier loss at an address.
    pub(crate) fn made_good(&self, address: &Address) -> bool {
        let of_it = self.looked.iter().filter(|one| one.open.address == *address);
        let found: Vec<bool> = of_it.map(|one| one.found.is_some_and(LeftOpenFound::settles)).collect();
        let is_found = !found.is_empty() && found.iter().all(|settles| *settles);
        match &self.end {
            End::Applied(report) => {
                let done = |one: &ChangeOutcome| one.address == *address && one.outcome == Outcome::Done;
                is_found || report.outcomes.iter().any(done)
            }
            End::Refused(reasons) => is_found && reasons.is_empty(),
            End::Died => false,
        }
    }
}

/// How it ended.
pub(crate) enum End {
    /// Nothing was written, for these reasons; without a reason, there was nothing to do.
    Refused(Vec<String>),
    Applied(Report),
    Died,
}

/// What ends a process early.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ends {
    pub(crate) death: Option<Death>,
    pub(crate) stop: Option<Duration>,
    /// Whether it is the process with faults.
    pub(crate) is_first: bool,
}

/// A plan, and why it may not be applied.
struct Planned {
    plan: Plan,
    read: DatedSnapshot,
    looked: Vec<LeftOpenNow>,
    reasons: Vec<String>,
}

/// What all processes of a run share.
pub(crate) struct Stage<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) service: Arc<Service>,
    pub(crate) observer: Arc<Observer>,
    pub(crate) folder: Folder,
    pub(crate) key: Key,
}

impl Stage<'_> {
    /// Plans, and applies if `writes` is true.
    pub(crate) async fn process(&self, allowances: Allowances, writes: bool, ends: Ends) -> Process {
        let client = self.client();
        let runs = self.folder.runs();
        let left = until_settled(&runs, SETTLE, |_| true);
        sleep(left).await;
        let Planned { plan, read, looked, reasons } = self.plan(&client, &runs, allowances).await;
        self.observer.planned(What::Planned {
            changes: plan.decisions.changes.clone(),
            held: plan.notes.held.iter().map(|held| held.message.clone()).collect(),
        });
        let end = match reasons.is_empty() && writes && !plan.decisions.changes.is_empty() {
            true => self.apply((&plan, read), &looked, &runs, &client, ends).await,
            false => {
                if writes && reasons.is_empty() {
                    self.note_resolved(&plan, &looked, &runs, !left.is_zero());
                }
                End::Refused(reasons)
            }
        };
        if !matches!(end, End::Died) {
            self.observer.tell(What::Ended(end.text()));
        }
        Process { plan, end, looked }
    }

    fn client(&self) -> Client {
        let (stamps, chances, ends) = (self.observer.clone(), self.observer.clone(), self.observer.clone());
        let settings = ClientSettings {
            signature: self.scene.call.signature,
            rate: Rate::per_minute(self.scene.call.per_minute),
            parallelism: self.scene.call.parallelism,
            patience: self.scene.call.deadline,
            stamps: Arc::new(move || Ok(stamps.stamp())),
            jitter: Arc::new(move || chances.chance()),
            log: Some(Arc::new(move |entry| ends.arrived(entry))),
            ..ClientSettings::new(self.credentials())
        };
        embedded::client(self.service.clone(), settings)
    }

    /// A permanent key, or the key of a role, which is renewed when the service reports that it has expired.
    fn credentials(&self) -> Credentials {
        if self.scene.call.accounts.is_empty() {
            return self.key.clone().into();
        }
        let role = Role {
            arn: format!("acs:ram::{ACCOUNT}:role/simulation"),
            session_name: format!("process-{}", self.observer.process()),
            duration: None,
            policy: None,
            external_id: None,
        };
        let provider = Provider::Role { by: Box::new(Provider::Key(self.key.clone())), role };
        Credentials { provider, source: Source::Given, sts: None }
    }

    /// The plan, and why it may not be applied.
    async fn plan(&self, client: &Client, runs: &[RunRecord], allowances: Allowances) -> Planned {
        let Scene { desired, sources, .. } = self.scene;
        let mut reasons = Vec::new();
        let mut options = PlanOptions {
            target: TARGET.to_owned(),
            allowances,
            gaps: journals::gaps(runs),
            ..PlanOptions::default()
        };
        if desired.account.is_some() {
            match client.caller_identity().await {
                Ok(identity) => options.caller = Some(identity.account),
                Err(error) => reasons.push(format!("whose credentials these are: {error}")),
            }
        }
        let read = client.dated_snapshot(desired.domains.keys().cloned()).await;
        let plan = plan(desired, &read.snapshot, sources, &options);
        reasons.extend(read.unread.iter().map(|(domain, error)| format!("{domain}: {error}")));
        reasons.extend(plan.notes.held.iter().map(|held| held.message.clone()));
        if plan.is_held_by(Guard::Account) {
            reasons.push("another account".to_owned());
        }
        Planned { looked: journals::look(runs, desired, &read.snapshot), plan, read, reasons }
    }

    /// If there is nothing to write, only the outcomes of earlier runs are recorded.
    fn note_resolved(&self, plan: &Plan, looked: &[LeftOpenNow], runs: &[RunRecord], has_waited: bool) {
        if (has_waited || looked.iter().any(LeftOpenNow::is_news))
            && let Some(journal) = self.folder.begin(plan, looked, runs, false)
        {
            journal.finish(false, 0);
        }
    }

    async fn apply(
        &self,
        (plan, read): (&Plan, DatedSnapshot),
        looked: &[LeftOpenNow],
        runs: &[RunRecord],
        client: &Client,
        ends: Ends,
    ) -> End {
        if ends.is_first {
            self.approve().await;
        }
        let Some(journal) = self.folder.begin(plan, looked, runs, ends.is_first) else {
            return End::Refused(vec!["the journal can't be written".to_owned()]);
        };
        let cleared = match plan.cleared() {
            Ok(cleared) => cleared,
            Err(refusal) => return End::Refused(vec![refusal.to_string()]),
        };
        let stop = CancellationToken::new();
        let freshness = self.scene.call.freshness;
        let may_rest_on_it = self.scene.call.approval.is_some();
        let planned_on = may_rest_on_it
            .then(|| PlanningRead::of(&plan.decisions, &read.snapshot, &read.listed, freshness));
        let settings = ApplySettings {
            deadline: self.scene.call.deadline,
            settle: SETTLE,
            freshness,
            planned_on: planned_on.unwrap_or_default(),
            stop_on_error: self.scene.call.stop_on_error,
            ..ApplySettings::new(stop.clone(), journal)
        };
        let progress = |event| self.observer.progress(event);
        let end = tokio::select! {
            biased;
            () = self.observer.death.notified() => End::Died,
            () = self.stop(ends.stop, stop) => End::Died,
            () = at(ends.death) => {
                self.observer.tell(What::Died("death-pause"));
                End::Died
            }
            report = apply(cleared, client, settings, &progress) => End::Applied(report),
        };
        // Everything that is dropped with the process must be gone before anything else happens: domains, then the changes
        // of each, then what those wait for.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        end
    }
}

impl Stage<'_> {
    /// Waits for the approval of the plan.
    async fn approve(&self) {
        let Some(Approval { takes, meanwhile }) = self.scene.call.approval else { return };
        sleep(takes / 2).await;
        if let Some(foreign) = meanwhile {
            self.observer.let_other_act(foreign);
        }
        sleep(takes / 2).await;
    }

    /// Asks the process to stop at the chosen time; that does not end it yet.
    async fn stop(&self, after: Option<Duration>, stop: CancellationToken) {
        if let Some(after) = after {
            sleep(after).await;
            self.observer.tell(What::Stopped);
            stop.cancel();
        }
        pending::<()>().await;
    }
}

impl End {
    fn text(&self) -> String {
        match self {
            End::Refused(reasons) if reasons.is_empty() => "nothing to carry out".to_owned(),
            End::Refused(reasons) => format!("refused: {}", reasons.join("; ")),
            End::Applied(report) => format!("applied, {} calls", report.calls),
            End::Died => "died".to_owned(),
        }
    }
}

async fn at(death: Option<Death>) {
    match death {
        Some(Death::At(time)) => sleep(time).await,
        _ => pending().await,
    }
}
