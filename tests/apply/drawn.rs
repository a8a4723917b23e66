//! Strategies for property tests: any state of an account, with both kinds of configurations, any file for it, and any
//! reading of the open questions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use livevod::emulator::quirks::{QUIRKS, Quirk};
use livevod::emulator::{Quirks, Settings};
use livevod::model::{Address, Format, FormatSettings, Process, RecordConfig, words};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::world::*;
use crate::simulation::harness::scene::{CHOSEN, listed};

pub(super) const DOMAIN: &str = "a.example.com";

pub(super) const APPS: [&str; 3] = ["*", "show", "news"];

/// Existing configurations by `app/stream`.
pub(super) type State = BTreeMap<String, Held>;

/// Declared configurations by `app/stream`, with their settings; `None` is `state: absent`.
pub(super) type Wanted = BTreeMap<String, Option<String>>;

/// An existing configuration.
#[derive(Debug, Clone)]
pub(super) struct Held {
    config: RecordConfig,
    /// How `*` is listed as a stream.
    every: Option<&'static str>,
    odd: Option<Odd>,
}

/// What only the console, or a later version of the service, can have made.
#[derive(Debug, Clone, Copy)]
enum Odd {
    /// An unknown field that says nothing.
    Harmless,
    /// An unknown field with content.
    Unknown,
    /// An unknown field with content, inside each format.
    UnknownInside,
    /// Formats that do not count.
    IdleFormats,
    /// A group of the merged file, which does not count.
    IdleGroup,
    /// By-format, without formats.
    Contradictory,
}

/// How many cases a property is checked with: `usual`, unless `LIVEVOD_TEST_CASES` is set.
pub(crate) fn number_of_cases(usual: u32) -> u32 {
    std::env::var("LIVEVOD_TEST_CASES").map_or(usual, |cases| cases.parse().unwrap())
}

/// A property that is checked with so many.
pub(super) fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig { cases: number_of_cases(usual), failure_persistence: None, ..ProptestConfig::default() }
}

fn key() -> impl Strategy<Value = String> {
    let stream = select(vec!["*", "cam1", "cam2", "cam3"]);
    (select(&APPS[..]), stream).prop_map(|(app, stream)| format!("{app}/{stream}"))
}

/// A state of up to eight configurations.
pub(super) fn state() -> impl Strategy<Value = State> {
    prop::collection::btree_map(key(), held(), 0..8)
}

fn held() -> impl Strategy<Value = Held> {
    let odds = [
        Odd::Harmless,
        Odd::Unknown,
        Odd::UnknownInside,
        Odd::IdleFormats,
        Odd::IdleGroup,
        Odd::Contradictory,
    ];
    let every = select(vec![Some("*"), Some(""), None]);
    let odd = prop::option::weighted(0.15, select(odds.to_vec()));
    (config(), every, odd).prop_map(|(config, every, odd)| Held { config, every, odd })
}

fn config() -> impl Strategy<Value = RecordConfig> {
    let kind = prop_oneof![classic(), by_format()];
    let times =
        (select(vec![600, 3600]), select(vec![0, 0, 1, 7]), select(vec![None, None, Some(60), Some(180)]));
    let content = select(vec![
        (None, None),
        (None, None),
        (Some("raw"), None),
        (Some("raw,transcode"), Some("t1,t2")),
        (Some("transcode"), Some("t1")),
        (None, Some("t1")),
        (Some("raw,transcode"), None),
    ]);
    let space = select(vec![None, None, Some("app-1000000"), Some("app-2")]);
    (kind, times, content, space, bucket()).prop_map(
        |(kind, (cycle_duration, on_demand, delay_time), (content, templates), space, bucket)| RecordConfig {
            cycle_duration,
            on_demand,
            delay_time,
            record_content: content.map(words),
            transcode_templates: templates.map(words),
            space_id: space.map(str::to_owned),
            storage_location: bucket.map(str::to_owned),
            ..kind
        },
    )
}

fn bucket() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some(BUCKET), Some(OTHER_BUCKET)])
}

fn group() -> impl Strategy<Value = &'static str> {
    select(vec![GROUP, OTHER_GROUP])
}

fn classic() -> impl Strategy<Value = RecordConfig> {
    (group(), any::<bool>()).prop_map(|(group, auto_compose)| RecordConfig {
        vod_transcode_group: group.to_owned(),
        auto_compose,
        compose_vod_transcode_group: auto_compose.then(|| OTHER_GROUP.to_owned()),
        ..RecordConfig::default()
    })
}

