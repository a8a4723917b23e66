//! Turns an address into what the files say about it: which entry applies to it, where each value comes from, and which
//! values are overridden.

use crate::config::Document;
use crate::model::{Address, Field, Pattern, Value};
use crate::resolve::{Accepted, Desired, Entry, Origin, OriginKind, Trail, Wanted, follow};
use crate::source::{Span, Spanned};

/// What the files say about one address.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The address to explain.
    pub address: Address,
    /// Whether any file names its domain.
    pub is_known_domain: bool,
    /// The declared entries that could apply to it, most specific first; the first present one does. The order is
    /// presumed.
    pub rulers: Vec<Ruler>,
    /// Each managed field of the entry that applies; empty if none does.
    pub fields: Vec<FieldExplained>,
    /// The patterns of `ignore` that cover the address.
    pub ignored: Vec<Spanned<Pattern>>,
    /// The patterns of `protect` that cover it.
    pub protected: Vec<Spanned<Pattern>>,
    /// The entries of `accept` that are about it and hold.
    pub accepted: Vec<Accepted>,
    /// Those that no longer hold.
    pub lapsed: Vec<Accepted>,
    /// The `prune: true` that covers it.
    pub prune: Option<Span>,
}

/// A declared entry.
#[derive(Debug, Clone)]
pub struct Ruler {
    /// Its own address.
    pub address: Address,
    /// Its stream's name in every block that declares it, nearest first.
    pub keys: Vec<Span>,
    /// Its `state: absent`, if it has one.
    pub absent: Option<Span>,
    /// Whether recording starts by itself.
    pub records_by_itself: bool,
}

/// One field of the entry that applies.
#[derive(Debug, Clone)]
pub struct FieldExplained {
    /// The field.
    pub field: Field,
    /// Its value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
    /// The overridden values that are written for it, nearest first.
    pub shadowed: Vec<Shadowed>,
}

/// A value that a nearer one overrides.
#[derive(Debug, Clone)]
pub struct Shadowed {
    /// The value as written; `None` means the word `default`.
    pub value: Option<Value>,
    /// Where it is written.
    pub origin: Origin,
}

impl FieldExplained {
    /// Whether there is anything to say of it: a value, or one that does not apply.
    pub fn is_telling(&self) -> bool {
        self.value != Value::Unset || !self.shadowed.is_empty()
    }

    /// Whether nothing is written for it, so that the service's value stays.
    pub fn is_left_to_the_service(&self) -> bool {
        self.origin.kind == OriginKind::Service && self.shadowed.is_empty()
    }
}

impl Explanation {
    /// The entry that applies.
    pub fn ruler(&self) -> Option<&Ruler> {
        self.rulers.iter().find(|ruler| ruler.absent.is_none())
    }
}

/// Explains an address.
pub fn address(document: &Document, desired: &Desired, address: &Address) -> Explanation {
    let mut explanation = Explanation {
        address: address.clone(),
        is_known_domain: desired.domains.contains_key(&address.domain),
        rulers: rulers(desired, address),
        fields: Vec::new(),
        ignored: covering(&desired.ignore, address),
        protected: covering(&desired.protect, address),
        accepted: accepting(&desired.accept, address),
        lapsed: accepting(&desired.lapsed, address),
        prune: desired.domains.get(&address.domain).and_then(|domain| domain.prunes(address)),
    };
    let ruling = explanation.ruler().map(|ruler| ruler.address.clone());
    follow(document, desired, |trail| {
        for ruler in explanation.rulers.iter_mut().filter(|ruler| ruler.address == *trail.address) {
            ruler.keys = trail.keys.to_vec();
        }
        if ruling.as_ref() == Some(trail.address) {
            explanation.fields = fields(desired, trail);
        }
    });
    explanation
}

fn rulers(desired: &Desired, address: &Address) -> Vec<Ruler> {
    let declared = address.rulers().filter_map(|address| Some((desired.get(&address)?, address)));
    declared.map(|(entry, address)| ruler(entry, address)).collect()
}

fn ruler(entry: &Entry, address: Address) -> Ruler {
    let (absent, records_by_itself) = match &entry.wanted {
        Wanted::Absent(span) => (Some(*span), false),
        Wanted::Present(resolved) => (None, resolved.config.records_by_itself()),
    };
    Ruler { address, keys: vec![entry.key], absent, records_by_itself }
}

fn covering(patterns: &[Spanned<Pattern>], address: &Address) -> Vec<Spanned<Pattern>> {
    patterns.iter().filter(|pattern| pattern.value.matches(address)).cloned().collect()
}

fn accepting(accepted: &[Accepted], address: &Address) -> Vec<Accepted> {
    accepted.iter().filter(|accepted| accepted.address.value.matches(address)).cloned().collect()
}

fn fields(desired: &Desired, trail: &Trail<'_>) -> Vec<FieldExplained> {
    let Some(resolved) = desired.get(trail.address).and_then(Entry::resolved) else { return Vec::new() };
    let explained = |field| {
        let origin = resolved.origin(field)?.clone();
        // Formats are overridden as a whole.
        let written = trail.written(field).filter(|_| field.whole() == field);
        let shadowed =
            written.filter(|(_, setting)| Some(setting.span) != origin.span).map(|(rung, setting)| {
                Shadowed { value: setting.value.cloned(), origin: rung.origin(setting.span) }
            });
        let shadowed = shadowed.collect();
        Some(FieldExplained { field, value: resolved.config.get(field), origin, shadowed })
    };
    let parts = resolved.config.set_fields().into_iter().filter(|field| field.whole() != *field);
    Field::MANAGED.into_iter().chain(parts).filter_map(explained).collect()
}
