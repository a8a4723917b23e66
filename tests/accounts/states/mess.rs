//! An account after five years: whatever anybody once tried is still there.

use livevod::model::{Format, FormatSettings, NO_TRANSCODE, Process, RecordConfig, Snapshot, words};
use livevod::wire::read_page;
use serde_json::{Value, json};

use super::{Account, bucket, by_format, group, merged, recording, transcoded};

const DOMAINS: [&str; 12] = [
    "live.old.example.com",
    "live2.old.example.com",
    "live-sg.old.example.com",
    "live-bj.old.example.com",
    "play.old.example.com",
    "stage.old.example.com",
    "test.old.example.com",
    "vip.old.example.com",
    "gala.old.example.com",
    "edge-de.old.example.com",
    "1.old.example.com",
    "tmp.old.example.com",
];

const FIVE_YEARS: u64 = 5 * 365;

/// What the client says of the first of several entries that are one address; see `one_of_several`.
pub(crate) const SEVERAL: &str = "the service lists several configurations with this key";

/// 12 domains: usual and unusual names, values and groups, and what no file can declare.
pub(crate) fn mess() -> Snapshot {
    let mut account = Account::new(5);
    for domain in DOMAINS {
        usual(&mut account, domain);
        old_tests(&mut account, domain);
    }
    names(&mut account, "live.old.example.com");
    groups(&mut account, "live2.old.example.com");
    values(&mut account, "play.old.example.com");
    formats(&mut account, "stage.old.example.com");
    unknown(&mut account, "vip.old.example.com");
    unsupported(&mut account, "gala.old.example.com");
    account.leave_out_stars(50).snapshot
}

fn usual(account: &mut Account, domain: &str) {
    for app in ["live", "show", "*"] {
        for number in 0..account.random.below(10) {
            let stream = if number == 0 { "*".to_owned() } else { format!("cam{number}") };
            let config = any(account, domain);
            account.add([domain, app, &stream], config, 0..FIVE_YEARS);
        }
    }
}

/// Classic or by-format, with all that such an entry may have, and perhaps a compose group that is not used.
fn any(account: &mut Account, domain: &str) -> RecordConfig {
    let random = &mut account.random;
    let id = group(random.pick(&["hd", "sd", "old hd", "old hd"]));
    let classic = recording(&id, random.pick(&[5, 20, 30, 60, 60, 60, 360]));
    let config = match random.below(6) {
        0 => by_format([(Format::M3u8, transcoded(&id)), (Format::Mp4, FormatSettings::default())]),
        1 => by_format([(Format::Flv, transcoded(NO_TRANSCODE))]),
        2 => merged(classic, &group("merged")),
        3 => RecordConfig { compose_vod_transcode_group: Some(group("merged")), ..classic },
        _ => classic,
    };
    RecordConfig {
        on_demand: random.pick(&[0, 0, 0, 0, 1, 2, 7]),
        storage_location: random.percent(40).then(|| bucket(domain)),
        delay_time: random.pick(&[None, None, Some(180), Some(60), Some(600)]),
        space_id: random.pick(&[None, None, None, Some("app-1000000"), Some("app-2")]).map(str::to_owned),
        ..config
    }
}

fn old_tests(account: &mut Account, domain: &str) {
    for stream in ["test-2023", "test-2024-02", "gala-20241111", "gala-20251111", "tmp", "TEST", "test"] {
        if account.random.percent(50) {
            account.add([domain, "show", stream], recording(NO_TRANSCODE, 5), 300..FIVE_YEARS);
        }
    }
}

