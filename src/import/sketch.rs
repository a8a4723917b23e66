//! Decides what the files say at each place, from the state alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::Account;
use super::fit::Fit;
use super::groups::{GroupKey, Groups};
use super::layouts::{Layout, Tree, Trees, share};
use super::lift::{App, Domain, Lifted, lift};
use super::settings::{
    CYCLE, MERGING, Needs, Reached, Values, Wanted, below, is_bare, nothing_written, patch, wanted,
};
use super::tiers::{Spot, Tiers, Written};
use crate::model::{Address, RecordConfig, domain_error};

/// Something for each domain, app or stream.
type ByName<T> = BTreeMap<Arc<str>, T>;

/// Everything that the text says, before it is divided into files.
pub(super) struct Sketch {
    pub(super) values: Values,
    pub(super) groups: Groups,
    pub(super) tiers: Tiers,
    pub(super) layouts: Vec<Layout>,
    pub(super) top: Written,
    pub(super) domains: BTreeMap<Arc<str>, SketchedDomain>,
}

/// What a domain's blocks write.
#[derive(Default)]
pub(super) struct SketchedDomain {
    pub(super) region: Option<String>,
    pub(super) layouts: Vec<String>,
    pub(super) defaults: Written,
    pub(super) apps: Trees,
}

impl Sketch {
    /// Decides what is written where.
    pub(super) fn new(account: Account<'_>, fit: &Fit) -> Self {
        let groups = Groups::new(&used_groups(account, fit), account.group_names);
        let wanted = all_wanted(account, fit, &groups);
        let values = Values::new(wanted.values());
        let domains = needed(account, &wanted, &values);
        let lifted = lift(&domains, &values);
        let mut placed = Placed::new(&domains, &lifted, &values);
        let tiers = Tiers::new(&placed.spots(), &values);
        let mut trees: BTreeMap<Arc<str>, Trees> =
            placed.domains.iter().map(|(name, domain)| (name.clone(), domain.trees(&tiers))).collect();
        let layouts = share(&mut trees);
        let region = |name: &Arc<str>| account.regions.get(name).cloned();
        let sketched = trees.into_iter().map(|(name, apps)| {
            let layouts =
                layouts.iter().filter(|layout| layout.is_in(&name)).map(|layout| layout.name.clone());
            let defaults =
                placed.domains.remove(&name).map(|domain| tiers.written(&domain.own)).unwrap_or_default();
            let domain = SketchedDomain { region: region(&name), layouts: layouts.collect(), defaults, apps };
            (name, domain)
        });
        let sketched = sketched.collect();
        let mut top = lifted.top;
        // What readers look for is not left to a default that they would have to know: the usual length, and whether files
        // are merged where some configuration merges them.
        let mut all =
            domains.values().flat_map(|domain| domain.apps.values()).flat_map(|app| app.streams.values());
        let usual = nothing_written();
        let some_merge = all.any(|needs| needs[MERGING].is_some_and(|id| id != usual[MERGING]));
        // Beside `record_format`, `auto_compose` is an error.
        let is_classic = top[0].is_none_or(|id| !values.is_by_format(id));
        let said = [Some(CYCLE), (is_classic && some_merge).then_some(MERGING)];
        said.into_iter().flatten().for_each(|slot| top[slot] = top[slot].or(Some(usual[slot])));
        Self { values, groups, tiers, layouts, top: Written { tier: None, own: top }, domains: sketched }
    }
}

/// The groups of all declared configurations, the oldest configuration's first: a new one gives no group a new name.
fn used_groups(account: Account<'_>, fit: &Fit) -> Vec<GroupKey> {
    let mut used: Vec<(Option<&str>, &Address, GroupKey)> = Vec::new();
    for (domain, listed) in &account.snapshot.domains {
        let region = account.regions.get(domain);
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

fn all_wanted<'a>(account: Account<'a>, fit: &Fit, groups: &Groups) -> BTreeMap<&'a Address, Wanted> {
    let listed = account.snapshot.domains.values().flat_map(|domain| &domain.configs);
    let declared = listed.filter(|(address, _)| !fit.left_out.contains_key(*address));
    declared
        .map(|(address, remote)| {
            let region = account.regions.get(&address.domain).map(String::as_str);
            (address, wanted(&remote.config, region, fit.kept(address), groups))
        })
        .collect()
}

/// The needs of every entry, by domain and app.
fn needed(
    account: Account<'_>,
    wanted: &BTreeMap<&Address, Wanted>,
    values: &Values,
) -> BTreeMap<Arc<str>, Domain> {
    let mut domains: ByName<ByName<ByName<Needs>>> = BTreeMap::new();
    for name in account.snapshot.domains.keys().filter(|name| domain_error(name).is_none()) {
        domains.entry(name.clone()).or_default();
    }
    for (address, wanted) in wanted {
        let Address { domain, app, stream } = (*address).clone();
        let apps = domains.entry(domain).or_default();
        apps.entry(app).or_default().insert(stream, values.needs(wanted));
    }
    let domain = |apps: ByName<ByName<Needs>>| Domain {
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
    apps: ByName<(Spot, ByName<Spot>)>,
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

fn entries(app: &App, reached: &Reached) -> ByName<Spot> {
    let entry =
        |(name, needs): (&Arc<str>, &Needs)| (name.clone(), Spot::entry(patch(reached, needs), *needs));
    app.streams.iter().map(entry).collect()
}

impl PlacedDomain {
    fn trees(&self, tiers: &Tiers) -> Trees {
        let tree = |(own, streams): &(Spot, ByName<Spot>)| Tree {
            defaults: tiers.written(own),
            streams: streams.iter().map(|(name, spot)| (name.clone(), tiers.written(spot))).collect(),
        };
        self.apps.iter().map(|(name, app)| (name.clone(), tree(app))).collect()
    }
}
