//! Temporary keys: issued for a role, valid until they expire, lost with the process.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::wire::{Key, Secret, hex};

/// How long an expired key is still distinguished from an unknown one.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// A role assumed for a while.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The key, with the token that must be sent with it.
    pub(super) key: Key,
    pub(super) role: String,
    pub(super) name: String,
    pub(super) expiration: Timestamp,
    /// How many sessions of that name were issued before it.
    pub(super) number: usize,
}

/// All sessions that were issued and not forgotten.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_key_id: BTreeMap<String, Session>,
    /// How many were issued, by name.
    issued: BTreeMap<String, usize>,
}

impl Sessions {
    pub(super) fn get(&self, key_id: &str) -> Option<&Session> {
        self.by_key_id.get(key_id)
    }

    /// Issues a key that differs for each `seed`. Anyone who knows the seed knows the key, as everyone knows the
    /// permanent one: neither protects anything.
    pub(super) fn issue(&mut self, assumed: Assumed, seed: &str, now: Timestamp) -> Session {
        self.by_key_id.retain(|_, session| now.duration_since(session.expiration) < REMEMBERED);
        let Assumed { role, name, duration } = assumed;
        let key = Key {
            id: format!("STS.{}", &digest("id", seed)[..24]),
            secret: Secret::new(&digest("secret", seed)[..44]),
            token: Some(Secret::new(format!("CAIS{}", digest("token", seed)))),
        };
        let expiration = now.checked_add(duration).unwrap_or(Timestamp::MAX);
        let issued = self.issued.entry(name.clone()).or_default();
        let session = Session { key, role, name, expiration, number: *issued };
        *issued += 1;
        self.by_key_id.insert(session.key.id.clone(), session.clone());
        session
    }
}

/// Who assumes which role, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assumed {
    pub(super) role: String,
    /// The session's name.
    pub(super) name: String,
    pub(super) duration: SignedDuration,
}

fn digest(use_of_it: &str, seed: &str) -> String {
    let digest = Sha256::new().chain_update(use_of_it).chain_update("\n").chain_update(seed).finalize();
    hex(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn keys_differ_and_are_forgotten_an_hour_after_they_expired() {
        let mut sessions = Sessions::default();
        let assumed =
            Assumed { role: "r".into(), name: "n".into(), duration: SignedDuration::from_secs(900) };
        let first = sessions.issue(assumed.clone(), "1", at(0));
        let second = sessions.issue(assumed.clone(), "2", at(10));
        assert_ne!((&first.key.id, &first.key.token), (&second.key.id, &second.key.token));
        assert_eq!(first.expiration, at(900));
        sessions.issue(assumed.clone(), "3", at(900 + 3599));
        assert!(sessions.get(&first.key.id).is_some());
        sessions.issue(assumed, "4", at(900 + 3600));
        assert!(sessions.get(&first.key.id).is_none());
        assert!(sessions.get(&second.key.id).is_some());
    }
}
