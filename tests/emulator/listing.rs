//! How written configurations are listed.

use livevod::emulator::{End, Quirks, Settings};
use livevod::model::{Field, Form, RecordConfig, StreamSpelling, Value, words};
use livevod::wire::Action::{Add, Delete, Describe, Update};
use livevod::wire::{ComposeOff, add, delete, describe, read, read_page, update};

use super::{Bench, address, classic};

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";

fn bench() -> Bench {
    Bench::new(Settings::default())
}

/// Every parameter of an Add.
fn full() -> RecordConfig {
    let mut config = RecordConfig::default();
    for field in Field::ALL {
        config.set(field, example(field));
    }
    config
}

fn example(field: Field) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    match field.form() {
        Form::Group => text(GROUP),
        Form::Seconds { least, .. } => Value::Seconds(least),
        Form::Switch => Value::Switch(true),
        Form::Choice { values, .. } => Value::Number(values[values.len() - 1].into()),
        Form::Bucket => text("bucket.oss-cn-shanghai.aliyuncs.com"),
        Form::Id => text("app-1000000"),
        Form::Words(known) => Value::Set(words(&known.join(","))),
        Form::Templates => Value::Set(words("a,b")),
        Form::Text | Form::Process | Form::Formats | Form::Bare | Form::Json => Value::Unset,
    }
}

#[test]
fn what_is_added_is_listed_field_by_field() {
    let bench = bench();
    for (at, config) in
        [("a.com/show/cam", full()), ("a.com/show/*", classic()), ("b.com/show/cam", classic())]
    {
        bench.call(&add(&address(at), &config)).unwrap();
    }
    let page = bench.list("a.com");
    assert_eq!((page.items, page.total), (2, Some(2)));
    let (wide, cam) = (&page.configs[0], &page.configs[1]);
    assert_eq!((&wide.0, &wide.1.config), (&address("a.com/show/*"), &classic()));
    assert_eq!((&cam.0, &cam.1.config), (&address("a.com/show/cam"), &full()));
    assert_eq!(cam.1.create_time.as_deref(), Some("2026-01-02T03:04:05Z"));
}

#[test]
fn an_update_sets_all_it_carries_and_leaves_what_only_an_add_sets() {
    let bench = bench();
    let cam = address("a.com/show/cam");
    bench.call(&add(&cam, &full())).unwrap();
    bench.call(&update(&cam, StreamSpelling::Named, &classic(), ComposeOff::Bare)).unwrap();
    let RecordConfig { record_content, space_id, storage_location, .. } = full();
    let expected = RecordConfig { storage_location, record_content, space_id, ..classic() };
    let remote = bench.list("a.com").configs.remove(0).1;
    assert_eq!(remote.config, expected);
    assert_eq!(remote.create_time.as_deref(), Some("2026-01-02T03:04:05Z"));
    bench.ask(Update, &format!("DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId={GROUP} StorageLocation=other.oss-cn-shanghai.aliyuncs.com")).unwrap();
    assert_eq!(bench.list("a.com").configs[0].1.config.storage_location, full().storage_location);
}

#[test]
fn a_delete_takes_one_key_alone() {
    let bench = bench();
    for at in ["a.com/show/*", "a.com/show/cam", "a.com/*/*"] {
        bench.call(&add(&address(at), &classic())).unwrap();
    }
    bench.call(&delete(&address("a.com/show/*"), StreamSpelling::Named)).unwrap();
    let left: Vec<String> = bench.list("a.com").configs.iter().map(|(at, _)| at.to_string()).collect();
    assert_eq!(left, ["a.com/*/*", "a.com/show/cam"]);
}

#[test]
fn every_spelling_of_all_streams_is_one_key_and_listed_as_it_was_sent() {
    for (sent, spelling) in [
        ("", StreamSpelling::Absent),
        ("StreamName=", StreamSpelling::Empty),
        ("StreamName=*", StreamSpelling::Named),
    ] {
        let bench = bench();
        let key = "DomainName=a.com AppName=show VodTranscodeGroupId=VOD_NO_TRANSCODE";
        bench.ask(Add, &format!("{key} {sent}")).unwrap();
        assert_eq!(bench.code(Add, key), "ConfigAlreadyExists");
        assert_eq!(bench.list("a.com").configs[0].1.spelling, spelling);
        bench.ask(Delete, "DomainName=A.com AppName=show StreamName=*").unwrap();
        assert_eq!(bench.list("a.com").items, 0);
    }
}

