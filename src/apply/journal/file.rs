//! Journals on disk: one file a run, readable by its owner alone, every intent synced before it counts.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Sink;
use super::read::{JournalError, RunRecord, read};

/// Ends the name of each journal.
const EXTENSION: &str = "jsonl";

/// Why a folder of journals can't be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}` can't be {what}", path.display())]
pub struct FolderError {
    /// The folder or file.
    pub path: PathBuf,
    /// What failed: `made`, `read`, `written`.
    pub what: &'static str,
    /// Why.
    pub source: io::Error,
}

impl FolderError {
    pub(super) fn new(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, what, source }
    }
}

/// The journal of a run in its folder.
pub fn journal_path(folder: &Path, run: &str) -> PathBuf {
    folder.join(format!("{run}.{EXTENSION}"))
}

/// The snapshot of a run in the same folder.
pub fn snapshot_path(folder: &Path, run: &str) -> PathBuf {
    folder.join(format!("{run}.snapshot.json"))
}

/// A journal that is being written.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    /// Bytes up to here are whole lines.
    length: u64,
}

impl JournalFile {
    /// Makes the folder where it is missing, and in it the new file, both on disk and for their owner alone.
    ///
    /// # Errors
    /// When either can't be made, or the file is there already.
    pub fn create(folder: &Path, run: &str) -> Result<Self, FolderError> {
        make_folder(folder)?;
        let path = journal_path(folder, run);
        let file = private().append(true).create_new(true).open(&path);
        let file = file.map_err(FolderError::new(&path, "made"))?;
        file.sync_all().and_then(|()| sync_folder(folder)).map_err(FolderError::new(&path, "made"))?;
        Ok(Self { file, length: 0 })
    }
}

impl Sink for JournalFile {
    /// Cuts off what a failed write left, where that can still be done.
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
    /// Its run; `None` where it died before its head was whole.
    pub run: Result<Option<RunRecord>, JournalError>,
}

/// Every journal of a folder, oldest first; none where the folder is missing.
///
/// # Errors
/// When the folder or a file in it can't be read.
pub fn read_runs(folder: &Path) -> Result<Vec<Stored>, FolderError> {
    let listed = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(FolderError::new(folder, "read"))?,
    };
    let mut paths = Vec::new();
    for entry in listed {
        let path = entry.map_err(FolderError::new(folder, "read"))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(stored).collect()
}

fn stored(path: PathBuf) -> Result<Stored, FolderError> {
    let bytes = std::fs::read(&path).map_err(FolderError::new(&path, "read"))?;
    // Bytes that are no text make their line unreadable, which is then named.
    let run = read(&String::from_utf8_lossy(&bytes));
    Ok(Stored { path, run })
}

/// Writes a private file whole or not at all: under another name first, then renamed, all of it on disk.
///
/// # Errors
/// When it can't be written.
pub fn write_beside(path: &Path, text: &str) -> Result<(), FolderError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = private().write(true).create(true).truncate(true).open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        sync_folder(folder)
    });
    if written.is_err() {
        // It may never have been made.
        let _ = std::fs::remove_file(&temporary);
    }
    written.map_err(FolderError::new(path, "written"))
}

pub(super) fn make_folder(folder: &Path) -> Result<(), FolderError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(FolderError::new(folder, "made"))?;
    match folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => sync_folder(parent).map_err(FolderError::new(folder, "made")),
        None => Ok(()),
    }
}

/// Options for a file that only its owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A new name outlives a crash only once its folder is on disk. Elsewhere than on Unix folders can't be synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
