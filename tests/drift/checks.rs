//! Thousands of drift checks against an emulator with every quirk and with faults: none calls a service in sync that is not, and
//! none reports a difference that was not served.
//!
//! `LIVEVOD_TEST_CASES=10000 cargo test drift::checks` plays more of them.

use std::collections::{BTreeMap, BTreeSet};

use livevod::drift::{Drift, Kind};
use livevod::emulator::{QUIRKS, Settings};
use livevod::model::{Address, DomainSnapshot, Remote, Snapshot};
use livevod::wire::{self, ComposeOff};
use serde_json::{Map, Value};
use tokio::runtime::Builder;
use tokio::time::{Duration, sleep};

use super::found;
use crate::apply::drawn::number_of_cases;
use crate::apply::world::World;
use crate::simulation::harness::random::Random;
use crate::simulation::harness::scene::Scene;
use crate::simulation::harness::truth::folded;
use crate::simulation::harness::weather::KINDS;

/// Faults that only a Describe meets, and that change nothing that is stored.
const OF_LISTINGS: [&str; 4] = ["short:items=0", "short:items=3", "stale:time=5s", "stale:time=1m"];

/// What differs, by address: names are compared without case, since some quirks do not keep it.
type Told = BTreeMap<Address, Kind>;

/// How the checks ended.
#[derive(Debug, Default)]
struct Tally {
    in_sync: usize,
    drifted: usize,
    incomplete: usize,
    /// Domains that were compared in incomplete checks.
    compared_beside: usize,
    quirks: BTreeSet<String>,
    faults: BTreeSet<String>,
}

/// One check that lied.
struct Lie {
    seed: u64,
    message: String,
}

#[test]
fn no_check_calls_a_service_in_sync_or_drifted_that_is_not() {
    let cases = u64::from(number_of_cases(2000));
    let halves = [0, 1].map(|half| (0..cases).filter(move |seed| seed % 2 == half));
    let (tallies, lies): (Vec<Tally>, Vec<Vec<Lie>>) = std::thread::scope(|scope| {
        let threads: Vec<_> = halves.into_iter().map(|seeds| scope.spawn(|| played(seeds))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).unzip()
    });
    let lies: Vec<Lie> = lies.into_iter().flatten().collect();
    let told: Vec<String> =
        lies.iter().take(5).map(|lie| format!("seed {}: {}", lie.seed, lie.message)).collect();
    assert!(lies.is_empty(), "{} of {cases} checks:\n{}", lies.len(), told.join("\n"));
    let sum = |count: fn(&Tally) -> usize| tallies.iter().map(count).sum::<usize>() as u64;
    let [in_sync, drifted, incomplete] =
        [sum(|one| one.in_sync), sum(|one| one.drifted), sum(|one| one.incomplete)];
    assert_eq!(in_sync + drifted + incomplete, cases);
    assert!(in_sync * 50 > cases, "only {in_sync} in sync: {tallies:#?}");
    assert!(drifted * 4 > cases, "only {drifted} drifted: {tallies:#?}");
    assert!(incomplete * 20 > cases, "only {incomplete} incomplete: {tallies:#?}");
    assert!(sum(|one| one.compared_beside) > 0, "{tallies:#?}");
    let quirks: BTreeSet<&String> = tallies.iter().flat_map(|one| &one.quirks).collect();
    let answers: usize = QUIRKS.iter().map(|quirk| quirk.answers.len()).sum();
    assert_eq!(quirks.len(), answers, "every answer to every question");
    let faults: BTreeSet<&String> = tallies.iter().flat_map(|one| &one.faults).collect();
    assert!(KINDS.iter().all(|kind| faults.iter().any(|fault| fault.starts_with(kind.name))), "{faults:?}");
}

fn played(seeds: impl Iterator<Item = u64>) -> (Tally, Vec<Lie>) {
    let (mut tally, mut lies) = (Tally::default(), Vec::new());
    for seed in seeds {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        if let Err(message) = runtime.block_on(checked(seed, &mut tally)) {
            lies.push(Lie { seed, message });
        }
    }
    (tally, lies)
}

