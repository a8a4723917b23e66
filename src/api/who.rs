//! Turns addresses into the calls that may have changed them, as far as ActionTrail lists such calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::client::Client;
use super::endpoint::Endpoint;
use super::error::Error;
use crate::model::Address;
use crate::wire::{self, Action, EVENT_DAYS, EventSearch, PastCall};

/// The calls that are kept of each address.
const MOST_CALLS: usize = 5;

/// Pages after which the rest of a search is left unread: 1,000 calls, read in 10 s.
const MOST_PAGES: u32 = 20;

/// How long each call to ActionTrail is retried: the answer is useful, but nothing depends on it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The service's clock moves on while the events are read, and it refuses a time before the events that it keeps.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);

const WRITES: [Action; 3] = [Action::Add, Action::Update, Action::Delete];

/// What ActionTrail tells of some addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// By address; each that was asked for.
    pub trails: BTreeMap<Address, Trail>,
}

/// What ActionTrail tells of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trail {
    /// The newest calls that succeeded and may have changed it, the newest first, at least one: at the address itself, or
    /// at an app-wide one that covers it.
    Calls(Vec<PastCall>),
    /// No such call is listed.
    NoCall {
        /// Since when all calls were read.
        since: Timestamp,
        /// Whether that is as long as ActionTrail keeps events.
        is_all: bool,
        /// The number of calls that do not tell which address they are about.
        unreadable: usize,
    },
    /// The events could not be read.
    Unread(Error),
}

impl Trail {
    /// Why the events could not be read.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Trail::Unread(error) => Some(error),
            Trail::Calls(_) | Trail::NoCall { .. } => None,
        }
    }
}

/// The calls about some addresses that one endpoint lists.
struct Listed {
    calls: Vec<PastCall>,
    /// Since when all calls were read.
    since: Timestamp,
    unreadable: usize,
}

/// The time whose events are searched.
#[derive(Clone, Copy)]
struct Window {
    from: Timestamp,
    to: Timestamp,
}

impl Client {
    /// Asks ActionTrail for the calls that may have changed these addresses, each with the region of its domain.
    pub async fn who(&self, asked: &BTreeMap<Address, Option<String>>) -> Who {
        let mut trails = BTreeMap::new();
        let mut endpoints: Vec<(Endpoint, BTreeSet<Address>)> = Vec::new();
        for (address, region) in asked {
            match self.trails(region.as_deref()) {
                Err(error) => _ = trails.insert(address.clone(), Trail::Unread(error)),
                Ok(found) => found.into_iter().for_each(|endpoint| note(&mut endpoints, endpoint, address)),
            }
        }
        let window = match self.time() {
            Ok(now) => Window::before(now),
            Err(error) => {
                let unread = |address: &Address| (address.clone(), Trail::Unread(error.clone()));
                return Who { trails: asked.keys().map(unread).collect() };
            }
        };
        let mut answers: Vec<(BTreeSet<Address>, Result<Listed, Error>)> = Vec::new();
        for (endpoint, addresses) in endpoints {
            let listed = self.past_calls(&endpoint, &addresses, window).await;
            answers.push((addresses, listed));
        }
        for address in asked.keys() {
            let about = answers.iter().filter(|(addresses, _)| addresses.contains(address));
            let told = about.map(|(_, listed)| listed.as_ref());
            if let Some(trail) = trail(address, told, window) {
                trails.insert(address.clone(), trail);
            }
        }
        Who { trails }
    }

    /// The successful calls about these addresses, as far as they are read.
    async fn past_calls(
        &self,
        endpoint: &Endpoint,
        addresses: &BTreeSet<Address>,
        window: Window,
    ) -> Result<Listed, Error> {
        let mut listed = Listed { calls: Vec::new(), since: window.from, unreadable: 0 };
        for action in WRITES {
            let mut found: BTreeMap<&Address, usize> = BTreeMap::new();
            let (mut token, mut oldest, mut number) = (None, window.to, 0);
            loop {
                let search =
                    EventSearch { action, from: window.from, to: window.to, token: token.as_deref() };
                let client = self.until(Instant::now() + PATIENCE);
                let fields = client.inquire(&wire::lookup_events(&search), endpoint).await?;
                let page = wire::read_events(&fields).map_err(Error::Contradiction)?;
                listed.unreadable += page.unreadable;
                oldest = page.calls.iter().map(|call| call.time).min().unwrap_or(oldest).min(oldest);
                for call in
                    page.calls.into_iter().filter(|call| call.action == action && call.error.is_none())
                {
                    let about = addresses.iter().filter(|address| may_have_changed(&call, address));
                    let about: Vec<&Address> = about.collect();
                    about.iter().for_each(|address| *found.entry(address).or_default() += 1);
                    listed.calls.extend((!about.is_empty()).then_some(call));
                }
                number += 1;
                let is_enough = addresses.iter().all(|address| found.get(address) >= Some(&MOST_CALLS));
                token = page.next;
                if token.is_none() || is_enough {
                    break;
                }
                if number == MOST_PAGES {
                    listed.since = listed.since.max(oldest);
                    break;
                }
            }
        }
        Ok(listed)
    }
}

impl Window {
    /// As long as ActionTrail keeps events.
    fn before(now: Timestamp) -> Self {
        let kept = SignedDuration::from_hours(24 * EVENT_DAYS) - MARGIN;
        Self { from: now.checked_sub(kept).unwrap_or(Timestamp::MIN), to: now }
    }
}

fn note(endpoints: &mut Vec<(Endpoint, BTreeSet<Address>)>, endpoint: Endpoint, address: &Address) {
    match endpoints.iter_mut().find(|(known, _)| *known == endpoint) {
        Some((_, addresses)) => _ = addresses.insert(address.clone()),
        None => endpoints.push((endpoint, BTreeSet::from([address.clone()]))),
    }
}

/// Whether a call is about an address: its own, or an app-wide one that covers it.
fn may_have_changed(call: &PastCall, address: &Address) -> bool {
    address.rulers().any(|ruler| ruler == call.address)
}

/// What the lists tell of one address; `None` without a list. One list that can't be read leaves the answer open: the
/// newest call may be in it.
fn trail<'a>(
    address: &Address,
    told: impl Iterator<Item = Result<&'a Listed, &'a Error>>,
    window: Window,
) -> Option<Trail> {
    let lists: Vec<&Listed> = match told.collect::<Result<_, _>>() {
        Ok(lists) => lists,
        Err(error) => return Some(Trail::Unread(error.clone())),
    };
    let since = lists.iter().map(|list| list.since).max()?;
    let calls = lists.iter().flat_map(|list| &list.calls);
    let about = calls.filter(|call| call.time >= since && may_have_changed(call, address));
    let mut calls: Vec<PastCall> = about.cloned().collect();
    let order = |call: &PastCall| (call.time, rank(call.action), call.request_id.clone());
    calls.sort_by_cached_key(|call| std::cmp::Reverse(order(call)));
    // Two regions may list the same call.
    calls.dedup_by(|one, other| one == other);
    calls.truncate(MOST_CALLS);
    let unreadable = lists.iter().map(|list| list.unreadable).sum();
    Some(match calls.is_empty() {
        true => Trail::NoCall { since, is_all: since == window.from, unreadable },
        false => Trail::Calls(calls),
    })
}

/// Times have whole seconds. Of calls in the same second, the order is presumed: a replace deletes before it adds.
fn rank(action: Action) -> u8 {
    match action {
        Action::Describe | Action::Delete => 0,
        Action::Add => 1,
        Action::Update => 2,
    }
}
