//! Text within a limit of bytes, built from whole rows: a row is added in full or counted as left out.

/// After this many consecutive rows that do not fit, the rest is left out without trying.
const TRIES: usize = 16;

/// The text so far.
pub(super) struct Sheet {
    text: String,
    most: usize,
    left_out: Vec<LeftOut>,
}

/// Rows of one kind that did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Their name, in the plural.
    pub(super) what: &'static str,
    pub(super) count: usize,
    pub(super) of: usize,
}

impl Sheet {
    /// An empty sheet that may grow to `most` bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { text: String::new(), most, left_out: Vec::new() }
    }

    /// Adds text that must be in it: counted, but never refused.
    pub(super) fn must(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// How many bytes are free besides `reserve`.
    pub(super) fn room(&self, reserve: usize) -> usize {
        self.most.saturating_sub(self.text.len() + reserve)
    }

    /// Adds as many of `items` as fit into `room` bytes with their frame, each formatted by `row`; nothing if none fits.
    pub(super) fn rows<T>(&mut self, rows: Rows, room: usize, items: &[T], row: impl Fn(&T) -> String) {
        let Rows { what, head, tail } = rows;
        let mut body = String::new();
        let (mut shown, mut misses) = (0, 0);
        for item in items {
            let text = row(item);
            if head.len() + body.len() + text.len() + tail.len() <= room {
                body.push_str(&text);
                (shown, misses) = (shown + 1, 0);
                continue;
            }
            misses += 1;
            if misses == TRIES {
                break;
            }
        }
        if shown > 0 {
            self.text.extend([head, &body, tail]);
        }
        if shown < items.len() {
            self.left_out.push(LeftOut { what, count: items.len() - shown, of: items.len() });
        }
    }

    /// The rows that did not fit, in words; empty if all did.
    pub(super) fn left_out(&self) -> Vec<String> {
        let words = |LeftOut { what, count, of }: &LeftOut| format!("{count} of {of} {what}");
        self.left_out.iter().map(words).collect()
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The text around the rows, and their name for when some are left out.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) what: &'static str,
    pub(super) head: &'a str,
    pub(super) tail: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(most: usize, items: &[&str]) -> (String, Vec<String>) {
        let mut sheet = Sheet::new(most);
        let rows = Rows { what: "rows", head: "<", tail: ">" };
        sheet.rows(rows, sheet.room(0), items, |item| (*item).to_owned());
        let left_out = sheet.left_out();
        (sheet.finish(), left_out)
    }

    #[test]
    fn rows_stand_whole_or_not_at_all() {
        assert_eq!(sheet(9, &["ab", "cd"]), ("<abcd>".to_owned(), vec![]));
        assert_eq!(sheet(5, &["ab", "cd"]), ("<ab>".to_owned(), vec!["1 of 2 rows".to_owned()]));
        assert_eq!(sheet(3, &["ab", "cd"]), (String::new(), vec!["2 of 2 rows".to_owned()]));
        assert_eq!(sheet(5, &["long one", "b"]), ("<b>".to_owned(), vec!["1 of 2 rows".to_owned()]));
    }
}
