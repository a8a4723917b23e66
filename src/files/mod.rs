//! livevod's own files, in `.livevod` or in a folder that is named: no link is followed on the path to them, each must be a regular
//! file, and none is read beyond a limit. A checkout may have created them, so each is checked after it is opened.
//!
//! The part of a given path that a checkout can't control is trusted: outside the working folder, up to a `.livevod` in the path.
//! Named outputs are written here too; when a file is replaced as a whole, its temporary file has a name that can't be guessed.

mod door;
mod reach;

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub(crate) use door::{BadFile, Readers};

/// The largest file that is read, in bytes. A journal of 400,000 changes is half of it.
pub(crate) const LARGEST: u64 = 1 << 30;

/// How many bytes of a file are checked before the rest is read.
const BEGINNING: u64 = 4 << 10;

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

    /// Waits until names that were created in it are on disk: only then do they survive a crash.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sync(&self) -> io::Result<()> {
        door::sync(&self.handle)
    }
}

/// The folder of a file, and the file's name in it.
pub(crate) fn parts(file: &Path) -> (&Path, &OsStr) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, file.file_name().unwrap_or_default())
}

/// The contents of a named file. A file that a checkout may have created is read as by [`Folder::read`]; for others, links are followed and
/// pipes are read.
///
/// # Errors
/// When it can't be read, or has more than [`LARGEST`] bytes.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let (folder, name) = parts(file);
    if reach::split(file)?.is_within_reach() {
        return Folder::open(folder)?.read(name, LARGEST);
    }
    text_of(file, LARGEST)
}

/// The contents of standard input.
///
/// # Errors
/// When it can't be read, or has more than [`LARGEST`] bytes.
pub(crate) fn standard_input() -> io::Result<Vec<u8>> {
    read_to(io::stdin().lock(), LARGEST)
}

/// The text of a named file: links are followed, and pipes are read.
///
/// # Errors
/// When it can't be read, has more than `most` bytes, or is not UTF-8.
pub(crate) fn text(file: &Path, most: u64) -> io::Result<String> {
    let bytes = text_of(file, most)?;
    String::from_utf8(bytes).map_err(|_| BadFile::NoText.into())
}

/// The bytes of a file that may be a device with endless binary data.
fn text_of(file: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let mut bytes = Vec::new();
    (&mut file).take(BEGINNING.min(most + 1)).read_to_end(&mut bytes)?;
    if bytes.contains(&0) {
        return Err(BadFile::NoText.into());
    }
    bytes.extend(read_to(file, most - (bytes.len() as u64).min(most))?);
    Ok(bytes)
}

/// Folders with names for streams that the caller opened, on every Unix. Such a stream may have contents already.
const OPENED: [&str; 2] = ["/dev", "/proc"];

/// The largest number of links that are followed to an output.
const MOST_LINKS: usize = 40;

/// Whether a path names a stream that the caller opened.
pub(crate) fn is_opened(file: &Path) -> bool {
    OPENED.iter().any(|folder| file.starts_with(folder))
}

/// Writes a named output. A regular file is replaced completely or not at all, and keeps its owner; only its owner can read a new
/// one. Links are followed. A device, a pipe or a stream that the caller opened is written to.
///
/// # Errors
/// When it is a folder, read-only, or can't be written.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    write_for(Readers::Owner, file, text)
}

/// Like [`write`], but others may read a new file, as far as `readers` says.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_for(readers: Readers, file: &Path, text: &str) -> io::Result<()> {
    if is_opened(file) {
        return OpenOptions::new().append(true).open(file)?.write_all(text.as_bytes());
    }
    let target = followed(file)?;
    let data = match std::fs::metadata(&target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return put(&target, text, readers, None),
        data => data?,
    };
    let is_read_only = || Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    match () {
        () if data.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        () if !data.is_file() => OpenOptions::new().write(true).open(&target)?.write_all(text.as_bytes()),
        () if data.permissions().readonly() => is_read_only(),
        () if has_other_names(&data) => write_in_place(&target, text),
        () => match put(&target, text, readers, Some(&data)) {
            // The folder allows no new file, or the owner can't be kept.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => write_in_place(&target, text),
            written => written,
        },
    }
}

/// Writes a new file with the process's usual permissions.
///
/// # Errors
/// When the name exists, or the file can't be written.
pub(crate) fn write_new(file: &Path, text: &str, is_program: bool) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).open(file)?;
    new.write_all(text.as_bytes())?;
    #[cfg(unix)]
    if is_program {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = new.metadata()?.permissions().mode();
        // Everyone who may read it may run it.
        new.set_permissions(std::fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))?;
    }
    new.sync_all()
}

/// Writes a new file that appears whole, with the process's usual permissions.
///
/// # Errors
/// When the name exists, or the file can't be written.
pub(crate) fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let (folder, _) = parts(file);
    let staged = staged(folder, text)?;
    staged.persist_noclobber(file).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Writes new files into a folder. A new folder appears with all of them; in an existing one, each file appears whole.
