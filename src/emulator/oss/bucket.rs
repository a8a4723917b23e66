//! The buckets of Object Storage Service and their objects, and the changes of them: plain values.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checksum::{crc64, md5};
use crate::wire::hex;

/// The largest object that the emulator takes, in bytes; the service takes 5 GB.
pub(in crate::emulator) const LARGEST_OBJECT: usize = 5 << 20;

/// The most bytes that all objects may occupy, each counted with its name and [`OBJECT_COST`].
pub(super) const LARGEST_TOTAL: usize = 256 << 20;

/// What an object occupies besides its content and its name, in bytes.
const OBJECT_COST: usize = 512;

/// The characters of a bucket's name.
const BUCKET_NAME: std::ops::RangeInclusive<usize> = 3..=63;

/// The most bytes of an object's name.
const LONGEST_KEY: usize = 1023;

/// A bucket without its objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(in crate::emulator) struct Bucket {
    pub(in crate::emulator) creation_date: Timestamp,
    /// `None` for a bucket whose versioning was never turned on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::emulator) versioning: Option<Versioning>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::emulator) worm: Option<Worm>,
}

/// What becomes of the old version of an object that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::emulator) enum Versioning {
    Enabled,
    Suspended,
}

impl Versioning {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Suspended => "Suspended",
        }
    }
}

/// A retention policy: for so many days after it was written, an object can be neither replaced nor deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(in crate::emulator) struct Worm {
    pub(in crate::emulator) worm_id: String,
    pub(in crate::emulator) state: WormState,
    /// 1 to 25,550.
    pub(in crate::emulator) retention_period_in_days: u32,
    pub(in crate::emulator) creation_date: Timestamp,
}

/// Whether a retention policy can still be withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::emulator) enum WormState {
    InProgress,
    Locked,
}

impl WormState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Locked => "Locked",
        }
    }
}

/// How an object was written, and so whether it can be appended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::emulator) enum ObjectType {
    #[default]
    Normal,
    Appendable,
}

impl ObjectType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Appendable => "Appendable",
        }
    }
}

/// An object: its content, and what is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub(in crate::emulator) struct Object {
    content: Arc<[u8]>,
    /// Of the content.
    md5: [u8; 16],
    crc64: u64,
    pub(super) facts: Facts,
}

/// What an object is besides its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(in crate::emulator) struct Facts {
    pub(super) last_modified: Timestamp,
    pub(super) object_type: ObjectType,
    /// Only in a bucket that has or had versioning.
    pub(super) version_id: Option<String>,
    /// What is returned with it as it was sent, by lower-case name: `content-type`, `x-oss-meta-*`.
    pub(super) headers: BTreeMap<String, String>,
}

impl Object {
    pub(super) fn new(content: &[u8], facts: Facts) -> Self {
        Self { md5: md5(content), crc64: crc64(content), content: content.into(), facts }
    }

    pub(super) fn content(&self) -> &[u8] {
        &self.content
    }

    /// The ETag, with its quotes.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", hex(&self.md5).to_ascii_uppercase())
    }

    /// Content-MD5: the same in base64.
    pub(super) fn content_md5(&self) -> String {
        STANDARD.encode(self.md5)
    }

    pub(super) fn crc64(&self) -> String {
        self.crc64.to_string()
    }

    /// The same object up to `position` and `more` after it.
    fn appended(&self, position: usize, more: &[u8], facts: Facts) -> Self {
        let kept = self.content.get(..position).unwrap_or(&self.content);
        Self::new(&[kept, more].concat(), facts)
    }
}

/// An object as the log and a dump have it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Kept {
    last_modified: Timestamp,
    #[serde(default, rename = "Type")]
    object_type: ObjectType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// The content, if it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// The content otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_base64: Option<String>,
}

impl From<Object> for Kept {
    fn from(object: Object) -> Self {
        let Object { content, md5: _, crc64: _, facts } = object;
        let Facts { last_modified, object_type, version_id, headers } = facts;
        let text = std::str::from_utf8(&content).ok().map(str::to_owned);
        let content_base64 = text.is_none().then(|| STANDARD.encode(&content));
        Self { last_modified, object_type, version_id, headers, content: text, content_base64 }
    }
}

impl TryFrom<Kept> for Object {
    type Error = String;

