//! Turns YAML text into a tree in which every node knows its bytes. Only this file and `tokens` use `granit_parser`.
//!
//! Nothing is typed here: a scalar is its text, and its field decides what the text means. Aliases share their target's
//! node, so a tree is never larger than its file. What they would expand to is limited while the tree is built, so
//! readers can walk the tree without a limit of their own.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, StructureStyle, options};

use crate::diag::{Code, Diagnostic, Findings};
use crate::source::{FileId, Sources, Span};

/// The deepest nesting of maps and lists; the file format needs nine levels.
const DEPTH: usize = 64;

/// How many nodes aliases may add to a walk of the tree. Walking that many takes well under a second.
const ALIASED_NODES: u64 = 1_000_000;

/// One file's nodes. Children come before their parents, the root last.
#[derive(Debug)]
pub(super) struct Tree<'s> {
    nodes: Vec<Data<'s>>,
    root: usize,
}

#[derive(Debug)]
struct Data<'s> {
    span: Span,
    shape: Stored<'s>,
}

#[derive(Debug)]
enum Stored<'s> {
    Missing,
    Faulty,
    Scalar { text: Cow<'s, str>, plain: bool },
    List(Vec<usize>),
    Map(Vec<(usize, usize)>),
}

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree<'t>,
    at: usize,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Shape<'t> {
    /// Nothing was written.
    Missing,
    /// Invalid, and already reported.
    Faulty,
    /// A text.
    Scalar {
        /// The text after unquoting.
        text: &'t str,
        /// Whether it stood without quotes.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node<'t>>),
    /// Keys and values as written: in order, repeated keys included.
    Map(Vec<(Node<'t>, Node<'t>)>),
}

impl Tree<'_> {
    /// The topmost node.
    pub(super) fn root(&self) -> Node<'_> {
        Node { tree: self, at: self.root }
    }

    /// The place of each scalar, in the order of the text.
    pub(super) fn scalars(&self) -> Vec<Span> {
        let scalars = self.nodes.iter().filter(|node| matches!(node.shape, Stored::Scalar { .. }));
        let mut spans: Vec<Span> = scalars.map(|node| node.span).collect();
        spans.sort_unstable();
        spans
    }

    /// Whether both have the same texts, lists, maps and aliases; quotes count only where they change the meaning.
    pub(super) fn says_the_same(&self, other: &Tree<'_>) -> bool {
        let Self { nodes, root } = self;
        let pairs = nodes.iter().zip(&other.nodes);
        *root == other.root
            && nodes.len() == other.nodes.len()
            && pairs.into_iter().all(|(one, another)| one.shape.says_the_same(&another.shape))
    }
}

impl Stored<'_> {
    fn says_the_same(&self, other: &Stored<'_>) -> bool {
        match (self, other) {
            (Stored::Missing, Stored::Missing) | (Stored::Faulty, Stored::Faulty) => true,
            (Stored::Scalar { text: one, plain }, Stored::Scalar { text: another, plain: other_plain }) => {
                one == another && (plain == other_plain || !(is_blank(one) || one == "<<"))
            }
            (Stored::List(one), Stored::List(another)) => one == another,
            (Stored::Map(one), Stored::Map(another)) => one == another,
            _ => false,
        }
    }
}

/// Whether an unquoted text means null in YAML.
fn is_blank(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

impl<'t> Node<'t> {
    /// The node's bytes, including quotes and brackets; for an aliased node, the place where it was written out.
    pub(super) fn span(self) -> Span {
        self.tree.nodes[self.at].span
    }

    /// What the node is.
    pub(super) fn shape(self) -> Shape<'t> {
        let node = |at: usize| Node { tree: self.tree, at };
        match &self.tree.nodes[self.at].shape {
            Stored::Missing => Shape::Missing,
            Stored::Faulty => Shape::Faulty,
            Stored::Scalar { text, plain } => Shape::Scalar { text, plain: *plain },
            Stored::List(items) => Shape::List(items.iter().map(|at| node(*at)).collect()),
            Stored::Map(pairs) => {
                Shape::Map(pairs.iter().map(|(key, value)| (node(*key), node(*value))).collect())
            }
        }
    }

    /// Whether the node is blank: no text at all, or an unquoted null.
    pub(super) fn is_blank(self) -> bool {
        match &self.tree.nodes[self.at].shape {
            Stored::Missing => true,
            Stored::Scalar { text, plain: true } => is_blank(text),
            _ => false,
        }
    }

    /// Whether the node is the word `default`, which ends inheritance.
    pub(super) fn is_default(self) -> bool {
        matches!(self.shape(), Shape::Scalar { text: "default", .. })
    }
}

