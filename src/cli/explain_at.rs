//! `livevod explain ADDRESS --at TIME`: what happened to one stream at a moment of the past.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::audit::Evidence;
use super::connect::{Access, connect};
use super::failure::Failure;
use super::goal::Reach;
use super::keeping::Keeping;
use super::load::Loaded;
use super::moments::{is_too_old, oldest};
use super::reading::{self, Asked};
use super::record::Earlier;
use super::remote::Remote;
use super::runtime::block_on;
use super::terminal::Terminal;
use crate::audit::{History, Ruling, Session, SessionAudit, Settings, is_near_miss};
use crate::diag::{Code, Diagnostic};
use crate::model::{Address, Notification, Period, Snapshot};
use crate::render::{self, Context, Exit, Format, PastView, Sought, unanswered};
use crate::wire::{NOTIFY_DAYS, PUBLISH_DAYS};

/// How far from the moment sessions are looked for.
const AROUND: SignedDuration = SignedDuration::from_hours(12);

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) address: &'a Address,
    pub(super) time: Timestamp,
    pub(super) remote: &'a Remote,
    pub(super) keeping: &'a Keeping,
    pub(super) format: Format,
}

impl Question<'_> {
    /// Reads what there is and tells it.
    pub(super) fn answer(&self, loaded: &Loaded, terminal: &Terminal) -> Result<Exit, Failure> {
        let Self { address, time, remote, keeping, format } = *self;
        let now = Timestamp::now();
        let period = self.period(now)?;
        let domain: Arc<str> = address.domain.clone();
        let Some(desired) = loaded.desired.domains.get(&domain) else {
            let message = format!("no file names `{domain}`, so livevod does not read it");
            return Err(Diagnostic::new(Code::Usage, message).help("add the domain to the files").into());
        };
        let connection = connect(remote, Access::Reads, &Reach::of(&loaded.desired))?;
        let earlier = Earlier::read_all(keeping, remote, &connection.target)?;
        let region = desired.region.as_ref().map(|region| region.value.clone()).or(remote.region.clone());
        let asked = Asked { period, transcoded: true, clients: false };
        let told = self.told_period(period, now);
        let reading = async {
            connection.prepare().await?;
            let listed = connection.client.list_domain(&domain).await;
            let aired = reading::read(&connection, [(domain.clone(), region)].into(), asked, None).await?;
            let notifications = match told {
                Some(told) => Some(connection.client.notifications(&domain, told).await),
                None => None,
            };
            Ok::<_, Failure>((listed, aired, notifications))
        };
        let (listed, aired, notifications) = block_on(connection.asking(reading))??;
        let listed = listed.map_err(|error| Failure {
            sources: loaded.sources.clone(),
            diagnostics: vec![unanswered(&domain, Sought::Domain, &error, Some(desired.key))],
            exit: Exit::Error,
        })?;
        let snapshot = Snapshot { domains: [(domain.clone(), listed)].into() };
        let writes = earlier.writes(keeping, remote, period.from);
        let evidence = Evidence {
            loaded,
            target: &connection.target,
            snapshot: &snapshot,
            writes: &writes,
            is_whole: earlier.is_whole(),
            aired: &aired,
            settings: Settings::default(),
        };
        let is_meant = |other: &Address| other == address || is_near_miss(other, address);
        let audit = evidence.judge(is_meant);
        let mut unread: Vec<String> =
            audit.domains.values().flat_map(|domain| domain.unread.clone()).collect();
        let notifications = notifications.transpose().unwrap_or_else(|error| {
            unread.push(error);
            None
        });
        let source = audit
            .sessions
            .iter()
            .find(|one| one.address == *address)
            .and_then(|one| Session::source(address, one.template.as_deref()));
        let history = History::new(&snapshot, &writes).if_whole(earlier.is_whole());
        let ruling = history.ruling(source.as_ref().unwrap_or(address), time);
        let of = |one: &Notification| one.app == address.app && one.stream == address.stream;
        let notifications: Option<Vec<Notification>> =
            notifications.map(|all| all.into_iter().filter(of).collect());
        let place = match &ruling {
            Ruling::Known(Some(ruler)) => loaded.desired.get(&ruler.address).map(|entry| entry.key),
            Ruling::Known(None) | Ruling::Unclear(_) => None,
        };
        let (own, near): (Vec<&SessionAudit>, Vec<&SessionAudit>) =
            audit.sessions.iter().partition(|one| one.address == *address);
        let view = PastView {
            target: &connection.target.name,
            address,
            time,
            ruling: &ruling,
            place: place.map(|span| loaded.sources.place(span)),
            session: own.into_iter().min_by_key(|one| distance(one, time)),
            near,
            notifications: notifications.as_deref(),
            unread: &unread,
        };
        let exit = if unread.is_empty() { Exit::Success } else { Exit::Error };
        let context = Context { sources: &loaded.sources, diagnostics: &earlier.diagnostics, exit };
        terminal.show(&render::past(&view, context, &terminal.layout(format)));
        Ok(exit)
    }

    /// The time around the moment, as far as the service remembers it.
    fn period(&self, now: Timestamp) -> Result<Period, Failure> {
        let usage = |message: String| Failure::from(Diagnostic::new(Code::Usage, message));
        if self.time > now {
            return Err(usage("the time of `--at` is in the future".to_owned()));
        }
        if is_too_old(self.time, now) {
            return Err(usage(format!(
                "the time of `--at` is more than {PUBLISH_DAYS} days ago, and the service lists nothing older"
            )));
        }
        let from = Period::earlier(self.time, AROUND).max(oldest(now));
        let whole = |time: Timestamp| Timestamp::from_second(time.as_second()).unwrap_or(time);
        Ok(Period::new(whole(from), whole(Period::later(self.time, AROUND).min(now))))
    }

    /// The part of a period that notifications are kept of.
    fn told_period(&self, period: Period, now: Timestamp) -> Option<Period> {
        let first = Period::earlier(now, SignedDuration::from_hours(24 * NOTIFY_DAYS));
        let told = Period::new(period.from.max(first), period.to);
        (!told.is_empty()).then_some(told)
    }
}

/// How far a session is from a moment.
fn distance(one: &SessionAudit, time: Timestamp) -> SignedDuration {
    let of = |connection: &Period| match () {
        () if time < connection.from => connection.from.duration_since(time),
        () if time > connection.to => time.duration_since(connection.to),
        () => SignedDuration::ZERO,
    };
    one.on_air.iter().map(of).min().unwrap_or(SignedDuration::MAX)
}
