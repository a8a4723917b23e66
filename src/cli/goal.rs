//! The goal of a run, and the part of the service that it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base::BaseFiles;
use crate::apply::journal::Header;
use crate::diag::{Code, Diagnostic};
use crate::model::{Address, Snapshot};
use crate::plan::{self, Plan, PlanOptions, SavedPlan};
use crate::resolve::Desired;
use crate::snapshot::Saved;
use crate::source::Sources;

/// The state that a plan leads to.
#[derive(Clone, Copy)]
pub(super) enum Goal<'a> {
    /// What the files declare.
    Files,
    /// What the files declare; changes that these base files already ask for are shown separately.
    Beside(&'a BaseFiles),
    /// What the files declare, but with no change that is not in this plan.
    HeldTo(&'a SavedPlan),
    /// What this snapshot holds, except for what the current files ignore or protect.
    BackTo(&'a WayBack),
    /// The end of this plan. No files are read.
    Rest(&'a SavedPlan),
}

/// A snapshot to go back to.
pub(super) struct WayBack {
    /// The snapshot.
    pub(super) saved: Saved,
    /// The run that is taken back; `None` if the snapshot itself is named.
    pub(super) run: Option<Header>,
    /// What the current files declare, if there are any.
    pub(super) files: Option<Desired>,
}

impl WayBack {
    /// A warning if the files still declare something else than what `plan` has restored, so that a later plan would change
    /// it back.
    pub(super) fn until_next_plan(
        &self,
        plan: &Plan,
        snapshot: &Snapshot,
        sources: &Sources,
    ) -> Option<Diagnostic> {
        let files = self.files.as_ref()?;
        let next = plan::plan(files, &plan.decisions.carried_out(snapshot), sources, &PlanOptions::default());
        let restored = |address: &Address| plan.decisions.changes.iter().any(|one| one.address == *address);
        let undone = next.decisions.changes.iter().map(|change| &change.address);
        let undone: Vec<&Address> = undone.filter(|address| restored(address)).collect();
        let (first, more) = undone.split_first()?;
        let others = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let message = format!(
            "the files do not declare what was restored at `{first}`{others}: the next `apply` would undo this restore"
        );
        let warning = Diagnostic::new(Code::PlanWarning, message);
        Some(warning.help("edit the files until `livevod plan` shows no changes there"))
    }
}

impl Goal<'_> {
    /// The part of the service that it concerns; `desired` comes from the files or the snapshot.
    pub(super) fn reach(self, desired: &Desired) -> Reach {
        match self {
            Goal::Files | Goal::Beside(_) | Goal::HeldTo(_) | Goal::BackTo(_) => Reach::of(desired),
            Goal::Rest(saved) => {
                let regions = &saved.decisions.domains;
                Reach {
                    account: saved.decisions.account.clone(),
                    regions: regions
                        .iter()
                        .map(|(name, region)| (name.as_str().into(), region.clone()))
                        .collect(),
                }
            }
        }
    }
}

/// The account and the domains that a run concerns.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// The declared account.
    pub(super) account: Option<String>,
    /// Every domain, with its region if the files name one.
    pub(super) regions: BTreeMap<Arc<str>, Option<String>>,
}

impl Reach {
    /// The account and the domains that the files or a snapshot name.
    pub(super) fn of(desired: &Desired) -> Self {
        let regions = desired
            .domains
            .iter()
            .map(|(name, domain)| (name.clone(), domain.region.as_ref().map(|region| region.value.clone())));
        Self {
            account: desired.account.as_ref().map(|account| account.value.clone()),
            regions: regions.collect(),
        }
    }
}
