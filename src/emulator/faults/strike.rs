//! Which calls the faults strike, and the combined effect on one call. Pure; `carry` applies it to the state, and the
//! server to the connection.

use std::time::Duration;

use super::spec::{Fault, FaultKind, When};
use crate::emulator::glance::Glance;
use crate::model::{Address, Pattern};

/// The faults, with the calls that each has seen so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Strikes {
    faults: Vec<Counted>,
}

#[derive(Debug, Clone)]
struct Counted {
    fault: Fault,
    seen: u64,
    struck: u64,
}

/// The combined effect of all faults on one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Strike {
    /// By how much the answer is delayed.
    pub(super) delay: Duration,
    /// How far the service's clock is ahead, in milliseconds.
    pub(super) skew: i64,
    /// The age of the state that a Describe reads.
    pub(super) stale: Option<Duration>,
    /// How many items the page of a Describe keeps.
    pub(super) short: Option<u64>,
    /// What someone else does before the call.
    pub(super) foreign: Vec<(Foreign, Pattern)>,
    /// What happens to the request.
    pub(super) commit: Commit,
    /// After how long the service undoes what it carried out.
    pub(super) revert: Option<Duration>,
    /// What happens to the answer.
    pub(super) spoil: Option<Spoil>,
    /// The names of the faults that struck.
    pub(super) names: Vec<&'static str>,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Commit {
    #[default]
    Once,
    Never,
    /// Delivered twice; the second answer is returned.
    Twice,
    /// Not delivered at once, but after this time.
    Later(Duration),
}

/// What someone else does to a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    Edit,
    Delete,
}

/// What happens to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoil {
    /// The connection is closed, and for this time none is accepted.
    Refuse(Duration),
    /// The connection is closed without an answer.
    Lose,
    /// An error of the service with this status.
    Error(u16),
    GatewayPage,
    Throttle(Option<Duration>),
    ExpiredToken,
    RevokedKey,
    Deny,
    Truncate,
    Garbage,
    Empty,
    Huge,
    Endless,
    /// One piece, then this pause, and so on.
    Slow(Duration),
    /// No answer for this time, then the connection closes.
    Hang(Duration),
}

impl Strikes {
    pub(super) fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        let counted = |fault| Counted { fault, seen: 0, struck: 0 };
        Self { faults: faults.into_iter().map(counted).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// The longest time that a read may lag behind, for which the past must be kept.
    pub(super) fn stalest(&self) -> Option<Duration> {
        let stale = self.faults.iter().filter(|counted| counted.fault.kind == FaultKind::Stale);
        stale.map(|counted| counted.fault.time).max()
    }

    /// Shows a call to every fault; returns the combined effect of those that strike it.
    pub(super) fn strike(&mut self, call: &Glance) -> Strike {
        let mut strike = Strike::default();
        for counted in &mut self.faults {
            if let Some(number) = counted.strikes(call) {
                strike.add(&counted.fault, number);
            }
        }
        strike
    }
}

impl Counted {
    /// Counts a call that the fault selects; returns its number if it is struck.
    fn strikes(&mut self, call: &Glance) -> Option<u64> {
        if !self.fault.selects(call) {
            return None;
        }
        self.seen += 1;
        let strikes = self.fault.times.is_none_or(|times| self.struck < times) && self.is_due();
        self.struck += u64::from(strikes);
        strikes.then_some(self.seen)
    }

    fn is_due(&self) -> bool {
        match self.fault.when {
            When::Always => true,
            When::Nth(number) => self.seen == number,
            When::Every(number) => self.seen.is_multiple_of(number),
            When::Chance(chance) => unit(random(self.fault.seed, self.seen)) < chance,
        }
    }
}

impl Fault {
    /// Foreign edits name the changed configurations with `address`, so they count every call.
    fn selects(&self, call: &Glance) -> bool {
        let is_foreign = matches!(self.kind, FaultKind::ForeignEdit | FaultKind::ForeignDelete);
        let at_address = || is_foreign || self.address.as_ref().is_none_or(|pattern| is_about(call, pattern));
        let at_object =
            |wanted: &String| call.object.as_ref().is_some_and(|object| object.starts_with(wanted));
        self.action.is_none_or(|action| call.action == action)
            && at_address()
            && self.object.as_ref().is_none_or(at_object)
    }
}

/// Whether a call is about something that the pattern selects. A listing of a domain is about all of it.
fn is_about(call: &Glance, pattern: &Pattern) -> bool {
    match &call.app {
        None if call.object.is_some() => false,
        None => pattern.matches_domain(&call.domain),
        Some(app) => pattern.matches(&Address::new(call.domain.as_str(), app.as_str(), call.stream())),
    }
}

impl Strike {
    /// Adds the effect of one fault; if several decide about the request or the answer, the first one wins.
    fn add(&mut self, fault: &Fault, number: u64) {
        let time = fault.time;
        self.names.push(fault.kind.name());
        match fault.kind {
            FaultKind::Latency => self.delay += time + part_of(fault.jitter, random(fault.seed, number)),
            FaultKind::Skew => self.skew += fault.skew,
            FaultKind::Stale => self.stale = self.stale.max(Some(time)),
            FaultKind::Short => {
                self.short = Some(self.short.map_or(fault.items, |least| least.min(fault.items)))
            }
            FaultKind::Revert => self.revert = self.revert.or(Some(time)),
            FaultKind::ForeignEdit => self.add_foreign(Foreign::Edit, fault),
            FaultKind::ForeignDelete => self.add_foreign(Foreign::Delete, fault),
            FaultKind::Refuse => self.rule(Commit::Never, Some(Spoil::Refuse(time))),
            FaultKind::DropBeforeCommit => self.rule(Commit::Never, Some(Spoil::Lose)),
            FaultKind::DropAfterCommit => self.rule(Commit::Once, Some(Spoil::Lose)),
            FaultKind::LateCommit => self.rule(Commit::Later(time), Some(Spoil::Lose)),
            FaultKind::Duplicate => self.rule(Commit::Twice, None),
            FaultKind::ErrorBeforeCommit => self.rule(Commit::Never, Some(Spoil::Error(fault.status))),
            FaultKind::ErrorAfterCommit => self.rule(Commit::Once, Some(Spoil::Error(fault.status))),
            FaultKind::GatewayPage => self.rule(Commit::Once, Some(Spoil::GatewayPage)),
            FaultKind::Throttle => self.rule(Commit::Never, Some(Spoil::Throttle(fault.retry_after))),
            FaultKind::FalseThrottle => self.rule(Commit::Once, Some(Spoil::Throttle(fault.retry_after))),
            FaultKind::ExpiredToken => self.rule(Commit::Never, Some(Spoil::ExpiredToken)),
            FaultKind::RevokedKey => self.rule(Commit::Never, Some(Spoil::RevokedKey)),
            FaultKind::Deny => self.rule(Commit::Never, Some(Spoil::Deny)),
            FaultKind::Truncated => self.rule(Commit::Once, Some(Spoil::Truncate)),
            FaultKind::Garbage => self.rule(Commit::Once, Some(Spoil::Garbage)),
            FaultKind::Empty => self.rule(Commit::Once, Some(Spoil::Empty)),
            FaultKind::Huge => self.rule(Commit::Once, Some(Spoil::Huge)),
            FaultKind::Endless => self.rule(Commit::Once, Some(Spoil::Endless)),
            FaultKind::Slow => self.rule(Commit::Once, Some(Spoil::Slow(time))),
            FaultKind::Hang => self.rule(Commit::Once, Some(Spoil::Hang(time))),
        }
    }

