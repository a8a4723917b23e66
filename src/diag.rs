//! Findings as values: what is wrong, where, why, and what to do about it. Only `render` turns them into text.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::gate::without_error_numbers;
use crate::model::Address;
use crate::source::{FileId, Span};

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

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// Which rule found it.
    pub code: Code,
    /// What is wrong: a lowercase fragment with literals in backticks.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where; the first label is the exact value at fault. Empty when no file is to blame.
    pub labels: Vec<Label>,
    /// Where the value comes from: the chain of inheritance, the first definition, and so on.
    pub related: Vec<Note>,
    /// The configuration it is about.
    pub address: Option<Address>,
    /// The RequestId of the failed request.
    pub request_id: Option<String>,
}

/// A span and what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is *here*; may be empty.
    pub text: String,
}

/// A related fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The fact.
    pub message: String,
    /// Its place, if it is in a file.
    pub span: Option<Span>,
}

/// The longest word of a message, in characters: an address has at most 765.
const LONGEST_WORD: usize = 1_024;

/// How many characters of a longer word are shown.
const TOLD: usize = 64;

/// The message, with each word clipped that is longer than any name can be: a value may be a whole file.
fn clipped(message: String) -> String {
    if message.len() <= LONGEST_WORD {
        return message;
    }
    let clip = |word: &str| match word.chars().nth(LONGEST_WORD) {
        None => word.to_owned(),
        Some(_) => {
            let told: String = word.chars().take(TOLD).collect();
            format!("{told}… ({} characters)", word.chars().count())
        }
    };
    message.split(' ').map(clip).collect::<Vec<_>>().join(" ")
}

impl Diagnostic {
    /// A finding of `code` with the code's own severity; everything else but the message is empty.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            message: clipped(without_error_numbers(&message.into()).into_owned()),
            help: None,
            labels: Vec::new(),
            related: Vec::new(),
            address: None,
            request_id: None,
        }
    }

    /// Adds a label; the first one is the primary.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a related note.
    #[must_use]
    pub fn note(mut self, message: impl Into<String>, span: Option<Span>) -> Self {
        self.related.push(Note { message: message.into(), span });
        self
    }

    /// Names the configuration it is about.
    #[must_use]
    pub fn about(mut self, address: &Address) -> Self {
        self.address = Some(address.clone());
        self
    }

    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The most findings that are kept: without a limit, a hostile file could fill the memory with them, and rendering them
/// would take seconds.
const FINDINGS: usize = 10_000;

/// How many addresses a folded finding names; further ones are only counted.
const NAMED_ADDRESSES: usize = 3;

/// The lines on which findings of a rule are allowed, by rule and start.
#[derive(Debug, Clone, Default)]
pub struct AllowedLines(BTreeMap<(Code, FileId, u32), u32>);

impl AllowedLines {
    /// These lines, each for one rule.
    pub fn new(lines: impl IntoIterator<Item = (Code, Span)>) -> Self {
        Self(lines.into_iter().map(|(code, Span { file, start, end })| ((code, file, start), end)).collect())
    }

    /// The rule and the line that allow a finding. Errors are never allowed.
    pub fn allowing(&self, finding: &Diagnostic) -> Option<(Code, Span)> {
        let Span { file, start: at, end: _ } = finding.labels.first()?.span;
        let mut before = self.0.range((finding.code, file, 0)..=(finding.code, file, at));
        let ((code, _, start), end) = before.next_back().filter(|(_, end)| at < **end)?;
        (!finding.is_error()).then_some((*code, Span { file, start: *start, end: *end }))
    }
}

/// Collects findings. Findings with the same code, place and message, which many entries or aliases may lead to, are
/// kept as one that gives their number.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Reached>,
    by_place: HashMap<(Code, Span, String), usize>,
    dropped: usize,
    allowed: AllowedLines,
    /// One finding for each rule and line that allow any, which shows that the comment is needed. They are not shown, and
    /// do not count against the limit.
    kept_allowed: BTreeMap<(Code, Span), Diagnostic>,
}

#[derive(Debug)]
struct Reached {
    diagnostic: Diagnostic,
    times: usize,
    addresses: Vec<Address>,
}

impl Findings {
    /// Collects findings of which some are allowed.
    pub fn allowing(allowed: AllowedLines) -> Self {
        Self { allowed, ..Self::default() }
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if let Some(line) = self.allowed.allowing(&diagnostic) {
            self.kept_allowed.entry(line).or_insert(diagnostic);
            return;
        }
        let place =
            diagnostic.labels.first().map(|label| (diagnostic.code, label.span, diagnostic.message.clone()));
        let known = place.as_ref().and_then(|place| self.by_place.get(place)).copied();
        match known {
            Some(at) => self.kept[at].again(diagnostic.address),
            None if self.kept.len() == FINDINGS => self.dropped += 1,
            None => {
                self.by_place.extend(place.map(|place| (place, self.kept.len())));
                self.kept.push(Reached::new(diagnostic));
            }
        }
    }

    /// The findings in the order they are shown.
    pub fn finish(self) -> Vec<Diagnostic> {
        let Self { kept, by_place: _, dropped, allowed: _, kept_allowed } = self;
        let kept = kept.into_iter().map(Reached::finish);
        let mut diagnostics: Vec<Diagnostic> = kept.chain(kept_allowed.into_values()).collect();
        if dropped > 0 {
            let message = format!("{dropped} more findings after the first {FINDINGS} are not shown");
            diagnostics.push(
                Diagnostic::new(Code::Limit, message).help("fix the findings shown, then run it again"),
            );
        }
        sort(&mut diagnostics);
        diagnostics
    }
}

