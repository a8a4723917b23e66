//! The lease of a run: the domains that it alone writes to.
//!
//! ```text
//! begin ─part 0→ take ─token n+1 of each domain→ keep ─part k→ … ─→ end
//!                  ↑ held by another run: refused, or waited for
//!                  └ its run was not renewed: its log is closed first
//! ```
//!
//! A domain belongs to the run of its last token, as long as the log of that run is not over. A log is over once its last part
//! says so, and of the run that renews it and all others that want to close it, only one creates the next part. So a run
//! that was taken over finds that out before it writes anything else to its log, and until then its lease ran out by its
//! own clock, and the request that it sent last can no longer arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::abreast::side_by_side;
use super::error::StoreError;
use super::holders::{self, Held};
use super::journals::{KnownRun, known_runs};
use super::objects::{Made, Objects, make};
use super::part::{self, Entry, FORMAT_VERSION, Holder};
use super::runlog::{ABANDONED, Elapsed, Lost, RunLog, Terms};
use super::standing::{self, Standing};

/// The longest wait before a lease that is held is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The lease of a run. Clones share it.
#[derive(Clone)]
pub struct Lease {
    log: Arc<RunLog>,
    /// The clock of the store when [`Self::seen`] was read.
    store_time: Timestamp,
    /// This run's clock, just after the store's was read.
    seen: Duration,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("run", &self.log.run).finish_non_exhaustive()
    }
}

/// Why the domains were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// Another run holds one.
    #[error("`{}` is held by another run", .0.domain)]
    Held(Box<Held>),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lease of this run was lost while it waited.
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// What happens while domains are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taking {
    /// A domain is held; this run waits.
    Waiting(Held),
    /// The lease of a run that no longer renewed it was ended.
    TookOver(Held),
}

/// The last token of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Token {
    number: u64,
    /// The run that holds the domain as long as its log is not over.
    run: Option<String>,
}

