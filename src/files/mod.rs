//! livevod's own files, in `.livevod` or in a folder that is named: no link is followed on the path to them, each must be a regular
//! file, and none is read beyond a limit. A checkout may have created them, so each is checked after it is opened.
//!
//! The part of a given path that a checkout can't control is trusted: outside the working folder, up to a `.livevod` in the path.
//! Named outputs are written here too; when a file is replaced as a whole, its temporary file has a name that can't be guessed.

mod door;
mod folder;
mod outputs;
mod paths;
mod reach;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub(crate) use door::{BadFile, Readers, Stamp};
pub(crate) use folder::Folder;
use folder::{read_to, regular};
pub(crate) use outputs::{replace, write, write_folder, write_for, write_new, write_whole};
pub(crate) use paths::{is_opened, is_same, parts};

/// The largest file that is read, in bytes. A journal of 400,000 changes is half of it.
pub(crate) const LARGEST: u64 = 1 << 30;

/// How many bytes of a file are checked before the rest is read.
const BEGINNING: u64 = 4 << 10;

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
