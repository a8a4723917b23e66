//! Transcode groups by the names that the files give to their ids, each with enough of the id that no two of one plan
//! look alike.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::RandomState;

use crate::gate::clean;
use crate::model::{Field, Process, RecordConfig, Value};
use crate::plan::{AcceptedDrift, Change, GroupName, Unmanaged};

/// How many characters of an id follow its name, if they distinguish it from every other id of the plan.
const ID_SHOWN: usize = 8;

/// The groups of one plan.
pub(super) struct Groups<'a> {
    names: &'a BTreeMap<String, GroupName>,
    /// The ids that the changes and the accepted differences show; not sought where no id has a name.
    used: HashSet<&'a str>,
    /// How many characters of an id follow its name.
    shown: usize,
}

impl<'a> Groups<'a> {
    pub(super) fn of(
        changes: &'a [Change],
        unmanaged: &'a [Unmanaged],
        accepted: &'a [AcceptedDrift],
        names: &'a BTreeMap<String, GroupName>,
    ) -> Self {
        if names.is_empty() {
            return Self { names, used: HashSet::new(), shown: ID_SHOWN };
        }
        let configs = changes.iter().flat_map(|change| [change.before(), change.after()]).flatten();
        let configs = configs.chain(unmanaged.iter().map(|one| &one.config));
        let configs = configs.chain(accepted.iter().flat_map(|one| [&one.standing, &one.declared]));
        let shown = told_apart(
            configs.flat_map(RecordConfig::transcode_groups).chain(names.keys().map(String::as_str)),
        );
        let used = changes.iter().flat_map(moved).chain(accepted.iter().flat_map(kept)).collect();
        Self { names, used, shown }
    }

    /// All groups with a name.
    pub(super) fn naming(names: &'a BTreeMap<String, GroupName>) -> Self {
        Self::of(&[], &[], &[], names)
    }

    /// A value; a named group as its name and the beginning of its id.
    pub(super) fn shown(&self, value: &Value, ellipsis: &str) -> String {
        match value {
            Value::Text(id) => self.named(id, ellipsis).unwrap_or_else(|| value.to_string()),
            Value::Process(Process::Transcode(id)) => {
                self.named(id, ellipsis).map_or_else(|| value.to_string(), |name| format!("transcode {name}"))
            }
            _ => value.to_string(),
        }
    }

    /// Everything that a configuration sets: the name of each field and its value.
    pub(super) fn settings(&self, config: &RecordConfig, ellipsis: &str) -> Vec<(&'static str, String)> {
        let shown = |field: Field| (field.name(), self.shown(&config.get(field), ellipsis));
        config.set_fields().into_iter().map(shown).collect()
    }

    /// The name of an id and the beginning of the id, if a file names it.
    fn named(&self, id: &str, ellipsis: &str) -> Option<String> {
        let GroupName { name, regions: _, place: _ } = self.names.get(id)?;
        let is_usual = id.len() > self.shown && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(match is_usual {
            true => format!("{name} ({}{ellipsis})", &id[..self.shown]),
            false => format!("{name} ({})", Value::Text(id.to_owned())),
        })
    }

    /// The id and place of each name that a change shows: `hd is e2d7… in cn-shanghai (livevod.yaml:5)`.
    pub(super) fn legend(&self) -> Vec<String> {
        let used = self.names.iter().filter(|(id, _)| self.used.contains(id.as_str()));
        let mut lines: Vec<(&String, String)> =
            used.map(|(id, group)| (&group.name, line(id, group))).collect();
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// The ids of the fields that a change shows.
fn moved(change: &Change) -> impl Iterator<Item = &str> {
    let shown = change.fields();
    let sides = [change.before(), change.after()].into_iter().flatten();
    sides.flat_map(move |config| shown.clone().into_iter().filter_map(|field| config.transcode_group(field)))
}

/// The ids of the fields that stay as they are.
fn kept(
    AcceptedDrift { address: _, standing, declared, fields }: &AcceptedDrift,
) -> impl Iterator<Item = &str> {
    let sides = [standing, declared].into_iter();
    sides.flat_map(move |config| fields.iter().filter_map(|about| config.transcode_group(about.field)))
}

fn line(id: &str, GroupName { name, regions, place }: &GroupName) -> String {
    let id = Value::Text(id.to_owned());
    let region = if regions.is_empty() { String::new() } else { format!(" in {}", regions.join(" and ")) };
    let place = place.as_ref().map(|place| format!(" ({}:{})", place.file, place.start.line));
    clean(&format!("{name} is {id}{region}{}", place.unwrap_or_default()))
}

/// How many characters distinguish every two of `ids`, ignoring case, as a reader may.
fn told_apart<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    // Many configurations share a few groups.
    let ids: HashSet<&str, RandomState> = ids.collect();
    let mut ids: Vec<(String, &str)> = ids.into_iter().map(|id| (id.to_ascii_lowercase(), id)).collect();
    ids.sort();
    let alike = |pair: &[(String, &str)]| {
        let [one, two] = [&pair[0].0, &pair[1].0];
        one.chars().zip(two.chars()).take_while(|(one, two)| one == two).count() + 1
    };
    ids.windows(2).map(alike).max().unwrap_or(0).max(ID_SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_shown_that_no_two_look_alike() {
        let shown = |ids: &[&str]| told_apart(ids.iter().copied());
        assert_eq!(shown(&[]), ID_SHOWN);
        assert_eq!(shown(&["e2d796d3bb5f", "77aa0d5ce0dd"]), ID_SHOWN);
        assert_eq!(shown(&["e2d796d3bb5f", "77aa0d5ce0dd", "e2d796d3bb00"]), 11);
        assert_eq!(shown(&["e2d796d3bb5f", "E2D796D3BB5F"]), 13, "then nothing is cut");
        assert_eq!(shown(&["e2d796d3bb5f", "e2d796d3bb5f"]), ID_SHOWN);
    }
}
