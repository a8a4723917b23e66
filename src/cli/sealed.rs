//! Files that livevod writes for itself and takes only as it wrote them: snapshots and plans.

use std::path::Path;

use super::failure::{Failure, with_causes};
use crate::apply::journal::write_beside;
use crate::diag::{Code, Diagnostic};

/// The text of a file; what is wrong with it is a finding of `code`.
pub(super) fn text(file: &Path, code: Code) -> Result<String, Failure> {
    let bytes = fs_err::read(file).map_err(|error| Diagnostic::new(code, error.to_string()))?;
    let no_text = |_| Diagnostic::new(code, format!("`{}` is no text", file.display()));
    Ok(String::from_utf8(bytes).map_err(no_text)?)
}

/// Writes a text, whole or not at all, for its owner alone.
pub(super) fn write(file: &Path, code: Code, text: serde_json::Result<String>) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| Diagnostic::new(code, with_causes(error));
    let text = text.map_err(|error| failed(&error))?;
    Ok(write_beside(file, &text).map_err(|error| failed(&error))?)
}
