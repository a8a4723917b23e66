//! Checks `src/` against the layers in `lib.rs`: which module may use which, no cycles between files, and no public item that is
//! unused outside.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use files::{Library, Module, Source};

/// Which modules each module may use.
const ALLOWED: [(&str, &[&str]); 29] = [
    ("gate", &[]),
    ("model", &[]),
    ("source", &[]),
    ("files", &[]),
    ("diag", &["gate", "model", "source"]),
    ("wire", &["model"]),
    ("sealed", &["gate"]),
    ("schema", &[]),
    ("store", &[]),
    ("sessions", &["model", "schema", "sealed"]),
    ("snapshot", &["model", "schema", "sealed"]),
    ("config", &["model", "source", "diag"]),
    ("emulator", &["model", "wire", "files"]),
    ("resolve", &["model", "snapshot", "source", "diag", "config"]),
    ("check", &["model", "source", "diag", "config", "resolve"]),
    ("explain", &["model", "source", "diag", "config", "resolve"]),
    ("permissions", &["store", "wire"]),
    ("plan", &["model", "sealed", "source", "diag", "wire", "resolve"]),
    ("import", &["gate", "model", "source", "diag", "config", "resolve", "check", "plan"]),
    ("merge", &["model", "source", "diag", "config", "resolve", "check", "plan"]),
    ("api", &["gate", "model", "wire"]),
    ("embedded", &["wire", "api", "emulator"]),
    ("bucket", &["gate", "wire", "api", "store"]),
    ("apply", &["gate", "model", "source", "files", "store", "diag", "wire", "plan", "api"]),
    ("audit", &["model", "schema", "sealed", "source", "plan", "apply"]),
    ("drift", &["model", "sealed", "source", "wire", "resolve", "plan", "apply"]),
    ("notify", &["gate", "model", "schema", "wire", "plan", "api", "audit", "drift"]),
    (
        "render",
        &[
            "gate",
            "model",
            "schema",
            "snapshot",
            "source",
            "diag",
            "wire",
            "config",
            "resolve",
            "explain",
            "permissions",
            "plan",
            "import",
            "merge",
            "api",
            "apply",
            "audit",
            "drift",
            "notify",
            "sessions",
            "store",
        ],
    ),
    (
        "cli",
        &[
            "gate",
            "model",
            "snapshot",
            "source",
            "files",
            "diag",
            "wire",
            "config",
            "emulator",
            "embedded",
            "resolve",
            "check",
            "explain",
            "permissions",
            "plan",
            "import",
            "api",
            "bucket",
            "merge",
            "apply",
            "audit",
            "drift",
            "notify",
            "render",
            "sessions",
            "store",
        ],
    ),
];

