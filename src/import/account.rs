//! What is imported.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::groups::GroupKey;
use crate::model::Snapshot;

/// What is imported: the state of an account, and what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// What the account holds.
    pub snapshot: &'a Snapshot,
    /// The region of each domain, as far as it is known.
    pub regions: &'a BTreeMap<Arc<str>, String>,
    /// Its id.
    pub id: Option<&'a str>,
    /// The names of transcode groups in VOD, as far as they are known.
    pub group_names: &'a BTreeMap<GroupKey, String>,
}
