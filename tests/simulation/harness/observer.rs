//! Sits between livevod and the emulated account: decides before each call what goes wrong with it, and records
//! the outcome and the changes of the account.
//!
//! It learns of a call twice: when its timestamp is taken, which is the last step before it is sent, and when the emulator
//! logs it. The changes by a call are looked up at the next event, before another client may change anything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use livevod::api::Class;
use livevod::apply::Event;
use livevod::emulator::{CallEntry, Service};
use livevod::model::{Address, RecordConfig};
use livevod::wire::{self, Call as WireCall, ComposeOff, Key, Response, SignatureVersion, Stamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::random::Random;
use super::story::{Author, Call, Happening, Target, What};
use super::truth::{Truth, folded};
use super::weather::{Foreign, SHORT, Step, Strike, Weather};

/// The start time of every run.
pub(crate) fn beginning() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// The account's time in every run.
pub(crate) fn account_clock() -> impl Fn() -> Timestamp + Send + Sync {
    let (start, beginning) = (Instant::now(), beginning());
    move || beginning + start.elapsed()
}

pub(crate) struct Observer {
    service: Weak<Service>,
    inner: Mutex<Inner>,
    pub(crate) death: Notify,
}

struct Inner {
    start: Instant,
    colleague: Key,
    weather: Weather,
    truth: Truth,
    story: Vec<Happening>,
    process: usize,
    is_planning: bool,
    /// The last call's step in this phase.
    seen: Option<Step>,
    /// Addresses written to by this process.
    written: Vec<Address>,
    /// Addresses of the account and of the files.
    known: Vec<Address>,
    /// Whether a listing has or had several pages.
    is_paged: bool,
    /// App-wide entries that the plan of this process removes.
    going: Vec<Address>,
    /// Lost requests in flight: when they arrive, and which process sent them.
    late: Vec<(Duration, usize)>,
    /// Writes that the service will undo: when, and at which address.
    reverts: Vec<(Duration, Address)>,
    strike: Strike,
    /// The time of the last call that may have changed something, until its changes are looked up.
    open: Option<Duration>,
    clock: i64,
    nonces: u64,
    chances: Random,
}

impl Observer {
    pub(crate) fn new(
        service: &Arc<Service>,
        colleague: Key,
        weather: Weather,
        known: Vec<Address>,
        is_paged: bool,
    ) -> Self {
        let inner = Inner {
            start: Instant::now(),
            colleague,
            weather,
            truth: Truth::new(service),
            story: Vec::new(),
            process: 0,
            is_planning: true,
            seen: None,
            written: Vec::new(),
            known,
            is_paged,
            going: Vec::new(),
            late: Vec::new(),
            reverts: Vec::new(),
            strike: Strike::default(),
            open: None,
            clock: 0,
            nonces: 0,
            chances: Random::new(0),
        };
        Self { service: Arc::downgrade(service), inner: Mutex::new(inner), death: Notify::new() }
    }

    /// A process begins, with its own clock.
    pub(crate) fn begin(&self, weather: Option<Weather>) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.weather = weather.unwrap_or_else(|| Weather::calm(Random::new(0)));
        inner.process += 1;
        inner.clock = 0;
        inner.written.clear();
        inner.enter(true);
        inner.tell(What::Began);
    }

    /// The process has its plan, and now begins to apply it.
    pub(crate) fn planned(&self, what: What) {
        let mut inner = self.lock();
        inner.enter(false);
        if let What::Planned { changes, held: _ } = &what {
            let going = changes.iter().filter(|change| change.may_take_along());
            inner.going = going.map(|change| change.address.clone()).collect();
        }
        inner.tell(what);
    }

    pub(crate) fn tell(&self, what: What) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.tell(what);
    }

    /// For events that change nothing; they may occur while a call is in flight.
    pub(crate) fn note(&self, what: What) {
        self.lock().tell(what);
    }

    /// The number of the process, from 1.
    pub(crate) fn process(&self) -> usize {
        self.lock().process
    }

    /// Removes entries on purpose, as another client.
    pub(crate) fn remove(&self, addresses: &[Address]) {
        let (mut inner, service) = self.both();
        for address in addresses {
            let found = inner.truth.last().get(&folded(address)).cloned();
            if let Some(remote) = found {
                inner.by_colleague(&service, &wire::delete(address, remote.spelling));
                let now = inner.start.elapsed();
                inner.look(&service, Author::Other, now);
            }
        }
    }

    /// Another client acts while nobody calls.
    pub(crate) fn let_other_act(&self, (foreign, number): (Foreign, u64)) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.let_other_act(&service, foreign, number);
    }

    /// The account's time, which is also the machine's.
    pub(crate) fn now(&self) -> Timestamp {
        self.lock().now()
    }

    /// For the timestamps of a client: returns the time, and decides what must be decided before the call is sent.
    pub(crate) fn stamp(&self) -> Stamp {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.take_in_late(&service);
        let (is_planning, seen) = (inner.is_planning, inner.seen);
        let mut strike = inner.weather.next(is_planning, seen);
        if let Some((foreign, number)) = strike.foreign {
            inner.let_other_act(&service, foreign, number);
        }
        if let Some((foreign, number)) = strike.beside {
            inner.let_other_act(&service, foreign, number);
        }
        if let Some(seconds) = strike.clock {
            inner.clock = seconds;
            inner.tell(What::Clock(seconds));
        }
        service.set_faults(std::mem::take(&mut strike.faults));
        inner.strike = strike;
        let offset = SignedDuration::from_secs(inner.clock);
        Stamp { time: inner.now() + offset, nonce: inner.nonce() }
    }

    /// For the client's log: a call has its answer, or will have none.
    pub(crate) fn arrived(&self, entry: &livevod::api::CallEntry<'_>) {
        let mut inner = self.lock();
        let (now, before, process) = (inner.start.elapsed(), inner.story.len(), inner.process);
        let id = entry.request_id.or(entry.error.and_then(|error| error.request_id()));
        // Without an id, it is the first call of its action that was sent then and has no readable answer; or, if no connection was
        // made, the first of those.
        let is_unconnected = entry.error.is_some_and(|error| error.class() == Class::NotSent);
        let is_it = |one: &&mut Happening| {
            let What::Call(call) = &one.what else { return false };
            let sent_then = one.at + entry.duration == now && call.step.action_name() == entry.action;
            let has_no_id = || call.has_no_id() && call.is_unconnected() == is_unconnected;
            call.arrived.is_none() && id.map_or(sent_then && has_no_id(), |id| call.id == id)
        };
        let own = inner.story.iter_mut().filter(|one| one.process == process);
        let found = if id.is_some() { own.rev().find(is_it) } else { own.into_iter().find(is_it) };
        if let Some(Happening { what: What::Call(call), .. }) = found {
            call.arrived = Some((before, now));
        }
    }

    /// For the pauses of a client.
    pub(crate) fn chance(&self) -> f64 {
        let number = self.lock().chances.number();
        (number >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// For the emulator's call log.
    pub(crate) fn log(&self, entry: &CallEntry<'_>) {
        let mut inner = self.lock();
        // A page that is requested after one with missing entries is incomplete too.
        inner.is_paged |= entry.faults.contains(&SHORT);
        let Inner { is_planning, written, strike, is_paged, .. } = &*inner;
        let phase = Phase { is_planning: *is_planning, written, stale: strike.stale, is_paged: *is_paged };
        let mut call = phase.call(entry);
        call.asks =
            strike.asks.get(entry.action).copied().filter(|_| call.is_throttled()).unwrap_or_default();
        inner.weather.saw(call.step, &call.faults);
        inner.seen = Some(call.step);
        if let Target::Address(address) = &call.target
            && call.step.is_write()
        {
            inner.written.push(address.clone());
        }
        if entry.fate == "late" {
            let after = inner.strike.late.get(entry.action).copied().unwrap_or_default();
            let due = (inner.start.elapsed() + after, inner.process);
            inner.late.push(due);
        }
        if let (Some(after), Target::Address(address)) = (inner.strike.revert, &call.target)
            && call.step.is_write()
            && entry.fate == "carried_out"
        {
            let due = (inner.start.elapsed() + after, address.clone());
            inner.reverts.push(due);
        }
        if call.step.is_write() {
            inner.open = Some(inner.start.elapsed());
        }
        inner.tell(What::Call(call));
        if let Some(how) = inner.strike.dies.take() {
            inner.tell(What::Died(how));
            // Only whoever waits now: a second death at the same moment must not end the next process.
            self.death.notify_waiters();
        }
    }

    /// For apply's progress.
    pub(crate) fn progress(&self, event: Event) {
        self.tell(match event {
            Event::Started { index: _, address, action } => What::Started { address, action },
            // The calls show the same.
            Event::Delayed { .. } => return,
            Event::Finished { index: _, outcome, sent, took: _ } => What::Finished { outcome, sent },
            Event::Moved { index: _, outcome, after: _ } => What::Moved(outcome),
        });
    }

    /// Delivers every lost request that is due.
    pub(crate) fn settle(&self) {
        let (mut inner, service) = self.both();
        inner.catch_up(&service);
        inner.take_in_late(&service);
    }

    /// The story, after the end of all processes.
    pub(crate) fn finish(&self) -> (Vec<Happening>, Truth) {
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
    fn tell(&mut self, what: What) {
        self.story.push(Happening { at: self.start.elapsed(), process: self.process, what });
    }

    fn enter(&mut self, is_planning: bool) {
        self.is_planning = is_planning;
        self.seen = None;
    }

    fn now(&self) -> Timestamp {
        beginning() + self.start.elapsed()
    }

    fn nonce(&mut self) -> String {
        self.nonces += 1;
        format!("nonce-{}", self.nonces)
    }

    /// Looks up what the last call changed.
    fn catch_up(&mut self, service: &Service) {
        if let Some(at) = self.open.take() {
            self.look(service, Author::Livevod, at);
        }
    }

    fn look(&mut self, service: &Service, author: Author, at: Duration) {
        let from = self.story.len();
        let changed = self.truth.look(service, from, at);
        for changed in changed {
            // While a lost request arrives, the service may also undo another write.
            let is_undone = self.is_to_be_undone(&changed.address);
            let author =
                if matches!(author, Author::Late(_)) && is_undone { Author::Service } else { author };
            self.tell(What::Changed(changed, author));
        }
    }

    fn is_to_be_undone(&self, address: &Address) -> bool {
        let now = self.start.elapsed();
        // Siblings that were removed with an app-wide entry come back with it.
        let is_meant = |undone: &Address| undone == address || undone.has_beside(address);
        self.reverts.iter().any(|(due, undone)| *due <= now && is_meant(undone))
    }

    /// Lost requests arrive before the next call, one at a time, so that each is observed separately.
    fn take_in_late(&mut self, service: &Service) {
        let now = self.start.elapsed();
        let mut due: Vec<(Duration, usize)> = Vec::new();
        self.late.retain(|late| {
            let is_due = late.0 <= now;
            due.extend(is_due.then_some(*late));
            !is_due
        });
        let is_reverted = self.reverts.iter().any(|(due, _)| *due <= now);
        if is_reverted || !due.is_empty() {
            let read = wire::describe("unnamed.example.com", 1, None);
            self.by_colleague(service, &read);
            let process = due.first().map(|(_, process)| *process);
            self.look(service, process.map_or(Author::Service, Author::Late), now);
            self.reverts.retain(|(due, _)| *due > now);
        }
    }

    fn let_other_act(&mut self, service: &Service, foreign: Foreign, number: u64) {
        let Some((address, call)) = self.foreign_call(foreign, number) else { return };
        self.tell(What::Foreign(foreign, address));
        self.by_colleague(service, &call);
        self.look(service, Author::Other, self.start.elapsed());
    }

    /// An edit that is possible in the console now.
    fn foreign_call(&self, foreign: Foreign, number: u64) -> Option<(Address, WireCall)> {
        let state = self.truth.last();
        if foreign == Foreign::AddBeside {
            let wide = self.going.get((number % self.going.len().max(1) as u64) as usize)?;
            let app = if &*wide.app == "*" { "late".into() } else { wide.app.clone() };
            let address = Address::new(wide.domain.clone(), app, "sibling");
            let is_free = !state.contains_key(&address);
            return is_free.then(|| (address.clone(), wire::add(&address, &added())));
        }
        let is_there = |address: &&Address| {
            let held = state.get(&folded(address));
            match foreign {
                Foreign::Edit | Foreign::Delete => held.is_some_and(|remote| remote.unsupported.is_none()),
                Foreign::DeleteBeside => {
                    held.is_some_and(|remote| remote.unsupported.is_none())
                        && self.going.iter().any(|wide| wide.has_beside(address))
                }
                Foreign::DeleteFirst => held.is_some() && self.written.last() == Some(&folded(address)),
                Foreign::Add | Foreign::AddBeside => held.is_none(),
            }
        };
        let choices: Vec<&Address> = self.known.iter().filter(is_there).collect();
        let address = (*choices.get((number % choices.len().max(1) as u64) as usize)?).clone();
        let config = state.get(&folded(&address)).map(|remote| (remote.config.clone(), remote.spelling));
        let call = match (foreign, config) {
            (Foreign::Edit, Some((config, spelling))) => {
                let cycle_duration = if config.cycle_duration == 7200 { 5400 } else { 7200 };
                let edited = RecordConfig { cycle_duration, ..config };
                wire::update(&address, spelling, &edited, ComposeOff::Bare)
            }
            (Foreign::Delete | Foreign::DeleteBeside | Foreign::DeleteFirst, Some((_, spelling))) => {
                wire::delete(&address, spelling)
            }
            _ => wire::add(&address, &added()),
        };
        Some((address, call))
    }

    /// Bypasses all faults.
    fn by_colleague(&mut self, service: &Service, call: &WireCall) {
        let stamp = Stamp { time: self.now(), nonce: self.nonce() };
        service.call(&wire::sign(call, "localhost", &self.colleague, &stamp, SignatureVersion::V3));
    }
}

/// What tells the step of a call.
pub(crate) struct Phase<'a> {
    pub(crate) is_planning: bool,
    /// Addresses written to by the process.
    pub(crate) written: &'a [Address],
    /// The age of the state that a stale read returns.
    pub(crate) stale: Duration,
    /// Whether a listing has or had several pages.
    pub(crate) is_paged: bool,
}

impl Phase<'_> {
    /// What is told of a call of the emulator's log.
    pub(crate) fn call(&self, entry: &CallEntry<'_>) -> Call {
        let target = match named(&entry.address) {
            Some(address) => Target::Address(folded(&address)),
            None => Target::Domain(entry.address.clone()),
        };
        let step = self.step(entry.action, &target);
        let is_stale = entry.faults.contains(&"stale") && !step.is_write();
        Call {
            step,
            id: entry.request_id.to_owned(),
            arrived: None,
            target,
            status: entry.status,
            code: entry.code.map(str::to_owned),
            fate: entry.fate,
            faults: effective(entry.faults),
            stale: if is_stale { self.stale } else { Duration::ZERO },
            listed: entry.body.filter(|_| self.is_paged).and_then(listed),
            asks: Duration::ZERO,
        }
    }

    fn step(&self, action: &str, target: &Target) -> Step {
        match (action, target) {
            ("AddLiveRecordVodConfig", _) => Step::Add,
            ("UpdateLiveRecordVodConfig", _) => Step::Update,
            ("DeleteLiveRecordVodConfig", _) => Step::Delete,
            ("DescribeLiveRecordVodConfigs", _) if self.is_planning => Step::Plan,
            ("DescribeLiveRecordVodConfigs", Target::Domain(_)) => Step::List,
            ("DescribeLiveRecordVodConfigs", Target::Address(address)) => {
                if self.written.contains(address) {
                    Step::Confirm
                } else {
                    Step::Compare
                }
            }
            ("AssumeRole", _) => Step::Assume,
            _ => Step::Identify,
        }
    }
}

