//! The emulator's own log of calls: how far a run came, and whether its writes are consistent.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

/// One call, as the emulator saw it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Call {
    action: String,
    pub(super) address: String,
    code: Option<String>,
    fate: String,
}

impl Call {
    /// All calls so far. An incomplete last line does not count.
    pub(super) fn all(log: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// `Add`, `Update`, `Delete`; `None` for a read.
    pub(super) fn write(&self) -> Option<&str> {
        let write = self.action.strip_suffix("LiveRecordVodConfig")?;
        Some(write)
    }

    /// Whether the service has not got it yet, although livevod has lost track of it.
    pub(super) fn is_late(&self) -> bool {
        self.fate == "late"
    }

    fn is_accepted(&self) -> bool {
        self.fate == "carried_out" && self.code.is_none()
    }
}

/// Replays the writes over the initial addresses, and returns the impossible ones: an Add of an existing entry, or a Delete of
/// a missing one. After a late write, the state of its address is uncertain.
pub(super) fn contradictions(
    calls: &[Call],
    mut there: BTreeSet<String>,
    takes_siblings: bool,
) -> Vec<String> {
    let (mut unsure, mut found) = (BTreeSet::new(), Vec::new());
    for call in calls {
        let (address, write) = (&call.address, call.write().unwrap_or_default());
        let goes_along = |other: &String| {
            let app = address.strip_suffix('*').filter(|_| takes_siblings && write == "Delete");
            other == address || app.is_some_and(|app| other.starts_with(app))
        };
        if call.is_late() {
            unsure.extend(there.iter().filter(|other| goes_along(other)).cloned());
            unsure.insert(address.clone());
        }
        let fits = match write {
            _ if !call.is_accepted() => true,
            "Add" => there.insert(address.clone()),
            "Update" => there.contains(address),
            "Delete" => {
                let was_there = there.contains(address);
                there.retain(|other| !goes_along(other));
                was_there
            }
            _ => true,
        };
        if !fits && !unsure.contains(address) {
            found.push(format!("{write} {address}"));
        }
    }
    found
}

#[test]
fn two_adds_without_a_delete_between_contradict_each_other() {
    let call = |write: &str, code: Option<&str>| Call {
        action: format!("{write}LiveRecordVodConfig"),
        address: "a.com/show/cam1".to_owned(),
        code: code.map(str::to_owned),
        fate: "carried_out".to_owned(),
    };
    let (add, delete) = (call("Add", None), call("Delete", None));
    let refused = call("Add", Some("ConfigAlreadyExists"));
    let none = || BTreeSet::new();
    assert_eq!(contradictions(&[add.clone(), refused, delete, add.clone()], none(), false), [""; 0]);
    assert_eq!(contradictions(&[add.clone(), add], none(), false), ["Add a.com/show/cam1"]);
}
