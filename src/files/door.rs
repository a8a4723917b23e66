//! Opens folders and files in an open folder, never through a link.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::reach::Split;

/// Why a path is refused where livevod keeps a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadFile {
    /// A symbolic link.
    #[error("it is a symbolic link, which is not followed here: name its target, or remove it")]
    Link,
    /// A device, a pipe, a socket, a folder.
    #[error("it is not a regular file: remove it")]
    NoFile,
    /// Something else than text.
    #[error("it is not UTF-8 text")]
    NoText,
    /// It has more than [`LARGEST`](super::LARGEST) bytes, or more than its reader accepts.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
}

impl From<BadFile> for io::Error {
    fn from(refusal: BadFile) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, refusal)
    }
}

/// What the system says of a file and changes whenever its content does: two files with the same stamp are one file with
/// one content. No checkout and no copy keeps it. Times are in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its number in its file system.
    pub(crate) inode: u64,
    /// When its content was changed.
    pub(crate) modified: i64,
    /// When its content or its data were changed, which no program can set.
    pub(crate) changed: i64,
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Only its owner.
    Owner,
    /// Everyone that the process's umask allows.
    Usual,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// An existing file, to read.
    Read,
    /// A new file, to append to.
    Create(Readers),
    /// An existing or new file, to read and append to.
    OpenOrCreate(Readers),
}

/// Creates the trusted part of a path, with all its parents.
fn make_trusted(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
mod system {
    use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, open, openat, renameat, statat, unlinkat};
    use rustix::io::Errno;

    use super::*;

    /// Never blocks, and never makes a terminal the controlling one.
    const ALWAYS: OFlags =
        OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NOCTTY).union(OFlags::NONBLOCK);
    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    pub(in super::super) fn folder(path: &Split, makes: bool) -> io::Result<File> {
        let Split { trusted, steps } = path;
        if makes {
            make_trusted(trusted)?;
        }
        let mut folder = File::from(open(trusted, FOLDER, Mode::empty())?);
        for step in steps {
            folder = below(&folder, step, makes)?;
        }
        Ok(folder)
    }

    fn below(folder: &File, name: &OsStr, makes: bool) -> io::Result<File> {
        let enter = || openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
        let entered = match enter() {
            Err(Errno::NOENT) if makes => {
                match mkdirat(folder, name, Mode::RWXU) {
                    Ok(()) => folder.sync_all()?,
                    // Another process has just created it.
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                enter()
            }
            entered => entered,
        };
        entered.map(File::from).map_err(|error| refused(error, folder, name, None))
    }

    pub(in super::super) fn file(folder: &File, _: &Path, name: &OsStr, way: Way) -> io::Result<File> {
        let (flags, readers) = match way {
            Way::Read => (OFlags::RDONLY, Readers::Owner),
            Way::Create(readers) => {
                (OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL, readers)
            }
            Way::OpenOrCreate(readers) => (OFlags::RDWR | OFlags::APPEND | OFlags::CREATE, readers),
        };
        let mode = match readers {
            Readers::Owner => Mode::RUSR | Mode::WUSR,
            Readers::Usual => Mode::from_raw_mode(0o666),
        };
        let opened = openat(folder, name, flags | ALWAYS, mode);
        opened.map(File::from).map_err(|error| refused(error, folder, name, Some(BadFile::NoFile)))
    }

    /// Finds out what was refused: systems report it with different errors.
    fn refused(error: Errno, folder: &File, name: &OsStr, other: Option<BadFile>) -> io::Error {
        if matches!(error, Errno::EXIST | Errno::NOENT | Errno::ACCESS) {
            return error.into();
        }
        let kind = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .map(|status| FileType::from_raw_mode(status.st_mode as _));
        let refusal = match kind {
            Ok(FileType::Symlink) => Some(BadFile::Link),
            Ok(FileType::RegularFile) | Err(_) => None,
            Ok(_) => other,
        };
        refusal.map_or_else(|| error.into(), io::Error::from)
    }

    pub(in super::super) fn names(folder: &File, _: &Path) -> io::Result<Vec<OsString>> {
        use std::os::unix::ffi::OsStringExt;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(folder)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(in super::super) fn stamp(folder: &File, name: &OsStr) -> Option<Stamp> {
        let status = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_file = FileType::from_raw_mode(status.st_mode as _) == FileType::RegularFile;
        let time = |seconds: i64, nanos: i64| seconds.checked_mul(1_000_000_000)?.checked_add(nanos);
        is_file.then_some(Stamp {
            size: u64::try_from(status.st_size).ok()?,
            inode: status.st_ino as _,
            modified: time(status.st_mtime as _, status.st_mtime_nsec as _)?,
            changed: time(status.st_ctime as _, status.st_ctime_nsec as _)?,
        })
    }

    pub(in super::super) fn remove(folder: &File, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(folder, name, AtFlags::empty())?)
    }

    pub(in super::super) fn rename(folder: &File, _: &Path, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(folder, from, folder, to)?)
    }

    pub(in super::super) fn sync(folder: &File) -> io::Result<()> {
        folder.sync_all()
    }
}

/// On other systems, a path is checked before it is opened, and folders are not synced.
#[cfg(not(unix))]
mod system {
    use std::fs::OpenOptions;

    use super::*;

    pub(in super::super) fn folder(path: &Split, makes: bool) -> io::Result<File> {
        let Split { trusted, steps } = path;
        let whole = steps.iter().fold(trusted.clone(), |path, step| path.join(step));
        if makes {
            make_trusted(&whole)?;
        }
        let mut folder = trusted.clone();
        for step in steps {
            folder.push(step);
            no_link(&folder)?;
        }
        if !whole.is_dir() {
            let missing = std::fs::metadata(&whole).map(drop);
            return Err(missing.err().unwrap_or_else(|| io::ErrorKind::NotADirectory.into()));
        }
        // Folders can't be opened; this file takes the place of the handle, and nothing is read from it.
        tempfile::tempfile()
    }

    pub(in super::super) fn file(_: &File, folder: &Path, name: &OsStr, way: Way) -> io::Result<File> {
        let path = folder.join(name);
        let mut options = OpenOptions::new();
        match way {
            Way::Read => options.read(true),
            Way::Create(_) => options.append(true).create_new(true),
            Way::OpenOrCreate(_) => options.read(true).append(true).create(true),
        };
        no_link(&path)?;
        options.open(path)
    }

    fn no_link(path: &Path) -> io::Result<()> {
        match std::fs::symlink_metadata(path) {
            Ok(data) if data.file_type().is_symlink() => Err(BadFile::Link.into()),
            _ => Ok(()),
        }
    }

    pub(in super::super) fn names(_: &File, folder: &Path) -> io::Result<Vec<OsString>> {
        let names = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    pub(in super::super) fn stamp(_: &File, _: &OsStr) -> Option<Stamp> {
        None
    }

    pub(in super::super) fn remove(_: &File, folder: &Path, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(folder.join(name))
    }

    pub(in super::super) fn rename(_: &File, folder: &Path, from: &OsStr, to: &OsStr) -> io::Result<()> {
        std::fs::rename(folder.join(from), folder.join(to))
    }

    pub(in super::super) fn sync(_: &File) -> io::Result<()> {
        Ok(())
    }
}

pub(super) use system::{file, folder, names, remove, rename, stamp, sync};
