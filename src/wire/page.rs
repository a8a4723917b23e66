//! Turns the fields of a listing into configurations with their addresses.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::formats::{self, read_formats};
use super::response::text_of;
use super::values::{is_given, list_of, number, read_value, switch};
use crate::model::{Address, EVERY, Field, RecordConfig, Remote, StreamSpelling, Value};

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

/// The items of a listing.
fn items_of(list: Json) -> Result<Vec<Json>, String> {
    list_of(list, "LiveRecordVodConfig")
        .ok_or_else(|| "`LiveRecordVodConfigs` does not contain a list".to_owned())
}

fn read_item(item: Json) -> Result<(Address, Remote), String> {
    let Json::Object(fields) = item else { return Err("an item of the listing is not an object".to_owned()) };
    let mut item = Item { fields, faults: Vec::new() };
    let (address, spelling) = item.key()?;
    let create_time = item.text("CreateTime");
    let config = item.config();
    let unsupported = (!item.faults.is_empty()).then(|| item.faults.join("; "));
    Ok((address, Remote { config, spelling, create_time, unsupported }))
}

/// The fields of one item; those that were read are removed, so that the rest are the undocumented ones.
struct Item {
    fields: Map<String, Json>,
    /// Why livevod must not write the configuration.
    faults: Vec<String>,
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

    /// Must be called last: what is left then is undocumented.
    fn config(&mut self) -> RecordConfig {
        let (mut config, unreadable) = take_config(&mut self.fields, |field| field.api().map(Cow::Borrowed));
        if !unreadable.is_empty() {
            self.faults.push(format!("its {} can't be read", unreadable.join(", ")));
        }
        self.take_formats(&mut config);
        config.unknown.extend(std::mem::take(&mut self.fields));
        config
    }

    /// `FormatConfig` decides whether formats count; if it is missing, a list that is not empty does. A list that does
    /// not count, or that can't be read, stays among the undocumented fields.
    fn take_formats(&mut self, config: &mut RecordConfig) {
        let flag = self.take("FormatConfig", switch);
        let list = self.fields.remove(formats::LIST).filter(is_given);
        let read = list.as_ref().map_or(Ok(None), read_formats);
        match (flag, read) {
            (Some(false), _) | (_, Ok(None)) => {}
            (_, Ok(formats)) => {
                config.record_format = formats;
                return;
            }
            (_, Err(fault)) => self.faults.push(fault),
        }
        if flag == Some(true) && list.is_none() {
            self.faults.push("its `FormatConfig` is true, but it lists no formats".to_owned());
        }
        config.unknown.extend(list.map(|list| (formats::LIST.to_owned(), list)));
    }

    fn text(&mut self, field: &str) -> Option<String> {
        self.take(field, text_of)
    }

