//! What the store's history says about leases: who held which domain, and which intents others could know of.

use std::collections::{BTreeMap, BTreeSet};

use livevod::apply::journal::{Entry as Line, Step as Written};
use livevod::model::Address;
use livevod::store::{Entry, Part, Says};

use super::super::harness::truth::folded;
use super::super::harness::weather::Step;
use super::bucket::Creation;

/// The objects of leases, in the order in which they were created.
pub(super) struct Ledger<'a> {
    pub(super) tokens: BTreeMap<String, Vec<(&'a Creation, Entry)>>,
    pub(super) parts: BTreeMap<String, Vec<(&'a Creation, Part)>>,
    /// The runs whose journals were ever kept whole.
    kept: BTreeSet<String>,
    /// The journal of each run that is kept whole in the end, as later runs find it; `None` if it matters to none. One that matters
    /// is found first, and one may be removed again by a request that arrives late.
    whole: BTreeMap<String, Option<String>>,
}

/// An intent in the store.
pub(super) struct Known {
    /// The place in the story from which on others could read it.
    pub(super) place: usize,
    pub(super) address: Address,
    pub(super) step: Step,
}

impl<'a> Ledger<'a> {
    pub(super) fn of(history: &'a [Creation]) -> Self {
        let (mut tokens, mut parts) = (BTreeMap::new(), BTreeMap::new());
        let (mut kept, mut whole) = (BTreeSet::new(), BTreeMap::new());
        for one in history {
            let names: Vec<&str> = one.key.split('/').collect();
            match names[..] {
                ["leases", _, domain, _] => {
                    let entry: Entry = serde_json::from_slice(&one.content).unwrap();
                    tokens.entry(domain.to_owned()).or_insert_with(Vec::new).push((one, entry));
                }
                ["runs", _, run, _] => {
                    let part = Part::read(&one.content).unwrap();
                    parts.entry(run.to_owned()).or_insert_with(Vec::new).push((one, part));
                }
                ["journal", _, _, name] => {
                    let name = name.strip_suffix(".jsonl").unwrap_or(name);
                    let open = name.strip_suffix(".open");
                    let text = open.map(|_| String::from_utf8_lossy(&one.content).into_owned());
                    let (_, run) = open.unwrap_or(name).split_once('-').unwrap_or_default();
                    kept.insert(run.to_owned());
                    if !one.is_gone {
                        let found: &mut Option<String> = whole.entry(run.to_owned()).or_default();
                        *found = text.or(found.take());
                    }
                }
                _ => {}
            }
        }
        Self { tokens, parts, kept, whole }
    }

    /// The last token of a domain before a place.
    pub(super) fn token_at(&self, domain: &str, place: usize) -> Option<&(&'a Creation, Entry)> {
        self.tokens.get(domain)?.iter().rfind(|(one, _)| one.place < place)
    }

    /// The last part of a run's log before a place.
    pub(super) fn part_at(&self, run: &str, place: usize) -> Option<&(&'a Creation, Part)> {
        self.parts.get(run)?.iter().rfind(|(one, _)| one.place < place)
    }

    /// The part that ends a run's log.
    pub(super) fn end_of(&self, run: &str) -> Option<&(&'a Creation, Part)> {
        self.parts.get(run)?.iter().find(|(_, part)| !matches!(part.lease, Says::Held { .. }))
    }

    /// The intents of a run that are in the store.
    pub(super) fn intents(&self, run: &str) -> Vec<Known> {
        let parts = self.parts.get(run).into_iter().flatten();
        let lines = parts.flat_map(|(one, part)| part.journal.lines().map(|line| (one.place, line)));
        let mut all = Vec::new();
        for (place, line) in lines {
            let Ok(Line::Intent(intent)) = serde_json::from_str(line) else { continue };
            let step = match intent.step {
                Written::Add => Step::Add,
                Written::Update => Step::Update,
                Written::Delete => Step::Delete,
            };
            all.push(Known { place, address: folded(&intent.address), step });
            let beside = intent.siblings.iter().map(|sibling| folded(&sibling.address));
            all.extend(beside.map(|address| Known { place, address, step: Step::Add }));
        }
        all
    }

    /// Whether the journal of a run was kept whole.
    pub(super) fn is_whole(&self, run: &str) -> bool {
        self.kept.contains(run)
    }

    /// How many writes a run told others of.
    pub(super) fn count_of_intents(&self, run: &str) -> usize {
        let parts = self.parts.get(run).into_iter().flatten();
        let lines = parts.flat_map(|(_, part)| part.journal.lines());
        lines.filter(|line| matches!(serde_json::from_str(line), Ok(Line::Intent(_)))).count()
    }

    /// The journals that matter to later runs, by run.
    pub(super) fn journals(&self) -> BTreeMap<&str, String> {
        let told = |(run, parts): &(&String, &Vec<(&Creation, Part)>)| match self.whole.get(*run) {
            Some(whole) => whole.clone(),
            None => Some(livevod::store::journal_of(parts.iter().map(|(_, part)| part))),
        };
        self.parts.iter().filter_map(|one| Some((one.0.as_str(), told(&one)?))).collect()
    }
}
