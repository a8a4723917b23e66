//! Turns a [`Message`] into the body that its receiver takes, within the receiver's documented limits.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::document::Document;
use super::markup::{beginning, dingtalk, slack, slack_code, wecom_code};
use super::message::{Message, Row};
use super::receiver::Kind;
use super::sign;
use super::summary::Outcome;
use crate::gate;

/// The longest text of a block, in characters (Slack: 3,000).
const SLACK_TEXT: usize = 3_000;

/// The longest body, in bytes (DingTalk: 20,000).
const DINGTALK_BODY: usize = 20_000;

/// The longest body, in bytes (Feishu: 20 KB); the signature needs some of it.
const FEISHU_BODY: usize = 20_000;

/// The longest content, in bytes (WeCom: 4,096).
const WECOM_CONTENT: usize = 4_096;

/// The body for a receiver of this kind. `secret` signs it if the signature belongs into the body.
pub fn body(kind: Kind, message: &Message<'_>, secret: Option<&str>, now: Timestamp) -> String {
    let body = match kind {
        Kind::Json => text(&Document::new(message)),
        Kind::Slack => text(&slack_body(message)),
        Kind::Dingtalk => text(&dingtalk_body(message)),
        Kind::Feishu => text(&feishu_body(message, secret, now)),
        Kind::Wecom => text(&wecom_body(message)),
    };
    gate::json(&body).into_owned()
}

/// Such values can always be written as JSON.
fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// The first of these bodies that fits: that with the most differences. The last one lists none, and counts them.
fn fitting<T>(message: &Message<'_>, make: impl Fn(&[Row]) -> T, fits: impl Fn(&T) -> bool) -> T {
    let rows = message.rows();
    let mut shown = rows.len();
    loop {
        let body = make(&rows[..shown]);
        if shown == 0 || fits(&body) {
            return body;
        }
        shown -= 1;
    }
}

fn slack_body(message: &Message<'_>) -> Json {
    let section = |text: &str| {
        let text: String = text.chars().take(SLACK_TEXT).collect();
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
    };
    let title = slack(&message.title());
    let facts = message.facts().into_iter().map(|(name, fact)| format!("\n{name}: {}", slack_code(&fact)));
    let head = format!("*{title}*{}", facts.collect::<String>());
    let list = |rows: &[Row]| {
        let rest = message.rest(rows.len());
        let lines = rows.iter().map(|row| format!("• {}", in_code(row, slack_code)));
        lines.chain(rest).collect::<Vec<_>>().join("\n")
    };
    let rows = fitting(message, list, |text| text.chars().count() <= SLACK_TEXT);
    let link = message.link.map(|link| format!("<{}|Details>", slack(&link.to_string())));
    let blocks = [Some(head), Some(rows).filter(|rows| !rows.is_empty()), link].into_iter().flatten();
    let blocks: Vec<Json> = blocks.map(|text| section(&text)).collect();
    json!({ "text": title, "unfurl_links": false, "unfurl_media": false, "blocks": blocks })
}

/// A row whose names and values stand in code.
fn in_code(row: &Row, code: fn(&str) -> String) -> String {
    let Row { address, what, detail, who } = row;
    let detail = if detail.is_empty() { String::new() } else { format!(" {}", code(detail)) };
    let who = if who.is_empty() { String::new() } else { format!(" (ActionTrail: {})", code(who)) };
    format!("{} {what}{detail}{who}", code(address))
}

fn plain(row: &Row) -> String {
    let Row { address, what, detail, who } = row;
    let who = if who.is_empty() { String::new() } else { format!(" (ActionTrail: {who})") };
    let told = format!("{address} {what} {detail}");
    format!("{}{who}", told.trim_end())
}

fn dingtalk_body(message: &Message<'_>) -> Json {
    let title = message.title();
    let facts = message.facts().into_iter().map(|(name, fact)| format!("- {name}: {}\n", dingtalk(&fact)));
    let head = format!("### {}\n\n{}", dingtalk(&title), facts.collect::<String>());
    let link = message.link.map(|link| format!("\n[Details]({link})\n")).unwrap_or_default();
    let make = |rows: &[Row]| {
        let rest = message.rest(rows.len()).map(|rest| format!("- {rest}\n"));
        let rows = rows.iter().map(|row| format!("- {}\n", dingtalk(&plain(row))));
        let rows: String = rows.chain(rest).collect();
        let rows = if rows.is_empty() { rows } else { format!("\n{rows}") };
        json!({
            "msgtype": "markdown",
            "markdown": { "title": title, "text": format!("{head}{rows}{link}") },
            "at": { "isAtAll": false },
        })
    };
    fitting(message, make, |body| text(body).len() <= DINGTALK_BODY)
}

