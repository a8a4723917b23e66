//! Decides at which level each value is written: at the top, for a domain, for an app or at the entry.
//!
//! A block may give what any of the configurations below it needs, or of each setting the most frequent value. The
//! cheapest choice of blocks is searched from the entries upwards. It is exact among these choices while a block has
//! few kinds of configurations below it; of many kinds only the most frequent are tried.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::settings::{
    CLASSIC, Id, KEPT, Needs, Patch, Reached, SLOTS, Values, below, is_bare, nothing_written, patch,
};
use crate::model::EVERY;

/// A line of its own for a block; `defaults` at the top are there in any case.
const BLOCK: u64 = 5;

/// An entry that is not like the others in its block.
const EXCEPTION: u64 = 2;

/// How much `"*"` counts beside a named stream. It applies to every stream without an entry, so readers take it for what is
/// usual, and expect the same of an entry that writes nothing.
const OF_EVERY: u64 = 2;

/// How many kinds of configurations are tried for a block at each level: the top, a domain, an app.
const TRIED: [usize; 3] = [16, 12, 8];

/// The configurations of one app.
#[derive(Debug)]
pub(super) struct App {
    /// What each stream's entry needs.
    pub(super) streams: BTreeMap<Arc<str>, Needs>,
    /// How much each kind of needs counts.
    kinds: BTreeMap<Needs, u64>,
}

/// The apps of one domain.
#[derive(Debug)]
pub(super) struct Domain {
    /// By name.
    pub(super) apps: BTreeMap<Arc<str>, App>,
}

impl App {
    /// An app with these entries.
    pub(super) fn new(streams: BTreeMap<Arc<str>, Needs>) -> Self {
        let mut kinds: BTreeMap<Needs, u64> = BTreeMap::new();
        let has_named = streams.len() > 1;
        for (name, needs) in &streams {
            *kinds.entry(*needs).or_default() += if has_named && &**name == EVERY { OF_EVERY } else { 1 };
        }
        Self { streams, kinds }
    }
}

/// What the blocks of the files write.
#[derive(Debug)]
pub(super) struct Lifted {
    /// At the top.
    pub(super) top: Patch,
    /// For each domain.
    pub(super) domains: BTreeMap<Arc<str>, LiftedDomain>,
}

/// What the blocks of a domain write.
#[derive(Debug)]
pub(super) struct LiftedDomain {
    /// For the domain.
    pub(super) own: Patch,
    /// For each app.
    pub(super) apps: BTreeMap<Arc<str>, Patch>,
}

/// The search, with what it found out so far.
struct Search<'s> {
    values: &'s Values,
    weights: HashMap<Id, u64>,
    /// For an app, by its place in memory, and what reaches it.
    apps: HashMap<(*const App, Reached), (u64, Patch)>,
    tried: HashMap<*const App, Vec<Needs>>,
}

/// Finds what each block writes.
pub(super) fn lift(domains: &BTreeMap<Arc<str>, Domain>, values: &Values) -> Lifted {
    let weights = values.ids().chain([KEPT]).map(|id| (id, values.weight(id))).collect();
    let mut search = Search { values, weights, apps: HashMap::new(), tried: HashMap::new() };
    let apps = || domains.values().flat_map(|domain| domain.apps.values());
    for app in apps() {
        let tried = search.choices(&app.kinds, TRIED[2]);
        search.tried.insert(std::ptr::from_ref(app), tried);
    }
    let choices: BTreeMap<&Arc<str>, Vec<Needs>> = domains
        .iter()
        .map(|(name, domain)| (name, search.choices(&kinds(domain.apps.values()), TRIED[1])))
        .collect();
    let reached = nothing_written();
    let top = search.choices(&kinds(apps()), TRIED[0]);
    let (_, top) = search.best(&reached, &top, 0, |search, reached| {
        domains.iter().map(|(name, domain)| search.domain(domain, &choices[name], reached).0).sum()
    });
    let reached = below(&reached, &top);
    let lifted = domains.iter().map(|(name, domain)| {
        let (_, own) = search.domain(domain, &choices[name], &reached);
        let reached = below(&reached, &own);
        let apps = domain.apps.iter().map(|(name, app)| (name.clone(), search.app(app, &reached).1));
        (name.clone(), LiftedDomain { own, apps: apps.collect() })
    });
    Lifted { top, domains: lifted.collect() }
}

