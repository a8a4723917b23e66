//! The files of the target branch, for `plan --base`.

use std::path::{Component, Path, PathBuf};

use super::arguments::{Paths, standing};
use super::failure::Failure;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Snapshot;
use crate::plan::{self, Plan, PlanOptions, SinceBase};
use crate::resolve::Desired;
use crate::source::Sources;
use crate::{config, resolve};

/// What stands in a checkout of the target branch under the paths that are planned from.
pub(super) struct BaseFiles {
    /// The checkout, as it was named.
    name: String,
    sources: Sources,
    desired: Desired,
}

impl BaseFiles {
    /// Reads them. A file that only these paths have is no error: it is new; where the checkout has none of them, nothing can be
    /// compared, which is a warning. Files that are wrong can't say what was
    /// pending, and must not keep those from being planned that mend them: that is a warning.
    ///
    /// # Errors
    /// When there is no such folder, or a path leaves the working folder and so has no counterpart in the checkout.
    pub(super) fn read(folder: &Path, paths: &Paths) -> Result<Result<Self, Diagnostic>, Failure> {
        if !folder.is_dir() {
            let message = format!("`{}` is no folder", folder.display());
            return Err(Diagnostic::new(Code::Base, message)
                .help(
                    "`--base` takes a checkout of the target branch: `git worktree add ../base origin/main`",
                )
                .into());
        }
        let name = folder.display().to_string();
        let there = counterparts(folder, paths)?;
        if there.is_empty() {
            return Ok(Err(without_files(folder)));
        }
        let config::Loaded { sources, document, mut diagnostics } = config::load(&there);
        let (desired, findings) = resolve::resolve(&document);
        diagnostics.extend(findings);
        let errors = diagnostics.iter().filter(|finding| finding.is_error()).count();
        Ok(if errors == 0 { Ok(Self { name, sources, desired }) } else { Err(unreadable(folder, errors)) })
    }

    /// What a plan, made from `desired`, owes to its own files.
    pub(super) fn beside(
        &self,
        plan: &Plan,
        desired: &Desired,
        snapshot: &Snapshot,
        options: &PlanOptions,
    ) -> SinceBase {
        let before = plan::plan(&self.desired, snapshot, &self.sources, options);
        let base = plan::Base { name: &self.name, desired: &self.desired, plan: &before };
        plan::since_base(base, desired, plan, snapshot, &options.selection)
    }
}

/// The files that are read in the checkout.
pub(super) fn files(folder: &Path, paths: &Paths) -> Vec<PathBuf> {
    counterparts(folder, paths).map(|there| config::read(&there).paths).unwrap_or_default()
}

fn without_files(folder: &Path) -> Diagnostic {
    let message =
        format!("`{}` has none of these files: nothing is compared with the target branch", folder.display());
    let mut warning = Diagnostic::new(Code::Base, message)
        .help("where the files are new there, leave out `--base`; else name the checkout's own top folder");
    warning.severity = Severity::Warning;
    warning
}

/// The paths in the checkout, as far as they are there.
fn counterparts(folder: &Path, paths: &Paths) -> Result<Vec<PathBuf>, Failure> {
    if paths.given().is_empty() {
        return Ok(standing(folder));
    }
    let inside = paths.given().iter().map(|path| Ok(folder.join(inside(path)?)));
    let inside: Vec<PathBuf> = inside.collect::<Result<_, Failure>>()?;
    Ok(inside.into_iter().filter(|path| path.exists()).collect())
}

/// A path without what only says that it begins in the working folder.
fn inside(path: &Path) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    if below.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Ok(below.to_owned());
    }
    let message =
        format!("`{}` lies outside of the working folder, so the base has no such path", path.display());
    Err(Diagnostic::new(Code::Base, message).help("run it in the checkout's own folder").into())
}

fn unreadable(folder: &Path, errors: usize) -> Diagnostic {
    let message = format!(
        "what was pending before can't be told: the files in `{}` have {errors} {}",
        folder.display(),
        if errors == 1 { "error" } else { "errors" }
    );
    let mut diagnostic = Diagnostic::new(Code::Base, message)
        .help("`livevod validate` in that folder shows them; the plan is whole without it");
    diagnostic.severity = Severity::Warning;
    diagnostic
}
