//! Where livevod keeps what later runs must know: a folder, or a store that several machines share.

use std::fs::DirEntry;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use super::default_paths::{JOURNALS, OWN};
use super::durations::duration;
use super::terminal::note;
use crate::api::Timeouts;
use crate::gate::clean;
use crate::store::StoreUrl;

/// The folder of the journals, and the store.
#[derive(Debug, Args)]
#[command(next_help_heading = "Journal")]
pub(super) struct Keeping {
    /// Folder of the journals: unfinished runs are looked up in it, and apply writes its own journal there
    /// [default: .livevod/journal]
    #[arg(long = "journal", value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Store of leases, journals and published plans that several machines share: oss://BUCKET/PREFIX, s3://BUCKET/PREFIX,
    /// gs://BUCKET/PREFIX or az://CONTAINER/PREFIX; or file:DIR, a folder of this machine
    #[arg(long, value_name = "URL", env = "LIVEVOD_STORE")]
    store: Option<StoreUrl>,
}

/// How an apply holds its domains in a store.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Journal")]
pub(super) struct Leasing {
    /// Wait this long for domains that another run holds in the store, instead of being refused at once
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_LEASE_WAIT", default_value = "0s", value_parser = waiting, hide_default_value = true)]
    pub(super) lease_wait: Duration,

    /// How long a lease lasts after its last renewal: 3s to 1h. A call may take a third of it, but no more than 30 s
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_LEASE", default_value = "90s", value_parser = lease)]
    pub(super) lease: Duration,
}

impl Leasing {
    /// How long a call may take, so that several fit into a lease.
    pub(super) fn timeouts(&self) -> Timeouts {
        let usual = Timeouts::default();
        let third = self.lease / 3;
        let [connect, read, whole] = [usual.connect, usual.read, usual.whole].map(|time| time.min(third));
        Timeouts { connect, read, whole }
    }
}

/// A duration that may be nothing.
fn waiting(text: &str) -> Result<Duration, String> {
    if text == "0" || text == "0s" { Ok(Duration::ZERO) } else { duration(text) }
}

fn lease(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        length if (SHORTEST..=LONGEST).contains(&length) => Ok(length),
        _ => Err("expected a duration from `3s` to `1h`".to_owned()),
    }
}

/// The shortest and the longest lease.
const SHORTEST: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(3600);

/// Says once that a store holds nothing, or nothing of an account: its name may be misspelled.
pub(super) fn note_empty(store: &str, account: Option<&str>) {
    static IS_SAID: AtomicBool = AtomicBool::new(false);
    let of_account = account.map(|account| format!(" of account {}", clean(account))).unwrap_or_default();
    if !IS_SAID.swap(true, Ordering::Relaxed) {
        note(&format!(
            "The store {} holds no runs{of_account} yet.\nIf livevod has applied with this store before, check its URL.\n",
            clean(store)
        ));
    }
}

impl Keeping {
    /// The folder of the journals; with a bucket, of this machine's journals and of copies of the others'.
    pub(super) fn folder(&self) -> PathBuf {
        match (&self.folder, &self.store) {
            (Some(folder), _) => folder.clone(),
            (None, Some(StoreUrl::Folder(folder))) => folder.join("journal"),
            (None, Some(StoreUrl::Bucket(_)) | None) => PathBuf::from(JOURNALS),
        }
    }

    /// The folder of this machine, for everything beside journals.
    pub(super) fn base(&self) -> PathBuf {
        match &self.store {
            Some(StoreUrl::Folder(folder)) => folder.clone(),
            Some(StoreUrl::Bucket(_)) | None => PathBuf::from(OWN),
        }
    }

    /// The store, unless a variable names it, so that the same command finds it anyway.
    pub(super) fn typed(&self) -> Option<&StoreUrl> {
        let is_variable = std::env::var("LIVEVOD_STORE").is_ok_and(|value| !value.is_empty());
        self.store.as_ref().filter(|_| !is_variable)
    }

    /// Says if a folder that was named as the store holds no journals: its name may be misspelled.
    pub(super) fn note_if_empty(&self) {
        let Some(store @ StoreUrl::Folder(_)) = &self.store else { return };
        let is_journal = |entry: std::io::Result<DirEntry>| {
            entry.is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "jsonl"))
        };
        if !std::fs::read_dir(self.folder()).is_ok_and(|mut entries| entries.any(is_journal)) {
            note_empty(&store.to_string(), None);
        }
    }

    /// The store.
    pub(super) fn store(&self) -> Option<&StoreUrl> {
        self.store.as_ref()
    }
}
