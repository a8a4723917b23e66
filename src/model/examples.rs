//! Configurations for the tests of this module.

use std::collections::BTreeMap;

use super::{Format, FormatSettings, Process, RecordConfig, words};

pub(super) fn config() -> RecordConfig {
    RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() }
}

pub(super) fn by_format(formats: impl IntoIterator<Item = (Format, FormatSettings)>) -> RecordConfig {
    RecordConfig { record_format: Some(formats.into_iter().collect()), ..RecordConfig::default() }
}

pub(super) fn full_format() -> FormatSettings {
    FormatSettings {
        process: Some(Process::Transcode("g".into())),
        slice_duration: Some(10),
        auto_compose: Some(true),
        video: Some(words("origin,compose")),
        tags: Some("gala".into()),
        unknown: BTreeMap::new(),
    }
}