/// Names that somebody may misread, and names that YAML can't write.
fn names(account: &mut Account, domain: &str) {
    let misread = [
        "on",
        "no",
        "y",
        "N",
        "yes",
        "off",
        "true",
        "null",
        "Null",
        "default",
        "007",
        "0",
        "42",
        "1e3",
        "0x1F",
        "0o17",
        "1_0",
        "12e5678901234567",
        "2024-11-11",
        "-1",
        "-",
        "--",
        "---",
        "_",
        "a-b_c",
        "Cam1",
        "cam1",
        "version",
    ];
    let unnameable = [
        "~",
        "cam*",
        "**",
        "?",
        "a.b",
        ".",
        "..",
        "a:b",
        "a: b",
        "1:30",
        "直播",
        "é",
        "cam 1",
        " cam",
        "cam ",
        "a/b",
        "a\tb",
        "a\nb",
        "#1",
        "[a]",
        "{a}",
        "&a",
        "!a",
        "\"a\"",
        "'a'",
        "\\",
        "a\u{202e}b",
        "\u{feff}",
        "😀",
    ];
    let (longest, too_long) = ("x".repeat(255), "x".repeat(256));
    for name in misread.into_iter().chain(unnameable).chain([&*longest, &*too_long]) {
        account.add([domain, "names", name], recording(NO_TRANSCODE, 60), 0..FIVE_YEARS);
        account.add([domain, name, "*"], recording(NO_TRANSCODE, 60), 0..FIVE_YEARS);
    }
}

/// Group ids that are not 32 hexadecimal digits, or none.
fn groups(account: &mut Account, domain: &str) {
    let ids =
        ["hd", "HD_1080", "default", "1234567890123456", "on", "007", "a.b", "组1", "a b", "-", "~", ""];
    for (number, id) in ids.iter().enumerate() {
        let processed =
            by_format([(Format::Mp4, FormatSettings { tags: Some("x".to_owned()), ..transcoded(id) })]);
        let compose = merged(recording(NO_TRANSCODE, 60), id);
        let configs = [("plain", recording(id, 60)), ("merged", compose), ("format", processed)];
        for (kind, config) in configs.into_iter().filter(|(kind, _)| *kind == "plain" || !id.is_empty()) {
            account.add([domain, "groups", &format!("{kind}-{number}")], config, 0..FIVE_YEARS);
        }
    }
    let alone = RecordConfig { auto_compose: true, ..recording(NO_TRANSCODE, 60) };
    account.add([domain, "groups", "merged-alone"], alone, 0..FIVE_YEARS);
}

/// Values that the documents do not allow, or that contradict each other.
fn values(account: &mut Account, domain: &str) {
    let classic = || recording(NO_TRANSCODE, 60);
    let text = |text: &str| Some(text.to_owned());
    let configs = [
        RecordConfig { cycle_duration: 0, ..classic() },
        RecordConfig { cycle_duration: 120, ..classic() },
        RecordConfig { cycle_duration: 86_400, ..classic() },
        RecordConfig { cycle_duration: 1_234, ..classic() },
        RecordConfig { on_demand: 3, ..classic() },
        RecordConfig { on_demand: 9, ..classic() },
        RecordConfig { delay_time: Some(5), ..classic() },
        RecordConfig { delay_time: Some(86_400), ..classic() },
        RecordConfig { storage_location: text("https://old.oss-cn-shanghai.aliyuncs.com/"), ..classic() },
        RecordConfig { storage_location: text("Old_Bucket"), ..classic() },
        RecordConfig { storage_location: text("default"), ..classic() },
        RecordConfig { storage_location: text("cdn.example.com"), ..classic() },
        RecordConfig { storage_location: text("old.oss-ap-southeast-1.aliyuncs.com"), ..classic() },
        RecordConfig { space_id: text("app 3"), ..classic() },
        RecordConfig { space_id: text("default"), ..classic() },
        RecordConfig { space_id: text("null"), ..classic() },
        RecordConfig { record_content: Some(words("raw,audio")), ..classic() },
        RecordConfig { record_content: Some(words("transcode")), ..classic() },
        RecordConfig { transcode_templates: Some(words("lld")), ..classic() },
        RecordConfig { transcode_templates: Some(words("default")), ..classic() },
        RecordConfig { transcode_templates: Some(words("l d,on,007,~,高清")), ..classic() },
        RecordConfig { transcode_templates: Some(words("on,007,~,null,高清,a:b,#a")), ..classic() },
        RecordConfig {
            on_demand: 2,
            record_content: Some(words("raw,transcode")),
            transcode_templates: Some(words("lld")),
            ..classic()
        },
    ];
    for (number, config) in configs.into_iter().enumerate() {
        account.add([domain, "values", &format!("v{number}")], config, 0..FIVE_YEARS);
    }
}

