//! Journals on disk: one file per run, readable only by its owner, with every intent synced before it counts.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::index::{self, Index, Known};
use super::read::{JournalError, RunRecord, read, snapshot_name};
use super::{Sink, Syncing};
use crate::files::{Folder, LARGEST, Readers, Stamp};

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

    /// Whether nothing can be written there, now and later.
    pub fn is_unwritable(&self) -> bool {
        use io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem};
        self.what != "read" && matches!(self.source.kind(), NotFound | PermissionDenied | ReadOnlyFilesystem)
    }
}

/// A journal that is being written.
#[derive(Debug)]
pub struct JournalFile {
    file: Arc<File>,
    /// Bytes up to here are whole lines.
    length: u64,
}

impl JournalFile {
    /// Creates the folder if it is missing, and the new file in it; both are on disk and readable only by their owner.
    ///
    /// # Errors
    /// When either can't be created, or the file already exists.
    pub fn create(folder: &Path, run: &str) -> Result<Self, FolderError> {
        let file = make(folder, &format!("{run}.{EXTENSION}"), "")?;
        Ok(Self { file: Arc::new(file), length: 0 })
    }
}

impl Sink for JournalFile {
    /// Cuts off what a failed write left, if possible.
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        let written = self.file.as_ref().write_all(lines.as_bytes());
        let written = written.and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        match written {
            Ok(()) => self.length += lines.len() as u64,
            Err(_) => _ = self.file.set_len(self.length),
        }
        written
    }

    /// On a thread of its own: a disk takes its time, and calls are under way.
    fn sync(&mut self) -> Syncing {
        let file = self.file.clone();
        let synced = tokio::task::spawn_blocking(move || file.sync_data());
        Box::pin(async { synced.await.unwrap_or_else(|error| Err(io::Error::other(error))) })
    }
}

/// The last line of a file that is a copy of a journal in a store: it may be replaced by what the store says later.
const COPY: &str = "{\"event\":\"copy\"}\n";

/// Keeps a copy of a journal that is in a store, unless the folder has the run's own journal.
///
/// # Errors
/// When the folder can't be written.
pub fn keep_copy(folder: &Path, run: &str, text: &str) -> Result<(), FolderError> {
    let name = file_name(run);
    let opened = Folder::make(folder).map_err(FolderError::new(folder, "created"))?;
    let copy = format!("{text}{COPY}");
    match opened.read(&name, LARGEST) {
        Ok(bytes) if !bytes.ends_with(COPY.as_bytes()) || bytes == copy.as_bytes() => return Ok(()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(FolderError::new(&folder.join(name), "read")(error)),
    }
    opened.replace(&name, &copy).map_err(FolderError::new(&folder.join(name), "written"))
}

/// A journal of a store of which no copy can be kept in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unkept {
    /// Its run.
    pub run: String,
    /// Its text.
    pub text: String,
}

impl Unkept {
    /// The file that a copy would be, with its content.
    fn file(&self, folder: &Path) -> (PathBuf, io::Result<Vec<u8>>) {
        (folder.join(file_name(&self.run)), Ok(self.text.clone().into_bytes()))
    }
}

/// The text of the journal that a run wrote in this folder; `None` if there is none, or only a copy.
///
/// # Errors
/// When it can't be read.
pub fn own_journal(folder: &Path, run: &str) -> Result<Option<String>, FolderError> {
    let opened = match Folder::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(FolderError::new(folder, "read"))?,
    };
    match opened.read(&file_name(run), LARGEST) {
        Ok(bytes) if bytes.ends_with(COPY.as_bytes()) => Ok(None),
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FolderError::new(&folder.join(file_name(run)), "read")(error)),
    }
}

/// Whether a folder has the whole journal of a run: its own one, or a copy of one with this many bytes.
pub fn has_whole(folder: &Path, run: &str, size: u64) -> bool {
    let Ok(opened) = Folder::open(folder) else { return false };
    let copied = size + COPY.len() as u64;
    if opened.stamp(&file_name(run)).is_some_and(|stamp| stamp.size == copied) {
        return true;
    }
    let Ok(bytes) = opened.read(&file_name(run), LARGEST) else { return false };
    !bytes.ends_with(COPY.as_bytes()) || bytes.len() as u64 == copied
}

