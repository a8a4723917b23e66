//! The changes of a plan on its page, by domain and app; each folds open to its fields before and after, with their origins.

use percent_encoding::utf8_percent_encode;

use super::super::base::instead;
use super::super::links::{Links, PATH};
use super::super::phrases::{
    FORCES_REPLACEMENT, PENDING_BEFORE, STOPS_RECORDING, contingency, origin_text, sentence, symbol,
};
use super::super::view::{ACTIONS, ChangeView, PlanView};
use super::fleet::{App, Domain, Fleet};
use super::marks::{escaped, sentence_of, side};
use crate::model::Value;
use crate::plan::{ActionKind, FieldChange, FieldOrigin};

/// Rows in one part of the page. A browser lays out the parts that are near the screen; many parts cost it time at every
/// frame, and so do many rows in one.
const PART: usize = 40;

pub(super) struct Changes<'a> {
    pub(super) view: &'a PlanView<'a>,
    pub(super) links: &'a Links,
    pub(super) fleet: &'a Fleet<'a>,
}

/// A piece of the page, and how many changes it holds.
struct Piece {
    rows: usize,
    text: String,
}

impl Changes<'_> {
    pub(super) fn section(&self) -> String {
        let domains = self.fleet.domains.iter().filter_map(|domain| self.domain(domain));
        let changes = parted(domains.collect());
        let changes = match changes.rows {
            0 => "<p class=\"quiet\">None.</p>\n".to_owned(),
            _ => self.controls() + &changes.text,
        };
        format!(
            "<section aria-labelledby=\"changes\">\n<h2 id=\"changes\" tabindex=\"-1\">Changes</h2>\n{changes}</section>\n"
        )
    }

    /// Search and filters; hidden until the script that they need runs.
    fn controls(&self) -> String {
        let count = |action| self.view.changes().filter(|change| change.action() == action).count();
        let kinds = ACTIONS.into_iter().map(|action| (action, count(action))).filter(|(_, count)| *count > 0);
        let kind = |(action, count): (ActionKind, usize)| {
            let word = action.name();
            format!(
                "<label><input type=\"checkbox\" value=\"{word}\" checked> <span class=\"mono {word}\">{}</span> {word} \
                 <span class=\"quiet\">{count}</span></label>\n",
                symbol(action)
            )
        };
        let refused = match self.view.guards.is_empty() {
            true => "",
            false => "<label><input type=\"checkbox\" value=\"refused\"> only refused</label>\n",
        };
        let own = match self.view.pending() {
            0 => "",
            _ => "<label><input type=\"checkbox\" value=\"own\"> only with these files</label>\n",
        };
        format!(
            "<form id=\"controls\" class=\"controls\" role=\"search\" aria-label=\"Changes\" hidden>\n\
             <input id=\"search\" type=\"search\" aria-label=\"Search addresses, settings, values and origins\" aria-keyshortcuts=\"/\" \
             placeholder=\"Search ( / )\" autocomplete=\"off\" spellcheck=\"false\">\n\
             <fieldset><legend class=\"unseen\">Kinds of changes</legend>{}{refused}{own}</fieldset>\n\
             <span class=\"buttons\"><button type=\"reset\">Show all</button>\n\
             <button type=\"button\" id=\"unfold\">Unfold all</button>\n<button type=\"button\" id=\"fold\">Fold all</button></span>\n\
             <span id=\"status\" class=\"quiet\" role=\"status\"></span>\n</form>\n",
            kinds.map(kind).collect::<String>()
        )
    }

    fn domain(&self, domain: &Domain) -> Option<Piece> {
        let apps = domain.apps.iter().filter(|app| !app.changes.is_empty()).map(|app| self.app(app));
        let Piece { rows, text } = parted(apps.collect());
        let name = escaped(domain.name);
        let text = format!("<section class=\"domain\">\n<h3 class=\"mono\">{name}</h3>\n{text}</section>\n");
        (rows > 0).then_some(Piece { rows, text })
    }

    fn app(&self, app: &App) -> Piece {
        let changes = app.groups.iter().map(|group| Piece { rows: 1, text: self.group(group) });
        let Piece { rows, text } = parted(changes.collect());
        let open = if app.is_danger() || !self.fleet.is_long { " open" } else { "" };
        let text = format!(
            "<details class=\"app\" id=\"{}\"{open}>\n<summary><h4>{}</h4> <span class=\"quiet\">{}</span></summary>\n{text}</details>\n",
            app.anchor,
            escaped(app.name),
            app.counts()
        );
        Piece { rows, text }
    }

    /// A row for changes that read alike.
    fn group(&self, group: &[ChangeView]) -> String {
        let [change, others @ ..] = group else { return String::new() };
        let (change, address) = (*change, change.address.to_string());
        let word = change.action().name();
        let refused = if change.guards.is_empty() { ("", "") } else { (" is-refused", " data-refused") };
        let badges = change.guards.iter().map(|guard| format!("refused: {}", guard.name()));
        let stops = change.stops_recording().then(|| STOPS_RECORDING.to_owned());
        let badges: String =
            badges.chain(stops).map(|text| format!(" <span class=\"badge\">{text}</span>")).collect();
        let pending = match change.is_pending {
            true => (" data-pending", format!(" <span class=\"badge quiet\">{PENDING_BEFORE}</span>")),
            false => ("", String::new()),
        };
        let times = match others.len() {
            0 => String::new(),
            more => format!(" <span class=\"times\">×{}</span>", more + 1),
        };
        let fields: Vec<FieldChange> = change.field_changes().collect();
        let rows: String = fields.iter().map(|one| self.field(change, one)).collect();
        format!(
            "<details class=\"change{}\" data-kind=\"{word}\"{}{}><summary><span class=\"symbol mono {word}\">{}</span> \
             <code>{}</code>{times} <span class=\"what\">{}</span>{badges}{}</summary>\n\
             <div class=\"inside\">{}<p>{}</p>\n<table><thead><tr><th scope=\"col\">setting</th><th scope=\"col\">before</th>\
             <th scope=\"col\">after</th><th scope=\"col\">from</th></tr></thead><tbody>{rows}</tbody></table></div></details>\n",
            refused.0,
            refused.1,
            pending.0,
            symbol(change.action()),
            escaped(&address),
            self.gist(change, &fields),
            pending.1,
            addresses(group),
            sentence_of(&self.reasons(change)),
        )
    }

    /// Why, who records the address, what was pending there, and what is written only if a step goes wrong.
    fn reasons(&self, change: ChangeView) -> String {
        let instead = change.instead.map(|other| instead(other, "→"));
        let contingent = change.contingent.iter().map(|one| contingency(*one).to_owned());
        std::iter::once(change.why()).chain(instead).chain(contingent).collect::<Vec<_>>().join("; ")
    }

    /// The fields of a change in a few words, and the values where it is one.
    fn gist(&self, change: ChangeView, fields: &[FieldChange]) -> String {
        let shown = |value| escaped(&self.named(value));
        match (fields, change.action()) {
            (_, ActionKind::Create | ActionKind::Delete) => sentence(change.action()).to_owned(),
            ([one], _) => format!("{} {} → {}", one.field.name(), shown(&one.before), shown(&one.after)),
            (more, _) => more.iter().map(|one| one.field.name()).collect::<Vec<_>>().join(", "),
        }
    }

    fn named(&self, value: &Value) -> String {
        self.view.groups.shown(value, "…")
    }

    fn field(&self, change: ChangeView, one: &FieldChange) -> String {
        let side = |there: bool, value, tag: &str| match there {
            true => side(tag, &self.named(value)),
            false => "<span class=\"quiet\">none</span>".to_owned(),
        };
        let before = side(change.before().is_some(), &one.before, "del");
        let after = side(change.after().is_some(), &one.after, "ins");
        let origin = one.origin.map(|origin| self.origin(origin)).unwrap_or_default();
        let forces = match one.forces_replacement {
            true => format!(" <span class=\"badge\">{FORCES_REPLACEMENT}</span>"),
            false => String::new(),
        };
        format!(
            "<tr><th scope=\"row\">{}{forces}</th><td data-name=\"before\">{before}</td>\
             <td data-name=\"after\">{after}</td><td data-name=\"from\">{origin}</td></tr>",
            one.field.name()
        )
    }

    fn origin(&self, origin: &FieldOrigin) -> String {
        let text = escaped(&origin_text(origin));
        let target = origin.place.as_ref().and_then(|place| self.links.target(place));
        target.map_or(text.clone(), |target| {
            format!("<a href=\"{}\" rel=\"noreferrer\">{text}</a>", escaped(&target))
        })
    }
}

