//! Turns the fields of a listing into configurations with their addresses.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::response::text_of;
use crate::model::{Address, EVERY, Field, Form, RecordConfig, Remote, StreamSpelling, Value};

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its configurations, in the service's order. Two may have one key: the caller must decide what that means.
    pub configs: Vec<(Address, Remote)>,
    /// The service's count, of entries or of pages: the documents disagree.
    pub total: Option<u64>,
    /// How many items the page has.
    pub items: usize,
    /// How many items it may have, according to the answer.
    pub size: Option<u64>,
}

/// Parses a listing. An item that can't be understood but has a readable key is kept and marked as unsupported.
///
/// # Errors
///
/// A lowercase fragment, when there is no list, or when an item has no readable key: then it is unknown what exists.
pub fn read_page(mut fields: Map<String, Json>) -> Result<Page, String> {
    let total = fields.get("Total").and_then(number::<u64>);
    let size = fields.get("PageSize").and_then(number::<u64>);
    let items = match fields.remove("LiveRecordVodConfigs") {
        Some(list) => items_of(list)?,
        // Only a page that says that it is empty may lack its list.
        None if total == Some(0) => Vec::new(),
        None => return Err("the listing has no `LiveRecordVodConfigs`".to_owned()),
    };
    let configs = items.into_iter().map(read_item).collect::<Result<Vec<_>, _>>()?;
    Ok(Page { items: configs.len(), configs, total, size })
}

/// The items in the list's element, which is missing or null if there are none; XML gives a single item without a list.
fn items_of(list: Json) -> Result<Vec<Json>, String> {
    let inner = match list {
        Json::Object(mut object) => object.remove("LiveRecordVodConfig").unwrap_or_default(),
        other => other,
    };
    match inner {
        Json::Null => Ok(Vec::new()),
        Json::String(text) if text.trim().is_empty() => Ok(Vec::new()),
        Json::Array(items) => Ok(items),
        Json::Object(item) => Ok(vec![Json::Object(item)]),
        _ => Err("`LiveRecordVodConfigs` does not contain a list".to_owned()),
    }
}

fn read_item(item: Json) -> Result<(Address, Remote), String> {
    let Json::Object(fields) = item else { return Err("an item of the listing is not an object".to_owned()) };
    let mut item = Item { fields, unreadable: Vec::new() };
    let (address, spelling) = item.key()?;
    let by_format = item.is_by_format();
    let create_time = item.text("CreateTime");
    let config = item.config();
    let unsupported = if by_format {
        Some("it is configured by recording format (`RecordFormat`)".to_owned())
    } else {
        (!item.unreadable.is_empty()).then(|| format!("its {} can't be read", item.unreadable.join(", ")))
    };
    Ok((address, Remote { config, spelling, create_time, unsupported }))
}

/// The fields of one item; those that were read are removed, so that the rest are the undocumented ones.
struct Item {
    fields: Map<String, Json>,
    unreadable: Vec<String>,
}

impl Item {
    fn key(&mut self) -> Result<(Address, StreamSpelling), String> {
        let domain = self.name("DomainName")?.to_ascii_lowercase();
        let app = self.name("AppName")?;
        let (stream, spelling) = match self.fields.remove("StreamName") {
            None | Some(Json::Null) => (EVERY.to_owned(), StreamSpelling::Absent),
            Some(value) => match text_of(&value) {
                Some(text) if text.is_empty() => (EVERY.to_owned(), StreamSpelling::Empty),
                Some(text) => (text, StreamSpelling::Named),
                None => return Err("an item of the listing has an unreadable `StreamName`".to_owned()),
            },
        };
        Ok((Address::new(domain, app, stream), spelling))
    }

    fn name(&mut self, field: &str) -> Result<String, String> {
        let value = self.fields.remove(field).as_ref().and_then(text_of);
        value
            .filter(|text| !text.is_empty())
            .ok_or_else(|| format!("an item of the listing has no readable `{field}`"))
    }

    fn is_by_format(&mut self) -> bool {
        let by_flag = self.take("FormatConfig", switch).unwrap_or(false);
        let formats = self.fields.remove("RecordFormatList").unwrap_or_default();
        by_flag || says_something(&formats)
    }

    /// Must be called last: what is left then is undocumented.
    fn config(&mut self) -> RecordConfig {
        let (mut config, unreadable) = take_config(&mut self.fields, |field| field.api().map(Cow::Borrowed));
        self.unreadable.extend(unreadable);
        let unknown = std::mem::take(&mut self.fields).into_iter();
        config.passthrough.unknown = unknown.filter(|(_, value)| says_something(value)).collect();
        config
    }

    fn text(&mut self, field: &str) -> Option<String> {
        self.take(field, text_of)
    }

    /// The field's value; `None` if it is missing, empty or recorded as unreadable.
    fn take<T>(&mut self, field: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        let value = self.fields.remove(field).filter(says_something)?;
        let known = read(&value);
        if known.is_none() {
            self.unreadable.push(format!("`{field}`"));
        }
        known
    }
}

