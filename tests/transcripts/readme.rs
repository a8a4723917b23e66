//! The `console` blocks of the READMEs, run in order in one empty folder: they must show the real output.

use std::path::Path;
use std::process::Command;

use super::World;
use super::journal;

pub(super) fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_first_plan_shows_what_is_printed() {
    let steps = steps(&text("README.md"));
    assert!(steps.len() >= 10, "{steps:?}");
    print_what_is_shown(&mut World::new(), &steps, |printed| printed.to_owned());
}

/// Runs the commands of a page in order in one folder, and compares what they print, changed as told, with what the page shows.
pub(super) fn print_what_is_shown(
    world: &mut World,
    steps: &[(String, String)],
    change: impl Fn(&str) -> String,
) {
    let binary = Path::new(env!("CARGO_BIN_EXE_livevod")).parent().unwrap().to_str().unwrap().to_owned();
    world.set("PATH", &format!("{binary}:/usr/bin:/bin"));
    for (command, expected) in steps {
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(world.path())
            .env_clear()
            .envs(world.variables())
            .output()
            .unwrap();
        let printed = change(&String::from_utf8(output.stdout).unwrap());
        let printed = journal::scrub(&world.scrub(&printed));
        assert_eq!(printed.trim_end(), world.scrub(expected).trim_end(), "`{command}` prints something else");
    }
}

/// Both READMEs have the same commands and the same output.
#[test]
fn both_readmes_show_the_same() {
    let [one, other] = ["README.md", "README.zh-CN.md"].map(text);
    assert_eq!(steps(&one), steps(&other));
    let blocks = |text: &str| -> Vec<String> {
        let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
        let commands = |block: &str| {
            let lines: Vec<&str> =
                block.lines().map(|line| line.split("  #").next().unwrap().trim_end()).collect();
            lines.join("\n")
        };
        blocks.map(commands).collect()
    };
    assert_eq!(blocks(&one), blocks(&other));
}

/// Every page that a page links to exists.
#[test]
fn links_between_pages_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("README.zh-CN.md"), root.join("SECURITY.md")];
    pages.push(root.join("CONTRIBUTING.md"));
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        pages.extend(
            Some(entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "md")),
        );
    }
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let path = target.split('#').next().unwrap();
            let is_elsewhere = target.contains("://") || path.is_empty();
            assert!(
                is_elsewhere || page.parent().unwrap().join(path).exists(),
                "{}: {target}",
                page.display()
            );
        }
    }
}

/// Each threat names a test, and the test is there.
#[test]
fn every_threat_has_the_test_that_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = text("SECURITY.md");
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---")).skip(1).collect();
    assert!(rows.len() > 15, "{rows:?}");
    for row in rows {
        let tests = row.rsplit(" | ").next().unwrap().split('`').skip(1).step_by(2);
        let mut count = 0;
        for name in tests {
            let (file, function) = name.split_once("::").unwrap_or((name, ""));
            assert!(root.join(file).exists(), "{name}");
            assert!(function.is_empty() || text(file).contains(&format!("fn {function}(")), "{name}");
            count += 1;
        }
        assert!(count > 0, "{row}");
    }
}

/// The site that is built from docs/ has every page.
#[test]
fn every_page_is_in_the_table_of_contents() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let contents = text("docs/SUMMARY.md");
    for entry in std::fs::read_dir(docs).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(!is_page || contents.contains(&format!("]({name})")), "{name}");
    }
}

/// Each command after `$ `, and the output below it.
pub(super) fn steps(readme: &str) -> Vec<(String, String)> {
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
