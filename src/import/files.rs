//! What an import results in.

use std::collections::BTreeMap;

use crate::model::Address;

/// How the text is divided into files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// One file.
    Whole,
    /// A file for each domain, and one for what they share.
    ByDomain,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its text, in the form that `livevod fmt` writes.
    pub text: String,
}

/// The files that declare everything that can be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// In the order in which livevod reads them.
    pub files: Vec<File>,
    /// The domains that they name.
    pub domains: Vec<String>,
    /// How many configurations they declare.
    pub declared: usize,
    /// What no file can declare, and why.
    pub left_out: BTreeMap<Address, String>,
}

/// Why nothing is imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The written files do not lead to an empty plan: at each address, or for all of them, what is wrong.
    #[error("the imported files would not match the service")]
    Unproved(BTreeMap<Option<Address>, String>),
    /// `livevod fmt` would not accept a written file.
    #[error("`{0}` is not valid")]
    Unreadable(String),
}
