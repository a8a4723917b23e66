//! Reads the service or a snapshot, and plans: the part that plan, drift and apply share.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;

use super::connect::{Access, Connection, account, connect, with_source};
use super::failure::Failure;
use super::goal::{Goal, Reach, WayBack};
use super::load::Loaded;
use super::planning::Scope;
use super::record::{Earlier, Start};
use super::runtime::block_on;
use super::saved;
use super::undeclared::{Breadth, Others, others};
use crate::api;
use crate::apply::journal::{LeftOpen, LeftOpenFound, LeftOpenNow, changed_since, judge};
use crate::audit::Replay;
use crate::check;
use crate::config;
use crate::diag::{Code, Diagnostic, Severity};
use crate::drift::Drift;
use crate::model::{Address, Pattern, Snapshot};
use crate::notify::Summary;
use crate::plan::{self, Decisions, Difference, Guard, Plan, PlanOptions, SavedPlan, Selection, Unsupported};
use crate::render::{self, PlanView, Target, is_about_every_call};
use crate::resolve::Desired;
use crate::snapshot::Saved;
use crate::store::Held;

/// A plan from the current state, and why it may be incomplete. Plan and state are never freed: a process has few, and needs them
/// to its end.
pub(super) struct Observed {
    pub(super) plan: ManuallyDrop<Plan>,
    /// The service that it is for.
    pub(super) target: Target,
    /// The part of the service that it concerns.
    reach: Reach,
    /// The state that it was planned from.
    pub(super) snapshot: ManuallyDrop<Snapshot>,
    /// When each domain was read for it; empty if it was not read from the service.
    pub(super) listed: BTreeMap<Arc<str>, api::ListedAt>,
    /// The account that the credentials belong to, if known.
    pub(super) caller: Option<String>,
    /// How it differs from the plan that was reviewed, if one is given.
    pub(super) since_review: Vec<Difference>,
    /// What flags or a review released for the plan.
    pub(super) released: Vec<plan::Released>,
    /// What earlier runs left unfinished, and what became of it.
    pub(super) left_open: Vec<LeftOpenNow>,
    /// What other runs hold of its domains at this moment.
    leases: Vec<Held>,
    /// A finding for each domain that could not be read, one if the account could not be confirmed, and findings about the
    /// files from the domains that were read.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether the account of the credentials could be read, if an account is declared.
    pub(super) is_account_known: bool,
    /// When it was asked who is on air, if it was.
    pub(super) on_air_asked: Option<Instant>,
    /// What aired, under the configurations of before and after the plan, if that was asked for.
    pub(super) replay: Option<Replay>,
}

/// What was read before anything was planned.
struct Reading {
    target: Target,
    reach: Reach,
    snapshot: Snapshot,
    listed: BTreeMap<Arc<str>, api::ListedAt>,
    failures: BTreeMap<Arc<str>, api::Error>,
    caller: Result<Option<String>, api::Error>,
    /// Where the credentials come from, if there are any.
    credentials: Option<String>,
    /// The domains that no file names, if they were asked for.
    others: Option<Others>,
    /// What other runs hold of the selected domains.
    leases: Vec<Held>,
}

/// Reads the selected domains, the credentials' account and, with `breadth`, the account's other domains at the same
/// time, and plans.
///
/// # Errors
/// When there are no credentials, the account's domains are asked for and can't be listed, a `--target` or `--exclude` matches no declared or existing configuration, or there is a finding
/// that `--deny` names.
pub(super) async fn observe(
    loaded: &Loaded,
    connection: &Connection,
    options: &PlanOptions,
    earlier: &Earlier,
    goal: Goal<'_>,
    breadth: Breadth,
) -> Result<Observed, Failure> {
    let reach = goal.reach(&loaded.desired);
    let selected = reach.regions.keys().filter(|name| options.selection.selects_domain(name));
    let names = selected.clone().map(ToString::to_string).collect();
    let answers = connection.asking(async {
        connection.prepare().await?;
        Ok::<_, Failure>(tokio::join!(
            connection.client.dated_snapshot(selected.cloned()),
            caller(connection),
            others(breadth, connection, &loaded.desired),
            earlier.held_elsewhere(names)
        ))
    });
    let (read, caller, others, leases) = answers.await?;
    let api::DatedSnapshot { snapshot, listed, unread: failures } = read;
    let (target, credentials, others) = (connection.target.clone(), connection.credentials.clone(), others?);
    let reading = Reading { target, reach, snapshot, listed, failures, caller, credentials, others, leases };
    planned(loaded, reading, options, earlier, goal)
}

