//! Splits a path into the part that the user is responsible for, and the part that a checkout may have created.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A folder of this name is never trusted, wherever it is: everything in it may come from a checkout.
const OWN: &str = ".livevod";

/// A path in two parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// Used as it is, including links.
    pub(super) trusted: PathBuf,
    /// Opened step by step below the trusted part.
    pub(super) steps: Vec<OsString>,
}

impl Split {
    /// Whether a checkout may have created what the path names.
    pub(super) fn is_within_reach(&self) -> bool {
        !self.steps.is_empty()
    }
}

/// Splits a path.
///
/// # Errors
/// When the working folder is unknown.
pub(super) fn split(path: &Path) -> io::Result<Split> {
    let here = if path.is_absolute() { std::env::current_dir()? } else { PathBuf::from(".") };
    Ok(split_at(path, &here))
}

fn split_at(path: &Path, here: &Path) -> Split {
    let below = path.strip_prefix(here).ok().or_else(|| path.is_relative().then_some(path));
    if let Some(steps) = below.and_then(downward) {
        return Split { trusted: here.to_owned(), steps };
    }
    let parts: Vec<Component> = path.components().collect();
    let own = parts.iter().rposition(|part| *part == Component::Normal(OWN.as_ref()));
    let (trusted, rest) = parts.split_at(own.unwrap_or(parts.len()));
    match downward(&rest.iter().collect::<PathBuf>()) {
        Some(steps) => Split { trusted: trusted.iter().collect(), steps },
        None => Split { trusted: path.to_owned(), steps: Vec::new() },
    }
}

/// The names in a path, if it only goes down.
fn downward(path: &Path) -> Option<Vec<OsString>> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts
        .map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_reaches_what_is_below_the_working_folder_and_in_our_own() {
        let table = [
            (".livevod/journal", ".", ".livevod journal"),
            ("./state/./log", ".", "state log"),
            ("/work/here/state", "/work/here", "state"),
            ("/work/here", "/work/here", ""),
            ("/work/other/.livevod/journal", "/work/other", ".livevod journal"),
            ("../other/.livevod/journal", "../other", ".livevod journal"),
            ("../other/journal", "../other/journal", ""),
            ("/var/lib/journal", "/var/lib/journal", ""),
            (".livevod/../../x", ".livevod/../../x", ""),
            ("/dev/stdin", "/dev/stdin", ""),
        ];
        for (path, trusted, steps) in table {
            let here = if path.starts_with('/') { "/work/here" } else { "." };
            let split = split_at(Path::new(path), Path::new(here));
            let told: Vec<&str> = split.steps.iter().map(|step| step.to_str().unwrap()).collect();
            assert_eq!(
                (split.trusted.to_str().unwrap(), told.join(" ").as_str()),
                (trusted, steps),
                "{path}"
            );
        }
    }
}
