//! Chooses how an Update says that auto_compose is off. Pure.
//!
//! The documents contradict each other: one says that both compose parameters must be given or neither, the official
//! sample sends OFF with a group, and another page says that leaving out the switch means off. So the ways are tried
//! from the plainest on, each only after the service refused the one before, and reading back decides whether it took
//! effect.

use std::iter::successors;

use crate::api::Error;
use crate::wire::ComposeOff;

/// The refusals after which the next fallback is tried: the two parameters must go together, or `AutoCompose` can't be
/// OFF. Since May 2026 the model of an Update lists only ON.
const REFUSALS: [&str; 2] =
    ["InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed", "InvalidAutoCompose.Malformed"];

/// One way to say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fallback {
    /// OFF alone.
    #[default]
    Bare,
    /// OFF with the last known compose group.
    LastGroup,
    /// OFF with the transcode group.
    TranscodeGroup,
    /// Neither parameter.
    Neither,
}

/// The groups of a configuration for the fallbacks that need one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups<'a> {
    /// The compose group that the service holds, or held last.
    pub last: Option<&'a str>,
    /// The transcode group.
    pub transcode: &'a str,
}

impl Fallback {
    /// This fallback if the configuration has the group for it, else the next usable one.
    pub(super) fn usable(self, groups: Groups<'_>) -> Option<Fallback> {
        successors(Some(self), |fallback| fallback.next())
            .find(|fallback| *fallback != Fallback::LastGroup || groups.last.is_some())
    }

    /// The fallback to try after this one was refused with `error`.
    pub(super) fn after(self, error: &Error, groups: Groups<'_>) -> Option<Fallback> {
        REFUSALS.contains(&error.code()).then(|| self.next()?.usable(groups)).flatten()
    }

    /// The parameters of this fallback.
    pub(super) fn parameters(self, groups: Groups<'_>) -> ComposeOff {
        match (self, groups.last) {
            (Fallback::Bare, _) => ComposeOff::Bare,
            (Fallback::LastGroup, Some(last)) => ComposeOff::WithGroup(last.to_owned()),
            (Fallback::LastGroup, None) | (Fallback::TranscodeGroup, _) => {
                ComposeOff::WithGroup(groups.transcode.to_owned())
            }
            (Fallback::Neither, _) => ComposeOff::Neither,
        }
    }

    fn next(self) -> Option<Fallback> {
        match self {
            Fallback::Bare => Some(Fallback::LastGroup),
            Fallback::LastGroup => Some(Fallback::TranscodeGroup),
            Fallback::TranscodeGroup => Some(Fallback::Neither),
            Fallback::Neither => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RemoteError;

    fn refused(code: &str) -> Error {
        Error::Refused(Box::new(RemoteError { status: 400, code: code.to_owned(), ..RemoteError::default() }))
    }

    fn ways(groups: Groups<'_>) -> Vec<ComposeOff> {
        let [first, second] = REFUSALS.map(|code| {
            let next = |fallback: &Fallback| fallback.after(&refused(code), groups);
            let all = successors(Fallback::default().usable(groups), next);
            all.map(|fallback| fallback.parameters(groups)).collect::<Vec<_>>()
        });
        assert_eq!(first, second);
        first
    }

    #[test]
    fn the_fallbacks_come_in_order_and_those_without_a_group_are_left_out() {
        let with = |group: &str| ComposeOff::WithGroup(group.to_owned());
        let all = ways(Groups { last: Some("last"), transcode: "transcode" });
        assert_eq!(all, [ComposeOff::Bare, with("last"), with("transcode"), ComposeOff::Neither]);
        let fewer = ways(Groups { last: None, transcode: "transcode" });
        assert_eq!(fewer, [ComposeOff::Bare, with("transcode"), ComposeOff::Neither]);
    }

    #[test]
    fn another_refusal_ends_the_fallbacks() {
        let groups = Groups { last: Some("last"), transcode: "transcode" };
        assert_eq!(Fallback::Bare.after(&refused("InvalidTemplateGroupId.NotFound"), groups), None);
        assert_eq!(Fallback::Neither.after(&refused(REFUSALS[0]), groups), None);
    }

    #[test]
    fn a_kept_rung_serves_entries_that_lack_its_group() {
        assert_eq!(
            Fallback::LastGroup.usable(Groups { last: None, transcode: "transcode" }),
            Some(Fallback::TranscodeGroup)
        );
    }
}
