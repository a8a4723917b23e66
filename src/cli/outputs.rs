//! Writes new files, whole or not at all, and never over existing ones.

use std::io;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::config::{self, Texts};
use crate::diag::{Code, Diagnostic};
use crate::files;
use crate::import::{Division, File};

/// # Errors
/// When the file exists, or the folder holds YAML files, which would become one document with the new ones.
pub(super) fn insist_on_room(out: &Path, division: Division) -> Result<(), Failure> {
    let taken = match division {
        Division::Whole if out.symlink_metadata().is_ok() => Some(out.to_owned()),
        Division::Whole => None,
        Division::ByDomain if out.symlink_metadata().is_ok() && !out.is_dir() => Some(out.to_owned()),
        Division::ByDomain if out.is_dir() => {
            let Texts { sources, .. } = config::read(&[out.to_owned()]);
            sources.iter().next().map(|(_, source)| source.name().into())
        }
        Division::ByDomain => None,
    };
    match taken {
        Some(path) => Err(Diagnostic::new(Code::Usage, format!("`{}` already exists", path.display()))
            .help("import overwrites nothing: name another file or folder with `--out`, or add to these files with `--merge`")
            .into()),
        None => Ok(()),
    }
}

/// Writes the files: one to `out`, or all of them into the folder `out`. Each appears whole; a new folder appears with all
/// of them.
///
/// # Errors
/// When one can't be written, or exists by now.
pub(super) fn write(out: &Path, division: Division, files: &[File]) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::from(Diagnostic::new(Code::Usage, format!("can't write `{}`: {error}", out.display())))
    };
    match division {
        Division::Whole => {
            files.iter().try_for_each(|file| files::write_whole(out, &file.text)).map_err(failed)
        }
        Division::ByDomain => folder(out, files).map_err(failed),
    }
}

fn folder(out: &Path, files: &[File]) -> io::Result<()> {
    let all: Vec<(PathBuf, &str)> =
        files.iter().map(|file| (PathBuf::from(&file.name), file.text.as_str())).collect();
    files::write_folder(out, &all)
}
