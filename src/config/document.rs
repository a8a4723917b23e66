//! The [`Document`]: everything that the files say, each value with its place; nothing is inherited or looked up yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::model::{Field, FieldMap, Form, Pattern, State, Value};
use crate::source::{Span, Spanned};

/// What all files together say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The only account these files may be applied to.
    pub account: Option<Spanned<String>>,
    /// The region of domains without a `region` of their own.
    pub region: Option<Spanned<String>>,
    /// Names for template group ids.
    pub transcode_groups: BTreeMap<String, TranscodeGroup>,
    /// Inherited by every configuration.
    pub defaults: Option<Defaults>,
    /// Bundles of settings by name.
    pub tiers: BTreeMap<String, Tier>,
    /// App trees that domains share, by name.
    pub layouts: BTreeMap<String, Layout>,
    /// Patterns of addresses that are never touched.
    pub ignore: Vec<Spanned<Pattern>>,
    /// Patterns of addresses that are never deleted, replaced or stopped.
    pub protect: Vec<Spanned<Pattern>>,
    /// Patterns of streams that must be recorded whenever they are on air.
    pub must_record: Vec<Spanned<Pattern>>,
    /// Differences of the service that are accepted for a while.
    pub accept: Vec<Accept>,
    /// By domain name.
    pub domains: BTreeMap<Arc<str>, Domain>,
    /// Comments that allow findings.
    pub allows: Vec<Allow>,
    /// Settings below a name that is invalid or repeated, which is an error: they apply nowhere, but one run also reports
    /// what is wrong in them.
    pub misplaced: Vec<Settings>,
    /// Whether a file or a definition could not be read: a name that is not found may be defined there.
    pub partial: bool,
}

impl Document {
    /// Every block that may hold settings, used or not.
    pub fn blocks(&self) -> impl Iterator<Item = &Settings> {
        self.blocks_but_tiers().chain(self.tiers.values().map(|tier| &tier.settings))
    }

    /// Like [`Self::blocks`], without those of the tiers.
    pub fn blocks_but_tiers(&self) -> impl Iterator<Item = &Settings> {
        let layouts = self.layouts.values().flat_map(|layout| layout.apps.values());
        let domains = self.domains.values();
        let apps = layouts.chain(domains.clone().flat_map(|domain| domain.apps.values()));
        let defaults = apps.clone().filter_map(|app| app.defaults.as_ref());
        self.defaults
            .iter()
            .chain(domains.filter_map(|domain| domain.defaults.as_ref()))
            .chain(defaults)
            .map(|defaults| &defaults.settings)
            .chain(apps.flat_map(|app| app.streams.values()).map(|stream| &stream.settings))
    }
}

/// One entry of `accept`: what the service has in one field is left as it is, until a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Accept {
    /// The configurations.
    pub address: Spanned<Pattern>,
    /// A managed field.
    pub field: Spanned<Field>,
    /// The only value that is accepted, as what is written for that field; empty if every value is.
    pub value: Settings,
    /// The first day (UTC) on which it no longer holds.
    pub until: Spanned<Date>,
    /// Why, on one line.
    pub reason: Spanned<String>,
}

/// One code of a comment `# livevod: allow CODE`: someone has looked at the finding and accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The code as written, and where.
    pub code: Spanned<String>,
    /// The line whose findings it allows: its own, or the next one with more than a comment.
    pub line: Span,
}

/// A setting as written.
pub type Setting<T> = Spanned<Written<T>>;

/// What is written in place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// A value.
    Value(T),
    /// The word `default`: nothing is inherited, the documented default applies.
    Default,
    /// Invalid, and already reported. It ends inheritance like a value, so that it causes no further findings.
    Faulty,
}

impl<T> Written<T> {
    /// The value, if it is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Written::Value(value) => Some(value),
            Written::Default | Written::Faulty => None,
        }
    }
}

/// The settings of one block, `tier` among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// The tier whose settings rank right below this block's own.
    pub tier: Option<Setting<String>>,
    /// What is written for each managed field, and for each format and its settings. A group may be a name, an id or
    /// `VOD_NO_TRANSCODE`.
    pub values: FieldMap<Setting<Value>>,
}

impl Settings {
    /// What is written for a field.
    pub fn get(&self, field: Field) -> Option<&Setting<Value>> {
        self.values.get(field)
    }

    /// What is written for each managed field.
    pub fn wholes(&self) -> impl Iterator<Item = (Field, &Setting<Value>)> {
        self.values.iter().filter(|(field, _)| field.whole() == *field)
    }

    /// What is written for each format of `record_format` and for its settings.
    pub fn parts(&self) -> impl Iterator<Item = (Field, &Setting<Value>)> {
        self.values.iter().filter(|(field, _)| field.whole() != *field)
    }

