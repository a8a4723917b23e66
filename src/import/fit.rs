//! Finds what no file can declare: whole configurations, or single settings that stay as the service has them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::files::File;
use super::groups::{GroupKey, Groups};
use super::lines::Lines;
use super::proof::{self, Reading, Refusal};
use super::settings::{Want, Wanted, wanted};
use crate::config::{self, Keys, Notation, Yaml};
use crate::model::{Address, DomainSnapshot, Field, RecordConfig, Remote, Snapshot, Value, name_error};

/// What files can't declare.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// The configurations, and why.
    pub(super) left_out: BTreeMap<Address, String>,
    /// The settings that must not be written, of the other configurations.
    pub(super) kept: BTreeMap<Address, BTreeSet<Field>>,
}

/// What decides whether a configuration can be declared, besides its name.
type Kind<'a> = &'a RecordConfig;

/// How a kind can be declared: without these settings, or not at all, and why.
type Verdict = Result<BTreeSet<Field>, String>;

impl Fit {
    /// Looks at every configuration, at equal ones once.
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let mut fit = Self::default();
        let mut kinds: HashMap<Kind<'_>, usize> = HashMap::new();
        let mut places: Vec<(Kind<'_>, Vec<&Address>)> = Vec::new();
        for (address, remote) in snapshot.domains.values().flat_map(|domain| &domain.configs) {
            if let Some(reason) = unnameable(address).or_else(|| remote.unsupported.clone()) {
                fit.left_out.insert(address.clone(), reason);
                continue;
            }
            let at = *kinds.entry(&remote.config).or_insert(places.len());
            if at == places.len() {
                places.push((&remote.config, Vec::new()));
            }
            places[at].1.push(address);
        }
        let verdicts = verdicts(&places.iter().map(|(kind, _)| *kind).collect::<Vec<_>>());
        for ((_, addresses), verdict) in places.into_iter().zip(verdicts) {
            let addresses = addresses.into_iter().cloned();
            match verdict {
                Ok(kept) if kept.is_empty() => {}
                Ok(kept) => fit.kept.extend(addresses.map(|address| (address, kept.clone()))),
                Err(reason) => fit.left_out.extend(addresses.map(|address| (address, reason.clone()))),
            }
        }
        fit
    }

    /// The settings that an entry keeps.
    pub(super) fn kept(&self, address: &Address) -> &BTreeSet<Field> {
        const NONE: &BTreeSet<Field> = &BTreeSet::new();
        self.kept.get(address).unwrap_or(NONE)
    }
}

fn unnameable(address: &Address) -> Option<String> {
    let names = [&address.app, &address.stream];
    let bad = names.into_iter().find_map(|name| Some(format!("its name {}", name_error(name)?)));
    bad.or_else(|| (!address.is_nameable()).then(|| "files can't name its domain".to_owned()))
}

