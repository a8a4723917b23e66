//! Who is and was on air: DescribeLiveStreamsPublishList, DescribeLiveStreamsOnlineList, DescribeLiveDomainMapping.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::{Map, Value, json};

use super::actions::Accepted;
use super::lookups::{accept, cut, page};
use super::publish::Publish;
use super::quirks::{PublishRows, Quirks, RecordingsTimes, RecordingsTotal, StopTime};
use super::recordings::transcoded_name;
use super::refusal::Refusal;
use super::rules::Params;
use super::settings::Settings;
use super::state::State;
use super::streams::streams;
use crate::model::{Period, domain_error};
use crate::wire::{PUBLISH_DAYS, format_time};

/// The numbers of pages of both lists.
const NUMBERS: RangeInclusive<u32> = 1..=100_000;

/// The sizes of pages of both lists, and the usual one.
const SIZES: (RangeInclusive<u32>, u32) = (1..=3000, 2000);

/// The offset of China from UTC, in hours.
const CHINA: i8 = 8;

/// One row of the lists: a stream, or one that was transcoded from it.
struct Row<'a> {
    publish: &'a Publish,
    stream: String,
    template: Option<&'a str>,
    began: Timestamp,
    /// `None` while it is on air.
    ended: Option<Timestamp>,
}

/// DescribeLiveStreamsPublishList.
pub(super) fn publish_list(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    let domain = known_domain(params, state, settings)?;
    let asked = period(params, PUBLISH_DAYS)?;
    let search = Search::read(params, "raw")?;
    let (number, size) = page(params, "PageNumber", NUMBERS, SIZES)?;
    let kept = Period::earlier(now, SignedDuration::from_hours(24 * PUBLISH_DAYS));
    let since = asked.from.max(kept);
    let mut rows = rows(state, &domain, settings.quirks, now);
    rows.retain(|row| row.began <= asked.to && row.ended.is_none_or(|ended| ended >= since));
    rows.retain(|row| search.finds(row));
    sort(&mut rows, params.text("OrderBy").unwrap_or("publish_time_asc"))?;
    let items = cut(&rows, number, size).iter().map(|row| published(row, settings.quirks, now)).collect();
    listed("PublishInfo", "LiveStreamPublishInfo", items, (number, size, rows.len()), settings.quirks)
}

/// DescribeLiveStreamsOnlineList.
pub(super) fn online_list(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    let domain = params.domain(settings)?;
    let search = Search::read(params, "all")?;
    let is_short = match params.text("OnlyStream") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(Refusal::malformed("OnlyStream")),
    };
    let (number, size) = page(params, "PageNum", NUMBERS, SIZES)?;
    let mut rows =
        rows(state, &domain, Quirks { publish_rows: PublishRows::Connection, ..settings.quirks }, now);
    rows.retain(|row| row.ended.is_none() && search.finds(row));
    let items = cut(&rows, number, size).iter().map(|row| online(row, is_short, settings.quirks)).collect();
    listed("OnlineInfo", "LiveStreamOnlineInfo", items, (number, size, rows.len()), settings.quirks)
}

/// DescribeLiveDomainMapping: a domain, and those of the other kind that belong to it.
pub(super) fn domain_mapping(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
) -> Result<Accepted, Refusal> {
    let domain = known_domain(params, state, settings)?;
    let given = settings.domain_mapping.iter();
    let given =
        given.flat_map(|(ingest, all)| all.iter().map(|streaming| (ingest.as_str(), streaming.as_str())));
    let seen = state.publishes().all().map(|one| (one.ingest.as_str(), &*one.address.domain));
    let pairs: BTreeSet<(&str, &str)> = given
        .chain(seen)
        .filter(|(ingest, streaming)| [*ingest, *streaming].contains(&domain.as_str()))
        .collect();
    let is_ingest = settings.ingest_domains.contains(&domain) || pairs.iter().any(|pair| pair.0 == domain);
    let is_streaming = !is_ingest || pairs.iter().any(|pair| pair.1 == domain);
    let own = [(is_ingest, "publish"), (is_streaming, "vhost")];
    let own = own.into_iter().filter(|(is, _)| *is).map(|(_, kind)| (domain.as_str(), kind));
    let both = pairs.iter().flat_map(|(ingest, streaming)| [(*ingest, "publish"), (*streaming, "vhost")]);
    let models: BTreeSet<(&str, &str)> = own.chain(both).collect();
    let models: Vec<Value> =
        models.into_iter().map(|(name, kind)| json!({"DomainName": name, "Type": kind})).collect();
    accept(json!({"LiveDomainModels": {"LiveDomainModel": models}}))
}

