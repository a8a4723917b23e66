//! Whatever the files look like, the YAML of a cure makes them agree with the service at its address, and changes nothing else.

use std::collections::BTreeSet;

use livevod::config::{self, Document};
use livevod::drift::{Difference, Drift, Kind};
use livevod::merge::{Adopter, Adoption, Outlines};
use livevod::model::{RecordConfig, Remote, Snapshot, StreamSpelling};
use livevod::resolve::{Desired, resolve};
use livevod::source::{Source, Sources};

use super::found;
use crate::apply::drawn::number_of_cases;
use crate::apply::world::{GROUP, OTHER_GROUP};
use crate::simulation::harness::random::Random;
use crate::simulation::harness::scene::Scene;

struct Files {
    sources: Sources,
    document: Document,
    desired: Desired,
}

impl Files {
    fn read(texts: &[(String, String)]) -> Self {
        let mut sources = Sources::default();
        for (name, text) in texts {
            sources.add(Source::new(name.clone(), text.clone()));
        }
        let (document, mut findings) = config::parse(&sources);
        let (desired, more) = resolve(&document);
        findings.extend(more);
        let errors: Vec<&str> =
            findings.iter().filter(|one| one.is_error()).map(|one| one.message.as_str()).collect();
        assert!(errors.is_empty(), "{errors:?} in {texts:?}");
        Self { sources, document, desired }
    }

    fn drift(&self, snapshot: &Snapshot) -> Drift {
        let Self { sources, desired, .. } = self;
        found(desired, sources, snapshot)
    }

    fn adopt(&self, one: &Difference, snapshot: &Snapshot) -> Option<Adoption> {
        let outlines = Outlines::of(&self.sources);
        let adopter = Adopter::new(&self.sources, &self.document, &self.desired, &outlines, 1);
        let remote = snapshot.get(&one.address);
        adopter.adopt(
            &one.address,
            remote.map(|remote| &remote.config),
            one.fields.iter().map(|field| field.field),
        )
    }
}

/// The texts after a person pasted the YAML where it belongs.
fn pasted(texts: &[(String, String)], Adoption { lines, yaml }: &Adoption) -> Vec<(String, String)> {
    let Some((name, range)) = lines else {
        let added = ("added.yaml".to_owned(), format!("version: 1\n{yaml}\n"));
        return texts.iter().cloned().chain([added]).collect();
    };
    let edited = |(file, text): &(String, String)| {
        if file != name {
            return (file.clone(), text.clone());
        }
        let old: Vec<&str> = text.lines().collect();
        let new =
            [&old[..range.start - 1], &yaml.lines().collect::<Vec<_>>(), &old[range.end - 1..]].concat();
        (file.clone(), new.join("\n") + "\n")
    };
    texts.iter().map(edited).collect()
}

/// Pastes the cure of each difference, and checks that this difference and no other is gone. Returns how many had one.
fn cured(texts: &[(String, String)], snapshot: &Snapshot) -> (usize, usize) {
    let files = Files::read(texts);
    let before = files.drift(snapshot);
    let mut cures = 0;
    for one in &before.differences {
        let remote = snapshot.get(&one.address);
        if one.kind == Kind::Unmanageable || remote.is_some_and(|remote| remote.unsupported.is_some()) {
            continue;
        }
        let Some(adoption) = files.adopt(one, snapshot) else { continue };
        cures += 1;
        let after = Files::read(&pasted(texts, &adoption)).drift(snapshot);
        let left: BTreeSet<_> = after.differences.iter().map(|one| &one.address).collect();
        let expected: BTreeSet<_> = before
            .differences
            .iter()
            .map(|other| &other.address)
            .filter(|address| **address != one.address)
            .collect();
        // Shadows follow from what else is declared.
        let is_shadow = |address: &&&livevod::model::Address| {
            let all = before.differences.iter().chain(&after.differences);
            !all.filter(|other| other.address == ***address).any(|other| other.shadowed.is_some())
        };
        let [left, expected] = [left, expected]
            .map(|all| all.iter().filter(is_shadow).copied().cloned().collect::<BTreeSet<_>>());
        assert_eq!(left, expected, "{one:#?}\n{adoption:#?}\nin {texts:?}");
    }
    (before.differences.len(), cures)
}

fn texts(yaml: &str) -> Vec<(String, String)> {
    vec![("livevod.yaml".to_owned(), yaml.to_owned())]
}

/// Accounts as the simulation draws them, with files in every layout that it knows.
#[test]
fn the_cure_of_any_difference_ends_it_and_no_other() {
    let (mut differences, mut cures) = (0, 0);
    for seed in 0..u64::from(number_of_cases(300)) {
        let random = &mut Random::new(seed);
        let (mut pages, mut forms) = (random.fork(), random.fork());
        let scene = Scene::draw(random, Some(&mut pages), Some(&mut forms));
        let page = livevod::wire::read_page(serde_json::Map::from_iter([(
            "LiveRecordVodConfigs".to_owned(),
            serde_json::json!({"LiveRecordVodConfig": scene.held["configs"]}),
        )]));
        let mut snapshot = Snapshot::default();
        for name in scene.desired.domains.keys() {
            snapshot.domains.entry(name.clone()).or_default();
        }
        for (address, remote) in page.unwrap().configs {
            if let Some(domain) = snapshot.domains.get_mut(&address.domain) {
                domain.configs.insert(address, remote);
            }
        }
        let (found, cured) = cured(&texts(&scene.yaml), &snapshot);
        (differences, cures) = (differences + found, cures + cured);
    }
    assert!(differences > 300, "{differences} differences");
    assert!(cures * 10 > differences * 7, "{cures} cures for {differences} differences");
}

