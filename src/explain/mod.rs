//! Turns a [`Code`] into its page, an address into an [`Explanation`] of what the files say about it, and a domain or an
//! app into the [`Area`] of its configurations.

mod address;
mod area;
mod online;

pub use address::{Explanation, FieldExplained, Ruler, Shadowed, address};
pub use area::{Area, Declared, area};
pub use online::{Difference, DomainState, Online, Standing, online};

use crate::diag::Code;

/// The page of a code: [`Code::page`].
pub fn page(code: Code) -> &'static str {
    code.page()
}
