//! A world of streams, configurations and recordings, drawn from a seed: what happened, and what the services list of it under
//! one reading of every open question.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use livevod::audit::{Ended, Write};
use livevod::model::{
    Address, Aired, DomainAired, DomainSnapshot, Format, FormatSettings, Period, Publish, RecordConfig,
    Remote, Snapshot, StreamSpelling, Video,
};

use crate::simulation::harness::random::Random;

pub(super) const DOMAIN: &str = "live.example.com";
/// When the world begins, in seconds since 1970.
const START: i64 = 1_760_000_000;
const HOUR: i64 = 3600;

pub(super) fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn period(from: i64, to: i64) -> Period {
    Period::new(time(from), time(to))
}

/// How the service answers what no document settles.
#[derive(Debug, Clone)]
pub(super) struct Quirks {
    /// The publish list has one row for a stream with its short interruptions.
    row_per_stream: bool,
    /// A stream on air has the time of the question as its StopTime.
    stops_now: bool,
    /// A part ends when its publisher is interrupted.
    cut_by_interruptions: bool,
    /// A publisher that comes back in time is recorded as its configuration is then.
    configured_anew: bool,
    merged: Merged,
    /// How much later than in truth a recording says that it began, at most.
    shift: i64,
    /// How long until a recording is listed, at most.
    lag: i64,
    /// The recordings of transcoded streams are listed under the names of those streams.
    own_names: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Merged {
    Beside,
    Instead,
    Never,
}

/// A configuration that stood from one moment to another.
#[derive(Debug, Clone)]
struct Stood {
    from: i64,
    to: i64,
    created: i64,
    config: RecordConfig,
}

/// What the service really recorded of one stream, format and kind of stream.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) app: Arc<str>,
    pub(super) stream: Arc<str>,
    /// Which of the recordings of a moment it is: the number of its format, and of its transcoded stream.
    pub(super) layer: usize,
    pub(super) period: (i64, i64),
    listed: bool,
}

impl Recorded {
    pub(super) fn is_listed(&self) -> bool {
        self.listed
    }
}

/// What happened, and what is listed.
pub(super) struct World {
    pub(super) aired: Aired,
    pub(super) snapshot: Snapshot,
    pub(super) writes: Vec<Write>,
    pub(super) recorded: Vec<Recorded>,
    pub(super) read_at: i64,
    /// Somebody changed something in a way that nothing shows.
    pub(super) hidden: bool,
    /// Every reading of the open questions gives the same verdicts.
    pub(super) plain: bool,
    pub(super) quirks: Quirks,
}

/// Connections that the service takes for one stream, and the configuration that records them.
type Stream = (Vec<(i64, i64)>, Option<RecordConfig>);

struct Draw {
    random: Random,
    quirks: Quirks,
    /// What stood at each address, in order.
    stood: BTreeMap<Address, Vec<Stood>>,
    writes: Vec<Write>,
    hidden: bool,
    plain: bool,
    read_at: i64,
}

pub(super) fn address(app: &str, stream: &str) -> Address {
    Address::new(DOMAIN, app, stream)
}

impl World {
    /// Whether recordings of transcoded streams are listed under the names of those streams.
    pub(super) fn own_names(&self) -> bool {
        self.quirks.own_names
    }

    /// The world of a seed. Every fourth one is plain: no ambiguous answers, edits or failures.
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let plain = seed.is_multiple_of(4);
        let quirks = if plain { Quirks::plain() } else { Quirks::draw(&mut random) };
        let read_at = START + random.pick(&[30, 40, 60]) * HOUR + random.below(3600) as i64;
        let mut draw = Draw {
            random,
            quirks,
            stood: BTreeMap::new(),
            writes: Vec::new(),
            hidden: false,
            plain,
            read_at,
        };
        draw.configure();
        let connections = draw.publish();
        let recorded = draw.record(&connections);
        draw.list(&connections, recorded)
    }
}

