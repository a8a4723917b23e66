//! Who published when (Live), and which recordings there are (VOD). Each call has its parser beside it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::inquiry::{items, object, text};
use super::sign::format_time;
use super::{Inquiry, Product};
use crate::model::{Notification, Period, Publish, Video};

/// The action of [`publish_list`].
pub const PUBLISH_LIST: &str = "DescribeLiveStreamsPublishList";

/// The action of [`online_list`].
pub const ONLINE_LIST: &str = "DescribeLiveStreamsOnlineList";

/// The action of [`notify_records`].
pub const NOTIFY_RECORDS: &str = "DescribeLiveRecordNotifyRecords";

/// The action of [`domain_mapping`].
pub const DOMAIN_MAPPING: &str = "DescribeLiveDomainMapping";

/// The action of [`live_videos`].
pub const LIVE_VIDEOS: &str = "ListLiveRecordVideo";

/// Rows per page of the publish list; the most that the service allows is 3,000 (API: PageSize, 1..=3000).
const PUBLISH_PAGE: u32 = 2000;

/// Rows per page of the streams on air (API: PageSize, 1..=3000).
const ONLINE_PAGE: u32 = 2000;

/// Notifications per page; the most that the service allows (API: PageSize, 1..=500).
const NOTIFY_PAGE: u32 = 500;

/// How far notifications reach back.
pub const NOTIFY_DAYS: i64 = 7;

/// Recordings per page; the most that the service allows (API: PageSize, 1..=100).
const VIDEO_PAGE: u32 = 100;

/// The most recordings that one filter reaches.
pub const MOST_VIDEOS: u64 = 5000;

/// How often the publish list may be asked for (documented limit).
pub const PUBLISHES_PER_SECOND: u32 = 3;

/// The longest period of one publish list, and how far it reaches back.
pub const PUBLISH_DAYS: i64 = 30;

/// Lists page `page` (from 1) of what was published on a domain in a period of [`PUBLISH_DAYS`] at most, the earliest first
/// (Live: DescribeLiveStreamsPublishList). `transcoded` lists the transcoded streams too.
pub fn publish_list(domain: &str, period: Period, transcoded: bool, page: u32) -> Inquiry {
    let params = [
        ("DomainName", domain.to_owned()),
        ("StartTime", format_time(period.from)),
        ("EndTime", format_time(period.to)),
        ("StreamType", if transcoded { "all" } else { "raw" }.to_owned()),
        ("OrderBy", "publish_time_asc".to_owned()),
        ("PageNumber", page.to_string()),
        ("PageSize", PUBLISH_PAGE.to_string()),
    ];
    Inquiry::new(Product::Live, PUBLISH_LIST, params)
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Its items, in the service's order.
    pub items: Vec<T>,
    /// The service's total count.
    pub total: Option<u64>,
}

/// Reads the answer to [`publish_list`].
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item lacks a name or a time.
pub fn read_publish_list(fields: &Map<String, Value>) -> Result<Listed<Publish>, String> {
    let items = items(object(fields, "PublishInfo")?, "LiveStreamPublishInfo")?;
    Ok(Listed {
        items: items.iter().map(|item| publish(item, "the publish list")).collect::<Result<_, _>>()?,
        total: count(fields, "TotalNum"),
    })
}

fn publish(item: &Value, list: &'static str) -> Result<Publish, String> {
    let row = Row::new(item, list)?;
    let transcoded = text(row.fields, "Transcoded").is_some_and(|text| text.eq_ignore_ascii_case("yes"));
    // A transcoded stream is not known for one only by a missing TranscodeId: then its template has no name.
    let template = transcoded.then(|| text(row.fields, "TranscodeId").unwrap_or_default());
    Ok(Publish {
        app: row.text("AppName")?.into(),
        stream: row.text("StreamName")?.into(),
        began: row.time("PublishTime")?.ok_or_else(|| row.lacks("PublishTime"))?,
        ended: row.time("StopTime")?,
        ingest: text(row.fields, "PublishDomain").map(|name| name.to_ascii_lowercase()),
        template,
        client: text(row.fields, "ClientAddr"),
    })
}

/// Lists page `page` (from 1) of what is on air on a main streaming domain, without transcoded streams (Live:
/// DescribeLiveStreamsOnlineList).
pub fn online_list(domain: &str, page: u32) -> Inquiry {
    let params = [
        ("DomainName", domain.to_owned()),
        ("StreamType", "raw".to_owned()),
        ("PageNum", page.to_string()),
        ("PageSize", ONLINE_PAGE.to_string()),
    ];
    Inquiry::new(Product::Live, ONLINE_LIST, params)
}

