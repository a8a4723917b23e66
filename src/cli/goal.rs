//! What a run leads to, and the part of the service that it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base::BaseFiles;
use crate::plan::SavedPlan;
use crate::resolve::Desired;
use crate::snapshot::Saved;

/// Where a plan leads.
#[derive(Clone, Copy)]
pub(super) enum Goal<'a> {
    /// To what the files say.
    Files,
    /// To what the files say; what these others ask for is told apart.
    Beside(&'a BaseFiles),
    /// To what the files say, and it may do nothing that this plan does not.
    HeldTo(&'a SavedPlan),
    /// Back to this, but for what the files of today say must not be touched.
    BackTo(&'a Saved),
    /// To the end of this plan. No file is read.
    Rest(&'a SavedPlan),
}

impl Goal<'_> {
    /// The part of the service that it is about; `desired` is what the files or the snapshot say.
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

/// Whose configurations, and of which domains.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// The declared account.
    pub(super) account: Option<String>,
    /// Every domain, with its region where one is written.
    pub(super) regions: BTreeMap<Arc<str>, Option<String>>,
}

impl Reach {
    /// What files or a snapshot name.
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
