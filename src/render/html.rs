//! A plan as one page that stands alone: nothing is fetched, nothing but its own style and script may run, and it reads the
//! same with scripts off.

mod beside;
mod changes;
mod fleet;
mod verdict;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::base::owed;
use super::groups::Groups;
use super::links::Links;
use super::phrases::{consequences, totals};
use super::{Briefing, Target, clean};
use crate::model::Address;
use crate::plan::Plan;

use changes::Changes;
use fleet::Fleet;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// `plan --format html`.
pub fn html(briefing: Briefing, links: &Links) -> String {
    let Briefing { plan, target, left_open, since_review } = briefing;
    let fleet = Fleet::of(plan);
    let groups = Groups::of(plan);
    let parts = [
        head(plan),
        header(plan, target),
        "<main>\n".to_owned(),
        beside::since_review(&groups, since_review),
        verdict::refused(plan),
        verdict::notes(plan),
        beside::left_open(left_open),
        fleet.picture(),
        Changes { plan, links, fleet: &fleet, groups: &groups }.section(),
        left_alone(plan),
        legend(&groups),
        "</main>\n".to_owned(),
        footer(plan),
    ];
    parts.concat()
}

fn head(plan: &Plan) -> String {
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
         <title>livevod: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#changes\">Skip to the changes</a>\n",
        escaped(&totals(plan))
    )
}

/// The sentence of totals, what it was planned for, what it means, and the totals as numbers.
fn header(plan: &Plan, target: &Target) -> String {
    let Target { name: target, account } = target;
    let account = account.as_deref().map_or("no account declared".to_owned(), |id| format!("account {id}"));
    let summary = plan.summary();
    let counts = [
        ("replace", "to replace", summary.replace),
        ("delete", "to delete", summary.delete),
        ("update", "to update", summary.update),
        ("create", "to create", summary.create),
        ("none", "unchanged", summary.unchanged),
    ];
    let owed =
        plan.notes.since_base.as_ref().map(|since| owed(plan, since, |base| format!("`{}`", clean(base))));
    let owed = owed.map(|text| format!("<p>{}</p>\n", sentence_of(&text))).unwrap_or_default();
    let item = |(class, words, count): (&str, &str, usize)| {
        let class = if count == 0 { "none" } else { class };
        format!("<li class=\"{class}\"><strong>{count}</strong> {words}</li>\n")
    };
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"quiet\">{} · {}</p>\n<p>{}</p>\n{owed}\
         <ul class=\"totals\" aria-label=\"Changes by kind\">\n{}</ul>\n</header>\n",
        escaped(&totals(plan)),
        escaped(target),
        escaped(&account),
        escaped(&consequences(plan)),
        counts.map(item).concat()
    )
}

fn left_alone(plan: &Plan) -> String {
    let unsupported: Vec<&Address> =
        plan.notes.unsupported.iter().filter(|one| !one.declared).map(|one| &one.address).collect();
    let lists = [
        ("unmanaged, left alone", plan.notes.unmanaged.iter().collect()),
        ("ignored", plan.notes.ignored.iter().collect()),
        ("not declared, and can't be managed", unsupported),
    ];
    let list = |(title, addresses): (&str, Vec<&Address>)| {
        let item = |address: &&Address| format!("<li><code>{}</code></li>", escaped(&address.to_string()));
        let items: String = addresses.iter().map(item).collect();
        let whole =
            format!("<details><summary>{} {title}</summary><ul>{items}</ul></details>\n", addresses.len());
        if addresses.is_empty() { String::new() } else { whole }
    };
    let lists = lists.map(list).concat();
    match lists.is_empty() {
        true => lists,
        false => format!("<section class=\"alone\" aria-label=\"Left alone\">\n{lists}</section>\n"),
    }
}

/// What the names of groups stand for.
fn legend(groups: &Groups) -> String {
    let items: String = groups.legend().iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    match items.is_empty() {
        true => items,
        false => format!(
            "<section class=\"alone\" aria-label=\"Transcode groups\">\n<details><summary>Transcode groups</summary><ul>{items}</ul></details>\n</section>\n"
        ),
    }
}

fn footer(plan: &Plan) -> String {
    format!(
        "<footer><p>digest <code>{}</code></p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        plan.digest()
    )
}

/// Text from elsewhere, harmless in text and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A sentence, what stands between its backticks as code.
fn sentence_of(text: &str) -> String {
    let text = escaped(text);
    let pieces: Vec<&str> = text.split('`').collect();
    let is_marked = pieces.len() % 2 == 1;
    let piece = |(at, piece): (usize, &&str)| match is_marked && at % 2 == 1 {
        true => format!("<code>{piece}</code>"),
        false => (*piece).to_owned(),
    };
    pieces.iter().enumerate().map(piece).collect::<Vec<_>>().concat()
}
