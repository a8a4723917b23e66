//! Rules over what is wanted: each reads [`Document`] and [`Desired`] and reports what somebody should look at.
//!
//! A rule is one function in a file that has its name, and one line in the table. Its code's summary says what it looks
//! for.

mod case_only;
mod declared_ignored;
mod expired;
mod on_demand_value;
mod unusual_group;

use jiff::civil::Date;

use crate::config::Document;
use crate::diag::{Diagnostic, Findings};
use crate::resolve::Desired;

/// What rules look at.
struct Facts<'a> {
    document: &'a Document,
    desired: &'a Desired,
    today: Date,
}

type Rule = fn(&Facts<'_>, &mut Findings);

const RULES: &[Rule] = &[
    case_only::check,
    declared_ignored::check,
    expired::check,
    on_demand_value::check,
    unusual_group::check,
];

/// Runs every rule. `today` is the day that `expires` is held against.
pub fn check(document: &Document, desired: &Desired, today: Date) -> Vec<Diagnostic> {
    let facts = Facts { document, desired, today };
    let mut findings = Findings::default();
    for rule in RULES {
        rule(&facts, &mut findings);
    }
    findings.finish()
}

#[cfg(test)]
mod testing {
    use super::*;
    use crate::config::parse;
    use crate::diag::Code;
    use crate::resolve::resolve;
    use crate::source::{Source, Sources};

    /// What the rules find in one file on 2026-11-22: each code with the text under its first label.
    pub(super) fn found(text: &str) -> Vec<(Code, String)> {
        let mut sources = Sources::default();
        sources.add(Source::new("livevod.yaml", text));
        let (document, problems) = parse(&sources);
        assert_eq!(problems, []);
        let (desired, problems) = resolve(&document);
        assert_eq!(problems, []);
        check(&document, &desired, jiff::civil::date(2026, 11, 22))
            .into_iter()
            .map(|found| (found.code, sources.text(found.labels[0].span).to_owned()))
            .collect()
    }

    /// A file whose app `show` on `a.com` has these streams, below `top`.
    pub(super) fn streams(top: &str, streams: &str) -> String {
        format!(
            "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\n{top}\n\
             domains: {{ a.com: {{ apps: {{ show: {{ streams: {{ {streams} }} }} }} }} }}\n"
        )
    }
}
