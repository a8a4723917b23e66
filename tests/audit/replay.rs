//! What aired in drawn worlds, replayed under drawn plans.

use std::cmp::Reverse;

use jiff::SignedDuration;
use livevod::audit::{Replay, ReplayRow, Sides};
use livevod::model::{Aired, RecordConfig, Snapshot};

use crate::apply::drawn::number_of_cases;
use crate::simulation::harness::random::Random;

use super::first;
use super::world::World;

fn worlds() -> impl Iterator<Item = (u64, World)> {
    let cases = u64::from(number_of_cases(300));
    (first()..first() + cases).map(|seed| (seed, World::draw(seed)))
}

fn without_configurations(mut snapshot: Snapshot) -> Snapshot {
    for domain in snapshot.domains.values_mut() {
        domain.configs.clear();
    }
    snapshot
}

/// Some configurations deleted, some on demand, some with another cycle.
fn changed(mut snapshot: Snapshot, random: &mut Random) -> Snapshot {
    for domain in snapshot.domains.values_mut() {
        domain.configs.retain(|_, _| random.below(4) > 0);
        for remote in domain.configs.values_mut() {
            let config = &mut remote.config;
            match random.below(4) {
                0 => config.on_demand = 7,
                1 => config.cycle_duration = random.pick(&[300, 1800, 21_600]),
                2 => config.auto_compose = true,
                _ => {}
            }
        }
    }
    snapshot
}

fn shuffled(aired: &Aired, random: &mut Random) -> Aired {
    let mut aired = aired.clone();
    for domain in aired.domains.values_mut() {
        for at in (1..domain.publishes.len()).rev() {
            let other = usize::try_from(random.below(at as u64 + 1)).unwrap();
            domain.publishes.swap(at, other);
        }
    }
    aired
}

#[test]
fn without_a_change_both_sides_are_the_same() {
    for (seed, world) in worlds() {
        let replay = Replay::of(&world.aired, &world.snapshot, &world.snapshot);
        for ReplayRow { sides: Sides { before, after }, .. } in &replay.rows {
            assert_eq!(before, after, "seed {seed}");
        }
        assert_eq!(replay.lost(), (0, SignedDuration::ZERO), "seed {seed}");
    }
}

#[test]
fn without_configurations_everything_is_lost_that_was_recorded() {
    let mut lost = 0;
    for (seed, world) in worlds() {
        let none = without_configurations(world.snapshot.clone());
        let replay = Replay::of(&world.aired, &world.snapshot, &none);
        for row in &replay.rows {
            let Sides { before, after } = row.sides;
            assert_eq!(row.sides.lost(), before.aired - before.unrecorded, "seed {seed}");
            assert_eq!((after.files, after.merges), (0, 0), "seed {seed}");
            lost += u64::from(!row.sides.lost().is_zero());
        }
        let back = Replay::of(&world.aired, &none, &world.snapshot);
        assert_eq!(back.lost().0, 0, "seed {seed}: what is recorded more is no loss");
    }
    assert!(lost > 100, "hardly anything was recorded in these worlds: {lost}");
}

#[test]
fn rows_add_up_the_worst_first_in_any_order_of_what_was_published() {
    let (mut differ, mut random) = (0, Random::new(first()));
    for (seed, world) in worlds() {
        let after = changed(world.snapshot.clone(), &mut random);
        let replay = Replay::of(&world.aired, &world.snapshot, &after);
        assert_eq!(
            Replay::of(&shuffled(&world.aired, &mut random), &world.snapshot, &after),
            replay,
            "seed {seed}"
        );
        let lost = |row: &ReplayRow| row.sides.lost();
        assert!(replay.rows.is_sorted_by_key(|row| Reverse(lost(row))), "seed {seed}");
        let sum: SignedDuration = replay.rows.iter().map(lost).sum();
        assert_eq!(replay.lost().1, sum, "seed {seed}: a gain is not set off against a loss");
        for Sides { before, after } in replay.rows.iter().map(|row| row.sides) {
            assert_eq!(before.aired, after.aired, "seed {seed}: the same was on air");
            for side in [before, after] {
                assert!(side.unrecorded.is_zero() || side.unrecorded == side.aired, "seed {seed}");
                assert_eq!(side.files == 0, !side.unrecorded.is_zero(), "seed {seed}: {side:?}");
            }
        }
        differ += usize::from(!sum.is_zero());
    }
    assert!(differ > 20, "{differ}");
}

#[test]
fn a_longer_cycle_makes_no_more_files() {
    let with = |snapshot: &Snapshot, cycle| {
        let mut snapshot = snapshot.clone();
        for remote in snapshot.domains.values_mut().flat_map(|domain| domain.configs.values_mut()) {
            remote.config = RecordConfig { cycle_duration: cycle, ..remote.config.clone() };
        }
        snapshot
    };
    for (seed, world) in worlds() {
        let [short, long] = [300, 3600].map(|cycle| with(&world.snapshot, cycle));
        for row in Replay::of(&world.aired, &short, &long).rows {
            assert!(row.sides.before.files >= row.sides.after.files, "seed {seed}");
        }
    }
}
