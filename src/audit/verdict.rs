//! Judges each session.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::coverage::{self, Level};
use super::expected::Expected;
use super::history::{History, Ruler, Ruling, Unclear};
use super::join::{self, Session};
use crate::model::{Address, Aired, DomainAired, Period, RecordConfig, Video};

/// The longest cycle and the longest delay time that a configuration may have (API: CycleDuration, DelayTime).
const LONGEST: SignedDuration = SignedDuration::from_hours(6);

/// How the open questions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long after a part or a stream has ended its recording is listed at the latest.
    pub grace: SignedDuration,
    /// How much later than in truth a recording may say that it began; a shorter lack is no lack.
    pub slack: SignedDuration,
}

impl Default for Settings {
    /// 15 minutes and 60 seconds.
    fn default() -> Self {
        Self { grace: SignedDuration::from_mins(15), slack: SignedDuration::from_secs(60) }
    }
}

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AuditVerdict")]
pub enum Kind {
    /// No recording is listed.
    Missing,
    /// Recordings are listed, but not of all of it.
    Partly,
    /// It can't be known.
    Unknown,
    /// Its recordings need not be listed yet.
    Pending,
    /// All of it is recorded, in every format.
    Recorded,
    /// Nothing was to record it.
    NotWanted,
}

impl Kind {
    /// Every verdict, the worst first.
    pub const ALL: [Self; 6] =
        [Kind::Missing, Kind::Partly, Kind::Unknown, Kind::Pending, Kind::Recorded, Kind::NotWanted];

    /// Its name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Partly => "partly",
            Kind::Unknown => "unknown",
            Kind::Pending => "pending",
            Kind::Recorded => "recorded",
            Kind::NotWanted => "not_wanted",
        }
    }

    /// Whether something should be recorded that is not, or that may not be.
    pub fn is_alarming(self) -> bool {
        match self {
            Kind::Missing | Kind::Partly | Kind::Unknown => true,
            Kind::Pending | Kind::Recorded | Kind::NotWanted => false,
        }
    }
}

/// Why a session has its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", content = "value", rename_all = "snake_case")]
#[schemars(rename = "AuditReason")]
pub enum Reason {
    /// Its configuration says so, and the recordings.
    Ruled,
    /// No configuration ruled it.
    NoConfiguration,
    /// The configuration that rules its address now was added, at this time, after it had begun.
    ConfiguredAfter {
        /// The configuration.
        address: Address,
        /// When it was added.
        #[schemars(with = "String", extend("format" = "date-time"))]
        time: Timestamp,
    },
    /// Its configuration records only on demand (API: OnDemand 1, 2 or 7).
    OnDemand(u8),
    /// Its configuration does not record this kind of stream (API: RecordContent, TranscodeTemplates).
    Content,
    /// Files ignore the address.
    Ignored,
    /// Something of its domain could not be read.
    Unread(String),
    /// What ruled it is not known.
    Unclear(Unclear),
    /// It, or what of it can be judged by now, is shorter than what the times of recordings may be off by.
    TooShort,
    /// It may have begun before the period that was read.
    BeganBefore,
    /// There are recordings, but the list does not tell whether they are of every format and stream.
    Alike {
        /// How many recordings of every moment there should be.
        expected: usize,
    },
    /// What lacks a recording is no longer than an interruption that the service waits out, and the publish list may not show those.
    Interruption,
    /// It is a transcoded stream without recordings under its own name, and they may be listed under that of its source.
    UnderItsSource,
    /// Its recordings may be of another domain with the same ingest domain.
    SharedIngest,
}

/// The verdict on one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The session.
    pub session: Session,
    /// What became of it.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// The recordings that lie over it.
    pub videos: Vec<Video>,
    /// How many recordings of every moment there should be.
    pub layers: usize,
    /// How long it was on air.
    pub aired: SignedDuration,
    /// How much of that has a recording.
    pub recorded: SignedDuration,
    /// What certainly lacks one.
    pub lacks: Vec<Period>,
    /// The declared address that its name was probably meant to be.
    pub near: Option<Address>,
    /// Whether files say that it must be recorded.
    pub must_record: bool,
    /// Whether it is on air, and another configuration would apply if it were published now: it keeps the one of its beginning.
    /// `None` if it is on air, and that is not known.
    pub outdated: Option<bool>,
}

