//! Generates a desired-state file as text: domains, apps, streams and wildcards, with every kind of inheritance.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::random::Random;

pub(crate) const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
pub(crate) const OTHER_GROUP: &str = "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb";
pub(crate) const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
pub(crate) const BUCKETS: [&str; 2] =
    ["one.oss-cn-shanghai.aliyuncs.com", "two.oss-cn-shanghai.aliyuncs.com"];
pub(crate) const ACCOUNT: &str = "1234567890123456";

pub(crate) fn other_group(group: &str) -> String {
    if group == OTHER_GROUP { GROUP } else { OTHER_GROUP }.to_owned()
}

/// A file without errors.
pub(crate) fn draw(random: &mut Random) -> String {
    let domains = random.pick(&["a", "a", "a b", "a b", "a b c"]);
    let mut text = head(random);
    text.push_str("domains:\n");
    for letter in domains.split(' ') {
        domain(&mut text, letter, random);
    }
    text
}

fn head(random: &mut Random) -> String {
    let mut text = "version: 1\n".to_owned();
    if random.percent(50) {
        writeln!(text, "account: \"{ACCOUNT}\"").unwrap();
    }
    let cycle = random.pick(&["", ", cycle_duration: 30m", ", on_demand: 1"]);
    writeln!(text, "defaults: {{ vod_transcode_group: hd{cycle} }}").unwrap();
    writeln!(text, "transcode_groups: {{ hd: {GROUP}, sd: {OTHER_GROUP}, archive: {ARCHIVE} }}").unwrap();
    text.push_str(
        "tiers: { vip: { cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: archive } }\n",
    );
    text.push_str("ignore: [\"**/show/test-*\"]\n");
    if random.percent(8) {
        text.push_str("protect: [\"**/**/cam1\"]\n");
    }
    text
}

fn domain(text: &mut String, letter: &str, random: &mut Random) {
    writeln!(text, "  {letter}.example.com:").unwrap();
    if random.percent(25) {
        text.push_str("    prune: true\n");
    }
    text.push_str("    apps:\n");
    let apps: BTreeSet<&str> =
        (0..1 + random.below(2)).map(|_| random.pick(&["show", "show", "news", "*"])).collect();
    for name in apps {
        app(text, name, random);
    }
}

fn app(text: &mut String, name: &str, random: &mut Random) {
    writeln!(text, "      \"{name}\":").unwrap();
    if random.percent(20) {
        writeln!(text, "        defaults: {{ cycle_duration: {} }}", random.pick(&["10m", "2h"])).unwrap();
    }
    text.push_str("        streams:\n");
    let streams: BTreeSet<&str> = (0..1 + random.below(3))
        .map(|_| random.pick(&["*", "*", "cam1", "cam1", "cam2", "cam2", "cam3", "Gala"]))
        .collect();
    for stream in streams {
        writeln!(text, "          \"{stream}\": {}", entry(random)).unwrap();
    }
}

fn entry(random: &mut Random) -> String {
    if random.percent(22) {
        return "{ state: absent }".to_owned();
    }
    let mut settings = Vec::new();
    match random.below(4) {
        0 => settings.push("tier: vip".to_owned()),
        1 => settings.push("auto_compose: on, compose_vod_transcode_group: archive".to_owned()),
        _ => {}
    }
    if random.percent(25) {
        settings.push(format!("cycle_duration: {}", random.pick(&["10m", "900", "1h30m", "default"])));
    }
    if random.percent(10) {
        settings.push("vod_transcode_group: sd".to_owned());
    }
    if random.percent(10) {
        settings.push("on_demand: 1".to_owned());
    }
    if random.percent(25) {
        settings.push(format!("storage_location: {}", BUCKETS[0]));
    }
    if settings.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", settings.join(", ")) }
}