/// Plans from a snapshot in a file, without credentials or network.
///
/// # Errors
/// When the file is not a snapshot or lacks a domain, and as [`observe`].
pub(super) fn against(
    file: &Path,
    loaded: &Loaded,
    options: &PlanOptions,
    scope: &Scope,
    goal: Goal<'_>,
) -> Result<Observed, Failure> {
    let Saved { target, caller, mut snapshot, .. } = saved::read(file)?;
    let unnamed = unnamed(&snapshot, loaded).filter(|_| options.selection.is_all());
    snapshot.domains.retain(|name, _| {
        loaded.desired.domains.contains_key(name) && options.selection.selects_domain(name)
    });
    saved::holds_all(file, &snapshot, loaded, &options.selection)?;
    let reach = goal.reach(&loaded.desired);
    let target = Target { name: target, account: account(options.account.as_ref(), &reach)? };
    let earlier = Earlier::read(&scope.keeping, &scope.remote, &target)?;
    let (failures, caller) = (BTreeMap::new(), Ok(caller));
    let (credentials, others, listed, leases) = (None, None, BTreeMap::new(), Vec::new());
    let reading = Reading { target, reach, snapshot, listed, failures, caller, credentials, others, leases };
    let mut observed = planned(loaded, reading, options, &earlier, goal)?;
    observed.plan.notes.warnings.extend(unnamed);
    Ok(observed)
}

/// A warning about the domains of a snapshot that have configurations and that no file names.
fn unnamed(snapshot: &Snapshot, loaded: &Loaded) -> Option<plan::Warning> {
    let named = &loaded.desired.domains;
    let others = snapshot.domains.iter();
    let others: Vec<_> = others
        .filter(|(name, domain)| !named.contains_key(*name) && !domain.configs.is_empty())
        .map(|(name, domain)| format!("`{name}` ({})", domain.configs.len()))
        .collect();
    (!others.is_empty()).then(|| plan::Warning {
        message: format!(
            "the snapshot has configurations in domains that no file names: {}; they are left alone and may keep recording",
            others.join(", ")
        ),
        address: None,
    })
}

/// Plans from the current state of the service.
pub(super) fn look(
    loaded: &Loaded,
    scope: &Scope,
    options: &PlanOptions,
    goal: Goal<'_>,
    breadth: Breadth,
) -> Result<Observed, Failure> {
    let connection = connect(&scope.remote, Access::Reads, &goal.reach(&loaded.desired))?;
    let earlier = Earlier::read(&scope.keeping, &scope.remote, &connection.target)?;
    block_on(observe(loaded, &connection, options, &earlier, goal, breadth))?
}

fn planned(
    loaded: &Loaded,
    reading: Reading,
    options: &PlanOptions,
    earlier: &Earlier,
    goal: Goal<'_>,
) -> Result<Observed, Failure> {
    let Reading { target, reach, snapshot, listed, failures, caller, credentials, others, leases } = reading;
    let source = credentials.as_deref();
    let mut diagnostics = unread(&failures, &caller, &loaded.desired, &target, source);
    diagnostics.extend(earlier.diagnostics.clone());
    let is_account_known = caller.is_ok();
    let caller = caller.unwrap_or_default();
    let gaps = earlier.gaps();
    let options =
        PlanOptions { target: target.name.clone(), caller: caller.clone(), gaps, ..options.clone() };
    let (mut plan, since_review) = plan_to(goal, loaded, &snapshot, &options);
    if plan.is_complete() {
        refuse_slips(&options.selection, &loaded.desired, &snapshot)?;
    }
    if let Some(others) = others {
        diagnostics.extend(others.note(&mut plan, &loaded.desired, target.account.as_deref()));
    }
    diagnostics.extend(unmanageable(&plan, &loaded.desired));
    if options.selection.is_all() {
        diagnostics.extend(loaded.weigh(check::found_listed(
            &loaded.desired,
            &loaded.document.allows,
            &snapshot,
        ))?);
    }
    let left_open = looked(earlier, &loaded.desired, &snapshot, &options.selection);
    let released = plan::released(&plan, &snapshot, &options);
    Ok(Observed {
        released,
        plan: ManuallyDrop::new(plan),
        target,
        reach,
        snapshot: ManuallyDrop::new(snapshot),
        listed,
        caller,
        since_review,
        left_open,
        leases,
        diagnostics,
        is_account_known,
        on_air_asked: None,
        replay: None,
    })
}

