//! Files that livevod writes for itself and only accepts unmodified: snapshots and plans.

use std::path::Path;

use super::failure::{Failure, with_causes};
use super::kinds::input;
use super::places::is_standard_output;
use super::terminal::{print_output, secrets};
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::files;

/// The text of a file, or of standard input if it is `-`. Errors are findings of `code`.
pub(super) fn text(file: &Path, code: Code) -> Result<String, Failure> {
    let failed = |error| Diagnostic::new(code, format!("can't read {}: {error}", input(file)));
    let bytes = match config::is_standard_input(file) {
        true => files::standard_input().map_err(failed)?,
        false => files::read(file).map_err(failed)?,
    };
    decoded(bytes, file, code)
}

/// The bytes of a file as text.
pub(super) fn decoded(bytes: Vec<u8>, file: &Path, code: Code) -> Result<String, Failure> {
    let no_text = |_| Diagnostic::new(code, format!("{} is not UTF-8 text", input(file)));
    Ok(String::from_utf8(bytes).map_err(no_text)?)
}

/// Such a file is applied later. So a secret in it can neither stay, because others read the file, nor be replaced, because the
/// wrong value would then be written to the service.
///
/// # Errors
/// When the text contains a secret of this process.
pub(super) fn refuse_secrets(text: &str, file: &Path, code: Code) -> Result<(), Failure> {
    if !secrets().is_in(text) {
        return Ok(());
    }
    let message =
        format!("`{}` is not written, because it would contain a secret of this process", file.display());
    Err(Diagnostic::new(code, message)
        .help("remove the secret from the value in the files or in the service that contains it, and renew the key")
        .into())
}

/// Writes a text completely or not at all. Only its owner can read a new file.
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
