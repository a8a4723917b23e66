//! Plans as comments: their contents, that they never exceed the size limit, and that nothing breaks out of its row.

use insta::assert_snapshot;
use livevod::plan::Warning;
use livevod::render::{Format, LEAST_BYTES, Layout, Links, PlanView, Target};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::hostile_plan::{left_open, plan, since_review, text};
use super::plans::{applied, changed, many};
use crate::plan::shown;

const BASE: &str = "https://git.example/me/live/blob/main";

fn comment(max_bytes: usize) -> Layout {
    let links = Links { base: BASE.parse().ok(), folder: String::new() };
    Layout { max_bytes, links, ..Layout::new(Format::Markdown) }
}

#[test]
fn a_plan_as_a_comment() {
    assert_snapshot!(changed().run(&format!("plan --emulator --format markdown --link-base {BASE}")).stdout);
}

#[test]
fn a_drift_as_a_comment_has_no_guards_and_offers_no_apply() {
    let drift = changed().run("drift --emulator --format markdown");
    assert_eq!(drift.code, 2);
    assert_snapshot!(drift.stdout);
}

#[test]
fn a_report_as_a_comment() {
    let allowed = "--max-delete 9 --max-change 9 --allow-recording-gap --allow-recording-stop";
    let run = changed().run(&format!("apply --emulator --auto-approve --format markdown {allowed}"));
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(run.stdout);
}

#[test]
fn what_is_not_done_stands_first_in_a_report() {
    let world = applied();
    let text = std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap();
    let text = text.replace("archive: ", "odd: no-such-group, archive: ");
    let text = text.replace("cam1: {}", "cam1: { vod_transcode_group: odd, cycle_duration: 2h }");
    world.write("livevod.yaml", &text);
    let run = world.run("apply --emulator --auto-approve --format markdown --max-change 9");
    assert_eq!(run.code, 4, "{}", run.transcript());
    assert_snapshot!(run.stdout);
}

#[test]
fn no_changes_are_said_and_nothing_else() {
    assert_snapshot!(applied().run("plan --emulator --format markdown").stdout);
}

#[test]
fn the_first_line_is_the_same_for_one_title_and_target_and_no_other() {
    let first = |run: super::Run| run.stdout.lines().next().unwrap().to_owned();
    let (before, after) = (applied(), changed());
    let line = "plan --emulator --format markdown";
    assert_eq!(first(before.run(line)), first(after.run(line)));
    assert_ne!(first(after.run(line)), first(after.run(&format!("{line} --title staging"))));
    assert_ne!(first(after.run(line)), first(after.run("drift --emulator --format markdown")));
}

#[test]
fn without_a_plan_there_is_no_document() {
    let world = changed();
    world.write("livevod.yaml", "version: 2\n");
    let run = world.run("plan --emulator --format markdown");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("version"), "{}", run.stderr);
}

#[test]
fn too_few_bytes_are_refused_before_anything_is_read() {
    let run = changed().run("plan --emulator --max-bytes 500");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("6000 or more"), "{}", run.stderr);
}

#[test]
fn thousands_of_changes_fit() {
    let mut huge = many(4_000);
    let document = shown(&PlanView::of(&huge, &target()), &comment(60_000));
    assert!(document.len() <= 60_000);
    assert!(document.contains("Left out to stay within 60000 bytes: "), "{document}");
    // Identical changes fold into one row, and nothing is left out.
    let first = huge.decisions.changes[0].clone();
    for change in &mut huge.decisions.changes {
        change.transition.clone_from(&first.transition);
    }
    let document = shown(&PlanView::of(&huge, &target()), &comment(60_000));
    assert!(document.contains("| `~` ×4000 |"), "{document}");
    assert!(!document.contains("Left out"), "{document}");
}

#[test]
fn many_notes_do_not_push_the_table_away() {
    let mut plan = many(3);
    plan.notes.warnings =
        (0..40).map(|at| Warning { message: format!("fact {at} is odd"), address: None }).collect();
    let document = shown(&PlanView::of(&plan, &target()), &comment(60_000));
    let (open, folded) = document.split_once("<details>\n<summary>Further notes</summary>\n\n").unwrap();
    let notes = |text: &str| text.lines().filter(|line| line.starts_with("- fact ")).count();
    assert_eq!((notes(open), notes(folded)), (12, 28), "{document}");
    assert!(folded.contains("- fact 39 is odd\n\n</details>\n\n| | Configuration |"), "{document}");
    assert!(!document.contains("Left out"), "{document}");
}

fn target() -> Target {
    Target { name: "https://live.aliyuncs.com".to_owned(), account: Some("1234567890123456".to_owned()) }
}

/// What a Markdown parser reads from a document.
#[derive(Default)]
struct Read {
    text: String,
    html: Vec<String>,
    links: Vec<String>,
    headings: usize,
    images: usize,
    rows: usize,
    blocks: usize,
}

