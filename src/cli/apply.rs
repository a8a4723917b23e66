//! `livevod apply`.

use std::time::Duration;

use clap::Args;

use super::Typed;
use super::arguments::{Format, Guards, Planning, duration, plan_options};
use super::connect::{Access, Connection, connect};
use super::failure::Failure;
use super::findings;
use super::interrupt::Interrupt;
use super::load::{Loaded, load};
use super::observe::{Observed, block_on, observe};
use super::plan::{Shown, show};
use super::progress::Progress;
use super::terminal::Terminal;
use crate::apply::{self, ApplySettings, Outcome, Report};
use crate::diag::{Code, Diagnostic};
use crate::plan::{Guard, Plan, PlanOptions};
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) planning: Planning,

    /// Apply without asking
    #[arg(long)]
    auto_approve: bool,

    /// Apply without asking, and only the plan of this digest: the one that was reviewed
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    expect_digest: Option<String>,

    /// Start no further write after the first one that is not done
    #[arg(long)]
    stop_on_error: bool,

    /// How long a request that got no answer may still arrive: no other write goes to its address until then
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_SETTLE", default_value = "30s", value_parser = duration)]
    settle: Duration,

    #[command(flatten)]
    guards: Guards,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal, typed: &Typed) -> Result<Exit, Failure> {
    let loaded = load(&arguments.planning.paths, &arguments.planning.rules)?;
    someone_approves(arguments, terminal)?;
    let connection = connect(&arguments.planning.remote, Access::Writes, typed, &loaded.desired)?;
    account_is_declared(&connection)?;
    block_on(plan_and_apply(arguments, &loaded, &connection, terminal))?
}

async fn plan_and_apply(
    arguments: &Arguments,
    loaded: &Loaded,
    connection: &Connection,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let expected_digest = arguments.expect_digest.clone();
    let options = PlanOptions { expected_digest, ..plan_options(&arguments.planning, &arguments.guards) };
    let mut observed = observe(loaded, connection, &options).await?;
    observed.insist_on_account();
    let early = nothing_to_apply(&observed);
    if arguments.planning.format == Format::Human || early.is_some() {
        let shown = Shown { planning: &arguments.planning, is_drift: false };
        show(shown, loaded, &observed, &connection.target, early.unwrap_or(Exit::Success), terminal);
    }
    if let Some(exit) = early {
        return Ok(exit);
    }
    if !arguments.is_approved() {
        approve(terminal)?;
    }
    let (report, interrupted) = carry_out(arguments, &observed.plan, connection, terminal).await?;
    let exit = exit(&report, &observed.plan, interrupted);
    say(arguments.planning.format, &report, &observed, loaded, connection, exit, terminal);
    Ok(exit)
}

/// Without a terminal nobody can be asked, so the answer must stand in the arguments; found out before anything is read.
fn someone_approves(arguments: &Arguments, terminal: &Terminal) -> Result<(), Failure> {
    let asks = terminal.answers && arguments.planning.format == Format::Human;
    if arguments.is_approved() || asks {
        return Ok(());
    }
    Err(Failure::from(
        Diagnostic::new(Code::NotApproved, "nobody can be asked here")
            .help("give `--expect-digest DIGEST` of the plan that was reviewed, or `--auto-approve`"),
    ))
}

impl Arguments {
    fn is_approved(&self) -> bool {
        self.auto_approve || self.expect_digest.is_some()
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

/// Writes that leave the machine need to know whose configurations they change.
fn account_is_declared(connection: &Connection) -> Result<(), Failure> {
    if connection.is_local || connection.target.account.is_some() {
        return Ok(());
    }
    Err(Failure::from(
        Diagnostic::new(Code::Account, "no account is declared")
            .help("write `account: \"…\"` into the files, or give `--account`"),
    ))
}

/// Why there is nothing to carry out, if so.
fn nothing_to_apply(observed: &Observed) -> Option<Exit> {
    let plan = &observed.plan;
    match () {
        () if plan.is_held_by(Guard::Account) => Some(Exit::Refused),
        () if !observed.is_account_known || !plan.is_complete() => Some(Exit::Error),
        () if !plan.held.is_empty() => Some(Exit::Refused),
        () if !plan.changes.is_empty() => None,
        () if plan.unsupported.iter().any(|one| one.declared) => Some(Exit::Error),
        () => Some(Exit::Success),
    }
}

fn approve(terminal: &Terminal) -> Result<(), Failure> {
    let question = "\nDo you want to perform these actions? Only `yes` is taken.\n\n  Enter a value: ";
    match terminal.ask(question).as_deref() {
        Some("yes") => Ok(()),
        Some(_) | None => {
            Err(Failure::from(Diagnostic::new(Code::NotApproved, "declined: nothing was written")))
        }
    }
}

/// Applies, with signals and progress; the exit is the signal's, if one came.
async fn carry_out(
    arguments: &Arguments,
    plan: &Plan,
    connection: &Connection,
    terminal: &Terminal,
) -> Result<(Report, Option<Exit>), Failure> {
    let interrupt = Interrupt::listen();
    let progress = Progress::new(plan.changes.len(), terminal);
    let settings = ApplySettings {
        deadline: arguments.planning.remote.timeout,
        settle: arguments.settle,
        stop_on_error: arguments.stop_on_error,
        ..ApplySettings::new(interrupt.stop())
    };
    let report = apply::apply(plan, &connection.client, settings, &|event| progress.event(&event)).await;
    progress.finish();
    let report = report.map_err(|refusal| Failure {
        exit: Exit::Refused,
        ..Failure::from(Diagnostic::new(Code::NotDone, refusal.to_string()))
    })?;
    Ok((report, interrupt.exit()))
}

/// The first line of the documented table that holds.
fn exit(report: &Report, plan: &Plan, interrupted: Option<Exit>) -> Exit {
    let any = |is: fn(&Outcome) -> bool| report.outcomes.iter().any(|one| is(&one.outcome));
    let all_done = report.outcomes.iter().all(|one| matches!(one.outcome, Outcome::Done));
    let began = report.outcomes.iter().any(|one| one.request_id.is_some())
        || any(|outcome| matches!(outcome, Outcome::Failed(_)));
    match interrupted {
        _ if any(|outcome| matches!(outcome, Outcome::Unknown(_))) => Exit::Unknown,
        Some(exit) => exit,
        None if !all_done && began => Exit::Incomplete,
        None if !all_done => Exit::Refused,
        None if plan.unsupported.iter().any(|one| one.declared) => Exit::Incomplete,
        None => Exit::Success,
    }
}

fn say(
    format: Format,
    report: &Report,
    observed: &Observed,
    loaded: &Loaded,
    connection: &Connection,
    exit: Exit,
    terminal: &Terminal,
) {
    let outcomes = render::outcome_diagnostics(&observed.plan, report, &loaded.sources);
    let diagnostics = [loaded.diagnostics.as_slice(), &outcomes].concat();
    let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
    match format {
        Format::Human => {
            terminal.print(&format!("\n{}", render::human_report(&observed.plan, report, terminal.stdout)));
            findings::tell(&outcomes, &loaded.sources, terminal);
        }
        Format::Json => {
            terminal.print(&render::report_json(&observed.plan, report, &connection.target, context));
        }
        Format::Github | Format::Gitlab | Format::Sarif => {
            terminal.print(&findings::document(format, context).unwrap_or_default());
        }
    }
}