/// One journal of a folder.
#[derive(Debug)]
pub struct Stored {
    /// Its file.
    pub path: PathBuf,
    /// Other files that say the same, or less.
    pub copies: Vec<PathBuf>,
    /// Its run; `None` if the process died before the first line was complete.
    pub run: Result<Option<RunRecord>, JournalError>,
}

/// Every journal of a folder in the order of the runs, whatever their clocks said; none if the folder is missing.
///
/// # Errors
/// When the folder can't be read.
pub fn read_runs(folder: &Path) -> Result<Vec<Stored>, FolderError> {
    read_runs_beside(folder, &[])
}

/// The same, together with journals that can't be kept there.
///
/// # Errors
/// When the folder can't be read.
pub fn read_runs_beside(folder: &Path, unkept: &[Unkept]) -> Result<Vec<Stored>, FolderError> {
    let others = unkept.iter().map(|one| one.file(folder));
    let Some((opened, names)) = journals(folder)? else { return Ok(sorted(others)) };
    let read = |name: OsString| (folder.join(&name), opened.read(&name, LARGEST));
    Ok(sorted(names.into_iter().map(read).chain(others)))
}

/// The journals that matter to a run against one target and account.
#[derive(Debug, Default)]
pub struct NeededRuns {
    /// In the order of the runs; those of other targets and accounts may be among them.
    pub stored: Vec<Stored>,
    /// The highest number of any run in the folder.
    pub highest: u64,
}

/// From this many journals on that are read and need not be, the index is written anew.
const WORTH_AN_INDEX: usize = 64;

/// The largest index that is read, in bytes: that of some 500,000 runs.
const LARGEST_INDEX: u64 = 64 << 20;

/// Like [`read_runs`], without the journals of which the index knows that nothing in them matters to a later run, except
/// for the last one. If many such were read, the index is written anew; without an index all are read. `unkept` are journals that
/// can't be kept there.
///
/// # Errors
/// When the folder can't be read.
pub fn read_needed_runs(
    folder: &Path,
    target: &str,
    account: Option<&str>,
    now: Timestamp,
    unkept: &[Unkept],
) -> Result<NeededRuns, FolderError> {
    let others = || unkept.iter().map(|one| one.file(folder));
    let Some((opened, names)) = journals(folder)? else {
        let stored = sorted(others());
        let highest = stored.iter().filter_map(Stored::number).max().unwrap_or_default();
        return Ok(NeededRuns { stored, highest });
    };
    let mut index = match opened.read(index::NAME.as_ref(), LARGEST_INDEX) {
        Ok(bytes) => Index::read(&bytes),
        Err(_) => Index::default(),
    };
    let mut known: Vec<(String, Known)> = Vec::new();
    let mut files: Vec<(OsString, Option<Stamp>)> = Vec::new();
    for name in names {
        // The stamp is older than what is read, so that a change in between shows.
        let stamp = opened.stamp(&name);
        match run_of(&name).filter(|_| !index.is_empty()).and_then(|run| Some((run, index.take(run, stamp)?)))
        {
            Some((run, one)) => known.push((run.to_owned(), one)),
            None => files.push((name, stamp)),
        }
    }
    let is_here = |(_, one): &&(String, Known)| one.is_at(target, account);
    let last = known.iter().filter(is_here).max_by_key(|(run, one)| (one.number, run.clone()));
    let last = last.map(|(run, _)| run.clone());
    let read = |name: OsString| (folder.join(&name), opened.read(&name, LARGEST));
    let (unread, stamps): (Vec<OsString>, Vec<Option<Stamp>>) = files.into_iter().unzip();
    let fresh = sorted(unread.iter().cloned().map(read).chain(others()));
    // A second file of a run that is known is compared with the first one.
    let ids: HashSet<&str> = fresh.iter().filter_map(Stored::id).chain(last.as_deref()).collect();
    let again = known.iter().filter(|(run, _)| ids.contains(run.as_str()));
    let again: Vec<OsString> = again.map(|(run, _)| file_name(run)).collect();
    let highest = known.iter().map(|(_, one)| one.number).max().unwrap_or_default();
    let stamps: HashMap<OsString, Option<Stamp>> = unread.iter().cloned().zip(stamps).collect();
    let worth: Vec<(String, Known)> =
        fresh.iter().filter_map(|stored| to_remember(stored, &stamps, now)).collect();
    if worth.len() >= WORTH_AN_INDEX {
        let index: Index = known.into_iter().chain(worth).collect();
        // A cache: whoever can't write it reads the journals again.
        let _ = index.write().map(|text| opened.replace(index::NAME.as_ref(), &text));
    }
    let stored = match again.is_empty() {
        true => fresh,
        false => sorted(unread.into_iter().chain(again).map(read).chain(others())),
    };
    let highest = stored.iter().filter_map(Stored::number).fold(highest, u64::max);
    Ok(NeededRuns { stored, highest })
}

