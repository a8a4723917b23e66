//! From YAML to the desired state: reading, merging, inheriting, and everything that can be wrong with it.

mod cases;
mod codes;
mod examples;
mod hundred;
mod inheritance;
mod merging;
pub(crate) mod mutated;
pub(crate) mod pages;
mod round_trip;
mod schema;

pub(crate) use pages::examples;

use livevod::check::{Levels, check, settle};
use livevod::config::{Document, parse};
use livevod::diag::Diagnostic;
use livevod::model::Field;
use livevod::resolve::{Desired, OriginKind, Resolved, resolve};
use livevod::source::{Source, Sources};

/// The result of reading some files on 2026-11-22.
pub(crate) struct Read {
    sources: Sources,
    document: Document,
    desired: Desired,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads files, each a name and a text, as `validate` does.
pub(crate) fn read(files: &[(&str, &str)]) -> Read {
    let mut sources = Sources::default();
    for (name, text) in files {
        sources.add(Source::new(*name, *text));
    }
    let (document, mut diagnostics) = parse(&sources);
    let (desired, found) = resolve(&document);
    diagnostics.extend(found);
    diagnostics.extend(check(&document, &desired, jiff::civil::date(2026, 11, 22)));
    let diagnostics = settle(diagnostics, &document.allows, &Levels::default());
    Read { sources, document, desired, diagnostics }
}

impl Read {
    /// Each finding's code and the text under its first label.
    fn found(&self) -> Vec<(&str, &str)> {
        self.diagnostics
            .iter()
            .map(|found| {
                (found.code.as_str(), found.labels.first().map_or("", |label| self.sources.text(label.span)))
            })
            .collect()
    }

    /// The code of each error.
    fn errors(&self) -> Vec<&str> {
        self.diagnostics.iter().filter(|found| found.is_error()).map(|found| found.code.as_str()).collect()
    }

    /// The declared settings of an address; `None` if nothing or `state: absent` is declared.
    fn resolved(&self, address: &str) -> Option<&Resolved> {
        self.desired.get(&address.parse().unwrap())?.resolved()
    }

    /// A value with its origin: `900 tier vip <15m> via tier: vip`.
    fn value(&self, address: &str, field: Field) -> String {
        let resolved = self.resolved(address).unwrap();
        let origin = resolved.origin(field).unwrap();
        let kind = match origin.kind {
            OriginKind::Stream => "stream",
            OriginKind::App => "app",
            OriginKind::Domain => "domain",
            OriginKind::Defaults => "defaults",
            OriginKind::Tier => "tier",
            OriginKind::Default => "default",
            OriginKind::Service => "service",
            OriginKind::Snapshot => "snapshot",
        };
        let mut text = format!("{} {kind}", resolved.config.get(field));
        if let Some(tier) = &origin.tier {
            text.push_str(&format!(" {tier}"));
        }
        if let Some(span) = origin.span {
            text.push_str(&format!(" <{}>", self.sources.text(span)));
        }
        if !origin.via.is_empty() {
            let via: Vec<&str> = origin.via.iter().map(|step| step.value.as_str()).collect();
            text.push_str(&format!(" via {}", via.join(", ")));
        }
        text
    }
}
