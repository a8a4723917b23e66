//! A simulated store: creates are linearizable, and everything else may go wrong on the way to it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use livevod::store::{Asking, Created, Listed, Objects, StoreError, Trouble};
use tokio::time::sleep;

use super::super::harness::observer::beginning;
use super::super::harness::random::Random;
use super::super::harness::story::What;
use super::machine::Machine;
use super::stage::Stage;

/// How long a process waits for an answer of the store.
const PATIENCE: Duration = Duration::from_secs(5);

/// The store itself.
pub(super) struct Bucket {
    stage: Arc<Stage>,
    /// How far its clock is off.
    off: SignedDuration,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, Object>,
    history: Vec<Creation>,
}

struct Object {
    content: Vec<u8>,
    modified: Timestamp,
    /// Since the story began.
    at: Duration,
}

/// An object that was created, or replaced.
#[derive(Debug, Clone)]
pub(super) struct Creation {
    /// The place in the story: everything before it happened before.
    pub(super) place: usize,
    pub(super) at: Duration,
    pub(super) key: String,
    pub(super) content: Vec<u8>,
    /// Whether it was removed, or replaced, later.
    pub(super) is_gone: bool,
}

/// What goes wrong between one process and the store.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// How long a request takes to the store, and its answer back, in milliseconds: at least this, and up to twice as long.
    pub(super) millis: u64,
    /// In percent: requests that do not arrive.
    pub(super) lost: u64,
    /// Requests that arrive, and whose answer does not.
    pub(super) unanswered: u64,
    /// Requests that arrive when nobody waits for their answer any more.
    pub(super) late: u64,
    pub(super) busy: u64,
    /// Listings of a state that is some seconds old.
    pub(super) stale: u64,
    /// When nothing arrives, or the store is too busy.
    pub(super) outages: Vec<(Range<Duration>, Trouble)>,
}

impl Way {
    /// Nothing goes wrong.
    pub(super) fn calm() -> Self {
        Self { millis: 10, lost: 0, unanswered: 0, late: 0, busy: 0, stale: 0, outages: Vec::new() }
    }

    /// Whether operations only take some time.
    pub(super) fn is_calm(&self) -> bool {
        let Self { millis: _, lost, unanswered, late, busy, stale: _, outages } = self;
        lost + unanswered + late + busy == 0 && outages.is_empty()
    }
}

impl Bucket {
    pub(super) fn new(stage: Arc<Stage>, off: SignedDuration) -> Arc<Self> {
        Arc::new(Self { stage, off, inner: Mutex::default() })
    }

    /// Everything that was ever written, in order.
    pub(super) fn history(&self) -> Vec<Creation> {
        self.inner().history.clone()
    }

    /// The time of the store.
    pub(super) fn now(&self) -> Timestamp {
        beginning() + self.stage.start().elapsed() + self.off
    }

    fn create(&self, process: usize, key: &str, content: &[u8]) -> Created {
        if self.inner().objects.contains_key(key) {
            return Created::Exists;
        }
        self.put(process, key, content);
        Created::New
    }

    fn put(&self, process: usize, key: &str, content: &[u8]) {
        let (place, at) = self.stage.place();
        self.stage.note(process, What::Note(told(key, content)));
        let modified = Timestamp::from_second(self.now().as_second()).unwrap();
        let (key, content) = (key.to_owned(), content.to_owned());
        let mut inner = self.inner();
        inner.gone(&key);
        inner.objects.insert(key.clone(), Object { content: content.clone(), modified, at });
        inner.history.push(Creation { place, at, key, content, is_gone: false });
    }

    fn remove(&self, key: &str) {
        let mut inner = self.inner();
        inner.gone(key);
        inner.objects.remove(key);
    }

    fn read(&self, key: &str) -> Option<Vec<u8>> {
        self.inner().objects.get(key).map(|object| object.content.clone())
    }

    fn stat(&self, key: &str) -> Option<Listed> {
        self.inner().objects.get_key_value(key).map(listed)
    }

