//! The list of all parameters and fields in `fields.txt`, which is the vendor's, against the program.

use std::collections::{BTreeMap, BTreeSet};

use livevod::emulator::{Api, parameters};
use livevod::model::{Address, Field, Format, FormatSettings, Process, RecordConfig, StreamSpelling, words};
use livevod::wire::{Action, Call, ComposeOff, add, delete, describe, read_page, update};
use serde_json::{Map, Value, json};

/// One line of the list.
struct Row {
    name: &'static str,
    /// By action: `R`, `o`, `h` or `-`.
    requests: BTreeMap<Action, &'static str>,
    answer: &'static str,
    kind: &'static str,
    since: &'static str,
    sent: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("fields.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &'static str) -> Row {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [name, add, update, delete, describe, answer, kind, since, sent] = columns[..] else {
        unreachable!("{line}")
    };
    let requests = [
        (Action::Add, add),
        (Action::Update, update),
        (Action::Delete, delete),
        (Action::Describe, describe),
    ];
    Row { name, requests: requests.into(), answer, kind, since, sent }
}

impl Row {
    fn is_in(&self, action: Action) -> bool {
        self.requests[&action] != "-"
    }

    /// The field's name in an answer, without the list that it is in.
    fn listed(&self) -> &'static str {
        self.name.strip_prefix("RecordFormat.N.").unwrap_or(self.name).trim_end_matches(".N")
    }

    fn is_of_a_format(&self) -> bool {
        self.name.starts_with("RecordFormat.N.")
    }
}

fn named(condition: impl Fn(&Row) -> bool) -> BTreeSet<String> {
    rows().iter().filter(|row| condition(row)).map(|row| row.name.to_owned()).collect()
}

#[test]
fn the_emulator_knows_exactly_the_listed_parameters() {
    for action in Action::ALL {
        for (api, year) in [(Api::Y2025, "2025"), (Api::Y2026, "2026")] {
            let known: BTreeSet<String> = parameters(action, api).map(str::to_owned).collect();
            let listed = named(|row| row.is_in(action) && row.since <= year);
            assert_eq!(known, listed, "{} in {year}", action.name());
        }
    }
}

/// A configuration with every setting that it can have beside what its kind rules out.
fn full(formats: bool) -> RecordConfig {
    let format = FormatSettings {
        process: Some(Process::Transcode("g".into())),
        slice_duration: Some(10),
        auto_compose: Some(true),
        video: Some(words("origin,compose")),
        tags: Some("t".into()),
        unknown: BTreeMap::new(),
    };
    RecordConfig {
        vod_transcode_group: "g".into(),
        cycle_duration: 900,
        auto_compose: true,
        compose_vod_transcode_group: Some("c".into()),
        on_demand: 7,
        storage_location: Some("b".into()),
        delay_time: Some(60),
        record_content: Some(words("raw,transcode")),
        transcode_templates: Some(words("lld,lsd")),
        space_id: Some("app-1".into()),
        record_format: formats.then(|| [(Format::M3u8, format)].into()),
        unknown: BTreeMap::new(),
    }
}

/// The names of the parameters, with `N` for the number of an item.
fn sent(call: &Call) -> BTreeSet<String> {
    let generic = |name: &String| {
        let part = |part: &str| if part.parse::<u32>().is_ok() { "N".to_owned() } else { part.to_owned() };
        name.split('.').map(part).collect::<Vec<_>>().join(".")
    };
    call.params.keys().map(generic).collect()
}

#[test]
fn requests_have_exactly_the_listed_parameters() {
    let at: Address = "a.com/show/cam".parse().unwrap();
    for (kind, is_by_format) in [("classic", false), ("formats", true)] {
        let config = full(is_by_format);
        for call in [
            add(&at, &config),
            update(&at, StreamSpelling::Named, &config, ComposeOff::Bare),
            delete(&at, StreamSpelling::Named),
            describe("a.com", 1, Some((&at, StreamSpelling::Named))),
        ] {
            let listed = named(|row| row.is_in(call.action) && ["both", kind].contains(&row.sent));
            assert_eq!(sent(&call), listed, "{} of a {kind} configuration", call.action.name());
        }
    }
}

