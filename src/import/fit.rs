//! Finds the configurations that no file can declare, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::File;
use super::groups::Groups;
use super::proof;
use super::settings::{Wanted, wanted};
use super::yaml::{Lines, Yaml};
use crate::config;
use crate::model::{Address, DomainSnapshot, NO_TRANSCODE, RecordConfig, Remote, Snapshot, name_error};

/// A configuration in its region: what decides whether it can be written.
type Kind<'a> = (Option<&'a str>, &'a RecordConfig);

/// Why a configuration can't be declared, for each of those.
pub(super) fn left_out(
    snapshot: &Snapshot,
    regions: &BTreeMap<Arc<str>, String>,
) -> BTreeMap<Address, String> {
    let mut reasons = BTreeMap::new();
    let mut kinds: Vec<(Kind<'_>, Vec<&Address>)> = Vec::new();
    let mut known: std::collections::HashMap<Kind<'_>, usize> = std::collections::HashMap::new();
    for (domain, listed) in &snapshot.domains {
        let region = regions.get(domain).map(String::as_str);
        for (address, remote) in &listed.configs {
            if let Some(reason) = unwritable(address, remote) {
                reasons.insert(address.clone(), reason);
                continue;
            }
            let kind = (region, &remote.config);
            let at = *known.entry(kind).or_insert(kinds.len());
            if at == kinds.len() {
                kinds.push((kind, Vec::new()));
            }
            kinds[at].1.push(address);
        }
    }
    let refused = refused(&kinds);
    for ((_, addresses), reason) in kinds.into_iter().zip(refused) {
        let Some(reason) = reason else { continue };
        reasons.extend(addresses.into_iter().map(|address| (address.clone(), reason.clone())));
    }
    reasons
}

/// What can be told from the configuration alone.
fn unwritable(address: &Address, remote: &Remote) -> Option<String> {
    let Remote { config, unsupported, .. } = remote;
    if let Some(reason) = unsupported {
        return Some(reason.clone());
    }
    if let Some((name, reason)) =
        [&address.app, &address.stream].into_iter().find_map(|name| Some((name, name_error(name)?)))
    {
        return Some(format!("the name `{}` {reason}", name.escape_debug()));
    }
    if !address.is_nameable() {
        return Some("no file can name the domain".to_owned());
    }
    let odd = config.transcode_groups().find(|id| *id != NO_TRANSCODE && !config::is_id(id))?;
    Some(format!("the transcode group `{}` is not an id", odd.escape_debug()))
}

/// Tries each kind on its own: writes one entry for each, and reads and plans them all together.
fn refused(kinds: &[(Kind<'_>, Vec<&Address>)]) -> Vec<Option<String>> {
    const APP: &str = "app";
    let mut reasons: Vec<Option<String>> = vec![None; kinds.len()];
    if kinds.is_empty() {
        return reasons;
    }
    let domain: Arc<str> = "example.com".into();
    let groups = Groups::default();
    let mut lines = Lines::default();
    let used: Vec<&str> = kinds.iter().flat_map(|((_, config), _)| config.transcode_groups()).collect();
    lines.line("version: 1");
    lines.block("transcode_groups", |lines| {
        let ids: std::collections::BTreeSet<&str> =
            used.into_iter().filter(|id| *id != NO_TRANSCODE).collect();
        for id in ids.into_iter().filter(|id| !crate::model::is_group_id(id) && *id != "default") {
            lines.entry(id, &Yaml::Text(id.to_owned()), None);
        }
        lines.entry("unused", &Yaml::Text(NO_TRANSCODE.to_owned()), None);
    });
    let mut entries = Vec::new();
    for ((_, config), _) in kinds {
        entries.push(whole(&wanted(config, None, &groups)));
    }
    let mut text = lines.into_text();
    text.push_str(&format!("domains:\n  {domain}:\n    apps:\n      {APP}:\n        streams:\n"));
    let first = text.lines().count();
    for (at, entry) in entries.iter().enumerate() {
        text.push_str(&format!("          s{at}: {}\n", entry.flow()));
    }
    let address = |at: usize| Address::new(domain.clone(), APP, format!("s{at}"));
    let configs = kinds.iter().enumerate().map(|(at, ((_, config), _))| {
        let remote = Remote {
            config: (*config).clone(),
            spelling: Default::default(),
            create_time: None,
            unsupported: None,
        };
        (address(at), remote)
    });
    let listed = DomainSnapshot { configs: configs.collect() };
    let snapshot = Snapshot { domains: [(domain.clone(), listed)].into() };
    let reading = proof::read(&[File { name: "livevod.yaml".to_owned(), text }], &snapshot);
    for (error, line) in reading.errors {
        let at = match &error.address {
            Some(address) => address.stream[1..].parse().ok(),
            None => line.and_then(|line| line.checked_sub(first)),
        };
        if let Some(reason) = at.and_then(|at: usize| reasons.get_mut(at)) {
            reason.get_or_insert(error.message);
        }
    }
    for (at, reason) in reasons.iter_mut().enumerate() {
        if reason.is_none() {
            *reason = reading.changes.get(&address(at)).cloned();
        }
    }
    reasons
}

/// Every setting in one block.
fn whole(wanted: &Wanted) -> Yaml {
    let settings = wanted.iter().flatten();
    Yaml::Map(settings.map(|setting| (setting.key.to_owned(), setting.value.clone())).collect())
}
