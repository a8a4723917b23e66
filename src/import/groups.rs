//! Names the transcode groups that an account uses.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::Lines;
use crate::config::{self, Keys, Yaml};
use crate::model::{NO_TRANSCODE, is_group_id};

/// A group as VOD knows it: the same id means another group in another region.
///
/// The region is `None` where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// Region of the domain that uses it.
    pub region: Option<String>,
    /// Its id.
    pub id: String,
}

/// The longest name that is made of a name in VOD, in characters.
const LONGEST: usize = 40;

/// The name of each group, and the ids behind each name.
#[derive(Debug, Default)]
pub(super) struct Groups {
    names: BTreeMap<GroupKey, String>,
    /// In the order in which they are written.
    defined: Vec<(String, Yaml)>,
}

impl Groups {
    /// Names the groups, which come in the order of their first use. A group is named as in VOD, where `known` has its
    /// name; groups of the same name in several regions become one name with an id for each region. A group without a
    /// name there gets a number.
    pub(super) fn new(used: &[GroupKey], known: &BTreeMap<GroupKey, String>) -> Self {
        let mut used: Vec<&GroupKey> = used.iter().filter(|key| key.id != NO_TRANSCODE).collect();
        let mut seen = BTreeSet::new();
        used.retain(|key| seen.insert(*key));
        let mut groups = Self::default();
        let mut taken: BTreeMap<String, Vec<&GroupKey>> = BTreeMap::new();
        let mut order = Vec::new();
        let mut number = 0;
        for key in used {
            let wanted = known.get(key).and_then(|name| usable(name));
            let same_id = taken
                .iter()
                .find(|(_, keys)| wanted.is_none() && keys.iter().all(|other| other.id == key.id))
                .map(|(name, _)| name.clone());
            let name =
                same_id.or_else(|| wanted.map(|wanted| free(&wanted, key, &taken))).unwrap_or_else(|| {
                    std::iter::repeat_with(|| {
                        number += 1;
                        format!("group-{number}")
                    })
                    .find(|name| !taken.contains_key(name))
                    .unwrap_or_default()
                });
            if !taken.contains_key(&name) {
                order.push(name.clone());
            }
            taken.entry(name.clone()).or_default().push(key);
            groups.names.insert(key.clone(), name);
        }
        groups.defined = order.into_iter().map(|name| (name.clone(), ids(&taken[&name]))).collect();
        groups
    }

    /// What a setting of a domain in `region` writes for the group.
    pub(super) fn name<'n>(&'n self, region: Option<&str>, id: &'n str) -> &'n str {
        let key = GroupKey { region: region.map(str::to_owned), id: id.to_owned() };
        self.names.get(&key).map_or(id, String::as_str)
    }

    /// Writes `transcode_groups`.
    pub(super) fn write(&self, lines: &mut Lines) {
        if self.defined.is_empty() {
            return;
        }
        lines.line("");
        lines.block("transcode_groups", |lines| {
            for (name, ids) in &self.defined {
                let is_odd = |id: &Yaml| matches!(id, Yaml::Text(id) if !is_group_id(id));
                lines.entry(name, ids, is_odd(ids).then_some("unusual for the id of a group"));
            }
        });
    }
}

/// One id if all regions share it, else the id of each region.
fn ids(keys: &[&GroupKey]) -> Yaml {
    let first = keys.first().map_or("", |key| key.id.as_str());
    if keys.iter().all(|key| key.id == first) {
        return Yaml::Text(first.to_owned());
    }
    let by_region: BTreeMap<&str, &str> =
        keys.iter().filter_map(|key| Some((key.region.as_deref()?, key.id.as_str()))).collect();
    let entries = by_region.into_iter();
    Yaml::map(Keys::Names, entries.map(|(region, id)| (region, Yaml::Text(id.to_owned()))))
}

/// A name in VOD as a name in YAML: `None` if nothing of it can be used.
fn usable(name: &str) -> Option<String> {
    let mut made = String::new();
    for character in name.trim().chars().take(LONGEST) {
        let fits = character.is_alphanumeric() || matches!(character, '_' | '.');
        match (fits, made.ends_with('-') || made.is_empty()) {
            (true, _) => made.push(character),
            (false, false) => made.push('-'),
            (false, true) => {}
        }
    }
    let made = made.trim_end_matches(['-', '.']).to_owned();
    let reserved = made == "default" || is_group_id(&made);
    (config::is_plain(&made) && !reserved).then_some(made)
}

/// The first of `name`, `name-2`, … that is free for the group: not used yet, or used in other regions only.
fn free(name: &str, key: &GroupKey, taken: &BTreeMap<String, Vec<&GroupKey>>) -> String {
    let is_free = |name: &String| {
        let others = taken.get(name).map_or(&[][..], Vec::as_slice);
        others.iter().all(|other| other.id == key.id)
            || (key.region.is_some()
                && others.iter().all(|other| other.region.is_some() && other.region != key.region))
    };
    let numbered = (2..).map(|number: usize| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(region: &str, id: &str) -> GroupKey {
        GroupKey { region: Some(region.to_owned()), id: id.to_owned() }
    }

    fn written(used: &[GroupKey], known: &[(GroupKey, &str)]) -> String {
        let known = known.iter().map(|(key, name)| (key.clone(), (*name).to_owned())).collect();
        let mut lines = Lines::default();
        Groups::new(used, &known).write(&mut lines);
        lines.into_text()
    }

    #[test]
    fn a_name_of_vod_stands_for_its_ids_in_all_regions() {
        let used = [key("cn-shanghai", "a"), key("cn-beijing", "b"), key("cn-beijing", "c")];
        let known =
            [(used[0].clone(), "HD 高清"), (used[1].clone(), "HD 高清"), (used[2].clone(), "HD 高清")];
        assert_eq!(
            written(&used, &known),
            "\ntranscode_groups:\n  HD-高清: { cn-beijing: b, cn-shanghai: a }\n  HD-高清-2: c # unusual for the id of a group\n"
        );
    }

    #[test]
    fn groups_without_a_name_are_numbered_in_their_order() {
        let used = [
            key("cn-shanghai", "b"),
            key("cn-shanghai", "a"),
            key("cn-beijing", "b"),
            key("x", NO_TRANSCODE),
        ];
        let known = [(used[1].clone(), "group-1"), (key("cn-shanghai", "b"), "***")];
        assert_eq!(
            written(&used[..1], &[]),
            "\ntranscode_groups:\n  group-1: b # unusual for the id of a group\n"
        );
        assert_eq!(
            written(&used, &known),
            "\ntranscode_groups:\n  group-1: b # unusual for the id of a group\n  group-1-2: a # unusual for the id of a group\n"
        );
        assert_eq!(written(&used[3..], &[]), "");
    }

    #[test]
    fn reserved_words_are_no_names() {
        let id = "0123456789abcdef0123456789abcdef";
        for name in ["default", NO_TRANSCODE, id, "on", "  ", "007"] {
            assert_eq!(usable(name), None, "{name}");
        }
        assert_eq!(usable(" 1080p / main "), None, "a number first would need quotes");
        assert_eq!(usable(" main / 1080p. ").as_deref(), Some("main-1080p"));
    }
}
