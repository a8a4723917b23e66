//! A transcode group's name that nothing uses.

use std::collections::HashSet;

use super::Facts;
use crate::config::Written;
use crate::diag::{Code, Diagnostic, Findings};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    let settings =
        document.blocks().flat_map(|block| [&block.vod_transcode_group, &block.compose_vod_transcode_group]);
    let written: Vec<_> = settings.flatten().collect();
    let unread = written.iter().any(|setting| setting.value == Written::Faulty);
    let used: HashSet<&String> = written.iter().filter_map(|setting| setting.value.value()).collect();
    let known =
        |name: &&String| document.transcode_groups.contains_key(*name) || crate::model::is_group_id(name);
    // A name that is none may be a slip of any that seems unused.
    if !facts.is_whole() || unread || !used.iter().all(known) {
        return;
    }
    for (name, group) in document.transcode_groups.iter().filter(|(name, _)| !used.contains(name)) {
        findings.push(
            Diagnostic::new(Code::UnusedGroup, format!("nothing uses transcode group `{name}`"))
                .label(group.key, "used nowhere")
                .help("remove it, or write its name where its id stands"),
        );
    }
}
