//! What decides over a plan, on its page: what refuses it, and what a reviewer should look at.

use super::super::causes::{Cause, Causes};
use super::super::links::Links;
use super::super::phrases::{UNREAD, first_and_more, released_by, unmanageable};
use super::super::view::{PlanView, RefusalView};
use super::marks::{escaped, sentence_of};
use crate::plan::Guard;

/// Items of a list that are open; more are folded away.
const OPEN: usize = 3;

/// Each guard that refuses the plan, with the one flag that allows it.
pub(super) fn refused(view: &PlanView) -> String {
    let guard = |((guard, release), refusals): ((Guard, Option<&str>), Vec<&RefusalView>)| {
        guard_item(guard, release, &refusals.into_iter().map(reason).collect::<Vec<_>>())
    };
    let guards: String = view.releases().into_iter().map(guard).collect();
    if guards.is_empty() {
        return guards;
    }
    format!(
        "<section class=\"box danger\" aria-labelledby=\"refused\">\n<h2 id=\"refused\">Refused</h2>\n\
         <ul>\n{guards}</ul>\n</section>\n"
    )
}

/// The written values that change many configurations, the one that changes most first.
pub(super) fn causes(view: &PlanView, links: &Links) -> String {
    let causes = Causes::of(view);
    let item = |cause: &&Cause| {
        let code = |text: &str| format!("<code>{}</code>", escaped(text));
        let text = cause.headline(code, |value| code(&view.groups.shown(value, "…")), "→");
        let link = links
            .target(cause.place)
            .map(|target| format!(" <a href=\"{}\" rel=\"noreferrer\">open</a>", escaped(&target)));
        format!("{text}{}", link.unwrap_or_default())
    };
    let all: Vec<String> = causes.weightiest().iter().map(item).collect();
    if all.is_empty() {
        return String::new();
    }
    format!(
        "<section class=\"box plain\" aria-labelledby=\"causes\">\n<h2 id=\"causes\">Values that change many configurations</h2>\n\
         {}\n</section>\n",
        list(&all)
    )
}

/// The command that applies the plan, ready to copy.
pub(super) fn command(view: &PlanView) -> String {
    let Some(command) = view.apply_command() else { return String::new() };
    let words = match view.held.is_empty() {
        true => "Apply exactly this plan",
        false => "Apply exactly this plan, with every guard allowed",
    };
    let files = if view.is_without_files { ", with the files that it was made from" } else { "" };
    format!(
        "<section class=\"box plain\" aria-labelledby=\"apply\">\n<h2 id=\"apply\">{words}{files}</h2>\n\
         <p class=\"command\"><code id=\"command\">{}</code> <button type=\"button\" id=\"copy\" hidden>Copy</button></p>\n</section>\n",
        escaped(&command)
    )
}

fn guard_item(guard: Guard, release: Option<&str>, reasons: &[String]) -> String {
    let release =
        released_by(guard, release, |flag| format!("<code class=\"flag\">{}</code>", escaped(flag)));
    let name = guard.name();
    if let [reason] = reasons {
        return format!("<li><strong>{name}</strong>: {reason}; {release}</li>\n");
    }
    format!("<li><strong>{name}</strong>, {release}{}</li>\n", list(reasons))
}

/// The first items open, the others folded away.
fn list(items: &[String]) -> String {
    let (open, folded) = items.split_at(if items.len() <= OPEN + 1 { items.len() } else { OPEN });
    let items = |items: &[String]| -> String {
        let items: String = items.iter().map(|item| format!("<li>{item}</li>")).collect();
        format!("<ul>{items}</ul>")
    };
    match folded.len() {
        0 => items(open),
        more => format!("{}<details><summary>{more} more</summary>{}</details>", items(open), items(folded)),
    }
}

fn reason(refusal: &RefusalView) -> String {
    let RefusalView { guard: _, message, release: _, addresses } = refusal;
    let whose = match addresses.is_empty() {
        true => String::new(),
        false => format!("{}: ", first_and_more(addresses, |first| format!("`{first}`"))),
    };
    sentence_of(&format!("{whose}{message}"))
}

/// Kinds of danger, and what the plan warns of.
pub(super) fn notes(view: &PlanView) -> String {
    let unread = view.unread.iter().map(|domain| format!("`{domain}` {UNREAD}"));
    let unsupported =
        view.unmanageable().map(|one| format!("`{}` {}", one.address, unmanageable(&one.reason)));
    let warnings = view.warnings.iter().map(|warning| warning.message.clone());
    let base = view.base.iter();
    let base = base.flat_map(|base| base.notes(|name| format!("`{name}`"), str::to_owned, str::to_owned));
    let notes = view.dangers.iter().cloned().chain(unread).chain(unsupported).chain(warnings).chain(base);
    let notes: String = notes.map(|note| format!("<li>{}</li>\n", sentence_of(&note))).collect();
    if notes.is_empty() {
        return notes;
    }
    format!(
        "<section class=\"box notes\" aria-labelledby=\"notes\">\n<h2 id=\"notes\">What to look at</h2>\n<ul>\n{notes}</ul>\n</section>\n"
    )
}
