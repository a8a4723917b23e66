//! A plan as one page that stands alone: nothing is fetched, nothing but its own style and script may run, and it reads the
//! same with scripts off.

mod beside;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::danger::{Refusal, dangers, refusals, stops_recording};
use super::links::Links;
use super::phrases::{consequences, contingency, named, totals};
use super::plan::{counted, coverage_text, origin_text, sentence, symbol};
use super::{Briefing, Target, clean};
use crate::model::{Address, Value};
use crate::plan::{ActionKind, Change, FieldChange, FieldOrigin, Plan};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The actions, worst first.
const ACTIONS: [ActionKind; 4] =
    [ActionKind::Replace, ActionKind::Delete, ActionKind::Update, ActionKind::Create];

/// `plan --format html`.
pub fn html(briefing: Briefing, links: &Links) -> String {
    let Briefing { plan, target, left_open, since_review } = briefing;
    let page = Page { plan, links, guards: guards(plan), fleet: fleet(plan) };
    let parts = [
        head(plan),
        page.summary(target),
        beside::since_review(plan, since_review),
        page.warnings(),
        beside::left_open(left_open),
        page.picture(),
        page.controls(),
        page.changes(),
        page.left_alone(),
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
         <meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>livevod: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#changes\">Skip to the changes</a>\n",
        escaped(&totals(plan))
    )
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

/// The guards that refuse each change.
fn guards(plan: &Plan) -> HashMap<&Address, Vec<&'static str>> {
    let mut guards: HashMap<&Address, Vec<&'static str>> = HashMap::new();
    for held in &plan.held {
        if let Some(address) = &held.address {
            guards.entry(address).or_default().push(held.guard.name());
        }
    }
    guards
}

type Fleet<'a> = BTreeMap<&'a str, BTreeMap<&'a str, App<'a>>>;

/// What a plan says of one app of a domain.
#[derive(Default)]
struct App<'a> {
    changes: Vec<&'a Change>,
    /// Configurations that stay as they are, or are not managed.
    others: usize,
}

fn fleet(plan: &Plan) -> Fleet<'_> {
    let mut fleet = Fleet::new();
    for change in &plan.changes {
        app(&mut fleet, &change.address).changes.push(change);
    }
    for address in [&plan.unchanged, &plan.unmanaged, &plan.ignored].into_iter().flatten() {
        app(&mut fleet, address).others += 1;
    }
    fleet
}

fn app<'f, 'a>(fleet: &'f mut Fleet<'a>, address: &'a Address) -> &'f mut App<'a> {
    fleet.entry(&address.domain).or_default().entry(&address.app).or_default()
}

impl App<'_> {
    /// `1 replace, 2 updates, 3 others`, worst first.
    fn counts(&self) -> String {
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        let kinds = ACTIONS.map(|action| (count(action), counted(count(action), action.name())));
        let others = [(self.others, format!("{} as is", self.others))];
        let kinds = kinds.into_iter().chain(others).filter(|(count, _)| *count > 0).map(|(_, text)| text);
        kinds.collect::<Vec<_>>().join(", ")
    }

    fn worst(&self) -> Option<ActionKind> {
        ACTIONS.into_iter().find(|action| self.changes.iter().any(|change| change.action == *action))
    }
}

struct Page<'a> {
    plan: &'a Plan,
    links: &'a Links,
    guards: HashMap<&'a Address, Vec<&'static str>>,
    fleet: Fleet<'a>,
}

