//! Parses faults: `KIND`, or `KIND:KEY=VALUE,KEY=VALUE`.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use crate::emulator::operation::Operation;
use crate::emulator::oss;
use crate::model::Pattern;

/// One kind of fault and the calls that it strikes.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub(super) kind: FaultKind,
    /// The name on the wire.
    pub(super) action: Option<&'static str>,
    pub(super) address: Option<Pattern>,
    /// How `BUCKET/KEY` of an object begins.
    pub(super) object: Option<String>,
    pub(super) when: When,
    /// The most strikes.
    pub(super) times: Option<u64>,
    pub(super) seed: u64,
    /// A duration; its meaning depends on the kind.
    pub(super) time: Duration,
    /// The skew, in milliseconds; it may be negative.
    pub(super) skew: i64,
    pub(super) jitter: Duration,
    pub(super) retry_after: Option<Duration>,
    pub(super) status: u16,
    /// How many items a short page keeps.
    pub(super) items: u64,
}

/// Which of the selected calls are struck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Always,
    /// Counted from 1.
    Nth(u64),
    Every(u64),
    /// 0 to 1.
    Chance(f64),
}

/// Defines the kinds with their names, meanings and default durations.
macro_rules! kinds {
    ($( #[doc = $meaning:literal] $kind:ident = $name:literal, $millis:literal; )+) => {
        /// The kinds of faults.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum FaultKind { $( #[doc = $meaning] $kind, )+ }

        impl FaultKind {
            const ALL: &'static [(FaultKind, &'static str, u64, &'static str)] =
                &[$( (FaultKind::$kind, $name, $millis, $meaning), )+];

            pub(super) fn name(self) -> &'static str {
                match self { $( FaultKind::$kind => $name, )+ }
            }
        }
    };
}

kinds! {
    /// answered `time` (100ms) later, plus up to `jitter`
    Latency = "latency", 100;
    /// not carried out; the connection is closed, and none is accepted for `time` (1s)
    Refuse = "refuse", 1000;
    /// not carried out; the connection is closed
    DropBeforeCommit = "drop-before-commit", 0;
    /// carried out; the connection is closed without an answer
    DropAfterCommit = "drop-after-commit", 0;
    /// carried out `time` (5s) later; the connection is closed at once
    LateCommit = "late-commit", 5000;
    /// delivered twice; the second answer is returned
    Duplicate = "duplicate", 0;
    /// not carried out; answered with an error, `status` 500 or 503
    ErrorBeforeCommit = "error-before-commit", 0;
    /// carried out; answered with an error, `status` 500 or 503
    ErrorAfterCommit = "error-after-commit", 0;
    /// carried out; answered by a gateway with 502 and an HTML page
    GatewayPage = "gateway-page", 0;
    /// not carried out; answered with Throttling.User (OSS: TotalQpsLimitExceeded); `retry-after` adds x-acs-retry-after
    Throttle = "throttle", 0;
    /// carried out; answered as by `throttle`, as if it were not
    FalseThrottle = "false-throttle", 0;
    /// not carried out; answered with InvalidSecurityToken.Expired (OSS: SecurityTokenExpired)
    ExpiredToken = "expired-token", 0;
    /// not carried out; answered with InvalidAccessKeyId.Inactive (OSS: InvalidAccessKeyId)
    RevokedKey = "revoked-key", 0;
    /// not carried out; answered with NoPermission (OSS: AccessDenied), as RAM does where no policy allows the action
    Deny = "deny", 0;
    /// carried out; the answer ends in the middle
    Truncated = "truncated", 0;
    /// carried out; the answer is not JSON
    Garbage = "garbage", 0;
    /// carried out; the answer has an empty body
    Empty = "empty", 0;
    /// carried out; the answer has a body of 64 MiB
    Huge = "huge", 0;
    /// carried out; the answer has a body that never ends
    Endless = "endless", 0;
    /// carried out; the answer comes in pieces of 16 bytes, `time` (100ms) apart
    Slow = "slow", 100;
    /// carried out; the connection stays silent for `time` (1m), then closes
    Hang = "hang", 60_000;
    /// carried out and answered, then undone `time` (5s) later
    Revert = "revert", 5000;
    /// a Describe, or a listing of objects, returns the state of `time` (2s) ago
    Stale = "stale", 2000;
    /// a page of a Describe has only its first `items` (0), but Total counts all of them
    Short = "short", 0;
    /// before the call, someone else changes CycleDuration of what `address` selects
    ForeignEdit = "foreign-edit", 0;
    /// before the call, someone else deletes what `address` selects
    ForeignDelete = "foreign-delete", 0;
    /// the service's clock is `time` (20m) ahead, or behind if `time` is negative
    Skew = "skew", 1_200_000;
}

