//! One record-to-VOD configuration as plain settings.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::{CYCLE_DURATION, ON_DEMAND};
use super::{Field, Value};

/// The service's own group that stores recordings as they are.
pub const NO_TRANSCODE: &str = "VOD_NO_TRANSCODE";

/// Whether `text` has the usual form of a transcode group id: 32 hexadecimal digits, or [`NO_TRANSCODE`].
pub fn is_group_id(text: &str) -> bool {
    text == NO_TRANSCODE || (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a configuration must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It must.
    Present,
    /// It must not.
    Absent,
}

/// The settings of one classic configuration, ids resolved, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordConfig {
    /// VOD transcoding template group id (API: VodTranscodeGroupId).
    pub vod_transcode_group: String,
    /// Length of one recorded file, 300 to 21600 s (API: CycleDuration, default 3600).
    pub cycle_duration: u32,
    /// Merge the files of one stream into one (API: AutoCompose, default OFF).
    pub auto_compose: bool,
    /// Template group id for the merged file; only meaningful while `auto_compose` is on (API: ComposeVodTranscodeGroupId).
    pub compose_vod_transcode_group: Option<String>,
    /// One of [`ON_DEMAND`] (API: OnDemand, default 0).
    pub on_demand: u8,
    /// VOD bucket host; create-only; unset means "as the service chose" (API: StorageLocation).
    pub storage_location: Option<String>,
    /// Other fields of the service's configuration: kept, never managed. Empty in a desired configuration.
    #[serde(rename = "carried")]
    pub passthrough: Passthrough,
}