/// A finding for each domain that could not be read, and one if the account could not be confirmed. What is wrong with every call
/// alike, such as the key, is told once.
fn unread(
    failures: &BTreeMap<Arc<str>, api::Error>,
    caller: &Result<Option<String>, api::Error>,
    desired: &Desired,
    target: &Target,
    source: Option<&str>,
) -> Vec<Diagnostic> {
    let account = target.account.as_deref();
    let refused: Vec<&api::Error> = failures.values().filter(|error| is_about_every_call(error)).collect();
    let is_told = !refused.is_empty();
    let unconfirmed = caller.as_ref().err().filter(|error| !(is_told && is_about_every_call(error)));
    let unconfirmed =
        unconfirmed.map(|error| with_source(unconfirmed_account(error, desired), error, source));
    // What the service says comes before what livevod concludes from it.
    let first = refused.iter().find(|error| error.remote().is_some()).or(refused.first());
    let unread = match first.filter(|_| refused.len() > 1 && refused.len() == failures.len()) {
        Some(error) => {
            let domains: Vec<&str> = failures.keys().map(|domain| &**domain).collect();
            vec![with_source(render::unread_all(&domains, error, account), error, source)]
        }
        None => failures
            .iter()
            .map(|(domain, error)| {
                let key = desired.domains.get(domain).map(|domain| domain.key);
                with_source(render::unread(domain, error, account, key), error, source)
            })
            .collect(),
    };
    unread.into_iter().chain(unconfirmed).collect()
}

/// The plan that leads to the goal, and how it differs from the plan that was reviewed.
fn plan_to(
    goal: Goal<'_>,
    loaded: &Loaded,
    snapshot: &Snapshot,
    options: &PlanOptions,
) -> (Plan, Vec<Difference>) {
    let Loaded { desired, sources, .. } = loaded;
    let planned = |options: &PlanOptions| plan::plan(desired, snapshot, sources, options);
    match goal {
        Goal::Rest(saved) => plan::resume(saved, snapshot, options),
        Goal::Files => (planned(options), Vec::new()),
        Goal::BackTo(WayBack { run, .. }) => {
            let mut plan = planned(options);
            let later = run.iter().flat_map(|run| changed_since(run, &plan, snapshot)).collect::<Vec<_>>();
            plan.notes.warnings.splice(..0, later);
            (plan, Vec::new())
        }
        Goal::Beside(base) => {
            let mut plan = planned(options);
            plan.notes.since_base = Some(base.beside(&plan, desired, snapshot, options));
            (plan, Vec::new())
        }
        Goal::HeldTo(SavedPlan { decisions: reviewed, .. }) => {
            let plan = planned(options);
            let differences = plan::since_review(reviewed, &plan.decisions, snapshot);
            if !plan::is_rest_of(reviewed, &plan, snapshot) || !plan.is_held_by(Guard::Digest) {
                return (plan, differences);
            }
            // The rest of a reviewed plan counts as reviewed.
            let digest = Some(plan.digest());
            (planned(&PlanOptions { expected_digest: digest, ..options.clone() }), differences)
        }
    }
}

/// What became of everything that earlier runs left unfinished, as far as it was read.
fn looked(
    earlier: &Earlier,
    desired: &Desired,
    snapshot: &Snapshot,
    selection: &Selection,
) -> Vec<LeftOpenNow> {
    let found = |open: &LeftOpen| -> Option<LeftOpenFound> {
        let is_read = snapshot.domains.contains_key(&open.address.domain);
        let may_still_arrive = !earlier.is_settled && open.may_still_arrive();
        let found = || judge(open, snapshot.get(&open.address), may_still_arrive);
        (is_read && selection.selects(&open.address))
            .then(|| found().unless_unwanted(desired.wants_nothing(&open.address)))
    };
    earlier.left_open().into_iter().map(|open| LeftOpenNow { found: found(&open), open }).collect()
}