impl Quirks {
    fn plain() -> Self {
        Self {
            row_per_stream: false,
            stops_now: false,
            cut_by_interruptions: true,
            configured_anew: false,
            merged: Merged::Beside,
            shift: 0,
            lag: 0,
            own_names: true,
        }
    }

    fn draw(random: &mut Random) -> Self {
        Self {
            row_per_stream: random.percent(30),
            stops_now: random.percent(50),
            cut_by_interruptions: random.percent(50),
            configured_anew: random.percent(50),
            merged: random.pick(&[Merged::Beside, Merged::Instead, Merged::Never]),
            shift: random.pick(&[0, 5, 60]),
            lag: random.pick(&[0, 60, 900]),
            own_names: random.percent(50),
        }
    }
}

impl Draw {
    fn config(&mut self) -> RecordConfig {
        let random = &mut self.random;
        let mut config = RecordConfig {
            vod_transcode_group: "VOD_NO_TRANSCODE".into(),
            cycle_duration: random.pick(&[300, 900, 1800, 3600, 21600]),
            auto_compose: random.percent(30),
            on_demand: if random.percent(15) { random.pick(&[1, 2, 7]) } else { 0 },
            delay_time: random.pick(&[None, None, Some(15), Some(600), Some(3600)]),
            ..RecordConfig::default()
        };
        if random.percent(25) {
            let formats =
                random.pick(&[vec![Format::Mp4], vec![Format::M3u8, Format::Mp4], Format::ALL.to_vec()]);
            let settings =
                |composed| FormatSettings { auto_compose: Some(composed), ..FormatSettings::default() };
            let composed = !self.plain && random.percent(40);
            config.record_format =
                Some(formats.into_iter().map(|format| (format, settings(composed))).collect());
            config = config.normalized();
        }
        if random.percent(20) {
            let content = random.pick(&[vec!["raw", "transcode"], vec!["transcode"]]);
            config.record_content = Some(content.into_iter().map(str::to_owned).collect());
            config.transcode_templates = Some(["ld".to_owned()].into());
        }
        config
    }

    /// Draws which configurations stand when, and what livevod's journals say of it.
    fn configure(&mut self) {
        let places =
            [("show", "cam1"), ("show", "Cam1"), ("show", "cam-2"), ("show", "*"), ("news", "*"), ("*", "*")];
        for (app, stream) in places {
            if self.random.percent(35) {
                continue;
            }
            let address = address(app, stream);
            let mut at = START - self.random.below(900_000) as i64;
            let mut stood = Vec::new();
            let mut managed = false;
            let mut current: Option<Stood> = None;
            for step in 0..1 + self.random.below(4) {
                if step > 0 {
                    at = at.max(START) + 120 + self.random.below(30 * 3600) as i64;
                }
                if at >= self.read_at - 30 {
                    break;
                }
                let livevod = self.random.percent(50) || (self.plain && step > 0);
                managed = self.edit(&address, at, livevod, managed, &mut current, &mut stood);
            }
            stood.extend(current);
            self.stood.insert(address, stood);
        }
    }

    /// One change at an address, by livevod or by somebody else. Returns whether livevod knows of the address from then on.
    fn edit(
        &mut self,
        address: &Address,
        at: i64,
        livevod: bool,
        managed: bool,
        current: &mut Option<Stood>,
        stood: &mut Vec<Stood>,
    ) -> bool {
        let before = current.as_ref().map(|stood| stood.config.clone());
        let created = current.as_ref().map_or(at, |stood| stood.created);
        let before_is_some = before.is_some();
        let deletes = current.is_some() && self.random.percent(25);
        let after = (!deletes).then(|| self.updated(before.as_ref()));
        let replaces = match (&before, &after) {
            (Some(before), Some(after)) => {
                before.record_format.is_some() != after.record_format.is_some()
                    || before.record_content != after.record_content
            }
            _ => false,
        };
        let unknown = livevod && !self.plain && self.random.percent(10);
        let carried_out = !unknown || self.random.percent(50);
        if livevod {
            let ended = if unknown { Ended::Unknown } else { Ended::Confirmed(time(at + 4)) };
            let known = self.plain || self.random.percent(50);
            let created = (known && before.is_some()).then(|| time(created));
            let (before, after) = (before.clone(), after.clone());
            self.writes.push(Write {
                address: address.clone(),
                sent: time(at - 2),
                ended,
                before,
                created,
                after,
            });
        } else if !managed && current.is_some() {
            // Nothing shows that an entry which livevod never wrote was changed or deleted.
            self.hidden = true;
        }
        if carried_out {
            let created = if replaces { at } else { created };
            if let Some(ended) = current.take() {
                stood.push(Stood { to: at, ..ended });
            }
            *current = after.map(|config| Stood { from: at, to: i64::MAX, created, config });
        }
        // What somebody else added anew has no history that a journal tells.
        livevod || (managed && before_is_some && !replaces)
    }

