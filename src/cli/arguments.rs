//! Arguments that several commands share.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::default_paths::default_paths;
use super::durations::{self, duration};
use super::failure::Failure;
use super::keeping::{Keeping, Leasing};
use super::kinds::insist_on_no_log;
use super::terminal::Terminal;
use super::typed;
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

/// The files to read.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Files and folders, read as one document; - is standard input [default: livevod.yaml, else livevod/]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Paths {
    /// Paths that do not come from the command's positional arguments.
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths }
    }

    /// The paths given; empty if none are.
    pub(super) fn given(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The paths given, or the default ones in the working folder.
    pub(super) fn resolve(&self) -> Result<Vec<PathBuf>, Failure> {
        if let Some(file) = typed::after_emulator().filter(|file| self.paths.contains(file)) {
            insist_on_no_log(&file)?;
        }
        if !self.paths.is_empty() {
            return Ok(self.paths.clone());
        }
        match default_paths(Path::new("")).as_slice() {
            [path] => Ok(vec![path.clone()]),
            [_, _] => Err(Failure::from(
                Diagnostic::new(
                    Code::NoFiles,
                    "this folder has both `livevod.yaml` and a folder `livevod` with files",
                )
                .help(format!(
                    "name the one to read, or both: `livevod {} livevod.yaml livevod`",
                    typed::command()
                )),
            )),
            _ => Err(Failure::from(
                Diagnostic::new(
                    Code::NoFiles,
                    "this folder has neither `livevod.yaml` nor a folder `livevod`",
                )
                .help(format!("name the files or folders: `{}`", naming_files())),
            )),
        }
    }
}

impl Paths {
    /// The paths given, or the default ones, and every file in those that are folders.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let named = self.resolve().unwrap_or_default();
        let named: Vec<PathBuf> = named.into_iter().filter(|path| !config::is_standard_input(path)).collect();
        let found = config::read(&named).paths;
        named.into_iter().chain(found).collect()
    }
}

/// The command that is run, with a place for files.
fn naming_files() -> String {
    match typed::command().as_str() {
        "explain" => "livevod explain ADDRESS --path PATH".to_owned(),
        command => format!("livevod {command} PATH"),
    }
}

/// How many findings are shown.
#[derive(Debug, Default, Args)]
pub(super) struct MaxFindings {
    /// Show only the N most severe findings, without grouping equal ones; machine formats always contain all of them
    #[arg(long, value_name = "N")]
    max_findings: Option<usize>,
}

impl MaxFindings {
    /// The number given.
    pub(super) fn given(&self) -> Option<usize> {
        self.max_findings
    }
}

/// Which rules count as errors, and which are dropped.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct Rules {
    /// Treat findings of this rule as errors; `warnings` means all warnings
    #[arg(long, value_name = "CODE|warnings", value_parser = denied, add = ArgValueCandidates::new(candidates::denied))]
    deny: Vec<Denied>,

    /// Drop findings of this rule, even if --deny names it; rules that report errors can't be allowed
    #[arg(long, value_name = "CODE", value_parser = allowed, add = ArgValueCandidates::new(candidates::codes))]
    allow: Vec<Code>,

    #[command(flatten)]
    pub(super) shown: MaxFindings,
}

/// A value of `--deny`.
#[derive(Debug, Clone, Copy)]
enum Denied {
    Warnings,
    Rule(Code),
}

impl Rules {
    /// The levels that the flags set.
    pub(super) fn levels(&self) -> Levels {
        let Self { deny, allow, shown: _ } = self;
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
        Some(meant) => format!("unknown rule; did you mean `{meant}`?"),
        None => "unknown rule; `livevod explain` lists all codes".to_owned(),
    })
}

/// The file of the embedded emulator, if `--emulator` names none.
pub(super) const EMULATED: &str = ".livevod/emulator.log";

