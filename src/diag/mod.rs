//! Findings as values: what is wrong, where, why, and what to do about it. Only `render` turns them into text.

mod code;
mod diagnostic;
mod findings;

pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Label, Note, has_errors, sort};
pub use findings::{AllowedLines, Findings};
