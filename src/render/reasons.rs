//! Why something is not done or not known, as a finding: the answer of the service, the YAML value that it is about, and
//! what to do.

use std::sync::Arc;

use super::remote::{Asked, Sought, calls, cause, denial, policy, remedy};
use crate::api;
use crate::apply::{ChangeOutcome, Outcome, Report, blame};
use crate::diag::{Code, Diagnostic, Severity};
use crate::permissions::Permission;
use crate::plan::Noted;
use crate::resolve::step_in_words;
use crate::source::{Place, Sources, Span};

/// Why a change is not done; `None` if it is done.
pub(super) fn not_done(
    account: Option<&str>,
    change: Noted,
    one: &ChangeOutcome,
    sources: &Sources,
) -> Option<Diagnostic> {
    let (code, failure, help) = match &one.outcome {
        Outcome::Done => return None,
        Outcome::Failed(failure) => {
            (Code::NotDone, failure, "fix the cause and apply again; changes that are done stay done")
        }
        Outcome::NotAttempted(failure) => (Code::NotDone, failure, "plan again to see what is left"),
        Outcome::Unknown(failure) => (
            Code::UnknownOutcome,
            failure,
            "the write may still take effect; wait, then run `livevod plan` to see whether it did",
        ),
    };
    let remote = failure.remote.as_ref();
    let code = if remote.is_some() && code == Code::NotDone { Code::Remote } else { code };
    let mut diagnostic = Diagnostic::new(code, failure.to_string()).about(&one.address);
    diagnostic.request_id =
        remote.and_then(api::Error::request_id).or(one.request_id.as_deref()).map(str::to_owned);
    let asked = Asked {
        // A change is not attempted when the read before it failed.
        permissions: match one.outcome {
            Outcome::NotAttempted(_) => listing(),
            _ => calls(change.action()),
        },
        account,
        domain: &one.address.domain,
    };
    diagnostic = match code {
        // The write may be there, so the cure for the last error would be the wrong advice: only its cause is shown.
        Code::UnknownOutcome => {
            let cause = remote.and_then(api::Error::remote).and_then(cause);
            let diagnostic = diagnostic.help(help);
            cause.into_iter().fold(diagnostic, |diagnostic, cause| diagnostic.note(cause, None))
        }
        _ => helped(diagnostic, remote, &asked, help),
    };
    Some(at_the_cause(diagnostic, change, remote, sources))
}

/// A warning for each domain whose last listing could not be read.
pub(super) fn not_seen_again(account: Option<&str>, report: &Report) -> Vec<Diagnostic> {
    let domains = report.not_seen_again.iter();
    let warning = |(domain, error): &(Arc<str>, api::Error)| {
        let message = format!("the last listing of `{domain}` could not be read: {error}");
        let asked = Asked { permissions: listing(), account, domain };
        let otherwise = "every write was read back, but not checked again at the end: plan again to see whether all of them are still in place";
        let mut diagnostic = unreadable(message, error, None, &asked, otherwise);
        diagnostic.severity = Severity::Warning;
        diagnostic
    };
    domains.map(warning).collect()
}

/// A domain that could not be read, at its name in the files.
pub fn unread(domain: &str, error: &api::Error, account: Option<&str>, key: Option<Span>) -> Diagnostic {
    let asked = Asked { permissions: listing(), account, domain };
    let otherwise = "nothing is planned for this domain until it can be read; leave it out with `--exclude`";
    unreadable(format!("`{domain}` can't be read: {error}"), error, key, &asked, otherwise)
}

/// Domains that could not be read because the service refuses every call: said once, with the first domain.
pub fn unread_all(domains: &[&str], error: &api::Error, account: Option<&str>) -> Diagnostic {
    let domain = domains.first().copied().unwrap_or("*");
    let asked = Asked { permissions: listing(), account, domain };
    let message = format!("none of the {} domains can be read: {error}", domains.len());
    unreadable(message, error, None, &asked, "nothing is planned until the service accepts calls")
}

/// A domain of the account that could not be read; no file names it.
pub fn unread_beside(domain: &str, error: &api::Error, account: Option<&str>) -> Diagnostic {
    let asked = Asked { permissions: listing(), account, domain };
    let otherwise =
        "no file names this domain, and nothing is planned for it; without `--all-domains` it is not read";
    unreadable(format!("`{domain}` can't be read: {error}"), error, None, &asked, otherwise)
}

/// A domain that could not be read for an import.
pub fn not_imported(domain: &str, error: &api::Error, account: Option<&str>) -> Diagnostic {
    let asked = Asked { permissions: listing(), account, domain };
    let otherwise = "try again, or name the domains to import without this one";
    unreadable(format!("`{domain}` can't be read: {error}"), error, None, &asked, otherwise)
}

/// Transcode groups whose names could not be read, the first of `count` with its error.
pub fn unnamed_groups(id: &str, count: usize, error: &api::Error) -> Diagnostic {
    let asked = Asked { permissions: Sought::Group.permissions(), account: None, domain: id };
    let message = match count {
        1 => format!("the name of the transcode group `{id}` can't be read: {error}"),
        _ => {
            format!("the names of {count} transcode groups can't be read, the first that of `{id}`: {error}")
        }
    };
    let mut diagnostic = unreadable(message, error, None, &asked, "the files number these groups instead");
    diagnostic.severity = Severity::Warning;
    diagnostic
}