    /// Another configuration, as an Update or a replace leaves it.
    fn updated(&mut self, before: Option<&RecordConfig>) -> RecordConfig {
        let config = self.config();
        match before {
            Some(before) if self.random.percent(60) => {
                let RecordConfig { record_format, record_content, transcode_templates, .. } = before.clone();
                RecordConfig { record_format, record_content, transcode_templates, ..config }.normalized()
            }
            _ => config,
        }
    }

    fn ruler(&self, address: &Address, at: i64) -> Option<&Stood> {
        address
            .rulers()
            .find_map(|ruler| self.stood.get(&ruler)?.iter().find(|stood| stood.from <= at && at < stood.to))
    }

    /// Draws the connections of publishers: address and period, in order.
    fn publish(&mut self) -> BTreeMap<Address, Vec<(i64, i64)>> {
        let mut connections = BTreeMap::new();
        let streams =
            [("show", "cam1"), ("show", "Cam1"), ("show", "cam_2"), ("news", "main"), ("other", "x")];
        for (app, stream) in streams {
            let mut own = Vec::new();
            let mut at = START + self.random.below(20 * 3600) as i64;
            for _ in 0..self.random.below(7) {
                let length =
                    self.random.pick(&[20, 100, 500, 2300, 5000, 20_000]) + self.random.below(300) as i64;
                let end = (at + length).min(self.read_at);
                if at >= self.read_at {
                    break;
                }
                own.push((at, end));
                at =
                    end + self.random.pick(&[10, 100, 170, 400, 2000, 40_000]) + self.random.below(60) as i64;
            }
            connections.insert(address(app, stream), own);
        }
        connections
    }

    /// Streams as the service takes them: connections with the interruptions that it waits out, and the configuration when the stream
    /// began.
    fn streams(&self, address: &Address, connections: &[(i64, i64)]) -> Vec<Stream> {
        let mut streams: Vec<Stream> = Vec::new();
        for connection in connections {
            let ruler = self.ruler(address, connection.0).map(|stood| stood.config.clone());
            let goes_on = streams.last().is_some_and(|(own, config)| {
                let delay = config.as_ref().and_then(|config| config.delay_time).unwrap_or(180);
                let in_time = own.last().is_some_and(|last| connection.0 <= last.1 + i64::from(delay));
                in_time && (!self.quirks.configured_anew || *config == ruler)
            });
            match streams.last_mut() {
                Some((own, _)) if goes_on => own.push(*connection),
                _ => streams.push((vec![*connection], ruler)),
            }
        }
        streams
    }

    fn record(&mut self, connections: &BTreeMap<Address, Vec<(i64, i64)>>) -> Vec<Recorded> {
        let mut recorded = Vec::new();
        for (address, connections) in connections {
            for (connections, config) in self.streams(address, connections) {
                let Some(config) = config else { continue };
                let asked = config.on_demand == 0 || self.random.percent(50);
                let formats = config.record_format.as_ref().map_or(1, BTreeMap::len);
                let content =
                    |word: &str| config.record_content.as_ref().is_some_and(|all| all.contains(word));
                let raw = config.record_content.is_none() || content("raw");
                for format in 0..formats {
                    if asked && raw {
                        self.layer(address, None, format, &connections, &config, &mut recorded);
                    }
                    if asked && content("transcode") {
                        self.layer(address, Some("ld"), 10 + format, &connections, &config, &mut recorded);
                    }
                }
            }
        }
        recorded
    }