/// Refuses a pattern that selects nothing, and excludes that leave nothing: otherwise such a mistake looks like "no changes".
fn refuse_slips(selection: &Selection, desired: &Desired, snapshot: &Snapshot) -> Result<(), Failure> {
    let declared = desired.domains.values().flat_map(|domain| domain.entries.keys());
    let existing = snapshot.domains.values().flat_map(|domain| domain.configs.keys());
    let addresses = declared.chain(existing);
    // An exclude of a whole domain keeps it from being read, so its match may be only the declared domain itself.
    let is_domain = |pattern: &Pattern| {
        pattern.is_whole_domain() && desired.domains.keys().any(|name| pattern.matches_domain(name))
    };
    let without_match = selection.without_match(addresses.clone()).into_iter();
    let mut slips: Vec<Diagnostic> =
        without_match.filter(|pattern| !is_domain(pattern)).map(|pattern| slip(pattern, desired)).collect();
    let is_empty = |name: &str| !addresses.clone().any(|address| *address.domain == *name);
    let selects_something = || {
        addresses.clone().any(|address| selection.selects(address))
            || desired.domains.keys().any(|name| selection.selects_domain(name) && is_empty(name))
    };
    if slips.is_empty() && !selection.excludes.is_empty() && !selects_something() {
        slips.push(
            Diagnostic::new(Code::Usage, "`--exclude` excludes everything that is selected")
                .help("exclude less: a run that compares nothing shows nothing about the service"),
        );
    }
    if slips.is_empty() { Ok(()) } else { Err(Failure { diagnostics: slips, ..Failure::default() }) }
}

fn slip(pattern: &Pattern, desired: &Desired) -> Diagnostic {
    let message = format!("`{pattern}` matches no declared or existing configuration");
    let domains = desired.domains.keys().map(ToString::to_string);
    let addresses =
        desired.domains.values().flat_map(|domain| domain.entries.keys()).map(ToString::to_string);
    let known: Vec<String> = domains.chain(addresses).collect();
    let text = pattern.to_string();
    let help = match config::closest(&text, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            "a pattern is domain[/app[/stream]]; `*` is the literal name `*`, `**` is any name".to_owned()
        }
    };
    Diagnostic::new(Code::Usage, message).help(help)
}

/// A finding for each declared address that can't be managed, at its entry.
fn unmanageable(plan: &Plan, desired: &Desired) -> Vec<Diagnostic> {
    let declared = plan.notes.unsupported.iter().filter(|one| one.declared);
    declared
        .map(|Unsupported { address, reason, declared: _ }| {
            let message = format!("`{address}` can't be managed and is not attempted: {reason}");
            let diagnostic = Diagnostic::new(Code::Unsupported, message).about(address);
            let diagnostic = diagnostic
                .help("change it in the console, or remove it from the files and add it to `ignore`");
            match desired.get(address) {
                Some(entry) => diagnostic.label(entry.key, "declared here"),
                None => diagnostic,
            }
        })
        .collect()
}

/// The credentials' account; it is only asked for if an account is declared to compare it with.
async fn caller(connection: &Connection) -> Result<Option<String>, api::Error> {
    match connection.target.account {
        Some(_) => Ok(Some(connection.client.caller_identity().await?.account)),
        None => Ok(None),
    }
}

/// A warning, because reading another account's configurations does no harm; apply makes it an error.
fn unconfirmed_account(error: &api::Error, desired: &Desired) -> Diagnostic {
    let message = format!("can't confirm which account the credentials belong to: {error}");
    let mut diagnostic = Diagnostic::new(Code::Account, message);
    diagnostic.severity = Severity::Warning;
    diagnostic.request_id = error.request_id().map(str::to_owned);
    if let Some(account) = &desired.account {
        diagnostic = diagnostic.label(account.span, "the declared account");
    }
    diagnostic.help("apply writes nothing until STS answers `GetCallerIdentity`, which needs no permission")
}

