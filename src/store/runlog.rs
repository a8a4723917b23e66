//! The log of this run in the store: parts that are created one after the other, each of which renews the lease.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::error::{StoreError, Trouble};
use super::objects::{Created, Made, Objects, make};
use super::part::{self, Holder, Part, Says};
use super::patience::Patient;

/// The time since some moment, on a clock that also runs while the machine sleeps. It never goes back.
pub type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How long a lease lasts, and what the store is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lasts after its last renewal.
    pub lasts: Duration,
    /// When it is renewed.
    pub renewal: Duration,
    /// The longest time that a call takes: none is started that would not end within the lease.
    pub call: Duration,
    /// How long after it was sent a request without an answer may still arrive.
    pub settle: Duration,
    /// How long an operation of the store is repeated.
    pub patience: Duration,
}

impl Terms {
    /// The usual terms of a lease that lasts so long, for calls that take no longer than `call`.
    pub fn new(lasts: Duration, call: Duration, settle: Duration) -> Self {
        Self { lasts, renewal: lasts / 6, call, settle, patience: lasts / 4 }
    }
}

/// After this long without a renewal a run does not try to renew its lease: what others may remove of its log is older.
pub(super) const ABANDONED: Duration = Duration::from_secs(3600);

/// Why a run may write no more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Lost {
    /// Another run, or a person, ended its lease.
    #[error("{}", ended_by(.0))]
    TakenOver(String),
    /// The lease could not be renewed in time.
    #[error("the lease could not be renewed: {0}")]
    NotRenewed(String),
    /// This run ended it.
    #[error("the lease was given back")]
    Ended,
}

/// How long the error of a renewal is the answer for whatever else wants to write.
const SAME_ANSWER: Duration = Duration::from_secs(5);

fn ended_by(by: &str) -> String {
    let how = if by.starts_with("run ") { "taken over" } else { "ended" };
    format!("the lease was {how} by {by}")
}

/// The log of this run.
pub(super) struct RunLog {
    pub(super) objects: Arc<Patient>,
    pub(super) clock: Elapsed,
    pub(super) terms: Terms,
    pub(super) account: String,
    pub(super) run: String,
    next: tokio::sync::Mutex<Next>,
    state: Mutex<State>,
}

/// The part to create next.
struct Next {
    number: u64,
    /// Its content, once its creation was begun: it stays the same until it is known what became of it.
    begun: Option<Begun>,
}

struct Begun {
    content: Vec<u8>,
    /// When its creation was begun.
    since: Duration,
    /// The lines up to there are in it.
    lines: u64,
    ends: bool,
}

struct State {
    /// Until when the run may write, by its own clock.
    until: Duration,
    lost: Option<Lost>,
    /// The last renewal, if it failed: when that was known, and why.
    failed: Option<(Duration, String)>,
    /// Lines that are in no part yet.
    lines: String,
    /// How many lines were given, of which the first ones may be in parts.
    given: u64,
    /// How many of them must be in the store before anything else is sent.
    due: u64,
    /// How many are in the store.
    stored: u64,
}

impl RunLog {
    /// Creates the first part.
    ///
    /// # Errors
    /// When the store can't be used.
    pub(super) async fn begin(
        objects: Arc<dyn Objects>,
        clock: Elapsed,
        terms: Terms,
        (account, run): (String, String),
        holder: Holder,
    ) -> Result<Self, StoreError> {
        let since = clock();
        let part = Part { holder: Some(holder), ..Part::new(held(&terms), String::new()) };
        let (key, content) = (part::part(&account, &run, 0), super::write(&part)?);
        let objects = Arc::new(Patient::new(objects, terms.patience));
        prove(&*objects, &run).await?;
        match make(&*objects, &key, &content).await? {
            Made::Ours => {}
            Made::Theirs(_) => {
                return Err(StoreError::new(Trouble::Other, format!("`{key}` was there before this run")));
            }
        }
        let state = State {
            until: since + terms.lasts,
            lost: None,
            failed: None,
            lines: String::new(),
            given: 0,
            due: 0,
            stored: 0,
        };
        let next = tokio::sync::Mutex::new(Next { number: 1, begun: None });
        Ok(Self { objects, clock, terms, account, run, next, state: Mutex::new(state) })
    }

    /// When the first part was created, by the clock of the store.
    ///
    /// # Errors
    /// When the store can't tell.
    pub(super) async fn began(&self) -> Result<Timestamp, StoreError> {
        let key = part::part(&self.account, &self.run, 0);
        let stat = self.objects.stat(&key).await?;
        let missing = || StoreError::new(Trouble::Other, format!("`{key}` was created and is not there"));
        Ok(stat.ok_or_else(missing)?.modified)
    }

    /// Takes whole lines of the journal for the next part. If they are `due`, [`Self::secure`] waits until they are in the store.
    pub(super) fn give(&self, lines: &str, due: bool) {
        let mut state = self.state();
        state.lines.push_str(lines);
        state.given += lines.matches('\n').count() as u64;
        if due {
            state.due = state.given;
        }
    }

