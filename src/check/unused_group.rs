//! A transcode group name that nothing uses.

use std::collections::HashSet;

use super::facts::Facts;
use crate::config::Settings;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::is_group_id;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    let accepted = document.accept.iter().map(|accept| &accept.value);
    let written: Vec<_> = document.blocks().chain(accepted).flat_map(Settings::groups).collect();
    let unread = written.iter().any(|group| group.value.is_none());
    let used: HashSet<&str> = written.iter().filter_map(|group| group.value).collect();
    let known = |name: &&str| document.transcode_groups.contains_key(*name) || is_group_id(name);
    // An unknown name may be a misspelling of any name that seems unused.
    if !facts.is_whole() || unread || !used.iter().all(known) {
        return;
    }
    for (name, group) in document.transcode_groups.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        findings.push(
            Diagnostic::new(Code::UnusedGroup, format!("nothing uses transcode group `{name}`"))
                .label(group.key, "never used")
                .help("remove the group, or write its name where its id is written"),
        );
    }
}
