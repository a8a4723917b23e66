//! A transcode group's name that nothing uses.

use std::collections::HashSet;

use super::facts::Facts;
use crate::config::{Settings, Written};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::is_group_id;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    let written: Vec<_> = document.blocks().flat_map(Settings::groups).collect();
    let unread = written.iter().any(|setting| setting.value == Written::Faulty);
    let used: HashSet<&str> = written.iter().filter_map(|setting| setting.value.value()?.as_text()).collect();
    let known = |name: &&str| document.transcode_groups.contains_key(*name) || is_group_id(name);
    // A name that is none may be a slip of any that seems unused.
    if !facts.is_whole() || unread || !used.iter().all(known) {
        return;
    }
    for (name, group) in document.transcode_groups.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        findings.push(
            Diagnostic::new(Code::UnusedGroup, format!("nothing uses transcode group `{name}`"))
                .label(group.key, "used nowhere")
                .help("remove it, or write its name where its id stands"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{found, streams};
    use super::*;

    #[test]
    fn a_name_that_stands_nowhere() {
        let id = "e2d796d3bb5fd8049d32bff62f94e4c1";
        let groups = format!("transcode_groups: {{ hd: {id}, sd: {id} }}");
        let cam = |group: &str| found(&streams(&groups, &format!("cam: {{ vod_transcode_group: {group} }}")));
        assert_eq!(cam("hd"), [(Code::UnusedGroup, "sd".into())]);
        assert_eq!(cam(id), [(Code::UnusedGroup, "hd".into()), (Code::UnusedGroup, "sd".into())]);
        let merged = "vod_transcode_group: hd, auto_compose: on, compose_vod_transcode_group: sd";
        assert_eq!(found(&streams(&groups, &format!("cam: {{ {merged} }}"))), []);
        assert_eq!(found(&format!("version: 1\n{groups}\n")), [], "a shared file declares nothing");
    }
}
