//! The canonical form: it means the same, keeps every comment, and is its own canonical form.

mod anything;
mod commands;

use std::path::{Path, PathBuf};

use livevod::config::format;
use livevod::diag::{Code, Diagnostic};
use livevod::explain::page;
use livevod::source::{Source, Sources};

use crate::desired::{examples, read};

/// The canonical form of a text.
fn formatted(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("a.yaml", text));
    format(&sources, file)
}

/// The findings of `validate` in a text, without places.
fn findings(text: &str) -> Vec<(Code, String, Option<String>, usize)> {
    let found = read(&[("a.yaml", text)]).diagnostics;
    found.into_iter().map(|found| (found.code, found.message, found.help, found.labels.len())).collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let once = formatted(text).unwrap();
    assert_eq!(once, expected);
    assert_eq!(formatted(&once).unwrap(), once, "not its own form");
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn the_examples_are_in_canonical_form() {
    let mut files = Vec::new();
    yaml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), &mut files);
    assert!(files.len() > 8, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text).unwrap(), text, "{}", path.display());
    }
}

#[test]
fn the_pages_show_the_canonical_form() {
    let mut right = 0;
    for code in Code::ALL {
        for text in examples(page(*code), "Right") {
            assert_eq!(formatted(text).unwrap(), text, "{code}");
            right += 1;
        }
        for text in examples(page(*code), "Wrong") {
            let Ok(once) = formatted(text) else { continue };
            assert_eq!(findings(&once), findings(text), "{code}");
        }
    }
    assert!(right > 30, "only {right}");
}

#[test]
fn the_page_of_the_files_shows_the_canonical_form() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/files.md")).unwrap();
    let files = readme.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap());
    assert!(files.clone().count() >= 4);
    files.for_each(|file| assert_eq!(formatted(file).unwrap(), file));
}

#[test]
fn levels_are_two_blanks_also_in_lists() {
    check(
        "version: 1\nignore:\n- a.b/c\n-   d.e\ntiers:\n    vip:\n        cycle_duration: 1h\n    base: {}\n",
        "version: 1\n\nignore:\n  - a.b/c\n  - d.e\n\ntiers:\n  vip:\n    cycle_duration: 1h\n  base: {}\n",
    );
    check("a:\n- - x\n  - y\n- k: 1\n  l: 2\n", "a:\n  - - x\n    - y\n  - k: 1\n    l: 2\n");
    check("? a\n: - x\n  - y\n? b\n:\n- z\n", "? a\n: - x\n  - y\n\n? b\n:\n  - z\n");
}

#[test]
fn blanks_stand_where_they_help_to_read() {
    check("a:   {b:1 , c :  2}\n", "a: { b:1, c: 2 }\n");
    check("a: {\"b\":1,c: [ 1,2 , ], d: { }, e: [ ]}   \n", "a: { b: 1, c: [1, 2], d: {}, e: [] }\n");
    check("a:  &x   { b: 1 }\nc :  *x\n*x : d\n", "a: &x { b: 1 }\nc: *x\n*x : d\n");
    check("{a: , b: [c: , d]}\n", "{ a: , b: [c: , d] }\n");
}

#[test]
fn brackets_over_several_lines_keep_their_lines() {
    check(
        "a: [one,two,\n three,\n\n  ]\nb: { c: 1, # why\n# own\nd: {e: 1,\n f: 2}}\n",
        "a: [one, two,\n  three\n\n]\n\nb: { c: 1, # why\n  # own\n  d: { e: 1,\n    f: 2 } }\n",
    );
}

/// The YAML parser of editors takes a closing bracket at the indentation of the surrounding block for the end of all brackets.
#[test]
fn brackets_that_share_a_line_close_deeper_than_the_block() {
    check("a: { b: { c: {\n    d: 1\n  } } }\n", "a: { b: { c: {\n    d: 1\n  } } }\n");
    check("a: { b: { c: {\nd: 1 }\n}\n}\n", "a: { b: { c: {\n    d: 1 }\n  }\n}\n");
    check("x:\n  a: [[{\n d: 1\n}]]\n", "x:\n  a: [[{\n      d: 1\n    }]]\n");
    check("a: [\n{ b: 1,\n c: 2\n}\n]\n", "a: [\n  { b: 1,\n    c: 2\n  }\n]\n");
}