    /// The recordings of one format of one stream.
    fn layer(
        &mut self,
        address: &Address,
        template: Option<&str>,
        layer: usize,
        connections: &[(i64, i64)],
        config: &RecordConfig,
        recorded: &mut Vec<Recorded>,
    ) {
        let name = match template {
            Some(template) if self.quirks.own_names => format!("{}_{template}", address.stream).into(),
            _ => address.stream.clone(),
        };
        let cycle = i64::from(config.cycle_duration);
        let delay = i64::from(config.delay_time.unwrap_or(180));
        let last = connections[connections.len() - 1].1;
        let over = last + delay;
        // From some time on, or in some part, the service fails.
        let fails = match self.random.below(100) {
            _ if self.plain => (0, 0),
            0..8 => (connections[0].0, i64::MAX),
            8..16 => {
                let from = connections[0].0 + self.random.below(6000) as i64;
                (from, from + self.random.pick(&[20, 900, 8000, 100_000]))
            }
            _ => (0, 0),
        };
        let mut parts: Vec<(i64, i64, i64)> = Vec::new();
        for whole in self.cut(connections, cycle) {
            for (from, to) in without(whole, fails) {
                // A part that is not full ends with its stream, or when nobody waits for its publisher any longer.
                let end = match whole.1 - whole.0 >= cycle {
                    true => whole.1,
                    false if self.quirks.cut_by_interruptions => to + delay,
                    false => over,
                };
                parts.push((from, to, end));
            }
        }
        let formats = config.record_format.as_ref();
        let composed = formats
            .map_or(config.auto_compose, |all| all.values().any(|format| format.auto_compose == Some(true)));
        let merged = composed && !parts.is_empty();
        let merging = over + self.random.below(self.quirks.lag as u64 + 1) as i64;
        let instead = merged && self.quirks.merged == Merged::Instead && merging <= self.read_at;
        let lag = |random: &mut Random, lag: i64| random.below(lag as u64 + 1) as i64;
        for (from, to, end) in &parts {
            let listed = end + lag(&mut self.random, self.quirks.lag) <= self.read_at && !instead;
            let period = (*from, *to);
            recorded.push(Recorded { app: address.app.clone(), stream: name.clone(), layer, period, listed });
        }
        if merged && self.quirks.merged != Merged::Never && merging <= self.read_at {
            // The merged recording holds what the parts hold; that is only the whole where nothing failed.
            let whole = (parts[0].0, parts[parts.len() - 1].1);
            if fails.0 == fails.1 || fails.1 == i64::MAX {
                let (app, stream) = (address.app.clone(), name.clone());
                recorded.push(Recorded { app, stream, layer, period: whole, listed: true });
            } else if instead {
                // Two merged ones, around what is lacking.
                for (from, to, _) in &parts {
                    let (app, stream) = (address.app.clone(), name.clone());
                    recorded.push(Recorded { app, stream, layer, period: (*from, *to), listed: true });
                }
            }
        }
    }

    /// The parts of a stream that nothing disturbs: on air, whether or not they go over interruptions.
    fn cut(&self, connections: &[(i64, i64)], cycle: i64) -> Vec<(i64, i64)> {
        let whole = [(connections[0].0, connections[connections.len() - 1].1)];
        let runs: &[(i64, i64)] = if self.quirks.cut_by_interruptions { connections } else { &whole };
        let mut parts = Vec::new();
        for (from, to) in runs {
            let mut at = *from;
            while at < *to {
                parts.push((at, (at + cycle).min(*to)));
                at += cycle;
            }
        }
        parts
    }

