//! Where a value comes from: the nearest wins, a tier ranks right after its block, and layouts rank below the domain's own
//! entries.

use livevod::model::Field;

use super::{Read, read};

const CYCLE: Field = Field::CycleDuration;

/// Reads one domain `a.com` with settings at every level above its app `show`; each argument is the settings of one level.
fn levels(top: &str, domain: &str, app: &str, stream: &str) -> Read {
    let text = format!(
        "version: 1
defaults: {{ vod_transcode_group: VOD_NO_TRANSCODE, {top} }}
tiers:
  short: {{ cycle_duration: 5m }}
  long: {{ cycle_duration: 6h, tier: longer }}
  longer: {{ cycle_duration: 1h, on_demand: 0, storage_location: b.example.com, tier: bottom }}
  bottom: {{ storage_location: c.example.com, auto_compose: off }}
  empty:
domains:
  a.com:
    defaults: {{ {domain} }}
    apps:
      show:
        defaults: {{ {app} }}
        streams: {{ \"*\": {{ cycle_duration: 77m }}, cam: {{ {stream} }} }}
"
    );
    let read = read(&[("livevod.yaml", &text)]);
    assert_eq!(read.errors(), [""; 0]);
    read
}

fn cycle(top: &str, domain: &str, app: &str, stream: &str) -> String {
    levels(top, domain, app, stream).value("a.com/show/cam", CYCLE)
}

#[test]
fn nearest_wins() {
    let (top, domain, app, stream) =
        ("cycle_duration: 10m", "cycle_duration: 20m", "cycle_duration: 30m", "cycle_duration: 40m");
    assert_eq!(cycle("", "", "", ""), "1h default");
    assert_eq!(cycle(top, "", "", ""), "10m defaults <10m>");
    assert_eq!(cycle(top, domain, "", ""), "20m domain <20m>");
    assert_eq!(cycle(top, domain, app, ""), "30m app <30m>");
    assert_eq!(cycle(top, domain, app, stream), "40m stream <40m>");
}

#[test]
fn a_tier_ranks_right_behind_its_block() {
    let short = "5m tier short <5m> via tier: short";
    assert_eq!(cycle("", "", "cycle_duration: 30m", "tier: short"), short);
    assert_eq!(cycle("", "cycle_duration: 20m", "tier: short", ""), short);
    assert_eq!(cycle("cycle_duration: 10m", "tier: short", "", ""), short);
    assert_eq!(cycle("tier: short", "", "", ""), short);
    assert_eq!(cycle("", "", "tier: short", "tier: empty"), short);
    assert_eq!(cycle("", "", "", "tier: short, cycle_duration: 40m"), "40m stream <40m>");
    assert_eq!(cycle("", "", "cycle_duration: 30m, tier: short", ""), "30m app <30m>");
}

#[test]
fn tiers_stand_behind_tiers() {
    let read = levels("", "", "", "tier: long");
    assert_eq!(read.value("a.com/show/cam", CYCLE), "6h tier long <6h> via tier: long");
    let location = read.value("a.com/show/cam", Field::StorageLocation);
    assert_eq!(location, "b.example.com tier longer <b.example.com> via tier: long, tier: longer");
    let compose = read.value("a.com/show/cam", Field::AutoCompose);
    assert_eq!(compose, "off tier bottom <off> via tier: long, tier: longer, tier: bottom");
}

#[test]
fn default_stops_inheritance() {
    assert_eq!(cycle("cycle_duration: 10m", "", "cycle_duration: default", ""), "1h app <default>");
    assert_eq!(cycle("", "", "cycle_duration: 30m", "cycle_duration: default"), "1h stream <default>");
    let read = levels("storage_location: x.example.com", "", "", "storage_location: default");
    assert_eq!(read.value("a.com/show/cam", Field::StorageLocation), "(not set) stream <default>");
}

#[test]
fn what_nobody_wrote_is_the_documented_default() {
    let read = levels("", "", "", "");
    for (field, value) in [
        (Field::CycleDuration, "1h default"),
        (Field::AutoCompose, "off default"),
        (Field::ComposeVodTranscodeGroup, "(not set) default"),
        (Field::OnDemand, "0 default"),
        (Field::StorageLocation, "(not set) service"),
    ] {
        assert_eq!(read.value("a.com/show/cam", field), value);
    }
}

#[test]
fn the_star_is_a_name_like_another() {
    let read = levels("", "", "cycle_duration: 30m", "");
    assert_eq!(read.value("a.com/show/*", CYCLE), "1h17m stream <77m>");
    assert_eq!(read.value("a.com/show/cam", CYCLE), "30m app <30m>");
}

#[test]
fn the_star_app_gives_nothing_to_others() {
    let text = "version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  a.com:
    apps:
      \"*\": { defaults: { cycle_duration: 5m }, streams: { \"*\": {} } }
      show: { streams: { cam: {} } }
";
    let read = read(&[("a.yaml", text)]);
    assert_eq!(read.value("a.com/*/*", CYCLE), "5m app <5m>");
    assert_eq!(read.value("a.com/show/cam", CYCLE), "1h default");
}

#[test]
fn own_entries_lie_over_layouts_field_by_field() {
    let text = "version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
tiers: { short: { cycle_duration: 5m, on_demand: 0 } }
layouts:
  low: { apps: { show: { defaults: { cycle_duration: 10m }, streams: { cam: { auto_compose: off }, gone: } } } }
  high: { apps: { show: { streams: { cam: { cycle_duration: 20m }, two: { tier: short } } } } }
domains:
  a.com:
    layout: [low, high]
    apps: { show: { streams: { cam: { tier: short }, gone: { state: absent }, mine: } } }
  b.com: { layout: [high, low] }
  c.com: { layout: low, apps: { show: { defaults: { cycle_duration: 30m } } } }
";
    let read = read(&[("a.yaml", text)]);
    assert_eq!(read.errors(), [""; 0]);
    // A setting of the merged entry wins over the entry's tier, whichever layer each comes from.
    assert_eq!(read.value("a.com/show/cam", CYCLE), "20m stream <20m> via layout: high");
    assert_eq!(read.value("a.com/show/cam", Field::OnDemand), "0 tier short <0> via tier: short");
    assert_eq!(read.value("a.com/show/cam", Field::AutoCompose), "off stream <off> via layout: low");
    assert_eq!(read.value("a.com/show/mine", CYCLE), "10m app <10m> via layout: low");
    assert_eq!(read.value("b.com/show/two", CYCLE), "5m tier short <5m> via layout: high, tier: short");
    assert_eq!(read.value("c.com/show/cam", CYCLE), "30m app <30m>");
    let keys: Vec<String> = read.desired.domains["a.com"].entries.keys().map(ToString::to_string).collect();
    assert_eq!(keys, ["a.com/show/cam", "a.com/show/gone", "a.com/show/mine", "a.com/show/two"]);
    let gone = read.desired.get(&"a.com/show/gone".parse().unwrap()).unwrap();
    assert!(matches!(gone.wanted, livevod::resolve::Wanted::Absent(_)));
}

#[test]
fn groups_are_looked_up_in_the_domains_region() {
    let text = "version: 1
region: cn-shanghai
transcode_groups:
  hd: { cn-shanghai: e2d796d3bb5fd8049d32bff62f94e4c1, ap-southeast-1: 77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb }
  one: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa
defaults: { vod_transcode_group: hd }
tiers: { merged: { auto_compose: ON, compose_vod_transcode_group: one } }
domains:
  a.com: { apps: { show: { streams: { cam: { tier: merged } } } } }
  b.com: { region: ap-southeast-1, apps: { show: { streams: { cam: { compose_vod_transcode_group: one } } } } }
  c.com: { apps: { show: { streams: { cam: { vod_transcode_group: 77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb } } } } }
";
    let read = read(&[("a.yaml", text)]);
    assert_eq!(read.errors(), [""; 0]);
    let group = Field::VodTranscodeGroup;
    assert_eq!(
        read.value("a.com/show/cam", group),
        "e2d796d3bb5fd8049d32bff62f94e4c1 defaults <hd> via transcode_groups: hd"
    );
    assert_eq!(
        read.value("b.com/show/cam", group),
        "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb defaults <hd> via transcode_groups: hd"
    );
    assert_eq!(
        read.value("c.com/show/cam", group),
        "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb stream <77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb>"
    );
    let compose = Field::ComposeVodTranscodeGroup;
    assert_eq!(
        read.value("a.com/show/cam", compose),
        "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa tier merged <one> via tier: merged, transcode_groups: one"
    );
    assert_eq!(read.value("b.com/show/cam", compose), "(not set) default", "auto_compose is off there");
    let definition = read.resolved("b.com/show/cam").unwrap().origin(group).unwrap().via[0].span;
    assert_eq!(read.sources.text(definition), "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb");
}

/// The kind of configuration that three levels give: the group and the formats, each with its origin.
fn shape(domain: &str, app: &str, stream: &str) -> [String; 2] {
    let read = levels("", domain, app, stream);
    [Field::VodTranscodeGroup, Field::RecordFormat].map(|field| read.value("a.com/show/cam", field))
}

#[test]
fn the_nearer_of_group_and_formats_makes_the_kind() {
    let (mp4, flv) = ("record_format: { mp4: }", "record_format: { flv: }");
    let group = "vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
    let none = "(not set)";
    let by = |format: &str, level: &str| {
        [format!("{none} {level} <record_format>"), format!("{{ {format} }} {level} <record_format>")]
    };
    assert_eq!(shape("", "", mp4), by("mp4", "stream"));
    assert_eq!(shape(mp4, flv, ""), by("flv", "app"), "the nearer one replaces it whole");
    assert_eq!(shape(group, mp4, ""), by("mp4", "app"));
    let id = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
    assert_eq!(shape(mp4, "", group), [format!("{id} stream <{id}>"), format!("{none} stream <{id}>")]);
    assert_eq!(
        shape(mp4, group, "auto_compose: off"),
        [format!("{id} app <{id}>"), format!("{none} app <{id}>")]
    );
    let top = "VOD_NO_TRANSCODE defaults <VOD_NO_TRANSCODE>".to_owned();
    assert_eq!(shape(mp4, "", "record_format: default"), [top, format!("{none} stream <default>")]);
}

#[test]
fn classic_settings_farther_away_do_not_count_beside_formats() {
    let classic = "auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE";
    let read = levels(classic, "", "", "record_format: { mp4: }");
    let config = &read.resolved("a.com/show/cam").unwrap().config;
    assert!(config.is_by_format() && !config.auto_compose);
    assert_eq!((config.vod_transcode_group.as_str(), &config.compose_vod_transcode_group), ("", &None));
}
