//! Generates the start of a run: files, an account that almost matches them, and the arguments of livevod.
//!
//! The account is derived from the files with the real resolver, so that it matches, and then changed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use livevod::apply::ApplySettings;
use livevod::config::Document;
use livevod::emulator::{ACCOUNT, QUIRKS, Quirks};
use livevod::model::{Address, Format, FormatSettings, Process, RecordConfig, words};
use livevod::plan::{Allowances, Limit};
use livevod::resolve::{Desired, Wanted, resolve};
use livevod::source::{Source, Sources};
use livevod::wire::{self, SignatureVersion};
use livevod::{check, config, diag};
use serde_json::{Map, Value, json};

use super::files::{self, ARCHIVE, BUCKETS, GROUP};
use super::random::Random;
use super::weather::Foreign;

/// The account of another key than the first.
pub(crate) const ANOTHER_ACCOUNT: &str = "6543210987654321";

/// The storage location that the emulator chooses by default.
pub(crate) const CHOSEN: &str = "outin-emulator.oss-cn-shanghai.aliyuncs.com";

/// Everything that a seed generates before the run.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) yaml: String,
    pub(crate) sources: Sources,
    pub(crate) desired: Desired,
    /// The contents of the account, for `Service::load`.
    pub(crate) held: Value,
    /// Every quirk with its value, `NAME=VALUE`.
    pub(crate) quirks: Vec<String>,
    pub(crate) is_released: bool,
    pub(crate) call: Calling,
}

/// The arguments of livevod.
#[derive(Debug, Clone)]
pub(crate) struct Calling {
    pub(crate) deadline: Duration,
    pub(crate) stop_on_error: bool,
    pub(crate) per_minute: NonZeroU32,
    pub(crate) parallelism: NonZeroUsize,
    pub(crate) signature: SignatureVersion,
    /// How old a reading may be when the write that depends on it is sent.
    pub(crate) freshness: Duration,
    /// The accounts of the keys that a role hands out, one after another; empty if the key is permanent.
    pub(crate) accounts: &'static [&'static str],
    /// How the plan is approved; if `None`, writes do not rest on what was read for it.
    pub(crate) approval: Option<Approval>,
}

/// What happens between a plan and its apply.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Approval {
    /// How long the first process waits for it.
    pub(crate) takes: Duration,
    /// What another client does in the meantime, and a number that chooses the address.
    pub(crate) meanwhile: Option<(Foreign, u64)>,
}

impl Scene {
    /// Without `pages`, each listing has one page. Without `forms`, every configuration is classic.
    pub(crate) fn draw(
        random: &mut Random,
        pages: Option<&mut Random>,
        mut forms: Option<&mut Random>,
    ) -> Self {
        let yaml = files::draw(random, forms.as_deref_mut());
        let (sources, desired) = resolved(&yaml);
        let mut quirks = quirks(random, forms.as_deref_mut());
        if let Some(pages) = pages {
            cap_pages(&mut quirks, pages);
        }
        let held = Held::draw(&desired, &quirks, random, forms);
        let is_released = random.percent(93);
        Self { yaml, sources, desired, held, quirks, is_released, call: Calling::draw(random) }
    }

    /// The same account, with files that also accept differences.
    pub(crate) fn accept(&mut self, random: &mut Random) {
        let letters: Vec<&str> = self.desired.domains.keys().map(|name| &name[..1]).collect();
        if let Some(accept) = files::accept(random, &letters) {
            self.yaml.push_str(&accept);
            (self.sources, self.desired) = resolved(&self.yaml);
        }
    }

    pub(crate) fn played(&self) -> Quirks {
        Quirks::with(&self.quirks).unwrap()
    }

    pub(crate) fn has_quirk(&self, text: &str) -> bool {
        self.quirks.iter().any(|quirk| quirk == text)
    }

    /// Releases every guard that a flag can release, or none.
    pub(crate) fn allowances(&self) -> Allowances {
        if self.is_released { released() } else { Allowances::default() }
    }
}

