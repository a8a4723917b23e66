//! One apply a folder: a lock that the system takes back when its process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::FolderError;
use crate::files::{Folder, Readers};

/// Name of the file that is locked. It stays behind; what stands in it counts only while it is locked.
const NAME: &str = "lock";

/// More than what is written there ever takes.
const LONGEST: u64 = 100;

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock(File);

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another apply is under way here: {holder}")]
    Taken {
        /// Who, since when.
        holder: String,
        /// The file that is locked.
        path: PathBuf,
    },
    /// The folder can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl Lock {
    /// Takes the lock of a folder, which is made where it is missing.
    ///
    /// # Errors
    /// When another process has it, or the folder can't be written.
    pub fn take(folder: &Path, now: Timestamp) -> Result<Self, LockError> {
        let path = folder.join(NAME);
        let opened = Folder::make(folder).map_err(FolderError::new(folder, "made"))?;
        let opened = opened.open_or_create(NAME.as_ref(), Readers::Owner);
        let mut file = opened.map_err(FolderError::new(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Taken { holder: holder(&mut file), path });
            }
            Err(TryLockError::Error(source)) => return Err(FolderError::new(&path, "locked")(source).into()),
        }
        sign(&mut file, now).map_err(FolderError::new(&path, "written"))?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    /// Closing the file is not enough while a child that is just being started holds a copy of it.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// Only over what a holder before wrote: a file of that name that is somebody else's stays as it is.
fn sign(file: &mut File, now: Timestamp) -> io::Result<()> {
    if !text(file)?.is_some_and(|text| text.is_empty() || is_holder(&text)) {
        return Err(io::Error::other("it is no lock of livevod: move it away"));
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {} since {}", std::process::id(), now.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

/// What stands in it, where it is no longer than what is written there.
fn text(file: &mut File) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= LONGEST);
    Ok(text.map(|text| text.trim().to_owned()))
}

/// Whether a text is what [`sign`] writes, and nothing that somebody else could say with it.
fn is_holder(text: &str) -> bool {
    let parts = text.strip_prefix("process ").and_then(|rest| rest.split_once(" since "));
    parts.is_some_and(|(id, time)| id.parse::<u32>().is_ok() && time.parse::<Timestamp>().is_ok())
}

/// What the holder wrote. It may be writing it just now.
fn holder(file: &mut File) -> String {
    let said = text(file).ok().flatten().filter(|text| is_holder(text));
    said.unwrap_or_else(|| "a process that did not say who it is".to_owned())
}
