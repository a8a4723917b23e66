//! Reads the comments `# livevod: allow CODE` of one file. The YAML tree has no comments, so they are found in the
//! text: a `#` after white space and outside of scalars begins one.

use super::document::Allow;
use super::tree::Tree;
use crate::source::{FileId, Source, Sources, Span, Spanned};

/// What such a comment begins with, after its `#`.
const MARK: &str = "livevod:";

/// Reads every allow comment of a file, one [`Allow`] for each code it names.
pub(super) fn read(sources: &Sources, file: FileId, tree: &Tree<'_>) -> Vec<Allow> {
    let source = sources.get(file);
    if !source.text().contains(MARK) {
        return Vec::new();
    }
    let scalars = tree.scalars();
    (0..source.line_count())
        .filter_map(|line| Some((line, comment(source, line, &scalars)?)))
        .flat_map(|(line, start)| codes(source, file, line, start))
        .collect()
}

/// The byte of the `#` that begins the comment of a line.
fn comment(source: &Source, line: usize, scalars: &[Span]) -> Option<u32> {
    let range = source.line_range(line);
    let text = &source.text()[range.start as usize..range.end as usize];
    let mut signs = text.match_indices('#').filter(|(at, _)| {
        text[..*at].chars().next_back().is_none_or(|before| before.is_whitespace() || before == '\u{feff}')
    });
    let (at, _) = signs.find(|(at, _)| !stands_in(scalars, range.start + *at as u32))?;
    Some(range.start + at as u32)
}

fn stands_in(scalars: &[Span], byte: u32) -> bool {
    let before = scalars.partition_point(|span| span.start <= byte);
    before > 0 && byte < scalars[before - 1].end
}

/// The codes of the comment that begins at byte `start` in `line`; none if it is any other comment.
fn codes(source: &Source, file: FileId, line: usize, start: u32) -> Vec<Allow> {
    let range = source.line_range(line);
    let comment = source.text()[start as usize..range.end as usize].trim_end();
    // Other text may come before it: `# the desk wants it so # livevod: allow short-cycle`.
    let mut parts = comment.match_indices('#').map(|(at, sign)| comment[at + sign.len()..].trim_start());
    let Some(list) = parts.find_map(|part| part.strip_prefix(MARK)?.trim_start().strip_prefix("allow "))
    else {
        return Vec::new();
    };
    let stands_alone = source.text()[range.start as usize..start as usize]
        .chars()
        .all(|character| character.is_whitespace() || character == '\u{feff}');
    let about = source.line_range(if stands_alone { next_content(source, line) } else { line });
    let about = Span { file, start: about.start, end: about.end };
    let base = start as usize + comment.len() - list.len();
    // What follows the codes, after `:`, `(`, `#` or `--`, is the reason.
    let list = list.split([':', '(', '#']).next().unwrap_or(list);
    let list = list.split("--").next().unwrap_or(list);
    let allow = |code: &str| {
        let start = base + (code.as_ptr() as usize - list.as_ptr() as usize);
        let span = Span { file, start: start as u32, end: (start + code.len()) as u32 };
        Allow { code: Spanned::new(code.to_owned(), span), line: about }
    };
    list.split(|character: char| character.is_whitespace() || character == ',')
        .filter(|code| !code.is_empty())
        .map(allow)
        .collect()
}

/// The first line below `line` with more than a comment.
fn next_content(source: &Source, line: usize) -> usize {
    let is_content = |line: &usize| {
        let range = source.line_range(*line);
        let text = source.text()[range.start as usize..range.end as usize].trim_start();
        !text.is_empty() && !text.starts_with('#')
    };
    (line + 1..source.line_count()).find(is_content).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use crate::config::parse;
    use crate::source::{Source, Sources, Span};

    /// Each code with its line, both as the file has them, lines from 0.
    fn allows(text: &str) -> Vec<(String, usize)> {
        let mut sources = Sources::default();
        sources.add(Source::new("a.yaml", text));
        let (document, _) = parse(&sources);
        for allow in &document.allows {
            assert_eq!(sources.text(allow.code.span), allow.code.value);
        }
        let line = |span: Span| sources.get(span.file).line_index(span.start);
        document.allows.into_iter().map(|allow| (allow.code.value, line(allow.line))).collect()
    }

    #[test]
    fn on_the_line_or_above_it() {
        let text = "version: 1 # livevod: allow one\n# livevod: allow two, three\n\n  # why\nregion: cn-a\n";
        assert_eq!(allows(text), [("one".into(), 0), ("two".into(), 4), ("three".into(), 4)]);
        assert_eq!(allows("# livevod: allow one: 中文 reason, two\nversion: 1\n"), [("one".into(), 1)]);
        assert_eq!(allows("version: 1\n# livevod: allow one -- reason"), [("one".into(), 1)]);
        assert_eq!(allows("version: 1 # reason # livevod: allow one # more\n"), [("one".into(), 0)]);
    }

    #[test]
    fn strings_are_no_comments() {
        for text in [
            "version: '1 # livevod: allow one'\n",
            "version: |\n  1\n  # livevod: allow one\n",
            "version: \"\n  # livevod: allow one\n  \"\n",
            "version: 1# livevod: allow one\n",
            "version: 1 # see livevod: allow one\n",
            "version: 1 # livevod: allowed\n",
        ] {
            assert_eq!(allows(text), [], "{text}");
        }
        assert_eq!(
            allows("account: '# no' # livevod: allow one\n# 中文 😀\nversion: 1\n"),
            [("one".into(), 0)]
        );
    }
}
