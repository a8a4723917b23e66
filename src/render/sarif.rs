//! Findings as SARIF 2.1.0, in the form that code scanning accepts: one run, one result for each finding, the chain as
//! related locations.

use std::collections::BTreeSet;

use percent_encoding::utf8_percent_encode;
use serde_json::{Value as Json, json};

use super::documents::{Context, pretty};
use super::exit::Exit;
use super::links::PATH;
use super::rows::{Region, Row, rows, words, worst};
use crate::diag::{Code, Note, Severity};
use crate::explain;
use crate::gate::clean;
use crate::source::Span;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// How many results GitHub accepts in one run; it refuses a file with more.
const RESULTS: usize = 25_000;

/// How many locations GitHub accepts with one result.
const LOCATIONS: usize = 1_000;

/// Name of the folder that paths are relative to. Its location is left out, so that the same findings give the same bytes
/// on every machine.
const ROOT: &str = "SRCROOT";

/// One SARIF document. Findings without a place are notifications of the run: code scanning refuses results without one.
pub(super) fn sarif(context: Context, folder: &str) -> String {
    let rows = rows(context, folder);
    let codes: BTreeSet<Code> = rows.iter().map(|row| row.diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    // An error in the files is a result of the run. One without a place, or from the service, kept the run from its result.
    let stops = |row: &Row| {
        row.diagnostic.is_error() && (row.region.is_none() || row.diagnostic.code == Code::Remote)
    };
    let failed = context.exit == Exit::Error && rows.iter().any(stops);
    let (placed, placeless): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.region.is_some());
    let (placed, left_out) = worst(placed, RESULTS, |row| row.diagnostic.severity);
    let scribe = Scribe { context, folder, codes: &codes };
    pretty(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver(&codes)},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "the folder that livevod ran in"}}},
            "invocations": [scribe.invocation(&placeless, failed, left_out)],
            "results": placed.iter().map(|row| scribe.result(row)).collect::<Vec<_>>(),
        }],
    }))
}

fn driver(codes: &[Code]) -> Json {
    json!({
        "name": "livevod",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": codes.iter().copied().map(rule).collect::<Vec<_>>(),
    })
}

fn rule(code: Code) -> Json {
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": plain(code.summary())},
        "fullDescription": {"text": plain(&full_description(code))},
        "help": {
            "text": plain(&format!("{} `livevod explain {code}` says more.", code.summary())),
            "markdown": explain::page(code),
        },
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

/// The text of the page before its examples, as one line.
fn full_description(code: Code) -> String {
    let page = explain::page(code);
    let lines = page.lines().skip(1).take_while(|line| !line.starts_with('#'));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// The facts that every result needs.
struct Scribe<'a> {
    context: Context<'a>,
    folder: &'a str,
    codes: &'a [Code],
}

impl Scribe<'_> {
    fn invocation(&self, placeless: &[Row], failed: bool, left_out: usize) -> Json {
        let exit = self.context.exit;
        let mut notifications: Vec<Json> = placeless.iter().map(|row| self.notification(row)).collect();
        if left_out > 0 {
            let text = format!("{left_out} more findings, over the limit of {RESULTS} in one run");
            notifications.push(json!({"level": "warning", "message": {"text": text}}));
        }
        json!({
            "executionSuccessful": !failed,
            "exitCode": exit.code(),
            "exitCodeDescription": exit.reason(),
            "toolExecutionNotifications": notifications,
        })
    }

    fn notification(&self, row: &Row) -> Json {
        json!({
            "descriptor": {"id": row.diagnostic.code.as_str()},
            "level": level(row.diagnostic.severity),
            "message": {"text": plain(&words(row.diagnostic).join("\n"))},
            "properties": self.properties(row),
        })
    }

    fn result(&self, row: &Row) -> Json {
        let code = row.diagnostic.code;
        let primary = row.diagnostic.labels.first();
        let here = primary.map(|label| self.location(label.span, &label.text));
        json!({
            "ruleId": code.as_str(),
            "ruleIndex": self.codes.binary_search(&code).unwrap_or_default(),
            "level": level(row.diagnostic.severity),
            "message": {"text": plain(&words(row.diagnostic).join("\n"))},
            "locations": here.into_iter().collect::<Vec<_>>(),
            "relatedLocations": self.related(row),
            "partialFingerprints": {"livevodFinding/v1": row.fingerprint},
            "properties": self.properties(row),
        })
    }

    /// Further labels, then the chain.
    fn related(&self, row: &Row) -> Vec<Json> {
        let labels = row.diagnostic.labels.iter().skip(1).map(|label| (label.span, &label.text));
        let notes = row.diagnostic.related.iter();
        let notes = notes.filter_map(|Note { message, span }| Some(((*span)?, message)));
        let related = labels.chain(notes).map(|(span, text)| self.location(span, text));
        related.take(LOCATIONS - 1).collect()
    }

    fn location(&self, span: Span, text: &str) -> Json {
        let Region { path, start, end } = Region::new(span, self.context.sources, self.folder);
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": artifact(&path),
                "region": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                },
            },
        });
        if !text.is_empty() {
            location["message"] = json!({"text": plain(text)});
        }
        location
    }

    fn properties(&self, row: &Row) -> Json {
        let mut properties = serde_json::Map::new();
        if let Some(address) = &row.diagnostic.address {
            properties.insert("address".into(), clean(&address.to_string()).into());
        }
        if let Some(id) = &row.diagnostic.request_id {
            properties.insert("request_id".into(), clean(id).into());
        }
        properties.into()
    }
}

fn artifact(path: &str) -> Json {
    let encoded = utf8_percent_encode(path, PATH);
    match path.starts_with('/') {
        true => json!({"uri": format!("file://{encoded}")}),
        false => json!({"uri": encoded.to_string(), "uriBaseId": ROOT}),
    }
}

/// Text that a viewer shows unchanged: in SARIF, `[text](target)` is a link even in plain messages.
fn plain(text: &str) -> String {
    let text = text.lines().map(clean).collect::<Vec<_>>().join("\n");
    if !text.contains("](") {
        return text;
    }
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_make_no_link() {
        assert_eq!(plain("see [this](https://evil.example)"), "see \\[this\\](https://evil.example)");
        assert_eq!(plain("a list [1, 2]\nhelp: x\u{1b}"), "a list [1, 2]\nhelp: x\\u{1b}");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(artifact("a b/中:x.yaml")["uri"], "a%20b/%E4%B8%AD%3Ax.yaml");
        assert_eq!(artifact("a.yaml")["uriBaseId"], ROOT);
        assert_eq!(artifact("/etc/a.yaml"), json!({"uri": "file:///etc/a.yaml"}));
    }
}
