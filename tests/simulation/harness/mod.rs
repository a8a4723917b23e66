//! Runs of livevod against an account with every kind of fault, each determined by one number, and the invariants that must hold.
//!
//! ```text
//! seed ─scene→ files, account, quirks ─┐
//!      ─weather→ faults, deaths, others ┴─process→ plan, apply, death → plan, apply → plan ─invariants→ verdict
//! ```
//!
//! The files pass through configuration, resolution, rules, plan, guards and apply. The real client calls the
//! real emulator, with signatures, but without a socket, and on a clock that only advances when every task waits. So a run takes
//! milliseconds, and is exactly the same whenever its seed is run again.

pub(crate) mod disk;
pub(crate) mod files;
pub(crate) mod invariants;
pub(crate) mod journals;
pub(crate) mod observer;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod scene;
pub(crate) mod story;
mod tally;
pub(crate) mod truth;
pub(crate) mod weather;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use livevod::apply::journal::RunRecord;
use livevod::emulator::{CallEntry, Outside, Service, Settings};
use livevod::model::Address;
use livevod::plan::Plan;
use livevod::wire::{Key, Secret};
use tokio::time::sleep;

use self::disk::Disk;
use self::journals::{Clocks, Folder};
use self::observer::{Observer, account_clock};
use self::process::{End, Ends, Process, Stage};
use self::random::Random;
use self::scene::{Scene, released};
use self::story::Happening;
pub(crate) use self::tally::Tally;
use self::truth::{Truth, folded};
pub(crate) use self::weather::{PARTS, Weather};

/// This many of these seeds are older than listings with several pages, and keep their stories.
const BEFORE_PAGES: usize = 60;

/// This many are older than by-format configurations.
const BEFORE_FORMS: usize = 68;

/// This many are played with files that accept no difference.
const BEFORE_ACCEPT: usize = 110;

/// Seeds that once broke a promise, out of hundreds of thousands: they show rare cases.
pub(crate) const ONCE_BROKEN: [u64; 134] = [
    5560, 7630, 12479, 12683, 14656, 20674, 22786, 23120, 24737, 26557, 28444, 30340, 30398, 33720, 36730,
    42139, 42889, 45783, 49043, 50861, 51237, 51361, 52171, 52425, 52586, 53637, 53975, 55097, 56001, 57168,
    58383, 60523, 60839, 62294, 62489, 63772, 64153, 66651, 68590, 68690, 70177, 71135, 72682, 73705, 76082,
    78924, 79635, 85238, 88813, 90320, 95683, 95822, 96304, 101026, 108025, 113383, 142098, 268169, 331021,
    367982, 49982, 76221, 105334, 123586, 138368, 216514, 270836, 275941, 13400, 14590, 16212, 29524, 38244,
    52855, 60884, 62493, 64274, 73885, 79373, 83258, 107682, 92458, 95867, 96473, 107935, 117612, 120820,
    122024, 125525, 183649, 137618, 139856, 144038, 145052, 111720, 435465, 322778, 479767, 456335, 415566,
    502993, 503363, 509584, 514437, 515288, 521218, 543966, 543982, 549655, 540895, 619434, 641130, 655001,
    628283, 847121, 825446, 820523, 894622, 808326, 1307970, 1370696, 1435258, 1530863, 2046729, 2062252,
    2106981, 2110939, 2312891, 2261776, 2207813, 2252410, 2500708, 2570807, 2584307,
];

/// This many are older than writes that rest on what was read for the plan.
const BEFORE_APPROVAL: usize = 114;

/// This many are older than disks that are slow.
const BEFORE_DISKS: usize = 121;

/// Texts that no output may contain.
const SECRET: &str = "s3cr3t-of-the-simulation";
const TOKEN: &str = "t0ken-of-the-simulation";

/// Longer than the delay of any lost request.
const LONG: Duration = Duration::from_secs(90);

/// One finished run.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) scene: Scene,
    /// The first one has all faults, the second one none, and the third one only plans.
    pub(crate) processes: Vec<Process>,
    pub(crate) story: Vec<Happening>,
    pub(crate) truth: Truth,
    /// The text of all journals.
    pub(crate) journals: String,
    pub(crate) clocks: Clocks,
    pub(crate) disk: Disk,
    pub(crate) afterwards: Option<Afterwards>,
}

