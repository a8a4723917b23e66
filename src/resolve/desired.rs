//! [`Desired`]: the desired state, with every setting resolved and the origin of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::accepted::{Acceptances, Accepted};
use crate::config::Domain;
use crate::model::{Address, Field, FieldMap, Pattern, PatternIndex, RecordConfig};
use crate::source::{Span, Spanned};

/// The desired state, with every setting resolved.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The only account these files may be applied to.
    pub account: Option<Spanned<String>>,
    /// The domains that the files name; of other domains, configurations are at most counted.
    pub domains: BTreeMap<Arc<str>, DesiredDomain>,
    /// Patterns of addresses that livevod ignores: never reported as drift, never touched.
    pub ignore: Vec<Spanned<Pattern>>,
    /// Patterns of addresses that are never deleted, replaced or stopped.
    pub protect: Vec<Spanned<Pattern>>,
    /// Patterns of streams that must be recorded whenever they are on air.
    pub must_record: Vec<Spanned<Pattern>>,
    /// The differences that are accepted.
    pub accept: Vec<Accepted>,
    /// The entries of `accept` that no longer hold: see [`Desired::as_of`].
    pub lapsed: Vec<Accepted>,
    /// The name of each id under `transcode_groups`; if it has several names, the first one.
    pub group_names: BTreeMap<String, NamedGroup>,
}

/// The name of an id under `transcode_groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGroup {
    /// The name.
    pub name: String,
    /// The regions that the name stands for this id in; empty if it does in every region.
    pub regions: Vec<String>,
    /// Where the id is written.
    pub span: Span,
}

impl Desired {
    /// The entry at an address.
    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.domains.get(&address.domain)?.entries.get(address)
    }

    /// The patterns under `ignore`, for many addresses.
    pub fn ignored(&self) -> PatternIndex<'_> {
        PatternIndex::new(self.ignore.iter().map(|pattern| &pattern.value))
    }

    /// The patterns under `protect`, for many addresses.
    pub fn protected(&self) -> PatternIndex<'_> {
        PatternIndex::new(self.protect.iter().map(|pattern| &pattern.value))
    }

    /// The patterns under `must_record`, for many addresses.
    pub fn must_be_recorded(&self) -> PatternIndex<'_> {
        PatternIndex::new(self.must_record.iter().map(|pattern| &pattern.value))
    }

    /// The differences that are accepted, for many addresses.
    pub fn accepted(&self) -> Acceptances<'_> {
        Acceptances::new(&self.accept)
    }

    /// The same on a day: entries of `accept` that no longer hold are moved to [`Self::lapsed`].
    #[must_use]
    pub fn as_of(mut self, today: Date) -> Self {
        let (over, held): (Vec<_>, Vec<_>) =
            self.accept.into_iter().partition(|accepted| accepted.is_over(today));
        self.accept = held;
        self.lapsed.extend(over);
        self
    }

    /// Whether the files say that there must be no configuration at an address.
    pub fn wants_nothing(&self, address: &Address) -> bool {
        let Some(domain) = self.domains.get(&address.domain) else { return false };
        let is_ignored = self.ignore.iter().any(|pattern| pattern.value.matches(address));
        !is_ignored
            && match domain.entries.get(address).map(|entry| &entry.wanted) {
                Some(Wanted::Absent(_)) => true,
                Some(Wanted::Present(_)) => false,
                None => domain.prunes(address).is_some(),
            }
    }

    /// The region of a domain, if one is written.
    pub fn region(&self, domain: &str) -> Option<&str> {
        Some(&self.domains.get(domain)?.region.as_ref()?.value)
    }
}

/// One domain as the files declare it.
#[derive(Debug, Clone)]
pub struct DesiredDomain {
    /// Where the domain's name is first written.
    pub key: Span,
    /// The region of its live center: its own `region`, or the files' default.
    pub region: Option<Spanned<String>>,
    /// `prune` of the domain.
    pub prune: Option<Spanned<bool>>,
    /// `prune` of its apps, which overrides the domain's.
    pub app_prune: BTreeMap<Arc<str>, Spanned<bool>>,
    /// Every declared configuration.
    pub entries: BTreeMap<Address, Entry>,
    /// Set if the domain comes from a snapshot instead of files: what is not in `entries` did not exist then.
    pub restored: Option<Restored>,
}

