//! Reading any text ends without a panic, and every label is inside its file and on character boundaries.

use proptest::prelude::*;

use super::{read, round_trip};

/// Pieces with a meaning in YAML or livevod, to be inserted into a valid file.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    ",",
    "- ",
    "? ",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "'",
    "\"",
    "#",
    "%",
    "@",
    "`",
    "~",
    "\n",
    "\r\n",
    "\n  ",
    "\t",
    "\u{feff}",
    "\0",
    "\u{2028}",
    "中",
    "😀",
    "---\n",
    "...\n",
    "<<: *a",
    "default",
    "null",
    "tier: vip",
    "state: absent",
    "cycle_duration: 1h",
    "layout: tv",
    "\"*\": {}",
    "99999999999999999999",
    "streams:",
    "apps:",
];

const GOOD: &str = "version: 1
region: cn-shanghai
transcode_groups: { hd: { cn-shanghai: e2d796d3bb5fd8049d32bff62f94e4c1 }, archive: VOD_NO_TRANSCODE }
defaults: { vod_transcode_group: hd, cycle_duration: 1h }
tiers:
  vip: &a { cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: archive }
  base: *a
layouts: { tv: { apps: { show: { streams: { \"*\": {} } } } } }
ignore: [live.example.com/test-*]
domains:
  live.example.com:
    layout: tv
    prune: false
    apps:
      show: # 直播 😀
        defaults: { auto_compose: off }
        streams:
          cam1: { tier: vip }
          cam2: { state: absent }
          gala-1111: { tier: vip, expires: 2026-11-13 }
";

/// Replaces a part of a valid file with another piece.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, usize, prop::sample::Index)> {
    (any::<prop::sample::Index>(), 0usize..12, any::<prop::sample::Index>())
}

fn mutate(text: &mut String, at: usize, length: usize, piece: &str) {
    let boundary = |text: &str, at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let start = boundary(text, at.min(text.len()));
    let end = boundary(text, (start + length).min(text.len())).max(start);
    text.replace_range(start..end, piece);
}

/// A valid file with inserted pieces.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(mutation(), 1..6).prop_map(|mutations| {
        let mut text = String::from(GOOD);
        for (at, length, piece) in mutations {
            let at = at.index(text.len() + 1);
            mutate(&mut text, at, length, PIECES[piece.index(PIECES.len())]);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_ends_and_labels_fit(text in text()) {
        let read = read(&[("a.yaml", &text)]);
        for found in &read.diagnostics {
            let spans = found.labels.iter().map(|label| label.span).chain(found.related.iter().filter_map(|note| note.span));
            for span in spans {
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{found:?}\n{text}");
            }
        }
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,80}") {
        drop(read(&[("a.yaml", &text)]));
    }

    #[test]
    fn what_a_writer_writes_is_read_back(wanted in round_trip::wanted()) {
        round_trip::check(&wanted)?;
    }
}
