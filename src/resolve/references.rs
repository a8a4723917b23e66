//! Finds tiers, layouts and transcode groups that are named but stand nowhere, each at the very place that names it.

use crate::config::{Document, Written, closest};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::is_group_id;
use crate::source::{Span, Spanned};

/// Checks every name in the document, used by a configuration or not. Silent where a file is missing from the document:
/// what is not found may stand there.
pub(super) fn check(document: &Document, findings: &mut Findings) {
    if document.partial {
        return;
    }
    for settings in document.blocks() {
        if let Some(Spanned { value: Written::Value(name), span }) = &settings.tier {
            check_name(name, *span, &TIERS, document.tiers.keys(), findings);
        }
        for group in
            [&settings.vod_transcode_group, &settings.compose_vod_transcode_group].into_iter().flatten()
        {
            match &group.value {
                Written::Value(name) if !is_group_id(name) => {
                    check_name(name, group.span, &GROUPS, document.transcode_groups.keys(), findings);
                }
                _ => {}
            }
        }
    }
    for names in document.domains.values().filter_map(|domain| domain.layout.as_ref()) {
        for name in &names.names {
            check_name(&name.value, name.span, &LAYOUTS, document.layouts.keys(), findings);
        }
    }
}

/// One kind of thing that has names.
struct Named {
    code: Code,
    noun: &'static str,
    block: &'static str,
}

const TIERS: Named = Named { code: Code::UnknownTier, noun: "tier", block: "tiers" };
const LAYOUTS: Named = Named { code: Code::UnknownLayout, noun: "layout", block: "layouts" };
const GROUPS: Named = Named { code: Code::UnknownGroup, noun: "transcode group", block: "transcode_groups" };

fn check_name<'d>(
    name: &str,
    span: Span,
    named: &Named,
    known: impl Iterator<Item = &'d String> + Clone,
    findings: &mut Findings,
) {
    if known.clone().any(|known| known == name) {
        return;
    }
    let Named { code, noun, block } = named;
    let help = match closest(name, known.map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("define it under `{block}`"),
    };
    let message = format!("no file defines {noun} `{name}`");
    findings.push(Diagnostic::new(*code, message).label(span, format!("not a known {noun}")).help(help));
}