///
/// # Errors
/// When a name exists, or a file can't be written.
pub(crate) fn write_folder(folder: &Path, all: &[(PathBuf, &str)]) -> io::Result<()> {
    let (above, _) = parts(folder);
    if folder.is_dir() {
        let staged = all.iter().map(|(name, text)| Ok((name, staged(folder, text)?)));
        for (name, staged) in staged.collect::<io::Result<Vec<_>>>()? {
            staged.persist_noclobber(folder.join(name)).map_err(|error| error.error)?;
        }
        return sync_folder(folder);
    }
    std::fs::create_dir_all(above)?;
    let new = builder(0o777).tempdir_in(above).map_err(without_path)?;
    for (name, text) in all {
        write_new(&new.path().join(name), text, false)?;
    }
    sync_folder(new.path())?;
    // An empty folder in its place would be replaced, and nothing else.
    std::fs::rename(new.path(), folder)?;
    let _ = new.keep();
    sync_folder(above)
}

fn staged(folder: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut staged = builder(0o666).tempfile_in(folder).map_err(without_path)?;
    staged.write_all(text.as_bytes())?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

/// Makes temporary files and folders with these permissions, as far as the process's mask allows.
fn builder(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".livevod-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The path after following all links. It may not exist.
fn followed(file: &Path) -> io::Result<PathBuf> {
    let mut path = file.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&path) {
            Ok(target) => path = parts(&path).0.join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many links"))
}

/// Overwrites a file in place, which keeps its hard links and its owner.
fn write_in_place(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Replaces a file of livevod's own, and creates its folder. A file that a checkout may have created must not be a link.
///
/// # Errors
/// When it is a link or no regular file, or can't be written.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let (folder, name) = parts(file);
    let opened = Folder::make(folder)?;
    if reach::split(file)?.is_within_reach() {
        match door::file(&opened.handle, folder, name, door::Way::Read).and_then(regular) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    write(file, text)
}

/// The text of a file that must be a regular one. In a checkout no link is followed; elsewhere links are, since a secret that is
/// mounted into a container is one.
///
/// # Errors
/// When it can't be read, is no regular file, has more than `most` bytes, or is not UTF-8.
pub(crate) fn regular_text(file: &Path, most: u64) -> io::Result<String> {
    let (folder, name) = parts(file);
    let bytes = match reach::split(file)?.is_within_reach() {
        true => Folder::open(folder)?.read(name, most)?,
        // A pipe would not even open before something writes to it.
        false if !std::fs::metadata(file)?.is_file() => return Err(BadFile::NoFile.into()),
        false => read_to(regular(File::open(file)?)?, most)?,
    };
    String::from_utf8(bytes).map_err(|_| BadFile::NoText.into())
}

/// Replaces a file, and keeps its owner and permissions.
fn put(file: &Path, text: &str, readers: Readers, old: Option<&Metadata>) -> io::Result<()> {
    let (folder, _) = parts(file);
    let mode = if readers == Readers::Owner { 0o600 } else { 0o666 };
    let mut temporary = builder(mode).tempfile_in(folder).map_err(without_path)?;
    temporary.write_all(text.as_bytes())?;
    if let Some(old) = old {
        keep_owner(temporary.as_file(), old)?;
        temporary.as_file().set_permissions(old.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Removes the path of the temporary file from an error's text.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    let reason = text.split(" at path ").next().unwrap_or(&text);
    io::Error::new(error.kind(), reason)
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn has_other_names(data: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(data) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
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

/// Checks a file after it is opened: before, another file could take its place.
fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(BadFile::NoFile.into()) }
}

fn read_to(file: impl Read, most: u64) -> io::Result<Vec<u8>> {
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
    fn an_output_is_written_where_a_link_leads() {
        let home = tempfile::tempdir().unwrap();
        let [target, link, dead] = ["target", "link", "dead"].map(|name| home.path().join(name));
        std::fs::write(&target, "theirs").unwrap();
        symlink("target", &link).unwrap();
        symlink("new", &dead).unwrap();
        write(&link, "ours").unwrap();
        write(&dead, "made").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "ours");
        assert_eq!(std::fs::read_to_string(home.path().join("new")).unwrap(), "made");
        assert!(link.is_symlink() && dead.is_symlink());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 4, "nothing is left behind");
        symlink("loop", home.path().join("loop")).unwrap();
        assert!(write(&home.path().join("loop"), "").is_err());
    }

    #[test]
    fn an_output_keeps_its_mode_and_its_other_names() {
        let home = tempfile::tempdir().unwrap();
        let [file, other] = ["file", "other"].map(|name| home.path().join(name));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        write(&file, "new").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        std::fs::hard_link(&file, &other).unwrap();
        write(&file, "newer").unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "newer");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(write(&file, "").unwrap_err().to_string(), "it is read-only");
        assert_eq!(write(home.path(), "").unwrap_err().to_string(), "it is a folder");
    }

    #[test]
    fn what_is_no_regular_file_is_written_into() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap())
        };
        write(&pipe, "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(!std::fs::metadata(&pipe).unwrap().is_file());
        write(Path::new("/dev/null"), "gone").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
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
