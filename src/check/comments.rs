//! Reads what allow comments name: the rule, and the lines whose findings of it are allowed.

use crate::config::Allow;
use crate::diag::{AllowedLines, Code, Diagnostic, Severity};

/// The lines that comments allow findings on.
pub(super) fn allowed_lines(allows: &[Allow]) -> AllowedLines {
    AllowedLines::new(allows.iter().filter_map(|allow| Some((allowable(allow).ok()?, allow.line))))
}

/// The rule that a comment names, if it can be allowed.
pub(super) fn allowable(allow: &Allow) -> Result<Code, Box<Diagnostic>> {
    let name = &allow.code.value;
    let report = |message: String, here: &str, help: &str| {
        Box::new(Diagnostic::new(Code::BadAllow, message).label(allow.code.span, here).help(help))
    };
    match Code::find(name) {
        Some(code) if code.severity() == Severity::Error => Err(report(
            format!("`{name}` is an error, and errors can't be allowed"),
            "an error's code",
            "fix the error, and remove this comment",
        )),
        Some(code) => Ok(code),
        None => Err(report(
            format!("`{name}` is not a rule of livevod"),
            "not a rule",
            "copy the code from the finding",
        )),
    }
}
