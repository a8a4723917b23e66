//! Findings as values: what is wrong, where, why, and what to do about it. `render` alone turns them into text.

use std::borrow::Cow;
use std::collections::HashMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::model::Address;
use crate::source::Span;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run can't go on as asked.
    Error,
    /// Worth a change, but nothing is refused.
    Warning,
    /// An idea.
    Advice,
}

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Its weight.
    pub severity: Severity,
    /// Which rule found it.
    pub code: Code,
    /// What is wrong: a lowercase fragment with literals in backticks.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where; the first label is the exact value at fault. Empty when no file is to blame.
    pub labels: Vec<Label>,
    /// How the value came here: the chain of inheritance, the first definition, and so on.
    pub related: Vec<Note>,
    /// The configuration it is about.
    pub address: Option<Address>,
    /// The service's id of the failed request.
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

/// A fact beside the finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The fact.
    pub message: String,
    /// Where it stands, if in a file.
    pub span: Option<Span>,
}

/// The longest word of a message, in characters: an address has 765 at most.
const LONGEST_WORD: usize = 1_024;

/// Characters of a longer word that are told.
const TOLD: usize = 64;

/// The message, with the beginning of each word that is longer than anything that has a name: a value may be a whole file.
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
    /// A finding of `code` with the code's own severity and nothing else yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            message: clipped(message.into()),
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

/// Most findings that are kept; past that, a hostile file could fill the memory with them, and drawing them would take
/// seconds.
const FINDINGS: usize = 10_000;

/// How many addresses a folded finding names before it only counts.
const NAMED_ADDRESSES: usize = 3;

/// Gathers findings. One that many entries or aliases lead to is kept once and says how many they are: the same code,
/// place and message are the same finding.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Reached>,
    by_place: HashMap<(Code, Span, String), usize>,
    dropped: usize,
}

#[derive(Debug)]
struct Reached {
    diagnostic: Diagnostic,
    times: usize,
    addresses: Vec<Address>,
}

impl Findings {
    /// Takes a finding in.
    pub fn push(&mut self, diagnostic: Diagnostic) {
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
        let Self { kept, by_place: _, dropped } = self;
        let mut diagnostics: Vec<Diagnostic> = kept.into_iter().map(Reached::finish).collect();
        if dropped > 0 {
            let message = format!("{dropped} more findings, past the first {FINDINGS}, are not kept");
            diagnostics
                .push(Diagnostic::new(Code::Limit, message).help("mend what is shown, then run it again"));
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
        diagnostic.note(format!("{times} configurations: {}{more}", named.join(", ")), None)
    }
}

/// Whether any finding stops the run.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Puts findings in the order they are shown: by file and place, those without one last, errors before warnings.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        let span = diagnostic.labels.first().map(|label| label.span);
        (span.is_none(), span, diagnostic.severity, diagnostic.code)
    });
}

/// A code is a line in this list, which names it, and its page in `explain/pages`.
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

            /// The severity that findings of this code have unless told otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// One line that says what the rule looks for.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => concat!($($summary),+).trim_ascii(),)* }
            }

            /// What `livevod explain CODE` prints, in Markdown: what is found, why that matters, an input that earns it
            /// and one that does not. Tests take these as the rule's own inputs.
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("explain/pages/", $text, ".md")),)* }
            }
        }
    };
}

