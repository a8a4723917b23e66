//! For any state of the service and any file, with both kinds of configurations and under any reading of the open
//! questions: one run makes them equal, a second plan is empty, and nothing else is touched.

use std::collections::BTreeSet;

use livevod::model::{Address, DomainSnapshot, Field, RecordConfig};
use livevod::plan::Plan;
use livevod::resolve::Entry;
use proptest::prelude::*;

use super::drawn::{
    DOMAIN, State, TAKES_ALONG, Wanted, account, addresses, cases, file, quirks, state, wanted,
};
use super::world::*;

async fn listing(world: &World) -> DomainSnapshot {
    world.client.list_domain(DOMAIN).await.unwrap()
}

async fn one_run(state: &State, wanted: &Wanted, prune: bool, accept: &str, quirks: &[String]) {
    let world = account(state, quirks);
    let before = listing(&world).await;
    let file = file(wanted, prune) + accept;
    let plan = world.plan(&file).await;
    let unsupported: BTreeSet<Address> =
        plan.notes.unsupported.iter().map(|one| one.address.clone()).collect();
    let report = world.apply(plan.decisions.changes.clone()).await;
    assert!(ends(&report).iter().all(|end| *end == "done"), "{report:#?}\n{file}");
    let second = world.plan(&file).await;
    assert_eq!(second.decisions.changes, [], "{file}");
    assert_eq!(second.notes.unsupported, plan.notes.unsupported, "{file}");
    let accepted = |plan: &Plan, address: &Address| -> Vec<Field> {
        let one = plan.notes.accepted.iter().find(|one| one.address == *address);
        one.map(|one| one.fields.iter().map(|about| about.field).collect()).unwrap_or_default()
    };

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
                let stays = accepted(&plan, &address);
                assert_eq!(accepted(&second, &address), stays, "{address}\n{file}");
                let moved = old.map(|old| old.config.clone().normalized().differences(&new));
                let moved = moved.into_iter().flatten().find(|field| stays.contains(field));
                assert_eq!(moved, None, "{address}\n{file}");
                let kept = old.map_or(&new, |old| &old.config);
                // Where the service chooses the location, nobody else did.
                let kept = RecordConfig {
                    storage_location: kept.storage_location.clone().or(new.storage_location.clone()),
                    ..kept.clone()
                };
                assert_eq!(resolved.config.laid_over(&kept).differences(&new), stays, "{address}\n{file}");
            }
        }
    }
}

/// Fields that are accepted, some of them for several configurations. The content and the templates are not accepted: one
/// without the other may be a combination that the service refuses.
fn accept() -> impl Strategy<Value = String> {
    let is_alone = |field: &Field| !matches!(field, Field::RecordContent | Field::TranscodeTemplates);
    let fields: Vec<Field> = Field::MANAGED.into_iter().filter(is_alone).collect();
    let below = prop::sample::select(vec!["", "/show", "/show/cam1", "/**/cam2", "/**/*"]);
    let entries = prop::collection::vec((below, prop::sample::select(fields)), 0..4);
    entries.prop_map(|entries| {
        let entry = |(below, field): &(&str, Field)| {
            format!("{{ address: \"{DOMAIN}{below}\", field: {field}, until: 2026-12-24, reason: drawn }}")
        };
        format!("accept: [{}]\n", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
    })
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn one_run_makes_service_and_file_agree(
        state in state(),
        wanted in wanted(),
        prune in any::<bool>(),
        accept in accept(),
        mut quirks in quirks(),
    ) {
        quirks.retain(|quirk| quirk != TAKES_ALONG);
        paused(one_run(&state, &wanted, prune, &accept, &quirks));
    }
}