/// Reads one file. `None` if there is no usable tree; the reason is then in `findings`.
pub(super) fn read<'s>(sources: &'s Sources, file: FileId, findings: &mut Findings) -> Option<Tree<'s>> {
    let text = sources.get(file).text();
    let mut builder = Builder {
        file,
        text,
        findings,
        nodes: Vec::new(),
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        weights: Vec::new(),
        aliased: 0,
    };
    if let Some(at) = text.find('\0') {
        builder.syntax(at, "a NUL character is not allowed", "reading stopped here");
        return None;
    }
    builder.run()?;
    let Some(root) = builder.root.filter(|root| !matches!(builder.nodes[*root].shape, Stored::Missing))
    else {
        builder.report_empty();
        return None;
    };
    Some(Tree { nodes: builder.nodes, root })
}

/// A collection that is being read.
struct Open {
    is_map: bool,
    is_flow: bool,
    anchor: usize,
    /// Bytes covered so far; a block's start is its first child's.
    range: Option<(usize, usize)>,
    children: Vec<usize>,
}

struct Builder<'s, 'f> {
    file: FileId,
    text: &'s str,
    findings: &'f mut Findings,
    nodes: Vec<Data<'s>>,
    /// By node: how many nodes a walk from it visits.
    weights: Vec<u64>,
    open: Vec<Open>,
    root: Option<usize>,
    /// Finished nodes by anchor; an anchor that is not here yet is still open.
    anchors: HashMap<usize, usize>,
    aliased: u64,
}

