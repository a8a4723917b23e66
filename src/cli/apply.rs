//! `livevod apply`, and the path from a plan to a report, which `restore` shares.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::Args;

use super::connect::{Access, Connection, connect_with};
use super::events::Streaming;
use super::failure::Failure;
use super::goal::Goal;
use super::help::APPROVED;
use super::interrupt::Interrupt;
use super::leased::Waits;
use super::live::{Live, Replaying};
use super::load::{Loaded, load};
use super::observe::{Observed, observe};
use super::places::Places;
use super::planning::{Planning, Scope, Writing};
use super::runtime::block_on;

use super::progress::Progress;
use super::published;
use super::record::{Desk, Earlier, touched};
use super::rerun;
use super::reviewed;
use super::run::{Run, Session, Terms};
use super::terminal::Terminal;
use super::undeclared::Breadth;
use super::views::of_reports;
use crate::apply::journal::Journal;
use crate::apply::{self, ApplySettings, Outcome, PlanningRead, Report};
use crate::diag::{Code, Diagnostic};
use crate::model::Address;
use crate::plan::{Guard, Held, Plan, PlanOptions, SavedPlan};
use crate::render::{self, Command, Context, Exit, PlanView, ReportView};
use crate::store::Lease;

/// The help of the files, which may also be a plan.
const PATHS: &str = "Files and folders, read as one document, or one plan that `livevod plan --out` saved; - is standard input [default: livevod.yaml, else livevod/]";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod apply --emulator
  livevod apply reviewed.plan --expect-digest sha256:…")]
#[command(mut_arg("format", |format| format.value_parser(of_reports()).help(APPROVED)))]
#[command(mut_arg("paths", |paths| paths.value_name("PATH|PLAN").help(PATHS)))]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    /// The reviewed saved plan: continue it if it was only partly applied, and report what differs from it
    #[arg(long, value_name = "PLAN", requires = "expect_digest")]
    reviewed: Option<PathBuf>,

    #[command(flatten)]
    replaying: Replaying,

    #[command(flatten)]
    writing: Writing,

    #[command(flatten)]
    streaming: Streaming,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::of(&self.planning.scope, &self.planning.rules).telling(Command::Apply, &self.streaming)
    }

    fn places(&self) -> Places<'_> {
        let (events, file) = self.streaming.output();
        let others = || self.reviewed.iter().chain(self.replaying.file()).cloned().collect();
        self.planning.places(others).writing(events, file)
    }

    /// Applies the files, or a saved plan if one is named instead.
    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let Self { planning, reviewed, replaying, writing, streaming: _ } = self;
        let Planning { paths, rules, scope } = planning;
        let options = writing.options(scope);
        let order =
            |loaded, goal| Order { loaded, goal, options, scope, replaying, writing, session }.carry_out();
        match (reviewed::named(planning)?, reviewed) {
            (Some(_), Some(_)) => {
                let message = "`--reviewed` can be used with files, not with a saved plan";
                Err(Diagnostic::new(Code::Usage, message).help("leave it out").into())
            }
            (Some(saved), None) => {
                expects(&saved, writing, false)?;
                order(&Loaded::of_plan(&saved), Goal::Rest(&saved))
            }
            (None, Some(path)) => {
                let saved = reviewed::read(path)?;
                expects(&saved, writing, true)?;
                order(&load(paths, rules)?, Goal::HeldTo(&saved))
            }
            (None, None) => match self.published()? {
                Some(saved) => order(&load(paths, rules)?, Goal::HeldTo(&saved)),
                None => order(&load(paths, rules)?, Goal::Files),
            },
        }
    }
}

impl Arguments {
    /// The plan that was published with the expected digest, if there is one.
    fn published(&self) -> Result<Option<SavedPlan>, Failure> {
        let Scope { keeping, remote, .. } = &self.planning.scope;
        match &self.writing.expect_digest {
            Some(digest) => published::find(keeping, remote, digest),
            None => Ok(None),
        }
    }
}

/// What to apply, and how.
pub(super) struct Order<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) goal: Goal<'a>,
    pub(super) options: PlanOptions,
    pub(super) scope: &'a Scope,
    pub(super) replaying: &'a Replaying,
    pub(super) writing: &'a Writing,
    pub(super) session: &'a Session,
}

