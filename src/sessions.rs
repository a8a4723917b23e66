//! What aired in a period, as a file that outlives the service's memory: the publish list reaches back 30 days. Pure.
//!
//! The text is one JSON document with a line for each publish and each recording. The line before the last holds the
//! SHA-256 of everything before it: a modified text is refused. [`Partial`] is the same domain by domain, for a
//! reading that is interrupted and goes on later.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Aired, DomainAired, Period, Publish, Video};
use crate::schema;
use crate::sealed::{self, Expected, OpenError};

/// The version of the format.
pub const FORMAT_VERSION: &str = "1.0";

const EXPECTED: Expected = Expected { name: "a sessions file", key: "sessions", versions: &[FORMAT_VERSION] };

/// Who published when, and which recordings were listed.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSessions {
    /// The version of livevod that read it.
    pub livevod: String,
    /// When the reading ended.
    pub time: Timestamp,
    /// The endpoint or the emulator's file, as outputs name it.
    pub target: String,
    /// The declared account.
    pub account: Option<String>,
    /// Whether transcoded streams are among the publishes.
    pub transcoded: bool,
    /// What was read.
    pub aired: Aired,
}

/// Who published when, and which recordings were listed, as `livevod sessions` saves it. One line for each publish and each
/// recording; the line before the last holds the checksum.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SessionsDocument {
    /// The version of the format. A livevod refuses versions that it does not know.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    sessions: String,
    /// The version of livevod that wrote it.
    livevod: String,
    /// When the reading ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: Timestamp,
    /// The endpoint or the emulator's file.
    target: String,
    /// The declared account; null if none is declared.
    account: Option<String>,
    /// The period that was asked for. A stream that was on air in it is listed even if it began earlier.
    period: Period,
    /// Whether transcoded streams are among the publishes.
    transcoded: bool,
    /// By main streaming domain.
    domains: BTreeMap<String, DomainRows>,
    /// `sha256:` and the SHA-256 of all bytes before it.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    checksum: String,
}

/// What was read of one domain.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DomainRows {
    /// When the reading of the recordings began: one that was listed later is not here. Null if they were not read.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    read_at: Option<Timestamp>,
    /// What could not be read, in words.
    unread: Vec<String>,
    /// Every connection of a publisher.
    publishes: Vec<PublishRow>,
    /// Every recording that VOD listed.
    recordings: Vec<VideoRow>,
}

/// One row of the publish list.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PublishRow {
    /// API: AppName.
    app: String,
    /// API: StreamName.
    stream: String,
    /// API: PublishTime.
    #[schemars(with = "String", extend("format" = "date-time"))]
    began: Timestamp,
    /// API: StopTime; null if it was on air.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    ended: Option<Timestamp>,
    /// The ingest domain (API: PublishDomain).
    ingest: Option<String>,
    /// The live transcode template, of a transcoded stream; null for a stream that somebody published.
    template: Option<String>,
    /// The address of the publisher (API: ClientAddr); left out unless `--clients` asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<String>,
}

/// One recording.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VideoRow {
    /// API: AppName.
    app: String,
    /// API: StreamName.
    stream: String,
    /// What it holds (API: RecordStartTime, RecordEndTime).
    period: Period,
    /// API: VideoId.
    id: String,
    /// API: Status.
    status: Option<String>,
    /// Whether it is listed under an ingest domain that feeds several streaming domains.
    shared: bool,
}

/// The schema of the document.
pub fn schema() -> serde_json::Value {
    schema::of::<SessionsDocument>("sessions-file", FORMAT_VERSION)
}

/// The text.
///
/// # Errors
/// If a value can't be written as JSON; no value is like that.
pub fn write(saved: &SavedSessions) -> serde_json::Result<String> {
    let SavedSessions { livevod, time, target, account, transcoded, aired: Aired { period, domains } } =
        saved;
    let mut text = [
        "{".to_owned(),
        format!("\"sessions\": \"{FORMAT_VERSION}\","),
        format!("\"livevod\": {},", serde_json::to_string(livevod)?),
        format!("\"time\": {},", serde_json::to_string(time)?),
        format!("\"target\": {},", serde_json::to_string(target)?),
        format!("\"account\": {},", serde_json::to_string(account)?),
        format!("\"period\": {},", serde_json::to_string(period)?),
        format!("\"transcoded\": {transcoded},"),
        "\"domains\": {".to_owned(),
    ]
    .join("\n");
    for (at, (name, DomainAired { read_at, publishes, videos, unread })) in domains.iter().enumerate() {
        text += if at == 0 { "\n" } else { ",\n" };
        text += &format!(
            "{}: {{\"read_at\": {}, \"unread\": {}, \"publishes\": [",
            serde_json::to_string(&**name)?,
            serde_json::to_string(read_at)?,
            serde_json::to_string(unread)?
        );
        rows(&mut text, publishes, PublishRow::of)?;
        text += "], \"recordings\": [";
        rows(&mut text, videos, VideoRow::of)?;
        text += "]}";
    }
    text += "\n},\n";
    Ok(sealed::close(&text))
}