/// The account's domains, if they could not be listed; `otherwise` is what to do about an error without a cure of its own.
pub fn unlisted(error: &api::Error, account: Option<&str>, otherwise: &str) -> Diagnostic {
    let asked = Asked { permissions: vec![Permission::ListDomains], account, domain: "*" };
    unreadable(format!("the account's domains can't be listed: {error}"), error, None, &asked, otherwise)
}

/// A domain, a transcode group or an app space that could not be looked up in the service.
pub fn unanswered(what: &str, sought: Sought, error: &api::Error, key: Option<Span>) -> Diagnostic {
    let asked = Asked { permissions: sought.permissions(), account: None, domain: what };
    let otherwise = "try again, or run without `--online`, which needs no answer of the service";
    unreadable(format!("`{what}` can't be looked up: {error}"), error, key, &asked, otherwise)
}

/// A warning that ActionTrail can't tell who changed `count` configurations.
pub fn untold(count: usize, error: &api::Error) -> Diagnostic {
    let asked = Asked { permissions: vec![Permission::ListEvents], account: None, domain: "*" };
    let what = match count {
        1 => "a configuration".to_owned(),
        _ => format!("{count} configurations"),
    };
    let otherwise = "the result is complete without it; try again in a minute, or run without `--who`";
    let message = format!("ActionTrail can't tell who changed {what}: {error}");
    let mut diagnostic = unreadable(message, error, None, &asked, otherwise);
    diagnostic.severity = Severity::Warning;
    diagnostic
}

/// A warning that it is not known who is on air on `count` domains, the first of which is named.
pub fn on_air_unread(domain: &str, count: usize, error: &api::Error) -> Diagnostic {
    let asked = Asked { permissions: vec![Permission::ListOnAir], account: None, domain: "*" };
    let message = match count {
        1 => format!("who is on air on `{domain}` can't be read: {error}"),
        _ => format!("who is on air on {count} domains can't be read, the first is `{domain}`: {error}"),
    };
    let otherwise = "the plan is complete without it, but does not say which streams it concerns right now";
    let mut diagnostic = unreadable(message, error, None, &asked, otherwise);
    diagnostic.severity = Severity::Warning;
    diagnostic
}

/// A domain whose past could not be read for a replay.
pub fn replay_unread(domain: &str, error: &api::Error, account: Option<&str>) -> Diagnostic {
    let asked = Asked { permissions: vec![Permission::ListPublishes], account, domain };
    let otherwise = "the replay is incomplete; try again, or plan without `--replay`";
    let message = format!("who published on `{domain}` can't be read: {error}");
    unreadable(message, error, None, &asked, otherwise)
}

/// What listing a domain needs.
fn listing() -> Vec<Permission> {
    vec![Permission::ListConfigs]
}

/// A failed read, at the domain's name in the files if it is there.
fn unreadable(
    message: String,
    error: &api::Error,
    key: Option<Span>,
    asked: &Asked,
    otherwise: &str,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(Code::Remote, message);
    diagnostic.request_id = error.request_id().map(str::to_owned);
    if let Some(key) = key {
        diagnostic = diagnostic.label(key, "this domain");
    }
    helped(diagnostic, Some(error), asked, otherwise)
}

/// Adds the cure for the service's code, or `otherwise` if the code is unknown, and the service's own page and details.
fn helped(
    mut diagnostic: Diagnostic,
    error: Option<&api::Error>,
    asked: &Asked,
    otherwise: &str,
) -> Diagnostic {
    let Some(refusal) = error.and_then(api::Error::remote) else { return diagnostic.help(otherwise) };
    if let Some(details) = denial(refusal) {
        diagnostic = diagnostic.note(details, None);
    }
    let cure = remedy(refusal).unwrap_or_else(|| otherwise.to_owned());
    let page =
        refusal.recommend.as_ref().map(|page| format!("Alibaba Cloud's page about this error: {page}"));
    let help: Vec<String> = [Some(cure), page, policy(refusal, asked)].into_iter().flatten().collect();
    diagnostic.help(help.join("; "))
}

/// Labels the values that the service rejects, with the chain that led to them as notes; else the entry.
fn at_the_cause(
    diagnostic: Diagnostic,
    change: Noted,
    error: Option<&api::Error>,
    sources: &Sources,
) -> Diagnostic {
    let span = |place: &Option<Place>| place.as_ref().and_then(|place| sources.span_of(place));
    let fields = error.and_then(api::Error::remote).map(|remote| blame(&change, remote)).unwrap_or_default();
    let blamed = change
        .field_changes()
        .filter(|one| fields.contains(&one.field))
        .filter_map(|one| Some((one.field, one.origin?)));
    let written: Vec<_> =
        blamed.filter_map(|(field, origin)| Some((field, origin, span(&origin.place)?))).collect();
    let entry = span(&change.note.place);
    if written.is_empty() {
        return match entry {
            Some(entry) => diagnostic.label(entry, "this entry"),
            None => diagnostic,
        };
    }
    let labeled = written.iter().fold(diagnostic, |diagnostic, (field, _, value)| {
        diagnostic.label(*value, format!("this `{field}`"))
    });
    let steps = written.iter().flat_map(|(_, origin, _)| &origin.via);
    let chain = steps.fold(labeled, |diagnostic, (text, place)| {
        diagnostic.note(step_in_words(text, |yaml| format!("`{yaml}`")), sources.span_of(place))
    });
    chain.note(format!("applies to `{}`", change.address), entry)
}
