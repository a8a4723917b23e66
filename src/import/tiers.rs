//! Finds bundles of settings that recur in many places, and makes tiers of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::settings::{CLASSIC, Needs, Patch, Reached, SLOTS, STORAGE, Values, nothing_written};
use crate::config::{Notation, Yaml};

/// How many frequent bundles are tried, and of how many the common parts are.
const TRIED: usize = 64;
const CROSSED: usize = 24;

/// What it takes to define a tier, and to name one.
const DEFINITION: u64 = 6;
const NAMED: u64 = 2;

/// What a block or an entry writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Written {
    /// The tier that it names; an index into [`Tiers`].
    pub(super) tier: Option<usize>,
    /// What it writes itself.
    pub(super) own: Patch,
}

impl Written {
    /// Whether it writes nothing.
    pub(super) fn is_bare(&self) -> bool {
        *self == Self::default()
    }
}

/// A place that may name a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    /// What it has to write.
    pub(super) patch: Patch,
    /// Every value that it has then, as far as it counts.
    pub(super) has: Needs,
}

impl Spot {
    /// The spot of an entry.
    pub(super) fn entry(patch: Patch, needs: Needs) -> Self {
        Self { patch, has: needs }
    }

    /// The spot of a `defaults` block, below which `reached` is inherited. What nobody has written stays unwritten: below it
    /// may be an entry that keeps a value which no file can say.
    pub(super) fn block(patch: Patch, reached: &Reached, values: &Values) -> Self {
        let is_written = |slot: usize| patch[slot].is_some() || reached[slot] != nothing_written()[slot];
        let mut has: Needs = std::array::from_fn(|slot| Some(reached[slot]).filter(|_| is_written(slot)));
        if values.is_by_format(reached[0]) {
            CLASSIC.into_iter().for_each(|slot| has[slot] = None);
        }
        Self { patch, has }
    }

    /// Whether a bundle has only values that the spot has too.
    fn takes(&self, bundle: &Patch) -> bool {
        (0..SLOTS.len()).all(|slot| bundle[slot].is_none() || bundle[slot] == self.has[slot])
    }
}

/// The tiers of the files.
#[derive(Debug, Default)]
pub(super) struct Tiers {
    /// The name and the settings of each.
    pub(super) all: Vec<(String, Patch)>,
    /// What each spot writes.
    written: BTreeMap<Spot, Written>,
}

impl Tiers {
    /// Finds the tiers that pay, the best first.
    pub(super) fn new(spots: &BTreeMap<Spot, u64>, values: &Values) -> Self {
        let mut tiers = Self::default();
        let mut open: BTreeMap<Spot, u64> = spots.clone();
        let bundles = bundles(spots, values);
        while let Some(bundle) = best(&bundles, &open, values) {
            let name = tiers.free_name(&bundle, values);
            let at = tiers.all.len();
            tiers.all.push((name, bundle));
            open.retain(|spot, _| {
                let pays = saved(spot, &bundle, values) > 0;
                if pays {
                    let own = std::array::from_fn(|slot| spot.patch[slot].filter(|_| bundle[slot].is_none()));
                    tiers.written.insert(*spot, Written { tier: Some(at), own });
                }
                !pays
            });
        }
        tiers.in_order_of_names();
        tiers
    }

    /// What a spot writes.
    pub(super) fn written(&self, spot: &Spot) -> Written {
        self.written.get(spot).copied().unwrap_or(Written { tier: None, own: spot.patch })
    }

    fn in_order_of_names(&mut self) {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by(|one, other| self.all[*one].0.cmp(&self.all[*other].0));
        let place: BTreeMap<usize, usize> =
            order.iter().enumerate().map(|(after, before)| (*before, after)).collect();
        for written in self.written.values_mut() {
            written.tier = written.tier.map(|tier| place[&tier]);
        }
        self.all = order.into_iter().map(|at| self.all[at].clone()).collect();
    }

    /// A name that tells the bundle's main values.
    fn free_name(&self, bundle: &Patch, values: &Values) -> String {
        let is_merged = bundle[2].is_some_and(|on| values.setting(on).value.flow(Notation::NEW) == "on");
        let part = |slot: usize| {
            let is_said = slot == 3 && (is_merged || bundle[3] == bundle[0]);
            part(slot, &values.setting(bundle[slot].filter(|_| !is_said)?).value)
        };
        let parts: Vec<String> = NAMING.into_iter().filter_map(part).take(3).collect();
        let name = if parts.is_empty() { "usual".to_owned() } else { parts.join("-") };
        let numbered = (2..).map(|number: usize| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| self.all.iter().all(|(taken, _)| taken != name)).unwrap_or_default()
    }
}

/// The slots that name a tier, the most telling first: the group or the formats, merging, the start, the length, …
const NAMING: [usize; 8] = [0, 3, 2, 4, 1, 6, 7, 9];

