//! A restore leads back to any state, with both kinds of configurations and under any reading of the open questions,
//! whatever has changed since: in every setting that the service lets anyone send. What can't be sent is said.

use std::collections::BTreeSet;

use livevod::model::{Address, DomainSnapshot, Field, RecordConfig, Remote, Snapshot};
use livevod::plan::{Plan, PlanOptions};
use livevod::resolve::restored;
use livevod::snapshot;
use livevod::source::{Source, Sources};
use livevod::wire::{self, Action};
use proptest::prelude::*;

use super::drawn::{
    APPS, DOMAIN, State, TAKES_ALONG, Wanted, account, cases, file, load, quirks, state, wanted,
};
use super::world::*;

/// What happened since the snapshot.
#[derive(Debug, Clone)]
enum Since {
    /// livevod applied files, which may prune.
    Files(Wanted, bool),
    /// Others made another state.
    Others(State),
}

fn since() -> impl Strategy<Value = Since> {
    prop_oneof![
        (wanted(), any::<bool>()).prop_map(|(wanted, prune)| Since::Files(wanted, prune)),
        state().prop_map(Since::Others),
    ]
}

async fn listing(world: &World) -> DomainSnapshot {
    world.client.list_domain(DOMAIN).await.unwrap()
}

/// The text that `livevod snapshot` writes.
fn saved(listing: DomainSnapshot) -> String {
    let snapshot = Snapshot { domains: [(DOMAIN.into(), listing)].into() };
    snapshot::write(&crate::plan::saved(snapshot)).unwrap()
}

/// Plans the way back, with every guard released.
async fn way_back(world: &World, text: &str) -> Plan {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("saved.json", text));
    let desired = restored(&snapshot::read(text).unwrap(), &sources, file);
    let now = Snapshot { domains: [(DOMAIN.into(), listing(world).await)].into() };
    let options = PlanOptions { allowances: released(), ..PlanOptions::default() };
    let plan = livevod::plan::plan(&desired, &now, &sources, &options);
    assert_eq!(plan.notes.held, []);
    plan
}

async fn change(world: &World, since: &Since, quirks: &[String]) {
    match since {
        Since::Files(wanted, prune) => {
            let plan = world.plan(&file(wanted, *prune)).await;
            world.apply(plan.decisions.changes).await;
        }
        Since::Others(state) => {
            while let Some((address, remote)) = listing(world).await.configs.pop_last() {
                world.edit(wire::delete(&address, remote.spelling)).await;
            }
            load(world, state, quirks);
        }
    }
}

async fn there_and_back(state: &State, since: &Since, quirks: &[String]) {
    let world = account(state, quirks);
    let then = listing(&world).await;
    let text = saved(then.clone());
    change(&world, since, quirks).await;
    let now = listing(&world).await;

    let takes_along = quirks.iter().any(|quirk| quirk == TAKES_ALONG);
    let plan = way_back(&world, &text).await;
    let report = world.apply(plan.decisions.changes.clone()).await;
    assert!(takes_along || ends(&report).iter().all(|end| *end == "done"), "{report:#?}");
    if takes_along {
        // What went along with one app-wide configuration was added back; those of other apps may be left.
        for _ in APPS {
            world.apply(way_back(&world, &text).await.decisions.changes).await;
        }
    }
    assert_eq!(way_back(&world, &text).await.decisions.changes, [], "a second restore has nothing to do");

    let after = listing(&world).await;
    let addresses: BTreeSet<&Address> = then.configs.keys().chain(now.configs.keys()).collect();
    for address in addresses {
        let [then, now, after] = [&then, &now, &after].map(|listing| listing.configs.get(address));
        if plan.notes.unsupported.iter().any(|one| one.address == *address) {
            assert!(
                [then, now].into_iter().flatten().any(is_unsendable),
                "{address} could have been restored"
            );
            // What the service deletes along with an app-wide configuration is added back as far as it can be sent;
            // after that it can be restored too.
            let is_sent = |of: Option<&Remote>| match (of, after) {
                (Some(of), Some(after)) => {
                    let sent = wire::addable(of.config.clone().normalized());
                    sent.laid_over(&after.config).differences(&after.config.clone().normalized()).is_empty()
                }
                (_, after) => after.is_none(),
            };
            let went_along = takes_along && (is_sent(now) || is_sent(then));
            assert!(after == now || went_along, "{address} is untouched: {now:?}, {after:?}");
            continue;
        }
        match (then, after) {
            (None, after) => assert_eq!(after, None, "{address} did not exist"),
            (Some(held), after) => {
                let then = held.config.clone().normalized();
                let after = after.map(|after| after.config.clone().normalized());
                let lost = after.map(|after| then.differences(&after));
                let warns = |of: &str| plan.notes.warnings.iter().any(|one| one.message.contains(of));
                let is_told = plan.notes.warnings.iter().any(|one| one.address.as_ref() == Some(address));
                match lost.as_deref() {
                    Some([]) => {}
                    Some([Field::StorageLocation]) if then.storage_location.is_none() && is_told => {}
                    None | Some([Field::Unknown]) if takes_along && is_unsendable(held) => {
                        assert!(
                            warns(&format!("`{}` exists beside it", address.within_domain())),
                            "{address}"
                        );
                    }
                    lost => panic!("{address} is not as it was in {lost:?}"),
                }
            }
        }
    }
}

/// Whether a write might lose something of it: then it is neither restored nor overwritten.
fn is_unsendable(remote: &Remote) -> bool {
    let Remote { config, unsupported, spelling: _, create_time: _ } = remote;
    let lost = |config: &RecordConfig| wire::uncarryable(config, Action::Add);
    unsupported.is_some() || lost(config).is_some()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_restore_leads_back_to_any_state(state in state(), since in since(), quirks in quirks()) {
        paused(there_and_back(&state, &since, &quirks));
    }
}
