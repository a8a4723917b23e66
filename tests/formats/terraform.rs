//! Plans in the formats of other tools.

use serde_json::json;

use super::plans::{applied, changed};

#[test]
fn nulls_are_written_out_and_actions_are_those_of_terraform() {
    let document = changed().run("plan --emulator --format terraform-json").json();
    let changes = document["resource_changes"].as_array().unwrap();
    let seen: Vec<(&str, bool, bool)> = changes
        .iter()
        .map(|one| {
            let change = one["change"].as_object().unwrap();
            let actions = change["actions"].as_array().unwrap().iter().map(|action| action.as_str().unwrap());
            assert!(change.contains_key("before") && change.contains_key("after"), "{one}");
            let name = actions.collect::<Vec<_>>().join(",").leak();
            (&*name, change["before"].is_null(), change["after"].is_null())
        })
        .collect();
    let expected = [
        ("update", 4, false, false),
        ("delete,create", 1, false, false),
        ("create", 1, true, false),
        ("delete", 1, false, true),
    ];
    for (actions, count, before, after) in expected {
        assert_eq!(seen.iter().filter(|one| **one == (actions, before, after)).count(), count, "{seen:?}");
    }
    assert_eq!(document["terraform_version"], "1.11.4");
    assert_eq!(
        (&document["applyable"], &document["complete"], &document["errored"]),
        (&json!(false), &json!(true), &json!(false))
    );
}

#[test]
fn nothing_to_do_is_a_document_too() {
    let document = applied().run("plan --emulator --format terraform-json").json();
    assert_eq!(document["planned_values"], json!({"root_module": {"resources": []}}));
    assert_eq!((&document["resource_changes"], &document["applyable"]), (&json!([]), &json!(false)));
}

#[test]
fn gitlab_gets_three_counts() {
    let run = changed().run("plan --emulator --format gitlab-terraform");
    assert_eq!(run.json(), json!({"create": 2, "update": 4, "delete": 2}));
}

#[test]
fn a_report_has_no_such_shape() {
    let world = changed();
    let run = world.run("apply --emulator --auto-approve --format terraform-json --max-change 9");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("possible values"), "{}", run.stderr);
    let plan = world.run("plan --emulator --format gitlab-terraform");
    assert_eq!(plan.json()["update"], 4, "it wrote nothing");
}
