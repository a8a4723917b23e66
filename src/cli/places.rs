//! The files that a command reads, and those that it writes besides its standard streams: no output may overwrite a file that
//! the run needs.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::diag::{Code, Diagnostic};
use crate::files;
use crate::render::Format;

/// What a command reads and writes.
pub(super) struct Places<'a> {
    /// Called only if something is written.
    reads: Box<dyn Fn() -> Vec<PathBuf> + 'a>,
    /// The folder of the journals.
    journals: Option<PathBuf>,
    /// Each file with the argument that names it.
    writes: Vec<(&'static str, &'a Path)>,
}

impl Default for Places<'_> {
    fn default() -> Self {
        Self::reading(Vec::new)
    }
}

impl<'a> Places<'a> {
    pub(super) fn reading(reads: impl Fn() -> Vec<PathBuf> + 'a) -> Self {
        Self { reads: Box::new(reads), journals: None, writes: Vec::new() }
    }

    pub(super) fn journals(self, folder: PathBuf) -> Self {
        Self { journals: Some(folder), ..self }
    }

    pub(super) fn writing(mut self, argument: &'static str, file: Option<&'a PathBuf>) -> Self {
        self.writes.extend(file.map(|file| (argument, file.as_path())));
        self
    }

    /// Whether an output goes to standard output, so that nothing else may be written there.
    pub(super) fn take_standard_output(&self) -> bool {
        self.writes.iter().any(|(_, file)| is_standard_output(file))
    }

    /// # Errors
    /// When an output would overwrite a file that the run reads or writes.
    pub(super) fn insist(&self, format: Format) -> Result<(), Failure> {
        if self.take_standard_output() && !format.is_for_people() {
            let message =
                "an output named `-` and the document of `--format` would both go to standard output";
            return Err(Diagnostic::new(Code::Usage, message).help("name a file instead of `-`").into());
        }
        let mut rest = self.writes.as_slice();
        if rest.is_empty() {
            return Ok(());
        }
        let reads = (self.reads)();
        while let [(argument, file), others @ ..] = rest {
            rest = others;
            if let Some((other, _)) = others.iter().find(|(_, other)| is_same(file, other)) {
                return Err(taken(file, argument, &format!("`{other}` also writes to it")));
            }
            if !is_standard_output(file) && reads.iter().any(|read| files::is_same(read, file)) {
                return Err(taken(file, argument, "this command also reads it"));
            }
            if self.journals.as_ref().is_some_and(|folder| is_in(file, folder)) {
                return Err(taken(file, argument, "it is in the journal folder"));
            }
        }
        Ok(())
    }
}

/// Whether an output is standard output.
pub(super) fn is_standard_output(file: &Path) -> bool {
    file == Path::new("-")
}

fn is_same(one: &Path, other: &Path) -> bool {
    match is_standard_output(one) || is_standard_output(other) {
        true => one == other,
        false => files::is_same(one, other),
    }
}

fn is_in(file: &Path, folder: &Path) -> bool {
    let (above, _) = files::parts(file);
    let canonical = |path: &Path| path.canonicalize().ok();
    canonical(folder).is_some_and(|folder| canonical(above) == Some(folder))
}

fn taken(file: &Path, argument: &str, why: &str) -> Failure {
    let message = format!("`{argument}` can't write to `{}`: {why}", file.display());
    Diagnostic::new(Code::Usage, message).help(format!("name another file for `{argument}`")).into()
}
