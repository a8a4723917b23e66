//! What is written to: its colour, symbols and width, and writing that outlives a closed pipe. All that a process prints passes
//! here, and so its gate.

use std::io::{self, IsTerminal, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use clap::ValueEnum;

use crate::diag::Diagnostic;
use crate::gate::{self, Secrets, clean};
use crate::render::{self, Exit, Format, Layout, Links, Printed, Style};
use crate::source::Sources;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set; CLICOLOR_FORCE turns it on anywhere
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether to colour: the flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether it is a terminal.
    pub(super) fn wanted(self, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto if set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE").as_deref() != Some("0") => {
                true
            }
            Color::Auto => is_terminal && variable("TERM").as_deref() != Some("dumb"),
        }
    }
}

/// Narrowest and widest text that is laid out.
const WIDTH: std::ops::RangeInclusive<usize> = 40..=160;

/// Width where nothing tells one.
const WIDTH_UNTOLD: usize = 100;

/// Standard output and error, and what they can show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Standard output.
    pub(super) stdout: Style,
    /// Standard error.
    pub(super) stderr: Style,
    /// Whether something else goes to standard output, so that texts go to standard error.
    is_taken: bool,
    /// Whether standard error is a terminal, so that a progress bar may move on it.
    pub(super) moves: bool,
    /// Whether somebody can answer a question.
    pub(super) answers: bool,
    /// How many findings are shown to people; all where `None`.
    pub(super) max_findings: Option<usize>,
}

impl Terminal {
    /// Looks at the streams and at `NO_COLOR`, `CLICOLOR_FORCE`, `NO_GRAPHICS`, `COLUMNS`, `TERM` and the locale; `color`
    /// wins.
    pub(super) fn detect(color: Color, max_findings: Option<usize>) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        Self {
            stdout: style(color, stdout.is_terminal(), terminal_size::terminal_size_of(&stdout)),
            stderr: style(color, stderr.is_terminal(), terminal_size::terminal_size_of(&stderr)),
            is_taken: false,
            moves: stderr.is_terminal(),
            answers: io::stdin().is_terminal(),
            max_findings,
        }
    }

    /// The same where an output of the command may take standard output.
    pub(super) fn beside_outputs(self, take_standard_output: bool) -> Self {
        match take_standard_output {
            true => Self { is_taken: true, stdout: self.stderr, ..self },
            false => self,
        }
    }

    /// Writes to standard output. A reader that has gone away is no error.
    pub(super) fn print(&self, text: &str) {
        self.put(&gate::lines(text, self.stdout.color));
    }

    fn put(&self, text: &str) {
        if self.is_taken { write_to(io::stderr().lock(), text) } else { print(text) }
    }

    /// Writes what a subject is in some format.
    pub(super) fn show(&self, printed: &Printed) {
        let Printed { notes, text, is_commands, more } = printed;
        self.note(notes);
        match is_commands {
            true => self.put(text),
            false => self.print(text),
        }
        self.note(more);
    }

    /// Writes findings where people look for them.
    pub(super) fn tell(&self, findings: &[Diagnostic], sources: &Sources) {
        self.note(&render::diagnostics(findings, sources, self.stderr, self.max_findings));
    }

    /// How a subject is laid out here.
    pub(super) fn layout(&self, format: Format) -> Layout {
        let Self { stdout, stderr, is_taken: _, moves: _, answers: _, max_findings } = *self;
        let links = Links { base: None, folder: working_folder() };
        Layout { stdout, stderr, max_findings, links, ..Layout::new(format) }
    }

    /// Writes what a program reads back byte for byte: the text of a file, a script.
    pub(super) fn print_verbatim(&self, text: &str) {
        print(text);
    }

    /// Writes to standard error.
    pub(super) fn note(&self, text: &str) {
        write_to(io::stderr().lock(), &gate::lines(text, self.stderr.color));
    }

    /// Asks on standard error and reads one line; `None` at the end of input.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        self.note(question);
        let mut answer = String::new();
        match io::stdin().read_line(&mut answer) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(answer.trim().to_owned()),
        }
    }
}

