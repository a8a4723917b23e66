//! Keeps the log on disk: one process per file, every write synced before it counts.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::Record;
use super::log::{self, Damage, End};
use crate::files::{self, BadFile, Folder, LARGEST, Readers};

/// Why a log can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder can't be created, read or written.
    #[error("the emulator's log `{}` can't be opened", path.display())]
    Open {
        /// The log.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process holds it.
    #[error("the emulator's log `{}` is in use by another process", .0.display())]
    Taken(PathBuf),
    /// The file is something else.
    #[error("`{}` is not a log of the emulator", .0.display())]
    NotALog(PathBuf),
    /// An acknowledged write can't be read.
    #[error("the emulator's log `{}` is damaged in line {line}: checksum mismatch", path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// 1-based.
        line: usize,
    },
}

impl StoreError {
    /// Whether the log can't be written here, although it may be readable.
    pub fn is_about_writing(&self) -> bool {
        let kinds = [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem];
        matches!(self, StoreError::Open { source, .. } if kinds.contains(&source.kind()))
    }
}

/// An open log, locked against other processes.
#[derive(Debug)]
pub struct Store {
    file: Locked,
    end: End,
    /// Set when it is unknown what the file contains after `end`.
    broken: bool,
}

/// A file that no one else can lock until this is dropped.
///
/// Closing it is not enough: a child process that another thread is just starting has a copy of the handle until it
/// runs its program, and keeps the lock with it.
#[derive(Debug)]
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // A file system without locks has none to release.
        _ = self.0.unlock();
    }
}

impl Store {
    /// Opens or creates the log at `path`, and returns every record that it holds.
    ///
    /// # Errors
    ///
    /// A log that another process has open, or that is damaged, and a file that is not a log are left as they are.
    pub fn open(path: &Path) -> Result<(Self, Vec<Record>), StoreError> {
        let unopened = |source| StoreError::Open { path: path.to_owned(), source };
        let (folder, name) = files::parts(path);
        let folder = Folder::make(folder).map_err(unopened)?;
        let file = folder.open_or_create(name, Readers::Usual).map_err(unopened)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Taken(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(unopened(source)),
        }
        let mut file = Locked(file);
        let mut bytes = Vec::new();
        (&mut file.0).take(LARGEST + 1).read_to_end(&mut bytes).map_err(unopened)?;
        if bytes.len() as u64 > LARGEST {
            return Err(unopened(BadFile::TooLarge(LARGEST).into()));
        }
        let (records, end) = replay(&bytes, path)?;
        let end = cut_torn_tail(&mut file.0, &folder, end).map_err(unopened)?;
        Ok((Self { file, end, broken: false }, records))
    }

    /// Every record of the log at `path`, which stays as it is and is not locked: every line is checked, and the last one counts only
    /// if it is complete.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn read(path: &Path) -> Result<Vec<Record>, StoreError> {
        let bytes = files::read(path).map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        Ok(replay(&bytes, path)?.0)
    }

    /// Writes the records of each write as one line and syncs them all at once: after a crash a line is there whole or
    /// not at all, and none without those before it.
    ///
    /// # Errors
    ///
    /// Nothing was kept. After a failed sync nothing more is accepted, since it is unknown what the disk holds.
    pub fn append<'a>(&mut self, writes: impl IntoIterator<Item = &'a [Record]>) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        let (mut lines, mut end) = (String::new(), self.end.clone());
        for records in writes {
            let (line, next) = log::line(&end, records)?;
            lines.push_str(&line);
            end = next;
        }
        if let Err(error) = self.file.0.write_all(lines.as_bytes()).and_then(|()| self.file.0.sync_data()) {
            self.take_back();
            return Err(error);
        }
        self.end = end;
        Ok(())
    }

    /// Cuts off what a failed write may have left. Nothing is written after it unless that is known to have worked.
    fn take_back(&mut self) {
        let cut = self.file.0.set_len(self.end.length).and_then(|()| self.file.0.sync_data());
        self.broken = cut.is_err();
    }
}