fn rows<T, R: Serialize>(text: &mut String, all: &[T], row: impl Fn(&T) -> R) -> serde_json::Result<()> {
    for (at, one) in all.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(&row(one))?);
    }
    Ok(())
}

/// Reads a text.
///
/// # Errors
/// If it is not, byte for byte, what [`write()`] made.
pub fn read(text: &str) -> Result<SavedSessions, OpenError> {
    let SessionsDocument {
        sessions: _,
        livevod,
        time,
        target,
        account,
        period,
        transcoded,
        domains,
        checksum: _,
    } = sealed::open(text, &EXPECTED, |document: &SessionsDocument| &document.sessions)?;
    let domains = domains.into_iter().map(|(name, rows)| (name.into(), rows.aired())).collect();
    Ok(SavedSessions { livevod, time, target, account, transcoded, aired: Aired { period, domains } })
}

impl DomainRows {
    fn of(DomainAired { read_at, publishes, videos, unread }: &DomainAired) -> Self {
        Self {
            read_at: *read_at,
            unread: unread.clone(),
            publishes: publishes.iter().map(PublishRow::of).collect(),
            recordings: videos.iter().map(VideoRow::of).collect(),
        }
    }

    fn aired(self) -> DomainAired {
        let Self { read_at, unread, publishes, recordings } = self;
        let mut names = Names::default();
        DomainAired {
            read_at,
            publishes: publishes.into_iter().map(|row| row.publish(&mut names)).collect(),
            videos: recordings.into_iter().map(|row| row.video(&mut names)).collect(),
            unread,
        }
    }
}

/// Keeps each name once.
#[derive(Default)]
struct Names(std::collections::BTreeSet<Arc<str>>);

impl Names {
    fn shared(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.0.get(name.as_str()) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.0.insert(name.clone());
        name
    }
}

impl PublishRow {
    fn of(Publish { app, stream, began, ended, ingest, template, client }: &Publish) -> Self {
        Self {
            app: (**app).to_owned(),
            stream: (**stream).to_owned(),
            began: *began,
            ended: *ended,
            ingest: ingest.clone(),
            template: template.clone(),
            client: client.clone(),
        }
    }

    fn publish(self, names: &mut Names) -> Publish {
        let Self { app, stream, began, ended, ingest, template, client } = self;
        let (app, stream) = (names.shared(app), names.shared(stream));
        Publish { app, stream, began, ended, ingest, template, client }
    }
}

impl VideoRow {
    fn of(Video { app, stream, period, id, status, shared }: &Video) -> Self {
        let (app, stream) = ((**app).to_owned(), (**stream).to_owned());
        Self { app, stream, period: *period, id: id.clone(), status: status.clone(), shared: *shared }
    }

    fn video(self, names: &mut Names) -> Video {
        let Self { app, stream, period, id, status, shared } = self;
        Video { app: names.shared(app), stream: names.shared(stream), period, id, status, shared }
    }
}

/// A reading that is not over: its lines are appended as domains are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial {
    /// What is read.
    pub reading: Reading,
    /// The domains that were read whole.
    pub domains: BTreeMap<Arc<str>, DomainAired>,
}

