//! Which parameters an action knows, by the official SDKs' models. A gateway ignores all others.

use std::collections::BTreeMap;

use super::settings::Api;
use crate::model::{Field, Form};
use crate::wire::Action::{self, Add, Describe, Update};

/// A parameter, the generation that it came with, and the actions that know it. In a list, `N` is the number of an item.
type Parameter = (&'static str, Api, &'static [Action]);

const EVERY_ACTION: &[Action] = &Action::ALL;

/// The parameters that are no field, or that are several texts of one, besides those of the signature.
const PARAMETERS: [Parameter; 15] = [
    ("DomainName", Api::Y2025, EVERY_ACTION),
    ("AppName", Api::Y2025, EVERY_ACTION),
    ("StreamName", Api::Y2025, EVERY_ACTION),
    ("TranscodeTemplates.N", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.Format", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.AutoCompose", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.ProcessMethod", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.ProcessTemplateId", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.SliceDuration", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.Tags", Api::Y2026, &[Add, Update]),
    ("RecordFormat.N.VideoProcess", Api::Y2026, &[Add, Update]),
    ("PageNum", Api::Y2025, &[Describe]),
    ("PageSize", Api::Y2025, &[Describe]),
    ("RegionId", Api::Y2025, EVERY_ACTION),
    ("OwnerId", Api::Y2025, EVERY_ACTION),
];

/// The parameter of each field that is one text in a request.
fn fields() -> impl Iterator<Item = Parameter> {
    let texts = Field::ALL.into_iter().filter(|field| field.form() != Form::Templates);
    texts.filter_map(|field| {
        let since = if field.is_of_2026() { Api::Y2026 } else { Api::Y2025 };
        let actions: &[Action] = if field.needs_add() { &[Add] } else { &[Add, Update] };
        Some((field.api()?, since, actions))
    })
}

/// The names of the parameters that an action knows in a generation of the API. In a list, `N` is the number of an item,
/// from 1: `RecordFormat.N.Tags`.
pub fn parameters(action: Action, api: Api) -> impl Iterator<Item = &'static str> {
    let knows = move |(_, since, actions): &Parameter| {
        actions.contains(&action) && (*since == Api::Y2025 || api == Api::Y2026)
    };
    PARAMETERS.into_iter().chain(fields()).filter(knows).map(|(name, ..)| name)
}

/// The parameters of a call that its action knows.
pub(super) fn known(action: Action, params: &BTreeMap<String, String>, api: Api) -> BTreeMap<String, String> {
    let known = params.iter().filter(|(name, _)| is_known(action, name, api));
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The names of the others.
pub(super) fn unknown(action: Action, params: &BTreeMap<String, String>, api: Api) -> Vec<&str> {
    params.keys().map(String::as_str).filter(|name| !is_known(action, name, api)).collect()
}

fn is_known(action: Action, name: &str, api: Api) -> bool {
    parameters(action, api).any(|known| is_named(name, known))
}

/// Whether a name is that of a known parameter, with a number in place of its `N`.
fn is_named(name: &str, known: &str) -> bool {
    let Some((before, after)) = known.split_once(".N") else { return name == known };
    let number = name.strip_prefix(before).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(after));
    number.is_some_and(|number| number.parse().is_ok_and(|number: u32| number > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Action::Delete;

    #[test]
    fn each_generation_knows_its_own_parameters() {
        let knows = |action, name| [Api::Y2025, Api::Y2026].map(|api| is_known(action, name, api));
        for (action, name, expected) in [
            (Add, "StorageLocation", [true, true]),
            (Update, "StorageLocation", [false, false]),
            (Add, "RecordContent", [false, true]),
            (Update, "RecordContent", [false, false]),
            (Update, "DelayTime", [false, true]),
            (Update, "TranscodeTemplates.1", [false, true]),
            (Update, "TranscodeTemplates", [false, false]),
            (Update, "TranscodeTemplates.1.Id", [false, false]),
            (Add, "RecordFormat.2.Tags", [false, true]),
            (Add, "RecordFormat.12.Tags", [false, true]),
            (Add, "RecordFormat.2", [false, false]),
            (Add, "RecordFormat.0.Tags", [false, false]),
            (Add, "RecordFormat.x.Tags", [false, false]),
            (Add, "RecordFormat.N.Tags", [false, false]),
            (Add, "RecordFormat.1.Cycle", [false, false]),
            (Add, "FormatConfig", [false, false]),
            (Delete, "CycleDuration", [false, false]),
            (Describe, "PageSize", [true, true]),
            (Delete, "RegionId", [true, true]),
        ] {
            assert_eq!(knows(action, name), expected, "{name}");
        }
    }
}
