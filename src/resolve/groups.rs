//! Turns a group setting into an id: by its name and the domain's region, or as it is.

use std::collections::BTreeMap;

use super::desired::NamedGroup;
use super::inherit::{Ruling, Word, step};
use crate::config::{Document, GroupIds, Setting, Written};
use crate::diag::{Code, Diagnostic};
use crate::model::{Value, is_group_id};
use crate::source::{Span, Spanned};

/// Resolves the group that `ruling` names for a domain in `region`. The line that defines the id is added to its
/// origin.
///
/// # Errors
/// The finding, without an address, if the name has no id for the region.
pub(super) fn resolve(
    document: &Document,
    region: Option<&Spanned<String>>,
    ruling: Ruling,
) -> Result<Ruling, Box<Diagnostic>> {
    let Ruling { word: Word::Value(Value::Text(name)), mut origin, depth } = ruling else {
        return Ok(ruling);
    };
    let Some(group) = document.transcode_groups.get(&name) else {
        let word = if is_group_id(&name) { Word::Value(Value::Text(name)) } else { Word::Unknown };
        return Ok(Ruling { word, origin, depth });
    };
    let id = match &group.ids {
        GroupIds::Faulty => return Ok(Ruling { word: Word::Unknown, origin, depth }),
        GroupIds::Everywhere(id) => id,
        GroupIds::ByRegion(ids) => match region.and_then(|region| ids.get(&region.value)) {
            Some(id) => id,
            None if region.is_none() && document.partial => {
                return Ok(Ruling { word: Word::Unknown, origin, depth });
            }
            None => return Err(Box::new(no_id(&name, group.key, region, origin.span.unwrap_or(group.key)))),
        },
    };
    origin.via.push(step("transcode_groups", &name, id.span));
    let word = match &id.value {
        Written::Value(id) => Word::Value(Value::Text(id.clone())),
        Written::Default | Written::Faulty => Word::Unknown,
    };
    Ok(Ruling { word, origin, depth })
}

/// The name of each defined id, its regions and its place; if it has several names, the first in name order.
pub(super) fn names(document: &Document) -> BTreeMap<String, NamedGroup> {
    let mut names: BTreeMap<String, NamedGroup> = BTreeMap::new();
    for (name, group) in &document.transcode_groups {
        let ids: Vec<(Option<&String>, &Setting<String>)> = match &group.ids {
            GroupIds::Everywhere(id) => vec![(None, id)],
            GroupIds::ByRegion(ids) => ids.iter().map(|(region, id)| (Some(region), id)).collect(),
            GroupIds::Faulty => Vec::new(),
        };
        for (region, id) in ids {
            let Some(text) = id.value.value() else { continue };
            let named = || NamedGroup { name: name.clone(), regions: Vec::new(), span: id.span };
            let named = names.entry(text.clone()).or_insert_with(named);
            if named.name == *name {
                named.regions.extend(region.cloned());
            }
        }
    }
    names
}

fn no_id(name: &str, defined: Span, region: Option<&Spanned<String>>, used: Span) -> Diagnostic {
    let Some(region) = region else {
        return Diagnostic::new(
            Code::GroupRegion,
            format!("transcode group `{name}` has ids by region, but the domain has no region"),
        )
        .label(used, "used for a domain without a region")
        .help("write `region` for the domain, or at the top")
        .note("the group is defined here", Some(defined));
    };
    let region_name = &region.value;
    Diagnostic::new(Code::GroupRegion, format!("transcode group `{name}` has no id for `{region_name}`"))
        .label(used, format!("used for a domain in `{region_name}`"))
        .help(format!("add the group's id in `{region_name}` under `transcode_groups`"))
        .note("the group is defined here", Some(defined))
        .note("the region is set here", Some(region.span))
}
