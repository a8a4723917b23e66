//! The file format as JSON Schema, for editors. It has the same keys as the decoder; a test checks this.
//!
//! The types here are never filled; they only describe. Where the schema can't express what the decoder checks, the
//! schema is the more lenient one: an editor that marks valid files is worse than none.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::accept::REQUIRED;
use super::record_format::FORMATS;
use crate::model::{Field, Form, Format, Part};

/// Where SchemaStore serves the schema, by whose catalogue editors find it; `schema/catalog.json` is the entry for it.
const ID: &str = "https://www.schemastore.org/livevod.json";

/// The schema of one file, JSON Schema draft 2020-12.
pub fn schema() -> serde_json::Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>();
    RecursiveTransform(require_only_needed).transform(&mut schema);
    schema.insert("$id".into(), ID.into());
    schema.insert("title".into(), "livevod".into());
    schema.to_value()
}

/// Makes every key optional but `version` and those that an entry of `accept` must have. The types can't express this:
/// their `Option` would allow null.
fn require_only_needed(schema: &mut Schema) {
    let has = |name: &str| schema.get("properties").is_some_and(|properties| properties.get(name).is_some());
    let needed = match (has("version"), has("reason")) {
        (true, _) => json!(["version"]),
        (false, true) => json!(REQUIRED),
        (false, false) => Json::Null,
    };
    schema.remove("required");
    if needed != Json::Null {
        schema.insert("required".into(), needed);
    }
}

/// One file of desired state; all files given to a command are read as one document.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct File {
    /// The version of the file format: 1.
    version: Version,
    /// The only account these files may be applied to.
    account: Account,
    /// The region of domains without a `region` of their own.
    region: Region,
    /// Names for transcode groups (in VOD: transcoding template groups): one id, or one id per region.
    transcode_groups: BTreeMap<String, TranscodeGroup>,
    /// Inherited by every configuration.
    defaults: Settings,
    /// Bundles of settings, used anywhere by `tier: NAME`.
    tiers: BTreeMap<String, Option<Settings>>,
    /// App trees that many domains share, used by `layout: NAME`.
    layouts: BTreeMap<String, Option<Layout>>,
    /// Patterns of addresses that livevod ignores: never reported as drift, never touched.
    ignore: Vec<String>,
    /// Patterns of addresses that are never deleted, replaced or stopped, by any flag.
    protect: Vec<String>,
    /// Patterns of streams that must be recorded whenever they are on air: `livevod audit` reports each that is not, even if no
    /// configuration applies to it.
    must_record: Vec<String>,
    /// Differences that are accepted until a given day.
    accept: Vec<Accept>,
    /// Main streaming domains by name. A domain that no file names is never read or touched.
    domains: BTreeMap<String, Option<Domain>>,
}

/// An accepted difference: until a given day, the value that the service has in one field stays, and does not count as a difference.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct Accept {
    /// The configurations: a pattern as under `ignore`.
    address: String,
    /// The name of the setting.
    field: SettingName,
    /// The only accepted value, as the setting itself is written; if it is left out, every value is accepted.
    value: AnyValue,
    /// The first day (UTC) on which the entry no longer applies.
    until: Day,
    /// Why; plans and drift checks show it.
    reason: Text,
}

/// An app tree that domains share.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct Layout {
    /// Apps by name; `*` means every app without its own entries.
    apps: BTreeMap<String, Option<LayoutApp>>,
}

/// One app of a layout.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct LayoutApp {
    /// Inherited by the app's configurations.
    defaults: Settings,
    /// Configurations by stream name; `*` means every stream without its own.
    streams: BTreeMap<String, Option<Stream>>,
}

/// One main streaming domain.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct Domain {
    /// The region of the domain's live center.
    region: Region,
    /// The domain's layouts. Its own entries override theirs, and later layouts override earlier ones.
    layout: LayoutNames,
    /// Whether configurations that are not declared are deleted.
    prune: Switch,
    /// Inherited by the domain's configurations.
    defaults: Settings,
    /// Apps by name; `*` means every app without its own entries.
    apps: BTreeMap<String, Option<App>>,
}

/// One app of a domain.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes, is never filled")]
struct App {
    /// Whether configurations that are not declared are deleted; overrides the domain's `prune`.
    prune: Switch,
    /// Inherited by the app's configurations.
    defaults: Settings,
    /// Configurations by stream name; `*` means every stream without its own.
    streams: BTreeMap<String, Option<Stream>>,
}

/// Settings, the same in every block that has some.
struct Settings;

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<FormatBlock>();
        block("Settings; each is inherited separately.", [])
    }
}

/// The settings of one format. Blank means that it has none of its own.
struct FormatBlock;

impl JsonSchema for FormatBlock {
    fn schema_name() -> Cow<'static, str> {
        "Format".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let parts = Part::ALL.map(|part| (part.name(), setting(Field::Part(Format::M3u8, part))));
        json_schema!({
            "description": "What happens to the files of one format.",
            "type": ["object", "null"],
            "additionalProperties": false,
            "properties": object(parts),
        })
    }
}

