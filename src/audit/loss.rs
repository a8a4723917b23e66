//! The guard of a replay: what aired and was recorded must still be recorded after the plan.

use std::collections::BTreeMap;

use super::replay::{Replay, Tally};
use crate::model::{Address, length_text};
use crate::plan::{Change, Guard, Held};

/// The flag that allows what the guard refuses.
const FLAG: &str = "--allow-replay-loss";

impl Replay {
    /// A refusal for each of the `changes` after which something that aired would no longer be recorded.
    pub fn losses(&self, changes: &[Change]) -> Vec<Held> {
        let of_plan = |address: &&Address| changes.iter().any(|change| change.address == **address);
        let mut lost: BTreeMap<Option<&Address>, Tally> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.sides.loses()) {
            let cause = row.before.as_ref().filter(of_plan).or(row.after.as_ref().filter(of_plan));
            let tally = lost.entry(cause).or_default();
            *tally = tally.plus(row.sides.before);
        }
        lost.into_iter().map(|(cause, tally)| refusal(cause, tally)).collect()
    }
}

fn refusal(cause: Option<&Address>, Tally { sessions, aired, .. }: Tally) -> Held {
    let sessions = if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
    Held {
        guard: Guard::ReplayLoss,
        address: cause.cloned(),
        message: format!(
            "{sessions} of the replay ({} on air) would no longer be recorded",
            length_text(aired.as_secs())
        ),
        release: Some(FLAG.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::audit::{ReplayRow, Sides};
    use crate::model::{Period, RecordConfig, StreamSpelling};
    use crate::plan::{Reason, Transition};

    fn address(text: &str) -> Address {
        format!("live.example.com/{text}").parse().unwrap()
    }

    fn delete(text: &str) -> Change {
        Change {
            address: address(text),
            transition: Transition::Delete { before: RecordConfig::default() },
            reason: Reason::DeclaredAbsent,
            is_protected: false,
            spelling: StreamSpelling::Named,
            contingent: Vec::new(),
            siblings: Vec::new(),
        }
    }

    /// A stream that was recorded by `before` for some hours, in one session each, and is recorded by `after`, or by nothing.
    fn row(text: &str, before: &str, after: Option<&str>, hours: u64) -> ReplayRow {
        let aired = SignedDuration::from_hours(i64::try_from(hours).unwrap());
        let recorded = Tally { sessions: hours, aired, ..Tally::default() };
        let unrecorded = Tally { unrecorded: aired, ..recorded };
        ReplayRow {
            address: address(text),
            template: None,
            before: Some(address(before)),
            after: after.map(address),
            sides: Sides { before: recorded, after: if after.is_some() { recorded } else { unrecorded } },
        }
    }

    #[test]
    fn each_change_answers_for_what_it_loses() {
        let replay = Replay {
            period: Period::new(
                "2026-11-20T00:00:00Z".parse().unwrap(),
                "2026-11-27T00:00:00Z".parse().unwrap(),
            ),
            rows: vec![
                row("show/a", "show/*", None, 3),
                row("show/b", "show/*", None, 1),
                row("show/cam1", "show/cam1", None, 1),
                row("news/desk", "news/desk", Some("news/*"), 9),
            ],
            total: Sides::default(),
            unclear: 0,
            unread: BTreeMap::new(),
        };
        let changes = [delete("show/*"), delete("show/cam1"), delete("news/desk")];
        let found: Vec<_> =
            replay.losses(&changes).into_iter().map(|held| (held.address, held.message)).collect();
        let says = |text: &str| format!("{text} would no longer be recorded");
        let expected = [
            (Some(address("show/*")), says("4 sessions of the replay (4 h on air)")),
            (Some(address("show/cam1")), says("1 session of the replay (1 h on air)")),
        ];
        assert_eq!(found, expected);
        assert!(replay.losses(&changes).iter().all(|held| held.guard == Guard::ReplayLoss));
    }
}