/// Reads the answer to [`online_list`]: connections without an end.
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item lacks a name or a time.
pub fn read_online_list(fields: &Map<String, Value>) -> Result<Listed<Publish>, String> {
    let items = items(object(fields, "OnlineInfo")?, "LiveStreamOnlineInfo")?;
    Ok(Listed {
        items: items.iter().map(|item| publish(item, "the streams on air")).collect::<Result<_, _>>()?,
        total: count(fields, "TotalNum"),
    })
}

/// Lists page `page` (from 1) of the notifications of recordings that were sent for a domain in a period, of the last
/// [`NOTIFY_DAYS`] at most (Live: DescribeLiveRecordNotifyRecords). There are none where no callback is configured.
pub fn notify_records(domain: &str, period: Period, page: u32) -> Inquiry {
    let params = [
        ("DomainName", domain.to_owned()),
        ("StartTime", format_time(period.from)),
        ("EndTime", format_time(period.to)),
        ("PageNumber", page.to_string()),
        ("PageSize", NOTIFY_PAGE.to_string()),
    ];
    Inquiry::new(Product::Live, NOTIFY_RECORDS, params)
}

/// Reads the answer to [`notify_records`]. URLs, headers and contents of the callbacks are left out: they may hold secrets.
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item lacks a name, a time or a type.
pub fn read_notify_records(fields: &Map<String, Value>) -> Result<Listed<Notification>, String> {
    let items = items(fields, "CallbackList")?;
    Ok(Listed {
        items: items.iter().map(notification).collect::<Result<_, _>>()?,
        total: count(fields, "TotalNum"),
    })
}

fn notification(item: &Value) -> Result<Notification, String> {
    let row = Row::new(item, "the list of notifications")?;
    Ok(Notification {
        app: row.text("AppName")?.into(),
        stream: row.text("StreamName")?.into(),
        time: row.time("NotifyTime")?.ok_or_else(|| row.lacks("NotifyTime"))?,
        kind: row.text("NotifyType")?,
        result: text(row.fields, "NotifyResult"),
        storage: text(row.fields, "StorageType"),
        description: text(row.fields, "Description"),
    })
}

/// Asks which ingest and streaming domains belong together (Live: DescribeLiveDomainMapping).
pub fn domain_mapping(domain: &str) -> Inquiry {
    Inquiry::new(Product::Live, DOMAIN_MAPPING, [("DomainName", domain.to_owned())])
}

/// The domains that belong together with one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainMapping {
    /// The ingest domains, in lower case (API: Type `publish`).
    pub ingest: Vec<String>,
    /// The streaming domains, in lower case (API: Type `vhost`).
    pub streaming: Vec<String>,
}

/// Reads the answer to [`domain_mapping`].
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item has no name or an unknown kind.
pub fn read_domain_mapping(fields: &Map<String, Value>) -> Result<DomainMapping, String> {
    let mut mapping = DomainMapping::default();
    for item in items(object(fields, "LiveDomainModels")?, "LiveDomainModel")? {
        let row = Row::new(item, "the domain mapping")?;
        let name = row.text("DomainName")?.to_ascii_lowercase();
        match row.text("Type")?.to_ascii_lowercase().as_str() {
            "publish" => mapping.ingest.push(name),
            "vhost" => mapping.streaming.push(name),
            other => return Err(format!("`{name}` in the domain mapping is of the unknown type `{other}`")),
        }
    }
    Ok(mapping)
}

/// Lists page `page` (from 1) of the recordings that are listed under a domain, of those that began in a period; the one that was
/// created first comes first (VOD: ListLiveRecordVideo). At most [`MOST_VIDEOS`] can be reached.
pub fn live_videos(domain: &str, period: Period, page: u32) -> Inquiry {
    let params = [
        ("DomainName", domain.to_owned()),
        ("StartTime", format_time(period.from)),
        ("EndTime", format_time(period.to)),
        ("SortBy", "CreationTime:Asc".to_owned()),
        ("PageNo", page.to_string()),
        ("PageSize", VIDEO_PAGE.to_string()),
    ];
    Inquiry::new(Product::Vod, LIVE_VIDEOS, params)
}

