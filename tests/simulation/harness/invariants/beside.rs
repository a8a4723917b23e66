//! Which siblings an app-wide entry may have when it is removed.

use std::collections::BTreeSet;

use livevod::apply::Outcome;
use livevod::model::Address;
use livevod::plan::{ActionKind, Change};

use super::super::Run;
use super::super::story::{Call, Target};
use super::super::truth::folded;
use super::super::weather::Step;
use super::writes::seen;
use super::{View, is_foreign_between};

/// An app-wide entry is removed only if the last listing before its Delete shows the same siblings as the plan's own
/// listing, except those that the run itself was to add or delete.
pub(super) fn an_app_wide_entry_goes_only_beside_what_the_plan_saw(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        let deletes = view.writes().filter(|(_, call, address)| {
            call.step == Step::Delete && address.is_app_wide() && view.change(address).is_some()
        });
        for (at, _, wide) in deletes {
            let planned = listed(view, wide, |place, call| place < view.start() && call.step == Step::Plan);
            let listed = listed(view, wide, |place, call| place < at && call.step == Step::List);
            let (Some(planned), Some(listed)) = (planned, listed) else {
                return Err(format!("{wide} goes without a listing before"));
            };
            let planned = as_planned(view, wide, planned);
            let other = planned.symmetric_difference(&listed);
            // Each page of a listing shows another moment.
            let is_paged = !run.scene.has_quirk("page-cap=asked");
            let other =
                other.filter(|address| !is_paged || !is_foreign_between(run, view.start(), at, address));
            if let Some(other) = other.into_iter().find(|address| !is_own(view, at, address)) {
                return Err(format!("{wide} goes although {other} is beside it otherwise than planned"));
            }
        }
    }
    Ok(())
}

/// The siblings of an entry in the last matching, answered listing of its domain.
fn listed(view: View, wide: &Address, fits: impl Fn(usize, &Call) -> bool) -> Option<BTreeSet<Address>> {
    let own = view.run.story.iter().enumerate().filter(|(_, one)| one.process == view.number);
    let calls = own.filter_map(|(at, one)| match &one.what {
        super::What::Call(call) => Some((at, call)),
        _ => None,
    });
    let is_of_domain =
        |call: &Call| matches!(&call.target, Target::Domain(domain) if **domain == *wide.domain);
    let mut fitting = calls.filter(|(at, call)| call.is_answered() && is_of_domain(call) && fits(*at, call));
    let (at, call) = fitting.next_back()?;
    Some(seen(view.run, at, call).keys().filter(|other| wide.has_beside(other)).cloned().collect())
}

/// The state after the rest of the plan.
fn as_planned(view: View, wide: &Address, mut listed: BTreeSet<Address>) -> BTreeSet<Address> {
    for change in
        view.plan.decisions.changes.iter().filter(|change| wide.has_beside(&folded(&change.address)))
    {
        match change.after() {
            Some(_) => listed.insert(folded(&change.address)),
            None => listed.remove(&folded(&change.address)),
        };
    }
    listed
}

/// Whether the run itself causes the difference: it was to add the entry and has not, or will delete it after this.
fn is_own(view: View, before: usize, address: &Address) -> bool {
    let end = view.finished().find(|(at, one)| *at < before && folded(&one.address) == *address);
    let is_done = end.is_some_and(|(_, one)| one.outcome == Outcome::Done);
    match view.change(address).map(Change::action) {
        Some(ActionKind::Create) => !is_done,
        Some(ActionKind::Delete) => end.is_none(),
        _ => false,
    }
}
