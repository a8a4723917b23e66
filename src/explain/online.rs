//! Compares what the files say about an address with what the service has.

use std::collections::BTreeMap;

use crate::model::{Address, DomainSnapshot, Field, RecordConfig, Remote, Value};
use crate::resolve::{Desired, Laid, Wanted};

/// What the service says about one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Online {
    /// The service, as every output names it.
    pub target: String,
    /// The domain of the address; `None` if the service has no such domain.
    pub domain: Option<DomainState>,
    /// The configuration in the service at exactly this address.
    pub held: Option<Remote>,
    /// The configuration in the service that records the address: its own or an app-wide one. The most specific one is
    /// presumed to.
    pub ruler: Option<Address>,
    /// Whether recording starts by itself under `ruler`, not only on demand.
    pub records_by_itself: bool,
    /// How the files and the service compare there.
    pub standing: Standing,
    /// The fields that differ from the files and are accepted as they are.
    pub accepted: Vec<Difference>,
    /// The settings of `ruler`, normalized, if no file declares it.
    pub unmanaged: Option<RecordConfig>,
    /// The names that the files give to ids of transcode groups, by id.
    pub group_names: BTreeMap<String, String>,
}

/// A domain as the service reports it, in its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainState {
    /// API: DomainStatus.
    pub status: Option<String>,
    /// API: LiveDomainType.
    pub kind: Option<String>,
    /// API: Region.
    pub region: Option<String>,
}

/// How the files and the service compare at one address.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Both the same, or both without a configuration.
    AsDeclared,
    /// Declared and in the service, but these fields differ.
    Differs(Vec<Difference>),
    /// Declared, not in the service.
    Missing,
    /// Declared absent, but in the service.
    StillThere,
    /// In the service, not declared.
    Unmanaged,
    /// In the service, not declared, and matched by `ignore`.
    Ignored,
    /// In the service, not declared, and covered by `prune: true`.
    Pruned,
    /// In the service in a form that livevod can't manage.
    Unmanageable(String),
    /// Neither declared nor in the service.
    Nothing,
}

/// One field that differs from the files.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// The value in the service.
    pub held: Value,
    /// The declared value.
    pub wanted: Value,
}

/// Compares one address of the files with `held`, its whole domain as it was just read.
pub fn online(
    desired: &Desired,
    address: &Address,
    target: &str,
    domain: Option<DomainState>,
    held: &DomainSnapshot,
) -> Online {
    let here = held.configs.get(address);
    let wanted = desired.get(address).map(|entry| &entry.wanted);
    let left_out = |held: &Remote| {
        let is_ignored = desired.ignore.iter().any(|pattern| pattern.value.matches(address));
        let domain = desired.domains.get(&address.domain);
        let is_pruned =
            held.unsupported.is_none() && domain.is_some_and(|domain| domain.prunes(address).is_some());
        match (is_ignored, is_pruned) {
            (true, _) => Some(Standing::Ignored),
            (false, true) => Some(Standing::Pruned),
            (false, false) => None,
        }
    };
    let ruler = address.rulers().find(|ruler| held.configs.contains_key(ruler));
    let records_by_itself =
        ruler.as_ref().is_some_and(|ruler| held.configs[ruler].config.records_by_itself());
    let unmanaged = ruler.as_ref().filter(|ruler| desired.get(ruler).is_none());
    let settings = |ruler| held.configs.get(ruler).map(|remote| remote.config.clone().normalized());
    let laid = laid(desired, address, here);
    Online {
        target: target.to_owned(),
        domain,
        held: here.cloned(),
        unmanaged: unmanaged.and_then(settings),
        ruler,
        records_by_itself,
        accepted: laid.as_ref().map(accepted).unwrap_or_default(),
        standing: here
            .filter(|_| wanted.is_none())
            .and_then(left_out)
            .unwrap_or_else(|| standing(wanted, here, laid.as_ref())),
        group_names: desired.group_names.iter().map(|(id, name)| (id.clone(), name.name.clone())).collect(),
    }
}

/// The declared configuration laid over the one in the service, if both exist and livevod can manage it.
fn laid<'d>(desired: &'d Desired, address: &Address, held: Option<&Remote>) -> Option<Laid<'d>> {
    let held = held.filter(|held| held.unsupported.is_none())?;
    let resolved = desired.get(address)?.resolved()?;
    let domain = desired.domains.get(&address.domain)?;
    Some(desired.accepted().lay(domain.region(), address, &resolved.config, &held.config))
}

fn accepted(laid: &Laid<'_>) -> Vec<Difference> {
    let (before, declared) = (&laid.before, laid.declared());
    let difference =
        |field: Field| Difference { field, held: before.get(field), wanted: declared.get(field) };
    laid.accepted.iter().map(|(field, _)| difference(*field)).collect()
}

fn standing(wanted: Option<&Wanted>, held: Option<&Remote>, laid: Option<&Laid<'_>>) -> Standing {
    if let Some(reason) = held.and_then(|held| held.unsupported.clone()) {
        return Standing::Unmanageable(reason);
    }
    if let Some(Laid { before, after, .. }) = laid {
        let difference = |field| Difference { field, held: before.get(field), wanted: after.get(field) };
        let differences: Vec<Difference> = before.differences(after).into_iter().map(difference).collect();
        return if differences.is_empty() { Standing::AsDeclared } else { Standing::Differs(differences) };
    }
    match (wanted, held) {
        (Some(Wanted::Present(_)), _) => Standing::Missing,
        (Some(Wanted::Absent(_)), Some(_)) => Standing::StillThere,
        (Some(Wanted::Absent(_)), None) => Standing::AsDeclared,
        (None, Some(_)) => Standing::Unmanaged,
        (None, None) => Standing::Nothing,
    }
}