/// What the index remembers of a journal that was read: only what is in the file that its run names.
fn to_remember(
    stored: &Stored,
    stamps: &HashMap<OsString, Option<Stamp>>,
    now: Timestamp,
) -> Option<(String, Known)> {
    let run = stored.run.as_ref().ok()?.as_ref().filter(|_| stored.copies.is_empty())?;
    let name = file_name(&run.header.run);
    let stamp = (*stamps.get(&name)?).filter(|_| stored.path.file_name() == Some(&name))?;
    Some((run.header.run.clone(), Known::of(run, stamp, now)?))
}

/// An open folder, and the names of the journals in it; `None` if it is missing.
fn journals(folder: &Path) -> Result<Option<(Folder, Vec<OsString>)>, FolderError> {
    let opened = match Folder::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(FolderError::new(folder, "read"))?,
    };
    let mut names = opened.names().map_err(FolderError::new(folder, "read"))?;
    names.retain(|name| Path::new(name).extension().is_some_and(|end| end == EXTENSION));
    Ok(Some((opened, names)))
}

fn file_name(run: &str) -> OsString {
    format!("{run}.{EXTENSION}").into()
}

/// The run that the name of a journal names.
fn run_of(name: &OsStr) -> Option<&str> {
    name.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')
}

/// Removes the journal of a run and what belongs to it; only regular files.
///
/// # Errors
/// When one of them can't be removed. The journal itself goes last.
pub fn remove_run(folder: &Path, stored: &Stored) -> Result<(), FolderError> {
    let opened = Folder::open(folder).map_err(FolderError::new(folder, "read"))?;
    let remove = |name: &OsStr| match opened.remove(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(FolderError::new(&folder.join(name), "removed")),
    };
    if let Some(id) = stored.id() {
        remove(snapshot_name(id).as_ref())?;
    }
    for path in stored.copies.iter().chain([&stored.path]) {
        remove(path.file_name().unwrap_or_default())?;
    }
    opened.sync().map_err(FolderError::new(folder, "written"))
}

/// The content of the files, each run once: a copy of a journal says the same, or less.
fn sorted(files: impl Iterator<Item = (PathBuf, io::Result<Vec<u8>>)>) -> Vec<Stored> {
    let mut all: Vec<(Stored, Vec<u8>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (path, bytes) in files {
        let mut one = stored(path, &bytes);
        let bytes = bytes.unwrap_or_default();
        let Some(id) = one.id().map(str::to_owned) else {
            all.push((one, bytes));
            continue;
        };
        match places.get(&id).and_then(|at| all.get_mut(*at)) {
            Some((first, longer)) if longer.starts_with(&bytes) => first.copies.push(one.path),
            Some((first, shorter)) if bytes.starts_with(shorter) => {
                one.copies = std::mem::take(&mut first.copies);
                one.copies.push(std::mem::take(&mut first.path));
                (*first, *shorter) = (one, bytes);
            }
            Some(_) => {
                one.run = Err(JournalError::Twice);
                all.push((one, bytes));
            }
            None => {
                places.insert(id, all.len());
                all.push((one, bytes));
            }
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

    fn number(&self) -> Option<u64> {
        Some(self.run.as_ref().ok()?.as_ref()?.header.number)
    }

    /// Unreadable files come first.
    fn place(&self) -> Option<(u64, String)> {
        Some((self.number()?, self.id()?.to_owned()))
    }
}

fn stored(path: PathBuf, bytes: &io::Result<Vec<u8>>) -> Stored {
    let run = match bytes {
        // Bytes that are not UTF-8 make their line unreadable, and the error names that line.
        Ok(bytes) => read(&String::from_utf8_lossy(bytes)),
        Err(error) => Err(JournalError::File(error.to_string())),
    };
    Stored { path, copies: Vec::new(), run }
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
