//! The pages of `livevod explain`: each example is right or wrong, as its page says.

use livevod::check::{Levels, check, settle};
use livevod::config::parse;
use livevod::diag::{Code, Diagnostic};
use livevod::explain::page;
use livevod::resolve::resolve;
use livevod::source::{Source, Sources};

/// The YAML blocks below a heading; several are several files.
pub(crate) fn examples<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let Some((_, below)) = page.split_once(&format!("\n## {heading}\n")) else { return Vec::new() };
    let section = below.split("\n## ").next().unwrap();
    let blocks = section.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

fn findings(files: &[&str]) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    for (number, text) in files.iter().enumerate() {
        sources.add(Source::new(format!("{number}.yaml"), *text));
    }
    let (document, mut diagnostics) = parse(&sources);
    let (desired, found) = resolve(&document);
    diagnostics.extend(found);
    diagnostics.extend(check(&document, &desired, jiff::civil::date(2026, 11, 22)));
    settle(diagnostics, &document.allows, &Levels::default())
}

#[test]
fn what_is_wrong_on_a_page_earns_its_code_and_no_other() {
    for code in Code::ALL {
        let wrong = examples(page(*code), "Wrong");
        if wrong.is_empty() {
            continue;
        }
        let found = findings(&wrong);
        assert!(!found.is_empty(), "{code}");
        for one in found {
            assert_eq!(one.code, *code, "{}", one.message);
            assert!(!one.labels.is_empty(), "{code} points nowhere");
            assert!(one.help.is_some(), "{code} says not what to do");
        }
    }
}

#[test]
fn what_is_right_on_a_page_earns_nothing() {
    for code in Code::ALL {
        let found = findings(&examples(page(*code), "Right"));
        let right = if examples(page(*code), "Right").is_empty() { Vec::new() } else { found };
        assert_eq!(right, [], "{code}");
    }
}

#[test]
fn every_page_is_whole() {
    for code in Code::ALL {
        let page = page(*code);
        assert!(page.starts_with(&format!("# {code}\n\n")), "{code}");
        let (wrong, right) = (examples(page, "Wrong").len(), examples(page, "Right").len());
        assert_eq!(wrong > 0, right > 0, "{code}");
        let schema = page.matches("The JSON Schema ").count();
        assert_eq!(schema, usize::from(wrong > 0), "{code} says of the schema what it should");
        assert!(page.lines().all(|line| line.chars().count() <= 120), "{code}");
    }
}
