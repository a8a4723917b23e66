//! The journals and snapshots of all runs of an account.
//!
//! While a run goes on, its journal is in the parts of its log. Once it has ended, the whole journal is one object,
//! `journal/ACCOUNT/DAY/NUMBER-RUN.jsonl`; the parts stay for another day. A name that ends in `.open.jsonl` says that
//! something in it matters to later runs, so that a machine without any journals reads a few of thousands.
//!
//! Listings may lag behind. So whoever holds domains also asks for the runs of their last tokens, without a listing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::abreast::side_by_side;
use super::error::StoreError;
use super::holders;
use super::objects::{Listed, Made, Objects, make};
use super::part::{self, Entry, Part};
use super::standing::{self, Standing};

/// How old what nothing needs any more must be before it is removed.
const DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A listing lacks nothing that is older than this. What is younger is found without a listing, where it matters.
const LISTED_AFTER: Duration = Duration::from_secs(600);

/// How much of that one run removes at most.
const SOME: usize = 100;

/// A run that the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRun {
    /// Its id.
    pub run: String,
    /// Where its journal is.
    pub kept: Kept,
}

/// Where the journal of a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In one object: the run ended.
    Whole {
        /// The object.
        object: Listed,
        /// The number of the run.
        number: u64,
        /// Whether something in it matters to later runs.
        is_open: bool,
    },
    /// In the parts of its log: the run goes on, or it died.
    Parts,
}

/// The runs of an account, those of a day or later if one is given, sorted by id. Runs that are not over are among them
/// in any case.
///
/// # Errors
/// When the store can't be listed.
pub async fn runs(
    objects: &dyn Objects,
    account: Option<&str>,
    since: Option<Date>,
) -> Result<Vec<KnownRun>, StoreError> {
    let account = part::account_name(account);
    // The logs first: a run that ends in between is in both listings rather than in none.
    let logs = objects.list(&part::runs(account), None).await?;
    let logged = logs.iter().map(|one| part::owner(&one.key)).filter(|run| part::is_run(run));
    let mut known: BTreeMap<String, Kept> = logged.map(|run| (run.to_owned(), Kept::Parts)).collect();
    known.extend(whole(objects, account, since).await?);
    Ok(known.into_iter().map(|(run, kept)| KnownRun { run, kept }).collect())
}

/// The runs whose journals are kept whole, those of a day or later if one is given.
async fn whole(
    objects: &dyn Objects,
    account: &str,
    since: Option<Date>,
) -> Result<BTreeMap<String, Kept>, StoreError> {
    let folder = format!("journal/{account}/");
    let after = since.map(|day| format!("{folder}{day}"));
    let listed = objects.list(&folder, after.as_deref()).await?.into_iter();
    let whole = listed.filter_map(|object| {
        let (run, number, is_open) = named(&object.key)?;
        Some((run, Kept::Whole { object, number, is_open }))
    });
    Ok(whole.collect())
}

/// The runs of an account, as [`runs()`] lists them. Of the runs that held one of these domains, none is missing, however far the
/// listings of the store lag behind: whoever holds the domains finds everything that was written there.
///
/// # Errors
/// When the store can't be read.
pub async fn known_runs(
    objects: &Arc<dyn Objects>,
    account: Option<&str>,
    domains: &[String],
) -> Result<Vec<KnownRun>, StoreError> {
    let mut known = runs(&**objects, account, None).await?;
    let account = part::account_name(account);
    let highest = holders::listed(&**objects, account).await?;
    let reading = domains.iter().map(|domain| {
        let (objects, account, domain) = (objects.clone(), account.to_owned(), domain.clone());
        let listed = highest.get(&domain).copied();
        async move { recent(&*objects, &account, &domain, listed).await }
    });
    let held: BTreeSet<String> = side_by_side(reading).await?.into_iter().flatten().collect();
    let listed: BTreeSet<String> = known.iter().map(|one| one.run.clone()).collect();
    known.extend(held.difference(&listed).map(|run| KnownRun { run: run.clone(), kept: Kept::Parts }));
    known.sort_by(|one, other| one.run.cmp(&other.run));
    Ok(known)
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

/// The lines that the parts of a log took along, the first part first.
pub fn journal_of<'a>(parts: impl IntoIterator<Item = &'a Part>) -> String {
    parts.into_iter().map(|part| part.journal.as_str()).collect()
}

/// The journal of a run; `None` if there is none any more, or if the run has not begun one.
///
/// # Errors
/// When the store can't be read.
pub async fn journal(
    objects: &dyn Objects,
    account: Option<&str>,
    known: &KnownRun,
) -> Result<Option<String>, StoreError> {
    let text = match &known.kept {
        Kept::Whole { object, .. } => objects.read(&object.key).await?.map(|text| lossy(&text)),
        Kept::Parts => Some(logged(objects, part::account_name(account), &known.run).await?),
    };
    Ok(text.filter(|text| !text.is_empty()))
}

/// The lines that the parts of a run's log took along.
async fn logged(objects: &dyn Objects, account: &str, run: &str) -> Result<String, StoreError> {
    let mut parts = Vec::new();
    loop {
        let key = part::part(account, run, parts.len() as u64);
        let Some(content) = objects.read(&key).await? else { return Ok(journal_of(&parts)) };
        parts.push(Part::read(&content).ok_or_else(|| standing::unreadable(&key))?);
    }
}

/// Whose words a journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// The run that wrote it, on its own machine.
    Itself,
    /// Another run, from the log of one that died: it says less.
    Another,
}

