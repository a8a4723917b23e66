//! Saved plans, which are applied as they were reviewed.

use std::path::{Path, PathBuf};

use super::connect;
use super::failure::Failure;
use super::goal::Goal;
use super::kinds::{Kind, input, insist_on, insist_on_no_yaml};
use super::planning::Planning;
use super::remote::Remote;
use super::rerun;
use super::sealed;
use crate::diag::{Code, Diagnostic};
use crate::plan::SavedPlan;
use crate::render::Exit;

/// The saved plan that is named instead of files, if any.
///
/// # Errors
/// When it can't be read, or another argument would change what the plan has already decided.
pub(super) fn named(planning: &Planning) -> Result<Option<SavedPlan>, Failure> {
    let means_plan = |path: &&PathBuf| Kind::of(path) == Some(Kind::Plan);
    let Some(path) = planning.paths.given().iter().find(means_plan) else { return Ok(None) };
    if planning.paths.given().len() > 1 {
        let message = format!("{} is a saved plan, which can't be combined with other paths", input(path));
        return Err(Diagnostic::new(Code::Usage, message).help("name only the plan").into());
    }
    if planning.decides() {
        let message = "a saved plan is applied as it was reviewed: its rules and selection can't be changed";
        let help = "leave out `--target`, `--exclude`, `--deny` and `--allow`, or name the files instead";
        return Err(Diagnostic::new(Code::Usage, message).help(help).into());
    }
    read(path).map(Some)
}

/// Reads a saved plan.
pub(super) fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let unusable = |reason: &dyn std::fmt::Display| {
        Diagnostic::new(Code::PlanFile, format!("{} can't be used: {reason}", input(path)))
            .help("make a new plan with `livevod plan --out FILE`, and have it reviewed")
    };
    insist_on(Kind::Plan, path)?;
    insist_on_no_yaml(path)?;
    Ok(SavedPlan::read(&sealed::text(path, Code::PlanFile)?).map_err(|error| unusable(&error))?)
}

/// Writes the text of a plan.
pub(super) fn write(path: &Path, plan: serde_json::Result<String>) -> Result<(), Failure> {
    sealed::write(path, Code::PlanFile, plan)
}

/// A plan or a snapshot belongs to one service: in another one, the same addresses are other configurations. Checked before
/// anything about credentials or accounts, because with another service those errors would mislead.
pub(super) fn insist_on_target(goal: Goal, remote: &Remote) -> Result<(), Failure> {
    let (what, code, target) = match goal {
        Goal::Rest(saved) => ("plan", Code::PlanFile, &saved.decisions.target),
        Goal::BackTo(back) => ("snapshot", Code::Snapshot, &back.saved.target),
        Goal::Files | Goal::Beside(_) | Goal::HeldTo(_) => return Ok(()),
    };
    let service = connect::service(remote)?;
    if *target == service {
        return Ok(());
    }
    let message = format!("the {what} is for {target}, not for {service}");
    let step = match rerun::service(target) {
        Some(flag) => format!("give `{flag}`"),
        None => "leave out `--emulator` and `--endpoint`, and unset `LIVEVOD_ENDPOINT`".to_owned(),
    };
    let diagnostic = Diagnostic::new(code, message).help(format!("{step}, or make a new {what}"));
    Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) })
}