pub(crate) fn released() -> Allowances {
    let all = Some(Limit::Percent(100));
    Allowances {
        max_delete: all,
        max_change: all,
        max_writes: None,
        recording_gap: true,
        recording_stop: true,
        app_wide: true,
        empty: true,
        on_air: true,
        replay_loss: true,
    }
}

impl Calling {
    /// Choices that were added later, from a separate generator.
    pub(crate) fn draw_more(&mut self, random: &mut Random) {
        self.freshness = Duration::from_millis(random.pick(&[1000, 1000, 1000, 1000, 300, 5000, 0]));
        self.accounts = random.pick(&[&[][..], &[], &[], &[ACCOUNT], &[ACCOUNT, ANOTHER_ACCOUNT]]);
    }

    /// Whether writes may rest on what was read for the plan, how long approval takes, and what happens in the meantime; from a
    /// separate generator.
    pub(crate) fn draw_approval(&mut self, random: &mut Random) {
        let takes =
            random.pick(&[None, None, Some(0), Some(0), Some(200), Some(700), Some(1100), Some(4000)]);
        let foreign = (random.pick(&Foreign::ALL), random.number());
        let meanwhile = random.percent(40).then_some(foreign).filter(|_| takes > Some(0));
        self.approval = takes.map(|takes| Approval { takes: Duration::from_millis(takes), meanwhile });
    }

    /// How many changes may go side by side, from a separate generator.
    pub(crate) fn draw_width(&mut self, random: &mut Random) {
        let drawn = random.pick(&[None, None, None, Some(4), Some(6), Some(32)]);
        self.parallelism = drawn.and_then(NonZeroUsize::new).unwrap_or(self.parallelism);
    }

    fn draw(random: &mut Random) -> Self {
        Self {
            deadline: Duration::from_secs(random.pick(&[5, 20, 60, 60])),
            stop_on_error: random.percent(20),
            per_minute: NonZeroU32::new(random.pick(&[600, 600, 60, 20])).unwrap(),
            parallelism: NonZeroUsize::new(random.pick(&[16, 16, 2, 1])).unwrap(),
            signature: random.pick(&[SignatureVersion::V3, SignatureVersion::V3, SignatureVersion::V1]),
            freshness: ApplySettings::FRESHNESS,
            accounts: &[],
            approval: None,
        }
    }
}

/// From text to the desired state, by the same steps as in the command.
fn resolved(yaml: &str) -> (Sources, Desired) {
    let mut sources = Sources::default();
    sources.add(Source::new("livevod.yaml", yaml));
    let (document, mut findings) = config::parse(&sources);
    let (desired, more) = resolve(&document);
    findings.extend(more);
    findings.extend(check::check(&document, &desired, jiff::civil::date(2026, 11, 22)));
    let findings = weighed(findings, &document);
    assert!(!diag::has_errors(&findings), "the drawn file is wrong:\n{yaml}\n{findings:#?}");
    (sources, desired)
}

fn weighed(findings: Vec<diag::Diagnostic>, document: &Document) -> Vec<diag::Diagnostic> {
    check::settle(findings, &document.allows, &check::Levels::default())
}

/// Quirks that were added after the seeds in use had been chosen.
const LATER: [&str; 2] = ["names", "domain-writes"];

/// Quirks about the fields of 2026.
const OF_2026: [&str; 3] = ["shape-change", "defaults", "templates"];

/// Apps and streams that no YAML can write.
const UNNAMEABLE: [(&str, &str); 8] = [
    ("show", "a.b"),
    ("show", "中文"),
    ("a b", "cam"),
    ("a/b", "c"),
    ("show", ".."),
    ("show", "line\nbreak"),
    ("show", "**"),
    ("old", "a\u{202e}\"b"),
];

