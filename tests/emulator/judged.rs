//! Verdicts over what the client reads of the emulator, under every reading of the open questions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use livevod::audit::{Ended, Expected, History, Kind, Session, Settings, Verdict, Write, judge};
use livevod::emulator::RECORDING_QUIRKS;
use livevod::model::{
    Address, Aired, Format, FormatSettings, NO_TRANSCODE, Pattern, PatternIndex, Period, RecordConfig,
    Snapshot, StreamSpelling,
};
use livevod::wire::{ComposeOff, add, delete, update};
use serde_json::json;

use super::recordings::{DOMAIN, Stage};
use super::{address, classic};
use crate::apply::drawn::number_of_cases;
use crate::simulation::harness::random::Random;

const STREAMS: [&str; 4] = ["show/cam1", "show/Cam1", "show/cam_2", "news/main"];
const CONFIGURED: [&str; 5] = ["show/cam1", "show/cam_2", "show/*", "news/*", "*/*"];

/// What really happened.
struct Played {
    /// What repeats the story.
    name: String,
    stage: Stage,
    random: Random,
    configs: BTreeMap<Address, (RecordConfig, Timestamp)>,
    writes: Vec<Write>,
    connections: Vec<Connection>,
    /// The streams that recordings were deleted of, under the names that they were listed by.
    deleted: BTreeSet<String>,
    resumes_anew: bool,
}

struct Connection {
    address: Address,
    began: Timestamp,
    ended: Option<Timestamp>,
    config: Option<RecordConfig>,
}

fn at(place: &str) -> Address {
    address(&format!("{DOMAIN}/{place}"))
}

impl Played {
    fn new(quirks: &[&str], seed: u64) -> Self {
        Self {
            name: format!("{quirks:?}, seed {seed}"),
            stage: Stage::new(quirks),
            random: Random::new(seed),
            configs: BTreeMap::new(),
            writes: Vec::new(),
            connections: Vec::new(),
            deleted: BTreeSet::new(),
            resumes_anew: quirks.contains(&"resumed-stream=anew"),
        }
    }

    /// Something happens, and time passes.
    fn step(&mut self) {
        match self.random.below(10) {
            0..3 => self.configure(),
            _ => self.connect(),
        }
        let minutes = self.random.pick(&[1, 2, 4, 10, 25, 70]);
        self.stage.bench.wait(60 * minutes + self.random.below(50) as i64);
    }

    /// livevod creates, changes or deletes a configuration.
    fn configure(&mut self) {
        let place = self.random.pick(&CONFIGURED);
        let (address, now) = (at(place), self.stage.now());
        let before = self.configs.remove(&address);
        let after = (before.is_none() || self.random.percent(70)).then(|| self.config(before.as_ref()));
        let call = match (&before, &after) {
            (None, Some(after)) => add(&address, after),
            (Some(_), Some(after)) => update(&address, StreamSpelling::Named, after, ComposeOff::Bare),
            (_, None) => delete(&address, StreamSpelling::Named),
        };
        self.stage.bench.call(&call).unwrap();
        let created = before.as_ref().map_or(now, |(_, created)| *created);
        self.writes.push(Write {
            address: address.clone(),
            sent: now,
            ended: Ended::Confirmed(now),
            before: before.as_ref().map(|(config, _)| config.clone()),
            created: before.as_ref().map(|(_, created)| *created),
            after: after.clone(),
        });
        self.configs.extend(after.map(|after| (address, (after, created))));
    }

