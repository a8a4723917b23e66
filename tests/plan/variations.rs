//! Every single-field variation of an answer, over entries that agree with the files: the plan stays empty, or it says
//! precisely why not.

use livevod::model::Snapshot;
use livevod::plan::{Plan, PlanOptions};
use livevod::wire::read_page;
use serde_json::{Map, Value, json};

use super::{GROUP, Scene, lines, resolved};

const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";

/// An entry in a file, and the item of a listing that agrees with it.
struct Pair {
    yaml: String,
    item: Value,
}

impl Pair {
    fn new(settings: &str, more: Value) -> Self {
        let yaml = format!(
            "version: 1\nregion: cn-shanghai\ndomains:\n  a.com:\n    apps:\n      show:\n        streams:\n          cam: {settings}\n"
        );
        let yaml = yaml.replace("GROUP", GROUP).replace("ARCHIVE", ARCHIVE);
        let mut item = json!({
            "DomainName": "a.com", "AppName": "show", "StreamName": "cam", "CreateTime": "2026-01-02T03:04:05Z",
        });
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Self { yaml, item }
    }

    /// The item with another value of one field, `NAME` or `FORMAT.NAME`.
    fn varied(&self, field: &str, value: &Value) -> Value {
        let mut item = self.item.clone();
        let (at, name) = match field.split_once('.') {
            None => (&mut item, field),
            Some((format, name)) => {
                let formats = item["RecordFormatList"]["RecordFormat"].as_array_mut().unwrap();
                (formats.iter_mut().find(|one| one["Format"] == format).unwrap(), name)
            }
        };
        let fields = at.as_object_mut().unwrap();
        match value.as_str() {
            Some(ABSENT) => _ = fields.remove(name),
            _ => _ = fields.insert(name.to_owned(), value.clone()),
        }
        item
    }
}

/// Stands for a field that is not there.
const ABSENT: &str = "(absent)";

/// Everything that a plan has to say of one item, in one text; empty if it is nothing.
fn outcome(yaml: &str, item: &Value) -> String {
    let page = json!({"Total": "1", "LiveRecordVodConfigs": {"LiveRecordVodConfig": [item]}});
    let Value::Object(page) = page else { unreachable!() };
    let page = match read_page(page) {
        Ok(page) => page,
        Err(reason) => return format!("unreadable: {reason}"),
    };
    let mut snapshot = Snapshot::default();
    let (desired, sources) = resolved(yaml);
    let held = snapshot.domains.entry("a.com".into()).or_default();
    held.configs.extend(page.configs);
    told(&Scene { desired, sources, snapshot, options: PlanOptions::default() }.plan())
}

fn told(plan: &Plan) -> String {
    let changes = lines(plan).into_iter().map(|line| line.replace(" show/cam:", ""));
    let unsupported = plan.notes.unsupported.iter().map(|one| format!("unsupported: {}", one.reason));
    let unmanaged = plan.notes.unmanaged.iter().map(|one| format!("unmanaged: {}", one.address));
    let all: Vec<String> = changes.chain(unsupported).chain(unmanaged).collect();
    all.join("; ").replace(GROUP, "GROUP").replace(ARCHIVE, "ARCHIVE")
}

fn classic() -> Pair {
    Pair::new(
        "{ vod_transcode_group: GROUP, cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: ARCHIVE, \
         on_demand: 7, storage_location: b.oss-cn-shanghai.aliyuncs.com, delay_time: 5m, \
         record_content: [raw, transcode], transcode_templates: [lld, lsd], space_id: app-2 }",
        json!({
            "VodTranscodeGroupId": GROUP, "CycleDuration": 900, "AutoCompose": "ON",
            "ComposeVodTranscodeGroupId": ARCHIVE, "OnDemand": 7,
            "StorageLocation": "b.oss-cn-shanghai.aliyuncs.com", "DelayTime": 300, "RecordContent": "raw,transcode",
            "TranscodeTemplates": "lld,lsd", "SpaceId": "app-2", "FormatConfig": false,
            "RecordFormatList": {"RecordFormat": []},
        }),
    )
}

