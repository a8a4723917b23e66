//! Copies of files in the store: people read and paste the name that was typed, `store:NAME`, wherever a text names the copy.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The front of a file's name in the store.
pub(super) const FRONT: &str = "store:";

/// The front of the path of its copy.
const FOLDER: &str = ".livevod/store/";

/// Whether the command line names a file in the store.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// The path of the copy of a file, which texts name as the file from now on.
pub(super) fn copy(name: &str) -> PathBuf {
    IS_USED.store(true, Ordering::Relaxed);
    PathBuf::from(format!("{FOLDER}{name}"))
}

/// Whether a path is that of a copy.
pub(super) fn is_copy(file: &Path) -> bool {
    IS_USED.load(Ordering::Relaxed) && file.to_str().is_some_and(|file| file.starts_with(FOLDER))
}

/// A text with the names of the files instead of the paths of their copies.
pub(super) fn as_typed(text: &str) -> Cow<'_, str> {
    match IS_USED.load(Ordering::Relaxed) && text.contains(FOLDER) {
        true => Cow::Owned(named(text)),
        false => Cow::Borrowed(text),
    }
}

/// A path that only ends like that of a copy is another file's.
fn named(text: &str) -> String {
    let mut pieces = text.split(FOLDER);
    let mut named = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_part = named.ends_with(|last: char| last == '/' || last.is_alphanumeric());
        named.push_str(if is_part { FOLDER } else { FRONT });
        named.push_str(piece);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_named_as_the_file_and_other_paths_stay() {
        for (text, expected) in [
            ("livevod apply .livevod/store/a/b.plan", "livevod apply store:a/b.plan"),
            ("`.livevod/store/a` and `--out=.livevod/store/b`", "`store:a` and `--out=store:b`"),
            ("/srv/.livevod/store/a", "/srv/.livevod/store/a"),
            ("the folder .livevod/store", "the folder .livevod/store"),
        ] {
            assert_eq!(named(text), expected);
        }
    }
}
