//! The codes of the findings: the name, the severity and the page of each rule.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run can't continue as requested.
    Error,
    /// Should be changed, but nothing is refused.
    Warning,
    /// A suggestion.
    Advice,
}

/// Defines the codes. Each code has a line in the list below and a page in `explain/pages`.
macro_rules! codes {
    ($($(#[doc = $summary:literal])+ $name:ident = $text:literal, $severity:ident;)*) => {
        /// The stable name of a rule, in kebab case wherever users see it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $summary])+ $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The code as users see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The code that users see as `text`.
            pub fn find(text: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.as_str() == text)
            }

            /// The default severity of this code's findings.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// What the rule looks for, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => concat!($($summary),+).trim_ascii(),)* }
            }

            /// What `livevod explain CODE` prints, in Markdown: what is found, why it matters, an input that has this
            /// finding and one that does not. Tests run the rule on these inputs.
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../explain/pages/", $text, ".md")),)* }
            }
        }
    };
}

codes! {
    /// A file or folder can't be read.
    Unreadable = "unreadable", Error;
    /// No configuration files were found.
    NoFiles = "no-files", Error;
    /// A symbolic link points outside the given root.
    LinkOutside = "link-outside", Error;
    /// A file is not UTF-8 text.
    NotUtf8 = "not-utf8", Error;
    /// Text that is not valid YAML.
    Syntax = "syntax", Error;
    /// A file with nothing in it.
    EmptyFile = "empty-file", Error;
    /// More than one YAML document in a file.
    SeveralDocuments = "several-documents", Error;
    /// Aliases that expand to too many values, or contain themselves.
    AliasBomb = "alias-bomb", Error;
    /// An alias without an anchor.
    UnknownAlias = "unknown-alias", Error;
    /// Something exceeds a limit of livevod.
    Limit = "limit", Error;
    /// A merge key (`<<`), which livevod does not support.
    MergeKey = "merge-key", Error;
    /// A YAML tag, which livevod does not support.
    Tag = "tag", Error;
    /// An unknown key.
    UnknownKey = "unknown-key", Error;
    /// The same key twice in one map.
    DuplicateKey = "duplicate-key", Error;
    /// A list where a map is expected, and the like.
    WrongType = "wrong-type", Error;
    /// A blank or null setting.
    BlankValue = "blank-value", Error;
    /// A file without `version`.
    MissingVersion = "missing-version", Error;
    /// An entry without a key that it must have.
    MissingKey = "missing-key", Error;
    /// A version of the file format that this livevod does not know.
    UnsupportedVersion = "unsupported-version", Error;
    /// An invalid account id.
    BadAccount = "bad-account", Error;
    /// An invalid region id.
    BadRegion = "bad-region", Error;
    /// A domain, app or stream name with characters that the API does not allow.
    BadName = "bad-name", Error;
    /// A pattern that can't match anything.
    BadPattern = "bad-pattern", Error;
    /// An invalid date.
    BadDate = "bad-date", Error;
    /// A value that the API does not accept for the setting.
    BadValue = "bad-value", Error;
    /// A `cycle_duration` outside 300 to 21600 seconds.
    CycleRange = "cycle-range", Error;
    /// The same value, stream or `defaults` block in two files.
    Conflict = "conflict", Error;
    /// A tier that no file defines.
    UnknownTier = "unknown-tier", Error;
    /// A layout that no file defines.
    UnknownLayout = "unknown-layout", Error;
    /// A transcode group name that no file defines.
    UnknownGroup = "unknown-group", Error;
    /// A transcode group without an id for the domain's region.
    GroupRegion = "group-region", Error;
    /// A region that livevod does not know.
    UnknownRegion = "unknown-region", Warning;
    /// A transcode group id of an unusual form.
    UnusualGroup = "unusual-group", Warning;
    /// Tiers that refer to each other in a circle.
    TierCycle = "tier-cycle", Error;
    /// A configuration without a transcode group.
    MissingGroup = "missing-group", Error;
    /// `auto_compose` is on without a group for the merged file.
    MissingComposeGroup = "missing-compose-group", Error;
    /// A transcode group or `auto_compose` beside `record_format`.
    MixedFormats = "mixed-formats", Error;
    /// `slice_duration` of a format that has no slices.
    SliceFormat = "slice-format", Error;
    /// Transcoded streams are to be recorded, but no template is named.
    MissingTemplates = "missing-templates", Error;
    /// `state: absent` combined with other settings.
    AbsentSettings = "absent-settings", Error;
    /// `prune` on a domain that several files declare.
    PruneSpread = "prune-spread", Error;
    /// An address that is both declared and ignored.
    DeclaredIgnored = "declared-ignored", Error;
    /// The same field of a configuration, accepted with two different values.
    AcceptConflict = "accept-conflict", Error;
    /// An entry of `accept` whose `until` date has come.
    AcceptExpired = "accept-expired", Warning;
    /// An entry of `accept` that has no effect.
    AcceptIdle = "accept-idle", Warning;
    /// Two names that differ only in case.
    CaseOnly = "case-only", Warning;
    /// A pattern of `ignore`, `protect` or `must_record` that matches nothing.
    PatternWithoutMatch = "pattern-without-match", Warning;
    /// An entry whose `expires` date has come.
    Expired = "expired", Warning;
    /// An `on_demand` value that older documents do not allow for recording to VOD.
    OnDemandValue = "on-demand-value", Warning;
    /// A transcode group name that nothing uses.
    UnusedGroup = "unused-group", Advice;
    /// A tier that nothing uses.
    UnusedTier = "unused-tier", Advice;
    /// A layout that no domain uses.
    UnusedLayout = "unused-layout", Advice;
    /// A `defaults` block that no configuration inherits.
    UnusedDefaults = "unused-defaults", Advice;
    /// A value that repeats the inherited value.
    RedundantValue = "redundant-value", Advice;
    /// A setting on `"*"`, while another entry of the app inherits a different value.
    StarNotInherited = "star-not-inherited", Advice;
    /// `state: absent`, but a configuration for every stream would still record the stream.
    AbsentStillRecorded = "absent-still-recorded", Advice;
    /// `state: absent`, but the service has no configuration there any more.
    AbsentIdle = "absent-idle", Advice;
    /// A transcode group for the merged file, but `auto_compose` is off.
    ComposeGroupIdle = "compose-group-idle", Warning;
    /// A format processes its merged file (`video: [compose]`), but `auto_compose` is off.
    VideoIdle = "video-idle", Warning;
    /// `transcode_templates` is set, but only the source stream is recorded.
    TemplatesIdle = "templates-idle", Warning;
    /// Transcoded streams are to be recorded, but `on_demand: 2` records only the source stream.
    ContentOnDemand = "content-on-demand", Warning;
    /// Files so short that a stream of a day has more of them than the 40 that the service merges.
    ComposeLimit = "compose-limit", Warning;
    /// A `cycle_duration` below the recommended 20 minutes.
    ShortCycle = "short-cycle", Advice;
    /// A storage location of an unusual form.
    UnusualStorage = "unusual-storage", Warning;
    /// A storage location in another region than its domain.
    StorageRegion = "storage-region", Warning;
    /// `storage_location`, which can only be set at creation, on an entry that `prune` covers.
    StoragePrune = "storage-prune", Advice;
    /// `prune` on a domain or app that declares no configuration.
    PruneWithoutStreams = "prune-without-streams", Warning;
    /// An allow comment whose code is unknown or can't be allowed.
    BadAllow = "bad-allow", Warning;
    /// An allow comment that allows nothing.
    StaleAllow = "stale-allow", Warning;
    /// A file that is not in canonical form.
    NotFormatted = "not-formatted", Warning;
    /// A file that can't be written.
    Unwritable = "unwritable", Error;
    /// The journal folder can't be used, or is in use.
    Journal = "journal", Error;
    /// The store that several machines share can't be used.
    Store = "store", Error;
    /// Another run holds the domains, or took them over.
    Lease = "lease", Error;
    /// An import whose files would not match the service.
    Import = "import", Error;
    /// A snapshot that can't be used.
    Snapshot = "snapshot", Error;
    /// A saved plan that can't be used.
    PlanFile = "plan-file", Error;
    /// livevod can't determine which changes were already pending on the target branch.
    Base = "base", Error;
    /// A domain that the service does not have, or that differs from what the files say.
    DomainState = "domain-state", Warning;
    /// A transcode group that VOD does not have in the domain's region.
    GroupNotFound = "group-not-found", Error;
    /// A VOD app space that does not exist.
    SpaceNotFound = "space-not-found", Error;
    /// A transcode group that belongs to another app space than its configuration.
    GroupSpace = "group-space", Warning;
    /// A recording to OSS covers a stream that is declared for recording to VOD.
    OssOverlap = "oss-overlap", Warning;
    /// Wrong arguments, or arguments that can't be combined.
    Usage = "usage", Error;
    /// The files and the credentials may belong to different accounts.
    Account = "account", Error;
    /// Approval is required, and neither a person nor a flag can give it.
    NotApproved = "not-approved", Error;
    /// The emulator can't save its state or can't listen.
    Emulator = "emulator", Error;
    /// Credentials are missing or unusable.
    Credentials = "credentials", Error;
    /// A request that the service refused or did not answer.
    Remote = "remote", Error;
    /// A declared configuration of a kind that livevod can't manage.
    Unsupported = "unsupported", Warning;
    /// A planned change was not carried out.
    NotDone = "not-done", Error;
    /// The outcome of a write could not be confirmed.
    UnknownOutcome = "unknown-outcome", Error;
    /// A guard refuses the plan.
    Guard = "guard", Error;
    /// A configuration that differs from the files.
    Difference = "difference", Warning;
    /// Something that was on air is not recorded or only partly recorded, or may not be recorded.
    NotRecorded = "not-recorded", Warning;
    /// A fact about the plan that a reviewer should see first.
    PlanWarning = "plan-warning", Warning;
    /// A message about a drift check or an audit was not delivered, or livevod could not save that it was.
    NotTold = "not-told", Warning;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    /// A string and not an enumeration, because minor versions add rules.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The rule of the finding; see `livevod explain CODE`. A minor version may add rules.",
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
        })
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unlike() {
        let mut texts: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let is_kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(texts.iter().all(|text| text.bytes().all(is_kebab)));
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
    }
}
