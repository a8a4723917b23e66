//! The parts of the process environment that say where keys are.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::CredentialsError;
use super::variables::{PATHS, READ_ELSEWHERE, TEXTS};
use crate::gate::Secrets;

/// Longest file that credentials are read from, in bytes.
const LONGEST_FILE: u64 = 1 << 20;

/// The parts of the process environment in which credentials are looked up.
pub struct Surroundings<'a> {
    /// Looks up a variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// Collects every secret that is read.
    pub secrets: Secrets,
}

impl Surroundings<'_> {
    /// The surroundings of this process.
    pub fn of_process(secrets: Secrets) -> Self {
        Surroundings { variable: &|name| std::env::var_os(name), home: std::env::home_dir(), secrets }
    }

    /// The variable, if it is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        debug_assert!(
            TEXTS.contains(&name) || READ_ELSEWHERE.iter().any(|(other, _)| *other == name),
            "{name}"
        );
        (self.variable)(name)?.into_string().ok().filter(|value| !value.is_empty())
    }

    /// The path in a variable, if it is set and not empty.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        debug_assert!(PATHS.contains(&name), "{name}");
        (self.variable)(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// As in the official SDKs: only `true` means yes.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether every variable is text. One that is not still counts as set: to skip it would lead to the next source.
    ///
    /// # Errors
    /// When one is not UTF-8.
    pub(super) fn readable(&self) -> Result<(), CredentialsError> {
        let is_other = |name: &&&str| (self.variable)(name).is_some_and(|value| value.to_str().is_none());
        match TEXTS.iter().find(is_other) {
            Some(variable) => Err(CredentialsError::NotText { variable }),
            None => Ok(()),
        }
    }

    /// A variable that only other tools read, and the one that livevod and the official SDKs read instead, if only the
    /// former is set.
    pub fn read_elsewhere(&self) -> Option<(&'static str, &'static str)> {
        READ_ELSEWHERE
            .into_iter()
            .find(|(other, ours)| self.get(other).is_some() && (self.variable)(ours).is_none())
    }
}

/// Whether the path exists. What can't be examined counts as existing: to skip it would lead to the next source.
pub(super) fn is_there(file: &Path) -> bool {
    match file.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// When it can't be read, is longer than a credentials file may be, or is not UTF-8.
pub(super) fn read(file: &Path) -> Result<String, std::io::Error> {
    let mut text = String::new();
    fs_err::File::open(file)?.take(LONGEST_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST_FILE {
        let reason = format!("the file is longer than {} KiB", LONGEST_FILE >> 10);
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, reason));
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
