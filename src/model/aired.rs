//! What the services list: who published when, and which recordings there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Period;

/// Everything that was read of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Aired {
    /// The period that was asked for. Streams on air in it are listed even if they began earlier.
    pub period: Period,
    /// By main streaming domain.
    pub domains: BTreeMap<Arc<str>, DomainAired>,
}

impl Aired {
    /// Whether everything that was asked for was read.
    pub fn is_complete(&self) -> bool {
        self.domains.values().all(|domain| domain.unread.is_empty())
    }
}

/// What was read of one domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainAired {
    /// When the reading of the videos began: what is listed later is not known here. `None` if they were not read.
    pub read_at: Option<Timestamp>,
    /// Every connection of a publisher.
    pub publishes: Vec<Publish>,
    /// Every recording that VOD lists, under the domain and the ingest domains that feed it.
    pub videos: Vec<Video>,
    /// What could not be read, in words. Where there is something, nothing is `missing`.
    pub unread: Vec<String>,
}

/// One row of the publish list (Live: DescribeLiveStreamsPublishList).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Publish {
    /// API: AppName.
    pub app: Arc<str>,
    /// API: StreamName.
    pub stream: Arc<str>,
    /// API: PublishTime.
    pub began: Timestamp,
    /// API: StopTime. `None` while it is on air; some services may write the time of the question instead.
    pub ended: Option<Timestamp>,
    /// The ingest domain (API: PublishDomain).
    pub ingest: Option<String>,
    /// The live transcode template, if this is a transcoded stream (API: Transcoded, TranscodeId).
    pub template: Option<String>,
    /// The address of the publisher (API: ClientAddr). It identifies people, so it is dropped unless it is asked for.
    pub client: Option<String>,
}

/// One recording in VOD (VOD: ListLiveRecordVideo).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Video {
    /// API: AppName.
    pub app: Arc<str>,
    /// API: StreamName.
    pub stream: Arc<str>,
    /// What it holds (API: RecordStartTime, RecordEndTime). The start may be up to a minute later than in truth.
    pub period: Period,
    /// API: VideoId.
    pub id: String,
    /// API: Status, such as `Normal` or `UploadFail`.
    pub status: Option<String>,
    /// Whether it is listed under an ingest domain that feeds several streaming domains, so that it may be of another.
    pub shared: bool,
}

impl Video {
    /// Whether its upload failed, so that it is listed and holds nothing.
    pub fn is_empty(&self) -> bool {
        self.status.as_deref() == Some("UploadFail")
    }
}

/// A notification of a recording, as it was sent to the callback of a domain (Live: DescribeLiveRecordNotifyRecords).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notification {
    /// API: AppName.
    pub app: Arc<str>,
    /// API: StreamName.
    pub stream: Arc<str>,
    /// API: NotifyTime.
    pub time: Timestamp,
    /// API: NotifyType, such as `file_created` or `record_error`.
    pub kind: String,
    /// API: NotifyResult, of the callback: `success` or `failed`.
    pub result: Option<String>,
    /// API: StorageType, `oss` or `vod`.
    pub storage: Option<String>,
    /// API: Description.
    pub description: Option<String>,
}