/// DomainName, which may also be an ingest domain here.
fn known_domain(params: &Params<'_>, state: &State, settings: &Settings) -> Result<String, Refusal> {
    let domain = params.required("DomainName")?.to_ascii_lowercase();
    let is_ingest = settings.ingest_domains.contains(&domain)
        || settings.domain_mapping.contains_key(&domain)
        || state.publishes().all().any(|publish| publish.ingest == domain);
    let exists = domain_error(&domain).is_none() && (settings.has_domain(&domain) || is_ingest);
    if exists { Ok(domain) } else { Err(Refusal::domain_not_found()) }
}

/// StartTime and EndTime, both required.
pub(super) fn period(params: &Params<'_>, most_days: i64) -> Result<Period, Refusal> {
    let time = |name: &str| params.time(name)?.ok_or_else(|| Refusal::missing(name));
    let (from, to) = (time("StartTime")?, time("EndTime")?);
    let is_good = from <= to && to.duration_since(from) <= SignedDuration::from_hours(24 * most_days);
    if is_good { Ok(Period::new(from, to)) } else { Err(Refusal::period_mismatch()) }
}

/// Every stream that was on air on a domain of either kind, each followed by those that were transcoded from it.
fn rows<'a>(state: &'a State, domain: &str, quirks: Quirks, now: Timestamp) -> Vec<Row<'a>> {
    let is_here = |publish: &&Publish| [&*publish.address.domain, &publish.ingest].contains(&domain);
    let publishes = state.publishes().all().filter(is_here);
    let spans: Vec<(&Publish, Timestamp, Option<Timestamp>)> = match quirks.publish_rows {
        PublishRows::Connection => publishes
            .filter(|one| one.began <= now)
            .map(|one| (one, one.began, (!one.is_on_air(now)).then(|| one.until(now))))
            .collect(),
        PublishRows::Stream => streams(publishes, now, quirks)
            .iter()
            .map(|stream| (stream.first, stream.first.began, stream.stopped(now)))
            .collect(),
    };
    let with_transcoded = |(publish, began, ended): (&'a Publish, Timestamp, Option<Timestamp>)| {
        let source = &publish.address.stream;
        let row = move |stream, template| Row { publish, stream, template, began, ended };
        let transcoded = publish.templates.iter().map(move |template| {
            row(transcoded_name(&publish.address.stream, template), Some(template.as_str()))
        });
        [row(source.to_string(), None)].into_iter().chain(transcoded)
    };
    spans.into_iter().flat_map(with_transcoded).collect()
}

/// Sorts rows as OrderBy says.
fn sort(rows: &mut [Row<'_>], order: &str) -> Result<(), Refusal> {
    match order {
        "publish_time_asc" => rows.sort_by_key(|row| row.began),
        "publish_time_desc" => rows.sort_by_key(|row| Reverse(row.began)),
        "stream_name_asc" => rows.sort_by(|one, other| one.stream.cmp(&other.stream)),
        "stream_name_desc" => rows.sort_by(|one, other| other.stream.cmp(&one.stream)),
        _ => return Err(Refusal::malformed("OrderBy")),
    }
    Ok(())
}

/// What both lists select.
struct Search<'a> {
    app: Option<&'a str>,
    stream: Option<&'a str>,
    is_strict: bool,
    raw: bool,
    transcoded: bool,
}

impl<'a> Search<'a> {
    /// `usual` is the StreamType of a call that has none.
    fn read(params: &Params<'a>, usual: &str) -> Result<Self, Refusal> {
        let (app, stream) = params.filter();
        let is_strict = match params.text("QueryType") {
            None | Some("fuzzy") => false,
            Some("strict") => true,
            Some(_) => return Err(Refusal::malformed("QueryType")),
        };
        let (raw, transcoded) = match params.text("StreamType").unwrap_or(usual) {
            "all" => (true, true),
            "raw" => (true, false),
            "trans" => (false, true),
            _ => return Err(Refusal::malformed("StreamType")),
        };
        Ok(Self { app, stream, is_strict, raw, transcoded })
    }