/// Judges every session, in the order of domains, addresses and beginnings.
pub fn judge(
    aired: &Aired,
    history: &History<'_>,
    expected: &Expected<'_>,
    settings: Settings,
) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (domain, read) in &aired.domains {
        let read_at = read.read_at.unwrap_or(aired.period.to);
        let sessions = join::of_domain(domain, &read.publishes, history, read_at);
        let bench = Bench { aired, read, read_at, own_names: own_names(read), history, expected, settings };
        verdicts.extend(sessions.into_iter().map(|session| bench.judge(session)));
    }
    verdicts
}

/// Whether recordings of transcoded streams are listed under the names of those streams; `true` if there is none that could tell.
fn own_names(read: &DomainAired) -> bool {
    let mut transcoded = read.publishes.iter().filter(|publish| publish.template.is_some()).peekable();
    let listed = |video: &Video, app: &str, stream: &str| *video.app == *app && *video.stream == *stream;
    transcoded.peek().is_none()
        || transcoded
            .any(|publish| read.videos.iter().any(|video| listed(video, &publish.app, &publish.stream)))
}

/// What is needed to judge the sessions of one domain.
struct Bench<'a> {
    aired: &'a Aired,
    read: &'a DomainAired,
    read_at: Timestamp,
    own_names: bool,
    history: &'a History<'a>,
    expected: &'a Expected<'a>,
    settings: Settings,
}

/// Whether a session should be recorded, and how.
struct Wish {
    /// Whether a lack of recordings is to be reported.
    wanted: bool,
    /// Why not, or why nevertheless.
    reason: Reason,
    layers: Layers,
    /// The longest part (API: CycleDuration).
    cycle: SignedDuration,
    /// How long after its last connection the stream is taken to have ended.
    delay: SignedDuration,
}

/// How many recordings of each moment there should be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers {
    pub(super) all: usize,
    /// Those of them that are merged afterwards, so that each may be listed twice.
    pub(super) composed: usize,
}

impl Layers {
    const ONE: Layers = Layers { all: 1, composed: 0 };

    pub(super) fn of(config: &RecordConfig, streams: usize) -> Self {
        let (formats, composed) = match &config.record_format {
            Some(formats) => {
                let composed = formats.values().filter(|format| format.auto_compose == Some(true)).count();
                (formats.len(), composed)
            }
            None => (1, usize::from(config.auto_compose)),
        };
        let streams = streams.max(1);
        Self { all: formats.max(1) * streams, composed: composed * streams }
    }

    /// Whether recordings like these prove that every layer is recorded.
    fn are_proved_by(self, level: Level) -> bool {
        let Self { all, composed } = self;
        // Of `composed` layers, each may be listed twice: as a part, and merged.
        let least = if composed == all { 2 * all - 1 } else { all + composed };
        level.all >= least || level.merged >= all
    }

    /// Whether recordings like these may be of every layer.
    fn are_possible_by(self, level: Level) -> bool {
        level.all >= self.all
    }
}