    fn try_from(kept: Kept) -> Result<Self, String> {
        let Kept { last_modified, object_type, version_id, headers, content, content_base64 } = kept;
        let content = match (content, content_base64) {
            (Some(_), Some(_)) => return Err("it has both `Content` and `ContentBase64`".to_owned()),
            (Some(text), None) => text.into_bytes(),
            (None, base64) => STANDARD
                .decode(base64.unwrap_or_default())
                .map_err(|error| format!("`ContentBase64` is not base64: {error}"))?,
        };
        if content.len() > LARGEST_OBJECT {
            return Err(format!("it has more than {LARGEST_OBJECT} bytes"));
        }
        Ok(Self::new(&content, Facts { last_modified, object_type, version_id, headers }))
    }
}

/// One change, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::emulator) enum BucketChange {
    /// The bucket exists, with these settings; its objects stay.
    Bucket(String, Bucket),
    /// The bucket does not exist.
    NoBucket(String),
    /// The object in this bucket with this name is this one.
    Object(String, String, Box<Object>),
    /// There is no object of this name.
    NoObject(String, String),
    /// The object has `more` in base64 from this position on.
    Append(String, String, Box<Appended>),
}

/// What was appended to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::emulator) struct Appended {
    pub(super) position: usize,
    /// Base64.
    pub(super) more: String,
    pub(super) facts: Facts,
}

impl Appended {
    pub(super) fn new(position: usize, more: &[u8], facts: Facts) -> Self {
        Self { position, more: STANDARD.encode(more), facts }
    }

    /// The object after it.
    fn to(self, object: Option<&Object>) -> Object {
        // What was encoded here can be decoded.
        let more = STANDARD.decode(&self.more).unwrap_or_default();
        match object {
            Some(object) => object.appended(self.position, &more, self.facts),
            None => Object::new(&more, self.facts),
        }
    }
}

/// All buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::emulator) struct Buckets {
    held: BTreeMap<String, Held>,
    /// What all objects occupy, in bytes.
    total: usize,
}

/// A bucket with its objects by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bucket: Bucket,
    pub(super) objects: BTreeMap<String, Object>,
}

impl Buckets {
    /// Makes a change and returns the one that undoes it.
    pub(in crate::emulator) fn apply(&mut self, change: BucketChange) -> BucketChange {
        match change {
            BucketChange::Bucket(name, bucket) => match self.held.get_mut(&name) {
                Some(held) => BucketChange::Bucket(name, std::mem::replace(&mut held.bucket, bucket)),
                None => {
                    self.held.insert(name.clone(), Held { bucket, objects: BTreeMap::new() });
                    BucketChange::NoBucket(name)
                }
            },
            BucketChange::NoBucket(name) => match self.held.remove(&name) {
                // Only an empty bucket is ever removed.
                Some(held) => BucketChange::Bucket(name, held.bucket),
                None => BucketChange::NoBucket(name),
            },
            BucketChange::Object(bucket, key, object) => self.set(bucket, key, Some(*object)),
            BucketChange::NoObject(bucket, key) => self.set(bucket, key, None),
            BucketChange::Append(bucket, key, appended) => {
                let object = appended.to(self.object(&bucket, &key));
                self.set(bucket, key, Some(object))
            }
        }
    }

    fn set(&mut self, bucket: String, key: String, object: Option<Object>) -> BucketChange {
        let Some(held) = self.held.get_mut(&bucket) else { return BucketChange::NoObject(bucket, key) };
        let now = object.as_ref().map_or(0, |object| cost(&key, object));
        let before = match object {
            Some(object) => held.objects.insert(key.clone(), object),
            None => held.objects.remove(&key),
        };
        self.total = self.total + now - before.as_ref().map_or(0, |object| cost(&key, object));
        match before {
            Some(object) => BucketChange::Object(bucket, key, Box::new(object)),
            None => BucketChange::NoObject(bucket, key),
        }
    }

    pub(super) fn get(&self, bucket: &str) -> Option<&Held> {
        self.held.get(bucket)
    }

    fn object(&self, bucket: &str, key: &str) -> Option<&Object> {
        self.held.get(bucket)?.objects.get(key)
    }

    /// Whether a bucket exists.
    pub(in crate::emulator) fn has(&self, bucket: &str) -> bool {
        self.held.contains_key(bucket)
    }

    /// Whether there is room for so many bytes of content.
    pub(super) fn has_room_for(&self, content: usize) -> bool {
        self.total + content + OBJECT_COST + LONGEST_KEY <= LARGEST_TOTAL
    }

    pub(in crate::emulator) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// All of them, sorted by name.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (&str, &Held)> {
        self.held.iter().map(|(name, held)| (name.as_str(), held))
    }
}

