//! Plans as HTML pages: only intended scripts run, nothing is fetched, and no text becomes markup.

use base64::Engine as _;
use livevod::render::{Format, Layout, PlanView, Target};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::hostile_plan::{left_open, plan, since_review, text};
use super::plans::{changed, many};
use crate::plan::shown;

/// The text between two marks, each of which occurs once.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    assert_eq!(page.matches(start).count(), 1, "{start}");
    page.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn the_page_tells_what_the_plan_does() {
    let page = changed().run("plan --emulator --format html --link-base https://git.example/live").stdout;
    for part in [
        "<h1>Plan: 2 to add, 4 to change, 2 to destroy.</h1>",
        "<li><strong>recording-gap</strong>: <code>live.example.com/show/main</code>: the stream is not recorded between the delete and the create; <code class=\"flag\">--allow-recording-gap</code> allows it</li>",
        "<code>live.example.com/show/cam1</code> <span class=\"what\">cycle_duration 1h → 2h</span>",
        "<del><code>first-bucket.oss-cn-shanghai.aliyuncs.com</code></del>",
        "<ins><code>second-bucket.oss-cn-shanghai.aliyuncs.com</code></ins>",
        "<a href=\"https://git.example/live/livevod.yaml#L17\" rel=\"noreferrer\">livevod.yaml:17</a>",
        "<details><summary>1 unmanaged, left alone</summary><ul><li><code>live.example.com/news/desk</code><br>\
         <span class=\"quiet\">vod_transcode_group <code>hd (e2d796d3…)</code>, cycle_duration <code>30m</code>, ",
        "<code>livevod import live.example.com --merge --emulator</code>",
        "digest <code>sha256:",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn thousands_of_changes_stand_in_parts_of_which_none_is_long() {
    let plan = many(1_000);
    let page = html(&PlanView::of(&plan, &target()));
    let parts: Vec<&str> = page.split("<div class=\"part\" data-rows=\"").skip(1).collect();
    let rows = |part: &str| part.split_once('"').unwrap().0.parse::<usize>().unwrap();
    // Each of ten domains is a section of the page, with 100 changes in sections of their own.
    let (outer, inner): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| rows(part) == 100);
    assert_eq!(outer.len(), 10);
    assert_eq!(inner.iter().map(|part| rows(part)).collect::<Vec<_>>(), [40, 40, 20].repeat(10));
    for part in inner {
        let inside = part.split_once("</div>\n</details>\n").map_or(part, |(inside, _)| inside);
        assert_eq!(inside.matches("<details class=\"change").count(), rows(part));
    }
    assert!(!html(&PlanView::of(&many(20), &target())).contains("class=\"part\""));
}

fn html(view: &PlanView) -> String {
    shown(view, &Layout::new(Format::Html))
}

fn target() -> Target {
    Target { name: "https://live.aliyuncs.com".to_owned(), account: None }
}

#[test]
fn only_its_own_style_and_script_are_allowed() {
    let page = changed().run("plan --emulator --format html").stdout;
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| {
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text)))
    };
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "<script>", "</script>"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
        )
    );
    assert!(!page.contains(" style=") && !page.contains(" onclick"), "a policy of hashes lets neither pass");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_becomes_markup(plan in plan(8), since_review in since_review(4), left_open in left_open(4), name in text()) {
        let target = Target { name, account: plan.decisions.account.clone() };
        let page = html(&PlanView::new(&plan, &target, &left_open, &since_review));
        let body = page.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
        let known = ["a", "b", "br", "button", "code", "del", "details", "div", "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "header", "input", "ins",
            "label", "legend", "li", "main", "p", "rect", "section", "small", "span", "strong", "summary", "svg", "table", "tbody", "td", "th", "thead", "tr", "ul"];
        let mut depth: Vec<&str> = Vec::new();
        for tag in body.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').unwrap();
            prop_assert!(!text.contains('>'), "{text:?}");
            let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
            let name = tag.split(' ').next().unwrap();
            prop_assert!(known.contains(&name), "<{tag}>");
            prop_assert!(tag.matches('"').count() % 2 == 0, "<{tag}>");
            let is_alone = ["br", "input"].contains(&name) || tag.ends_with('/');
            match closes {
                true => prop_assert_eq!(depth.pop(), Some(name)),
                false if !is_alone => depth.push(name),
                false => {}
            }
        }
        prop_assert!(depth.is_empty(), "{depth:?}");
        prop_assert!(page.contains(&plan.digest()));
    }
}
