//! Holds the `use crate::` lines of `src/` to the arrows that `lib.rs` draws.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which modules each module may use.
const ALLOWED: [(&str, &[&str]); 20] = [
    ("gate", &[]),
    ("model", &[]),
    ("source", &[]),
    ("files", &[]),
    ("diag", &["model", "source"]),
    ("wire", &["model"]),
    ("sealed", &["gate"]),
    ("schema", &[]),
    ("snapshot", &["model", "schema", "sealed"]),
    ("config", &["model", "source", "diag"]),
    ("emulator", &["model", "wire", "files"]),
    ("resolve", &["model", "snapshot", "source", "diag", "config"]),
    ("check", &["model", "source", "diag", "config", "resolve"]),
    ("explain", &["model", "source", "diag", "config", "resolve"]),
    ("plan", &["model", "sealed", "source", "diag", "wire", "resolve"]),
    ("api", &["gate", "model", "wire"]),
    ("embedded", &["wire", "api", "emulator"]),
    ("apply", &["gate", "model", "source", "files", "diag", "wire", "plan", "api"]),
    (
        "render",
        &[
            "gate", "model", "schema", "snapshot", "source", "diag", "wire", "config", "resolve", "explain",
            "plan", "api", "apply",
        ],
    ),
    (
        "cli",
        &[
            "gate", "model", "snapshot", "source", "files", "diag", "wire", "config", "emulator", "embedded",
            "resolve", "check", "explain", "plan", "api", "apply", "render",
        ],
    ),
];

#[test]
fn arrows_run_one_way() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    let mut edges = 0;
    for (module, file, text) in sources() {
        for target in crate_paths(&text) {
            if target == module {
                continue;
            }
            edges += 1;
            if !allowed[module.as_str()].contains(target.as_str()) {
                wrong.push(format!("{file}: {module} -> {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that are not in the table:\n{}", wrong.join("\n"));
    assert!(edges > 8, "the test found only {edges} edges, so it reads the wrong files");
}

#[test]
fn only_the_named_modules_touch_the_outside() {
    let outside = [
        "std::env",
        "std::fs",
        "fs_err",
        "std::time::SystemTime",
        "Instant::now",
        "Timestamp::now",
        "getrandom::",
    ];
    let free = [
        "api",
        "apply",
        "cli",
        "files",
        "config/load.rs",
        "emulator/server",
        "emulator/service.rs",
        "emulator/store.rs",
    ];
    for (_, file, text) in sources() {
        if free.iter().any(|name| file.starts_with(&format!("src/{name}"))) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for word in outside {
            assert!(!code.contains(word), "{file} uses {word}");
        }
    }
}

/// Module, path from the root, text.
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let file = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let module = file.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
            if module != "lib" && module != "main" {
                found.push((module, file, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// The first parts of every `crate::…` path, groups like `crate::{a, b::C}` included; comments do not count.
fn crate_paths(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let name = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut part = String::new();
                for character in group.chars() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            found.insert(name(part.trim()));
                            part.clear();
                        }
                        _ => {}
                    }
                    if depth == 0 && character != ',' {
                        part.push(character);
                    }
                }
                found.insert(name(part.trim()));
            }
            None => {
                found.insert(name(rest));
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}