/// Where the service is, and which credentials to use.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(super) struct Remote {
    /// Use the embedded emulator, which keeps its state in FILE: no network, no credentials
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = EMULATED)]
    pub(super) emulator: Option<PathBuf>,

    /// Change how the embedded emulator behaves where the API documents are unclear; see `livevod emulator quirks`
    #[arg(long = "quirk", value_name = "NAME=VALUE", requires = "emulator", value_parser = quirk)]
    pub(super) quirks: Vec<String>,

    #[command(flatten)]
    pub(super) endpoint: Endpoint,

    /// Use this profile of ~/.aliyun/config.json, and no other source of credentials
    #[arg(long, value_name = "NAME", env = "LIVEVOD_PROFILE")]
    pub(super) profile: Option<String>,

    /// Log each call to standard error: action, host, outcome, time and RequestId, but no secrets
    #[arg(long, env = "LIVEVOD_LOG", value_parser = BoolishValueParser::new())]
    pub(super) log: bool,

    /// Account that the files are for, if they do not declare one
    #[arg(long, value_name = "ID", env = "LIVEVOD_ACCOUNT", value_parser = account)]
    pub(super) account: Option<String>,

    /// Region of domains for which the files name none
    #[arg(long, value_name = "REGION", env = "LIVEVOD_REGION", value_parser = region)]
    pub(super) region: Option<String>,

    /// Signature version of requests
    #[arg(long, value_enum, value_name = "VERSION", env = "LIVEVOD_SIGNATURE", default_value_t = Signature::V3)]
    pub(super) signature: Signature,

    /// Calls per minute for each action, with bursts of up to half of that; the service documents a limit of 1,000
    /// [default: 800; with --emulator, no limit]
    #[arg(long, value_name = "N", env = "LIVEVOD_RATE", value_parser = rate)]
    rate: Option<NonZeroU32>,

    /// Maximum number of reads in flight, and of writes beside them
    #[arg(long, value_name = "N", env = "LIVEVOD_PARALLELISM", default_value = "16", value_parser = parallelism)]
    pub(super) parallelism: NonZeroUsize,

    /// How long to retry a read, and to wait for a write to show up when it is read back
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub(super) timeout: Duration,
}

/// `--endpoint`. From a variable, it has a lower precedence.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Option<String>,
    /// Whether it was typed rather than taken from a variable.
    pub(super) is_typed: bool,
}

#[derive(Debug, Args)]
struct EndpointArgument {
    /// Send every call to URL instead of the region's endpoint; plain http only for loopback
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
    /// # Errors
    /// When a service is named, but `command` asks none without `--online`.
    pub(super) fn insist_on_online(&self, command: &str, is_online: bool) -> Result<(), Failure> {
        if is_online || (self.emulator.is_none() && !self.endpoint.is_typed) {
            return Ok(());
        }
        Err(Diagnostic::new(Code::Usage, format!("{command} uses a service only with `--online`"))
            .help("add `--online`, or leave out `--emulator` and `--endpoint`")
            .into())
    }

    /// How fast each action may be called. The embedded emulator is not paced unless a rate is given.
    pub(super) fn rate(&self) -> Rate {
        match (self.rate, &self.emulator) {
            (Some(calls), _) => Rate::per_minute(calls),
            (None, Some(_)) => Rate::UNLIMITED,
            (None, None) => Rate::default(),
        }
    }

    /// The flags that choose the service and the credentials, as far as they were typed or have no usual value.
    pub(super) fn typed(&self) -> Vec<String> {
        let emulator = self.emulator.iter().map(|file| match file == Path::new(EMULATED) {
            true => "--emulator".to_owned(),
            false => format!("--emulator={}", file.display()),
        });
        let quirks = self.quirks.iter().map(|quirk| format!("--quirk={quirk}"));
        let endpoint = self.endpoint.url.iter().filter(|_| self.endpoint.is_typed);
        let flag = |name: &'static str| move |value: &String| format!("--{name}={value}");
        let others = self.profile.iter().map(flag("profile")).chain(self.account.iter().map(flag("account")));
        let others = others.chain(self.region.iter().map(flag("region")));
        emulator.chain(quirks).chain(endpoint.map(flag("endpoint"))).chain(others).collect()
    }