    /// What a listing shows that is this old.
    fn list(&self, prefix: &str, after: Option<&str>, age: Duration) -> Vec<Listed> {
        let then = self.stage.start().elapsed().saturating_sub(age);
        let inner = self.inner();
        let own = inner.objects.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let shown = own.filter(|(key, object)| {
            let is_behind = after.is_none_or(|after| key.as_str() > after);
            is_behind && (age.is_zero() || object.at <= then)
        });
        shown.map(listed).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What was created under a key is there no more.
    fn gone(&mut self, key: &str) {
        if self.objects.contains_key(key) {
            let created = self.history.iter_mut().rev().find(|one| one.key == key);
            created.into_iter().for_each(|one| one.is_gone = true);
        }
    }
}

fn listed((key, object): (&String, &Object)) -> Listed {
    Listed { key: key.clone(), size: object.content.len() as u64, modified: object.modified }
}

/// A line of the story; of the journal only how much it is.
fn told(key: &str, content: &[u8]) -> String {
    let mut value: serde_json::Value = serde_json::from_slice(content).unwrap_or_default();
    let lines = value["journal"].as_str().map(|text| text.lines().count());
    let what = value.get_mut("lease").map(serde_json::Value::take).unwrap_or(value);
    format!("      @ {key} {what}{}", lines.map(|lines| format!(" +{lines}")).unwrap_or_default())
}

/// The way of one process to the store.
pub(super) struct Door {
    pub(super) bucket: Arc<Bucket>,
    pub(super) machine: Arc<Machine>,
    pub(super) way: Way,
    pub(super) random: Mutex<Random>,
}

/// What happens to one operation.
#[derive(Clone, Copy)]
enum Fate {
    Answered,
    Lost,
    Unanswered,
    Late(Duration),
    Fails(Trouble),
}

/// Does what an operation asks for, at the moment when it arrives.
type Act<T> = Box<dyn FnOnce(&Bucket) -> T + Send>;

impl Door {
    /// A request on its way arrives even if its process is stopped or dies in the meantime.
    async fn operate<T: Send + 'static>(&self, act: Act<T>) -> Result<T, StoreError> {
        self.machine.awake().await;
        let (fate, there, back) = self.draw();
        self.machine.operates();
        self.machine.alive().await;
        let error = |trouble| Err(StoreError::new(trouble, "the store does not answer"));
        let arrives = match fate {
            Fate::Fails(trouble) => {
                sleep(there + back).await;
                self.machine.awake().await;
                return error(trouble);
            }
            Fate::Lost => None,
            Fate::Late(after) => Some(after),
            Fate::Answered | Fate::Unanswered => Some(there),
        };
        let done = arrives.map(|after| {
            let bucket = self.bucket.clone();
            tokio::spawn(async move {
                sleep(after).await;
                act(&bucket)
            })
        });
        let result = match (fate, done) {
            (Fate::Answered, Some(done)) => {
                let result = done.await.unwrap();
                sleep(back).await;
                Ok(result)
            }
            _ => {
                sleep(PATIENCE).await;
                error(Trouble::Unreachable)
            }
        };
        self.machine.awake().await;
        result
    }

    fn draw(&self) -> (Fate, Duration, Duration) {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let Way { millis, lost, unanswered, late, busy, stale: _, outages } = &self.way;
        let mut takes = || Duration::from_millis(millis + random.below(*millis));
        let (there, back) = (takes(), takes());
        let now = self.bucket.stage.start().elapsed();
        if let Some((_, trouble)) = outages.iter().find(|(time, _)| time.contains(&now)) {
            return (Fate::Fails(*trouble), there, back);
        }
        if self.machine.is_offline() {
            return (Fate::Fails(Trouble::Unreachable), there, back);
        }
        let drawn = random.below(100);
        let after = Duration::from_millis(5_000 + random.below(20_000));
        let fate = match drawn {
            _ if drawn < *lost => Fate::Lost,
            _ if drawn < lost + unanswered => Fate::Unanswered,
            _ if drawn < lost + unanswered + late => Fate::Late(after),
            _ if drawn < lost + unanswered + late + busy => Fate::Fails(Trouble::Busy),
            _ => Fate::Answered,
        };
        (fate, there, back)
    }

    /// How old the state is that a listing shows.
    fn age(&self) -> Duration {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        match random.percent(self.way.stale) {
            true => Duration::from_secs(random.pick(&[1, 3, 10, 30, 500])),
            false => Duration::ZERO,
        }
    }
}

impl Objects for Door {
    fn create<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, Created> {
        let (process, owned, content) = (self.machine.number, key.to_owned(), content.to_owned());
        Box::pin(self.operate(Box::new(move |bucket| bucket.create(process, &owned, &content))))
    }

    fn replace<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, ()> {
        let (process, owned, content) = (self.machine.number, key.to_owned(), content.to_owned());
        Box::pin(self.operate(Box::new(move |bucket| bucket.put(process, &owned, &content))))
    }

    fn read<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Vec<u8>>> {
        let owned = key.to_owned();
        Box::pin(self.operate(Box::new(move |bucket| bucket.read(&owned))))
    }

    fn stat<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Listed>> {
        let owned = key.to_owned();
        Box::pin(self.operate(Box::new(move |bucket| bucket.stat(&owned))))
    }

    fn list<'a>(&'a self, prefix: &'a str, after: Option<&'a str>) -> Asking<'a, Vec<Listed>> {
        let (prefix, after, age) = (prefix.to_owned(), after.map(str::to_owned), self.age());
        Box::pin(self.operate(Box::new(move |bucket| bucket.list(&prefix, after.as_deref(), age))))
    }

    fn remove<'a>(&'a self, key: &'a str) -> Asking<'a, ()> {
        let owned = key.to_owned();
        Box::pin(self.operate(Box::new(move |bucket| bucket.remove(&owned))))
    }
}
