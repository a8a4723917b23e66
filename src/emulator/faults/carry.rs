//! Carries requests to the service and answers back, as far as the faults allow.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::spec::FaultKind;
use super::strike::{Commit, Foreign, Spoil, Strike};
use super::{Late, spoilt};
use crate::emulator::Answer;
use crate::emulator::answer::troubled;
use crate::emulator::delivery::{Delivery, Disturbed, End, Fate};
use crate::emulator::entry::Entry;
use crate::emulator::event::Event;
use crate::emulator::glance::Glance;
use crate::emulator::inner::{Delivering, Handled};
use crate::emulator::oss;
use crate::emulator::state::{Record, State};
use crate::emulator::trouble::Trouble;

use crate::model::{Address, Pattern, RecordConfig};
use crate::wire::{Action, Request, Response};

impl Delivering {
    /// Carries a request to the service and its answer back, as far as the faults allow.
    pub(in crate::emulator) fn deliver_through_faults(
        &mut self,
        request: &Request,
        glance: &Glance,
        now: Timestamp,
        request_id: String,
    ) -> Handled {
        if self.faults.strikes.is_empty() {
            return self.deliver(request, now, request_id);
        }
        self.take_in_late(now);
        let mut strike = self.faults.strikes.strike(glance);
        self.let_others_act(&strike.foreign, now);
        let (answered, fate) = self.commit(&strike, request, glance, now, &request_id);
        let answered = answered.map(|response| shortened(response, &mut strike));
        let time = shifted(now, strike.skew);
        let refused = |trouble| troubled(trouble, request, request_id.clone(), time);
        let end = spoil(answered, strike.spoil, &refused);
        let delivery = Delivery { delay: strike.delay, fate, end };
        Handled { delivery, number: self.pending.applied(), faults: strike.names }
    }

    /// Carries a request out, for a limited time or for good.
    fn carry_out_for(
        &mut self,
        time: Option<Duration>,
        request: &Request,
        clock: Timestamp,
        now: Timestamp,
        request_id: String,
    ) -> Response {
        let (response, mut undo) = self.carry_out(request, clock, now, request_id);
        // What was done stays on record.
        undo.retain(Record::is_of_a_configuration);
        if let Some(time) = time.filter(|_| !undo.is_empty()) {
            undo.reverse();
            self.faults.reverts.push((now.checked_add(time).unwrap_or(Timestamp::MAX), undo));
        }
        response
    }

    /// Carries the request out as often as the strike allows; returns the answer, if there is one.
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
                self.faults.late.push(Late {
                    due,
                    request: request.clone(),
                    request_id: request_id.to_owned(),
                });
                return (None, Fate::Late);
            }
            Commit::Once | Commit::Twice => {}
        }
        let first = matches!(strike.commit, Commit::Twice)
            .then(|| Fate::of(&self.carry_out(request, clock, now, request_id.to_owned()).0));
        let is_listing = glance.action == Action::Describe.name() || oss::is_listing(&glance.action);
        let stale = strike.stale.filter(|_| is_listing);
        let response = match stale {
            Some(age) => self.answer_as_of(age, request, now, request_id),
            None => self.carry_out_for(strike.revert, request, clock, now, request_id.to_owned()),
        };
        let fate = first.filter(|fate| *fate == Fate::CarriedOut).unwrap_or_else(|| Fate::of(&response));
        (Some(response), fate)
    }

    fn answer_as_of(
        &mut self,
        age: Duration,
        request: &Request,
        now: Timestamp,
        request_id: &str,
    ) -> Response {
        let then = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let past = self.faults.past.state_at(&self.emulator.state, then);
        let present = std::mem::replace(&mut self.emulator.state, past);
        let Answer { response, records: _ } = self.emulator.handle(request, now, request_id.to_owned());
        self.emulator.state = present;
        response
    }

    /// Carries out the delayed requests that are due, and undoes what is due to be undone.
    pub(in crate::emulator) fn take_in_late(&mut self, now: Timestamp) {
        while let Some(at) = self.faults.reverts.iter().position(|(due, _)| *due <= now) {
            let (_, undo) = self.faults.reverts.remove(at);
            self.make(undo, now);
        }
        while let Some(at) = self.faults.late.iter().position(|late| late.due <= now) {
            let Late { due: _, request, request_id } = self.faults.late.remove(at);
            self.carry_out(&request, now, now, request_id);
        }
    }

    fn let_others_act(&mut self, foreign: &[(Foreign, Pattern)], now: Timestamp) {
        for (what, victims) in foreign {
            let records = changed_by_others(self.state(), *what, victims, now);
            self.make(records, now);
        }
    }
}