fn cost(key: &str, object: &Object) -> usize {
    object.content.len() + key.len() + OBJECT_COST
}

/// Whether a bucket can have this name (API: 3 to 63 lower-case letters, digits and `-`, which neither begins nor ends it).
pub(super) fn is_bucket_name(name: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    BUCKET_NAME.contains(&name.len())
        && name.bytes().all(is_good)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Whether an object can have this name (API: 1 to 1,023 bytes of UTF-8 that do not begin with `/` or `\`).
pub(super) fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len()) && !key.starts_with(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn facts(second: i64, object_type: ObjectType) -> Facts {
        Facts { last_modified: at(second), object_type, version_id: None, headers: BTreeMap::new() }
    }

    fn bucket() -> BucketChange {
        let settings = Bucket { creation_date: at(0), versioning: None, worm: None };
        BucketChange::Bucket("demo".into(), settings)
    }

    fn put(key: &str, content: &[u8]) -> BucketChange {
        let object = Object::new(content, facts(1, ObjectType::Normal));
        BucketChange::Object("demo".into(), key.into(), Box::new(object))
    }

    fn append(key: &str, position: usize, more: &[u8]) -> BucketChange {
        let appended = Appended::new(position, more, facts(2, ObjectType::Appendable));
        BucketChange::Append("demo".into(), key.into(), Box::new(appended))
    }

    #[test]
    fn every_change_can_be_undone_and_kept() {
        let settings = Bucket { creation_date: at(3), versioning: Some(Versioning::Enabled), worm: None };
        let changes = [
            bucket(),
            put("a", b"one"),
            put("a", b"another"),
            append("log", 0, b"first\n"),
            append("log", 6, b"\xff"),
            BucketChange::Bucket("demo".into(), settings),
            BucketChange::NoObject("demo".into(), "a".into()),
            BucketChange::NoObject("demo".into(), "a".into()),
            put("b", b"\xff\xfe"),
            BucketChange::NoObject("nowhere".into(), "a".into()),
        ];
        let mut buckets = Buckets::default();
        let mut history = Vec::new();
        for change in changes {
            let text = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<BucketChange>(&text).unwrap(), change, "{text}");
            let before = buckets.clone();
            history.push((before, buckets.apply(change)));
        }
        assert_eq!(buckets.object("demo", "log").unwrap().content(), b"first\n\xff");
        for (before, undo) in history.into_iter().rev() {
            buckets.apply(undo);
            assert_eq!(buckets, before);
        }
        assert_eq!(buckets, Buckets::default());
    }

    #[test]
    fn an_append_that_is_replayed_changes_nothing_more() {
        let mut buckets = Buckets::default();
        for change in [bucket(), append("log", 0, b"one"), append("log", 3, b"two"), append("log", 3, b"two")]
        {
            buckets.apply(change);
        }
        assert_eq!(buckets.object("demo", "log").unwrap().content(), b"onetwo");
    }

    #[test]
    fn all_objects_together_are_bounded() {
        let mut buckets = Buckets::default();
        for change in [bucket(), put("a", b"one"), put("a", b"seven.."), append("log", 0, b"x")] {
            buckets.apply(change);
        }
        assert_eq!(buckets.total, 7 + 1 + "a".len() + "log".len() + 2 * OBJECT_COST);
        assert!(buckets.has_room_for(LARGEST_OBJECT));
        buckets.total = LARGEST_TOTAL - LARGEST_OBJECT;
        assert!(!buckets.has_room_for(LARGEST_OBJECT) && buckets.has_room_for(1000));
        buckets.apply(BucketChange::NoObject("demo".into(), "a".into()));
        assert_eq!(buckets.total, LARGEST_TOTAL - LARGEST_OBJECT - 7 - "a".len() - OBJECT_COST);
    }

    #[test]
    fn names_are_those_of_the_service() {
        for name in ["abc", "a-1", &"x".repeat(63)] {
            assert!(is_bucket_name(name), "{name}");
        }
        for name in ["", "ab", "-abc", "abc-", "Abc", "a.b", "a_b", &"x".repeat(64)] {
            assert!(!is_bucket_name(name), "{name}");
        }
        for (key, is_good) in [("a", true), ("a/b c/中", true), ("", false), ("/a", false), ("\\a", false)] {
            assert_eq!(is_key(key), is_good, "{key}");
        }
        assert!(is_key(&"k".repeat(1023)) && !is_key(&"k".repeat(1024)));
    }
}
