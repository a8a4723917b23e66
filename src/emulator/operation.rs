//! Everything that the emulator can be asked by name, for all services: the host does not matter.

use super::refusal::Refusal;
use crate::wire::{
    Action, DOMAIN_MAPPING, LIVE_VIDEOS, LOOKUP_EVENTS, NOTIFY_RECORDS, ONLINE_LIST, PUBLISH_LIST, Product,
};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// One of the four actions that livevod uses on configurations.
    Configurations(Action),
    UserDomains,
    DomainDetail,
    OssRecordings,
    TranscodeGroup,
    TranscodeGroups,
    AppSpaces,
    CallerIdentity,
    AssumeRole,
    Events,
    PublishList,
    OnlineList,
    DomainMapping,
    LiveVideos,
    NotifyRecords,
}

/// The one action that needs no signature: its token identifies the caller.
pub(super) const ASSUME_ROLE_WITH_OIDC: &str = "AssumeRoleWithOIDC";

/// The lookups, the roles, the events and the recordings.
const OTHERS: [(&str, Product, Operation); 14] = [
    ("DescribeLiveUserDomains", Product::Live, Operation::UserDomains),
    ("DescribeLiveDomainDetail", Product::Live, Operation::DomainDetail),
    ("DescribeLiveRecordConfig", Product::Live, Operation::OssRecordings),
    ("GetTranscodeTemplateGroup", Product::Vod, Operation::TranscodeGroup),
    ("ListTranscodeTemplateGroup", Product::Vod, Operation::TranscodeGroups),
    ("GetAppInfos", Product::Vod, Operation::AppSpaces),
    ("GetCallerIdentity", Product::Sts, Operation::CallerIdentity),
    ("AssumeRole", Product::Sts, Operation::AssumeRole),
    (LOOKUP_EVENTS, Product::ActionTrail, Operation::Events),
    (PUBLISH_LIST, Product::Live, Operation::PublishList),
    (ONLINE_LIST, Product::Live, Operation::OnlineList),
    (DOMAIN_MAPPING, Product::Live, Operation::DomainMapping),
    (LIVE_VIDEOS, Product::Vod, Operation::LiveVideos),
    (NOTIFY_RECORDS, Product::Live, Operation::NotifyRecords),
];

impl Operation {
    /// The operation with that name, if the version is that of its service.
    pub(super) fn find(name: &str, version: &str) -> Result<Self, Refusal> {
        let ours = Action::from_name(name).map(|action| (Product::Live, Operation::Configurations(action)));
        let other = || OTHERS.iter().find(|(known, _, _)| *known == name).map(|row| (row.1, row.2));
        let (product, operation) = ours.or_else(other).ok_or_else(Refusal::unknown_action)?;
        if version == product.version() { Ok(operation) } else { Err(Refusal::unknown_version()) }
    }

    /// The whole name of an action that is given in short or whole: `Add`, `LookupEvents`.
    #[cfg(feature = "faults")]
    pub(super) fn whole_name(text: &str) -> Option<&'static str> {
        let short = |action: &Action| {
            action.name().strip_prefix(text).is_some_and(|rest| rest.starts_with("LiveRecordVodConfig"))
        };
        let ours = Action::ALL.into_iter().find(|action| action.name() == text || short(action));
        let other = || OTHERS.iter().find(|(name, ..)| *name == text).map(|(name, ..)| *name);
        ours.map(Action::name).or_else(other)
    }

    /// The action's name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Configurations(action) => action.name(),
            other => OTHERS.iter().find(|row| row.2 == other).map_or("", |row| row.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_under_its_own_name_and_version_only() {
        let ours = Action::ALL.map(|action| (Product::Live, Operation::Configurations(action)));
        for (product, operation) in ours.into_iter().chain(OTHERS.map(|row| (row.1, row.2))) {
            assert_eq!(Operation::find(operation.name(), product.version()), Ok(operation));
            assert_eq!(Operation::find(operation.name(), "2014-01-01"), Err(Refusal::unknown_version()));
        }
    }
}
