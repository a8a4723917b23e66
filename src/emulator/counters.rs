//! Counts calls by action and by outcome.

use std::collections::BTreeMap;

use serde::Serialize;

/// Calls since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// By action; unknown actions are under `other`.
    pub actions: BTreeMap<String, ActionCounters>,
    /// Strikes of faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
}

/// Calls of one action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActionCounters {
    /// All calls.
    pub calls: u64,
    /// Successful calls.
    pub accepted: u64,
    /// The rest by the code of the answer; `none` if the caller got no answer or one without a code.
    pub refused: BTreeMap<String, u64>,
}

/// The most actions that are counted separately, since names come from outside.
const ACTIONS: usize = 64;

impl Counters {
    pub(super) fn count(&mut self, action: &str, code: Option<&str>, faults: &[&'static str]) {
        let has_room = self.actions.len() < ACTIONS && !action.is_empty();
        let name = if has_room || self.actions.contains_key(action) { action } else { "other" };
        // Avoids an allocation for an action that is already counted.
        let counters = match self.actions.get_mut(name) {
            Some(counters) => counters,
            None => self.actions.entry(name.to_owned()).or_default(),
        };
        counters.calls += 1;
        match code {
            None => counters.accepted += 1,
            Some(code) => *counters.refused.entry(code.to_owned()).or_default() += 1,
        }
        for fault in faults {
            *self.faults.entry(fault).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_action_and_end() {
        let mut counters = Counters::default();
        counters.count("Add", None, &[]);
        counters.count("Add", Some("ConfigAlreadyExists"), &["latency"]);
        counters.count("", Some("none"), &["latency", "hang"]);
        let text = serde_json::to_string(&counters).unwrap();
        assert_eq!(
            text,
            r#"{"actions":{"Add":{"calls":2,"accepted":1,"refused":{"ConfigAlreadyExists":1}},"other":{"calls":1,"accepted":0,"refused":{"none":1}}},"faults":{"hang":1,"latency":2}}"#
        );
    }

    #[test]
    fn names_from_outside_can_not_fill_the_memory() {
        let mut counters = Counters::default();
        (0..1000).for_each(|number| counters.count(&number.to_string(), None, &[]));
        assert_eq!(counters.actions.len(), ACTIONS + 1);
    }
}
