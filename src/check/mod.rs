//! Rules over what is wanted: each reads [`Document`] and [`Desired`] and reports what somebody should look at.
//!
//! A rule is one function in a file that has its name, and one line in the table. Its code's summary says what it looks
//! for.

mod absent_still_recorded;
mod case_only;
mod compose_group_idle;
mod compose_limit;
mod declared_ignored;
mod expired;
mod on_demand_value;
mod online;
mod prune_without_streams;
mod redundant_value;
mod settle;
mod short_cycle;
mod star_not_inherited;
mod storage_prune;
mod storage_region;
mod unused_defaults;
mod unused_group;
mod unused_layout;
mod unused_tier;
mod unusual_group;
mod unusual_storage;

use jiff::civil::Date;

pub use self::online::{DomainSeen, Seen, found_online};
pub use self::settle::{Levels, settle, settle_more};
use crate::config::Document;
use crate::diag::{Diagnostic, Findings};
use crate::resolve::Desired;

/// What rules look at.
struct Facts<'a> {
    document: &'a Document,
    desired: &'a Desired,
    today: Date,
}

impl Facts<'_> {
    /// Whether the files can show what nothing uses: all were read, and they declare something. A file of shared tiers
    /// checked by itself declares nothing.
    fn is_whole(&self) -> bool {
        !self.document.partial && !self.document.domains.is_empty()
    }
}

type Rule = fn(&Facts<'_>, &mut Findings);

const RULES: &[Rule] = &[
    absent_still_recorded::check,
    case_only::check,
    compose_group_idle::check,
    compose_limit::check,
    declared_ignored::check,
    expired::check,
    on_demand_value::check,
    prune_without_streams::check,
    redundant_value::check,
    short_cycle::check,
    star_not_inherited::check,
    storage_prune::check,
    storage_region::check,
    unused_defaults::check,
    unused_group::check,
    unused_layout::check,
    unused_tier::check,
    unusual_group::check,
    unusual_storage::check,
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
