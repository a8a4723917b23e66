//! Realistic states of an account, and plain files that declare them: what `import` is measured with and tested by.

mod any;
mod edits;
mod files;
mod naive;
mod states;

use std::collections::BTreeSet;

use livevod::check::{Levels, check, settle};
use livevod::diag::{Diagnostic, has_errors};
use livevod::model::{Address, Field, Remote, Snapshot, StreamSpelling};
use livevod::plan::{Plan, PlanOptions, plan};
use livevod::render::{self, Context, Exit, FilesFormat, Layout};
use livevod::resolve::{Desired, Entry, resolve};
use livevod::source::{Source, Sources};
use livevod::{config, snapshot};

use crate::apply::world::World;
pub(crate) use crate::simulation::harness::random::Random;
pub(crate) use any::any_state;
pub(crate) use edits::{changed_lines, with_one_changed, with_one_more};
pub(crate) use files::{loadable, saved};
pub(crate) use naive::{left_out, naive, undeclarable};
pub(crate) use states::{all, mess, region, scripts};

/// What `validate` makes of one file, on the day of the accounts.
pub(crate) struct Read {
    pub(crate) desired: Desired,
    pub(crate) sources: Sources,
    pub(crate) findings: Vec<Diagnostic>,
}

impl Read {
    pub(crate) fn new(text: &str) -> Self {
        let mut sources = Sources::default();
        sources.add(Source::new("livevod.yaml", text));
        let (document, mut findings) = config::parse(&sources);
        let (desired, more) = resolve(&document);
        findings.extend(more);
        findings.extend(check(&document, &desired, jiff::civil::date(2026, 11, 29)));
        let findings = settle(findings, &document.allows, &Levels::default());
        Self { desired, sources, findings }
    }

    /// The errors, one a line.
    pub(crate) fn errors(&self) -> String {
        let errors = self.findings.iter().filter(|finding| finding.is_error());
        errors.map(|finding| format!("{}: {}\n", finding.code.as_str(), finding.message)).collect()
    }

    pub(crate) fn plan(&self, snapshot: &Snapshot) -> Plan {
        plan(&self.desired, snapshot, &self.sources, &PlanOptions::default())
    }
}

/// How many lines `livevod render` writes for an account that is declared plainly, entry by entry.
pub(crate) fn rendered_lines(snapshot: &Snapshot) -> usize {
    let Read { desired, sources, findings } = Read::new(&naive(snapshot));
    let context = Context { sources: &sources, diagnostics: &findings, exit: Exit::Success };
    let layout = Layout::new(FilesFormat::Yaml.into());
    render::effective(&desired, FilesFormat::Yaml, context, &layout).text.lines().count()
}

fn entries(snapshot: &Snapshot) -> impl Iterator<Item = (&Address, &Remote)> {
    snapshot.domains.values().flat_map(|domain| &domain.configs)
}

/// The same account with this entry alone.
fn alone(address: &Address, remote: &Remote) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let domain = snapshot.domains.entry(address.domain.clone()).or_default();
    domain.configs.insert(address.clone(), remote.clone());
    snapshot
}

/// What each account holds, and how long its files are.
#[test]
fn the_accounts_have_their_sizes() {
    let mut table =
        "account: domains, entries, undeclarable, with settings left out, lines, lines of render\n"
            .to_owned();
    for (name, account) in states::all() {
        let undeclared = entries(&account).filter(|(at, remote)| undeclarable(at, remote).is_some()).count();
        let partly = entries(&account).filter(|(_, remote)| !left_out(remote).is_empty()).count();
        table.push_str(&format!(
            "{name}: {}, {}, {undeclared}, {partly}, {}, {}\n",
            account.domains.len(),
            entries(&account).count(),
            naive(&account).lines().count(),
            rendered_lines(&account),
        ));
    }
    insta::assert_snapshot!(table);
    assert_eq!(entries(&scripts(10_000)).count(), 10_000);
}

/// An account and its plain file agree, and nothing else is left out than what no file can declare.
fn assert_declared(account: &Snapshot) {
    let text = naive(account);
    let read = Read::new(&text);
    assert!(!has_errors(&read.findings), "{}", read.errors());
    let plan = read.plan(account);
    assert_eq!(plan.decisions.changes, [], "{text}");
    let declarable = entries(account).filter(|(at, remote)| undeclarable(at, remote).is_none());
    let declarable: Vec<Address> = declarable.map(|(address, _)| address.clone()).collect();
    assert_eq!(plan.notes.unchanged, declarable);
    assert!(plan.notes.unsupported.iter().all(|one| !one.declared), "{:?}", plan.notes.unsupported);
}

#[test]
fn what_is_declared_plainly_is_no_change() {
    for (_, account) in states::all() {
        assert_declared(&account);
    }
}

/// Each entry that is not declared would be an error, or could not be managed.
fn assert_undeclarable(account: &Snapshot) {
    for (address, remote) in entries(account).filter(|(at, remote)| undeclarable(at, remote).is_some()) {
        let account = alone(address, remote);
        let read = Read::new(&naive::written(&account, &|_, _| true, &|_, _| true));
        let is_declared = read.plan(&account).notes.unsupported.iter().any(|one| one.declared);
        assert!(has_errors(&read.findings) || is_declared, "{address} can be declared");
    }
}

