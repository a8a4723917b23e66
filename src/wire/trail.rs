//! Past calls as ActionTrail lists them: who made each call, when, and with which tool.
//!
//! The source IP address of a call is not read: it is personal data, and the answer needs only user, time and tool.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::inquiry::{list, text};
use super::sign::format_time;
use super::{Action, Inquiry, Product};
use crate::model::{Address, EVERY};

/// The action of [`lookup_events`].
pub const LOOKUP_EVENTS: &str = "LookupEvents";

/// How long ActionTrail keeps events.
pub const EVENT_DAYS: i64 = 90;

/// Events per page; the most that the service allows (API: MaxResults, 0..=50).
const PAGE_SIZE: u32 = 50;

/// The longest name of a tool that is shown, in characters.
const LONGEST_TOOL: usize = 40;

/// Which events are listed, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSearch<'a> {
    /// The action that was called. The service matches one condition per search for certain, so each action is a search
    /// of its own.
    pub action: Action,
    /// No earlier call is listed.
    pub from: Timestamp,
    /// No later call is listed.
    pub to: Timestamp,
    /// The page after the one that had this token; `None` for the first page.
    pub token: Option<&'a str>,
}

/// Lists past calls of one action (ActionTrail: LookupEvents).
pub fn lookup_events(search: &EventSearch<'_>) -> Inquiry {
    let EventSearch { action, from, to, token } = *search;
    let params = [
        ("Direction", "BACKWARD".to_owned()),
        ("StartTime", format_time(from)),
        ("EndTime", format_time(to)),
        ("MaxResults", PAGE_SIZE.to_string()),
        ("LookupAttribute.1.Key", "EventName".to_owned()),
        ("LookupAttribute.1.Value", action.name().to_owned()),
    ];
    let token = token.map(|token| ("NextToken", token.to_owned()));
    let params: BTreeMap<String, String> =
        params.into_iter().chain(token).map(|(name, value)| (name.to_owned(), value)).collect();
    Inquiry { product: Product::ActionTrail, name: LOOKUP_EVENTS, params }
}

/// One page of past calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The calls of the four actions, in the service's order.
    pub calls: Vec<PastCall>,
    /// How many of the events tell no address or no time.
    pub unreadable: usize,
    /// The token of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// One call of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    /// When it was made.
    pub time: Timestamp,
    /// What was called.
    pub action: Action,
    /// The address that its parameters name.
    pub address: Address,
    /// Who made it.
    pub user: CallUser,
    /// What it was made with.
    pub tool: Tool,
    /// The service's id of the call.
    pub request_id: Option<String>,
    /// The service's code if it refused the call.
    pub error: Option<String>,
}

/// The identity that made a call, in the service's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallUser {
    /// Such as `ram-user`, `root-account` or `assumed-role` (API: userIdentity.type); empty if it is not told.
    pub kind: String,
    /// Such as `alice`, `root` or `deployer:session` (API: userIdentity.userName, else principalId); empty if it is not
    /// told.
    pub name: String,
}

/// What a call was made with, as far as its user agent tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// The vendor's console.
    Console,
    /// livevod; with its version.
    Livevod(String),
    /// The vendor's command line.
    Cli,
    /// Terraform.
    Terraform,
    /// An SDK of the vendor; with its language, if it is told.
    Sdk(Option<&'static str>),
    /// Something else: the beginning of its user agent.
    Other(String),
    /// The event names none.
    Unknown,
}

/// What SDKs write into their user agents, and the language that it stands for.
const LANGUAGES: [(&str, &str); 8] = [
    ("java/", "Java"),
    ("python/", "Python"),
    ("golang/", "Go"),
    ("go/", "Go"),
    ("node.js/", "Node.js"),
    ("nodejs/", "Node.js"),
    ("php/", "PHP"),
    (".net", ".NET"),
];