/// Removes from an object each field that `name` has a name for, and returns the names of those that can't be read. A
/// missing field is the documented default.
pub fn take_config(
    object: &mut Map<String, Json>,
    name: impl Fn(Field) -> Option<Cow<'static, str>>,
) -> (RecordConfig, Vec<String>) {
    let mut config = RecordConfig::default();
    let mut unreadable = Vec::new();
    for field in Field::ALL {
        let Some(name) = name(field) else { continue };
        let Some(json) = object.remove(&*name).filter(says_something) else { continue };
        match value(field, &json) {
            // A length of 0, which no request may send, counts as unset if the field is optional.
            Some(Value::Seconds(0)) if config.get(field) == Value::Unset => {}
            Some(value) => config.set(field, value),
            None => unreadable.push(format!("`{name}`")),
        }
    }
    (config, unreadable)
}

/// The value of a field as an answer writes it.
fn value(field: Field, value: &Json) -> Option<Value> {
    match field.form() {
        Form::Group | Form::Bucket | Form::Text => text_of(value).map(Value::Text),
        Form::Seconds { .. } => number(value).map(Value::Seconds),
        Form::Switch => switch(value).map(Value::Switch),
        Form::Choice { .. } => number::<u8>(value).map(|number| Value::Number(number.into())),
        Form::Templates => list(value).map(Value::Text),
        Form::Json => None,
    }
}

/// Whether a value is more than null, an empty text, or empty lists of those.
fn says_something(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => items.iter().any(says_something),
        Json::Object(fields) => fields.values().any(says_something),
        Json::Bool(_) | Json::Number(_) => true,
    }
}

/// A number, or one written as text.
fn number<T: std::str::FromStr>(value: &Json) -> Option<T> {
    text_of(value)?.trim().parse().ok()
}