    /// Why the run may write no more, if so.
    pub(super) fn lost(&self) -> Option<Lost> {
        self.state().lost.clone()
    }

    /// Whether a call that starts now ends within the lease.
    pub(super) fn lasts(&self) -> bool {
        let now = (self.clock)();
        let state = self.state();
        state.lost.is_none() && now + self.terms.call <= state.until
    }

    /// Makes sure that due lines are in the store, and that a call that starts now ends within the lease.
    ///
    /// # Errors
    /// When the run may write no more, or not now.
    pub(super) async fn secure(&self) -> Result<(), Lost> {
        loop {
            if let Some(lost) = self.lost() {
                return Err(lost);
            }
            if self.is_stored() && self.lasts() {
                return Ok(());
            }
            if let Some(stalled) = self.stalled(SAME_ANSWER) {
                return Err(stalled);
            }
            self.add(|log| log.is_stored() && log.lasts(), None).await?;
        }
    }

    /// Why the run may not write now, if its lease does not last and the last renewal failed, no longer ago than that.
    pub(super) fn stalled(&self, within: Duration) -> Option<Lost> {
        let lasts = self.lasts();
        let now = (self.clock)();
        let state = self.state();
        let (at, why) = state.failed.as_ref().filter(|_| !lasts)?;
        (now.saturating_sub(*at) <= within).then(|| Lost::NotRenewed(why.clone()))
    }

    /// Renews the lease unless that was just done.
    ///
    /// # Errors
    /// When the run may write no more, or the store does not answer.
    pub(super) async fn renew(&self) -> Result<(), Lost> {
        let is_fresh = |log: &Self| {
            let renewed = log.state().until.saturating_sub(log.terms.lasts);
            (log.clock)().saturating_sub(renewed) < log.terms.renewal / 2
        };
        self.add(is_fresh, None).await
    }

    /// Gives the lease back: what was given goes into the last part.
    ///
    /// # Errors
    /// When it was taken over before, or the store does not answer.
    pub(super) async fn end(&self, settle: Duration) -> Result<(), Lost> {
        match self.add(|_| false, Some(settle)).await {
            Err(Lost::Ended) => Ok(()),
            ended => ended,
        }
    }

    fn is_stored(&self) -> bool {
        let state = self.state();
        state.stored >= state.due
    }

    /// Creates the next part, unless it is needless by the time that this one's turn comes. A part whose creation was begun before,
    /// and of which nobody knows whether it exists, comes first.
    async fn add(&self, is_needless: impl Fn(&Self) -> bool, ends: Option<Duration>) -> Result<(), Lost> {
        let asked = (self.clock)();
        let mut next = self.next.lock().await;
        loop {
            if let Some(lost) = self.lost() {
                return Err(lost);
            }
            // What was tried while this one waited for its turn need not be tried again.
            if let Some((_, why)) = self.state().failed.as_ref().filter(|(at, _)| *at > asked) {
                return Err(Lost::NotRenewed(why.clone()));
            }
            if next.begun.is_none() && is_needless(self) {
                return Ok(());
            }
            if next.begun.is_none() {
                let begun = self.begun(ends).map_err(|error| Lost::NotRenewed(error.to_string()))?;
                next.begun = Some(begun);
            }
            let key = part::part(&self.account, &self.run, next.number);
            // It stays there until it is known what became of it, even if the caller gives up in between.
            let content = next.begun.as_ref().map_or(&[][..], |begun| &begun.content);
            let made = make(&*self.objects, &key, content).await;
            if let Made::Theirs(content) = made.map_err(|error| self.not_renewed(&error))? {
                return Err(self.lose(taken_over(&content)));
            }
            let Some(begun) = next.begun.take() else { continue };
            next.number += 1;
            let Begun { since, lines, ends: ended, .. } = begun;
            if (self.clock)().saturating_sub(since) > ABANDONED {
                return Err(self.lose(Lost::NotRenewed("it was forgotten for too long".to_owned())));
            }
            let mut state = self.state();
            state.until = since + self.terms.lasts;
            state.stored = lines;
            state.failed = None;
            if ended {
                state.lost = Some(Lost::Ended);
                return Ok(());
            }
            if ends.is_none() {
                return Ok(());
            }
        }
    }

    /// The next part, with everything that was given so far.
    fn begun(&self, ends: Option<Duration>) -> Result<Begun, StoreError> {
        let since = (self.clock)();
        let mut state = self.state();
        if since.saturating_sub(state.until) > ABANDONED {
            return Err(StoreError::new(Trouble::Other, "it ran out long ago"));
        }
        let says = match ends {
            Some(settle) => Says::Ended { settle_ms: part::millis(settle) },
            None => held(&self.terms),
        };
        let content = super::write(&Part::new(says, state.lines.clone()))?;
        state.lines.clear();
        Ok(Begun { content, since, lines: state.given, ends: ends.is_some() })
    }

    /// The store did not answer usefully: as long as the lease lasts, that is no loss.
    fn not_renewed(&self, error: &StoreError) -> Lost {
        let why = error.to_string();
        self.state().failed = Some(((self.clock)(), why.clone()));
        Lost::NotRenewed(why)
    }

