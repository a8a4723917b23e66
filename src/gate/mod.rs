//! The gate that every text passes on its way out: secrets of this process are replaced, by value, and characters that could affect
//! a terminal, a log or its reader are escaped.
//!
//! ```text
//! field ─clean→ text ─hide→ ─lines→ stdout, stderr
//! value → JSON ─json→ ─hide→ documents, events, journals
//! ```
//!
//! [`clean`] is for a field within a line, [`lines`] for a whole text of lines, [`json`] for a document, whose values it keeps.
//! [`Secrets`] knows what to replace: code that reads a secret adds it there. Everything else here is pure.

mod escape;
mod forms;
mod secrets;

pub use escape::{clean, html, into_json, is_harmful, json, lines, without_error_numbers};
pub use secrets::Secrets;
