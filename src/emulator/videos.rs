//! What became of the streams: ListLiveRecordVideo (VOD), DescribeLiveRecordNotifyRecords.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::actions::Accepted;
use super::aired::{period, time, total};
use super::lookups::{accept, cut, page};
use super::publish::Publish;
use super::quirks::{DeletedRecordings, RecordingsDomain};
use super::recordings::{Recording, recordings};
use super::refusal::Refusal;
use super::rules::Params;
use super::settings::Settings;
use super::state::State;
use super::streams::streams;
use crate::wire::{MOST_VIDEOS, NOTIFY_DAYS};

/// ListLiveRecordVideo: of all that a filter finds, the first [`MOST_VIDEOS`] can be reached.
pub(super) fn live_videos(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    let (number, size) = page(params, "PageNo", 1..=u32::MAX, (1..=100, 10))?;
    let from = params.time("StartTime")?.unwrap_or(Timestamp::MIN);
    let to = params.time("EndTime")?.unwrap_or(Timestamp::MAX);
    let domain = params.text("DomainName").map(str::to_ascii_lowercase);
    let domain = domain.as_deref();
    let (app, stream) = params.filter();
    let quirks = settings.quirks;
    let streams = streams(of_streaming_domain(state, domain, settings), now, quirks);
    let mut found = recordings(&streams, now, settings);
    found.retain(|one| {
        domain.is_none_or(|domain| listed_under(one.publish, settings) == domain)
            && app.is_none_or(|app| *one.publish.address.app == *app)
            && stream.is_none_or(|stream| one.stream() == stream)
            && (from..=to).contains(&one.period.from)
    });
    if quirks.deleted_recordings == DeletedRecordings::NotListed && !state.deleted().is_empty() {
        found.retain(|one| !state.deleted().contains(&one.id()));
    }
    found.sort_by_key(|one| (one.listed, one.period.from));
    match params.text("SortBy").unwrap_or("CreationTime:Desc") {
        "CreationTime:Asc" => {}
        "CreationTime:Desc" => found.reverse(),
        _ => return Err(Refusal::malformed("SortBy")),
    }
    let reached = &found[..found.len().min(usize::try_from(MOST_VIDEOS).unwrap_or(usize::MAX))];
    let items: Vec<Value> = cut(reached, number, size).iter().map(|one| item(one, settings)).collect();
    accept(json!({
        "Total": total(found.len(), quirks),
        "LiveRecordVideoList": {"LiveRecordVideo": items},
    }))
}

/// Whether there is a recording with this id that was not deleted.
pub(super) fn has_recording(id: &str, state: &State, settings: &Settings, now: Timestamp) -> bool {
    let streams = streams(state.publishes().all(), now, settings.quirks);
    let exists = recordings(&streams, now, settings).iter().any(|one| one.id() == id);
    exists && !state.deleted().contains(id)
}

/// The connections that may be listed under a domain.
fn of_streaming_domain<'a>(
    state: &'a State,
    domain: Option<&'a str>,
    settings: &Settings,
) -> Box<dyn Iterator<Item = &'a Publish> + 'a> {
    match domain.filter(|_| settings.quirks.recordings_domain == RecordingsDomain::Main) {
        Some(domain) => Box::new(state.publishes().of_domain(domain)),
        None => Box::new(state.publishes().all()),
    }
}

fn listed_under<'a>(publish: &'a Publish, settings: &Settings) -> &'a str {
    match settings.quirks.recordings_domain {
        RecordingsDomain::Main => &publish.address.domain,
        RecordingsDomain::Ingest => &publish.ingest,
    }
}

fn item(one: &Recording<'_>, settings: &Settings) -> Value {
    let quirks = settings.quirks;
    let (stream, created) = (one.stream(), time(one.listed, quirks));
    let group = one.publish.config().map(|config| config.vod_transcode_group.as_str());
    json!({
        "DomainName": listed_under(one.publish, settings),
        "AppName": &*one.publish.address.app,
        "StreamName": stream,
        "PlaylistId": one.playlist_id(),
        "RecordStartTime": time(one.period.from, quirks),
        "RecordEndTime": time(one.period.to, quirks),
        "Video": {
            "VideoId": one.id(),
            "Title": format!("{stream}_{}", time(one.period.from, quirks)),
            "Status": "Normal",
            "Duration": one.period.length().as_secs(),
            "Size": 0,
            "CreationTime": created,
            "ModifyTime": created,
            "TemplateGroupId": group.unwrap_or_default(),
            "CateId": 0,
            "CateName": "",
            "CoverURL": "",
            "Description": "",
            "Tags": "",
            "Snapshots": {"Snapshot": []},
        },
    })
}

/// DescribeLiveRecordNotifyRecords: the notifications that were loaded.
pub(super) fn notify_records(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    let domain = params.domain(settings)?;
    let asked = period(params, NOTIFY_DAYS)?;
    params.required("PageNumber").and(params.required("PageSize"))?;
    let (number, size) = page(params, "PageNumber", 1..=100_000, (1..=500, 500))?;
    let (app, stream) = params.filter();
    let storage = params.text("StorageType").filter(|storage| *storage != "all");
    let wanted = [
        ("AppName", app),
        ("StreamName", stream),
        ("NotifyResult", params.text("Status")),
        ("StorageType", storage),
    ];
    let finds = |record: &&Map<String, Value>| {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let is_in_time = |at: Timestamp| at <= now && asked.from <= at && at <= asked.to;
        text("DomainName").is_some_and(|name| name.eq_ignore_ascii_case(&domain))
            && text("NotifyTime").and_then(|time| time.parse().ok()).is_some_and(is_in_time)
            && wanted.iter().all(|(name, wanted)| wanted.is_none() || text(name) == *wanted)
    };
    let found: Vec<&Map<String, Value>> = state.notifications().iter().filter(finds).collect();
    accept(json!({
        "PageNum": number,
        "PageSize": size,
        "TotalNum": total(found.len(), settings.quirks),
        "TotalPage": found.len().div_ceil(size as usize),
        "Code": "",
        "Msg": "",
        "CallbackList": cut(&found, number, size),
    }))
}