impl Order<'_> {
    /// Plans, asks for approval, applies and reports.
    pub(super) fn carry_out(&self) -> Result<Exit, Failure> {
        if let Some(refusal) = self.not_approved() {
            return self.show_only(refusal);
        }
        let connection = self.connect(Access::Writes)?;
        block_on(async {
            let desk = self.desk(&connection).await?;
            let ended = self.plan_and_apply(&connection, &desk).await;
            // A run that wrote has ended it already. If it can't be given back, it runs out by itself.
            let _ = desk.end(Duration::ZERO).await;
            ended
        })?
    }

    /// Gets the right to write.
    async fn desk(&self, connection: &Connection) -> Result<Desk, Failure> {
        let Self { scope, writing, options, session, .. } = self;
        let reach = self.goal.reach(&self.loaded.desired);
        let selected = reach.regions.keys().filter(|name| options.selection.selects_domain(name));
        let domains: Vec<String> = selected.map(|name| name.to_string()).collect();
        let command = if matches!(self.goal, Goal::BackTo(_)) { "restore" } else { "apply" };
        let terminal = &session.terminal;
        let waits = Waits { leasing: writing.leasing, settle: writing.settle, command, terminal };
        Desk::open((&scope.keeping, &scope.remote), &connection.target, &domains, waits).await
    }

    fn connect(&self, access: Access) -> Result<Connection, Failure> {
        reviewed::insist_on_target(self.goal, &self.scope.remote)?;
        let Self { scope, goal, loaded, writing, .. } = self;
        let reach = goal.reach(&loaded.desired);
        let timeouts = writing.leasing.timeouts();
        let connection = connect_with(&scope.remote, access, &reach, timeouts)?;
        account_is_declared(&connection)?;
        Ok(connection)
    }

    /// Plans, and looks at what only this moment says.
    async fn observe(&self, connection: &Connection, earlier: &Earlier) -> Result<Observed, Failure> {
        let Self { loaded, goal, options, .. } = self;
        let mut observed = observe(loaded, connection, options, earlier, *goal, Breadth::DECLARED).await?;
        self.live(connection).look(&mut observed).await?;
        Ok(observed)
    }

    fn live<'c>(&'c self, connection: &'c Connection) -> Live<'c> {
        let Self { options, replaying, session, .. } = self;
        Live { connection, options, replaying, terminal: &session.terminal }
    }

    fn earlier(&self, connection: &Connection) -> Result<Earlier, Failure> {
        Earlier::read(&self.scope.keeping, &self.scope.remote, &connection.target)
    }

    /// Shows the plan, and nothing else. Nothing is written, not even a journal.
    pub(super) fn show(&self) -> Result<Exit, Failure> {
        let connection = self.connect(Access::Reads)?;
        let earlier = self.earlier(&connection)?;
        let observed = block_on(self.observe(&connection, &earlier))??;
        let exit = if observed.plan.is_complete() { Exit::Success } else { Exit::Error };
        let (view, diagnostics) = (observed.view(), observed.findings(self.loaded));
        self.session.events.plan(&view, &diagnostics, &self.loaded.sources);
        let context = Context { sources: &self.loaded.sources, diagnostics: &diagnostics, exit };
        let terminal = &self.session.terminal;
        terminal.show(&render::plan(&view, context, &self.scope.layout(terminal)));
        Ok(exit)
    }

    /// Shows the plan that nothing approves, so that a log says what would have happened. Nothing is written, not even a
    /// journal.
    fn show_only(&self, refusal: Diagnostic) -> Result<Exit, Failure> {
        let connection = self.connect(Access::Reads)?;
        let earlier = self.earlier(&connection)?;
        let mut observed = block_on(self.observe(&connection, &earlier))??;
        observed.insist_on_account();
        let early = nothing_to_apply(&observed);
        let is_for_people = self.scope.format.is_for_people();
        // A machine format prints one document.
        let told = early.is_none().then_some(&refusal).filter(|_| !is_for_people).cloned();
        let mut view = observed.view();
        let diagnostics: Vec<Diagnostic> = observed.findings(self.loaded).into_iter().chain(told).collect();
        self.session.events.plan(&view, &diagnostics, &self.loaded.sources);
        view.command = self.command(&view);
        let exit = early.unwrap_or(Exit::Error);
        let context = Context { sources: &self.loaded.sources, diagnostics: &diagnostics, exit };
        let terminal = &self.session.terminal;
        let layout = self.scope.layout(terminal);
        terminal.show(&match early {
            None => render::plan(&view, context, &layout),
            Some(_) => render::unapplied(&view, context, &layout),
        });
        if early.is_none() && is_for_people { Err(refusal.into()) } else { Ok(exit) }
    }

    /// The command that applies the plan, if this run does not.
    fn command(&self, view: &PlanView) -> Option<String> {
        let digest = format!("--expect-digest {}", view.digest());
        let approval = Some(digest.as_str()).filter(|_| !self.writing.is_approved());
        view.is_ready().then(|| rerun::again(&[view.flags()?, approval.into_iter().collect()].concat()))?
    }

    async fn plan_and_apply(&self, connection: &Connection, desk: &Desk) -> Result<Exit, Failure> {
        let mut earlier = desk.earlier().await?;
        earlier.insist()?;
        earlier.has_waited = self.let_settle(&earlier).await;
        earlier.is_settled = true;
        let mut observed = self.observe(connection, &earlier).await?;
        observed.insist_on_account();
        let (mut view, diagnostics) = (observed.view(), observed.findings(self.loaded));
        self.session.events.plan(&view, &diagnostics, &self.loaded.sources);
        let early = nothing_to_apply(&observed);
        view.command = self.command(&view).filter(|_| early == Some(Exit::Refused));
        let context = |exit| Context { sources: &self.loaded.sources, diagnostics: &diagnostics, exit };
        let (terminal, layout) = (&self.session.terminal, self.scope.layout(&self.session.terminal));
        if let Some(exit) = early {
            terminal.show(&render::unapplied(&view, context(exit), &layout));
            desk.note_resolved(observed.start(), &earlier).await?;
            return Ok(exit);
        }
        if self.scope.format.is_for_people() {
            terminal.show(&render::plan(&view, context(Exit::Success), &layout));
        }
        let begun = Arc::new(OnceLock::new());
        let interrupt = self.listen(&begun);
        if !self.writing.is_approved() {
            approve(terminal, &interrupt).await?;
        }
        self.look_again(&mut observed, connection).await?;
        let view = observed.view();
        let Observed { plan, snapshot, .. } = &observed;
        let saved = observed.saved(touched(plan, snapshot), self.loaded);
        let journal = desk.begin(observed.start(), &earlier, Some(&saved)).await?;
        let journal = begun.get_or_init(|| journal);
        let writes = (journal, desk.lease());
        let (report, interrupted) = self.apply(&observed, connection, writes, &interrupt).await?;
        let exit = exit(&report, plan, interrupted);
        let may_arrive = matches!(exit, Exit::Unknown) || interrupted.is_some();
        let unkept = desk.end(if may_arrive { self.writing.settle } else { Duration::ZERO }).await;
        // Other machines can't know that everything is done.
        let exit = if unkept.is_some() && exit == Exit::Success { Exit::Incomplete } else { exit };
        let report = ReportView::new(&view, &report, &self.loaded.sources);
        self.session.events.report(&report);
        let undone = self.undone_by_the_files(&observed).filter(|_| exit == Exit::Success);
        let afterwards: Vec<Diagnostic> = undone.into_iter().chain(unkept).collect();
        let all = [diagnostics.as_slice(), &afterwards].concat();
        terminal.show(&render::report(&report, Context { diagnostics: &all, ..context(exit) }, &layout));
        if self.scope.format.is_for_people() {
            terminal.tell(&afterwards, &self.loaded.sources);
        }
        Ok(exit)
    }

    /// Asks again who is on air if the last answers are older than what a write may rest on, as after an approval.
    ///
    /// # Errors
    /// When the guard refuses the plan now.
    async fn look_again(&self, observed: &mut Observed, connection: &Connection) -> Result<(), Failure> {
        if observed.on_air_asked.is_none_or(|asked| asked.elapsed() <= self.writing.freshness) {
            return Ok(());
        }
        let before = observed.plan.notes.on_air.clone();
        let unread = self.live(connection).ask_on_air(observed).await;
        if !unread.is_empty() {
            observed.plan.notes.on_air = before;
        }
        let held = observed.plan.notes.held.iter().find(|held| held.guard == Guard::OnAir);
        let Some(Held { address, message, .. }) = held else { return Ok(()) };
        let message = address.as_ref().map_or(message.clone(), |address| format!("`{address}`: {message}"));
        let refusal = Diagnostic::new(Code::NotDone, format!("refused ({}): {message}", Guard::OnAir.name()))
            .help("nothing was written; plan again to see all of them, or add `--allow-on-air`");
        Err(Failure { exit: Exit::Refused, ..Failure::from(refusal) })
    }

    /// After a restore: a warning if the current files would undo it.
    fn undone_by_the_files(&self, observed: &Observed) -> Option<Diagnostic> {
        let Goal::BackTo(back) = self.goal else { return None };
        back.until_next_plan(&observed.plan, &observed.snapshot, &self.loaded.sources)
    }

    /// Waits until no write of an earlier run can still arrive: only then does a read prove its outcome. Returns whether there
    /// was anything to wait for.
    async fn let_settle(&self, earlier: &Earlier) -> bool {
        let reach = self.goal.reach(&self.loaded.desired);
        let is_read = |address: &Address| reach.regions.contains_key(&address.domain);
        let concerns = |address: &Address| is_read(address) && self.options.selection.selects(address);
        let left = earlier.until_settled(self.writing.settle, concerns);
        if !left.is_zero() {
            let seconds = left.as_secs_f64().ceil();
            self.session
                .terminal
                .note(&format!("writes of an unfinished run may still arrive: waiting {seconds} s\n"));
            tokio::time::sleep(left).await;
        }
        !left.is_zero()
    }

    /// Without a terminal, a flag must approve the plan.
    fn not_approved(&self) -> Option<Diagnostic> {
        let asks = self.session.terminal.answers && self.scope.format.is_for_people();
        if self.writing.is_approved() || asks {
            return None;
        }
        let reason = match self.scope.format.is_for_people() {
            true => "approval required, but standard input is not a terminal",
            false => "approval required, but a run with a machine format can't ask for it",
        };
        Some(
            Diagnostic::new(Code::NotApproved, reason)
                .help("give `--expect-digest DIGEST` of the plan that was reviewed, or `--auto-approve`"),
        )
    }

    /// Listens to signals from the question to the end. `begun` is the journal, as soon as there is one: before, nothing is
    /// under way, and the question itself answers.
    fn listen(&self, begun: &Arc<OnceLock<Journal>>) -> Interrupt {
        let (terminal, events) = (self.session.terminal, self.session.events.clone());
        let [asked, open] = [begun.clone(), begun.clone()];
        let farewell = move |exit| {
            let ends = open.get().map(Journal::end_at_once).unwrap_or_default();
            terminal.note(&render::ended_at_once(&ends, terminal.stderr));
            let exit = if ends.unknown.is_empty() { exit } else { Exit::Unknown };
            events.end_at_once(exit);
            exit
        };
        let answered = move || {
            if asked.get().is_some() {
                terminal.note(
                    "Stopping: writes in flight are finished first. A second signal ends the run at once.\n",
                );
            }
        };
        Interrupt::listen(answered, farewell)
    }

    /// Applies, with signals and progress; the exit is that of the signal, if there was one.
    async fn apply(
        &self,
        observed: &Observed,
        connection: &Connection,
        (journal, lease): (&Journal, Option<Lease>),
        interrupt: &Interrupt,
    ) -> Result<(Report, Option<Exit>), Failure> {
        let Observed { plan, snapshot, listed, .. } = observed;
        let cleared = plan.cleared().map_err(|refusal| Failure {
            exit: Exit::Refused,
            ..Failure::from(Diagnostic::new(Code::NotDone, refusal.to_string()))
        })?;
        let progress = Progress::new(plan.decisions.changes.len(), &self.session.terminal);
        let freshness = self.writing.freshness;
        let settings = ApplySettings {
            deadline: self.scope.remote.timeout,
            settle: self.writing.settle,
            freshness,
            planned_on: PlanningRead::of(&plan.decisions, snapshot, listed, freshness),
            stop_on_error: self.writing.stop_on_error,
            lease,
            ..ApplySettings::new(interrupt.stop(), journal.clone())
        };
        let tell = |event| {
            progress.event(&event);
            self.session.events.change(&event, plan, &self.loaded.sources);
        };
        let report = apply::apply(cleared, &connection.client, settings, &tell).await;
        progress.finish();
        Ok((report, interrupt.exit()))
    }
}

