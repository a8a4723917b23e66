//! Turns a [`Code`] into its page, and an address into an [`Explanation`] of what the files say about it.

mod address;
mod online;

pub use address::{Explanation, FieldExplained, Ruler, Shadowed, address};
pub use online::{Difference, DomainState, Online, Standing, online};

use crate::diag::Code;

/// The page of a code: [`Code::page`].
pub fn page(code: Code) -> &'static str {
    code.page()
}
