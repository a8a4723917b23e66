//! One apply per folder: a lock that the operating system releases when its process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::FolderError;
use crate::files::{Folder, Readers};

/// The name of the locked file. The file is kept; its content counts only while it is locked.
const NAME: &str = "lock";

/// Longer than anything that is written there.
const LONGEST: u64 = 100;

/// Held until dropped.
#[derive(Debug)]
pub struct Lock(File);

/// Why the lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another apply is running here: {holder}")]
    Taken {
        /// The process, and since when.
        holder: String,
        /// The file that is locked.
        path: PathBuf,
    },
    /// The folder can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl Lock {
    /// Takes the lock of a folder, which is created if it is missing.
    ///
    /// # Errors
    /// When another process holds it, or the folder can't be written.
    pub fn take(folder: &Path, now: Timestamp) -> Result<Self, LockError> {
        let path = folder.join(NAME);
        let opened = Folder::make(folder).map_err(FolderError::new(folder, "created"))?;
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
    /// Unlocks explicitly: closing the file is not enough while a child process that is just being started has a copy
    /// of it.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// Overwrites only what an earlier holder wrote: a file of that name that someone else made stays as it is.
fn sign(file: &mut File, now: Timestamp) -> io::Result<()> {
    if !text(file)?.is_some_and(|text| text.is_empty() || is_holder(&text)) {
        return Err(io::Error::other("not a lock file of livevod: move it away"));
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {} since {}", std::process::id(), now.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

/// The file's content, if it is no longer than what is written there.
fn text(file: &mut File) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= LONGEST);
    Ok(text.map(|text| text.trim().to_owned()))
}

/// Whether a text has exactly the form that [`sign`] writes, so that it can't say anything else.
fn is_holder(text: &str) -> bool {
    let parts = text.strip_prefix("process ").and_then(|rest| rest.split_once(" since "));
    parts.is_some_and(|(id, time)| id.parse::<u32>().is_ok() && time.parse::<Timestamp>().is_ok())
}

/// What the holder wrote. It may be writing it at this moment.
fn holder(file: &mut File) -> String {
    let said = text(file).ok().flatten().filter(|text| is_holder(text));
    said.unwrap_or_else(|| "an unknown process".to_owned())
}