/// The keys, and what they mean.
const KEYS: [(&str, &str); 13] = [
    (
        "action=NAME",
        "only calls of this action: Add, Update, Delete, Describe or a whole name, such as LookupEvents or PutObject",
    ),
    ("address=PATTERN", "only calls about these addresses: domain[/app[/stream]]"),
    ("object=BUCKET/KEY", "only OSS calls about this bucket, or about objects whose names begin like this"),
    ("nth=N", "only the Nth of those calls"),
    ("every=N", "only every Nth of those calls"),
    ("chance=SHARE", "only a random share of those calls, from 0 to 1"),
    ("seed=N", "other random choices for `chance` and `jitter`; the same seed repeats them"),
    ("times=N", "at most N times"),
    ("time=DURATION", "see the kinds"),
    ("jitter=DURATION", "see the kinds"),
    ("retry-after=DURATION", "see the kinds"),
    ("status=500|503", "see the kinds"),
    ("items=N", "see the kinds"),
];

/// The help text: every kind of fault and every key.
pub fn fault_help() -> String {
    let kinds = FaultKind::ALL.iter().map(|(_, name, _, meaning)| (*name, meaning.trim()));
    let list = |rows: &mut dyn Iterator<Item = (&'static str, &'static str)>| {
        let rows: Vec<_> = rows.collect();
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        rows.iter().map(|(name, meaning)| format!("  {name:width$}  {meaning}\n")).collect::<String>()
    };
    let (kinds, keys) = (list(&mut kinds.into_iter()), list(&mut KEYS.into_iter()));
    format!("--fault KIND or --fault KIND:KEY=VALUE,KEY=VALUE\n\nKinds:\n{kinds}\nKeys:\n{keys}")
}

impl FromStr for Fault {
    /// Why the text is not a fault.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, keys) = text.split_once(':').unwrap_or((text, ""));
        let known = FaultKind::ALL.iter().find(|(_, known, ..)| *known == name);
        let unknown = || format!("there is no fault `{name}`; `livevod emulator faults` lists them");
        let (kind, _, millis, _) = known.ok_or_else(unknown)?;
        let mut fault = Fault::usual(*kind, *millis);
        for pair in keys.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| no_pair(pair))?;
            fault.set(key, value)?;
        }
        let is_foreign = matches!(fault.kind, FaultKind::ForeignEdit | FaultKind::ForeignDelete);
        if is_foreign && fault.address.is_none() {
            let name = fault.kind.name();
            return Err(format!("`{name}` needs `address=PATTERN`: what someone else changes"));
        }
        Ok(fault)
    }
}

impl Fault {
    fn usual(kind: FaultKind, millis: u64) -> Self {
        Self {
            kind,
            action: None,
            address: None,
            object: None,
            when: When::Always,
            times: None,
            seed: 0,
            time: Duration::from_millis(millis),
            skew: millis as i64,
            jitter: Duration::ZERO,
            retry_after: None,
            status: 500,
            items: 0,
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let wrong = |reason: String| format!("`{value}` is not a valid `{key}`: {reason}");
        match key {
            "action" => self.action = Some(action(value).map_err(wrong)?),
            "address" => {
                self.address = Some(
                    value.parse().map_err(|error: crate::model::PatternError| wrong(error.to_string()))?,
                );
            }
            "object" => self.object = Some(value.to_owned()),
            "nth" => self.when = When::Nth(count(value).map_err(wrong)?),
            "every" => self.when = When::Every(count(value).map_err(wrong)?),
            "chance" => self.when = When::Chance(chance(value).map_err(wrong)?),
            "times" => self.times = Some(count(value).map_err(wrong)?),
            "seed" => self.seed = whole(value).map_err(wrong)?,
            "time" if self.kind == FaultKind::Skew => self.skew = millis(value).map_err(wrong)?,
            "time" => self.time = duration(value).map_err(wrong)?,
            "jitter" => self.jitter = duration(value).map_err(wrong)?,
            "retry-after" => self.retry_after = Some(duration(value).map_err(wrong)?),
            "status" => self.status = status(value).map_err(wrong)?,
            "items" => self.items = whole(value).map_err(wrong)?,
            _ => return Err(no_pair(&format!("{key}={value}"))),
        }
        Ok(())
    }
}

fn no_pair(text: &str) -> String {
    format!("`{text}` is not a `KEY=VALUE` of a fault; `livevod emulator faults` lists the keys")
}

/// The action with this short or full name.
fn action(text: &str) -> Result<&'static str, String> {
    let unknown =
        || "expected `Add`, `Update`, `Delete`, `Describe` or the name of another action".to_owned();
    Operation::whole_name(text).or_else(|| oss::operation_name(text)).ok_or_else(unknown)
}

fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}

fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "expected a whole number of at least 1".to_owned())
}

fn chance(text: &str) -> Result<f64, String> {
    let chance = text.parse().ok().filter(|chance| (0.0..=1.0).contains(chance));
    chance.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

fn status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok().filter(|status| [500, 503].contains(status));
    status.ok_or_else(|| "expected 500 or 503".to_owned())
}

/// Milliseconds; may be negative.
fn millis(text: &str) -> Result<i64, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "a duration is a number with a unit, such as `200ms` or `20m`".to_owned())?;
    i64::try_from(duration.as_millis()).map_err(|_| "the duration is too long".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let millis = millis(text)?;
    let millis = u64::try_from(millis).map_err(|_| "a duration can't be negative".to_owned())?;
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        text.parse().unwrap()
    }

    #[test]
    fn every_kind_stands_alone_or_with_its_victims() {
        for (kind, name, ..) in FaultKind::ALL {
            let bare: Result<Fault, String> = name.parse();
            let with_address = fault(&format!("{name}:address=a.com"));
            assert_eq!(with_address.kind, *kind);
            let needs_victims = matches!(kind, FaultKind::ForeignEdit | FaultKind::ForeignDelete);
            assert_eq!(bare.is_err(), needs_victims, "{name}");
            assert!(fault_help().contains(&format!("\n  {name} ")));
        }
    }

    #[test]
    fn keys_say_which_calls_and_how() {
        let fault = fault("late-commit:action=Add,address=a.com/show,every=3,times=2,seed=7,time=1500ms");
        assert_eq!(
            (fault.action, fault.when, fault.times, fault.seed),
            (Some("AddLiveRecordVodConfig"), When::Every(3), Some(2), 7)
        );
        assert_eq!(
            (fault.address, fault.time),
            (Some("a.com/show".parse().unwrap()), Duration::from_millis(1500))
        );
        assert_eq!("skew:time=-20m".parse::<Fault>().unwrap().skew, -1_200_000);
        assert_eq!(
            "throttle:retry-after=2s".parse::<Fault>().unwrap().retry_after,
            Some(Duration::from_secs(2))
        );
        let full = "hang:action=DescribeLiveRecordVodConfigs".parse::<Fault>().unwrap();
        assert_eq!(full.action, Some("DescribeLiveRecordVodConfigs"));
        let other = "deny:action=LookupEvents".parse::<Fault>().unwrap();
        assert_eq!(other.action, Some("LookupEvents"));
        let object = "deny:action=PutObject,object=demo/lease/".parse::<Fault>().unwrap();
        assert_eq!((object.action, object.object.as_deref()), (Some("PutObject"), Some("demo/lease/")));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_what_is_wrong() {
        let refusal = |text: &str| text.parse::<Fault>().unwrap_err();
        assert_eq!(refusal("drop"), "there is no fault `drop`; `livevod emulator faults` lists them");
        assert!(refusal("empty:nht=3").starts_with("`nht=3` is not a `KEY=VALUE` of a fault"));
        assert!(refusal("empty:nth").starts_with("`nth` is not a `KEY=VALUE`"));
        assert_eq!(refusal("empty:nth=0"), "`0` is not a valid `nth`: expected a whole number of at least 1");
        assert!(refusal("empty:chance=2").contains("from 0 to 1"));
        assert!(refusal("empty:action=Remove").contains("expected `Add`"));
        assert!(refusal("empty:address=a b").contains("`a b`"));
        assert!(refusal("slow:time=-3s").contains("can't be negative"));
        assert!(refusal("slow:time=3").contains("a number with a unit"));
        assert!(refusal("error-before-commit:status=404").contains("500 or 503"));
        assert!(refusal("foreign-edit").contains("needs `address=PATTERN`"));
    }
}
