//! Errors in the arguments: clap's text for people, one document for machines.

use std::cmp::Reverse;
use std::error::Error as _;
use std::ffi::OsString;

use clap::ValueEnum;
use clap::error::{ContextValue, ErrorKind};

use super::failure::Failure;
use super::habits::with_tip;
use super::terminal::{Color, Terminal};
use crate::diag::{Code, Diagnostic};
use crate::gate::{clean, is_harmful};
use crate::render::{Exit, Format};

/// Help and version are success; a usage error is 1, because 2 means differences.
///
/// `program` builds the command line with all options.
pub(super) fn end(error: clap::Error, program: fn() -> clap::Command, arguments: &[OsString]) -> Exit {
    let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let error = if is_asked_for { error } else { with_tip(error, &program(), &words(arguments)) };
    let error = &error;
    match asked_format(arguments) {
        Some(format) if !is_asked_for && !format.is_for_people() => {
            let terminal = Terminal::detect(Color::Auto, None);
            Failure::from(diagnostic(error)).report(&terminal.layout(format), &terminal)
        }
        _ if is_asked_for => {
            let terminal = Terminal::detect(Color::Auto, None);
            terminal.print(&text(error, terminal.stdout.color));
            Exit::Success
        }
        _ => {
            let terminal = Terminal::detect(Color::Auto, None);
            terminal.note(&text(error, terminal.stderr.color));
            Exit::Error
        }
    }
}

/// clap's text, with control characters escaped in the values that it quotes.
fn text(error: &clap::Error, colors: bool) -> String {
    // When it renders without colours, clap also removes escape codes from the values, and they could not be found below.
    let text = error.render().ansi().to_string();
    let of_clap = error.context().flat_map(|(_, value)| match value {
        ContextValue::String(text) => std::slice::from_ref(text),
        ContextValue::Strings(texts) => texts.as_slice(),
        _ => &[],
    });
    let of_ours = error.source().map(ToString::to_string);
    let quoted = of_clap.cloned().chain(of_ours);
    let mut quoted: Vec<String> = quoted.filter(|value| value.contains(is_harmful)).collect();
    // The longest first: it may hold the others.
    quoted.sort_by_key(|value| Reverse(value.len()));
    let text = quoted.into_iter().fold(text, |text, value| text.replace(value.as_str(), &clean(&value)));
    if colors { text } else { colorless(&text) }
}

fn colorless(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, text)| text));
    std::iter::once(first).chain(rest).collect()
}

/// The words before `--`, as far as they are Unicode.
fn words(arguments: &[OsString]) -> Vec<&str> {
    arguments.iter().map_while(|word| word.to_str()).take_while(|word| *word != "--").collect()
}

/// The last `--format` among arguments that could not be parsed.
fn asked_format(arguments: &[OsString]) -> Option<Format> {
    let words = words(arguments);
    let mut values = words.iter().enumerate().filter_map(|(at, word)| match *word {
        "--format" => words.get(at + 1).copied(),
        _ => word.strip_prefix("--format="),
    });
    Format::from_str(values.next_back()?, false).ok()
}

/// clap's error as a diagnostic: its first line is the message, its tips are the help.
fn diagnostic(error: &clap::Error) -> Diagnostic {
    let text = text(error, false);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let rest = lines.filter(|line| !line.starts_with("For more information"));
    let help = rest.map(|line| line.trim_start_matches("tip: ")).collect::<Vec<_>>().join("; ");
    let diagnostic = Diagnostic::new(Code::Usage, message);
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<Format> {
        asked_format(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_format_is_found_among_anything() {
        assert_eq!(asked("livevod plan --no-such --format json"), Some(Format::Json));
        assert_eq!(asked("livevod --format=sarif"), Some(Format::Sarif));
        assert_eq!(asked("livevod --format json --format human"), Some(Format::Human));
        assert_eq!(asked("livevod validate -- --format json"), None);
        assert_eq!(asked("livevod validate --format"), None);
        assert_eq!(asked("livevod validate --format nonsense"), None);
    }
}
