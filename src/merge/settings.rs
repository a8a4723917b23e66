//! Decides what an added entry says: what its configuration has and the entry does not inherit.

use std::collections::{BTreeSet, HashSet};

use crate::config::{self, Document, GroupIds, Keys, Tier, TranscodeGroup, Written, Yaml};
use crate::diag::Severity;
use crate::model::{
    Field, Form, Format, FormatSettings, Formats, Process, RecordConfig, Snapshot, Value, is_group_id,
};
use crate::resolve::Desired;
use crate::source::{Source, Sources};

/// What an entry says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// The fields that it sets.
    pub(super) fields: BTreeSet<Field>,
    /// The tier that sets them instead.
    pub(super) tier: Option<String>,
}

/// A configuration that is added.
pub(super) struct Held {
    /// Normalized.
    pub(super) config: RecordConfig,
    /// The region of its domain.
    pub(super) region: Option<String>,
}

impl Held {
    fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The fields that have to be written where `inherited` is what the entry says and inherits.
    ///
    /// The result may not be all: what is inherited of the fields that only one kind of configuration has is known when
    /// the kind is.
    pub(super) fn differing(&self, inherited: &RecordConfig) -> BTreeSet<Field> {
        let is_of_kind = |field: &Field| match (self.config.is_by_format(), inherited.is_by_format()) {
            (true, _) => !Field::CLASSIC.contains(field),
            (false, false) => *field != Field::RecordFormat,
            // A group of its own takes the place of the inherited formats.
            (false, true) => {
                ![Field::RecordFormat, Field::AutoCompose, Field::ComposeVodTranscodeGroup].contains(field)
            }
        };
        // Without `auto_compose`, the group of the merged file has no effect.
        let is_idle = |field: &Field| *field == Field::ComposeVodTranscodeGroup && !self.config.auto_compose;
        let differing = self.config.differences(inherited).into_iter().map(Field::whole);
        differing.filter(|field| *field != Field::Unknown && is_of_kind(field) && !is_idle(field)).collect()
    }

    /// The entry as YAML.
    ///
    /// # Errors
    /// What can't be written, as a reason.
    pub(super) fn written(&self, own: &Own, document: &Document) -> Result<Yaml, String> {
        if let Some(tier) = &own.tier {
            return Ok(Yaml::map(Keys::Settings, [("tier", Yaml::Text(tier.clone()))]));
        }
        let setting = |field: &Field| Ok((field.name(), self.value(*field, document)?));
        let settings = own.fields.iter().map(setting).collect::<Result<Vec<_>, String>>()?;
        Ok(Yaml::map(Keys::Settings, settings))
    }

    fn value(&self, field: Field, document: &Document) -> Result<Yaml, String> {
        let value = self.config.get(field);
        if field == Field::VodTranscodeGroup && value == Value::Unset {
            return Err("it has neither a transcode group nor formats".to_owned());
        }
        match value {
            Value::Text(id) if field.form() == Form::Group => {
                Ok(Yaml::Text(self.group(&id, document)?.to_owned()))
            }
            Value::Formats(formats) => self.formats(formats, document),
            value => Ok(Yaml::of(value)),
        }
    }

    /// The name of a group, or its id if no name means it in this region.
    fn group<'n>(&self, id: &'n str, document: &'n Document) -> Result<&'n str, String> {
        let means = |group: &TranscodeGroup| group_id(group, self.region()) == Some(id);
        let name =
            document.transcode_groups.iter().find(|(_, group)| means(group)).map(|(name, _)| name.as_str());
        match name {
            Some(name) => Ok(name),
            None if is_group_id(id) => Ok(id),
            None => Err(format!(
                "the id `{id}` of its transcode group has an unusual form: give it a name under `transcode_groups`"
            )),
        }
    }

    fn formats(&self, formats: Formats, document: &Document) -> Result<Yaml, String> {
        let one = |(format, mut settings): (Format, FormatSettings)| -> Result<_, String> {
            if let Some(Process::Transcode(id)) = &mut settings.process {
                *id = self.group(id, document)?.to_owned();
            }
            Ok((format.name(), Yaml::of_format(format, &settings)))
        };
        Ok(Yaml::map(Keys::Blocks, formats.into_iter().map(one).collect::<Result<Vec<_>, String>>()?))
    }