fn replay(bytes: &[u8], path: &Path) -> Result<(Vec<Record>, Option<End>), StoreError> {
    log::replay(bytes).map_err(|damage| match damage {
        Damage::NotALog => StoreError::NotALog(path.to_owned()),
        Damage::Line(line) => StoreError::Damaged { path: path.to_owned(), line },
    })
}

/// Leaves the file with whole lines only, and a new one with its first line, durable together with its name.
fn cut_torn_tail(file: &mut File, folder: &Folder, end: Option<End>) -> io::Result<End> {
    let Some(end) = end else {
        let (head, end) = log::empty();
        file.set_len(0)?;
        file.write_all(head.as_bytes())?;
        file.sync_all()?;
        folder.sync()?;
        return Ok(end);
    };
    if file.metadata()?.len() > end.length {
        file.set_len(end.length)?;
        file.sync_all()?;
    }
    Ok(end)
}

#[cfg(test)]
impl Store {
    /// A store whose every write fails, as on a full disk.
    pub(super) fn unwritable(path: &Path) -> Self {
        let (_, end) = log::empty();
        Self { file: Locked(File::open(path).unwrap()), end, broken: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn record(stream: &str) -> Record {
        Record::remove(Address::new("a.com", "show", stream))
    }

    #[test]
    fn a_log_is_made_with_its_folder_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/emulator.log");
        let (mut store, records) = Store::open(&path).unwrap();
        assert_eq!(records, []);
        store.append([&[record("a"), record("b")][..]]).unwrap();
        store.append([&[record("c")][..]]).unwrap();
        drop(store);
        assert_eq!(Store::open(&path).unwrap().1, [record("a"), record("b"), record("c")]);
    }

    #[test]
    fn writing_goes_on_after_any_torn_tail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Store::open(&path).unwrap().0.append([&[record("a")][..]]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut store, records) = Store::open(&path).unwrap();
            assert_eq!(records, [], "cut at {cut}");
            store.append([&[record("b")][..]]).unwrap();
            drop(store);
            assert_eq!(Store::open(&path).unwrap().1, [record("b")], "cut at {cut}");
        }
    }

    #[test]
    fn a_log_can_be_read_while_another_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut store = Store::open(&path).unwrap().0;
        store.append([&[record("a")][..], &[record("b")][..]]).unwrap();
        assert_eq!(Store::read(&path).unwrap(), [record("a"), record("b")]);
        let whole = std::fs::read(&path).unwrap();
        let torn = &whole[..whole.len() - 3];
        std::fs::write(&path, torn).unwrap();
        assert_eq!(Store::read(&path).unwrap(), [record("a")]);
        assert_eq!(std::fs::read(&path).unwrap(), torn);
        assert!(matches!(Store::read(&folder.path().join("none")), Err(StoreError::Open { .. })));
    }

    #[test]
    fn a_refused_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Store::open(&path).unwrap().0.append([&[record("a")][..]]).unwrap();
        let damaged = std::fs::read_to_string(&path).unwrap().replace("\"a.com", "\"b.com");
        for text in [damaged.as_str(), "version: 1\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(Store::open(&path).is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_second_opener_is_turned_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let first = Store::open(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Taken(_))));
        drop(first);
        assert!(Store::open(&path).is_ok());
    }

    #[test]
    fn a_copy_of_the_handle_in_a_child_keeps_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emulator.log");
        let (store, _) = Store::open(&path).unwrap();
        let copy = store.file.0.try_clone().unwrap();
        drop(store);
        assert!(Store::open(&path).is_ok());
        drop(copy);
    }

    #[test]
    fn after_a_write_that_could_not_be_taken_back_nothing_more_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        drop(Store::open(&path).unwrap());
        let mut store = Store::unwritable(&path);
        assert!(store.append([&[record("a")][..]]).is_err());
        assert_eq!(store.append([&[record("a")][..]]).unwrap_err().to_string(), "an earlier write failed");
    }
}
