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

/// A file without errors. With `forms`, some configurations have settings of 2026, or are by-format.
pub(crate) fn draw(random: &mut Random, mut forms: Option<&mut Random>) -> String {
    let domains = random.pick(&["a", "a", "a b", "a b", "a b c"]);
    let mut text = head(random);
    text.push_str("domains:\n");
    for letter in domains.split(' ') {
        domain(&mut text, letter, random, &mut forms);
    }
    text
}

/// What the files accept, if anything: some fields of some configurations, in a few runs with one value alone.
pub(crate) fn accept(random: &mut Random, letters: &[&str]) -> Option<String> {
    if !random.percent(40) {
        return None;
    }
    let mut text = "accept:\n".to_owned();
    for (field, value) in [
        ("cycle_duration", ", value: 40m"),
        ("vod_transcode_group", ", value: sd"),
        ("auto_compose", ", value: off"),
        ("compose_vod_transcode_group", ""),
        ("on_demand", ", value: 7"),
        ("storage_location", ""),
        ("delay_time", ", value: default"),
        ("record_format", ""),
        ("space_id", ""),
    ] {
        let below = random.pick(&["", "", "/show", "/show/cam1", "/**/cam2", "/**/*"]);
        let (domain, is_any) = (random.pick(letters), random.percent(60));
        if random.percent(50) {
            let value = if is_any { "" } else { value };
            writeln!(
                text,
                "  - {{ address: \"{domain}.example.com{below}\", field: {field}, until: 2026-12-24, reason: drawn{value} }}"
            )
            .unwrap();
        }
    }
    Some(text).filter(|text| text.lines().count() > 1)
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

fn domain(text: &mut String, letter: &str, random: &mut Random, forms: &mut Option<&mut Random>) {
    writeln!(text, "  {letter}.example.com:").unwrap();
    if random.percent(25) {
        text.push_str("    prune: true\n");
    }
    text.push_str("    apps:\n");
    let apps: BTreeSet<&str> =
        (0..1 + random.below(2)).map(|_| random.pick(&["show", "show", "news", "*"])).collect();
    for name in apps {
        app(text, name, random, forms);
    }
}

fn app(text: &mut String, name: &str, random: &mut Random, forms: &mut Option<&mut Random>) {
    writeln!(text, "      \"{name}\":").unwrap();
    let cycle = random.percent(20).then(|| format!("cycle_duration: {}", random.pick(&["10m", "2h"])));
    let formats = forms.as_mut().and_then(|forms| forms.percent(12).then(|| record_format(forms)));
    let is_by_format = formats.is_some();
    let defaults: Vec<String> = cycle.into_iter().chain(formats).collect();
    if !defaults.is_empty() {
        writeln!(text, "        defaults: {{ {} }}", defaults.join(", ")).unwrap();
    }
    text.push_str("        streams:\n");
    let streams: BTreeSet<&str> = (0..1 + random.below(3))
        .map(|_| random.pick(&["*", "*", "cam1", "cam1", "cam2", "cam2", "cam3", "Gala"]))
        .collect();
    for stream in streams {
        let mut settings = entry(random);
        if let (Some(settings), Some(forms)) = (&mut settings, forms.as_mut()) {
            modernize(settings, is_by_format, forms);
        }
        writeln!(text, "          \"{stream}\": {}", block(settings)).unwrap();
    }
}

/// The settings of an entry; `None` if it is absent.
fn entry(random: &mut Random) -> Option<Vec<String>> {
    if random.percent(22) {
        return None;
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
    Some(settings)
}

fn block(settings: Option<Vec<String>>) -> String {
    match settings {
        None => "{ state: absent }".to_owned(),
        Some(settings) if settings.is_empty() => "{}".to_owned(),
        Some(settings) => format!("{{ {} }}", settings.join(", ")),
    }
}

/// Adds settings of 2026, or makes the entry by-format. Where its app is by-format, an entry with classic settings needs a
/// group.
fn modernize(settings: &mut Vec<String>, is_by_format: bool, forms: &mut Random) {
    let is_classic = |setting: &String| setting.contains("auto_compose") || setting.starts_with("vod_");
    if forms.percent(30) {
        settings.retain(|setting| !is_classic(setting));
        settings.push(record_format(forms));
    } else if is_by_format && settings.iter().any(|setting| is_classic(setting) || setting == "tier: vip") {
        settings.retain(|setting| !setting.starts_with("vod_"));
        settings.push("vod_transcode_group: sd".to_owned());
    } else if is_by_format && forms.percent(20) {
        settings.push(forms.pick(&["record_format: default", "vod_transcode_group: hd"]).to_owned());
    }
    if forms.percent(20) {
        settings.push(format!("delay_time: {}", forms.pick(&["1m", "3m", "default", "45"])));
    }
    match forms.below(8) {
        0 => settings.push("record_content: [raw, transcode], transcode_templates: [t1, t2]".to_owned()),
        1 => settings.push("record_content: default".to_owned()),
        2 => settings.push("transcode_templates: default".to_owned()),
        _ => {}
    }
    if forms.percent(8) {
        settings.push(format!("space_id: {}", forms.pick(&["app-1000000", "app-2"])));
    }
}

fn record_format(random: &mut Random) -> String {
    let formats = random.pick(&["mp4", "m3u8", "flv", "m3u8 mp4", "flv m3u8 mp4"]);
    let formats: Vec<String> = formats
        .split(' ')
        .map(|format| format!("{format}: {}", block(Some(parts(format, random)))))
        .collect();
    format!("record_format: {{ {} }}", formats.join(", "))
}

fn parts(format: &str, random: &mut Random) -> Vec<String> {
    let mut parts = Vec::new();
    match random.below(5) {
        0 => parts.push("process: { transcode: hd }".to_owned()),
        1 => parts.push("process: { workflow: wf-1 }".to_owned()),
        2 => parts.push("process: default".to_owned()),
        _ => {}
    }
    if format == "m3u8" && random.percent(40) {
        parts.push(format!("slice_duration: {}", random.pick(&["10", "30s", "default"])));
    }
    if random.percent(40) {
        parts.push(format!("auto_compose: {}", random.pick(&["on", "off", "default"])));
    }
    if random.percent(30) {
        parts.push(format!("video: {}", random.pick(&["[origin]", "[compose, origin]", "default"])));
    }
    if random.percent(30) {
        parts.push(format!("tags: {}", random.pick(&["gala", "\"a, b\"", "default"])));
    }
    parts
}
