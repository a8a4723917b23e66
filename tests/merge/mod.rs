//! Adding to files what the service has and no file declares: every other byte stays, and the plan too.

mod examples;
mod layouts;
mod places;
mod property;
mod values;

use std::collections::BTreeMap;

use livevod::config::parse;
use livevod::merge::{Merge, MergeError, NewFiles, Request, merge};
use livevod::model::{Address, RecordConfig, Remote, Snapshot, StreamSpelling};
use livevod::plan::{Plan, PlanOptions, plan};
use livevod::resolve::{Desired, resolve};
use livevod::source::{Source, Sources};

use crate::plan::agreeing;

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";

/// What stands above `domains` in most files here.
const HEAD: &str = "\
version: 1
region: cn-shanghai
transcode_groups:
  archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa
  hd: { cn-shanghai: e2d796d3bb5fd8049d32bff62f94e4c1 }
defaults: { vod_transcode_group: hd, cycle_duration: 30m }
tiers: { vip: { cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: archive } }

";

/// Files, and a service.
#[derive(Debug, Clone)]
struct Account {
    sources: Sources,
    snapshot: Snapshot,
    regions: BTreeMap<std::sync::Arc<str>, String>,
    new_files: NewFiles,
}

impl Account {
    /// A service that holds exactly what these files declare.
    fn agreeing(files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::default();
        for (name, text) in files {
            sources.add(Source::new(*name, *text));
        }
        let snapshot = agreeing(&resolved(&sources));
        Self { sources, snapshot, regions: BTreeMap::new(), new_files: NewFiles::None }
    }

    /// One file with the usual head.
    fn of(domains: &str) -> Self {
        Self::agreeing(&[("livevod.yaml", &format!("{HEAD}{domains}"))])
    }

    /// The same with a further configuration: as the files' defaults have it, after `change`.
    fn with(mut self, address: &str, change: impl FnOnce(&mut RecordConfig)) -> Self {
        let mut config = RecordConfig {
            vod_transcode_group: GROUP.into(),
            cycle_duration: 1800,
            ..RecordConfig::default()
        };
        change(&mut config);
        let remote = Remote { config, spelling: StreamSpelling::Named, create_time: None, unsupported: None };
        let parts: Vec<&str> = address.split('/').collect();
        let address = Address::new(parts[0], parts[1], parts[2]);
        self.snapshot.domains.entry(address.domain.clone()).or_default().configs.insert(address, remote);
        self
    }

    /// The same with a further configuration as the files' defaults have it.
    fn and(self, address: &str) -> Self {
        self.with(address, |_| {})
    }

    fn merge(&self) -> Result<Merge, MergeError> {
        let Self { sources, snapshot, regions, new_files } = self;
        merge(&Request { sources, snapshot, regions, new_files: new_files.clone() })
    }

    /// The account with the merged files, of which nothing is left to be added.
    fn merged(&self) -> (Self, Merge) {
        let merge = self.merge().unwrap();
        let mut sources = Sources::default();
        for (file, source) in self.sources.iter() {
            match merge.edited.iter().find(|(edited, _)| *edited == file) {
                Some((_, text)) => sources.add(Source::new(source.name(), text.as_str())),
                None => sources.add(source.clone()),
            };
        }
        for (name, text) in &merge.created {
            sources.add(Source::new(name.as_str(), text.as_str()));
        }
        let account = Self { sources, ..self.clone() };
        let again = account.merge().unwrap();
        // What was added above a place moved it.
        let told = |merge: &Merge| -> Vec<(Address, String)> {
            merge.ambiguous.iter().map(|one| (one.address.clone(), one.reason.clone())).collect()
        };
        assert_eq!(told(&again), told(&merge));
        assert_eq!(
            (again.edited, again.created, again.added),
            Default::default(),
            "a second merge adds nothing"
        );
        (account, merge)
    }

    /// The only file after the merge, to which everything was added.
    fn text(&self) -> String {
        let (account, merge) = self.merged();
        assert_eq!(merge.ambiguous, []);
        let text = account.sources.iter().next().unwrap().1.text().to_owned();
        text.strip_prefix(HEAD).unwrap_or(&text).to_owned()
    }

    /// Why each address is not added, and the line that the reason is about.
    fn refused(&self) -> Vec<String> {
        let (_, merge) = self.merged();
        let told = merge.ambiguous.into_iter().map(|one| {
            let line = one.place.map(|place| format!(" ({}:{})", place.file, place.start.line));
            format!("{}: {}{}", one.address, one.reason, line.unwrap_or_default())
        });
        told.collect()
    }

    fn plan(&self) -> Plan {
        plan(&resolved(&self.sources), &self.snapshot, &self.sources, &PlanOptions::default())
    }
}

fn resolved(sources: &Sources) -> Desired {
    let (document, findings) = parse(sources);
    assert!(findings.iter().all(|one| !one.is_error()), "{findings:?}");
    let (desired, findings) = resolve(&document);
    assert!(findings.iter().all(|one| !one.is_error()), "{findings:?}");
    desired
}
