//! What all processes of a story share: the account, and the record of everything that happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use livevod::apply::Event;
use livevod::emulator::{CallEntry, Service};
use livevod::model::Address;
use livevod::wire::{self, SignatureVersion, Stamp};
use tokio::time::{Instant, sleep};

use super::super::harness::colleague;
use super::super::harness::observer::{Phase, beginning};
use super::super::harness::random::Random;
use super::super::harness::story::{Author, Happening, Target, What};
use super::super::harness::truth::Truth;
use super::super::harness::weather::{Step, Strike, Weather};

pub(super) struct Stage {
    start: Instant,
    service: Weak<Service>,
    itself: Weak<Stage>,
    inner: Mutex<Inner>,
}

struct Inner {
    truth: Truth,
    story: Vec<Happening>,
    /// By process, the first one first.
    views: Vec<Process>,
    is_paged: bool,
    /// The call that is being carried out: its process and its ticket.
    current: (usize, u64),
    tickets: u64,
    /// The places of calls whose answers have not arrived.
    places: BTreeMap<u64, usize>,
    /// The process of the last call that may have changed something, and its time, until its changes are looked up.
    open: Option<(usize, Duration)>,
    /// Lost requests in flight: when they arrive, and which process sent them.
    late: Vec<(Duration, usize)>,
    nonces: u64,
}

/// One process as the account sees it.
struct Process {
    weather: Weather,
    strike: Strike,
    is_planning: bool,
    seen: Option<Step>,
    written: Vec<Address>,
    chances: Random,
}

impl Stage {
    /// A stage for as many processes as there are weathers.
    pub(super) fn new(
        start: Instant,
        service: &Arc<Service>,
        weathers: Vec<Weather>,
        is_paged: bool,
    ) -> Arc<Self> {
        let views = weathers.into_iter().enumerate().map(|(at, weather)| Process {
            weather,
            strike: Strike::default(),
            is_planning: true,
            seen: None,
            written: Vec::new(),
            chances: Random::new(at as u64),
        });
        let inner = Inner {
            truth: Truth::new(service),
            story: Vec::new(),
            views: views.collect(),
            is_paged,
            current: (0, 0),
            tickets: 0,
            places: BTreeMap::new(),
            open: None,
            late: Vec::new(),
            nonces: 0,
        };
        Arc::new_cyclic(|itself| Self {
            start,
            service: Arc::downgrade(service),
            itself: itself.clone(),
            inner: Mutex::new(inner),
        })
    }

    pub(super) fn start(&self) -> Instant {
        self.start
    }