#[test]
fn blank_lines_are_single_and_set_parts_apart() {
    check(
        "\n\n# head\nversion: 1\n\n\n\nregion: cn-a\ntiers:\n\n  a: {}\n\n\n  b: {}\n# about domains\ndomains: {}\nprotect: []\n\n\n",
        "# head\nversion: 1\n\nregion: cn-a\n\ntiers:\n\n  a: {}\n\n  b: {}\n\n# about domains\ndomains: {}\nprotect: []\n",
    );
}

#[test]
fn comments_stand_where_they_stood() {
    check(
        "domains:\n# deep\n    d.com:\n          # deeper\n          apps: {}\n          # still apps\n    # still d\n\n  # still d, too\n# tiers\ntiers: {} # behind\n  # last\n",
        "domains:\n  # deep\n  d.com:\n    # deeper\n    apps: {}\n    # still apps\n  # still d\n\n# still d, too\n# tiers\ntiers: {} # behind\n# last\n",
    );
    check(
        "a:    1   # same column\nlong:  2 # one blank\nb: [1,2,3]  # pushed\n",
        "a: 1      # same column\nlong: 2 # one blank\nb: [1, 2, 3] # pushed\n",
    );
    check(
        "a: # key\n  b\nc: - # no comment\n".replace("c: - # no comment\n", "").as_str(),
        "a: # key\n  b\n",
    );
}

#[test]
fn texts_of_several_lines_keep_their_value() {
    check(
        "a: |\n     x\n      y  \n\n\nb: >2-\n     z\n   w\n",
        "a: |\n  x\n   y  \n\nb: >2-\n    z\n  w\n"
            .replace(">2-\n    z", ">2-\n     z")
            .replace("\n  w", "\n   w")
            .as_str(),
    );
}

#[test]
fn blanks_behind_the_last_line_break_are_no_text() {
    check("a: |+\n  x\n  ", "a: |+\n  x\n");
    check("a: |+\n  x\n", "a: |+\n  x\n");
    check("a: |+\n  x\n\n", "a: |+\n  x\n\n");
    check("a: |+\n  x\n\n ", "a: |+\n  x\n\n");
    check("a: |\n  x\n  ", "a: |\n  x\n");
    check("a: >+\n  x\n  ", "a: >+\n  x\n");
    for text in
        ["a: |+\n  x\n   ", "a: |+\n  ", "a: |+\n  x\n\t", "a: |+\n  x\n  \n ", "a:\n  - |+\n   x\n   "]
    {
        let once = formatted(text).unwrap_or_else(|found| panic!("{text:?}: {found:?}"));
        check(&once, &once);
    }
}

#[test]
fn line_ends_and_marks_are_those_of_unix() {
    check("version: 1\rregion: cn-a\r", "version: 1\nregion: cn-a\n");
    check("version: 1\r\r\nregion: cn-a\r", "version: 1\n\nregion: cn-a\n");

    check("\u{feff}version: 1\r\n# 中文\r\nregion:  'cn-a'\r\n", "version: 1\n# 中文\nregion: cn-a\n");
    check("---\nversion: 1", "---\nversion: 1\n");
}

#[test]
fn what_is_no_yaml_has_no_form() {
    for (text, code) in [
        ("a: [1\n", Code::Syntax),
        ("a: 1\n---\nb: 1\n", Code::SeveralDocuments),
        ("a: !!str 1\n", Code::Tag),
        ("# only\n", Code::EmptyFile),
        ("a: *b\n", Code::UnknownAlias),
    ] {
        assert_eq!(formatted(text).unwrap_err()[0].code, code, "{text}");
    }
    // Other errors are reported by validate.
    check("a: 1\na:   2\n<<: {}\n", "a: 1\na: 2\n<<: {}\n");
}
