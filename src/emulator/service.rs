//! The emulator and its store behind one lock: answers calls in process and behind the server.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

#[cfg(feature = "faults")]
use super::Fault;
use super::call_log::CallEntry;
use super::counters::Counters;
use super::delivery::{Delivery, End};
use super::dump;
use super::glance::Glance;
use super::inner::{Delivering, Handled};
use super::oss::{self, NewBucket};
use super::publish_json;
use super::videos;
use super::{Api, Emulator, Record, Settings, Store, StoreError};
use crate::model::Address;
use crate::wire::{Request, Response};

/// What the service takes from outside.
pub struct Outside {
    /// The time.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// A unique request id.
    pub request_id: Box<dyn Fn() -> String + Send + Sync>,
}

impl Default for Outside {
    /// The machine's clock, and random ids in the service's form.
    fn default() -> Self {
        Self { now: Box::new(Timestamp::now), request_id: Box::new(random_request_id) }
    }
}

/// Why a state was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The text is not a state.
    #[error("{0}")]
    Dump(String),
    /// It would be mixed with what the emulator holds.
    #[error("the emulator already holds configurations, sessions or buckets")]
    NotEmpty,
    /// The log can't be written.
    #[error("the loaded state can't be written to the log")]
    Store,
}

/// Why a session was neither begun nor ended, a recording not deleted, or a bucket not made.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It is none, or it can't be.
    #[error("{0}")]
    Refused(String),
    /// The log can't be written.
    #[error("the change can't be written to the log")]
    Store,
}

/// Receives every call as it ends.
pub type CallLog = Box<dyn Fn(&CallEntry<'_>) + Send + Sync>;

/// The emulated service, shared by all its callers.
///
/// A write enters the state under the one lock and is put on disk under another, by the first caller to get there, for
/// all that wait: so many writes share one sync, and no caller gets an answer before its write is durable.
pub struct Service {
    api: Api,
    inner: Mutex<Delivering>,
    store: Option<Mutex<Store>>,
    outside: Outside,
    call_log: Option<CallLog>,
    /// Held by the one caller that waits for the disk; the callers behind find their writes already done.
    turn: tokio::sync::Mutex<()>,
}

/// A handled request, whose answer waits until the state behind it is durable.
struct Begun {
    delivery: Delivery,
    /// The write that must be settled first.
    number: u64,
    glance: Glance,
    faults: Vec<&'static str>,
    request_id: String,
    now: Timestamp,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("emulator::Service")
    }
}

impl Service {
    /// Loads what the log at `path` holds; without a path nothing outlives the process.
    ///
    /// # Errors
    ///
    /// The log can't be used; see [`StoreError`].
    pub fn open(path: Option<&Path>, settings: Settings) -> Result<Self, StoreError> {
        Self::open_with(path, settings, Outside::default())
    }

    /// Like [`Service::open`], with another clock and other ids.
    ///
    /// # Errors
    ///
    /// The log can't be used; see [`StoreError`].
    pub fn open_with(path: Option<&Path>, settings: Settings, outside: Outside) -> Result<Self, StoreError> {
        let (store, records) = path.map(Store::open).transpose()?.unzip();
        Ok(Self::holding(records.unwrap_or_default(), store, settings, outside))
    }

    /// Loads what the log at `path` holds, and leaves it as it is: writes do not outlive the process.
    ///
    /// # Errors
    ///
    /// The log can't be read; see [`StoreError`].
    pub fn read(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        Ok(Self::holding(Store::read(path)?, None, settings, Outside::default()))
    }