fn example(row: &Row) -> Value {
    match (row.listed(), row.kind) {
        ("AutoCompose", _) => json!("ON"),
        ("DomainName", _) => json!("a.com"),
        ("Format", _) => json!("m3u8"),
        ("ProcessMethod", _) => json!("transcode"),
        ("RecordContent", _) => json!("raw,transcode"),
        ("VideoProcess", _) => json!("origin,compose"),
        ("Total", _) => json!("1"),
        (_, "number") => json!(7),
        (_, "switch") => json!(true),
        (name, "text") => json!(name.to_lowercase()),
        (name, kind) => unreachable!("{name} is {kind}"),
    }
}

/// The fields of an answer that are in one place, each with an example.
fn fields(condition: impl Fn(&Row) -> bool) -> Map<String, Value> {
    rows().iter().filter(|row| condition(row)).map(|row| (row.listed().to_owned(), example(row))).collect()
}

/// A page of one item that has every field.
fn page(more: &[&Row]) -> Map<String, Value> {
    let mut item = fields(|row| row.answer == "item" && !row.is_of_a_format());
    item.extend(more.iter().map(|row| (row.listed().to_owned(), example(row))));
    let format = fields(|row| row.answer == "item" && row.is_of_a_format());
    item.insert("RecordFormatList".to_owned(), json!({ "RecordFormat": [format] }));
    let mut body = fields(|row| row.answer == "body");
    body.insert("LiveRecordVodConfigs".to_owned(), json!({ "LiveRecordVodConfig": [item] }));
    body
}

#[test]
fn every_listed_field_of_an_answer_is_understood_and_no_other_one() {
    let all = rows();
    let others: Vec<&Row> = all.iter().filter(|row| row.answer != "item").collect();
    let read = read_page(page(&[])).unwrap();
    assert_eq!((read.total, read.size), (Some(1), Some(7)));
    let (address, remote) = &read.configs[0];
    assert_eq!(address.to_string(), "a.com/appname/streamname");
    assert_eq!((remote.unsupported.as_deref(), remote.create_time.as_deref()), (None, Some("createtime")));
    assert_eq!(remote.config.unknown, BTreeMap::new());
    let formats = remote.config.record_format.as_ref().unwrap();
    assert_eq!(formats[&Format::M3u8].unknown, BTreeMap::new());
    // AutoCompose of the configuration itself has no meaning beside formats.
    let unset = |field: &Field| remote.config.get(*field).is_empty();
    let expected = |field: &Field| match field {
        Field::Format(format) | Field::Part(format, _) => *format != Format::M3u8,
        other => matches!(other, Field::AutoCompose | Field::Unknown),
    };
    for field in Field::leaves() {
        assert_eq!(unset(&field), expected(&field), "{field}");
    }
    let read = read_page(page(&others)).unwrap();
    let unknown: Vec<&str> = read.configs[0].1.config.unknown.keys().map(String::as_str).collect();
    let mut names: Vec<&str> = others.iter().map(|row| row.listed()).collect();
    names.sort_unstable();
    assert_eq!(unknown, names);
}

#[test]
fn every_field_of_the_program_is_listed() {
    let all = rows();
    for field in Field::leaves() {
        let Some(name) = field.api() else { continue };
        let is_of_a_format = matches!(field, Field::Format(_) | Field::Part(..));
        let mut same =
            all.iter().filter(|row| row.listed() == name && row.is_of_a_format() == is_of_a_format);
        let row = same.next().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(row.answer, "item", "{name}");
        assert_eq!(row.since == "2026", field.is_of_2026(), "{name}");
        if !is_of_a_format {
            assert_eq!(row.is_in(Action::Update), !field.needs_add(), "{name}");
        }
    }
}
