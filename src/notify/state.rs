//! Turns what earlier checks of one kind found and told into a text and back. Pure.
//!
//! The text is a file of livevod's own, but anybody may have written it: whatever it says only decides what is told again
//! and what a metric begins with.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::summary::{Check, Outcome, Summary};

/// The version of the format. A minor version only adds.
const FORMAT_VERSION: &str = "1.0";

/// What the beginning of its version must be.
const MAJOR: &str = "1.";

/// The most sessions that a receiver is remembered to know of; those that began first are forgotten.
const SESSIONS: usize = 10_000;

/// The most checks that a file holds; the oldest ones are dropped.
const CHECKS: usize = 200;

/// What earlier checks of one kind found and told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// By the check's name.
    pub checks: BTreeMap<String, CheckState>,
}

/// What is known of one check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckState {
    /// When it last ran.
    pub last_run: Option<Timestamp>,
    /// When it last read everything, whatever it found.
    pub last_success: Option<Timestamp>,
    /// How many runs ended in each way.
    #[serde(default)]
    pub runs: BTreeMap<Outcome, u64>,
    /// Calls sent, by action.
    #[serde(default)]
    pub calls: BTreeMap<String, u64>,
    /// Calls that were throttled, by action.
    #[serde(default)]
    pub throttled: BTreeMap<String, u64>,
    /// What was last delivered, by the receiver's name.
    #[serde(default)]
    pub told: BTreeMap<String, Told>,
}

/// A result that was delivered to a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How the check ended.
    pub outcome: Outcome,
    /// [`Summary::fingerprint`](super::Summary::fingerprint).
    pub fingerprint: String,
    /// When it was delivered.
    pub time: Timestamp,
    /// The sessions that it was ever told are not recorded.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sessions: BTreeSet<String>,
}

impl Told {
    /// That a receiver was told of a result now, and of others before.
    pub fn now(summary: &Summary, before: Option<&Told>, time: Timestamp) -> Self {
        let mut sessions = summary.sessions();
        sessions.extend(before.into_iter().flat_map(|told| told.sessions.iter().cloned()));
        while sessions.len() > SESSIONS {
            sessions.pop_first();
        }
        Self { outcome: summary.outcome, fingerprint: summary.fingerprint(), time, sessions }
    }
}

/// Why a text is not the state of such checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Another text, or only the beginning of one.
    #[error("it is not the state of {}", match .0 { Check::Drift => "drift checks", Check::Audit => "audits" })]
    NotOne(Check),
    /// A version that this livevod does not know.
    #[error("its format version is unknown; this livevod reads {FORMAT_VERSION}")]
    Version,
}

#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(flatten)]
    version: Version,
    checks: BTreeMap<String, CheckState>,
}

/// The version, under the name of what is checked.
#[derive(Serialize, Deserialize)]
enum Version {
    #[serde(rename = "drift_state")]
    Drift(String),
    #[serde(rename = "audit_state")]
    Audit(String),
}

impl Version {
    fn of(check: Check, version: String) -> Self {
        match check {
            Check::Drift => Version::Drift(version),
            Check::Audit => Version::Audit(version),
        }
    }

    /// The version, if it is that of a check.
    fn under(&self, check: Check) -> Option<&str> {
        match (self, check) {
            (Version::Drift(version), Check::Drift) | (Version::Audit(version), Check::Audit) => {
                Some(version)
            }
            (Version::Drift(_), Check::Audit) | (Version::Audit(_), Check::Drift) => None,
        }
    }
}

#[derive(Deserialize)]
struct Beginning {
    #[serde(flatten)]
    version: Version,
}

impl State {
    /// Reads a text. Times after `now` are dropped: they would hide that a check no longer succeeds.
    ///
    /// # Errors
    /// When it is not the state of such checks, in a version that is known.
    pub fn read(check: Check, text: &str, now: Timestamp) -> Result<Self, StateError> {
        let not_one = |_| StateError::NotOne(check);
        let Beginning { version } = serde_json::from_str(text).map_err(not_one)?;
        if !version.under(check).ok_or(StateError::NotOne(check))?.starts_with(MAJOR) {
            return Err(StateError::Version);
        }
        let Document { version: _, mut checks } = serde_json::from_str(text).map_err(not_one)?;
        let past = |time: Option<Timestamp>| time.filter(|time| *time <= now);
        for check in checks.values_mut() {
            (check.last_run, check.last_success) = (past(check.last_run), past(check.last_success));
        }
        Ok(Self { checks })
    }

