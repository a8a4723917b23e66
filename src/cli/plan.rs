//! `livevod plan`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::base::{self, BaseFiles};
use super::connect::{Access, connect};
use super::events::Streaming;
use super::failure::Failure;
use super::goal::Goal;
use super::live::{Live, Replaying};
use super::load::{Loaded, load};
use super::observe::{Observed, against, observe};
use super::places::{Places, is_standard_output};
use super::planning::{Guards, Planning, Scope, plan_options};
use super::published;
use super::record::Earlier;
use super::rerun;
use super::reviewed;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::terminal::Terminal;
use super::undeclared::Breadth;
use crate::plan::{Guard, PlanOptions};
use crate::render::{self, Command, Context, Exit};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod plan --emulator
  livevod plan --base ../main --out reviewed.plan --detailed-exitcode")]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    #[command(flatten)]
    breadth: Breadth,

    /// Plan against a file that `livevod snapshot` wrote: no network, no credentials
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "all_domains")]
    against: Option<PathBuf>,

    /// Show separately what these files change and what was pending before; FOLDER is a checkout of the target branch
    #[arg(long, value_name = "FOLDER")]
    base: Option<PathBuf>,

    /// Save the plan for `livevod show` and `livevod apply`, replacing an existing file; - is standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Keep the plan in the store under its digest, for `livevod apply --expect-digest`
    #[arg(long)]
    publish: bool,

    /// Exit with 2 if there are differences, with 3 if a guard refuses the plan
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    replaying: Replaying,

    #[command(flatten)]
    guards: Guards,

    #[command(flatten)]
    streaming: Streaming,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::of(&self.planning.scope, &self.planning.rules).telling(Command::Plan, &self.streaming)
    }

    fn places(&self) -> Places<'_> {
        let (events, file) = self.streaming.output();
        self.planning.places(|| self.others()).writing("--out", self.out.as_ref()).writing(events, file)
    }

    fn run(&self, Session { terminal, events, .. }: &Session) -> Result<Exit, Failure> {
        let Planning { paths, rules, scope } = &self.planning;
        let mut loaded = load(paths, rules)?;
        let base = base(self, &mut loaded)?;
        let goal = base.as_ref().map_or(Goal::Files, Goal::Beside);
        let options = plan_options(scope, &self.guards);
        let observed = match &self.against {
            Some(file) => {
                let mut observed = against(file, &loaded, &options, scope, goal)?;
                self.replaying.note_if_idle(&observed, terminal);
                self.replaying.without_service(&mut observed, &options)?;
                observed
            }
            None => look_live(self, &loaded, &options, goal, terminal)?,
        };
        let exit = exit(&observed, self.detailed_exitcode);
        let (mut view, diagnostics) = (observed.view(), observed.findings(&loaded));
        events.plan(&view, &diagnostics, &loaded.sources);
        view.saved_to = save(self.out.as_deref(), &observed)?;
        if self.publish && observed.plan.is_complete() {
            let Scope { keeping, remote, .. } = scope;
            let digest = observed.plan.digest();
            view.published_in = Some(published::publish(keeping, remote, &digest, observed.to_save())?);
        }
        view.arguments = rerun::arguments(paths.given(), &scope.remote);
        view.import = rerun::import(paths.given(), &scope.remote, self.against.as_deref());
        view.command = match (view.saved_to, &view.published_in) {
            (Some(file), _) => rerun::apply(file, scope),
            (None, Some(_)) => rerun::expecting(paths.given(), scope, &observed.plan.digest(), view.flags()),
            (None, None) => None,
        };
        let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
        terminal.show(&render::plan(&view, context, &scope.layout(terminal)));
        Ok(exit)
    }
}

impl Arguments {
    /// The files that this command reads besides those that it plans from.
    fn others(&self) -> Vec<PathBuf> {
        let others = self.against.clone().into_iter().chain(self.replaying.file().cloned());
        others.chain(self.base.iter().flat_map(|folder| base::files(folder, &self.planning.paths))).collect()
    }
}

/// Plans from the service of this moment.
fn look_live(
    arguments: &Arguments,
    loaded: &Loaded,
    options: &PlanOptions,
    goal: Goal<'_>,
    terminal: &Terminal,
) -> Result<Observed, Failure> {
    let Arguments { planning, breadth, replaying, .. } = arguments;
    let scope = &planning.scope;
    let connection = connect(&scope.remote, Access::Reads, &goal.reach(&loaded.desired))?;
    let earlier = Earlier::read(&scope.keeping, &scope.remote, &connection.target)?;
    let looking = async {
        let mut observed = observe(loaded, &connection, options, &earlier, goal, *breadth).await?;
        Live { connection: &connection, options, replaying, terminal }.look(&mut observed).await?;
        Ok(observed)
    };
    block_on(looking)?
}

/// The files of the target branch, if they are requested and can be read.
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

/// Saves the plan, unless it lacks a domain: such a plan can't be reviewed.
fn save<'a>(out: Option<&'a Path>, observed: &Observed) -> Result<Option<&'a Path>, Failure> {
    let Some(file) = out.filter(|_| observed.plan.is_complete()) else { return Ok(None) };
    reviewed::write(file, observed.to_save())?;
    Ok(Some(file).filter(|file| !is_standard_output(file)))
}

fn exit(observed: &Observed, detailed: bool) -> Exit {
    let plan = &observed.plan;
    match () {
        () if detailed && plan.is_held_by(Guard::Account) => Exit::Refused,
        () if !plan.is_complete() || !observed.is_replay_complete() => Exit::Error,
        () if detailed && !plan.notes.held.is_empty() => Exit::Refused,
        () if detailed && plan.differs() => Exit::Differences,
        () => Exit::Success,
    }
}