codes! {
    /// A file or folder can't be read.
    Unreadable = "unreadable", Error;
    /// No file was found where files were looked for.
    NoFiles = "no-files", Error;
    /// A link leads out of the given root.
    LinkOutside = "link-outside", Error;
    /// A file is not UTF-8 text.
    NotUtf8 = "not-utf8", Error;
    /// Text that is not YAML.
    Syntax = "syntax", Error;
    /// A file with nothing in it.
    EmptyFile = "empty-file", Error;
    /// More than one YAML document in a file.
    SeveralDocuments = "several-documents", Error;
    /// Aliases that expand beyond all bounds, or into themselves.
    AliasBomb = "alias-bomb", Error;
    /// An alias without an anchor.
    UnknownAlias = "unknown-alias", Error;
    /// More of something than livevod takes.
    Limit = "limit", Error;
    /// A merge key, which livevod does not read.
    MergeKey = "merge-key", Error;
    /// A YAML tag, which livevod does not read.
    Tag = "tag", Error;
    /// A key that stands for nothing.
    UnknownKey = "unknown-key", Error;
    /// The same key twice in one map.
    DuplicateKey = "duplicate-key", Error;
    /// A list where a map should stand, and the like.
    WrongType = "wrong-type", Error;
    /// A blank or null setting.
    BlankValue = "blank-value", Error;
    /// A file without `version`.
    MissingVersion = "missing-version", Error;
    /// A version that this program does not know.
    UnsupportedVersion = "unsupported-version", Error;
    /// An account id that is none.
    BadAccount = "bad-account", Error;
    /// A region that is none.
    BadRegion = "bad-region", Error;
    /// A domain, app or stream name outside the API's alphabet.
    BadName = "bad-name", Error;
    /// A pattern that can match nothing.
    BadPattern = "bad-pattern", Error;
    /// A date that is none.
    BadDate = "bad-date", Error;
    /// A setting's value outside what the API takes.
    BadValue = "bad-value", Error;
    /// A cycle_duration outside 300 to 21600 seconds.
    CycleRange = "cycle-range", Error;
    /// The same scalar or block in two files.
    Conflict = "conflict", Error;
    /// A tier that no file defines.
    UnknownTier = "unknown-tier", Error;
    /// A layout that no file defines.
    UnknownLayout = "unknown-layout", Error;
    /// A transcode group name that no file defines.
    UnknownGroup = "unknown-group", Error;
    /// A transcode group without an id for the domain's region.
    GroupRegion = "group-region", Error;
    /// A transcode group id of an unusual form.
    UnusualGroup = "unusual-group", Warning;
    /// Tiers that name each other in a circle.
    TierCycle = "tier-cycle", Error;
    /// A configuration without a transcode group.
    MissingGroup = "missing-group", Error;
    /// auto_compose is on without a group for the merged file.
    MissingComposeGroup = "missing-compose-group", Error;
    /// `state: absent` beside other settings.
    AbsentSettings = "absent-settings", Error;
    /// `prune` on a domain that several files share.
    PruneSpread = "prune-spread", Error;
    /// An address that is both declared and ignored.
    DeclaredIgnored = "declared-ignored", Error;
    /// Two names that differ only by case.
    CaseOnly = "case-only", Warning;
    /// A pattern of `ignore` or `protect` that matches nothing.
    PatternWithoutMatch = "pattern-without-match", Warning;
    /// An entry past its `expires` date.
    Expired = "expired", Warning;
    /// An on_demand value that old documents say recording to VOD lacks.
    OnDemandValue = "on-demand-value", Warning;
    /// A transcode group's name that nothing uses.
    UnusedGroup = "unused-group", Advice;
    /// A tier that nothing uses.
    UnusedTier = "unused-tier", Advice;
    /// A layout that no domain has.
    UnusedLayout = "unused-layout", Advice;
    /// A `defaults` block that no configuration inherits.
    UnusedDefaults = "unused-defaults", Advice;
    /// A value that repeats what would be inherited without it.
    RedundantValue = "redundant-value", Advice;
    /// A setting on `"*"` that an entry beside it does not have.
    StarNotInherited = "star-not-inherited", Advice;
    /// `absent` where a configuration for every stream still records.
    AbsentStillRecorded = "absent-still-recorded", Advice;
    /// `absent` where the service holds nothing any more.
    AbsentIdle = "absent-idle", Advice;
    /// A compose group where auto_compose is off.
    ComposeGroupIdle = "compose-group-idle", Warning;
    /// Files so short that the 40 which the service merges cover less than a day.
    ComposeLimit = "compose-limit", Advice;
    /// A cycle_duration under the recommended 20 minutes.
    ShortCycle = "short-cycle", Advice;
    /// A storage location of an unusual form.
    UnusualStorage = "unusual-storage", Warning;
    /// A storage location in another region than its domain.
    StorageRegion = "storage-region", Warning;
    /// A create-only field where `prune` deletes.
    StoragePrune = "storage-prune", Advice;
    /// `prune` on a domain or app without any stream.
    PruneWithoutStreams = "prune-without-streams", Warning;
    /// An allow comment that names no rule, or one that can't be allowed.
    BadAllow = "bad-allow", Warning;
    /// An allow comment where there is nothing to allow.
    StaleAllow = "stale-allow", Warning;
    /// A file that is not in the canonical form.
    NotFormatted = "not-formatted", Warning;
    /// A file that can't be written.
    Unwritable = "unwritable", Error;
    /// The journals' folder can't be used, or is in use.
    Journal = "journal", Error;
    /// A snapshot that can't be used.
    Snapshot = "snapshot", Error;
    /// A saved plan that can't be used.
    PlanFile = "plan-file", Error;
    /// The files of the target branch can't tell what was pending.
    Base = "base", Error;
    /// A domain that the service does not know, or not as the files say.
    DomainState = "domain-state", Warning;
    /// A transcode group that VOD does not have in the domain's region.
    GroupNotFound = "group-not-found", Error;
    /// Recording to OSS where recording to VOD is declared.
    OssOverlap = "oss-overlap", Warning;
    /// Arguments that do not go together.
    Usage = "usage", Error;
    /// Files for one account, and credentials of another or of nobody knows which.
    Account = "account", Error;
    /// Nobody to ask, and nothing that answers in advance.
    NotApproved = "not-approved", Error;
    /// The emulator can't keep its state or listen.
    Emulator = "emulator", Error;
    /// Credentials are missing or unusable.
    Credentials = "credentials", Error;
    /// A request that the service refused or did not answer.
    Remote = "remote", Error;
    /// A declared configuration of a kind that livevod can't manage.
    Unsupported = "unsupported", Warning;
    /// A planned change that was not carried out.
    NotDone = "not-done", Error;
    /// A write whose outcome could not be confirmed.
    UnknownOutcome = "unknown-outcome", Error;
    /// A plan that a guard refuses.
    Guard = "guard", Error;
    /// A configuration that is not as the files declare it.
    Difference = "difference", Warning;
    /// A fact about a plan that a reviewer should see first.
    PlanWarning = "plan-warning", Warning;
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

    /// A text and no enumeration: rules come with minor versions.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The rule that found it; `livevod explain CODE` tells more. A minor version may bring others.",
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
        assert_eq!(found[FINDINGS].message, "2 more findings, past the first 10000, are not kept");
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
            "5 configurations: `a.com/show/a`, `a.com/show/b`, `a.com/show/c` and 2 more"
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