    /// The text.
    pub fn text(&self, check: Check) -> String {
        let mut checks: Vec<(&String, &CheckState)> = self.checks.iter().collect();
        checks.sort_by_key(|(_, check)| std::cmp::Reverse(check.last_run));
        let checks = checks.into_iter().take(CHECKS).map(|(name, check)| (name.clone(), check.clone()));
        let version = Version::of(check, FORMAT_VERSION.to_owned());
        let document = Document { version, checks: checks.collect() };
        // Such values can always be written as JSON.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

impl CheckState {
    /// Counts one run.
    pub fn count(&mut self, outcome: Outcome, time: Timestamp, calls: &BTreeMap<String, (u64, u64)>) {
        self.last_run = Some(time);
        if outcome.is_complete() {
            self.last_success = Some(time);
        }
        let add = |counter: &mut u64, more: u64| *counter = counter.saturating_add(more);
        add(self.runs.entry(outcome).or_default(), 1);
        for (action, (sent, throttled)) in calls {
            add(self.calls.entry(action.clone()).or_default(), *sent);
            add(self.throttled.entry(action.clone()).or_default(), *throttled);
        }
    }

    /// Whether a receiver has yet to be told this result. A first result that is clean is no news.
    pub fn is_news(&self, receiver: &str, summary: &Summary) -> bool {
        match self.told.get(receiver) {
            Some(told) => {
                told.fingerprint != summary.fingerprint() || !summary.sessions().is_subset(&told.sessions)
            }
            None => summary.outcome != Outcome::Clean,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Found, Lost};
    use super::*;
    use crate::audit::Kind;
    use crate::model::Address;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn state(count: usize) -> State {
        let check = |at: usize| {
            let mut check = CheckState::default();
            let time = Timestamp::from_second(-1000 + at as i64).unwrap();
            check.count(Outcome::Drift, time, &[("A".to_owned(), (3, 1))].into());
            let sessions = BTreeSet::from(["1".to_owned()]);
            let told = Told { outcome: Outcome::Drift, fingerprint: "sha256:1".to_owned(), time, sessions };
            check.told.insert("slack".to_owned(), told);
            (format!("check {at:04}"), check)
        };
        State { checks: (0..count).map(check).collect() }
    }

    fn read(text: &str) -> Result<State, StateError> {
        State::read(Check::Drift, text, NOW)
    }

    #[test]
    fn a_state_survives_and_keeps_the_checks_that_ran_last() {
        assert_eq!(read(&state(3).text(Check::Drift)), Ok(state(3)));
        let kept = read(&state(CHECKS + 5).text(Check::Drift)).unwrap();
        assert_eq!(kept.checks.len(), CHECKS);
        assert!(!kept.checks.contains_key("check 0004") && kept.checks.contains_key("check 0005"));
    }

    #[test]
    fn the_state_of_audits_is_another_one() {
        let text = state(3).text(Check::Audit);
        assert_eq!(State::read(Check::Audit, &text, NOW), Ok(state(3)));
        assert_eq!(read(&text), Err(StateError::NotOne(Check::Drift)));
    }

    #[test]
    fn a_later_minor_version_is_read_and_another_major_one_is_not() {
        let text = state(1).text(Check::Drift);
        let later = text.replace("\"1.0\"", "\"1.7\"").replace("\"last_run\"", "\"new\": 1, \"last_run\"");
        assert_eq!(read(&later), Ok(state(1)));
        assert_eq!(read(&text.replace("\"1.0\"", "\"2.0\"")), Err(StateError::Version));
        for other in ["", "{}", "[]", "version: 1", &text[..text.len() - 9]] {
            assert_eq!(read(other), Err(StateError::NotOne(Check::Drift)), "{other}");
        }
    }

    #[test]
    fn a_time_to_come_does_not_hide_that_a_check_is_dead() {
        let text = state(1).text(Check::Drift).replace("1969-12-31", "2969-12-31");
        let check = &read(&text).unwrap().checks["check 0000"];
        assert_eq!((check.last_run, check.last_success), (None, None));
        assert_eq!(check.runs[&Outcome::Drift], 1);
    }

    #[test]
    fn only_a_complete_run_is_a_success() {
        let mut check = CheckState::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        check.count(Outcome::Clean, at(1), &BTreeMap::new());
        check.count(Outcome::Failed, at(2), &BTreeMap::new());
        check.count(Outcome::Incomplete, at(3), &BTreeMap::new());
        assert_eq!((check.last_run, check.last_success), (Some(at(3)), Some(at(1))));
        check.count(Outcome::Drift, at(4), &BTreeMap::new());
        assert_eq!(check.last_success, Some(at(4)));
    }

    fn summary(outcome: Outcome, unread: &str) -> Summary {
        let failed = Summary::failed(Check::Drift, "here", None, "remote", "");
        Summary { outcome, unread: vec![unread.to_owned()], ..failed }
    }

    #[test]
    fn a_result_is_news_once_and_clean_only_after_something_else() {
        let mut check = CheckState::default();
        let (clean, drift) = (summary(Outcome::Clean, ""), summary(Outcome::Drift, "d"));
        assert!(!check.is_news("slack", &clean));
        assert!(check.is_news("slack", &drift));
        check.told.insert("slack".to_owned(), Told::now(&drift, None, NOW));
        assert!(!check.is_news("slack", &drift));
        assert!(check.is_news("slack", &summary(Outcome::Drift, "e")));
        assert!(check.is_news("slack", &clean));
        assert!(check.is_news("wecom", &drift), "each receiver is told for itself");
    }

    fn night(sessions: &[(&str, i64)]) -> Summary {
        let lost = |(stream, began): &(&str, i64)| Lost {
            address: Address::new("a.com", "show", *stream),
            verdict: Kind::Missing,
            began: Timestamp::from_second(*began).unwrap(),
            seconds: 60,
            near: None,
        };
        let lost: Vec<Lost> = sessions.iter().map(lost).collect();
        let outcome = if lost.is_empty() { Outcome::Clean } else { Outcome::NotRecorded };
        let found = Found::Audit { lost, domains: BTreeMap::new() };
        Summary { outcome, found, problem: None, ..Summary::failed(Check::Audit, "here", None, "", "") }
    }

    /// A night after the other: what was told once is not told again, also if it is out of sight for a while.
    #[test]
    fn a_session_is_news_once() {
        let mut check = CheckState::default();
        let nights: [(&[(&str, i64)], bool); 7] = [
            (&[("cam1", 1)], true),
            (&[("cam1", 1)], false),
            (&[("cam1", 1), ("cam2", 2)], true),
            (&[("cam2", 2)], false),
            (&[("cam1", 1), ("cam2", 2)], false),
            (&[], true),
            (&[("cam2", 9)], true),
        ];
        for (at, (sessions, is_news)) in nights.into_iter().enumerate() {
            let found = night(sessions);
            assert_eq!(check.is_news("slack", &found), is_news, "night {at}");
            if is_news {
                let told = Told::now(&found, check.told.get("slack"), NOW);
                check.told.insert("slack".to_owned(), told);
            }
        }
        let both = night(&[("cam1", 1), ("cam3", 12)]);
        let news = both.without(&check.told["slack"].sessions);
        assert_eq!(news, night(&[("cam3", 12)]), "only what is new is told");
        assert_eq!(night(&[("cam1", 1)]).without(&check.told["slack"].sessions), night(&[("cam1", 1)]));
    }

    #[test]
    fn the_oldest_sessions_are_forgotten_first() {
        let names: Vec<String> = (0..SESSIONS + 7).map(|at| format!("s{at}")).collect();
        let all: Vec<(&str, i64)> =
            names.iter().enumerate().map(|(at, name)| (name.as_str(), at as i64)).collect();
        let told = Told::now(&night(&all), None, NOW);
        assert_eq!(told.sessions.len(), SESSIONS);
        let kept = |one: (&str, i64)| night(&[one]).sessions().is_subset(&told.sessions);
        assert!(!kept(all[6]) && kept(all[7]));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            prop_assert!(read(&text).is_err());
        }
    }
}