impl Observed {
    /// What the journal says of the start of a run of this plan.
    pub(super) fn start(&self) -> Start<'_> {
        Start { plan: &self.plan, released: &self.released, left_open: &self.left_open }
    }

    /// The plan in a file.
    pub(super) fn of_file(saved: SavedPlan) -> Self {
        let plan = saved.shown();
        let Decisions { target, account, .. } = &plan.decisions;
        Self {
            target: Target { name: target.clone(), account: account.clone() },
            plan: ManuallyDrop::new(plan),
            reach: Reach::default(),
            snapshot: ManuallyDrop::default(),
            listed: BTreeMap::new(),
            caller: None,
            since_review: Vec::new(),
            released: Vec::new(),
            left_open: Vec::new(),
            leases: Vec::new(),
            diagnostics: Vec::new(),
            is_account_known: true,
            on_air_asked: None,
            replay: None,
        }
    }

    /// Whether everything was read.
    pub(super) fn is_read(&self) -> bool {
        self.plan.is_complete()
    }

    /// # Errors
    /// When the credentials belong to another account than the declared one.
    pub(super) fn insist_on_own_account(&self) -> Result<(), Failure> {
        match self.plan.notes.held.iter().find(|held| held.guard == Guard::Account) {
            Some(held) => Err(Diagnostic::new(Code::Account, held.message.clone()).into()),
            None => Ok(()),
        }
    }

    /// The plan, in the form in which it is saved.
    pub(super) fn to_save(&self) -> serde_json::Result<String> {
        self.plan.save(jiff::Timestamp::now())
    }

    /// A snapshot of these domains, to be saved.
    pub(super) fn saved(&self, snapshot: Snapshot, loaded: &Loaded) -> Saved {
        let Loaded { desired, .. } = loaded;
        let region = |name: &Arc<str>| Some((name.clone(), self.reach.regions.get(name)?.clone()?));
        Saved {
            livevod: env!("CARGO_PKG_VERSION").to_owned(),
            time: jiff::Timestamp::now(),
            target: self.target.name.clone(),
            account: self.target.account.clone(),
            caller: self.caller.clone(),
            regions: snapshot.domains.keys().filter_map(region).collect(),
            ignore: desired.ignore.iter().map(|pattern| pattern.value.clone()).collect(),
            protect: desired.protect.iter().map(|pattern| pattern.value.clone()).collect(),
            snapshot,
        }
    }

    /// The plan, and what is shown with it.
    pub(super) fn view(&self) -> PlanView<'_> {
        let view = PlanView::new(&self.plan, &self.target, &self.left_open, &self.since_review);
        let mut view = view.beside(&self.leases);
        view.replay = self.replay.as_ref();
        view
    }

    /// Whether everything was read that was to be replayed.
    pub(super) fn is_replay_complete(&self) -> bool {
        self.replay.as_ref().is_none_or(Replay::is_complete)
    }

    /// Whether this run compared an address: it is selected, and its domain was read. A domain that no file names any more
    /// counts as compared: it is not drift.
    pub(super) fn covers(&self, selection: &Selection, address: &Address) -> bool {
        selection.selects(address) && !self.plan.notes.unread.iter().any(|name| *name == *address.domain)
    }

    /// What a drift check says about the service.
    pub(super) fn summary(&self, drift: &Drift, who: Option<&api::Who>) -> Summary {
        let domains = self.snapshot.domains.keys().map(|domain| &**domain);
        let who = |address: &Address| render::newest_call(address, who?.trails.get(address)?);
        Summary::of_drift(drift, &self.plan, &self.target.name, domains, who)
    }

    /// All findings of the run so far.
    pub(super) fn findings(&self, loaded: &Loaded) -> Vec<Diagnostic> {
        [loaded.diagnostics.as_slice(), &self.diagnostics].concat()
    }

    /// Makes an error of an account that could not be confirmed.
    pub(super) fn insist_on_account(&mut self) {
        for diagnostic in &mut self.diagnostics {
            if diagnostic.code == Code::Account {
                diagnostic.severity = Severity::Error;
            }
        }
    }
}
