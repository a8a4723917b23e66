//! The events of ActionTrail: one for each write to a configuration, refused ones included.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::sessions::Session;
use super::settings::Settings;
use super::sts::caller_identity;
#[cfg(feature = "faults")]
use crate::model::Address;
use crate::wire::{Action, LIVE_VERSION, Request, USER_AGENT, Verified, format_time};

/// The newest events that are kept.
const MOST_KEPT: usize = 10_000;

/// One event, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Value", from = "Value")]
pub(super) struct Event(Arc<Value>);

impl From<Value> for Event {
    fn from(event: Value) -> Self {
        Self(Arc::new(event))
    }
}

impl From<Event> for Value {
    fn from(event: Event) -> Self {
        (*event.0).clone()
    }
}

impl Event {
    /// The event of a write; `refusal` is the code of its error.
    pub(super) fn of(
        action: Action,
        verified: &Verified,
        made: &Made<'_>,
        refusal: Option<&Refusal>,
    ) -> Self {
        let Made { session, settings, user_agent, now, request_id } = *made;
        let domain = verified.params.get("DomainName").map_or("", String::as_str);
        Self::new(json!({
            "acsRegion": settings.region_of(domain),
            "apiVersion": LIVE_VERSION,
            "errorCode": refusal.map_or("", |refusal| &refusal.code),
            "errorMessage": refusal.map_or("", |refusal| &refusal.message),
            "eventId": request_id,
            "eventName": action.name(),
            "eventTime": format_time(now),
            "eventType": "ApiCall",
            "requestId": request_id,
            "requestParameters": verified.params,
            "userAgent": user_agent,
            "userIdentity": identity(&verified.key_id, session, settings),
        }))
    }

    /// The event of somebody else's write in the console.
    #[cfg(feature = "faults")]
    pub(super) fn in_console(action: Action, address: &Address, number: usize, now: Timestamp) -> Self {
        let Address { domain, app, stream } = address;
        let id = format!("CONSOLE-{}-{number}", now.as_millisecond());
        Self::new(json!({
            "acsRegion": "cn-shanghai",
            "apiVersion": LIVE_VERSION,
            "errorCode": "",
            "errorMessage": "",
            "eventId": id,
            "eventName": action.name(),
            "eventTime": format_time(now),
            "eventType": "ConsoleOperation",
            "requestId": id,
            "requestParameters": {"DomainName": **domain, "AppName": **app, "StreamName": **stream},
            "userAgent": "AliyunConsole",
            "userIdentity": {"type": "ram-user", "userName": "somebody", "principalId": "200000000000000001"},
        }))
    }

    /// Adds what all events have in common.
    fn new(mut event: Value) -> Self {
        for (name, value) in [
            ("eventCategory", "Management"),
            ("eventRW", "Write"),
            ("eventSource", "live.aliyuncs.com"),
            ("eventVersion", "1"),
            ("serviceName", "Live"),
            ("sourceIpAddress", "127.0.0.1"),
        ] {
            event[name] = value.into();
        }
        event.into()
    }

    pub(super) fn id(&self) -> &str {
        self.text("/eventId")
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`, which sorts like the time.
    pub(super) fn time(&self) -> &str {
        self.text("/eventTime")
    }

    /// The text at a JSON pointer; empty if there is none.
    pub(super) fn text(&self, place: &str) -> &str {
        self.0.pointer(place).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The circumstances of a write.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) session: Option<&'a Session>,
    pub(super) settings: &'a Settings,
    pub(super) user_agent: &'a str,
    pub(super) now: Timestamp,
    pub(super) request_id: &'a str,
}

/// The client that a request names. Only livevod itself calls without HTTP.
pub(super) fn user_agent(request: &Request) -> &str {
    request.headers.get("user-agent").map_or(USER_AGENT, String::as_str)
}

fn identity(key_id: &str, session: Option<&Session>, settings: &Settings) -> Value {
    let known = caller_identity(key_id, session, settings);
    let (kind, name) = match session {
        Some(Session { role, name, .. }) => ("assumed-role", format!("{role}:{name}")),
        None => ("ram-user", key_id.to_owned()),
    };
    json!({
        "type": kind,
        "userName": name,
        "principalId": known["PrincipalId"],
        "accountId": known["AccountId"],
        "accessKeyId": key_id,
    })
}

/// The events that are kept, in the order of the calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Events(VecDeque<Event>);

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        self.0.push_back(event);
        if self.0.len() > MOST_KEPT {
            self.0.pop_front();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter()
    }

    /// Forgets one of the newest events.
    pub(super) fn take_back(&mut self, event: &Event) {
        if let Some(at) = self.0.iter().rposition(|known| known == event) {
            self.0.remove(at);
        }
    }
}
