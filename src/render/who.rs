//! Who may have changed a configuration, as ActionTrail tells: in words and as JSON.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::phrases::{counted, moment};
use crate::api::Trail;
use crate::gate::clean;
use crate::model::{Address, AddressText};
use crate::wire::{Action, CallUser, EVENT_DAYS, PastCall, Tool};

/// What follows where it is said that no call is listed.
const LATE: &str = "it shows calls up to 10 minutes late";

/// The answer about one address: a heading, and below it the calls, the newest first.
pub(super) struct WhoText {
    pub(super) heading: String,
    pub(super) calls: Vec<String>,
}

/// What ActionTrail tells of one address. The texts are clean.
pub(super) fn who_text(address: &Address, trail: &Trail) -> WhoText {
    let bare = |heading: String| WhoText { heading, calls: Vec::new() };
    match trail {
        Trail::Calls(calls) => WhoText {
            heading: "calls that may have changed it, according to ActionTrail, newest first:".to_owned(),
            calls: calls.iter().map(|call| call_text(address, call)).collect(),
        },
        Trail::NoCall { since, is_all, unreadable } => bare(no_call(*since, *is_all, *unreadable)),
        Trail::Unread(_) => bare("unknown who changed it: ActionTrail could not be read".to_owned()),
    }
}

/// The newest call that may have changed an address, for messages; `None` if no call is listed or nothing could be read.
pub fn newest_call(address: &Address, trail: &Trail) -> Option<String> {
    match trail {
        Trail::Calls(calls) => calls.first().map(|call| call_text(address, call)),
        Trail::NoCall { .. } | Trail::Unread(_) => None,
    }
}

fn no_call(since: Timestamp, is_all: bool, unreadable: usize) -> String {
    let most = match is_all {
        true => format!("ActionTrail lists no call here in the last {EVENT_DAYS} days; {LATE}"),
        false => format!(
            "ActionTrail lists no call here since {}; older calls were not read, and {LATE}",
            moment(since)
        ),
    };
    match unreadable {
        0 => most,
        _ => format!("{most}; {} without an address", counted(unreadable, "call")),
    }
}

/// `2026-11-01 02:03:04 UTC: updated by alice (RAM user) in the console`.
fn call_text(address: &Address, call: &PastCall) -> String {
    let PastCall { time: at, action, address: written, user, tool, request_id: _, error: _ } = call;
    let done = match action {
        Action::Add => "created",
        Action::Update => "updated",
        Action::Delete => "deleted",
        Action::Describe => "read",
    };
    let other = if written == address { String::new() } else { format!("{written} ") };
    clean(&format!("{}: {other}{done} by {}{}", moment(*at), user_text(user), tool_text(tool)))
}

fn user_text(user: &CallUser) -> String {
    let CallUser { kind, name } = user;
    let kind = match kind.as_str() {
        "ram-user" => "RAM user",
        "root-account" => "the account itself",
        "assumed-role" => "role and session",
        "" => "kind unknown",
        other => other,
    };
    if name.is_empty() { format!("an unnamed user ({kind})") } else { format!("{name} ({kind})") }
}

/// Begins with a space, unless it is empty.
fn tool_text(tool: &Tool) -> String {
    match tool {
        Tool::Console => " in the console".to_owned(),
        Tool::Livevod(version) => format!(" with livevod {version}"),
        Tool::Cli => " with the Alibaba Cloud CLI".to_owned(),
        Tool::Terraform => " with Terraform".to_owned(),
        Tool::Sdk(Some(language)) => format!(" with the SDK for {language}"),
        Tool::Sdk(None) => " with an SDK".to_owned(),
        Tool::Other(name) => format!(" with {name}"),
        Tool::Unknown => String::new(),
    }
}