/// Fields of a classic configuration that livevod does not manage but must not lose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Carried")]
pub struct Passthrough {
    /// Seconds within which an interrupted stream is joined (API: DelayTime; Add and Update).
    pub delay_time: Option<u32>,
    /// What is recorded, `raw` unless set (API: RecordContent; Add only).
    pub record_content: Option<String>,
    /// VOD app space (API: SpaceId; Add only).
    pub space_id: Option<String>,
    /// Text from the response, not interpreted (API: TranscodeTemplates; a list in Add and Update).
    pub transcode_templates: Option<String>,
    /// Undocumented response fields; no request can send them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

impl Default for RecordConfig {
    /// The documented defaults; the group, which has none, is empty.
    fn default() -> Self {
        Self {
            vod_transcode_group: String::new(),
            cycle_duration: 3600,
            auto_compose: false,
            compose_vod_transcode_group: None,
            on_demand: 0,
            storage_location: None,
            passthrough: Passthrough::default(),
        }
    }
}

impl RecordConfig {
    /// The same settings under the equality rules, for comparing, hashing and showing.
    ///
    /// The compose group counts only while `auto_compose` is on; a missing `RecordContent` means `raw`.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        if !self.auto_compose {
            self.compose_vod_transcode_group = None;
        }
        if self
            .passthrough
            .record_content
            .as_deref()
            .is_some_and(|content| content == "raw" || content.is_empty())
        {
            self.passthrough.record_content = None;
        }
        self
    }

    /// This desired configuration laid over `remote`: passthrough fields, and fields that are not set here, come from
    /// `remote`. Normalized.
    #[must_use]
    pub fn laid_over(&self, remote: &RecordConfig) -> Self {
        let mut laid = Self { passthrough: remote.passthrough.clone(), ..self.clone() };
        for field in Field::MANAGED.into_iter().filter(|field| self.get(*field) == Value::Unset) {
            laid.set(field, remote.get(field));
        }
        laid.normalized()
    }

    /// Whether recording starts by itself under this configuration.
    pub fn records_by_itself(&self) -> bool {
        self.on_demand == 0
    }

    /// The value of one field.
    pub fn get(&self, field: Field) -> Value {
        match field {
            Field::VodTranscodeGroup => Value::Text(self.vod_transcode_group.clone()),
            Field::CycleDuration => Value::Seconds(self.cycle_duration),
            Field::AutoCompose => Value::Switch(self.auto_compose),
            Field::ComposeVodTranscodeGroup => Value::text(self.compose_vod_transcode_group.as_deref()),
            Field::OnDemand => Value::Number(self.on_demand.into()),
            Field::StorageLocation => Value::text(self.storage_location.as_deref()),
            Field::DelayTime => self.passthrough.delay_time.map_or(Value::Unset, Value::Seconds),
            Field::RecordContent => Value::text(self.passthrough.record_content.as_deref()),
            Field::SpaceId => Value::text(self.passthrough.space_id.as_deref()),
            Field::TranscodeTemplates => Value::text(self.passthrough.transcode_templates.as_deref()),
            Field::Unknown => Value::Json(self.passthrough.unknown.clone()),
        }
    }

    /// Sets the value of one field. A field that must have a value is unchanged if `value` has another type.
    pub fn set(&mut self, field: Field, value: Value) {
        let passthrough = &mut self.passthrough;
        let text = value.as_text().map(str::to_owned);
        let number = match value {
            Value::Seconds(number) | Value::Number(number) => Some(number),
            _ => None,
        };
        match field {
            Field::VodTranscodeGroup => self.vod_transcode_group = text.unwrap_or_default(),
            Field::CycleDuration => self.cycle_duration = number.unwrap_or(self.cycle_duration),
            Field::AutoCompose => self.auto_compose = value == Value::Switch(true),
            Field::ComposeVodTranscodeGroup => self.compose_vod_transcode_group = text,
            Field::OnDemand => {
                self.on_demand = number.and_then(|number| number.try_into().ok()).unwrap_or(self.on_demand);
            }
            Field::StorageLocation => self.storage_location = text,
            Field::DelayTime => passthrough.delay_time = number,
            Field::RecordContent => passthrough.record_content = text,
            Field::SpaceId => passthrough.space_id = text,
            Field::TranscodeTemplates => passthrough.transcode_templates = text,
            Field::Unknown => {
                passthrough.unknown = if let Value::Json(fields) = value { fields } else { BTreeMap::new() };
            }
        }
    }

    /// The fields that are set, in [`Field::ALL`] order.
    pub fn set_fields(&self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|field| !self.get(*field).is_empty()).collect()
    }

    /// The fields in which two normalized configurations differ, in [`Field::ALL`] order.
    pub fn differences(&self, other: &RecordConfig) -> Vec<Field> {
        Field::ALL.into_iter().filter(|field| !self.get(*field).same(*field, &other.get(*field))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> RecordConfig {
        RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() }
    }

    #[test]
    fn the_compose_group_counts_only_while_auto_compose_is_on() {
        let stale = RecordConfig { compose_vod_transcode_group: Some("c".into()), ..config() };
        assert_eq!(stale.clone().normalized().differences(&config()), []);
        let on = RecordConfig { auto_compose: true, ..stale }.normalized();
        assert_eq!(on.differences(&config()), [Field::AutoCompose, Field::ComposeVodTranscodeGroup]);
    }

    #[test]
    fn laying_over_keeps_what_yaml_does_not_manage() {
        let passthrough = Passthrough { delay_time: Some(180), ..Passthrough::default() };
        let remote = RecordConfig { storage_location: Some("bucket".into()), passthrough, ..config() };
        assert_eq!(config().laid_over(&remote), remote);
        let wanted = RecordConfig { storage_location: Some("other".into()), ..config() };
        assert_eq!(wanted.laid_over(&remote).differences(&remote), [Field::StorageLocation]);
    }

    #[test]
    fn what_was_got_can_be_set() {
        let passthrough = Passthrough {
            delay_time: Some(180),
            record_content: Some("transcode".into()),
            space_id: Some("app-1".into()),
            transcode_templates: Some("a,b".into()),
            unknown: BTreeMap::from([("New".into(), 1.into())]),
        };
        let full = RecordConfig {
            vod_transcode_group: "g".into(),
            cycle_duration: 900,
            auto_compose: true,
            compose_vod_transcode_group: Some("c".into()),
            on_demand: 7,
            storage_location: Some("bucket".into()),
            passthrough,
        };
        for (from, to) in [(config(), full.clone()), (full, config())] {
            let mut copy = from;
            for field in Field::ALL {
                copy.set(field, to.get(field));
            }
            assert_eq!(copy, to);
        }
    }

    #[test]
    fn templates_are_a_set() {
        let with = |text: &str| {
            let passthrough =
                Passthrough { transcode_templates: Some(text.into()), ..Passthrough::default() };
            RecordConfig { passthrough, ..config() }
        };
        assert_eq!(with("a,b").differences(&with("b, a")), []);
        assert_eq!(with("a,b").differences(&with("b,c")), [Field::TranscodeTemplates]);
    }
}
