//! Maps a refusal to the fields whose values it is about, so that messages can point at where they are written. Pure.

use crate::model::{Field, NO_TRANSCODE, RecordConfig};
use crate::plan::Change;
use crate::wire::RemoteError;

/// The fields at fault; empty if the refusal is about no value of the change, several if it leaves open which one.
pub fn blame(change: &Change, error: &RemoteError) -> Vec<Field> {
    let Some(after) = change.after() else { return Vec::new() };
    let code = error.code.as_str();
    if code.starts_with("InvalidTemplateGroupId") {
        return group_at_fault(change, after, &error.message);
    }
    if code.starts_with("InvalidStorage") || code == "InvalidRegion.Conflict" {
        return vec![Field::StorageLocation];
    }
    if code.starts_with("InvalidRecordFormat") {
        return vec![Field::RecordFormat];
    }
    if code.starts_with("InvalidAutoCompose") {
        return vec![Field::AutoCompose];
    }
    if code.starts_with("Invalid") || code.starts_with("Missing") {
        return named_in(code).or_else(|| named_in(&error.message)).into_iter().collect();
    }
    Vec::new()
}

/// The service says that one of two groups does not exist, but not which one.
fn group_at_fault(change: &Change, after: &RecordConfig, message: &str) -> Vec<Field> {
    let is_sent = |field: &Field| *field != Field::ComposeVodTranscodeGroup || after.auto_compose;
    let sent = RecordConfig::GROUPS.into_iter().filter(is_sent);
    // The built-in group always exists.
    let sent: Vec<(Field, &str)> = sent
        .filter_map(|field| Some((field, after.transcode_group(field)?)))
        .filter(|(_, group)| *group != NO_TRANSCODE)
        .collect();
    let is_new = |field: Field| change.before().is_none_or(|before| before.get(field) != after.get(field));
    let narrowed_by = |keep: &dyn Fn(&(Field, &str)) -> bool| {
        let kept: Vec<Field> =
            sent.iter().filter(|candidate| keep(candidate)).map(|(field, _)| *field).collect();
        (!kept.is_empty()).then_some(kept)
    };
    narrowed_by(&|(_, group)| message.contains(*group))
        .or_else(|| narrowed_by(&|(field, _)| is_new(*field)))
        .or_else(|| narrowed_by(&|_| true))
        .unwrap_or_default()
}

/// The managed field whose API name occurs in a text; the longest if one name ends in another.
fn named_in(text: &str) -> Option<Field> {
    let text = text.to_ascii_lowercase();
    let named =
        Field::MANAGED.into_iter().filter_map(|field| Some((field.api()?.to_ascii_lowercase(), field)));
    let longest = named.filter(|(name, _)| text.contains(name)).max_by_key(|(name, _)| name.len());
    longest.map(|(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, StreamSpelling};
    use crate::plan::{ActionKind, Reason, Transition};

    fn change(before: Option<RecordConfig>, after: Option<RecordConfig>) -> Change {
        let action = if before.is_some() { ActionKind::Update } else { ActionKind::Create };
        Change {
            address: Address::new("live.example.com", "show", "cam1"),
            transition: Transition::new(action, before, after).unwrap(),
            reason: Reason::Differs,
            is_protected: false,
            spelling: StreamSpelling::Named,
            contingent: Vec::new(),
            siblings: Vec::new(),
        }
    }

    fn config(group: &str, compose: Option<&str>) -> RecordConfig {
        RecordConfig {
            vod_transcode_group: group.into(),
            auto_compose: compose.is_some(),
            compose_vod_transcode_group: compose.map(str::to_owned),
            ..RecordConfig::default()
        }
    }

    fn refused(code: &str, message: &str) -> RemoteError {
        RemoteError {
            status: 400,
            code: code.to_owned(),
            message: message.to_owned(),
            ..RemoteError::default()
        }
    }

    #[test]
    fn codes_and_messages_name_the_field() {
        let change = change(None, Some(config("g", Some("c"))));
        let table = [
            ("InvalidStorage.NotFound", "", vec![Field::StorageLocation]),
            ("InvalidRegion.Conflict", "", vec![Field::StorageLocation]),
            ("InvalidAutoCompose.Malformed", "", vec![Field::AutoCompose]),
            ("InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed", "", vec![Field::AutoCompose]),
            ("InvalidCycleDuration.Malformed", "", vec![Field::CycleDuration]),
            ("InvalidParameter", "The parameter CycleDuration is not valid.", vec![Field::CycleDuration]),
            (
                "InvalidParameter",
                "ComposeVodTranscodeGroupId is wrong",
                vec![Field::ComposeVodTranscodeGroup],
            ),
            ("MissingVodTranscodeGroupId", "", vec![Field::VodTranscodeGroup]),
            ("InvalidOnDemand.Malformed", "", vec![Field::OnDemand]),
            ("InvalidDomain.NotFound", "", vec![]),
            ("CommomLiveRcordConfigExisted", "", vec![]),
            ("Forbidden.RAM", "not allowed to set CycleDuration", vec![]),
        ];
        for (code, message, fields) in table {
            assert_eq!(blame(&change, &refused(code, message)), fields, "{code} {message}");
        }
    }

    #[test]
    fn of_two_groups_the_one_that_can_be_at_fault_is_blamed() {
        use Field::{ComposeVodTranscodeGroup, VodTranscodeGroup};
        let silent = "Specified parameter vodTranscodeGroupId or composeVodTranscodeGroupId is not exist";
        let both = || config("new", Some("new-compose"));
        let table = [
            (None, config("new", None), silent, vec![VodTranscodeGroup]),
            (None, config(NO_TRANSCODE, Some("c")), silent, vec![ComposeVodTranscodeGroup]),
            (None, both(), silent, vec![VodTranscodeGroup, ComposeVodTranscodeGroup]),
            (None, config("e2d7", Some("dadf")), "group dadf is not exist", vec![ComposeVodTranscodeGroup]),
            (Some(config("new", Some("old"))), both(), silent, vec![ComposeVodTranscodeGroup]),
            (Some(config("old", Some("new-compose"))), both(), silent, vec![VodTranscodeGroup]),
            (Some(both()), both(), silent, vec![VodTranscodeGroup, ComposeVodTranscodeGroup]),
        ];
        for (before, after, message, fields) in table {
            let change = change(before, Some(after));
            assert_eq!(blame(&change, &refused("InvalidTemplateGroupId.NotFound", message)), fields);
        }
    }
}
