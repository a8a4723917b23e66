//! What receivers and metrics are told of the sessions of an audit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::audit::{Audit, Kind, Reason, SessionAudit, Unclear};
use crate::model::Address;
use crate::wire::hex;

/// Bytes of a hash that tell sessions of one second from each other.
const HASHED: usize = 8;

/// A session that is not recorded, or may not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What was published.
    pub address: Address,
    /// Whether it is missing, only partly recorded, or unknown.
    pub verdict: Kind,
    /// Its first publish.
    pub began: Timestamp,
    /// How much of it is or may be missing, in seconds.
    pub seconds: i64,
    /// The declared address that its name was probably meant to be.
    pub near: Option<Address>,
}

impl Lost {
    /// What tells it from every other one; keys sort by the beginning of sessions.
    pub(super) fn key(&self) -> String {
        let Self { address, verdict, began, seconds: _, near: _ } = self;
        let hash = Sha256::digest(format!("{} {address}", verdict.name()));
        format!("{:012} {}", began.as_second(), hex(&hash[..HASHED]))
    }
}

/// Sessions with one verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sessions {
    /// How many there are.
    pub count: usize,
    /// How long they were on air, in seconds.
    pub aired: i64,
    /// How much of that has a recording, in seconds.
    pub recorded: i64,
}

/// The sessions that are not recorded, or may not be. Those of a domain that was not read are not listed one by one: nothing is
/// known of any of them.
pub(super) fn lost(audit: &Audit) -> Vec<Lost> {
    let is_unread =
        |one: &&SessionAudit| matches!(one.reason, Reason::Unread(_) | Reason::Unclear(Unclear::Unread));
    let alarming = audit.sessions.iter().filter(|one| one.verdict.is_alarming() && !is_unread(one));
    alarming.map(of).collect()
}

fn of(one: &SessionAudit) -> Lost {
    let SessionAudit { address, verdict, began, aired, lacks, near, .. } = one;
    let lacking = lacks.iter().map(|lack| lack.length()).sum::<SignedDuration>().as_secs();
    Lost {
        address: address.clone(),
        verdict: *verdict,
        began: *began,
        seconds: if *verdict == Kind::Missing || lacks.is_empty() { *aired } else { lacking },
        near: near.clone(),
    }
}

/// The sessions of each domain that was read, by verdict.
pub(super) fn by_domain(
    audit: &Audit,
    unread: &BTreeSet<&str>,
) -> BTreeMap<String, BTreeMap<Kind, Sessions>> {
    let read = audit.domains.keys().filter(|domain| !unread.contains(domain.as_str()));
    let mut domains: BTreeMap<String, BTreeMap<Kind, Sessions>> =
        read.map(|domain| (domain.clone(), BTreeMap::new())).collect();
    for one in &audit.sessions {
        let Some(domain) = domains.get_mut(&*one.address.domain) else { continue };
        let Sessions { count, aired, recorded } = domain.entry(one.verdict).or_default();
        *count += 1;
        *aired += one.aired;
        *recorded += one.recorded;
    }
    domains
}
