//! Any text that the service returns is a valid name: it is kept, shown and left alone, and never confused with another.

use livevod::apply::journal::{Header, RunId, read as read_journal};
use livevod::model::{Address, Pattern, RecordConfig};
use livevod::plan::{Gap, GapCause, SavedPlan};
use livevod::render::{Format, Layout, PlanView, Target};
use livevod::snapshot::{self, Saved};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::{Scene, domains, shown};

/// Names with a special meaning somewhere, and any Unicode text.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "",
        "..",
        ".",
        "**",
        "*",
        "a.b",
        "a b",
        "a/b",
        "/",
        "中文",
        "a\nb",
        "\"",
        "\u{202e}",
        "\u{e0041}",
        "x*",
        "%2F",
        "cam1",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        proptest::collection::vec(any::<char>(), 0..6).prop_map(|letters| letters.into_iter().collect()),
        Just("n".repeat(300)),
    ]
}

fn pruning() -> Scene {
    let mut scene = Scene::agreeing(&domains(&[(
        "live.example.com",
        "{ prune: true, apps: { show: { streams: { cam1: {} } } } }",
    )]));
    scene.options.target = "emulator x".into();
    scene
}

fn hold(scene: &mut Scene, address: &Address) {
    let one = scene.remote("live.example.com/show/cam1").clone();
    let domain = scene.snapshot.domains.get_mut(&address.domain).unwrap();
    domain.configs.entry(address.clone()).or_insert(one);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_yaml_can_not_name_is_listed_and_never_pruned(app in name(), stream in name()) {
        let address = Address::new("live.example.com", app, stream);
        let mut scene = pruning();
        hold(&mut scene, &address);
        let plan = scene.plan();
        let goes = plan.decisions.changes.iter().any(|change| change.address == address);
        let is_declared = address == "live.example.com/show/cam1".parse().unwrap();
        prop_assert_eq!(goes, address.is_nameable() && !is_declared, "{}", address);
        prop_assert_eq!(plan.notes.unmanaged.iter().any(|one| one.address == address), !address.is_nameable());
        // If a run removed it along with another, the next run puts it back.
        prop_assert_eq!(scene.desired.wants_nothing(&address), address.is_nameable() && !is_declared);
        // A restore does not remove it either.
        let mut back = pruning();
        let before = back.snapshot.clone();
        hold(&mut back, &address);
        back.restore(before);
        let goes = back.plan().decisions.changes.iter().any(|change| change.address == address);
        prop_assert_eq!(goes, address.is_nameable() && !is_declared);
    }

    #[test]
    fn all_that_is_saved_is_read_again(app in name(), stream in name()) {
        let address = Address::new("live.example.com", app, stream);
        let mut scene = pruning();
        hold(&mut scene, &address);
        let before = RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() };
        let other = Address::new("live.example.com", format!("{}x", address.app), address.stream.clone());
        scene.options.gaps.insert(other.clone(), Gap { run: "r".into(), cause: GapCause::Replace, before });
        let plan = scene.plan();
        let time = "2026-11-22T20:15:00.5Z".parse().unwrap();
        let saved = SavedPlan::new(plan.clone(), time);
        prop_assert_eq!(SavedPlan::read(&saved.write().unwrap()), Ok(saved));

        let header = Header::new(&RunId::new(time, 7), &plan, None);
        let line = serde_json::to_string(&livevod::apply::journal::Entry::Begun(Box::new(header.clone()))).unwrap();
        prop_assert_eq!(read_journal(&format!("{line}\n")).unwrap().unwrap().header, header);

        let kept = Saved {
            livevod: "0.1.0".into(), time, target: "emulator x".into(), account: None, caller: None, regions: Default::default(),
            ignore: Vec::new(), protect: vec!["**/vip".parse::<Pattern>().unwrap()], snapshot: scene.snapshot.clone(),
        };
        let text = snapshot::write(&kept).unwrap();
        prop_assert_eq!(snapshot::read(&text), Ok(kept));
        let places = snapshot::places(&text);
        prop_assert_eq!(places.len(), scene.snapshot.domains.values().map(|domain| domain.configs.len()).sum::<usize>());
    }

    #[test]
    fn every_format_shows_it_and_none_takes_it_for_another(app in name(), stream in name()) {
        let address = Address::new("live.example.com", app, stream);
        let mut scene = pruning();
        hold(&mut scene, &address);
        let plan = scene.plan();
        let target = Target { name: "x".into(), account: None };
        let view = PlanView::of(&plan, &target);
        let shown = |format| shown(&view, &Layout { full: true, ..Layout::new(format) });
        let json: Json = serde_json::from_str(&shown(Format::Json)).unwrap();
        for change in json["changes"].as_array().unwrap() {
            let parts = ["domain", "app", "stream"].map(|part| change[part].as_str().unwrap().to_owned());
            let [domain, app, stream] = parts;
            prop_assert_eq!(change["address"].as_str().unwrap(), Address::new(domain, app, stream).to_string());
        }
        drop([Format::Human, Format::Markdown, Format::Html].map(shown));
        // A printed address that can be parsed is parsed as itself.
        if let Ok(read) = address.to_string().parse::<Address>() {
            prop_assert_eq!(read, address);
        }
    }
}