impl Reached {
    fn new(diagnostic: Diagnostic) -> Self {
        let addresses = diagnostic.address.iter().cloned().collect();
        Self { diagnostic, times: 1, addresses }
    }

    fn again(&mut self, address: Option<Address>) {
        self.times += 1;
        if self.addresses.len() < NAMED_ADDRESSES {
            self.addresses.extend(address);
        }
    }

    fn finish(self) -> Diagnostic {
        let Self { mut diagnostic, times, addresses } = self;
        if times == 1 {
            return diagnostic;
        }
        if addresses.is_empty() {
            return diagnostic.note(format!("reached {times} times through aliases"), None);
        }
        diagnostic.address = None;
        let named: Vec<String> = addresses.iter().map(|address| format!("`{address}`")).collect();
        let rest = times - named.len();
        let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        diagnostic.note(format!("applies to {times} configurations: {}{more}", named.join(", ")), None)
    }
}

/// Whether any finding stops the run.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Puts findings in the order they are shown: by file and place, findings without a place last, errors before warnings.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        let span = diagnostic.labels.first().map(|label| label.span);
        (span.is_none(), span, diagnostic.severity, diagnostic.code)
    });
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
                match self { $(Code::$name => include_str!(concat!("explain/pages/", $text, ".md")),)* }
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
    /// The same scalar, stream or `defaults` block in two files.
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
    /// A compose group where `auto_compose` is off.
    ComposeGroupIdle = "compose-group-idle", Warning;
    /// The merged file of a format that is to be processed, where `auto_compose` is off.
    VideoIdle = "video-idle", Warning;
    /// Transcode templates where only the source stream is recorded.
    TemplatesIdle = "templates-idle", Warning;
    /// Transcoded streams are to be recorded when ingest parameters ask for it, which covers only the source stream.
    ContentOnDemand = "content-on-demand", Warning;
    /// Files so short that the 40 files the service merges cover less than a day.
    ComposeLimit = "compose-limit", Warning;
    /// A `cycle_duration` below the recommended 20 minutes.
    ShortCycle = "short-cycle", Advice;
    /// A storage location of an unusual form.
    UnusualStorage = "unusual-storage", Warning;
    /// A storage location in another region than its domain.
    StorageRegion = "storage-region", Warning;
    /// A create-only setting on an entry that `prune` covers.
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
    /// Arguments that can't be combined.
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
    /// Something that was on air is not recorded, or only partly, or it is not known whether it is.
    NotRecorded = "not-recorded", Warning;
    /// A fact about a plan that a reviewer should see first.
    PlanWarning = "plan-warning", Warning;
    /// A receiver was not told what a drift check or an audit found, or what was told is not kept.
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
    use crate::source::{Source, Sources};

    #[test]
    fn findings_end_somewhere() {
        let file = Sources::default().add(Source::new("a.yaml", ""));
        let mut findings = Findings::default();
        for start in 0..FINDINGS as u32 + 2 {
            let span = Span { file, start, end: start };
            findings.push(Diagnostic::new(Code::UnknownKey, "").label(span, ""));
        }
        let found = findings.finish();
        assert_eq!(found.len(), FINDINGS + 1);
        assert_eq!(found[FINDINGS].message, "2 more findings after the first 10000 are not shown");
    }

    #[test]
    fn allowed_findings_do_not_count_against_the_limit() {
        let file = Sources::default().add(Source::new("a.yaml", ""));
        let span = |start| Span { file, start, end: start + 1 };
        let line = |number: u32| Span { file, start: 10 * number, end: 10 * number + 10 };
        let lines = FINDINGS as u32 + 2;
        let push_all = |mut findings: Findings| {
            for number in 0..lines {
                for at in [0, 9] {
                    findings.push(Diagnostic::new(Code::ShortCycle, "").label(span(10 * number + at), ""));
                }
            }
            findings.finish()
        };
        let allowed = AllowedLines::new((0..lines).map(|number| (Code::ShortCycle, line(number))));
        let found = push_all(Findings::allowing(allowed));
        assert_eq!(found.len(), lines as usize, "one for each comment");
        assert!(found.iter().all(|finding| finding.code == Code::ShortCycle));
        let other_rule = AllowedLines::new((0..lines).map(|number| (Code::Expired, line(number))));
        assert_eq!(push_all(Findings::allowing(other_rule)).last().unwrap().code, Code::Limit);
        let all_but_one = AllowedLines::new((1..lines).map(|number| (Code::ShortCycle, line(number))));
        assert_eq!(push_all(Findings::allowing(all_but_one)).len(), lines as usize + 1, "both of that line");
    }

    #[test]
    fn what_many_entries_share_is_one_finding() {
        let file = Sources::default().add(Source::new("a.yaml", "abc"));
        let span = |start| Span { file, start, end: start + 1 };
        let mut findings = Findings::default();
        for stream in ["a", "b", "c", "d", "e"] {
            let address = Address::new("a.com", "show", stream);
            findings.push(Diagnostic::new(Code::MissingGroup, "no group").label(span(1), "").about(&address));
        }
        findings.push(Diagnostic::new(Code::MissingGroup, "no group").label(span(0), ""));
        let found = findings.finish();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].labels[0].span.start, 0);
        assert_eq!(
            found[1].related[0].message,
            "applies to 5 configurations: `a.com/show/a`, `a.com/show/b`, `a.com/show/c` and 2 more"
        );
    }

    #[test]
    fn codes_are_kebab_case_and_unlike() {
        let mut texts: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(
            texts.iter().all(|text| text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'8'))
        );
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
    }
}