/// What a snapshot says about a domain besides its entries, which hold every field as it was then.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The beginning of the snapshot.
    pub place: Span,
    /// The configurations of then that no request can write, and why.
    pub unwritable: BTreeMap<Address, String>,
}

impl DesiredDomain {
    pub(super) fn new(
        domain: &Domain,
        region: Option<Spanned<String>>,
        entries: BTreeMap<Address, Entry>,
    ) -> Self {
        let app_prune =
            domain.apps.iter().filter_map(|(name, app)| Some((name.clone(), app.prune.clone()?))).collect();
        let prune = domain.prune.clone();
        Self { key: domain.key, region, prune, app_prune, entries, restored: None }
    }

    /// The name of its region, if one is written.
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().map(|region| region.value.as_str())
    }

    /// The `prune: true` that covers an unmanaged address, if there is one. An address that no file could declare is
    /// never pruned.
    pub fn prunes(&self, address: &Address) -> Option<Span> {
        let word = self.app_prune.get(&address.app).or(self.prune.as_ref())?;
        (word.value && address.is_nameable()).then_some(word.span)
    }
}

/// One declared configuration.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where its stream name is written.
    pub key: Span,
    /// What the files want there.
    pub wanted: Wanted,
    /// The day from which it is reported as expired.
    pub expires: Option<Spanned<Date>>,
}

impl Entry {
    /// The configuration, unless the entry is absent.
    pub fn resolved(&self) -> Option<&Resolved> {
        match &self.wanted {
            Wanted::Present(resolved) => Some(resolved),
            Wanted::Absent(_) => None,
        }
    }
}

/// What an entry wants.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Nothing at this address; the span is that of `state: absent`.
    Absent(Span),
    /// This configuration.
    Present(Box<Resolved>),
}

/// A configuration with the origin of each managed field.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The settings. What is not written, and has no documented default, is not set.
    pub config: RecordConfig,
    /// Of each managed field that is written, and of each format that is written and each of its settings. A field that is not
    /// here is not written, as are most.
    pub origins: FieldMap<Origin>,
}

impl Resolved {
    /// Where the value of a field is written, if it is.
    pub fn span(&self, field: Field) -> Option<Span> {
        self.origin(field)?.span
    }

    /// Where the value of a field comes from, for a part of `record_format` that is not written the whole; `None` for what
    /// YAML does not manage.
    pub fn origin(&self, field: Field) -> Option<&Origin> {
        let whole = field.whole();
        let unwritten = || Field::MANAGED.contains(&whole).then(|| Origin::unwritten(whole));
        self.origins.get(field).or_else(|| self.origins.get(whole)).or_else(unwritten)
    }
}

/// Where one value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The kind of block that holds it.
    pub kind: OriginKind,
    /// The tier's name, for [`OriginKind::Tier`].
    pub tier: Option<String>,
    /// The value itself; `None` if it is not written.
    pub span: Option<Span>,
    /// The path to the value, from the entry outwards, each step as its YAML: `layout: NAME`, each `tier: NAME`, and
    /// last `transcode_groups: NAME` at the line that defines a group's id.
    pub via: Vec<Spanned<String>>,
}

impl Origin {
    /// The origin of a managed field that is not written.
    pub(super) fn unwritten(field: Field) -> &'static Self {
        static DEFAULT: Origin = Origin::without_place(OriginKind::Default);
        static SERVICE: Origin = Origin::without_place(OriginKind::Service);
        if RecordConfig::leaves_to_the_service(field) { &SERVICE } else { &DEFAULT }
    }

    const fn without_place(kind: OriginKind) -> Self {
        Self { kind, tier: None, span: None, via: Vec::new() }
    }
}

/// One step of [`Origin::via`] in words; `mark` formats its YAML.
pub fn step_in_words(step: &str, mark: impl Fn(&str) -> String) -> String {
    let words = match step.split(':').next() {
        Some("transcode_groups") => "defined by",
        Some("tier") => "inherited through",
        _ => "included by",
    };
    format!("{words} {}", mark(step))
}

/// The kind of block that holds a value.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// The stream's own entry.
    Stream,
    /// `defaults` of the app.
    App,
    /// `defaults` of the domain.
    Domain,
    /// `defaults` at the top.
    Defaults,
    /// A tier.
    Tier,
    /// The documented default, not written anywhere.
    Default,
    /// Not written: the service decides.
    Service,
    /// The snapshot that is restored.
    Snapshot,
}
