//! How arguments that can't be read end a run: in clap's words for people, as one document for machines.

use std::ffi::OsString;

use clap::ValueEnum;
use clap::error::ErrorKind;

use super::arguments::{Color, Format};
use super::failure::Failure;
use super::terminal::Terminal;
use crate::diag::{Code, Diagnostic};
use crate::render::Exit;

/// Help and version are success; a usage error is 1, because 2 means differences.
pub(super) fn end(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    match asked_format(arguments) {
        Some(format) if !is_asked_for && format != Format::Human => {
            Failure::from(diagnostic(error)).report(format, &Terminal::detect(Color::Auto, None))
        }
        _ => {
            // A closed pipe is no error, and there is nowhere left to say so.
            let _ = error.print();
            if is_asked_for { Exit::Success } else { Exit::Error }
        }
    }
}

/// The last `--format` that stands among arguments that are otherwise not understood.
fn asked_format(arguments: &[OsString]) -> Option<Format> {
    let words: Vec<&str> =
        arguments.iter().map_while(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let mut values = words.iter().enumerate().filter_map(|(at, word)| match *word {
        "--format" => words.get(at + 1).copied(),
        _ => word.strip_prefix("--format="),
    });
    Format::from_str(values.next_back()?, false).ok()
}

/// clap's text without its own frame: the first line is the message, the tips are the help.
fn diagnostic(error: &clap::Error) -> Diagnostic {
    let text = error.render().to_string();
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
