//! Turns YAML text into tokens for the formatter, each with its bytes, including comments and punctuation.
//!
//! The scanner's own places are exact for what has a text (scalars, comments, anchors, aliases). Punctuation is found again
//! in the gaps between those, which hold nothing else but white space.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Scanner, StrInput, TokenType, options};

/// A part of the text that is copied as it is, or the beginning or end of a block, which has no bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'s> {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// What it is.
    pub(super) kind: Kind<'s>,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'s> {
    /// `---` or `...`.
    Marker,
    /// A block map or list begins. A list that is not indented below its key has no such token.
    BlockStart { is_list: bool },
    /// A block ends.
    BlockEnd,
    /// A key begins.
    Key,
    /// `?`, which marks a key.
    KeySign,
    /// `:`.
    Value,
    /// `-`.
    Entry,
    /// `{` or `[`.
    Open { is_map: bool },
    /// `}` or `]`.
    Close { is_map: bool },
    /// `,`.
    Comma,
    /// `&name`.
    Anchor,
    /// `*name`.
    Alias,
    /// A text without quotes.
    Plain,
    /// A text in quotes, and the text without them.
    Quoted(Cow<'s, str>),
    /// `|` or `>` with its indicators.
    BlockHeader,
    /// The lines of a block scalar, from the beginning of the first one; `keeps_blank` if blank lines at the end belong
    /// to it.
    BlockText { keeps_blank: bool },
    /// From `#` to the end of the line.
    Comment,
}

/// The tokens of a text that [`super::tree::read`] accepts, in order; `None` if something in it is none of them.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let options = options! {
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        disallow_directives: true,
    };
    let scanned: Vec<(usize, usize, TokenType)> = Scanner::with_options(StrInput::new(text), options)
        .map(|token| {
            let (span, kind) = token.ok()?.into_parts();
            let range = span.byte_range()?;
            Some((range.start, range.end, kind))
        })
        .collect::<Option<_>>()?;
    let is_comment = |kind: &TokenType| matches!(kind, TokenType::Comment(_));
    let (comments, others): (Vec<_>, Vec<_>) = scanned.into_iter().partition(|(.., kind)| is_comment(kind));
    let comments: Vec<Token> = comments
        .into_iter()
        .map(|(start, end, _)| Token {
            start,
            end: start + text[start..end].trim_end().len(),
            kind: Kind::Comment,
        })
        .collect();
    let mut gaps = Gaps { text, comments: &comments, at: 0, found: Vec::with_capacity(others.len()) };
    for (start, end, kind) in others {
        gaps.take(start, end, kind)?;
    }
    let found = gaps.found;
    Some(merged(found, comments))
}

/// Both lists as one, in the order of their places.
fn merged<'s>(others: Vec<Token<'s>>, comments: Vec<Token<'s>>) -> Vec<Token<'s>> {
    let mut all = Vec::with_capacity(others.len() + comments.len());
    let mut comments = comments.into_iter().peekable();
    for token in others {
        while let Some(comment) =
            comments.next_if(|comment| token.end > token.start && comment.start < token.start)
        {
            all.push(comment);
        }
        all.push(token);
    }
    all.extend(comments);
    all
}

struct Gaps<'s, 'c> {
    text: &'s str,
    comments: &'c [Token<'s>],
    /// Everything before it has been taken.
    at: usize,
    found: Vec<Token<'s>>,
}

