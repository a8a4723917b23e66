//! What the emulated account is like. The defaults are the documents' most likely reading.

use std::collections::BTreeSet;

use super::{KEY_ID, KEY_SECRET};
use crate::model::{Address, NO_TRANSCODE};
use crate::wire::{Key, Secret};

/// What exists around the configurations, and which reading of the documents holds.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Keys that may call; a key with a token only together with that token.
    pub keys: Vec<Key>,
    /// Main streaming domains of the account, in lower case; `None`: every well-formed one.
    pub domains: Option<BTreeSet<String>>,
    /// Transcode template groups; `None`: every 32-digit hexadecimal id. `VOD_NO_TRANSCODE` always exists.
    pub transcode_groups: Option<BTreeSet<String>>,
    /// VOD buckets by host; `None`: every `NAME.oss-REGION.aliyuncs.com`.
    pub storage_locations: Option<BTreeSet<String>>,
    /// Ordinary recordings to OSS, which a recording to VOD of the same key conflicts with.
    pub oss_recordings: BTreeSet<Address>,
    /// How AutoCompose and ComposeVodTranscodeGroupId go together.
    pub compose_rule: ComposeRule,
}

/// Readings of "must both empty or input", the message of the one documented error on these two parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ComposeRule {
    /// As the parameters are described: `ON` needs a group, a group needs AutoCompose, `OFF` may stand alone.
    #[default]
    OnNeedsGroup,
    /// As the message says: both or neither, `OFF` too.
    BothOrNeither,
}

impl Default for Settings {
    fn default() -> Self {
        let key = Key { id: KEY_ID.to_owned(), secret: Secret::new(KEY_SECRET), token: None };
        Self {
            keys: vec![key],
            domains: None,
            transcode_groups: None,
            storage_locations: None,
            oss_recordings: BTreeSet::new(),
            compose_rule: ComposeRule::default(),
        }
    }
}

impl Settings {
    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    pub(super) fn has_domain(&self, domain: &str) -> bool {
        self.domains.as_ref().is_none_or(|domains| domains.contains(domain))
    }

    pub(super) fn has_transcode_group(&self, id: &str) -> bool {
        let is_plausible = || id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        id == NO_TRANSCODE
            || self.transcode_groups.as_ref().map_or_else(is_plausible, |groups| groups.contains(id))
    }

    pub(super) fn has_storage_location(&self, host: &str) -> bool {
        let is_plausible = || storage_region(host).is_some();
        self.storage_locations.as_ref().map_or_else(is_plausible, |hosts| hosts.contains(host))
    }
}

/// The region in a bucket's host, `NAME.oss-REGION.aliyuncs.com`.
pub(super) fn storage_region(host: &str) -> Option<&str> {
    let (bucket, rest) = host.split_once('.')?;
    let region = rest.strip_prefix("oss-")?.strip_suffix(".aliyuncs.com")?;
    (!bucket.is_empty() && !region.is_empty() && !region.contains('.')).then_some(region)
}
