//! Arguments that several commands share.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};

use super::failure::Failure;
use super::terminal::Terminal;
use super::views::Views;
use crate::api::Rate;
use crate::check::Levels;
use crate::config;
use crate::diag::{Code, Diagnostic, Severity};
use crate::emulator::Quirks;
use crate::model::Pattern;
use crate::plan::{Allowances, CallRate, Gaps, Limit, PlanOptions, Selection};
use crate::render::{Format, Layout};
use crate::wire::SignatureVersion;

/// The files.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Files and folders that together are one document; - is standard input [default: livevod.yaml, else livevod/]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Paths {
    /// Paths that were given in another way than as the command's own arguments.
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths }
    }

    /// The paths given, where any are.
    pub(super) fn given(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The paths given, or what stands in the working directory.
    pub(super) fn resolve(&self) -> Result<Vec<PathBuf>, Failure> {
        if !self.paths.is_empty() {
            return Ok(self.paths.clone());
        }
        match standing(Path::new("")).as_slice() {
            [path] => Ok(vec![path.clone()]),
            [_, _] => Err(Failure::from(
                Diagnostic::new(
                    Code::NoFiles,
                    "both `livevod.yaml` and files in the folder `livevod` are here",
                )
                .help("name what is meant, or both: `livevod plan livevod.yaml livevod`"),
            )),
            _ => Err(Failure::from(
                Diagnostic::new(Code::NoFiles, "neither `livevod.yaml` nor a folder `livevod` is here")
                    .help("name the files or folders: `livevod plan PATH`"),
            )),
        }
    }
}

impl Paths {
    /// What is named, or is read where nothing is, with all files that are found in folders.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let named = self.resolve().unwrap_or_default();
        let named: Vec<PathBuf> = named.into_iter().filter(|path| !config::is_standard_input(path)).collect();
        let found = config::read(&named).paths;
        named.into_iter().chain(found).collect()
    }
}

/// What stands for the files in a folder where no path is given: one of two, or both, where it can't be said which one is meant.
pub(super) fn standing(folder: &Path) -> Vec<PathBuf> {
    let [file, inner] = ["livevod.yaml", "livevod"].map(|name| folder.join(name));
    let holds_files = || config::read(std::slice::from_ref(&inner)).sources.iter().next().is_some();
    // The program itself may be there under that name.
    match (file.exists(), inner.is_dir()) {
        (true, true) if holds_files() => vec![file, inner],
        (true, _) => vec![file],
        (false, true) => vec![inner],
        (false, false) => Vec::new(),
    }
}

/// What rules weigh.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct Rules {
    /// Take the findings of a rule as errors; `warnings` for every warning
    #[arg(long, value_name = "CODE|warnings", value_parser = denied)]
    deny: Vec<Denied>,

    /// Drop the findings of a rule, also where --deny names it; errors can't be allowed
    #[arg(long, value_name = "CODE", value_parser = allowed)]
    allow: Vec<Code>,
}

/// A value of `--deny`.
#[derive(Debug, Clone, Copy)]
enum Denied {
    Warnings,
    Rule(Code),
}

impl Rules {
    /// What the flags say.
    pub(super) fn levels(&self) -> Levels {
        let Self { deny, allow } = self;
        let rules = deny.iter().filter_map(|denied| match denied {
            Denied::Rule(code) => Some(*code),
            Denied::Warnings => None,
        });
        Levels {
            allow: allow.clone(),
            deny: rules.collect(),
            deny_warnings: deny.iter().any(|denied| matches!(denied, Denied::Warnings)),
        }
    }
}

fn denied(text: &str) -> Result<Denied, String> {
    if text == "warnings" { Ok(Denied::Warnings) } else { rule(text).map(Denied::Rule) }
}

fn allowed(text: &str) -> Result<Code, String> {
    match rule(text)? {
        code if code.severity() == Severity::Error => Err("an error can't be allowed".to_owned()),
        code => Ok(code),
    }
}

fn rule(text: &str) -> Result<Code, String> {
    Code::find(text).ok_or_else(|| match config::closest(text, Code::ALL.iter().map(|code| code.as_str())) {
        Some(meant) => format!("no rule has this code; did you mean `{meant}`?"),
        None => "no rule has this code".to_owned(),
    })
}

