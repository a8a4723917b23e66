//! Compares the plans before and after the merge: what was added has no change and is managed now, and nothing else is
//! different.

use std::collections::BTreeSet;
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
pub(super) fn differences([before, after]: &[Side<'_>; 2], added: &BTreeSet<Address>) -> Vec<String> {
    let unchanged: BTreeSet<&Address> = after.plan.notes.unchanged.iter().collect();
    let not_as_it_is = added.iter().filter(|address| !unchanged.contains(address));
    let mut found: Vec<String> =
        not_as_it_is.map(|address| format!("`{address}` would not be as it is")).collect();
    let told = |what: &str, address: &Address| format!("{what} `{address}`");
    let changes = |side: &Side<'_>| side.plan.decisions.changes.clone();
    let lists: [(&str, fn(&Plan) -> Vec<&Address>); 4] = [
        ("unchanged:", |plan| plan.notes.unchanged.iter().collect()),
        ("unmanaged:", |plan| plan.notes.unmanaged.iter().map(|one| &one.address).collect()),
        ("ignored:", |plan| plan.notes.ignored.iter().collect()),
        ("unsupported:", |plan| plan.notes.unsupported.iter().map(|one| &one.address).collect()),
    ];
    let was_named = |address: &&Address| before.desired.domains.contains_key(&address.domain);
    for (what, list) in lists {
        let rest = |plan| -> BTreeSet<&Address> {
            list(plan).into_iter().filter(|address| was_named(address) && !added.contains(*address)).collect()
        };
        found.extend(
            rest(before.plan).symmetric_difference(&rest(after.plan)).map(|address| told(what, address)),
        );
    }
    let (old, new) = (changes(before), changes(after));
    let other = |change: &&Change, others: &[Change]| !others.contains(change);
    let moved = old.iter().filter(|one| other(one, &new)).chain(new.iter().filter(|one| other(one, &old)));
    found.extend(moved.map(|change| told("the change of", &change.address)));
    found.extend(settings(before.desired, after.desired));
    found
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
            [
                "the change of `a.example/s/x`",
                "the change of `a.example/s/x`",
                "the settings of `a.example/s/x`"
            ]
        );
        assert_eq!(told("x: {}, w: { state: absent }", "x: {}", &[]), ["the settings of `a.example/s/w`"]);
        assert_eq!(told("x: {}", "", &[]).len(), 3);
    }
}
