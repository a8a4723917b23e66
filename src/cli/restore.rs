//! `livevod restore`.

use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use super::apply::Order;
use super::candidates;
use super::events::Streaming;
use super::failure::{Failure, with_causes};
use super::found;
use super::goal::{Goal, WayBack};
use super::help::APPROVED;
use super::kinds::{Kind, insist_on};
use super::live::Replaying;
use super::load::{self, Loaded};
use super::paths::Paths;
use super::places::Places;
use super::planning::{Scope, Writing};
use super::rules::Rules;
use super::run::{Run, Session, Terms};
use super::saved;
use super::sealed;
use super::shared::{Shared, Wanted};
use crate::apply::journal::{Header, RunRecord, read_snapshot};
use crate::config::is_standard_input;
use crate::diag::{Code, Diagnostic};
use crate::render::{Command, Exit};
use crate::resolve::{self, Desired};
use crate::snapshot::Saved;
use crate::source::{Source, Sources, Spanned};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod restore last --plan
  livevod restore before.json --target live.example.com/show/cam1")]
#[command(mut_arg("format", |format| format.help(APPROVED)))]
pub(super) struct Arguments {
    /// Snapshot file to restore completely (- is standard input); or a run, as `last` or the beginning of its id, to restore only
    /// what its plan changed
    #[arg(value_name = "SNAPSHOT|RUN", value_hint = ValueHint::FilePath, add = ArgValueCandidates::new(candidates::runs))]
    source: String,

    #[command(flatten)]
    paths: Paths,

    /// Show what restoring would do, in any format, without asking and without writing
    #[arg(long, conflicts_with = "auto_approve")]
    plan: bool,

    /// Restore without files: obey the `ignore` and `protect` patterns that are saved in the snapshot
    #[arg(long, conflicts_with = "paths")]
    without_files: bool,

    #[command(flatten)]
    rules: Rules,

    #[command(flatten)]
    scope: Scope,

    #[command(flatten)]
    writing: Writing,

    #[command(flatten)]
    streaming: Streaming,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::of(&self.scope, &self.rules).telling(Command::Restore, &self.streaming)
    }

    fn places(&self) -> Places<'_> {
        let (events, file) = self.streaming.output();
        Places::reading(|| self.files()).journals(self.scope.keeping.folder()).writing(events, file)
    }

    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let Self { source, scope, writing, .. } = self;
        if !self.plan && !scope.format.holds_reports() {
            let message = "this format can hold a plan, but not the report of a restore";
            return Err(Diagnostic::new(Code::Usage, message)
                .help("add `--plan` to show only the plan, or choose another format")
                .into());
        }
        let GoingBack { file, text, run } = find(source, scope)?;
        let saved = saved::parse(&file, &text)?;
        let (loaded, files) = load(self, &file, text, &saved)?;
        let mut options = writing.options(scope);
        let touched = |run: &Header| run.changes.iter().map(|change| change.address.clone()).collect();
        options.selection.only = run.as_ref().map(touched);
        let goal = Goal::BackTo(&WayBack { saved, run, files });
        let replaying = &Replaying::default();
        let order = Order { loaded: &loaded, goal, options, scope, replaying, writing, session };
        if self.plan { order.show() } else { order.carry_out() }
    }
}

impl Arguments {
    /// The files that this command reads, and the emulator's, without the journals.
    fn files(&self) -> Vec<PathBuf> {
        let source = PathBuf::from(&self.source);
        let files = self.paths.files();
        [source].into_iter().chain(self.scope.remote.emulator.clone()).chain(files).collect()
    }
}

/// The snapshot to go back to, and the run that is taken back, if one is named: only what it changed is restored.
struct GoingBack {
    file: PathBuf,
    text: String,
    run: Option<Header>,
}

