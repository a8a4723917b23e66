//! The README's `console` blocks, run in their order in one folder: what it shows is what is printed.

use std::path::Path;
use std::process::Command;

use super::World;

#[test]
fn the_tour_shows_what_is_printed() {
    let mut world = World::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let quickstart = std::fs::read_to_string(root.join("examples/quickstart/livevod.yaml")).unwrap();
    world.write("livevod.yaml", &quickstart);
    world.converge("--emulator");
    let binary = Path::new(env!("CARGO_BIN_EXE_livevod")).parent().unwrap().to_str().unwrap().to_owned();
    world.set("PATH", &format!("{binary}:/usr/bin:/bin"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let steps = steps(&readme);
    assert!(steps.len() >= 5, "{steps:?}");
    for (command, expected) in steps {
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(world.path())
            .env_clear()
            .envs(world.variables())
            .output()
            .unwrap();
        let printed = world.scrub(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(
            printed.trim_end(),
            world.scrub(&expected).trim_end(),
            "`{command}` prints something else"
        );
    }
}

/// Each command behind `$ `, and what stands below it.
fn steps(readme: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => steps.push((command.to_owned(), String::new())),
                None => {
                    let (_, expected) = steps.last_mut().unwrap();
                    expected.push_str(line);
                    expected.push('\n');
                }
            }
        }
    }
    steps
}
