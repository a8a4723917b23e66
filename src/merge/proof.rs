//! Compares the plans before and after the merge: what was added has no change and is managed now, and nothing else is
//! different.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Address, RecordConfig};
use crate::plan::{Change, Plan};
use crate::resolve::Desired;

/// A side of the comparison.
pub(super) struct Side<'s> {
    pub(super) desired: &'s Desired,
    pub(super) plan: &'s Plan,
}

/// Every way in which the sides differ, other than that `added` are declared as they are.
pub(super) fn differences(sides: &[Side<'_>; 2], added: &BTreeSet<Address>) -> Vec<String> {
    let [before, after] = sides;
    let unchanged: BTreeSet<&Address> = after.plan.notes.unchanged.iter().collect();
    let not_as_it_is = added.iter().filter(|address| !unchanged.contains(address));
    let wrong = not_as_it_is.map(|address| format!("`{address}` would not be as it is"));
    let found = wrong.chain(standings(sides, added)).chain(changes(before.plan, after.plan));
    found.chain(settings(before.desired, after.desired)).collect()
}

/// The addresses of the domains before that are listed in another way, without those that were added.
fn standings([before, after]: &[Side<'_>; 2], added: &BTreeSet<Address>) -> Vec<String> {
    let is_of_before = |address: &&Address| before.desired.domains.contains_key(&address.domain);
    let rest = |side: &Side<'_>| -> BTreeSet<(&'static str, Address)> {
        let listed = listed(side.plan);
        let kept =
            listed.into_iter().filter(|(_, address)| is_of_before(address) && !added.contains(*address));
        kept.map(|(list, address)| (list, address.clone())).collect()
    };
    let (old, new) = (rest(before), rest(after));
    old.symmetric_difference(&new).map(|(list, address)| format!("{list}: `{address}`")).collect()
}

/// Every address without a change, with the list that has it.
fn listed(plan: &Plan) -> Vec<(&'static str, &Address)> {
    let notes = &plan.notes;
    let unchanged = notes.unchanged.iter().map(|address| ("unchanged", address));
    let unmanaged = notes.unmanaged.iter().map(|one| ("unmanaged", &one.address));
    let ignored = notes.ignored.iter().map(|address| ("ignored", address));
    let unsupported = notes.unsupported.iter().map(|one| ("unsupported", &one.address));
    unchanged.chain(unmanaged).chain(ignored).chain(unsupported).collect()
}

/// The addresses whose changes differ.
fn changes(before: &Plan, after: &Plan) -> Vec<String> {
    let (old, new) = (by_address(before), by_address(after));
    let addresses: BTreeSet<&Address> = old.keys().chain(new.keys()).copied().collect();
    let moved = addresses.into_iter().filter(|address| old.get(address) != new.get(address));
    moved.map(|address| format!("the change of `{address}`")).collect()
}

fn by_address(plan: &Plan) -> BTreeMap<&Address, &Change> {
    plan.decisions.changes.iter().map(|change| (&change.address, change)).collect()
}

/// The declared configurations whose settings are not the same any more.
fn settings(before: &Desired, after: &Desired) -> Vec<String> {
    let wanted = |desired: &Desired, address: &Address| -> Option<Option<RecordConfig>> {
        Some(desired.get(address)?.resolved().map(|resolved| resolved.config.clone()))
    };
    let declared = before.domains.values().flat_map(|domain| domain.entries.keys());
    let region = |desired: &Desired, name: &Arc<str>| desired.region(name).map(str::to_owned);
    let moved = declared.filter(|address| wanted(before, address) != wanted(after, address));
    let regions = before.domains.keys().filter(|name| region(before, name) != region(after, name));
    moved
        .map(|address| format!("the settings of `{address}`"))
        .chain(regions.map(|name| format!("the region of `{name}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::files::Files;
    use super::*;
    use crate::model::{Remote, Snapshot, StreamSpelling};
    use crate::plan::{PlanOptions, plan};
    use crate::source::{Source, Sources};

    /// How files with these streams of one app differ from those of `before`, if `added` were to be added.
    fn told(before: &str, after: &str, added: &[&str]) -> Vec<String> {
        let sources = [before, after].map(|streams| {
            let head = "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\n";
            let domain =
                format!("domains: {{ a.example: {{ apps: {{ s: {{ streams: {{ {streams} }} }} }} }} }}\n");
            let mut sources = Sources::default();
            sources.add(Source::new("a.yaml", format!("{head}{domain}")));
            sources
        });
        let files = sources.each_ref().map(Files::read);
        let mut snapshot = Snapshot::default();
        let held = snapshot.domains.entry("a.example".into()).or_default();
        for name in ["x", "y", "z"] {
            let config =
                RecordConfig { vod_transcode_group: "VOD_NO_TRANSCODE".into(), ..RecordConfig::default() };
            let remote =
                Remote { config, spelling: StreamSpelling::Named, create_time: None, unsupported: None };
            held.configs.insert(Address::new("a.example", "s", name), remote);
        }
        let plans = files
            .each_ref()
            .map(|files| plan(&files.desired, &snapshot, files.sources, &PlanOptions::default()));
        let sides = [0, 1].map(|at| Side { desired: &files[at].desired, plan: &plans[at] });
        let added = added.iter().map(|name| Address::new("a.example", "s", *name)).collect();
        differences(&sides, &added)
    }

    #[test]
    fn only_what_is_added_as_it_is_may_differ() {
        assert_eq!(told("x: {}", "x: {}, y: {}", &["y"]), [""; 0]);
        assert_eq!(told("x: { on_demand: 1 }", "x: { on_demand: 1 }, y: {}", &["y"]), [""; 0]);
        assert_eq!(
            told("x: {}", "x: {}, y: { on_demand: 7 }", &["y"]),
            ["`a.example/s/y` would not be as it is", "the change of `a.example/s/y`"]
        );
        assert_eq!(
            told("x: {}", "x: {}, y: {}", &[]),
            ["unchanged: `a.example/s/y`", "unmanaged: `a.example/s/y`"]
        );
        assert_eq!(
            told("x: { on_demand: 1 }", "x: { on_demand: 2 }", &[]),
            ["the change of `a.example/s/x`", "the settings of `a.example/s/x`"]
        );
        assert_eq!(told("x: {}, w: { state: absent }", "x: {}", &[]), ["the settings of `a.example/s/w`"]);
        assert_eq!(told("x: {}", "", &[]).len(), 3);
    }
}
