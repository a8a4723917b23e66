//! Merging into the examples.

use std::path::PathBuf;

use livevod::config::{format, load};
use livevod::merge::NewFiles;
use livevod::model::{RecordConfig, Remote, StreamSpelling};
use livevod::source::Sources;

use super::{Account, agreeing, resolved};

/// Whether each file is in its canonical form.
fn canonical(sources: &Sources) -> Vec<bool> {
    sources.iter().map(|(file, source)| format(sources, file).unwrap() == source.text()).collect()
}

#[test]
fn every_example_takes_what_its_account_has_besides() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    for (paths, is_folder) in [
        (&["quickstart/livevod.yaml"][..], false),
        (&["platform"], true),
        (&["by-format/livevod.yaml"], false),
        (&["staging-production/common.yaml", "staging-production/production.yaml"], false),
    ] {
        let loaded = load(&paths.iter().map(|path| root.join(path)).collect::<Vec<_>>());
        let new_files = if is_folder { NewFiles::In("platform".into()) } else { NewFiles::None };
        let desired = resolved(&loaded.sources);
        let snapshot = agreeing(&desired);
        let mut account =
            Account { sources: loaded.sources, snapshot, regions: Default::default(), new_files };
        let mut added = 0;
        for (name, domain) in &desired.domains {
            let held = account.snapshot.domains.get_mut(name).unwrap();
            let neighbours: Vec<_> = held.configs.clone().into_iter().collect();
            for (at, (address, remote)) in neighbours.into_iter().enumerate() {
                let mut new = address.clone();
                match at % 3 {
                    0 => new.stream = format!("{}-2", address.stream.replace('*', "all")).into(),
                    1 => new.app = format!("{}-2", address.app.replace('*', "all")).into(),
                    _ => new.stream = "on".into(),
                }
                if domain.entries.contains_key(&new)
                    || desired.ignore.iter().any(|one| one.value.matches(&new))
                    || domain.prunes(&new).is_some()
                {
                    continue;
                }
                let config =
                    RecordConfig { on_demand: if at % 2 == 0 { 7 } else { 0 }, ..remote.config.clone() };
                added += usize::from(
                    held.configs
                        .insert(new, Remote { config, spelling: StreamSpelling::Named, ..remote })
                        .is_none(),
                );
            }
        }
        let (after, merge) = account.merged();
        assert_eq!(merge.ambiguous, [], "{paths:?}");
        assert_eq!(merge.added.len(), added);
        assert!(added > 0, "{paths:?}");
        assert_eq!(after.plan().notes.unmanaged, []);
        let count = canonical(&account.sources).len();
        assert_eq!(canonical(&after.sources)[..count], canonical(&account.sources));
    }
}
