//! Turns a domain or an app into the addresses of its configurations.

use crate::model::{Address, DomainSnapshot, Pattern};
use crate::resolve::{Desired, Entry};
use crate::source::Span;

/// The configurations of a domain or an app.
#[derive(Debug, Clone)]
pub struct Area {
    /// The domain or the app, as one pattern without globs.
    pub pattern: Pattern,
    /// Whether any file names the domain.
    pub is_known_domain: bool,
    /// What the files declare there.
    pub declared: Vec<Declared>,
    /// What only the service has there and `ignore` does not match; `None` if it was not asked.
    pub unmanaged: Option<Vec<Address>>,
}

/// A declared entry.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its address.
    pub address: Address,
    /// Where its stream's name is written.
    pub key: Span,
    /// Whether it is `state: absent`.
    pub is_absent: bool,
    /// Whether the service has it; `None` if it was not asked.
    pub is_held: Option<bool>,
}

/// Lists the configurations that `pattern` selects; `held` is its whole domain as it was just read.
pub fn area(desired: &Desired, pattern: Pattern, held: Option<&DomainSnapshot>) -> Area {
    let selected = desired.domains.values().flat_map(|domain| &domain.entries);
    let selected = selected.filter(|(address, _)| pattern.matches(address));
    let declared = |(address, entry): (&Address, &Entry)| Declared {
        address: address.clone(),
        key: entry.key,
        is_absent: entry.resolved().is_none(),
        is_held: held.map(|held| held.configs.contains_key(address)),
    };
    let unmanaged = |held: &DomainSnapshot| {
        let is_ignored =
            |address: &Address| desired.ignore.iter().any(|pattern| pattern.value.matches(address));
        let undeclared = |address: &&Address| {
            pattern.matches(address) && desired.get(address).is_none() && !is_ignored(address)
        };
        held.configs.keys().filter(undeclared).cloned().collect()
    };
    Area {
        is_known_domain: desired.domains.keys().any(|name| pattern.matches_domain(name)),
        declared: selected.map(declared).collect(),
        unmanaged: held.map(unmanaged),
        pattern,
    }
}
