//! Plans in files: what was reviewed, and is to be applied as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::arguments::Planning;
use super::base::BaseFiles;
use super::connect::Connection;
use super::failure::Failure;
use super::load::Loaded;
use super::observe::Observed;
use super::sealed;
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::plan::SavedPlan;
use crate::render::Exit;
use crate::resolve::{Desired, DesiredDomain};
use crate::snapshot::Saved;
use crate::source::{Source, Sources, Span, Spanned};

/// What a plan that is made now is held to.
#[derive(Clone, Copy)]
pub(super) enum Review<'a> {
    /// To nothing.
    None,
    /// To nothing, but what these files ask for is told apart.
    Beside(&'a BaseFiles),
    /// It is the rest of this one.
    Rest(&'a SavedPlan),
    /// It may do nothing that this one does not.
    HeldTo(&'a SavedPlan),
    /// To nothing; it leads back to this.
    BackTo(&'a Saved),
}

/// The saved plan that is named where files could be.
///
/// # Errors
/// When it can't be read, or something is asked for besides that a plan has decided already.
pub(super) fn named(planning: &Planning) -> Result<Option<SavedPlan>, Failure> {
    let means_plan = |path: &&PathBuf| config::begins_with(path, SavedPlan::BEGINNING);
    let Some(path) = planning.paths.given().iter().find(means_plan) else { return Ok(None) };
    if planning.paths.given().len() > 1 {
        let message = format!("`{}` is a saved plan: nothing can be applied with it", path.display());
        return Err(Diagnostic::new(Code::Usage, message).help("name the plan alone").into());
    }
    if planning.decides() {
        let message = "a saved plan is applied as it was reviewed: rules and selection were decided with it";
        let help = "leave out `--target`, `--exclude`, `--deny` and `--allow`, or name the files instead";
        return Err(Diagnostic::new(Code::Usage, message).help(help).into());
    }
    read(path).map(Some)
}

/// Reads a saved plan.
pub(super) fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let unusable = |reason: &dyn std::fmt::Display| {
        Diagnostic::new(Code::PlanFile, format!("`{}` can't be used: {reason}", path.display()))
            .help("make a new one with `livevod plan --out FILE`, and have it reviewed")
    };
    Ok(SavedPlan::read(&sealed::text(path, Code::PlanFile)?).map_err(|error| unusable(&error))?)
}

/// Writes a plan.
pub(super) fn write(path: &Path, plan: &SavedPlan) -> Result<(), Failure> {
    sealed::write(path, Code::PlanFile, plan.write())
}

/// What stands for the files where a saved plan is applied: whose it is, where its domains are, what it must not touch.
pub(super) fn loaded(path: &Path, saved: &SavedPlan) -> Loaded {
    let mut sources = Sources::default();
    let file = sources.add(Source::new(path.to_string_lossy(), format!("{}\n", path.display())));
    let span = Span { file, start: 0, end: 0 };
    let domain = |region: &Option<String>| DesiredDomain {
        key: span,
        region: region.clone().map(|region| Spanned::new(region, span)),
        prune: None,
        app_prune: BTreeMap::new(),
        entries: BTreeMap::new(),
        restored: None,
    };
    let desired = Desired {
        account: saved.decisions.account.clone().map(|account| Spanned::new(account, span)),
        domains: saved
            .decisions
            .domains
            .iter()
            .map(|(name, region)| (name.as_str().into(), domain(region)))
            .collect(),
        ignore: Vec::new(),
        protect: Vec::new(),
        group_names: BTreeMap::new(),
    };
    Loaded::without_files(sources, desired)
}

/// A plan or a snapshot is of one service: the same addresses of another one are other configurations.
pub(super) fn insist_on_target(review: Review, connection: &Connection) -> Result<(), Failure> {
    let (what, code, target) = match review {
        Review::Rest(saved) => ("plan", Code::PlanFile, &saved.decisions.target),
        Review::BackTo(saved) => ("snapshot", Code::Snapshot, &saved.target),
        Review::None | Review::Beside(_) | Review::HeldTo(_) => return Ok(()),
    };
    if *target == connection.target.name {
        return Ok(());
    }
    let message = format!("the {what} is for {target}, not for {}", connection.target.name);
    let diagnostic = Diagnostic::new(code, message)
        .help("give the `--emulator=FILE` or `--endpoint URL` that it was made with, or make a new one");
    Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) })
}

impl Observed {
    /// The plan, as it is kept to be applied later.
    pub(super) fn to_save(&self) -> SavedPlan {
        SavedPlan::new(self.plan.clone(), jiff::Timestamp::now())
    }
}