impl Bench<'_> {
    fn judge(&self, session: Session) -> Verdict {
        // What is made from a stream is only wanted where a configuration says so.
        let must_record = session.template.is_none() && self.expected.must_record(&session.address);
        let near = match &session.ruling {
            Ruling::Known(None) if session.template.is_none() => {
                self.expected.near_miss(&session.address).cloned()
            }
            Ruling::Known(_) | Ruling::Unclear(_) => None,
        };
        let wish = self.wish(&session, must_record || near.is_some());
        let videos = self.videos(&session);
        let recordings = recordings(&videos, &wish, self.settings.slack, |_| true);
        let (kind, reason, lacks) = self.weigh(&session, &wish, &videos);
        Verdict {
            kind,
            reason,
            layers: wish.layers.all,
            aired: session.on_air.iter().map(|connection| connection.length()).sum(),
            recorded: coverage::recorded(&session.on_air, &recordings),
            videos: videos.iter().map(|video| (*video).clone()).collect(),
            lacks,
            near,
            must_record,
            outdated: self.is_outdated(&session),
            session,
        }
    }

    fn is_outdated(&self, session: &Session) -> Option<bool> {
        if session.ended.is_some() {
            return Some(false);
        }
        let source = Session::source(&session.address, session.template.as_deref())?;
        let known = |ruling: Ruling| match ruling {
            Ruling::Known(ruler) => Some(ruler.map(|Ruler { address, config, since: _ }| (address, config))),
            Ruling::Unclear(_) => None,
        };
        let (then, now) = (known(session.ruling.clone()), known(self.history.ruling(&source, self.read_at)));
        Some(then? != now?)
    }

    /// What is to become of a session.
    fn wish(&self, session: &Session, insist: bool) -> Wish {
        let unruled = |reason| Wish {
            wanted: insist,
            reason,
            layers: Layers::ONE,
            cycle: SignedDuration::from_secs(RecordConfig::default().cycle_duration.into()),
            delay: join::DELAY,
        };
        match &session.ruling {
            Ruling::Unclear(unclear) => {
                Wish { cycle: LONGEST, delay: LONGEST, ..unruled(Reason::Unclear(unclear.clone())) }
            }
            Ruling::Known(None) => match self.history.came_after(&session.address, session.began) {
                Some((address, time)) => unruled(Reason::ConfiguredAfter { address, time }),
                None => unruled(Reason::NoConfiguration),
            },
            Ruling::Known(Some(ruler)) => self.ruled(session, ruler, insist),
        }
    }

    fn ruled(&self, session: &Session, ruler: &Ruler, insist: bool) -> Wish {
        let config = &*ruler.config;
        let (content, streams) = streams(session, config, self.own_names);
        let reason = match config.on_demand {
            0 if content => Reason::Ruled,
            0 => Reason::Content,
            demand => Reason::OnDemand(demand),
        };
        Wish {
            wanted: insist || reason == Reason::Ruled,
            reason,
            layers: Layers::of(config, streams),
            cycle: SignedDuration::from_secs(config.cycle_duration.into()),
            delay: session.waits,
        }
    }

    /// The recordings that lie over a session or an interruption of it, those without content included. A short one may
    /// say that it began after its connection had ended.
    fn videos(&self, session: &Session) -> Vec<&Video> {
        let Address { domain: _, app, stream } = &session.address;
        let end = session.on_air.last().map_or(session.began, |connection| connection.to);
        let span = Period::new(session.began, Period::later(end, self.settings.slack));
        let over = |video: &&Video| video.period.overlaps(span);
        let videos = self.read.videos.iter().filter(|video| video.app == *app && video.stream == *stream);
        videos.filter(over).collect()
    }

    fn weigh(&self, session: &Session, wish: &Wish, videos: &[&Video]) -> (Kind, Reason, Vec<Period>) {
        let slack = self.settings.slack;
        let told = |kind, reason| (kind, reason, Vec::new());
        if self.expected.ignores(&session.address) {
            return told(Kind::NotWanted, Reason::Ignored);
        }
        if let Some(unread) = self.read.unread.first() {
            return told(Kind::Unknown, Reason::Unread(unread.clone()));
        }
        let (due, whole) = self.due(session, wish);
        let length: SignedDuration = due.iter().map(|connection| connection.length()).sum();
        if length.is_zero() {
            let waits = wish.wanted || matches!(wish.reason, Reason::Unclear(_));
            return told(if waits { Kind::Pending } else { Kind::NotWanted }, wish.reason.clone());
        }
        let certain = recordings(videos, wish, slack, |video| !video.shared);
        let possible = recordings(videos, wish, slack, |_| true);
        let tolerance = if length > slack { slack } else { SignedDuration::ZERO };
        let proved = |level| wish.layers.are_proved_by(level);
        let layers_are_known =
            !matches!(wish.reason, Reason::Unclear(_)) || self.can_have_one_layer_only(session);
        if layers_are_known && coverage::lacks(&due, &certain, tolerance, proved).is_empty() {
            return told(if whole { Kind::Recorded } else { Kind::Pending }, wish.reason.clone());
        }
        if !wish.wanted {
            let kind =
                if matches!(wish.reason, Reason::Unclear(_)) { Kind::Unknown } else { Kind::NotWanted };
            return told(kind, wish.reason.clone());
        }
        let starts = Period::later(self.aired.period.from, session.waits);
        if session.began <= starts {
            return told(Kind::Unknown, Reason::BeganBefore);
        }
        if possible.is_empty() {
            return match self.may_be_under_the_source(session) {
                true => told(Kind::Unknown, Reason::UnderItsSource),
                false => (Kind::Missing, wish.reason.clone(), due),
            };
        }
        if !layers_are_known {
            return told(Kind::Unknown, wish.reason.clone());
        }
        if length <= slack {
            return told(Kind::Unknown, Reason::TooShort);
        }
        let possible_by = |level| wish.layers.are_possible_by(level);
        let lacks = coverage::lacks(&due, &possible, slack, possible_by);
        // A row may be several connections, whose interruptions it does not show.
        let longer = coverage::lacks(&due, &possible, slack + wish.delay, possible_by);
        match () {
            () if !longer.is_empty() => (Kind::Partly, wish.reason.clone(), longer),
            () if !lacks.is_empty() => (Kind::Unknown, Reason::Interruption, lacks),
            () if certain.len() < possible.len() => told(Kind::Unknown, Reason::SharedIngest),
            () => told(Kind::Unknown, Reason::Alike { expected: wish.layers.all }),
        }
    }

    /// What of a session must be listed by now, if it was recorded, and whether that is all of it.
    ///
    /// A part is listed when its cycle is full, or after the stream has ended. Where a publisher came back in time, a part may go on after the
    /// interruption, and be full a cycle later at most.
    fn due(&self, session: &Session, wish: &Wish) -> (Vec<Period>, bool) {
        let Settings { grace, slack } = self.settings;
        let listed = Period::earlier(self.read_at, grace + slack);
        let resumed = if session.resumed { wish.cycle } else { SignedDuration::ZERO };
        if session.ended.is_some_and(|ended| Period::later(ended, wish.delay + resumed) <= listed) {
            return (session.on_air.clone(), true);
        }
        let last = session.on_air.len().saturating_sub(1);
        let due = session.on_air.iter().enumerate().map(|(at, connection)| {
            if at < last && Period::later(connection.to, wish.delay + wish.cycle) <= listed {
                return *connection;
            }
            // A row may be several connections: a part that an interruption cut is listed once nobody waits any longer.
            let full = Period::earlier(listed, wish.delay).min(connection.to);
            let full = Period::earlier(full, wish.cycle);
            connection.and(Period::new(Timestamp::MIN, full))
        });
        (due.filter(|connection| !connection.is_empty()).collect(), false)
    }

    /// Whether no configuration that could have ruled the session has several formats or records transcoded streams.
    fn can_have_one_layer_only(&self, session: &Session) -> bool {
        session.template.is_none()
            && self
                .history
                .configs(&session.address)
                .all(|config| Layers::of(config, 1).all == 1 && !config.records_transcoded())
    }

    /// Whether recordings of this transcoded stream may be among those of the stream that it was made from.
    fn may_be_under_the_source(&self, session: &Session) -> bool {
        let Some(template) = &session.template else { return false };
        let Some(source) = Session::source(&session.address, Some(template)) else { return true };
        let of_source = Session { address: source, ..session.clone() };
        !self.own_names && !self.videos(&of_source).is_empty()
    }
}

