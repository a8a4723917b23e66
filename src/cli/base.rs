//! The files of the target branch, for `plan --base`.

use std::path::{Component, Path, PathBuf};

use super::default_paths::default_paths;
use super::failure::Failure;
use super::load::today;
use super::paths::Paths;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Snapshot;
use crate::plan::{self, Plan, PlanOptions, SinceBase};
use crate::resolve::Desired;
use crate::source::Sources;
use crate::{config, resolve};

/// The files in a checkout of the target branch, at the same paths as the files that are planned from.
pub(super) struct BaseFiles {
    /// The checkout, as the argument names it.
    name: String,
    sources: Sources,
    desired: Desired,
}

impl BaseFiles {
    /// Reads the files. A file that the checkout lacks is new, which is no error. If the checkout has none of them, nothing can be
    /// compared, which is a warning. Errors in its files are a warning too: they hide what was pending, but must not block a plan
    /// from files that correct them.
    ///
    /// # Errors
    /// When the folder does not exist, or a path is outside the working folder and so has no counterpart in the checkout.
    pub(super) fn read(folder: &Path, paths: &Paths) -> Result<Result<Self, Diagnostic>, Failure> {
        if !folder.is_dir() {
            let message = format!("`{}` is not a folder", folder.display());
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
        let config::Loaded { sources, paths: _, document, mut diagnostics } = config::load(&there);
        let (desired, findings) = resolve::resolve(&document);
        diagnostics.extend(findings);
        let errors = diagnostics.iter().filter(|finding| finding.is_error()).count();
        Ok(if errors == 0 {
            Ok(Self { name, sources, desired: desired.as_of(today()) })
        } else {
            Err(unreadable(folder, errors))
        })
    }

    /// Which changes of a plan made from `desired` come from its own files.
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

/// The files to read in the checkout.
pub(super) fn files(folder: &Path, paths: &Paths) -> Vec<PathBuf> {
    counterparts(folder, paths).map(|there| config::read(&there).paths).unwrap_or_default()
}

fn without_files(folder: &Path) -> Diagnostic {
    let message =
        format!("`{}` has none of these files: the target branch is not compared", folder.display());
    let mut warning = Diagnostic::new(Code::Base, message)
        .help("name the top folder of the checkout; if all the files are new, leave out `--base`");
    warning.severity = Severity::Warning;
    warning
}

/// The same paths in the checkout, as far as they exist.
fn counterparts(folder: &Path, paths: &Paths) -> Result<Vec<PathBuf>, Failure> {
    if paths.given().is_empty() {
        return Ok(default_paths(folder));
    }
    let inside = paths.given().iter().map(|path| Ok(folder.join(inside(path)?)));
    let inside: Vec<PathBuf> = inside.collect::<Result<_, Failure>>()?;
    Ok(inside.into_iter().filter(|path| path.exists()).collect())
}

/// A path relative to the working folder.
fn inside(path: &Path) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    if below.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Ok(below.to_owned());
    }
    let message = format!("`{}` is outside the working folder, so `--base` has no such path", path.display());
    Err(Diagnostic::new(Code::Base, message)
        .help("run livevod in the top folder of the repository that holds the files")
        .into())
}

fn unreadable(folder: &Path, errors: usize) -> Diagnostic {
    let message = format!(
        "can't tell which changes were pending before: the files in `{}` have {errors} {}",
        folder.display(),
        if errors == 1 { "error" } else { "errors" }
    );
    let mut diagnostic = Diagnostic::new(Code::Base, message).help(
        "run `livevod validate` in that folder to see them; only the comparison is missing, the plan itself is complete",
    );
    diagnostic.severity = Severity::Warning;
    diagnostic
}
