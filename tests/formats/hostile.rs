//! Hostile names and messages: whatever they contain, each format keeps its structure.

use livevod::diag::{Code, Diagnostic, Severity};
use livevod::model::Address;
use livevod::render::{Context, Exit, Format, Layout, Links, Style, diagnostics, findings};
use livevod::source::{Source, Sources, Span};
use proptest::prelude::*;
use serde_json::Value as Json;

/// Pieces with a meaning in one of the formats, and any other text.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n::error file=x::y\n".to_owned()),
        Just("\r::stop-commands::x\r\n".to_owned()),
        Just("##[add-mask]".to_owned()),
        Just("%0A::warning::".to_owned()),
        Just(",line=1::".to_owned()),
        Just("[x](https://evil.example)".to_owned()),
        Just("\u{1b}]8;;https://evil.example\u{7}".to_owned()),
        Just("\u{202e}\u{2028}\u{85}\u{9b}31m\0".to_owned()),
        Just("../../etc".to_owned()),
        Just("\"},{\"".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    fn scene()(
        name in text(), body in text(), message in text(), label in text(), note in text(), help in text(),
        id in text(), stream in text(), placed in any::<bool>(), severity in 0..3_usize,
    ) -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::default();
        let end = body.len() as u32;
        let file = sources.add(Source::new(name, body));
        let whole = Span { file, start: 0, end };
        let mut finding = Diagnostic::new(Code::BadName, message).help(help).note(note.clone(), None);
        finding.severity = [Severity::Error, Severity::Warning, Severity::Advice][severity];
        if placed {
            finding = finding.label(whole, label).note(note, Some(whole));
        }
        finding.request_id = Some(id);
        let finding = finding.about(&Address::new("a.com", "show", stream.as_str()));
        // Identical findings, and more than GitHub shows if they have no place.
        (sources, vec![finding; 12])
    }
}

fn context<'a>(sources: &'a Sources, diagnostics: &'a [Diagnostic]) -> Context<'a> {
    Context { sources, diagnostics, exit: Exit::Error }
}

/// The findings in some format, from a run in its own folder.
fn document(format: Format, context: Context) -> String {
    let links = Links { base: None, folder: "/repo".to_owned() };
    findings(context, &Layout { links, ..Layout::new(format) }).text
}

/// Whether a character moves the cursor, or hides or reorders text, without line breaks.
fn is_harmful(character: char) -> bool {
    (character.is_control() && character != '\n') || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2028}')
}

proptest! {
    #[test]
    fn github_lines_are_ours(scene in scene()) {
        let (sources, findings) = scene;
        let document = document(Format::Github, context(&sources, &findings));
        prop_assert!(!document.contains(is_harmful), "{document:?}");
        let ours = ["::error ", "::warning ", "::notice ", "::group::12 findings", "::endgroup::",
            "error ", "warning ", "notice ", "livevod: 12 "];
        for line in document.lines() {
            prop_assert!(ours.iter().any(|head| line.starts_with(head)), "{line:?}");
            let is_command = line.starts_with("::");
            prop_assert!(is_command || !line.contains("##["), "{line:?}");
        }
        let commands = document.lines().filter(|line| line.starts_with("::") && line.contains("title="));
        for command in commands {
            let (head, _) = command[2..].split_once("::").unwrap();
            let (_, properties) = head.split_once(' ').unwrap();
            for property in properties.split(',') {
                let (name, _) = property.split_once('=').unwrap();
                prop_assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&name), "{command}");
            }
        }
    }

    #[test]
    fn json_formats_stay_json_and_clean(scene in scene()) {
        let (sources, findings) = scene;
        let gitlab = document(Format::Gitlab, context(&sources, &findings));
        let sarif = document(Format::Sarif, context(&sources, &findings));
        for document in [&gitlab, &sarif] {
            let parsed: Json = serde_json::from_str(document).unwrap();
            prop_assert!(!document.contains(is_harmful), "{document:?}");
            texts(&parsed, &mut |name, text| match name {
                "path" | "uri" => assert!(!text.split('/').any(|part| part == ".."), "{text:?}"),
                _ => assert!(!text.contains(is_harmful), "{name}: {text:?}"),
            });
        }
        let mut fingerprints: Vec<String> = Vec::new();
        texts(&serde_json::from_str(&gitlab).unwrap(), &mut |name, text| {
            if name == "fingerprint" { fingerprints.push(text.to_owned()) }
        });
        fingerprints.sort();
        fingerprints.dedup();
        prop_assert_eq!(fingerprints.len(), findings.len());
    }

    #[test]
    fn a_terminal_gets_no_control_character(scene in scene(), drawings in any::<bool>(), unicode in any::<bool>()) {
        let (sources, findings) = scene;
        let style = Style { drawings, unicode, ..Style::PLAIN };
        let shown = diagnostics(&findings[..1], &sources, style, None);
        prop_assert!(!shown.contains(is_harmful), "{shown:?}");
    }
}

/// Every string in a document, with its key.
fn texts(value: &Json, visit: &mut impl FnMut(&str, &str)) {
    fn walk(name: &str, value: &Json, visit: &mut impl FnMut(&str, &str)) {
        match value {
            Json::String(text) => visit(name, text),
            Json::Array(items) => items.iter().for_each(|item| walk(name, item, visit)),
            Json::Object(fields) => fields.iter().for_each(|(name, item)| walk(name, item, visit)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
    walk("", value, visit);
}