    /// The field's value; `None` if it is missing, empty or recorded as unreadable.
    fn take<T>(&mut self, field: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        let value = self.fields.remove(field).filter(is_given)?;
        let known = read(&value);
        if known.is_none() {
            self.faults.push(format!("its `{field}` can't be read"));
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
        let Some(json) = object.remove(&*name).filter(is_given) else { continue };
        match read_value(field, &json) {
            // A length of 0, which no request may send, counts as unset if the field is optional.
            Some(Value::Seconds(0)) if config.get(field) == Value::Unset => {}
            Some(value) => config.set(field, value),
            None => unreadable.push(format!("`{name}`")),
        }
    }
    (config, unreadable)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::model::{Format, FormatSettings, Formats, Process, words};
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
        let unknown = [("NewField", json!({"x": 1})), ("Nothing", json!([null, ""]))]
            .map(|(name, value)| (name.to_owned(), value));
        let mut config = RecordConfig::default();
        for (field, value) in [
            (Field::VodTranscodeGroup, text("g")),
            (Field::CycleDuration, Value::Seconds(360)),
            (Field::AutoCompose, Value::Switch(true)),
            (Field::ComposeVodTranscodeGroup, text("c")),
            (Field::OnDemand, Value::Number(7)),
            (Field::StorageLocation, text("bucket")),
            (Field::DelayTime, Value::Seconds(180)),
            (Field::RecordContent, Value::Set(words("raw"))),
            (Field::SpaceId, text("app-1")),
            (Field::TranscodeTemplates, Value::Set(words("a,b"))),
            (Field::Unknown, Value::Json(unknown.into())),
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
        assert_eq!((config.delay_time, remote.unsupported), (Some(15), None));
        assert_eq!(item(json!({"AutoCompose": "Off"})).1.unsupported, None);
    }

    #[test]
    fn a_set_in_any_form_is_one_set() {
        let lists = [
            json!("a,b"),
            json!("b, a"),
            json!("[\"a\",\"b\"]"),
            json!(["b", "a", ""]),
            json!({"Templates": ["a", "b"]}),
        ];
        for (value, set) in lists.map(|list| (list, Some("a,b"))).into_iter().chain([
            (json!(""), None),
            (json!(null), None),
            (json!([]), None),
            (json!("[]"), Some("")),
        ]) {
            for name in ["TranscodeTemplates", "RecordContent"] {
                let (_, remote) = item(json!({name: value}));
                let read = match name {
                    "RecordContent" => remote.config.record_content,
                    _ => remote.config.transcode_templates,
                };
                assert_eq!((read, remote.unsupported), (set.map(words), None), "{name}: {value}");
            }
        }
    }

    #[test]
    fn format_config_decides_and_without_it_the_list() {
        let list = json!({"RecordFormat": [
            {"Format": "mp4", "ProcessMethod": "workflow", "ProcessTemplateId": "wf"},
            {"Format": "m3u8", "AutoCompose": "ON", "ProcessMethod": "transcode", "ProcessTemplateId": "g",
             "SliceDuration": "10", "Tags": "sports,live", "VideoProcess": "compose,origin", "New": 1},
        ]});
        let mp4 =
            FormatSettings { process: Some(Process::Workflow("wf".into())), ..FormatSettings::default() };
        let m3u8 = FormatSettings {
            process: Some(Process::Transcode("g".into())),
            slice_duration: Some(10),
            auto_compose: Some(true),
            video: Some(words("origin,compose")),
            tags: Some("sports,live".into()),
            unknown: [("New".to_owned(), json!(1))].into(),
        };
        let formats: Formats = [(Format::Mp4, mp4), (Format::M3u8, m3u8)].into();
        for flag in [json!(true), json!("true"), json!(null)] {
            let (_, remote) = item(json!({"FormatConfig": flag, "RecordFormatList": list}));
            assert_eq!(
                (remote.config.record_format, remote.unsupported),
                (Some(formats.clone()), None),
                "{flag}"
            );
        }
        let (_, classic) =
            item(json!({"FormatConfig": false, "RecordFormatList": list, "VodTranscodeGroupId": "g"}));
        assert_eq!((classic.config.record_format, classic.unsupported), (None, None));
        assert_eq!(classic.config.unknown, [("RecordFormatList".to_owned(), list)].into());
        let alone =
            json!({"RecordFormatList": {"RecordFormat": {"Format": "flv", "SliceDuration": 0, "Tags": ""}}});
        let bare: Formats = [(Format::Flv, FormatSettings::default())].into();
        assert_eq!(
            item(alone).1.config.record_format,
            Some(bare),
            "XML does not tell a lone item from a list"
        );
    }

    #[test]
    fn contradictory_formats_are_unsupported_and_kept() {
        let one = |fields: Json| json!({"RecordFormat": [fields]});
        for (list, reason) in [
            (json!({"RecordFormat": [{"Format": "mp4"}, {"Format": "mp4"}]}), "has the format `mp4` twice"),
            (one(json!({"Format": "cmaf"})), "has the format `cmaf`, which livevod does not know"),
            (one(json!({"AutoCompose": "ON"})), "has the format ``, which"),
            (
                one(json!({"Format": "mp4", "ProcessMethod": "transcode"})),
                "is `transcode`, without `ProcessTemplateId`",
            ),
            (one(json!({"Format": "mp4", "ProcessTemplateId": "g"})), "is `g`, without `ProcessMethod`"),
            (
                one(json!({"Format": "mp4", "ProcessMethod": "x", "ProcessTemplateId": "g"})),
                "is `x`, which livevod",
            ),
            (
                one(json!({"Format": "mp4", "SliceDuration": "soon"})),
                "`SliceDuration` of format `mp4` can't be read",
            ),
            (json!("m3u8"), "its `RecordFormatList` can't be read"),
            (json!(["m3u8"]), "its `RecordFormatList` can't be read"),
        ] {
            let (_, remote) = item(json!({"RecordFormatList": list}));
            let found = remote.unsupported.unwrap();
            assert!(found.contains(reason), "{found}");
            assert_eq!(remote.config.unknown["RecordFormatList"], list);
        }
        let (_, flagged) = item(json!({"FormatConfig": true}));
        assert_eq!(flagged.unsupported.unwrap(), "its `FormatConfig` is true, but it lists no formats");
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
