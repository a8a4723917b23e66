//! Every leaf of a saved plan, changed and sealed again: either the digest changes, or nothing that is written or refused changes.
//! And every format shows a change of the decisions.

use livevod::model::words;
use livevod::plan::{Gap, GapCause, Plan, SavedPlan, SinceBase, resume};
use livevod::render::{self, Format, Layout, PlanView, Target};
use livevod::sealed;
use livevod::source::Sources;
use serde_json::{Value as Json, json};

use super::{FLEET, Scene, domains, shown};

const CAM1: &str = "live.example.com/show/cam1";

/// Plans of every shape, each with the state of the service.
fn shapes() -> Vec<(&'static str, Scene)> {
    let scene = |edit: &dyn Fn(&mut Scene)| {
        let mut scene = Scene::agreeing(FLEET);
        scene.options.target = "emulator x".into();
        edit(&mut scene);
        scene
    };
    let pruned = FLEET.replace("      news:\n", "      news:\n        prune: true\n");
    vec![
        ("nothing", scene(&|_| ())),
        (
            "update",
            scene(&|scene| {
                let config = &mut scene.remote(CAM1).config;
                config.cycle_duration = 900;
                config.transcode_templates = Some(words("a,b"));
            }),
        ),
        (
            "update of groups",
            scene(&|scene| {
                let desk = &mut scene.remote("live.example.com/news/desk").config;
                desk.vod_transcode_group = "e2d796d3bb5fd8049d32bff62f94e4c2".into();
                desk.compose_vod_transcode_group = Some("other".into());
            }),
        ),
        ("create", scene(&|scene| _ = scene.remove_remote(CAM1))),
        (
            "replace",
            scene(&|scene| {
                let text = "cam1: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }";
                scene.declare(&FLEET.replace("cam1: {}", text));
            }),
        ),
        (
            "absent and protected",
            scene(&|scene| {
                scene.declare(&format!(
                    "{}protect: [\"**/**/cam1\"]\n",
                    FLEET.replace("cam1: {}", "cam1: { state: absent }")
                ));
            }),
        ),
        ("pruned", scene(&|scene| _ = scene.add_remote("live.example.com/news/extra").declare(&pruned))),
        (
            "app-wide",
            scene(&|scene| {
                scene.declare(&FLEET.replace("\"*\": {}", "\"*\": { state: absent }"));
            }),
        ),
        (
            "finished replace",
            scene(&|scene| {
                let before = scene.remote(CAM1).config.clone();
                scene.remove_remote(CAM1);
                let gap = Gap { run: "r".into(), cause: GapCause::Replace, before };
                scene.options.gaps.insert(CAM1.parse().unwrap(), gap);
            }),
        ),
        (
            "nothing declared",
            scene(&|scene| _ = scene.declare(&domains(&[("live.example.com", "{ prune: true }")]))),
        ),
        (
            "restored",
            scene(&|scene| {
                let saved = scene.snapshot.clone();
                scene.remote(CAM1).config.on_demand = 7;
                scene.add_remote("live.example.com/news/extra").restore(saved);
            }),
        ),
    ]
}

fn saved(mut plan: Plan) -> SavedPlan {
    let base = SinceBase {
        base: "base".into(),
        pending: Default::default(),
        otherwise: plan.decisions.changes.iter().take(1).cloned().collect(),
        released: Vec::new(),
        unprotected: Vec::new(),
        unnamed: vec!["old.example.com".into()],
    };
    plan.notes.since_base = Some(base);
    SavedPlan::new(plan, "2026-11-22T20:15:00.5Z".parse().unwrap())
}

/// The plan as the command reads it.
fn rest(saved: &SavedPlan, scene: &Scene) -> Plan {
    resume(saved, &scene.snapshot, &scene.options).0
}

/// Each leaf of a document, as steps from its root.
fn leaves(value: &Json, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Json)> = match value {
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Json::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
    };
    // Lists and objects are changed as a whole too.
    if !at.is_empty() {
        found.push(at.clone());
    }
    for (step, value) in inner {
        at.push(step);
        leaves(value, at, found);
        at.pop();
    }
}

fn at<'a>(document: &'a mut Json, path: &[String]) -> &'a mut Json {
    let step = |value: &'a mut Json, step: &String| match value {
        Json::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        other => &mut other[step.as_str()],
    };
    path.iter().fold(document, step)
}

/// The words that have a meaning in a saved plan.
const WORDS: [&str; 18] = [
    "create",
    "update",
    "replace",
    "delete",
    "missing",
    "differs",
    "create_only",
    "declared_absent",
    "pruned",
    "in_snapshot",
    "not_in_snapshot",
    "finishes_replace",
    "puts_back",
    "named",
    "absent",
    "empty",
    "add_back",
    "add_siblings_back",
];