/// Plays one check: an account that almost matches the files, perhaps an edit in the console right before, and faults.
async fn checked(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let random = &mut Random::new(seed);
    let (mut pages, mut forms) = (random.fork(), random.fork());
    let scene = Scene::draw(random, Some(&mut pages), Some(&mut forms));
    tally.quirks.extend(scene.quirks.iter().cloned());
    let world = World::with(Settings { quirks: scene.played(), ..Settings::default() });
    let faults: Vec<String> = (0..random.below(4)).map(|_| fault(random)).collect();
    // A page that lacks entries shows only where a Total counts them.
    let is_seen = |fault: &String| !fault.starts_with("short") || scene.has_quirk("total=entries");
    let faults: Vec<String> = faults.into_iter().filter(is_seen).collect();
    tally.faults.extend(faults.iter().cloned());
    let past = "stale:time=200s,chance=0";
    world.faults(&[past]);
    furnish(&world, &scene, random).await;
    // So that a stale answer has nothing of the time before.
    sleep(Duration::from_secs(300)).await;
    let before = stored(&world, &scene);
    let mut states = vec![before];
    if random.percent(50) {
        sleep(Duration::from_secs(random.below(20))).await;
        edit(&world, &scene, random).await;
        states.push(stored(&world, &scene));
    }
    let all: Vec<&str> = faults.iter().map(String::as_str).chain([past]).collect();
    world.faults(&all);
    let names: Vec<_> = scene.desired.domains.keys().cloned().collect();
    let (snapshot, unread) = world.client.snapshot(names.clone()).await;
    let found = found(&scene.desired, &scene.sources, &snapshot);
    let told = told(&found);
    let truths: Vec<Told> =
        states.iter().map(|state| self::told(&self::found(&scene.desired, &scene.sources, state))).collect();
    if found.is_complete != unread.is_empty() {
        return Err(format!("complete: {}, but unread: {unread:?}", found.is_complete));
    }
    for name in &names {
        let of = |told: &Told| -> Told {
            let own = told.iter().filter(|(address, _)| address.domain == *name);
            own.map(|(address, kind)| (address.clone(), *kind)).collect()
        };
        let told = of(&told);
        if unread.contains_key(name) {
            if !told.is_empty() {
                return Err(format!("{name} was not read, but: {told:?}"));
            }
            continue;
        }
        tally.compared_beside += usize::from(!found.is_complete);
        // Pages of one listing may be of different moments.
        let truths: Vec<Told> = truths.iter().map(of).collect();
        let addresses: BTreeSet<&Address> = truths.iter().flat_map(Told::keys).chain(told.keys()).collect();
        for address in addresses {
            let held: Vec<Option<&Kind>> = truths.iter().map(|truth| truth.get(address)).collect();
            if !held.contains(&told.get(address)) {
                let told = told.get(address);
                return Err(format!(
                    "{address}: told {told:?}, held {held:?}; {faults:?} {:?}",
                    scene.quirks
                ));
            }
        }
    }
    *match (found.is_complete, found.is_drifted()) {
        (false, _) => &mut tally.incomplete,
        (true, true) => &mut tally.drifted,
        (true, false) => &mut tally.in_sync,
    } += 1;
    Ok(())
}

/// A fault of the network or the service at some calls.
fn fault(random: &mut Random) -> String {
    let of_listings = OF_LISTINGS.map(str::to_owned);
    let kinds = KINDS.iter().map(|kind| kind.name.to_owned()).chain(of_listings);
    let kind = random.pick(&kinds.collect::<Vec<_>>());
    let when = match random.below(4) {
        0 => format!("nth={}", 1 + random.below(4)),
        1 => format!("every={}", 2 + random.below(3)),
        2 => format!("chance=0.{},seed={}", 1 + random.below(9), random.below(1000)),
        _ => format!("times={}", 1 + random.below(3)),
    };
    let joint = if kind.contains(':') { "," } else { ":" };
    format!("{kind}{joint}action=Describe,{when}")
}

