//! What VOD holds of the streams: derived from the connections, the configurations that they began under, and the time.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::publish::Publish;
use super::quirks::{
    Interruptions, MergeLimit, MergedRecordings, Quirks, RecordStart, RecordingsLag, TranscodedNames,
};
use super::settings::Settings;
use super::streams::Stream;
use crate::model::{Format, Period, Process, RecordConfig};
use crate::wire::hex;

/// The most parts that are merged.
const MOST_MERGED: usize = 40;

/// How late recordings are listed, and how late they say that they began, where the service is so.
const LAG: SignedDuration = SignedDuration::from_mins(15);
const START: SignedDuration = SignedDuration::from_secs(60);

/// One recording.
#[derive(Debug, Clone)]
pub(super) struct Recording<'a> {
    /// The connection that it begins with.
    pub(super) publish: &'a Publish,
    /// When the stream began whose recordings belong together.
    stream_began: Timestamp,
    layer: Layer<'a>,
    /// What it holds, as the service says.
    pub(super) period: Period,
    /// When it was listed first.
    pub(super) listed: Timestamp,
    /// When this part began; `None` if it was merged from parts.
    part: Option<Timestamp>,
    own_name: bool,
}

/// One of the recordings that are made of every moment of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layer<'a> {
    /// `None` in a classic configuration.
    format: Option<Format>,
    /// The live transcode template, of a transcoded stream.
    template: Option<&'a str>,
    /// Whether the parts are merged.
    is_merged: bool,
}

impl Recording<'_> {
    /// The stream that it is listed under.
    pub(super) fn stream(&self) -> String {
        let stream = &self.publish.address.stream;
        match self.layer.template.filter(|_| self.own_name) {
            Some(template) => transcoded_name(stream, template),
            None => stream.to_string(),
        }
    }

    /// The same in every run, and another one for every recording.
    pub(super) fn id(&self) -> String {
        let part = self.part.map(|began| began.as_second().to_string());
        self.hash(part.as_deref().unwrap_or("merged"))
    }

    /// The same for all recordings of one stream in one format.
    pub(super) fn playlist_id(&self) -> String {
        self.hash("playlist")
    }

    fn hash(&self, which: &str) -> String {
        let Layer { format, template, is_merged: _ } = self.layer;
        let format = format.map_or("", Format::name);
        let key = (self.publish.address.to_string(), self.stream_began.as_second(), format, template, which);
        hex(&Sha256::digest(format!("{key:?}")))[..32].to_owned()
    }
}

/// The name of a transcoded stream.
pub(super) fn transcoded_name(stream: &str, template: &str) -> String {
    format!("{stream}_{template}")
}

/// The recordings of streams that are listed by `now`.
pub(super) fn recordings<'a>(
    streams: &[Stream<'a>],
    now: Timestamp,
    settings: &Settings,
) -> Vec<Recording<'a>> {
    let mut recordings = Vec::new();
    for stream in streams {
        let Some(config) = stream.config() else { continue };
        for layer in layers(stream.first, config, settings) {
            recordings.extend(of_layer(stream, config, layer, now, settings.quirks));
        }
    }
    recordings
}

/// What is recorded of every moment of a stream.
fn layers<'a>(first: &'a Publish, config: &'a RecordConfig, settings: &Settings) -> Vec<Layer<'a>> {
    if config.on_demand != 0 && !first.asked {
        return Vec::new();
    }
    let content = config.record_content.as_ref();
    let has = |word: &str| content.is_some_and(|content| content.contains(word));
    let source = content.is_none_or(|content| content.is_empty() || content.contains("raw"));
    // With OnDemand 2, only the source stream is recorded.
    let is_transcoded = has("transcode") && config.on_demand != 2;
    let wanted = |template: &&String| {
        is_transcoded && config.transcode_templates.as_ref().is_some_and(|all| all.contains(*template))
    };
    let templates = first.templates.iter().filter(wanted).map(|template| Some(template.as_str()));
    let streams: Vec<Option<&str>> = source.then_some(None).into_iter().chain(templates).collect();
    let formats = formats(config, settings);
    let layer = |(format, is_merged): &(Option<Format>, bool)| {
        let (format, is_merged) = (*format, *is_merged);
        streams
            .iter()
            .map(move |template| Layer { format, template: *template, is_merged })
            .collect::<Vec<_>>()
    };
    formats.iter().flat_map(layer).collect()
}