    fn call_rate(&self) -> CallRate {
        let Rate { per_minute, burst } = self.rate();
        CallRate { per_minute: per_minute.get(), burst: burst.get() }
    }
}

fn region(text: &str) -> Result<String, String> {
    match config::is_region(text) {
        true => Ok(text.to_owned()),
        false => Err("expected the id of a region, such as cn-shanghai".to_owned()),
    }
}

pub(super) fn account(text: &str) -> Result<String, String> {
    match config::is_account(text) {
        true => Ok(text.to_owned()),
        false => Err("expected an account id, a number such as 1234567890123456".to_owned()),
    }
}

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

/// The text of a quirk, checked.
pub(super) fn quirk(text: &str) -> Result<String, String> {
    Quirks::with(&[text]).map(|_| text.to_owned())
}

/// The largest `--parallelism`.
const MOST_AT_ONCE: usize = 1000;

/// The largest `--rate`: sixty times the limit that the service documents.
const MOST_A_MINUTE: u32 = 60_000;

/// The longest `--freshness`: an older reading says little about the current state.
const LEAST_FRESH: Duration = Duration::from_secs(60);

fn freshness(text: &str) -> Result<Duration, String> {
    // Only zero needs no unit.
    let length = if text == "0" { Some(Duration::ZERO) } else { durations::length(text)? };
    let length = length.filter(|length| *length <= LEAST_FRESH);
    length.ok_or_else(|| "expected a duration from `0` to `1m`".to_owned())
}

fn parallelism(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MOST_AT_ONCE);
    number.ok_or_else(|| format!("expected a whole number from 1 to {MOST_AT_ONCE}"))
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= MOST_A_MINUTE);
    number.ok_or_else(|| format!("expected a whole number from 1 to {MOST_A_MINUTE}"))
}

/// Which addresses are selected.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Selected {
    /// Select only these addresses: domain[/app[/stream]], with `**` for any name and globs such as `test-*`
    #[arg(long, value_name = "PATTERN", add = ArgValueCandidates::new(candidates::patterns))]
    target: Vec<Pattern>,

    /// Leave out these addresses
    #[arg(long, value_name = "PATTERN", add = ArgValueCandidates::new(candidates::patterns))]
    exclude: Vec<Pattern>,
}

/// Flags that release guards. No environment variable sets them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Guards")]
pub(super) struct Guards {
    /// Allow up to this many deletes and replaces: a number, or a percentage of the configurations of each domain and of all domains [default: 10%]
    #[arg(long, value_name = "N|N%")]
    max_delete: Option<Limit>,

    /// Allow up to this many updates and replaces: a number, or a percentage of the configurations of each domain and of all domains [default: 30%]
    #[arg(long, value_name = "N|N%")]
    max_change: Option<Limit>,

    /// Refuse a plan with more than N writes
    #[arg(long, value_name = "N")]
    max_writes: Option<u64>,

    /// Allow replaces, although nothing is recorded between the delete of the old configuration and the create of the new one
    #[arg(long)]
    allow_recording_gap: bool,

    /// Allow changes that end the automatic recording of a stream
    #[arg(long)]
    allow_recording_stop: bool,

    /// Allow deleting or replacing an app-wide configuration while others of its app or domain remain
    #[arg(long)]
    allow_app_wide: bool,

    /// Allow deletes even if the files declare no configuration
    #[arg(long)]
    allow_empty: bool,

    /// Allow deleting or replacing a configuration while streams that it records are on air
    #[arg(long)]
    allow_on_air: bool,

    /// Allow changes after which a session of the replay would no longer be recorded
    #[arg(long)]
    allow_replay_loss: bool,
}

/// Arguments that plan, drift and apply share: the files, and what to plan from them.
#[derive(Debug, Args)]
pub(super) struct Planning {
    #[command(flatten)]
    pub(super) paths: Paths,