fn by_format() -> Pair {
    Pair::new(
        "{ cycle_duration: 15m, on_demand: 7, storage_location: b.oss-cn-shanghai.aliyuncs.com, delay_time: 5m, \
         record_content: [raw, transcode], transcode_templates: [lld, lsd], space_id: app-2, record_format: { \
         m3u8: { process: { transcode: GROUP }, slice_duration: 10, auto_compose: on, video: [origin, compose], \
         tags: gala }, mp4: { process: { workflow: wf-7 } } } }",
        json!({
            "CycleDuration": 900, "OnDemand": 7, "StorageLocation": "b.oss-cn-shanghai.aliyuncs.com",
            "DelayTime": 300, "RecordContent": "raw,transcode", "TranscodeTemplates": "lld,lsd", "SpaceId": "app-2",
            "FormatConfig": true, "RecordFormatList": {"RecordFormat": [
                {"Format": "m3u8", "ProcessMethod": "transcode", "ProcessTemplateId": GROUP, "SliceDuration": 10,
                 "AutoCompose": "ON", "VideoProcess": "origin,compose", "Tags": "gala"},
                {"Format": "mp4", "ProcessMethod": "workflow", "ProcessTemplateId": "wf-7"},
            ]},
        }),
    )
}

/// The values that every field may have instead of none.
fn nothing() -> Vec<Value> {
    vec![json!(ABSENT), json!(null), json!("")]
}