#[test]
fn pages_hold_ten_unless_asked_and_end_short() {
    let bench = bench();
    for stream in 0..23 {
        bench.call(&add(&address(&format!("a.com/show/cam{stream:02}")), &classic())).unwrap();
    }
    let names = |params: &str| -> Vec<String> {
        let page = read_page(bench.ask(Describe, &format!("DomainName=a.com {params}")).unwrap()).unwrap();
        assert_eq!(page.total, Some(23));
        page.configs.iter().map(|(at, _)| at.stream.to_string()).collect()
    };
    assert_eq!(names("").len(), 10);
    assert_eq!(names("PageNum=3"), ["cam20", "cam21", "cam22"]);
    assert_eq!(names("PageNum=5 PageSize=5"), ["cam20", "cam21", "cam22"]);
    assert_eq!(names("PageNum=4294967295 PageSize=100"), [""; 0]);
    assert_eq!(bench.list("a.com").items, 23);
}

#[test]
fn a_capped_page_says_how_much_it_holds() {
    let quirks = Quirks::with(&["page-cap=20"]).unwrap();
    let bench = Bench::new(Settings { quirks, ..Settings::default() });
    for stream in 0..23 {
        bench.call(&add(&address(&format!("a.com/show/cam{stream:02}")), &classic())).unwrap();
    }
    let pages = [1, 2, 3].map(|number| bench.page(&describe("a.com", number, None)));
    assert_eq!(pages.each_ref().map(|page| page.items), [20, 3, 0]);
    assert!(pages.iter().all(|page| (page.total, page.size) == (Some(23), Some(20))));
}

#[test]
fn a_short_page_lacks_what_its_total_counts() {
    let bench = bench();
    for stream in ["cam1", "cam2"] {
        bench.call(&add(&address(&format!("a.com/show/{stream}")), &classic())).unwrap();
    }
    let items = |fault: &str| {
        bench.service.set_faults(vec![fault.parse().unwrap()]);
        let End::Answer(response) = bench.service.deliver(&bench.sign(&describe("a.com", 1, None))).end
        else {
            panic!("no answer")
        };
        let page = read_page(read(&response).unwrap()).unwrap();
        assert_eq!(page.total, Some(2));
        page.items
    };
    assert_eq!([items("short"), items("short:items=1"), items("short:items=2")], [0, 1, 2]);
    // A fault that leaves out nothing does not count as used.
    let counters = serde_json::to_value(bench.service.counters()).unwrap();
    assert_eq!(counters["faults"]["short"], 2, "{counters}");
}

#[test]
fn filters_are_exact() {
    let bench = bench();
    for at in ["a.com/show/*", "a.com/show/cam", "a.com/show/cam2", "a.com/other/cam"] {
        bench.call(&add(&address(at), &classic())).unwrap();
    }
    let found = |at: &str| -> Vec<String> {
        let page = bench.page(&describe("a.com", 1, Some((&address(at), StreamSpelling::Named))));
        page.configs.iter().map(|(at, _)| at.to_string()).collect()
    };
    for at in ["a.com/show/cam", "a.com/show/*"] {
        assert_eq!(found(at), [at]);
    }
    assert_eq!(found("a.com/show/ca"), [""; 0]);
}

#[test]
fn by_format_configurations_are_kept_and_marked() {
    let bench = bench();
    let key = "DomainName=a.com AppName=show StreamName=cam";
    bench
        .ask(
            Add,
            &format!(
                "{key} RecordFormat.1.Format=m3u8 RecordFormat.1.SliceDuration=20 RecordFormat.2.Format=mp4"
            ),
        )
        .unwrap();
    let fields = bench.ask(Describe, "DomainName=a.com").unwrap();
    let item = &fields["LiveRecordVodConfigs"]["LiveRecordVodConfig"][0];
    assert_eq!(item["FormatConfig"], true);
    assert_eq!(item["RecordFormatList"]["RecordFormat"][0]["SliceDuration"], 20);
    let held = bench.list("a.com").configs.remove(0).1;
    assert_eq!((held.config.record_format.map(|formats| formats.len()), held.unsupported), (Some(2), None));
    assert_eq!(
        bench.code(Update, &format!("{key} VodTranscodeGroupId={GROUP}")),
        "InvalidRecordFormat.Malformed"
    );
    assert_eq!(
        bench.code(Update, &format!("{key} RecordFormat.1.Format=mp4 RecordFormat.2.Format=m3u8")),
        ""
    );
}
