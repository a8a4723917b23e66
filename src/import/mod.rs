//! Turns a [`Snapshot`] into the YAML that a careful person would have written for it. Pure: no I/O, no clock.
//!
//! ```text
//! Snapshot ─fit→ what files can declare ─settings→ needs ─lift→ blocks ─tiers→ ─layouts→ ─text→ files ─proof→ planned: empty
//! ```
//!
//! Everything follows from the state alone, in an order that does not depend on how it was read, so that the same state
//! gives the same text, and one more configuration changes a line or two of it.

mod comments;
mod fit;
mod groups;
mod layouts;
mod lift;
mod proof;
mod settings;
mod text;
mod tiers;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::fit::Fit;
pub use self::groups::GroupKey;
use self::groups::Groups;
use self::layouts::{Layout, Tree, Trees, share};
use self::lift::{App, Domain, Lifted, lift};
use self::settings::{Needs, Reached, Values, Wanted, below, is_bare, nothing_written, patch, wanted};
use self::text::Text;
use self::tiers::{Spot, Tiers, Written};
use crate::model::{Address, RecordConfig, Snapshot, domain_error};

/// What is imported.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// What the account holds.
    pub snapshot: &'a Snapshot,
    /// The region of each domain, as far as it is known.
    pub regions: &'a BTreeMap<Arc<str>, String>,
    /// The account that it belongs to.
    pub account: Option<&'a str>,
    /// The names of transcode groups in VOD, as far as they are known.
    pub group_names: &'a BTreeMap<GroupKey, String>,
}

/// How the text is divided into files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// One file.
    Whole,
    /// A file for each domain, and one for what they share.
    ByDomain,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its text, in the form that `livevod fmt` writes.
    pub text: String,
}

/// The files that declare everything that can be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// In the order in which livevod reads them.
    pub files: Vec<File>,
    /// The domains that they name.
    pub domains: Vec<String>,
    /// How many configurations they declare.
    pub declared: usize,
    /// What no file can declare, and why.
    pub left_out: BTreeMap<Address, String>,
}

/// Why nothing is imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The written files do not lead to an empty plan: at each address, or for all of them, what is wrong.
    #[error("the imported files would not match the service")]
    Unproved(BTreeMap<Option<Address>, String>),
    /// `livevod fmt` would not accept a written file.
    #[error("`{0}` is not valid")]
    Unreadable(String),
}

/// Everything that the text says, before it is divided into files.
struct Sketch {
    values: Values,
    groups: Groups,
    tiers: Tiers,
    layouts: Vec<Layout>,
    top: Written,
    domains: BTreeMap<Arc<str>, SketchedDomain>,
}

/// What a domain's blocks write.
#[derive(Default)]
struct SketchedDomain {
    region: Option<String>,
    layouts: Vec<String>,
    defaults: Written,
    apps: Trees,
}

/// Writes the files, and proves that planning them against the same state gives an empty plan.
///
/// # Errors
/// When it can't be proved; that would be a bug in livevod.
pub fn import(import: Import<'_>, division: Division) -> Result<Imported, ImportError> {
    let Import { snapshot, regions: _, account: _, group_names: _ } = import;
    let fit = Fit::new(snapshot);
    let sketch = sketch(import, &fit);
    let text = Text { import, fit: &fit, sketch: &sketch };
    let files = text.files(division)?;
    let is_declared = |address: &&Address| domain_error(&address.domain).is_none();
    let Fit { left_out, kept: _ } = fit;
    let expected: BTreeSet<Address> = left_out.keys().filter(is_declared).cloned().collect();
    proof::prove(&files, snapshot, &expected).map_err(ImportError::Unproved)?;
    let held: usize = snapshot.domains.values().map(|domain| domain.configs.len()).sum();
    let domains = sketch.domains.keys().map(ToString::to_string).collect();
    Ok(Imported { files, domains, declared: held - left_out.len(), left_out })
}

fn sketch(import: Import<'_>, fit: &Fit) -> Sketch {
    let groups = Groups::new(&used_groups(import, fit), import.group_names);
    let wanted = all_wanted(import, fit, &groups);
    let values = Values::new(wanted.values());
    let domains = needed(import, &wanted, &values);
    let lifted = lift(&domains, &values);
    let mut placed = Placed::new(&domains, &lifted, &values);
    let tiers = Tiers::new(&placed.spots(), &values);
    let mut trees: BTreeMap<Arc<str>, Trees> =
        placed.domains.iter().map(|(name, domain)| (name.clone(), domain.trees(&tiers))).collect();
    let layouts = share(&mut trees);
    let region = |name: &Arc<str>| import.regions.get(name).cloned();
    let sketched = trees.into_iter().map(|(name, apps)| {
        let layouts = layouts.iter().filter(|layout| layout.is_in(&name)).map(|layout| layout.name.clone());
        let defaults =
            placed.domains.remove(&name).map(|domain| tiers.written(&domain.own)).unwrap_or_default();
        let domain = SketchedDomain { region: region(&name), layouts: layouts.collect(), defaults, apps };
        (name, domain)
    });
    let domains = sketched.collect();
    Sketch { values, groups, tiers, layouts, top: Written { tier: None, own: lifted.top }, domains }
}