/// Fills the account: in every third scene with what the files declare and nothing else, so that some checks are in sync. What
/// the service refuses stays out.
async fn furnish(world: &World, scene: &Scene, random: &mut Random) {
    if !random.percent(33) {
        return world.service.load(&scene.held.to_string()).unwrap();
    }
    for (address, entry) in scene.desired.domains.values().flat_map(|domain| &domain.entries) {
        if let Some(resolved) = entry.resolved() {
            let _ = world.client.write(wire::add(address, &resolved.config)).await;
        }
    }
}

/// One edit in the console: a delete, or another cycle of a configuration that exists.
async fn edit(world: &World, scene: &Scene, random: &mut Random) {
    let state = stored(world, scene);
    let all: Vec<(Address, Remote)> =
        state.domains.values().flat_map(|domain| domain.configs.clone()).collect();
    if all.is_empty() {
        return;
    }
    let (address, remote) = random.pick(&all);
    let mut config = remote.config.clone();
    config.cycle_duration = if config.cycle_duration == 7200 { 10_800 } else { 7200 };
    // Where pages are of different moments, a delete hides another entry. Only a Total shows that.
    let call = match random.percent(30) && scene.has_quirk("total=entries") {
        true => wire::delete(&address, remote.spelling),
        false => wire::update(&address, remote.spelling, &config, ComposeOff::Neither),
    };
    // An edit that the service refuses changes nothing.
    let _ = world.client.write(call).await;
}

/// What the account holds, as the service lists it without faults. With some quirks, names are listed in lower case.
fn stored(world: &World, scene: &Scene) -> Snapshot {
    let mut dump = world.service.dump();
    let list = Value::Object(Map::from_iter([("LiveRecordVodConfig".to_owned(), dump["configs"].take())]));
    let page = wire::read_page(Map::from_iter([("LiveRecordVodConfigs".to_owned(), list)])).unwrap();
    let mut domains: BTreeMap<_, DomainSnapshot> =
        scene.desired.domains.keys().map(|name| (name.clone(), DomainSnapshot::default())).collect();
    for (address, remote) in page.configs {
        let address = if scene.has_quirk("name-case=folded") { folded(&address) } else { address };
        if let Some(domain) = domains.get_mut(&address.domain) {
            domain.configs.insert(address, remote);
        }
    }
    Snapshot { domains }
}

fn told(drift: &Drift) -> Told {
    drift.differences.iter().map(|one| (folded(&one.address), one.kind)).collect()
}

/// The oracle knows a difference when it sees one, by its own reading of the simplest field.
#[test]
fn a_changed_cycle_is_told_with_both_values() {
    let seeds = (0..200).filter(|seed| {
        let seed = *seed;
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let random = &mut Random::new(seed);
            let scene = Scene::draw(random, None, None);
            let world = World::with(Settings { quirks: scene.played(), ..Settings::default() });
            world.service.load(&scene.held.to_string()).unwrap();
            let state = stored(&world, &scene);
            let drift = found(&scene.desired, &scene.sources, &state);
            let mut compared = 0;
            for (address, entry) in scene.desired.domains.values().flat_map(|domain| &domain.entries) {
                let Some((resolved, remote)) = entry.resolved().zip(state.get(address)) else { continue };
                let is_ignored = scene.desired.ignored().selects(address);
                if remote.unsupported.is_some() || is_ignored {
                    continue;
                }
                let differs = resolved.config.cycle_duration != remote.config.cycle_duration;
                let one =
                    drift.differences.iter().find(|one| one.address == *address && one.kind == Kind::Changed);
                let field =
                    one.and_then(|one| one.fields.iter().find(|one| one.field.name() == "cycle_duration"));
                let values = field.map(|field| (field.declared.to_json(), field.actual.to_json()));
                let unmanageable = drift
                    .differences
                    .iter()
                    .any(|one| one.address == *address && one.kind == Kind::Unmanageable);
                let expected = (resolved.config.cycle_duration.into(), remote.config.cycle_duration.into());
                assert_eq!(values, (differs && !unmanageable).then_some(expected), "seed {seed}: {address}");
                compared += usize::from(differs);
            }
            compared > 0
        })
    });
    assert!(seeds.count() > 20);
}
