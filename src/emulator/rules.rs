//! Turns parameters into their meaning, or into the refusal that the documents specify.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::quirks::{ComposeOffGroup, ComposeRule, Names, ShapeChange, UpdateOmitted};
use super::refusal::Refusal;
use super::settings::{Settings, storage_region};
use crate::model::{
    Address, EVERY, Field, Form, Format, Formats, Part, Process, RecordConfig, StreamSpelling, Value,
    domain_error, name_error, words,
};
use crate::wire::read_formats;

/// Seconds (API: SliceDuration).
const SLICE_DURATION: RangeInclusive<u32> = 5..=30;

/// The words of VideoProcess.
const VIDEO: [&str; 2] = ["origin", "compose"];

const PAGE_SIZE: RangeInclusive<u32> = 5..=100;

/// The parameters of one call. Unknown ones are ignored, empty ones count as missing.
pub(super) struct Params<'a>(pub(super) &'a BTreeMap<String, String>);

impl<'a> Params<'a> {
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&'a str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.text(name).map(|text| text.parse().map_err(|_| Refusal::malformed(name))).transpose()
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

    /// What Add and Update have in common. Parameters that are left out are as in `standing` if the service keeps them,
    /// else their documented defaults.
    pub(super) fn recording(
        &self,
        settings: &Settings,
        standing: Option<&RecordConfig>,
    ) -> Result<RecordConfig, Refusal> {
        let kept = standing.filter(|_| settings.quirks.update_omitted == UpdateOmitted::Keep);
        let mut config = kept.cloned().unwrap_or_default();
        config.record_format = self.shape(settings, standing, kept)?;
        // By-format configurations ignore the classic parameters.
        let groups = match config.record_format {
            None => self.groups(settings, standing)?,
            Some(_) => RecordConfig::default(),
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
        Ok(config)
    }

    /// The formats of the configuration, as the call and the standing configuration make it; `None` for a classic one.
    /// An Update can't change the set of formats.
    fn shape(
        &self,
        settings: &Settings,
        standing: Option<&RecordConfig>,
        kept: Option<&RecordConfig>,
    ) -> Result<Option<Formats>, Refusal> {
        let sent = self.record_formats(settings)?;
        let Some(standing) = standing else { return Ok(sent) };
        match (sent, &standing.record_format, settings.quirks.shape_change) {
            (None, None, _) => Ok(None),
            (Some(_), None, ShapeChange::Ignored) => Ok(None),
            (Some(sent), None, ShapeChange::Converts) => Ok(Some(sent)),
            (Some(_), None, ShapeChange::Refused) => Err(Refusal::malformed("RecordFormat")),
            (None, Some(_), ShapeChange::Converts) if self.text("VodTranscodeGroupId").is_some() => Ok(None),
            (None, Some(_), ShapeChange::Refused) if self.text("VodTranscodeGroupId").is_some() => {
                Err(Refusal::malformed("RecordFormat"))
            }
            (None, Some(held), _) => Ok(Some(held.clone())),
            (Some(sent), Some(held), _) if !sent.keys().eq(held.keys()) => {
                Err(Refusal::malformed("RecordFormat"))
            }
            (Some(sent), Some(_), _) => Ok(Some(filled_up(sent, kept))),
        }
    }

    /// Sets a field's value if the call has one.
    fn put(&self, field: Field, config: &mut RecordConfig) -> Result<(), Refusal> {
        let Some(name) = field.api() else { return Ok(()) };
        let value = match field.form() {
            Form::Group | Form::Bucket | Form::Id | Form::Text => {
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
            Form::Words(known) => match self.text(name).map(words) {
                Some(sent) if !is_list_of(&sent, known) => return Err(Refusal::malformed(name)),
                sent => sent.map(Value::Set),
            },
            Form::Templates => {
                let names: BTreeSet<String> = self.list(name).into_iter().collect();
                (!names.is_empty()).then_some(Value::Set(names))
            }
            Form::Process | Form::Formats | Form::Bare | Form::Json => None,
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

    /// The formats of the call; `None` if it has none. Refuses what the documents rule out.
    fn record_formats(&self, settings: &Settings) -> Result<Option<Formats>, Refusal> {
        let malformed = || Refusal::malformed("RecordFormat");
        let items = self.objects("RecordFormat");
        if !items.iter().all(is_good_format) {
            return Err(malformed());
        }
        let items: Vec<Json> = items.into_iter().map(Json::from_iter).collect();
        let read = read_formats(&Json::Array(items)).map_err(|_| malformed())?;
        let processes = read.iter().flatten().filter_map(|(_, one)| one.process.as_ref());
        if !processes.filter_map(Process::group).all(|group| settings.has_transcode_group(group)) {
            return Err(Refusal::transcode_group_not_found());
        }
        Ok(read)
    }

    /// Sets what only Add accepts.
    pub(super) fn put_fixed(&self, settings: &Settings, config: &mut RecordConfig) -> Result<(), Refusal> {
        if let Some(host) = self.text("StorageLocation") {
            if !settings.has_storage_location(host) {
                return Err(Refusal::storage_not_found());
            }
            let domain = self.domain(settings)?;
            let known = [self.text("RegionId"), settings.known_region_of(&domain)];
            let held = storage_region(host);
            if known.into_iter().flatten().any(|region| held.is_some_and(|held| held != region)) {
                return Err(Refusal::storage_region());
            }
        }
        let space = self.text("SpaceId");
        if space.is_some_and(|space| !settings.has_app_space(space)) {
            return Err(Refusal::malformed("SpaceId"));
        }
        let content = self.text("RecordContent").map(words).unwrap_or_default();
        if content.contains("transcode") && self.list("TranscodeTemplates").is_empty() {
            return Err(Refusal::missing("TranscodeTemplates"));
        }
        Field::ALL.into_iter().filter(|field| field.needs_add()).try_for_each(|field| self.put(field, config))
    }
}

/// Whether the values of one item are documented ones. Whether the items agree with each other is another question.
fn is_good_format(item: &BTreeMap<String, String>) -> bool {
    let sent = |name: &str| item.get(name).map(String::as_str);
    let slice = |text: &str| text.parse().is_ok_and(|slice| SLICE_DURATION.contains(&slice));
    let is_m3u8 = sent("Format") == Some(Format::M3u8.name());
    sent("AutoCompose").is_none_or(|switch| matches!(switch, "ON" | "OFF"))
        && sent("SliceDuration").is_none_or(|text| is_m3u8 && slice(text))
        && sent("VideoProcess").is_none_or(|text| is_list_of(&words(text), &VIDEO))
}

/// Whether a list has words, and only such.
fn is_list_of(sent: &BTreeSet<String>, known: &[&str]) -> bool {
    !sent.is_empty() && sent.iter().all(|word| known.contains(&word.as_str()))
}

/// What an item leaves out, as in the standing configuration, if the service keeps that.
fn filled_up(mut sent: Formats, kept: Option<&RecordConfig>) -> Formats {
    let Some(held) = kept.and_then(|kept| kept.record_format.as_ref()) else { return sent };
    for (format, one) in &mut sent {
        let Some(held) = held.get(format) else { continue };
        for part in Part::ALL {
            if one.get(part) == Value::Unset {
                one.set(part, held.get(part));
            }
        }
    }
    sent
}