/// Each setting that is left out would be an error, or would say something else.
fn assert_left_out(account: &Snapshot) {
    let declared = entries(account).filter(|(at, remote)| undeclarable(at, remote).is_none());
    for (address, remote) in declared {
        let account = alone(address, remote);
        for field in left_out(remote) {
            let holds = |config: &_, one| one == field || naive::is_writable(config, one);
            let read = Read::new(&naive::written(&account, &|_, _| true, &holds));
            let said = read.desired.get(address).and_then(Entry::resolved).map(|one| one.config.get(field));
            let is_said = said.is_some_and(|said| said == remote.config.get(field));
            assert!(has_errors(&read.findings) || !is_said, "{field} of {address} can be written");
        }
    }
}

#[test]
fn what_is_not_declared_could_not_be() {
    for (_, account) in states::all() {
        assert_undeclarable(&account);
        assert_left_out(&account);
    }
}

/// Why entries of the messy account are in no file, and which settings are not.
#[test]
fn every_reason_has_an_entry() {
    let account = mess();
    let mut reasons = BTreeSet::new();
    for (address, remote) in entries(&account) {
        let value = |field: Field| format!("left out: {field} {}", remote.config.get(field));
        match undeclarable(address, remote) {
            Some(reason) => reasons.extend([reason]),
            None => reasons.extend(left_out(remote).into_iter().map(value)),
        }
    }
    insta::assert_snapshot!(reasons.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_account_is_read_from_its_snapshot() {
    for (name, account) in states::all() {
        assert_eq!(snapshot::read(&saved(&account)).unwrap().snapshot, account, "{name}");
    }
}

/// An emulator that loads an account lists it, except that it holds one entry for each address.
#[tokio::test(start_paused = true)]
async fn an_emulator_lists_the_account_that_it_loads() {
    for (name, mut account) in states::all() {
        let world = World::new();
        world.service.load(&loadable(&account)).unwrap();
        let (listed, errors) = world.client.snapshot(account.domains.keys().cloned()).await;
        assert!(errors.is_empty(), "{errors:?}");
        for remote in account.domains.values_mut().flat_map(|domain| domain.configs.values_mut()) {
            remote.unsupported.take_if(|reason| reason == states::SEVERAL);
        }
        for (address, remote) in entries(&account) {
            assert_eq!(listed.get(address), Some(remote), "{name}: {address}");
        }
        assert_eq!(entries(&listed).count(), entries(&account).count(), "{name}");
    }
}

#[test]
fn one_more_stream_is_one_more_entry() {
    for (name, account) in states::all() {
        let before = naive(&account);
        for seed in 0..4 {
            let edited = with_one_more(&account, seed);
            assert_eq!(entries(&edited).count(), entries(&account).count() + 1, "{name} {seed}");
            assert!(entries(&account).all(|(address, remote)| edited.get(address) == Some(remote)));
            let after = naive(&edited);
            let added = after.lines().count() - before.lines().count();
            assert_eq!(changed_lines(&before, &after), added, "{name} {seed}: lines are only added");
            assert_eq!(edited, with_one_more(&account, seed));
        }
    }
}

#[test]
fn one_changed_value_is_one_changed_line() {
    for (name, account) in states::all() {
        let before = naive(&account);
        for seed in 0..4 {
            let edited = with_one_changed(&account, seed);
            let differing = entries(&edited).filter(|(address, remote)| account.get(address) != Some(remote));
            assert_eq!(differing.count(), 1, "{name} {seed}");
            assert_eq!(changed_lines(&before, &naive(&edited)), 2, "{name} {seed}: one removed, one added");
            assert_eq!(edited, with_one_changed(&account, seed));
        }
    }
}

#[test]
fn changed_lines_are_counted_as_git_does() {
    for (before, after, count) in [("a\nb\n", "a\nb\n", 0), ("a\nb\n", "a\nc\n", 2), ("a\n", "x\na\ny\n", 2)]
    {
        assert_eq!(changed_lines(before, after), count);
    }
}

type IsOne = fn(&Address, &Remote) -> bool;

/// The kinds of entries that states of many seeds must have.
const KINDS: [(&str, IsOne); 9] = [
    ("classic", |_, remote| !remote.config.is_by_format()),
    ("by-format", |_, remote| remote.config.is_by_format()),
    ("app-wide without a name", |_, remote| remote.spelling != StreamSpelling::Named),
    ("unnameable", |address, _| !address.is_nameable()),
    ("unsupported", |_, remote| remote.unsupported.is_some()),
    ("several", |_, remote| remote.unsupported.as_deref() == Some(states::SEVERAL)),
    ("with an unknown field", |_, remote| !remote.config.unknown.is_empty()),
    ("partly left out", |_, remote| !left_out(remote).is_empty()),
    ("undeclarable by a value", |address, remote| {
        address.is_nameable() && remote.unsupported.is_none() && undeclarable(address, remote).is_some()
    }),
];

#[test]
fn any_state_can_be_declared_plainly() {
    let states: Vec<Snapshot> = (0..120).map(any_state).collect();
    for (seed, state) in states.iter().enumerate().step_by(10) {
        assert_eq!(*state, any_state(seed as u64), "{seed}");
    }
    for (kind, is_one) in KINDS {
        let count =
            states.iter().flat_map(entries).filter(|(address, remote)| is_one(address, remote)).count();
        assert!(count > 0, "{kind}");
    }
    for state in &states {
        assert_declared(state);
        assert_undeclarable(state);
        assert_left_out(state);
        assert_eq!(snapshot::read(&saved(state)).unwrap().snapshot, *state);
    }
}