impl<'s> Gaps<'s, '_> {
    fn take(&mut self, start: usize, end: usize, kind: TokenType<'s>) -> Option<()> {
        match kind {
            TokenType::StreamStart | TokenType::StreamEnd => Some(()),
            TokenType::BlockSequenceStart => self.bare(Kind::BlockStart { is_list: true }),
            TokenType::BlockMappingStart => self.bare(Kind::BlockStart { is_list: false }),
            TokenType::BlockEnd => self.bare(Kind::BlockEnd),
            TokenType::Key => {
                self.bare(Kind::Key)?;
                match self.shows_key_sign() {
                    true => self.sign("?", Kind::KeySign),
                    false => Some(()),
                }
            }
            TokenType::DocumentStart => self.sign("---", Kind::Marker),
            TokenType::DocumentEnd => self.sign("...", Kind::Marker),
            TokenType::BlockEntry => self.sign("-", Kind::Entry),
            TokenType::Value => self.sign(":", Kind::Value),
            TokenType::FlowEntry => self.sign(",", Kind::Comma),
            TokenType::FlowSequenceStart => self.sign("[", Kind::Open { is_map: false }),
            TokenType::FlowSequenceEnd => self.sign("]", Kind::Close { is_map: false }),
            // A pair in a list, `[a: b]`, is a map without braces.
            TokenType::FlowMappingStart | TokenType::FlowMappingEnd if start == end => Some(()),
            TokenType::FlowMappingStart => self.sign("{", Kind::Open { is_map: true }),
            TokenType::FlowMappingEnd => self.sign("}", Kind::Close { is_map: true }),
            TokenType::Anchor(_) => self.solid(start, end, Kind::Anchor),
            TokenType::Alias(_) => self.solid(start, end, Kind::Alias),
            TokenType::Scalar(ScalarStyle::Plain, _) => self.solid(start, end, Kind::Plain),
            TokenType::Scalar(ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, text) => {
                self.solid(start, end, Kind::Quoted(text))
            }
            TokenType::Scalar(ScalarStyle::Literal | ScalarStyle::Folded, _) => self.block_scalar(end),
            _ => None,
        }
    }

    fn bare(&mut self, kind: Kind<'s>) -> Option<()> {
        self.found.push(Token { start: self.at, end: self.at, kind });
        Some(())
    }

    fn solid(&mut self, start: usize, end: usize, kind: Kind<'s>) -> Option<()> {
        let end = start + self.text.get(start..end)?.trim_end().len();
        if self.next() != start {
            return None;
        }
        self.at = end;
        self.found.push(Token { start, end, kind });
        Some(())
    }

    fn sign(&mut self, sign: &str, kind: Kind<'s>) -> Option<()> {
        let start = self.next();
        self.text[start..].starts_with(sign).then_some(())?;
        self.at = start + sign.len();
        self.found.push(Token { start, end: self.at, kind });
        Some(())
    }

    fn shows_key_sign(&self) -> bool {
        let rest = &self.text[self.next()..];
        rest.strip_prefix('?')
            .is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '\t', '\n']))
    }

    /// A block scalar whose lines end at byte `end`: its header, then its lines if it has any.
    fn block_scalar(&mut self, end: usize) -> Option<()> {
        let start = self.next();
        let length = self.text[start..].find(|sign: char| !matches!(sign, '|' | '>' | '+' | '-' | '0'..='9'));
        let header = &self.text[start..start + length.unwrap_or(self.text.len() - start)];
        self.at = start + header.len();
        self.found.push(Token { start, end: self.at, kind: Kind::BlockHeader });
        let first = self.text[self.at..].find('\n').map_or(self.text.len(), |at| self.at + at + 1);
        let mut lines = self.text.get(first..end.max(first))?;
        if self.text[first + lines.len()..].starts_with(|next| next != '\n') {
            // The spaces after the last line are the indentation of what follows.
            lines = &lines[..lines.rfind('\n').map_or(0, |at| at + 1)];
        }
        let keeps_blank = header.contains('+');
        if !lines.is_empty() {
            let one_less = lines.strip_suffix('\n').unwrap_or(lines);
            let kept = if keeps_blank { one_less } else { lines.trim_end_matches('\n') };
            self.at = first + kept.len();
            self.found.push(Token { start: first, end: self.at, kind: Kind::BlockText { keeps_blank } });
        }
        Some(())
    }

    /// The next byte that is neither white space nor in a comment.
    fn next(&self) -> usize {
        let mut at = self.at;
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len();
            match self.comments.binary_search_by_key(&at, |comment| comment.start) {
                Ok(comment) => at = self.comments[comment].end.max(at + 1),
                Err(_) => return at,
            }
        }
    }
}