/// Keeps the whole journal of a run that ended, beside the parts of its log. What another run kept of it is replaced by its own
/// journal.
///
/// # Errors
/// When the store can't be written.
pub async fn keep_journal(
    objects: &dyn Objects,
    account: Option<&str>,
    (run, number, is_open): (&str, u64, bool),
    text: &str,
    teller: Teller,
) -> Result<(), StoreError> {
    let account = part::account_name(account);
    let name = |is_open: bool| {
        let open = if is_open { ".open" } else { "" };
        format!("journal/{account}/{}/{number:08}-{run}{open}.jsonl", day(run))
    };
    let key = name(is_open);
    if teller == Teller::Itself && !is_open {
        // Whoever took over has kept it as one that matters to later runs.
        objects.remove(&name(true)).await?;
    }
    match make(objects, &key, text.as_bytes()).await? {
        Made::Theirs(_) if teller == Teller::Itself => objects.replace(&key, text.as_bytes()).await?,
        Made::Ours | Made::Theirs(_) => {}
    }
    Ok(())
}

/// Keeps what existed before a run.
///
/// # Errors
/// When the store can't be written.
pub async fn keep_snapshot(
    objects: &dyn Objects,
    account: Option<&str>,
    run: &str,
    text: &str,
) -> Result<(), StoreError> {
    make(objects, &snapshot_key(account, run), text.as_bytes()).await.map(|_| ())
}

/// What existed before a run.
///
/// # Errors
/// When the store can't be read.
pub async fn snapshot(
    objects: &dyn Objects,
    account: Option<&str>,
    run: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    objects.read(&snapshot_key(account, run)).await
}

/// Removes a run: its journal last.
///
/// # Errors
/// When something can't be removed.
pub async fn remove_run(
    objects: &dyn Objects,
    account: Option<&str>,
    known: &KnownRun,
) -> Result<(), StoreError> {
    objects.remove(&snapshot_key(account, &known.run)).await?;
    for one in objects.list(&part::parts(part::account_name(account), &known.run), None).await? {
        objects.remove(&one.key).await?;
    }
    if let Kept::Whole { object, .. } = &known.kept {
        objects.remove(&object.key).await?;
    }
    Ok(())
}

/// How far a run is, as its log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It may still be going on.
    GoingOn,
    /// Its lease has run out, and nobody has ended it.
    RanOut,
    /// Its log is over: nothing is added to its journal any more.
    Over,
}

/// How far a run is at a time, which is about that of the store.
///
/// # Errors
/// When the store can't be read.
pub async fn progress(
    objects: &dyn Objects,
    account: Option<&str>,
    run: &str,
    now: Timestamp,
) -> Result<Progress, StoreError> {
    let last = standing::last(objects, part::account_name(account), run).await?;
    Ok(match Standing::of(last.as_ref()) {
        Standing::Over { .. } => Progress::Over,
        Standing::Held { free_from, .. } if free_from > now => Progress::GoingOn,
        Standing::Held { .. } | Standing::Gone => Progress::RanOut,
    })
}

/// Removes some of what nothing needs any more, a day later: the logs of runs that are over and whose journals are kept whole, or that
/// have none, and tokens that others have followed. `now` is by the clock of the store, or about that.
///
/// # Errors
/// When the store can't be used; whatever is left does no harm.
pub async fn tidy(objects: &dyn Objects, account: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    let name = part::account_name(account);
    let is_old = |one: &Listed| now.duration_since(one.modified) > DAY;
    let mut logs: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
    for part in objects.list(&part::runs(name), None).await? {
        logs.entry(part::owner(&part.key).to_owned()).or_default().push(part);
    }
    let whole = whole(objects, name, None).await?;
    let mut needless: Vec<Listed> = Vec::new();
    for (run, parts) in logs.into_iter().filter(|(_, parts)| parts.iter().all(is_old)).take(SOME) {
        let is_needless = whole.contains_key(&run)
            || (progress(objects, account, &run, now).await? == Progress::Over
                && logged(objects, name, &run).await?.is_empty());
        if is_needless {
            needless.extend(parts);
        }
    }
    let tokens = objects.list(&part::leases(name), None).await?;
    let followed = tokens
        .iter()
        .zip(tokens.iter().skip(1))
        .filter(|(one, next)| is_old(one) && is_old(next) && part::owner(&one.key) == part::owner(&next.key));
    let followed = followed.map(|(one, _)| one).take(SOME);
    for one in needless.iter().chain(followed) {
        objects.remove(&one.key).await?;
    }
    Ok(())
}

fn snapshot_key(account: Option<&str>, run: &str) -> String {
    format!("snapshots/{}/{run}.json", part::account_name(account))
}

/// The day of a run, as its id says.
fn day(run: &str) -> String {
    let digits = run.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.unwrap_or("00010101");
    format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..])
}

/// The run, its number, and whether it is open, of the name of a whole journal.
fn named(key: &str) -> Option<(String, u64, bool)> {
    let name = key.rsplit('/').next()?.strip_suffix(".jsonl")?;
    let (name, is_open) = match name.strip_suffix(".open") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (number, run) = name.split_once('-')?;
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    part::is_run(run).then(|| (run.to_owned(), number, is_open))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_journal_says_what_a_later_run_must_know() {
        let run = "20261122T201500.123Z-3f9a1c";
        assert_eq!(day(run), "2026-11-22");
        let key = |end: &str| format!("journal/1/2026-11-22/00000012-{run}{end}");
        assert_eq!(named(&key(".jsonl")), Some((run.to_owned(), 12, false)));
        assert_eq!(named(&key(".open.jsonl")), Some((run.to_owned(), 12, true)));
        for other in
            [key(".json"), "journal/1/2026-11-22/12.jsonl".to_owned(), "x-../../etc.jsonl".to_owned()]
        {
            assert_eq!(named(&other), None, "{other}");
        }
    }
}
