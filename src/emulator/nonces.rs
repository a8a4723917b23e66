//! Remembers which nonces were used, for as long as their requests could be sent again.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

/// Nonces by key, each until a day when its timestamp is too old anyway, so that memory is bounded by the rate of
/// calls.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    used: HashSet<Arc<str>>,
    expiries: BTreeSet<(Timestamp, Arc<str>)>,
}

impl Nonces {
    /// Records a nonce; `false` if the key has used it before.
    pub(super) fn insert(&mut self, key_id: &str, nonce: &str, expiry: Timestamp, now: Timestamp) -> bool {
        self.forget_expired(now);
        let name: Arc<str> = format!("{key_id}\n{nonce}").into();
        let is_new = self.used.insert(name.clone());
        if is_new {
            self.expiries.insert((expiry, name));
        }
        is_new
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while self.expiries.first().is_some_and(|(expiry, _)| *expiry < now) {
            if let Some((_, name)) = self.expiries.pop_first() {
                self.used.remove(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_nonce_is_new_once_for_each_key() {
        let mut nonces = Nonces::default();
        assert!(nonces.insert("a", "n", at(10), at(0)));
        assert!(!nonces.insert("a", "n", at(10), at(10)));
        assert!(nonces.insert("b", "n", at(10), at(10)));
    }

    #[test]
    fn nothing_is_remembered_past_its_expiry() {
        let mut nonces = Nonces::default();
        for second in 0..1000 {
            assert!(nonces.insert("a", &second.to_string(), at(second + 10), at(second)));
        }
        assert_eq!((nonces.used.len(), nonces.expiries.len()), (11, 11));
    }
}
