//! The arguments of commands that plan: files, service, selection, guards, and how to write.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::durations::{self, duration};
use super::keeping::{Keeping, Leasing};
use super::paths::Paths;
use super::places::Places;
use super::remote::Remote;
use super::rules::Rules;
use super::terminal::Terminal;
use super::views::Views;
use crate::model::Pattern;
use crate::plan::{Allowances, Gaps, Limit, PlanOptions, Selection};
use crate::render::{Format, Layout};

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

/// The longest `--freshness`: an older reading says little about the current state.
const LEAST_FRESH: Duration = Duration::from_secs(60);

fn freshness(text: &str) -> Result<Duration, String> {
    // Only zero needs no unit.
    let length = if text == "0" { Some(Duration::ZERO) } else { durations::length(text)? };
    let length = length.filter(|length| *length <= LEAST_FRESH);
    length.ok_or_else(|| "expected a duration from `0` to `1m`".to_owned())
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
    fn files(&self) -> Vec<PathBuf> {
        self.paths.files().into_iter().chain(self.scope.remote.emulator.clone()).collect()
    }

    /// What the command reads, `more` included, and the folder of its journals.
    pub(super) fn places<'a>(&'a self, more: impl Fn() -> Vec<PathBuf> + 'a) -> Places<'a> {
        Places::reading(move || [self.files(), more()].concat()).journals(self.scope.keeping.folder())
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
    fn what_was_read_may_be_a_minute_old_or_not_at_all() {
        let length = |millis| Ok(Duration::from_millis(millis));
        assert_eq!(["0", "0s", "1ms", "1s", "1m"].map(freshness), [0, 0, 1, 1000, 60_000].map(length));
        for text in ["", "1", "-1s", "61s", "9223372036854775807s"] {
            assert!(freshness(text).is_err(), "{text}");
        }
    }
}
