//! Adds to files what the service has and no file declares. Pure: files are texts.
//!
//! ```text
//! Sources, Snapshot ─pending→ entries ─added→ a tree for each file ─splice→ texts ─proof→ Merge
//! ```
//!
//! An entry says only what it does not inherit where it is added. To find that out, it is added without settings first
//! and resolved; what differs from the service is written. Nothing is returned unless the edited files plan the same as
//! before, except that the added addresses are managed and have no change.

mod added;
mod adopt;
mod files;
mod order;
mod outcome;
mod pending;
mod place;
mod proof;
mod settings;
mod splice;
mod style;
mod text;

use std::collections::BTreeSet;

use crate::model::{Address, Snapshot};
use crate::plan::{self, ActionKind, Plan, PlanOptions};
use crate::source::FileId;

use files::Files;
use pending::Additions;
use proof::Side;
use text::Texts;

pub use adopt::{Adopter, Adoption, Outlines, acceptance};
pub use outcome::{Ambiguous, Merge, MergeError, Request};
pub use place::NewFiles;

/// Adds every configuration that exists in a domain of the snapshot, is supported, and that no file declares, ignores or
/// prunes.
///
/// # Errors
/// When the files have errors, or when the result is not proven to be right.
pub fn merge(request: &Request<'_>) -> Result<Merge, MergeError> {
    let before = Files::checked(request.sources);
    if !before.errors.is_empty() {
        return Err(MergeError::Faulty(before.errors));
    }
    let outlines = before.outlines();
    let plan_before = planned(&before, request.snapshot);
    let mut additions = Additions::find(request, &before, &outlines, &plan_before);
    let texts = additions.settle();
    let (added, ambiguous) = (additions.addresses(), additions.ambiguous());
    let after = Files::checked(&texts.sources);
    let plan_after = planned(&after, request.snapshot);
    let sides = [
        Side { desired: &before.desired, plan: &plan_before },
        Side { desired: &after.desired, plan: &plan_after },
    ];
    let mut differences = proof::differences(&sides, &added.iter().cloned().collect::<BTreeSet<_>>());
    differences.extend(after.errors.iter().map(|error| error.message.clone()));
    if !differences.is_empty() {
        return Err(MergeError::Unproven(differences));
    }
    let Texts { sources, edited, created } = texts;
    let text = |file: &FileId| sources.get(*file).text().to_owned();
    Ok(Merge {
        edited: edited.iter().map(|file| (*file, text(file))).collect(),
        created: created.iter().map(|file| (sources.get(*file).name().to_owned(), text(file))).collect(),
        added,
        ambiguous,
        differing: differing(&plan_before),
    })
}

/// The plan of some files. Only domains of the snapshot are in it.
fn planned(files: &Files<'_>, snapshot: &Snapshot) -> Plan {
    plan::plan(&files.desired, snapshot, files.sources, &PlanOptions::default())
}

/// What is declared and exists, but not as declared.
fn differing(plan: &Plan) -> Vec<Address> {
    let is_other = |action| matches!(action, ActionKind::Update | ActionKind::Replace);
    let others = plan.decisions.changes.iter().filter(|change| is_other(change.action()));
    others.map(|change| change.address.clone()).collect()
}
