//! `livevod plan`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Typed;
use super::arguments::{Format, Guards, Planning, Scope, plan_options};
use super::base::{self, BaseFiles};
use super::connect::{Access, connect};
use super::events::{Events, Streaming};
use super::failure::Failure;
use super::findings;
use super::goal::Goal;
use super::load::{Loaded, load, weighty};
use super::observe::{Observed, against, block_on, observe};
use super::record::Earlier;
use super::reviewed;
use super::terminal::Terminal;
use super::views::{View, Views};
use crate::diag::{self, Severity};
use crate::plan::{Guard, PlanOptions};
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) planning: Planning,

    /// Plan from a file that `livevod snapshot` wrote: no credentials, no network
    #[arg(long, value_name = "SNAPSHOT")]
    against: Option<PathBuf>,

    /// Tell what these files change from what was pending already: a checkout of the target branch, where the same paths
    /// are read
    #[arg(long, value_name = "FOLDER")]
    base: Option<PathBuf>,

    /// Save the plan, for `livevod show` and `livevod apply`; a file that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Exit with 2 when there are differences, with 3 when a guard holds the plan
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    guards: Guards,

    #[command(flatten)]
    pub(super) streaming: Streaming,
}

impl Arguments {
    /// The files that are read or written besides the events.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let others = [&self.against, &self.out].into_iter().flatten().cloned();
        let base = self.base.iter().flat_map(|folder| base::files(folder, &self.planning.paths));
        self.planning.files().into_iter().chain(others).chain(base).collect()
    }
}

pub(super) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    typed: &Typed,
    events: &Events,
) -> Result<Exit, Failure> {
    let mut loaded = load(&arguments.planning.paths, &arguments.planning.rules)?;
    let base = base(arguments, &mut loaded)?;
    let goal = base.as_ref().map_or(Goal::Files, Goal::Beside);
    let scope = &arguments.planning.scope;
    let options = plan_options(scope, &arguments.guards);
    let observed = match &arguments.against {
        Some(file) => against(file, &loaded, &options, &scope.journal, goal)?,
        None => look(&loaded, scope, &options, goal, typed)?,
    };
    let exit = exit(&observed, arguments.detailed_exitcode);
    events.plan(&loaded, &observed);
    let saved = save(arguments.out.as_deref(), &observed)?;
    show(Shown::new(scope, false), &loaded, &observed, exit, terminal);
    if let (Format::Human, Some(file)) = (scope.format, saved) {
        terminal.print(&render::human_saved_plan(&file.display().to_string(), terminal.stdout));
    }
    Ok(exit)
}

/// The files of the target branch, where they are asked for and can be read.
fn base(arguments: &Arguments, loaded: &mut Loaded) -> Result<Option<BaseFiles>, Failure> {
    let Some(folder) = &arguments.base else { return Ok(None) };
    match BaseFiles::read(folder, &arguments.planning.paths)? {
        Ok(base) => Ok(Some(base)),
        Err(warning) => {
            loaded.diagnostics.push(warning);
            Ok(None)
        }
    }
}

/// A plan that lacks a domain is no plan to review.
fn save<'a>(out: Option<&'a Path>, observed: &Observed) -> Result<Option<&'a Path>, Failure> {
    let Some(file) = out.filter(|_| observed.plan.is_complete()) else { return Ok(None) };
    reviewed::write(file, &observed.to_save())?;
    Ok(Some(file))
}

/// Plans from what the service holds now.
pub(super) fn look(
    loaded: &Loaded,
    scope: &Scope,
    options: &PlanOptions,
    goal: Goal<'_>,
    typed: &Typed,
) -> Result<Observed, Failure> {
    let connection = connect(&scope.remote, Access::Reads, typed, &goal.reach(&loaded.desired))?;
    let earlier = Earlier::read(&scope.journal, &connection.target)?;
    block_on(observe(loaded, &connection, options, &earlier, goal))?
}

fn exit(observed: &Observed, detailed: bool) -> Exit {
    let plan = &observed.plan;
    match () {
        () if detailed && plan.is_held_by(Guard::Account) => Exit::Refused,
        () if !plan.is_complete() => Exit::Error,
        () if detailed && !plan.notes.held.is_empty() => Exit::Refused,
        () if detailed && plan.differs() => Exit::Differences,
        () => Exit::Success,
    }
}

/// How a plan is printed.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) format: Format,
    pub(super) views: &'a Views,
    pub(super) full: bool,
    pub(super) is_drift: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn new(scope: &'a Scope, is_drift: bool) -> Self {
        Self { format: scope.format, views: &scope.views, full: scope.full, is_drift }
    }
}

/// Prints the plan with all findings.
pub(super) fn show(shown: Shown, loaded: &Loaded, observed: &Observed, exit: Exit, terminal: &Terminal) {
    let briefing = observed.briefing();
    let mut diagnostics = [loaded.diagnostics.as_slice(), &observed.diagnostics].concat();
    match shown.format {
        Format::Human => {
            let warnings = [loaded.warnings(), weighty(&observed.diagnostics)].concat();
            findings::tell(&warnings, &loaded.sources, terminal);
            terminal.print(&render::human_plan(briefing, shown.full, terminal.stdout));
        }
        Format::Json => {
            let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
            let document = if shown.is_drift { render::drift_json } else { render::plan_json };
            terminal.print(&document(briefing, context));
        }
        format @ (Format::Markdown | Format::TerraformJson | Format::GitlabTerraform | Format::Html) => {
            let warnings = [loaded.warnings(), weighty(&observed.diagnostics)].concat();
            findings::tell(&warnings, &loaded.sources, terminal);
            let view = View { format, views: shown.views, full: shown.full, is_drift: shown.is_drift };
            terminal.print(&view.plan(briefing, exit).unwrap_or_default());
        }
        Format::Github | Format::Gitlab | Format::Sarif => {
            let weight = if shown.is_drift { Severity::Warning } else { Severity::Advice };
            diagnostics.extend(render::plan_findings(briefing.plan, &loaded.sources, weight));
            diag::sort(&mut diagnostics);
            let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
            terminal
                .print_document(shown.format, &findings::document(shown.format, context).unwrap_or_default());
        }
    }
}