    /// The transcode groups that are written, each as a name or an id; `None` for one that could not be read.
    pub fn groups(&self) -> impl Iterator<Item = Spanned<Option<&str>>> {
        self.values.iter().filter_map(|(field, setting)| {
            let group = match (&setting.value, field.form()) {
                (Written::Value(Value::Text(name)), Form::Group) => Some(name.as_str()),
                (Written::Value(Value::Process(process)), Form::Process) => Some(process.group()?),
                (Written::Faulty, Form::Group | Form::Process) => None,
                _ => return None,
            };
            Some(Spanned::new(group, setting.span))
        })
    }
}

/// A `defaults` block.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    /// The word `defaults`.
    pub key: Span,
    /// What is inherited.
    pub settings: Settings,
}

/// A tier's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// Its name.
    pub key: Span,
    /// What it bundles.
    pub settings: Settings,
}

/// A transcode group's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscodeGroup {
    /// Its name.
    pub key: Span,
    /// The ids that the name means.
    pub ids: GroupIds,
}

impl TranscodeGroup {
    /// Every id that the name means.
    pub fn ids(&self) -> Vec<&Setting<String>> {
        match &self.ids {
            GroupIds::Everywhere(id) => vec![id],
            GroupIds::ByRegion(ids) => ids.values().collect(),
            GroupIds::Faulty => Vec::new(),
        }
    }
}

/// The ids of a group's name.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupIds {
    /// One id, whatever the region.
    Everywhere(Setting<String>),
    /// One id a region.
    ByRegion(BTreeMap<String, Setting<String>>),
    /// Invalid, and already reported.
    Faulty,
}

/// A layout's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Its name.
    pub key: Span,
    /// The app tree.
    pub apps: BTreeMap<Arc<str>, App>,
}

/// One domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Its name in the first file that has it.
    pub key: Span,
    /// Its name in every further file that has it.
    pub further_keys: Vec<Span>,
    /// The region of the domain's live center.
    pub region: Option<Spanned<String>>,
    /// Its layouts. Its own entries override theirs, and later layouts override earlier ones.
    pub layout: Option<LayoutNames>,
    /// Whether what is not declared is deleted.
    pub prune: Option<Spanned<bool>>,
    /// Inherited by the domain's configurations.
    pub defaults: Option<Defaults>,
    /// Its own app tree.
    pub apps: BTreeMap<Arc<str>, App>,
}

impl Domain {
    /// Its name in each file that has it.
    pub fn keys(&self) -> impl Iterator<Item = Span> {
        std::iter::once(self.key).chain(self.further_keys.iter().copied())
    }
}

/// `layout: NAME`, or a list of names.
#[derive(Debug, Clone, PartialEq)]
pub struct LayoutNames {
    /// The name or the list.
    pub span: Span,
    /// Whether a list was written; lists of several files join.
    pub is_list: bool,
    /// As written.
    pub names: Vec<Spanned<String>>,
}

/// One app of a domain or a layout.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// Its name.
    pub key: Span,
    /// Whether what is not declared is deleted; overrides the domain's `prune`. Never in a layout.
    pub prune: Option<Spanned<bool>>,
    /// Inherited by the app's configurations.
    pub defaults: Option<Defaults>,
    /// The configurations by stream name.
    pub streams: BTreeMap<Arc<str>, Stream>,
}

/// One configuration's own entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// Its name.
    pub key: Span,
    /// Its own settings.
    pub settings: Settings,
    /// Whether it must exist.
    pub state: Option<Setting<State>>,
    /// The day from which it is reported as expired.
    pub expires: Option<Setting<Date>>,
}

/// Something that holds settings.
pub(super) trait Holds {
    /// All its settings.
    fn into_settings(self) -> Vec<Settings>;
}

impl Holds for Stream {
    fn into_settings(self) -> Vec<Settings> {
        vec![self.settings]
    }
}

impl Holds for Tier {
    fn into_settings(self) -> Vec<Settings> {
        vec![self.settings]
    }
}

impl Holds for TranscodeGroup {
    fn into_settings(self) -> Vec<Settings> {
        Vec::new()
    }
}

impl Holds for App {
    fn into_settings(self) -> Vec<Settings> {
        let streams = self.streams.into_values().flat_map(Holds::into_settings);
        self.defaults.map(|defaults| defaults.settings).into_iter().chain(streams).collect()
    }
}

impl Holds for Layout {
    fn into_settings(self) -> Vec<Settings> {
        self.apps.into_values().flat_map(Holds::into_settings).collect()
    }
}

impl Holds for Domain {
    fn into_settings(self) -> Vec<Settings> {
        let apps = self.apps.into_values().flat_map(Holds::into_settings);
        self.defaults.map(|defaults| defaults.settings).into_iter().chain(apps).collect()
    }
}

impl Stream {
    /// The places of everything in the entry except its state, in order.
    pub fn beside_state(&self) -> Vec<Span> {
        let Self { key: _, settings, state: _, expires } = self;
        let mut spans: Vec<Span> = settings.values.values().map(|setting| setting.span).collect();
        spans.extend(settings.tier.as_ref().map(|tier| tier.span));
        spans.extend(expires.as_ref().map(|expires| expires.span));
        spans.sort_unstable();
        spans
    }
}
