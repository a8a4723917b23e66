//! Turns the journals of livevod's runs into the writes that say what ruled when. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::history::{Ended, Write};
use crate::apply::journal::{End, Ending, Intent, LeftOpenFound, Resolved, RunRecord, Sibling};
use crate::model::{Address, Remote, Snapshot};

/// Every write that may have been carried out, sorted by address and time. `runs` are those against one target and account, the
/// first run first; `snapshots` holds what existed before a run, by its id, as far as that was kept.
pub fn writes(runs: &[RunRecord], snapshots: &BTreeMap<String, Snapshot>) -> Vec<Write> {
    let mut writes: Vec<Write> = runs.iter().flat_map(|run| of_run(runs, run, snapshots)).collect();
    writes.sort_by(|one, other| (&one.address, one.sent).cmp(&(&other.address, other.sent)));
    settle(&mut writes);
    writes
}

fn of_run(runs: &[RunRecord], run: &RunRecord, snapshots: &BTreeMap<String, Snapshot>) -> Vec<Write> {
    let before = snapshots.get(&run.header.run);
    let created =
        |address: &Address| before.and_then(|snapshot| snapshot.get(address)).and_then(Remote::created);
    let mut steps: BTreeMap<&Address, Vec<&Intent>> = BTreeMap::new();
    for intent in &run.intents {
        steps.entry(&intent.address).or_default().push(intent);
    }
    // The last ending of an address counts.
    let endings: BTreeMap<&Address, &Ending> = run.endings.iter().map(|one| (&one.address, one)).collect();
    let arrived = run.intents.iter().filter(|intent| run.may_have_arrived(intent.id));
    let mut writes = Vec::new();
    let mut seen = BTreeSet::new();
    for intent in arrived {
        // What an earlier step of the run added has no time of creation that was kept.
        let is_first = seen.insert(&intent.address);
        let Intent { id, time: sent, address, step: _, contingent: _, before, after, siblings } = intent;
        let mut later = steps.get(address).into_iter().flatten().filter(|one| one.id > *id);
        let next = later.find(|next| next.before == *after).map(|next| next.time);
        let done = endings.get(address).filter(|ending| ending.outcome == End::Done);
        let done = next.or_else(|| done.map(|ending| ending.time));
        let ended = done.or_else(|| resolved(runs, run, address)).map_or(Ended::Unknown, Ended::Confirmed);
        writes.push(Write {
            address: address.clone(),
            sent: *sent,
            ended,
            before: before.clone(),
            created: created(address).filter(|_| is_first),
            after: after.clone(),
        });
        // A delete may have taken these along, until they were added back.
        writes.extend(siblings.iter().map(|Sibling { id: _, address, config }| Write {
            address: address.clone(),
            sent: *sent,
            ended,
            before: Some(config.clone()),
            created: created(address),
            after: Some(config.clone()),
        }));
    }
    writes
}

/// When a later run found that a write had been carried out.
fn resolved(runs: &[RunRecord], run: &RunRecord, address: &Address) -> Option<Timestamp> {
    let found = runs.iter().flat_map(|later| &later.resolved);
    let mut found = found.filter(|one| one.run == run.header.run && one.address == *address);
    found
        .find(|Resolved { found, .. }| *found == LeftOpenFound::Arrived)
        .map(|Resolved { time, run: _, address: _, found: _ }| *time)
}

