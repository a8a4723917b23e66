//! Finds what livevod itself last left at each address, as far as journals confirm it. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::{End, LeftOpenFound, Planned, Resolved};
use super::read::RunRecord;
use crate::model::{Address, RecordConfig};

/// What livevod last left at each address.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    confirmed: BTreeMap<Address, Confirmed>,
}

/// A state that a run left at an address and confirmed by reading it.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmed {
    /// The run that wrote it.
    pub run: String,
    /// When it was confirmed.
    pub time: Timestamp,
    /// The settings; `None` if the run deleted the configuration.
    pub after: Option<RecordConfig>,
    /// Whether no later write of livevod may have changed it: every later one certainly did nothing, and every journal
    /// could be read.
    pub is_last: bool,
}

impl History {
    /// What the runs left; `runs` are sorted, the first run first, and `is_whole` says whether every journal could be
    /// read.
    pub fn of(runs: &[RunRecord], is_whole: bool) -> Self {
        let mut history = Self::default();
        for run in runs {
            history.resolved(runs, run);
            history.written(run);
        }
        if !is_whole {
            history.confirmed.values_mut().for_each(|one| one.is_last = false);
        }
        history
    }

    /// The last confirmed state of an address.
    pub fn last(&self, address: &Address) -> Option<&Confirmed> {
        self.confirmed.get(address)
    }

    /// A run reads what earlier runs left open before it writes anything itself.
    fn resolved(&mut self, runs: &[RunRecord], run: &RunRecord) {
        for Resolved { time, run: earlier, address, found } in &run.resolved {
            let earlier = runs.iter().find(|one| one.header.run == *earlier);
            let planned = earlier.and_then(|earlier| Some((planned(earlier, address)?, earlier)));
            match (found, planned) {
                (LeftOpenFound::Arrived, Some((planned, earlier))) => {
                    self.confirm(planned, earlier, *time);
                }
                _ => self.doubt(address),
            }
        }
    }

    fn written(&mut self, run: &RunRecord) {
        let changes: BTreeMap<&Address, &Planned> =
            run.header.changes.iter().map(|change| (&change.address, change)).collect();
        // The last ending of an address counts: a change that was undone before the end of the run has two.
        let endings: BTreeMap<&Address, _> = run.endings.iter().map(|one| (&one.address, one)).collect();
        let is_done = |address: &Address| endings.get(address).is_some_and(|one| one.outcome == End::Done);
        for intent in &run.intents {
            let siblings = intent.siblings.iter().filter(|one| run.answers_to(one.id).next().is_some());
            siblings.for_each(|sibling| self.doubt(&sibling.address));
            if !is_done(&intent.address) {
                self.doubt(&intent.address);
            }
        }
        for (address, ending) in &endings {
            if let (End::Done, Some(planned)) = (ending.outcome, changes.get(*address)) {
                self.confirm(planned, run, ending.time);
            }
        }
    }

    fn confirm(&mut self, planned: &Planned, run: &RunRecord, time: Timestamp) {
        let (run, after) = (run.header.run.clone(), planned.after.clone());
        self.confirmed.insert(planned.address.clone(), Confirmed { run, time, after, is_last: true });
    }

    fn doubt(&mut self, address: &Address) {
        if let Some(confirmed) = self.confirmed.get_mut(address) {
            confirmed.is_last = false;
        }
    }
}

fn planned<'r>(run: &'r RunRecord, address: &Address) -> Option<&'r Planned> {
    run.header.changes.iter().find(|change| change.address == *address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::journal::read;

    const HEAD: &str = r#"{"event":"begun","format_version":"1.0","run":"RUN","livevod":"0","time":"2026-11-22T20:00:00Z","account":null,"target":"t","digest":"d","snapshot":null,"summary":SUMMARY,"changes":[{"address":"a.com/show/cam1","action":"create","before":null,"after":CONFIG}]}"#;
    const INTENT: &str = r#"{"event":"intent","id":1,"time":"2026-11-22T20:00:01Z","address":"a.com/show/cam1","step":"add","before":null,"after":null}"#;
    const UNKNOWN: &str = r#"{"event":"ended","time":"2026-11-22T20:00:03Z","address":"a.com/show/cam1","action":"create","outcome":"unknown","request_id":null,"message":"no"}"#;

    fn run(name: &str, lines: &[&str]) -> RunRecord {
        let summary = serde_json::to_string(&crate::plan::Summary::default()).unwrap();
        let config = serde_json::to_string(&RecordConfig::default()).unwrap();
        let head = HEAD.replace("RUN", name).replace("SUMMARY", &summary).replace("CONFIG", &config);
        let text: String = std::iter::once(head.as_str())
            .chain(lines.iter().copied())
            .map(|line| format!("{line}\n"))
            .collect();
        read(&text).unwrap().unwrap()
    }

    fn done() -> String {
        UNKNOWN.replace("unknown", "done").replace(r#","message":"no""#, "")
    }

    /// The run, the time and whether it is the last word.
    fn last(runs: &[RunRecord], is_whole: bool) -> Option<(String, String, bool)> {
        let history = History::of(runs, is_whole);
        let last = history.last(&"a.com/show/cam1".parse().unwrap())?.clone();
        Some((last.run, last.time.to_string(), last.is_last))
    }

    #[test]
    fn only_what_a_run_confirmed_counts() {
        let time = "2026-11-22T20:00:03Z".to_owned();
        assert_eq!(last(&[run("r1", &[])], true), None, "planned, never begun");
        assert_eq!(last(&[run("r1", &[INTENT])], true), None, "begun, and no end was recorded");
        assert_eq!(last(&[run("r1", &[INTENT, UNKNOWN])], true), None);
        let confirmed = run("r1", &[INTENT, &done()]);
        assert_eq!(last(std::slice::from_ref(&confirmed), true), Some(("r1".into(), time.clone(), true)));
        assert_eq!(last(std::slice::from_ref(&confirmed), false), Some(("r1".into(), time.clone(), false)));
        for later in [run("r2", &[INTENT]), run("r2", &[INTENT, UNKNOWN])] {
            assert_eq!(
                last(&[confirmed.clone(), later], true),
                Some(("r1".into(), time.clone(), false)),
                "a later write may have changed it"
            );
        }
        assert_eq!(last(&[confirmed.clone(), run("r2", &[])], true), Some(("r1".into(), time, true)));
        let undone = run("r1", &[INTENT, &done(), UNKNOWN]);
        assert_eq!(last(&[undone], true), None, "the last ending counts");
    }

    #[test]
    fn what_a_later_run_found_to_have_arrived_is_confirmed_then() {
        let resolved = r#"{"event":"resolved","time":"2026-11-23T08:00:00Z","run":"r1","address":"a.com/show/cam1","found":"arrived"}"#;
        let open = run("r1", &[INTENT, UNKNOWN]);
        let found = last(&[open.clone(), run("r2", &[resolved])], true);
        assert_eq!(found, Some(("r1".into(), "2026-11-23T08:00:00Z".into(), true)));
        assert_eq!(last(&[open, run("r2", &[&resolved.replace("arrived", "gone")])], true), None);
    }
}
