//! What `livevod fmt` prints and writes.

use insta::assert_snapshot;
use serde_json::json;

use crate::transcripts::World;

const LOOSE: &str = "version:   1\r\ntiers:\r\n    vip: {cycle_duration: 36m}   # 中文\r\n    'base': {}\r\n";
const TIDY: &str = "version: 1\n\ntiers:\n  vip: { cycle_duration: 36m }   # 中文\n  base: {}\n";
const BROKEN: &str = "version: 1\ntiers: [\n";

fn folder() -> World {
    let world = World::new();
    world.write("livevod/loose.yaml", LOOSE);
    world.write("livevod/tidy.yaml", TIDY);
    world
}

fn text(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.path().join(name)).unwrap()
}

#[test]
fn files_are_written_once() {
    let world = folder();
    let run = world.run("fmt");
    assert_eq!((run.code, text(&world, "livevod/loose.yaml").as_str()), (0, TIDY));
    assert_snapshot!(run.transcript());
    assert_snapshot!("again", world.run("fmt").transcript());
}

#[test]
fn check_writes_nothing_and_names_the_files() {
    let world = folder();
    let run = world.run("fmt --check");
    assert_eq!((run.code, text(&world, "livevod/loose.yaml").as_str()), (2, LOOSE));
    assert_snapshot!(run.transcript());
    assert_eq!(world.run("fmt --check livevod/tidy.yaml").code, 0);
}

#[test]
fn a_difference_is_shown_and_not_written() {
    let world = folder();
    let run = world.run("fmt --diff");
    assert_eq!((run.code, text(&world, "livevod/loose.yaml").as_str()), (0, LOOSE));
    assert_snapshot!(run.transcript());
    assert_snapshot!("coloured", world.run("fmt --diff --color always").stdout.escape_debug().to_string());
    assert_eq!(world.run("fmt --diff --check").code, 2);
    assert_eq!(world.run("fmt --diff --format json").code, 1);
}

#[test]
fn a_broken_file_keeps_no_other_from_its_form() {
    let world = folder();
    world.write("livevod/broken.yaml", BROKEN);
    let run = world.run("fmt");
    assert_eq!((run.code, text(&world, "livevod/loose.yaml").as_str()), (1, TIDY));
    assert_eq!(text(&world, "livevod/broken.yaml"), BROKEN);
    assert_snapshot!(run.transcript());
    world.write("livevod/loose.yaml", LOOSE);
    assert_eq!(world.run("fmt --check").code, 1);
}

#[test]
fn machines_get_one_document() {
    let world = folder();
    let run = world.run("fmt --check --format json");
    assert_eq!((run.code, run.stderr.as_str()), (2, ""));
    assert_snapshot!(run.stdout);
    let written = world.run("fmt --format json").json();
    assert_eq!(written["files"][0], json!({"file": "livevod/loose.yaml", "form": "written"}));
    assert_eq!(written["exit"], json!({"code": 0, "reason": "success"}));
    world.write("livevod/loose.yaml", LOOSE);
    assert_snapshot!("github", world.run("fmt --check --format github").stdout);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let world = folder();
    let run = world.pipe("fmt -", LOOSE);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, TIDY, ""));
    let run = world.pipe("fmt -", BROKEN);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert_snapshot!(run.transcript());
    assert_eq!(world.pipe("fmt --check -", LOOSE).code, 2);
    assert_eq!(world.pipe("fmt --check -", TIDY).code, 0);
    assert_eq!(world.pipe("fmt - livevod", TIDY).code, 1);
    assert_eq!(world.pipe("fmt - --format json", TIDY).code, 1);
}

#[test]
fn what_render_writes_is_in_canonical_form() {
    let world = World::with(
        "version: 1\naccount: '1'\nignore: [\"**/a\"]\ndomains:\n  d.com:\n    apps: { a: { streams: { \"*\": { vod_transcode_group: VOD_NO_TRANSCODE } } } }\n",
    );
    let rendered = world.run("render").stdout;
    assert_eq!(world.pipe("fmt -", &rendered).stdout, rendered);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn permissions_and_links_stay() {
        let world = folder();
        let target = world.path().join("livevod/loose.yaml");
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("livevod/loose.yaml", world.path().join("link.yaml")).unwrap();
        assert_eq!(world.run("fmt link.yaml").code, 0);
        assert_eq!(text(&world, "livevod/loose.yaml"), TIDY);
        assert!(world.path().join("link.yaml").is_symlink());
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_read_only_file_is_left_alone() {
        let world = folder();
        let target = world.path().join("livevod/loose.yaml");
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o444)).unwrap();
        let run = world.run("fmt");
        assert_eq!((run.code, text(&world, "livevod/loose.yaml").as_str()), (1, LOOSE));
        assert_snapshot!(run.transcript());
        let left: Vec<_> = std::fs::read_dir(world.path().join("livevod")).unwrap().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }
}