/// Where the service is and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(super) struct Remote {
    /// Use the embedded emulator, its state kept in FILE: no network, no credentials
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".livevod/emulator.log")]
    pub(super) emulator: Option<PathBuf>,

    /// Let the embedded emulator read an open question otherwise; `livevod emulator quirks` lists them
    #[arg(long = "quirk", value_name = "NAME=VALUE", requires = "emulator", value_parser = quirk)]
    pub(super) quirks: Vec<String>,

    #[command(flatten)]
    pub(super) endpoint: Endpoint,

    /// Profile of ~/.aliyun/config.json; where given, no other credentials are looked for
    #[arg(long, value_name = "NAME", env = "LIVEVOD_PROFILE")]
    pub(super) profile: Option<String>,

    /// Write a line to standard error for each call: action, host, outcome, time, RequestId; never a secret
    #[arg(long, env = "LIVEVOD_LOG", value_parser = BoolishValueParser::new())]
    pub(super) log: bool,

    /// The account these files are for, where they do not say
    #[arg(long, value_name = "ID", env = "LIVEVOD_ACCOUNT", value_parser = account)]
    pub(super) account: Option<String>,

    /// Region of the endpoint for domains whose files name none
    #[arg(long, value_name = "REGION", env = "LIVEVOD_REGION")]
    pub(super) region: Option<String>,

    /// How requests are signed
    #[arg(long, value_enum, value_name = "VERSION", env = "LIVEVOD_SIGNATURE", default_value_t = Signature::V3)]
    pub(super) signature: Signature,

    /// Calls a minute for each action; bursts to half of it, within the 1,000 a minute that the service documents
    #[arg(long, value_name = "N", env = "LIVEVOD_RATE", default_value_t = DEFAULT_RATE, value_parser = rate)]
    rate: NonZeroU32,

    /// Calls under way at once
    #[arg(long, value_name = "N", env = "LIVEVOD_PARALLELISM", default_value = "16", value_parser = parallelism)]
    pub(super) parallelism: NonZeroUsize,

    /// How long a write may take to show when it is read back
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub(super) timeout: Duration,
}

/// `--endpoint`, which counts for less where a variable gives it.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Option<String>,
    /// Whether it was typed rather than taken from a variable.
    pub(super) is_typed: bool,
}

#[derive(Debug, Args)]
struct EndpointArgument {
    /// Send every call there instead of to the region's endpoint; plain http only to loopback
    #[arg(long, value_name = "URL", env = "LIVEVOD_ENDPOINT", hide_env_values = true)]
    endpoint: Option<String>,
}

impl FromArgMatches for Endpoint {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let EndpointArgument { endpoint: url } = EndpointArgument::from_arg_matches(matches)?;
        Ok(Self { url, is_typed: matches.value_source("endpoint") == Some(ValueSource::CommandLine) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Endpoint {
    fn augment_args(command: clap::Command) -> clap::Command {
        EndpointArgument::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        EndpointArgument::augment_args_for_update(command)
    }
}

impl Remote {
    /// How fast each action may be called.
    pub(super) fn rate(&self) -> Rate {
        Rate::per_minute(self.rate)
    }

    fn call_rate(&self) -> CallRate {
        let Rate { per_minute, burst } = self.rate();
        CallRate { per_minute: per_minute.get(), burst: burst.get() }
    }
}

fn account(text: &str) -> Result<String, String> {
    match config::is_account(text) {
        true => Ok(text.to_owned()),
        false => Err("an account id is expected, which is a number such as 1234567890123456".to_owned()),
    }
}

const DEFAULT_RATE: NonZeroU32 = match NonZeroU32::new(Rate::CALLS) {
    Some(calls) => calls,
    None => NonZeroU32::MIN,
};

/// `--signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Signature {
    /// HMAC-SHA1, parameters in a form body
    V1,
    /// ACS3-HMAC-SHA256, parameters in the query
    V3,
}

impl From<Signature> for SignatureVersion {
    fn from(signature: Signature) -> Self {
        match signature {
            Signature::V1 => SignatureVersion::V1,
            Signature::V3 => SignatureVersion::V3,
        }
    }
}

/// A quirk's text, known to be one.
pub(super) fn quirk(text: &str) -> Result<String, String> {
    Quirks::with(&[text]).map(|_| text.to_owned())
}

/// The longest duration that an argument takes: far more than a run lasts, and far from what a clock can't count.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The most calls under way at once that an argument takes.
const MOST_AT_ONCE: usize = 1000;

/// The most calls a minute that an argument takes: sixty times what the service documents.
const MOST_A_MINUTE: u32 = 60_000;

/// The longest `--freshness`: what was read longer ago says little of what is there now.
const LEAST_FRESH: Duration = Duration::from_secs(60);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match length(text)? {
        Some(length) if length > LONGEST => Err("a duration is `24h` at most".to_owned()),
        Some(length) if !length.is_zero() => Ok(length),
        Some(_) | None => Err("a duration must be longer than nothing".to_owned()),
    }
}

fn freshness(text: &str) -> Result<Duration, String> {
    // Without a unit, nothing but zero says how long.
    let length = if text == "0" { Some(Duration::ZERO) } else { length(text)? };
    let length = length.filter(|length| *length <= LEAST_FRESH);
    length.ok_or_else(|| "a duration from `0` to `1m` is expected".to_owned())
}

/// None where it is below zero.
fn length(text: &str) -> Result<Option<Duration>, String> {
    let parsed: Result<jiff::SignedDuration, _> = text.parse();
    let length = parsed.map_err(|_| "a duration is a number with a unit, `30s` or `2m`".to_owned())?;
    Ok(Duration::try_from(length).ok())
}

fn parallelism(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MOST_AT_ONCE);
    number.ok_or_else(|| format!("a whole number from 1 to {MOST_AT_ONCE} is expected"))
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= MOST_A_MINUTE);
    number.ok_or_else(|| format!("a whole number from 1 to {MOST_A_MINUTE} is expected"))
}