/// A stream's entry: settings, and the keys that only an entry may have.
struct Stream;

impl JsonSchema for Stream {
    fn schema_name() -> Cow<'static, str> {
        "Stream".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let state = json!({
            "description": "Whether the configuration must exist; `absent` allows no other key.",
            "enum": ["present", "absent"],
        });
        let expires = json!({
            "description": "The day (UTC) from which validate, plan and drift report the entry as expired; it deletes nothing.",
            "type": "string",
            "format": "date",
            "pattern": DAY,
        });
        block("One configuration.", [("state", state), ("expires", expires)])
    }
}

/// A block that holds settings, and `more`.
fn block<const N: usize>(description: &str, more: [(&'static str, Json); N]) -> Schema {
    let tier = json!({
        "description": "A tier; its settings apply where this block has none of its own.",
        "type": "string",
    });
    let settings = Field::MANAGED.map(|field| (field.name(), setting(field)));
    json_schema!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "properties": object(iter::once(("tier", tier)).chain(settings).chain(more)),
    })
}

fn object(properties: impl IntoIterator<Item = (&'static str, Json)>) -> Map<String, Json> {
    properties.into_iter().map(|(name, property)| (name.to_owned(), property)).collect()
}

/// The schema of a managed field's value.
fn setting(field: Field) -> Json {
    let mut schema = match field.form() {
        Form::Group | Form::Bucket => json!({ "type": "string" }),
        Form::Id | Form::Text => json!({ "type": ["string", "number"] }),
        Form::Words(words) => {
            let one = json!({ "enum": words });
            let list = json!({ "type": "array", "items": one, "minItems": 1, "uniqueItems": true });
            json!({ "anyOf": [one, list, { "const": "default" }] })
        }
        Form::Templates => {
            let one = json!({ "type": ["string", "number"] });
            json!({ "anyOf": [one, { "type": "array", "items": one, "uniqueItems": true }] })
        }
        Form::Process => {
            let way = |name: &str| {
                json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": [name],
                    "properties": { name: { "type": ["string", "number"] } },
                })
            };
            json!({ "anyOf": [way("transcode"), way("workflow"), { "const": "default" }] })
        }
        Form::Formats => {
            let formats = json!({
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "properties": object(FORMATS.map(|name| (name, json!({ "$ref": "#/$defs/Format" })))),
            });
            json!({ "anyOf": [formats, { "const": "default" }] })
        }
        Form::Bare | Form::Json => json!({}),
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

/// A date.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// On or off, in any case.
const SWITCH: &str = "^([Oo][Nn]|[Oo][Ff][Ff]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$";

/// Defines types that are nothing but a schema.
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
    // An editor reads an unquoted number as a number; livevod reads it as text.
    Account: { "type": ["string", "integer"], "pattern": "^[0-9]{1,20}$" };
    Region: { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)+$" };
    TranscodeGroup: {
        "anyOf": [
            { "type": ["string", "number"] },
            { "type": "object", "additionalProperties": { "type": ["string", "number"] } }
        ]
    };
    SettingName: { "enum": Field::MANAGED.map(Field::name) };
    AnyValue: {};
    Day: { "type": "string", "format": "date", "pattern": DAY };
    Text: { "type": ["string", "number"] };
    LayoutNames: { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] };
    Switch: {
        "anyOf": [{ "type": "boolean" }, { "enum": ["on", "off"] }, { "type": "string", "pattern": SWITCH }]
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{accept, blocks, keys, record_format};

    #[test]
    fn the_schema_has_the_decoders_keys() {
        let schema = schema();
        for (name, known) in [
            (None, blocks::DOCUMENT),
            (Some("Accept"), accept::ACCEPT),
            (Some("Layout"), blocks::LAYOUT),
            (Some("LayoutApp"), blocks::LAYOUT_APP),
            (Some("Domain"), blocks::DOMAIN),
            (Some("App"), blocks::APP),
            (Some("Settings"), &keys::SETTINGS),
            (Some("Stream"), &keys::STREAM),
            (Some("Format"), &record_format::PARTS),
        ] {
            let object = name.map_or(&schema, |name| &schema["$defs"][name]);
            assert_eq!(object["additionalProperties"], false, "{name:?}");
            let keys: BTreeSet<&str> =
                object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, known.iter().copied().collect(), "{name:?}");
        }
        assert_eq!(schema["$defs"].as_object().unwrap().len(), 8, "a block that is not compared");
        assert_eq!(schema["required"], serde_json::json!(["version"]));
    }

    #[test]
    fn only_a_file_and_an_accepted_difference_require_anything() {
        let schema = schema();
        let blocks = schema["$defs"].as_object().unwrap().iter();
        let requiring: Vec<&str> = blocks
            .filter(|(_, object)| object.get("required").is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(requiring, ["Accept"]);
        assert_eq!(schema["$defs"]["Accept"]["required"], serde_json::json!(accept::REQUIRED));
    }
}
