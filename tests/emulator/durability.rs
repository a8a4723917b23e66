//! Acknowledged writes survive any crash.

use std::collections::BTreeSet;

use livevod::emulator::{Service, Settings, StoreError};
use livevod::model::StreamSpelling;
use livevod::wire::{add, delete};

use super::{Bench, address, classic};

/// The streams of the only app that the tests write to.
fn streams(bench: &Bench) -> BTreeSet<String> {
    bench.list("a.com").configs.iter().map(|(at, _)| at.stream.to_string()).collect()
}

#[test]
fn a_log_cut_anywhere_holds_a_prefix_of_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emulator.log");
    let bench = Bench::at(Some(&path), Settings::default());
    // The state after each acknowledged write, and the length of the log at that time.
    let mut history = vec![(std::fs::metadata(&path).unwrap().len(), streams(&bench))];
    for stream in ["a", "b", "*"] {
        bench.call(&add(&address(&format!("a.com/show/{stream}")), &classic())).unwrap();
        history.push((std::fs::metadata(&path).unwrap().len(), streams(&bench)));
    }
    bench.call(&delete(&address("a.com/show/b"), StreamSpelling::Named)).unwrap();
    history.push((std::fs::metadata(&path).unwrap().len(), streams(&bench)));
    drop(bench);
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(history.len(), 5);
    for cut in 0..=whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let acknowledged = history.iter().rfind(|(length, _)| *length <= cut as u64);
        let expected = acknowledged.map(|(_, streams)| streams.clone()).unwrap_or_default();
        let reopened = Bench::at(Some(&path), Settings::default());
        assert_eq!(streams(&reopened), expected, "cut at {cut}");
    }
}

#[test]
fn everything_of_a_configuration_survives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/emulator.log");
    let bench = Bench::at(Some(&path), Settings::default());
    bench.call(&add(&address("a.com/show/*"), &classic())).unwrap();
    let before = bench.list("a.com");
    drop(bench);
    assert_eq!(Bench::at(Some(&path), Settings::default()).list("a.com"), before);
}

#[test]
fn a_flipped_byte_and_a_foreign_file_are_refused_with_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emulator.log");
    let bench = Bench::at(Some(&path), Settings::default());
    bench.call(&add(&address("a.com/show/a"), &classic())).unwrap();
    bench.call(&add(&address("a.com/show/b"), &classic())).unwrap();
    drop(bench);
    let refusal = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Service::open(Some(&path), Settings::default()).unwrap_err()
    };
    let text = std::fs::read_to_string(&path).unwrap();
    let damaged = refusal(&text.replacen("3600", "3601", 1));
    assert!(matches!(damaged, StoreError::Damaged { line: 2, .. }), "{damaged}");
    assert!(damaged.to_string().contains("emulator.log` is damaged in line 2"), "{damaged}");
    let foreign = refusal("version: 1\n");
    assert!(matches!(foreign, StoreError::NotALog(_)), "{foreign}");
}

#[test]
fn one_file_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emulator.log");
    let first = Bench::at(Some(&path), Settings::default());
    let second = Service::open(Some(&path), Settings::default()).unwrap_err();
    assert!(second.to_string().ends_with("is in use by another process"), "{second}");
    drop(first);
    assert!(Service::open(Some(&path), Settings::default()).is_ok());
}