/// The plan of a fourth process, after another client removed on purpose what the second one had repaired.
pub(crate) struct Afterwards {
    pub(crate) removed: Vec<Address>,
    pub(crate) plan: Plan,
}

/// A run that breaks an invariant.
pub(crate) struct Broken {
    pub(crate) seed: u64,
    pub(crate) invariant: &'static str,
    pub(crate) message: String,
    pub(crate) story: String,
    /// The test that plays the seed again.
    pub(crate) test: &'static str,
}

impl Run {
    /// Plays a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(play(seed))
    }

    /// Checks the run against every invariant, and counts what happened in it.
    pub(crate) fn judge(&self, tally: &mut Tally) -> Option<Broken> {
        tally.count(self);
        let broken = invariants::ALL
            .iter()
            .find_map(|(name, holds)| holds(self).err().map(|message| (*name, message)));
        broken.map(|(invariant, message)| Broken {
            seed: self.seed,
            invariant,
            message,
            story: self.text(),
            test: "simulation::replay",
        })
    }

    /// Everything that was generated, and everything that happened.
    pub(crate) fn text(&self) -> String {
        let Scene { yaml, quirks, is_released, call, held, .. } = &self.scene;
        let usual: Vec<&String> = quirks.iter().filter(|quirk| !is_default(quirk)).collect();
        let mut text = format!("seed {}\n\n{yaml}\nguards released: {is_released}; {call:?}\n", self.seed);
        text.push_str(&format!("quirks: {usual:?}\n{}\n{:?}\nheld:\n", self.clocks, self.disk));
        for item in held["configs"].as_array().into_iter().flatten() {
            text.push_str(&format!("  {item}\n"));
        }
        text.push('\n');
        for happening in &self.story {
            text.push_str(&format!("{happening}\n"));
        }
        if let Some(Afterwards { removed, plan }) = &self.afterwards {
            let removed: Vec<String> = removed.iter().map(ToString::to_string).collect();
            text.push_str(&format!(
                "afterwards {} are removed on purpose, and planned is:\n",
                removed.join(", ")
            ));
            for change in &plan.decisions.changes {
                text.push_str(&format!("  {:?} {} ({:?})\n", change.action(), change.address, change.reason));
            }
        }
        text
    }
}

fn is_default(text: &str) -> bool {
    livevod::emulator::QUIRKS.iter().any(|quirk| {
        let default = quirk.default_answer().value;
        text.strip_prefix(quirk.name).and_then(|rest| rest.strip_prefix('=')) == Some(default)
    })
}

impl Broken {
    /// What a developer needs to know, and the command that repeats the run.
    pub(crate) fn text(&self) -> String {
        let Self { seed, invariant, message, story, test } = self;
        format!(
            "{story}\nseed {seed} breaks `{invariant}`: {message}\n\
             again: LIVEVOD_SEED={seed} cargo test {test} -- --nocapture\n"
        )
    }
}

async fn play(seed: u64) -> Run {
    let mut random = Random::new(seed);
    let has_pages = !ONCE_BROKEN[..BEFORE_PAGES].contains(&seed);
    // Choices that were added later use a separate generator, so that other stories do not change.
    let mut pages = Random::added(seed, 0);
    let has_forms = !ONCE_BROKEN[..BEFORE_FORMS].contains(&seed);
    let mut forms = Random::added(seed, 4);
    let mut scene = Scene::draw(
        &mut random.fork(),
        has_pages.then(|| pages.fork()).as_mut(),
        has_forms.then_some(&mut forms),
    );
    if !ONCE_BROKEN[..BEFORE_ACCEPT].contains(&seed) {
        scene.accept(&mut Random::added(seed, 2).fork());
    }
    let mut weather = Weather::draw(seed, random.fork());
    if has_pages {
        weather.shorten(&scene.quirks, seed, pages.fork());
    }
    let mut later = Random::added(seed, 1);
    scene.call.draw_more(&mut later);
    scene.call.draw_width(&mut Random::added(!seed, 2));
    if !ONCE_BROKEN[..BEFORE_APPROVAL].contains(&seed) {
        scene.call.draw_approval(&mut Random::added(!seed, 3));
    }
    weather.draw_more(&mut later);
    weather.draw_straggler(&mut Random::added(seed, 3));
    let (service, observer) = account(&scene, random.fork());
    let clocks = Clocks::draw(seed);
    let disk = if ONCE_BROKEN[..BEFORE_DISKS].contains(&seed) { Disk::default() } else { Disk::draw(seed) };
    let folder = Folder::new(observer.clone(), weather.room, clocks.clone(), disk);
    let stage = Stage { scene: &scene, service, observer: observer.clone(), folder, key: key() };
    let (ends, rest) = (Ends { death: weather.death, stop: weather.stop, is_first: true }, weather.rest);
    observer.begin(Some(weather));
    let first = stage.process(scene.allowances(), true, ends).await;
    sleep(rest).await;
    observer.begin(None);
    let second = stage.process(released(), true, Ends::default()).await;
    sleep(LONG).await;
    observer.settle();
    observer.begin(None);
    let third = stage.process(released(), false, Ends::default()).await;
    let journals = stage.folder.text();
    let (story, truth) = observer.finish();
    let afterwards = match first.end {
        // It left no journal, so the first one is of another process.
        End::Refused(_) => None,
        End::Applied(_) | End::Died => afterwards(&stage, &truth, &second).await,
    };
    let processes = vec![first, second, third];
    Run { seed, processes, story, truth, journals, clocks, disk, afterwards, scene }
}