/// The groups of all declared configurations, the oldest configuration's first: a new one gives no group a new name.
fn used_groups(import: Import<'_>, fit: &Fit) -> Vec<GroupKey> {
    let mut used: Vec<(Option<&str>, &Address, GroupKey)> = Vec::new();
    for (domain, listed) in &import.snapshot.domains {
        let region = import.regions.get(domain);
        for (address, remote) in
            listed.configs.iter().filter(|(address, _)| !fit.left_out.contains_key(*address))
        {
            let config = remote.config.clone().normalized();
            let written = RecordConfig::GROUPS.into_iter().filter(|field| !fit.kept(address).contains(field));
            let ids = written.filter_map(|field| config.transcode_group(field));
            let keys = ids.map(|id| GroupKey { region: region.cloned(), id: id.to_owned() });
            used.extend(keys.map(|key| (remote.create_time.as_deref(), address, key)));
        }
    }
    used.sort_by(|(created, address, _), (other, behind, _)| {
        (created.is_none(), created, address).cmp(&(other.is_none(), other, behind))
    });
    used.into_iter().map(|(_, _, key)| key).collect()
}

fn all_wanted<'a>(import: Import<'a>, fit: &Fit, groups: &Groups) -> BTreeMap<&'a Address, Wanted> {
    let listed = import.snapshot.domains.values().flat_map(|domain| &domain.configs);
    let declared = listed.filter(|(address, _)| !fit.left_out.contains_key(*address));
    declared
        .map(|(address, remote)| {
            let region = import.regions.get(&address.domain).map(String::as_str);
            (address, wanted(&remote.config, region, fit.kept(address), groups))
        })
        .collect()
}

/// The needs of every entry, by domain and app.
fn needed(
    import: Import<'_>,
    wanted: &BTreeMap<&Address, Wanted>,
    values: &Values,
) -> BTreeMap<Arc<str>, Domain> {
    let mut domains: BTreeMap<Arc<str>, BTreeMap<Arc<str>, BTreeMap<Arc<str>, Needs>>> = BTreeMap::new();
    for name in import.snapshot.domains.keys().filter(|name| domain_error(name).is_none()) {
        domains.entry(name.clone()).or_default();
    }
    for (address, wanted) in wanted {
        let Address { domain, app, stream } = (*address).clone();
        let apps = domains.entry(domain).or_default();
        apps.entry(app).or_default().insert(stream, values.needs(wanted));
    }
    let domain = |apps: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Needs>>| Domain {
        apps: apps.into_iter().map(|(name, streams)| (name, App::new(streams))).collect(),
    };
    domains.into_iter().map(|(name, apps)| (name, domain(apps))).collect()
}

/// What each block and entry has to write.
struct Placed {
    domains: BTreeMap<Arc<str>, PlacedDomain>,
}

struct PlacedDomain {
    own: Spot,
    apps: BTreeMap<Arc<str>, (Spot, BTreeMap<Arc<str>, Spot>)>,
}

impl Placed {
    fn new(domains: &BTreeMap<Arc<str>, Domain>, lifted: &Lifted, values: &Values) -> Self {
        let top = below(&nothing_written(), &lifted.top);
        let placed = domains.iter().filter_map(|(name, domain)| {
            let blocks = lifted.domains.get(name)?;
            let reached = below(&top, &blocks.own);
            let apps = domain.apps.iter().filter_map(|(app, needed)| {
                let own = blocks.apps.get(app)?;
                let reached = below(&reached, own);
                Some((app.clone(), (Spot::block(*own, &reached, values), entries(needed, &reached))))
            });
            let own = Spot::block(blocks.own, &reached, values);
            Some((name.clone(), PlacedDomain { own, apps: apps.collect() }))
        });
        Self { domains: placed.collect() }
    }

    /// Each spot that writes something, with their number.
    fn spots(&self) -> BTreeMap<Spot, u64> {
        let mut spots = BTreeMap::new();
        let all = self.domains.values().flat_map(|domain| {
            let apps =
                domain.apps.values().flat_map(|(own, streams)| std::iter::once(own).chain(streams.values()));
            std::iter::once(&domain.own).chain(apps)
        });
        for spot in all.filter(|spot| !is_bare(&spot.patch)) {
            *spots.entry(*spot).or_insert(0) += 1;
        }
        spots
    }
}

fn entries(app: &App, reached: &Reached) -> BTreeMap<Arc<str>, Spot> {
    let entry =
        |(name, needs): (&Arc<str>, &Needs)| (name.clone(), Spot::entry(patch(reached, needs), *needs));
    app.streams.iter().map(entry).collect()
}

impl PlacedDomain {
    fn trees(&self, tiers: &Tiers) -> Trees {
        let tree = |(own, streams): &(Spot, BTreeMap<Arc<str>, Spot>)| Tree {
            defaults: tiers.written(own),
            streams: streams.iter().map(|(name, spot)| (name.clone(), tiers.written(spot))).collect(),
        };
        self.apps.iter().map(|(name, app)| (name.clone(), tree(app))).collect()
    }
}
