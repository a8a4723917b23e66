//! The possible readings of what the documents leave open. Each quirk is one question with a closed set of answers; the
//! first answer is the documents' most likely one and the default.

use std::fmt;

/// One question that the documents leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirk {
    /// The name before the `=`.
    pub name: &'static str,
    /// The open question, understandable without another document.
    pub question: &'static str,
    /// What the documents say about it.
    pub source: &'static str,
    /// The possible answers, the default first.
    pub answers: &'static [QuirkAnswer],
}

/// One answer to a [`Quirk`]'s question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuirkAnswer {
    /// The value after the `=`.
    pub value: &'static str,
    /// What the service does with this answer.
    pub meaning: &'static str,
}

/// Defines, for each question, the enum of its answers, its field in [`Quirks`] and its row in its table, so that none
/// of them can be forgotten.
macro_rules! quirks {
    ($(
        #[doc = $about:literal]
        $table:ident {
            $(
                #[doc = $question:literal]
                #[source = $source:literal]
                $field:ident: $name:literal = $kind:ident {
                    #[doc = $first_meaning:literal] $first:ident = $first_value:literal,
                    $( #[doc = $meaning:literal] $variant:ident = $value:literal, )+
                }
            )+
        }
    )+) => {
        $($(
            #[doc = $question]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            pub enum $kind {
                #[doc = $first_meaning]
                #[default]
                $first,
                $( #[doc = $meaning] $variant, )+
            }

            impl $kind {
                fn parse(value: &str) -> Option<Self> {
                    match value {
                        $first_value => Some(Self::$first),
                        $( $value => Some(Self::$variant), )+
                        _ => None,
                    }
                }
            }
        )+)+

        /// The reading of the documents that the emulated service follows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Quirks {
            $($( #[doc = $question] pub $field: $kind, )+)+
        }

        $(
            #[doc = $about]
            pub const $table: &[Quirk] = &[
                $( Quirk {
                    name: $name,
                    question: $question,
                    source: $source,
                    answers: &[
                        QuirkAnswer { value: $first_value, meaning: $first_meaning },
                        $( QuirkAnswer { value: $value, meaning: $meaning }, )+
                    ],
                }, )+
            ];
        )+

        impl Quirks {
            /// Sets another answer to one question: `NAME=VALUE`.
            ///
            /// # Errors
            ///
            /// There is no such quirk, or no such value of it.
            pub fn set(&mut self, text: &str) -> Result<(), String> {
                let (name, value) = text.split_once('=').ok_or("a quirk is written `NAME=VALUE`")?;
                let quirk = all_quirks().find(|quirk| quirk.name == name);
                let unknown = || format!("there is no quirk `{name}`; `livevod emulator quirks` lists them");
                let quirk = quirk.ok_or_else(unknown)?;
                let wrong = || {
                    let allowed: Vec<&str> = quirk.answers.iter().map(|answer| answer.value).collect();
                    format!("`{name}` can't be `{value}`, only {}", allowed.join(", "))
                };
                match name {
                    $($( $name => self.$field = $kind::parse(value).ok_or_else(wrong)?, )+)+
                    _ => return Err(unknown()),
                }
                Ok(())
            }
        }
    };
}

quirks! {
    /// Every question about configurations, in the order of the pages it comes from.
    QUIRKS {
        /// What an Update does to the optional parameters that it leaves out
        #[source = "UpdateLiveRecordVodConfig: `CycleDuration` says \"default 3600\"; no page says what a missing parameter does to the current value"]
        update_omitted: "update-omitted" = UpdateOmitted {
            /// they go back to their documented defaults
            Reset = "reset",
            /// they keep their current values
            Keep = "keep",
        }

        /// How an Update says that AutoCompose is off
        #[source = "Error table: \"AutoCompose and ComposeVodTranscodeGroupId ... must both empty or input\"; the official sample sends OFF with a group; the parameter table asks for a group only with ON"]
        compose_rule: "compose-rule" = ComposeRule {
            /// ON needs a group, a group needs AutoCompose, and OFF may be sent alone
            OnNeedsGroup = "on-needs-group",
            /// both parameters or neither, also with OFF
            BothOrNeither = "both-or-neither",
        }

        /// What happens to ComposeVodTranscodeGroupId when AutoCompose is turned OFF
        #[source = "DescribeLiveRecordVodConfigs: the group \"is returned if AutoCompose is ON\""]
        compose_off: "compose-off" = ComposeOffGroup {
            /// the group is dropped
            Drops = "drops-group",
            /// the group stays and is listed with OFF
            Keeps = "keeps-group",
        }

        /// What happens to an Update that would turn a classic configuration into a by-format one, or back
        #[source = "UpdateLiveRecordVodConfig: the set of formats can't be changed; VodTranscodeGroupId \"is invalid\" beside RecordFormat; no page says what else happens"]
        shape_change: "shape-change" = ShapeChange {
            /// it is refused
            Refused = "refused",
            /// the parameters of the other kind are ignored
            Ignored = "ignored",
            /// the configuration becomes one of the other kind
            Converts = "converts",
        }

        /// Whether a listing has values that were never sent
        #[source = "The tables give defaults for DelayTime, RecordContent, SliceDuration, VideoProcess and AutoCompose; no sample answer has these fields"]
        defaults: "defaults" = Defaults {
            /// no: it has what was sent
            Omitted = "omitted",
            /// yes: the documented defaults
            Filled = "filled",
        }

        /// How TranscodeTemplates is listed
        #[source = "DescribeLiveRecordVodConfigs: text, without a sample; a list in requests"]
        templates: "templates" = Templates {
            /// as text, with commas
            Commas = "commas",
            /// as a JSON list in a text
            JsonText = "json-text",
            /// as a list
            List = "list",
        }

        /// How a configuration for every stream is listed
        #[source = "StreamName is optional and may be `*`; a sample answer has no StreamName at all; no page says how a missing one is listed"]
        every_stream: "every-stream" = EveryStream {
            /// as it was sent
            AsSent = "as-sent",
            /// with StreamName `*`
            Star = "star",
            /// without StreamName
            Absent = "absent",
            /// with an empty StreamName
            Empty = "empty",
        }

        /// What else is deleted with a configuration for every stream
        #[source = "DeleteLiveRecordVodConfig: StreamName is optional; no page says what a Delete without it removes"]
        app_wide_delete: "app-wide-delete" = AppWideDelete {
            /// nothing
            Alone = "alone",
            /// the streams of its app, and with app `*` everything in the domain
            WithSiblings = "with-siblings",
        }

        /// Whether a configuration may exist beside one for every stream that covers it
        #[source = "AddLiveRecordVodConfig: ConfigAlreadyExists (\"Config has already exist.\"), without saying what counts as the same"]
        overlap: "overlap" = Overlap {
            /// it may; only configurations with the same names conflict
            Allowed = "allowed",
            /// the Add is refused with ConfigAlreadyExists
            Refused = "refused",
        }

        /// Whether app and stream names are case-sensitive
        #[source = "Names hold \"letters, digits, hyphens, and underscores\"; no page mentions case"]
        name_case: "name-case" = NameCase {
            /// they are
            Sensitive = "sensitive",
            /// they are not; names are listed as they were first written
            Insensitive = "insensitive",
            /// they are not; names are kept in lower case
            Folded = "folded",
        }

        /// Where recordings are stored when an Add has no StorageLocation
        #[source = "AddLiveRecordVodConfig: StorageLocation is optional, without a default"]
        storage_location: "storage-location" = StorageLocation {
            /// no location is listed
            AsSent = "as-sent",
            /// to a bucket that the service chooses, listed from then on
            Chosen = "chosen",
        }

        /// How an Update or Delete of a configuration that does not exist is answered
        #[source = "Neither page has a code for it; other actions of the product use the first code"]
        missing_config: "missing-config" = MissingConfig {
            /// with the error CodeConfigNotFound
            CodeConfigNotFound = "code-config-not-found",
            /// with the error InvalidConfig.NotFound
            InvalidConfigNotFound = "invalid-config-not-found",
            /// with success, and nothing changes
            Success = "success",
        }

        /// The HTTP status of that error
        #[source = "The pages differ on the statuses of codes that end in NotFound"]
        missing_status: "missing-status" = MissingStatus {
            /// 400
            BadRequest = "400",
            /// 404
            NotFound = "404",
        }

        /// How a Delete is answered
        #[source = "One older page wraps the answer in DeleteLiveRecordVodConfigResponse; the SDKs' models do not"]
        delete_answer: "delete-answer" = DeleteAnswer {
            /// with a bare RequestId
            Plain = "plain",
            /// inside DeleteLiveRecordVodConfigResponse
            Wrapped = "wrapped",
        }

        /// What AppName and StreamName do in DescribeLiveRecordVodConfigs
        #[source = "Both are listed as optional request parameters, and no page says how they match"]
        filter: "filter" = Filter {
            /// they select what has exactly these names
            Exact = "exact",
            /// they select what contains these texts
            Fuzzy = "fuzzy",
            /// they have no effect
            Ignored = "ignored",
        }

        /// The order of a listing
        #[source = "No page mentions it"]
        order: "order" = Order {
            /// by app and stream name
            Name = "name",
            /// by creation, oldest first
            Creation = "creation",
            /// a different one on every call
            Unstable = "unstable",
        }

        /// What Total counts
        #[source = "DescribeLiveRecordVodConfigs: newer pages say entries, an older one says pages"]
        total: "total" = Total {
            /// entries
            Entries = "entries",
            /// pages
            Pages = "pages",
            /// nothing: it is left out
            Missing = "missing",
        }

        /// How Total is written
        #[source = "Text in the parameter tables and every SDK, a number in an older sample"]
        total_type: "total-type" = TotalType {
            /// as text
            Text = "text",
            /// as a number
            Number = "number",
        }

        /// What a page after the last entry holds
        #[source = "No page says how a listing ends, especially if its last page is full"]
        past_end: "past-end" = PastEnd {
            /// an empty list
            EmptyList = "empty-list",
            /// no list
            NoList = "no-list",
            /// the last page again
            LastPage = "last-page",
        }

        /// How many entries a page has when 100 are requested
        #[source = "PageSize is 5 to 100; other listings of the product end at 30 or 50, and no page says what happens with a larger PageSize here"]
        page_cap: "page-cap" = PageCap {
            /// as many as requested
            Asked = "asked",
            /// at most 20, and PageSize in the answer says so
            Twenty = "20",
            /// at most 3, and PageSize in the answer says so
            Three = "3",
        }

        /// The period of the limit on DescribeLiveRecordVodConfigs
        #[source = "1,000 calls \"per minute\" on some pages, \"per second\" on others"]
        describe_limit: "describe-limit" = DescribeLimit {
            /// a minute
            Minute = "minute",
            /// a second
            Second = "second",
        }

        /// Whether names outside the documented alphabet are accepted
        #[source = "The console guide allows letters, digits, `-` and `_`; no page of these actions says that others are refused"]
        names: "names" = Names {
            /// they are refused
            Documented = "documented",
            /// they are accepted
            Any = "any",
        }

        /// Whether the service takes several writes to one domain at the same time
        #[source = "VOD and CDN actions know `LockFail` and `ServiceBusy` (\"the domain is being configured\"); no page of these actions says how many writes to a domain may be under way"]
        domain_writes: "domain-writes" = DomainWrites {
            /// it does
            SideBySide = "side-by-side",
            /// it refuses a write within 20 ms of another one to the same domain, with LockFail
            OneAtATime = "one-at-a-time",
        }

        /// Whether the answer to a throttled call says when to retry
        #[source = "SDKs read the header x-acs-retry-after (milliseconds); no page of these actions mentions it"]
        retry_after: "retry-after" = RetryAfter {
            /// it does not
            Absent = "absent",
            /// it does, in the header x-acs-retry-after
            Present = "present",
        }
    }

    /// Every question about streams on air and their recordings, in the order of the pages it comes from.
    RECORDING_QUIRKS {
        /// Whether the publish list has a row for each connection
        #[source = "DescribeLiveStreamsPublishList: no page says what becomes of interruptions that the service waits out"]
        publish_rows: "publish-rows" = PublishRows {
            /// it has
            Connection = "connection",
            /// it has one for a stream with its short interruptions
            Stream = "stream",
        }

        /// The StopTime of a stream on air
        #[source = "DescribeLiveStreamsPublishList: active streams of the period are included; no page says what their StopTime is"]
        stop_time: "stop-time" = StopTime {
            /// there is none
            Absent = "absent",
            /// an empty text
            Empty = "empty",
            /// the time of the call
            Now = "now",
        }

        /// The DomainName of recordings
        #[source = "ListLiveRecordVideo: DomainName, without saying which of the two"]
        recordings_domain: "recordings-domain" = RecordingsDomain {
            /// the main streaming domain
            Main = "main",
            /// the ingest domain
            Ingest = "ingest",
        }

        /// How long after a part or a stream has ended its recording is listed
        #[source = "No page says"]
        recordings_lag: "recordings-lag" = RecordingsLag {
            /// at once
            None = "none",
            /// after 15 minutes
            QuarterHour = "15m",
        }

        /// The RecordStartTime of a recording
        #[source = "ListLiveRecordVideo: no page says whether it is the time of the publish"]
        record_start: "record-start" = RecordStart {
            /// when its part of the stream began
            Exact = "exact",
            /// up to 60 seconds later
            MinuteLater = "60s-later",
        }

        /// Whether a recording goes on over an interruption that the service waits out
        #[source = "DelayTime: an interrupted stream has not ended; no page says whether its recording is cut"]
        interruptions: "interruptions" = Interruptions {
            /// it does
            RecordedOver = "recorded-over",
            /// another part begins with every connection
            Cut = "cut",
        }

        /// Which configuration records a stream whose publisher comes back within the DelayTime
        #[source = "The user guide: a configuration takes effect at the next publish, and an interrupted stream has not ended"]
        resumed_stream: "resumed-stream" = ResumedStream {
            /// the one of its beginning
            GoesOn = "goes-on",
            /// the one that applies then; if it is another one, another stream begins
            Anew = "anew",
        }

        /// Whether a recording that was deleted in VOD is still listed
        #[source = "ListLiveRecordVideo: no page says what it lists of deleted videos"]
        deleted_recordings: "deleted-recordings" = DeletedRecordings {
            /// it is not
            NotListed = "not-listed",
            /// it is
            Listed = "listed",
        }

        /// How a merged recording (AutoCompose) is listed
        #[source = "The user guide counts a merged recording beside its parts; no page of ListLiveRecordVideo mentions merged ones"]
        merged_recordings: "merged-recordings" = MergedRecordings {
            /// beside its parts
            Beside = "beside",
            /// in place of its parts
            Instead = "instead",
            /// not at all
            NotListed = "not-listed",
        }

        /// What is merged of a stream of more than 40 parts
        #[source = "FAQ: the merge fails, in Chinese; it is cut, in English"]
        merge_limit: "merge-limit" = MergeLimit {
            /// nothing
            Fails = "fails",
            /// the first 40 parts
            Cut = "cut",
        }

        /// The StreamName of recordings of transcoded streams
        #[source = "RecordContent: transcoded streams are recorded too; no page says under which name"]
        transcoded_names: "transcoded-names" = TranscodedNames {
            /// that of the transcoded stream
            Own = "own",
            /// that of the stream it was made from
            Source = "source",
        }

        /// How the total numbers of these lists are written
        #[source = "No page settles it; DescribeLiveRecordVodConfigs writes text"]
        recordings_total: "recordings-total" = RecordingsTotal {
            /// as numbers
            Number = "number",
            /// as texts
            Text = "text",
        }

        /// How times are written in these lists
        #[source = "Requests have `Z`; no page settles it for answers"]
        recordings_times: "recordings-times" = RecordingsTimes {
            /// in UTC, with Z
            Utc = "utc",
            /// with the offset of China
            Offset = "offset",
        }
    }
}

/// Every question.
pub fn all_quirks() -> impl Iterator<Item = &'static Quirk> {
    QUIRKS.iter().chain(RECORDING_QUIRKS)
}

impl Quirks {
    /// The default answers with these changes, each `NAME=VALUE`; if a question is answered more than once, the last
    /// answer counts.
    ///
    /// # Errors
    ///
    /// The first text that does not set a quirk.
    pub fn with<Text: AsRef<str>>(texts: &[Text]) -> Result<Self, String> {
        let mut quirks = Self::default();
        for text in texts {
            quirks.set(text.as_ref())?;
        }
        Ok(quirks)
    }
}

impl Quirk {
    /// The default answer.
    pub fn default_answer(&self) -> QuirkAnswer {
        self.answers[0]
    }
}

/// Shows `NAME=VALUE` for every value, with the default marked: the list that users choose from.
impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quirk { name, question, source, answers } = self;
        writeln!(f, "{name}: {}", question.trim())?;
        for (at, QuirkAnswer { value, meaning }) in answers.iter().enumerate() {
            let mark = if at == 0 { " (default)" } else { "" };
            writeln!(f, "  {name}={value}{mark}: {}", meaning.trim())?;
        }
        writeln!(f, "  documents: {source}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_every_quirk_can_be_set_and_is_another_one() {
        for quirk in all_quirks() {
            let set = |value: &str| {
                let mut quirks = Quirks::default();
                quirks.set(&format!("{}={value}", quirk.name)).unwrap();
                quirks
            };
            assert_eq!(set(quirk.default_answer().value), Quirks::default(), "{}", quirk.name);
            let all: Vec<Quirks> = quirk.answers.iter().map(|answer| set(answer.value)).collect();
            for (at, one) in all.iter().enumerate() {
                assert!(!all[..at].contains(one), "two answers of {} are one", quirk.name);
            }
        }
    }

    #[test]
    fn what_is_no_quirk_is_refused_with_what_is() {
        let refusal = |text: &str| Quirks::default().set(text).unwrap_err();
        assert_eq!(refusal("filter"), "a quirk is written `NAME=VALUE`");
        assert_eq!(
            refusal("filters=exact"),
            "there is no quirk `filters`; `livevod emulator quirks` lists them"
        );
        assert_eq!(refusal("filter=loose"), "`filter` can't be `loose`, only exact, fuzzy, ignored");
    }

    #[test]
    fn the_list_marks_the_default() {
        let listed = QUIRKS[0].to_string();
        assert!(listed.contains("update-omitted=reset (default): they go back"), "{listed}");
        assert!(listed.contains("update-omitted=keep: they keep"), "{listed}");
    }
}
