//! What a path leads to: its folder and name, the end of its links, and whether another path leads there too.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Folders with names for streams that the caller opened, on every Unix. Such a stream may have contents already.
const OPENED: [&str; 2] = ["/dev", "/proc"];

/// A file system like any other, although it is below one of these.
const ORDINARY: &str = "/dev/shm";

/// The largest number of links that are followed to an output.
const MOST_LINKS: usize = 40;

/// The folder of a file, and the file's name in it.
pub(crate) fn parts(file: &Path) -> (&Path, &OsStr) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, file.file_name().unwrap_or_default())
}

/// Whether a path names a stream that the caller opened.
pub(crate) fn is_opened(file: &Path) -> bool {
    OPENED.iter().any(|folder| file.starts_with(folder)) && !file.starts_with(ORDINARY)
}

/// The path after following all links. It may not exist.
pub(super) fn followed(file: &Path) -> io::Result<PathBuf> {
    let mut path = file.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&path) {
            Ok(target) => path = parts(&path).0.join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many links"))
}

/// Whether two paths name the same regular file, also by different names; if neither exists, whether they would create the same one.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(data), Ok(others)) => data.is_file() && others.is_file() && is_one(one, &data, other, &others),
        (Err(_), Err(_)) => would_be(one).is_some_and(|path| would_be(other) == Some(path)),
        _ => false,
    }
}

#[cfg(unix)]
fn is_one(_: &Path, data: &Metadata, _: &Path, others: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (data.dev(), data.ino()) == (others.dev(), others.ino())
}

#[cfg(not(unix))]
fn is_one(one: &Path, _: &Metadata, other: &Path, _: &Metadata) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn would_be(file: &Path) -> Option<PathBuf> {
    let file = followed(file).ok()?;
    let (folder, name) = parts(&file);
    Some(folder.canonicalize().ok()?.join(name))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn streams_are_told_from_files() {
        let is = |path: &str| is_opened(Path::new(path));
        assert!(is("/dev/stdout") && is("/dev/fd/3") && is("/proc/self/fd/1"));
        assert!(!is("/dev/shm/plan") && !is("/development") && !is("dev/stdout"));
    }

    #[test]
    fn two_paths_of_one_file_are_found_out() {
        let home = tempfile::tempdir().unwrap();
        let [file, link, hard, new] = ["file", "link", "hard", "new"].map(|name| home.path().join(name));
        std::fs::write(&file, "").unwrap();
        symlink("file", &link).unwrap();
        std::fs::hard_link(&file, &hard).unwrap();
        assert!(is_same(&file, &link) && is_same(&hard, &link) && is_same(&new, &home.path().join("./new")));
        assert!(!is_same(&file, &new) && !is_same(Path::new("/dev/null"), Path::new("/dev/null")));
    }
}