    /// A tier with exactly these settings: it sets the fields that are needed, and everything that it sets is as the
    /// configuration has it. If there are several, the one that sets the least.
    pub(super) fn tier(&self, needed: &BTreeSet<Field>, document: &Document) -> Option<String> {
        if needed.is_empty() {
            return None;
        }
        let fitting = document.tiers.iter().filter_map(|(name, tier)| {
            let said = said_by(tier, document)?;
            let fits = said.iter().all(|(field, written)| self.has(*field, written, document));
            let is_enough = needed.iter().all(|field| said.iter().any(|(said, _)| said == field));
            (fits && is_enough).then_some((said.len(), name))
        });
        fitting.min().map(|(_, name)| name.clone())
    }

    /// Whether the configuration has what is written for a field.
    fn has(&self, field: Field, written: &Written<Value>, document: &Document) -> bool {
        let is_of_other_kind = match self.config.is_by_format() {
            true => Field::CLASSIC.contains(&field),
            false => field == Field::RecordFormat,
        };
        let value = match written {
            Written::Value(value) => self.resolved(value, document),
            Written::Default => Some(RecordConfig::default().get(field)),
            Written::Faulty => None,
        };
        !is_of_other_kind && value.is_some_and(|value| is_same(field, &value, &self.config.get(field)))
    }

    /// A written value with the ids of its groups.
    fn resolved(&self, value: &Value, document: &Document) -> Option<Value> {
        let id = |name: &str| match document.transcode_groups.get(name) {
            Some(group) => group_id(group, self.region()).map(str::to_owned),
            None => Some(name.to_owned()),
        };
        match value {
            Value::Text(name) => Some(Value::Text(id(name)?)),
            Value::Formats(formats) => {
                let mut formats = formats.clone();
                for settings in formats.values_mut() {
                    if let Some(Process::Transcode(name)) = &mut settings.process {
                        *name = id(name)?;
                    }
                }
                Some(Value::Formats(formats))
            }
            value => Some(value.clone()),
        }
    }
}

/// What a tier sets, together with the tiers that it names; `None` if one of them could not be read.
fn said_by<'d>(tier: &'d Tier, document: &'d Document) -> Option<Vec<(Field, &'d Written<Value>)>> {
    let mut said: Vec<(Field, &Written<Value>)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut next = Some(tier);
    while let Some(tier) = next {
        for (field, setting) in tier.settings.values.iter().filter(|(field, _)| field.whole() == *field) {
            if said.iter().all(|(known, _)| *known != field) {
                said.push((field, &setting.value));
            }
        }
        next = match &tier.settings.tier {
            None => None,
            Some(name) => {
                let name = name.value.value().filter(|name| !seen.contains(&name.as_str()))?;
                seen.push(name);
                Some(document.tiers.get(name)?)
            }
        };
    }
    Some(said)
}

/// The id that a group's name means in a region.
fn group_id<'d>(group: &'d TranscodeGroup, region: Option<&str>) -> Option<&'d str> {
    let id = match &group.ids {
        GroupIds::Everywhere(id) => id,
        GroupIds::ByRegion(ids) => ids.get(region?)?,
        GroupIds::Faulty => return None,
    };
    id.value.value().map(String::as_str)
}

/// Whether two values of a field mean the same.
fn is_same(field: Field, one: &Value, other: &Value) -> bool {
    let with = |value: &Value| {
        let mut config = RecordConfig::default();
        if let Field::Part(format, _) = field {
            config.set(Field::Format(format), Value::Bare);
        }
        config.set(field, value.clone());
        config
    };
    with(one).differences(&with(other)).is_empty()
}

/// The values that some declared configuration has in the service although no file writes them: whoever wrote the files
/// leaves them to the service.
pub(super) fn left_to_the_service(desired: &Desired, snapshot: &Snapshot) -> HashSet<(Field, Value)> {
    let declared = desired.domains.values().flat_map(|domain| &domain.entries);
    let pairs = declared.filter_map(|(address, entry)| Some((entry.resolved()?, snapshot.get(address)?)));
    let left = pairs.flat_map(|(resolved, remote)| {
        let passed = Field::MANAGED.into_iter().filter(|field| RecordConfig::leaves_to_the_service(*field));
        let unwritten = passed.filter(|field| resolved.config.get(*field) == Value::Unset);
        unwritten.map(|field| (field, remote.config.get(field)))
    });
    left.filter(|(_, value)| *value != Value::Unset).collect()
}

/// Why an entry can't be written, if its text is not one: a value outside the documented ones.
pub(super) fn refused_by_config(entry: &str) -> Option<String> {
    let mut sources = Sources::default();
    let text = format!(
        "version: 1\ndomains: {{ a.example: {{ apps: {{ a: {{ streams: {{ s: {entry} }} }} }} }} }}\n"
    );
    sources.add(Source::new("", text));
    let (_, found) = config::parse(&sources);
    found.into_iter().find(|one| one.severity == Severity::Error).map(|one| one.message)
}
