//! Turns tokens into text in canonical form. Tokens that share a line in the source share one in the result.

use std::borrow::Cow;

use super::quotes;
use super::tokens::{Kind, Token};

/// Spaces for each level.
const STEP: usize = 2;

/// The canonical form of `text`, whose tokens are `tokens`.
pub(super) fn write<'s>(text: &'s str, tokens: &'s [Token<'s>]) -> String {
    let mut writer = Writer {
        text,
        written: String::with_capacity(text.len() + text.len() / 8),
        frames: Vec::new(),
        last: None,
        last_end: 0,
        header: None,
        line_indent: 0,
        lines: Vec::new(),
        waiting: Vec::new(),
        apart: apart(text, tokens),
        is_key: false,
    };
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Comma && writer.is_idle_comma(token, &tokens[at + 1..]) {
            writer.last_end = token.end;
        } else {
            writer.token(token);
        }
    }
    writer.flush(None);
    writer.written.push('\n');
    writer.written
}

/// A collection that is being written.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// Its entries are indented by `indent`; in the source, the first one began at `column`.
    Block { block: Block, indent: usize, column: Option<usize>, in_value: bool },
    /// In brackets: its further lines are indented one level deeper than `indent`.
    Flow { indent: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Map,
    List,
    /// A list that is not indented below its key: no tokens mark where it begins and ends.
    BareList,
}

struct Writer<'s> {
    text: &'s str,
    written: String,
    frames: Vec<Frame>,
    /// The last token that was written, comments included.
    last: Option<&'s Token<'s>>,
    /// Where that token ends.
    last_end: usize,
    /// The header of the block scalar whose lines come next.
    header: Option<&'s Token<'s>>,
    /// Indentation of the line that is being written.
    line_indent: usize,
    /// The lines above the one being written that are indented less: their column in the source and their new
    /// indentation.
    lines: Vec<(usize, usize)>,
    /// Comments on lines of their own, not yet written: what follows decides their indentation.
    waiting: Vec<&'s Token<'s>>,
    /// The first bytes of the top-level entries that get a blank line above them.
    apart: Vec<usize>,
    /// Whether a key comes next.
    is_key: bool,
}

impl<'s> Writer<'s> {
    fn token(&mut self, token: &'s Token<'s>) {
        match &token.kind {
            Kind::BlockStart { is_list } => {
                self.open_block(if *is_list { Block::List } else { Block::Map });
            }
            Kind::BlockEnd => {
                self.close_bare_list();
                self.frames.pop();
            }
            Kind::Key => {
                self.close_bare_list();
                self.set_in_value(false);
                self.is_key = true;
            }
            Kind::Comment if self.is_behind(token) => self.write_behind(token),
            Kind::Comment => {
                self.waiting.push(token);
            }
            Kind::BlockText { keeps_blank } => self.block_text(token, *keeps_blank),
            _ => self.solid(token),
        }
    }

    /// Writes a token that has bytes of its own.
    fn solid(&mut self, token: &'s Token<'s>) {
        match token.kind {
            Kind::Value => self.close_bare_list(),
            Kind::Entry if matches!(self.frames.last(), Some(Frame::Block { block: Block::Map, .. })) => {
                self.open_block(Block::BareList);
            }
            _ => {}
        }
        if let Some(Frame::Block { column: first @ None, .. }) = self.frames.last_mut() {
            *first = Some(column(self.text, token.start));
        }
        if self.begins_line(token) {
            let indent = self.indent(token);
            self.flush(Some((token, indent)));
        } else {
            let space = self.last.is_some_and(|last| takes_space(&last.kind, &token.kind));
            self.written.push_str(if space { " " } else { "" });
        }
        self.push(token);
        match token.kind {
            Kind::KeySign | Kind::Value | Kind::Entry => self.set_in_value(true),
            Kind::BlockHeader => self.header = Some(token),
            Kind::Open { .. } => self.frames.push(Frame::Flow { indent: self.flow_indent() }),
            Kind::Close { .. } => _ = self.frames.pop(),
            _ => {}
        }
        self.wrote(token);
    }

