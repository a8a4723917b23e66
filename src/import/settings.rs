//! The settings of a configuration as YAML says them, and what each block has to write.

use std::collections::BTreeSet;

use super::groups::Groups;
use crate::config::{Keys, Notation, Yaml};
use crate::model::{Field, Format, Part, Process, RecordConfig, Value};

/// The settings that are inherited one by one. The transcode group and `record_format` share a slot: the nearer of the
/// two decides which kind a configuration is.
pub(super) const SLOTS: [Field; Field::MANAGED.len() - 1] = slots();

const fn slots() -> [Field; Field::MANAGED.len() - 1] {
    let mut slots = [Field::RecordFormat; Field::MANAGED.len() - 1];
    let (mut at, mut slot) = (0, 0);
    while at < Field::MANAGED.len() {
        if !matches!(Field::MANAGED[at], Field::RecordFormat) {
            slots[slot] = Field::MANAGED[at];
            slot += 1;
        }
        at += 1;
    }
    slots
}

/// The slots that count in classic configurations only, besides the group itself.
pub(super) const CLASSIC: [usize; 2] = [2, 3];

/// The slot of `cycle_duration`, which files always say.
pub(super) const CYCLE: usize = 1;

/// The slot of `auto_compose`.
pub(super) const MERGING: usize = 2;

/// The slot of `storage_location`, which belongs to a region.
pub(super) const STORAGE: usize = 5;

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

/// A value that no file can say: nothing may be written for it, here or above.
pub(super) const KEPT: Id = Id::MAX;

/// Every value that an account uses. The first ones are what each slot has if nothing is written; the others are ordered
/// by slot and text, so that the order does not depend on that of the configurations.
#[derive(Debug)]
pub(super) struct Values {
    unwritten: [Setting; SLOTS.len()],
    all: Vec<(usize, Setting)>,
}

/// The settings of one configuration, before they are numbered.
pub(super) type Wanted = [Want; SLOTS.len()];

/// What a configuration needs in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Want {
    /// Any value will do.
    Anything,
    /// This value.
    Set(Setting),
    /// That nothing is written.
    Kept,
}

