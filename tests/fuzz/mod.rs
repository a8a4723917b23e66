//! The fuzzers' corpora, replayed in order: every input that covered new code, and every one that found a bug.

#[expect(unreachable_pub, reason = "the fuzzers' own package takes them from outside")]
mod targets;

use std::path::Path;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut inputs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(inputs.len() > 4, "only {}", inputs.len());
    for input in inputs {
        let bytes = std::fs::read(&input).unwrap();
        let held = std::panic::catch_unwind(|| target(&bytes));
        assert!(held.is_ok(), "{}", input.display());
    }
}

#[test]
fn files() {
    replay("load", targets::load);
}

#[test]
fn answers() {
    replay("answer", targets::answer);
}

#[test]
fn requests() {
    replay("request", targets::request);
}

#[test]
fn patterns() {
    replay("pattern", targets::pattern);
}

#[test]
fn snapshots() {
    replay("snapshot", targets::snapshot);
}

#[test]
fn saved_plans() {
    replay("plan", targets::plan);
}

#[test]
fn journals() {
    replay("journal", targets::journal);
}