/// Tries each kind as it is, except for values that no file can say; then those that are refused without one setting
/// more, whichever helps first.
fn verdicts(kinds: &[Kind<'_>]) -> Vec<Verdict> {
    let first: Vec<(Kind<'_>, BTreeSet<Field>)> = kinds.iter().map(|kind| (*kind, unsayable(kind))).collect();
    let mut verdicts: Vec<Verdict> = refusals(&first)
        .into_iter()
        .zip(&first)
        .map(|(refusal, (_, kept))| refusal.map_or(Ok(kept.clone()), Err))
        .collect();
    let mut tries = Vec::new();
    for (at, (kind, kept)) in first.iter().enumerate().filter(|(at, _)| verdicts[*at].is_err()) {
        let more = kind.set_fields().into_iter().filter(|field| may_be_kept(*field) && !kept.contains(field));
        tries.extend(more.map(|field| (at, (*kind, kept.iter().copied().chain([field]).collect()))));
    }
    let (places, tries): (Vec<usize>, Vec<(Kind<'_>, BTreeSet<Field>)>) = tries.into_iter().unzip();
    let refusals = refusals(&tries);
    for ((at, (_, kept)), _) in
        places.into_iter().zip(tries).zip(refusals).filter(|(_, refusal)| refusal.is_none())
    {
        if verdicts[at].is_err() {
            verdicts[at] = Ok(kept);
        }
    }
    verdicts
}

/// The settings with values that no file can say, and that need not be written.
fn unsayable(config: &RecordConfig) -> BTreeSet<Field> {
    let fields = config.set_fields().into_iter().filter(|field| may_be_kept(*field));
    fields.filter(|field| !config::is_writable(*field, &config.get(*field))).collect()
}

/// Whether a setting that is not written stays as the service has it.
fn may_be_kept(field: Field) -> bool {
    matches!(field, Field::Part(..)) || RecordConfig::leaves_to_the_service(field)
}

/// Writes one entry for each try, reads and plans them all together, and returns why each is refused.
fn refusals(tries: &[(Kind<'_>, BTreeSet<Field>)]) -> Vec<Option<String>> {
    const APP: &str = "app";
    let domain: Arc<str> = "example.com".into();
    let name = |at: usize| format!("s{at}");
    let mut refusals: Vec<Option<String>> =
        tries.iter().map(|(kind, kept)| unsayable_group(kind, kept)).collect();
    let open: Vec<usize> = (0..tries.len()).filter(|at| refusals[*at].is_none()).collect();
    let used = open.iter().flat_map(|at| tries[*at].0.transcode_groups());
    let used: Vec<GroupKey> =
        used.filter(|id| is_sayable(id)).map(|id| GroupKey { region: None, id: id.to_owned() }).collect();
    let groups = Groups::new(&used, &BTreeMap::new());
    let mut lines = Lines::default();
    lines.line("version: 1");
    groups.write(&mut lines);
    let mut text = lines.into_text();
    text.push_str(&format!("domains:\n  {domain}:\n    apps:\n      {APP}:\n        streams:\n"));
    let first = text.lines().count();
    for at in &open {
        let (kind, kept) = &tries[*at];
        text.push_str(&format!(
            "          {}: {}\n",
            name(*at),
            whole(&wanted(kind, None, kept, &groups)).flow(Notation::NEW)
        ));
    }
    let configs = open.iter().map(|at| {
        let remote = Remote {
            config: tries[*at].0.clone(),
            spelling: Default::default(),
            create_time: None,
            unsupported: None,
        };
        (Address::new(domain.clone(), APP, name(*at)), remote)
    });
    let listed = DomainSnapshot { configs: configs.collect() };
    if listed.configs.is_empty() {
        return refusals;
    }
    let snapshot = Snapshot { domains: [(domain.clone(), listed)].into() };
    let Reading { errors, changes, left: _ } =
        proof::read(&[File { name: "livevod.yaml".to_owned(), text }], &snapshot);
    let at_line = |line: usize| open.get(line.checked_sub(first)?).copied();
    for Refusal { address, line, message } in errors {
        let at = match &address {
            Some(address) => address.stream[1..].parse().ok(),
            None => line.and_then(at_line),
        };
        if let Some(refusal) = at.and_then(|at: usize| refusals.get_mut(at)) {
            refusal.get_or_insert(message);
        }
    }
    for (address, what) in changes {
        let at: Option<usize> = address.stream[1..].parse().ok();
        if let Some(refusal) = at.and_then(|at| refusals.get_mut(at)) {
            refusal.get_or_insert(what);
        }
    }
    refusals
}

/// A group that must be written, and whose id no file can say.
fn unsayable_group(config: &RecordConfig, kept: &BTreeSet<Field>) -> Option<String> {
    let config = config.clone().normalized();
    let groups = RecordConfig::GROUPS.into_iter().filter(|field| !kept.contains(field));
    let odd = groups.filter_map(|field| config.transcode_group(field)).find(|id| !is_sayable(id))?;
    Some(format!("`{}` is not the id of a transcode group", odd.escape_debug()))
}

fn is_sayable(id: &str) -> bool {
    config::is_writable(Field::VodTranscodeGroup, &Value::Text(id.to_owned()))
}

/// Every setting in one block.
fn whole(wanted: &Wanted) -> Yaml {
    let set = wanted.iter().filter_map(|want| match want {
        Want::Set(setting) => Some((setting.key, setting.value.clone())),
        Want::Anything | Want::Kept => None,
    });
    Yaml::map(Keys::Settings, set)
}
