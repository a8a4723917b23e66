//! A plan, a drift or an audit as one page that stands alone: nothing is fetched, nothing but its own style and script may run, and it reads the
//! same with scripts off.

mod alone;
mod audit;
mod beside;
mod changes;
mod drift;
mod fleet;
mod frame;
mod marks;
mod replay;
mod verdict;

use std::collections::HashSet;

use super::Target;
use super::layout::{Layout, Made};
use super::phrases::account;
use super::view::PlanView;
use crate::gate::clean;
use crate::plan::Summary;

pub(super) use audit::html_audit;
use changes::Changes;
pub(super) use drift::html_drift;
use fleet::Fleet;
use marks::{escaped, sentence_of};

/// `plan --format html`.
pub(super) fn html(view: &PlanView, layout: &Layout) -> String {
    let (links, title, made) = (&layout.links, layout.title.as_deref(), &layout.made);
    let fleet = Fleet::of(view);
    let parts = [
        frame::head(&view.totals, title, ["changes", "changes"]),
        header(view, title, made),
        "<main>\n".to_owned(),
        beside::since_review(&view.groups, view.since_review),
        verdict::refused(view),
        verdict::notes(view),
        verdict::causes(view, links),
        verdict::command(view),
        beside::left_open(&view.left_open),
        fleet.picture(),
        replay::section(view),
        Changes { view, links, fleet: &fleet }.section(),
        alone::left_alone(view, &HashSet::new()),
        alone::legend(&view.groups),
        "</main>\n".to_owned(),
        frame::end(&format!("<p>digest <code>{}</code>{}</p>", view.digest, view.digest_scope)),
    ];
    parts.concat()
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
        frame::origin("planned", made),
        escaped(&view.consequences),
        counts.map(item).concat()
    )
}
