//! Files and an account that together need every kind of write, and what must still exist afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use livevod::api::Client;
use livevod::apply::{ApplySettings, Outcome, Report, apply};
use livevod::embedded;
use livevod::emulator::{Outside, Quirks, Service, Settings};
use livevod::plan::{ActionKind, Plan, PlanOptions, plan};
use livevod::resolve::Desired;
use livevod::source::Sources;
use livevod::wire::{self, Call};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::apply::world::journal;
use crate::plan::resolved;
use crate::simulation::harness::scene;

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
const BUCKET: &str = "one.oss-cn-shanghai.aliyuncs.com";

/// Creates, updates that turn auto_compose on and off, a replace, and deletes by name and by pruning, one of them app-wide with
/// a sibling that stays, and two domains whose listings need a second page.
const FILES: &str = "\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com:
    apps:
      show:
        streams:
          \"*\": { cycle_duration: 30m }
          created: { auto_compose: on, compose_vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
          Mixed: { cycle_duration: 15m }
          merged: { auto_compose: on, compose_vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
          split: { auto_compose: off }
          halved: { auto_compose: off, cycle_duration: 30m }
          moved: { storage_location: two.oss-cn-shanghai.aliyuncs.com }
          gone: { state: absent }
          same: {}
      news: { prune: true, streams: { desk: {} } }
      radio: { streams: { \"*\": {} } }
";

const LONG_LISTINGS: &str = "  full.example.com: { apps: { show: { streams: { hundredth: {} } } } }
  long.example.com: { apps: { show: { streams: { new: {}, gone: { state: absent } } } } }
";

/// An account that plays some quirks, with a client on a paused clock.
pub(crate) struct Scene {
    service: Arc<Service>,
    client: Client,
    desired: Desired,
    sources: Sources,
}

/// The end of a run.
pub(crate) struct Ended {
    /// Everything that livevod reported: guards, unread domains, changes that are not done.
    pub(crate) reasons: Vec<String>,
    /// Whether a second plan would change nothing.
    pub(crate) is_empty: bool,
    /// Configurations that should be unchanged, but are not.
    pub(crate) lost: Vec<String>,
}

impl Scene {
    pub(crate) async fn new(quirks: Quirks, long_listings: bool) -> Self {
        let files = if long_listings { format!("{FILES}{LONG_LISTINGS}") } else { FILES.to_owned() };
        let settings = Settings { quirks, ..Settings::default() };
        let service = Arc::new(Service::open_with(None, settings, on_tokios_clock()).unwrap());
        let client = embedded::client(service.clone(), embedded::settings());
        let (desired, sources) = resolved(&files);
        let scene = Self { service, client, desired, sources };
        scene.furnish(long_listings).await;
        scene
    }

    /// Adds everything that a service with these quirks accepts.
    async fn furnish(&self, long_listings: bool) {
        if long_listings {
            self.service.load(&bulk().to_string()).unwrap();
        }
        for call in held() {
            // A domain may be locked for a moment after each write.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let refused = self.client.write(call).await.err();
            assert!(refused.is_none_or(|error| error.code() == "ConfigAlreadyExists"));
        }
    }

    /// Plan, apply, plan.
    pub(crate) async fn run(&self) -> Ended {
        let before = self.held();
        let first = self.plan().await;
        let mut reasons = first.reasons;
        let report = match reasons.is_empty() {
            true => Some(self.apply(&first.plan).await),
            false => None,
        };
        reasons.extend(report.iter().flat_map(not_done));
        let second = self.plan().await;
        let is_empty = second.plan.decisions.changes.is_empty()
            && second.plan.notes.unsupported.iter().all(|one| !one.declared)
            && second.reasons.is_empty();
        if report.is_some() {
            reasons.extend(second.reasons);
        }
        let lost = lost(&before, &self.held(), &first.plan, report.as_ref());
        Ended { reasons, is_empty, lost }
    }

    async fn plan(&self) -> Planned {
        let (snapshot, unread) = self.client.snapshot(self.desired.domains.keys().cloned()).await;
        let plan = plan(&self.desired, &snapshot, &self.sources, &released());
        let unread = unread.into_iter().map(|(domain, error)| format!("{domain}: {error}"));
        let held = plan.notes.held.iter().map(|held| format!("{held:?}"));
        Planned { reasons: unread.chain(held).collect(), plan }
    }

    async fn apply(&self, plan: &Plan) -> Report {
        let settings = ApplySettings {
            deadline: Duration::from_secs(5),
            ..ApplySettings::new(CancellationToken::new(), journal())
        };
        apply(plan.cleared().unwrap(), &self.client, settings, &|_| {}).await
    }

    /// What the service holds, by case-insensitive names, without CreateTime and regardless of the spelling of "every stream".
    fn held(&self) -> BTreeMap<String, Map<String, Value>> {
        let dump = self.service.dump();
        let configs = dump["configs"].as_array().unwrap().iter().map(|config| {
            let mut config = config.as_object().unwrap().clone();
            config.remove("CreateTime");
            let mut text = |name: &str| {
                config.remove(name).map_or(String::new(), |name| name.as_str().unwrap().to_owned())
            };
            let (domain, app, stream) = (text("DomainName"), text("AppName"), text("StreamName"));
            let stream = if stream.is_empty() { "*" } else { &stream };
            if config["AutoCompose"] == "OFF" {
                config.remove("ComposeVodTranscodeGroupId");
            }
            (format!("{domain}/{app}/{stream}").to_lowercase(), config)
        });
        configs.collect()
    }
}

struct Planned {
    plan: Plan,
    reasons: Vec<String>,
}

/// Makes the emulator's limit use the clock on which the client waits.
fn on_tokios_clock() -> Outside {
    let (start, ids) = (Instant::now(), AtomicU64::new(0));
    let began = Timestamp::now();
    Outside {
        now: Box::new(move || began + start.elapsed()),
        request_id: Box::new(move || format!("R{}", ids.fetch_add(1, Ordering::Relaxed))),
    }
}

/// Every guard that a flag can release is released, because the test is about the service.
fn released() -> PlanOptions {
    PlanOptions { allowances: scene::released(), ..PlanOptions::default() }
}

fn held() -> Vec<Call> {
    let live = |app, stream, more: &str| add("live.example.com", app, stream, more);
    let merging = format!("AutoCompose=ON ComposeVodTranscodeGroupId={ARCHIVE}");
    vec![
        live("show", Some("Mixed"), "DelayTime=240"),
        live("show", Some("merged"), "DelayTime=240 TranscodeTemplates.1=t1 TranscodeTemplates.2=t2"),
        live("show", Some("split"), &merging),
        live("show", Some("halved"), &merging),
        live("show", Some("moved"), &format!("StorageLocation={BUCKET} DelayTime=30 RecordContent=raw")),
        live("show", Some("gone"), ""),
        live("show", Some("same"), "SpaceId=app-1000000"),
        live("show", Some("stranger"), &format!("CycleDuration=900 OnDemand=7 {merging}")),
        live("show", None, ""),
        live("news", Some("desk"), ""),
        live("news", Some("old"), ""),
        live("news", None, ""),
        live("Other", Some("Kept"), "DelayTime=60"),
    ]
}

/// One configuration below a full page, and some above one.
fn bulk() -> Value {
    let config = |domain: &str, stream: &str| json!({"DomainName": domain, "AppName": "show", "StreamName": stream, "VodTranscodeGroupId": GROUP});
    let many = |domain: &'static str, count: usize| {
        (0..count).map(move |number| config(domain, &format!("s{number}")))
    };
    let gone = config("long.example.com", "gone");
    let configs = many("full.example.com", 99).chain(many("long.example.com", 130)).chain([gone]);
    json!({"configs": configs.collect::<Vec<_>>()})
}

fn add(domain: &str, app: &str, stream: Option<&str>, more: &str) -> Call {
    let mut params: BTreeMap<String, String> =
        [("DomainName", domain), ("AppName", app), ("VodTranscodeGroupId", GROUP)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    params.extend(stream.map(|stream| ("StreamName".to_owned(), stream.to_owned())));
    let more = more.split(' ').filter_map(|pair| pair.split_once('='));
    params.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Call { action: wire::Action::Add, params }
}

/// Every change that is not done, with livevod's reason; an empty text does not count as a reason.
fn not_done(report: &Report) -> Vec<String> {
    let told = report.outcomes.iter().filter_map(|change| match &change.outcome {
        Outcome::Done => None,
        Outcome::Failed(failure) | Outcome::NotAttempted(failure) | Outcome::Unknown(failure) => {
            assert!(!failure.cause.to_string().is_empty());
            Some(format!("{}: {}", change.address, failure.cause))
        }
    });
    told.collect()
}

/// Configurations that were not to be deleted and are gone, or that changed without a planned change.
fn lost(
    before: &BTreeMap<String, Map<String, Value>>,
    after: &BTreeMap<String, Map<String, Value>>,
    plan: &Plan,
    report: Option<&Report>,
) -> Vec<String> {
    let planned: BTreeMap<String, ActionKind> = plan
        .decisions
        .changes
        .iter()
        .map(|change| (change.address.to_string().to_lowercase(), change.action()))
        .collect();
    let deletes_ran = report.is_some_and(|report| {
        let deletes = report.outcomes.iter().filter(|change| change.action == ActionKind::Delete);
        deletes.into_iter().any(|change| !matches!(change.outcome, Outcome::NotAttempted(_)))
    });
    let is_lost = |(address, config): &(&String, &Map<String, Value>)| match planned.get(*address) {
        Some(ActionKind::Delete) if deletes_ran => false,
        Some(ActionKind::Update | ActionKind::Replace) => !after.contains_key(*address),
        Some(ActionKind::Create | ActionKind::Delete) | None => {
            after.get(*address).map(without_defaults) != Some(without_defaults(config))
        }
    };
    before.iter().filter(is_lost).map(|(address, _)| address.clone()).collect()
}

/// Without what the service may fill in: livevod adds back what it saw.
fn without_defaults(config: &Map<String, Value>) -> Map<String, Value> {
    let mut config = config.clone();
    for (name, default) in
        [("DelayTime", json!(180)), ("RecordContent", json!("raw")), ("SpaceId", json!("app-1000000"))]
    {
        if config.get(name) == Some(&default) {
            config.remove(name);
        }
    }
    config
}
