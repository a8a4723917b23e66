//! The words of a plan: names that outputs share, and reasons as readers see them.

use livevod::model::{Address, RecordConfig, StreamSpelling};
use livevod::plan::{ActionKind, Change, ChangeNote, Guard, Noted, Reason, Transition, relation};
use livevod::source::{Place, Position};
use serde_json::{Value, to_value};

#[test]
fn actions_and_guards_have_one_name_in_sentences_and_documents() {
    let actions = [ActionKind::Create, ActionKind::Update, ActionKind::Replace, ActionKind::Delete];
    for action in actions {
        assert_eq!(to_value(action).unwrap(), Value::from(action.name()));
    }
    let guards = [
        Guard::Limits,
        Guard::RecordingGap,
        Guard::RecordingStop,
        Guard::AppWide,
        Guard::Empty,
        Guard::Writes,
        Guard::Account,
        Guard::Stale,
        Guard::Digest,
        Guard::Protect,
    ];
    for guard in guards {
        assert_eq!(to_value(guard).unwrap(), Value::from(guard.name()));
    }
}

#[test]
fn a_reason_names_the_line_that_asks_for_it() {
    let line = |line| Position { line, column: 1, byte: 0 };
    let place = Place { file: "live.yaml".into(), start: line(7), end: line(8) };
    let bucket = |name: &str| RecordConfig { storage_location: Some(name.into()), ..RecordConfig::default() };
    let change = |reason| Change {
        address: "live.example.com/show/cam1".parse().unwrap(),
        transition: Transition::Replace { before: bucket("a"), after: bucket("b") },
        reason,
        is_protected: false,
        spelling: StreamSpelling::Named,
        contingent: Vec::new(),
        siblings: Vec::new(),
    };
    let note = ChangeNote { reason_place: Some(place), run: Some("r1".to_owned()), ..ChangeNote::default() };
    let table = [
        (Reason::Missing, "declared but missing", None),
        (Reason::Differs, "differs from the files", None),
        (Reason::CreateOnly, "`storage_location` can only be set when a configuration is created", None),
        (Reason::DeclaredAbsent, "declared `state: absent` (live.yaml:7)", Some("declared `state: absent`")),
        (
            Reason::Pruned,
            "not declared, and `prune: true` (live.yaml:7)",
            Some("not declared, and `prune: true`"),
        ),
        (Reason::InSnapshot, "differs from live.yaml", Some("differs from the snapshot")),
        (Reason::NotInSnapshot, "not in live.yaml", Some("not in the snapshot")),
        (
            Reason::FinishesReplace,
            "finishes the replace that run r1 left unfinished",
            Some("finishes the replace that an earlier run left unfinished"),
        ),
        (Reason::PutsBack, "adds back what run r1 removed", Some("adds back what an earlier run removed")),
    ];
    for (reason, text, bare) in table {
        let change = change(reason);
        assert_eq!(Noted { change: &change, note: &note }.reason_text(), text);
        let without = Noted { change: &change, note: &ChangeNote::default() };
        assert_eq!(without.reason_text(), bare.unwrap_or(text), "without a note");
    }
}

#[test]
fn a_ruler_is_named_within_the_domain() {
    let address = |text: &str| text.parse::<Address>().unwrap();
    let cam = address("live.example.com/show/cam1");
    assert_eq!(relation(&cam, &cam), "its own configuration");
    assert_eq!(relation(&address("live.example.com/show/*"), &cam), "show/*");
}
