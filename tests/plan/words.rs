//! The words of a plan: names that outputs share, and reasons as a reader meets them.

use livevod::model::{Address, Field};
use livevod::plan::{ActionKind, Guard, Reason, relation};
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
    let run = "r1".to_owned();
    let table = [
        (Reason::Missing, "declared, but not there"),
        (Reason::Differs, "not as declared"),
        (
            Reason::CreateOnly { field: Field::StorageLocation },
            "`storage_location` can only be set by adding anew",
        ),
        (Reason::DeclaredAbsent { place: place.clone() }, "declared `state: absent` (live.yaml:7)"),
        (Reason::Pruned { place: place.clone() }, "not declared, and `prune: true` (live.yaml:7)"),
        (Reason::InSnapshot { place: place.clone() }, "not as in live.yaml"),
        (Reason::NotInSnapshot { place }, "not in live.yaml"),
        (Reason::FinishesReplace { run: run.clone() }, "finishes the replace that run r1 left half done"),
        (Reason::PutsBack { run }, "puts back what run r1 removed"),
    ];
    for (reason, text) in table {
        assert_eq!(reason.text(), text);
    }
}

#[test]
fn a_ruler_is_named_within_the_domain() {
    let address = |text: &str| text.parse::<Address>().unwrap();
    let cam = address("live.example.com/show/cam1");
    assert_eq!(relation(&cam, &cam), "its own entry");
    assert_eq!(relation(&address("live.example.com/show/*"), &cam), "show/*");
}
