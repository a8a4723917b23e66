//! Turns files into a [`Document`]: what was written, every value with its bytes, and everything wrong with it.
//!
//! ```text
//! paths ─load→ Sources ─tree→ nodes ─decode→ one Document a file ─merge→ Document
//! ```
//!
//! Only `load` touches the file system, and only `tree` and `tokens` know YAML. Whatever is wrong becomes a finding,
//! and reading goes on, so that one run reports everything. [`format()`] turns the text of a file into its canonical
//! form.

mod accept;
mod allows;
mod blocks;
mod decode;
mod document;
mod format;
mod keys;
mod load;
mod merge;
mod outline;
mod quotes;
mod record_format;
mod scalar;
mod schema;
mod settings;
mod spelling;
mod tokens;
mod tree;
mod writer;
mod yaml;

pub use document::{
    Accept, Allow, App, Defaults, Document, Domain, GroupIds, Layout, Setting, Settings, Stream, Tier,
    TranscodeGroup, Written,
};
pub use format::{format, not_formatted};
pub use load::{Loaded, Texts, begins_with, is_standard_input, is_yaml, load, read};
pub use outline::{WrittenEntry, WrittenMap, WrittenValue, outline};
pub use quotes::{formatted, is_plain, quoted};
pub use scalar::{is_account, is_region, is_writable};
pub use schema::schema;
pub use spelling::closest;
pub use yaml::{Keys, Notation, Yaml, YamlMap};

use crate::diag::{Diagnostic, Findings};
use crate::source::{FileId, Sources};

/// Reads all files as one document, in their order.
///
/// A file that is not valid YAML makes the document [`Document::partial`]; every finding of every file is reported.
pub fn parse(sources: &Sources) -> (Document, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let mut document = Document::default();
    for (file, _) in sources.iter() {
        let part = parse_file(sources, file, &mut findings);
        merge::merge(&mut document, part, &mut findings);
    }
    merge::check_whole(&mut document, &mut findings);
    (document, findings.finish())
}

fn parse_file(sources: &Sources, file: FileId, findings: &mut Findings) -> Document {
    match tree::read(sources, file, findings) {
        Some(tree) => {
            let mut decoder = decode::Decoder { findings, misplaced: Vec::new() };
            let document = decoder.document(tree.root());
            let misplaced = decoder.misplaced;
            Document { allows: allows::read(sources, file, &tree), misplaced, ..document }
        }
        None => Document { partial: true, ..Document::default() },
    }
}
