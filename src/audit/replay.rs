//! Plays what aired under the configurations of before and of after a plan.
//!
//! Each side is taken as if its configurations had stood all the time. A session counts as recorded under one that would record it
//! automatically: not on demand, and its kind of stream.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::history::{History, Ruler, Ruling};
use super::join::{self, Session};
use super::verdict::{Layers, streams};
use crate::model::{
    Address, Aired, DomainAired, NO_TRANSCODE, Period, Process, Publish, RecordConfig, Snapshot,
};

/// The most parts that are certainly merged whole: beyond, one document says that the merge fails, and another that it is cut.
const MOST_PARTS: u64 = 40;

/// What aired in a period, under the configurations of before and of after a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The period that was read. What aired before or after it does not count.
    pub period: Period,
    /// One for each stream that aired, the worst first.
    pub rows: Vec<ReplayRow>,
    /// All rows together.
    pub total: Sides,
    /// How many sessions of transcoded streams are in no row, because their names do not tell which stream they were made from.
    pub unclear: u64,
    /// What could not be read, by domain.
    pub unread: BTreeMap<Arc<str>, Vec<String>>,
}

/// The sessions of one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayRow {
    /// What was published. For a transcoded stream, the name of that stream.
    pub address: Address,
    /// The live transcode template, for a transcoded stream.
    pub template: Option<String>,
    /// The address of the configuration that applies before the plan, if there is one.
    pub before: Option<Address>,
    /// The address of the one that applies after it.
    pub after: Option<Address>,
    /// What becomes of the sessions.
    pub sides: Sides,
}

/// The same sessions before and after a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sides {
    /// Under the configurations of before.
    pub before: Tally,
    /// Under those of after.
    pub after: Tally,
}

/// What becomes of sessions under one set of configurations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// How many there are: interruptions within the delay time do not end one.
    pub sessions: u64,
    /// How long they were on air.
    pub aired: SignedDuration,
    /// How many files they are recorded to, parts by cycle, in all formats, without merged ones.
    pub files: u64,
    /// How many merged files are made of those.
    pub merges: u64,
    /// How many of the merges have more parts than are certainly merged whole.
    pub long_merges: u64,
    /// How long the recordings are that transcode groups process. What a workflow does is not known.
    pub transcoded: SignedDuration,
    /// How long they were on air without being recorded automatically.
    pub unrecorded: SignedDuration,
}

/// What one set of configurations makes of each stream: the configuration that applies, and the sessions.
type Played = BTreeMap<(Address, Option<String>), (Option<Address>, Tally)>;

impl Replay {
    /// Plays what aired under two states of the service.
    pub fn of(aired: &Aired, before: &Snapshot, after: &Snapshot) -> Self {
        let (before, after) = (play(aired, before), play(aired, after));
        let streams: BTreeSet<_> = before.0.keys().chain(after.0.keys()).cloned().collect();
        let side = |played: &Played, stream: &(Address, Option<String>)| {
            played.get(stream).cloned().unwrap_or_default()
        };
        let row = |stream: (Address, Option<String>)| {
            let ((ruler_before, before), (ruler_after, after)) =
                (side(&before.0, &stream), side(&after.0, &stream));
            let (address, template) = stream;
            let sides = Sides { before, after };
            ReplayRow { address, template, before: ruler_before, after: ruler_after, sides }
        };
        let mut rows: Vec<ReplayRow> = streams.into_iter().map(row).collect();
        rows.sort_by_cached_key(ReplayRow::weight);
        let unread = aired.domains.iter().filter(|(_, domain)| !domain.unread.is_empty());
        Self {
            period: aired.period,
            total: rows.iter().fold(Sides::default(), |total, row| total.plus(row.sides)),
            rows,
            unclear: before.1,
            unread: unread.map(|(name, domain)| (name.clone(), domain.unread.clone())).collect(),
        }
    }

    /// What was recorded before and is not after: how many sessions, and how long they were on air. What others gain is not set
    /// off against it.
    pub fn lost(&self) -> (u64, SignedDuration) {
        let lost = self.rows.iter().map(|row| row.sides).filter(|sides| sides.loses());
        lost.fold((0, SignedDuration::ZERO), |(sessions, time), sides| {
            (sessions + sides.before.sessions, time + sides.lost())
        })
    }

    /// How long something was on air that was not recorded before and would be after.
    pub fn gained(&self) -> SignedDuration {
        let gained = |row: &ReplayRow| row.sides.before.unrecorded - row.sides.after.unrecorded;
        self.rows.iter().map(gained).filter(|gained| gained.is_positive()).sum()
    }

    /// Whether everything could be read.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }
}

