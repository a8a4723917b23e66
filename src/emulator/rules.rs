//! Turns parameters into their meaning, or into the refusal that the documents specify.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::quirks::{ComposeOffGroup, ComposeRule, Names, UpdateOmitted};
use super::refusal::Refusal;
use super::settings::{Settings, storage_region};
use crate::model::{
    Address, EVERY, Field, Form, RecordConfig, StreamSpelling, Value, domain_error, name_error,
};

const SLICE_DURATION: RangeInclusive<u32> = 5..=30;
const PAGE_SIZE: RangeInclusive<u32> = 5..=100;

/// The allowed values of fields in a `RecordFormat.N`; other fields may have any value.
const RECORD_FORMAT: [(&str, &[&str]); 4] = [
    ("Format", &["m3u8", "flv", "mp4"]),
    ("AutoCompose", &["ON", "OFF"]),
    ("ProcessMethod", &["transcode", "workflow"]),
    ("VideoProcess", &["origin", "compose", "origin,compose"]),
];

/// The fields of each `RecordFormat.N`.
pub(super) type Formats = Vec<BTreeMap<String, String>>;

/// The parameters of one call. Unknown ones are ignored, empty ones count as missing.
pub(super) struct Params<'a>(pub(super) &'a BTreeMap<String, String>);