/// The formats, each with whether its parts are merged. Nothing is recorded without its transcode group.
fn formats(config: &RecordConfig, settings: &Settings) -> Vec<(Option<Format>, bool)> {
    let Some(formats) = &config.record_format else {
        let exists = settings.has_transcode_group(&config.vod_transcode_group);
        return exists.then_some((None, config.auto_compose)).into_iter().collect();
    };
    let group = |process: &Option<Process>| process.as_ref().and_then(Process::group).map(str::to_owned);
    let exist = formats
        .iter()
        .filter(|(_, one)| group(&one.process).is_none_or(|group| settings.has_transcode_group(&group)));
    exist.map(|(format, one)| (Some(*format), one.auto_compose == Some(true))).collect()
}

/// The recordings of one layer of a stream that are listed.
fn of_layer<'a>(
    stream: &Stream<'a>,
    config: &RecordConfig,
    layer: Layer<'a>,
    now: Timestamp,
    quirks: Quirks,
) -> Vec<Recording<'a>> {
    let parts = parts(stream, config, now, quirks);
    let recording = |part: Option<Timestamp>, publish, period: Period, ended| Recording {
        publish,
        stream_began: stream.first.began,
        layer,
        period: shown(period, quirks),
        listed: listed(ended, quirks),
        part,
        own_name: quirks.transcoded_names == TranscodedNames::Own,
    };
    let over = stream.stopped(now).map(|stopped| Period::later(stopped, stream.delay()));
    let (merged, count) = match merged(&parts, layer, quirks).zip(over) {
        Some(((publish, period, count), over)) => (Some(recording(None, publish, period, over)), count),
        None => (None, 0),
    };
    let merged = merged.filter(|merged| merged.listed <= now);
    let replaced =
        if merged.is_some() && quirks.merged_recordings == MergedRecordings::Instead { count } else { 0 };
    let part = |part: &Part<'a>| {
        let Part { publish, period, ended } = *part;
        Some(recording(Some(period.from), publish, period, ended?))
    };
    let parts = parts.iter().skip(replaced).filter_map(part);
    let listed = parts.filter(|part| part.listed <= now);
    let merged = merged.filter(|_| quirks.merged_recordings != MergedRecordings::NotListed);
    listed.chain(merged).collect()
}

/// The first connection, the period and the number of the parts that are merged.
fn merged<'a>(parts: &[Part<'a>], layer: Layer<'_>, quirks: Quirks) -> Option<(&'a Publish, Period, usize)> {
    let fails = parts.len() > MOST_MERGED && quirks.merge_limit == MergeLimit::Fails;
    let parts = &parts[..parts.len().min(MOST_MERGED)];
    let (first, last) = (parts.first()?, parts.last()?);
    let period = Period::new(first.period.from, last.period.to);
    (layer.is_merged && !fails).then_some((first.publish, period, parts.len()))
}

/// One part of a stream.
struct Part<'a> {
    publish: &'a Publish,
    period: Period,
    /// When it was full, or nobody waited for the rest of it any longer; `None` while that is open.
    ended: Option<Timestamp>,
}

/// A stream, cut into parts of one cycle each.
fn parts<'a>(stream: &Stream<'a>, config: &RecordConfig, now: Timestamp, quirks: Quirks) -> Vec<Part<'a>> {
    let whole = [(stream.first, stream.span(now))];
    let each: Vec<(&Publish, Period)> =
        stream.connections.iter().map(|one| (*one, Period::new(one.began, one.until(now)))).collect();
    let runs = if quirks.interruptions == Interruptions::Cut { &each[..] } else { &whole };
    let cycle = SignedDuration::from_secs(config.cycle_duration.max(1).into());
    let mut parts = Vec::new();
    for (publish, run) in runs {
        let is_open = run.to == stream.span(now).to && stream.stopped(now).is_none();
        let over = (!is_open).then(|| Period::later(run.to, stream.delay()));
        let mut from = run.from;
        while from < run.to {
            let full = Period::later(from, cycle);
            let period = Period::new(from, full.min(run.to));
            let ended = if full <= run.to { Some(full) } else { over };
            let begins_with = each.iter().rev().find(|(_, on_air)| on_air.from <= from);
            let publish = begins_with.map_or(*publish, |(publish, _)| *publish);
            parts.extend(each.iter().any(|(_, on_air)| on_air.overlaps(period)).then_some(Part {
                publish,
                period,
                ended,
            }));
            from = full;
        }
    }
    parts
}

fn shown(period: Period, quirks: Quirks) -> Period {
    let latest = Period::earlier(period.to, SignedDuration::from_secs(1)).max(period.from);
    let from = match quirks.record_start {
        RecordStart::Exact => period.from,
        RecordStart::MinuteLater => Period::later(period.from, START).min(latest),
    };
    Period::new(from, period.to)
}

fn listed(ended: Timestamp, quirks: Quirks) -> Timestamp {
    match quirks.recordings_lag {
        RecordingsLag::None => ended,
        RecordingsLag::QuarterHour => Period::later(ended, LAG),
    }
}
