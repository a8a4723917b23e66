//! What every text passes on its way out: secrets that this process holds are replaced, by value, and characters that could act
//! on a terminal, a log or its reader are written out.
//!
//! ```text
//! field ─clean→ text ─hide→ ─lines→ stdout, stderr
//! value → JSON ─json→ ─hide→ documents, events, journals
//! ```
//!
//! [`clean`] is for a field within a line, [`lines`] for a whole text of lines, [`json`] for a document, whose values it keeps.
//! [`Secrets`] knows what has to be replaced: whoever reads a secret tells it. Pure but for that.

mod escape;
mod forms;
mod secrets;

pub use escape::{clean, html, is_harmful, json, lines};
pub use secrets::Secrets;
