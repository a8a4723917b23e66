//! Who holds which domains, for people: the list of leases, and the way out if one must go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::abreast::side_by_side;
use super::error::StoreError;
use super::objects::Objects;
use super::part::{self, Entry, Holder};
use super::standing::{self, Standing};

/// A domain that another run holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The domain.
    pub domain: String,
    /// Its token.
    pub token: u64,
    /// The run.
    pub run: String,
    /// Who runs it, as far as it said so.
    pub holder: Option<Holder>,
    /// When it began, by the clock of the store, as far as that is known.
    pub since: Option<Timestamp>,
    /// When the lease runs out unless it is renewed, by the clock of the store; `None` if it was ended, and what its run sent may still
    /// arrive.
    pub until: Option<Timestamp>,
    /// From when on the domain can be taken if the lease is not renewed, by the clock of the store.
    pub free_from: Timestamp,
}

impl Held {
    /// The token as it is typed, `DOMAIN:NUMBER`.
    pub fn typed_token(&self) -> String {
        format!("{}:{}", self.domain, self.token)
    }
}

/// Every domain of an account that a run holds, or whose run sent something that may still arrive; sorted by domain. Only the named
/// domains and runs are looked at, or all. `now` is by the clock of the store, as far as it is known.
///
/// # Errors
/// When the store can't be read.
pub async fn holders(
    objects: &Arc<dyn Objects>,
    account: &str,
    (domains, runs): (Option<&BTreeSet<String>>, Option<&BTreeSet<String>>),
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    let is_named = |name: &str, named: Option<&BTreeSet<String>>| named.is_none_or(|all| all.contains(name));
    let tokens = listed(&**objects, account).await?.into_iter();
    let reading = tokens.filter(|(domain, _)| is_named(domain, domains)).map(|(domain, token)| {
        let (objects, key) = (objects.clone(), part::lease(account, &domain, token));
        async move {
            let Some(content) = objects.read(&key).await? else { return Ok(None) };
            let entry = Entry::read(&content).ok_or_else(|| standing::unreadable(&key))?;
            Ok(entry.run.map(|run| (domain, token, run)))
        }
    });
    let read: Vec<Option<(String, u64, String)>> = side_by_side(reading).await?;
    let held: Vec<_> = read.into_iter().flatten().filter(|(_, _, run)| is_named(run, runs)).collect();
    let asked: BTreeSet<String> = held.iter().map(|(_, _, run)| run.clone()).collect();
    let asking = asked.into_iter().map(|run| {
        let (objects, account) = (objects.clone(), account.to_owned());
        async move {
            let last = standing::last(&*objects, &account, &run).await?;
            let holder = standing::holder(&*objects, &account, &run).await?;
            Ok::<_, StoreError>((run, (last, holder)))
        }
    });
    let found: BTreeMap<String, _> = side_by_side(asking).await?.into_iter().collect();
    let held = held.into_iter().filter_map(|(domain, token, run)| {
        let (last, holder) = found.get(&run)?;
        let (until, free_from) = Standing::of(last.as_ref()).binds(now)?;
        let since = last.as_ref().and_then(|last| last.began);
        Some(Held { domain, token, run, holder: holder.clone(), since, until, free_from })
    });
    Ok(held.collect())
}

/// The names of the accounts whose runs the store knows.
///
/// # Errors
/// When the store can't be read.
pub async fn accounts(objects: &dyn Objects) -> Result<BTreeSet<String>, StoreError> {
    let mut accounts = BTreeSet::new();
    for folder in ["leases/", "runs/", "journal/"] {
        let listed = objects.list(folder, None).await?;
        accounts.extend(listed.iter().filter_map(|one| one.key.split('/').nth(1)).map(str::to_owned));
    }
    Ok(accounts)
}

/// Ends the lease of the run that holds a domain with this token, whatever else the run holds. It learns of that before its next
/// write at the latest when its lease would run out, so others can take the domains only then. `by` says who did it.
///
/// # Errors
/// When the store can't be used.
pub async fn release(
    objects: &dyn Objects,
    account: &str,
    held: &Held,
    by: &str,
) -> Result<bool, StoreError> {
    loop {
        let last = standing::last(objects, account, &held.run).await?;
        let Standing::Held { next, free_from, .. } = Standing::of(last.as_ref()) else { return Ok(false) };
        if standing::close(objects, (account, &held.run), next, by, free_from).await? {
            return Ok(true);
        }
    }
}

/// The highest token of each domain that is listed.
pub(super) async fn listed(
    objects: &dyn Objects,
    account: &str,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut highest: BTreeMap<String, u64> = BTreeMap::new();
    for one in objects.list(&part::leases(account), None).await? {
        let domain = part::owner(&one.key);
        let Some(number) = part::number(&one.key) else { continue };
        let known = highest.entry(domain.to_owned()).or_default();
        *known = number.max(*known);
    }
    Ok(highest)
}
