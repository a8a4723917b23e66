//! Accepted differences: what the service has in a field stays, until a day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::config::{Accept, Document, GroupIds, Written};
use crate::model::{
    Address, Field, Form, Formats, Pattern, PatternIndex, Process, RecordConfig, Value, is_group_id,
};
use crate::source::{Span, Spanned};

/// A field that is left as the service has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The configurations.
    pub address: Spanned<Pattern>,
    /// A managed field.
    pub field: Spanned<Field>,
    /// The only accepted value; `None` if every value is accepted.
    pub value: Option<AcceptedValue>,
    /// The first day (UTC) on which it no longer holds.
    pub until: Spanned<Date>,
    /// Why, on one line.
    pub reason: Spanned<String>,
}

/// The one value that is accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedValue {
    /// Where it is written.
    pub span: Span,
    /// The value as written: a group by its name or id.
    pub written: Value,
    /// The value by the domain's region. A group that has no id for a region is not in it.
    by_region: BTreeMap<Option<String>, Value>,
}

/// The files laid over what the service has at one address, accepted differences left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid<'d> {
    /// What the service has. Normalized.
    pub before: RecordConfig,
    /// What the files ask for, with every accepted field as the service has it. Normalized.
    pub after: RecordConfig,
    /// The same if nothing were accepted, where something is. Normalized.
    unaccepted: Option<RecordConfig>,
    /// Every difference that is not in `after`, and the entry that accepts it.
    pub accepted: Vec<(Field, &'d Accepted)>,
}

/// The accepted differences of some files, for many addresses.
#[derive(Debug, Clone, Default)]
pub struct Acceptances<'d> {
    accepted: &'d [Accepted],
    index: PatternIndex<'d>,
}

impl Accepted {
    /// Whether it no longer holds on a day.
    pub fn is_over(&self, today: Date) -> bool {
        self.until.value <= today
    }

    /// Whether the value that the service has is one that is accepted.
    fn holds(&self, before: &RecordConfig, region: Option<&str>) -> bool {
        let Some(value) = &self.value else { return true };
        let Some(value) = value.by_region.get(&region.map(str::to_owned)) else { return false };
        let mut accepted = before.clone();
        accepted.set(self.field.value, value.clone());
        let differing = before.differences(&accepted.laid_over(before));
        !differing.iter().any(|field| field.whole() == self.field.value)
    }
}

impl<'d> Acceptances<'d> {
    /// Indexes the entries; their order is kept.
    pub(super) fn new(accepted: &'d [Accepted]) -> Self {
        let index = PatternIndex::new(accepted.iter().map(|accepted| &accepted.address.value));
        Self { accepted, index }
    }

    /// The entries that are about an address, in the order of the files.
    pub fn of(&self, address: &Address) -> impl Iterator<Item = &'d Accepted> + use<'d> {
        let accepted = self.accepted;
        self.index.all(address).into_iter().map(move |position| &accepted[position])
    }

    /// Lays a configuration, declared in a domain of a region, over `remote`, without the differences that are accepted at
    /// its address.
    pub fn lay(
        &self,
        region: Option<&str>,
        address: &Address,
        wanted: &RecordConfig,
        remote: &RecordConfig,
    ) -> Laid<'d> {
        let (before, declared) = (remote.clone().normalized(), wanted.laid_over(remote));
        let differing = before.differences(&declared);
        let about =
            |accepted: &&Accepted| differing.iter().any(|field| field.whole() == accepted.field.value);
        let holding: Vec<&Accepted> =
            self.of(address).filter(about).filter(|accepted| accepted.holds(&before, region)).collect();
        if holding.is_empty() {
            return Laid { before, after: declared, unaccepted: None, accepted: Vec::new() };
        }
        let fields: BTreeSet<Field> = holding.iter().map(|accepted| accepted.field.value).collect();
        let after = kept(wanted, &before, &fields).laid_over(remote);
        let left = before.differences(&after);
        let gone = differing.into_iter().filter(|field| !left.contains(field));
        let accepted = gone.filter_map(|field| Some((field, by(field, &holding)?))).collect();
        Laid { before, after, unaccepted: Some(declared), accepted }
    }
}

impl Laid<'_> {
    /// What the files ask for, if nothing were accepted. Normalized.
    pub fn declared(&self) -> &RecordConfig {
        self.unaccepted.as_ref().unwrap_or(&self.after)
    }
}

