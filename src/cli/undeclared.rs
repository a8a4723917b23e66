//! Reads the domains of the account that no file names, for `--all-domains`: how many configurations each holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;

use super::connect::Connection;
use super::failure::Failure;
use crate::api;
use crate::diag::Diagnostic;
use crate::model::{DomainSnapshot, Snapshot};
use crate::plan::{Plan, UndeclaredDomain};
use crate::render;
use crate::resolve::Desired;

/// What to do if the account's domains can't be listed.
const OTHERWISE: &str =
    "try again, or leave out `--all-domains`, which compares only the domains that the files name";

/// How much of the account a command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Breadth {
    /// Also read the account's other domains, and list those that hold configurations although no file names them; they are never managed
    #[arg(long, conflicts_with_all = ["target", "exclude"])]
    all_domains: bool,
}

impl Breadth {
    /// Only the domains that the files name.
    pub(super) const DECLARED: Self = Self { all_domains: false };
}

/// The account's other domains: those that were read, and why the others could not be.
#[derive(Default)]
pub(super) struct Others {
    snapshot: Snapshot,
    failures: BTreeMap<Arc<str>, api::Error>,
}

/// Reads every main streaming domain that no file names, each in its own region, if that is asked for. A domain that
/// `ignore` names whole is not read.
///
/// # Errors
/// When the account's domains can't be listed.
pub(super) async fn others(
    breadth: Breadth,
    connection: &Connection,
    desired: &Desired,
) -> Result<Option<Others>, Failure> {
    if !breadth.all_domains {
        return Ok(None);
    }
    let (client, account) = (&connection.client, connection.target.account.as_deref());
    let mut regions =
        client.main_domains().await.map_err(|error| render::unlisted(&error, account, OTHERWISE))?;
    regions.retain(|name, _| !desired.domains.contains_key(name) && !is_ignored(name, desired));
    let names: Vec<Arc<str>> = regions.keys().cloned().collect();
    let regions = regions.into_iter().filter_map(|(name, region)| Some((name, region?))).collect();
    let (snapshot, failures) = client.in_regions(&regions).snapshot(names).await;
    Ok(Some(Others { snapshot, failures }))
}

fn is_ignored(domain: &str, desired: &Desired) -> bool {
    let mut whole = desired.ignore.iter().filter(|pattern| pattern.value.is_whole_domain());
    whole.any(|pattern| pattern.value.matches_domain(domain))
}

impl Others {
    /// Notes in the plan what was found, and returns a finding for each domain that could not be read.
    pub(super) fn note(&self, plan: &mut Plan, desired: &Desired, account: Option<&str>) -> Vec<Diagnostic> {
        let Self { snapshot, failures } = self;
        let ignored = desired.ignored();
        let count = |listed: &DomainSnapshot| {
            listed.configs.keys().filter(|address| !ignored.selects(address)).count()
        };
        let held = snapshot.domains.iter().map(|(name, listed)| (name.to_string(), count(listed)));
        let held = held.filter(|(_, configurations)| *configurations > 0);
        plan.notes.undeclared_domains =
            Some(held.map(|(domain, configurations)| UndeclaredDomain { domain, configurations }).collect());
        plan.notes.unread.extend(failures.keys().map(ToString::to_string));
        failures.iter().map(|(name, error)| render::unread_beside(name, error, account)).collect()
    }
}
