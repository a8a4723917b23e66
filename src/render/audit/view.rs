//! The parts of an audit that every format shows, named once; a format only lays them out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::totals::selection;
use crate::audit::{Audit, Kind, SessionAudit};
use crate::model::Address;

/// Everything that the formats show of an audit.
pub struct AuditView<'a> {
    /// The audit.
    pub(in super::super) audit: &'a Audit,
    /// Whether it is only about the streams on air that keep an old configuration.
    pub is_about_pending: bool,
    /// The flags that select what is judged, as typed.
    pub selected: Vec<String>,
}

/// The sessions of one address.
pub(in super::super) struct Group<'a> {
    pub(in super::super) address: &'a Address,
    /// The worst first, then in order of time.
    pub(in super::super) sessions: Vec<&'a SessionAudit>,
}

impl<'a> Group<'a> {
    /// Those of its sessions that need attention, in their order.
    pub(in super::super) fn alarming(&self) -> Vec<&'a SessionAudit> {
        self.sessions.iter().copied().filter(|one| one.verdict.is_alarming()).collect()
    }

    /// The worst verdict on any of them.
    pub(in super::super) fn worst(&self) -> Kind {
        self.sessions.iter().map(|one| one.verdict).min().unwrap_or(Kind::NotWanted)
    }

    /// How long sessions with its worst verdict were on air, in seconds.
    fn weight(&self) -> i64 {
        let worst = self.worst();
        self.sessions.iter().filter(|one| one.verdict == worst).map(|one| one.aired).sum()
    }
}

impl<'a> AuditView<'a> {
    /// A view of an audit.
    pub fn new(audit: &'a Audit) -> Self {
        Self { audit, is_about_pending: false, selected: Vec::new() }
    }

    /// A sentence about the selection, after a blank; empty if there is none.
    pub(in super::super) fn selection(&self) -> String {
        match self.selected.as_slice() {
            [] => String::new(),
            flags => format!(" Only what {} selects was judged.", selection(flags)),
        }
    }

    /// The sessions by address, the worst first; without `full`, only those that need attention.
    pub(in super::super) fn groups(&self, full: bool) -> Vec<Group<'a>> {
        let shown = |one: &&SessionAudit| match self.is_about_pending {
            true => one.outdated != Some(false),
            false => full || one.verdict.is_alarming(),
        };
        let mut groups: BTreeMap<&Address, Vec<&SessionAudit>> = BTreeMap::new();
        for session in self.audit.sessions.iter().filter(shown) {
            groups.entry(&session.address).or_default().push(session);
        }
        let group = |(address, mut sessions): (&'a Address, Vec<&'a SessionAudit>)| {
            sessions.sort_by_key(|one| (one.verdict, one.began));
            Group { address, sessions }
        };
        let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
        groups.sort_by_key(|group| (group.worst(), Reverse(group.weight())));
        groups
    }

    /// Each domain that was not read whole, with what could not be read.
    pub(in super::super) fn unread(&self) -> impl Iterator<Item = (&'a str, &'a [String])> {
        let domains = self.audit.domains.iter();
        domains
            .filter(|(_, domain)| !domain.unread.is_empty())
            .map(|(name, domain)| (name.as_str(), domain.unread.as_slice()))
    }
}
