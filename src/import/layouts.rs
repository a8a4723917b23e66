//! Finds app trees that several domains share, and makes layouts of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tiers::Written;
use crate::model::EVERY;

/// The name and `streams` of an app.
const APP: usize = 2;

/// The name and `apps` of a layout.
const LAYOUT: usize = 2;

/// A layout must save more lines than this.
const LEAST: usize = 2;

/// How many frequent trees of an app are tried, and of how many the common parts are.
const TRIED: usize = 32;
const CROSSED: usize = 12;

/// What an app's blocks write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Tree {
    /// Its `defaults`.
    pub(super) defaults: Written,
    /// Its entries.
    pub(super) streams: BTreeMap<Arc<str>, Written>,
}

/// The apps of a domain.
pub(super) type Trees = BTreeMap<Arc<str>, Tree>;

/// The domains that have a layout.
type Users = BTreeSet<Arc<str>>;

/// An app tree that several domains share.
#[derive(Debug)]
pub(super) struct Layout {
    /// Its name.
    pub(super) name: String,
    /// Its apps.
    pub(super) apps: Trees,
    users: Users,
}

impl Layout {
    /// Whether a domain has it.
    pub(super) fn is_in(&self, domain: &str) -> bool {
        self.users.contains(domain)
    }
}

impl Tree {
    fn lines(&self) -> usize {
        APP + usize::from(!self.defaults.is_bare()) + self.streams.len()
    }

    /// What a domain with this tree writes itself, if the layout holds `shared` for the app; `None` if the domain
    /// can't have the layout. An entry that writes nothing in the layout may write anything in the domain.
    fn beside(&self, shared: &Tree) -> Option<BTreeMap<Arc<str>, Written>> {
        if self.defaults != shared.defaults {
            return None;
        }
        for (name, written) in &shared.streams {
            let own = self.streams.get(name)?;
            if own != written && !written.is_bare() {
                return None;
            }
        }
        let others =
            self.streams.iter().filter(|(name, written)| shared.streams.get(*name) != Some(*written));
        Some(others.map(|(name, written)| (name.clone(), *written)).collect())
    }

    /// How many lines the layout saves a domain with this tree.
    fn saved(&self, shared: &Tree) -> usize {
        let Some(rest) = self.beside(shared) else { return 0 };
        // A layout is what the domains have in common, not some of it.
        if 2 * rest.len() > shared.streams.len() {
            return 0;
        }
        let left = if rest.is_empty() { 0 } else { APP + rest.len() };
        self.lines().saturating_sub(left + 1)
    }

    /// What two trees have in common.
    fn common(&self, other: &Tree) -> Option<Tree> {
        let shared = self.streams.iter().filter(|(name, written)| other.streams.get(*name) == Some(*written));
        let streams: BTreeMap<_, _> = shared.map(|(name, written)| (name.clone(), *written)).collect();
        (self.defaults == other.defaults && !streams.is_empty())
            .then_some(Tree { defaults: self.defaults, streams })
    }
}

/// Takes the layouts out of the domains: what is left in a domain is what it writes itself.
pub(super) fn share(domains: &mut BTreeMap<Arc<str>, Trees>) -> Vec<Layout> {
    let names: BTreeSet<Arc<str>> = domains.values().flat_map(|trees| trees.keys().cloned()).collect();
    let mut shared: BTreeMap<Users, Vec<(Arc<str>, Tree)>> = BTreeMap::new();
    for app in names {
        let mut open: BTreeMap<Arc<str>, Tree> = domains
            .iter()
            .filter_map(|(domain, trees)| Some((domain.clone(), trees.get(&app)?.clone())))
            .collect();
        let mut taken = BTreeSet::new();
        while let Some(tree) = best(&open) {
            let users: Users = open
                .iter()
                .filter(|(_, own)| own.saved(&tree) > 0)
                .map(|(domain, _)| domain.clone())
                .collect();
            open.retain(|domain, _| !users.contains(domain));
            // A second layout of an app with the same users would be the same one.
            if taken.insert(users.clone()) {
                shared.entry(users).or_default().push((app.clone(), tree));
            }
        }
    }
    let mut layouts: Vec<Layout> = Vec::new();
    for (users, apps) in shared {
        for domain in &users {
            let Some(trees) = domains.get_mut(domain) else { continue };
            for (app, tree) in &apps {
                let rest = trees.get(app).and_then(|own| own.beside(tree)).unwrap_or_default();
                match rest.is_empty() {
                    true => _ = trees.remove(app),
                    false => {
                        _ = trees.insert(app.clone(), Tree { defaults: Written::default(), streams: rest })
                    }
                }
            }
        }
        let name = free_name(apps.iter().map(|(app, _)| app), &layouts);
        layouts.push(Layout { name, apps: apps.into_iter().collect(), users });
    }
    layouts.sort_by(|one, other| one.name.cmp(&other.name));
    layouts
}

/// The tree of an app that saves most lines, if any pays.
fn best(open: &BTreeMap<Arc<str>, Tree>) -> Option<Tree> {
    let mut counts: BTreeMap<&Tree, usize> = BTreeMap::new();
    open.values().for_each(|tree| *counts.entry(tree).or_insert(0) += 1);
    let mut frequent: Vec<(&Tree, usize)> = counts.into_iter().collect();
    frequent.sort_by_key(|(tree, count)| (std::cmp::Reverse(*count), *tree));
    frequent.truncate(TRIED);
    let mut candidates: BTreeSet<Tree> = frequent.iter().map(|(tree, _)| (*tree).clone()).collect();
    let crossed = &frequent[..frequent.len().min(CROSSED)];
    for (at, (one, _)) in crossed.iter().enumerate() {
        candidates.extend(crossed[at + 1..].iter().filter_map(|(other, _)| one.common(other)));
    }
    let gain = |tree: &Tree| {
        let saved: Vec<usize> = open.values().map(|own| own.saved(tree)).filter(|saved| *saved > 0).collect();
        let gain = saved.iter().sum::<usize>().checked_sub(tree.lines() + LAYOUT)?;
        (saved.len() > 1 && gain > LEAST).then_some(gain)
    };
    let paying = candidates.into_iter().filter_map(|tree| Some((gain(&tree)?, tree)));
    paying
        .max_by(|(one, tree), (other, second)| one.cmp(other).then_with(|| second.cmp(tree)))
        .map(|(_, tree)| tree)
}

/// A name made of the first apps.
fn free_name<'a>(apps: impl Iterator<Item = &'a Arc<str>>, taken: &[Layout]) -> String {
    let words: Vec<&str> = apps.map(|app| if &**app == EVERY { "any-app" } else { app }).collect();
    let name = match &words[..] {
        [one] => (*one).to_owned(),
        [one, other] => format!("{one}-{other}"),
        [one, others @ ..] => format!("{one}-and-{}-more", others.len()),
        [] => String::new(),
    };
    let name: String = name.chars().take(60).collect();
    let numbered = (2..).map(|number: usize| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| taken.iter().all(|layout| layout.name != *name)).unwrap_or_default()
}
