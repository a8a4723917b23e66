//! A drift as one page that stands alone: what happened in the service, since when, and how to revert or keep it.

use super::super::Target;
use super::super::drift::{Cures, DriftFold, DriftView, words};
use super::super::layout::Layout;
use super::super::leases::elsewhere;
use super::super::links::Links;
use super::super::phrases::{UNREAD, account, origin_text};
use super::marks::{escaped, sentence_of, side};
use super::{alone, beside, frame};
use crate::drift::{Difference, FieldDifference, Kind};
use crate::merge::Adoption;
use crate::model::Value;

/// `drift --format html`.
pub(in super::super) fn html_drift(view: &DriftView, layout: &Layout) -> String {
    let folds = view.folds(layout.full);
    let page = Page { view, links: &layout.links };
    let parts = [
        frame::head(&view.totals(), layout.title.as_deref(), ["differences", "differences"]),
        page.header(layout),
        "<main>\n".to_owned(),
        page.unread(),
        page.elsewhere(),
        beside::left_open(&view.plan.left_open),
        page.differences(&folds),
        alone::left_alone(view.plan, &view.counted()),
        alone::legend(&view.plan.groups),
        "</main>\n".to_owned(),
        frame::end(""),
    ];
    parts.concat()
}

struct Page<'a> {
    view: &'a DriftView<'a>,
    links: &'a Links,
}

impl Page<'_> {
    /// What other runs hold.
    fn elsewhere(&self) -> String {
        let item = |text: String| format!("<li>{}</li>\n", sentence_of(&text));
        let items: String = elsewhere(self.view.plan.leases).into_iter().map(item).collect();
        match items.is_empty() {
            true => items,
            false => format!("<section class=\"box notes\">\n<ul>{items}</ul>\n</section>\n"),
        }
    }

    fn header(&self, layout: &Layout) -> String {
        let Target { name, account: id } = self.view.plan.target;
        let title =
            layout.title.as_deref().map(|title| format!("<p class=\"quiet\">{}</p>\n", escaped(title)));
        format!(
            "<header>\n{}<h1>{}</h1>\n<p class=\"quiet\">{} · {}</p>\n{}<p>{}</p>\n</header>\n",
            title.unwrap_or_default(),
            escaped(&self.view.totals()),
            escaped(name),
            account(id.as_deref(), escaped),
            frame::origin("checked", &layout.made),
            sentence_of(&self.view.more())
        )
    }

    fn unread(&self) -> String {
        let told = UNREAD.replace("plan", "check");
        let item = |domain: &String| format!("<li><code>{}</code> {told}</li>\n", escaped(domain));
        let items: String = self.view.plan.unread.iter().map(item).collect();
        match items.is_empty() {
            true => items,
            false => format!(
                "<section class=\"box danger\" aria-labelledby=\"unread\">\n<h2 id=\"unread\">Not read</h2>\n<ul>{items}</ul>\n</section>\n"
            ),
        }
    }

    fn differences(&self, folds: &[DriftFold]) -> String {
        let rows: String = folds.iter().map(|fold| self.fold(fold)).collect();
        let rows = if rows.is_empty() { "<p class=\"quiet\">None.</p>\n".to_owned() } else { rows };
        format!(
            "<section aria-labelledby=\"differences\">\n<h2 id=\"differences\" tabindex=\"-1\">Differences</h2>\n{rows}</section>\n"
        )
    }

    fn fold(&self, fold: &DriftFold) -> String {
        let one = fold.first();
        let (symbol, class) = (words::mark(one.kind).0, class(one.kind));
        let item = |address: String| format!("<li><code>{}</code></li>", escaped(&address));
        let names: String = fold.addresses().map(|address| item(address.to_string())).collect();
        let now = words::now(one).map(|now| format!("<p><b>{}</b></p>\n", sentence_of(&now)));
        let said = |line: String| format!("<p class=\"quiet\">{}</p>\n", escaped(&line));
        let who: String = self.view.who(fold).into_iter().map(said).collect();
        let cures: String =
            fold.all.iter().map(|(one, cures)| cure(one, cures, fold.all.len() > 1)).collect();
        format!(
            "<section class=\"box plain\">\n<h3><span class=\"mono {class}\">{}</span> {}</h3>\n<ul class=\"addresses\" aria-label=\"Configurations\">{names}</ul>\n\
             {}<p class=\"quiet\">{}</p>\n{who}{}{cures}</section>\n",
            escaped(symbol),
            sentence_of(&words::what(one)),
            self.fields(one),
            escaped(&fold.since()),
            now.unwrap_or_default(),
        )
    }

    fn fields(&self, one: &Difference) -> String {
        let rows: String = match one.kind {
            Kind::Changed | Kind::Appeared => one.fields.iter().map(|field| self.field(one, field)).collect(),
            Kind::Deleted | Kind::Unmanageable | Kind::Unfinished => String::new(),
        };
        match rows.is_empty() {
            true => rows,
            false => format!(
                "<table><thead><tr><th scope=\"col\">setting</th><th scope=\"col\">in the files</th>\
                 <th scope=\"col\">in the service</th><th scope=\"col\">from</th></tr></thead><tbody>{rows}</tbody></table>\n"
            ),
        }
    }

    fn field(&self, one: &Difference, field: &FieldDifference) -> String {
        let FieldDifference { field, declared, actual, moved, origin } = field;
        let shown = |value: &Value, tag: &str| match value {
            Value::Unset => "<span class=\"quiet\">none</span>".to_owned(),
            value => side(tag, &self.view.plan.groups.shown(value, "…")),
        };
        let note = words::field_note(one, *moved).map(|note| format!(" <span class=\"badge\">{note}</span>"));
        let origin = origin.as_ref().map(|origin| {
            let text = escaped(&origin_text(origin));
            let target = origin.place.as_ref().and_then(|place| self.links.target(place));
            target.map_or(text.clone(), |target| {
                format!("<a href=\"{}\" rel=\"noreferrer\">{text}</a>", escaped(&target))
            })
        });
        format!(
            "<tr><th scope=\"row\">{}{}</th><td data-name=\"in the files\">{}</td><td data-name=\"in the service\">{}</td><td data-name=\"from\">{}</td></tr>",
            field.name(),
            note.unwrap_or_default(),
            shown(declared, "del"),
            shown(actual, "ins"),
            origin.unwrap_or_default()
        )
    }
}