fn by_format() -> impl Strategy<Value = RecordConfig> {
    let formats = prop::collection::btree_map(select(Format::ALL.to_vec()), format_settings(), 1..=3);
    formats.prop_map(|mut formats| {
        let others = formats.iter_mut().filter(|(format, _)| **format != Format::M3u8);
        others.for_each(|(_, settings)| settings.slice_duration = None);
        RecordConfig { record_format: Some(formats), ..RecordConfig::default() }
    })
}

fn format_settings() -> impl Strategy<Value = FormatSettings> {
    let process = select(vec![
        None,
        Some(Process::Transcode(GROUP.to_owned())),
        Some(Process::Transcode(OTHER_GROUP.to_owned())),
        Some(Process::Workflow("wf-1".to_owned())),
    ]);
    let slice = select(vec![None, Some(10), Some(30)]);
    let compose = select(vec![None, Some(true), Some(false)]);
    let video = select(vec![None, Some("origin"), Some("origin,compose")]);
    let tags = select(vec![None, Some("gala"), Some("a, b")]);
    (process, slice, compose, video, tags).prop_map(|(process, slice_duration, auto_compose, video, tags)| {
        FormatSettings {
            process,
            slice_duration,
            auto_compose,
            video: video.map(words),
            tags: tags.map(str::to_owned),
            unknown: BTreeMap::new(),
        }
    })
}

/// Up to eight declared addresses of both kinds.
pub(super) fn wanted() -> impl Strategy<Value = Wanted> {
    prop::collection::btree_map(key(), prop::option::weighted(0.8, entry()), 0..8)
}

/// One line of settings, each of which may be left out.
fn entry() -> impl Strategy<Value = String> {
    let kind = prop_oneof![classic_entry(), formats_entry()];
    let times = (
        select(vec!["", "cycle_duration: 10m", "cycle_duration: default"]),
        select(vec!["", "", "on_demand: 1"]),
        select(vec!["", "", "delay_time: 45", "delay_time: 3m", "delay_time: default"]),
    );
    let content = select(vec![
        "",
        "",
        "record_content: [raw, transcode], transcode_templates: [t1, t2]",
        "record_content: default",
        "record_content: [raw], transcode_templates: default",
        "transcode_templates: [t3]",
        "transcode_templates: default",
    ]);
    let space = select(vec!["", "", "space_id: app-1000000", "space_id: app-2"]);
    let storage = bucket()
        .prop_map(|bucket| bucket.map_or(String::new(), |bucket| format!("storage_location: {bucket}")));
    (kind, times, content, space, storage).prop_map(
        |(kind, (cycle, on_demand, delay), content, space, storage)| {
            joined([&kind, cycle, on_demand, delay, content, space, &storage])
        },
    )
}

fn joined<'a>(settings: impl IntoIterator<Item = &'a str>) -> String {
    settings.into_iter().filter(|setting| !setting.is_empty()).collect::<Vec<_>>().join(", ")
}

fn classic_entry() -> impl Strategy<Value = String> {
    let compose = select(vec![
        String::new(),
        "auto_compose: off".to_owned(),
        format!("auto_compose: on, compose_vod_transcode_group: {OTHER_GROUP}"),
    ]);
    (group(), compose)
        .prop_map(|(group, compose)| joined([&*format!("vod_transcode_group: {group}"), &compose]))
}

fn formats_entry() -> impl Strategy<Value = String> {
    let formats = prop::collection::btree_map(select(Format::ALL.to_vec()), format_entry(), 1..=3);
    formats.prop_map(|formats| {
        let one = |(format, (slice, others)): (&Format, &(&str, String))| {
            let slice = if *format == Format::M3u8 { slice } else { "" };
            format!("{format}: {{ {} }}", joined([slice, others]))
        };
        format!("record_format: {{ {} }}", formats.iter().map(one).collect::<Vec<_>>().join(", "))
    })
}

/// The length of slices, and the other settings.
fn format_entry() -> impl Strategy<Value = (&'static str, String)> {
    let process = select(vec![
        String::new(),
        format!("process: {{ transcode: {GROUP} }}"),
        "process: { workflow: wf-1 }".to_owned(),
        "process: default".to_owned(),
    ]);
    let slice = select(vec!["", "slice_duration: 10", "slice_duration: default"]);
    let compose = select(vec!["", "auto_compose: on", "auto_compose: off", "auto_compose: default"]);
    let video = select(vec!["", "video: [origin]", "video: [compose, origin]", "video: default"]);
    let tags = select(vec!["", "tags: gala", "tags: default"]);
    (process, slice, compose, video, tags)
        .prop_map(|(process, slice, compose, video, tags)| (slice, joined([&*process, compose, video, tags])))
}