    /// What an Update can't change stays as it was.
    fn config(&mut self, before: Option<&(RecordConfig, Timestamp)>) -> RecordConfig {
        let random = &mut self.random;
        let mut config = RecordConfig {
            cycle_duration: random.pick(&[300, 900, 3600]),
            on_demand: random.pick(&[0, 0, 0, 2]),
            delay_time: random.pick(&[None, None, Some(15), Some(900)]),
            ..classic()
        };
        let (formats, content) = match before {
            Some((before, _)) => (before.record_format.clone(), before.record_content.clone()),
            None => {
                let settings =
                    FormatSettings { auto_compose: Some(random.percent(30)), ..FormatSettings::default() };
                let formats = [(Format::Mp4, settings.clone()), (Format::M3u8, settings)].into();
                let content = random.pick(&[vec!["raw", "transcode"], vec!["transcode"]]);
                let content = content.into_iter().map(str::to_owned).collect();
                (random.percent(20).then_some(formats), random.percent(25).then_some(content))
            }
        };
        if formats.is_some() {
            config.vod_transcode_group = String::new();
        } else if random.percent(40) {
            config.auto_compose = true;
            config.compose_vod_transcode_group = Some(NO_TRANSCODE.to_owned());
        }
        if content.as_ref().is_some_and(|words| words.contains("transcode")) {
            config.transcode_templates = Some(["ld".to_owned()].into());
        }
        RecordConfig { record_format: formats, record_content: content, ..config }
    }

    /// A publisher connects or disconnects.
    fn connect(&mut self) {
        let place = self.random.pick(&STREAMS);
        let (address, now) = (at(place), self.stage.now());
        let fields = json!({"DomainName": *address.domain, "AppName": *address.app, "StreamName": *address.stream,
            "PublishDomain": self.random.pick(&["push.example.com", "live.example.com"])});
        let mut own = self.connections.iter_mut().filter(|one| one.address == address);
        if let Some(on_air) = own.find(|one| one.ended.is_none()) {
            on_air.ended = Some(now);
            let named = json!({"DomainName": fields["DomainName"], "AppName": fields["AppName"],
                "StreamName": fields["StreamName"]});
            self.stage.bench.service.unpublish(&named.to_string()).unwrap();
            return;
        }
        let ruler = self.stage.bench.service.publish(&fields.to_string()).unwrap();
        let expected = address.rulers().find(|ruler| self.configs.contains_key(ruler));
        assert_eq!(ruler, expected);
        let config = ruler.map(|ruler| self.configs[&ruler].0.clone());
        self.connections.push(Connection { address, began: now, ended: None, config });
    }

    /// The connections of a session, each with whether it was recorded. A publisher who comes back in time is recorded as
    /// at first, unless that is read otherwise.
    fn of_session(&self, session: &Session) -> Vec<(&Connection, bool)> {
        let template = session.template.as_deref();
        let Some(source) = Session::source(&session.address, template) else { panic!("{session:?}") };
        let mut own: Vec<(&Connection, bool)> = Vec::new();
        let mut stream: Option<(Option<&RecordConfig>, Timestamp)> = None;
        for one in self.connections.iter().filter(|one| one.address == source) {
            let goes_on = stream.filter(|(config, awaited)| {
                one.began <= *awaited && (!self.resumes_anew || *config == one.config.as_ref())
            });
            let config = goes_on.map_or(one.config.as_ref(), |(config, _)| config);
            let delay = config.and_then(|config| config.delay_time).unwrap_or(180);
            let end = one.ended.unwrap_or(Timestamp::MAX - SignedDuration::from_hours(24));
            stream = Some((config, end + SignedDuration::from_secs(delay.into())));
            own.push((one, config.is_some_and(|config| records(config, template))));
        }
        let end = session.ended.unwrap_or(Timestamp::MAX);
        own.retain(|(one, _)| session.began <= one.began && one.began <= end);
        own
    }

    /// Somebody deletes a recording in VOD.
    async fn delete(&mut self) {
        let videos = self.stage.aired().await.videos;
        if videos.is_empty() {
            return;
        }
        let video = self.random.pick(&videos);
        // One that was deleted may still be listed.
        if self.stage.bench.service.delete_recording(&video.id).is_ok() {
            self.deleted.insert(format!("{}/{}", video.app, video.stream));
        }
    }

    /// Whether a lack may be that of a deleted recording.
    fn has_deleted(&self, session: &Session) -> bool {
        let names =
            [Some(session.address.clone()), Session::source(&session.address, session.template.as_deref())];
        names
            .into_iter()
            .flatten()
            .any(|name| self.deleted.contains(&format!("{}/{}", name.app, name.stream)))
    }

