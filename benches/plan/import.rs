//! How long it takes to write the YAML for ten thousand configurations, proof included.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use livevod::import::{Account, Division, import};
use livevod::model::{Address, DomainSnapshot, RecordConfig, Remote, Snapshot, StreamSpelling};

use crate::documents::Written;
use crate::{Outcome, median};

/// Turns; the median counts.
const ROUNDS: usize = 5;

/// The files for so many configurations of forty domains, in forty kinds that are spread over all apps.
pub(crate) fn files(count: usize) -> Outcome<Written> {
    let snapshot = snapshot(count);
    let (regions, group_names) = (BTreeMap::new(), BTreeMap::new());
    let account = Account { snapshot: &snapshot, regions: &regions, id: None, group_names: &group_names };
    let (mut bytes, mut times) = (0, Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let imported = import(black_box(account), Division::ByDomain)?;
        times.push(start.elapsed());
        bytes = imported.files.iter().map(|file| file.text.len()).sum();
    }
    Ok(Written { bytes, took: median(times) })
}

fn snapshot(count: usize) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for at in 0..count {
        let address = Address::new(
            format!("live-{:02}.example.com", at % 40),
            ["show", "news", "sport", "radio"][at / 40 % 4],
            format!("cam-{at:05}"),
        );
        // A stride without a common factor, so that neighbours differ.
        let kind = at * 17 % 40;
        let config = RecordConfig {
            vod_transcode_group: format!("{:032x}", 0xabc + kind % 5),
            cycle_duration: [900, 1800, 3600, 3600][kind / 10],
            auto_compose: kind % 2 == 0,
            compose_vod_transcode_group: (kind % 2 == 0).then(|| format!("{:032x}", 0xdef)),
            ..RecordConfig::default()
        };
        let remote = Remote { config, spelling: StreamSpelling::Named, create_time: None, unsupported: None };
        let domain: &mut DomainSnapshot = snapshot.domains.entry(address.domain.clone()).or_default();
        domain.configs.insert(address, remote);
    }
    snapshot
}
