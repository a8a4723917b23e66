//! ActionTrail's LookupEvents: lists events, in pages.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::actions::{Accepted, Fields};
use super::event::{Event, Events};
use super::refusal::Refusal;
use super::rules::Params;
use super::settings::Settings;
use crate::wire::{EVENT_DAYS, format_time};

/// The most events of one page, and how many it has if the call does not say.
const MOST_ON_PAGE: u32 = 50;
const USUAL_ON_PAGE: u32 = 20;

/// The conditions that count; the service ignores further ones.
const MOST_CONDITIONS: usize = 2;

/// What a search starts with if the call does not say.
const USUAL_DAYS: i64 = 7;

/// The condition keys, and where an event has the value.
const KEYS: [(&str, &str); 9] = [
    ("ServiceName", "/serviceName"),
    ("EventName", "/eventName"),
    ("User", "/userIdentity/userName"),
    ("EventId", "/eventId"),
    ("ResourceName", "/resourceName"),
    ("EventRW", "/eventRW"),
    ("EventAccessKeyId", "/userIdentity/accessKeyId"),
    ("SourceIpAddress", "/sourceIpAddress"),
    ("EventType", "/eventType"),
];

/// LookupEvents (ActionTrail).
pub(super) fn lookup_events(
    params: &Params<'_>,
    events: &Events,
    settings: &Settings,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    let search = Search::read(params, settings, now)?;
    let mut found: Vec<&Event> = events.iter().filter(|event| search.finds(event)).collect();
    found.sort_by_key(|event| event.time());
    if search.is_backward {
        found.reverse();
    }
    let after = match params.text("NextToken") {
        None => 0,
        Some(token) => {
            let last = found.iter().position(|event| event.id() == token);
            last.ok_or_else(query_parameter)? + 1
        }
    };
    let page: Vec<&Event> = found[after..].iter().copied().take(search.size).collect();
    let mut fields = Map::new();
    let has_more = found.len() > after + page.len();
    if let Some(last) = page.last().filter(|_| has_more) {
        fields.insert("NextToken".to_owned(), last.id().into());
    }
    fields.insert("StartTime".to_owned(), search.from.into());
    fields.insert("EndTime".to_owned(), search.to.into());
    fields.insert("Events".to_owned(), page.into_iter().cloned().map(Value::from).collect());
    Ok(Accepted { fields: Fields::Map(fields), ..Accepted::default() })
}

/// What a call asks for, and what may be listed already.
struct Search {
    from: String,
    to: String,
    /// The newest time that is listed.
    listed_until: String,
    conditions: BTreeMap<&'static str, String>,
    is_backward: bool,
    size: usize,
}

impl Search {
    fn read(params: &Params<'_>, settings: &Settings, now: Timestamp) -> Result<Self, Refusal> {
        let days =
            |days: i64| now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
        let time = |name: &str, usual: Timestamp| match params.text(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| wrong_time(name)),
        };
        let (from, to) = (time("StartTime", days(USUAL_DAYS))?, time("EndTime", now)?);
        if from < days(EVENT_DAYS) {
            return Err(wrong_time("StartTime"));
        }
        if to <= from {
            return Err(Refusal::event_times());
        }
        let is_backward = match params.text("Direction") {
            None | Some("BACKWARD") => true,
            Some("FORWARD") => false,
            Some(_) => return Err(query_parameter()),
        };
        let size = params.number("MaxResults", &(0..=MOST_ON_PAGE)).map_err(|_| query_parameter())?;
        let mut conditions = BTreeMap::new();
        for condition in params.objects("LookupAttribute").into_iter().take(MOST_CONDITIONS) {
            let given = |name: &str| condition.get(name).map_or("", String::as_str);
            let known = KEYS.iter().find(|(key, _)| *key == given("Key"));
            conditions.insert(known.ok_or_else(query_parameter)?.1, given("Value").to_owned());
        }
        let listed_until = now.checked_sub(settings.event_delay).unwrap_or(Timestamp::MIN);
        Ok(Self {
            from: format_time(from),
            to: format_time(to),
            listed_until: format_time(listed_until),
            conditions,
            is_backward,
            size: size.unwrap_or(USUAL_ON_PAGE) as usize,
        })
    }

    fn finds(&self, event: &Event) -> bool {
        let time = event.time();
        (self.from.as_str()..=self.to.as_str()).contains(&time)
            && time <= self.listed_until.as_str()
            && self.conditions.iter().all(|(place, value)| event.text(place) == value)
    }
}

fn wrong_time(name: &str) -> Refusal {
    Refusal::new(400, format!("InvalidParameter{name}"), format!("The specified {name} is invalid."))
}

fn query_parameter() -> Refusal {
    Refusal::new(400, "InvalidQueryParameter", "The specified query parameter is invalid.")
}