    async fn verdicts(&self) -> Vec<Verdict> {
        let now = self.stage.now();
        let domain = self.stage.aired().await;
        let listed = self.stage.client.list_domain(DOMAIN).await.unwrap();
        let period = Period::new(now - SignedDuration::from_hours(72), now);
        let aired = Aired { period, domains: [(DOMAIN.into(), domain)].into() };
        let snapshot = Snapshot { domains: [(DOMAIN.into(), listed)].into() };
        let must: Vec<Pattern> = vec![DOMAIN.parse().unwrap()];
        let expected = Expected::new(PatternIndex::new(&must), PatternIndex::new(&[]), &[]);
        judge(&aired, &History::new(&snapshot, &self.writes), &expected, Settings::default())
    }

    fn check(&self, verdict: &Verdict) {
        let connections = self.of_session(&verdict.session);
        let times = |one: &Connection| (one.began, one.ended, one.config.clone());
        let context = || {
            let truth: Vec<_> = connections.iter().map(|(one, recorded)| (times(one), recorded)).collect();
            format!("{}\n{verdict:#?}\n{truth:#?}", self.name)
        };
        assert!(!connections.is_empty(), "a session that never was: {}", context());
        match verdict.kind {
            // No recording is listed.
            Kind::Missing | Kind::Partly if self.has_deleted(&verdict.session) => {}
            Kind::Missing => {
                assert!(connections.iter().all(|(_, recorded)| !recorded), "not missing: {}", context());
            }
            Kind::Recorded => {
                assert!(connections.iter().all(|(_, recorded)| *recorded), "not recorded: {}", context());
            }
            Kind::Partly => {
                assert!(connections.iter().any(|(_, recorded)| !recorded), "nothing lacks: {}", context());
            }
            Kind::Pending | Kind::NotWanted | Kind::Unknown => {}
        }
    }
}

fn records(config: &RecordConfig, template: Option<&str>) -> bool {
    let has = |word: &str| config.record_content.as_ref().is_some_and(|words| words.contains(word));
    let content = match template {
        Some(_) => has("transcode"),
        None => config.record_content.is_none() || has("raw"),
    };
    config.on_demand == 0 && content
}

/// Plays one story and judges it several times; returns how often each verdict was given.
async fn judged(quirks: &[&str], seed: u64) -> BTreeMap<Kind, usize> {
    let mut played = Played::new(quirks, seed);
    let mut kinds = BTreeMap::new();
    for _ in 0..3 {
        (0..20).for_each(|_| played.step());
        if seed.is_multiple_of(2) {
            played.delete().await;
        }
        for verdict in played.verdicts().await {
            played.check(&verdict);
            *kinds.entry(verdict.kind).or_default() += 1;
        }
    }
    kinds
}

/// Every answer that is not the default.
fn readings() -> Vec<String> {
    let others = RECORDING_QUIRKS
        .iter()
        .flat_map(|quirk| quirk.answers[1..].iter().map(|answer| format!("{}={}", quirk.name, answer.value)));
    others.collect()
}

#[tokio::test]
async fn no_reading_and_no_pair_of_them_makes_a_false_verdict() {
    let readings = readings();
    let mut sets: Vec<(Vec<&str>, u64)> = Vec::new();
    for seed in 0..2 {
        sets.push((Vec::new(), seed));
        sets.extend(readings.iter().map(|one| (vec![one.as_str()], seed)));
    }
    let mut random = Random::new(1);
    let name = |reading: &str| reading.split_once('=').map(|(name, _)| name.to_owned());
    let cases = number_of_cases(90) as usize;
    while sets.len() < cases {
        let pair = [random.pick(&readings), random.pick(&readings)];
        let [one, two] =
            [0, 1].map(|at| readings.iter().find(|reading| **reading == pair[at]).unwrap().as_str());
        if name(one) != name(two) {
            sets.push((vec![one, two], random.number()));
        }
    }
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for (quirks, seed) in sets {
        for (kind, count) in judged(&quirks, seed).await {
            *kinds.entry(kind).or_default() += count;
        }
    }
    for kind in [Kind::Missing, Kind::Recorded, Kind::Pending, Kind::Unknown] {
        assert!(
            kinds.get(&kind).is_some_and(|count| *count > 100),
            "{kind:?} is hardly ever said: {kinds:?}"
        );
    }
}
