//! Finds tiers, layouts and transcode groups that are used but not defined, each at the place that uses it.

use std::collections::BTreeMap;

use crate::config::{Document, Written, closest};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::is_group_id;
use crate::source::{Span, Spanned};

/// How many names get a suggestion; with more, a hostile file could make suggestions take minutes.
const SUGGESTIONS: usize = 100;

/// Checks every name in the document, used by a configuration or not. Reports nothing if a file is missing from the
/// document: a name that is not found may be defined there.
pub(super) fn check(document: &Document, findings: &mut Findings) {
    if document.partial {
        return;
    }
    let mut names = Names { findings, suggestions: SUGGESTIONS };
    let accepted = document.accept.iter().map(|accept| &accept.value);
    for settings in document.blocks().chain(&document.misplaced).chain(accepted) {
        if let Some(Spanned { value: Written::Value(name), span }) = &settings.tier {
            names.check(name, *span, &TIERS, &document.tiers);
        }
        for group in settings.groups() {
            if let Some(name) = group.value.filter(|name| !is_group_id(name)) {
                names.check(name, group.span, &GROUPS, &document.transcode_groups);
            }
        }
    }
    for layout in document.domains.values().filter_map(|domain| domain.layout.as_ref()) {
        for name in &layout.names {
            names.check(&name.value, name.span, &LAYOUTS, &document.layouts);
        }
    }
}

/// One kind of named thing.
struct Named {
    code: Code,
    noun: &'static str,
    block: &'static str,
}

const TIERS: Named = Named { code: Code::UnknownTier, noun: "tier", block: "tiers" };
const LAYOUTS: Named = Named { code: Code::UnknownLayout, noun: "layout", block: "layouts" };
const GROUPS: Named = Named { code: Code::UnknownGroup, noun: "transcode group", block: "transcode_groups" };

struct Names<'f> {
    findings: &'f mut Findings,
    suggestions: usize,
}

impl Names<'_> {
    fn check<T>(&mut self, name: &str, span: Span, named: &Named, known: &BTreeMap<String, T>) {
        if known.contains_key(name) {
            return;
        }
        let Named { code, noun, block } = named;
        let help = match self.suggest(name, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("define it under `{block}`"),
        };
        let message = format!("no file defines {noun} `{name}`");
        self.findings
            .push(Diagnostic::new(*code, message).label(span, format!("not a known {noun}")).help(help));
    }

    fn suggest<'k, T>(&mut self, name: &str, known: &'k BTreeMap<String, T>) -> Option<&'k str> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        closest(name, known.keys().map(String::as_str))
    }
}
