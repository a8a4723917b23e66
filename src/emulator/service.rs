//! The emulator with its store behind one lock: what answers calls in process and behind the server.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{Answer, Emulator, Settings, Store, StoreError};
use crate::wire::{Request, Response};

/// What the service draws from outside.
pub struct Outside {
    /// The time.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// An id that no other request has.
    pub request_id: Box<dyn Fn() -> String + Send + Sync>,
}

impl Default for Outside {
    /// The machine's clock, and random ids in the service's form.
    fn default() -> Self {
        Self { now: Box::new(Timestamp::now), request_id: Box::new(random_request_id) }
    }
}

/// The emulated service, shared by all its callers.
pub struct Service {
    inner: Mutex<Inner>,
    outside: Outside,
}

struct Inner {
    emulator: Emulator,
    store: Option<Store>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("emulator::Service")
    }
}

impl Service {
    /// Takes up what the log at `path` holds; without a path nothing outlives the process.
    ///
    /// # Errors
    ///
    /// The log can't be used; see [`StoreError`].
    pub fn open(path: Option<&Path>, settings: Settings) -> Result<Self, StoreError> {
        Self::open_with(path, settings, Outside::default())
    }

    /// The same with another clock and other ids.
    ///
    /// # Errors
    ///
    /// The log can't be used; see [`StoreError`].
    pub fn open_with(path: Option<&Path>, settings: Settings, outside: Outside) -> Result<Self, StoreError> {
        let mut emulator = Emulator::new(settings);
        let opened = path.map(Store::open).transpose()?;
        let store = opened.map(|(store, records)| {
            records.into_iter().for_each(|record| emulator.apply(record));
            store
        });
        Ok(Self { inner: Mutex::new(Inner { emulator, store }), outside })
    }

    /// Answers one request; what it changed is durable before this returns. Blocks on the disk.
    pub fn call(&self, request: &Request) -> Response {
        // A panic elsewhere can't leave half a change: `handle` changes nothing but nonces and keys that were handed out.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.call(request, (self.outside.now)(), (self.outside.request_id)())
    }
}

impl Inner {
    fn call(&mut self, request: &Request, now: Timestamp, request_id: String) -> Response {
        let Answer { response, records } = self.emulator.handle(request, now, request_id.clone());
        if records.is_empty() {
            return response;
        }
        if let Some(Err(_)) = self.store.as_mut().map(|store| store.append(&records)) {
            return Emulator::internal_error(request, now, request_id);
        }
        records.into_iter().for_each(|record| self.emulator.apply(record));
        response
    }
}

/// A random UUID in upper case, as the service's ids look.
fn random_request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the ids repeat, which harms nothing but the reading of logs.
    let _ = getrandom::fill(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::{KEY_ID, KEY_SECRET};
    use crate::model::{Address, NO_TRANSCODE, RecordConfig};
    use crate::wire::{Key, Secret, SignatureVersion, Stamp, add, describe, read, sign};

    #[test]
    fn a_write_that_can_not_be_kept_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        drop(Store::open(&path).unwrap());
        let store = Some(Store::unwritable(&path));
        let mut inner = Inner { emulator: Emulator::new(Settings::default()), store };
        let mut call = |call, nonce: &str| {
            let key = Key { id: KEY_ID.into(), secret: Secret::new(KEY_SECRET), token: None };
            let stamp = Stamp { time: Timestamp::UNIX_EPOCH, nonce: nonce.into() };
            let request = sign(&call, "localhost", &key, &stamp, SignatureVersion::V3);
            inner.call(&request, Timestamp::UNIX_EPOCH, "id".into())
        };
        let config = RecordConfig { vod_transcode_group: NO_TRANSCODE.into(), ..RecordConfig::default() };
        let response = call(add(&Address::new("a.com", "show", "cam"), &config), "1");
        assert_eq!(response.status, 500);
        assert!(String::from_utf8(response.body).unwrap().contains("\"InternalError\""));
        assert_eq!(read(&call(describe("a.com", 1, None), "2")).unwrap()["Total"], "0");
    }

    #[test]
    fn request_ids_look_like_the_services() {
        let id = random_request_id();
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_ne!(id, random_request_id());
    }
}
