//! Files that livevod keeps for itself, in `.livevod` or wherever it is told to: no link is followed on the way to them, each is
//! a regular file, and none is read beyond a bound. A checkout may have brought what stands there, so each is looked at once it
//! is open.
//!
//! A path that is typed is trusted as far as a checkout can't reach it: outside of the working folder, up to a `.livevod` in it.
//! Texts that replace a file whole are written here too, under a name that nobody can guess.

mod door;
mod reach;

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub(crate) use door::{BadFile, Readers};

/// The most that is read of one file. A journal of 400,000 changes is half of it.
pub(crate) const LARGEST: u64 = 1 << 30;

/// An open folder. What is opened in it is opened in this very folder, whatever becomes of its path.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens a folder that is there.
    ///
    /// # Errors
    /// When it is missing, is none or is behind a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), handle: door::folder(&reach::split(path)?, false)? })
    }

    /// Likewise, and makes what is missing of it, on disk and for its owner alone.
    ///
    /// # Errors
    /// As [`Folder::open`], and when it can't be made.
    pub(crate) fn make(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), handle: door::folder(&reach::split(path)?, true)? })
    }

    /// The names of all that stands in it, sorted.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        door::names(&self.handle, &self.path)
    }

    /// All of a file in it.
    ///
    /// # Errors
    /// When it is missing, is no regular file, or has more than `most` bytes.
    pub(crate) fn read(&self, name: &OsStr, most: u64) -> io::Result<Vec<u8>> {
        read_to(regular(door::file(&self.handle, &self.path, name, door::Way::Read)?)?, most)
    }

    /// A new file in it, to append to.
    ///
    /// # Errors
    /// When anything of that name is there.
    pub(crate) fn create(&self, name: &OsStr, readers: Readers) -> io::Result<File> {
        door::file(&self.handle, &self.path, name, door::Way::Create(readers))
    }

    /// A file in it to read and append to; made where it is missing.
    ///
    /// # Errors
    /// When something else than a regular file is there.
    pub(crate) fn open_or_create(&self, name: &OsStr, readers: Readers) -> io::Result<File> {
        regular(door::file(&self.handle, &self.path, name, door::Way::OpenOrCreate(readers))?)
    }

    /// Waits until names that were made in it are on disk: only then do they outlive a crash.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sync(&self) -> io::Result<()> {
        door::sync(&self.handle)
    }
}

/// The folder that a file's path names, and its name there.
pub(crate) fn parts(file: &Path) -> (&Path, &OsStr) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, file.file_name().unwrap_or_default())
}

/// All of a file that somebody named. One that a checkout can reach is taken as [`Folder::read`] does; elsewhere links are
/// followed, and pipes are read.
///
/// # Errors
/// When it can't be read, or has more than [`LARGEST`] bytes.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let (folder, name) = parts(file);
    if reach::split(file)?.is_within_reach() {
        return Folder::open(folder)?.read(name, LARGEST);
    }
    read_to(File::open(file)?, LARGEST)
}

/// Puts a text in the place of a file, whole or not at all, for its owner alone and on disk.
///
/// # Errors
/// When it can't be written.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    put(file, text, None)
}

/// Likewise in the place of a file that is there, whose readers and writers stay the same.
///
/// # Errors
/// When it is missing, read-only, or can't be written.
pub(crate) fn rewrite(file: &Path, text: &str) -> io::Result<()> {
    let permissions = std::fs::metadata(file)?.permissions();
    match permissions.readonly() {
        true => Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only")),
        false => put(file, text, Some(permissions)),
    }
}

fn put(file: &Path, text: &str, permissions: Option<Permissions>) -> io::Result<()> {
    let (folder, _) = parts(file);
    let mut temporary = tempfile::Builder::new().prefix(".livevod-").tempfile_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Looked at once it is open: before, another one may stand there.
fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(BadFile::NoFile.into()) }
}

fn read_to(file: File, most: u64) -> io::Result<Vec<u8>> {
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
            assert_eq!(refusal(folder.read(name.as_ref(), LARGEST)), why, "{name}");
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

    #[test]
    fn a_text_takes_the_place_of_a_link_and_leaves_what_it_led_to() {
        let home = tempfile::tempdir().unwrap();
        let (target, link) = (home.path().join("target"), home.path().join("link"));
        std::fs::write(&target, "theirs").unwrap();
        symlink("target", &link).unwrap();
        replace(&link, "ours").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(std::fs::read_to_string(&link).unwrap(), "ours");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 2, "nothing is left behind");
    }
}
