//! The emulator and everything that happens around it: faults, changes by others, requests that come late. Turns a request
//! into its delivery and the number of the write that it rests on. Pure: the time is given.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::counters::Counters;
use super::delivery::{Delivery, End, Fate};
use super::fault_spec::FaultKind;
use super::faults::{Commit, Faults, Foreign, Spoil, Strike};
use super::glance::Glance;
use super::past::Past;
use super::pending::Pending;
use super::refusal::Refusal;
use super::spoilt;
use super::state::{Record, State};
use super::{Answer, Emulator, Exchange, Fault};
use crate::model::Pattern;
use crate::wire::{Action, Request, Response};

/// What the one lock guards.
#[derive(Debug)]
pub(super) struct Inner {
    emulator: Emulator,
    faults: Faults,
    past: Past,
    /// Lost requests that arrive after all.
    late: Vec<Late>,
    /// What takes back writes that were carried out, and when.
    reverts: Vec<(Timestamp, Vec<Record>)>,
    pub(super) pending: Pending,
    pub(super) counters: Counters,
}

#[derive(Debug)]
struct Late {
    due: Timestamp,
    request: Request,
    request_id: String,
}

/// A request that was delivered, or not.
pub(super) struct Carried {
    pub(super) delivery: Delivery,
    /// The write that must be settled before the caller hears of it.
    pub(super) number: u64,
    /// Faults that struck, by name.
    pub(super) faults: Vec<&'static str>,
}

impl Inner {
    pub(super) fn new(emulator: Emulator) -> Self {
        Self {
            emulator,
            faults: Faults::default(),
            past: Past::default(),
            late: Vec::new(),
            reverts: Vec::new(),
            pending: Pending::default(),
            counters: Counters::default(),
        }
    }

    pub(super) fn set_faults(&mut self, faults: Vec<Fault>) {
        self.faults = Faults::new(faults);
    }

    pub(super) fn state(&self) -> &State {
        &self.emulator.state
    }

    /// Answers past all faults, with the number of the write that the answer rests on.
    pub(super) fn call(&mut self, request: &Request, now: Timestamp, request_id: String) -> (Response, u64) {
        self.take_in_late(now);
        let response = self.carry_out(request, now, now, request_id);
        (response, self.pending.applied())
    }

    pub(super) fn deliver(
        &mut self,
        request: &Request,
        glance: &Glance,
        now: Timestamp,
        request_id: String,
    ) -> Carried {
        if self.faults.is_empty() {
            let (response, number) = self.call(request, now, request_id);
            return Carried { delivery: Delivery::answered(response), number, faults: Vec::new() };
        }
        self.take_in_late(now);
        let mut strike = self.faults.strike(glance);
        self.let_others_act(&strike.foreign, now);
        let (answered, fate) = self.commit(&strike, request, glance, now, &request_id);
        let answered = answered.map(|response| shortened(response, &mut strike));
        let exchange = Exchange::new(request, request_id, shifted(now, strike.skew));
        let end = spoil(answered, strike.spoil, &exchange);
        let delivery = Delivery { delay: strike.delay, fate, end };
        Carried { delivery, number: self.pending.applied(), faults: strike.names }
    }

    /// Makes a change that needs no answer; gives its number.
    pub(super) fn make(&mut self, records: Vec<Record>, now: Timestamp) -> u64 {
        self.make_undoable(records, now);
        self.pending.applied()
    }

    /// Makes a change; gives the records that take it back, in the order of the changes: whoever takes them back begins at the end.
    fn make_undoable(&mut self, records: Vec<Record>, now: Timestamp) -> Vec<Record> {
        if records.is_empty() {
            return Vec::new();
        }
        let undo: Vec<Record> =
            records.iter().map(|record| self.emulator.state.apply(record.clone())).collect();
        if let Some(kept) = self.faults.stalest() {
            undo.iter().for_each(|record| self.past.note(record.clone(), now, kept));
        }
        self.pending.push(records, undo.clone());
        undo
    }

    /// Takes back everything that the disk did not keep.
    pub(super) fn take_back(&mut self) {
        for record in self.pending.fail() {
            self.emulator.state.apply(record);
        }
    }

    /// Carries a request out by the service's `clock`, which may be wrong `now`.
    fn carry_out(
        &mut self,
        request: &Request,
        clock: Timestamp,
        now: Timestamp,
        request_id: String,
    ) -> Response {
        self.carry_out_for(None, request, clock, now, request_id)
    }

