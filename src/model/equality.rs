//! When two configurations are the same, and what of one is kept when another is laid over it.

use super::{Field, RecordConfig};

impl RecordConfig {
    /// The same settings under the equality rules, for comparing, hashing and showing.
    ///
    /// The compose group counts only while `auto_compose` is on; beside formats, neither group nor `auto_compose` counts.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        if self.record_format.is_some() {
            self.vod_transcode_group = String::new();
            self.auto_compose = false;
        }
        if !self.auto_compose {
            self.compose_vod_transcode_group = None;
        }
        self
    }

    /// This desired configuration laid over `remote`: fields that are not set here, and what no file manages, come from
    /// `remote`. Normalized.
    #[must_use]
    pub fn laid_over(&self, remote: &RecordConfig) -> Self {
        let mut laid = Self { unknown: remote.unknown.clone(), ..self.clone() };
        for field in Field::MANAGED.into_iter().filter(|field| !self.has(*field) && remote.has(*field)) {
            match field {
                // Whether there are formats is declared: a group says that there are none.
                Field::VodTranscodeGroup | Field::RecordFormat => {}
                _ => laid.set(field, remote.get(field)),
            }
        }
        if let Some(formats) = &mut laid.record_format {
            let held = remote.record_format.as_ref();
            for (format, settings) in formats.iter_mut() {
                let held = held.and_then(|held| held.get(format));
                *settings = std::mem::take(settings).laid_over(held);
            }
        }
        laid.normalized()
    }

    /// In what two normalized configurations differ, in the order of [`Field::leaves`].
    pub fn differences(&self, other: &RecordConfig) -> Vec<Field> {
        if self == other {
            return Vec::new();
        }
        let differs = |field: &Field| {
            if self.holds_the_same(other, *field) {
                return false;
            }
            let (one, two) = (self.get(*field), other.get(*field));
            match field {
                // What a format implies means nothing where there is no such format.
                Field::Part(format, _)
                    if self.format(*format).is_some() != other.format(*format).is_some() =>
                {
                    one != two
                }
                _ => !field.are_same(&one, &two),
            }
        };
        match self.is_by_format() || other.is_by_format() {
            true => Field::leaves().filter(differs).collect(),
            false => Field::ALL.into_iter().filter(differs).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::examples::{by_format, config, full_format};
    use super::super::{Format, FormatSettings, Part, Process, words};
    use super::*;

    #[test]
    fn the_compose_group_counts_only_while_auto_compose_is_on() {
        let stale = RecordConfig { compose_vod_transcode_group: Some("c".into()), ..config() };
        assert_eq!(stale.clone().normalized().differences(&config()), []);
        let on = RecordConfig { auto_compose: true, ..stale }.normalized();
        assert_eq!(on.differences(&config()), [Field::AutoCompose, Field::ComposeVodTranscodeGroup]);
    }

    #[test]
    fn laying_over_keeps_what_is_not_written() {
        let remote =
            RecordConfig { storage_location: Some("bucket".into()), delay_time: Some(300), ..config() };
        assert_eq!(config().laid_over(&remote), remote);
        let wanted = RecordConfig { storage_location: Some("other".into()), ..config() };
        assert_eq!(wanted.laid_over(&remote).differences(&remote), [Field::StorageLocation]);
    }

    #[test]
    fn laying_over_keeps_what_a_format_does_not_write() {
        let remote = by_format([(Format::M3u8, full_format()), (Format::Mp4, full_format())]);
        let one = FormatSettings { slice_duration: Some(20), ..FormatSettings::default() };
        let laid = by_format([(Format::M3u8, one)]).laid_over(&remote);
        let slice = Field::Part(Format::M3u8, Part::SliceDuration);
        let gone = Part::ALL.map(|part| Field::Part(Format::Mp4, part));
        let expected: Vec<Field> = [slice, Field::Format(Format::Mp4)].into_iter().chain(gone).collect();
        assert_eq!(laid.differences(&remote), expected);
        assert_eq!(config().laid_over(&remote), config(), "a classic configuration takes no formats over");
    }

    #[test]
    fn what_the_service_fills_in_is_no_difference() {
        let filled = FormatSettings {
            process: Some(Process::Nothing),
            slice_duration: Some(30),
            auto_compose: Some(false),
            video: Some(words("origin")),
            tags: Some(String::new()),
            unknown: BTreeMap::from([("New".into(), false.into())]),
        };
        let bare = by_format([(Format::M3u8, FormatSettings::default())]);
        let full = RecordConfig {
            delay_time: Some(180),
            record_content: Some(words("raw")),
            transcode_templates: Some(BTreeSet::new()),
            space_id: Some("app-1000000".into()),
            unknown: BTreeMap::from([("New".into(), 0.into()), ("Newer".into(), "".into())]),
            ..by_format([(Format::M3u8, filled)])
        };
        assert_eq!((bare.differences(&full), full.differences(&bare)), (vec![], vec![]));
        let none = by_format([]);
        assert_eq!(none.differences(&full)[0], Field::Format(Format::M3u8));
        assert_eq!(none.differences(&full).len(), 6, "beside no such format, each of its settings counts");
    }

    /// The service may list with each configuration what belongs to the answer.
    #[test]
    fn fields_of_the_answer_say_nothing() {
        let with = |id: &str| RecordConfig { unknown: [("RequestId".into(), id.into())].into(), ..config() };
        assert_eq!(with("R1").differences(&with("R2")), []);
        assert_eq!(with("R1").differences(&config()), []);
    }

    #[test]
    fn templates_are_a_set() {
        let with = |text: &str| RecordConfig { transcode_templates: Some(words(text)), ..config() };
        assert_eq!(with("a,b").differences(&with("b, a")), []);
        assert_eq!(with("a,b").differences(&with("b,c")), [Field::TranscodeTemplates]);
    }
}
