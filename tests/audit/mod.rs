//! Verdicts over worlds of streams, configurations and recordings.

mod replay;
mod world;

use std::collections::BTreeMap;

use livevod::audit::{Audit, Expected, History, Kind, Made, Settings, Verdict, judge};
use livevod::model::{Address, Pattern, PatternIndex};
use livevod::sessions::{self, SavedSessions};

use crate::apply::drawn::number_of_cases;

use self::world::{Recorded, World, address, longest_lack};

fn verdicts(world: &World) -> Vec<Verdict> {
    let must: Vec<Pattern> = vec!["live.example.com/news".parse().unwrap()];
    let declared: Vec<Address> =
        vec![address("show", "cam1"), address("show", "cam-2"), address("show", "*")];
    let history = History::new(&world.snapshot, &world.writes);
    let expected = Expected::new(PatternIndex::new(&must), PatternIndex::new(&[]), &declared);
    judge(&world.aired, &history, &expected, Settings::default())
}

/// What was recorded of a session in truth, by layer.
fn truth<'a>(world: &'a World, verdict: &Verdict) -> BTreeMap<usize, Vec<&'a Recorded>> {
    let session = &verdict.session;
    let own = |one: &&Recorded| {
        // Where the recordings of transcoded streams have the name of their source, they count there.
        let transcoded = one.layer >= 10;
        let kind = match session.template {
            Some(_) => transcoded,
            None => !transcoded || !world.own_names(),
        };
        let source = livevod::audit::Session::source(&session.address, session.template.as_deref());
        let names = [Some(&*session.address.stream), source.as_ref().map(|source| &*source.stream)];
        kind && one.app == session.address.app && names.contains(&Some(&*one.stream))
    };
    let over = |one: &&Recorded| {
        let (from, to) = one.period;
        session
            .on_air
            .iter()
            .any(|connection| from < connection.to.as_second() && connection.from.as_second() < to)
    };
    let mut layers: BTreeMap<usize, Vec<&Recorded>> = BTreeMap::new();
    for one in world.recorded.iter().filter(own).filter(over) {
        layers.entry(one.layer).or_default().push(one);
    }
    layers
}

#[test]
fn nothing_is_called_recorded_or_missing_falsely() {
    let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
    let (mut plain, mut definite) = (0_u64, 0_u64);
    let cases = u64::from(number_of_cases(1_500));
    for seed in first()..first() + cases {
        let world = World::draw(seed);
        for verdict in verdicts(&world) {
            *kinds.entry(verdict.kind).or_default() += 1;
            check(seed, &world, &verdict);
            if world.plain && !world.hidden {
                plain += 1;
                definite += u64::from(verdict.kind != Kind::Unknown);
            }
        }
    }
    for kind in [Kind::Missing, Kind::Partly, Kind::Unknown, Kind::Pending, Kind::Recorded, Kind::NotWanted] {
        assert!(
            kinds.get(&kind).copied().unwrap_or_default() > 20,
            "{kind:?} is hardly ever said: {kinds:?}"
        );
    }
    assert!(
        definite * 100 >= plain * 95,
        "{kinds:?}: only {definite} of {plain} sessions of plain worlds get a definite verdict"
    );
}

/// What a file keeps of a world is everything that its verdicts depend on.
#[test]
fn what_is_saved_is_read_again() {
    for seed in 0..200 {
        let World { aired, .. } = World::draw(seed);
        let time = aired.period.to;
        let saved = SavedSessions {
            livevod: "0.1.0".into(),
            time,
            target: "emulator".into(),
            account: None,
            transcoded: true,
            aired,
        };
        let text = sessions::write(&saved).unwrap();
        assert_eq!(sessions::read(&text), Ok(saved), "seed {seed}");
    }
}

#[test]
fn evidence_is_read_as_it_was_judged() {
    for seed in 0..200 {
        let world = World::draw(seed);
        let made =
            Made { livevod: "0.1.0", time: world.aired.period.to, target: "emulator", account: Some("1") };
        let audit = Audit::new(made, &world.aired, Settings::default(), verdicts(&world), |_| None);
        let text = audit.write().unwrap();
        assert_eq!(Audit::read(&text), Ok(audit), "seed {seed}");
        let cut = text.len() / 2;
        let mut changed = text.clone().into_bytes();
        changed[cut] ^= 1;
        let changed = String::from_utf8(changed).unwrap_or_default();
        assert!(Audit::read(&text[..cut]).is_err() && Audit::read(&changed).is_err(), "seed {seed}");
    }
}

fn first() -> u64 {
    std::env::var("LIVEVOD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_default()
}

fn check(seed: u64, world: &World, verdict: &Verdict) {
    let layers = truth(world, verdict);
    let session = &verdict.session;
    let context = || {
        let parts = |layer: &Vec<&Recorded>| layer.iter().map(|one| one.period).take(20).collect::<Vec<_>>();
        let recorded: Vec<_> = layers.iter().map(|(number, layer)| (number, parts(layer))).collect();
        let Verdict { session, kind, reason, layers, lacks, .. } = verdict;
        format!(
            "seed {seed}: {kind:?} {reason:?} {layers} {lacks:?}\n{session:?}\n{recorded:?}\n{:?}\nread {}, hidden {}",
            world.quirks, world.read_at, world.hidden
        )
    };
    let slack = world::seconds(Settings::default().slack);
    match verdict.kind {
        Kind::Recorded => {
            let whole = layers.values().filter(|layer| {
                let periods: Vec<_> = layer.iter().map(|one| one.period).collect();
                longest_lack(&session.on_air, &periods) <= slack
            });
            let (whole, expected) = (whole.count(), verdict.layers);
            let all: Vec<_> = layers.values().flatten().map(|one| one.period).collect();
            assert!(
                longest_lack(&session.on_air, &all) <= slack,
                "said to be recorded, and is not: {}",
                context()
            );
            assert!(world.hidden || whole >= expected, "a format lacks: {}", context());
        }
        Kind::Missing => {
            let listed = |one: &&&Recorded| one.is_listed();
            let seen = layers.values().flatten().filter(listed).count();
            assert_eq!(seen, 0, "said to be missing, and is listed: {}", context());
            if !world.hidden {
                assert!(layers.is_empty(), "said to be missing, and is recorded: {}", context());
            }
        }
        Kind::Partly => {
            let periods = |layer: &Vec<&Recorded>| layer.iter().map(|one| one.period).collect::<Vec<_>>();
            let whole =
                layers.values().filter(|layer| longest_lack(&session.on_air, &periods(layer)) == 0).count();
            assert!(
                world.hidden || whole < verdict.layers,
                "said to lack a part, and does not: {}",
                context()
            );
        }
        Kind::Pending | Kind::NotWanted | Kind::Unknown => {}
    }
}