impl<'a> Params<'a> {
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&'a str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    pub(super) fn number(&self, name: &str, allowed: &RangeInclusive<u32>) -> Result<Option<u32>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| allowed.contains(number));
        number.map(Some).ok_or_else(|| Refusal::malformed(name))
    }

    /// `NAME.1`, `NAME.2` and so on, by number.
    fn list(&self, name: &str) -> Vec<String> {
        self.numbered(name)
            .into_iter()
            .filter(|(_, rest, _)| rest.is_empty())
            .map(|(_, _, text)| text)
            .collect()
    }

    /// `NAME.1.A`, `NAME.1.B`, `NAME.2.A` and so on.
    pub(super) fn objects(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut objects: BTreeMap<u32, BTreeMap<String, String>> = BTreeMap::new();
        for (number, field, text) in self.numbered(name) {
            if !field.is_empty() {
                objects.entry(number).or_default().insert(field, text);
            }
        }
        objects.into_values().collect()
    }

    /// The number, the rest of the name, the value.
    fn numbered(&self, name: &str) -> Vec<(u32, String, String)> {
        let prefix = format!("{name}.");
        let parts = self.0.iter().filter(|(_, text)| !text.is_empty()).filter_map(|(key, text)| {
            let rest = key.strip_prefix(&prefix)?;
            let (number, field) = rest.split_once('.').unwrap_or((rest, ""));
            Some((number.parse().ok()?, field.to_owned(), text.clone()))
        });
        let mut parts: Vec<(u32, String, String)> = parts.collect();
        parts.sort_unstable();
        parts
    }

    /// DomainName; the service stores domains in lower case.
    pub(super) fn domain(&self, settings: &Settings) -> Result<String, Refusal> {
        let domain = self.required("DomainName")?.to_ascii_lowercase();
        let exists = domain_error(&domain).is_none() && settings.has_domain(&domain);
        if exists { Ok(domain) } else { Err(Refusal::domain_not_found()) }
    }

    /// The three names of a write. A missing or empty StreamName is treated as `*`, as the sibling API describes `*`.
    pub(super) fn key(&self, settings: &Settings) -> Result<(Address, StreamSpelling), Refusal> {
        let domain = self.domain(settings)?;
        let app = self.required("AppName")?;
        let (stream, spelling) = match self.0.get("StreamName").map(String::as_str) {
            None => (EVERY, StreamSpelling::Absent),
            Some("") => (EVERY, StreamSpelling::Empty),
            Some(name) => (name, StreamSpelling::Named),
        };
        for (name, text) in [("AppName", app), ("StreamName", stream)] {
            if settings.quirks.names == Names::Documented && name_error(text).is_some() {
                return Err(Refusal::malformed(name));
            }
        }
        Ok((Address::new(domain, app, stream), spelling))
    }

    /// What a listing is restricted to: exactly this AppName, exactly this StreamName.
    pub(super) fn filter(&self) -> (Option<&'a str>, Option<&'a str>) {
        (self.text("AppName"), self.text("StreamName"))
    }

    /// PageNum, from 1, and PageSize.
    pub(super) fn page(&self) -> Result<(u32, u32), Refusal> {
        let number = self.number("PageNum", &(1..=u32::MAX))?.unwrap_or(1);
        Ok((number, self.number("PageSize", &PAGE_SIZE)?.unwrap_or(10)))
    }

    /// What Add and Update have in common, and the formats. Parameters that are left out are as in `standing` if the
    /// service keeps them, else their documented defaults.
    pub(super) fn recording(
        &self,
        settings: &Settings,
        standing: Option<&RecordConfig>,
    ) -> Result<(RecordConfig, Formats), Refusal> {
        let kept = standing.filter(|_| settings.quirks.update_omitted == UpdateOmitted::Keep);
        let mut config = kept.cloned().unwrap_or_default();
        let formats = self.record_formats()?;
        // By-format configurations ignore the classic parameters.
        let groups = match formats.is_empty() {
            true => self.groups(settings, standing)?,
            false => RecordConfig::default(),
        };
        config.vod_transcode_group = groups.vod_transcode_group;
        config.auto_compose = groups.auto_compose;
        config.compose_vod_transcode_group = groups.compose_vod_transcode_group;
        for field in Field::ALL.into_iter().filter(|field| !field.needs_add()) {
            match field {
                Field::VodTranscodeGroup | Field::AutoCompose | Field::ComposeVodTranscodeGroup => {}
                _ => self.put(field, &mut config)?,
            }
        }
        Ok((config, formats))
    }

    /// Sets a field's value if the call has one.
    fn put(&self, field: Field, config: &mut RecordConfig) -> Result<(), Refusal> {
        let Some(name) = field.api() else { return Ok(()) };
        let value = match field.form() {
            Form::Group | Form::Bucket | Form::Text => {
                self.text(name).map(|text| Value::Text(text.to_owned()))
            }
            Form::Seconds { least, most, help: _ } => self.number(name, &(least..=most))?.map(Value::Seconds),
            Form::Choice { values, here: _, help: _ } => {
                let number = self.number(name, &(0..=u8::MAX.into()))?;
                if number.is_some_and(|number| !values.iter().any(|known| u32::from(*known) == number)) {
                    return Err(Refusal::malformed(name));
                }
                number.map(Value::Number)
            }
            Form::Switch => match self.text(name) {
                Some("ON") => Some(Value::Switch(true)),
                Some("OFF") => Some(Value::Switch(false)),
                Some(_) => return Err(Refusal::malformed(name)),
                None => None,
            },
            Form::Templates => Some(self.list(name).join(",")).filter(|ids| !ids.is_empty()).map(Value::Text),
            Form::Json => None,
        };
        if let Some(value) = value {
            config.set(field, value);
        }
        Ok(())
    }

    /// The group for the files, and the group for the merged file if AutoCompose is ON.
    fn groups(&self, settings: &Settings, standing: Option<&RecordConfig>) -> Result<RecordConfig, Refusal> {
        let quirks = settings.quirks;
        let group = self.required("VodTranscodeGroupId")?;
        let compose_group = self.text("ComposeVodTranscodeGroupId");
        let switch = self.text("AutoCompose");
        let together = match (switch, compose_group, quirks.compose_rule) {
            (Some("ON"), given, _) | (None, given, _) => switch.is_some() == given.is_some(),
            (Some("OFF"), _, ComposeRule::OnNeedsGroup) => true,
            (Some("OFF"), given, ComposeRule::BothOrNeither) => given.is_some(),
            (Some(_), _, _) => return Err(Refusal::malformed("AutoCompose")),
        };
        if !together {
            return Err(Refusal::compose_mismatch());
        }
        let is_on = switch == Some("ON");
        let sent = [Some(group), compose_group.filter(|_| is_on)];
        if sent.into_iter().flatten().any(|id| !settings.has_transcode_group(id)) {
            return Err(Refusal::transcode_group_not_found());
        }
        let given = compose_group.map(str::to_owned);
        let stands = standing.and_then(|standing| standing.compose_vod_transcode_group.clone());
        let (auto_compose, compose_vod_transcode_group) = match switch {
            None if quirks.update_omitted == UpdateOmitted::Keep => {
                (standing.is_some_and(|standing| standing.auto_compose), stands)
            }
            _ if is_on => (true, given),
            _ if quirks.compose_off == ComposeOffGroup::Keeps => (false, given.or(stands)),
            _ => (false, None),
        };
        let vod_transcode_group = group.to_owned();
        Ok(RecordConfig {
            vod_transcode_group,
            auto_compose,
            compose_vod_transcode_group,
            ..RecordConfig::default()
        })
    }

    fn record_formats(&self) -> Result<Formats, Refusal> {
        let formats = self.objects("RecordFormat");
        let is_good = |format: &BTreeMap<String, String>| {
            let value_is_good = |(name, allowed): (&str, &[&str])| {
                format.get(name).is_none_or(|value| allowed.contains(&value.as_str()))
            };
            let slice = format.get("SliceDuration").map(|text| text.parse::<u32>());
            format.contains_key("Format")
                && RECORD_FORMAT.into_iter().all(value_is_good)
                && slice.is_none_or(|slice| slice.is_ok_and(|slice| SLICE_DURATION.contains(&slice)))
        };
        if formats.iter().all(is_good) { Ok(formats) } else { Err(Refusal::malformed("RecordFormat")) }
    }

    /// Sets what only Add accepts.
    pub(super) fn put_fixed(&self, settings: &Settings, config: &mut RecordConfig) -> Result<(), Refusal> {
        if let Some(host) = self.text("StorageLocation") {
            if !settings.has_storage_location(host) {
                return Err(Refusal::storage_not_found());
            }
            let regions = (self.text("RegionId"), storage_region(host));
            if matches!(regions, (Some(asked), Some(held)) if asked != held) {
                return Err(Refusal::storage_region());
            }
        }
        match self.text("RecordContent") {
            None | Some("raw") => {}
            Some("transcode" | "raw,transcode") if self.list("TranscodeTemplates").is_empty() => {
                return Err(Refusal::missing("TranscodeTemplates"));
            }
            Some("transcode" | "raw,transcode") => {}
            Some(_) => return Err(Refusal::malformed("RecordContent")),
        }
        Field::ALL.into_iter().filter(|field| field.needs_add()).try_for_each(|field| self.put(field, config))
    }
}