    fn push(&mut self, token: &'s Token<'s>) {
        let written = &self.text[token.start..token.end];
        if written.contains('\n') {
            let continued = folded(written, self.deeper());
            self.written.push_str(&continued);
        } else if let Kind::Quoted(text) = &token.kind {
            self.written.push_str(&quotes::fewest(written, text));
        } else if self.is_key && token.kind == Kind::Plain {
            self.written.push_str(&quotes::of_name(written));
        } else {
            self.written.push_str(written);
        }
        self.is_key &= matches!(token.kind, Kind::KeySign | Kind::Anchor);
    }

    fn wrote(&mut self, token: &'s Token<'s>) {
        self.last = Some(token);
        self.last_end = token.end;
    }

    fn open_block(&mut self, block: Block) {
        let indent = match self.frames.last() {
            Some(Frame::Block { indent, .. } | Frame::Flow { indent }) => indent + STEP,
            None => 0,
        };
        let in_value = block != Block::Map;
        self.frames.push(Frame::Block { block, indent, column: None, in_value });
    }

    fn close_bare_list(&mut self) {
        if matches!(self.frames.last(), Some(Frame::Block { block: Block::BareList, .. })) {
            self.frames.pop();
        }
    }

    fn set_in_value(&mut self, value: bool) {
        if let Some(Frame::Block { in_value, .. }) = self.frames.last_mut() {
            *in_value = value;
        }
    }

    /// The base indentation for the further lines of an opening bracket: that of its own line, or of the block around
    /// it if that is deeper. Inside other brackets it is at least one level deeper than theirs, since only the
    /// outermost closing bracket may be indented as little as the block.
    fn flow_indent(&self) -> usize {
        let open = self.frames.iter().rev();
        let outermost = open.take_while(|frame| matches!(frame, Frame::Flow { .. })).last();
        match (outermost, self.frames.last()) {
            (Some(Frame::Flow { indent }), _) => self.line_indent.max(indent + STEP),
            (_, Some(Frame::Block { indent, .. })) => self.line_indent.max(*indent),
            _ => self.line_indent,
        }
    }

    /// The indentation of a token that begins a line.
    fn indent(&self, token: &Token<'_>) -> usize {
        let is_sign = matches!(token.kind, Kind::Entry | Kind::KeySign | Kind::Value);
        match self.frames.last() {
            None => 0,
            Some(Frame::Block { indent, in_value, .. }) if is_sign || !in_value => *indent,
            Some(Frame::Flow { indent }) if matches!(token.kind, Kind::Close { .. }) => *indent,
            Some(_) => self.deeper(),
        }
    }

    /// The indentation of the further lines of a value.
    fn deeper(&self) -> usize {
        match self.frames.last() {
            Some(Frame::Block { indent, .. } | Frame::Flow { indent }) => indent + STEP,
            None => STEP,
        }
    }

    fn begins_line(&self, token: &Token<'_>) -> bool {
        self.last.is_none()
            || !self.waiting.is_empty()
            || self.text[self.last_end..token.start].contains('\n')
    }

