//! Explains: turns a [`Code`](crate::diag::Code) into its page.

mod pages;

pub use pages::page;