/// One value for each quirk. Values with which livevod may rightly refuse are chosen less often.
fn quirks(random: &mut Random, mut forms: Option<&mut Random>) -> Vec<String> {
    let mut later = random.clone().fork();
    let answers = QUIRKS.iter().map(|quirk| {
        if OF_2026.contains(&quirk.name) {
            let drawn = forms.as_deref_mut().map(|forms| (forms.percent(50), forms.pick(quirk.answers)));
            let answer =
                drawn.filter(|(is_usual, _)| !is_usual).map_or(quirk.default_answer(), |(_, one)| one);
            return format!("{}={}", quirk.name, answer.value);
        }
        let usual = match quirk.name {
            "app-wide-delete" | "overlap" | "name-case" => 75,
            _ => 50,
        };
        let others = &quirk.answers[1..];
        // Quirks that were added later use a separate generator, so that earlier seeds keep their stories.
        let random = if LATER.contains(&quirk.name) { &mut later } else { &mut *random };
        let is_usual = quirk.name == PAGE_CAP || random.percent(usual);
        let answer = if is_usual { quirk.default_answer() } else { random.pick(others) };
        format!("{}={}", quirk.name, answer.value)
    });
    answers.collect()
}

const PAGE_CAP: &str = "page-cap";

/// Limits the size of pages, so that listings have several, except if the service never gives the same pages twice or repeats its
/// last page: then nothing can be read completely.
fn cap_pages(quirks: &mut [String], random: &mut Random) {
    let never = |quirk: &String| ["order=unstable", "past-end=last-page"].contains(&quirk.as_str());
    let cap = random.pick(&["asked", "asked", "asked", "asked", "asked", "3", "3", "20"]);
    if !quirks.iter().any(never) {
        let usual = quirks.iter_mut().find(|quirk| quirk.starts_with(PAGE_CAP));
        usual.into_iter().for_each(|quirk| *quirk = format!("{PAGE_CAP}={cap}"));
    }
}

/// Builds the contents of the account.
struct Held<'a> {
    random: &'a mut Random,
    /// Whether the service chooses a bucket if none is given.
    chooses: bool,
    /// Whether it keeps names in lower case.
    folds: bool,
    /// Chooses among the forms and fields of 2026.
    forms: Option<&'a mut Random>,
    items: BTreeMap<Address, Value>,
}

impl<'a> Held<'a> {
    fn draw(
        desired: &Desired,
        quirks: &[String],
        random: &'a mut Random,
        forms: Option<&'a mut Random>,
    ) -> Value {
        let has = |text: &str| quirks.iter().any(|quirk| quirk == text);
        let (chooses, folds) = (has("storage-location=chosen"), has("name-case=folded"));
        let mut held = Self { random, chooses, folds, forms, items: BTreeMap::new() };
        for (name, domain) in &desired.domains {
            for (address, entry) in &domain.entries {
                match &entry.wanted {
                    Wanted::Present(resolved) => held.almost(address, &resolved.config),
                    Wanted::Absent(_) => held.sometimes(address),
                }
            }
            held.strangers(name, &domain.entries.keys().collect());
            if has("names=any") {
                held.unnameable(name);
            }
            if has("page-cap=20") {
                held.crowd(name);
            }
        }
        held.strangers("unnamed.example.com", &BTreeSet::new());
        json!({ "configs": held.items.into_values().collect::<Vec<_>>() })
    }

    /// The declared configuration, or the same with one change.
    fn almost(&mut self, address: &Address, wanted: &RecordConfig) {
        let mut config = wanted.clone();
        match self.random.below(100) {
            0..22 => return,
            22..26 => return self.put_unmanageable(address),
            26..60 => self.change(&mut config),
            _ => {}
        }
        if let Some(forms) = self.forms.as_deref_mut() {
            change_form(&mut config, forms);
        }
        self.put(address, config);
    }

