//! Reads the blocks of one file: the document, its groups, tiers and layouts, domains, apps.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::decode::{Decoder, Item};
use super::document::{App, Document, Domain, GroupIds, Holds, Layout, LayoutNames, Tier, TranscodeGroup};
use super::scalar::{self, Problem};
use super::tree::{Node, Shape};
use crate::diag::{Code, Diagnostic};
use crate::model::Pattern;
use crate::source::{Span, Spanned};

/// The keys of a file.
pub(super) const DOCUMENT: &[&str] = &[
    "version",
    "account",
    "region",
    "transcode_groups",
    "defaults",
    "tiers",
    "layouts",
    "ignore",
    "protect",
    "must_record",
    "accept",
    "domains",
];

/// The keys of a layout.
pub(super) const LAYOUT: &[&str] = &["apps"];

/// The keys of a domain.
pub(super) const DOMAIN: &[&str] = &["region", "layout", "prune", "defaults", "apps"];

/// The keys of an app.
pub(super) const APP: &[&str] = &["prune", "defaults", "streams"];

/// The keys of a layout's app. There is no `prune`: each domain decides what is deleted.
pub(super) const LAYOUT_APP: &[&str] = &["defaults", "streams"];

impl Decoder<'_> {
    /// Reads a whole file.
    pub(super) fn document(&mut self, root: Node<'_>) -> Document {
        let mut document = Document::default();
        if !matches!(root.shape(), Shape::Map(_)) {
            self.items(root, "`version: 1`");
            document.partial = true;
            return document;
        }
        let mut version = None;
        for item in self.items(root, "`version: 1`") {
            match self.known(item, DOCUMENT) {
                Some("version") => version = Some(self.value(item, scalar::version)),
                Some(name) => self.part(&mut document, name, item),
                None => {}
            }
        }
        if version.is_none() {
            self.report_version(root);
        }
        document
    }

    fn part(&mut self, document: &mut Document, name: &str, item: Item<'_>) {
        // The names that such a block defines must not be reported as unknown wherever they are used.
        let defines = matches!(name, "transcode_groups" | "defaults" | "tiers" | "layouts");
        document.partial |= defines && !matches!(item.value.shape(), Shape::Map(_));
        let Document {
            account,
            region,
            transcode_groups,
            defaults,
            tiers,
            layouts,
            ignore,
            protect,
            must_record,
            accept,
            domains,
            allows: _,
            misplaced: _,
            partial: _,
        } = document;
        match name {
            "account" => first(account, self.value(item, scalar::account)),
            "region" => first(region, self.value(item, scalar::region)),
            "transcode_groups" => self.named(transcode_groups, item, scalar::group_name, Self::group),
            "defaults" => first(defaults, Some(self.defaults(item))),
            "tiers" => self.named(tiers, item, scalar::own_name, Self::tier),
            "layouts" => self.named(layouts, item, scalar::own_name, Self::layout),
            "ignore" => ignore.extend(self.patterns(item)),
            "protect" => protect.extend(self.patterns(item)),
            "must_record" => must_record.extend(self.patterns(item)),
            "accept" => accept.extend(self.accepts(item)),
            "domains" => self.named(domains, item, scalar::domain, Self::domain),
            _ => {}
        }
    }

    /// Reads a block of named things. Each name is read before its value; the first value of a repeated name is kept. What
    /// has no place is only checked.
    fn named<K: Ord + From<String>, V: Holds>(
        &mut self,
        into: &mut BTreeMap<K, V>,
        item: Item<'_>,
        read: fn(&str) -> Result<String, Problem>,
        value: impl Fn(&mut Self, Item<'_>) -> V,
    ) {
        for item in self.block(item) {
            let name = self.name(item, read);
            let value = value(self, item);
            let misplaced = match name.map(|name| into.entry(name.into())) {
                Some(Entry::Vacant(place)) => {
                    place.insert(value);
                    continue;
                }
                Some(Entry::Occupied(_)) | None => value,
            };
            self.misplaced.extend(misplaced.into_settings());
        }
    }

    fn group(&mut self, item: Item<'_>) -> TranscodeGroup {
        TranscodeGroup { key: item.key, ids: self.group_ids(item) }
    }

    fn group_ids(&mut self, item: Item<'_>) -> GroupIds {
        if !matches!(item.value.shape(), Shape::Map(_)) {
            return GroupIds::Everywhere(self.marked(item, scalar::group_id));
        }
        let mut ids = BTreeMap::new();
        let mut faulty = false;
        for item in self.items(item.value, "`cn-shanghai: VOD_NO_TRANSCODE`") {
            let region = self.name(item, scalar::region);
            let id = self.marked(item, scalar::group_id);
            match region {
                Some(region) => _ = ids.entry(region).or_insert(id),
                None => faulty = true,
            }
        }
        if faulty { GroupIds::Faulty } else { GroupIds::ByRegion(ids) }
    }

    fn tier(&mut self, item: Item<'_>) -> Tier {
        let items = self.entry(item);
        Tier { key: item.key, settings: self.settings(&items) }
    }

    fn layout(&mut self, item: Item<'_>) -> Layout {
        let mut layout = Layout { key: item.key, apps: BTreeMap::new() };
        for item in self.entry(item) {
            if self.known(item, LAYOUT).is_some() {
                self.apps(&mut layout.apps, item, LAYOUT_APP);
            }
        }
        layout
    }

    fn patterns(&mut self, item: Item<'_>) -> Vec<Spanned<Pattern>> {
        self.list(item).into_iter().filter_map(|item| self.value(item, scalar::pattern)).collect()
    }

    fn domain(&mut self, item: Item<'_>) -> Domain {
        let (mut region, mut layout, mut prune, mut defaults) = (None, None, None, None);
        let mut apps = BTreeMap::new();
        let key = item.key;
        for item in self.entry(item) {
            match self.known(item, DOMAIN) {
                Some("region") => first(&mut region, self.value(item, scalar::region)),
                Some("layout") => first(&mut layout, self.layout_names(item)),
                Some("prune") => first(&mut prune, self.flag(item)),
                Some("defaults") => first(&mut defaults, Some(self.defaults(item))),
                Some("apps") => self.apps(&mut apps, item, APP),
                _ => {}
            }
        }
        Domain { key, further_keys: Vec::new(), region, layout, prune, defaults, apps }
    }

    fn layout_names(&mut self, item: Item<'_>) -> Option<LayoutNames> {
        let is_list = matches!(item.value.shape(), Shape::List(_));
        let items = if is_list { self.list(item) } else { vec![item] };
        let names: Vec<Spanned<String>> =
            items.into_iter().filter_map(|item| self.value(item, scalar::own_name)).collect();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for name in &names {
            if let Some(earlier) = seen.insert(&name.value, name.span) {
                self.report_layout_twice(name, earlier);
            }
        }
        Some(LayoutNames { span: item.value.span(), is_list, names })
    }

    fn apps(&mut self, apps: &mut BTreeMap<Arc<str>, App>, item: Item<'_>, keys: &[&'static str]) {
        self.named(apps, item, scalar::name, |decoder, item| decoder.app(item, keys));
    }

    fn app(&mut self, item: Item<'_>, keys: &[&'static str]) -> App {
        let mut app = App { key: item.key, prune: None, defaults: None, streams: BTreeMap::new() };
        for item in self.entry(item) {
            match self.known(item, keys) {
                Some("prune") => first(&mut app.prune, self.flag(item)),
                Some("defaults") => first(&mut app.defaults, Some(self.defaults(item))),
                Some("streams") => self.named(&mut app.streams, item, scalar::name, Self::stream),
                _ => {}
            }
        }
        app
    }

    fn report_version(&mut self, root: Node<'_>) {
        let span = match root.shape() {
            Shape::Map(pairs) => pairs.first().map_or(root.span(), |(key, _)| key.span()),
            _ => root.span(),
        };
        self.findings.push(
            Diagnostic::new(Code::MissingVersion, "this file has no `version`")
                .label(span, "the file begins here")
                .help("begin it with `version: 1`"),
        );
    }

    fn report_layout_twice(&mut self, name: &Spanned<String>, earlier: Span) {
        self.findings.push(
            Diagnostic::new(Code::DuplicateKey, format!("layout `{}` is named twice", name.value))
                .label(name.span, "again here")
                .label(earlier, "first here")
                .help("remove one: later layouts override earlier ones"),
        );
    }
}

/// Keeps the first value of a repeated key.
fn first<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}