impl Page<'_> {
    fn summary(&self, target: &Target) -> String {
        let Target { name: target, account } = target;
        let account =
            account.as_deref().map_or("no account declared".to_owned(), |id| format!("account {id}"));
        let summary = self.plan.summary();
        let counts = [
            ("replace", summary.replace),
            ("delete", summary.delete),
            ("update", summary.update),
            ("create", summary.create),
            ("none", summary.unchanged),
        ];
        let item = |(class, count): (&str, usize)| {
            let (class, word) = match (class, count) {
                ("none", _) => ("none", "unchanged"),
                (word, 0) => ("none", word),
                (word, _) => (word, word),
            };
            format!("<li class=\"{class}\"><strong>{count}</strong>{word}</li>\n")
        };
        format!(
            "<header>\n<h1>{}</h1>\n<p class=\"quiet\">{} · {}</p>\n<p>{}</p>\n</header>\n<ul class=\"totals\" aria-label=\"Changes by kind\">\n{}</ul>\n",
            escaped(&totals(self.plan)),
            escaped(target),
            escaped(&account),
            escaped(&consequences(self.plan)),
            counts.map(item).concat()
        )
    }

    fn warnings(&self) -> String {
        let plan = self.plan;
        let mut text = String::new();
        let refused = refusals(plan);
        if !refused.is_empty() {
            let items: String = refused.iter().map(refusal).collect();
            let _ = writeln!(
                text,
                "<section class=\"refused\" aria-label=\"Refused\"><strong>Refused until released:</strong><ul>{items}</ul></section>"
            );
        }
        let unread =
            plan.unread.iter().map(|domain| format!("{domain} could not be read: the plan is incomplete"));
        let unsupported = plan.unsupported.iter().filter(|one| one.declared);
        let unsupported =
            unsupported.map(|one| format!("{} can't be managed: {}; not attempted", one.address, one.reason));
        let warnings = plan.warnings.iter().map(|warning| warning.message.clone());
        let notes = dangers(plan).into_iter().chain(unread).chain(unsupported).chain(warnings);
        let notes: String = notes.map(|note| format!("<li>{}</li>", sentence_of(&note))).collect();
        if !notes.is_empty() {
            let _ = writeln!(
                text,
                "<section class=\"notes\" aria-label=\"What to look at\"><ul>{notes}</ul></section>"
            );
        }
        text
    }

    /// Every domain in a row, every app a tile; danger is filled and says so.
    fn picture(&self) -> String {
        let mut text = "<h2 id=\"fleet\">Fleet</h2>\n<div class=\"fleet\">\n".to_owned();
        for (at, (domain, apps)) in self.fleet.iter().enumerate() {
            let tiles: String =
                apps.iter().enumerate().map(|(which, (app, held))| self.tile(at, which, app, held)).collect();
            let _ = writeln!(
                text,
                "<div class=\"name mono\">{}</div><ul class=\"tiles\">{tiles}</ul>",
                escaped(domain)
            );
        }
        text + "</div>\n"
    }

    fn tile(&self, domain: usize, which: usize, app: &str, held: &App) -> String {
        let refused = held.changes.iter().any(|change| self.guards.contains_key(&change.address));
        let class = held.worst().map_or("", ActionKind::name);
        let refused = if refused { (" is-refused", "refused: ") } else { ("", "") };
        let inner = format!("{}<small>{}{}</small>", escaped(app), refused.1, held.counts());
        match held.changes.is_empty() {
            true => format!("<li><span class=\"tile\">{inner}</span></li>"),
            false => format!(
                "<li><a class=\"tile {class}{}\" href=\"#a{domain}-{which}\">{inner}</a></li>",
                refused.0
            ),
        }
    }

    fn controls(&self) -> String {
        let kind = |action: ActionKind| {
            let word = action.name();
            format!(
                "<label><input type=\"checkbox\" value=\"{word}\" checked> {} {word}</label>\n",
                symbol(action)
            )
        };
        format!(
            "<h2 id=\"changes\">Changes</h2>\n<form id=\"controls\" class=\"controls\" role=\"search\" hidden>\n\
             <input id=\"search\" type=\"search\" aria-label=\"Search addresses, fields and values\" placeholder=\"Search ( / )\" autocomplete=\"off\">\n\
             <fieldset aria-label=\"Kinds of changes\">{}<label><input type=\"checkbox\" value=\"refused\"> only refused</label></fieldset>\n\
             <button type=\"button\" id=\"unfold\">Unfold all</button> <button type=\"button\" id=\"fold\">Fold all</button>\n\
             <span id=\"status\" class=\"quiet\" role=\"status\"></span>\n</form>\n",
            ACTIONS.map(kind).concat()
        )
    }

    fn changes(&self) -> String {
        let mut text = String::from("<main>\n");
        for (at, (domain, apps)) in self.fleet.iter().enumerate() {
            let apps: Vec<_> =
                apps.iter().enumerate().filter(|(_, (_, app))| !app.changes.is_empty()).collect();
            if apps.is_empty() {
                continue;
            }
            let _ = write!(text, "<section class=\"domain\">\n<h2 class=\"mono\">{}</h2>\n", escaped(domain));
            for (which, (app, held)) in apps {
                let _ = write!(
                    text,
                    "<details class=\"app\" id=\"a{at}-{which}\" open>\n<summary>{} <span class=\"quiet\">{}</span></summary>\n",
                    escaped(app),
                    held.counts()
                );
                let mut changes = held.changes.clone();
                changes.sort_by_key(|change| {
                    let rank = ACTIONS.iter().position(|action| *action == change.action);
                    (!self.guards.contains_key(&change.address), rank)
                });
                text.extend(changes.into_iter().map(|change| self.change(change)));
                text.push_str("</details>\n");
            }
            text.push_str("</section>\n");
        }
        text + "</main>\n"
    }

    fn change(&self, change: &Change) -> String {
        let guards = self.guards.get(&change.address);
        let word = change.action.name();
        let refused = if guards.is_some() { (" is-refused", " data-refused") } else { ("", "") };
        let badges = guards.into_iter().flatten().map(|guard| format!("refused: {guard}"));
        let stops = stops_recording(change).then(|| "not recorded by itself any more".to_owned());
        let badges: String =
            badges.chain(stops).map(|text| format!("<span class=\"badge\">{text}</span>")).collect();
        let rows: String = change.fields.iter().map(|one| self.field(change, one)).collect();
        format!(
            "<details class=\"change{}\" data-kind=\"{word}\"{}><summary><span class=\"symbol mono {word}\">{}</span>\
             <code>{}</code><span class=\"what\">{}</span>{badges}</summary>\n\
             <div class=\"inside\"><p>{}</p>\n<table><thead><tr><th scope=\"col\">field</th><th scope=\"col\">before</th>\
             <th scope=\"col\">after</th><th scope=\"col\">from</th></tr></thead><tbody>{rows}</tbody></table></div></details>\n",
            refused.0,
            refused.1,
            symbol(change.action),
            escaped(&change.address.to_string()),
            self.gist(change),
            sentence_of(&reasons(change)),
        )
    }

    /// The fields of a change in a few words, and the values where it is one.
    fn gist(&self, change: &Change) -> String {
        let shown = |value| escaped(&self.named(value));
        match (&change.fields[..], change.action) {
            (_, ActionKind::Create | ActionKind::Delete) => sentence(change.action).to_owned(),
            ([one], _) => format!(
                "{} {} → {}",
                one.field.name(),
                shown(change.before_value(one.field)),
                shown(change.after_value(one.field))
            ),
            (more, _) => more.iter().map(|one| one.field.name()).collect::<Vec<_>>().join(", "),
        }
    }

    fn named(&self, value: Value) -> String {
        named(value, &self.plan.group_names, "…").to_string()
    }

    fn field(&self, change: &Change, one: &FieldChange) -> String {
        let side = |there: bool, value, tag: &str| match there {
            true => format!("<{tag}><code>{}</code></{tag}>", escaped(&self.named(value))),
            false => "<span class=\"quiet\">none</span>".to_owned(),
        };
        let before = side(change.before.is_some(), change.before_value(one.field), "del");
        let after = side(change.after.is_some(), change.after_value(one.field), "ins");
        let origin = one.origin.as_ref().map(|origin| self.origin(origin)).unwrap_or_default();
        let forces = change.action == ActionKind::Replace && one.field.is_create_only();
        let forces = if forces { " <span class=\"badge\">forces replacement</span>" } else { "" };
        format!(
            "<tr><th scope=\"row\">{}{forces}</th><td class=\"before\" data-name=\"before\">{before}</td>\
             <td class=\"after\" data-name=\"after\">{after}</td><td data-name=\"from\">{origin}</td></tr>",
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

    fn left_alone(&self) -> String {
        let plan = self.plan;
        let unsupported: Vec<&Address> =
            plan.unsupported.iter().filter(|one| !one.declared).map(|one| &one.address).collect();
        let lists = [
            ("unmanaged, left alone", plan.unmanaged.iter().collect()),
            ("ignored", plan.ignored.iter().collect()),
            ("not declared, and can't be managed", unsupported),
        ];
        let list = |(title, addresses): (&str, Vec<&Address>)| {
            let items =
                |address: &&Address| format!("<li><code>{}</code></li>", escaped(&address.to_string()));
            let items: String = addresses.iter().map(items).collect();
            let whole = format!(
                "<details><summary>{} {title}</summary><ul>{items}</ul></details>\n",
                addresses.len()
            );
            if addresses.is_empty() { String::new() } else { whole }
        };
        lists.map(list).concat()
    }
}

fn refusal(refusal: &Refusal) -> String {
    let Refusal { guard, message, release, addresses } = refusal;
    let whose = match &addresses[..] {
        [] => String::new(),
        [one] => format!("{one}: "),
        [first, rest @ ..] => format!("{first} and {} more: ", rest.len()),
    };
    let release = release.map_or("nothing releases it".to_owned(), |flag| {
        format!("released by <code>{}</code>", escaped(flag))
    });
    format!("<li>{}: {}; {release}</li>", guard.name(), sentence_of(&format!("{whose}{message}")))
}

fn reasons(change: &Change) -> String {
    let coverage = coverage_text(&change.coverage, &change.address, change.action);
    let contingent = change.contingent.iter().map(|one| contingency(*one).to_owned());
    let all = std::iter::once(format!("{}; {coverage}", change.reason.text())).chain(contingent);
    all.collect::<Vec<_>>().join("; ")
}