    /// What the services list.
    fn list(mut self, connections: &BTreeMap<Address, Vec<(i64, i64)>>, recorded: Vec<Recorded>) -> World {
        let mut publishes = Vec::new();
        let transcodes = self.stood.values().flatten().any(|stood| stood.config.records_transcoded());
        for (address, connections) in connections {
            let rows: Vec<(i64, i64)> = if self.quirks.row_per_stream {
                let streams = self.streams(address, connections).into_iter();
                streams.map(|(own, _)| (own[0].0, own[own.len() - 1].1)).collect()
            } else {
                connections.clone()
            };
            for (from, to) in rows {
                let on_air = to >= self.read_at && !self.quirks.stops_now;
                let row = |stream: Arc<str>, template: Option<&str>| Publish {
                    app: address.app.clone(),
                    stream,
                    began: time(from),
                    ended: (!on_air).then(|| time(to)),
                    ingest: None,
                    template: template.map(str::to_owned),
                    client: None,
                };
                publishes.push(row(address.stream.clone(), None));
                if transcodes {
                    publishes.push(row(format!("{}_ld", address.stream).into(), Some("ld")));
                }
            }
        }
        let since = START - 6 * HOUR;
        let mut videos = Vec::new();
        for (number, one) in recorded.iter().filter(|one| one.listed).enumerate() {
            let (from, to) = one.period;
            let shift = self.random.below(self.quirks.shift as u64 + 1) as i64;
            let from = (from + shift).min(to - 1);
            let (app, stream) = (one.app.clone(), one.stream.clone());
            let id = format!("v{number}");
            videos.push(Video { app, stream, period: period(from, to), id, status: None, shared: false });
        }
        let domain = DomainAired { read_at: Some(time(self.read_at)), publishes, videos, unread: Vec::new() };
        let aired =
            Aired { period: period(since, self.read_at), domains: [(Arc::from(DOMAIN), domain)].into() };
        let now = self.stood.iter().filter_map(|(address, stood)| {
            let last = stood.last().filter(|last| last.to == i64::MAX)?;
            let remote = Remote {
                config: last.config.clone(),
                spelling: StreamSpelling::Named,
                create_time: Some(time(last.created).to_string()),
                unsupported: None,
            };
            Some((address.clone(), remote))
        });
        let snapshot = DomainSnapshot { configs: now.collect() };
        World {
            aired,
            snapshot: Snapshot { domains: [(Arc::from(DOMAIN), snapshot)].into() },
            writes: self.writes,
            recorded,
            read_at: self.read_at,
            hidden: self.hidden,
            plain: self.plain,
            quirks: self.quirks,
        }
    }
}

/// What is left of a period without another one.
fn without((from, to): (i64, i64), (gone, back): (i64, i64)) -> Vec<(i64, i64)> {
    let left = [(from, to.min(gone)), (from.max(back), to)];
    if back <= gone {
        return vec![(from, to)];
    }
    left.into_iter().filter(|(from, to)| from < to).collect()
}

/// How long of `on_air` lacks the recordings of a layer, at its longest stretch of on-air time.
pub(super) fn longest_lack(on_air: &[Period], recordings: &[(i64, i64)]) -> i64 {
    let mut longest = 0;
    let mut run = 0;
    for connection in on_air {
        let (mut at, end) = (connection.from.as_second(), connection.to.as_second());
        while at < end {
            let over =
                recordings.iter().filter(|(from, to)| *from <= at && at < *to).map(|(_, to)| *to).max();
            match over {
                Some(to) => {
                    at = to.min(end);
                    run = 0;
                }
                None => {
                    let next = recordings.iter().map(|(from, _)| *from).filter(|from| *from > at).min();
                    let next = next.unwrap_or(end).min(end);
                    run += next - at;
                    at = next;
                    longest = longest.max(run);
                }
            }
        }
    }
    longest
}

pub(super) fn seconds(duration: SignedDuration) -> i64 {
    duration.as_secs()
}
