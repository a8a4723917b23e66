//! Writes files that are named: each whole or not at all, where its links lead.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::door::Readers;
use super::folder::Folder;
use super::paths::{followed, is_opened, parts};
use super::reach;

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
        opened.insist_on_regular(name)?;
    }
    write(file, text)
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

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
}