/// Plain elements, not markup: a text element shows its text as it is.
fn feishu_body(message: &Message<'_>, secret: Option<&str>, now: Timestamp) -> Json {
    let element = |text: String| json!([{ "tag": "text", "text": text }]);
    let facts: Vec<Json> =
        message.facts().into_iter().map(|(name, fact)| element(format!("{name}: {fact}"))).collect();
    let link = message.link.map(|link| json!([{ "tag": "a", "text": "Details", "href": link.to_string() }]));
    let make = |rows: &[Row]| {
        let rest = message.rest(rows.len());
        let rows = rows.iter().map(|row| format!("• {}", plain(row)));
        let rows = rows.chain(rest).map(element);
        let lines: Vec<Json> = facts.iter().cloned().chain(rows).chain(link.clone()).collect();
        let post = json!({ "en_us": { "title": message.title(), "content": lines } });
        json!({ "msg_type": "post", "content": { "post": post } })
    };
    let mut body = fitting(message, make, |body| text(body).len() <= FEISHU_BODY);
    if let Some((time, sign)) = secret.map(|secret| sign::feishu(secret, now)) {
        body["timestamp"] = time.into();
        body["sign"] = sign.into();
    }
    body
}

fn wecom_body(message: &Message<'_>) -> Json {
    let color = if message.summary.outcome == Outcome::Clean { "info" } else { "warning" };
    let facts = message.facts().into_iter().map(|(name, fact)| format!("\n> {name}: {}", wecom_code(&fact)));
    let facts: String = facts.collect();
    let head = format!("<font color=\"{color}\">{}</font>{facts}\n", message.title());
    let link = message.link.map(|link| format!("\n[Details]({link})")).unwrap_or_default();
    let make = |rows: &[Row]| {
        let rest = message.rest(rows.len()).map(|rest| format!("\n{rest}"));
        let rows = rows.iter().map(|row| format!("\n{}", in_code(row, wecom_code)));
        format!("{head}{}{link}", rows.chain(rest).collect::<String>())
    };
    let content = fitting(message, make, |content| content.len() <= WECOM_CONTENT);
    json!({ "msgtype": "markdown", "markdown": { "content": beginning(&content, WECOM_CONTENT) } })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::audited::Lost;
    use super::super::summary::{Check, Difference, DifferenceKind, FieldDifference, Found, Summary};
    use super::*;
    use crate::audit;
    use crate::model::Address;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn summary(names: &[String]) -> Summary {
        let differences = names.iter().zip(DifferenceKind::ALL.into_iter().cycle()).map(|(name, kind)| {
            let fields = vec![
                FieldDifference {
                    field: "tags",
                    declared: name.clone(),
                    actual: name.clone(),
                    moved: None
                };
                6
            ];
            let is_changed = kind == DifferenceKind::Changed;
            Difference {
                address: Address::new(name.as_str(), name.as_str(), name.as_str()),
                kind,
                moved: None,
                what: "differs from the files:",
                fields: if is_changed { fields } else { Vec::new() },
                detail: (!is_changed).then(|| name.clone()),
                who: is_changed.then(|| name.clone()),
            }
        });
        Summary {
            account: names.first().cloned(),
            outcome: Outcome::Incomplete,
            found: Found::Drift { differences: differences.collect(), domains: Default::default() },
            unread: names.to_vec(),
            ..Summary::failed(
                Check::Drift,
                names.first().map_or("here", String::as_str),
                None,
                "remote",
                "no answer",
            )
        }
    }

    /// The same names as those of streams.
    fn audited(names: &[String]) -> Summary {
        let verdicts = [audit::Kind::Missing, audit::Kind::Partly, audit::Kind::Unknown];
        let lost = names.iter().zip(verdicts.into_iter().cycle()).map(|(name, verdict)| Lost {
            address: Address::new(name.as_str(), name.as_str(), name.as_str()),
            verdict,
            began: NOW,
            seconds: 15_120,
            near: Some(Address::new("a.com", name.as_str(), name.as_str())),
        });
        let found = Found::Audit { lost: lost.collect(), domains: Default::default() };
        Summary { found, outcome: Outcome::NotRecorded, ..summary(names) }
    }

    fn made(kind: Kind, summary: &Summary) -> Json {
        let link = "https://ci.example.com/run?a=1&b=2".parse().unwrap();
        let message = Message { check: "night", summary, before: None, link: Some(&link) };
        let text = body(kind, &message, Some("hush"), NOW);
        let most = match kind {
            Kind::Json => usize::MAX,
            Kind::Slack => 16_000,
            Kind::Dingtalk | Kind::Wecom => 20_000,
            Kind::Feishu => 20 << 10,
        };
        assert!(text.len() <= most, "{kind:?}: {} bytes", text.len());
        serde_json::from_str(&text).unwrap()
    }

    /// Everything that the receiver reads as markup.
    fn markup(kind: Kind, body: &Json) -> String {
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        match kind {
            Kind::Slack => {
                let blocks = body["blocks"].as_array().unwrap();
                assert!(
                    blocks.iter().all(|block| text(&block["text"]["text"]).chars().count() <= SLACK_TEXT)
                );
                blocks.iter().map(|block| text(&block["text"]["text"]) + "\n").collect()
            }
            Kind::Dingtalk => text(&body["markdown"]["text"]),
            Kind::Wecom => {
                let content = text(&body["markdown"]["content"]);
                assert!(content.len() <= WECOM_CONTENT);
                content
            }
            Kind::Json | Kind::Feishu => String::new(),
        }
    }

    /// A name of letters that end, begin or escape markup in some receiver.
    fn names() -> impl Strategy<Value = Vec<String>> {
        let name = "[a-c<>@!|&`*_~#\\\\\\[\\](){}\" \n\u{202e}é中-]{0,40}|[a-z]{200,400}";
        prop::collection::vec(name, 0..60)
    }

    proptest! {
        #[test]
        fn no_name_mentions_links_or_overflows(names in names()) {
            let both = [summary(&names), audited(&names)];
            for (kind, summary) in both.iter().flat_map(|summary| Kind::ALL.map(|kind| (kind, summary))) {
                let body = made(kind, summary);
                let text = markup(kind, &body);
                match kind {
                    Kind::Slack => {
                        let text = text.replace("<https://ci.example.com/run?a=1&amp;b=2|Details>", "");
                        prop_assert!(!text.contains(['<', '>']), "{text}");
                        // Every code span ends on its line.
                        prop_assert!(text.lines().all(|line| line.matches('`').count() % 2 == 0), "{text}");
                    }
                    Kind::Dingtalk => {
                        let text = text.replace("[Details](https://ci.example.com/run?a=1&b=2)", "");
                        let text = text.replace("\\\\", "");
                        let escaped = |at: usize| text[..at].ends_with('\\');
                        let mut found = text.match_indices(['[', ']', '<', '`', '(', '!']);
                        prop_assert!(found.all(|(at, _)| escaped(at)), "{text}");
                    }
                    Kind::Wecom => {
                        let text = text.replace("<font color=\"warning\">", "").replace("</font>", "");
                        prop_assert!(!text.contains('<'), "{text}");
                    }
                    Kind::Json | Kind::Feishu => {}
                }
            }
            for summary in &both {
                let feishu = made(Kind::Feishu, summary);
                let lines = feishu["content"]["post"]["en_us"]["content"].as_array().unwrap();
                let tags: Vec<&str> = lines.iter().map(|line| line[0]["tag"].as_str().unwrap()).collect();
                let is_plain = |tags: &[&str]| tags.iter().all(|tag| *tag == "text");
                prop_assert!(tags.split_last().is_some_and(|(last, others)| *last == "a" && is_plain(others)));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let many: Vec<String> = (0..500).map(|at| format!("{}{at:03}", "n".repeat(100))).collect();
        let summary = Summary { unread: Vec::new(), ..summary(&many) };
        for (kind, least) in [(Kind::Slack, 1), (Kind::Dingtalk, 20), (Kind::Feishu, 20), (Kind::Wecom, 1)] {
            let text = made(kind, &summary).to_string();
            let rest = (least..=20).find(|shown| text.contains(&format!("and {} more", 500 - shown)));
            assert!(rest.is_some(), "{kind:?}: {text}");
        }
        let json = made(Kind::Json, &summary);
        assert_eq!(json["differences"].as_array().unwrap().len(), 500);
        assert_eq!(json["differences_total"], 500);
    }
}