impl<'s> Builder<'s, '_> {
    fn run(&mut self) -> Option<()> {
        let options = options! {
            disallow_directives: true,
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: DEPTH,
            block_nesting_limit: DEPTH,
        };
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    self.report_syntax(&error);
                    return None;
                }
            };
            let range = span.byte_range().map_or((0, 0), |range| (range.start, range.end));
            if event.tag().is_some() {
                let tag = span.tag_span().and_then(|span| span.byte_range());
                self.report_tag(tag.map_or(range, |tag| (tag.start, tag.end)));
            }
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents > 1 {
                    self.report_second_document(range);
                    break;
                }
            }
            self.take(event, range)?;
        }
        Some(())
    }

    fn take(&mut self, event: Event<'s>, range: (usize, usize)) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, _) => self.scalar(text, style, anchor, range),
            Event::SequenceStart(style, anchor, _) => self.start(false, style, anchor, range),
            Event::MappingStart(style, anchor, _) => self.start(true, style, anchor, range),
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            Event::Alias(anchor) => self.alias(anchor, range)?,
            Event::UnresolvedAlias(name) => self.report_unknown_alias(&name, range),
            _ => {}
        }
        Some(())
    }

    fn scalar(&mut self, text: Cow<'s, str>, style: ScalarStyle, anchor: usize, range: (usize, usize)) {
        let plain = style == ScalarStyle::Plain;
        // The parser reports `~` for a missing value; only the empty range distinguishes it from a written `~`.
        let shape =
            if plain && range.0 == range.1 { Stored::Missing } else { Stored::Scalar { text, plain } };
        let range = (range.0, range.0 + self.text[range.0..range.1].trim_end().len());
        let node = self.add(shape, range, 1);
        self.anchors.insert(anchor, node);
        self.attach(node, range);
    }

    fn start(&mut self, is_map: bool, style: StructureStyle, anchor: usize, range: (usize, usize)) {
        let is_flow = style == StructureStyle::Flow;
        self.anchors.remove(&anchor);
        self.open.push(Open {
            is_map,
            is_flow,
            anchor,
            range: is_flow.then_some(range),
            children: Vec::new(),
        });
    }

    fn end(&mut self, range: (usize, usize)) {
        let Some(open) = self.open.pop() else { return };
        // A block ends with its last child; the parser's own end is wherever the next token starts.
        let covered = match open.range {
            Some((start, _)) if open.is_flow => (start, range.1),
            covered => covered.unwrap_or((range.0, range.0)),
        };
        let weight = open.children.iter().fold(1u64, |sum, child| sum.saturating_add(self.weights[*child]));
        let shape = if open.is_map {
            Stored::Map(open.children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
        } else {
            Stored::List(open.children)
        };
        let node = self.add(shape, covered, weight);
        self.anchors.insert(open.anchor, node);
        self.attach(node, covered);
    }

    fn alias(&mut self, anchor: usize, range: (usize, usize)) -> Option<()> {
        let Some(target) = self.anchors.get(&anchor).copied() else {
            self.report_circle(range);
            return Some(());
        };
        self.aliased = self.aliased.saturating_add(self.weights[target]);
        if self.aliased > ALIASED_NODES {
            self.report_bomb(range);
            return None;
        }
        self.attach(target, range);
        Some(())
    }

    fn add(&mut self, shape: Stored<'s>, range: (usize, usize), weight: u64) -> usize {
        self.nodes.push(Data { span: self.span(range), shape });
        self.weights.push(weight);
        self.nodes.len() - 1
    }

    /// Adds a node to the innermost open collection. For an alias, `range` is the alias's place, not the node's own.
    fn attach(&mut self, node: usize, range: (usize, usize)) {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        open.children.push(node);
        let (start, end) = open.range.unwrap_or(range);
        open.range = Some((start, end.max(range.1)));
    }

    fn attach_faulty(&mut self, range: (usize, usize)) {
        let node = self.add(Stored::Faulty, range, 1);
        self.attach(node, range);
    }

    fn span(&self, (start, end): (usize, usize)) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    /// A syntax error at one character, or at the end of the text.
    fn syntax(&mut self, at: usize, message: &str, here: &str) {
        let start = floor_char_boundary(self.text, at);
        let length = self.text[start..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
        let span = self.span((start, start + length));
        self.findings.push(
            Diagnostic::new(Code::Syntax, format!("not YAML: {message}"))
                .label(span, here)
                .help("fix this first: nothing else in this file was checked; the mistake may be further up"),
        );
    }

    fn report_syntax(&mut self, error: &ScanError) {
        let at = Marker::byte_offset(error.marker()).unwrap_or(self.text.len());
        let here = match error.kind() {
            ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnclosedQuotedScalar => "opened here",
            _ => "reading stopped here",
        };
        self.syntax(at, &error.kind().to_string(), here);
    }

    fn report_tag(&mut self, range: (usize, usize)) {
        self.findings.push(
            Diagnostic::new(
                Code::Tag,
                format!("`{}` is a YAML tag, which livevod does not support", &self.text[range.0..range.1]),
            )
            .label(self.span(range), "a tag")
            .help("remove it: the key decides the type of its value"),
        );
    }

    fn report_second_document(&mut self, range: (usize, usize)) {
        self.findings.push(
            Diagnostic::new(Code::SeveralDocuments, "a second YAML document begins here")
                .label(self.span(range), "the second document")
                .help("move it into a file of its own: all files are read as one document"),
        );
    }

    fn report_unknown_alias(&mut self, name: &str, range: (usize, usize)) {
        let (message, help) = match name.trim_end_matches(':') {
            "" => ("`*` without quotes is a YAML alias".to_owned(), "write `\"*\"` in quotes"),
            _ => (
                format!("no anchor `&{name}` above this alias"),
                "define the anchor above it in this file, or use a tier to share settings between files",
            ),
        };
        self.findings.push(
            Diagnostic::new(Code::UnknownAlias, message).label(self.span(range), "unknown alias").help(help),
        );
        self.attach_faulty(range);
    }

    fn report_circle(&mut self, range: (usize, usize)) {
        self.findings.push(
            Diagnostic::new(Code::AliasBomb, "an alias is inside the value that it repeats")
                .label(self.span(range), "expands forever")
                .help("write the value itself in place of the alias"),
        );
        self.attach_faulty(range);
    }

    fn report_bomb(&mut self, range: (usize, usize)) {
        self.findings.push(
            Diagnostic::new(Code::AliasBomb, format!("aliases expand to more than {ALIASED_NODES} values"))
                .label(self.span(range), "one too many")
                .help("use tiers and layouts instead of aliases"),
        );
    }

    fn report_empty(&mut self) {
        self.findings.push(
            Diagnostic::new(Code::EmptyFile, "this file has no content")
                .label(self.span((0, 0)), "")
                .help("begin it with `version: 1`, or remove the file if it is not needed"),
        );
    }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// The tree as text, each node with the source it covers; and the codes of the findings.
    fn shown(text: &str) -> (String, Vec<Code>) {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", text));
        let mut findings = Findings::default();
        let shown =
            read(&sources, file, &mut findings).map_or(String::new(), |tree| show(&sources, tree.root()));
        (shown, findings.finish().into_iter().map(|finding| finding.code).collect())
    }

    fn show(sources: &Sources, node: Node<'_>) -> String {
        let covered = sources.text(node.span());
        match node.shape() {
            Shape::Missing => "-".into(),
            Shape::Faulty => "!".into(),
            Shape::Scalar { text, .. } if text == covered => text.to_owned(),
            Shape::Scalar { text, .. } => format!("{text:?}<{covered}>"),
            Shape::List(items) => {
                let items: Vec<String> = items.into_iter().map(|item| show(sources, item)).collect();
                format!("[{}]<{covered}>", items.join(","))
            }
            Shape::Map(pairs) => {
                let pairs: Vec<String> = pairs
                    .into_iter()
                    .map(|(key, value)| format!("{}={}", show(sources, key), show(sources, value)))
                    .collect();
                format!("{{{}}}<{covered}>", pairs.join(","))
            }
        }
    }

    fn tree(text: &str) -> String {
        let (shown, codes) = shown(text);
        assert_eq!(codes, []);
        shown
    }

    fn codes(text: &str) -> Vec<Code> {
        shown(text).1
    }

    #[test]
    fn spans_are_bytes_after_any_text() {
        assert_eq!(tree("{中文: 😀 on, é: x}"), "{中文=😀 on,é=x}<{中文: 😀 on, é: x}>");
        assert_eq!(tree("\u{feff}a: 中\r\nb: 2\r\n"), "{a=中,b=2}<a: 中\r\nb: 2>");
    }

    #[test]
    fn a_block_ends_with_its_last_child() {
        assert_eq!(
            tree("a:\n  b: 1 # why\n\n\nc:\n- x\n\n"),
            "{a={b=1}<b: 1>,c=[x]<x>}<a:\n  b: 1 # why\n\n\nc:\n- x>"
        );
        assert_eq!(tree("a: |\n  x\n  y\n\nb: 1\n"), "{a=\"x\\ny\\n\"<x\n  y>,b=1}<a: |\n  x\n  y\n\nb: 1>");
    }

    #[test]
    fn nothing_is_not_a_tilde() {
        assert_eq!(tree("a:\nb: ~\nc: ''\n"), "{a=-,b=~,c=\"\"<''>}<a:\nb: ~\nc: ''>");
    }

    #[test]
    fn an_alias_is_the_node_it_names() {
        assert_eq!(tree("{a: &x [1], b: *x, c: 2}"), "{a=[1]<[1]>,b=[1]<[1]>,c=2}<{a: &x [1], b: *x, c: 2}>");
    }

    #[test]
    fn what_livevod_does_not_read_is_refused() {
        assert_eq!(codes("a: !!str 5\n"), [Code::Tag]);
        assert_eq!(codes("a: 1\n---\nb: 1\n---\nc: 1\n"), [Code::SeveralDocuments]);
        assert_eq!(codes("a: *nope\nb: *nope\n"), [Code::UnknownAlias, Code::UnknownAlias]);
        assert_eq!(codes("%YAML 1.2\n---\na: 1\n"), [Code::Syntax]);
        for empty in ["", "# only a comment\n", "---\n", "\u{feff}", "\n\n"] {
            assert_eq!(codes(empty), [Code::EmptyFile], "{empty:?}");
        }
    }

    #[test]
    fn a_syntax_error_names_one_character() {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", "a: 中\nb: \0x\n"));
        let mut findings = Findings::default();
        assert!(read(&sources, file, &mut findings).is_none());
        assert_eq!(sources.text(findings.finish()[0].labels[0].span), "\0");
        assert_eq!(codes("a: [1, 2\nb: 3\n"), [Code::Syntax]);
        assert_eq!(codes("a: \"中\n"), [Code::Syntax]);
    }

    #[test]
    fn bombs_end_in_one_finding() {
        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..40 {
            let below = format!("*a{}, ", level - 1).repeat(9);
            laughs.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
        }
        assert_eq!(codes(&laughs), [Code::AliasBomb]);
        assert_eq!(codes("a: &a [*a]\n"), [Code::AliasBomb]);
        assert_eq!(codes(&"[".repeat(1 << 20)), [Code::Syntax]);
        assert_eq!(codes(&"{a: ".repeat(1 << 18)), [Code::Syntax]);
        assert_eq!(codes(&"- ".repeat(1 << 19)), [Code::Syntax]);
        let steps: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert_eq!(codes(&steps), [Code::Syntax]);
    }
}