impl Tool {
    /// The tool with this user agent. A call from the console may have the user agent of the browser.
    fn of(user_agent: &str, is_console: bool) -> Self {
        let text = user_agent.to_ascii_lowercase();
        let has = |part: &str| text.contains(part);
        match () {
            () if text.starts_with("livevod/") => {
                Self::Livevod(short(user_agent["livevod/".len()..].split(' ').next().unwrap_or_default()))
            }
            () if is_console || has("console") => Self::Console,
            () if text.is_empty() => Self::Unknown,
            () if has("terraform") => Self::Terraform,
            () if has("aliyuncli") || has("aliyun-cli") => Self::Cli,
            () if text.starts_with("alibabacloud") || has("aliyun-sdk") || has("aliyunsdk") => {
                Self::Sdk(LANGUAGES.iter().find(|(mark, _)| has(mark)).map(|(_, language)| *language))
            }
            () => Self::Other(short(user_agent)),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_TOOL).collect()
}

/// Reads the answer to [`lookup_events`]. Events of other actions are left out.
///
/// # Errors
/// A lowercase fragment, when the list of events is not one.
pub fn read_events(fields: &Map<String, Value>) -> Result<EventPage, String> {
    let events = list(fields, "Events")?.iter().filter_map(Value::as_object);
    let mut page = EventPage { calls: Vec::new(), unreadable: 0, next: text(fields, "NextToken") };
    for event in events {
        let Some(action) = text(event, "eventName").and_then(|name| Action::from_name(&name)) else {
            continue;
        };
        match past_call(event, action) {
            Some(call) => page.calls.push(call),
            None => page.unreadable += 1,
        }
    }
    Ok(page)
}

fn past_call(event: &Map<String, Value>, action: Action) -> Option<PastCall> {
    let is_console = text(event, "eventType").is_some_and(|kind| kind == "ConsoleOperation");
    Some(PastCall {
        time: text(event, "eventTime")?.parse().ok()?,
        action,
        address: address(&parameters(event)?)?,
        user: event.get("userIdentity").and_then(Value::as_object).map(user).unwrap_or_default(),
        tool: Tool::of(&text(event, "userAgent").unwrap_or_default(), is_console),
        request_id: text(event, "requestId"),
        error: text(event, "errorCode"),
    })
}

fn user(identity: &Map<String, Value>) -> CallUser {
    let name = text(identity, "userName").or_else(|| text(identity, "principalId"));
    CallUser { kind: text(identity, "type").unwrap_or_default(), name: name.unwrap_or_default() }
}

/// The parameters of the call: an object, or an object as JSON text.
fn parameters(event: &Map<String, Value>) -> Option<Map<String, Value>> {
    let names = ["requestParameters", "requestParameterJson"];
    names.into_iter().filter_map(|name| event.get(name)).find_map(|value| match value {
        Value::Object(parameters) => Some(parameters.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    })
}

/// As a write names its address: a missing, an empty and a `*` StreamName are the same.
fn address(parameters: &Map<String, Value>) -> Option<Address> {
    let domain = text(parameters, "DomainName")?.to_ascii_lowercase();
    let stream = text(parameters, "StreamName").unwrap_or_else(|| EVERY.to_owned());
    Some(Address::new(domain, text(parameters, "AppName")?, stream))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("no object") };
        fields
    }

    fn event() -> Value {
        json!({
            "eventId": "E-1", "eventVersion": "1", "eventType": "ApiCall", "eventRW": "Write",
            "eventName": "UpdateLiveRecordVodConfig", "serviceName": "Live", "eventTime": "2026-11-01T02:03:04Z",
            "requestId": "R-1", "sourceIpAddress": "192.0.2.1", "userAgent": "aliyuncli/2.0.6", "errorCode": "",
            "requestParameters": {"DomainName": "Live.Example.com", "AppName": "show", "StreamName": "cam1"},
            "userIdentity": {"type": "ram-user", "principalId": "2741", "accountId": "1", "userName": "alice"},
        })
    }

    fn read(events: &[Value]) -> EventPage {
        read_events(&fields(json!({"RequestId": "R", "Events": events}))).unwrap()
    }

    /// The event with one field changed, read.
    fn with(name: &str, value: Value) -> PastCall {
        let mut event = event();
        event[name] = value;
        read(&[event]).calls.remove(0)
    }