/// Which addresses count.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Selected {
    /// Only these addresses: domain[/app[/stream]], `**` for any name, globs such as `test-*`
    #[arg(long, value_name = "PATTERN")]
    target: Vec<Pattern>,

    /// All but these addresses
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<Pattern>,
}

/// What releases guards. No variable mirrors these.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Guards")]
pub(super) struct Guards {
    /// Let so many be deleted of a domain's or of all configurations: a number or a share [default: 10%]
    #[arg(long, value_name = "N|N%")]
    max_delete: Option<Limit>,

    /// Let so many be changed, likewise [default: 30%]
    #[arg(long, value_name = "N|N%")]
    max_change: Option<Limit>,

    /// Refuse a plan with more writes than this
    #[arg(long, value_name = "N")]
    max_writes: Option<u64>,

    /// Let replaces leave a moment without recording
    #[arg(long)]
    allow_recording_gap: bool,

    /// Let something recorded by itself be recorded no more
    #[arg(long)]
    allow_recording_stop: bool,

    /// Let an app-wide entry go while entries beside it stay
    #[arg(long)]
    allow_app_wide: bool,

    /// Let files that declare nothing delete
    #[arg(long)]
    allow_empty: bool,
}

/// What plan, drift and apply share: the files, and what is planned from them.
#[derive(Debug, Args)]
pub(super) struct Planning {
    #[command(flatten)]
    pub(super) paths: Paths,

    #[command(flatten)]
    pub(super) rules: Rules,

    #[command(flatten)]
    pub(super) scope: Scope,
}

/// What is planned, where, and how it is shown.
#[derive(Debug, Args)]
pub(super) struct Scope {
    /// How it is printed; with a machine format apply needs --auto-approve and prints the report alone
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,

    /// List identical changes one by one
    #[arg(long)]
    full: bool,

    #[command(flatten)]
    pub(super) remote: Remote,

    #[command(flatten)]
    selected: Selected,

    #[command(flatten)]
    views: Views,

    /// Folder of the journals: what earlier runs left open is looked up there, and apply keeps its own in it
    #[arg(long, value_name = "DIR", default_value = ".livevod/journal", help_heading = "Journal")]
    pub(super) journal: PathBuf,
}

impl Scope {
    /// How it is shown.
    pub(super) fn layout(&self, terminal: &Terminal) -> Layout {
        self.views.layout(self.format, self.full, terminal)
    }
}

/// What commands that write share.
#[derive(Debug, Args)]
pub(super) struct Writing {
    /// Apply without asking
    #[arg(long)]
    auto_approve: bool,

