//! Files that need every kind of change, the account that they are applied to, and what each address may hold in the meantime.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Creates, updates, replaces, and deletes for both reasons; each includes app-wide entries. In `hall`, `tour` and `desk`,
/// one of these is removed while its siblings stay.
pub(super) const FILE: &str = r#"
version: 1
account: "1234567890123456"
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
ignore: [live.example.com/show/rehearsal]
domains:
  live.example.com:
    apps:
      radio: { streams: { "*": {} } }
      show:
        streams:
          "*": { cycle_duration: 30m }
          fresh: {}
          joined: { auto_compose: on, compose_vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
          longer: { cycle_duration: 2h }
          merged: { auto_compose: on, compose_vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
          split: { auto_compose: off }
          moved: { storage_location: two.oss-cn-shanghai.aliyuncs.com }
          gone: { state: absent }
          same: {}
  event.example.com:
    apps:
      tour: { streams: { "*": { storage_location: two.oss-cn-shanghai.aliyuncs.com }, stage: {}, door: { cycle_duration: 15m } } }
      hall: { streams: { "*": { state: absent }, stage: {} } }
  news.example.com:
    apps:
      desk:
        prune: true
        streams: { anchor: {}, late: {}, moved: { storage_location: two.oss-cn-shanghai.aliyuncs.com } }
"#;

/// The siblings of an app-wide entry may be removed with it.
const APPS_THAT_LOSE_THEIR_WIDE_ENTRY: [&str; 3] = ["tour", "hall", "desk"];

/// One address, as the emulator lists it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) address: &'static str,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    /// Whether it may be missing for a while, although it exists before and after.
    may_be_missing: bool,
    /// Whether it is added again, which gives it another CreateTime.
    is_added: bool,
    /// Whether livevod may send a write to it.
    pub(super) is_written: bool,
}

/// Everything that the account holds or will hold.
pub(super) struct Scene {
    pub(super) places: Vec<Place>,
    /// Whether the service removes siblings together with an app-wide entry. They are added back, and the run reports it by
    /// failing.
    pub(super) takes_siblings: bool,
}

impl Scene {
    pub(super) fn new(takes_siblings: bool) -> Self {
        let mut places = [live(), event(), news()].concat();
        if takes_siblings {
            places.iter_mut().for_each(Place::may_go_along);
        }
        places.push(Place::kept("other.example.com/show/*", json!({})));
        Self { places, takes_siblings }
    }

    /// The account before anything happens, for `--load`.
    pub(super) fn account(&self) -> String {
        let configs: Vec<&Value> = self.places.iter().filter_map(|place| place.before.as_ref()).collect();
        json!({ "configs": configs }).to_string()
    }

    /// Addresses that differ from the initial state.
    pub(super) fn begun(&self, held: &BTreeMap<String, Value>) -> Vec<String> {
        self.told(held, |place, found| place.is(&place.before, found))
    }

    /// Addresses in neither the initial nor the final state, and not missing where that is allowed.
    pub(super) fn strayed(&self, held: &BTreeMap<String, Value>) -> Vec<String> {
        self.told(held, |place, found| {
            let is_between = found.is_none() && place.may_be_missing;
            is_between || place.is(&place.before, found) || place.is(&place.after, found)
        })
    }

    /// Addresses that differ from the final state.
    pub(super) fn unfinished(&self, held: &BTreeMap<String, Value>) -> Vec<String> {
        self.told(held, |place, found| place.is(&place.after, found))
    }

    /// Addresses that are recorded as done but differ from the final state. A later delete may have removed them as siblings.
    pub(super) fn undone(&self, held: &BTreeMap<String, Value>, done: &BTreeSet<String>) -> Vec<String> {
        let may_have_gone = |address: &&String| self.takes_siblings && !held.contains_key(*address);
        let insisted: Vec<&String> = done.iter().filter(|address| !may_have_gone(address)).collect();
        let mut unfinished = self.unfinished(held);
        unfinished.retain(|one| insisted.iter().any(|address| one.starts_with(&format!("{address} "))));
        unfinished
    }

    /// Whether an old entry is gone and its new one not there yet, and whether a sibling of an app-wide entry is gone.
    pub(super) fn gaps(&self, held: &BTreeMap<String, Value>) -> (bool, bool) {
        let is_gap = |place: &&Place| place.may_be_missing && !held.contains_key(place.address);
        let gaps: Vec<&Place> = self.places.iter().filter(is_gap).collect();
        (gaps.iter().any(|place| place.is_replaced()), gaps.iter().any(|place| !place.is_replaced()))
    }

    /// Addresses that are empty, but are not empty in the initial and final state.
    pub(super) fn lost(&self, held: &BTreeMap<String, Value>) -> Vec<&str> {
        let stays = |place: &&Place| place.before.is_some() && place.after.is_some();
        let addresses = self.places.iter().filter(stays).map(|place| place.address);
        addresses.filter(|address| !held.contains_key(*address)).collect()
    }

    /// Every address with a wrong configuration, and every address that is not in this scene.
    fn told(&self, held: &BTreeMap<String, Value>, fits: fn(&Place, Option<&Value>) -> bool) -> Vec<String> {
        let wrong = self.places.iter().filter(|place| !fits(place, held.get(place.address)));
        let wrong = wrong.map(|place| format!("{} holds {:?}", place.address, held.get(place.address)));
        let is_known = |address: &str| self.places.iter().any(|place| place.address == address);
        let foreign = held.keys().filter(|address| !is_known(address));
        wrong.chain(foreign.map(|address| format!("{address} came from nowhere"))).collect()
    }
}

/// The domain where only replaces remove entries for a while, with three unmanaged entries.
fn live() -> Vec<Place> {
    let archive = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
    let merging = json!({"AutoCompose": "ON", "ComposeVodTranscodeGroupId": archive});
    let delayed = json!({"CycleDuration": 900, "DelayTime": 240, "TranscodeTemplates": "t1,t2"});
    let formats = json!([{"Format": "m3u8", "SliceDuration": 30}, {"Format": "mp4"}]);
    let formats = json!({"VodTranscodeGroupId": null, "AutoCompose": null, "FormatConfig": true, "RecordFormatList": {"RecordFormat": formats}});
    let transcoded = json!({"DelayTime": 30, "RecordContent": "raw,transcode", "TranscodeTemplates": "t1", "SpaceId": "app-1000000"});
    vec![
        Place::created("live.example.com/radio/*", json!({"StreamName": "*"})),
        Place::changed("live.example.com/show/*", json!({"DelayTime": 60}), json!({"CycleDuration": 1800})),
        Place::created("live.example.com/show/fresh", json!({})),
        Place::created("live.example.com/show/joined", merging.clone()),
        Place::changed("live.example.com/show/longer", delayed, json!({"CycleDuration": 7200})),
        Place::changed("live.example.com/show/merged", json!({"DelayTime": 20}), merging.clone()),
        Place::changed(
            "live.example.com/show/split",
            merging,
            json!({"AutoCompose": "OFF", "ComposeVodTranscodeGroupId": null}),
        ),
        Place::replaced("live.example.com/show/moved", transcoded),
        Place::deleted("live.example.com/show/gone", json!({})),
        Place::kept("live.example.com/show/same", json!({"SpaceId": "app-1000000"})),
        Place::kept("live.example.com/show/rehearsal", json!({"CycleDuration": 600})),
        Place::kept("live.example.com/studio/formats", formats),
        Place::kept("live.example.com/studio/stranger", json!({"OnDemand": 7, "DelayTime": 10})),
    ]
}

/// App-wide entries of both kinds that are removed, and siblings that stay; `visitor` is not declared.
fn event() -> Vec<Place> {
    vec![
        Place::replaced("event.example.com/tour/*", json!({"StreamName": "*", "DelayTime": 90})),
        Place::kept("event.example.com/tour/stage", json!({"DelayTime": 45})),
        Place::changed("event.example.com/tour/door", json!({}), json!({"CycleDuration": 900})),
        Place::deleted("event.example.com/hall/*", json!({})),
        Place::kept("event.example.com/hall/stage", json!({})),
        Place::kept("event.example.com/hall/visitor", json!({"CycleDuration": 900, "DelayTime": 15})),
    ]
}

fn news() -> Vec<Place> {
    vec![
        Place::deleted("news.example.com/desk/*", json!({"StreamName": ""})),
        Place::deleted("news.example.com/desk/old", json!({})),
        Place::kept("news.example.com/desk/anchor", json!({"DelayTime": 20})),
        Place::created("news.example.com/desk/late", json!({})),
        Place::replaced("news.example.com/desk/moved", json!({})),
        Place::kept("news.example.com/archive/*", json!({})),
    ]
}

impl Place {
    fn new(address: &'static str, before: Option<Value>, after: Option<Value>) -> Self {
        Self { address, before, after, may_be_missing: false, is_added: false, is_written: true }
    }

    fn created(address: &'static str, settings: Value) -> Self {
        Self { is_added: true, ..Self::new(address, None, Some(item(address, &[settings]))) }
    }

    fn changed(address: &'static str, before: Value, over: Value) -> Self {
        let after = item(address, &[before.clone(), over]);
        Self::new(address, Some(item(address, &[before])), Some(after))
    }

    /// Replaces an entry with one in another bucket, which only an Add can set.
    fn replaced(address: &'static str, settings: Value) -> Self {
        let stored =
            |bucket: &str| json!({ "StorageLocation": format!("{bucket}.oss-cn-shanghai.aliyuncs.com") });
        let [before, after] = ["one", "two"].map(|bucket| item(address, &[settings.clone(), stored(bucket)]));
        Self { may_be_missing: true, is_added: true, ..Self::new(address, Some(before), Some(after)) }
    }

    fn deleted(address: &'static str, settings: Value) -> Self {
        Self::new(address, Some(item(address, &[settings])), None)
    }

    fn kept(address: &'static str, settings: Value) -> Self {
        let item = item(address, &[settings]);
        Self { is_written: false, ..Self::new(address, Some(item.clone()), Some(item)) }
    }

    fn may_go_along(&mut self) {
        let mut parts = self.address.split('/').skip(1);
        let is_beside = parts.next().is_some_and(|app| APPS_THAT_LOSE_THEIR_WIDE_ENTRY.contains(&app));
        if is_beside && parts.next() != Some("*") {
            *self = Self { may_be_missing: true, is_added: true, is_written: true, ..self.clone() };
        }
    }

    fn is_replaced(&self) -> bool {
        let bucket = |item: &Option<Value>| item.as_ref().map(|item| item["StorageLocation"].clone());
        bucket(&self.before) != bucket(&self.after)
    }

    /// Whether the address holds exactly this configuration.
    fn is(&self, wanted: &Option<Value>, found: Option<&Value>) -> bool {
        match (wanted, found) {
            (None, None) => true,
            (Some(wanted), Some(found)) if self.is_added => timeless(wanted) == timeless(found),
            (Some(wanted), Some(found)) => wanted == found,
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

fn timeless(item: &Value) -> Value {
    let mut item = item.clone();
    item.as_object_mut().unwrap().remove("CreateTime");
    item
}

/// A configuration as the emulator lists it: later settings override earlier ones, and null removes one.
fn item(address: &str, settings: &[Value]) -> Value {
    let [domain, app, stream] = address.split('/').collect::<Vec<_>>().try_into().unwrap();
    let mut item = json!({
        "DomainName": domain, "AppName": app, "CreateTime": "2026-01-02T03:04:05Z", "CycleDuration": 3600,
        "VodTranscodeGroupId": "VOD_NO_TRANSCODE", "AutoCompose": "OFF", "OnDemand": 0, "FormatConfig": false,
    });
    let item: &mut Map<String, Value> = item.as_object_mut().unwrap();
    if stream != "*" {
        item.insert("StreamName".to_owned(), stream.into());
    }
    item.extend(settings.iter().flat_map(|settings| settings.as_object().unwrap().clone()));
    item.retain(|_, value| !value.is_null());
    Value::Object(item.clone())
}