/// What ActionTrail tells of one difference, or of several that are shown together, in lines. The texts are clean.
pub(super) fn who_lines(all: &[(&Address, &Trail)]) -> Vec<String> {
    let newest = |(_, trail): &&(&Address, &Trail)| match trail {
        Trail::Calls(calls) => calls.first().map(|call| call.time),
        Trail::NoCall { .. } | Trail::Unread(_) => None,
    };
    let Some((address, trail)) = all.iter().max_by_key(newest) else { return Vec::new() };
    let WhoText { heading, calls } = who_text(address, trail);
    let mut calls = calls.into_iter();
    match (calls.next(), all.len()) {
        (None, _) => vec![heading],
        (Some(newest), 1) => {
            let before = calls.next().map(|call| format!("before that: {call}"));
            let rest = Some(calls.len()).filter(|rest| *rest > 0);
            let rest = rest.map(|rest| format!("and {}", counted(rest, "earlier call")));
            std::iter::once(format!("ActionTrail: {newest}")).chain(before).chain(rest).collect()
        }
        (Some(newest), _) => vec![format!("ActionTrail, the newest call at these: {newest}")],
    }
}

/// Differs for answers that must not be shown together: by another user, with another tool, or another kind of answer.
pub(super) fn who_key(address: &Address, trail: &Trail) -> String {
    match trail {
        Trail::Calls(calls) => {
            let done = |call: &PastCall| format!("{:?} {:?} {:?}", call.action, call.user, call.tool);
            calls.first().map(done).unwrap_or_default()
        }
        Trail::NoCall { .. } | Trail::Unread(_) => who_text(address, trail).heading,
    }
}

/// The calls that may have changed a configuration, as ActionTrail tells.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trail")]
pub(super) struct TrailRow<'a> {
    /// Whether there is an answer.
    state: TrailState,
    /// The newest calls that succeeded, the newest first; empty unless the state is `found`.
    calls: Vec<CallRow<'a>>,
    /// Since when there is no call, null unless the state is `none`.
    since: Option<String>,
    /// How many calls tell no address, so that they may be about any.
    unreadable: usize,
    /// Why ActionTrail could not be read, null unless the state is `unknown`.
    error: Option<TrailError<'a>>,
}

/// Whether there is an answer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TrailState {
    /// There are calls.
    Found,
    /// There is no call.
    None,
    /// ActionTrail could not be read.
    Unknown,
}

/// An error of ActionTrail.
#[derive(Serialize, JsonSchema)]
struct TrailError<'a> {
    /// The service's code, null if it gave none.
    code: Option<&'a str>,
    /// The message.
    message: String,
    /// The service's id of the request, null if it gave none.
    request_id: Option<&'a str>,
}

/// One call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Call")]
struct CallRow<'a> {
    /// When it was made.
    time: String,
    /// `create`, `update` or `delete`.
    action: &'static str,
    /// The address that it names: the same, or an app-wide one that covers it.
    #[schemars(with = "String")]
    address: AddressText<'a>,
    /// Who made it, in the service's words.
    user: UserRow<'a>,
    /// What it was made with.
    tool: ToolRow<'a>,
    /// The service's id of the call, null if it gave none.
    request_id: Option<&'a str>,
}

/// The identity that made a call.
#[derive(Serialize, JsonSchema)]
struct UserRow<'a> {
    /// Such as `ram-user`, `root-account` or `assumed-role`; empty if it is not told.
    #[serde(rename = "type")]
    kind: &'a str,
    /// Such as `alice`, or `role:session`; empty if it is not told.
    name: &'a str,
}

/// What a call was made with, as far as its user agent tells.
#[derive(Serialize, JsonSchema)]
struct ToolRow<'a> {
    /// `console`, `livevod`, `cli`, `terraform`, `sdk`, `other` or `unknown`.
    kind: &'static str,
    /// The version of livevod, the language of an SDK, or the beginning of another user agent; null for the rest.
    name: Option<&'a str>,
}

