//! What the service says about an address, below what the files say.

use super::groups::Groups;
use super::journal::{end_text, found_text};
use super::style::{Style, Tone, pad, wrap};
use crate::apply::journal::{LastEntry, Reply, Told};
use crate::explain::{Difference, DomainState, Online, Standing};
use crate::gate::clean;
use crate::plan::GroupName;

/// Column at which values begin.
const NAME_WIDTH: usize = 28;

/// The domain, its configuration at the address, how that differs from the files, and the last entry in the journals.
pub(super) fn human_online(online: &Online, last: Option<&LastEntry>, style: Style) -> String {
    let Online { target, domain, held, ruler, standing, group_names } = online;
    let mut lines = vec![String::new(), style.paint(Tone::Strong, &clean(target))];
    lines.push(format!("  {}", state(domain.as_ref())));
    lines.push(match held {
        Some(held) => match &held.create_time {
            Some(time) => format!("  has a configuration here, created {}", clean(time)),
            None => "  has a configuration here".to_owned(),
        },
        None => "  has no configuration here".to_owned(),
    });
    match (held, ruler) {
        (None, Some(ruler)) => lines.push(format!("  recorded by {}", clean(&ruler.to_string()))),
        (None, None) => lines.push("  NOT RECORDED".to_owned()),
        (Some(_), _) => {}
    }
    lines.push(format!("  {}", verdict(standing)));
    if let Standing::Differs(differences) = standing {
        let named =
            |(id, name): (&String, &String)| (id.clone(), GroupName { name: name.clone(), place: None });
        let names = group_names.iter().map(named).collect();
        let groups = Groups::naming(&names);
        lines.extend(differences.iter().map(|difference| row(difference, &groups, style)));
    }
    match last {
        Some(last) => lines.extend(last_lines(last, style)),
        None => lines.push("  no journal mentions it".to_owned()),
    }
    lines.join("\n") + "\n"
}

/// What the last journal entry says, and below it the run that wrote it.
fn last_lines(last: &LastEntry, style: Style) -> Vec<String> {
    let LastEntry { run, time, told } = last;
    let time = time.strftime("%Y-%m-%d %H:%M:%S UTC");
    let mut lines = vec![format!("  last journal entry: {}, {time}", told_text(told))];
    let mut below = vec![format!("run {}", clean(run))];
    match told {
        Told::Ended { action: _, outcome: _, request_id, message } => {
            below.extend(request_id.as_ref().map(|id| format!("RequestId {}", clean(id))));
            let width = style.width.saturating_sub(6).max(20);
            below.extend(message.iter().flat_map(|message| wrap(&clean(message), width)));
        }
        Told::Found { of, found: _ } => below.push(format!("left unfinished by run {}", clean(of))),
        Told::Open(_) | Told::NotBegun(_) | Told::PutBack(_) => {}
    }
    lines.extend(below.into_iter().map(|line| format!("      {line}")));
    lines
}

fn told_text(told: &Told) -> String {
    match told {
        Told::Ended { action, outcome, request_id: _, message: _ } => {
            format!("{} {}", action.name(), end_text(*outcome))
        }
        Told::Open(action) => format!("{} without outcome: a write may have been sent", action.name()),
        Told::NotBegun(action) => format!("{} not started", action.name()),
        Told::PutBack(reply) => format!("to be added back after an app-wide change: {}", reply_text(*reply)),
        Told::Found { of: _, found } => found_text(*found).to_owned(),
    }
}

fn reply_text(reply: Reply) -> &'static str {
    match reply {
        Reply::Accepted => "accepted",
        Reply::Refused => "refused",
        Reply::Unclear => "no usable answer",
        Reply::NotSent => "never sent",
    }
}

fn state(domain: Option<&DomainState>) -> String {
    let Some(DomainState { status, kind, region }) = domain else {
        return "has no domain of this name in the account".to_owned();
    };
    let told: Vec<&str> = [status, kind, region].into_iter().flatten().map(String::as_str).collect();
    clean(&format!(
        "domain: {}",
        if told.is_empty() { "no state returned".to_owned() } else { told.join(", ") }
    ))
}

fn verdict(standing: &Standing) -> String {
    match standing {
        Standing::AsDeclared => "matches the files".to_owned(),
        Standing::Differs(_) => "differs from the files; apply would change:".to_owned(),
        Standing::Missing => "declared but missing; apply would create it".to_owned(),
        Standing::StillThere => "declared `state: absent` but still there; apply would delete it".to_owned(),
        Standing::Undeclared => "not declared in any file".to_owned(),
        Standing::Unmanageable(reason) => clean(&format!("can't be managed: {reason}")),
        Standing::Nothing => "not declared either".to_owned(),
    }
}

fn row(difference: &Difference, groups: &Groups, style: Style) -> String {
    let Difference { field, held, wanted } = difference;
    let mark = style.paint(Tone::Update, "~");
    let [held, wanted] = [held, wanted].map(|value| groups.shown(value, style.ellipsis()));
    let values = clean(&format!("{held} {} {wanted}", style.arrow()));
    format!("  {mark} {} {values}", pad(field.name(), NAME_WIDTH))
}
