//! For any state of the service and any file, with both kinds of configurations and under any reading of the open
//! questions: one run makes them equal, a second plan is empty, and nothing else is touched.

use std::collections::BTreeSet;

use livevod::model::{Address, DomainSnapshot, RecordConfig};
use livevod::resolve::Entry;
use proptest::prelude::*;

use super::drawn::{
    DOMAIN, State, TAKES_ALONG, Wanted, account, addresses, cases, file, quirks, state, wanted,
};
use super::world::*;

async fn listing(world: &World) -> DomainSnapshot {
    world.client.list_domain(DOMAIN).await.unwrap()
}

async fn one_run(state: &State, wanted: &Wanted, prune: bool, quirks: &[String]) {
    let world = account(state, quirks);
    let before = listing(&world).await;
    let file = file(wanted, prune);
    let plan = world.plan(&file).await;
    let unsupported: BTreeSet<Address> =
        plan.notes.unsupported.iter().map(|one| one.address.clone()).collect();
    let report = world.apply(plan.decisions.changes).await;
    assert!(ends(&report).iter().all(|end| *end == "done"), "{report:#?}\n{file}");
    let second = world.plan(&file).await;
    assert_eq!(second.decisions.changes, [], "{file}");
    assert_eq!(second.notes.unsupported, plan.notes.unsupported, "{file}");

    let after = listing(&world).await;
    let (_, desired) = desired(&file);
    let entries = &desired.domains[DOMAIN].entries;
    for address in addresses(state).into_iter().chain(entries.keys().cloned()) {
        let (old, new) = (before.configs.get(&address), after.configs.get(&address));
        let is_left = unsupported.contains(&address) || (!prune && !entries.contains_key(&address));
        match entries.get(&address).and_then(Entry::resolved) {
            _ if is_left => assert_eq!(new, old, "{address}\n{file}"),
            None => assert_eq!(new, None, "{address}\n{file}"),
            Some(resolved) => {
                let new = new.unwrap().config.clone().normalized();
                let kept = old.map_or(&new, |old| &old.config);
                // Where the service chooses the location, nobody else did.
                let kept = RecordConfig {
                    storage_location: kept.storage_location.clone().or(new.storage_location.clone()),
                    ..kept.clone()
                };
                assert_eq!(resolved.config.laid_over(&kept).differences(&new), [], "{address}\n{file}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn one_run_makes_service_and_file_agree(
        state in state(),
        wanted in wanted(),
        prune in any::<bool>(),
        mut quirks in quirks(),
    ) {
        quirks.retain(|quirk| quirk != TAKES_ALONG);
        paused(one_run(&state, &wanted, prune, &quirks));
    }
}