/// The class of the page's style that has the colour.
fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Deleted | Kind::Unmanageable | Kind::Unfinished => "delete",
        Kind::Changed => "update",
        Kind::Appeared => "create",
    }
}

/// Both cures, folded away; with `is_named`, under the address.
fn cure(one: &Difference, Cures { revert_first, revert, adopt, accept }: &Cures, is_named: bool) -> String {
    let first = revert_first.as_ref().map(|first| yaml(&words::to_remove(first), first));
    let told = if revert_first.is_some() { "Then:" } else { words::to_revert(one) };
    let revert = revert
        .as_ref()
        .map(|command| format!("<p>{told}</p><p class=\"command\"><code>{}</code></p>\n", escaped(command)));
    let adopt = adopt.as_ref().map(|adopt| yaml(&words::to_adopt(adopt), adopt));
    let accept = accept.as_ref().map(|text| block(words::TO_ACCEPT, text));
    let parts: String = [first, revert, adopt, accept].into_iter().flatten().collect();
    let name = if is_named {
        format!(": <code>{}</code>", escaped(&one.address.to_string()))
    } else {
        String::new()
    };
    match parts.is_empty() {
        true => parts,
        false => format!("<details><summary>Revert or keep it{name}</summary>\n{parts}</details>\n"),
    }
}

fn yaml(told: &str, Adoption { yaml, lines: _ }: &Adoption) -> String {
    block(told, yaml)
}

fn block(told: &str, yaml: &str) -> String {
    let lines: Vec<String> = yaml.lines().map(escaped).collect();
    format!("<p>{}</p><pre class=\"command\"><code>{}</code></pre>\n", sentence_of(told), lines.join("\n"))
}
