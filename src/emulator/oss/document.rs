//! The buckets in a dump of the emulator's state, and back:
//!
//! ```json
//! {"Name": "demo", "CreationDate": "2026-11-30T03:55:00Z", "Versioning": "Enabled",
//!  "Objects": [{"Key": "a/b", "LastModified": "2026-11-30T03:56:00Z", "Type": "Normal", "Headers": {}, "Content": "text"}]}
//! ```

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::bucket::{Bucket, BucketChange, Buckets, Held, Object, is_bucket_name, is_key};

/// Every bucket with its objects, sorted by name.
pub(in crate::emulator) fn write_buckets(buckets: &Buckets) -> Vec<Value> {
    buckets.all().map(|(name, held)| write_bucket(name, held)).collect()
}

fn write_bucket(name: &str, Held { bucket, objects }: &Held) -> Value {
    let objects: Vec<Value> = objects.iter().map(|(key, object)| named("Key", key, object)).collect();
    let mut written = named("Name", name, bucket);
    if let Value::Object(fields) = &mut written {
        fields.insert("Objects".to_owned(), objects.into());
    }
    written
}

/// A value with its name as one more field.
fn named(field: &str, name: &str, value: &impl serde::Serialize) -> Value {
    // Neither has a map with keys that are no texts, the only thing that could fail.
    let mut value = serde_json::to_value(value).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.insert(field.to_owned(), name.into());
    }
    value
}

/// The changes that make a bucket and its objects, or why it can't be. What has no time is from now.
pub(in crate::emulator) fn read_bucket(
    bucket: Value,
    buckets: &Buckets,
    now: Timestamp,
) -> Result<Vec<BucketChange>, String> {
    let Value::Object(mut fields) = bucket else { return Err("it is not an object".to_owned()) };
    let name = take_name(&mut fields, "Name")?;
    if !is_bucket_name(&name) {
        return Err(format!("`{name}` is not the name of a bucket"));
    }
    if buckets.has(&name) {
        return Err(format!("there is another bucket `{name}`"));
    }
    let objects = match fields.remove("Objects") {
        None => Vec::new(),
        Some(Value::Array(objects)) => objects,
        Some(_) => return Err("`Objects` is not a list".to_owned()),
    };
    let bucket: Bucket = dated(fields, "CreationDate", now)?;
    let mut changes = vec![BucketChange::Bucket(name.clone(), bucket)];
    for (at, object) in objects.into_iter().enumerate() {
        let numbered = |reason| format!("object number {}: {reason}", at + 1);
        let (key, object) = read_object(object, now).map_err(numbered)?;
        changes.push(BucketChange::Object(name.clone(), key, Box::new(object)));
    }
    Ok(changes)
}

fn read_object(object: Value, now: Timestamp) -> Result<(String, Object), String> {
    let Value::Object(mut fields) = object else { return Err("it is not an object".to_owned()) };
    let key = take_name(&mut fields, "Key")?;
    if !is_key(&key) {
        return Err(format!("`{key}` is not the name of an object"));
    }
    Ok((key, dated(fields, "LastModified", now)?))
}

fn take_name(fields: &mut Map<String, Value>, field: &str) -> Result<String, String> {
    match fields.remove(field) {
        Some(Value::String(name)) => Ok(name),
        _ => Err(format!("`{field}` is missing")),
    }
}

fn dated<T: DeserializeOwned>(
    mut fields: Map<String, Value>,
    field: &str,
    now: Timestamp,
) -> Result<T, String> {
    fields.entry(field.to_owned()).or_insert_with(|| now.to_string().into());
    serde_json::from_value(fields.into()).map_err(|error| error.to_string())
}
