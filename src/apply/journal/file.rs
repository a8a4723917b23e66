//! Journals on disk: one file per run, readable only by its owner, with every intent synced before it counts.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Sink;
use super::entry::Header;
use super::read::{JournalError, RunRecord, read, snapshot_name};
use crate::files::{Folder, LARGEST, Readers};

/// The extension of journal files.
const EXTENSION: &str = "jsonl";

/// Why a folder of journals can't be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}` can't be {what}", path.display())]
pub struct FolderError {
    /// The folder or file.
    pub path: PathBuf,
    /// What failed: `created`, `read`, `written`.
    pub what: &'static str,
    /// The cause.
    pub source: io::Error,
}

impl FolderError {
    pub(super) fn new(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, what, source }
    }
}

/// A journal that is being written.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    /// Bytes up to here are whole lines.
    length: u64,
}

impl JournalFile {
    /// Creates the folder if it is missing, and the new file in it; both are on disk and readable only by their owner.
    ///
    /// # Errors
    /// When either can't be created, or the file already exists.
    pub fn create(folder: &Path, run: &str) -> Result<Self, FolderError> {
        Ok(Self { file: make(folder, &format!("{run}.{EXTENSION}"), "")?, length: 0 })
    }
}

impl Sink for JournalFile {
    /// Cuts off what a failed write left, if possible.
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        let written = self.file.write_all(lines.as_bytes());
        let written = written.and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        match written {
            Ok(()) => self.length += lines.len() as u64,
            Err(_) => _ = self.file.set_len(self.length),
        }
        written
    }
}

/// One journal of a folder.
#[derive(Debug)]
pub struct Stored {
    /// Its file.
    pub path: PathBuf,
    /// Its run; `None` if the process died before the first line was complete.
    pub run: Result<Option<RunRecord>, JournalError>,
}

/// Every journal of a folder in the order of the runs, whatever their clocks said; none if the folder is missing.
///
/// # Errors
/// When the folder can't be read.
pub fn read_runs(folder: &Path) -> Result<Vec<Stored>, FolderError> {
    let opened = match Folder::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(FolderError::new(folder, "read"))?,
    };
    let names = opened.names().map_err(FolderError::new(folder, "read"))?;
    let is_journal = |name: &OsString| Path::new(name).extension().is_some_and(|end| end == EXTENSION);
    let journals = names.into_iter().filter(is_journal);
    Ok(sorted(journals.map(|name| (folder.join(&name), opened.read(&name, LARGEST)))))
}

/// The content of the files, each run once: a copy of a journal says the same, or less.
fn sorted(files: impl Iterator<Item = (PathBuf, io::Result<Vec<u8>>)>) -> Vec<Stored> {
    let mut all: Vec<(Stored, Vec<u8>)> = Vec::new();
    for (path, bytes) in files {
        let mut one = stored(path, &bytes);
        let bytes = bytes.unwrap_or_default();
        let id = one.id().map(str::to_owned);
        let same = all.iter_mut().find(|(other, _)| id.is_some() && other.id() == id.as_deref());
        match same {
            Some((_, longer)) if longer.starts_with(&bytes) => continue,
            Some(shorter) if bytes.starts_with(&shorter.1) => *shorter = (one, bytes),
            Some(_) => {
                one.run = Err(JournalError::Twice);
                all.push((one, bytes));
            }
            None => all.push((one, bytes)),
        }
    }
    let mut all: Vec<Stored> = all.into_iter().map(|(stored, _)| stored).collect();
    all.sort_by_key(Stored::place);
    all
}

impl Stored {
    fn id(&self) -> Option<&str> {
        Some(&self.run.as_ref().ok()?.as_ref()?.header.run)
    }

    /// Unreadable files come first.
    fn place(&self) -> Option<(u64, String)> {
        let Header { number, run, .. } = &self.run.as_ref().ok()?.as_ref()?.header;
        Some((*number, run.clone()))
    }
}

fn stored(path: PathBuf, bytes: &io::Result<Vec<u8>>) -> Stored {
    let run = match bytes {
        // Bytes that are not UTF-8 make their line unreadable, and the error names that line.
        Ok(bytes) => read(&String::from_utf8_lossy(bytes)),
        Err(error) => Err(JournalError::File(error.to_string())),
    };
    Stored { path, run }
}

/// Saves what existed before a run, beside its journal; returns the file's name.
///
/// # Errors
/// When it can't be written, or already exists.
pub fn save_snapshot(folder: &Path, run: &str, text: &str) -> Result<String, FolderError> {
    let name = snapshot_name(run);
    make(folder, &name, text)?;
    Ok(name)
}

/// The snapshot of a run.
///
/// # Errors
/// When it can't be read.
pub fn read_snapshot(folder: &Path, run: &str) -> Result<Vec<u8>, FolderError> {
    let name = snapshot_name(run);
    let read = Folder::open(folder).and_then(|opened| opened.read(name.as_ref(), LARGEST));
    read.map_err(FolderError::new(&folder.join(&name), "read"))
}

/// A new file with this text, readable only by its owner, on disk together with its name.
fn make(folder: &Path, name: &str, text: &str) -> Result<File, FolderError> {
    let opened = Folder::make(folder).map_err(FolderError::new(folder, "created"))?;
    let made = opened.create(name.as_ref(), Readers::Owner).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        opened.sync()?;
        Ok(file)
    });
    made.map_err(FolderError::new(&folder.join(name), "created"))
}
