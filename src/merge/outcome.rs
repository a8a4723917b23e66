//! What is asked of a merge, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::place::NewFiles;
use crate::diag::Diagnostic;
use crate::model::{Address, Snapshot};
use crate::source::{FileId, Place, Sources};

/// What is merged into what.
#[derive(Debug)]
pub struct Request<'r> {
    /// The files.
    pub sources: &'r Sources,
    /// The domains to merge, as the service has them.
    pub snapshot: &'r Snapshot,
    /// The regions of domains that no file names, as far as they are known.
    pub regions: &'r BTreeMap<Arc<str>, String>,
    /// Where the configurations of domains go that no file names.
    pub new_files: NewFiles,
}

/// The files with everything added that could be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merge {
    /// The files that change, each with its new text.
    pub edited: Vec<(FileId, String)>,
    /// The new files: name and text.
    pub created: Vec<(String, String)>,
    /// What is added, sorted.
    pub added: Vec<Address>,
    /// What has no unambiguous place, or can't be written, sorted.
    pub ambiguous: Vec<Ambiguous>,
    /// Declared configurations that differ from the service. They stay as they are written.
    pub differing: Vec<Address>,
}

/// A configuration that is not added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// Its address.
    pub address: Address,
    /// Why, a fragment.
    pub reason: String,
    /// The place in the files that the reason is about, if it is about one.
    pub place: Option<Place>,
}

/// Why nothing is merged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MergeError {
    /// The files have errors.
    #[error("the files have errors")]
    Faulty(Vec<Diagnostic>),
    /// The edited files would say something else besides, which would be a bug in livevod.
    #[error("the merged files would not match the service: {}", .0.join(", "))]
    Unproven(Vec<String>),
}