    fn add_foreign(&mut self, what: Foreign, fault: &Fault) {
        self.foreign.extend(fault.address.clone().map(|victims| (what, victims)));
    }

    fn rule(&mut self, commit: Commit, spoil: Option<Spoil>) {
        if self.commit == Commit::Once && self.spoil.is_none() {
            (self.commit, self.spoil) = (commit, spoil);
        }
    }
}

/// A pseudorandom number that is the same for the same seed and call (the mixing function of SplitMix64).
fn random(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// From 0 to just below 1.
fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

fn part_of(most: Duration, random: u64) -> Duration {
    most.mul_f64(unit(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(specs: &[&str]) -> Strikes {
        Strikes::new(specs.iter().map(|spec| spec.parse().unwrap()))
    }

    fn call(action: &str, stream: &str) -> Glance {
        let (domain, app) = ("a.com".to_owned(), Some("show".to_owned()));
        Glance {
            action: format!("{action}LiveRecordVodConfig"),
            domain,
            app,
            stream: Some(stream.to_owned()),
            unknown: Vec::new(),
            object: None,
        }
    }

    /// Which of a number of Adds are struck.
    fn struck(spec: &str, calls: u64) -> Vec<u64> {
        let mut faults = faults(&[spec]);
        (1..=calls).filter(|_| faults.strike(&call("Add", "cam")) != Strike::default()).collect()
    }

    #[test]
    fn a_fault_strikes_the_nth_every_nth_or_so_many_calls() {
        assert_eq!(struck("empty:nth=3", 9), [3]);
        assert_eq!(struck("empty:every=3", 9), [3, 6, 9]);
        assert_eq!(struck("empty:every=3,times=2", 9), [3, 6]);
        assert_eq!(struck("empty:times=2", 9), [1, 2]);
        assert_eq!(struck("empty:action=Update", 9), [] as [u64; 0]);
    }

    #[test]
    fn chance_is_the_same_in_every_run_and_another_one_for_another_seed() {
        let (one, two) = (struck("empty:chance=0.3,seed=1", 1000), struck("empty:chance=0.3,seed=2", 1000));
        assert_eq!(one, struck("empty:chance=0.3,seed=1", 1000));
        assert_ne!(one, two);
        for struck in [one, two] {
            assert!((250..350).contains(&struck.len()), "{}", struck.len());
        }
    }

    #[test]
    fn a_fault_counts_only_what_it_selects() {
        let mut faults = faults(&["empty:action=Update,address=a.com/show/cam,nth=2"]);
        let calls = [("Add", "cam"), ("Update", "other"), ("Update", "cam"), ("Update", "cam")];
        let struck = calls.map(|(action, stream)| faults.strike(&call(action, stream)).spoil.is_some());
        assert_eq!(struck, [false, false, false, true]);
    }

    #[test]
    fn several_faults_add_up_and_the_first_rules_the_answer() {
        let specs = ["latency:time=20ms", "latency:time=5ms", "skew:time=-1m", "drop-after-commit", "hang"];
        let strike = faults(&specs).strike(&call("Add", "cam"));
        assert_eq!((strike.delay, strike.skew), (Duration::from_millis(25), -60_000));
        assert_eq!((strike.commit, strike.spoil), (Commit::Once, Some(Spoil::Lose)));
        assert_eq!(strike.names.len(), 5);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let mut faults = faults(&["latency:time=10ms,jitter=10ms,seed=3"]);
        let delays: Vec<Duration> = (0..100).map(|_| faults.strike(&call("Add", "cam")).delay).collect();
        assert!(delays.iter().all(|delay| (10..20).contains(&delay.as_millis())), "{delays:?}");
        assert!(delays.iter().any(|delay| *delay != delays[0]));
    }
}
