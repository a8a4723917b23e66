//! Which parameters an action knows, by the official SDKs' models. A gateway ignores all others.

use std::collections::BTreeMap;

use super::settings::{Api, Settings};
use crate::wire::Action;

/// The parameters that every action knows, besides those of the signature.
const COMMON: [&str; 2] = ["RegionId", "OwnerId"];

const KEY: [&str; 3] = ["DomainName", "AppName", "StreamName"];
const PAGE: [&str; 2] = ["PageNum", "PageSize"];
const CLASSIC: [&str; 5] =
    ["VodTranscodeGroupId", "CycleDuration", "AutoCompose", "ComposeVodTranscodeGroupId", "OnDemand"];
const ADD_ONLY: [&str; 1] = ["StorageLocation"];
const OF_2026: [&str; 1] = ["DelayTime"];
const ADD_ONLY_OF_2026: [&str; 2] = ["RecordContent", "SpaceId"];
const LISTS_OF_2026: [&str; 1] = ["TranscodeTemplates"];
const FORMAT_OF_2026: &str = "RecordFormat";

/// The parameters of each item of [`FORMAT_OF_2026`].
const FORMAT: [&str; 7] =
    ["Format", "AutoCompose", "ProcessMethod", "ProcessTemplateId", "SliceDuration", "Tags", "VideoProcess"];

/// The parameters of a call that its action knows, and the names of the others.
pub(super) fn known<'a>(
    action: Action,
    params: &'a BTreeMap<String, String>,
    settings: &Settings,
) -> (BTreeMap<String, String>, Vec<&'a str>) {
    let (known, ignored): (Vec<_>, Vec<_>) =
        params.iter().partition(|(name, _)| is_known(action, name, settings.api));
    let known = known.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    (known, ignored.into_iter().map(|(name, _)| name.as_str()).collect())
}

fn is_known(action: Action, name: &str, api: Api) -> bool {
    let is_write = matches!(action, Action::Add | Action::Update);
    let is_add = action == Action::Add;
    COMMON.contains(&name)
        || KEY.contains(&name)
        || (action == Action::Describe && PAGE.contains(&name))
        || (is_write && CLASSIC.contains(&name))
        || (is_add && ADD_ONLY.contains(&name))
        || (api == Api::Y2026 && is_write && is_of_2026(name, is_add))
}

fn is_of_2026(name: &str, is_add: bool) -> bool {
    OF_2026.contains(&name)
        || (is_add && ADD_ONLY_OF_2026.contains(&name))
        || LISTS_OF_2026.iter().any(|list| number(name, list) == Some(""))
        || number(name, FORMAT_OF_2026).is_some_and(|rest| FORMAT.contains(&rest))
}

/// What follows the number of a list's item: `Format` in `RecordFormat.2.Format`. Numbers begin at 1.
fn number<'a>(name: &'a str, list: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(list)?.strip_prefix('.')?;
    let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
    (number.parse::<u32>().ok()? > 0).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_knows_its_own_parameters() {
        let knows = |action, name| [Api::Y2025, Api::Y2026].map(|api| is_known(action, name, api));
        for (action, name, expected) in [
            (Action::Add, "StorageLocation", [true, true]),
            (Action::Update, "StorageLocation", [false, false]),
            (Action::Add, "RecordContent", [false, true]),
            (Action::Update, "RecordContent", [false, false]),
            (Action::Update, "DelayTime", [false, true]),
            (Action::Update, "TranscodeTemplates.1", [false, true]),
            (Action::Update, "TranscodeTemplates", [false, false]),
            (Action::Add, "RecordFormat.2.Tags", [false, true]),
            (Action::Add, "RecordFormat.0.Tags", [false, false]),
            (Action::Add, "RecordFormat.x.Tags", [false, false]),
            (Action::Add, "RecordFormat.1.Cycle", [false, false]),
            (Action::Add, "FormatConfig", [false, false]),
            (Action::Delete, "CycleDuration", [false, false]),
            (Action::Describe, "PageSize", [true, true]),
            (Action::Delete, "RegionId", [true, true]),
        ] {
            assert_eq!(knows(action, name), expected, "{name}");
        }
    }
}
