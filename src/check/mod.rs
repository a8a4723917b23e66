//! Rules that check the files: each reads [`Document`] and [`Desired`] and reports what someone should look at.
//!
//! A rule is one function in a file of the same name, and one line in one of the tables, by what it looks at. The summary of its code
//! says what it looks for. Each block and each configuration is visited once for all rules; rules that keep something from one
//! configuration to the next are in `walk`.

mod absent_idle;
mod absent_still_recorded;
mod accept_conflict;
mod accept_expired;
mod accept_idle;
mod case_only;
mod comments;
mod compose_group_idle;
mod compose_limit;
mod content_on_demand;
mod declared_ignored;
mod expired;
mod facts;
mod listed;
mod missing_templates;
mod on_demand_value;
mod online;
mod pattern_without_match;
mod prune_without_streams;
mod redundant_value;
mod settle;
mod short_cycle;
mod slice_format;
mod star_not_inherited;
mod storage_prune;
mod storage_region;
mod templates_idle;
mod unknown_region;
mod unused_defaults;
mod unused_group;
mod unused_layout;
mod unused_tier;
mod unusual_group;
mod unusual_storage;
mod video_idle;
mod walk;

use jiff::civil::Date;

use self::facts::{EntryRule, Facts};
pub use self::listed::found_listed;
pub use self::online::{DomainFacts, GroupFacts, OnlineFacts, found_online};
pub use self::settle::{Levels, settle, settle_more};
use crate::config::{Document, Settings};
use crate::diag::{Diagnostic, Findings};
use crate::resolve::Desired;

/// Looks at the files as a whole.
type Rule = fn(&Facts<'_>, &mut Findings);

const RULES: &[Rule] = &[
    accept_conflict::check,
    accept_expired::check,
    accept_idle::check,
    case_only::check,
    declared_ignored::check,
    pattern_without_match::check,
    prune_without_streams::check,
    unknown_region::check,
    unused_group::check,
    unused_layout::check,
    unused_tier::check,
    unusual_group::check,
];

/// Looks at one block of settings, as it is written.
type BlockRule = fn(&Settings, &mut Findings);

const BLOCK_RULES: &[BlockRule] = &[slice_format::check, unusual_storage::check, video_idle::check];

const ENTRY_RULES: &[EntryRule] = &[
    absent_still_recorded::check,
    compose_limit::check,
    content_on_demand::check,
    expired::check,
    missing_templates::check,
    on_demand_value::check,
    short_cycle::check,
    star_not_inherited::check,
    storage_prune::check,
    storage_region::check,
    templates_idle::check,
];

/// Runs every rule. `today` is the day that `expires` and `until` are compared with.
pub fn check(document: &Document, desired: &Desired, today: Date) -> Vec<Diagnostic> {
    let facts = Facts { document, desired, today };
    let mut findings = Findings::allowing(comments::allowed_lines(&document.allows));
    for rule in RULES {
        rule(&facts, &mut findings);
    }
    for block in document.blocks() {
        for rule in BLOCK_RULES {
            rule(block, &mut findings);
        }
    }
    walk::check(&facts, ENTRY_RULES, &mut findings);
    findings.finish()
}

#[cfg(test)]
mod tests;