/// An existing file wins: it is unlikely to be named like a run's id.
fn find(source: &str, scope: &Scope) -> Result<GoingBack, Failure> {
    let path = Path::new(source);
    if is_standard_input(path) || path.exists() || source.contains(['/', '\\']) || has_ending(path) {
        insist_on(Kind::Snapshot, path)?;
        return Ok(GoingBack { file: path.to_owned(), text: sealed::text(path, Code::Snapshot)?, run: None });
    }
    // The id of a run begins with its time.
    if source != "last" && !source.starts_with(|first: char| first.is_ascii_digit()) {
        let message = format!("there is no file `{source}`, and no run has an id that begins so");
        let help = "name a snapshot by its path, or a run by its id: `livevod journal` lists the runs";
        return Err(Diagnostic::new(Code::Usage, message).help(help).into());
    }
    let Scope { keeping, remote, .. } = scope;
    let folder = &keeping.folder();
    Shared::bring_all(keeping, Some(remote), remote.account.as_deref(), None, Wanted::Run(source))?;
    let RunRecord { header, .. } = found::find(folder, source)?;
    let Some(snapshot) = &header.snapshot else {
        let message = format!("run {} wrote nothing, so there is nothing to restore", header.run);
        return Err(Diagnostic::new(Code::Snapshot, message).into());
    };
    let missing = std::slice::from_ref(&header.run);
    let fetched = match folder.join(snapshot).exists() {
        true => None,
        false => Shared::snapshots(keeping, remote, header.account.as_deref(), missing).remove(&header.run),
    };
    let text = match fetched {
        Some(text) => text,
        None => read_snapshot(folder, &header.run)
            .map_err(|error| Diagnostic::new(Code::Snapshot, with_causes(&error)))?,
    };
    let text = sealed::decoded(text, &folder.join(snapshot), Code::Snapshot)?;
    Ok(GoingBack { file: folder.join(snapshot), text, run: Some(header) })
}

/// No run's id has an extension of letters only.
fn has_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The state of the snapshot, bound by the `ignore` and `protect` of the current files, and what those files declare.
fn load(
    arguments: &Arguments,
    file: &Path,
    text: String,
    saved: &Saved,
) -> Result<(Loaded, Option<Desired>), Failure> {
    let name = file.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    if arguments.without_files {
        let mut sources = Sources::default();
        let id = sources.add(Source::new(name, text));
        let desired = resolve::restored(saved, &sources, id);
        return Ok((Loaded::without_files(sources, desired), None));
    }
    let is_named = !arguments.paths.given().is_empty();
    let paths =
        arguments.paths.resolve().map_err(|error| if is_named { error } else { no_files().into() })?;
    let mut loaded = load::read(&paths, &arguments.rules)?;
    let id = loaded.sources.add(Source::new(name, text));
    let mut wanted = resolve::restored(saved, &loaded.sources, id);
    let files = ManuallyDrop::into_inner(loaded.desired);
    of_one_account(files.account.as_ref(), &wanted)?;
    wanted.account = wanted.account.or_else(|| files.account.clone());
    wanted.ignore.extend(files.ignore.iter().cloned());
    wanted.protect.extend(files.protect.iter().cloned());
    // The patterns of the snapshot or of the files may concern domains that the other does not name.
    loaded.levels.allow.push(Code::PatternWithoutMatch);
    loaded.desired = ManuallyDrop::new(wanted);
    Ok((loaded, Some(files)))
}

fn no_files() -> Diagnostic {
    let message = "restore needs the current files, because it must obey their `ignore` and `protect`";
    Diagnostic::new(Code::NoFiles, message).help(
        "name the files; if there are none, `--without-files` uses only the patterns saved with the snapshot",
    )
}

/// A snapshot can only be restored to the account that it was taken from.
fn of_one_account(declared: Option<&Spanned<String>>, wanted: &Desired) -> Result<(), Failure> {
    match (declared, &wanted.account) {
        (Some(declared), Some(saved)) if declared.value != saved.value => {
            let message = format!(
                "the snapshot is of account `{}`, and the files are for `{}`",
                saved.value, declared.value
            );
            let diagnostic = Diagnostic::new(Code::Account, message).help("name the files of that account");
            Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) })
        }
        _ => Ok(()),
    }
}