    /// Whether a comma is a trailing one.
    fn is_idle_comma(&self, comma: &Token<'_>, behind: &[Token<'_>]) -> bool {
        let next = behind.iter().find(|token| has_bytes(token));
        next.is_some_and(|next| matches!(next.kind, Kind::Close { .. })) && !self.begins_line(comma)
    }

    fn is_behind(&self, comment: &Token<'_>) -> bool {
        self.last.is_some()
            && self.waiting.is_empty()
            && !self.text[self.last_end..comment.start].contains('\n')
    }

    /// Writes a comment after what shares its line: after one space if it was so, else in its old column if there is
    /// room.
    fn write_behind(&mut self, comment: &'s Token<'s>) {
        let before = self.written.rsplit('\n').next().unwrap_or_default().chars().count();
        let gap = match comment.start - self.last_end {
            0 | 1 => 1,
            _ => column(self.text, comment.start).saturating_sub(before).max(1),
        };
        self.written.extend(std::iter::repeat_n(' ', gap));
        self.written.push_str(&self.text[comment.start..comment.end]);
        self.wrote(comment);
    }

    /// Writes the waiting comments, and begins the line of the token after them.
    fn flush(&mut self, next: Option<(&Token<'_>, usize)>) {
        let next_indent = next.map_or(0, |(_, indent)| indent);
        let waiting = std::mem::take(&mut self.waiting);
        let mut starts: Vec<(usize, usize)> = waiting
            .iter()
            .map(|comment| (comment.start, self.comment_indent(comment, next, next_indent)))
            .collect();
        starts.extend(next.map(|(token, indent)| (token.start, indent)));
        let blanks = self.blanks(&waiting, &starts, next);
        for (at, (start, indent)) in starts.into_iter().enumerate() {
            self.begin_line(indent, blanks[at]);
            if let Some(comment) = waiting.get(at) {
                self.written.push_str(&self.text[comment.start..comment.end]);
                self.wrote(comment);
            } else {
                let column = column(self.text, start);
                self.lines.retain(|(_, above)| *above < indent);
                self.lines.push((column, indent));
                self.line_indent = indent;
            }
        }
    }

    fn begin_line(&mut self, indent: usize, blank: bool) {
        if !self.written.is_empty() {
            self.written.push_str(if blank { "\n\n" } else { "\n" });
        }
        self.written.extend(std::iter::repeat_n(' ', indent));
    }

    /// The indentation of a comment: that of what follows; or, if that is less than the line above, that of the line
    /// above that the comment was aligned under.
    fn comment_indent(
        &self,
        comment: &Token<'_>,
        next: Option<(&Token<'_>, usize)>,
        next_indent: usize,
    ) -> usize {
        if let Some((Token { kind: Kind::Close { .. }, .. }, _)) = next {
            return self.deeper();
        }
        let column = column(self.text, comment.start);
        let above =
            self.lines.iter().rev().find(|(stood, indent)| *stood <= column && *indent >= next_indent);
        match above {
            Some((_, indent)) if next_indent < self.line_indent => *indent,
            _ => next_indent,
        }
    }

    /// Which lines get a blank line above: those that had one, and the first line that leads to an entry that is set
    /// apart.
    fn blanks(
        &self,
        waiting: &[&Token<'_>],
        starts: &[(usize, usize)],
        next: Option<(&Token<'_>, usize)>,
    ) -> Vec<bool> {
        let mut end = self.last_end;
        let mut blanks = Vec::with_capacity(starts.len());
        for (at, (start, _)) in starts.iter().enumerate() {
            let breaks = self.text[end..*start].bytes().filter(|byte| *byte == b'\n').count();
            blanks.push(breaks > 1);
            end = waiting.get(at).map_or(*start, |comment| comment.end);
        }
        let is_apart = next.is_some_and(|(token, _)| self.apart.binary_search(&token.start).is_ok());
        if is_apart
            && let Some(lead) = starts.iter().position(|(_, indent)| *indent == 0)
            && !blanks[lead..].contains(&true)
        {
            blanks[lead] = true;
        }
        // A blank line would become part of the block scalar above.
        if let Some(Token { kind: Kind::BlockText { keeps_blank: true }, .. }) = self.last
            && let Some(first) = blanks.first_mut()
        {
            *first = false;
        }
        blanks
    }

    /// Writes the lines of a block scalar, moved as a whole.
    fn block_text(&mut self, token: &'s Token<'s>, keeps_blank: bool) {
        let (indent, stood) = match self.frames.last() {
            Some(Frame::Block { indent, column, .. }) => (*indent, column.unwrap_or(0)),
            _ => (0, 0),
        };
        let lines: Vec<&str> = self.text[token.start..token.end].split('\n').collect();
        let depth = |line: &&str| line.len() - line.trim_start_matches(' ').len();
        let told = self.told_depth();
        let first = lines.iter().find(|line| depth(line) < line.len());
        let from = told.map_or(first.map_or(usize::MAX, depth), |told| stood + told);
        let to = indent + told.unwrap_or(STEP);
        let mut moved: Vec<Cow<'_, str>> = lines
            .iter()
            .map(|line| match &line[depth(line).min(from)..] {
                "" => "".into(),
                rest => format!("{:to$}{rest}", "").into(),
            })
            .collect();
        // Spaces after the last line break are not a line of the text.
        let is_unended = moved.len() > 1 && token.end == self.text.len();
        let mut blank = if keeps_blank { usize::from(is_unended) } else { moved.len() };
        while blank > 0 && moved.last().is_some_and(|line| line.is_empty()) {
            moved.pop();
            blank -= 1;
        }
        for line in moved {
            self.written.push('\n');
            self.written.push_str(&line);
        }
        self.wrote(token);
    }

    /// The indentation of its lines that the header of a block scalar gives; most give none.
    fn told_depth(&self) -> Option<usize> {
        let header = self.header?;
        let digit = self.text[header.start..header.end].find(|sign: char| sign.is_ascii_digit())?;
        self.text[header.start + digit..].chars().next()?.to_digit(10).map(|digit| digit as usize)
    }
}

/// Whether a token has bytes and is not a comment.
fn has_bytes(token: &Token<'_>) -> bool {
    token.end > token.start && token.kind != Kind::Comment
}

/// Whether there is a space between two tokens that share a line.
fn takes_space(left: &Kind<'_>, right: &Kind<'_>) -> bool {
    match (left, right) {
        (Kind::Open { .. }, Kind::Close { .. }) | (Kind::Open { is_map: false }, _) => false,
        (Kind::Value, Kind::Comma | Kind::Close { .. }) => true,
        (_, Kind::Comma | Kind::Close { is_map: false }) => false,
        // After an alias there is a space: the colon would become part of its name.
        (Kind::Plain | Kind::Quoted(_) | Kind::Close { .. }, Kind::Value) => false,
        _ => true,
    }
}

/// A text of several lines, with its further lines at `indent`; their indentation has no meaning.
fn folded(written: &str, indent: usize) -> String {
    let last = written.matches('\n').count();
    let mut folded = String::with_capacity(written.len());
    for (at, line) in written.split('\n').enumerate() {
        let begin = if at == 0 { line } else { line.trim_start_matches([' ', '\t']) };
        let trimmed = begin.trim_end_matches([' ', '\t']);
        // A space after a backslash is part of the text.
        let content = if at == last || trimmed.ends_with('\\') { begin } else { trimmed };
        if at > 0 {
            folded.push('\n');
        }
        if at > 0 && !content.is_empty() {
            folded.extend(std::iter::repeat_n(' ', indent));
        }
        folded.push_str(content);
    }
    folded
}

/// How many characters come before a byte in its line.
fn column(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    text[line..at].chars().count()
}

/// The first bytes of the entries of a file that are set apart: those of several lines, and those after them.
fn apart(text: &str, tokens: &[Token<'_>]) -> Vec<usize> {
    let mut entries: Vec<(usize, usize)> = Vec::new();
    let (mut blocks, mut brackets) = (0, 0);
    let mut begins = false;
    for token in tokens {
        match token.kind {
            Kind::BlockStart { .. } => blocks += 1,
            Kind::BlockEnd => blocks -= 1,
            Kind::Key if blocks == 1 && brackets == 0 => begins = true,
            Kind::Open { .. } => brackets += 1,
            Kind::Close { .. } => brackets -= 1,
            _ => {}
        }
        if has_bytes(token) && token.kind != Kind::Marker {
            if std::mem::take(&mut begins) {
                entries.push((token.start, token.end));
            }
            if let Some(entry) = entries.last_mut() {
                entry.1 = token.end;
            }
        }
    }
    let is_long = |(start, end): &(usize, usize)| text[*start..*end].contains('\n');
    entries.windows(2).filter(|pair| pair.iter().any(is_long)).map(|pair| pair[1].0).collect()
}
