//! What people expect of streams, whatever rules them.

use std::collections::{BTreeMap, BTreeSet};

use super::near;
use crate::model::{Address, PatternIndex};

/// What files say beside the configurations.
#[derive(Debug)]
pub struct Expected<'a> {
    must_record: PatternIndex<'a>,
    ignored: PatternIndex<'a>,
    declared: BTreeSet<&'a Address>,
    /// The declared addresses of named streams, by domain and their folded names.
    folded: BTreeMap<(&'a str, String, String), &'a Address>,
}

impl<'a> Expected<'a> {
    /// `declared` are the addresses of all configurations that must exist.
    pub fn new(
        must_record: PatternIndex<'a>,
        ignored: PatternIndex<'a>,
        declared: impl IntoIterator<Item = &'a Address>,
    ) -> Self {
        let declared: BTreeSet<&Address> = declared.into_iter().collect();
        let key = |address: &&'a Address| {
            let Address { domain, app, stream } = *address;
            ((&**domain, near::fold(app), near::fold(stream)), *address)
        };
        let folded = declared.iter().filter(|address| !address.is_app_wide()).map(key).collect();
        Self { must_record, ignored, declared, folded }
    }

    /// Whether a session at this address must be recorded.
    pub(super) fn must_record(&self, address: &Address) -> bool {
        self.must_record.selects(address)
    }

    /// Whether the address is nobody's concern.
    pub(super) fn ignores(&self, address: &Address) -> bool {
        self.ignored.selects(address)
    }

    /// The declared address that an encoder which sent this one probably meant, if this one is not declared itself.
    pub(super) fn near_miss(&self, address: &Address) -> Option<&'a Address> {
        if self.declared.contains(address) {
            return None;
        }
        let Address { domain, app, stream } = address;
        self.folded.get(&(&**domain, near::fold(app), near::fold(stream))).copied()
    }
}