fn formats(account: &mut Account, domain: &str) {
    let part = FormatSettings::default;
    let tags = |text: &str| (Format::Mp4, FormatSettings { tags: Some(text.to_owned()), ..part() });
    let texts = [
        "default",
        "null",
        "~",
        "on",
        "007",
        "a, b",
        "中文",
        " ",
        "#a",
        "a: b",
        "'",
        "\"",
        "\\",
        "a\nb",
        "a\u{202e}",
    ];
    let tagged = texts.map(|text| by_format([tags(text)]));
    let odd = [
        (Format::Mp4, FormatSettings { slice_duration: Some(10), ..part() }),
        (Format::M3u8, FormatSettings { slice_duration: Some(60), ..part() }),
        (Format::M3u8, FormatSettings { slice_duration: Some(5), auto_compose: Some(false), ..part() }),
        (Format::Flv, FormatSettings { video: Some(words("compose")), ..part() }),
        (Format::Flv, FormatSettings { video: Some(words("origin,thumb")), ..part() }),
        (Format::Flv, FormatSettings { process: Some(Process::Workflow("wf-1".to_owned())), ..part() }),
        (Format::Flv, FormatSettings { process: Some(Process::Workflow("wf 1".to_owned())), ..part() }),
        (Format::Flv, FormatSettings { process: Some(Process::Workflow("default".to_owned())), ..part() }),
    ];
    let all = tagged.into_iter().chain(odd.map(|one| by_format([one])));
    for (number, config) in all.enumerate() {
        account.add([domain, "formats", &format!("f{number}")], config, 0..FIVE_YEARS);
    }
}

/// Fields that nobody knows, with content and without, and a list of formats that does not count.
fn unknown(account: &mut Account, domain: &str) {
    let list = json!({ "RecordFormat": [{ "Format": "mp4" }] });
    let fields = [
        ("NewField", json!("x")),
        ("NewField", json!({ "Deep": [1, null] })),
        ("NewField", json!(false)),
        ("NewField", json!("")),
        ("RegionId", json!("cn-shanghai")),
        ("RecordFormatList", list),
    ];
    for (number, (name, value)) in fields.into_iter().enumerate() {
        let unknown = [(name.to_owned(), value)].into();
        let config = RecordConfig { unknown, ..recording(NO_TRANSCODE, 60) };
        account.add([domain, "unknown", &format!("u{number}")], config, 0..FIVE_YEARS);
    }
    let format =
        FormatSettings { unknown: [("NewField".to_owned(), json!(1))].into(), ..FormatSettings::default() };
    account.add([domain, "unknown", "format"], by_format([(Format::Mp4, format)]), 0..FIVE_YEARS);
}

/// Entries that contradict themselves, and two entries that are one address.
fn unsupported(account: &mut Account, domain: &str) {
    let lists = [
        json!(null),
        json!([{ "Format": "mp4" }, { "Format": "mp4" }]),
        json!([{ "Format": "cmaf" }]),
        json!([{ "Format": "mp4", "ProcessMethod": "transcode" }]),
        json!([{ "Format": "mp4", "ProcessTemplateId": group("hd") }]),
        json!([{ "Format": "m3u8", "SliceDuration": "soon" }]),
    ];
    for (number, list) in lists.into_iter().enumerate() {
        let mut item = json!({
            "DomainName": domain, "AppName": "broken", "StreamName": format!("b{number}"), "FormatConfig": true,
            "CreateTime": account.time(0..200),
        });
        if !list.is_null() {
            item["RecordFormatList"] = json!({ "RecordFormat": list });
        }
        listed(account, item);
    }
    account.add([domain, "twice", "*"], recording(NO_TRANSCODE, 60), 0..FIVE_YEARS);
    let held = account.snapshot.domains.get_mut(domain).unwrap();
    let (_, remote) = held.configs.iter_mut().find(|(at, _)| &*at.app == "twice").unwrap();
    remote.unsupported = Some(SEVERAL.to_owned());
}

/// Adds what the client reads from one item of a listing.
fn listed(account: &mut Account, item: Value) {
    let page = json!({ "LiveRecordVodConfigs": { "LiveRecordVodConfig": [item] } });
    let Value::Object(page) = page else { unreachable!() };
    for (address, remote) in read_page(page).unwrap().configs {
        account.put(address, remote);
    }
}