    fn lose(&self, lost: Lost) -> Lost {
        self.state().lost = Some(lost.clone());
        lost
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Proves that an object can be created only once, and can be removed: without that, a store can't keep two runs apart.
async fn prove(objects: &dyn Objects, run: &str) -> Result<(), StoreError> {
    let key = format!("check/{run}");
    make(objects, &key, run.as_bytes()).await?;
    let again = objects.create(&key, b"again").await?;
    objects.remove(&key).await?;
    match again {
        Created::Exists => Ok(()),
        Created::New => {
            let message = "an object could be created twice: the bucket keeps versions, or its server does not know \
                           conditional writes";
            Err(StoreError::new(Trouble::Versioned, message))
        }
    }
}

fn held(terms: &Terms) -> Says {
    Says::Held { lasts_ms: part::millis(terms.lasts), settle_ms: part::millis(terms.settle) }
}

/// What the part of another one says.
fn taken_over(content: &[u8]) -> Lost {
    match Part::read(content).map(|part| part.lease) {
        Some(Says::TakenOver { by, .. }) => Lost::TakenOver(by),
        _ => Lost::TakenOver("an unknown run".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::store::{Asking, Created, Listed};

    /// Objects in memory. Each create takes a second after it is carried out.
    #[derive(Default)]
    struct Slow(Mutex<BTreeMap<String, Vec<u8>>>, AtomicBool);

    impl Slow {
        fn get(&self, key: &str) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(key).cloned()
        }
    }

    impl Objects for Slow {
        fn create<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, Created> {
            if self.1.load(Ordering::Relaxed) {
                return Box::pin(async { Err(StoreError::new(Trouble::Unreachable, "no answer")) });
            }
            let is_new = self.get(key).is_none();
            if is_new {
                self.0.lock().unwrap().insert(key.to_owned(), content.to_owned());
            }
            Box::pin(async move {
                sleep(Duration::from_secs(1)).await;
                Ok(if is_new { Created::New } else { Created::Exists })
            })
        }

        fn replace<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Asking<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn read<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Vec<u8>>> {
            let found = self.get(key);
            Box::pin(async move { Ok(found) })
        }

        fn stat<'a>(&'a self, _: &'a str) -> Asking<'a, Option<Listed>> {
            Box::pin(async { Ok(None) })
        }

        fn list<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Asking<'a, Vec<Listed>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn remove<'a>(&'a self, _: &'a str) -> Asking<'a, ()> {
            Box::pin(async { Ok(()) })
        }
    }

    /// However much wants to write while the store is gone, it is waited for once.
    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_gone_is_waited_for_once_by_all() {
        let (objects, start) = (Arc::new(Slow::default()), tokio::time::Instant::now());
        let terms = Terms::new(Duration::from_secs(90), Duration::from_secs(30), Duration::from_secs(30));
        let place = ("1".to_owned(), "20261122T201500.123Z-3f9a1c".to_owned());
        let clock: Elapsed = Arc::new(move || start.elapsed());
        let log = RunLog::begin(objects.clone(), clock, terms, place, Holder::default()).await.unwrap();
        sleep(Duration::from_secs(80)).await;
        assert_eq!(log.stalled(Duration::MAX), None, "nothing failed yet");
        objects.1.store(true, Ordering::Relaxed);
        let (gone, lost) = (start.elapsed(), Err(Lost::NotRenewed("no answer".to_owned())));
        let [one, other, third] = [(); 3].map(|()| log.secure());
        assert_eq!(tokio::join!(one, other, third), (lost.clone(), lost.clone(), lost.clone()));
        assert_eq!(log.secure().await, lost);
        assert!(start.elapsed() - gone <= terms.patience, "{:?}", start.elapsed() - gone);
        assert_eq!(log.stalled(Duration::MAX), lost.err());
        objects.1.store(false, Ordering::Relaxed);
        assert_eq!(log.renew().await, Ok(()));
        assert_eq!((log.stalled(Duration::MAX), log.secure().await), (None, Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_whose_creation_was_given_up_is_no_takeover_and_keeps_its_lines() {
        let (objects, start) = (Arc::new(Slow::default()), tokio::time::Instant::now());
        let terms = Terms::new(Duration::from_secs(90), Duration::from_secs(30), Duration::from_secs(30));
        let place = ("1".to_owned(), "20261122T201500.123Z-3f9a1c".to_owned());
        let clock: Elapsed = Arc::new(move || start.elapsed());
        let log = RunLog::begin(objects.clone(), clock, terms, place, Holder::default()).await.unwrap();
        log.give("line\n", true);
        let given_up = timeout(Duration::from_millis(500), log.secure()).await;
        assert!(given_up.is_err(), "the task that waited for it was ended");
        assert_eq!(log.secure().await, Ok(()));
        assert_eq!(log.end(Duration::ZERO).await, Ok(()));
        let part = |number| Part::read(&objects.get(&part::part("1", &log.run, number)).unwrap()).unwrap();
        assert_eq!(part(1).journal, "line\n");
        assert_eq!(part(2).lease, Says::Ended { settle_ms: 0 });
    }
}