/// Reads the answer to [`live_videos`].
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item lacks a name, a time or an id.
pub fn read_live_videos(fields: &Map<String, Value>) -> Result<Listed<Video>, String> {
    let items = items(object(fields, "LiveRecordVideoList")?, "LiveRecordVideo")?;
    Ok(Listed { items: items.iter().map(video).collect::<Result<_, _>>()?, total: count(fields, "Total") })
}

fn video(item: &Value) -> Result<Video, String> {
    let row = Row::new(item, "the list of recordings")?;
    let inner = object(row.fields, "Video").map_err(|_| row.lacks("Video"))?;
    let time = |name: &str| row.time(name)?.ok_or_else(|| row.lacks(name));
    Ok(Video {
        app: row.text("AppName")?.into(),
        stream: row.text("StreamName")?.into(),
        period: Period::new(time("RecordStartTime")?, time("RecordEndTime")?),
        id: text(inner, "VideoId").ok_or_else(|| row.lacks("VideoId"))?,
        status: text(inner, "Status"),
        shared: false,
    })
}

/// One item of a list.
struct Row<'a> {
    fields: &'a Map<String, Value>,
    list: &'static str,
}

impl<'a> Row<'a> {
    fn new(item: &'a Value, list: &'static str) -> Result<Self, String> {
        let fields = item.as_object().ok_or_else(|| format!("an item of {list} is not an object"))?;
        Ok(Self { fields, list })
    }

    fn lacks(&self, name: &str) -> String {
        format!("an item of {} has no `{name}`", self.list)
    }

    fn text(&self, name: &str) -> Result<String, String> {
        text(self.fields, name).ok_or_else(|| self.lacks(name))
    }

    /// A time in RFC 3339, with `Z` or an offset; `None` if there is none.
    fn time(&self, name: &str) -> Result<Option<Timestamp>, String> {
        let Some(written) = text(self.fields, name) else { return Ok(None) };
        let time =
            written.parse().map_err(|_| format!("`{name}` of an item of {} is not a time", self.list))?;
        Ok(Some(time))
    }
}

