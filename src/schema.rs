//! Turns the type of a document that others may build on into its JSON Schema. Pure.
//!
//! The schemas are for readers: every property of today is named and required, and later versions may add more. So no
//! schema forbids further properties; sets of values that are documented as closed are enumerations.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};

/// The `$id` of a schema: a URN, since a URL would have to be kept alive.
pub(crate) fn id(name: &str, version: &str) -> String {
    format!("urn:livevod:schema:{name}:{version}")
}

/// The schema of a document's version, as the document is serialized. JSON Schema draft 2020-12.
pub(crate) fn of<T: JsonSchema>(name: &str, version: &str) -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(for_readers).transform(&mut schema);
    schema.insert("$id".into(), id(name, version).into());
    schema.insert("title".into(), format!("livevod {name}").into());
    schema.to_value()
}

/// Adapts a schema for readers: unknown properties are allowed, and Rust's integer formats and documentation links are
/// removed.
fn for_readers(schema: &mut Schema) {
    if schema.get("additionalProperties").is_some_and(|more| *more == false) {
        schema.remove("additionalProperties");
    }
    if schema.get("format").and_then(serde_json::Value::as_str).is_some_and(|format| format != "date-time") {
        schema.remove("format");
    }
    if let Some(serde_json::Value::String(text)) = schema.get_mut("description") {
        *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
    }
}