/// Writes to standard error, where colour and width do not matter.
pub(super) fn note(text: &str) {
    write_to(io::stderr().lock(), &gate::lines(text, false));
}

/// What this process holds and never writes: whoever reads a secret tells it.
pub(super) fn secrets() -> &'static Secrets {
    static SECRETS: LazyLock<Secrets> = LazyLock::new(Secrets::default);
    &SECRETS
}

/// Lets the last words of a panic, which may quote anything, pass the gate too.
pub(super) fn watch_panics() {
    std::panic::set_hook(Box::new(|panic| note(&format!("livevod {panic}\n"))));
}

/// Paths in machine formats are relative to it; where it is not known, they stay as they were given.
fn working_folder() -> String {
    std::env::current_dir().map_or_else(|_| String::new(), |path| path.to_string_lossy().into_owned())
}

/// Writes an output that standard output was named for.
///
/// # Errors
/// When it can't be written; a reader that has gone away is none.
pub(super) fn print_output(text: &str) -> io::Result<()> {
    match write_all(io::stdout().lock(), text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// How a run ends whose texts could not all be written, which is told.
pub(super) fn all_written(exit: Exit) -> Exit {
    let Some(reason) = UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return exit };
    note(&format!("Error: standard output could not be written: {}\n", clean(&reason)));
    match exit {
        Exit::Success | Exit::Differences => Exit::Error,
        weightier => weightier,
    }
}

/// The first failure of standard output.
static UNWRITTEN: Mutex<Option<String>> = Mutex::new(None);

fn print(text: &str) {
    if let Err(error) = print_output(text) {
        UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
    }
}

/// Where standard error can't be written, there is nobody to be told.
fn write_to(stream: impl Write, text: &str) {
    let _ = write_all(stream, text);
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    let text = secrets().hide(text);
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

fn style(
    color: Color,
    is_terminal: bool,
    size: Option<(terminal_size::Width, terminal_size::Height)>,
) -> Style {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = told.or(size.map(|(width, _)| usize::from(width.0))).unwrap_or(WIDTH_UNTOLD);
    Style {
        color: color.wanted(is_terminal, |name| std::env::var(name).ok()),
        unicode: unicode(|name| std::env::var(name).ok()),
        drawings: drawings(|name| std::env::var(name).ok()),
        width: width.clamp(*WIDTH.start(), *WIDTH.end()),
    }
}

/// The locale says whether more than ASCII can be shown; a dumb terminal can't.
fn unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name)).and_then(|name| variable(name));
    let utf8 = locale.is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    utf8 && variable("TERM").as_deref() != Some("dumb")
}

/// Whoever listens to the output sets `NO_GRAPHICS`, which other programs with such findings know too.
fn drawings(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("NO_GRAPHICS").is_none_or(|value| value.is_empty() || value == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_variables_and_no_color_beats_force() {
        let force = |name: &str| (name == "CLICOLOR_FORCE").then(|| "1".to_owned());
        let never = |name: &str| (name == "NO_COLOR").then(|| "1".to_owned());
        assert!(Color::Auto.wanted(false, force));
        assert!(!Color::Auto.wanted(true, never));
        assert!(Color::Always.wanted(false, never));
        assert!(!Color::Never.wanted(true, force));
        assert!(Color::Auto.wanted(true, |_| None));
        assert!(!Color::Auto.wanted(false, |_| None));
        assert!(!Color::Auto.wanted(true, |name| (name == "TERM").then(|| "dumb".to_owned())));
    }

    #[test]
    fn drawings_are_left_out_on_request() {
        let with = |value: Option<&str>| drawings(|_| value.map(str::to_owned));
        assert_eq!([None, Some(""), Some("0"), Some("1")].map(with), [true, true, true, false]);
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let with = |pairs: &'static [(&str, &str)]| {
            unicode(move |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(&[("LANG", "C.UTF-8")]));
        assert!(with(&[("LC_ALL", ""), ("LANG", "zh_CN.utf8")]));
        assert!(!with(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
        assert!(!with(&[("LANG", "C.UTF-8"), ("TERM", "dumb")]));
        assert!(!with(&[]));
    }
}
