//! The emulated account. The defaults are the documents' most likely reading.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use jiff::SignedDuration;

use super::quirks::Quirks;
use crate::model::{Address, NO_TRANSCODE};
use crate::wire::{EMULATOR_SECRET, Key, Secret};

/// The id of the key that an emulator accepts by default.
pub const KEY_ID: &str = "emulator";

/// The id of the account that an emulator plays by default.
pub const ACCOUNT: &str = "1234567890123456";

/// What exists around the configurations, and which reading of the documents applies.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The id of the account that everything belongs to.
    pub account: String,
    /// Keys that may call; a key with a token only together with that token.
    pub keys: Vec<Key>,
    /// The account's main streaming domains, in lower case; `None`: every well-formed one.
    pub domains: Option<BTreeSet<String>>,
    /// Ingest domains, which hold no configurations but exist as domains too, in lower case.
    pub ingest_domains: BTreeSet<String>,
    /// The main streaming domains that each ingest domain feeds, in lower case, beside those of the sessions.
    pub domain_mapping: BTreeMap<String, BTreeSet<String>>,
    /// The regions of domains' live centers; `cn-shanghai` for all others.
    pub domain_regions: BTreeMap<String, String>,
    /// Transcode template groups; `None`: every 32-digit hexadecimal id. `VOD_NO_TRANSCODE` always exists.
    pub transcode_groups: Option<BTreeSet<String>>,
    /// VOD buckets by host; `None`: every `NAME.oss-REGION.aliyuncs.com`.
    pub storage_locations: Option<BTreeSet<String>>,
    /// Recordings to OSS, which conflict with a recording to VOD of the same key.
    pub oss_recordings: BTreeSet<Address>,
    /// Names of roles that may be assumed; `None`: every well-formed one.
    pub roles: Option<BTreeSet<String>>,
    /// The accounts that the sessions of one name belong to, in the order in which they are issued; after the list, the
    /// last one. If the list is empty, this account.
    pub session_accounts: Vec<String>,
    /// The only token that AssumeRoleWithOIDC accepts; `None`: every well-formed one.
    pub oidc_token: Option<Secret>,
    /// The role of the ECS instance whose metadata service is emulated; `None`: there is none.
    pub imds_role: Option<String>,
    /// Whether that service answers only requests with its token.
    pub imds_token_required: bool,
    /// Whether keys are handed out at [`CREDENTIALS_PATH`](super::CREDENTIALS_PATH).
    pub credentials_uri: bool,
    /// VOD app spaces; `None`: every one. The first one, `app-1000000`, always exists.
    pub app_spaces: Option<BTreeSet<String>>,
    /// The app space of each transcode group; `app-1000000` for all others.
    pub group_spaces: BTreeMap<String, String>,
    /// The name of each transcode group; all others are named as their ids.
    pub group_names: BTreeMap<String, String>,
    /// The generation of the API.
    pub api: Api,
    /// Whether a parameter that the action does not know is refused. A gateway ignores it.
    pub strict: bool,
    /// Allowed calls per minute and action; `None`: any number.
    pub limit: Option<NonZeroU32>,
    /// How long after a write ActionTrail lists its event. Of the service, the documents say 10 minutes.
    pub event_delay: SignedDuration,
    /// Which reading of the documents applies.
    pub quirks: Quirks,
}

/// A generation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Api {
    /// Before May 2026: classic configurations only.
    Y2025,
    /// Since May 2026: recording by format, recorded content, app spaces, delay time.
    #[default]
    Y2026,
}

/// The app space that every account has.
pub(super) const FIRST_SPACE: &str = "app-1000000";

impl Default for Settings {
    fn default() -> Self {
        let key = Key { id: KEY_ID.to_owned(), secret: Secret::new(EMULATOR_SECRET), token: None };
        Self {
            account: ACCOUNT.to_owned(),
            keys: vec![key],
            domains: None,
            ingest_domains: BTreeSet::new(),
            domain_mapping: BTreeMap::new(),
            domain_regions: BTreeMap::new(),
            transcode_groups: None,
            storage_locations: None,
            oss_recordings: BTreeSet::new(),
            roles: None,
            session_accounts: Vec::new(),
            oidc_token: None,
            imds_role: None,
            imds_token_required: false,
            credentials_uri: false,
            app_spaces: None,
            group_spaces: BTreeMap::new(),
            group_names: BTreeMap::new(),
            api: Api::default(),
            strict: false,
            limit: NonZeroU32::new(1000),
            event_delay: SignedDuration::ZERO,
            quirks: Quirks::default(),
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

    /// The first ingest domain that feeds a main streaming domain; without one, publishers send to that itself.
    pub(super) fn ingest_of<'a>(&'a self, domain: &'a str) -> &'a str {
        let feeds = |(_, streaming): &(&String, &BTreeSet<String>)| streaming.contains(domain);
        self.domain_mapping.iter().find(feeds).map_or(domain, |(ingest, _)| ingest)
    }

    /// The region of a domain, if it was given.
    pub(super) fn known_region_of(&self, domain: &str) -> Option<&str> {
        self.domain_regions.get(domain).map(String::as_str)
    }

    pub(super) fn region_of(&self, domain: &str) -> &str {
        self.known_region_of(domain).unwrap_or("cn-shanghai")
    }

    pub(super) fn has_role(&self, name: &str) -> bool {
        self.roles.as_ref().is_none_or(|roles| roles.contains(name))
    }

    /// The account of a session, by how many of its name were issued before it.
    pub(super) fn session_account(&self, number: usize) -> &str {
        let own = self.session_accounts.get(number).or(self.session_accounts.last());
        own.map_or(&self.account, String::as_str)
    }

    pub(super) fn has_transcode_group(&self, id: &str) -> bool {
        let is_plausible = || id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        id == NO_TRANSCODE
            || self.transcode_groups.as_ref().map_or_else(is_plausible, |groups| groups.contains(id))
    }

    pub(super) fn space_of_group(&self, id: &str) -> &str {
        self.group_spaces.get(id).map_or(FIRST_SPACE, String::as_str)
    }

    pub(super) fn name_of_group<'a>(&'a self, id: &'a str) -> &'a str {
        self.group_names.get(id).map_or(id, String::as_str)
    }

    pub(super) fn has_app_space(&self, id: &str) -> bool {
        id == FIRST_SPACE || self.app_spaces.as_ref().is_none_or(|spaces| spaces.contains(id))
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