impl Lease {
    /// Begins the log of a run; it holds no domain yet.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn begin(
        objects: Arc<dyn Objects>,
        clock: Elapsed,
        terms: Terms,
        account: Option<&str>,
        run: &str,
        holder: Holder,
    ) -> Result<Self, StoreError> {
        let place = (part::account_name(account).to_owned(), run.to_owned());
        let log = RunLog::begin(objects, clock, terms, place, holder).await?;
        let store_time = log.began().await?;
        let seen = (log.clock)();
        Ok(Self { log: Arc::new(log), store_time, seen })
    }

    /// The id of the run.
    pub fn run(&self) -> &str {
        &self.log.run
    }

    /// Takes domains, all or none. A domain that is held is waited for as long as `wait` says, with all before it, and none behind it,
    /// taken: everyone takes them in the same order, so no two wait for each other.
    ///
    /// # Errors
    /// When a domain stays held, or the store can't be used. The caller ends the lease then.
    pub async fn take(
        &self,
        domains: &[String],
        wait: Duration,
        tell: &(dyn Fn(Taking) + Sync),
    ) -> Result<(), TakeError> {
        let start = Instant::now();
        let mut domains: Vec<&str> = domains.iter().map(String::as_str).collect();
        domains.sort_unstable();
        domains.dedup();
        let mut told: Option<Held> = None;
        loop {
            if let Some(lost) = self.log.lost() {
                return Err(lost.into());
            }
            let asked = (self.log.clock)();
            let tokens = self.tokens(&domains).await?;
            let (free, held) = self.free(&domains, &tokens, tell).await?;
            let all = self.take_free(&free).await?;
            // After a long sleep, tokens that were the last ones may have been followed by others, and removed.
            if !all || (self.log.clock)().saturating_sub(asked) > ABANDONED {
                continue;
            }
            let Some(held) = held else {
                self.log.secure().await?;
                return Ok(());
            };
            let left = wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(TakeError::Held(Box::new(held)));
            }
            if told.as_ref().is_none_or(|told| (&told.domain, &told.run) != (&held.domain, &held.run)) {
                tell(Taking::Waiting(held.clone()));
            }
            let until_free = held.free_from.duration_since(self.store_now());
            let until_free =
                Duration::try_from(until_free).unwrap_or_default().max(Duration::from_millis(200));
            told = Some(held);
            sleep(until_free.min(LOOK_AGAIN).min(left)).await;
        }
    }

    /// All runs, sorted by id: see [`known_runs()`]. To be asked for once the domains are taken, as their last holder may have written
    /// until then.
    ///
    /// # Errors
    /// When the store can't be read, or an entry can't be understood.
    pub async fn known_runs(&self, domains: &[String]) -> Result<Vec<KnownRun>, StoreError> {
        let objects: Arc<dyn Objects> = self.log.objects.clone();
        known_runs(&objects, Some(&self.log.account), domains).await
    }

    /// Renews the lease until it is lost. To be run beside everything else.
    pub async fn keep(&self) -> Lost {
        loop {
            sleep(self.log.terms.renewal).await;
            // An error is no loss as long as the lease lasts: what wants to write finds out.
            let _ = self.log.renew().await;
            if let Some(lost) = self.log.lost() {
                return lost;
            }
        }
    }

    /// Takes whole lines of the journal to the store with the next part. If they are `due`, no write is sent before they are there.
    pub fn give(&self, lines: &str, due: bool) {
        self.log.give(lines, due);
    }

    /// Whether a call that starts now ends within the lease.
    pub fn lasts(&self) -> bool {
        self.log.lasts()
    }

    /// Why the run may write no more, if so.
    pub fn lost(&self) -> Option<Lost> {
        self.log.lost()
    }

    /// Why nothing new may be started now, if so: the lease is lost, or does not last and could not be renewed.
    pub fn barred(&self) -> Option<Lost> {
        self.log.lost().or_else(|| self.log.stalled(Duration::MAX))
    }

    /// Makes sure that due lines are in the store, and that a call that starts now ends within the lease.
    ///
    /// # Errors
    /// When the run may write no more, or not now.
    pub async fn secure(&self) -> Result<(), Lost> {
        self.log.secure().await
    }

    /// Gives all domains back, with every line that was given. `settle` is how long something that the run sent may still arrive.
    ///
    /// # Errors
    /// When the lease was lost before, or the store does not answer: it runs out by itself then.
    pub async fn end(&self, settle: Duration) -> Result<(), Lost> {
        self.log.end(settle).await
    }

    /// The clock of the store, or a moment before.
    pub fn store_now(&self) -> Timestamp {
        part::later(self.store_time, (self.log.clock)().saturating_sub(self.seen))
    }

    /// The last token of each domain.
    async fn tokens(&self, domains: &[&str]) -> Result<BTreeMap<String, Token>, StoreError> {
        let highest = holders::listed(&*self.log.objects, &self.log.account).await?;
        let reading = domains.iter().map(|domain| {
            let (log, domain) = (self.log.clone(), (*domain).to_owned());
            let number = highest.get(&domain).copied().unwrap_or_default();
            async move { Ok((domain.clone(), last_token(&log, &domain, number).await?)) }
        });
        let tokens: Vec<(String, Token)> = side_by_side(reading).await?;
        Ok(tokens.into_iter().collect())
    }

    /// The domains that can be taken now, with their last numbers, up to the first one that is held.
    async fn free(
        &self,
        domains: &[&str],
        tokens: &BTreeMap<String, Token>,
        tell: &(dyn Fn(Taking) + Sync),
    ) -> Result<(Vec<(String, u64)>, Option<Held>), StoreError> {
        let (mut free, mut over) = (Vec::new(), BTreeSet::new());
        for domain in domains {
            let Token { number, run } = tokens.get(*domain).cloned().unwrap_or_default();
            match run {
                Some(run) if run == self.log.run => continue,
                Some(run) if !over.contains(&run) => {
                    if let Some(held) = self.held((*domain, number), &run, tell).await? {
                        return Ok((free, Some(held)));
                    }
                    over.insert(run);
                }
                Some(_) | None => {}
            }
            free.push(((*domain).to_owned(), number));
        }
        Ok((free, None))
    }

    /// Who holds a domain, if its run is not over. The log of a run whose lease ran out is closed.
    async fn held(
        &self,
        (domain, token): (&str, u64),
        run: &str,
        tell: &(dyn Fn(Taking) + Sync),
    ) -> Result<Option<Held>, StoreError> {
        let RunLog { objects, account, .. } = &*self.log;
        let by = format!("run {}", self.log.run);
        let close = |next, free_from| standing::close(&**objects, (account, run), next, &by, free_from);
        loop {
            let last = standing::last(&**objects, account, run).await?;
            let now = self.store_now();
            let found = Standing::of(last.as_ref());
            if found == Standing::Gone {
                match close(0, now).await? {
                    true => return Ok(None),
                    false => continue,
                }
            }
            let Some((until, free_from)) = found.binds(now) else { return Ok(None) };
            let holder = standing::holder(&**objects, account, run).await?;
            let (domain, run) = (domain.to_owned(), run.to_owned());
            let since = last.as_ref().and_then(|last| last.began);
            let held = Held { domain, token, run, holder, since, until, free_from };
            match found {
                Standing::Held { next, .. } if free_from <= now => {
                    if close(next, free_from).await? {
                        tell(Taking::TookOver(held));
                        return Ok(None);
                    }
                }
                _ => return Ok(Some(held)),
            }
        }
    }

    /// Creates the next token of each domain: the first one alone, as it decides most races. False if another run was faster at one; then
    /// none behind that one is kept.
    async fn take_free(&self, free: &[(String, u64)]) -> Result<bool, StoreError> {
        let Some((first, rest)) = free.split_first() else { return Ok(true) };
        if !self.next_token(first, true).await? {
            return Ok(false);
        }
        let taking = rest.iter().map(|one| {
            let (lease, one) = (self.clone(), one.clone());
            async move { lease.next_token(&one, true).await }
        });
        let taken = side_by_side(taking).await?;
        let Some(lost) = taken.iter().position(|taken| !taken) else { return Ok(true) };
        for ((domain, number), _) in rest.iter().zip(&taken).skip(lost).filter(|(_, taken)| **taken) {
            self.next_token(&(domain.clone(), number + 1), false).await?;
        }
        Ok(false)
    }

    /// Creates the token after the last one of a domain, to hold it or to give it back. False if it exists.
    async fn next_token(&self, (domain, last): &(String, u64), holds: bool) -> Result<bool, StoreError> {
        let RunLog { objects, account, run, .. } = &*self.log;
        let entry = Entry {
            format_version: FORMAT_VERSION.to_owned(),
            run: holds.then(|| run.clone()),
            by: run.clone(),
        };
        let (key, content) = (part::lease(account, domain, last + 1), super::write(&entry)?);
        Ok(make(&**objects, &key, &content).await? == Made::Ours)
    }
}

/// The last token of a domain, from one that is listed on. A listing that lags does no harm.
async fn last_token(log: &RunLog, domain: &str, listed: u64) -> Result<Token, StoreError> {
    let RunLog { objects, account, .. } = log;
    let mut last = Token { number: listed, run: None };
    let mut number = listed.max(1);
    loop {
        let key = part::lease(account, domain, number);
        let Some(content) = objects.read(&key).await? else {
            return Ok(last);
        };
        let entry = Entry::read(&content).ok_or_else(|| standing::unreadable(&key))?;
        last = Token { number, run: entry.run };
        number += 1;
    }
}
