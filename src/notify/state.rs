//! Turns what earlier drift checks found and told into a text and back. Pure.
//!
//! The text is a file of livevod's own, but anybody may have written it: whatever it says only decides what is told again
//! and what a metric begins with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::summary::Outcome;

/// The version of the format. A minor version only adds.
const FORMAT_VERSION: &str = "1.0";

/// What the beginning of its version must be.
const MAJOR: &str = "1.";

/// The most checks that a file holds; the oldest ones are dropped.
const CHECKS: usize = 200;

/// What earlier drift checks found and told.
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
    /// When it last read everything, whether it found drift or not.
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
}

/// Why a text is not the state of drift checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Another text, or only the beginning of one.
    #[error("it is not the state of drift checks")]
    NotOne,
    /// A version that this livevod does not know.
    #[error("its format version is unknown; this livevod reads {FORMAT_VERSION}")]
    Version,
}

#[derive(Serialize, Deserialize)]
struct Document {
    drift_state: String,
    checks: BTreeMap<String, CheckState>,
}

#[derive(Deserialize)]
struct Version {
    drift_state: String,
}

impl State {
    /// Reads a text. Times after `now` are dropped: they would hide that a check no longer succeeds.
    ///
    /// # Errors
    /// When it is not the state of drift checks, in a version that is known.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, StateError> {
        let Version { drift_state } = serde_json::from_str(text).map_err(|_| StateError::NotOne)?;
        if !drift_state.starts_with(MAJOR) {
            return Err(StateError::Version);
        }
        let Document { drift_state: _, mut checks } =
            serde_json::from_str(text).map_err(|_| StateError::NotOne)?;
        let past = |time: Option<Timestamp>| time.filter(|time| *time <= now);
        for check in checks.values_mut() {
            (check.last_run, check.last_success) = (past(check.last_run), past(check.last_success));
        }
        Ok(Self { checks })
    }

    /// The text.
    pub fn text(&self) -> String {
        let mut checks: Vec<(&String, &CheckState)> = self.checks.iter().collect();
        checks.sort_by_key(|(_, check)| std::cmp::Reverse(check.last_run));
        let checks = checks.into_iter().take(CHECKS).map(|(name, check)| (name.clone(), check.clone()));
        let document = Document { drift_state: FORMAT_VERSION.to_owned(), checks: checks.collect() };
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
    pub fn is_news(&self, receiver: &str, outcome: Outcome, fingerprint: &str) -> bool {
        match self.told.get(receiver) {
            Some(told) => told.fingerprint != fingerprint,
            None => outcome != Outcome::Clean,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn state(count: usize) -> State {
        let check = |at: usize| {
            let mut check = CheckState::default();
            let time = Timestamp::from_second(-1000 + at as i64).unwrap();
            check.count(Outcome::Drift, time, &[("A".to_owned(), (3, 1))].into());
            let told = Told { outcome: Outcome::Drift, fingerprint: "sha256:1".to_owned(), time };
            check.told.insert("slack".to_owned(), told);
            (format!("check {at:04}"), check)
        };
        State { checks: (0..count).map(check).collect() }
    }

    #[test]
    fn a_state_survives_and_keeps_the_checks_that_ran_last() {
        assert_eq!(State::read(&state(3).text(), NOW), Ok(state(3)));
        let kept = State::read(&state(CHECKS + 5).text(), NOW).unwrap();
        assert_eq!(kept.checks.len(), CHECKS);
        assert!(!kept.checks.contains_key("check 0004") && kept.checks.contains_key("check 0005"));
    }

    #[test]
    fn a_later_minor_version_is_read_and_another_major_one_is_not() {
        let text = state(1).text();
        let later = text.replace("\"1.0\"", "\"1.7\"").replace("\"last_run\"", "\"new\": 1, \"last_run\"");
        assert_eq!(State::read(&later, NOW), Ok(state(1)));
        assert_eq!(State::read(&text.replace("\"1.0\"", "\"2.0\""), NOW), Err(StateError::Version));
        for other in ["", "{}", "[]", "version: 1", &text[..text.len() - 9]] {
            assert_eq!(State::read(other, NOW), Err(StateError::NotOne), "{other}");
        }
    }

    #[test]
    fn a_time_to_come_does_not_hide_that_a_check_is_dead() {
        let text = state(1).text().replace("1969-12-31", "2969-12-31");
        let check = &State::read(&text, NOW).unwrap().checks["check 0000"];
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

    #[test]
    fn a_result_is_news_once_and_clean_only_after_something_else() {
        let mut check = CheckState::default();
        assert!(!check.is_news("slack", Outcome::Clean, "c"));
        assert!(check.is_news("slack", Outcome::Drift, "d"));
        let told = Told { outcome: Outcome::Drift, fingerprint: "d".to_owned(), time: NOW };
        check.told.insert("slack".to_owned(), told);
        assert!(!check.is_news("slack", Outcome::Drift, "d"));
        assert!(check.is_news("slack", Outcome::Drift, "e"));
        assert!(check.is_news("slack", Outcome::Clean, "c"));
        assert!(check.is_news("wecom", Outcome::Drift, "d"), "each receiver is told for itself");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            prop_assert!(State::read(&text, NOW).is_err());
        }
    }
}
