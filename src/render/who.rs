//! Who may have changed a configuration, as ActionTrail tells: in words and as JSON.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::phrases::counted;
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
            heading: "calls that may have changed it, by ActionTrail, the newest first:".to_owned(),
            calls: calls.iter().map(|call| call_text(address, call)).collect(),
        },
        Trail::NoCall { since, is_all, unreadable } => bare(no_call(*since, *is_all, *unreadable)),
        Trail::Unread(_) => bare("unknown who changed it: ActionTrail could not be read".to_owned()),
    }
}

fn no_call(since: Timestamp, is_all: bool, unreadable: usize) -> String {
    let most = match is_all {
        true => format!("ActionTrail lists no call here in the last {EVENT_DAYS} days; {LATE}"),
        false => format!(
            "ActionTrail lists no call here since {}; older calls were not read, and {LATE}",
            time(since)
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
    clean(&format!("{}: {other}{done} by {}{}", time(*at), user_text(user), tool_text(tool)))
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
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

/// The same for machines; the shape is always the same.
pub(super) fn who_row(trail: &Trail) -> Json {
    let (state, calls, since, unreadable, error) = match trail {
        Trail::Calls(calls) => ("found", calls.as_slice(), None, 0, None),
        Trail::NoCall { since, is_all: _, unreadable } => ("none", &[][..], Some(since), *unreadable, None),
        Trail::Unread(error) => ("unknown", &[][..], None, 0, Some(error)),
    };
    json!({
        "state": state,
        "calls": calls.iter().map(call_row).collect::<Vec<_>>(),
        "since": since.map(ToString::to_string),
        "unreadable": unreadable,
        "error": error.map(|error| json!({
            "code": Some(error.code()).filter(|code| !code.is_empty()),
            "message": error.to_string(),
            "request_id": error.request_id(),
        })),
    })
}

fn call_row(call: &PastCall) -> Json {
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
    json!({
        "time": time.to_string(),
        "action": action,
        "address": AddressText(address),
        "user": {"type": kind, "name": name},
        "tool": {"kind": tool, "name": tool_name},
        "request_id": request_id,
    })
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
        assert_eq!(states.map(|trail| who_row(&trail)["state"].clone()), ["found", "none", "unknown"]);
    }
}
