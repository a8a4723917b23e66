//! Merges a domain's own app tree over those of its layouts, without copying any of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::config::{App, Document, Domain, Settings, Stream};
use crate::source::{Span, Spanned};

/// One of the blocks that are merged under one name.
pub(super) struct Layer<'d, T> {
    /// The block.
    pub(super) block: &'d T,
    /// The name, in the domain's `layout`, that brought it; `None` for the domain's own.
    pub(super) layout: Option<&'d Spanned<String>>,
}

impl<T> Clone for Layer<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Layer<'_, T> {}

impl<'d, T> Layer<'d, T> {
    /// A part of the block, brought by the same layout.
    pub(super) fn part<U>(&self, block: &'d U) -> Layer<'d, U> {
        Layer { block, layout: self.layout }
    }
}

/// The entries of one stream: most have one.
type Layers<'d> = SmallVec<[Layer<'d, Stream>; 1]>;

/// One app of a domain, its blocks nearest first: the domain's own, then those of its layouts, the last one first.
#[derive(Default)]
pub(super) struct LaidApp<'d> {
    /// Where the app's name is written.
    pub(super) keys: Vec<Layer<'d, Span>>,
    /// The settings that the app's streams inherit.
    pub(super) defaults: SmallVec<[Layer<'d, Settings>; 1]>,
    /// The entries of each stream, sorted by its name; never empty.
    pub(super) streams: Vec<(&'d Arc<str>, Layers<'d>)>,
}

/// Merges the app trees of a domain. Layouts that no file defines are left out.
pub(super) fn lay<'d>(document: &'d Document, domain: &'d Domain) -> BTreeMap<&'d Arc<str>, LaidApp<'d>> {
    let mut laid = BTreeMap::new();
    add(&mut laid, &Layer { block: &domain.apps, layout: None });
    let names = domain.layout.iter().flat_map(|layout| &layout.names);
    for name in names.rev() {
        if let Some(layout) = document.layouts.get(&name.value) {
            add(&mut laid, &Layer { block: &layout.apps, layout: Some(name) });
        }
    }
    laid
}

fn add<'d>(laid: &mut BTreeMap<&'d Arc<str>, LaidApp<'d>>, tree: &Layer<'d, BTreeMap<Arc<str>, App>>) {
    for (name, app) in tree.block {
        let App { key, prune: _, defaults, streams } = app;
        let below = laid.entry(name).or_default();
        below.keys.push(tree.part(key));
        below.defaults.extend(defaults.iter().map(|defaults| tree.part(&defaults.settings)));
        let streams = streams.iter().map(|(name, stream)| (name, tree.part(stream)));
        below.streams = merged(std::mem::take(&mut below.streams), streams);
    }
}

/// Streams with one more layer, also sorted by their names. The first layer has nothing to be merged with.
fn merged<'d>(
    nearer: Vec<(&'d Arc<str>, Layers<'d>)>,
    streams: impl Iterator<Item = (&'d Arc<str>, Layer<'d, Stream>)>,
) -> Vec<(&'d Arc<str>, Layers<'d>)> {
    if nearer.is_empty() {
        return streams.map(|(name, stream)| (name, Layers::from_buf([stream]))).collect();
    }
    let mut merged: BTreeMap<&Arc<str>, Layers> = nearer.into_iter().collect();
    streams.for_each(|(name, stream)| merged.entry(name).or_default().push(stream));
    merged.into_iter().collect()
}
