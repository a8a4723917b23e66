//! The past of one address at a moment: who published, what ruled, what was recorded, and what to do first.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::audit::{SessionRow, words};
use super::documents::{Context, FORMAT_VERSION, findings, pretty};
use super::lines::{Line, laid_out};
use super::phrases::{counted, minute, moment};
use super::style::{Style, Tone, wrap};
use crate::audit::{Recording, Ruler, Ruling, SessionAudit, Since};
use crate::gate::clean;
use crate::model::{Address, AddressText, Notification, RecordConfig, Value};
use crate::source::Place;

/// What is known about an address at a moment.
#[derive(Debug, Clone)]
pub struct PastView<'a> {
    /// The service.
    pub target: &'a str,
    /// The address.
    pub address: &'a Address,
    /// The moment.
    pub time: Timestamp,
    /// What ruled it then.
    pub ruling: &'a Ruling,
    /// The line of the configuration that ruled it.
    pub place: Option<Place>,
    /// Its session at that moment, or the one nearest to it.
    pub session: Option<&'a SessionAudit>,
    /// Sessions of names that differ only in case, `-` and `_`, or spaces.
    pub near: Vec<&'a SessionAudit>,
    /// What was sent to the domain's callback about it; `None` if it could not be read.
    pub notifications: Option<&'a [Notification]>,
    /// What could not be read, in words.
    pub unread: &'a [String],
}

/// The chain in a few lines, and the first thing to do.
pub(super) fn human_past(view: &PastView, style: Style) -> String {
    let PastView { target, address, time, ruling, place, session, near, notifications, unread } = view;
    let mut lines = Vec::new();
    lines.extend(unread.iter().map(|why| Line::fact(clean(&format!("! {why}")))));
    let ruled = Line::fact(clean(&format!("{}{}", ruled(ruling, address), seen(place.as_ref()))));
    match session.filter(|session| !was_on_air(session, *time)) {
        Some(other) => {
            lines.push(Line::fact("was not on air then; the nearest session:".to_owned()));
            lines.push(Line::detail(clean(&words::when(other))));
            lines.push(Line::detail(clean(&words::outcome(other))));
            lines.extend(details(other));
            lines.push(ruled);
        }
        None => {
            lines.push(Line::fact(clean(&on_air(*session))));
            lines.push(ruled);
            lines.extend(session.map(|session| Line::fact(clean(&words::outcome(session)))));
            lines.extend(session.iter().flat_map(|session| details(session)));
        }
    }
    lines.extend(near.iter().map(|one| {
        let name = one.address.within_domain();
        Line::fact(clean(&format!(
            "similar name: `{name}` was published, {}; {}",
            words::when(one),
            words::outcome(one)
        )))
    }));
    lines.extend(told(*notifications, *session).into_iter().map(|line| Line::fact(clean(&line))));
    lines.extend(first(view).map(|first| Line::fact(clean(&format!("to do: {first}")))));
    let heading = format!("{address} at {} ({target})", moment(*time));
    let heading: String = wrap(&clean(&heading), style.width)
        .iter()
        .map(|line| format!("{}\n", style.paint(Tone::Strong, line)))
        .collect();
    format!("{heading}{}", laid_out(&lines, style))
}

fn seen(place: Option<&Place>) -> String {
    place.map(|place| format!(" ({}:{})", place.file, place.start.line)).unwrap_or_default()
}

/// Whether a moment is within a session; its interruptions are not.
fn was_on_air(session: &SessionAudit, time: Timestamp) -> bool {
    session.on_air.iter().any(|one| one.from <= time && time < one.to)
}

fn on_air(session: Option<&SessionAudit>) -> String {
    match session {
        Some(session) => format!("was on air: {}", words::when(session)),
        None => "was not published around that time".to_owned(),
    }
}

/// Why a session has its verdict, and its recordings.
fn details(session: &SessionAudit) -> impl Iterator<Item = Line> {
    let why = Some(words::reason(session)).filter(|why| !why.is_empty());
    why.into_iter().chain(recordings(session)).map(|line| Line::detail(clean(&line)))
}

/// Which configuration applied to an address, a lowercase fragment.
fn ruled(ruling: &Ruling, address: &Address) -> String {
    match ruling {
        Ruling::Known(None) => "no configuration applied to it then: NOT RECORDED".to_owned(),
        Ruling::Known(Some(Ruler { address: ruler, config, since })) => {
            let name = if ruler == address {
                "its own configuration".to_owned()
            } else {
                format!("`{}`", ruler.within_domain())
            };
            let since = match since {
                Since::Written(time) => format!("written by livevod at {}", minute(*time)),
                Since::Created(time) => format!("created at {}", minute(*time)),
            };
            format!("{name} applied then, {since}: {}", settings(config))
        }
        Ruling::Unclear(unclear) => format!("not known what applied to it then: {}", words::unclear(unclear)),
    }
}