    #[test]
    fn a_search_is_about_one_action_and_takes_the_newest_first() {
        let time = |second| Timestamp::from_second(second).unwrap();
        let search = EventSearch { action: Action::Delete, from: time(0), to: time(90), token: None };
        let first = lookup_events(&search);
        assert_eq!((first.product.version(), first.name), ("2020-07-06", "LookupEvents"));
        let expected = [
            ("Direction", "BACKWARD"),
            ("EndTime", "1970-01-01T00:01:30Z"),
            ("LookupAttribute.1.Key", "EventName"),
            ("LookupAttribute.1.Value", "DeleteLiveRecordVodConfig"),
            ("MaxResults", "50"),
            ("StartTime", "1970-01-01T00:00:00Z"),
        ];
        let params: Vec<(&str, &str)> =
            first.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(params, expected);
        let next = lookup_events(&EventSearch { token: Some("t"), ..search });
        assert_eq!(next.params["NextToken"], "t");
    }

    #[test]
    fn an_event_tells_user_time_tool_and_address() {
        let call = read(&[event()]).calls.remove(0);
        let expected = PastCall {
            time: "2026-11-01T02:03:04Z".parse().unwrap(),
            action: Action::Update,
            address: Address::new("live.example.com", "show", "cam1"),
            user: CallUser { kind: "ram-user".into(), name: "alice".into() },
            tool: Tool::Cli,
            request_id: Some("R-1".into()),
            error: None,
        };
        assert_eq!(call, expected);
        assert!(!format!("{call:?}").contains("192.0.2.1"), "no source address is kept");
        let refused = with("errorCode", json!("Forbidden.RAM"));
        assert_eq!(refused.error.as_deref(), Some("Forbidden.RAM"));
    }

    #[test]
    fn parameters_may_be_text_and_a_missing_stream_is_every_one() {
        let text = r#"{"DomainName":"a.com","AppName":"show","StreamName":""}"#;
        let call = with("requestParameters", json!(text));
        assert_eq!(call.address, Address::new("a.com", "show", EVERY));
        let mut event = event();
        event["requestParameters"] = Value::Null;
        event["requestParameterJson"] = json!(text);
        assert_eq!(read(&[event]).calls[0].address, Address::new("a.com", "show", EVERY));
    }

    #[test]
    fn what_names_no_address_is_counted_and_what_is_another_action_is_not() {
        let mut other = event();
        other["eventName"] = json!("DeleteLiveDomain");
        let mut bare = event();
        bare["requestParameters"] = json!({"AppName": "show"});
        let mut timeless = event();
        timeless["eventTime"] = json!("yesterday");
        let page = read(&[other, bare, event(), timeless]);
        assert_eq!((page.calls.len(), page.unreadable, page.next), (1, 2, None));
        assert!(read_events(&fields(json!({"Events": {"a": 1}}))).is_err());
        let more = read_events(&fields(json!({"Events": null, "NextToken": "t"}))).unwrap();
        assert_eq!((more.calls.len(), more.next.as_deref()), (0, Some("t")));
    }

    #[test]
    fn a_user_without_a_name_is_told_by_its_id() {
        let user = |identity| with("userIdentity", identity).user;
        assert_eq!(user(json!({"type": "assumed-role", "principalId": "3:ci"})).name, "3:ci");
        assert_eq!(user(json!(null)), CallUser::default());
    }

    #[test]
    fn the_user_agent_tells_the_tool() {
        let java =
            "AlibabaCloud (Mac OS X; x86_64) Java/1.8.0_252-b09 Core/4.4.6 HTTPClient/ApacheHttpClient";
        let cli = "AlibabaCloud (linux; amd64) Golang/1.21.5 Core/0.01 TeaDSL/1 Aliyun-CLI/3.0.200";
        let long = format!("curl/8 {}", "x".repeat(99));
        for (text, tool) in [
            ("AliyunConsole", Tool::Console),
            ("aliyun-live-console", Tool::Console),
            ("livevod/0.9.0", Tool::Livevod("0.9.0".into())),
            (java, Tool::Sdk(Some("Java"))),
            ("AlibabaCloud", Tool::Sdk(None)),
            (cli, Tool::Cli),
            ("AlibabaCloud (linux) Go/1 Terraform/1.5 Provider/1.2", Tool::Terraform),
            ("", Tool::Unknown),
            (&long, Tool::Other(long[..40].to_owned())),
        ] {
            assert_eq!(with("userAgent", json!(text)).tool, tool, "{text}");
        }
        let mut browser = event();
        browser["userAgent"] = json!("Mozilla/5.0 (X11; Linux x86_64)");
        browser["eventType"] = json!("ConsoleOperation");
        assert_eq!(read(&[browser]).calls[0].tool, Tool::Console);
    }
}
