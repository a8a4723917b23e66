//! [`Desired`]: what is wanted, with every setting resolved and the origin of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::config::Domain;
use crate::model::{Address, Field, Pattern, RecordConfig, Value};
use crate::source::{Span, Spanned};

/// What is wanted, with every setting resolved.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The only account these files may be applied to.
    pub account: Option<Spanned<String>>,
    /// The domains that the files name; no other is ever read.
    pub domains: BTreeMap<Arc<str>, DesiredDomain>,
    /// Not ours: never drift, never touched.
    pub ignore: Vec<Spanned<Pattern>>,
    /// Never deleted, replaced or stopped.
    pub protect: Vec<Spanned<Pattern>>,
    /// The name of each id under `transcode_groups`; of several names, the first.
    pub group_names: BTreeMap<String, Spanned<String>>,
}

impl Desired {
    /// The entry at an address.
    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.domains.get(&address.domain)?.entries.get(address)
    }

    /// Whether the files say that nothing shall stand at an address.
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

    /// The region of a domain, where one is written.
    pub fn region(&self, domain: &str) -> Option<&str> {
        Some(&self.domains.get(domain)?.region.as_ref()?.value)
    }
}

/// One domain as the files want it.
#[derive(Debug, Clone)]
pub struct DesiredDomain {
    /// Where the domain's name first stands.
    pub key: Span,
    /// The live center's region, the domain's own or the files' default.
    pub region: Option<Spanned<String>>,
    /// `prune` of the domain.
    pub prune: Option<Spanned<bool>>,
    /// `prune` of its apps, which beats the domain's.
    pub app_prune: BTreeMap<Arc<str>, Spanned<bool>>,
    /// Every declared configuration.
    pub entries: BTreeMap<Address, Entry>,
    /// Set where a snapshot speaks instead of files: what is not in `entries` was not there.
    pub restored: Option<Restored>,
}

/// What a snapshot says of a domain besides its entries, which hold every field as it stood there.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Where it begins.
    pub place: Span,
    /// What stood there of a kind that no request can write, and why.
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

    /// The `prune: true` that covers an address that is not declared, if one does. What no file could declare is never pruned.
    pub fn prunes(&self, address: &Address) -> Option<Span> {
        let word = self.app_prune.get(&address.app).or(self.prune.as_ref())?;
        (word.value && address.is_nameable()).then_some(word.span)
    }
}

/// One declared configuration.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where its stream name stands.
    pub key: Span,
    /// What is wanted there.
    pub wanted: Wanted,
    /// The day from which it is only kept by mistake.
    pub expires: Option<Spanned<Date>>,
}

impl Entry {
    /// The configuration that is wanted there, if one is.
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
    /// Nothing at this address: `state: absent` stands at the span.
    Absent(Span),
    /// This configuration.
    Present(Box<Resolved>),
}

/// A configuration with the origin of each managed field.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The settings; no passthrough field.
    pub config: RecordConfig,
    /// In [`Field::MANAGED`] order.
    pub origins: Vec<Origin>,
}

impl Resolved {
    /// Where the value of a managed field comes from; `None` for passthrough fields.
    pub fn origin(&self, field: Field) -> Option<&Origin> {
        self.origins.get(Field::MANAGED.iter().position(|managed| *managed == field)?)
    }
}

/// Where one value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The kind of block it stands in.
    pub kind: OriginKind,
    /// The tier's name, for [`OriginKind::Tier`].
    pub tier: Option<String>,
    /// The value itself; `None` where nobody wrote it.
    pub span: Option<Span>,
    /// What led there, from the entry outwards, each in the words that stand at its place: `layout: NAME`, each
    /// `tier: NAME`, and last `transcode_groups: NAME` at the line that defines a group's id.
    pub via: Vec<Spanned<String>>,
}

impl Origin {
    /// Of a managed field that nobody wrote.
    pub(super) fn unwritten(field: Field) -> Self {
        let kind = match RecordConfig::default().get(field) {
            // Without auto_compose, there is none.
            Value::Unset if field != Field::ComposeVodTranscodeGroup => OriginKind::Service,
            _ => OriginKind::Default,
        };
        Self { kind, tier: None, span: None, via: Vec::new() }
    }
}

/// The kind of block a value stands in.
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
    /// Left to the service.
    Service,
    /// A snapshot that is restored.
    Snapshot,
}
