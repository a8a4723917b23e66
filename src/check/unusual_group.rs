//! A group id that does not look like the service's own.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::is_group_id;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for group in facts.document.transcode_groups.values() {
        for id in group.ids() {
            let Some(text) = id.value.value().filter(|text| !is_group_id(text)) else { continue };
            findings.push(
                Diagnostic::new(Code::UnusualGroup, format!("`{text}` has not the usual form of a group id"))
                    .label(id.span, "not 32 hexadecimal digits")
                    .help("compare it with the id in the VOD console"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn ids_by_region_too() {
        let text = "version: 1\ntranscode_groups:\n  good: e2d796d3bb5fd8049d32bff62f94e4c1\n  \
                    none: VOD_NO_TRANSCODE\n  odd: my-group\n  two: { cn-shanghai: e2d7, eu-central-1: \
                    6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }\n";
        assert_eq!(
            found(text),
            [(Code::UnusualGroup, "my-group".into()), (Code::UnusualGroup, "e2d7".into())]
        );
    }
}
