//! For any state of the service and any file: one run makes them equal, and touches nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use livevod::emulator::Settings;
use livevod::emulator::quirks::{ComposeRule, Quirks};
use livevod::model::{DomainSnapshot, RecordConfig};
use proptest::prelude::*;

use super::world::*;

const DOMAIN: &str = "a.example.com";

/// Existing configurations by `app/stream`.
type Held = BTreeMap<String, (RecordConfig, bool)>;

/// Declared configurations by `app/stream`; `None` is `state: absent`.
type Wanted = BTreeMap<String, Option<RecordConfig>>;

fn key() -> impl Strategy<Value = String> {
    let app = prop::sample::select(vec!["*", "show", "news"]);
    let stream = prop::sample::select(vec!["*", "cam1", "cam2", "cam3"]);
    (app, stream).prop_map(|(app, stream)| format!("{app}/{stream}"))
}

fn setting() -> impl Strategy<Value = RecordConfig> {
    let bucket = prop::sample::select(vec![None, Some(BUCKET), Some(OTHER_BUCKET)]);
    let group = prop::sample::select(vec![GROUP, OTHER_GROUP]);
    (group, prop::sample::select(vec![600, 3600]), any::<bool>(), 0..2_u8, bucket).prop_map(
        |(group, cycle_duration, auto_compose, on_demand, bucket)| RecordConfig {
            vod_transcode_group: group.to_owned(),
            cycle_duration,
            auto_compose,
            compose_vod_transcode_group: auto_compose.then(|| OTHER_GROUP.to_owned()),
            on_demand,
            storage_location: bucket.map(str::to_owned),
            ..RecordConfig::default()
        },
    )
}

/// Settings with a field that livevod does not manage, and whether StreamName is left out.
fn held() -> impl Strategy<Value = Held> {
    let delayed = (setting(), prop::option::of(Just(240)))
        .prop_map(|(config, delay_time)| RecordConfig { delay_time, ..config });
    prop::collection::btree_map(key(), (delayed, any::<bool>()), 0..8)
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop::collection::btree_map(key(), prop::option::weighted(0.8, setting()), 0..8)
}

fn file(wanted: &Wanted, prune: bool) -> String {
    let mut text = format!("version: 1\ndomains:\n  {DOMAIN}:\n    prune: {prune}\n    apps:\n");
    for app in ["*", "show", "news"] {
        writeln!(text, "      \"{app}\":\n        streams:").unwrap();
        let prefix = format!("{app}/");
        let streams: Vec<_> =
            wanted.iter().filter_map(|(key, one)| Some((key.strip_prefix(&prefix)?, one))).collect();
        if streams.is_empty() {
            text.truncate(text.len() - "\n        streams:\n".len());
            text.push_str(" {}\n");
        }
        for (stream, one) in streams {
            writeln!(text, "          \"{stream}\": {}", entry(one.as_ref())).unwrap();
        }
    }
    text
}

fn entry(config: Option<&RecordConfig>) -> String {
    let Some(config) = config else { return "{ state: absent }".to_owned() };
    let mut text = format!(
        "{{ vod_transcode_group: {}, cycle_duration: {}, auto_compose: {}, on_demand: {}",
        config.vod_transcode_group, config.cycle_duration, config.auto_compose, config.on_demand
    );
    if let Some(group) = &config.compose_vod_transcode_group {
        write!(text, ", compose_vod_transcode_group: {group}").unwrap();
    }
    if let Some(bucket) = &config.storage_location {
        write!(text, ", storage_location: {bucket}").unwrap();
    }
    text + " }"
}

async fn listing(world: &World) -> DomainSnapshot {
    world.client.list_domain(DOMAIN).await.unwrap()
}

async fn one_run(held: Held, wanted: Wanted, prune: bool, compose_rule: ComposeRule) {
    let world =
        World::with(Settings { quirks: Quirks { compose_rule, ..Quirks::default() }, ..Settings::default() });
    for (key, (config, without_stream)) in &held {
        let text = format!("{DOMAIN}/{key}");
        match *without_stream && key.ends_with("/*") {
            true => world.hold_without_stream(&text, config).await,
            false => world.hold(&text, config).await,
        }
    }
    let before = listing(&world).await;
    let file = file(&wanted, prune);
    let plan = world.plan(&file).await;
    let report = world.apply(plan.decisions.changes).await;
    assert!(ends(&report).iter().all(|end| *end == "done"), "{report:?}\n{file}");
    assert_eq!(world.plan(&file).await.decisions.changes, [], "{file}");
    let after = listing(&world).await;
    for (key, _) in held.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        let address = address(&format!("{DOMAIN}/{key}"));
        let expected = before.configs.get(&address).filter(|_| !prune);
        assert_eq!(after.configs.get(&address), expected, "{address}");
    }
    for (key, (config, _)) in held.iter().filter(|(key, _)| matches!(wanted.get(*key), Some(Some(_)))) {
        let kept = after.configs[&address(&format!("{DOMAIN}/{key}"))].config.delay_time;
        assert_eq!(kept, config.delay_time, "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_run_makes_service_and_file_agree(
        held in held(),
        wanted in wanted(),
        prune in any::<bool>(),
        both_or_neither in any::<bool>(),
    ) {
        let rule = if both_or_neither { ComposeRule::BothOrNeither } else { ComposeRule::OnNeedsGroup };
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(one_run(held, wanted, prune, rule));
    }
}
