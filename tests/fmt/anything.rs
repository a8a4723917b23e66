//! The canonical form of any file means the same to livevod and to another program, and is its own canonical form.

use proptest::prelude::*;

use super::{findings, formatted};
use crate::desired::mutated;

/// Choices made in advance, one byte each; zero when they run out, so that every text ends.
struct Choices<'c> {
    left: std::slice::Iter<'c, u8>,
    comments: Vec<String>,
    anchors: usize,
}

impl Choices<'_> {
    fn pick(&mut self, among: usize) -> usize {
        usize::from(self.left.next().copied().unwrap_or(0)) % among
    }

    fn comment(&mut self) -> String {
        let words = ["why", "中文 😀 # more", "{ not: yaml", "'", "livevod: allow short-cycle"];
        let comment = format!("# {} {}", self.comments.len(), words[self.pick(words.len())]);
        self.comments.push(comment.clone());
        comment
    }

    fn behind(&mut self) -> String {
        match self.pick(5) {
            1 => format!(" {}", self.comment()),
            2 => format!("\t  {}  ", self.comment()),
            3 => "   ".to_owned(),
            _ => String::new(),
        }
    }

    fn between(&mut self, indent: usize) -> String {
        match self.pick(6) {
            1 => format!("{}{}\n", " ".repeat(indent), self.comment()),
            2 => format!("\n\n\n{}{}\n\n", " ".repeat(indent), self.comment()),
            3 => "\n   \n".to_owned(),
            _ => String::new(),
        }
    }

    fn anchor(&mut self) -> String {
        if self.pick(6) != 1 {
            return String::new();
        }
        self.anchors += 1;
        format!("&a{} ", self.anchors)
    }

    fn scalar(&mut self) -> &'static str {
        const SCALARS: [&str; 16] = [
            "1",
            "cn-shanghai",
            "'vip'",
            "\"vip\"",
            "'it''s'",
            "\"a \\u4e2d\\t\"",
            "中文😀",
            "\"#no\"",
            "'# no'",
            "on",
            "'on'",
            "~",
            "\"~\"",
            "a b",
            "x:y",
            "''",
        ];
        SCALARS[self.pick(SCALARS.len())]
    }

    fn key(&mut self, number: usize) -> String {
        const KEYS: [&str; 6] = ["k", "'k'", "\"*\"", "中", "version", "k k"];
        let key = KEYS[self.pick(KEYS.len())];
        match key.strip_suffix(['\'', '"']) {
            Some(open) => format!("{open}{number}{}", &key[key.len() - 1..]),
            None => format!("{key}{number}"),
        }
    }

    fn flow(&mut self, depth: usize, may_break: bool) -> String {
        let blank = |choices: &mut Self| match choices.pick(4) {
            1 => "  ".to_owned(),
            2 if may_break => format!(" {}\n               ", choices.comment()),
            3 if may_break => "\n               ".to_owned(),
            _ => String::new(),
        };
        match self.pick(if depth == 0 { 1 } else { 4 }) {
            1 => {
                let items: Vec<String> = (0..self.pick(4))
                    .map(|_| format!("{}{}{}", blank(self), self.flow(depth - 1, may_break), blank(self)))
                    .collect();
                format!("[{}]", items.join(","))
            }
            2 => {
                let items: Vec<String> = (0..self.pick(4))
                    .map(|at| {
                        format!(
                            "{}{}: {}{}",
                            blank(self),
                            self.key(at),
                            self.flow(depth - 1, may_break),
                            blank(self)
                        )
                    })
                    .collect();
                format!("{{{}}}", items.join(","))
            }
            _ => self.scalar().to_owned(),
        }
    }

    /// The text after `key:` or `-`, including its line break; continued lines are indented by more than `indent`.
    fn value(&mut self, indent: usize, depth: usize) -> String {
        let deeper = indent + 1 + self.pick(5);
        let gap = " ".repeat(1 + self.pick(3));
        match self.pick(if depth == 0 { 5 } else { 9 }) {
            0 | 1 => format!("{gap}{}{}{}\n", self.anchor(), self.scalar(), self.behind()),
            2 => format!("{gap}{}{}{}\n", self.anchor(), self.flow(2, false), self.behind()),
            3 => format!("{gap}{}{}{}\n", self.anchor(), self.flow(2, true), self.behind()),
            4 if self.anchors > 0 => format!("{gap}*a{}{}\n", 1 + self.pick(self.anchors), self.behind()),
            4 => {
                let inner = " ".repeat(deeper);
                let header = ["|", "|-", ">", ">-", "|+"][self.pick(5)];
                format!(
                    "{gap}{header}{}\n{inner}text 中\n\n{inner}  # no comment\n{inner}end  \n",
                    self.behind()
                )
            }
            5 => format!("{gap}plain text\n\n{0}goes on \n{0}here{1}\n", " ".repeat(deeper), self.behind()),
            6 => format!(
                "{}{}
{}",
                self.anchor_before_block(),
                self.behind(),
                self.list(deeper, depth - 1)
            ),
            _ => format!(
                "{}{}
{}",
                self.anchor_before_block(),
                self.behind(),
                self.map(deeper, depth - 1)
            ),
        }
    }

    /// It has no anchor, so it may contain an alias.
    fn anchor_before_block(&mut self) -> &'static str {
        ["", "", " &block"][self.pick(3)]
    }

    fn list(&mut self, indent: usize, depth: usize) -> String {
        let items = 1 + self.pick(3);
        (0..items)
            .map(|_| format!("{}{}-{}", self.between(indent), " ".repeat(indent), self.value(indent, depth)))
            .collect()
    }

    fn map(&mut self, indent: usize, depth: usize) -> String {
        let entries = 1 + self.pick(4);
        let entry = |at: usize| {
            let bare = self.pick(8) == 1 && depth > 0;
            let key = self.key(at);
            let before = self.between(indent);
            let value = match bare {
                true => format!("{}\n{}", self.behind(), self.list(indent, depth - 1)),
                false => self.value(indent, depth),
            };
            format!("{before}{}{key}:{value}", " ".repeat(indent))
        };
        (0..entries).map(entry).collect()
    }
}

