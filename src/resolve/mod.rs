//! Turns a [`Document`](crate::config::Document) into [`Desired`]: inheritance, names and defaults, each value with its origin.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::model::{Address, Field, Pattern, RecordConfig};
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
}

impl Desired {
    /// The entry at an address.
    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.domains.get(&address.domain)?.entries.get(address)
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
}

impl DesiredDomain {
    /// The `prune: true` that covers an app, if one does.
    pub fn prunes(&self, app: &str) -> Option<Span> {
        let word = self.app_prune.get(app).or(self.prune.as_ref())?;
        word.value.then_some(word.span)
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
    /// The settings; nothing carried.
    pub config: RecordConfig,
    /// In [`Field::MANAGED`] order.
    pub origins: [Origin; Field::MANAGED.len()],
}

impl Resolved {
    /// Where the value of a managed field comes from; `None` for carried fields.
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
    /// What led there, nearest first: the `tier: NAME` that chose the tier, the line that defines a group's id.
    pub via: Vec<Spanned<String>>,
}

/// The kind of block a value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
}