    /// The place of the next event in the story, and the time.
    pub(super) fn place(&self) -> (usize, Duration) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        (inner.story.len(), self.start.elapsed())
    }

    pub(super) fn tell(&self, process: usize, what: What) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        let at = self.start.elapsed();
        inner.story.push(Happening { at, process, what });
    }

    /// For events that change nothing; they may occur while a call is in flight.
    pub(super) fn note(&self, process: usize, what: What) {
        let at = self.start.elapsed();
        self.lock().story.push(Happening { at, process, what });
    }

    /// A process has its plan.
    pub(super) fn planned(&self, process: usize, what: What) {
        {
            let mut inner = self.lock();
            let view = &mut inner.views[process - 1];
            (view.is_planning, view.seen) = (false, None);
        }
        self.tell(process, what);
    }

    /// Decides what goes wrong with the next call of a process; returns its ticket. The call must be sent at once.
    pub(super) fn prepare(&self, process: usize) -> u64 {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.take_in_late(&service, self.start.elapsed());
        let view = &mut inner.views[process - 1];
        let mut strike = view.weather.next(view.is_planning, view.seen);
        service.set_faults(std::mem::take(&mut strike.faults));
        view.strike = strike;
        inner.tickets += 1;
        inner.current = (process, inner.tickets);
        inner.tickets
    }

    /// The answer to a call, or its lack, reached its process.
    pub(super) fn arrived(&self, ticket: u64) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        let (before, now) = (inner.story.len(), self.start.elapsed());
        let Some(place) = inner.places.remove(&ticket) else { return };
        if let What::Call(call) = &mut inner.story[place].what {
            call.arrived = Some((before, now));
        }
    }

    /// For the emulator's call log.
    pub(super) fn log(&self, entry: &CallEntry<'_>) {
        let mut inner = self.lock();
        let (process, ticket) = inner.current;
        if process == 0 {
            return;
        }
        let (now, is_paged) = (self.start.elapsed(), inner.is_paged);
        let view = &mut inner.views[process - 1];
        let phase = Phase {
            is_planning: view.is_planning,
            written: &view.written,
            stale: view.strike.stale,
            is_paged,
        };
        let call = phase.call(entry);
        view.weather.saw(call.step, &call.faults);
        view.seen = Some(call.step);
        let after = view.strike.late.get(entry.action).copied().unwrap_or_default();
        if let (Target::Address(address), true) = (&call.target, call.step.is_write()) {
            view.written.push(address.clone());
            inner.open = Some((process, now));
        }
        if entry.fate == "late" {
            inner.late.push((now + after, process));
            let stage = self.itself.clone();
            tokio::spawn(async move {
                sleep(after).await;
                if let Some(stage) = stage.upgrade() {
                    stage.settle();
                }
            });
        }
        let place = inner.story.len();
        inner.places.insert(ticket, place);
        inner.story.push(Happening { at: now, process, what: What::Call(call) });
    }

    /// For apply's progress.
    pub(super) fn progress(&self, process: usize, event: Event) {
        let what = match event {
            Event::Started { index: _, address, action } => What::Started { address, action },
            Event::Delayed { .. } => return,
            Event::Finished { index: _, outcome, sent, took: _ } => What::Finished { outcome, sent },
            Event::Moved { index: _, outcome, after: _ } => What::Moved(outcome),
        };
        self.tell(process, what);
    }

    /// For the timestamps of a client; its clock is right.
    pub(super) fn stamp(&self) -> Stamp {
        let nonce = self.lock().nonce();
        Stamp { time: beginning() + self.start.elapsed(), nonce }
    }

    /// For the pauses of a client.
    pub(super) fn chance(&self, process: usize) -> f64 {
        let number = self.lock().views[process - 1].chances.number();
        (number >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Every lost request that is due arrives.
    pub(super) fn settle(&self) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.take_in_late(&service, self.start.elapsed());
    }

    /// The story, after its end.
    pub(super) fn finish(&self) -> (Vec<Happening>, Truth) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        let truth = Truth::new(&service);
        (std::mem::take(&mut inner.story), std::mem::replace(&mut inner.truth, truth))
    }

    fn both(&self) -> (MutexGuard<'_, Inner>, Arc<Service>) {
        (self.lock(), self.service.upgrade().unwrap())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn nonce(&mut self) -> String {
        self.nonces += 1;
        format!("nonce-{}", self.nonces)
    }

    /// Looks up what the last call changed.
    fn catch_up(&mut self, service: &Service) {
        if let Some((process, at)) = self.open.take() {
            self.look(service, (process, Author::Livevod), at);
        }
    }

    fn look(&mut self, service: &Service, (process, author): (usize, Author), at: Duration) {
        let changed = self.truth.look(service, self.story.len(), at);
        let told = changed.into_iter().map(|changed| What::Changed(changed, author));
        self.story.extend(told.map(|what| Happening { at, process, what }));
    }

    fn take_in_late(&mut self, service: &Service, now: Duration) {
        let due: Vec<(Duration, usize)> = self.late.extract_if(.., |(due, _)| *due <= now).collect();
        let Some((_, process)) = due.first().copied() else { return };
        // It arrives with the next call, whoever makes it.
        let stamp = Stamp { time: beginning() + now, nonce: self.nonce() };
        let read = wire::describe("unnamed.example.com", 1, None);
        let request = wire::sign(&read, "localhost", &colleague(), &stamp, SignatureVersion::V3);
        service.call(&request);
        self.look(service, (process, Author::Late(process)), now);
    }
}