/// What a value adds to the name of its tier.
fn part(slot: usize, value: &Yaml) -> Option<String> {
    let text = value.flow(Notation::NEW);
    let text = match (slot, value) {
        (_, Yaml::Word(text)) if text == "default" => return None,
        (0, Yaml::Map(formats)) => formats_in_words(&formats.entries),
        (1, _) => format!("cycle-{text}"),
        (2, _) if text == "on" => "merged".to_owned(),
        (2, _) => "unmerged".to_owned(),
        (4, _) => format!("on-demand-{text}"),
        (6, _) => format!("delay-{text}"),
        (7, Yaml::List(words)) => words.join("-"),
        (9, _) => format!("space-{text}"),
        _ => text,
    };
    let fits = |one: &char| one.is_alphanumeric() || matches!(one, '-' | '_' | '.');
    Some(text.chars().filter(fits).take(LONGEST).collect())
}

/// The longest part of a name, in characters.
const LONGEST: usize = 32;

/// `m3u8-mp4-hd`: the formats, and what processes the first of them.
fn formats_in_words(formats: &[(Arc<str>, Yaml)]) -> String {
    let names: Vec<&str> = formats.iter().map(|(format, _)| &**format).collect();
    let settings = formats.iter().find_map(|(_, settings)| match settings {
        Yaml::Map(settings) => {
            settings.entries.iter().find(|(key, _)| &**key == "process").map(|(_, process)| process)
        }
        _ => None,
    });
    let process = match settings {
        Some(Yaml::Map(process)) => {
            process.entries.first().map(|(_, id)| format!("-{}", id.flow(Notation::NEW)))
        }
        _ => None,
    };
    format!("{}{}", names.join("-"), process.unwrap_or_default())
}

/// The bundles that are worth trying: the most frequent ones, and what pairs of them share. A bundle has several settings,
/// or formats, which are several in one.
fn bundles(spots: &BTreeMap<Spot, u64>, values: &Values) -> Vec<Patch> {
    let mut counts: BTreeMap<Patch, u64> = BTreeMap::new();
    for (spot, count) in spots {
        // A place of storage belongs to a region: hidden in a tier, it would be used elsewhere by mistake.
        let mut bundle = spot.patch;
        bundle[STORAGE] = None;
        *counts.entry(bundle).or_insert(0) += count;
    }
    let mut frequent: Vec<(Patch, u64)> = counts.into_iter().collect();
    frequent.sort_by_key(|(patch, count)| (std::cmp::Reverse(*count), *patch));
    let frequent: Vec<Patch> = frequent.into_iter().map(|(patch, _)| patch).take(TRIED).collect();
    let mut found: BTreeSet<Patch> = frequent.iter().copied().collect();
    let crossed = &frequent[..frequent.len().min(CROSSED)];
    for (at, one) in crossed.iter().enumerate() {
        for other in &crossed[at + 1..] {
            found.insert(std::array::from_fn(|slot| one[slot].filter(|id| other[slot] == Some(*id))));
        }
    }
    let is_one = |bundle: &Patch| match bundle[0] {
        Some(id) => values.is_by_format(id),
        None => false,
    };
    found.into_iter().filter(|bundle| bundle.iter().flatten().count() > 1 || is_one(bundle)).collect()
}

/// The bundle that saves most in the spots that name no tier yet, if any pays for its definition.
fn best(bundles: &[Patch], open: &BTreeMap<Spot, u64>, values: &Values) -> Option<Patch> {
    let gain = |bundle: &Patch| -> u64 {
        open.iter().map(|(spot, count)| count * saved(spot, bundle, values)).sum()
    };
    let costs = |bundle: &Patch| DEFINITION + weight(bundle, values);
    let paying = bundles.iter().filter_map(|bundle| Some((gain(bundle).checked_sub(costs(bundle))?, bundle)));
    let best = paying
        .filter(|(gain, _)| *gain > 0)
        .max_by_key(|(gain, bundle)| (rank(*gain), std::cmp::Reverse(**bundle)));
    best.map(|(_, bundle)| *bundle)
}

/// A gain, in steps of about a fifth: between bundles that save about the same, one more configuration decides nothing.
fn rank(gain: u64) -> u64 {
    let power = gain.max(1).ilog2();
    let fraction = if power >= 2 { (gain >> (power - 2)) & 3 } else { 0 };
    u64::from(power) * 4 + fraction
}

/// How much shorter a spot gets with a bundle's tier.
fn saved(spot: &Spot, bundle: &Patch, values: &Values) -> u64 {
    if !spot.takes(bundle) {
        return 0;
    }
    let replaced: Patch = std::array::from_fn(|slot| spot.patch[slot].filter(|_| bundle[slot].is_some()));
    weight(&replaced, values).saturating_sub(NAMED)
}

fn weight(patch: &Patch, values: &Values) -> u64 {
    patch.iter().flatten().map(|id| values.weight(*id)).sum()
}