/// An unknown outcome is known again once livevod has written the address later: it reads before it writes, and it awaits what was
/// lost. Until then nothing is known.
fn settle(writes: &mut [Write]) {
    let mut later: Option<(Address, Timestamp)> = None;
    for write in writes.iter_mut().rev() {
        let next = later.take().filter(|(address, _)| *address == write.address).map(|(_, sent)| sent);
        match (write.ended, next) {
            (Ended::Unknown, Some(next)) => write.ended = Ended::Confirmed(next),
            (Ended::Unknown | Ended::Confirmed(_), _) => {}
        }
        later = Some((write.address.clone(), write.sent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::journal::read;
    use crate::model::RecordConfig;

    const HEAD: &str = r#"{"event":"begun","format_version":"1.0","run":"RUN","livevod":"0","time":"2026-11-22T20:00:00Z","account":null,"target":"t","digest":"d","snapshot":null,"summary":SUMMARY,"changes":[{"address":"a.com/show/cam1","action":"create","before":null,"after":CONFIG}]}"#;

    fn config() -> String {
        serde_json::to_string(&RecordConfig::default()).unwrap()
    }

    fn run(name: &str, lines: &[String]) -> RunRecord {
        let summary = serde_json::to_string(&crate::plan::Summary::default()).unwrap();
        let head = HEAD.replace("RUN", name).replace("SUMMARY", &summary).replace("CONFIG", &config());
        let text: String = std::iter::once(&head).chain(lines).map(|line| format!("{line}\n")).collect();
        read(&text).unwrap().unwrap()
    }

    /// `is_there` before and after the write.
    fn intent(id: u64, second: u32, step: &str, is_there: (bool, bool)) -> String {
        let config = |is_there: bool| if is_there { config() } else { "null".to_owned() };
        let (before, after) = (config(is_there.0), config(is_there.1));
        format!(
            r#"{{"event":"intent","id":{id},"time":"2026-11-22T20:00:{second:02}Z","address":"a.com/show/cam1","step":"{step}","before":{before},"after":{after}}}"#
        )
    }

    fn answer(id: u64, reply: &str) -> String {
        format!(
            r#"{{"event":"answer","id":{id},"time":"2026-11-22T20:00:30Z","reply":"{reply}","request_id":null}}"#
        )
    }

    fn end(second: u32, outcome: &str) -> String {
        format!(
            r#"{{"event":"ended","time":"2026-11-22T20:00:{second:02}Z","address":"a.com/show/cam1","action":"create","outcome":"{outcome}","request_id":null}}"#
        )
    }

    fn told(runs: &[RunRecord]) -> Vec<(u8, Option<u8>, bool)> {
        let second = |time: Timestamp| time.to_zoned(jiff::tz::TimeZone::UTC).second() as u8;
        let row = |write: Write| {
            let ended = match write.ended {
                Ended::Confirmed(time) => Some(second(time)),
                Ended::Unknown => None,
            };
            (second(write.sent), ended, write.after.is_some())
        };
        writes(runs, &BTreeMap::new()).into_iter().map(row).collect()
    }

    #[test]
    fn a_write_ends_when_it_was_confirmed() {
        let add = || intent(1, 1, "add", (false, true));
        assert_eq!(told(&[run("r1", &[add(), answer(1, "accepted"), end(9, "done")])]), [(1, Some(9), true)]);
        assert_eq!(told(&[run("r1", &[add(), answer(1, "unclear"), end(9, "unknown")])]), [(1, None, true)]);
        assert_eq!(told(&[run("r1", &[add()])]), [(1, None, true)], "it died");
        assert_eq!(told(&[run("r1", &[add(), answer(1, "refused"), end(9, "failed")])]), []);
    }

    #[test]
    fn a_replace_is_two_writes_with_nothing_in_between() {
        let steps = [
            intent(1, 1, "delete", (true, false)),
            answer(1, "accepted"),
            intent(2, 5, "add", (false, true)),
            answer(2, "accepted"),
            end(9, "done"),
        ];
        assert_eq!(told(&[run("r1", &steps)]), [(1, Some(5), false), (5, Some(9), true)]);
        let died = run("r1", &steps[..3]);
        assert_eq!(told(&[died]), [(1, Some(5), false), (5, None, true)]);
    }

    #[test]
    fn what_a_later_run_found_or_wrote_ends_an_unknown_outcome() {
        let lost = || run("r1", &[intent(1, 1, "add", (false, true)), end(9, "unknown")]);
        let resolved = |found: &str| {
            format!(
                r#"{{"event":"resolved","time":"2026-11-22T20:00:40Z","run":"r1","address":"a.com/show/cam1","found":"{found}"}}"#
            )
        };
        assert_eq!(told(&[lost(), run("r2", &[resolved("arrived")])]), [(1, Some(40), true)]);
        assert_eq!(told(&[lost(), run("r2", &[resolved("pending")])]), [(1, None, true)]);
        let again = [intent(1, 50, "add", (false, true)), answer(1, "accepted"), end(55, "done")];
        assert_eq!(told(&[lost(), run("r2", &again)]), [(1, Some(50), true), (50, Some(55), true)]);
    }
}
