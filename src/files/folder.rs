//! One open folder, and the files of livevod's own in it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::door::{self, BadFile, Readers, Stamp};
use super::reach;

/// An open folder. Files are opened in this very folder, even if another one takes its path.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens an existing folder.
    ///
    /// # Errors
    /// When it is missing, is not a folder, or its path has a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), handle: door::folder(&reach::split(path)?, false)? })
    }

    /// Like [`Folder::open`], but creates missing folders, for their owner only, and syncs them to disk.
    ///
    /// # Errors
    /// As [`Folder::open`], and when it can't be created.
    pub(crate) fn make(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), handle: door::folder(&reach::split(path)?, true)? })
    }

    /// The names of everything in it, sorted.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        door::names(&self.handle, &self.path)
    }

    /// The contents of a file in it.
    ///
    /// # Errors
    /// When it is missing, is not a regular file, or has more than `most` bytes.
    pub(crate) fn read(&self, name: &OsStr, most: u64) -> io::Result<Vec<u8>> {
        read_to(regular(door::file(&self.handle, &self.path, name, door::Way::Read)?)?, most)
    }

    /// A new file in it, to append to.
    ///
    /// # Errors
    /// When the name exists.
    pub(crate) fn create(&self, name: &OsStr, readers: Readers) -> io::Result<File> {
        door::file(&self.handle, &self.path, name, door::Way::Create(readers))
    }

    /// A file in it to read and append to, created if it is missing.
    ///
    /// # Errors
    /// When the name exists, but is not a regular file.
    pub(crate) fn open_or_create(&self, name: &OsStr, readers: Readers) -> io::Result<File> {
        regular(door::file(&self.handle, &self.path, name, door::Way::OpenOrCreate(readers))?)
    }

    /// What identifies a file in it, without opening it; `None` if it is no regular file, or the system has no such marks.
    pub(crate) fn stamp(&self, name: &OsStr) -> Option<Stamp> {
        door::stamp(&self.handle, name)
    }

    /// # Errors
    /// When the name exists, but is a link or not a regular file.
    pub(super) fn insist_on_regular(&self, name: &OsStr) -> io::Result<()> {
        match door::file(&self.handle, &self.path, name, door::Way::Read).and_then(regular) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes a file from it.
    ///
    /// # Errors
    /// When it is missing, or is not a regular file.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        regular(door::file(&self.handle, &self.path, name, door::Way::Read)?)?;
        door::remove(&self.handle, &self.path, name)
    }

    /// Replaces a file in it with a new one, which only its owner can read.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn replace(&self, name: &OsStr, text: &str) -> io::Result<()> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let staged = OsString::from(format!(".livevod-{:016x}", u64::from_be_bytes(bytes)));
        let written = self.create(&staged, Readers::Owner).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            door::rename(&self.handle, &self.path, &staged, name)
        });
        if written.is_err() {
            let _ = door::remove(&self.handle, &self.path, &staged);
        }
        written
    }

    /// Waits until names that were created in it are on disk: only then do they survive a crash.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sync(&self) -> io::Result<()> {
        door::sync(&self.handle)
    }
}

/// Checks a file after it is opened: before, another file could take its place.
pub(super) fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(BadFile::NoFile.into()) }
}

/// The rest of a file.
///
/// # Errors
/// When it can't be read, or has more than `most` bytes.
pub(super) fn read_to(file: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(BadFile::TooLarge(most).into()) } else { Ok(bytes) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn refusal<T: std::fmt::Debug>(result: io::Result<T>) -> BadFile {
        *result.unwrap_err().get_ref().unwrap().downcast_ref().unwrap()
    }

    #[test]
    fn only_regular_files_are_opened_and_no_link_is_followed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".livevod/kept");
        let folder = Folder::make(&path).unwrap();
        std::fs::write(home.path().join("foreign"), "foreign").unwrap();
        symlink("../../foreign", path.join("link")).unwrap();
        symlink("/dev/zero", path.join("endless")).unwrap();
        std::fs::create_dir(path.join("folder")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
        for (name, why) in [
            ("link", BadFile::Link),
            ("endless", BadFile::Link),
            ("folder", BadFile::NoFile),
            ("pipe", BadFile::NoFile),
        ] {
            assert_eq!(refusal(folder.read(name.as_ref(), 9)), why, "{name}");
            assert!(folder.open_or_create(name.as_ref(), Readers::Owner).is_err(), "{name}");
            let made = folder.create(name.as_ref(), Readers::Owner).unwrap_err();
            assert_eq!(made.kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        assert_eq!(std::fs::read_to_string(home.path().join("foreign")).unwrap(), "foreign");
        assert_eq!(folder.names().unwrap(), ["endless", "folder", "link", "pipe"]);
    }

    #[test]
    fn no_folder_on_the_way_is_a_link() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("elsewhere/journal")).unwrap();
        symlink("elsewhere", home.path().join(".livevod")).unwrap();
        let path = home.path().join(".livevod/journal");
        assert_eq!(refusal(Folder::open(&path)), BadFile::Link);
        assert_eq!(refusal(Folder::make(&path)), BadFile::Link);
        std::fs::remove_file(home.path().join(".livevod")).unwrap();
        assert_eq!(Folder::open(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(home.path().join(".livevod"), "a file").unwrap();
        assert_eq!(Folder::make(&path).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn what_is_made_is_its_owners() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".livevod/journal");
        let folder = Folder::make(&path).unwrap();
        folder.create("new".as_ref(), Readers::Owner).unwrap().write_all(b"text").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            [mode(&path), mode(path.parent().unwrap()), mode(&path.join("new"))],
            [0o700, 0o700, 0o600]
        );
        assert_eq!(folder.read("new".as_ref(), 4).unwrap(), b"text");
        assert_eq!(refusal(folder.read("new".as_ref(), 3)), BadFile::TooLarge(3));
    }
}
