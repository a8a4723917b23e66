//! Small edits of an account, as its owner makes them the day after an import, and how many lines of a text an edit changes.

use std::collections::HashMap;

use livevod::model::{Address, EVERY, RecordConfig, Remote, Snapshot};
use similar::{ChangeTag, TextDiff};

use super::{Random, entries, undeclarable};

/// The account with one more stream, which has the settings that most streams of its app have.
pub(crate) fn with_one_more(snapshot: &Snapshot, seed: u64) -> Snapshot {
    let random = &mut Random::new(seed);
    let (neighbour, _) = random.pick(&streams(snapshot));
    let remote = usual(snapshot, neighbour);
    let create_time = Some("2026-11-29T08:00:00Z".to_owned());
    let mut stream = renumbered(&neighbour.stream, random);
    let named = |stream: &str| Address::new(neighbour.domain.clone(), neighbour.app.clone(), stream);
    while snapshot.get(&named(&stream)).is_some() {
        stream = renumbered(&format!("{stream}0"), random);
    }
    with(snapshot, named(&stream), Remote { create_time, ..remote.clone() })
}

/// The account with another value of one setting of one stream.
pub(crate) fn with_one_changed(snapshot: &Snapshot, seed: u64) -> Snapshot {
    let random = &mut Random::new(seed);
    let (address, remote) = random.pick(&streams(snapshot));
    let config = remote.config.clone();
    let minutes = [10, 25, 45, 90, 180].map(|minutes| minutes * 60);
    let cycles: Vec<u32> = minutes.into_iter().filter(|seconds| *seconds != config.cycle_duration).collect();
    let config = match random.below(3) {
        0 if config.on_demand == 0 => RecordConfig { on_demand: 7, ..config },
        0 => RecordConfig { on_demand: 0, ..config },
        _ => RecordConfig { cycle_duration: random.pick(&cycles), ..config },
    };
    with(snapshot, address.clone(), Remote { config, ..remote.clone() })
}

fn with(snapshot: &Snapshot, address: Address, remote: Remote) -> Snapshot {
    let mut edited = snapshot.clone();
    edited.domains.entry(address.domain.clone()).or_default().configs.insert(address, remote);
    edited
}

/// The declarable configurations of single streams.
fn streams(snapshot: &Snapshot) -> Vec<(&Address, &Remote)> {
    let is_stream = |address: &Address| &*address.stream != EVERY;
    entries(snapshot).filter(|(at, remote)| is_stream(at) && undeclarable(at, remote).is_none()).collect()
}

/// A stream whose settings are the most frequent in the app of `neighbour`.
fn usual<'s>(snapshot: &'s Snapshot, neighbour: &Address) -> &'s Remote {
    let beside = streams(snapshot);
    let beside =
        beside.into_iter().filter(|(at, _)| (&at.domain, &at.app) == (&neighbour.domain, &neighbour.app));
    let beside: Vec<&Remote> = beside.map(|(_, remote)| remote).collect();
    let mut counts: HashMap<&RecordConfig, usize> = HashMap::new();
    beside.iter().for_each(|remote| *counts.entry(&remote.config).or_default() += 1);
    // The first of the most frequent, whatever the order of the map.
    beside.iter().rev().max_by_key(|remote| counts[&remote.config]).unwrap()
}

/// A name of the same form: `cam3` is a neighbour of `cam7`.
fn renumbered(name: &str, random: &mut Random) -> String {
    if !name.contains(|one: char| one.is_ascii_digit()) {
        return format!("{name}-{}", random.below(10));
    }
    let digit = |random: &mut Random| char::from(b'0' + random.below(10) as u8);
    name.chars().map(|one| if one.is_ascii_digit() { digit(random) } else { one }).collect()
}

/// How many lines `git diff` would show as removed or added.
pub(crate) fn changed_lines(before: &str, after: &str) -> usize {
    let diff = TextDiff::from_lines(before, after);
    diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal).count()
}
