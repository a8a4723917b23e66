//! One apply a folder: a lock that the system takes back when its process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::{FolderError, make_folder, private};

/// Name of the file that is locked. It stays behind; what stands in it counts only while it is locked.
const NAME: &str = "lock";

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
        make_folder(folder)?;
        let path = folder.join(NAME);
        let opened = private().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(FolderError::new(&path, "made"))?;
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

fn sign(file: &mut File, now: Timestamp) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {} since {}", std::process::id(), now.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

/// What the holder wrote. It may be writing it just now.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    match text.trim() {
        holder if read.is_ok() && !holder.is_empty() => holder.to_owned(),
        _ => "a process that did not say who it is".to_owned(),
    }
}