fn read(document: &str) -> Read {
    let mut read = Read::default();
    let mut in_code = false;
    for event in Parser::new_ext(
        document,
        Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH,
    ) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => (in_code, read.blocks) = (true, read.blocks + 1),
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if !in_code => read.text.push_str(&format!("{text}\u{0}")),
            Event::Html(html) | Event::InlineHtml(html) => read.html.push(html.trim_end().to_owned()),
            Event::Start(Tag::Link { dest_url, .. }) => read.links.push(dest_url.to_string()),
            Event::Start(Tag::Heading { .. }) => read.headings += 1,
            Event::Start(Tag::Image { .. }) => read.images += 1,
            Event::Start(Tag::TableRow) => read.rows += 1,
            _ => {}
        }
    }
    read
}

/// Whether a piece of HTML is one that livevod writes.
fn is_ours(html: &str) -> bool {
    let is_summary =
        html.strip_prefix("<summary>").is_some_and(|rest| !rest.trim_end_matches("</summary>").contains('<'));
    is_summary
        || ["<details>", "</details>", "<br>"].contains(&html)
        || (html.starts_with("<!-- livevod:plan:") && html.ends_with(" -->"))
}

/// Text that a code host would turn into a mention, a reference or a link.
fn is_marked(word: &str) -> bool {
    let lower = word.to_lowercase();
    let hex = word.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max().unwrap_or(0);
    word.contains(['@', '#', '<'])
        || ["://", "www.", "gh-"].iter().any(|mark| lower.contains(mark))
        || hex >= 7
}

/// The number that the last line gives for what was left out.
fn left_out(document: &str, what: &str) -> usize {
    let line = document.lines().last().and_then(|line| line.strip_prefix("Left out to stay within "));
    let list = line.and_then(|line| line.split_once(" bytes: ")).map_or("", |(_, list)| list);
    let ends = |item: &&str| {
        item.split_once(" of ")
            .and_then(|(_, rest)| rest.split_once(' '))
            .is_some_and(|(_, name)| name == what)
    };
    let list = list.split_once(". ").map_or(list, |(list, _)| list);
    list.split(", ").find(ends).map_or(0, |item| item.split(' ').next().unwrap().parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leaves_its_place(
        plan in plan(24), since_review in since_review(9), left_open in left_open(9), max_bytes in LEAST_BYTES..20_000, title in proptest::option::of(text()), name in text(), full in any::<bool>(),
    ) {
        let layout = Layout { title, full, ..comment(max_bytes) };
        let target = Target { name, account: plan.decisions.account.clone() };
        let document = shown(&PlanView::new(&plan, &target, &left_open, &since_review), &layout);
        prop_assert!(document.len() <= max_bytes, "{} bytes", document.len());
        let digest = format!("digest `{}`", plan.digest());
        prop_assert!(document.contains(&digest), "{}", document);
        prop_assert!(document.contains("at least 3 reads") || plan.decisions.changes.is_empty());
        let read = read(&document);
        for word in read.text.split(['\u{0}', ' ']) {
            prop_assert!(!is_marked(word), "{word:?} in {document}");
        }
        for html in &read.html {
            prop_assert!(is_ours(html), "{html:?} in {document}");
        }
        let count = |tag: &str| read.html.iter().filter(|html| *html == tag).count();
        prop_assert_eq!(count("<details>"), count("</details>"), "{}", document);
        prop_assert!(read.links.iter().all(|link| link.starts_with(BASE)), "{:?}", read.links);
        prop_assert_eq!((read.headings, read.images), (1, 0), "{}", document);
        let folds = livevod::plan::fold(&plan, full).len();
        let moved = since_review.len() - left_out(&document, "rows of changes since the review");
        let left_out_rows = ["rows of the table", "further rows of the table", "rows of changes already pending"];
        let rows = read.rows - moved + left_out_rows.map(|what| left_out(&document, what)).iter().sum::<usize>();
        prop_assert_eq!(rows, folds, "{}", document);
        prop_assert_eq!(read.blocks + left_out(&document, "changes in full"), folds, "{}", document);
        for held in &plan.notes.held {
            prop_assert!(document.contains(&format!("`{}`", held.guard.name())), "{document}");
        }
    }
}

#[test]
fn the_worst_stands_first() {
    let document = changed().run("plan --emulator --format markdown").stdout;
    let rows: Vec<&str> = document.lines().filter(|line| line.contains("| `live.")).collect();
    let symbols: Vec<&str> = rows.iter().map(|row| row[2..].split(" | ").next().unwrap()).collect();
    assert_eq!(symbols, ["**!** `-/+`", "**!** `~`", "`-`", "`~`", "`~` ×2", "`+`"], "{document}");
}