/// Whether a configuration records this session's kind of stream, and how many streams' recordings are listed under its name.
pub(super) fn streams(session: &Session, config: &RecordConfig, own_names: bool) -> (bool, usize) {
    let content = |word: &str| config.record_content.as_ref().is_some_and(|content| content.contains(word));
    let raw = config.record_content.as_ref().is_none_or(|content| content.is_empty()) || content("raw");
    let templates = config.transcode_templates.as_ref().map_or(0, |templates| templates.len());
    match &session.template {
        Some(template) => {
            let named = config.transcode_templates.as_ref().is_some_and(|all| all.contains(template));
            (content("transcode") && named, 1)
        }
        None if own_names => (raw, 1),
        // Those of transcoded streams alone never prove that the stream itself is recorded.
        None => (raw, 1 + if content("transcode") { templates } else { 0 }),
    }
}

/// The recordings that hold something, each with whether it is certainly merged from parts.
fn recordings(
    videos: &[&Video],
    wish: &Wish,
    slack: SignedDuration,
    counts: impl Fn(&Video) -> bool,
) -> Vec<(Period, bool)> {
    let held = videos.iter().filter(|video| !video.is_empty() && counts(video));
    held.map(|video| (video.period, video.period.length() > wish.cycle + slack + slack)).collect()
}