#[test]
fn arrows_run_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    let library = Library::read();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (module, Source { path: file, .. }) in &library.0 {
        let Some(from) = module.first() else { continue };
        for (to, path) in library.arrows(module).iter().filter(|(to, _)| to[0] != *from) {
            count += 1;
            if !allowed[from.as_str()].contains(&to[0].as_str()) {
                wrong.push(format!("{file}: {from} -> {} by {path}", to[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not in the table:\n{}", wrong.join("\n"));
    assert!(count > 500, "the test found only {count} arrows, so it reads the wrong files");
}

#[test]
fn no_files_stand_in_a_circle() {
    let library = Library::read();
    let wrong: Vec<String> = circles(&library).iter().map(|circle| told(&library, circle)).collect();
    assert!(wrong.is_empty(), "circles of files:\n{}", wrong.join("\n"));
}

/// The dependencies that form a cycle.
fn told(library: &Library, circle: &BTreeSet<Module>) -> String {
    let arrows = circle.iter().flat_map(|from| {
        let within = library.arrows(from).into_iter().filter(|(to, _)| circle.contains(to));
        within.map(|(to, path)| format!("{} -> {} by {path}\n", library.0[from].path, library.0[&to].path))
    });
    arrows.collect()
}

/// The largest sets of files that all depend on each other.
fn circles(library: &Library) -> BTreeSet<BTreeSet<Module>> {
    let arrows: BTreeMap<&Module, Vec<Module>> =
        library.0.keys().map(|module| (module, library.arrows(module).into_keys().collect())).collect();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        library.0.keys().map(|module| (module, reached(module, &arrows))).collect();
    let circle = |module: &&Module| -> BTreeSet<Module> {
        let others = reached[*module].iter().filter(|other| reached[**other].contains(*module));
        others.map(|other| (*other).clone()).collect()
    };
    library.0.keys().map(|module| circle(&module)).filter(|circle| circle.len() > 1).collect()
}

fn reached<'a>(from: &'a Module, arrows: &'a BTreeMap<&Module, Vec<Module>>) -> BTreeSet<&'a Module> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        open.extend(arrows[module].iter().filter(|next| found.insert(*next)));
    }
    found
}

#[test]
fn a_circle_is_found_through_a_re_export_and_not_through_tests() {
    let texts = [
        ("src/lib.rs", "mod a;\nmod b;"),
        ("src/a/mod.rs", "mod inner;\npub use inner::Thing;"),
        ("src/a/inner.rs", "use crate::b::{self, Other as Renamed};\npub struct Thing;"),
        (
            "src/b.rs",
            "pub struct Other(crate::a::Thing);\n#[cfg(test)]\nmod tests {\n    use crate::c::X;\n}",
        ),
        ("src/c.rs", "// crate::b::Other\nfn text() { \"crate::c\"; b::f() }"),
    ];
    let files = texts.map(|(path, text)| files::source(path, text).unwrap());
    let found = circles(&Library(files.into()));
    let inner = ["a", "inner"].map(str::to_owned).to_vec();
    assert_eq!(found, [[inner, vec!["b".to_owned()]].into()].into());
}

#[test]
fn the_first_page_draws_every_module() {
    let page = lines_of("src/lib.rs", "//!");
    for (module, _) in modules() {
        assert!(page.contains(&format!("`{module}`")), "`{module}` is not on the first page, in `lib.rs`");
    }
    assert!(page.contains("unstable"), "the first page says what may be relied on");
}

#[test]
fn only_what_somebody_outside_uses_is_public() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut outside = std::fs::read_to_string(root.join("src/main.rs")).unwrap();
    for folder in ["tests", "benches", "fuzz/src", "fuzz/fuzz_targets"] {
        outside.push_str(&texts(&root.join(folder)));
    }
    for (module, is_public) in modules() {
        let is_used = outside.contains(&format!("livevod::{module}")) || grouped(&outside).contains(&module);
        assert_eq!(is_public, is_used, "`{module}` is public or not, and used outside or not");
    }
}

/// The contents of `use livevod::{…}`, if that is on one line.
fn grouped(text: &str) -> BTreeSet<String> {
    let groups = text.lines().filter_map(|line| line.strip_prefix("use livevod::{")?.strip_suffix("};"));
    groups
        .flat_map(|group| group.split(", "))
        .map(|name| name.split("::").next().unwrap().to_owned())
        .collect()
}

/// All Rust code below a folder, except this test.
fn texts(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("architecture") {
            text.push_str(&texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    text
}

/// The modules that `lib.rs` declares, and whether they are public.
fn modules() -> Vec<(String, bool)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared = text.lines().filter_map(|line| {
        let (visibility, name) = line.strip_suffix(';')?.split_once("mod ")?;
        Some((name.to_owned(), !visibility.is_empty()))
    });
    declared.collect()
}

/// The lines of a file that begin with this text.
fn lines_of(file: &str, beginning: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    text.lines().filter(|line| line.starts_with(beginning)).collect::<Vec<_>>().join("\n")
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
        "bucket",
        "cli",
        "files",
        "config/load.rs",
        "emulator/server",
        "emulator/service.rs",
        "emulator/store.rs",
        "notify/post.rs",
        "store/lease.rs",
        "store/patience.rs",
    ];
    for Source { path, code, .. } in Library::read().0.values() {
        if free.iter().any(|name| path.starts_with(&format!("src/{name}"))) {
            continue;
        }
        for word in outside {
            assert!(!code.contains(word), "{path} uses {word}");
        }
    }
}
