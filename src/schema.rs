//! Turns the type of a document that others may build on into its JSON Schema. Pure.
//!
//! The schemas are those of readers: all that is there today is named and required, and more may come. So none forbids
//! further properties, while what is said to be closed is an enumeration.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};

/// What a schema is named by: no address that anybody would have to keep.
pub(crate) fn id(name: &str, version: &str) -> String {
    format!("urn:livevod:schema:{name}:{version}")
}

/// The schema of a version of a document, JSON Schema draft 2020-12, as it is written.
pub(crate) fn of<T: JsonSchema>(name: &str, version: &str) -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(for_readers).transform(&mut schema);
    schema.insert("$id".into(), id(name, version).into());
    schema.insert("title".into(), format!("livevod {name}").into());
    schema.to_value()
}

/// A reader takes what it does not know, and has no use for Rust's integers and the links of its documentation.
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