/// The addresses of a row, each with a link that leads to it.
fn addresses(group: &[ChangeView]) -> String {
    let item = |change: &ChangeView| {
        let address = change.address.to_string();
        let anchor = utf8_percent_encode(&address, PATH).to_string();
        format!("<li id=\"{anchor}\"><a href=\"#{anchor}\"><code>{}</code></a></li>", escaped(&address))
    };
    format!(
        "<ul class=\"addresses\" aria-label=\"Configurations\">{}</ul>\n",
        group.iter().map(item).collect::<String>()
    )
}

/// The pieces one behind the other; where there are many rows, in parts that are laid out one by one.
fn parted(pieces: Vec<Piece>) -> Piece {
    let rows = pieces.iter().map(|piece| piece.rows).sum();
    let is_long = rows > PART && pieces.len() > 1;
    let mut parts: Vec<Piece> = Vec::new();
    for piece in pieces {
        match parts.last_mut() {
            Some(part) if !is_long || part.rows + piece.rows <= PART => {
                part.rows += piece.rows;
                part.text.push_str(&piece.text);
            }
            _ => parts.push(piece),
        }
    }
    let part = |Piece { rows, text }| match is_long {
        true => format!("<div class=\"part\" data-rows=\"{rows}\">\n{text}</div>\n"),
        false => text,
    };
    Piece { rows, text: parts.into_iter().map(part).collect() }
}