/// The expected digest must be that of this plan; otherwise, another plan was reviewed.
fn expects(saved: &SavedPlan, writing: &Writing, must: bool) -> Result<(), Failure> {
    let digest = saved.decisions.digest();
    match &writing.expect_digest {
        Some(expected) if *expected == digest => Ok(()),
        None if !must => Ok(()),
        expected => {
            let expected = expected.as_deref().unwrap_or("nothing");
            let message = format!("expected digest `{expected}`, but the saved plan has digest `{digest}`");
            let diagnostic =
                Diagnostic::new(Code::PlanFile, message).help("find out which of the two plans was reviewed");
            Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) })
        }
    }
}

/// Writes that leave this machine need a declared account.
fn account_is_declared(connection: &Connection) -> Result<(), Failure> {
    if connection.is_local || connection.target.account.is_some() {
        return Ok(());
    }
    Err(Failure::from(
        Diagnostic::new(Code::Account, "no account is declared")
            .help("write `account: \"…\"` into the files, or give `--account`"),
    ))
}

/// How the run ends if there is nothing to apply.
fn nothing_to_apply(observed: &Observed) -> Option<Exit> {
    let plan = &observed.plan;
    match () {
        () if plan.is_held_by(Guard::Account) => Some(Exit::Refused),
        () if !observed.is_account_known || !plan.is_complete() => Some(Exit::Error),
        () if !observed.is_replay_complete() => Some(Exit::Error),
        () if !plan.notes.held.is_empty() => Some(Exit::Refused),
        () if !plan.decisions.changes.is_empty() => None,
        () if plan.notes.unsupported.iter().any(|one| one.declared) => Some(Exit::Error),
        () => Some(Exit::Success),
    }
}

