//! Turns an address and what the service holds into how the two stand to each other.

use std::collections::BTreeMap;

use crate::model::{Address, DomainSnapshot, Field, Remote, Value};
use crate::resolve::{Desired, Wanted};

/// What the service says about one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Online {
    /// The service, as every output names it.
    pub target: String,
    /// The address's domain; `None` where the service knows none of that name.
    pub domain: Option<DomainState>,
    /// What is held at the very address.
    pub held: Option<Remote>,
    /// The held entry that records the address: its own or a wider one. That the most specific one rules is presumed.
    pub ruler: Option<Address>,
    /// How the files and the service stand to each other there.
    pub standing: Standing,
    /// The names that the files have for ids of transcode groups, by id.
    pub group_names: BTreeMap<String, String>,
}

/// A domain as the service knows it, in the service's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainState {
    /// API: DomainStatus.
    pub status: Option<String>,
    /// API: LiveDomainType.
    pub kind: Option<String>,
    /// API: Region.
    pub region: Option<String>,
}

/// The declared side against the held one.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Both alike, or both without.
    AsDeclared,
    /// Declared and held, with these fields unlike.
    Differs(Vec<Difference>),
    /// Declared, not held.
    Missing,
    /// Declared absent, and held.
    StillThere,
    /// Held, not declared.
    Undeclared,
    /// Held in a way that livevod can't manage.
    Unmanageable(String),
    /// Neither declared nor held.
    Nothing,
}

/// One field that is not as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// What the service holds.
    pub held: Value,
    /// What the files want.
    pub wanted: Value,
}

/// Holds one address of the files to `held`, its whole domain as it was just read.
pub fn online(
    desired: &Desired,
    address: &Address,
    target: &str,
    domain: Option<DomainState>,
    held: &DomainSnapshot,
) -> Online {
    let here = held.configs.get(address);
    Online {
        target: target.to_owned(),
        domain,
        held: here.cloned(),
        ruler: address.rulers().find(|ruler| held.configs.contains_key(ruler)),
        standing: standing(desired.get(address).map(|entry| &entry.wanted), here),
        group_names: desired.group_names.iter().map(|(id, name)| (id.clone(), name.value.clone())).collect(),
    }
}

fn standing(wanted: Option<&Wanted>, held: Option<&Remote>) -> Standing {
    if let Some(reason) = held.and_then(|held| held.unsupported.clone()) {
        return Standing::Unmanageable(reason);
    }
    match (wanted, held) {
        (Some(Wanted::Present(resolved)), Some(held)) => {
            let (before, after) = (held.config.clone().normalized(), resolved.config.laid_over(&held.config));
            let difference = |field| Difference { field, held: before.get(field), wanted: after.get(field) };
            let differences: Vec<Difference> =
                before.differences(&after).into_iter().map(difference).collect();
            if differences.is_empty() { Standing::AsDeclared } else { Standing::Differs(differences) }
        }
        (Some(Wanted::Present(_)), None) => Standing::Missing,
        (Some(Wanted::Absent(_)), Some(_)) => Standing::StillThere,
        (Some(Wanted::Absent(_)), None) => Standing::AsDeclared,
        (None, Some(_)) => Standing::Undeclared,
        (None, None) => Standing::Nothing,
    }
}
