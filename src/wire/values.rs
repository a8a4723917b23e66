//! How single values are written in answers and requests.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::response::text_of;
use crate::model::{Field, Form, Value, words};

/// The items in a list's element, which is missing or null if there are none; XML gives a single item without a list.
/// `None` if it is no list.
pub(super) fn list_of(list: Json, element: &str) -> Option<Vec<Json>> {
    let inner = match list {
        Json::Object(mut object) => object.remove(element).unwrap_or_default(),
        other => other,
    };
    match inner {
        Json::Null => Some(Vec::new()),
        Json::String(text) if text.trim().is_empty() => Some(Vec::new()),
        Json::Array(items) => Some(items),
        Json::Object(item) => Some(vec![Json::Object(item)]),
        _ => None,
    }
}

/// The value of a field as an answer writes it; `None` if it can't be read.
pub(super) fn read_value(field: Field, value: &Json) -> Option<Value> {
    match field.form() {
        Form::Group | Form::Bucket | Form::Id | Form::Text => text_of(value).map(Value::Text),
        Form::Seconds { .. } => number(value).map(Value::Seconds),
        Form::Switch => switch(value).map(Value::Switch),
        Form::Choice { .. } => number::<u8>(value).map(|number| Value::Number(number.into())),
        Form::Words(_) | Form::Templates => list(value).map(Value::Set),
        Form::Process | Form::Formats | Form::Bare | Form::Json => None,
    }
}

/// Whether a value is more than null, an empty text, or empty lists of those.
pub(super) fn is_given(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => items.iter().any(is_given),
        Json::Object(fields) => fields.values().any(is_given),
        Json::Bool(_) | Json::Number(_) => true,
    }
}

/// A number, or one written as text.
pub(super) fn number<T: std::str::FromStr>(value: &Json) -> Option<T> {
    text_of(value)?.trim().parse().ok()
}

/// `ON`, `OFF`, `true`, `false` in any case, or a boolean.
pub(super) fn switch(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(on) => Some(*on),
        Json::String(text) => match text.to_ascii_lowercase().as_str() {
            "on" | "true" => Some(true),
            "off" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A set of words. The documents only say that it is text: `a,b`, a JSON list as text, a list, or one inside an element
/// as in the sibling API are all read.
fn list(value: &Json) -> Option<BTreeSet<String>> {
    match value {
        Json::Array(items) => {
            let texts = items.iter().map(text_of).collect::<Option<Vec<_>>>()?;
            Some(texts.into_iter().filter(|text| !text.is_empty()).collect())
        }
        Json::Object(fields) if fields.len() == 1 => list(fields.values().next()?),
        other => {
            let text = text_of(other)?;
            match serde_json::from_str::<Json>(&text) {
                Ok(inner @ Json::Array(_)) => list(&inner),
                _ if text.contains(['[', ']', '{', '}', '"']) => None,
                _ => Some(words(&text)),
            }
        }
    }
}

/// A value as one text of the API; `None` if it is not set, or is more than a text.
pub fn write_value(field: Field, value: Value) -> Option<String> {
    match (value, field.form()) {
        (Value::Text(text), _) => Some(text),
        (Value::Seconds(number) | Value::Number(number), _) => Some(number.to_string()),
        (Value::Switch(on), _) => Some(if on { "ON" } else { "OFF" }.to_owned()),
        (Value::Set(names), Form::Templates) => Some(names.into_iter().collect::<Vec<_>>().join(",")),
        // The words in the documents' order, then any that they do not have.
        (Value::Set(words), Form::Words(order)) => {
            let known = order.iter().copied().filter(|word| words.contains(*word));
            let other = words.iter().map(String::as_str).filter(|word| !order.contains(word));
            Some(known.chain(other).collect::<Vec<_>>().join(","))
        }
        _ => None,
    }
}
