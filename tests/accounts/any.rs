//! Any state that an account may hold: what the simulation draws, as an emulator with any quirks lists it, and entries in
//! which one field has any value that an answer may have.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use livevod::emulator::Settings;
use livevod::model::{Address, Remote, Snapshot};
use livevod::wire::read_page;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::Random;
use super::states::SEVERAL;
use crate::apply::world::World;
use crate::plan::variations;
use crate::simulation::harness::scene::Scene;

/// The state of this seed. It may be called within a runtime.
pub(crate) fn any_state(seed: u64) -> Snapshot {
    let mut random = Random::new(seed);
    let (mut pages, mut forms, mut varied) = (random.fork(), random.fork(), random.fork());
    let scene = Scene::draw(&mut random, Some(&mut pages), Some(&mut forms));
    let mut snapshot = thread::scope(|scope| scope.spawn(|| listed(&scene)).join().unwrap());
    for (address, remote) in unusual(&mut varied) {
        add(&mut snapshot, address, remote);
    }
    snapshot
}

/// The account of a scene as the client reads it. A domain whose listing contradicts itself is not in it.
fn listed(scene: &Scene) -> Snapshot {
    let items = scene.held["configs"].as_array().unwrap();
    let names: BTreeSet<Arc<str>> =
        items.iter().map(|item| item["DomainName"].as_str().unwrap().into()).collect();
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
        let world = World::with(Settings { quirks: scene.played(), ..Settings::default() });
        world.service.load(&scene.held.to_string()).unwrap();
        world.client.snapshot(names).await.0
    })
}

/// Entries with one unusual field.
fn unusual(random: &mut Random) -> Vec<(Address, Remote)> {
    let items = variations::items();
    let drawn = (0..random.below(16)).map(|number| {
        let mut item = random.pick(&items);
        item["DomainName"] = random.pick(&["a.example.com", "b.example.com", "other.example.com"]).into();
        item["AppName"] = random.pick(&["show", "news", "*", "on", "007"]).into();
        item["StreamName"] = random.pick(&[json!(null), json!(""), json!("*"), json!(number), json!("1e3")]);
        item
    });
    let Value::Object(page) = json!({ "LiveRecordVodConfigs": drawn.collect::<Vec<_>>() }) else {
        unreachable!()
    };
    read_page(page).unwrap().configs
}

/// Adds what is listed beside the rest: a second entry with the same address makes that one unsupported.
fn add(snapshot: &mut Snapshot, address: Address, remote: Remote) {
    let domain = snapshot.domains.entry(address.domain.clone()).or_default();
    let several = |first: &mut Remote| first.unsupported = Some(SEVERAL.to_owned());
    domain.configs.entry(address).and_modify(several).or_insert(remote);
}
