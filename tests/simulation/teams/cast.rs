//! Draws who takes part in a story: the files of each process, its domains, its life, and what goes wrong around it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use livevod::store::Trouble;

use super::super::harness::random::Random;
use super::super::harness::scene::{Approval, Scene};
use super::super::harness::weather::Weather;
use super::bucket::Way;
use super::machine::{Life, Moment};

/// Everything that a seed decides before the story begins.
pub(super) struct Cast {
    /// The files of the last process; the account was made for them.
    pub(super) scene: Arc<Scene>,
    pub(super) roles: Vec<Role>,
    /// How far the clock of the store is off.
    pub(super) store_off: SignedDuration,
    /// When a person ends the lease of whoever holds the first domain, if one does.
    pub(super) release: Option<Duration>,
    /// How long after all others the last process begins.
    pub(super) rest: Duration,
    /// Whether the store does not answer anyone for a while.
    pub(super) has_outage: bool,
}

/// One process.
pub(super) struct Role {
    /// Its files, with its own domains only.
    pub(super) scene: Arc<Scene>,
    pub(super) domains: Vec<String>,
    pub(super) life: Life,
    pub(super) way: Way,
    pub(super) weather: Weather,
    /// How long it waits for domains that others hold.
    pub(super) wait: Duration,
    /// How long its plan waits for approval.
    pub(super) approval: Duration,
    pub(super) is_released: bool,
    pub(super) random: Random,
}

impl Cast {
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x7ea3_5000_0000_0000);
        let is_wide = random.percent(75);
        let scene = scene(&mut random, is_wide);
        let other = other(&scene, &mut random);
        let outage = random.percent(20).then(|| outage(&mut random));
        let count = random.pick(&[2, 2, 2, 3, 3, 4]);
        let roles = (0..count).map(|_| {
            let mut random = random.fork();
            let is_other = random.percent(45);
            let base = if is_other { &other } else { &scene };
            Role::draw(base, outage.clone(), &mut random)
        });
        let roles: Vec<Role> = roles.collect();
        let release = random.percent(10).then(|| Duration::from_millis(random.below(200_000)));
        let has_outage = outage.is_some();
        let store_off = off(&mut random);
        // After more than a day, what nothing needs is removed from the store.
        let rest = Duration::from_secs(3600 * random.pick(&[0, 0, 0, 26, 60]));
        Self { scene: Arc::new(scene), roles, store_off, release, rest, has_outage }
    }

    /// The last process, which has patience, and for which nothing goes wrong.
    pub(super) fn last(&self, begins: Duration, random: Random) -> Role {
        let domains = self.scene.desired.domains.keys().map(ToString::to_string).collect();
        let (uptime, off) = (Duration::from_secs(77), SignedDuration::ZERO);
        Role {
            scene: self.scene.clone(),
            domains,
            life: Life { begins, stops: Vec::new(), death: None, rejoins: Duration::ZERO, uptime, off },
            way: Way::calm(),
            weather: Weather::calm(random.clone().fork()),
            wait: Duration::from_secs(3600),
            approval: Duration::ZERO,
            is_released: true,
            random,
        }
    }
}

impl Role {
    fn draw(base: &Scene, outage: Option<(std::ops::Range<Duration>, Trouble)>, random: &mut Random) -> Self {
        let mut scene = base.clone();
        let is_whole = random.percent(40);
        let mut is_kept: Vec<bool> =
            scene.desired.domains.keys().map(|_| is_whole || random.percent(50)).collect();
        if !is_kept.contains(&true) {
            let at = random.below(is_kept.len() as u64) as usize;
            is_kept[at] = true;
        }
        let mut kept = is_kept.into_iter();
        scene.desired.domains.retain(|_, _| kept.next().unwrap_or_default());
        scene.call.draw_width(&mut random.fork());
        let domains = scene.desired.domains.keys().map(ToString::to_string).collect();
        let mut way = way(random);
        way.outages.extend(outage);
        Self {
            scene: Arc::new(scene),
            domains,
            life: life(random),
            way,
            weather: Weather::of_a_team(random.fork()),
            wait: Duration::from_secs(random.pick(&[0, 30, 180, 900, 3600])),
            approval: Duration::from_millis(random.pick(&[0, 0, 0, 300, 4_000, 40_000, 200_000])),
            is_released: random.percent(93),
            random: random.fork(),
        }
    }
}

/// Files and an account; of several domains if `is_wide`.
fn scene(random: &mut Random, is_wide: bool) -> Scene {
    loop {
        let mut forms = random.fork();
        let mut scene = Scene::draw(&mut random.fork(), None, Some(&mut forms));
        scene.call.accounts = &[];
        scene.call.approval = Some(Approval { takes: Duration::ZERO, meanwhile: None });
        scene.call.freshness = Duration::from_millis(random.pick(&[1000, 1000, 1000, 300, 5000, 0]));
        if !is_wide || scene.desired.domains.len() > 1 {
            return scene;
        }
    }
}

/// Other files for the same account.
fn other(first: &Scene, random: &mut Random) -> Scene {
    let mut other = scene(random, false);
    other.quirks.clone_from(&first.quirks);
    other
}

fn life(random: &mut Random) -> Life {
    let begins =
        Duration::from_millis(random.pick(&[0, 2_000, 30_000, 90_000, 400_000]) + random.below(5_000));
    let mut stops = Vec::new();
    for _ in 0..random.pick(&[0, 0, 0, 1, 1, 2]) {
        let time = random.pick(&[20, 60, 100, 130, 200, 400, 4000]);
        stops.push((moment(random), Duration::from_secs(time)));
    }
    let mut death = random.percent(25).then(|| moment(random));
    let mut rejoins = Duration::from_secs(random.pick(&[0, 0, 5, 25, 50]));
    if random.percent(12) {
        // Like a laptop that sleeps in the middle of a replace: the lease has not run out, but must be renewed, and that takes a while.
        let time = Duration::from_secs(random.pick(&[62, 80, 100]));
        (stops, death, rejoins) =
            (vec![(Moment::Wrote(random.below(4)), time)], None, Duration::from_secs(50));
    }
    Life {
        begins,
        stops,
        death,
        rejoins,
        uptime: Duration::from_secs(random.below(1_000_000)),
        off: off(random),
    }
}

fn moment(random: &mut Random) -> Moment {
    match random.below(6) {
        0 => Moment::Call(random.below(24)),
        1 => Moment::Sent(random.below(24)),
        2 | 3 => Moment::Wrote(random.below(6)),
        4 => Moment::Operation(random.below(40)),
        _ => Moment::After(Duration::from_millis(random.below(60_000))),
    }
}

fn way(random: &mut Random) -> Way {
    let millis = random.pick(&[5, 20, 100, 700]);
    let stale = random.pick(&[0, 0, 10, 60]);
    let mut way = Way { millis, stale, ..Way::calm() };
    if random.percent(40) {
        let share = random.pick(&[2, 5, 12]);
        (way.lost, way.unanswered, way.late, way.busy) = (share, share, share, share);
    }
    if random.percent(15) {
        way.outages.push(outage(random));
    }
    way
}

fn outage(random: &mut Random) -> (std::ops::Range<Duration>, Trouble) {
    let from = Duration::from_millis(random.below(200_000));
    let time = Duration::from_secs(random.pick(&[3, 15, 25, 60, 100, 130, 300]));
    (from..from + time, random.pick(&[Trouble::Unreachable, Trouble::Busy]))
}

fn off(random: &mut Random) -> SignedDuration {
    SignedDuration::from_millis(random.pick(&[0, 300, -700, 3_600_000, -3_600_000, 90_000, -90_000]))
}
