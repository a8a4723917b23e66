//! Turns the settings of a configuration into the JSON of listings and of the log, and back.

use serde_json::{Map, Value as Json};

use crate::model::{Field, Form, RecordConfig, Value};

/// A field as a listing writes it; `None` for what was never set.
pub(super) fn write(field: Field, config: &RecordConfig) -> Option<Json> {
    match config.get(field) {
        Value::Unset | Value::Json(_) => None,
        Value::Text(text) if text.is_empty() => None,
        Value::Text(text) => Some(text.into()),
        Value::Seconds(number) | Value::Number(number) => Some(number.into()),
        Value::Switch(on) => Some(if on { "ON" } else { "OFF" }.into()),
    }
}

/// Takes out of an object every field that `name` has a name for. What is missing or null is the documented default.
pub(super) fn read(
    object: &mut Map<String, Json>,
    name: impl Fn(Field) -> Option<String>,
) -> Result<RecordConfig, String> {
    let mut config = RecordConfig::default();
    for field in Field::ALL {
        let Some(name) = name(field) else { continue };
        let Some(json) = object.remove(&name).filter(|json| !json.is_null()) else { continue };
        let value = value(field, &json).ok_or_else(|| format!("`{name}` can't be {json}"))?;
        config.set(field, value);
    }
    Ok(config)
}

/// Refuses what nobody has taken out of an object.
pub(super) fn nothing_left(object: &Map<String, Json>) -> Result<(), String> {
    object.keys().next().map_or(Ok(()), |name| Err(format!("unknown field `{name}`")))
}

fn value(field: Field, json: &Json) -> Option<Value> {
    let number = || json.as_u64()?.try_into().ok();
    let text = |text: &str| if text.is_empty() { Value::Unset } else { Value::Text(text.to_owned()) };
    match field.form() {
        Form::Group | Form::Bucket | Form::Text => json.as_str().map(text),
        Form::Seconds { .. } => number().map(Value::Seconds),
        Form::Choice { .. } => number().filter(|number| *number <= u8::MAX.into()).map(Value::Number),
        Form::Switch => json.as_str().map(|text| Value::Switch(text == "ON")),
        // A text in listings, a list in the log.
        Form::Templates => match json {
            Json::Array(ids) => {
                Some(text(&ids.iter().map(Json::as_str).collect::<Option<Vec<_>>>()?.join(",")))
            }
            json => json.as_str().map(text),
        },
        Form::Json => None,
    }
}