async fn approve(terminal: &Terminal, interrupt: &Interrupt) -> Result<(), Failure> {
    let question = "\nDo you want to perform these actions? Only `yes` is accepted.\n\n  Enter a value: ";
    let not_approved = |message| Failure::from(Diagnostic::new(Code::NotApproved, message));
    let stop = interrupt.stop();
    tokio::select! {
        biased;
        () = stop.cancelled() => {
            terminal.note("\n");
            let exit = interrupt.exit().unwrap_or(Exit::Interrupted);
            Err(Failure { exit, ..not_approved("interrupted: nothing was written") })
        }
        answer = terminal.ask(question) => match answer.as_deref() {
            Some("yes") => Ok(()),
            Some(_) | None => Err(not_approved("declined: nothing was written")),
        },
    }
}

/// The exit code: the first row of the documented table that applies.
fn exit(report: &Report, plan: &Plan, interrupted: Option<Exit>) -> Exit {
    let any = |is: fn(&Outcome) -> bool| report.outcomes.iter().any(|one| is(&one.outcome));
    let all_done = report.outcomes.iter().all(|one| matches!(one.outcome, Outcome::Done));
    let failures = || report.outcomes.iter().filter_map(|one| one.outcome.failure());
    // What was done has no RequestId if its answer was lost and it was found by reading back.
    let began = report.outcomes.iter().any(|one| one.request_id.is_some())
        || any(|outcome| matches!(outcome, Outcome::Done | Outcome::Failed(_)));
    match interrupted {
        _ if any(|outcome| matches!(outcome, Outcome::Unknown(_))) => Exit::Unknown,
        Some(exit) => exit,
        None if !all_done && began => Exit::Incomplete,
        None if failures().any(apply::Failure::is_held) => Exit::Refused,
        None if !all_done => Exit::Error,
        None if plan.notes.unsupported.iter().any(|one| one.declared) => Exit::Incomplete,
        None => Exit::Success,
    }
}
