//! The goal of a run, and the part of the service that it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base::BaseFiles;
use crate::plan::SavedPlan;
use crate::resolve::Desired;
use crate::snapshot::Saved;

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
    BackTo(&'a Saved),
    /// The end of this plan. No files are read.
    Rest(&'a SavedPlan),
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