/// The files that declare this.
pub(super) fn file(wanted: &Wanted, prune: bool) -> String {
    let mut text = format!("version: 1\ndomains:\n  {DOMAIN}:\n    prune: {prune}\n    apps:\n");
    for app in APPS {
        let prefix = format!("{app}/");
        let streams = wanted.iter().filter_map(|(key, one)| {
            let settings = one.as_deref().unwrap_or("state: absent");
            Some(format!("\"{}\": {{ {settings} }}", key.strip_prefix(&prefix)?))
        });
        let streams: Vec<String> = streams.collect();
        writeln!(text, "      \"{app}\": {{ streams: {{ {} }} }}", streams.join(", ")).unwrap();
    }
    text
}

/// A service that deletes the configurations beside an app-wide one along with it: one run may not suffice.
pub(super) const TAKES_ALONG: &str = "app-wide-delete=with-siblings";

/// With the first, most of the drawn states can't exist; with the second, no listing of several pages can be read whole; with
/// the third, no write can follow another where calls take no time.
const IMPOSSIBLE: [&str; 3] = ["overlap=refused", "past-end=last-page", "domain-writes=one-at-a-time"];

/// A reading of each open question, but none that makes states or listings impossible. Pages are always given in the
/// same order.
pub(super) fn quirks() -> impl Strategy<Value = Vec<String>> {
    let answers = |quirk: &Quirk| {
        let texts = quirk.answers.iter().map(|answer| format!("{}={}", quirk.name, answer.value));
        select(texts.filter(|text| !IMPOSSIBLE.contains(&text.as_str())).collect::<Vec<_>>())
    };
    QUIRKS.iter().map(answers).collect::<Vec<_>>().prop_map(|mut quirks| {
        if quirks.iter().any(|quirk| quirk.starts_with("page-cap=") && quirk != "page-cap=asked") {
            quirks.retain(|quirk| quirk != "order=unstable");
        }
        quirks
    })
}

/// An account that holds the state.
pub(super) fn account(state: &State, quirks: &[String]) -> World {
    let world = World::with(Settings { quirks: Quirks::with(quirks).unwrap(), ..Settings::default() });
    load(&world, state, quirks);
    world
}

/// Puts the state into an empty account.
pub(super) fn load(world: &World, state: &State, quirks: &[String]) {
    let chooses = quirks.iter().any(|quirk| quirk == "storage-location=chosen");
    let configs: Vec<Value> = state.iter().map(|(key, held)| held.listed(key, chooses)).collect();
    world.service.load(&json!({ "configs": configs }).to_string()).unwrap();
}

impl Held {
    /// As the service lists it. It `chooses` a storage location where nobody does.
    fn listed(&self, key: &str, chooses: bool) -> Value {
        let address: Address = address(&format!("{DOMAIN}/{key}"));
        let mut config = self.config.clone();
        if chooses {
            config.storage_location.get_or_insert_with(|| CHOSEN.to_owned());
        }
        let stream = if &*address.stream == "*" { self.every } else { Some(&*address.stream) };
        let mut item = listed(&address, stream, &config);
        let mut set = |name: &str, value: Value| _ = item.insert(name.to_owned(), value);
        match self.odd {
            None => {}
            Some(Odd::Harmless) => set("NewField", json!(false)),
            Some(Odd::Unknown) => set("NewField", json!("x")),
            Some(Odd::UnknownInside) => {
                for settings in config.record_format.iter_mut().flat_map(BTreeMap::values_mut) {
                    settings.unknown.insert("NewField".to_owned(), json!("x"));
                }
                item = listed(&address, stream, &config);
            }
            Some(Odd::IdleFormats) if !config.is_by_format() => {
                set("FormatConfig", json!(false));
                set("RecordFormatList", json!({ "RecordFormat": [{ "Format": "mp4" }] }));
            }
            Some(Odd::IdleGroup) if !config.auto_compose && !config.is_by_format() => {
                set("ComposeVodTranscodeGroupId", json!(OTHER_GROUP));
            }
            Some(Odd::IdleFormats | Odd::IdleGroup) => {}
            Some(Odd::Contradictory) => {
                set("FormatConfig", json!(true));
                item.remove("RecordFormatList");
            }
        }
        item.into()
    }
}

/// The addresses of a state.
pub(super) fn addresses(state: &State) -> BTreeSet<Address> {
    state.keys().map(|key| address(&format!("{DOMAIN}/{key}"))).collect()
}