const LAYOUTS: [&str; 8] = [
    "version: 1\ndefaults: { vod_transcode_group: GROUP }\ndomains:\n  a.com:\n    apps:\n      show:\n        streams:\n          cam1: SETTINGS # why\n          cam2: {}\n",
    "version: 1\ndefaults: { vod_transcode_group: GROUP }\ndomains:\n  a.com:\n    apps: { show: { streams: { cam1: SETTINGS, cam2: {} } } }\n",
    "version: 1\ndefaults: { vod_transcode_group: GROUP }\ndomains: { a.com: { apps: { show: { streams: {\n  cam1: SETTINGS,\n  cam2: {},\n} } } } }\n",
    "version: 1\r\ndefaults: { vod_transcode_group: GROUP }\r\ndomains:\r\n  a.com:\r\n    apps:\r\n      show:\r\n        streams:\r\n          cam1: SETTINGS\r\n          cam2: {}\r\n",
    "version: 1\nlayouts: { tv: { apps: { show: { streams: { cam1: SETTINGS } } } } }\ndefaults: { vod_transcode_group: GROUP }\ndomains:\n  a.com: { layout: tv }\n",
    "version: 1\ntiers: { vip: { cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: GROUP } }\ndefaults: { vod_transcode_group: GROUP, tier: vip }\ndomains:\n  a.com:\n    apps:\n      show:\n        streams:\n          'cam1': SETTINGS\n",
    "version: 1\ntranscode_groups: { hd: GROUP, sd: OTHER }\ndefaults: { vod_transcode_group: hd }\ndomains:\n  a.com:\n    apps:\n      show:\n        streams:\n          cam1: SETTINGS\n",
    "{\"version\": 1, \"defaults\": {\"vod_transcode_group\": \"GROUP\"}, \"domains\": {\"a.com\": {\"apps\": {\"show\": {\"streams\": {\"cam1\": SETTINGS}}}}}}\n",
];

const SETTINGS: [&str; 8] = [
    "{}",
    "{ cycle_duration: 15m }",
    "{ cycle_duration: 15m, on_demand: 7, }",
    "{cycle_duration: 900}",
    "{ state: absent }",
    "{ delay_time: 5m, cycle_duration: 2h }",
    "{ auto_compose: on, compose_vod_transcode_group: GROUP }",
    "{ record_format: { m3u8: { process: { transcode: GROUP } } } }",
];

/// The settings over several lines, where the layout is a block.
const BLOCKS: [&str; 4] = [
    "",
    "null",
    "\n            # first\n            cycle_duration: 15m # fifteen\n\n            on_demand: 7",
    "\n            auto_compose: on\n            compose_vod_transcode_group: GROUP",
];

fn configs() -> Vec<Option<RecordConfig>> {
    let plain = RecordConfig { vod_transcode_group: GROUP.into(), ..RecordConfig::default() };
    vec![
        None,
        Some(plain.clone()),
        Some(RecordConfig { cycle_duration: 21_600, ..plain.clone() }),
        Some(RecordConfig { on_demand: 2, vod_transcode_group: OTHER_GROUP.into(), ..plain.clone() }),
        Some(RecordConfig {
            auto_compose: true,
            compose_vod_transcode_group: Some(OTHER_GROUP.into()),
            ..plain.clone()
        }),
        Some(RecordConfig { delay_time: Some(600), ..plain.clone() }),
        Some(RecordConfig {
            vod_transcode_group: String::new(),
            record_format: Some(
                [(livevod::model::Format::Mp4, livevod::model::FormatSettings::default())].into(),
            ),
            ..plain
        }),
    ]
}

fn account(config: Option<RecordConfig>) -> Snapshot {
    let remote =
        |config| Remote { config, spelling: StreamSpelling::Named, create_time: None, unsupported: None };
    let mut snapshot = Snapshot::default();
    let domain = snapshot.domains.entry("a.com".into()).or_default();
    domain.configs.extend(config.map(|config| ("a.com/show/cam1".parse().unwrap(), remote(config))));
    snapshot
}

#[test]
fn every_layout_of_an_entry_takes_every_state_over() {
    let (mut differences, mut cures) = (0, 0);
    for layout in LAYOUTS {
        let is_block = layout.contains("cam1: SETTINGS\n") || layout.contains("SETTINGS # why");
        let blocks = BLOCKS.iter().filter(|_| is_block && !layout.contains('\r'));
        for settings in SETTINGS.iter().chain(blocks) {
            let is_json = layout.starts_with('{') && *settings != "{}";
            if is_json {
                continue;
            }
            let yaml =
                layout.replace("SETTINGS", settings).replace("GROUP", GROUP).replace("OTHER", OTHER_GROUP);
            for config in configs() {
                let (found, cured) = cured(&texts(&yaml), &account(config));
                (differences, cures) = (differences + found, cures + cured);
            }
        }
    }
    assert!(differences > 300, "{differences} differences");
    assert!(cures * 20 > differences * 19, "{cures} cures for {differences} differences");
}
