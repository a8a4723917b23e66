//! Pages and explanations for machines.

use serde_json::{Value as Json, json};

use super::documents::{Context, FORMAT_VERSION, findings, pretty, texts};
use super::exit::Exit;
use super::explain_online::OnlineFacts;
use super::facts::{origin_row, settings_row};
use super::who::trail_row;
use crate::apply::journal::{LastEntry, Told};
use crate::diag::Code;
use crate::explain::{
    Area, Declared, Difference, DomainState, Explanation, FieldExplained, Online, Ruler, Shadowed, Standing,
    page,
};
use crate::model::{AddressText, Pattern, State, Value};
use crate::plan::FieldOrigin;
use crate::resolve::{Accepted, Origin};
use crate::source::{Sources, Spanned};

/// `explain CODE --format json`: the page as Markdown.
pub(super) fn page_json(code: Code) -> String {
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "code": code,
        "severity": code.severity(),
        "summary": code.summary(),
        "page": page(code),
        "exit": Exit::Success,
    }))
}

/// `explain --format json`: every code.
pub(super) fn codes_json() -> String {
    let codes = Code::ALL
        .iter()
        .map(|code| json!({"code": code, "severity": code.severity(), "summary": code.summary()}));
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "codes": codes.collect::<Vec<_>>(),
        "exit": Exit::Success,
    }))
}

/// `explain ADDRESS --format json`; `online` is null if the service was not asked, its `journal` if no journal mentions
/// the address, its `who` if ActionTrail was not asked. The findings are about journals that can't be read.
pub(super) fn explanation_json(
    explanation: &Explanation,
    online: Option<OnlineFacts<'_>>,
    context: Context,
) -> String {
    let sources = context.sources;
    let Explanation { address, is_known_domain, rulers, fields, ignored, protected, accepted, lapsed, prune } =
        explanation;
    let accepted = accepted.iter().map(|one| accepted_row(one, false, sources));
    let lapsed = lapsed.iter().map(|one| accepted_row(one, true, sources));
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "address": AddressText(address),
        "known_domain": is_known_domain,
        "ruler": explanation.ruler().map(|ruler| AddressText(&ruler.address)),
        "rulers": rulers.iter().map(|one| ruler(one, sources)).collect::<Vec<_>>(),
        "fields": fields.iter().map(|one| field(one, sources)).collect::<Vec<_>>(),
        "ignored": patterns(ignored, sources),
        "protected": patterns(protected, sources),
        "accepted": accepted.chain(lapsed).collect::<Vec<_>>(),
        "prune": prune.map(|span| sources.place(span)),
        "online": online.map(online_row),
        "diagnostics": findings(context),
        "exit": context.exit,
    }))
}

/// `explain DOMAIN --format json`; `unmanaged` and `in_service` are null if the service was not asked.
pub(super) fn area_json(area: &Area, context: Context) -> String {
    let Area { pattern, is_known_domain, declared, unmanaged } = area;
    let row = |one: &Declared| {
        let Declared { address, key, is_absent, is_held } = one;
        let state = if *is_absent { State::Absent } else { State::Present };
        let range = context.sources.place(*key);
        json!({"address": AddressText(address), "state": state, "range": range, "in_service": is_held})
    };
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "pattern": pattern.to_string(),
        "known_domain": is_known_domain,
        "declared": declared.iter().map(row).collect::<Vec<_>>(),
        "unmanaged": unmanaged.as_ref().map(texts),
        "diagnostics": findings(context),
        "exit": context.exit,
    }))
}

fn ruler(one: &Ruler, sources: &Sources) -> Json {
    let Ruler { address, keys, absent, records_by_itself } = one;
    json!({
        "address": AddressText(address),
        "state": if absent.is_some() { "absent" } else { "present" },
        "records_by_itself": records_by_itself,
        "ranges": keys.iter().map(|key| sources.place(*key)).collect::<Vec<_>>(),
    })
}

