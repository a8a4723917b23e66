//! The examples are valid.

use std::path::PathBuf;

use livevod::check::{Levels, check, settle};
use livevod::config::load;
use livevod::diag::Diagnostic;
use livevod::resolve::resolve;

fn findings(paths: &[&str]) -> (Vec<Diagnostic>, usize) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    findings_at(&paths.iter().map(|path| root.join(path)).collect::<Vec<_>>())
}

fn findings_at(paths: &[PathBuf]) -> (Vec<Diagnostic>, usize) {
    let loaded = load(paths);
    let (desired, found) = resolve(&loaded.document);
    let rules = check(&loaded.document, &desired, jiff::civil::date(2026, 11, 22));
    let entries = desired.domains.values().map(|domain| domain.entries.len()).sum();
    let all = [loaded.diagnostics, found, rules].concat();
    (settle(all, &loaded.document.allows, &Levels::default()), entries)
}

#[test]
fn nothing_is_wrong_with_any() {
    for (paths, least) in [
        (&["quickstart"][..], 2),
        (&["platform"], 50),
        (&["by-format"], 5),
        (&["staging-production/common.yaml", "staging-production/staging.yaml"], 2),
        (&["staging-production/common.yaml", "staging-production/production.yaml"], 2),
    ] {
        let (findings, entries) = findings(paths);
        let shown: Vec<_> =
            findings.iter().map(|found| (found.code, &found.message, &found.labels)).collect();
        assert_eq!(shown, [], "{paths:?}");
        assert!(entries >= least, "{paths:?} has only {entries} configurations");
    }
}

#[test]
fn nothing_is_wrong_with_the_samples_of_the_page_of_the_files() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/files.md");
    let page = std::fs::read_to_string(page).unwrap();
    let samples: Vec<&str> =
        page.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(samples.len() >= 4);
    let folder = tempfile::tempdir().unwrap();
    for sample in samples {
        let file = folder.path().join("livevod.yaml");
        std::fs::write(&file, sample).unwrap();
        let (findings, entries) = findings_at(&[file]);
        let shown: Vec<_> = findings.iter().map(|found| (found.code, &found.message)).collect();
        assert_eq!(shown, [], "{sample}");
        assert!(entries > 0);
    }
}