    fn holding(records: Vec<Record>, store: Option<Store>, settings: Settings, outside: Outside) -> Self {
        let api = settings.api;
        let mut emulator = Emulator::new(settings);
        records.into_iter().for_each(|record| emulator.apply(record));
        let inner = Mutex::new(Delivering::new(emulator));
        Self {
            api,
            inner,
            store: store.map(Mutex::new),
            outside,
            call_log: None,
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Reports every call to `log` from now on.
    #[must_use]
    pub fn with_call_log(mut self, log: CallLog) -> Self {
        self.call_log = Some(log);
        self
    }

    /// Replaces all faults with these; each starts to count from zero.
    #[cfg(feature = "faults")]
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.lock().faults.set(faults);
    }

    /// Answers one request as the service does, without any faults; its changes are durable before this returns. Blocks
    /// on the disk.
    pub fn call(&self, request: &Request) -> Response {
        let (now, request_id) = ((self.outside.now)(), (self.outside.request_id)());
        let (response, number) = self.lock().call(request, now, request_id.clone());
        if self.settle(number) { response } else { Emulator::internal_error(request, now, request_id) }
    }

    /// Carries one request to the service and its answer back, through all faults. Blocks on the disk.
    pub fn deliver(&self, request: &Request) -> Delivery {
        let begun = self.begin(request);
        let is_kept = self.settle(begun.number);
        self.finish(request, begun, is_kept)
    }

    /// Like [`deliver`](Self::deliver), but the disk blocks no other call. The request is handled at once; its answer waits
    /// until the state behind it is on disk.
    pub async fn delivered(self: &Arc<Self>, request: &Request) -> Delivery {
        let begun = self.begin(request);
        let is_kept = match self.verdict(begun.number) {
            Some(is_kept) => is_kept,
            None => self.settled(begun.number).await,
        };
        self.finish(request, begun, is_kept)
    }

    /// Like [`settle`](Self::settle); other calls go on in the meantime.
    async fn settled(self: &Arc<Self>, number: u64) -> bool {
        let _turn = self.turn.lock().await;
        if let Some(is_kept) = self.verdict(number) {
            return is_kept;
        }
        let service = self.clone();
        tokio::task::spawn_blocking(move || service.settle(number)).await.unwrap_or(false)
    }

    /// The first half of [`deliver`](Self::deliver), which does not wait.
    fn begin(&self, request: &Request) -> Begun {
        let (now, request_id) = ((self.outside.now)(), (self.outside.request_id)());
        let mut inner = self.lock();
        let glance = Glance::at(request, self.api, inner.state());
        #[cfg(feature = "faults")]
        let handled = inner.deliver_through_faults(request, &glance, now, request_id.clone());
        #[cfg(not(feature = "faults"))]
        let handled = inner.deliver(request, now, request_id.clone());
        let Handled { delivery, number, faults } = handled;
        Begun { delivery, number, glance, faults, request_id, now }
    }

    /// The second half; `is_kept` is the result of [`settle`](Self::settle).
    fn finish(&self, request: &Request, begun: Begun, is_kept: bool) -> Delivery {
        let Begun { mut delivery, number: _, glance, faults, request_id, now } = begun;
        if !is_kept {
            delivery.end = End::Answer(Emulator::internal_error(request, now, request_id.clone()));
        }
        let code = delivery.code();
        if let Some(log) = &self.call_log {
            log(&CallEntry::of(&glance, &delivery, (now, &request_id), code.as_deref(), &faults));
        }
        self.lock().counters.count(&glance.action, code.as_deref(), &faults);
        delivery
    }

    /// Whether a write is on disk; `None` while that is open.
    fn verdict(&self, number: u64) -> Option<bool> {
        if self.store.is_none() { Some(true) } else { self.lock().pending.verdict(number) }
    }

    /// Every call so far.
    pub fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    /// A publisher connects: `session` is a JSON object as in a document of [`dump`](Self::dump). Without PublishTime, it
    /// begins now; without StopTime, it is on air; without Config, it is recorded as the configurations say that existed
    /// when it began. Returns the address of its configuration.
    ///
    /// # Errors
    ///
    /// The text is no session, its stream is on air at that time already, or the log can't be written.
    pub fn publish(&self, session: &str) -> Result<Option<Address>, SessionError> {
        self.change_session(session, publish_json::read)
    }

    /// A publisher disconnects: `session` is a JSON object with DomainName, AppName and StreamName, and perhaps with
    /// StopTime. Returns the address of its configuration.
    ///
    /// # Errors
    ///
    /// The text names no session that is on air, or the log can't be written.
    pub fn unpublish(&self, session: &str) -> Result<Option<Address>, SessionError> {
        self.change_session(session, publish_json::ended)
    }

    /// Somebody deletes a recording in VOD, by its VideoId.
    ///
    /// # Errors
    ///
    /// There is no such recording, or the log can't be written.
    pub fn delete_recording(&self, id: &str) -> Result<(), SessionError> {
        let now = (self.outside.now)();
        let mut inner = self.lock();
        if !videos::has_recording(id, inner.state(), &inner.emulator.settings, now) {
            return Err(SessionError::Refused(format!("no recording has the id `{id}`")));
        }
        let number = inner.make(vec![Record::delete_recording(id.to_owned())], now);
        drop(inner);
        if self.settle(number) { Ok(()) } else { Err(SessionError::Store) }
    }

    /// Makes a bucket exist, with its kind if it has one; otherwise one that exists stays as it is.
    ///
    /// # Errors
    ///
    /// The log can't be written.
    pub fn make_bucket(&self, bucket: &NewBucket) -> Result<(), SessionError> {
        let now = (self.outside.now)();
        let mut inner = self.lock();
        let changes = bucket.changes(inner.state().buckets(), now);
        let number = inner.make(changes.into_iter().map(Record::bucket).collect(), now);
        drop(inner);
        if self.settle(number) { Ok(()) } else { Err(SessionError::Store) }
    }

    /// The answer to a request of Object Storage Service whose body is too long to be read; `None` for any other request.
    pub(super) fn too_large(&self, request: &Request) -> Option<Response> {
        let (now, request_id) = ((self.outside.now)(), (self.outside.request_id)());
        oss::is_signed(request).then(|| oss::too_large(request, &request_id, now))
    }

    fn change_session(
        &self,
        session: &str,
        read: publish_json::Read,
    ) -> Result<Option<Address>, SessionError> {
        let refused = |reason: String| SessionError::Refused(reason);
        let session = serde_json::from_str(session).map_err(|error| refused(error.to_string()))?;
        let now = (self.outside.now)();
        let mut inner = self.lock();
        let publish = read(session, inner.state(), &inner.emulator.settings, now).map_err(refused)?;
        let ruler = publish.ruler.as_ref().map(|(address, _)| address.clone());
        let number = inner.make(vec![Record::publish(publish)], now);
        drop(inner);
        if self.settle(number) { Ok(ruler) } else { Err(SessionError::Store) }
    }

    /// Every configuration, session and bucket as a JSON document that [`load`](Self::load) takes.
    pub fn dump(&self) -> serde_json::Value {
        dump::write(self.lock().state())
    }

    /// Loads a document of [`dump`](Self::dump), or an answer of DescribeLiveRecordVodConfigs. Only a service that
    /// holds nothing can load.
    ///
    /// # Errors
    ///
    /// The text is not a state, the service already holds something, or the log can't be written.
    pub fn load(&self, text: &str) -> Result<(), LoadError> {
        let now = (self.outside.now)();
        let mut inner = self.lock();
        let records = dump::read(text, &inner.emulator.settings, now).map_err(LoadError::Dump)?;
        if !inner.state().is_empty() {
            return Err(LoadError::NotEmpty);
        }
        let number = inner.make(records, now);
        drop(inner);
        if self.settle(number) { Ok(()) } else { Err(LoadError::Store) }
    }

    /// Puts waiting writes on disk, unless another caller has done so in the meantime.
    fn settle(&self, number: u64) -> bool {
        let Some(store) = &self.store else { return true };
        if let Some(is_kept) = self.lock().pending.verdict(number) {
            return is_kept;
        }
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = {
            let mut inner = self.lock();
            if let Some(is_kept) = inner.pending.verdict(number) {
                return is_kept;
            }
            inner.pending.batch()
        };
        let is_kept = store.append(batch.lines.iter().map(Vec::as_slice)).is_ok();
        let mut inner = self.lock();
        if is_kept {
            inner.pending.keep(&batch);
        } else {
            inner.take_back();
        }
        is_kept
    }

    fn lock(&self) -> MutexGuard<'_, Delivering> {
        // A panic elsewhere can't leave half a change: the state changes by whole records only.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A random UUID in upper case, in the form of the service's ids.
fn random_request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the ids repeat, which only makes logs harder to read.
    let _ = getrandom::fill(&mut bytes);
    let hex = format!("{:032X}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::{KEY_ID, KEY_SECRET};
    use crate::model::{NO_TRANSCODE, RecordConfig};
    use crate::wire::{Call, Key, Secret, SignatureVersion, Stamp, add, describe, read, sign};

    fn request(call: &Call, nonce: &str) -> Request {
        let key = Key { id: KEY_ID.into(), secret: Secret::new(KEY_SECRET), token: None };
        let stamp = Stamp { time: Timestamp::now(), nonce: nonce.into() };
        sign(call, "localhost", &key, &stamp, SignatureVersion::V3)
    }

    fn add_cam() -> Call {
        let config = RecordConfig { vod_transcode_group: NO_TRANSCODE.into(), ..RecordConfig::default() };
        add(&Address::new("a.com", "show", "cam"), &config)
    }

    #[test]
    fn a_write_that_can_not_be_kept_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut service = Service::open(Some(&path), Settings::default()).unwrap();
        service.store = Some(Mutex::new(Store::unwritable(&path)));
        let response = service.call(&request(&add_cam(), "1"));
        assert_eq!(response.status, 500);
        assert!(String::from_utf8(response.body).unwrap().contains("\"InternalError\""));
        assert_eq!(read(&service.call(&request(&describe("a.com", 1, None), "2"))).unwrap()["Total"], "0");
    }

    #[test]
    fn a_session_that_can_not_be_kept_does_not_begin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut service = Service::open(Some(&path), Settings::default()).unwrap();
        let cam = r#"{"DomainName":"a.com","AppName":"show","StreamName":"cam"}"#;
        service.publish(cam).unwrap();
        let before = service.dump();
        service.store = Some(Mutex::new(Store::unwritable(&path)));
        assert!(matches!(service.unpublish(cam), Err(SessionError::Store)));
        assert!(matches!(service.publish(&cam.replace("cam", "other")), Err(SessionError::Store)));
        assert_eq!(service.dump(), before);
    }