fn field(one: &FieldExplained, sources: &Sources) -> Json {
    let FieldExplained { field, value, origin, shadowed } = one;
    let shadow = |one: &Shadowed| {
        let Shadowed { value, origin } = one;
        json!({"value": value.as_ref().map(Value::to_json), "origin": origin_of(origin, sources)})
    };
    json!({
        "field": field.name(),
        "value": value.to_json(),
        "origin": origin_of(origin, sources),
        "shadowed": shadowed.iter().map(shadow).collect::<Vec<_>>(),
    })
}

fn origin_of(origin: &Origin, sources: &Sources) -> Json {
    let origin = FieldOrigin::new(origin, sources);
    let via = origin.via.iter().map(|(what, place)| json!({"message": what, "range": place}));
    json!({"origin": origin_row(&origin), "via": via.collect::<Vec<_>>()})
}

fn patterns(patterns: &[Spanned<Pattern>], sources: &Sources) -> Vec<Json> {
    let row =
        |one: &Spanned<Pattern>| json!({"pattern": one.value.to_string(), "range": sources.place(one.span)});
    patterns.iter().map(row).collect()
}

/// An entry of `accept`; `value` is null if every value is accepted.
fn accepted_row(one: &Accepted, is_over: bool, sources: &Sources) -> Json {
    let Accepted { address, field, value, until, reason } = one;
    json!({
        "pattern": address.value.to_string(),
        "field": field.value.name(),
        "value": value.as_ref().map(|value| value.written.to_json()),
        "until": until.value.to_string(),
        "expired": is_over,
        "reason": reason.value,
        "range": sources.place(field.span),
    })
}

fn online_row(facts: OnlineFacts<'_>) -> Json {
    let OnlineFacts { online, last, who } = facts;
    let Online {
        target,
        domain,
        held,
        ruler,
        records_by_itself,
        standing,
        accepted,
        unmanaged,
        group_names: _,
    } = online;
    let state = |domain: &DomainState| {
        let DomainState { status, kind, region } = domain;
        json!({"status": status, "type": kind, "region": region})
    };
    json!({
        "target": target,
        "domain": domain.as_ref().map(state),
        "held": held.as_ref().map(|held| settings_row(&held.config.clone().normalized())),
        "create_time": held.as_ref().and_then(|held| held.create_time.as_ref()),
        "ruler": ruler,
        "records_by_itself": records_by_itself,
        "unmanaged": unmanaged.as_ref().map(settings_row),
        "standing": standing_name(standing),
        "differences": differences(standing),
        "accepted": accepted.iter().map(difference).collect::<Vec<_>>(),
        "journal": last.map(journal_row),
        "who": who.map(|(_, trail)| trail_row(trail)),
    })
}

fn journal_row(last: &LastEntry) -> Json {
    let LastEntry { run, time, told } = last;
    let mut row = json!({"run": run, "time": time.to_string()});
    let told = match told {
        Told::Ended { action, outcome, request_id, message } => {
            json!({"event": "ended", "action": action, "outcome": outcome, "request_id": request_id, "message": message})
        }
        Told::Open(action) => json!({"event": "open", "action": action}),
        Told::NotBegun(action) => json!({"event": "not_begun", "action": action}),
        Told::PutBack(reply) => json!({"event": "put_back", "reply": reply}),
        Told::Found { of, found } => json!({"event": "resolved", "of": of, "found": found}),
    };
    if let (Json::Object(row), Json::Object(told)) = (&mut row, told) {
        row.extend(told);
    }
    row
}

fn standing_name(standing: &Standing) -> &'static str {
    match standing {
        Standing::AsDeclared => "as_declared",
        Standing::Differs(_) => "differs",
        Standing::Missing => "missing",
        Standing::StillThere => "still_there",
        Standing::Unmanaged => "unmanaged",
        Standing::Ignored => "ignored",
        Standing::Pruned => "pruned",
        Standing::Unmanageable(_) => "unmanageable",
        Standing::Nothing => "nothing",
    }
}

fn differences(standing: &Standing) -> Vec<Json> {
    let Standing::Differs(differences) = standing else { return Vec::new() };
    differences.iter().map(difference).collect()
}

fn difference(one: &Difference) -> Json {
    let Difference { field, held, wanted } = one;
    json!({"field": field.name(), "before": held.to_json(), "after": wanted.to_json()})
}
