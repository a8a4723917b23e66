//! The planner as a function: a service state that matches the files is derived from them, then one side is changed.

mod accept;
mod base;
mod budget;
mod changes;
mod digest;
mod formats;
mod gaps;
mod guards;
mod leaves;
mod names;
mod on_air;
mod restore;
mod review;
pub(crate) mod variations;
mod words;

use livevod::model::{Address, DomainSnapshot, RecordConfig, Remote, Snapshot, StreamSpelling};
use livevod::plan::{Allowances, Change, Guard, Plan, PlanOptions, plan};
use livevod::render::{self, Context, Exit, Layout, PlanView};
use livevod::resolve::{Desired, Wanted, restored};
use livevod::snapshot::{Saved, write};
use livevod::source::{Source, Sources};

/// The plan in some format, without findings of its run.
pub(crate) fn shown(view: &PlanView, layout: &Layout) -> String {
    let context = Context { sources: &Sources::default(), diagnostics: &[], exit: Exit::Success };
    render::plan(view, context, layout).text
}

/// Two apps of one domain: six named streams, and a configuration for the rest of `show`.
pub(crate) const FLEET: &str = "\
version: 1
account: \"1234567890123456\"
region: cn-shanghai
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd, cycle_duration: 1h }
domains:
  live.example.com:
    apps:
      show:
        streams: { \"*\": {}, cam1: {}, cam2: {}, cam3: {}, cam4: {}, cam5: {}, cam6: {} }
      news:
        streams: { desk: { auto_compose: on, compose_vod_transcode_group: archive } }
";

/// Files that declare domains, each with its contents in YAML's flow style.
pub(crate) fn domains(domains: &[(&str, &str)]) -> String {
    let domain = |(name, held): &(&str, &str)| format!("  {name}: {held}\n");
    let domains: String = domains.iter().map(domain).collect();
    format!(
        "version: 1\nregion: cn-shanghai\ndefaults: {{ vod_transcode_group: {GROUP} }}\ndomains:\n{domains}"
    )
}

/// The id of the group `hd`.
const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";

/// Files, and the state of the service.
pub(crate) struct Scene {
    pub(crate) desired: Desired,
    pub(crate) sources: Sources,
    pub(crate) snapshot: Snapshot,
    pub(crate) options: PlanOptions,
}

impl Scene {
    /// A service that holds exactly what `text` declares.
    pub(crate) fn agreeing(text: &str) -> Self {
        let (desired, sources) = resolved(text);
        let snapshot = agreeing(&desired);
        Self { desired, sources, snapshot, options: PlanOptions::default() }
    }

    /// The same service with other files.
    pub(crate) fn declare(&mut self, text: &str) -> &mut Self {
        (self.desired, self.sources) = resolved(text);
        self
    }

    /// The same service, to be restored to `snapshot`.
    pub(crate) fn restore(&mut self, snapshot: Snapshot) -> &mut Self {
        let saved = saved(snapshot);
        self.sources = Sources::default();
        let file = self.sources.add(Source::new("saved.json", write(&saved).unwrap()));
        self.desired = restored(&saved, &self.sources, file);
        self
    }

    pub(crate) fn allow(&mut self, change: impl FnOnce(&mut Allowances)) -> &mut Self {
        change(&mut self.options.allowances);
        self
    }

    pub(crate) fn remote(&mut self, address: &str) -> &mut Remote {
        let address: Address = address.parse().unwrap();
        self.snapshot.domains.get_mut(&address.domain).unwrap().configs.get_mut(&address).unwrap()
    }

    pub(crate) fn add_remote(&mut self, address: &str) -> &mut Self {
        let address: Address = address.parse().unwrap();
        let domain = self.snapshot.domains.entry(address.domain.clone()).or_default();
        domain.configs.insert(
            address,
            remote(&RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() }),
        );
        self
    }

    pub(crate) fn remove_remote(&mut self, address: &str) -> &mut Self {
        let address: Address = address.parse().unwrap();
        self.snapshot.domains.get_mut(&address.domain).unwrap().configs.remove(&address);
        self
    }

    pub(crate) fn plan(&self) -> Plan {
        plan(&self.desired, &self.snapshot, &self.sources, &self.options)
    }

    /// The guards that refuse the plan, by name and address.
    pub(crate) fn held(&self) -> Vec<(Guard, String)> {
        let name =
            |address: Option<Address>| address.map(|address| address.within_domain()).unwrap_or_default();
        self.plan().notes.held.into_iter().map(|held| (held.guard, name(held.address))).collect()
    }
}

/// What `livevod snapshot` saves, without files.
pub(crate) fn saved(snapshot: Snapshot) -> Saved {
    Saved {
        livevod: "0.1.0".into(),
        time: "2026-11-22T20:15:00Z".parse().unwrap(),
        target: "emulator x".into(),
        account: None,
        caller: None,
        regions: Default::default(),
        ignore: Vec::new(),
        protect: Vec::new(),
        snapshot,
    }
}

pub(crate) fn resolved(text: &str) -> (Desired, Sources) {
    let mut sources = Sources::default();
    sources.add(Source::new("livevod.yaml", text));
    let (document, findings) = livevod::config::parse(&sources);
    assert!(findings.is_empty(), "{findings:?}");
    let (desired, findings) = livevod::resolve::resolve(&document);
    assert!(findings.is_empty(), "{findings:?}");
    (desired, sources)
}

pub(crate) fn agreeing(desired: &Desired) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, domain) in &desired.domains {
        let mut configs = DomainSnapshot::default();
        for (address, entry) in &domain.entries {
            if let Wanted::Present(resolved) = &entry.wanted {
                configs.configs.insert(address.clone(), remote(&resolved.config));
            }
        }
        snapshot.domains.insert(name.clone(), configs);
    }
    snapshot
}

fn remote(config: &RecordConfig) -> Remote {
    let storage_location =
        config.storage_location.clone().or_else(|| Some("chosen.oss-cn-shanghai.aliyuncs.com".into()));
    Remote {
        config: RecordConfig { storage_location, delay_time: Some(240), ..config.clone() },
        spelling: StreamSpelling::Named,
        create_time: None,
        unsupported: None,
    }
}

/// `action app/stream: field before -> after, …`, one line for each change.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    plan.decisions.changes.iter().map(line).collect()
}

fn line(change: &Change) -> String {
    let fields: Vec<String> = change
        .fields()
        .into_iter()
        .map(|field| format!("{field} {} -> {}", change.before_value(field), change.after_value(field)))
        .collect();
    format!("{:?} {}: {}", change.action(), change.address.within_domain(), fields.join(", "))
}