/// What someone else's edit or delete in the console changes, and its events.
fn changed_by_others(state: &State, what: Foreign, victims: &Pattern, now: Timestamp) -> Vec<Record> {
    let victims = state.all().filter(|(address, _)| victims.matches(address));
    let change = |(number, (address, entry)): (usize, (&Address, &Entry))| {
        let (action, change) = match what {
            Foreign::Edit => (Action::Update, Record::put(address.clone(), edited(entry))),
            Foreign::Delete => (Action::Delete, Record::remove(address.clone())),
        };
        [change, Record::event(Event::in_console(action, address, number, now))]
    };
    victims.enumerate().flat_map(change).collect()
}

/// The same configuration after someone changed its CycleDuration.
fn edited(entry: &Entry) -> Entry {
    let cycle_duration = if entry.config.cycle_duration == 7200 { 5400 } else { 7200 };
    Entry { config: RecordConfig { cycle_duration, ..entry.config.clone() }, ..entry.clone() }
}

fn shifted(time: Timestamp, millis: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(millis)).unwrap_or(time)
}

/// A page without what the strike removes; if that is nothing, the fault did not strike.
fn shortened(response: Response, strike: &mut Strike) -> Response {
    let Some(items) = strike.short else { return response };
    spoilt::short(&response, items).unwrap_or_else(|| {
        strike.names.retain(|name| *name != FaultKind::Short.name());
        response
    })
}

/// What the caller gets in place of the answer.
fn spoil(answered: Option<Response>, spoil: Option<Spoil>, refused: &dyn Fn(Trouble) -> Response) -> End {
    let closed = || End::Disturbed(Disturbed::Closed);
    let Some(spoil) = spoil else { return answered.map_or_else(closed, End::Answer) };
    let refused = |trouble| End::Answer(refused(trouble));
    let spoilt =
        |how: fn(Response) -> Response| answered.clone().map_or_else(closed, |it| End::Answer(how(it)));
    let disturbed = |how: &dyn Fn(Response) -> Disturbed| {
        answered.clone().map_or_else(closed, |it| End::Disturbed(how(it)))
    };
    match spoil {
        Spoil::Refuse(time) => End::Disturbed(Disturbed::Refused(time)),
        Spoil::Lose => closed(),
        Spoil::Hang(time) => End::Disturbed(Disturbed::Hang(time)),
        Spoil::Error(503) => refused(Trouble::Unavailable),
        Spoil::Error(_) => refused(Trouble::Internal),
        Spoil::GatewayPage => End::Answer(spoilt::gateway_page()),
        Spoil::Throttle(after) => refused(Trouble::Throttled(after)),
        Spoil::ExpiredToken => refused(Trouble::ExpiredToken),
        Spoil::RevokedKey => refused(Trouble::RevokedKey),
        Spoil::Deny => refused(Trouble::Denied),
        Spoil::Garbage => spoilt(spoilt::garbage),
        Spoil::Empty => spoilt(spoilt::empty),
        Spoil::Huge => spoilt(spoilt::huge),
        Spoil::Truncate => disturbed(&Disturbed::Truncated),
        Spoil::Endless => disturbed(&Disturbed::Endless),
        Spoil::Slow(pause) => disturbed(&|response| Disturbed::Slow(response, pause)),
    }
}