impl ReplayRow {
    /// Sorts the worst first: what is lost, then what changes otherwise, and the most hours that are not recorded.
    fn weight(&self) -> impl Ord + use<> {
        let Sides { before, after } = self.sides;
        let lost = Reverse(self.sides.lost());
        let is_same = before == after;
        (
            lost,
            is_same,
            Reverse(after.unrecorded),
            Reverse(before.aired),
            self.address.clone(),
            self.template.clone(),
        )
    }
}

impl Sides {
    /// How long something was on air that was recorded before and is not after.
    pub fn lost(self) -> SignedDuration {
        (self.after.unrecorded - self.before.unrecorded).max(SignedDuration::ZERO)
    }

    /// Whether something was recorded before and is not after.
    pub fn loses(self) -> bool {
        !self.lost().is_zero()
    }

    fn plus(self, other: Self) -> Self {
        Self { before: self.before.plus(other.before), after: self.after.plus(other.after) }
    }
}

impl Tally {
    pub(super) fn plus(self, other: Self) -> Self {
        let Self { sessions, aired, files, merges, long_merges, transcoded, unrecorded } = self;
        Self {
            sessions: sessions + other.sessions,
            aired: aired + other.aired,
            files: files + other.files,
            merges: merges + other.merges,
            long_merges: long_merges + other.long_merges,
            transcoded: transcoded + other.transcoded,
            unrecorded: unrecorded + other.unrecorded,
        }
    }

    /// What becomes of one session.
    fn of(session: &Session, ruler: Option<&Ruler>) -> Self {
        let aired = session.on_air.iter().map(|connection| connection.length()).sum();
        let unrecorded = Self { sessions: 1, aired, unrecorded: aired, ..Self::default() };
        let config = ruler.map(|ruler| &*ruler.config);
        let config = config.filter(|config| config.records_by_itself() && streams(session, config, true).0);
        let Some(config) = config else { return unrecorded };
        let Layers { all, composed } = Layers::of(config, 1);
        let (all, composed) = (all as u64, composed as u64);
        let parts = parts(aired, config.cycle_duration);
        Self {
            files: all * parts,
            merges: composed,
            long_merges: if parts > MOST_PARTS { composed } else { 0 },
            transcoded: aired * transcodes(config),
            unrecorded: SignedDuration::ZERO,
            ..unrecorded
        }
    }
}

/// Plays everything under one state of the service, and counts the sessions whose source is not known.
fn play(aired: &Aired, snapshot: &Snapshot) -> (Played, u64) {
    let history = History::timeless(snapshot);
    let (mut played, mut unclear) = (Played::new(), 0);
    let known = aired.domains.iter().filter(|(domain, _)| snapshot.domains.contains_key(*domain));
    for (domain, read) in known {
        let publishes = within(aired.period, read);
        for session in join::of_domain(domain, &publishes, &history, aired.period.to) {
            let ruler = match &session.ruling {
                Ruling::Known(ruler) => ruler.as_ref(),
                Ruling::Unclear(_) => {
                    unclear += 1;
                    continue;
                }
            };
            let tally = Tally::of(&session, ruler);
            let entry = played.entry((session.address.clone(), session.template.clone())).or_default();
            *entry = (ruler.map(|ruler| ruler.address.clone()), entry.1.plus(tally));
        }
    }
    (played, unclear)
}

/// What was published within a period, cut to it.
fn within(period: Period, read: &DomainAired) -> Vec<Publish> {
    let until = read.read_at.unwrap_or(period.to);
    let cut = |publish: &Publish| {
        let aired = Period::new(publish.began, publish.ended.unwrap_or(until)).and(period);
        let ended: Option<Timestamp> = Some(aired.to);
        (!aired.is_empty()).then(|| Publish { began: aired.from, ended, ..publish.clone() })
    };
    read.publishes.iter().filter_map(cut).collect()
}

/// How many files one recording of this length is.
fn parts(aired: SignedDuration, cycle: u32) -> u64 {
    let seconds = aired.as_secs() + i64::from(aired.subsec_nanos() > 0);
    u64::try_from(seconds).unwrap_or_default().div_ceil(u64::from(cycle.max(1)))
}

