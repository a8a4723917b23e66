//! Standard output and error: their colour, symbols and width, and writing that survives a closed pipe. Everything that the process
//! prints passes through here, and so through the gate.

use std::io::{self, IsTerminal, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use clap::ValueEnum;

use super::copies::as_typed;
use crate::diag::Diagnostic;
use crate::gate::{self, Secrets, clean, without_error_numbers};
use crate::render::{self, Exit, Format, Layout, Links, Printed, Style};
use crate::source::Sources;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// Only on a terminal and without NO_COLOR; CLICOLOR_FORCE colours any output
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

/// The range of line widths.
const WIDTH: std::ops::RangeInclusive<usize> = 40..=160;

/// The line width if none is known.
const WIDTH_UNTOLD: usize = 100;

/// Standard output and error, and what they can show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Standard output.
    pub(super) stdout: Style,
    /// Standard error.
    pub(super) stderr: Style,
    /// Whether standard output is used for an output file, so that texts go to standard error.
    is_taken: bool,
    /// Whether standard error is a terminal, so that a progress bar may move on it.
    pub(super) moves: bool,
    /// Whether standard input is a terminal, so that a person can answer a question.
    pub(super) answers: bool,
    /// How many findings are shown to people; all if `None`.
    pub(super) max_findings: Option<usize>,
}

impl Terminal {
    /// Detects it from the streams and from `NO_COLOR`, `CLICOLOR_FORCE`, `NO_GRAPHICS`, `COLUMNS`, `TERM` and the locale;
    /// `color` wins.
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

    /// The same, where an output file of the command may be standard output.
    pub(super) fn beside_outputs(self, take_standard_output: bool) -> Self {
        match take_standard_output {
            true => Self { is_taken: true, stdout: self.stderr, ..self },
            false => self,
        }
    }

    /// Writes to standard output. A closed pipe is not an error.
    pub(super) fn print(&self, text: &str) {
        self.put(&gate::lines(text, self.stdout.color));
    }

    fn put(&self, text: &str) {
        let text = as_typed(text);
        if self.is_taken { write_to(io::stderr().lock(), &text) } else { print(&text) }
    }

    /// Writes what was rendered in some format.
    pub(super) fn show(&self, printed: &Printed) {
        let Printed { notes, text, is_commands, more } = printed;
        self.note(notes);
        match is_commands {
            true => self.put(text),
            false => self.print(text),
        }
        self.note(more);
    }

    /// Writes findings to standard error.
    pub(super) fn tell(&self, findings: &[Diagnostic], sources: &Sources) {
        self.note(&render::diagnostics(findings, sources, self.stderr, self.max_findings));
    }

    /// The layout of outputs on this terminal.
    pub(super) fn layout(&self, format: Format) -> Layout {
        let Self { stdout, stderr, is_taken: _, moves: _, answers: _, max_findings } = *self;
        let links = Links { base: None, folder: working_folder() };
        Layout { stdout, stderr, max_findings, links, ..Layout::new(format) }
    }

    /// Writes a text that a program reads byte for byte, such as a file or a script.
    pub(super) fn print_verbatim(&self, text: &str) {
        print(text);
    }

    /// Writes to standard error.
    pub(super) fn note(&self, text: &str) {
        write_to(io::stderr().lock(), &gate::lines(&as_typed(text), self.stderr.color));
    }

    /// Asks on standard error and reads one line; `None` at the end of input. Whoever stops waiting leaves a thread behind
    /// that still reads, which ends with the process.
    pub(super) async fn ask(&self, question: &str) -> Option<String> {
        self.note(question);
        let (sender, answer) = tokio::sync::oneshot::channel();
        let read = move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line);
            // Nobody may be waiting any more.
            _ = sender.send(read.is_ok_and(|bytes| bytes > 0).then(|| line.trim().to_owned()));
        };
        // Without a thread there is no answer.
        _ = std::thread::Builder::new().spawn(read);
        answer.await.ok().flatten()
    }
}

/// Writes to standard error, without colour and for any width.
pub(super) fn note(text: &str) {
    write_to(io::stderr().lock(), &gate::lines(text, false));
}

/// The secrets of this process, which it never writes. Code that reads a secret adds it here.
pub(super) fn secrets() -> &'static Secrets {
    static SECRETS: LazyLock<Secrets> = LazyLock::new(Secrets::default);
    &SECRETS
}

/// Sends the message of a panic through the gate too, because it may quote anything.
pub(super) fn watch_panics() {
    std::panic::set_hook(Box::new(|panic| note(&format!("livevod {panic}\n"))));
}

/// The working folder, to which paths in machine formats are relative. If it is unknown, paths stay as given.
fn working_folder() -> String {
    std::env::current_dir().map_or_else(|_| String::new(), |path| path.to_string_lossy().into_owned())
}

/// Writes an output file that is standard output.
///
/// # Errors
/// When it can't be written; a closed pipe is not an error.
pub(super) fn print_output(text: &str) -> io::Result<()> {
    match write_all(io::stdout().lock(), text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The exit of a run, which is an error if standard output could not be written. That is reported.
pub(super) fn all_written(exit: Exit) -> Exit {
    let Some(reason) = UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return exit };
    note(&format!("Error: can't write to standard output: {}\n", clean(&without_error_numbers(&reason))));
    match exit {
        Exit::Success | Exit::Differences => Exit::Error,
        weightier => weightier,
    }
}

/// The first error of standard output.
static UNWRITTEN: Mutex<Option<String>> = Mutex::new(None);

fn print(text: &str) {
    if let Err(error) = print_output(text) {
        UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
    }
}

/// Errors are ignored: if standard error can't be written, they can't be reported.
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
    // Some environments set 0 for a width that they do not know.
    let told = told.filter(|columns| *columns > 0);
    let width = told.or(size.map(|(width, _)| usize::from(width.0))).unwrap_or(WIDTH_UNTOLD);
    Style {
        color: color.wanted(is_terminal, |name| std::env::var(name).ok()),
        unicode: unicode(|name| std::env::var(name).ok()),
        drawings: drawings(|name| std::env::var(name).ok()),
        width: width.clamp(*WIDTH.start(), *WIDTH.end()),
    }
}

/// Whether more than ASCII can be shown: the locale decides, and a dumb terminal can't.
fn unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name)).and_then(|name| variable(name));
    let utf8 = locale.is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    utf8 && variable("TERM").as_deref() != Some("dumb")
}

/// Whether findings are drawn with lines. Users of screen readers set `NO_GRAPHICS`, which miette also supports.
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
