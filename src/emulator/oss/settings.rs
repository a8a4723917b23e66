//! Buckets as such: creating and removing them, and their settings.

use serde_json::{Map, Value, json};

use super::bucket::{Bucket, BucketChange, Held, Versioning, Worm, WormState, is_bucket_name};
use super::refusal::OssRefusal;
use super::reply::{Reply, iso_date};
use super::scene::OssScene;
use crate::wire::read_xml;

/// The most buckets of an account in a region.
const MOST_BUCKETS: usize = 100;

/// The region of every bucket.
const REGION: &str = "oss-cn-shanghai";

/// The days for which a retention policy may hold (API: RetentionPeriodInDays).
const RETENTION: std::ops::RangeInclusive<u32> = 1..=25_550;

impl OssScene<'_> {
    /// ListBuckets.
    pub(super) fn list_buckets(&self) -> Result<Reply, OssRefusal> {
        let prefix = self.param("prefix").unwrap_or_default();
        let found = self.buckets.all().filter(|(name, _)| name.starts_with(prefix));
        let buckets: Vec<Value> = found.map(|(name, held)| facts(name, held).into()).collect();
        let content = json!({
            "Owner": self.owner(),
            "IsTruncated": "false",
            "Buckets": { "Bucket": buckets },
        });
        Ok(Reply::xml("ListAllMyBucketsResult", &content))
    }

    /// PutBucket. One that exists stays as it is.
    pub(super) fn put_bucket(&self) -> Result<Reply, OssRefusal> {
        let name = &self.target.bucket;
        if !is_bucket_name(name) {
            return Err(OssRefusal::invalid_bucket_name().with("BucketName", name));
        }
        let reply = Reply::empty(200).with("location", format!("/{name}"));
        if self.buckets.has(name) {
            return Ok(reply);
        }
        if self.buckets.all().len() >= MOST_BUCKETS {
            return Err(OssRefusal::too_many_buckets().with("BucketName", name));
        }
        let bucket = Bucket { creation_date: self.now, versioning: None, worm: None };
        Ok(reply.changing(BucketChange::Bucket(name.clone(), bucket)))
    }

    /// DeleteBucket.
    pub(super) fn delete_bucket(&self) -> Result<Reply, OssRefusal> {
        let name = &self.target.bucket;
        if !self.held()?.objects.is_empty() {
            return Err(OssRefusal::bucket_not_empty().with("BucketName", name));
        }
        Ok(Reply::empty(204).changing(BucketChange::NoBucket(name.clone())))
    }

    /// GetBucketInfo.
    pub(super) fn bucket_info(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        let mut bucket = facts(&self.target.bucket, held);
        bucket.insert("Owner".to_owned(), self.owner());
        bucket.insert("AccessControlList".to_owned(), json!({ "Grant": "private" }));
        bucket.insert("DataRedundancyType".to_owned(), "LRS".into());
        if let Some(versioning) = held.bucket.versioning {
            bucket.insert("Versioning".to_owned(), versioning.name().into());
        }
        Ok(Reply::xml("BucketInfo", &json!({ "Bucket": bucket })))
    }

    /// GetBucketLocation.
    pub(super) fn bucket_location(&self) -> Result<Reply, OssRefusal> {
        self.held()?;
        Ok(Reply::xml("LocationConstraint", &REGION.into()))
    }

    /// GetBucketAcl.
    pub(super) fn bucket_acl(&self) -> Result<Reply, OssRefusal> {
        self.held()?;
        let content = json!({ "Owner": self.owner(), "AccessControlList": { "Grant": "private" } });
        Ok(Reply::xml("AccessControlPolicy", &content))
    }

    /// GetBucketVersioning.
    pub(super) fn versioning(&self) -> Result<Reply, OssRefusal> {
        let status = self.held()?.bucket.versioning.map(Versioning::name);
        let content = status.map_or_else(|| json!({}), |status| json!({ "Status": status }));
        Ok(Reply::xml("VersioningConfiguration", &content))
    }

    /// PutBucketVersioning.
    pub(super) fn put_versioning(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        let versioning = match self.body_text("VersioningConfiguration", "Status")?.as_str() {
            "Enabled" => Versioning::Enabled,
            "Suspended" => Versioning::Suspended,
            _ => return Err(OssRefusal::malformed_xml()),
        };
        let bucket = Bucket { versioning: Some(versioning), ..held.bucket.clone() };
        Ok(Reply::empty(200).changing(BucketChange::Bucket(self.target.bucket.clone(), bucket)))
    }

    /// GetBucketWorm.
    pub(super) fn worm(&self) -> Result<Reply, OssRefusal> {
        let Worm { worm_id, state, retention_period_in_days, creation_date } = self.held_worm()?;
        let content = json!({
            "WormId": worm_id,
            "State": state.name(),
            "RetentionPeriodInDays": retention_period_in_days,
            "CreationDate": iso_date(*creation_date),
        });
        Ok(Reply::xml("WormConfiguration", &content))
    }

    /// InitiateBucketWorm.
    pub(super) fn initiate_worm(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        if held.bucket.worm.is_some() {
            return Err(OssRefusal::worm_exists());
        }
        let days = self.body_text("InitiateWormConfiguration", "RetentionPeriodInDays")?;
        let days = days.parse().ok().filter(|days| RETENTION.contains(days));
        let worm = Worm {
            worm_id: self.request_id.replace('-', ""),
            state: WormState::InProgress,
            retention_period_in_days: days.ok_or_else(OssRefusal::malformed_xml)?,
            creation_date: self.now,
        };
        let reply = Reply::empty(200).with("x-oss-worm-id", &worm.worm_id);
        Ok(reply.changing(self.with_worm(held, Some(worm))))
    }

    /// CompleteBucketWorm.
    pub(super) fn complete_worm(&self) -> Result<Reply, OssRefusal> {
        let worm = self.held_worm()?;
        if self.param("wormId") != Some(&worm.worm_id) {
            return Err(OssRefusal::no_such_worm());
        }
        let worm = Worm { state: WormState::Locked, ..worm.clone() };
        Ok(Reply::empty(200).changing(self.with_worm(self.held()?, Some(worm))))
    }

    /// AbortBucketWorm.
    pub(super) fn abort_worm(&self) -> Result<Reply, OssRefusal> {
        match self.held_worm()?.state {
            WormState::Locked => Err(OssRefusal::worm_locked()),
            WormState::InProgress => Ok(Reply::empty(204).changing(self.with_worm(self.held()?, None))),
        }
    }

    fn held_worm(&self) -> Result<&Worm, OssRefusal> {
        self.held()?.bucket.worm.as_ref().ok_or_else(OssRefusal::no_such_worm)
    }

    fn with_worm(&self, held: &Held, worm: Option<Worm>) -> BucketChange {
        let bucket = Bucket { worm, ..held.bucket.clone() };
        BucketChange::Bucket(self.target.bucket.clone(), bucket)
    }

    /// The owner of every bucket and object.
    pub(super) fn owner(&self) -> Value {
        json!({ "ID": self.account, "DisplayName": self.account })
    }

    /// The text of the one element that a body of this root must have.
    fn body_text(&self, root: &str, element: &str) -> Result<String, OssRefusal> {
        let read = || {
            let (found, content) = read_xml(std::str::from_utf8(&self.request.body).ok()?)?;
            let text = content.get(element)?.as_str()?.to_owned();
            (found == root).then_some(text)
        };
        read().ok_or_else(OssRefusal::malformed_xml)
    }
}

/// What is told of a bucket wherever it is shown.
fn facts(name: &str, held: &Held) -> Map<String, Value> {
    let facts = [
        ("Name", name.to_owned()),
        ("CreationDate", iso_date(held.bucket.creation_date)),
        ("Location", REGION.to_owned()),
        ("Region", REGION.trim_start_matches("oss-").to_owned()),
        ("ExtranetEndpoint", format!("{REGION}.aliyuncs.com")),
        ("IntranetEndpoint", format!("{REGION}-internal.aliyuncs.com")),
        ("StorageClass", "Standard".to_owned()),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}
