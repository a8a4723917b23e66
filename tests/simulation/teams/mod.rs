//! Several processes over one store and one account: pauses longer than a lease, deaths, and a store that does not always answer.
//!
//! ```text
//! seed ─cast→ files, lives, ways to the store ─┬─applier→ lease, journals, plan, apply ─┐
//!                                              ├─applier→ …                              ├→ the last one ─invariants→ verdict
//!                                              └─applier→ …                             ─┘
//! ```
//!
//! Everything is determined by one number. The processes share a clock that only advances when all of them wait.

mod applier;
mod bucket;
mod cast;
mod invariants;
mod ledger;
mod machine;
mod stage;
mod tally;
mod wire;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use livevod::store::{Objects, holders, release};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::applier::{ACCOUNT, Applier, Ended, World};
use self::bucket::{Bucket, Creation, Door, Way};
use self::cast::Cast;
use self::machine::{Life, Machine};
use self::stage::Stage;
pub(crate) use self::tally::Tally;
use super::harness::disk::Disk;
use super::harness::random::Random;
use super::harness::story::{Happening, What};
use super::harness::truth::Truth;
use super::harness::weather::Weather;
use super::harness::{Broken, service};

/// However long everyone waits and stops, everything is over by then.
const BOUND: Duration = Duration::from_secs(8 * 3600);

/// Seeds that once broke a promise, of livevod or of a mutant.
pub(crate) const ONCE_BROKEN: [u64; 8] = [604, 714265, 740306, 780936, 824091, 841740, 889894, 1166136];

/// This many are older than disks that are slow.
const BEFORE_DISKS: usize = 8;

/// A finished story.
pub(crate) struct Team {
    seed: u64,
    cast: Cast,
    /// Those that take part, the last one, which brings everything in order, and one that only plans. `None` did not end.
    ended: Vec<Option<Ended>>,
    story: Vec<Happening>,
    truth: Truth,
    history: Vec<Creation>,
}

impl Team {
    /// Plays a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(LocalSet::new().run_until(play(seed)))
    }

    /// Checks the story against every invariant, and counts what happened in it.
    pub(crate) fn judge(self, tally: &mut Tally) -> Option<Broken> {
        tally.count(&self);
        let (seed, text) = (self.seed, self.text());
        let (invariant, message) = invariants::broken(self)?;
        Some(Broken { seed, invariant, message, story: text, test: "simulation::replay_teams" })
    }

    /// Everything that was drawn, and everything that happened.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("seed {}\n\n{}\n", self.seed, self.cast.scene.yaml);
        text.push_str(&format!("{:?}\nheld:\n", self.cast.scene.call));
        for item in self.cast.scene.held["configs"].as_array().into_iter().flatten() {
            text.push_str(&format!("  {item}\n"));
        }
        text.push('\n');
        for happening in &self.story {
            text.push_str(&format!("{happening}\n"));
        }
        text
    }
}

async fn play(seed: u64) -> Team {
    let mut cast = Cast::draw(seed);
    let mut random = Random::new(!seed);
    let start = Instant::now();
    let watcher: Arc<OnceLock<Arc<Stage>>> = Arc::default();
    let log = watcher.clone();
    let service = service(&cast.scene, move |entry| {
        if let Some(stage) = log.get() {
            stage.log(entry);
        }
    });
    let count = cast.roles.len();
    let mut weathers: Vec<Weather> = cast
        .roles
        .iter_mut()
        .map(|role| std::mem::replace(&mut role.weather, Weather::calm(Random::new(0))))
        .collect();
    weathers.extend((0..3).map(|_| Weather::calm(random.fork())));
    let is_paged = !cast.scene.has_quirk("page-cap=asked");
    let stage = Stage::new(start, &service, weathers, is_paged);
    let _ = watcher.set(stage.clone());
    let bucket = Bucket::new(stage.clone(), cast.store_off);
    let disk =
        if ONCE_BROKEN[..BEFORE_DISKS].contains(&seed) { Disk::default() } else { Disk::draw(seed).mended() };
    let world = World { stage: stage.clone(), service, bucket: bucket.clone(), disk };
    let roles = std::mem::take(&mut cast.roles);
    let appliers = roles.into_iter().enumerate().map(|(at, role)| {
        let applier = Applier::new(&world, at + 1, role, true);
        tokio::task::spawn_local(timeout(BOUND, applier.run()))
    });
    let appliers: Vec<_> = appliers.collect();
    let person = cast.release.map(|at| tokio::spawn(releases(world.clone(), count + 3, at)));
    let mut ended = Vec::new();
    for applier in appliers {
        ended.push(applier.await.unwrap().ok());
    }
    if let Some(person) = person {
        person.await.unwrap();
    }
    sleep(cast.rest).await;
    for (number, writes) in [(count + 1, true), (count + 2, false)] {
        let role = cast.last(start.elapsed(), random.fork());
        ended.push(timeout(BOUND, Applier::new(&world, number, role, writes).run()).await.ok());
    }
    stage.settle();
    let (story, truth) = stage.finish();
    Team { seed, cast, ended, story, truth, history: bucket.history() }
}

/// A person ends a lease, rightly or not.
async fn releases(world: World, number: usize, at: Duration) {
    sleep_until(world.stage.start() + at).await;
    let life = Life {
        begins: at,
        stops: Vec::new(),
        death: None,
        rejoins: Duration::ZERO,
        uptime: Duration::ZERO,
        off: jiff::SignedDuration::ZERO,
    };
    let machine = Machine::new(number, world.stage.clone(), life);
    let random = Mutex::new(Random::new(0));
    let door: Arc<dyn Objects> =
        Arc::new(Door { bucket: world.bucket.clone(), machine, way: Way::calm(), random });
    let held = holders(&door, ACCOUNT, (None, None), world.bucket.now()).await.unwrap();
    for held in held.iter().take(1) {
        let is_released = release(&*door, ACCOUNT, held, "a person").await.unwrap();
        let note = format!("a person releases {} of {}: {is_released}", held.domain, held.run);
        world.stage.tell(number, What::Note(note));
    }
}
