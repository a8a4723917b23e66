//! Files that livevod writes for itself and takes only as it wrote them: snapshots and plans.

use std::path::Path;

use super::failure::{Failure, with_causes};
use super::kinds::input;
use super::places::is_standard_output;
use super::terminal::{print_output, secrets};
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::files;

/// The text of a file, or of standard input where it is `-`; what is wrong with it is a finding of `code`.
pub(super) fn text(file: &Path, code: Code) -> Result<String, Failure> {
    let failed = |error| Diagnostic::new(code, format!("can't read {}: {error}", input(file)));
    let bytes = match config::is_standard_input(file) {
        true => files::standard_input().map_err(failed)?,
        false => files::read(file).map_err(failed)?,
    };
    decoded(bytes, file, code)
}

/// Bytes of a file as its text.
pub(super) fn decoded(bytes: Vec<u8>, file: &Path, code: Code) -> Result<String, Failure> {
    let no_text = |_| Diagnostic::new(code, format!("{} is no text", input(file)));
    Ok(String::from_utf8(bytes).map_err(no_text)?)
}

/// Such a file is carried out later: a secret in it can neither be kept, since others read the file, nor replaced, since what is
/// then written would be wrong.
///
/// # Errors
/// When a secret of this process stands in the text.
pub(super) fn refuse_secrets(text: &str, file: &Path, code: Code) -> Result<(), Failure> {
    if !secrets().is_in(text) {
        return Ok(());
    }
    let message = format!("`{}` would hold a secret of this process, and is not written", file.display());
    Err(Diagnostic::new(code, message)
        .help("a value in the files or in the service is the secret of a key: correct it there, and renew the key")
        .into())
}

/// Writes a text, whole or not at all; a new file is for its owner alone.
pub(super) fn write(file: &Path, code: Code, text: serde_json::Result<String>) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| Diagnostic::new(code, with_causes(error));
    let text = text.map_err(|error| failed(&error))?;
    refuse_secrets(&text, file, code)?;
    let unwritten = |error| Diagnostic::new(code, format!("can't write `{}`: {error}", file.display()));
    Ok(put(file, &text).map_err(unwritten)?)
}

/// Writes an output; `-` is standard output.
///
/// # Errors
/// When it can't be written.
pub(super) fn put(file: &Path, text: &str) -> std::io::Result<()> {
    if is_standard_output(file) { print_output(text) } else { files::write(file, text) }
}
