//! The file format as JSON Schema, for editors: the same keys as the decoder's, to which a test holds it.
//!
//! The types here are never filled; they only describe. Where the schema and the decoder can't say the same, the schema
//! is the more lenient one: an editor that marks good files is worse than none.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use crate::model::{Field, Form};

/// The schema of one file, JSON Schema draft 2020-12.
pub fn schema() -> serde_json::Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>();
    RecursiveTransform(require_only_version).transform(&mut schema);
    schema.insert("title".into(), "livevod".into());
    schema.to_value()
}

/// Every key but `version` may be left out, which the types, having no `Option` that means null, do not say.
fn require_only_version(schema: &mut Schema) {
    let has_version = schema.get("properties").is_some_and(|properties| properties.get("version").is_some());
    schema.remove("required");
    if has_version {
        schema.insert("required".into(), serde_json::json!(["version"]));
    }
}

/// One file of desired state; all files given to a command are one document.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct File {
    /// The format's version.
    version: Version,
    /// The only account these files may be applied to.
    account: Account,
    /// The region of domains that write none.
    region: Region,
    /// Names for VOD transcoding template group ids: one id, or one a region.
    transcode_groups: BTreeMap<String, TranscodeGroup>,
    /// Inherited by every configuration.
    defaults: Settings,
    /// Bundles of settings, used anywhere by `tier: NAME`.
    tiers: BTreeMap<String, Option<Settings>>,
    /// App trees that many domains share, used by `layout: NAME`.
    layouts: BTreeMap<String, Option<Layout>>,
    /// Patterns of addresses that are not ours: never drift, never touched.
    ignore: Vec<String>,
    /// Patterns of addresses that are never deleted, replaced or stopped, whatever the flags.
    protect: Vec<String>,
    /// Main streaming domains by name. A domain that no file names is never read or touched.
    domains: BTreeMap<String, Option<Domain>>,
}

/// An app tree that domains share.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct Layout {
    /// Apps by name; `*` is every app without its own entries.
    apps: BTreeMap<String, Option<LayoutApp>>,
}

/// One app of a layout.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct LayoutApp {
    /// Inherited by the app's configurations.
    defaults: Settings,
    /// One configuration each, by stream name; `*` is every stream without its own.
    streams: BTreeMap<String, Option<Stream>>,
}

/// One main streaming domain.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct Domain {
    /// The region of the domain's live center.
    region: Region,
    /// The layouts below the domain's own entries, later ones over earlier ones.
    layout: LayoutNames,
    /// Whether configurations that are not declared are deleted.
    prune: Switch,
    /// Inherited by the domain's configurations.
    defaults: Settings,
    /// Apps by name; `*` is every app without its own entries.
    apps: BTreeMap<String, Option<App>>,
}

/// One app of a domain.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct App {
    /// Whether configurations that are not declared are deleted; beats the domain's word.
    prune: Switch,
    /// Inherited by the app's configurations.
    defaults: Settings,
    /// One configuration each, by stream name; `*` is every stream without its own.
    streams: BTreeMap<String, Option<Stream>>,
}

/// Settings, as they stand in every block that has some.
struct Settings;

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        block("Settings, each inherited field by field.", [])
    }
}

/// A stream's entry: settings, and what it alone may say.
struct Stream;

impl JsonSchema for Stream {
    fn schema_name() -> Cow<'static, str> {
        "Stream".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let state = json!({
            "description": "Whether the configuration must exist; `absent` allows nothing beside it.",
            "enum": ["present", "absent"],
        });
        let expires = json!({
            "description": "The day from which validate, plan and drift say that the entry should go.",
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        });
        block("One configuration.", [("state", state), ("expires", expires)])
    }
}

/// A block that holds settings, and `more`.
fn block<const N: usize>(description: &str, more: [(&str, Json); N]) -> Schema {
    let tier = json!({
        "description": "The tier whose settings rank right behind this block's own.",
        "type": "string",
    });
    let settings = Field::MANAGED.map(|field| (field.name(), setting(field)));
    let properties: Map<String, Json> = iter::once(("tier", tier))
        .chain(settings)
        .chain(more)
        .map(|(name, property)| (name.to_owned(), property))
        .collect();
    json_schema!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

/// What may stand behind a managed field's name.
fn setting(field: Field) -> Json {
    let mut schema = match field.form() {
        Form::Group | Form::Bucket | Form::Text | Form::Templates | Form::Json => json!({ "type": "string" }),
        Form::Seconds { least, most, help: _ } => json!({
            "anyOf": [
                { "type": "integer", "minimum": least, "maximum": most },
                { "type": "string", "pattern": "^([0-9]+|([0-9]+h)?([0-9]+m)?([0-9]+s)?)$" },
                { "const": "default" },
            ],
        }),
        Form::Switch => json!({
            "anyOf": [
                { "type": "boolean" },
                { "enum": ["on", "off", "default"] },
                { "type": "string", "pattern": SWITCH },
            ],
        }),
        Form::Choice { values, here: _, help: _ } => {
            let texts = values.iter().map(|value| Json::from(value.to_string()));
            let all = values.iter().map(|value| Json::from(*value)).chain(texts).chain(["default".into()]);
            json!({ "enum": all.collect::<Vec<_>>() })
        }
    };
    if let Some(description) = field.description() {
        schema["description"] = description.into();
    }
    schema
}

/// On or off, in any case.
const SWITCH: &str = "^([Oo][Nn]|[Oo][Ff][Ff]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$";

/// A type that has no shape but its schema.
macro_rules! described {
    ($($name:ident: $schema:tt;)*) => {
        $(
            struct $name;

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn inline_schema() -> bool {
                    true
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*
    };
}

described! {
    Version: { "enum": [1, "1"] };
    // A bare number is no text to an editor, though it is to livevod.
    Account: { "type": ["string", "integer"], "pattern": "^[0-9]{1,20}$" };
    Region: { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)+$" };
    TranscodeGroup: {
        "anyOf": [
            { "type": ["string", "number"] },
            { "type": "object", "additionalProperties": { "type": ["string", "number"] } }
        ]
    };
    LayoutNames: { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] };
    Switch: {
        "anyOf": [{ "type": "boolean" }, { "enum": ["on", "off"] }, { "type": "string", "pattern": SWITCH }]
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{blocks, settings};

    #[test]
    fn the_schema_has_the_decoders_keys() {
        let schema = schema();
        for (name, known) in [
            (None, blocks::DOCUMENT),
            (Some("Layout"), blocks::LAYOUT),
            (Some("LayoutApp"), blocks::LAYOUT_APP),
            (Some("Domain"), blocks::DOMAIN),
            (Some("App"), blocks::APP),
            (Some("Settings"), &settings::SETTINGS),
            (Some("Stream"), &settings::STREAM),
        ] {
            let object = name.map_or(&schema, |name| &schema["$defs"][name]);
            assert_eq!(object["additionalProperties"], false, "{name:?}");
            let keys: BTreeSet<&str> =
                object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, known.iter().copied().collect(), "{name:?}");
        }
        assert_eq!(schema["$defs"].as_object().unwrap().len(), 6, "a block that is not compared");
        assert_eq!(schema["required"], serde_json::json!(["version"]));
    }

    #[test]
    fn only_a_file_requires_anything() {
        let schema = schema();
        assert!(schema["$defs"].as_object().unwrap().values().all(|object| object.get("required").is_none()));
    }
}
