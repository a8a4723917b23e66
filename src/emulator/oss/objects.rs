//! Reads and writes of single objects.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Map, Value, json};

use super::bucket::{
    Appended, Bucket, BucketChange, Facts, Held, LARGEST_OBJECT, Object, ObjectType, Versioning, is_key,
};
use super::checksum::md5;
use super::range::{Part, part};
use super::refusal::OssRefusal;
use super::reply::{Reply, http_date};
use super::scene::OssScene;
use crate::wire::{encode, read_xml};

/// The headers that are kept with an object, beside `x-oss-meta-*`.
const KEPT_HEADERS: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];

/// The most bytes of what is kept in headers of its own choice (API: 8 KB of `x-oss-meta-*`).
const LONGEST_HEADERS: usize = 8 << 10;

/// The most objects that one request deletes.
const MOST_DELETED: usize = 1000;

impl OssScene<'_> {
    /// PutObject.
    pub(super) fn put_object(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        let before = held.objects.get(self.checked_key()?);
        let forbidden =
            self.header("x-oss-forbid-overwrite").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        // In a bucket that has or had versioning, the header has no effect.
        if forbidden && held.bucket.versioning.is_none() && before.is_some() {
            return Err(OssRefusal::already_exists());
        }
        self.check_retention(&held.bucket, before)?;
        self.check_content(self.request.body.len())?;
        let facts = self.facts(&held.bucket, ObjectType::Normal)?;
        let version = facts.version_id.clone();
        let object = Object::new(&self.request.body, facts);
        let reply = Reply::empty(200)
            .with("etag", object.etag())
            .with("content-md5", object.content_md5())
            .with("x-oss-hash-crc64ecma", object.crc64());
        Ok(with_version(reply, version).changing(BucketChange::Object(
            self.target.bucket.clone(),
            self.target.key.clone(),
            Box::new(object),
        )))
    }

    /// AppendObject.
    pub(super) fn append_object(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        let before = held.objects.get(self.checked_key()?);
        let text = self.param("position").unwrap_or_default();
        let position: usize = text
            .parse()
            .map_err(|_| OssRefusal::invalid_argument("position", text, "The position is not a number."))?;
        if before.is_some_and(|object| object.facts.object_type != ObjectType::Appendable) {
            return Err(OssRefusal::not_appendable());
        }
        let length = before.map_or(0, |object| object.content().len());
        if position != length {
            let crc64 = before.map_or_else(|| "0".to_owned(), Object::crc64);
            return Err(OssRefusal::position_not_length()
                .with_header("x-oss-next-append-position", length.to_string())
                .with_header("x-oss-hash-crc64ecma", crc64));
        }
        self.check_retention(&held.bucket, before)?;
        self.check_content(length + self.request.body.len())?;
        let mut facts = self.facts(&held.bucket, ObjectType::Appendable)?;
        if let Some(before) = before {
            // Only the first append says what is kept with an object.
            facts.headers.clone_from(&before.facts.headers);
        }
        let version = facts.version_id.clone();
        let content = [before.map_or(&[][..], Object::content), &self.request.body].concat();
        let after = Object::new(&content, facts.clone());
        let reply = Reply::empty(200)
            .with("etag", after.etag())
            .with("x-oss-next-append-position", content.len().to_string())
            .with("x-oss-hash-crc64ecma", after.crc64());
        Ok(with_version(reply, version).changing(BucketChange::Append(
            self.target.bucket.clone(),
            self.target.key.clone(),
            Box::new(Appended::new(position, &self.request.body, facts)),
        )))
    }

    /// GetObject, and HeadObject without the content.
    pub(super) fn get_object(&self, is_head: bool) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        let object = self.found(held)?;
        let headers = self.told(object);
        if let Some(status) = self.precondition(object)? {
            return Ok(Reply { status, headers, ..Reply::default() });
        }
        let length = object.content().len();
        let is_standard = self.header("x-oss-range-behavior") == Some("standard");
        let range = self.header("range").filter(|_| !is_head);
        let (status, from, to) = match part(range, length, is_standard) {
            Part::Whole => (200, 0, length),
            Part::Bytes { from, to } => (206, from, to),
            Part::Nothing => {
                return Err(OssRefusal::invalid_range().with("ActualObjectSize", length.to_string()));
            }
        };
        let mut reply = Reply { status, headers, ..Reply::default() };
        if status == 206 {
            reply = reply.with("content-range", format!("bytes {from}-{}/{length}", to - 1));
        }
        if is_head {
            return Ok(reply.with("content-length", length.to_string()));
        }
        Ok(reply.with_body(object.content().get(from..to).unwrap_or_default().to_vec()))
    }

    /// DeleteObject.
    pub(super) fn delete_object(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        let before = held.objects.get(self.checked_key()?);
        self.check_retention(&held.bucket, before)?;
        let reply = Reply::empty(204);
        if let Some(wanted) = self.param("versionId") {
            let is_it = before.is_some_and(|object| version_of(object) == wanted);
            let reply = reply.with("x-oss-version-id", wanted);
            // The version that is deleted is the only one that is kept.
            return Ok(if is_it { reply.changing(self.removed(&self.target.key)) } else { reply });
        }
        let reply = match (before, held.bucket.versioning) {
            (_, Some(versioning)) => {
                let marker = self.version(versioning);
                reply.with("x-oss-delete-marker", "true").with("x-oss-version-id", marker)
            }
            (_, None) => reply,
        };
        Ok(if before.is_some() { reply.changing(self.removed(&self.target.key)) } else { reply })
    }

    /// DeleteMultipleObjects.
    pub(super) fn delete_objects(&self) -> Result<Reply, OssRefusal> {
        let held = self.held()?;
        if self.header("content-md5").is_none() {
            return Err(OssRefusal::missing_digest().with("ArgumentName", "Content-MD5"));
        }
        self.check_digest()?;
        let (keys, is_quiet) = wanted_keys(&self.request.body).ok_or_else(OssRefusal::malformed_xml)?;
        let is_url = self.is_url_encoded()?;
        let mut reply = Reply::default();
        let mut deleted: Vec<Value> = Vec::new();
        for key in keys {
            let before = held.objects.get(&key);
            if self.check_retention(&held.bucket, before).is_err() {
                continue;
            }
            let mut one = Map::new();
            let told = if is_url { encode(&key).to_string() } else { key.clone() };
            one.insert("Key".to_owned(), told.into());
            if let Some(versioning) = held.bucket.versioning {
                one.insert("DeleteMarker".to_owned(), "true".into());
                one.insert("DeleteMarkerVersionId".to_owned(), self.version(versioning).into());
            }
            deleted.push(one.into());
            if before.is_some() {
                reply.changes.push(self.removed(&key));
            }
        }
        if is_quiet {
            return Ok(Reply { status: 200, ..reply });
        }
        let mut content = Map::from_iter([("Deleted".to_owned(), Value::Array(deleted))]);
        if is_url {
            content.insert("EncodingType".to_owned(), "url".into());
        }
        Ok(Reply { changes: reply.changes, ..Reply::xml("DeleteResult", &content.into()) })
    }

    fn removed(&self, key: &str) -> BucketChange {
        BucketChange::NoObject(self.target.bucket.clone(), key.to_owned())
    }

    fn checked_key(&self) -> Result<&str, OssRefusal> {
        let key = self.target.key.as_str();
        if is_key(key) { Ok(key) } else { Err(OssRefusal::invalid_object_name().with("ObjectName", key)) }
    }

    fn found<'a>(&self, held: &'a Held) -> Result<&'a Object, OssRefusal> {
        let key = self.checked_key()?;
        let object = held.objects.get(key).ok_or_else(|| OssRefusal::no_such_key(key))?;
        match self.param("versionId") {
            Some(wanted) if wanted != version_of(object) => Err(OssRefusal::no_such_version()),
            _ => Ok(object),
        }
    }

    /// Refuses a change of an object that a retention policy still protects.
    fn check_retention(&self, bucket: &Bucket, object: Option<&Object>) -> Result<(), OssRefusal> {
        let (Some(worm), Some(object)) = (&bucket.worm, object) else { return Ok(()) };
        let days = SignedDuration::from_hours(24 * i64::from(worm.retention_period_in_days));
        if self.now.duration_since(object.facts.last_modified) < days {
            return Err(OssRefusal::immutable());
        }
        Ok(())
    }

    /// Refuses a body that is not as it was sent, or an object that is too large for the emulator.
    fn check_content(&self, length: usize) -> Result<(), OssRefusal> {
        if length > LARGEST_OBJECT {
            return Err(OssRefusal::entity_too_large(length));
        }
        if !self.buckets.has_room_for(length) {
            return Err(OssRefusal::full());
        }
        self.check_digest()
    }

    fn check_digest(&self) -> Result<(), OssRefusal> {
        let Some(sent) = self.header("content-md5") else { return Ok(()) };
        let computed = STANDARD.encode(md5(&self.request.body));
        if sent == computed { Ok(()) } else { Err(OssRefusal::invalid_digest().with("Content-MD5", sent)) }
    }

    /// What is kept with the object that the request writes.
    fn facts(&self, bucket: &Bucket, object_type: ObjectType) -> Result<Facts, OssRefusal> {
        let is_kept =
            |name: &String| name.starts_with("x-oss-meta-") || KEPT_HEADERS.contains(&name.as_str());
        let kept = self.request.headers.iter().filter(|(name, _)| is_kept(name));
        let headers: BTreeMap<String, String> =
            kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        let size: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > LONGEST_HEADERS {
            let message = "Your metadata headers exceed the maximum allowed metadata size.";
            return Err(OssRefusal::invalid_argument("x-oss-meta-", "", message));
        }
        let version_id = bucket.versioning.map(|versioning| self.version(versioning));
        Ok(Facts { last_modified: whole_seconds(self.now), object_type, version_id, headers })
    }

    /// The id of a version that is written now.
    fn version(&self, versioning: Versioning) -> String {
        match versioning {
            Versioning::Enabled => format!("CAE{}", self.request_id.replace('-', "")),
            Versioning::Suspended => "null".to_owned(),
        }
    }

    /// The headers that tell about an object.
    fn told(&self, object: &Object) -> BTreeMap<String, String> {
        let mut headers = object.facts.headers.clone();
        headers.entry("content-type".to_owned()).or_insert_with(|| "application/octet-stream".to_owned());
        let facts = [
            ("accept-ranges", "bytes".to_owned()),
            ("etag", object.etag()),
            ("last-modified", http_date(object.facts.last_modified)),
            ("x-oss-object-type", object.facts.object_type.name().to_owned()),
            ("x-oss-storage-class", "Standard".to_owned()),
            ("x-oss-hash-crc64ecma", object.crc64()),
        ];
        headers.extend(facts.map(|(name, value)| (name.to_owned(), value)));
        if object.facts.object_type == ObjectType::Appendable {
            let length = object.content().len().to_string();
            headers.insert("x-oss-next-append-position".to_owned(), length);
        }
        if let Some(version) = &object.facts.version_id {
            headers.insert("x-oss-version-id".to_owned(), version.clone());
        }
        headers
    }

    /// The status of an answer without the content, if a condition of the request asks for one.
    fn precondition(&self, object: &Object) -> Result<Option<u16>, OssRefusal> {
        let written = object.facts.last_modified;
        let time = |name: &str| {
            let parser = rfc2822::DateTimeParser::new();
            self.header(name).and_then(|text| parser.parse_timestamp(text).ok())
        };
        let is_etag = |text: &str| text.trim_matches('"') == object.etag().trim_matches('"');
        let is_other = self.header("if-match").is_some_and(|text| !is_etag(text));
        if is_other || time("if-unmodified-since").is_some_and(|time| written > time) {
            return Err(OssRefusal::precondition_failed());
        }
        let is_same = self.header("if-none-match").is_some_and(is_etag);
        let is_unmodified = time("if-modified-since").is_some_and(|time| written <= time);
        Ok((is_same || is_unmodified).then_some(304))
    }
}

fn with_version(reply: Reply, version: Option<String>) -> Reply {
    match version {
        Some(version) => reply.with("x-oss-version-id", version),
        None => reply,
    }
}

/// The id of an object's version; an object that was written before versioning has this one too.
fn version_of(object: &Object) -> &str {
    object.facts.version_id.as_deref().unwrap_or("null")
}

/// The service's times are whole seconds.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// The names in a request of DeleteMultipleObjects, and whether it wants no list in return.
fn wanted_keys(body: &[u8]) -> Option<(Vec<String>, bool)> {
    let (root, content) = read_xml(std::str::from_utf8(body).ok()?)?;
    let objects = match content.get("Object")? {
        Value::Array(objects) => objects.clone(),
        one => vec![one.clone()],
    };
    let is_quiet = content.get("Quiet").is_some_and(|quiet| *quiet == json!("true"));
    let keys = objects.iter().map(|object| Some(object.get("Key")?.as_str()?.to_owned()));
    let keys: Vec<String> = keys.collect::<Option<_>>()?;
    (root == "Delete" && keys.len() <= MOST_DELETED && keys.iter().all(|key| is_key(key)))
        .then_some((keys, is_quiet))
}
