//! What a page tells besides changes and differences: what is left alone, and what the names of groups stand for.

use std::collections::HashSet;

use super::super::groups::Groups;
use super::super::phrases::{ADD_UNMANAGED, UNMANAGED, accepted_title};
use super::super::view::{LeftAlone, PlanView};
use super::marks::escaped;
use crate::model::Address;
use crate::plan::{AcceptedRow, Unmanaged};
use crate::source::Place;

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
fn unmanaged(view: &PlanView, counted: &HashSet<&Address>) -> String {
    let setting =
        |(name, value): (&str, String)| format!("{} <code>{}</code>", escaped(name), escaped(&value));
    let item = |one: &Unmanaged| {
        let settings = view.groups.settings(&one.config, "…").into_iter().map(setting);
        let settings = settings.collect::<Vec<_>>().join(", ");
        let address = escaped(&one.address.to_string());
        format!("<li><code>{address}</code><br><span class=\"quiet\">{settings}</span></li>")
    };
    let alone = view.unmanaged.iter().filter(|one| !counted.contains(&one.address));
    let items: Vec<String> = alone.map(item).collect();
    let command = view.import_command().map(|command| {
        format!("<p>{ADD_UNMANAGED}</p><p class=\"command\"><code>{}</code></p>", escaped(&command))
    });
    match items.len() {
        0 => String::new(),
        count => format!(
            "<details><summary>{count} {UNMANAGED}</summary><ul>{}</ul>{}</details>\n",
            items.concat(),
            command.unwrap_or_default()
        ),
    }
}

/// What is left alone; `counted` are unmanaged configurations that count as drift.
pub(super) fn left_alone(view: &PlanView, counted: &HashSet<&Address>) -> String {
    let list = |LeftAlone { what: _, title, names }: LeftAlone| {
        let item = |name: &String| format!("<li><code>{}</code></li>", escaped(name));
        let items: String = names.iter().map(item).collect();
        let whole =
            format!("<details><summary>{} {title}</summary><ul>{items}</ul></details>\n", names.len());
        if names.is_empty() { String::new() } else { whole }
    };
    let none = view.no_undeclared_domain().map(|text| format!("<p>{}</p>\n", escaped(text)));
    let lists = accepted(view)
        + &unmanaged(view, counted)
        + &view.left_alone().map(list).concat()
        + &none.unwrap_or_default();
    match lists.is_empty() {
        true => lists,
        false => format!("<section class=\"alone\" aria-label=\"Left alone\">\n{lists}</section>\n"),
    }
}

/// What the names of groups stand for.
pub(super) fn legend(groups: &Groups) -> String {
    let items: String = groups.legend().iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    match items.is_empty() {
        true => items,
        false => format!(
            "<section class=\"alone\" aria-label=\"Transcode groups\">\n<details><summary>Transcode groups</summary><ul>{items}</ul></details>\n</section>\n"
        ),
    }
}