/// `ON`, `OFF`, `true`, `false` in any case, or a boolean.
fn switch(value: &Json) -> Option<bool> {
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

/// Documented as text; a list, also one inside an element as in the sibling API, is joined with commas.
fn list(value: &Json) -> Option<String> {
    match value {
        Json::Array(items) => Some(items.iter().map(text_of).collect::<Option<Vec<_>>>()?.join(",")),
        Json::Object(fields) if fields.len() == 1 => list(fields.values().next()?),
        other => text_of(other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::wire::{Response, read, write_xml};

    fn page(value: Json) -> Result<Page, String> {
        let Json::Object(fields) = value else { panic!("no object") };
        read_page(fields)
    }

    fn listing(item: Json) -> Json {
        json!({"Total": "1", "LiveRecordVodConfigs": {"LiveRecordVodConfig": [item]}})
    }

    /// Parses a page whose one item has a valid key and these fields besides.
    fn item(more: Json) -> (Address, Remote) {
        let mut fields = json!({"DomainName": "Live.Example.com", "AppName": "show"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        page(listing(fields)).unwrap().configs.remove(0)
    }

    #[test]
    fn a_full_item_is_read_whole() {
        let (address, remote) = item(json!({
            "StreamName": "cam", "CreateTime": "2015-12-01T17:37:00Z", "VodTranscodeGroupId": "g",
            "CycleDuration": 360, "AutoCompose": "ON", "ComposeVodTranscodeGroupId": "c", "OnDemand": 7,
            "StorageLocation": "bucket", "DelayTime": 180, "FormatConfig": false, "RecordContent": "raw",
            "SpaceId": "app-1", "TranscodeTemplates": "a,b", "RecordFormatList": {"RecordFormat": []},
            "NewField": {"x": 1}, "Nothing": [null, ""],
        }));
        assert_eq!(address.to_string(), "live.example.com/show/cam");
        let text = |text: &str| Value::Text(text.to_owned());
        let mut config = RecordConfig::default();
        for (field, value) in [
            (Field::VodTranscodeGroup, text("g")),
            (Field::CycleDuration, Value::Seconds(360)),
            (Field::AutoCompose, Value::Switch(true)),
            (Field::ComposeVodTranscodeGroup, text("c")),
            (Field::OnDemand, Value::Number(7)),
            (Field::StorageLocation, text("bucket")),
            (Field::DelayTime, Value::Seconds(180)),
            (Field::RecordContent, text("raw")),
            (Field::SpaceId, text("app-1")),
            (Field::TranscodeTemplates, text("a,b")),
            (Field::Unknown, Value::Json([("NewField".to_owned(), json!({"x": 1}))].into())),
        ] {
            config.set(field, value);
        }
        let create_time = Some("2015-12-01T17:37:00Z".into());
        let expected = Remote { config, spelling: StreamSpelling::Named, create_time, unsupported: None };
        assert_eq!(remote, expected);
    }

    #[test]
    fn missing_fields_are_the_documented_defaults() {
        let (_, remote) = item(json!({"DelayTime": 0, "StorageLocation": null}));
        assert_eq!((remote.config, remote.unsupported), (RecordConfig::default(), None));
    }

    #[test]
    fn four_spellings_of_every_stream_are_one_key() {
        for (fields, spelling) in [
            (json!({}), StreamSpelling::Absent),
            (json!({"StreamName": null}), StreamSpelling::Absent),
            (json!({"StreamName": ""}), StreamSpelling::Empty),
            (json!({"StreamName": "*"}), StreamSpelling::Named),
        ] {
            let (address, remote) = item(fields.clone());
            assert_eq!((&*address.stream, remote.spelling), ("*", spelling), "{fields}");
        }
    }

    #[test]
    fn numbers_come_as_text_and_switches_in_any_case() {
        let (_, remote) =
            item(json!({"CycleDuration": "900", "OnDemand": "1", "AutoCompose": "on", "DelayTime": "15"}));
        let config = remote.config;
        assert_eq!((config.cycle_duration, config.on_demand, config.auto_compose), (900, 1, true));
        assert_eq!((config.passthrough.delay_time, remote.unsupported), (Some(15), None));
        assert_eq!(item(json!({"AutoCompose": "Off"})).1.unsupported, None);
    }

    #[test]
    fn a_template_list_in_any_form_is_one_text() {
        for value in [json!("a,b"), json!(["a", "b"]), json!({"Templates": ["a", "b"]})] {
            let (_, remote) = item(json!({"TranscodeTemplates": value}));
            assert_eq!(remote.config.passthrough.transcode_templates.as_deref(), Some("a,b"));
        }
    }

    #[test]
    fn by_format_items_are_unsupported() {
        for fields in [
            json!({"FormatConfig": true}),
            json!({"FormatConfig": "true"}),
            json!({"RecordFormatList": {"RecordFormat": [{"Format": "m3u8"}]}}),
        ] {
            let reason = item(fields).1.unsupported.unwrap();
            assert!(reason.contains("recording format"), "{reason}");
        }
    }

    #[test]
    fn an_unreadable_field_makes_the_item_unsupported_and_not_the_page_unreadable() {
        for (fields, name) in [
            (json!({"CycleDuration": "soon"}), "CycleDuration"),
            (json!({"CycleDuration": -1}), "CycleDuration"),
            (json!({"OnDemand": 300}), "OnDemand"),
            (json!({"AutoCompose": "maybe"}), "AutoCompose"),
            (json!({"VodTranscodeGroupId": ["g"]}), "VodTranscodeGroupId"),
            (json!({"TranscodeTemplates": {"a": "x", "b": "y"}}), "TranscodeTemplates"),
            (json!({"FormatConfig": 7}), "FormatConfig"),
        ] {
            assert_eq!(item(fields).1.unsupported.unwrap(), format!("its `{name}` can't be read"));
        }
    }

    #[test]
    fn counts_are_text_or_numbers() {
        let counts = |value: Json| {
            let list = json!({"LiveRecordVodConfig": []});
            let page =
                page(json!({"Total": value, "PageSize": value, "LiveRecordVodConfigs": list})).unwrap();
            (page.total, page.size)
        };
        assert_eq!(counts(json!("100")), (Some(100), Some(100)));
        assert_eq!(counts(json!(100)), (Some(100), Some(100)));
        assert_eq!(counts(json!("many")), (None, None));
    }

    #[test]
    fn an_empty_list_has_many_forms() {
        for list in [json!({}), json!(null), json!({"LiveRecordVodConfig": null}), json!([]), json!("")] {
            assert_eq!(page(json!({"LiveRecordVodConfigs": list})).unwrap().items, 0, "{list}");
        }
        assert_eq!(page(json!({"Total": "0"})).unwrap().items, 0);
        assert_eq!(page(json!({"Total": 3})).unwrap_err(), "the listing has no `LiveRecordVodConfigs`");
    }

    #[test]
    fn a_listing_in_xml_reads_like_one_in_json() {
        let one =
            json!({"DomainName": "a.com", "AppName": "show", "CycleDuration": 900, "FormatConfig": false});
        for items in [json!([]), json!([one]), json!([one, one])] {
            let content = json!({"Total": 2, "LiveRecordVodConfigs": {"LiveRecordVodConfig": items}});
            let body = write_xml("DescribeLiveRecordVodConfigsResponse", &content).into_bytes();
            let fields = read(&Response { status: 200, headers: BTreeMap::new(), body }).unwrap();
            assert_eq!(read_page(fields), page(content));
        }
    }

    #[test]
    fn an_item_without_a_readable_key_makes_the_page_unreadable() {
        for bad in [
            json!({"DomainName": "a.com"}),
            json!({"DomainName": "a.com", "AppName": ""}),
            json!({"AppName": "show"}),
            json!({"DomainName": "a.com", "AppName": "show", "StreamName": ["x"]}),
            json!("text"),
        ] {
            assert!(page(listing(bad.clone())).is_err(), "{bad}");
        }
    }
}