    /// Apply without asking, and only the plan of this digest: the one that was reviewed
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(super) expect_digest: Option<String>,

    /// Start no further write after the first one that is not done
    #[arg(long)]
    pub(super) stop_on_error: bool,

    /// How old what was read may be when the write that rests on it goes out, up to 1m; 0 reads right before each write
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_FRESHNESS", default_value = "1s", value_parser = freshness)]
    pub(super) freshness: Duration,

    /// How long a request that got no answer may still arrive: no other write goes to its address until then
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_SETTLE", default_value = "30s", value_parser = duration)]
    pub(super) settle: Duration,

    #[command(flatten)]
    pub(super) guards: Guards,
}

impl Writing {
    /// Whether somebody said yes in advance.
    pub(super) fn is_approved(&self) -> bool {
        self.auto_approve || self.expect_digest.is_some()
    }

    /// The planner's options from the arguments.
    pub(super) fn options(&self, scope: &Scope) -> PlanOptions {
        PlanOptions { expected_digest: self.expect_digest.clone(), ..plan_options(scope, &self.guards) }
    }
}

fn digest(text: &str) -> Result<String, String> {
    let is_hash = |hex: &str| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    match text.strip_prefix("sha256:") {
        Some(hex) if is_hash(hex) => Ok(text.to_owned()),
        Some(_) | None => Err("a digest is `sha256:` and 64 hex digits, as plan prints it".to_owned()),
    }
}

impl Planning {
    /// What is named, or is read where nothing is, with all files that are found in folders, and the emulator's.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.paths.files().into_iter().chain(self.scope.remote.emulator.clone()).collect()
    }

    /// Whether an argument decides what the plan is, besides the files.
    pub(super) fn decides(&self) -> bool {
        let Self { paths: _, rules: Rules { deny, allow }, scope } = self;
        let Selected { target, exclude } = &scope.selected;
        !(deny.is_empty() && allow.is_empty() && target.is_empty() && exclude.is_empty())
    }
}

/// The planner's options from the arguments.
pub(super) fn plan_options(scope: &Scope, guards: &Guards) -> PlanOptions {
    let Scope { selected: Selected { target, exclude }, remote, format: _, full: _, views: _, journal: _ } =
        scope;
    let Guards {
        max_delete,
        max_change,
        max_writes,
        allow_recording_gap,
        allow_recording_stop,
        allow_app_wide,
        allow_empty,
    } = guards;
    PlanOptions {
        target: String::new(),
        selection: Selection { targets: target.clone(), excludes: exclude.clone(), only: None },
        allowances: Allowances {
            max_delete: *max_delete,
            max_change: *max_change,
            max_writes: *max_writes,
            recording_gap: *allow_recording_gap,
            recording_stop: *allow_recording_stop,
            app_wide: *allow_app_wide,
            empty: *allow_empty,
        },
        account: remote.account.clone(),
        rate: remote.call_rate(),
        caller: None,
        expected_digest: None,
        gaps: Gaps::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("5").is_err());
        assert!(duration("0s").is_err());
        assert!(duration("-3s").is_err());
    }

    #[test]
    fn no_number_is_larger_than_clocks_and_counters_take() {
        assert_eq!(duration("24h"), Ok(LONGEST));
        for text in ["24h1s", "9223372036854775807s", "2562047788015215h"] {
            assert_eq!(duration(text), Err("a duration is `24h` at most".to_owned()), "{text}");
        }
        let (calls, pace) = (|text| parallelism(text).ok().map(NonZeroUsize::get), |text| rate(text).ok());
        assert_eq!(["1", "1000"].map(calls), [Some(1), Some(1000)]);
        assert_eq!(["0", "1001", "-1", "2305843009213693952", "18446744073709551616"].map(calls), [None; 5]);
        assert_eq!(["0", "60001", "4294967296"].map(pace), [None; 3]);
        assert!(pace("60000").is_some());
    }

    #[test]
    fn what_was_read_may_be_a_minute_old_or_not_at_all() {
        let length = |millis| Ok(Duration::from_millis(millis));
        assert_eq!(["0", "0s", "1ms", "1s", "1m"].map(freshness), [0, 0, 1, 1000, 60_000].map(length));
        for text in ["", "1", "-1s", "61s", "9223372036854775807s"] {
            assert!(freshness(text).is_err(), "{text}");
        }
    }
}
