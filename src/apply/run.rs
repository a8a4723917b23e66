//! What all domains of a run share: the reader, the books, and the only way to send a write.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::books::Books;
use super::cause::Cause;
use super::event::Event;
use super::fallback::Fallback;
use super::journal::Intention;
use super::reader::Reader;
use super::settings::ApplySettings;
use super::task::Task;
use crate::api::{Client, Error, Permit};
use crate::plan::{ActionKind, Decisions};
use crate::wire::Call;

/// What all domains of a run share.
pub(super) struct Run {
    pub(super) reader: Reader,
    pub(super) books: Arc<Books>,
    /// The oldest read that a write may rest on when it is sent.
    pub(super) freshness: Duration,
    /// The way to say "auto_compose off" that the service accepted.
    fallback: Mutex<Fallback>,
}

impl Run {
    pub(super) fn new(
        decisions: &Decisions,
        client: &Client,
        settings: ApplySettings,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Event>) {
        let (events, receiver) = mpsc::unbounded_channel();
        let books = Arc::new(Books::new(decisions, &settings, events));
        let ApplySettings { deadline, freshness, planned_on, stop, .. } = settings;
        let reader = Reader::new(client, books.clone(), deadline, stop, planned_on);
        (Arc::new(Self { reader, books, freshness, fallback: Mutex::default() }), receiver)
    }

    pub(super) fn client(&self) -> &Client {
        &self.reader.client
    }

    /// Announces the writes of a wave that are known before anything of it is read, if there are others to know of them.
    pub(super) async fn announce<'t>(&self, tasks: impl Iterator<Item = &'t Task>) {
        if !self.books.has_lease() {
            return;
        }
        let intentions: Vec<Intention> = tasks.filter_map(|task| Intention::planned(&task.change)).collect();
        self.books.announce(&intentions).await;
    }

    /// The only way to send a write: the intent is on disk before it is sent, the answer is recorded after. Adds how
    /// long the disk was waited for.
    ///
    /// # Errors
    /// When the call fails, or its intent can't be written: then nothing was sent.
    pub(super) async fn send(
        &self,
        intention: Intention<'_>,
        call: Call,
        leave: Leave,
        for_disk: &mut Duration,
    ) -> Result<Option<String>, Error> {
        let Leave { permit, until, is_urgent } = leave;
        // Asked again before a call that was refused for its timestamp or its key is repeated: in the meantime, another write may
        // have been lost.
        let is_upset = |until: Instant| {
            let asked = until.checked_sub(self.freshness);
            self.books.upset(intention.address).is_some_and(|upset| asked.is_some_and(|asked| asked < upset))
        };
        let holds = |at: Instant| until.is_none_or(|until| at <= until && !is_upset(until));
        if !holds(Instant::now()) {
            return Err(Error::Outdated);
        }
        let leaves = |at: Instant| {
            // Whoever asked to stop may have done so while the write waited for the disk or for its turn; and what the service
            // has throttled for a minute in the meantime can't be read back.
            let is_barred = self.reader.is_stopped() || self.client().stopped().is_some();
            let is_wanted = is_urgent || !is_barred;
            let holds = is_wanted && holds(at) && self.books.holds_domains();
            if holds {
                self.books.leaves(intention.address, at);
            }
            holds
        };
        let asked = Instant::now();
        let recorded = self.books.sending(&intention).await;
        *for_disk += asked.elapsed();
        let id = recorded?;
        let client = if is_urgent { &self.client().urgent() } else { self.client() };
        let sent = match self.books.secured().await {
            // The disk may have taken too long: what is not sent takes nothing from the rate.
            Ok(()) if !holds(Instant::now()) => Err(Error::Outdated),
            Ok(()) => client.write_in(permit, &call, Some(&leaves)).await,
            Err(withheld) => Err(withheld),
        };
        self.books.answered(id, intention.address, &sent);
        sent
    }

    /// Why a change may not be started now, if so.
    pub(super) fn bar(&self, action: ActionKind) -> Option<Cause> {
        self.books.bar(action, self.client().stopped())
    }

    pub(super) fn fallback(&self) -> Fallback {
        *self.fallback.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep_fallback(&self, fallback: Fallback) {
        *self.fallback.lock().unwrap_or_else(PoisonError::into_inner) = fallback;
    }
}

/// The right to send a write now.
pub(super) struct Leave {
    permit: Permit,
    /// Until when the read that the write rests on is fresh enough; `None` if there is no limit.
    until: Option<Instant>,
    is_urgent: bool,
}

impl Leave {
    /// For a write that rests on a read.
    pub(super) fn until(permit: Permit, until: Option<Instant>) -> Self {
        Self { permit, until, is_urgent: false }
    }

    /// For an Add that closes a recording gap. It overwrites nothing, so it rests on no read.
    pub(super) fn urgently(permit: Permit) -> Self {
        Self { permit, until: None, is_urgent: true }
    }
}