/// The answer about one address.
pub(super) fn trail_row(trail: &Trail) -> TrailRow<'_> {
    let none =
        TrailRow { state: TrailState::None, calls: Vec::new(), since: None, unreadable: 0, error: None };
    match trail {
        Trail::Calls(calls) => {
            TrailRow { state: TrailState::Found, calls: calls.iter().map(call_row).collect(), ..none }
        }
        Trail::NoCall { since, is_all: _, unreadable } => {
            TrailRow { since: Some(since.to_string()), unreadable: *unreadable, ..none }
        }
        Trail::Unread(error) => {
            let code = Some(error.code()).filter(|code| !code.is_empty());
            let error = TrailError { code, message: error.to_string(), request_id: error.request_id() };
            TrailRow { state: TrailState::Unknown, error: Some(error), ..none }
        }
    }
}

fn call_row(call: &PastCall) -> CallRow<'_> {
    let PastCall { time, action, address, user: CallUser { kind, name }, tool, request_id, error: _ } = call;
    let action = match action {
        Action::Add => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Describe => "read",
    };
    let (tool, tool_name) = match tool {
        Tool::Console => ("console", None),
        Tool::Livevod(version) => ("livevod", Some(version.as_str())),
        Tool::Cli => ("cli", None),
        Tool::Terraform => ("terraform", None),
        Tool::Sdk(language) => ("sdk", *language),
        Tool::Other(name) => ("other", Some(name.as_str())),
        Tool::Unknown => ("unknown", None),
    };
    CallRow {
        time: time.to_string(),
        action,
        address: AddressText(address),
        user: UserRow { kind, name },
        tool: ToolRow { kind: tool, name: tool_name },
        request_id: request_id.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(tool: Tool, kind: &str, name: &str) -> PastCall {
        PastCall {
            time: "2026-11-01T02:03:04Z".parse().unwrap(),
            action: Action::Update,
            address: Address::new("a.com", "show", "*"),
            user: CallUser { kind: kind.into(), name: name.into() },
            tool,
            request_id: Some("R-1".into()),
            error: None,
        }
    }

    #[test]
    fn a_call_is_one_sentence() {
        let (own, cam) = (Address::new("a.com", "show", "*"), Address::new("a.com", "show", "cam"));
        let said = |address: &Address, call: PastCall| call_text(address, &call);
        assert_eq!(
            said(&own, call(Tool::Console, "ram-user", "alice")),
            "2026-11-01 02:03:04 UTC: updated by alice (RAM user) in the console"
        );
        assert_eq!(
            said(&cam, call(Tool::Sdk(Some("Go")), "assumed-role", "ci:7")),
            "2026-11-01 02:03:04 UTC: a.com/show/* updated by ci:7 (role and session) with the SDK for Go"
        );
        assert_eq!(
            said(&own, call(Tool::Unknown, "", "")),
            "2026-11-01 02:03:04 UTC: updated by an unnamed user (kind unknown)"
        );
        let hostile = said(&own, call(Tool::Other("\u{1b}[31mx".into()), "ram-user", "a\nb"));
        assert!(!hostile.contains(['\u{1b}', '\n']), "{hostile:?}");
    }

    #[test]
    fn no_answer_is_told_apart_from_an_answer_without_calls() {
        let since = "2026-09-01T00:00:00Z".parse().unwrap();
        let heading = |trail: &Trail| who_text(&Address::new("a.com", "show", "cam"), trail).heading;
        let none = |is_all, unreadable| heading(&Trail::NoCall { since, is_all, unreadable });
        assert_eq!(
            none(true, 0),
            "ActionTrail lists no call here in the last 90 days; it shows calls up to 10 minutes late"
        );
        assert!(
            none(false, 2).starts_with("ActionTrail lists no call here since 2026-09-01 00:00:00 UTC; older")
        );
        assert!(none(false, 2).ends_with("; 2 calls without an address"));
        let error = crate::api::Error::Contradiction("no list".to_owned());
        assert!(heading(&Trail::Unread(error.clone())).starts_with("unknown who changed it"));
        let states = [
            Trail::Calls(Vec::new()),
            Trail::NoCall { since, is_all: true, unreadable: 0 },
            Trail::Unread(error),
        ];
        let state = |trail: &Trail| serde_json::to_value(trail_row(trail)).unwrap()["state"].clone();
        assert_eq!(states.each_ref().map(state), ["found", "none", "unknown"]);
    }
}
