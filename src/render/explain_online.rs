//! What the service says about an address, below what the files say.

use super::groups::Groups;
use super::journal::{end_text, found_text};
use super::lines::{Line, laid_out};
use super::phrases::{accepted_title, moment, recorded};
use super::style::{Style, Tone, pad, wrap};
use super::who::{WhoText, who_text};
use crate::api::Trail;
use crate::apply::journal::{LastEntry, Reply, Told};
use crate::explain::{Difference, DomainState, Online, Standing};
use crate::gate::clean;
use crate::model::{Address, RecordConfig};
use crate::plan::GroupName;

/// Column at which values begin.
const NAME_WIDTH: usize = 28;

/// What is known about an address besides the files.
#[derive(Debug, Clone, Copy)]
pub struct OnlineFacts<'a> {
    /// What the service says.
    pub online: &'a Online,
    /// The last entry about the address in the journals.
    pub last: Option<&'a LastEntry>,
    /// Who changed it, and at which address, if that was asked for.
    pub who: Option<(&'a Address, &'a Trail)>,
}

/// The domain, its configuration at the address, how that differs from the files, who changed it, and the last entry in
/// the journals.
pub(super) fn human_online(facts: OnlineFacts<'_>, style: Style) -> String {
    let OnlineFacts { online, last, who } = facts;
    let Online { target, domain, held, ruler, records_by_itself, standing, accepted, unmanaged, group_names } =
        online;
    let mut lines = vec![Line::fact(state(domain.as_ref()))];
    lines.push(Line::fact(match held {
        Some(held) => match &held.create_time {
            Some(time) => format!("has a configuration here, created {}", clean(time)),
            None => "has a configuration here".to_owned(),
        },
        None => "has no configuration here".to_owned(),
    }));
    match (held, ruler) {
        (None, Some(ruler)) => {
            let text = format!("{} by {ruler}", recorded(*records_by_itself));
            lines.push(Line::fact(clean(&text)));
        }
        (None, None) => lines.push(Line::fact("NOT RECORDED")),
        (Some(_), _) => {}
    }
    lines.push(Line::fact(match standing {
        Standing::AsDeclared if !accepted.is_empty() => {
            "matches the files, except for accepted differences:".to_owned()
        }
        _ => verdict(standing),
    }));
    let named = |(id, name): (&String, &String)| {
        (id.clone(), GroupName { name: name.clone(), regions: Vec::new(), place: None })
    };
    let names = group_names.iter().map(named).collect();
    let groups = Groups::naming(&names);
    if let Standing::Differs(differences) = standing {
        lines.extend(differences.iter().map(|difference| row(difference, &groups, style)));
    }
    if *standing != Standing::AsDeclared && !accepted.is_empty() {
        lines.push(Line::fact(format!("{}:", accepted_title(accepted.len()))));
    }
    lines.extend(accepted.iter().map(|difference| kept(difference, &groups, style)));
    let other = ruler.as_ref().filter(|_| held.is_none());
    lines.extend(unmanaged.iter().flat_map(|config| settings(config, other, &groups, style)));
    lines.extend(who.into_iter().flat_map(|(address, trail)| who_lines(address, trail)));
    match last {
        Some(last) => lines.extend(last_lines(last)),
        None => lines.push(Line::fact("no journal mentions it")),
    }
    let heading: String = wrap(&format!("In the service: {}", clean(target)), style.width)
        .iter()
        .map(|line| format!("{}\n", style.paint(Tone::Strong, line)))
        .collect();
    format!("\n{heading}{}", laid_out(&lines, style))
}

/// The settings of a configuration that no file declares; `other` is its address if another one was asked for.
fn settings(config: &RecordConfig, other: Option<&Address>, groups: &Groups, style: Style) -> Vec<Line> {
    let head =
        other.map(|other| Line::fact(format!("unmanaged: no file declares {}", clean(&other.to_string()))));
    let settings = groups.settings(config, style.ellipsis());
    let width = settings.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row =
        |(name, value): &(&str, String)| Line::fact(format!("  {}  {}", pad(name, width), clean(value)));
    head.into_iter().chain(settings.iter().map(row)).collect()
}

fn who_lines(address: &Address, trail: &Trail) -> Vec<Line> {
    let WhoText { heading, calls } = who_text(address, trail);
    let calls = calls.into_iter().map(|call| Line::fact(format!("  {call}")));
    std::iter::once(Line::fact(heading)).chain(calls).collect()
}

/// What the last journal entry says, and below it the run that wrote it.
fn last_lines(last: &LastEntry) -> Vec<Line> {
    let LastEntry { run, time, told } = last;
    let time = moment(*time);
    let mut below = vec![format!("run {}", clean(run))];
    match told {
        Told::Ended { action: _, outcome: _, request_id, message } => {
            below.extend(request_id.as_ref().map(|id| format!("RequestId {}", clean(id))));
            below.extend(message.as_ref().map(|message| clean(message)));
        }
        Told::Found { of, found: _ } => below.push(format!("left unfinished by run {}", clean(of))),
        Told::Open(_) | Told::NotBegun(_) | Told::PutBack(_) => {}
    }
    let first = Line::fact(format!("last journal entry: {}, {time}", told_text(told)));
    std::iter::once(first).chain(below.into_iter().map(Line::detail)).collect()
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
        Standing::Unmanaged => "unmanaged: no file declares it".to_owned(),
        Standing::Ignored => "ignored: `ignore` matches it, so livevod leaves it alone".to_owned(),
        Standing::Pruned => "not declared, and covered by `prune: true`; apply would delete it".to_owned(),
        Standing::Unmanageable(reason) => clean(&format!("can't be managed: {reason}")),
        Standing::Nothing => "not declared either".to_owned(),
    }
}

fn kept(difference: &Difference, groups: &Groups, style: Style) -> Line {
    let Difference { field, held, wanted } = difference;
    let [held, wanted] = [held, wanted].map(|value| groups.shown(value, style.ellipsis()));
    Line::fact(format!(". {} {}", pad(field.name(), NAME_WIDTH), clean(&format!("{held} (files: {wanted})"))))
}

fn row(difference: &Difference, groups: &Groups, style: Style) -> Line {
    let Difference { field, held, wanted } = difference;
    let [held, wanted] = [held, wanted].map(|value| groups.shown(value, style.ellipsis()));
    let values = clean(&format!("{held} {} {wanted}", style.arrow()));
    Line::fact(format!("~ {} {values}", pad(field.name(), NAME_WIDTH)))
}
