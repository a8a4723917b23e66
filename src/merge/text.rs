//! The texts of the files with everything added.

use std::sync::Arc;

use super::added::Added;
use super::place::Place;
use super::splice::splice;
use super::style::Style;
use crate::config::{self, WrittenMap, YamlMap};
use crate::source::{FileId, Source, Sources};

/// The files after the merge.
pub(super) struct Texts {
    /// All of them, in their order; new ones last.
    pub(super) sources: Sources,
    /// Those that were there and changed.
    pub(super) edited: Vec<FileId>,
    /// The new ones.
    pub(super) created: Vec<FileId>,
}

/// Adds everything to its file. A file in its canonical form keeps it.
pub(super) fn texts(
    sources: &Sources,
    outlines: &[(FileId, WrittenMap)],
    added: &Added,
    region: impl Fn(&str) -> Option<String>,
) -> Texts {
    let trees = added.trees(region);
    let mut texts = Texts { sources: Sources::default(), edited: Vec::new(), created: Vec::new() };
    for (file, source) in sources.iter() {
        let root = outlines.iter().find(|(other, _)| *other == file).map(|(_, root)| root);
        let tree = trees.iter().find(|(place, _)| **place == Place::File(file));
        let Some((root, (_, tree))) = root.zip(tree) else {
            texts.sources.add(source.clone());
            continue;
        };
        let text = splice(source, root, tree);
        let is_canonical = config::format(sources, file).is_ok_and(|canonical| canonical == source.text());
        let id =
            texts.sources.add(Source::new(source.name(), if is_canonical { canonical(text) } else { text }));
        texts.edited.push(id);
    }
    for (place, tree) in trees {
        if let Place::New(name) = place {
            texts.created.push(texts.sources.add(Source::new(name.clone(), new_file(&tree))));
        }
    }
    texts
}

fn new_file(tree: &YamlMap) -> String {
    let blocks = tree.entries.iter().flat_map(|(key, value): &(Arc<str>, _)| Style::NEW.lines(key, value, 0));
    let text: String = blocks.map(|line| format!("{line}\n")).collect();
    canonical(format!("version: 1\n\n{text}"))
}

fn canonical(text: String) -> String {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("", text.as_str()));
    config::format(&sources, file).unwrap_or(text)
}
