//! Finds what somebody changed after a run, so that a restore does not undo it in silence. Pure.

use super::entry::{Header, Planned};
use crate::model::{RecordConfig, Snapshot};
use crate::plan::{ActionKind, Aim, Plan, Warning};

/// A warning for each change of `plan` that overwrites what is neither the state before the run nor the state that the
/// run planned.
pub fn changed_since(run: &Header, plan: &Plan, snapshot: &Snapshot) -> Vec<Warning> {
    let is_planned =
        |one: &&Planned| plan.decisions.changes.iter().any(|change| change.address == one.address);
    let warning = |one: &Planned| {
        let message = format!(
            "`{}` was changed after run {}: {}; restoring overwrites that change",
            one.address,
            run.run,
            moved(one, snapshot)?
        );
        Some(Warning { message, address: Some(one.address.clone()) })
    };
    run.changes.iter().filter(is_planned).filter_map(warning).collect()
}

/// How the current state differs from the one that the run planned; `None` if it is that one, or the one before.
fn moved(planned: &Planned, snapshot: &Snapshot) -> Option<String> {
    let Planned { address, action, before, after } = planned;
    let found = snapshot.get(address);
    let aim =
        Aim { address, before: before.as_ref(), after: after.as_ref(), exact: *action != ActionKind::Create };
    if aim.reached(found) || aim.at_before(found) {
        return None;
    }
    let found = found.map(|remote| remote.config.clone().normalized());
    Some(match (after, found) {
        (Some(after), Some(found)) => fields(after, &found),
        (Some(_), None) => "it was deleted".to_owned(),
        (None, _) => "it was created again".to_owned(),
    })
}

/// `` `cycle_duration` was 45m and is 20m now ``
fn fields(planned: &RecordConfig, found: &RecordConfig) -> String {
    let field = |field| format!("`{field}` was {} and is {} now", planned.get(field), found.get(field));
    planned.differences(found).into_iter().map(field).collect::<Vec<_>>().join(", ")
}
