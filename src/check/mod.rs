//! Rules over what is wanted: each reads [`Document`] and [`Desired`] and reports what somebody should look at.
//!
//! A rule is one function in a file that has its name, and one line in the table. Its code's summary says what it looks
//! for.

mod absent_idle;
mod absent_still_recorded;
mod case_only;
mod compose_group_idle;
mod compose_limit;
mod declared_ignored;
mod expired;
mod facts;
mod listed;
mod on_demand_value;
mod online;
mod pattern_without_match;
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

use self::facts::Facts;
pub use self::listed::found_listed;
pub use self::online::{DomainFacts, OnlineFacts, found_online};
pub use self::settle::{Levels, settle, settle_more};
use crate::config::Document;
use crate::diag::{Diagnostic, Findings};
use crate::resolve::Desired;

type Rule = fn(&Facts<'_>, &mut Findings);

const RULES: &[Rule] = &[
    absent_still_recorded::check,
    case_only::check,
    compose_group_idle::check,
    compose_limit::check,
    declared_ignored::check,
    expired::check,
    on_demand_value::check,
    pattern_without_match::check,
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
    use crate::diag::{Code, Severity};
    use crate::model::{Address, DomainSnapshot, RecordConfig, Remote, Snapshot, StreamSpelling};
    use crate::resolve::resolve;
    use crate::source::{Source, Sources};

    fn read(text: &str) -> (Sources, Document, Desired) {
        let mut sources = Sources::default();
        sources.add(Source::new("livevod.yaml", text));
        let (document, problems) = parse(&sources);
        assert_eq!(problems, []);
        let (desired, problems) = resolve(&document);
        assert_eq!(problems, []);
        (sources, document, desired)
    }

    /// What the service held shows of one file: each code with its severity and the text under its first label. `held` are the
    /// addresses with an entry, in the domains `read`.
    pub(super) fn found_listed(text: &str, held: &[&str], read: &[&str]) -> Vec<(Code, Severity, String)> {
        let (sources, _, desired) = self::read(text);
        let mut snapshot = Snapshot::default();
        snapshot.domains.extend(read.iter().map(|name| ((*name).into(), DomainSnapshot::default())));
        for address in held {
            let address: Address = address.parse().unwrap();
            let remote = Remote {
                config: RecordConfig::default(),
                spelling: StreamSpelling::Named,
                create_time: None,
                unsupported: None,
            };
            snapshot.domains.get_mut(&address.domain).unwrap().configs.insert(address, remote);
        }
        let row = |one: Diagnostic| (one.code, one.severity, sources.text(one.labels[0].span).to_owned());
        super::found_listed(&desired, &snapshot).into_iter().map(row).collect()
    }

    /// What the rules find in one file on 2026-11-22: each code with the text under its first label.
    pub(super) fn found(text: &str) -> Vec<(Code, String)> {
        let (sources, document, desired) = read(text);
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
