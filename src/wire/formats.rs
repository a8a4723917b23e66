//! Turns the formats of an answer into [`Formats`], and [`Formats`] into the parameters `RecordFormat.N.*`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::response::text_of;
use super::values::{list_of, read_value, write_value};
use crate::model::{Field, Format, FormatSettings, Formats, Part, Process, Value, is_telling};

/// The answer's field that holds the formats, and the element inside it.
pub const LIST: &str = "RecordFormatList";
const ITEM: &str = "RecordFormat";

const FORMAT: &str = "Format";
const METHOD: &str = "ProcessMethod";
const ID: &str = "ProcessTemplateId";

/// Parses the list of formats; `None` if it is empty.
///
/// # Errors
/// A lowercase fragment, if the list can't be read whole or contradicts itself.
pub fn read_formats(list: &Json) -> Result<Option<Formats>, String> {
    let items = list_of(list.clone(), ITEM).ok_or_else(|| format!("its `{LIST}` can't be read"))?;
    let mut formats = Formats::new();
    for item in items {
        let Json::Object(fields) = item else { return Err(format!("its `{LIST}` can't be read")) };
        let (format, settings) = read_format(fields)?;
        if formats.insert(format, settings).is_some() {
            return Err(format!("its `{LIST}` has the format `{format}` twice"));
        }
    }
    Ok((!formats.is_empty()).then_some(formats))
}

fn read_format(mut fields: Map<String, Json>) -> Result<(Format, FormatSettings), String> {
    let name = fields.remove(FORMAT).as_ref().and_then(text_of).unwrap_or_default();
    let format = Format::named(&name)
        .ok_or_else(|| format!("its `{LIST}` has the format `{name}`, which livevod does not know"))?;
    let mut settings = FormatSettings { process: take_process(&mut fields)?, ..FormatSettings::default() };
    for part in Part::ALL.into_iter().filter(|part| *part != Part::Process) {
        let field = Field::Part(format, part);
        let Some(json) = field.api().and_then(|name| fields.remove(name)).filter(|json| !is_blank(json))
        else {
            continue;
        };
        match read_value(field, &json) {
            // A length of 0, which no request may send, counts as unset.
            Some(Value::Seconds(0)) => {}
            Some(value) => settings.set(part, value),
            None => {
                return Err(format!(
                    "its `{}` of format `{format}` can't be read",
                    field.api().unwrap_or_default()
                ));
            }
        }
    }
    settings.unknown = fields.into_iter().collect();
    Ok((format, settings))
}

/// Method and id, which go together.
fn take_process(fields: &mut Map<String, Json>) -> Result<Option<Process>, String> {
    let [method, id] =
        [METHOD, ID].map(|name| fields.remove(name).as_ref().and_then(text_of).unwrap_or_default());
    match (method.as_str(), id.is_empty()) {
        ("", true) => Ok(None),
        ("transcode", false) => Ok(Some(Process::Transcode(id))),
        ("workflow", false) => Ok(Some(Process::Workflow(id))),
        (_, true) => Err(format!("its `{METHOD}` is `{method}`, without `{ID}`")),
        ("", false) => Err(format!("its `{ID}` is `{id}`, without `{METHOD}`")),
        _ => Err(format!("its `{METHOD}` is `{method}`, which livevod does not know")),
    }
}

/// Null, or a text without content.
fn is_blank(json: &Json) -> bool {
    json.is_null() || json.as_str().is_some_and(str::is_empty)
}

/// The formats as an answer lists them, under the field `RecordFormatList`.
pub fn list_formats(formats: &Formats) -> Json {
    let item = |(format, settings): (&Format, &FormatSettings)| {
        let named = fields(*format, settings).into_iter().map(|(name, value)| (name.to_owned(), value));
        named.chain(settings.unknown.clone()).collect::<Json>()
    };
    json!({ ITEM: formats.iter().map(item).collect::<Vec<_>>() })
}

/// The parameters of every format, in the order of their names, each with everything that is set.
pub(super) fn parameters(formats: &Formats) -> BTreeMap<String, String> {
    let parameter = |(at, (format, settings)): (usize, (&Format, &FormatSettings))| {
        fields(*format, settings)
            .into_iter()
            .filter_map(|(name, value)| Some((name, text_of(&value)?)))
            .map(move |(name, text)| (format!("{ITEM}.{}.{name}", at + 1), text))
            .collect::<Vec<_>>()
    };
    formats.iter().enumerate().flat_map(parameter).collect()
}

/// Everything that is set in a format, as the API names and writes it.
fn fields(format: Format, settings: &FormatSettings) -> Vec<(&'static str, Json)> {
    let mut fields = vec![(FORMAT, format.name().into())];
    if let Some((method, id)) = settings.process.as_ref().and_then(written_process) {
        fields.extend([(METHOD, method.into()), (ID, id.into())]);
    }
    for part in Part::ALL {
        let (field, value) = (Field::Part(format, part), settings.get(part));
        let written = match value {
            Value::Seconds(seconds) => Some(seconds.into()),
            value => write_value(field, value).filter(|text| !text.is_empty()).map(Json::from),
        };
        fields.extend(field.api().zip(written));
    }
    fields
}

fn written_process(process: &Process) -> Option<(&'static str, &str)> {
    match process {
        Process::Transcode(id) => Some(("transcode", id)),
        Process::Workflow(id) => Some(("workflow", id)),
        Process::Nothing => None,
    }
}

/// The undocumented fields that say something, each with its format before its name.
pub(super) fn unknown(formats: &Formats) -> impl Iterator<Item = (String, &Json)> {
    formats.iter().flat_map(|(format, settings)| {
        let telling = settings.unknown.iter().filter(|(name, value)| is_telling(name, value));
        telling.map(move |(name, value)| (format!("{format}.{name}"), value))
    })
}
