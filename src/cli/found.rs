//! Runs by their ids.

use std::path::Path;

use super::failure::Failure;
use super::record::{damaged, unusable};
use crate::apply::journal::{RunRecord, Stored, read_runs};
use crate::diag::{Code, Diagnostic};

/// All runs in a folder, newest first, and a warning for each journal that can't be read.
pub(super) fn all(folder: &Path) -> Result<(Vec<RunRecord>, Vec<Diagnostic>), Failure> {
    let (mut runs, mut diagnostics) = (Vec::new(), Vec::new());
    for Stored { path, copies: _, run } in
        read_runs(folder).map_err(|error| unusable(&error))?.into_iter().rev()
    {
        match run {
            Ok(run) => runs.extend(run),
            Err(error) => diagnostics.push(damaged(&path, &error)),
        }
    }
    Ok((runs, diagnostics))
}

/// The one run whose id begins with `id`; `last` is the newest run.
pub(super) fn find(folder: &Path, id: &str) -> Result<RunRecord, Failure> {
    let (runs, damaged) = all(folder)?;
    let fits = |run: &RunRecord| id == "last" || run.header.run.starts_with(id);
    let mut found: Vec<RunRecord> = runs.into_iter().filter(fits).collect();
    if id == "last" {
        found.truncate(1);
    }
    match (found.pop(), found.len()) {
        (Some(run), 0) => Ok(run),
        (None, _) => {
            let message = match id {
                "last" => format!("`{}` has no runs", folder.display()),
                _ => format!("`{}` has no run with an id that begins with `{id}`", folder.display()),
            };
            let none = Diagnostic::new(Code::Usage, message).help("`livevod journal` lists the runs");
            Err(Failure { diagnostics: [vec![none], damaged].concat(), ..Failure::default() })
        }
        (Some(_), more) => {
            let message = format!("{} runs have an id that begins with `{id}`", more + 1);
            Err(Diagnostic::new(Code::Usage, message).help("give more characters of the id").into())
        }
    }
}