/// An entry that the first process lost and the second one repaired is removed on purpose: no journal may bring it back.
async fn afterwards(stage: &Stage<'_>, truth: &Truth, second: &Process) -> Option<Afterwards> {
    let (first, later): (Vec<RunRecord>, Vec<RunRecord>) =
        stage.folder.runs().into_iter().partition(|run| run.header.number == 1);
    let lost_again = journals::gaps(&later);
    let is_good = |address: &Address| {
        let is_there = truth.last().contains_key(&folded(address));
        is_there && second.made_good(address) && !lost_again.contains_key(address)
    };
    let lost = journals::gaps(&first).into_keys();
    let removed: Vec<Address> = lost.filter(is_good).collect();
    if removed.is_empty() {
        return None;
    }
    stage.observer.begin(None);
    stage.observer.remove(&removed);
    let Process { plan, .. } = stage.process(released(), false, Ends::default()).await;
    Some(Afterwards { removed, plan })
}

/// The emulated account with its contents, and its observer.
fn account(scene: &Scene, random: Random) -> (Arc<Service>, Arc<Observer>) {
    let watcher: Arc<OnceLock<Arc<Observer>>> = Arc::default();
    let log = watcher.clone();
    let service = service(scene, move |entry| {
        if let Some(observer) = log.get() {
            observer.log(entry);
        }
    });
    let known = known(scene);
    let is_paged = !scene.has_quirk("page-cap=asked");
    let observer = Arc::new(Observer::new(&service, colleague(), Weather::calm(random), known, is_paged));
    let _ = watcher.set(observer.clone());
    (service, observer)
}

/// The emulated account with its contents.
pub(crate) fn service(scene: &Scene, log: impl Fn(&CallEntry<'_>) + Send + Sync + 'static) -> Arc<Service> {
    let session_accounts = scene.call.accounts.iter().map(|account| (*account).to_owned()).collect();
    let keys = vec![key(), colleague()];
    let settings = Settings { keys, session_accounts, quirks: scene.played(), ..Settings::default() };
    let ids = std::sync::atomic::AtomicU64::new(0);
    let request_id = move || format!("R{}", ids.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let outside = Outside { now: Box::new(account_clock()), request_id: Box::new(request_id) };
    let service = Service::open_with(None, settings, outside).unwrap().with_call_log(Box::new(log));
    service.load(&scene.held.to_string()).unwrap();
    Arc::new(service)
}

/// The addresses that another client may change: all that are declared or exist.
fn known(scene: &Scene) -> Vec<Address> {
    let declared = scene.desired.domains.values().flat_map(|domain| domain.entries.keys().cloned());
    let held = scene.held["configs"].as_array().into_iter().flatten().map(|item| {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let stream = Some(text("StreamName")).filter(|stream| !stream.is_empty());
        Address::new(text("DomainName"), text("AppName"), stream.unwrap_or("*".to_owned()))
    });
    let known: BTreeSet<Address> = declared.chain(held).collect();
    known.into_iter().collect()
}

pub(crate) fn key() -> Key {
    Key { id: "simulation".to_owned(), secret: Secret::new(SECRET), token: Some(Secret::new(TOKEN)) }
}

pub(crate) fn colleague() -> Key {
    Key { id: "colleague".to_owned(), secret: Secret::new("colleague"), token: None }
}