/// The declared configuration with these fields as the service has them. A field that only one of the two kinds has, or
/// that counts on one side only, is not kept: what decides about the kind, or whether files are merged, does.
fn kept(wanted: &RecordConfig, before: &RecordConfig, fields: &BTreeSet<Field>) -> RecordConfig {
    let mut kept = wanted.clone();
    if fields.contains(&Field::RecordFormat) {
        kept.set(Field::RecordFormat, before.get(Field::RecordFormat));
    }
    if kept.is_by_format() != wanted.is_by_format() {
        // The other kind has no settings in the files.
        Field::CLASSIC.into_iter().for_each(|field| kept.set(field, before.get(field)));
    }
    let is_same_kind = kept.is_by_format() == before.is_by_format();
    for field in fields.iter().copied().filter(|field| *field != Field::RecordFormat) {
        let counts = match field {
            Field::ComposeVodTranscodeGroup => is_same_kind && before.auto_compose && kept.auto_compose,
            _ => is_same_kind || !Field::CLASSIC.contains(&field),
        };
        if counts {
            kept.set(field, before.get(field));
        }
    }
    kept
}

/// The entry because of which a difference is none: its own, or that of the field that decides whether it counts. Of
/// several, the one that holds longest.
fn by<'d>(field: Field, holding: &[&'d Accepted]) -> Option<&'d Accepted> {
    let of = |field: Field| {
        let own = holding.iter().copied().filter(move |accepted| accepted.field.value == field);
        own.rev().max_by_key(|accepted| accepted.until.value)
    };
    let is_classic = Field::CLASSIC.contains(&field);
    of(field.whole())
        .or_else(|| of(Field::AutoCompose).filter(|_| field == Field::ComposeVodTranscodeGroup))
        .or_else(|| of(Field::RecordFormat).filter(|_| is_classic))
}

/// The accepted differences of the files, the groups of their values looked up.
pub(super) fn resolve(document: &Document) -> Vec<Accepted> {
    let regions = document.domains.values().map(|domain| domain.region.as_ref().or(document.region.as_ref()));
    let regions: BTreeSet<Option<&str>> = regions.map(|region| Some(region?.value.as_str())).collect();
    document.accept.iter().map(|accept| accepted(document, accept, &regions)).collect()
}

fn accepted(document: &Document, accept: &Accept, regions: &BTreeSet<Option<&str>>) -> Accepted {
    let Accept { address, field, value, until, reason } = accept;
    let value = value.get(field.value).map(|setting| {
        let written = match &setting.value {
            Written::Value(value) => value.clone(),
            Written::Default | Written::Faulty => default_of(field.value),
        };
        let looked_up = |region: &Option<&str>| {
            Some((region.map(str::to_owned), in_region(document, field.value, &written, *region)?))
        };
        let by_region = regions.iter().filter_map(looked_up).collect();
        AcceptedValue { span: setting.span, written, by_region }
    });
    let (address, field, until) = (address.clone(), field.clone(), until.clone());
    Accepted { address, field, value, until, reason: reason.clone() }
}

/// What the word `default` means.
fn default_of(field: Field) -> Value {
    field.implied().unwrap_or_else(|| RecordConfig::default().get(field))
}

/// A value with the ids that the names of its groups mean in a region; `None` if one means none there.
fn in_region(document: &Document, field: Field, value: &Value, region: Option<&str>) -> Option<Value> {
    match (field.form(), value) {
        (Form::Group, Value::Text(name)) => Some(Value::Text(id(document, name, region)?)),
        (Form::Formats, Value::Formats(formats)) => {
            let mut formats: Formats = formats.clone();
            for settings in formats.values_mut() {
                if let Some(Process::Transcode(name)) = &mut settings.process {
                    *name = id(document, name, region)?;
                }
            }
            Some(Value::Formats(formats))
        }
        _ => Some(value.clone()),
    }
}

fn id(document: &Document, name: &str, region: Option<&str>) -> Option<String> {
    let Some(group) = document.transcode_groups.get(name) else {
        return is_group_id(name).then(|| name.to_owned());
    };
    let id = match &group.ids {
        GroupIds::Everywhere(id) => id,
        GroupIds::ByRegion(ids) => ids.get(region?)?,
        GroupIds::Faulty => return None,
    };
    id.value.value().cloned()
}