/// A file and its comments.
fn file() -> impl Strategy<Value = (String, Vec<String>)> {
    prop::collection::vec(any::<u8>(), 0..400).prop_map(|bytes| {
        let mut choices = Choices { left: bytes.iter(), comments: Vec::new(), anchors: 0 };
        let mut text = choices.map(0, 4) + &choices.between(0);
        match choices.pick(4) {
            1 => text = text.replace('\n', "\r\n"),
            2 => text.insert(0, '\u{feff}'),
            3 => text.insert_str(0, "---\n"),
            _ => {}
        }
        (text, choices.comments)
    })
}

/// The comments of a generated file, in order.
fn comments_of(text: &str) -> Vec<usize> {
    let numbers = text.match_indices("# ").filter_map(|(at, _)| {
        let digits: String = text[at + 2..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    numbers.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_says_the_same_and_is_its_own((text, comments) in file()) {
        let once = formatted(&text);
        prop_assert!(once.is_ok(), "{:?}\n{text}", once);
        let once = once.unwrap();
        prop_assert_eq!(&formatted(&once).unwrap(), &once, "not its own form; from\n{}", text);
        let other = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text);
        // It treats a byte order mark as a space.
        if let Ok(before) = other(text.trim_start_matches('\u{feff}')) {
            prop_assert_eq!(before, other(&once).unwrap(), "another program reads something else in\n{}", once);
        }
        let all: Vec<usize> = (0..comments.len()).collect();
        prop_assert_eq!(comments_of(&once).len(), all.len());
        prop_assert!(comments.iter().all(|comment| once.contains(comment.trim_end())));
        prop_assert_eq!(comments_of(&once), comments_of(&text));
        for line in once.lines().filter(|line| !line.contains("end") && !line.trim().is_empty()) {
            prop_assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn findings_are_the_same_in_it(text in mutated::text()) {
        if let Ok(once) = formatted(&text) {
            prop_assert_eq!(findings(&once), findings(&text), "{}\n---\n{}", text, once);
            prop_assert_eq!(&formatted(&once).unwrap(), &once);
        } else {
            let codes: Vec<&str> = findings(&text).iter().map(|found| found.0.as_str()).collect();
            prop_assert!(!codes.is_empty(), "it is read, and has no form:\n{text}");
        }
    }
}
