//! A plan as one page that stands alone: nothing is fetched, nothing but its own style and script may run, and it reads the
//! same with scripts off.

mod beside;
mod changes;
mod fleet;
mod marks;
mod verdict;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Target;
use super::groups::Groups;
use super::layout::{Layout, Made};
use super::phrases::{ADD_UNMANAGED, UNMANAGED, accepted_title, account};
use super::view::{LeftAlone, PlanView};
use crate::gate::clean;
use crate::plan::{AcceptedRow, Summary, Unmanaged};
use crate::source::Place;

use changes::Changes;
use fleet::Fleet;
use marks::{escaped, sentence_of};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Characters of a commit that tell it from every other one.
const COMMIT_SHOWN: usize = 12;

/// `plan --format html`.
pub(super) fn html(view: &PlanView, layout: &Layout) -> String {
    let (links, title, made) = (&layout.links, layout.title.as_deref(), &layout.made);
    let fleet = Fleet::of(view);
    let parts = [
        head(view, title),
        header(view, title, made),
        "<main>\n".to_owned(),
        beside::since_review(&view.groups, view.since_review),
        verdict::refused(view),
        verdict::notes(view),
        verdict::causes(view, links),
        verdict::command(view),
        beside::left_open(&view.left_open),
        fleet.picture(),
        Changes { view, links, fleet: &fleet }.section(),
        left_alone(view),
        legend(&view.groups),
        "</main>\n".to_owned(),
        footer(view),
    ];
    parts.concat()
}

fn head(view: &PlanView, title: Option<&str>) -> String {
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
         <a class=\"skip\" href=\"#changes\">Skip to the changes</a>\n",
        title.map(|title| format!(" {}", escaped(title))).unwrap_or_default(),
        escaped(&view.totals)
    )
}

/// The sentence of totals, what it was planned for, what it means, and the totals as numbers.
fn header(view: &PlanView, title: Option<&str>, made: &Made) -> String {
    let Target { name: target, account: id } = view.target;
    let Summary { create, update, replace, delete, unchanged } = view.summary;
    let counts = [
        ("replace", "to replace", replace),
        ("delete", "to delete", delete),
        ("update", "to update", update),
        ("create", "to create", create),
        ("none", "unchanged", unchanged),
    ];
    let owed = view.base.as_ref().map(|base| base.owed(|name| format!("`{}`", clean(name))));
    let owed = owed.map(|text| format!("<p>{}</p>\n", sentence_of(&text))).unwrap_or_default();
    let item = |(class, words, count): (&str, &str, usize)| {
        let class = if count == 0 { "none" } else { class };
        format!("<li class=\"{class}\"><strong>{count}</strong> {words}</li>\n")
    };
    format!(
        "<header>\n{}<h1>{}</h1>\n<p class=\"quiet\">{} · {}</p>\n{}<p>{}</p>\n{owed}\
         <ul class=\"totals\" aria-label=\"Changes by kind\">\n{}</ul>\n</header>\n",
        title.map(|title| format!("<p class=\"quiet\">{}</p>\n", escaped(title))).unwrap_or_default(),
        escaped(&view.totals),
        escaped(target),
        account(id.as_deref(), escaped),
        origin(made),
        escaped(&view.consequences),
        counts.map(item).concat()
    )
}

/// When, by which version and from what the plan was made, as far as that is known.
fn origin(Made { time, version, commit, author }: &Made) -> String {
    let time = time.as_ref().map(|time| {
        let time = time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        format!("planned {time}")
    });
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

/// Each accepted difference with its reason.
fn accepted(view: &PlanView) -> String {
    let code = |text: &str| format!("<code>{}</code>", escaped(text));
    let item = |row: AcceptedRow| {
        let Place { file, start, end: _ } = &row.about.place;
        format!(
            "<li><code>{}</code><br><span class=\"quiet\">{} ({}:{})</span></li>",
            escaped(&row.address.to_string()),
            view.accepted_text(&row, "…", code, escaped),
            escaped(file),
            start.line
        )
    };
    let items: Vec<String> = view.accepted().map(item).collect();
    match items.len() {
        0 => String::new(),
        count => format!(
            "<details><summary>{}</summary><ul>{}</ul></details>\n",
            accepted_title(count),
            items.concat()
        ),
    }
}

/// Each unmanaged configuration with its settings, and the command that adds them to the files.
fn unmanaged(view: &PlanView) -> String {
    let setting =
        |(name, value): (&str, String)| format!("{} <code>{}</code>", escaped(name), escaped(&value));
    let item = |one: &Unmanaged| {
        let settings = view.groups.settings(&one.config, "…").into_iter().map(setting);
        let settings = settings.collect::<Vec<_>>().join(", ");
        let address = escaped(&one.address.to_string());
        format!("<li><code>{address}</code><br><span class=\"quiet\">{settings}</span></li>")
    };
    let items: String = view.unmanaged.iter().map(item).collect();
    let command = view.import_command().map(|command| {
        format!("<p>{ADD_UNMANAGED}</p><p class=\"command\"><code>{}</code></p>", escaped(&command))
    });
    match view.unmanaged.len() {
        0 => items,
        count => format!(
            "<details><summary>{count} {UNMANAGED}</summary><ul>{items}</ul>{}</details>\n",
            command.unwrap_or_default()
        ),
    }
}

fn left_alone(view: &PlanView) -> String {
    let list = |LeftAlone { what: _, title, names }: LeftAlone| {
        let item = |name: &String| format!("<li><code>{}</code></li>", escaped(name));
        let items: String = names.iter().map(item).collect();
        let whole =
            format!("<details><summary>{} {title}</summary><ul>{items}</ul></details>\n", names.len());
        if names.is_empty() { String::new() } else { whole }
    };
    let none = view.no_undeclared_domain().map(|text| format!("<p>{}</p>\n", escaped(text)));
    let lists =
        accepted(view) + &unmanaged(view) + &view.left_alone().map(list).concat() + &none.unwrap_or_default();
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

fn footer(view: &PlanView) -> String {
    format!(
        "<footer><p>digest <code>{}</code>{}</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        view.digest, view.digest_scope
    )
}
