//! The journals of runs, as their logs in the store hold them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::error::StoreError;
use super::holders;
use super::objects::Objects;
use super::part::{self, Entry, Part};
use super::standing;

/// How many journals are read side by side.
const WIDTH: usize = 16;

/// A listing lacks nothing that is older than this. What is younger is found without a listing, where it matters.
const LISTED_AFTER: Duration = Duration::from_secs(600);

/// The journal of one run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredJournal {
    /// The id of the run.
    pub run: String,
    /// Whole lines; none if the run never began a journal.
    pub text: String,
}

/// The lines that the parts of a log took along, the first part first.
pub fn journal_of<'a>(parts: impl IntoIterator<Item = &'a Part>) -> String {
    parts.into_iter().map(|part| part.journal.as_str()).collect()
}

/// The journals of all runs of an account, sorted by run. Of the runs that held one of these domains, none is missing, however far
/// the listings of the store lag behind: whoever holds the domains finds everything that was written there.
///
/// # Errors
/// When the store can't be read, or a part of a log is not one.
pub async fn journals(
    objects: &Arc<dyn Objects>,
    account: Option<&str>,
    domains: &[String],
) -> Result<Vec<StoredJournal>, StoreError> {
    let account = part::account_name(account);
    let listed = objects.list(&part::runs(account), None).await?;
    let listed = listed.iter().filter_map(|one| Some(one.key.rsplit('/').nth(1)?.to_owned()));
    let mut runs: BTreeSet<String> = listed.filter(|run| part::is_run(run)).collect();
    let highest = holders::listed(&**objects, account).await?;
    for domain in domains {
        runs.extend(recent(&**objects, account, domain, highest.get(domain).copied()).await?);
    }
    let mut reading: JoinSet<Result<StoredJournal, StoreError>> = JoinSet::new();
    let mut journals = Vec::new();
    for run in runs {
        while reading.len() >= WIDTH {
            take_in(&mut reading, &mut journals).await?;
        }
        let (objects, account) = (objects.clone(), account.to_owned());
        reading.spawn(async move {
            let text = journal_of(&parts(&*objects, &account, &run).await?);
            Ok(StoredJournal { run, text })
        });
    }
    while !reading.is_empty() {
        take_in(&mut reading, &mut journals).await?;
    }
    journals.sort();
    Ok(journals)
}

/// The runs of the last tokens of a domain. `listed` is the highest token that a listing shows.
async fn recent(
    objects: &dyn Objects,
    account: &str,
    domain: &str,
    listed: Option<u64>,
) -> Result<BTreeSet<String>, StoreError> {
    let mut number = listed.unwrap_or_default();
    while objects.stat(&part::lease(account, domain, number + 1)).await?.is_some() {
        number += 1;
    }
    let (mut runs, mut newest) = (BTreeSet::new(), None);
    while number > 0 {
        let key = part::lease(account, domain, number);
        let (Some(content), Some(stat)) = (objects.read(&key).await?, objects.stat(&key).await?) else {
            break;
        };
        let newest = *newest.get_or_insert(stat.modified);
        if part::later(stat.modified, LISTED_AFTER) < newest {
            break;
        }
        let entry = Entry::read(&content).ok_or_else(|| standing::unreadable(&key))?;
        runs.extend(entry.run);
        number -= 1;
    }
    Ok(runs)
}

/// The log of a run. A listing that lags does no harm: the parts are asked for one by one.
async fn parts(objects: &dyn Objects, account: &str, run: &str) -> Result<Vec<Part>, StoreError> {
    let mut parts = Vec::new();
    loop {
        let key = part::part(account, run, parts.len() as u64);
        let Some(content) = objects.read(&key).await? else { return Ok(parts) };
        parts.push(Part::read(&content).ok_or_else(|| standing::unreadable(&key))?);
    }
}

async fn take_in(
    reading: &mut JoinSet<Result<StoredJournal, StoreError>>,
    journals: &mut Vec<StoredJournal>,
) -> Result<(), StoreError> {
    if let Some(Ok(read)) = reading.join_next().await {
        journals.push(read?);
    }
    Ok(())
}