/// `cycle_duration 1h, on_demand 2`
fn settings(config: &RecordConfig) -> String {
    let mut told = vec![format!("cycle_duration {}", Value::Seconds(config.cycle_duration))];
    if config.on_demand != 0 {
        told.push(format!("on_demand {}", config.on_demand));
    }
    if let Some(formats) = &config.record_format {
        let names: Vec<String> = formats.keys().map(|format| format.name().to_owned()).collect();
        told.push(format!("formats {}", names.join(" and ")));
    }
    told.join(", ")
}

fn recordings(session: &SessionAudit) -> impl Iterator<Item = String> {
    let shown = session.recordings.iter().take(MOST);
    let more = session.recordings.len().saturating_sub(MOST);
    let more = (more > 0).then(|| format!("and {more} more"));
    let row = |one: &Recording| {
        let status = one.status.as_deref().filter(|status| *status != "Normal");
        let status = status.map(|status| format!(", {status}")).unwrap_or_default();
        format!("video {}: {}{status}", one.id, words::period(one.period.from, one.period.to))
    };
    shown.map(row).collect::<Vec<_>>().into_iter().chain(more)
}

/// How many recordings are listed.
const MOST: usize = 3;

/// The notifications that tell of errors, or that there are none.
fn told(notifications: Option<&[Notification]>, session: Option<&SessionAudit>) -> Vec<String> {
    let Some(all) = notifications else { return Vec::new() };
    let errors: Vec<&Notification> = all.iter().filter(|one| is_error(one)).collect();
    if errors.is_empty() {
        return match (all.len(), session) {
            (0, _) => {
                vec!["no notifications about it: the domain has no callback, or nothing was sent".to_owned()]
            }
            (some, _) => vec![format!("{} about it, none of an error", counted(some, "notification"))],
        };
    }
    let row = |one: &&Notification| {
        let why = one.description.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("notification at {}: {}{why}", minute(one.time), one.kind)
    };
    errors.iter().take(MOST).map(row).collect()
}

/// Whether it tells of a failure of the recording, or could not be delivered.
fn is_error(one: &Notification) -> bool {
    matches!(one.kind.as_str(), "record_error" | "record_force_transcode_fail" | "transformat_error")
        || one.result.as_deref() == Some("failed")
}

/// The first thing to do.
fn first(view: &PastView) -> Option<String> {
    let is_then = |session: &&SessionAudit| was_on_air(session, view.time);
    let near = || {
        let near = view.near.first()?;
        Some(format!(
            "`{}` was published where `{}` was expected: correct the name in the encoder.",
            near.address.within_domain(),
            view.address.within_domain()
        ))
    };
    match view.session.filter(is_then) {
        Some(session) => words::advice(session),
        // Another session says less about that moment than a name that was probably meant.
        None => near().or_else(|| view.session.and_then(words::advice)),
    }
}

/// `explain ADDRESS --at TIME --format json`.
pub(super) fn past_json(view: &PastView, context: Context) -> String {
    let PastView { target, address, time, ruling, place, session, near, notifications, unread } = view;
    let ruled = match ruling {
        Ruling::Known(None) => json!({"known": true, "configuration": null}),
        Ruling::Known(Some(Ruler { address, config, since })) => json!({
            "known": true,
            "configuration": {"address": AddressText(address), "since": since, "config": &**config},
        }),
        Ruling::Unclear(unclear) => json!({"known": false, "why": words::unclear(unclear)}),
    };
    let notification = |one: &Notification| -> Json {
        let Notification { app: _, stream: _, time, kind, result, storage, description } = one;
        json!({"time": time, "kind": kind, "result": result, "storage": storage, "description": description})
    };
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "target": target,
        "address": AddressText(address),
        "at": time,
        "ruled_by": ruled,
        "range": place,
        "session": session.map(SessionRow::new),
        "near_misses": near.iter().map(|one| SessionRow::new(one)).collect::<Vec<_>>(),
        "notifications": notifications.map(|all| all.iter().map(notification).collect::<Vec<_>>()),
        "unread": unread,
        "first": first(view),
        "diagnostics": findings(context),
        "exit": context.exit,
    }))
}