    /// Carries a request out for so long, or for good.
    fn carry_out_for(
        &mut self,
        time: Option<Duration>,
        request: &Request,
        clock: Timestamp,
        now: Timestamp,
        request_id: String,
    ) -> Response {
        let Answer { response, records } = self.emulator.handle(request, clock, request_id);
        let mut undo = self.make_undoable(records, now);
        if let Some(time) = time.filter(|_| !undo.is_empty()) {
            undo.reverse();
            self.reverts.push((now.checked_add(time).unwrap_or(Timestamp::MAX), undo));
        }
        response
    }

    /// Carries the request out as often as the strike lets it; the answer, where there is one.
    fn commit(
        &mut self,
        strike: &Strike,
        request: &Request,
        glance: &Glance,
        now: Timestamp,
        request_id: &str,
    ) -> (Option<Response>, Fate) {
        let clock = shifted(now, strike.skew);
        match strike.commit {
            Commit::Never => return (None, Fate::Lost),
            Commit::Later(time) => {
                let due = now.checked_add(time).unwrap_or(Timestamp::MAX);
                self.late.push(Late { due, request: request.clone(), request_id: request_id.to_owned() });
                return (None, Fate::Late);
            }
            Commit::Twice => {
                self.carry_out(request, clock, now, request_id.to_owned());
            }
            Commit::Once => {}
        }
        let stale = strike.stale.filter(|_| glance.action == Action::Describe.name());
        let response = match stale {
            Some(age) => self.answer_as_of(age, request, now, request_id),
            None => self.carry_out_for(strike.revert, request, clock, now, request_id.to_owned()),
        };
        (Some(response), Fate::CarriedOut)
    }

    fn answer_as_of(
        &mut self,
        age: Duration,
        request: &Request,
        now: Timestamp,
        request_id: &str,
    ) -> Response {
        let then = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let past = self.past.state_at(&self.emulator.state, then);
        let present = std::mem::replace(&mut self.emulator.state, past);
        let Answer { response, records: _ } = self.emulator.handle(request, now, request_id.to_owned());
        self.emulator.state = present;
        response
    }

    /// Carries out the lost requests whose time has come, and takes back what is to be taken back by now.
    fn take_in_late(&mut self, now: Timestamp) {
        while let Some(at) = self.reverts.iter().position(|(due, _)| *due <= now) {
            let (_, undo) = self.reverts.remove(at);
            self.make(undo, now);
        }
        while let Some(at) = self.late.iter().position(|late| late.due <= now) {
            let Late { due: _, request, request_id } = self.late.remove(at);
            self.carry_out(&request, now, now, request_id);
        }
    }

    fn let_others_act(&mut self, foreign: &[(Foreign, Pattern)], now: Timestamp) {
        for (what, victims) in foreign {
            let records = self.emulator.foreign(*what, victims);
            self.make(records, now);
        }
    }
}

fn shifted(time: Timestamp, millis: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(millis)).unwrap_or(time)
}

/// A page without what the strike leaves out; where that is nothing, it did not strike.
fn shortened(response: Response, strike: &mut Strike) -> Response {
    let Some(items) = strike.short else { return response };
    spoilt::short(&response, items).unwrap_or_else(|| {
        strike.names.retain(|name| *name != FaultKind::Short.name());
        response
    })
}

/// What the caller meets in place of the answer.
fn spoil(answered: Option<Response>, spoil: Option<Spoil>, exchange: &Exchange) -> End {
    let Some(spoil) = spoil else { return answered.map_or(End::Closed, End::Answer) };
    let refused = |refusal| End::Answer(exchange.refuse(&refusal));
    let spoilt =
        |how: fn(Response) -> Response| answered.clone().map_or(End::Closed, |it| End::Answer(how(it)));
    match (spoil, answered.clone()) {
        (Spoil::Refuse(time), _) => End::Refused(time),
        (Spoil::Lose, _) => End::Closed,
        (Spoil::Hang(time), _) => End::Hang(time),
        (Spoil::Error(503), _) => refused(Refusal::service_unavailable()),
        (Spoil::Error(_), _) => refused(Refusal::internal_error()),
        (Spoil::GatewayPage, _) => End::Answer(spoilt::gateway_page()),
        (Spoil::Throttle(after), _) => refused(Refusal::throttled(after)),
        (Spoil::ExpiredToken, _) => refused(Refusal::token_expired()),
        (Spoil::RevokedKey, _) => refused(Refusal::key_inactive()),
        (Spoil::Garbage, _) => spoilt(spoilt::garbage),
        (Spoil::Empty, _) => spoilt(spoilt::empty),
        (Spoil::Huge, _) => spoilt(spoilt::huge),
        (Spoil::Truncate, Some(response)) => End::Truncated(response),
        (Spoil::Endless, Some(response)) => End::Endless(response),
        (Spoil::Slow(pause), Some(response)) => End::Slow(response, pause),
        (Spoil::Truncate | Spoil::Endless | Spoil::Slow(_), None) => End::Closed,
    }
}