/// What a reading is about: only the same reading can be continued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The period as it was asked for.
    pub asked: String,
    /// When it was begun.
    pub began: Timestamp,
    /// The period.
    pub period: Period,
    /// The endpoint or the emulator's file.
    pub target: String,
    /// The declared account.
    pub account: Option<String>,
    /// Whether transcoded streams are listed.
    pub transcoded: bool,
    /// Whether the addresses of publishers are kept.
    pub clients: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialHead {
    partial_sessions: String,
    reading: Reading,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialLine {
    domain: String,
    read: DomainRows,
}

impl Partial {
    /// The first line.
    ///
    /// # Errors
    /// As [`write()`].
    pub fn head(reading: &Reading) -> serde_json::Result<String> {
        let head = PartialHead { partial_sessions: FORMAT_VERSION.to_owned(), reading: reading.clone() };
        Ok(serde_json::to_string(&head)? + "\n")
    }

    /// The line of a domain.
    ///
    /// # Errors
    /// As [`write()`].
    pub fn line(domain: &str, aired: &DomainAired) -> serde_json::Result<String> {
        let line = PartialLine { domain: domain.to_owned(), read: DomainRows::of(aired) };
        Ok(serde_json::to_string(&line)? + "\n")
    }

    /// Reads the lines; a damaged line, and all after it, count as not written. `None` if the first line is not one.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.split_inclusive('\n').map_while(|line| line.strip_suffix('\n'));
        let PartialHead { partial_sessions, reading } = serde_json::from_str(lines.next()?).ok()?;
        let parsed = lines.map_while(|line| serde_json::from_str::<PartialLine>(line).ok());
        let domains = parsed.map(|PartialLine { domain, read }| (domain.into(), read.aired())).collect();
        (partial_sessions == FORMAT_VERSION).then_some(Self { reading, domains })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn domain() -> DomainAired {
        let period = Period::new(time("2026-11-28T20:00:00Z"), time("2026-11-28T20:30:00Z"));
        let publish = Publish {
            app: "show".into(),
            stream: "cam1".into(),
            began: period.from,
            ended: Some(period.to),
            ingest: Some("push.example.com".into()),
            template: None,
            client: None,
        };
        let of_transcoded = Publish {
            stream: "cam1_ld".into(),
            ended: None,
            template: Some("ld".into()),
            client: Some("192.0.2.1".into()),
            ..publish.clone()
        };
        let video = Video {
            app: "show".into(),
            stream: "cam1".into(),
            period,
            id: "93ab850b4f6f44eab54b6e91d24d81d4".into(),
            status: Some("Normal".into()),
            shared: true,
        };
        DomainAired {
            read_at: Some(period.to),
            publishes: vec![publish, of_transcoded],
            videos: vec![video],
            unread: vec!["who published can't be read: \"no\"".into()],
        }
    }

    fn saved() -> SavedSessions {
        let domains = [("a.com".into(), domain()), ("b.com".into(), DomainAired::default())].into();
        let period = Period::new(time("2026-11-22T00:00:00Z"), time("2026-11-29T00:00:00Z"));
        SavedSessions {
            livevod: "0.1.0".into(),
            time: period.to,
            target: "emulator \"x\"".into(),
            account: Some("1".into()),
            transcoded: true,
            aired: Aired { period, domains },
        }
    }

    #[test]
    fn what_was_written_is_read_and_any_changed_byte_is_refused() {
        let text = write(&saved()).unwrap();
        assert_eq!(read(&text), Ok(saved()));
        assert_eq!(text.lines().filter(|line| line.starts_with("{\"app\"")).count(), 3, "{text}");
        for at in 0..text.len() {
            assert!(read(&text[..at]).is_err(), "cut at {at}");
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(read(&changed).is_err(), "byte {at}");
        }
        let other = text.replace("\"sessions\": \"1.0\"", "\"sessions\": \"2.0\"");
        assert!(matches!(read(&other), Err(OpenError::Version { version, .. }) if version == "2.0"));
    }

    #[test]
    fn an_interrupted_reading_keeps_its_whole_lines() {
        let reading = Reading {
            asked: "7d".into(),
            began: time("2026-11-29T00:00:00Z"),
            period: saved().aired.period,
            target: "t".into(),
            account: None,
            transcoded: false,
            clients: false,
        };
        let lines = [Partial::line("a.com", &domain()), Partial::line("b.com", &DomainAired::default())];
        let [first, second] = lines.map(Result::unwrap);
        let head = Partial::head(&reading).unwrap();
        let text = format!("{head}{first}{second}");
        let of = |cut: usize| {
            let partial = Partial::read(&text[..cut])?;
            assert_eq!(partial.reading, reading);
            Some(partial.domains.len())
        };
        assert_eq!(of(text.len()), Some(2));
        for cut in 0..text.len() {
            let whole = text[..cut].matches('\n').count();
            assert_eq!(of(cut), whole.checked_sub(1), "cut at {cut}");
        }
        let damaged = format!("{head}{}{second}", first.replace("\"app\"", "\"ap\""));
        assert_eq!(Partial::read(&damaged).unwrap().domains.len(), 0, "nothing after a damaged line counts");
        assert_eq!(Partial::read("{}\n"), None);
    }
}
