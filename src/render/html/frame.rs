//! The frame of every page: its head, with its own style and script and nothing else, where it is from, and its end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::super::layout::Made;
use super::super::phrases::moment;
use super::marks::escaped;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Characters of a commit that tell it from every other one.
const COMMIT_SHOWN: usize = 12;

/// The beginning of a page, whose totals are in its title; `skip` is the anchor and the name of its main part.
pub(super) fn head(totals: &str, title: Option<&str>, skip: [&str; 2]) -> String {
    let [anchor, name] = skip;
    let allowed = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        allowed(STYLE),
        allowed(SCRIPT)
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>livevod{}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#{anchor}\">Skip to the {name}</a>\n",
        title.map(|title| format!(" {}", escaped(title))).unwrap_or_default(),
        escaped(totals)
    )
}

/// When, by which version and from what a page was made, as far as that is known. `what` is what was done then.
pub(super) fn origin(what: &str, Made { time, version, commit, author }: &Made) -> String {
    let time = time.map(|time| format!("{what} {}", moment(time)));
    let version = version.as_ref().map(|version| format!("livevod {}", escaped(version)));
    let commit = commit.as_ref().map(|commit| {
        let short: String = commit.chars().take(COMMIT_SHOWN).collect();
        format!("commit <code>{}</code>", escaped(&short))
    });
    let author = author.as_ref().map(|author| escaped(author));
    let facts: Vec<String> = [time, version, commit, author].into_iter().flatten().collect();
    match facts.is_empty() {
        true => String::new(),
        false => format!("<p class=\"quiet\">{}</p>\n", facts.join(" · ")),
    }
}

/// The end of a page, with its script.
pub(super) fn end(footer: &str) -> String {
    format!("<footer>{footer}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
}