fn kinds<'a>(apps: impl Iterator<Item = &'a App>) -> BTreeMap<Needs, u64> {
    let mut kinds = BTreeMap::new();
    for (needs, count) in apps.flat_map(|app| &app.kinds) {
        *kinds.entry(*needs).or_insert(0) += count;
    }
    kinds
}

impl Search<'_> {
    /// What a block may give: the most frequent needs, and of each setting the most frequent value.
    fn choices(&self, kinds: &BTreeMap<Needs, u64>, most: usize) -> Vec<Needs> {
        let mut ordered: Vec<(&Needs, &u64)> = kinds.iter().collect();
        ordered.sort_by_key(|(needs, count)| (std::cmp::Reverse(**count), **needs));
        let mut choices: Vec<Needs> = ordered.iter().take(most).map(|(needs, _)| **needs).collect();
        let usual = self.usual(kinds);
        if !choices.contains(&usual) {
            choices.push(usual);
        }
        // Where one configuration needs that nothing is written, no block above it may write anything.
        for needs in kinds.keys() {
            for slot in (0..SLOTS.len()).filter(|slot| needs[*slot] == Some(KEPT)) {
                choices.iter_mut().for_each(|choice| choice[slot] = None);
            }
        }
        choices
    }

    /// Of each setting the most frequent value.
    fn usual(&self, kinds: &BTreeMap<Needs, u64>) -> Needs {
        let mut usual: Needs = std::array::from_fn(|slot| {
            let mut counts: BTreeMap<Id, u64> = BTreeMap::new();
            for (needs, count) in kinds {
                if let Some(id) = needs[slot].filter(|id| *id != KEPT) {
                    *counts.entry(id).or_insert(0) += count;
                }
            }
            counts.into_iter().max_by_key(|(id, count)| (*count, std::cmp::Reverse(*id))).map(|(id, _)| id)
        });
        if usual[0].is_some_and(|id| self.values.is_by_format(id)) {
            CLASSIC.into_iter().for_each(|slot| usual[slot] = None);
        }
        usual
    }

    /// The cost of a block for a domain and what is below it, and what it writes.
    fn domain(&mut self, domain: &Domain, choices: &[Needs], reached: &Reached) -> (u64, Patch) {
        self.best(reached, choices, BLOCK, |search, reached| {
            domain.apps.values().map(|app| search.app(app, reached).0).sum()
        })
    }

    fn app(&mut self, app: &App, reached: &Reached) -> (u64, Patch) {
        let place = (std::ptr::from_ref(app), *reached);
        if let Some(found) = self.apps.get(&place) {
            return *found;
        }
        let choices = self.tried.get(&place.0).cloned().unwrap_or_default();
        let found = self.best(reached, &choices, BLOCK, |search, reached| {
            app.kinds.iter().map(|(needs, count)| count * search.entry(reached, needs)).sum()
        });
        self.apps.insert(place, found);
        found
    }

    fn entry(&self, reached: &Reached, needs: &Needs) -> u64 {
        match patch(reached, needs) {
            bare if is_bare(&bare) => 0,
            written => EXCEPTION + self.weight(&written),
        }
    }

    fn weight(&self, patch: &Patch) -> u64 {
        patch.iter().flatten().map(|id| self.weights[id]).sum()
    }

    /// The cheapest of no block and one block for each choice, which costs `block` besides what it writes.
    fn best(
        &mut self,
        reached: &Reached,
        choices: &[Needs],
        block: u64,
        mut inner: impl FnMut(&mut Self, &Reached) -> u64,
    ) -> (u64, Patch) {
        let mut best = (inner(self, reached), Patch::default());
        for needs in choices {
            let written = patch(reached, needs);
            let own = block + self.weight(&written);
            if is_bare(&written) || own >= best.0 {
                continue;
            }
            let cost = own + inner(self, &below(reached, &written));
            if cost < best.0 {
                best = (cost, written);
            }
        }
        best
    }
}
