//! The files and folders that are used if none is given.

use std::path::{Path, PathBuf};

use crate::config;

/// The folder of what livevod keeps.
pub(super) const OWN: &str = ".livevod";

/// The folder of the journals.
pub(super) const JOURNALS: &str = ".livevod/journal";

/// The default paths in a folder, for when no path is given: one of the two, or both if both have files, which is ambiguous.
pub(super) fn default_paths(folder: &Path) -> Vec<PathBuf> {
    let [file, inner] = ["livevod.yaml", "livevod"].map(|name| folder.join(name));
    let holds_files = || config::read(std::slice::from_ref(&inner)).sources.iter().next().is_some();
    // `livevod` may also be the program itself.
    match (file.exists(), inner.is_dir()) {
        (true, true) if holds_files() => vec![file, inner],
        (true, _) => vec![file],
        (false, true) => vec![inner],
        (false, false) => Vec::new(),
    }
}