impl Values {
    /// Numbers the values of all configurations.
    pub(super) fn new<'w>(wanted: impl Iterator<Item = &'w Wanted>) -> Self {
        let unwritten: [Setting; SLOTS.len()] = std::array::from_fn(unwritten);
        let set = wanted.flat_map(|wanted| wanted.iter().enumerate());
        let mut all: Vec<(usize, Setting)> = set
            .filter_map(|(slot, want)| match want {
                Want::Set(setting) if unwritten[slot] != *setting => Some((slot, setting.clone())),
                _ => None,
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        Self { unwritten, all }
    }

    /// The needs of a configuration.
    pub(super) fn needs(&self, wanted: &Wanted) -> Needs {
        std::array::from_fn(|slot| match &wanted[slot] {
            Want::Anything => None,
            Want::Kept => Some(KEPT),
            Want::Set(setting) if self.unwritten[slot] == *setting => Some(slot as Id),
            Want::Set(setting) => {
                let found = self.all.binary_search_by(|(at, other)| (*at, other).cmp(&(slot, setting)));
                found.ok().map(|at| (SLOTS.len() + at) as Id)
            }
        })
    }

    /// The setting of a value.
    pub(super) fn setting(&self, id: Id) -> &Setting {
        let at = id as usize;
        self.unwritten.get(at).unwrap_or_else(|| &self.all[at - SLOTS.len()].1)
    }

    /// Whether the value of the first slot makes a configuration by-format.
    pub(super) fn is_by_format(&self, id: Id) -> bool {
        self.setting(id).key == Field::RecordFormat.name()
    }

    /// How much it takes to write a value: about a word, and more for a long one.
    pub(super) fn weight(&self, id: Id) -> u64 {
        const NEVER: u64 = 1 << 20;
        if id == KEPT {
            return NEVER;
        }
        let Setting { key, value } = self.setting(id);
        (2 + (key.len() + value.flow(Notation::NEW).len()) / 24) as u64
    }

    /// Every value.
    pub(super) fn ids(&self) -> std::ops::Range<Id> {
        0..(SLOTS.len() + self.all.len()) as Id
    }
}

/// What reaches the top of the files: the documented defaults.
pub(super) fn nothing_written() -> Reached {
    std::array::from_fn(|slot| slot as Id)
}

/// What a configuration gets if nothing is written.
fn unwritten(slot: usize) -> Setting {
    let field = SLOTS[slot];
    Setting { key: field.name(), value: Yaml::of(RecordConfig::default().get(field)) }
}

/// The settings of a configuration in a region, except for those that it keeps because no file can say them. A classic one
/// needs no compose group while it merges nothing, and a by-format one neither of the classic settings.
pub(super) fn wanted(
    config: &RecordConfig,
    region: Option<&str>,
    kept: &BTreeSet<Field>,
    groups: &Groups,
) -> Wanted {
    let config = config.clone().normalized();
    let set = |field: Field, value: Yaml| Want::Set(Setting { key: field.name(), value });
    std::array::from_fn(|slot| {
        let field = SLOTS[slot];
        let is_idle = field == Field::ComposeVodTranscodeGroup && !config.auto_compose;
        if let (0, Some(formats)) = (slot, &config.record_format) {
            let order = [Format::M3u8, Format::Flv, Format::Mp4];
            let written = order.into_iter().filter_map(|format| {
                let mut settings = formats.get(&format)?.clone();
                let is_kept = |part: &Part| kept.contains(&Field::Part(format, *part));
                Part::ALL.into_iter().filter(is_kept).for_each(|part| settings.set(part, Value::Unset));
                if let Some(Process::Transcode(id)) = &mut settings.process {
                    *id = groups.name(region, id).to_owned();
                }
                Some((format.name(), Yaml::of_format(format, &settings)))
            });
            return set(Field::RecordFormat, Yaml::map(Keys::Blocks, written));
        }
        if is_idle || (config.is_by_format() && CLASSIC.contains(&slot)) {
            return Want::Anything;
        }
        if kept.contains(&field) {
            return Want::Kept;
        }
        match config.get(field) {
            Value::Text(id) if RecordConfig::GROUPS.contains(&field) => {
                set(field, Yaml::Text(groups.name(region, &id).to_owned()))
            }
            value if value == Value::Unset || field.implied().as_ref() == Some(&value) => {
                Want::Set(unwritten(slot))
            }
            value => set(field, Yaml::of(value)),
        }
    })
}

/// What must be written so that a configuration or block gets what it needs.
pub(super) fn patch(reached: &Reached, needs: &Needs) -> Patch {
    let is_there = |slot: usize, id: Id| match id {
        KEPT => reached[slot] == slot as Id,
        id => reached[slot] == id,
    };
    std::array::from_fn(|slot| needs[slot].filter(|id| !is_there(slot, *id)))
}

/// What reaches the entries below a block that writes `patch`.
pub(super) fn below(reached: &Reached, patch: &Patch) -> Reached {
    std::array::from_fn(|slot| patch[slot].unwrap_or(reached[slot]))
}

/// Whether nothing is written.
pub(super) fn is_bare(patch: &Patch) -> bool {
    patch.iter().all(Option::is_none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_where_their_names_say() {
        assert_eq!(CLASSIC.map(|slot| SLOTS[slot]), [Field::AutoCompose, Field::ComposeVodTranscodeGroup]);
        let named = [0, CYCLE, MERGING, STORAGE].map(|slot| SLOTS[slot]);
        let fields =
            [Field::VodTranscodeGroup, Field::CycleDuration, Field::AutoCompose, Field::StorageLocation];
        assert_eq!(named, fields);
        assert!(!SLOTS.contains(&Field::RecordFormat));
    }
}
