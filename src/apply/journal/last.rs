//! Finds the last thing that the records of runs say about one address. Pure.

use jiff::Timestamp;

use super::entry::{End, Ending, LeftOpenFound, Planned, Reply, Resolved};
use super::read::RunRecord;
use crate::model::Address;
use crate::plan::ActionKind;

/// The last thing that journals say about an address.
#[derive(Debug, Clone, PartialEq)]
pub struct LastEntry {
    /// The run that wrote it.
    pub run: String,
    /// When it was written.
    pub time: Timestamp,
    /// What it says.
    pub told: Told,
}

/// What a journal says about an address.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// How a planned change ended.
    Ended {
        /// The planned action.
        action: ActionKind,
        /// The outcome.
        outcome: End,
        /// The service's id of the last write.
        request_id: Option<String>,
        /// Why the change is not done.
        message: Option<String>,
    },
    /// A write of a planned change may have been sent, and its end was never recorded.
    Open(ActionKind),
    /// A planned change that the run did not start.
    NotBegun(ActionKind),
    /// The configuration was to be added back beside an app-wide one that was deleted.
    PutBack(Reply),
    /// What a run found of something that an earlier run left unfinished.
    Found {
        /// The earlier run.
        of: String,
        /// What was found.
        found: LeftOpenFound,
    },
}

/// The last thing that the runs say about `address`; `runs` are sorted, the first run first.
pub fn last_entry(runs: &[RunRecord], address: &Address) -> Option<LastEntry> {
    runs.iter().rev().find_map(|run| {
        let (time, told) = told(run, address).into_iter().next_back()?;
        Some(LastEntry { run: run.header.run.clone(), time, told })
    })
}

/// Everything that one run says, in the order of its steps: the changes that it did not start come before what it
/// found.
fn told(run: &RunRecord, address: &Address) -> Vec<(Timestamp, Told)> {
    let found = run.resolved.iter().filter(|resolved| resolved.address == *address);
    let found = found.map(|Resolved { time, run, address: _, found }| {
        (*time, Told::Found { of: run.clone(), found: *found })
    });
    let planned = run.header.changes.iter().find(|change| change.address == *address);
    let siblings = run.intents.iter().flat_map(|intent| &intent.siblings);
    let back = siblings.filter(|sibling| sibling.address == *address).flat_map(|one| run.answers_to(one.id));
    let back = back.map(|answer| (answer.time, Told::PutBack(answer.reply)));
    let planned = planned.map(|planned| change(run, planned));
    let (not_begun, written): (Vec<_>, Vec<_>) =
        planned.into_iter().partition(|(_, told)| matches!(told, Told::NotBegun(_)));
    not_begun.into_iter().chain(found).chain(written).chain(back).collect()
}

fn change(run: &RunRecord, planned: &Planned) -> (Timestamp, Told) {
    let Planned { address, action, before: _, after: _ } = planned;
    if let Some(ending) = run.ending(address) {
        let Ending { time, address: _, action, outcome, request_id, message } = ending.clone();
        return (time, Told::Ended { action, outcome, request_id, message });
    }
    let intents = run.intents.iter().filter(|intent| intent.address == *address);
    match intents.map(|intent| intent.time).max() {
        Some(time) => (time, Told::Open(*action)),
        None => (run.header.time, Told::NotBegun(*action)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::journal::read;

    const HEAD: &str = r#"{"event":"begun","format_version":"1.0","run":"RUN","livevod":"0","time":"2026-11-22T20:00:00Z","account":null,"target":"t","digest":"d","snapshot":null,"summary":SUMMARY,"changes":[{"address":"a.com/show/cam1","action":"delete","before":null,"after":null}]}"#;

    /// The record of a run with these lines after its first.
    fn run(name: &str, lines: &[&str]) -> RunRecord {
        let summary = serde_json::to_string(&crate::plan::Summary::default()).unwrap();
        let head = HEAD.replace("RUN", name).replace("SUMMARY", &summary);
        let text: String = std::iter::once(head.as_str())
            .chain(lines.iter().copied())
            .map(|line| format!("{line}\n"))
            .collect();
        read(&text).unwrap().unwrap()
    }

    const INTENT: &str = r#"{"event":"intent","id":1,"time":"2026-11-22T20:00:01Z","address":"a.com/show/cam1","step":"delete","before":null,"after":null,"siblings":[]}"#;
    const ENDED: &str = r#"{"event":"ended","time":"2026-11-22T20:00:03Z","address":"a.com/show/cam1","action":"delete","outcome":"failed","request_id":"R","message":"no"}"#;
    const RESOLVED: &str = r#"{"event":"resolved","time":"2026-11-22T21:00:00Z","run":"r1","address":"a.com/show/cam1","found":"arrived"}"#;

    fn last(runs: &[RunRecord]) -> Option<(String, Told)> {
        let address = "a.com/show/cam1".parse().unwrap();
        last_entry(runs, &address).map(|last| (last.run, last.told))
    }

    #[test]
    fn a_change_is_told_as_far_as_it_came() {
        let told = |lines: &[&str]| last(&[run("r1", lines)]).unwrap().1;
        assert_eq!(told(&[]), Told::NotBegun(ActionKind::Delete));
        assert_eq!(told(&[INTENT]), Told::Open(ActionKind::Delete));
        let ended = Told::Ended {
            action: ActionKind::Delete,
            outcome: End::Failed,
            request_id: Some("R".into()),
            message: Some("no".into()),
        };
        assert_eq!(told(&[INTENT, ENDED]), ended);
        assert_eq!(last(&[]), None);
        let other = "a.com/show/cam2".parse().unwrap();
        assert_eq!(last_entry(&[run("r1", &[INTENT, ENDED])], &other), None);
    }

    #[test]
    fn the_newest_run_that_tells_of_the_address_counts_and_in_it_the_last_moment() {
        let found = (String::from("r2"), Told::Found { of: "r1".into(), found: LeftOpenFound::Arrived });
        let mut resolving = run("r2", &[RESOLVED]);
        assert_eq!(
            last(&[run("r1", &[INTENT]), resolving.clone()]),
            Some(found),
            "found after it was planned"
        );
        resolving.header.changes.clear();
        resolving.resolved.clear();
        let open = (String::from("r1"), Told::Open(ActionKind::Delete));
        assert_eq!(last(&[run("r1", &[INTENT]), resolving]), Some(open));
    }

    #[test]
    fn what_was_put_back_beside_another_is_told() {
        let sibling = r#""siblings":[{"id":2,"address":"a.com/show/cam1","config":CONFIG}]"#;
        let config = serde_json::to_string(&crate::model::RecordConfig::default()).unwrap();
        let beside =
            INTENT.replace("cam1", "*").replace("\"siblings\":[]", &sibling.replace("CONFIG", &config));
        let answer =
            r#"{"event":"answer","id":2,"time":"2026-11-22T20:00:04Z","reply":"accepted","request_id":null}"#;
        let mut run = run("r1", &[&beside, answer]);
        run.header.changes.clear();
        assert_eq!(last(&[run]), Some(("r1".into(), Told::PutBack(Reply::Accepted))));
    }
}