/// A number, which some services write as a text.
fn count(fields: &Map<String, Value>, name: &str) -> Option<u64> {
    text(fields, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("no object") };
        fields
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_stream_on_air_has_no_end_however_that_is_written() {
        for stop in [json!(null), json!("")] {
            let row = json!({
                "DomainName": "live.example.com", "AppName": "show", "StreamName": "cam1",
                "PublishTime": "2026-11-28T20:00:00+08:00", "StopTime": stop, "PublishDomain": "Push.example.com",
                "Transcoded": "no",
            });
            let page = json!({"TotalNum": "1", "PublishInfo": {"LiveStreamPublishInfo": [row]}});
            let listed = read_publish_list(&fields(page)).unwrap();
            let cam1 = Publish {
                app: "show".into(),
                stream: "cam1".into(),
                began: time("2026-11-28T12:00:00Z"),
                ended: None,
                ingest: Some("push.example.com".into()),
                template: None,
                client: None,
            };
            assert_eq!(listed, Listed { items: vec![cam1], total: Some(1) });
        }
    }

    #[test]
    fn a_transcoded_stream_is_told_from_its_source() {
        let row = |id: Value| {
            json!({
                "AppName": "show", "StreamName": "cam1_ld", "PublishTime": "2026-11-28T12:00:00Z",
                "StopTime": "2026-11-28T13:00:00Z", "Transcoded": "yes", "TranscodeId": id,
            })
        };
        for (id, template) in [(json!("ld"), "ld"), (json!(null), "")] {
            let page = json!({"TotalNum": 1, "PublishInfo": {"LiveStreamPublishInfo": row(id)}});
            let listed = read_publish_list(&fields(page)).unwrap();
            assert_eq!(listed.items[0].template.as_deref(), Some(template));
            assert_eq!(listed.items[0].ended, Some(time("2026-11-28T13:00:00Z")));
        }
    }

    #[test]
    fn what_lacks_a_name_or_a_time_is_an_error() {
        let row = |name: &str| {
            let mut row =
                json!({"AppName": "show", "StreamName": "cam1", "PublishTime": "2026-11-28T12:00:00Z"});
            row[name] = json!(null);
            read_publish_list(&fields(json!({"PublishInfo": {"LiveStreamPublishInfo": [row]}})))
        };
        for name in ["AppName", "StreamName", "PublishTime"] {
            assert_eq!(row(name), Err(format!("an item of the publish list has no `{name}`")));
        }
        let odd = json!({"AppName": "show", "StreamName": "cam1", "PublishTime": "yesterday"});
        let odd = read_publish_list(&fields(json!({"PublishInfo": {"LiveStreamPublishInfo": [odd]}})));
        assert_eq!(odd, Err("`PublishTime` of an item of the publish list is not a time".into()));
    }

    #[test]
    fn streams_on_air_have_no_end() {
        let row = json!({
            "AppName": "show", "StreamName": "cam1", "PublishTime": "2026-11-28T12:00:00Z",
            "PublishDomain": "push.example.com", "ClientIp": "192.0.2.1",
        });
        let page = json!({"TotalNum": 1, "OnlineInfo": {"LiveStreamOnlineInfo": [row]}});
        let listed = read_online_list(&fields(page)).unwrap();
        let [cam1] = &listed.items[..] else { panic!("{listed:?}") };
        assert_eq!((cam1.began, cam1.ended), (time("2026-11-28T12:00:00Z"), None));
        let none = read_online_list(&fields(json!({"OnlineInfo": {"LiveStreamOnlineInfo": [{}]}})));
        assert_eq!(none, Err("an item of the streams on air has no `AppName`".into()));
    }

    #[test]
    fn notifications_come_in_a_bare_list_and_without_what_may_be_secret() {
        let row = json!({
            "DomainName": "live.example.com", "AppName": "show", "StreamName": "cam1",
            "NotifyTime": "2026-11-28T12:00:00Z", "NotifyType": "record_error", "NotifyResult": "failed",
            "NotifyUrl": "https://hooks.example.com/?token=secret", "StorageType": "vod", "Description": "",
        });
        let listed = read_notify_records(&fields(json!({"TotalNum": "1", "CallbackList": [row]}))).unwrap();
        let error = Notification {
            app: "show".into(),
            stream: "cam1".into(),
            time: time("2026-11-28T12:00:00Z"),
            kind: "record_error".into(),
            result: Some("failed".into()),
            storage: Some("vod".into()),
            description: None,
        };
        assert_eq!(listed, Listed { items: vec![error], total: Some(1) });
    }

    #[test]
    fn a_recording_has_its_times_and_its_id() {
        let row = json!({
            "DomainName": "live.example.com", "AppName": "show", "StreamName": "cam1",
            "RecordStartTime": "2026-11-28T12:00:05Z", "RecordEndTime": "2026-11-28T12:30:05Z",
            "Video": {"VideoId": "93ab850b4f6f44eab54b6e91d24d81d4", "Status": "Normal", "Duration": 1800.0},
        });
        let listed =
            read_live_videos(&fields(json!({"Total": 1, "LiveRecordVideoList": {"LiveRecordVideo": [row]}})));
        let video = Video {
            app: "show".into(),
            stream: "cam1".into(),
            period: Period::new(time("2026-11-28T12:00:05Z"), time("2026-11-28T12:30:05Z")),
            id: "93ab850b4f6f44eab54b6e91d24d81d4".into(),
            status: Some("Normal".into()),
            shared: false,
        };
        assert_eq!(listed, Ok(Listed { items: vec![video], total: Some(1) }));
    }

    #[test]
    fn a_mapping_names_ingest_and_streaming_domains() {
        let models = json!([
            {"DomainName": "Push.example.com", "Type": "publish"},
            {"DomainName": "live.example.com", "Type": "vhost"},
        ]);
        let mapping =
            read_domain_mapping(&fields(json!({"LiveDomainModels": {"LiveDomainModel": models}}))).unwrap();
        let expected = DomainMapping {
            ingest: vec!["push.example.com".into()],
            streaming: vec!["live.example.com".into()],
        };
        assert_eq!(mapping, expected);
        let odd = json!({"LiveDomainModels": {"LiveDomainModel": [{"DomainName": "a.com", "Type": "edge"}]}});
        assert!(read_domain_mapping(&fields(odd)).unwrap_err().contains("unknown type `edge`"));
    }

    #[test]
    fn calls_name_their_period_and_page() {
        let period = Period::new(time("2026-11-21T00:00:00Z"), time("2026-11-28T00:00:00Z"));
        let listing = publish_list("live.example.com", period, false, 2);
        assert_eq!(listing.params["StartTime"], "2026-11-21T00:00:00Z");
        assert_eq!((&*listing.params["StreamType"], &*listing.params["PageNumber"]), ("raw", "2"));
        let videos = live_videos("live.example.com", period, 3);
        assert_eq!((&*videos.params["PageNo"], &*videos.params["PageSize"]), ("3", "100"));
        assert_eq!(videos.product, Product::Vod);
    }
}