    #[command(flatten)]
    pub(super) rules: Rules,

    #[command(flatten)]
    pub(super) scope: Scope,
}

/// What to plan, against which service, and how to show it.
#[derive(Debug, Args)]
pub(super) struct Scope {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,

    /// List every change, also identical ones, and the settings of unmanaged configurations
    #[arg(long)]
    full: bool,

    #[command(flatten)]
    pub(super) remote: Remote,

    #[command(flatten)]
    selected: Selected,

    #[command(flatten)]
    views: Views,

    #[command(flatten)]
    pub(super) keeping: Keeping,
}

impl Scope {
    /// The layout of the output.
    pub(super) fn layout(&self, terminal: &Terminal) -> Layout {
        self.views.layout(self.format, self.full, terminal)
    }

    /// `--title`.
    pub(super) fn title(&self) -> Option<&str> {
        self.views.title()
    }
}

/// Arguments of the commands that write.
#[derive(Debug, Args)]
pub(super) struct Writing {
    /// Apply without asking for approval
    #[arg(long)]
    auto_approve: bool,

    /// Apply without asking for approval, but only if the plan has the digest of the reviewed plan
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(super) expect_digest: Option<String>,

    /// Start no more writes once a change fails or its outcome is unknown
    #[arg(long)]
    pub(super) stop_on_error: bool,

    /// Maximum age of the read that a write relies on, up to 1m; several writes may share it, and the plan may have read it.
    /// With 0, livevod reads right before each write
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_FRESHNESS", default_value = "1s", value_parser = freshness)]
    pub(super) freshness: Duration,

    /// How long to wait after an unanswered request before anything else is written to its address
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_SETTLE", default_value = "30s", value_parser = duration)]
    pub(super) settle: Duration,

    #[command(flatten)]
    pub(super) leasing: Leasing,

    #[command(flatten)]
    pub(super) guards: Guards,
}

impl Writing {
    /// Whether a flag approves the plan in advance.
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
        Some(_) | None => {
            Err("a digest is `sha256:` and 64 hex digits, as `livevod plan` prints it".to_owned())
        }
    }
}

impl Planning {
    /// The files of [`Paths::files`], and the emulator's.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.paths.files().into_iter().chain(self.scope.remote.emulator.clone()).collect()
    }

    /// The arguments, besides the service, that distinguish what is planned from what other runs plan.
    pub(super) fn distinguishing(&self) -> Vec<String> {
        let Self { paths, rules: _, scope } = self;
        let Remote { account, region, profile, .. } = &scope.remote;
        let flag = |name: &str, value: &Option<String>| {
            value.iter().map(|value| format!("--{name}={value}")).collect()
        };
        let flags: [Vec<String>; 3] =
            [flag("account", account), flag("region", region), flag("profile", profile)];
        let paths = paths.given().iter().map(|path| path.display().to_string());
        paths.chain(flags.concat()).chain(plan_options(scope, &Guards::default()).selection.flags()).collect()
    }

    /// Whether any argument besides the paths affects what is planned.
    pub(super) fn decides(&self) -> bool {
        let Self { paths: _, rules: Rules { deny, allow, shown: _ }, scope } = self;
        let Selected { target, exclude } = &scope.selected;
        !(deny.is_empty() && allow.is_empty() && target.is_empty() && exclude.is_empty())
    }
}

/// The planner's options from the arguments.
pub(super) fn plan_options(scope: &Scope, guards: &Guards) -> PlanOptions {
    let Scope { selected: Selected { target, exclude }, remote, format: _, full: _, views: _, keeping: _ } =
        scope;
    let Guards {
        max_delete,
        max_change,
        max_writes,
        allow_recording_gap,
        allow_recording_stop,
        allow_app_wide,
        allow_empty,
        allow_on_air,
        allow_replay_loss,
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
            on_air: *allow_on_air,
            replay_loss: *allow_replay_loss,
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
    fn no_number_is_larger_than_clocks_and_counters_take() {
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
