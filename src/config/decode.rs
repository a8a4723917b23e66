//! The decoder's basic reads: a map, a list, a text or a setting from a node. Each mistake becomes a finding, and
//! reading goes on. `blocks` and `settings` decide what the keys mean.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::document::{Setting, Settings, Written};
use super::keys::SETTINGS;
use super::scalar::{self, Problem};
use super::spelling::closest;
use super::tree::{Node, Shape};
use crate::diag::{Code, Diagnostic, Findings};
use crate::source::{Span, Spanned};

/// Reads nodes as parts of a [`Document`](super::Document) and collects what is wrong with them.
pub(super) struct Decoder<'f> {
    pub(super) findings: &'f mut Findings,
    /// See [`Document::misplaced`](super::Document::misplaced).
    pub(super) misplaced: Vec<Settings>,
}

/// One key of a map and its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'t> {
    pub(super) name: &'t str,
    pub(super) key: Span,
    pub(super) value: Node<'t>,
}

impl Decoder<'_> {
    pub(super) fn report(&mut self, problem: Problem, span: Span) {
        let Problem { code, here, message, help } = problem;
        let diagnostic = Diagnostic::new(code, message).label(span, here);
        self.findings.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    /// The entries of a block whose key livevod defines: `domains`, `apps`, `streams`, `defaults`. Blank is an error.
    pub(super) fn block<'t>(&mut self, item: Item<'t>) -> Vec<Item<'t>> {
        if item.value.is_blank() {
            self.report_blank(item, "write `{}` if it is meant to be empty, or remove the key");
            return Vec::new();
        }
        self.items(item.value, example(item.name))
    }

    /// The entries of something that the user named: a domain, app, stream, tier or layout. Blank means `{}`.
    pub(super) fn entry<'t>(&mut self, item: Item<'t>) -> Vec<Item<'t>> {
        if item.value.is_blank() { Vec::new() } else { self.items(item.value, "`NAME: { KEY: VALUE }`") }
    }

    /// The entries of a map in order. A repeated key is reported and kept, so that its value is checked too. If the
    /// node is not a map, the help shows `example`.
    pub(super) fn items<'t>(&mut self, node: Node<'t>, example: &str) -> Vec<Item<'t>> {
        let Shape::Map(pairs) = node.shape() else {
            self.report_type(node, "a map", &format!("write keys with values, as in {example}"));
            return Vec::new();
        };
        let items: Vec<Item<'t>> =
            pairs.into_iter().filter_map(|(key, value)| self.item(key, value)).collect();
        let mut first: HashMap<&str, Span> = HashMap::with_capacity(items.len());
        for item in &items {
            match first.entry(item.name) {
                Entry::Vacant(place) => _ = place.insert(item.key),
                Entry::Occupied(earlier) => self.report_repeated(*item, *earlier.get()),
            }
        }
        items
    }

    fn item<'t>(&mut self, key: Node<'t>, value: Node<'t>) -> Option<Item<'t>> {
        match key.shape() {
            Shape::Scalar { text: "<<", plain: true } => {
                self.findings.push(
                    Diagnostic::new(Code::MergeKey, "livevod does not support the merge key `<<`")
                        .label(key.span(), "a merge key")
                        .help("bundle the settings in a tier under `tiers`, and write `tier: NAME` here"),
                );
                None
            }
            Shape::Scalar { text, .. } if !text.is_empty() => {
                Some(Item { name: text, key: key.span(), value })
            }
            Shape::Faulty => None,
            Shape::Scalar { .. } | Shape::Missing | Shape::List(_) | Shape::Map(_) => {
                self.findings.push(
                    Diagnostic::new(Code::WrongType, "a key must be a non-empty text")
                        .label(key.span(), "not a valid key")
                        .help("write a name before the `:`"),
                );
                None
            }
        }
    }

    /// The key of `item` among `known`. An unknown key is reported; a likely typo is then read as the key that was
    /// meant, so that nothing is reported as missing because of it.
    pub(super) fn known(&mut self, item: Item<'_>, known: &[&'static str]) -> Option<&'static str> {
        if let Some(name) = known.iter().find(|name| **name == item.name) {
            return Some(name);
        }
        let is_setting = known.contains(&"defaults") && SETTINGS.contains(&item.name);
        let meant = closest(item.name, known.iter().copied()).filter(|_| !is_setting);
        let help = match meant {
            Some(name) => format!("did you mean `{name}`?"),
            None if is_setting => format!(
                "write it inside `defaults` here (`defaults: {{ {}: … }}`), or in the entry of a stream",
                item.name
            ),
            None => format!(
                "known here: {}",
                known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!("`{}` is not a known key here", item.name);
        self.findings
            .push(Diagnostic::new(Code::UnknownKey, message).label(item.key, "not a known key").help(help));
        meant
    }

    /// A name that is a key, reported if it is invalid; its value is read anyway.
    pub(super) fn name(
        &mut self,
        item: Item<'_>,
        read: fn(&str) -> Result<String, Problem>,
    ) -> Option<String> {
        read(item.name).map_err(|problem| self.report(problem, item.key)).ok()
    }

    /// The text of a value; `None` if there is none, which is reported.
    pub(super) fn text<'t>(&mut self, item: Item<'t>) -> Option<&'t str> {
        if item.value.is_blank() {
            self.report_blank(item, "write a value, or remove the key");
            return None;
        }
        match item.value.shape() {
            Shape::Scalar { text: "", .. } => {
                self.report_blank(item, "write a value, or remove the key");
                None
            }
            Shape::Scalar { text, .. } => Some(text),
            Shape::Missing | Shape::Faulty | Shape::List(_) | Shape::Map(_) => {
                let help = format!("write exactly one value after `{}`", item.name);
                self.report_type(item.value, "a single value", &help);
                None
            }
        }
    }

    /// A value that is not inherited.
    pub(super) fn value<T>(
        &mut self,
        item: Item<'_>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<Spanned<T>> {
        let text = self.text(item)?;
        let span = item.value.span();
        read(text).map(|value| Spanned::new(value, span)).map_err(|problem| self.report(problem, span)).ok()
    }

    /// Like [`Self::value`], but an invalid value becomes [`Written::Faulty`].
    pub(super) fn marked<T>(
        &mut self,
        item: Item<'_>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Setting<T> {
        match self.value(item, read) {
            Some(Spanned { value, span }) => Spanned::new(Written::Value(value), span),
            None => Spanned::new(Written::Faulty, item.value.span()),
        }
    }

    /// A setting: a value, or the word `default`.
    pub(super) fn setting<T>(
        &mut self,
        item: Item<'_>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Setting<T> {
        match item.value.shape() {
            Shape::Scalar { text: "default", .. } => Spanned::new(Written::Default, item.value.span()),
            _ => self.marked(item, read),
        }
    }

    /// The items of a list.
    pub(super) fn list<'t>(&mut self, item: Item<'t>) -> Vec<Item<'t>> {
        if item.value.is_blank() {
            self.report_blank(item, "write `[]` if it is meant to be empty, or remove the key");
            return Vec::new();
        }
        let Shape::List(values) = item.value.shape() else {
            let help = format!("write a list, as in `{}: [ONE, TWO]`", item.name);
            self.report_type(item.value, "a list", &help);
            return Vec::new();
        };
        values.into_iter().map(|value| Item { value, ..item }).collect()
    }

    /// A switch that is not inherited.
    pub(super) fn flag(&mut self, item: Item<'_>) -> Option<Spanned<bool>> {
        self.value(item, scalar::switch)
    }

    fn report_blank(&mut self, item: Item<'_>, help: &str) {
        // A missing value has no bytes to underline, so the key is underlined.
        let value = item.value.span();
        let span = if value.start == value.end { item.key } else { value };
        let message = format!("`{}` is blank", item.name);
        self.findings.push(Diagnostic::new(Code::BlankValue, message).label(span, "no value").help(help));
    }

    fn report_type(&mut self, node: Node<'_>, expected: &str, help: &str) {
        let found = match node.shape() {
            Shape::Faulty => return,
            Shape::Missing => "nothing",
            Shape::Scalar { .. } => "a single value",
            Shape::List(_) => "a list",
            Shape::Map(_) => "a map",
        };
        let message = format!("expected {expected}, found {found}");
        let finding = Diagnostic::new(Code::WrongType, message);
        self.findings.push(finding.label(node.span(), found).help(help));
    }

    fn report_repeated(&mut self, item: Item<'_>, first: Span) {
        self.findings.push(
            Diagnostic::new(Code::DuplicateKey, format!("`{}` appears twice in the same map", item.name))
                .label(item.key, "again here")
                .label(first, "first here")
                .help("remove one, or join the two"),
        );
    }
}

/// An example of the block after a key that livevod defines.
fn example(key: &str) -> &'static str {
    match key {
        "transcode_groups" => "`transcode_groups: { hd: VOD_NO_TRANSCODE }`",
        "tiers" => "`tiers: { vip: { cycle_duration: 15m } }`",
        "layouts" => "`layouts: { tv: { apps: { show: { streams: { cam1: {} } } } } }`",
        "domains" => "`domains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }`",
        "apps" => "`apps: { show: { streams: { cam1: {} } } }`",
        "streams" => "`streams: { cam1: {}, cam2: {} }`",
        "defaults" => "`defaults: { cycle_duration: 15m }`",
        "record_format" => "`record_format: { mp4: {} }`",
        "process" => "`process: { transcode: GROUP }`",
        _ => "`KEY: VALUE`",
    }
}