    fn finds(&self, row: &Row<'_>) -> bool {
        let matches = |asked: Option<&str>, name: &str| {
            asked.is_none_or(|asked| if self.is_strict { name == asked } else { name.contains(asked) })
        };
        let is_wanted = if row.template.is_some() { self.transcoded } else { self.raw };
        is_wanted && matches(self.app, &row.publish.address.app) && matches(self.stream, &row.stream)
    }
}

/// What both lists say of a stream.
fn row(row: &Row<'_>, quirks: Quirks) -> Map<String, Value> {
    let Row { publish, stream, template, began, ended: _ } = row;
    let Publish { address, ingest, .. } = publish;
    let app = &address.app;
    let fields = [
        ("DomainName", Value::from(&*address.domain)),
        ("AppName", (&**app).into()),
        ("StreamName", stream.as_str().into()),
        ("PublishTime", time(*began, quirks).into()),
        ("PublishDomain", ingest.as_str().into()),
        ("PublishUrl", format!("rtmp://{ingest}/{app}/{stream}").into()),
        ("PublishType", "edge".into()),
        ("Transcoded", if template.is_some() { "yes" } else { "no" }.into()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn published(one: &Row<'_>, quirks: Quirks, now: Timestamp) -> Value {
    let mut fields = row(one, quirks);
    let stopped = match (one.ended, quirks.stop_time) {
        (Some(ended), _) => Some(time(ended, quirks)),
        (None, StopTime::Absent) => None,
        (None, StopTime::Empty) => Some(String::new()),
        (None, StopTime::Now) => Some(time(now, quirks)),
    };
    let address = &one.publish.address;
    let more = [
        ("StopTime", stopped),
        ("StreamUrl", Some(format!("rtmp://{}/{}/{}", address.domain, address.app, one.stream))),
        ("TranscodeId", one.template.map(str::to_owned)),
        // Addresses that are kept for documents.
        ("ClientAddr", Some("192.0.2.1".to_owned())),
        ("EdgeNodeAddr", Some("198.51.100.1".to_owned())),
    ];
    fields.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    Value::Object(fields)
}

fn online(one: &Row<'_>, is_short: bool, quirks: Quirks) -> Value {
    let mut fields = row(one, quirks);
    if is_short {
        fields.retain(|name, _| {
            ["DomainName", "AppName", "StreamName", "PublishTime"].contains(&name.as_str())
        });
        return Value::Object(fields);
    }
    let more = json!({
        "ClientIp": "192.0.2.1",
        "ServerIp": "198.51.100.1",
        "FrameRate": 25,
        "Width": 1920,
        "Height": 1080,
        "VideoCodecId": 7,
        "VideoDataRate": 4000,
        "AudioCodecId": 10,
        "AudioDataRate": 128,
    });
    fields.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(fields)
}

/// A page of a list of Live.
fn listed(
    name: &str,
    item: &str,
    items: Vec<Value>,
    (number, size, count): (u32, u32, usize),
    quirks: Quirks,
) -> Result<Accepted, Refusal> {
    accept(json!({
        "PageNum": number,
        "PageSize": size,
        "TotalNum": total(count, quirks),
        "TotalPage": count.div_ceil(size as usize),
        name: {item: items},
    }))
}

/// A total count as these lists write it.
pub(super) fn total(count: usize, quirks: Quirks) -> Value {
    match quirks.recordings_total {
        RecordingsTotal::Number => count.into(),
        RecordingsTotal::Text => count.to_string().into(),
    }
}

/// A time as these lists write it.
pub(super) fn time(time: Timestamp, quirks: Quirks) -> String {
    match quirks.recordings_times {
        RecordingsTimes::Utc => format_time(time),
        RecordingsTimes::Offset => {
            let local = Offset::constant(CHINA).to_datetime(time);
            format!("{}+{CHINA:02}:00", local.strftime("%Y-%m-%dT%H:%M:%S"))
        }
    }
}