    fn change(&mut self, config: &mut RecordConfig) {
        match self.random.below(if config.storage_location.is_some() { 6 } else { 4 }) {
            0 => config.cycle_duration = if config.cycle_duration == 2400 { 4800 } else { 2400 },
            1 | 2 if config.is_by_format() => config.cycle_duration = 5400,
            1 => config.vod_transcode_group = files::other_group(&config.vod_transcode_group),
            2 if config.auto_compose => config.auto_compose = false,
            2 => {
                config.auto_compose = true;
                config.compose_vod_transcode_group = Some(ARCHIVE.to_owned());
            }
            3 => config.on_demand = if config.on_demand == 0 { 7 } else { 0 },
            _ => config.storage_location = Some(BUCKETS[1].to_owned()),
        }
    }

    fn sometimes(&mut self, address: &Address) {
        if self.random.percent(80) {
            self.put(address, plain());
        }
    }

    /// Configurations that no file declares: unmanaged, ignored, or pruned.
    fn strangers(&mut self, domain: &str, declared: &BTreeSet<&Address>) {
        for (app, stream, chance) in
            [("show", "stranger", 30), ("show", "*", 10), ("old", "*", 12), ("show", "test-1", 25)]
        {
            let address = Address::new(domain, app, stream);
            if declared.contains(&address) || !self.random.percent(chance) {
                continue;
            }
            if self.random.percent(12) {
                self.put_unmanageable(&address);
            } else if self.forms.as_deref_mut().is_some_and(|forms| forms.percent(30)) {
                self.put(&address, by_format());
            } else {
                self.put(&address, plain());
            }
        }
    }

    /// Configurations that no file can declare.
    fn unnameable(&mut self, domain: &str) {
        let mut random = self.random.clone().fork();
        for (app, stream) in UNNAMEABLE {
            if random.percent(25) {
                let address = Address::new(domain, app, stream);
                let item = json!({
                    "DomainName": domain, "AppName": app, "StreamName": stream, "VodTranscodeGroupId": GROUP,
                });
                self.items.entry(address).or_insert(item);
            }
        }
    }

    /// More than fit on a page of 20.
    fn crowd(&mut self, domain: &str) {
        for number in 0..15 + self.random.below(15) {
            self.put(&Address::new(domain, "crowd", format!("c{number}")), plain());
        }
    }

    fn put(&mut self, address: &Address, config: RecordConfig) {
        let mut config = config.normalized();
        let stream = self.spelled(&address.stream);
        if self.chooses {
            config.storage_location.get_or_insert_with(|| CHOSEN.to_owned());
        }
        if self.random.percent(20) {
            config.delay_time.get_or_insert(240);
        }
        if self.random.percent(8) && !config.names_templates() {
            config.transcode_templates = Some(words("t1,t2"));
        }
        if self.random.percent(5) {
            config.space_id.get_or_insert_with(|| "app-1000000".to_owned());
        }
        let mut item = listed(address, stream.as_deref(), &config);
        if let Some(forms) = self.forms.as_deref_mut() {
            add_harmless(&mut item, forms);
        }
        self.items.insert(address.clone(), item.into());
    }

    /// A configuration that contradicts itself.
    fn put_unmanageable(&mut self, address: &Address) {
        let mut item = json!({
            "DomainName": &*address.domain, "AppName": &*address.app, "AutoCompose": "OFF", "FormatConfig": true,
        });
        if let Some(stream) = self.spelled(&address.stream) {
            item["StreamName"] = stream.into();
        }
        self.items.insert(address.clone(), item);
    }

    /// The ways in which "every stream" may be spelled.
    fn spelled(&mut self, stream: &str) -> Option<String> {
        if stream == "*" {
            return self.random.pick(&[Some("*"), Some(""), None]).map(str::to_owned);
        }
        Some(if self.folds { stream.to_ascii_lowercase() } else { stream.to_owned() })
    }
}