    #[test]
    fn a_read_of_a_write_that_could_not_be_kept_is_no_answer_either() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut service = Service::open(Some(&path), Settings::default()).unwrap();
        service.store = Some(Mutex::new(Store::unwritable(&path)));
        let (write, look) = (request(&add_cam(), "1"), request(&describe("a.com", 1, None), "2"));
        let begun = [service.begin(&write), service.begin(&look)];
        assert!(begun.iter().all(|begun| !service.settle(begun.number)));
        for (request, begun) in [write, look].iter().zip(begun) {
            let delivery = service.finish(request, begun, false);
            assert_eq!(delivery.response().unwrap().status, 500);
        }
    }

    #[test]
    fn writes_that_wait_together_are_settled_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let service = Service::open(Some(&path), Settings::default()).unwrap();
        let (first, look) = (request(&add_cam(), "1"), request(&describe("a.com", 1, None), "2"));
        let (first, look) = (service.begin(&first), service.begin(&look));
        assert_eq!((service.verdict(first.number), service.verdict(look.number)), (None, None));
        assert!(service.settle(look.number));
        assert_eq!(service.verdict(first.number), Some(true));
    }

    #[test]
    fn request_ids_look_like_the_services() {
        let id = random_request_id();
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_ne!(id, random_request_id());
    }
}
