//! The actual contents of the account, from the beginning of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use livevod::emulator::Service;
use livevod::model::{Address, Remote};
use livevod::wire;
use serde_json::{Map, Value};

/// Every configuration at one moment, by lower-case address: no two generated addresses differ only in case.
pub(crate) type State = BTreeMap<Address, Arc<Remote>>;

/// One configuration before and after.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) address: Address,
    pub(crate) before: Option<Arc<Remote>>,
    pub(crate) after: Option<Arc<Remote>>,
}

/// All states, each with the index in the story at which it began.
#[derive(Debug)]
pub(crate) struct Truth {
    states: Vec<Moment>,
}

#[derive(Debug)]
struct Moment {
    /// The first event that could see it.
    from: usize,
    at: Duration,
    state: State,
}

impl Truth {
    pub(crate) fn new(service: &Service) -> Self {
        Self { states: vec![Moment { from: 0, at: Duration::ZERO, state: read(service) }] }
    }

    /// Records what the account holds now, and returns the differences.
    pub(crate) fn look(&mut self, service: &Service, from: usize, at: Duration) -> Vec<Changed> {
        let state = read(service);
        let changed = differences(self.last(), &state);
        if !changed.is_empty() {
            self.states.push(Moment { from, at, state });
        }
        changed
    }

    pub(crate) fn last(&self) -> &State {
        self.states.last().map(|moment| &moment.state).unwrap()
    }

    /// The state that an event saw.
    pub(crate) fn seen_by(&self, happening: usize) -> &State {
        let moment = self.states.iter().rev().find(|moment| moment.from <= happening);
        moment.map(|moment| &moment.state).unwrap()
    }

    /// The state that an event saw that reads a state this old.
    pub(crate) fn seen_late_by(&self, happening: usize, at: Duration, age: Duration) -> &State {
        let then = at.saturating_sub(age);
        let older = |moment: &&Moment| moment.from <= happening && (moment.at <= then || moment.from == 0);
        self.states.iter().rev().find(older).map(|moment| &moment.state).unwrap()
    }

    /// Every state at any time between two events, inclusive.
    pub(crate) fn between(&self, first: usize, last: usize) -> impl Iterator<Item = &State> {
        let begun = self.states.iter().rposition(|moment| moment.from <= first).unwrap_or(0);
        self.states[begun..].iter().take_while(move |moment| moment.from <= last).map(|moment| &moment.state)
    }
}

/// Names are compared without case, because some quirks do not preserve it.
pub(crate) fn folded(address: &Address) -> Address {
    Address::new(
        address.domain.clone(),
        address.app.to_ascii_lowercase(),
        address.stream.to_ascii_lowercase(),
    )
}

fn read(service: &Service) -> State {
    let mut dump = service.dump();
    let list = Value::Object(Map::from_iter([("LiveRecordVodConfig".to_owned(), dump["configs"].take())]));
    let page = wire::read_page(Map::from_iter([("LiveRecordVodConfigs".to_owned(), list)])).unwrap();
    page.configs.into_iter().map(|(address, remote)| (folded(&address), Arc::new(remote))).collect()
}

fn differences(before: &State, after: &State) -> Vec<Changed> {
    let mut addresses: Vec<&Address> = before.keys().chain(after.keys()).collect();
    addresses.sort();
    addresses.dedup();
    let changed = |address: &&Address| before.get(*address) != after.get(*address);
    let change = |address: &Address| Changed {
        address: address.clone(),
        before: before.get(address).cloned(),
        after: after.get(address).cloned(),
    };
    addresses.into_iter().filter(changed).map(change).collect()
}