/// A configuration as the service lists it, for `Service::load`; without a name of a stream if `stream` is `None`.
pub(crate) fn listed(address: &Address, stream: Option<&str>, config: &RecordConfig) -> Map<String, Value> {
    let mut item = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        item.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("DomainName", Some((*address.domain).into()));
    set("AppName", Some((*address.app).into()));
    set("StreamName", stream.map(Value::from));
    match &config.record_format {
        None => {
            set("VodTranscodeGroupId", Some(config.vod_transcode_group.clone().into()));
            set("AutoCompose", Some(if config.auto_compose { "ON" } else { "OFF" }.into()));
        }
        Some(formats) => {
            set("FormatConfig", Some(true.into()));
            set("RecordFormatList", Some(wire::list_formats(formats)));
        }
    }
    set("CycleDuration", Some(config.cycle_duration.into()));
    set("OnDemand", Some(config.on_demand.into()));
    set("ComposeVodTranscodeGroupId", config.compose_vod_transcode_group.clone().map(Value::from));
    set("StorageLocation", config.storage_location.clone().map(Value::from));
    set("DelayTime", config.delay_time.map(Value::from));
    set("TranscodeTemplates", joined(config.transcode_templates.as_ref()));
    set("SpaceId", config.space_id.clone().map(Value::from));
    set("RecordContent", joined(config.record_content.as_ref()));
    item
}

/// The words of a set, as an answer lists them.
fn joined(words: Option<&BTreeSet<String>>) -> Option<Value> {
    let words: Vec<&str> = words?.iter().map(String::as_str).collect();
    (!words.is_empty()).then(|| words.join(",").into())
}

/// Another configuration than the declared one in what came in 2026.
fn change_form(config: &mut RecordConfig, forms: &mut Random) {
    match forms.below(14) {
        0 => config.delay_time = forms.pick(&[None, Some(180), Some(300)]),
        1 => {
            config.record_content = Some(words("raw,transcode"));
            config.transcode_templates = Some(words("t1,t3"));
        }
        2 => config.space_id = forms.pick(&[None, Some("app-1000000".to_owned()), Some("app-2".to_owned())]),
        // The other kind of configuration.
        3 if config.is_by_format() => *config = plain(),
        3 => *config = by_format(),
        4..=9 => {
            for settings in config.record_format.iter_mut().flat_map(BTreeMap::values_mut) {
                change_format(settings, forms);
            }
        }
        10 => {
            let formats = config.record_format.iter_mut();
            formats.for_each(|formats| _ = formats.entry(Format::Flv).or_default());
        }
        11 => {
            let formats = config.record_format.iter_mut();
            formats.filter(|formats| formats.len() > 1).for_each(|formats| _ = formats.pop_first());
        }
        _ => {}
    }
}

fn change_format(settings: &mut FormatSettings, forms: &mut Random) {
    match forms.below(6) {
        0 => settings.process = None,
        1 => settings.process = Some(Process::Workflow("wf-2".to_owned())),
        2 => settings.process = Some(Process::Transcode(ARCHIVE.to_owned())),
        3 => settings.auto_compose = forms.pick(&[None, Some(true), Some(false)]),
        4 => settings.video = forms.pick(&[None, Some(words("origin")), Some(words("compose"))]),
        _ => settings.tags = forms.pick(&[None, Some("old".to_owned())]),
    }
}

/// Fields that nobody knows and that say nothing, and a list of formats that does not count.
fn add_harmless(item: &mut Map<String, Value>, forms: &mut Random) {
    if forms.percent(15) {
        item.insert("NewField".to_owned(), forms.pick(&[json!(false), json!(0), json!(""), json!([])]));
    }
    if forms.percent(5) && !item.contains_key("FormatConfig") {
        item.insert("FormatConfig".to_owned(), false.into());
        item.insert("RecordFormatList".to_owned(), json!({ "RecordFormat": [{ "Format": "mp4" }] }));
    }
}

fn by_format() -> RecordConfig {
    let m3u8 = FormatSettings { tags: Some("theirs".to_owned()), ..FormatSettings::default() };
    let formats = [(Format::M3u8, m3u8), (Format::Mp4, FormatSettings::default())].into();
    RecordConfig { record_format: Some(formats), ..RecordConfig::default() }
}

fn plain() -> RecordConfig {
    RecordConfig { vod_transcode_group: GROUP.to_owned(), ..RecordConfig::default() }
}