/// The entries in an answer.
fn listed(body: &[u8]) -> Option<Vec<Address>> {
    let response = Response { status: 200, headers: BTreeMap::new(), body: body.to_vec() };
    let page = wire::read_page(wire::read(&response).ok()?).ok()?;
    Some(page.configs.iter().map(|(address, _)| folded(address)).collect())
}

fn added() -> RecordConfig {
    RecordConfig {
        vod_transcode_group: super::files::GROUP.to_owned(),
        cycle_duration: 7200,
        ..RecordConfig::default()
    }
}

/// The faults that had an effect: all except the first, which is the usual time of a call, and except those that would
/// also decide what happens to the request or its answer, but did not.
fn effective(faults: &[&'static str]) -> Vec<&'static str> {
    let mut is_ruled = false;
    let matters = |fault: &&'static str| {
        let rules = !["latency", "skew", "stale", SHORT, "revert"].contains(fault);
        !rules || !std::mem::replace(&mut is_ruled, true)
    };
    faults.iter().skip(1).copied().filter(matters).collect()
}

/// The address in a call, with any names; here, only an app may contain a slash.
fn named(text: &str) -> Option<Address> {
    let (domain, rest) = text.split_once('/')?;
    let (app, stream) = rest.rsplit_once('/')?;
    Some(Address::new(domain, app, stream))
}