/// Other values for a leaf, of its own type and of others.
fn others(value: &Json) -> Vec<Json> {
    match value {
        Json::Bool(on) => vec![json!(!on)],
        Json::Number(number) => vec![json!(number.as_u64().unwrap_or(0) + 1)],
        Json::String(text) if WORDS.contains(&text.as_str()) => WORDS.map(Json::from).into(),
        Json::String(text) => vec![json!(format!("{text}x"))],
        Json::Null => vec![json!("x"), json!(7)],
        Json::Array(items) => {
            let mut all = vec![json!([])];
            all.extend(items.first().map(|first| json!([first, first])));
            all.extend([json!(["add_back"]), json!([{ "domain": "a.com", "app": "b", "stream": "c" }])]);
            all
        }
        Json::Object(_) => vec![Json::Null, json!({})],
    }
}

/// Every document that differs from `saved` in one place, sealed, with the place.
fn edited(saved: &SavedPlan, concerns: fn(&[String]) -> bool) -> Vec<(String, String)> {
    let text = saved.write().unwrap();
    let mut document: Json = serde_json::from_str(&text).unwrap();
    document.as_object_mut().unwrap().remove("checksum");
    let mut paths = Vec::new();
    leaves(&document, &mut Vec::new(), &mut paths);
    let mut all = Vec::new();
    for path in paths.into_iter().filter(|path| concerns(path)) {
        let old = at(&mut document, &path).clone();
        for other in others(&old).into_iter().filter(|other| *other != old) {
            *at(&mut document, &path) = other.clone();
            let open = serde_json::to_string_pretty(&document).unwrap();
            let open = format!("{},\n  ", open.strip_suffix("\n}").unwrap());
            all.push((format!("{} = {other}", path.join(".")), sealed::close(&open)));
        }
        *at(&mut document, &path) = old;
    }
    all
}

#[test]
fn whatever_leaf_is_changed_the_digest_is_another_or_the_writes_are_the_same() {
    let mut read = 0;
    for (shape, scene) in shapes() {
        let reviewed = saved(scene.plan());
        let (digest, expected) = (reviewed.decisions.digest(), rest(&reviewed, &scene));
        for (place, text) in edited(&reviewed, |_| true) {
            let Ok(edited) = SavedPlan::read(&text) else { continue };
            read += 1;
            if edited.decisions.digest() != digest {
                continue;
            }
            assert_eq!(edited.decisions, reviewed.decisions, "{shape}: {place}");
            let rest = rest(&edited, &scene);
            assert_eq!(rest.decisions, expected.decisions, "{shape}: {place}");
            assert_eq!(rest.notes.held, expected.notes.held, "{shape}: {place}");
        }
    }
    assert!(read > 1000, "only {read} changed plans could be read: that proves nothing");
}

/// The formats that show what a plan changes, without its digest.
fn pictures(saved: &SavedPlan) -> Vec<(&'static str, String)> {
    let digest = saved.decisions.digest();
    let plan = saved.clone().shown();
    let target = Target { name: "x".into(), account: None };
    let view = PlanView::of(&plan, &target);
    let all = [
        ("human", Format::Human),
        ("json", Format::Json),
        ("markdown", Format::Markdown),
        ("terraform-json", Format::TerraformJson),
        ("html", Format::Html),
    ];
    let text = |format| {
        let layout = Layout { max_bytes: 1_000_000, full: true, ..Layout::new(format) };
        shown(&view, &layout).replace(&digest, "")
    };
    all.map(|(name, format)| (name, text(format))).into()
}

#[test]
fn what_is_written_otherwise_is_shown_otherwise_by_every_format() {
    let is_written = |path: &[String]| {
        path.starts_with(&["decisions".to_owned(), "changes".to_owned()])
            && path
                .get(3)
                .is_some_and(|step| ["after", "before", "action", "address"].contains(&step.as_str()))
    };
    let mut seen = 0;
    for (shape, scene) in shapes() {
        let reviewed = saved(scene.plan());
        let shown = pictures(&reviewed);
        for (place, text) in edited(&reviewed, is_written) {
            let Ok(edited) = SavedPlan::read(&text) else { continue };
            if edited.decisions.digest() == reviewed.decisions.digest() {
                continue;
            }
            seen += 1;
            for ((format, before), (_, after)) in shown.iter().zip(pictures(&edited)) {
                assert_ne!(*before, after, "{format} does not show that {shape}: {place}");
            }
        }
    }
    assert!(seen > 200, "only {seen} changes were seen");
}

#[test]
fn an_update_that_is_written_otherwise_is_another_finding() {
    let (_, scene) = shapes().swap_remove(1);
    let reviewed = saved(scene.plan());
    let findings = |saved: &SavedPlan| {
        let plan = saved.clone().shown();
        let target = Target { name: "x".into(), account: None };
        let found = render::plan_findings(&PlanView::of(&plan, &target), &Sources::default());
        found.into_iter().map(|one| one.message).collect::<Vec<_>>()
    };
    let shown = findings(&reviewed);
    let is_new = |path: &[String]| path.get(3).is_some_and(|step| step == "after");
    for (place, text) in edited(&reviewed, is_new) {
        let Ok(edited) = SavedPlan::read(&text) else { continue };
        if edited.decisions.digest() != reviewed.decisions.digest() {
            assert_ne!(findings(&edited), shown, "{place}");
        }
    }
}