/// How often each hour of a recording is processed by a transcode group: once for each format, and once more if it is merged.
fn transcodes(config: &RecordConfig) -> i32 {
    let processes = |group: Option<&str>| group.is_some_and(|id| !id.is_empty() && id != NO_TRANSCODE);
    let Some(formats) = &config.record_format else {
        let merged = config.auto_compose && processes(config.compose_vod_transcode_group.as_deref());
        return i32::from(processes(Some(&config.vod_transcode_group))) + i32::from(merged);
    };
    let of_format =
        formats.values().filter(|format| processes(format.process.as_ref().and_then(Process::group)));
    of_format
        .map(|format| {
            let video = |name: &str| format.video.as_ref().is_some_and(|video| video.contains(name));
            let parts = format.video.as_ref().is_none_or(|video| video.is_empty()) || video("origin");
            i32::from(parts) + i32::from(format.auto_compose == Some(true) && video("compose"))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DomainSnapshot, Format, FormatSettings, Remote, StreamSpelling};

    const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";

    fn time(text: &str) -> Timestamp {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    fn address(app: &str, stream: &str) -> Address {
        Address::new("live.example.com", app, stream)
    }

    fn publish(stream: &str, began: &str, ended: Option<&str>) -> Publish {
        Publish {
            app: "show".into(),
            stream: stream.into(),
            began: time(began),
            ended: ended.map(time),
            ingest: None,
            template: None,
            client: None,
        }
    }

    fn transcoded(stream: &str, template: &str, began: &str, ended: &str) -> Publish {
        Publish { template: Some(template.to_owned()), ..publish(stream, began, Some(ended)) }
    }

    /// From the 20th to the 27th of November.
    fn aired(publishes: Vec<Publish>) -> Aired {
        let domain = DomainAired { publishes, ..DomainAired::default() };
        let period = Period::new(time("20T00:00:00"), time("27T00:00:00"));
        Aired { period, domains: BTreeMap::from([("live.example.com".into(), domain)]) }
    }

    fn service(configs: &[(Address, RecordConfig)]) -> Snapshot {
        let remote = |config: &RecordConfig| Remote {
            config: config.clone(),
            spelling: StreamSpelling::Named,
            create_time: None,
            unsupported: None,
        };
        let configs = configs.iter().map(|(address, config)| (address.clone(), remote(config))).collect();
        Snapshot { domains: BTreeMap::from([("live.example.com".into(), DomainSnapshot { configs })]) }
    }

    fn plain() -> RecordConfig {
        RecordConfig { vod_transcode_group: NO_TRANSCODE.to_owned(), ..RecordConfig::default() }
    }

    fn hours(hours: i64) -> SignedDuration {
        SignedDuration::from_hours(hours)
    }

    /// What one stream comes to under one configuration for it.
    fn tally(publishes: Vec<Publish>, config: RecordConfig) -> Tally {
        let service = service(&[(address("show", "cam1"), config)]);
        let replay = Replay::of(&aired(publishes), &service, &service);
        assert_eq!(replay.total.before, replay.total.after);
        replay.total.before
    }

    fn evening() -> Vec<Publish> {
        vec![publish("cam1", "21T18:00:00", Some("21T20:30:00"))]
    }

    #[test]
    fn files_are_parts_by_cycle_in_every_format_and_merges_come_on_top() {
        let one = Tally { sessions: 1, aired: hours(2) + SignedDuration::from_mins(30), ..Tally::default() };
        let plain_hour = tally(evening(), plain());
        assert_eq!(plain_hour, Tally { files: 3, ..one });
        let merged = RecordConfig {
            vod_transcode_group: GROUP.to_owned(),
            auto_compose: true,
            compose_vod_transcode_group: Some(GROUP.to_owned()),
            cycle_duration: 1800,
            ..plain()
        };
        let expected = Tally { files: 5, merges: 1, transcoded: hours(5), ..one };
        assert_eq!(tally(evening(), merged.clone()), expected);
        let stored = RecordConfig { compose_vod_transcode_group: Some(NO_TRANSCODE.to_owned()), ..merged };
        assert_eq!(tally(evening(), stored).transcoded, one.aired);
        let format = |compose, process, video: Option<&[&str]>| FormatSettings {
            auto_compose: Some(compose),
            process: Some(process),
            video: video.map(|words| words.iter().map(|word| (*word).to_owned()).collect()),
            ..FormatSettings::default()
        };
        let formats = [
            (Format::M3u8, format(true, Process::Transcode(GROUP.to_owned()), Some(&["origin", "compose"]))),
            (Format::Mp4, format(false, Process::Transcode(GROUP.to_owned()), None)),
            (Format::Flv, format(true, Process::Workflow("wf-1".to_owned()), None)),
        ];
        let by_format = RecordConfig { record_format: Some(formats.into()), ..RecordConfig::default() };
        let expected = Tally { files: 9, merges: 2, transcoded: one.aired * 3, ..one };
        assert_eq!(tally(evening(), by_format), expected);
    }

    #[test]
    fn a_merge_of_more_than_forty_parts_is_told_apart() {
        let config = RecordConfig { auto_compose: true, cycle_duration: 300, ..plain() };
        let of = |ended| tally(vec![publish("cam1", "21T00:00:00", Some(ended))], config.clone());
        let (forty, more) = (of("21T03:20:00"), of("21T03:20:01"));
        assert_eq!((forty.files, forty.merges, forty.long_merges), (40, 1, 0));
        assert_eq!((more.files, more.merges, more.long_merges), (41, 1, 1));
    }

    #[test]
    fn the_delay_time_decides_how_many_sessions_there_are() {
        let publishes = || {
            vec![
                publish("cam1", "21T18:00:00", Some("21T18:30:00")),
                publish("cam1", "21T18:32:00", Some("21T19:00:00")),
            ]
        };
        let with = |delay| tally(publishes(), RecordConfig { delay_time: Some(delay), ..plain() });
        assert_eq!((with(180).sessions, with(180).files), (1, 1));
        assert_eq!((with(60).sessions, with(60).files), (2, 2));
        assert_eq!(with(60).aired, with(180).aired);
    }

    #[test]
    fn only_what_was_on_air_within_the_period_counts() {
        let publishes = vec![
            publish("cam1", "19T23:00:00", Some("20T01:00:00")),
            publish("cam1", "26T22:00:00", None),
            publish("cam1", "18T00:00:00", Some("18T01:00:00")),
            publish("cam1", "22T00:00:00", Some("22T00:00:00")),
        ];
        let found = tally(publishes, plain());
        assert_eq!((found.sessions, found.aired, found.files), (2, hours(3), 3));
    }

    #[test]
    fn on_demand_and_other_kinds_of_streams_are_not_recorded() {
        for demand in [1, 2, 7] {
            let found = tally(evening(), RecordConfig { on_demand: demand, ..plain() });
            assert_eq!((found.files, found.unrecorded), (0, found.aired), "{demand}");
        }
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        let only_hd = RecordConfig {
            record_content: words(&["transcode"]),
            transcode_templates: words(&["hd"]),
            ..plain()
        };
        let publishes = vec![
            publish("cam1", "21T18:00:00", Some("21T19:00:00")),
            transcoded("cam1_hd", "hd", "21T18:00:00", "21T19:00:00"),
            transcoded("cam1_ld", "ld", "21T18:00:00", "21T19:00:00"),
            transcoded("cam1_ld", "other", "21T18:00:00", "21T19:00:00"),
        ];
        let service = service(&[(address("show", "cam1"), only_hd)]);
        let replay = Replay::of(&aired(publishes), &service, &service);
        assert_eq!((replay.rows.len(), replay.unclear), (3, 1));
        let recorded: Vec<_> = replay.rows.iter().filter(|row| row.sides.before.files > 0).collect();
        assert_eq!(recorded.len(), 1);
        assert_eq!(recorded[0].template.as_deref(), Some("hd"));
        assert_eq!(recorded[0].before, Some(address("show", "cam1")), "ruled by the stream it was made from");
    }

    #[test]
    fn the_most_specific_configuration_applies_and_the_worst_comes_first() {
        let before = service(&[(address("show", "*"), plain()), (address("show", "cam1"), plain())]);
        let demand = RecordConfig { on_demand: 7, ..plain() };
        let short = RecordConfig { cycle_duration: 1800, ..plain() };
        let after = service(&[(address("show", "*"), short), (address("show", "cam2"), demand)]);
        let publishes = vec![
            publish("cam1", "21T18:00:00", Some("21T20:00:00")),
            publish("cam2", "21T18:00:00", Some("21T19:00:00")),
            Publish { app: "news".into(), ..publish("cam9", "21T00:00:00", Some("21T10:00:00")) },
        ];
        let replay = Replay::of(&aired(publishes), &before, &after);
        let row = |at: usize| &replay.rows[at];
        assert_eq!(row(0).address, address("show", "cam2"));
        assert_eq!(
            (row(0).before.clone(), row(0).after.clone()),
            (Some(address("show", "*")), Some(address("show", "cam2")))
        );
        assert_eq!(row(0).sides.lost(), hours(1));
        assert_eq!(row(1).address, address("show", "cam1"));
        assert_eq!((row(1).sides.before.files, row(1).sides.after.files), (2, 4));
        assert_eq!((row(2).address.clone(), row(2).before.clone()), (address("news", "cam9"), None));
        let Sides { before, after } = replay.total;
        assert_eq!((before.unrecorded, after.unrecorded), (hours(10), hours(11)));
        assert_eq!((before.sessions, before.aired, before.files, after.files), (3, hours(13), 3, 4));
        assert_eq!(replay.lost(), (1, hours(1)));
    }

    #[test]
    fn what_could_not_be_read_is_told() {
        let mut aired = aired(evening());
        assert!(Replay::of(&aired, &service(&[]), &service(&[])).is_complete());
        let unread =
            DomainAired { unread: vec!["who published can't be read".to_owned()], ..DomainAired::default() };
        aired.domains.insert("other.example.com".into(), unread);
        let replay = Replay::of(&aired, &service(&[]), &service(&[]));
        assert!(!replay.is_complete());
        assert_eq!(replay.unread.keys().map(|name| &**name).collect::<Vec<_>>(), ["other.example.com"]);
    }
}
