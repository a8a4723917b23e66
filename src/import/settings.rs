//! The settings of a configuration as YAML says them, and what each block has to write.

use std::collections::BTreeMap;

use super::groups::Groups;
use super::yaml::Yaml;
use crate::model::{Field, Format, Part, Process, RecordConfig, Value};

/// The settings that are inherited one by one. The transcode group and `record_format` share a slot: the nearer of the
/// two decides which kind a configuration is.
pub(super) const SLOTS: [Field; 10] = [
    Field::VodTranscodeGroup,
    Field::CycleDuration,
    Field::AutoCompose,
    Field::ComposeVodTranscodeGroup,
    Field::OnDemand,
    Field::StorageLocation,
    Field::DelayTime,
    Field::RecordContent,
    Field::TranscodeTemplates,
    Field::SpaceId,
];

/// The slots that count in classic configurations only, besides the group itself.
pub(super) const CLASSIC: [usize; 2] = [2, 3];

/// A value in its slot; an index into [`Values`].
pub(super) type Id = u32;

/// The value of each slot that a configuration needs; `None` where any value will do.
pub(super) type Needs = [Option<Id>; SLOTS.len()];

/// What a block writes: `None` for what it inherits.
pub(super) type Patch = Needs;

/// What reaches a block or an entry from above.
pub(super) type Reached = [Id; SLOTS.len()];

/// A setting as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Setting {
    /// Its key.
    pub(super) key: &'static str,
    /// Its value.
    pub(super) value: Yaml,
}

/// Every value that an account uses, ordered by slot and text: the order does not depend on that of the configurations.
#[derive(Debug)]
pub(super) struct Values {
    all: Vec<(usize, Setting)>,
}

/// The word that leaves an inherited value.
const DEFAULT: &str = "default";

/// The settings of one configuration, before they are numbered.
pub(super) type Wanted = [Option<Setting>; SLOTS.len()];

impl Values {
    /// Numbers the values of all configurations.
    pub(super) fn new<'w>(wanted: impl Iterator<Item = &'w Wanted>) -> Self {
        let set = wanted.flat_map(|wanted| wanted.iter().enumerate());
        let set = set.filter_map(|(slot, setting)| Some((slot, setting.clone()?)));
        let mut all: Vec<(usize, Setting)> =
            (0..SLOTS.len()).map(|slot| (slot, unwritten(slot))).chain(set).collect();
        all.sort_unstable();
        all.dedup();
        Self { all }
    }

    /// The needs of a configuration.
    pub(super) fn needs(&self, wanted: &Wanted) -> Needs {
        std::array::from_fn(|slot| self.id(slot, wanted[slot].as_ref()?))
    }

    fn id(&self, slot: usize, setting: &Setting) -> Option<Id> {
        let found = self.all.binary_search_by(|(at, other)| (*at, other).cmp(&(slot, setting)));
        found.ok().and_then(|at| at.try_into().ok())
    }

    /// What reaches the top of the files: the documented defaults.
    pub(super) fn unwritten(&self) -> Reached {
        std::array::from_fn(|slot| self.id(slot, &unwritten(slot)).unwrap_or_default())
    }

    /// The setting of a value.
    pub(super) fn setting(&self, id: Id) -> &Setting {
        &self.all[id as usize].1
    }

    /// Whether the value of the first slot makes a configuration by-format.
    pub(super) fn is_by_format(&self, id: Id) -> bool {
        self.setting(id).key == Field::RecordFormat.name()
    }

    /// How much it takes to write a value: about a word, and more for a long one.
    pub(super) fn weight(&self, id: Id) -> u64 {
        let Setting { key, value } = self.setting(id);
        (2 + (key.len() + value.flow().len()) / 24) as u64
    }

    /// The number of values.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

/// What a configuration gets if nothing is written.
fn unwritten(slot: usize) -> Setting {
    let field = SLOTS[slot];
    let value = match RecordConfig::default().get(field) {
        Value::Unset => Yaml::Word(DEFAULT.to_owned()),
        value => scalar(&value),
    };
    Setting { key: field.name(), value }
}

/// The settings of a configuration in a region. A classic one needs no compose group while it merges nothing, and a
/// by-format one neither of the classic settings.
pub(super) fn wanted(config: &RecordConfig, region: Option<&str>, groups: &Groups) -> Wanted {
    let config = config.clone().normalized();
    std::array::from_fn(|slot| {
        let field = SLOTS[slot];
        if let (0, Some(formats)) = (slot, &config.record_format) {
            let order = [Format::M3u8, Format::Flv, Format::Mp4];
            let written = order.into_iter().filter(|format| formats.contains_key(format));
            let written = written
                .map(|format| (format.name().to_owned(), format_block(&config, format, region, groups)));
            return Some(Setting { key: Field::RecordFormat.name(), value: Yaml::Map(written.collect()) });
        }
        let is_idle = field == Field::ComposeVodTranscodeGroup && !config.auto_compose;
        if is_idle || (config.is_by_format() && CLASSIC.contains(&slot)) {
            return None;
        }
        let value = match config.get(field) {
            Value::Text(id) if RecordConfig::GROUPS.contains(&field) => groups.written(region, &id),
            value if value == Value::Unset || field.implied().as_ref() == Some(&value) => {
                return Some(unwritten(slot));
            }
            value => scalar(&value),
        };
        Some(Setting { key: field.name(), value })
    })
}

/// The settings of one format that say something.
fn format_block(config: &RecordConfig, format: Format, region: Option<&str>, groups: &Groups) -> Yaml {
    let part = |part: Part| {
        let field = Field::Part(format, part);
        let value = config.get(field);
        if value.is_empty() || field.implied().as_ref() == Some(&value) {
            return None;
        }
        let value = match value {
            Value::Process(Process::Transcode(id)) => Yaml::one("transcode", groups.written(region, &id)),
            Value::Process(Process::Workflow(id)) => Yaml::one("workflow", Yaml::Text(id)),
            Value::Process(Process::Nothing) => return None,
            value => scalar(&value),
        };
        Some((part.name().to_owned(), value))
    };
    Yaml::Map(Part::ALL.into_iter().filter_map(part).collect())
}

fn scalar(value: &Value) -> Yaml {
    match value {
        Value::Text(text) => Yaml::Text(text.clone()),
        Value::Set(words) => Yaml::List(words.iter().cloned().collect()),
        value => Yaml::Word(value.to_string()),
    }
}

/// What must be written so that a configuration or block gets what it needs.
pub(super) fn patch(reached: &Reached, needs: &Needs) -> Patch {
    std::array::from_fn(|slot| needs[slot].filter(|id| *id != reached[slot]))
}

/// What reaches the entries below a block that writes `patch`.
pub(super) fn below(reached: &Reached, patch: &Patch) -> Reached {
    std::array::from_fn(|slot| patch[slot].unwrap_or(reached[slot]))
}

/// Whether nothing is written.
pub(super) fn is_bare(patch: &Patch) -> bool {
    patch.iter().all(Option::is_none)
}

/// How often each of several needs is found.
pub(super) fn counted<'n>(needs: impl Iterator<Item = &'n Needs>) -> BTreeMap<Needs, u64> {
    let mut counts = BTreeMap::new();
    needs.for_each(|needs| *counts.entry(*needs).or_insert(0) += 1);
    counts
}