/// Values, and the outcome of each.
type Variations = Vec<(Vec<Value>, &'static str)>;

/// What both kinds of entries have, by field.
fn common() -> Vec<(&'static str, Variations)> {
    let and = |more: &[Value]| [nothing(), more.to_vec()].concat();
    vec![
        ("DomainName", vec![(nothing(), "unreadable: an item of the listing has no readable `DomainName`")]),
        ("AppName", vec![(nothing(), "unreadable: an item of the listing has no readable `AppName`")]),
        (
            "StreamName",
            vec![(vec![json!(["cam"])], "unreadable: an item of the listing has an unreadable `StreamName`")],
        ),
        (
            "CreateTime",
            vec![
                (and(&[json!("soon"), json!(7)]), ""),
                (vec![json!({"a": 1})], "unsupported: its `CreateTime` can't be read"),
            ],
        ),
        (
            "CycleDuration",
            vec![
                (and(&[json!(3600), json!("3600")]), "Update cycle_duration 1h -> 15m"),
                (vec![json!(900), json!("900"), json!(" 900 ")], ""),
                (vec![json!(0)], "Update cycle_duration 0s -> 15m"),
                (
                    vec![json!("15m"), json!(900.5), json!(-1), json!(true), json!([900])],
                    "unsupported: its `CycleDuration` can't be read",
                ),
            ],
        ),
        (
            "OnDemand",
            vec![
                (and(&[json!(0), json!("0")]), "Update on_demand 0 -> 7"),
                (vec![json!("7")], ""),
                (vec![json!(9)], "Update on_demand 9 -> 7"),
                (vec![json!("by hand"), json!(300)], "unsupported: its `OnDemand` can't be read"),
            ],
        ),
        (
            "StorageLocation",
            vec![
                (nothing(), "Replace storage_location (not set) -> b.oss-cn-shanghai.aliyuncs.com"),
                (vec![json!("other")], "Replace storage_location other -> b.oss-cn-shanghai.aliyuncs.com"),
                (vec![json!(7)], "Replace storage_location 7 -> b.oss-cn-shanghai.aliyuncs.com"),
                (vec![json!({"a": 1})], "unsupported: its `StorageLocation` can't be read"),
            ],
        ),
        (
            "DelayTime",
            vec![
                (and(&[json!(0)]), "Update delay_time (not set) -> 5m"),
                (vec![json!(180), json!("180")], "Update delay_time 3m -> 5m"),
                (vec![json!("300")], ""),
                (vec![json!("5m"), json!(false)], "unsupported: its `DelayTime` can't be read"),
            ],
        ),
        (
            "RecordContent",
            vec![
                (nothing(), "Replace record_content (not set) -> [raw, transcode]"),
                (vec![json!("raw"), json!(["raw"])], "Replace record_content [raw] -> [raw, transcode]"),
                (
                    vec![
                        json!("transcode,raw"),
                        json!("raw, transcode"),
                        json!(["transcode", "raw"]),
                        json!("[\"raw\",\"transcode\"]"),
                    ],
                    "",
                ),
                (vec![json!(7)], "Replace record_content [7] -> [raw, transcode]"),
                (vec![json!("{\"a\":1}")], "unsupported: its `RecordContent` can't be read"),
            ],
        ),
        (
            "TranscodeTemplates",
            vec![
                (and(&[json!([])]), "Update transcode_templates (not set) -> [lld, lsd]"),
                (vec![json!("[]")], "Update transcode_templates [] -> [lld, lsd]"),
                (
                    vec![
                        json!("lsd,lld"),
                        json!(["lsd", "lld"]),
                        json!("[\"lld\",\"lsd\"]"),
                        json!({"Templates": ["lld", "lsd"]}),
                    ],
                    "",
                ),
                (vec![json!(7)], "Update transcode_templates [7] -> [lld, lsd]"),
                (vec![json!("[lld")], "unsupported: its `TranscodeTemplates` can't be read"),
            ],
        ),
        (
            "SpaceId",
            vec![
                (nothing(), "Replace space_id (not set) -> app-2"),
                (vec![json!("app-1000000")], "Replace space_id app-1000000 -> app-2"),
                (vec![json!(7)], "Replace space_id 7 -> app-2"),
                (vec![json!(["app-2"])], "unsupported: its `SpaceId` can't be read"),
            ],
        ),
        ("Extra", vec![(extras(), "")]),
    ]
}

/// Values of a field that nobody knows: without content, then with.
fn extras() -> Vec<Value> {
    let telling = [json!(true), json!(1), json!("x"), json!([1]), json!({"a": 1}), json!("[1]")];
    [nothing(), silent().into(), telling.into()].concat()
}

fn silent() -> [Value; 7] {
    [json!(false), json!(0), json!([]), json!({}), json!({"a": [null, 0, ""]}), json!("false"), json!("[]")]
}

fn only_classic() -> Vec<(&'static str, Variations)> {
    let and = |more: &[Value]| [nothing(), more.to_vec()].concat();
    let formats = json!({"RecordFormat": [{"Format": "mp4"}]});
    vec![
        (
            "VodTranscodeGroupId",
            vec![
                (nothing(), "Update vod_transcode_group (not set) -> GROUP"),
                (vec![json!(7)], "Update vod_transcode_group 7 -> GROUP"),
                (vec![json!([7])], "unsupported: its `VodTranscodeGroupId` can't be read"),
            ],
        ),
        (
            "AutoCompose",
            vec![
                (
                    and(&[json!("OFF"), json!("off"), json!(false), json!("false")]),
                    "Update auto_compose off -> on, compose_vod_transcode_group (not set) -> ARCHIVE",
                ),
                (vec![json!("on"), json!(true), json!("true")], ""),
                (vec![json!("YES"), json!(1)], "unsupported: its `AutoCompose` can't be read"),
            ],
        ),
        (
            "ComposeVodTranscodeGroupId",
            vec![
                (nothing(), "Update compose_vod_transcode_group (not set) -> ARCHIVE"),
                (vec![json!(7)], "Update compose_vod_transcode_group 7 -> ARCHIVE"),
                (vec![json!({"a": 7})], "unsupported: its `ComposeVodTranscodeGroupId` can't be read"),
            ],
        ),
        (
            "FormatConfig",
            vec![
                (and(&[json!("false"), json!("OFF"), json!([])]), ""),
                (
                    vec![json!(true), json!("true")],
                    "unsupported: its `FormatConfig` is true, but it lists no formats",
                ),
                (vec![json!(0), json!("perhaps")], "unsupported: its `FormatConfig` can't be read"),
            ],
        ),
        // Beside `FormatConfig: false` a list has no meaning, whatever it holds.
        (
            "RecordFormatList",
            vec![(and(&[json!({}), json!([]), json!({"RecordFormat": null}), formats, json!("x")]), "")],
        ),
    ]
}

fn only_by_format() -> Vec<(&'static str, Variations)> {
    let and = |more: &[Value]| [nothing(), more.to_vec()].concat();
    let no_formats = "unsupported: its `FormatConfig` is true, but it lists no formats";
    let sets = [json!("compose,origin"), json!(["origin", "compose"]), json!("[\"origin\",\"compose\"]")];
    vec![
        ("VodTranscodeGroupId", vec![(and(&[json!("g"), json!(7)]), "")]),
        (
            "AutoCompose",
            vec![
                (and(&[json!("ON"), json!("OFF"), json!(true)]), ""),
                (vec![json!(1)], "unsupported: its `AutoCompose` can't be read"),
            ],
        ),
        ("ComposeVodTranscodeGroupId", vec![(and(&[json!("g")]), "")]),
        (
            "FormatConfig",
            vec![
                (and(&[json!("true"), json!("ON")]), ""),
                (
                    vec![json!(false), json!("false")],
                    "unsupported: holds `RecordFormatList` beside `FormatConfig: false` (LIST), which no request can carry",
                ),
                (vec![json!(1), json!("perhaps")], "unsupported: its `FormatConfig` can't be read"),
            ],
        ),
        (
            "RecordFormatList",
            vec![
                (and(&[json!({}), json!([]), json!({"RecordFormat": null})]), no_formats),
                (vec![json!("m3u8")], "unsupported: its `RecordFormatList` can't be read"),
            ],
        ),
        (
            "m3u8.Format",
            vec![
                (
                    nothing(),
                    "unsupported: its `RecordFormatList` has the format ``, which livevod does not know",
                ),
                (
                    vec![json!(7)],
                    "unsupported: its `RecordFormatList` has the format `7`, which livevod does not know",
                ),
                (vec![json!("mp4")], "unsupported: its `RecordFormatList` has the format `mp4` twice"),
            ],
        ),
        (
            "m3u8.AutoCompose",
            vec![
                (nothing(), "Update record_format.m3u8.auto_compose (not set) -> on"),
                (vec![json!("OFF"), json!(false)], "Update record_format.m3u8.auto_compose off -> on"),
                (vec![json!("on"), json!(true)], ""),
                (vec![json!(1)], "unsupported: its `AutoCompose` of format `m3u8` can't be read"),
            ],
        ),
        (
            "m3u8.ProcessMethod",
            vec![
                (nothing(), "unsupported: its `ProcessTemplateId` is `GROUP`, without `ProcessMethod`"),
                (
                    vec![json!("workflow")],
                    "Update record_format.m3u8.process workflow GROUP -> transcode GROUP",
                ),
                (vec![json!(7)], "unsupported: its `ProcessMethod` is `7`, which livevod does not know"),
            ],
        ),
        (
            "m3u8.ProcessTemplateId",
            vec![
                (nothing(), "unsupported: its `ProcessMethod` is `transcode`, without `ProcessTemplateId`"),
                (vec![json!(7)], "Update record_format.m3u8.process transcode 7 -> transcode GROUP"),
            ],
        ),
        (
            "m3u8.SliceDuration",
            vec![
                (and(&[json!(0)]), "Update record_format.m3u8.slice_duration (not set) -> 10s"),
                (vec![json!(30), json!("30")], "Update record_format.m3u8.slice_duration 30s -> 10s"),
                (vec![json!("10")], ""),
                (vec![json!("10s")], "unsupported: its `SliceDuration` of format `m3u8` can't be read"),
            ],
        ),
        (
            "m3u8.VideoProcess",
            vec![
                (nothing(), "Update record_format.m3u8.video (not set) -> [origin, compose]"),
                (vec![json!("origin")], "Update record_format.m3u8.video [origin] -> [origin, compose]"),
                (sets.into(), ""),
                (vec![json!(7)], "Update record_format.m3u8.video [7] -> [origin, compose]"),
            ],
        ),
        (
            "m3u8.Tags",
            vec![
                (nothing(), "Update record_format.m3u8.tags (not set) -> gala"),
                (vec![json!(7)], "Update record_format.m3u8.tags 7 -> gala"),
                (vec![json!(["gala"])], "unsupported: its `Tags` of format `m3u8` can't be read"),
            ],
        ),
        ("mp4.AutoCompose", vec![(and(&[json!("OFF"), json!("ON")]), "")]),
        ("mp4.Tags", vec![(and(&[json!("x")]), "")]),
        ("mp4.VideoProcess", vec![(and(&[json!("origin"), json!("compose")]), "")]),
        ("m3u8.Extra", vec![(extras(), "")]),
    ]
}

/// Every item of the tables that has a domain and an app, and a stream or none.
pub(crate) fn items() -> Vec<Value> {
    let kinds = [(classic(), only_classic()), (by_format(), only_by_format())];
    let varied = kinds.iter().flat_map(|(pair, own)| {
        let table = [common(), own.clone()].concat();
        let fields = table.into_iter().filter(|(field, _)| !field.ends_with("Name"));
        fields.flat_map(|(field, variations)| {
            each(&variations).map(|(value, _)| pair.varied(field, value)).collect::<Vec<_>>()
        })
    });
    varied.collect()
}

/// Every difference between the table and the program, so that one run shows them all.
fn wrong(pair: &Pair, table: &[(&str, Variations)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (field, variations) in table {
        for (value, expected) in each(variations) {
            let list = pair.item["RecordFormatList"].to_string().replace(GROUP, "GROUP");
            let seen = outcome(&pair.yaml, &pair.varied(field, value)).replace(&list, "LIST");
            if seen != expected {
                wrong.push(format!("{field} = {value}: expected `{expected}`, seen `{seen}`"));
            }
        }
    }
    wrong
}

fn each(variations: &Variations) -> impl Iterator<Item = (&Value, &'static str)> {
    variations.iter().flat_map(|(values, expected)| values.iter().map(move |value| (value, *expected)))
}

#[test]
fn each_field_of_a_classic_entry_varies_alone() {
    assert_eq!(outcome(&classic().yaml, &classic().item), "", "they agree");
    let table = [common(), only_classic()].concat();
    let wrong = wrong(&classic(), &table);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_field_of_a_by_format_entry_varies_alone() {
    assert_eq!(outcome(&by_format().yaml, &by_format().item), "", "they agree");
    let table = [common(), only_by_format()].concat();
    let wrong = wrong(&by_format(), &table);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No known field is missing from the tables.
#[test]
fn every_field_of_an_answer_is_varied() {
    for (pair, own) in [(classic(), only_classic()), (by_format(), only_by_format())] {
        let table = [common(), own].concat();
        let varied: Vec<&str> = table.iter().map(|(field, _)| *field).collect();
        let names = pair.item.as_object().unwrap().keys().cloned();
        let formats = pair.item["RecordFormatList"]["RecordFormat"].as_array().unwrap().first();
        let inner = formats.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        for name in names.chain(inner.map(|name| format!("m3u8.{name}"))) {
            assert!(varied.contains(&name.as_str()), "{name}");
        }
    }
}

/// What no file writes stays as the service has it, whatever that is, unless it can't be read.
#[test]
fn what_is_not_written_is_no_difference() {
    let bare = Pair::new(
        "{ vod_transcode_group: GROUP, cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: ARCHIVE, on_demand: 7 }",
        json!({}),
    );
    let formats =
        Pair::new("{ cycle_duration: 15m, on_demand: 7, record_format: { m3u8: {}, mp4: {} } }", json!({}));
    let left = ["StorageLocation", "DelayTime", "RecordContent", "TranscodeTemplates", "SpaceId", "Extra"];
    for (yaml, pair, own) in
        [(bare.yaml, classic(), only_classic()), (formats.yaml, by_format(), only_by_format())]
    {
        let table = [common(), own].concat();
        let is_left = |field: &str| left.contains(&field) || field.contains('.') && field != "m3u8.Format";
        for (field, variations) in table.iter().filter(|(field, _)| is_left(field)) {
            for (value, written) in each(variations) {
                let expected = if written.starts_with("unsupported") { written } else { "" };
                assert_eq!(outcome(&yaml, &pair.varied(field, value)), expected, "{field} = {value}");
            }
        }
    }
}

/// What the service fills in equals what the files ask for by `default`, and equals nothing.
#[test]
fn a_documented_default_equals_nothing() {
    let pair = Pair::new(
        "{ record_format: { m3u8: { slice_duration: default, auto_compose: default, video: default } }, \
         delay_time: default, record_content: default, space_id: default, cycle_duration: default, on_demand: default }",
        json!({
            "CycleDuration": 3600, "OnDemand": 0, "DelayTime": 180, "RecordContent": "raw", "SpaceId": "app-1000000",
            "FormatConfig": true, "RecordFormatList": {"RecordFormat": [
                {"Format": "m3u8", "SliceDuration": 30, "AutoCompose": "OFF", "VideoProcess": "origin"},
            ]},
        }),
    );
    assert_eq!(outcome(&pair.yaml, &pair.item), "", "they agree");
    for field in [
        "CycleDuration",
        "OnDemand",
        "DelayTime",
        "RecordContent",
        "SpaceId",
        "m3u8.SliceDuration",
        "m3u8.AutoCompose",
        "m3u8.VideoProcess",
    ] {
        for value in nothing() {
            assert_eq!(outcome(&pair.yaml, &pair.varied(field, &value)), "", "{field} = {value}");
        }
    }
}

/// Another name is another configuration. A stream without a name is the one that covers every stream of the app.
#[test]
fn another_name_is_another_address() {
    let every = nothing().into_iter().chain([json!("*")]).map(|value| ("StreamName", value, "a.com/show/*"));
    let numbers = [("StreamName", json!(7), "a.com/show/7"), ("AppName", json!(7), "a.com/7/cam")];
    for (field, value, address) in every.chain(numbers) {
        for pair in [classic(), by_format()] {
            let seen = outcome(&pair.yaml, &pair.varied(field, &value));
            assert!(seen.starts_with("Create "), "{seen}");
            assert!(seen.ends_with(&format!("unmanaged: {address}")), "{field} = {value}: {seen}");
        }
    }
}

/// Where something else differs, a field that nobody knows stands in the way only if it has content.
#[test]
fn an_unknown_field_with_content_holds_an_update() {
    for pair in [classic(), by_format()] {
        let other = pair.yaml.replace("cycle_duration: 15m", "cycle_duration: 30m");
        let seen = |value: &Value| outcome(&other, &pair.varied("Extra", value));
        for value in nothing().iter().chain(&silent()) {
            assert_eq!(seen(value), "Update cycle_duration 15m -> 30m", "{value}");
        }
        for value in [json!(true), json!(1), json!("x"), json!([1]), json!({"a": 1})] {
            let expected = format!("unsupported: holds `Extra` ({value}), which no request can carry");
            assert_eq!(seen(&value), expected);
        }
    }
}
