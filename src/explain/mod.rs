//! Explains: turns a [`Code`](crate::diag::Code) into its page, and an address into an [`Explanation`] of what the files
//! say about it.

mod address;
mod pages;

pub use address::{Explanation, FieldExplained, Ruler, Shadowed, address};
pub use pages::page;
