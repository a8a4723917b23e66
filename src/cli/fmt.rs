//! `livevod fmt`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::kinds::insist_on_yaml;
use super::paths::Paths;
use super::rules::MaxFindings;
use super::run::{Run, Session, Terms};
use super::terminal::Terminal;
use super::views::of_findings;
use crate::config::{self, Texts};
use crate::diag::{self, Code, Diagnostic};
use crate::files;
use crate::render::{self, Context, Exit, Form, FormRow, Format, Shown};
use crate::source::{FileId, Sources};

pub(super) const LONG_HELP: &str = "\
Rewrite the files in canonical form and keep their comments

The canonical form has two spaces for each level, also for lists below a key; one space after `:`, `-` and `,` and inside `{ }`; \
double quotes, and only where they are needed; single blank lines, one around each part of the file that has several lines; no spaces \
at the end of a line, no byte order mark, and `\\n` between lines. It keeps line breaks, the order of keys and the columns of comments. \
`livevod explain not-formatted` has the details.

A file that is not YAML is reported and left unchanged; the other files are still written.";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod fmt
  livevod fmt --check")]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    /// Write nothing, and exit with 2 if a file is not in canonical form
    #[arg(long)]
    check: bool,

    /// Write nothing, and show the changes as a diff
    #[arg(long, conflicts_with = "format")]
    diff: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_findings())]
    format: Format,

    #[command(flatten)]
    shown: MaxFindings,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(self.format).showing(&self.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let paths = self.paths.resolve()?;
        let is_filter = paths.iter().any(|path| config::is_standard_input(path));
        insist_on_yaml(&paths)?;
        let texts = if is_filter { standard_input(self, &paths)? } else { config::read(&paths) };
        let mut outcome = Outcome::of(texts);
        let mut shown = Shown::Nothing;
        if self.diff {
            outcome.print_differences(terminal);
            shown = Shown::Differences;
        } else if !self.check && is_filter {
            outcome.print_texts(terminal);
            shown = Shown::Text;
        } else if !self.check {
            outcome.write();
        }
        Ok(outcome.report(self, shown, terminal))
    }
}

/// The text from standard input, as a file without a path.
fn standard_input(arguments: &Arguments, paths: &[PathBuf]) -> Result<Texts, Failure> {
    if paths.len() > 1 {
        return Err(usage("`-` can't be combined with other paths", "name the files, or `-` alone"));
    }
    if !arguments.format.is_for_people() && !arguments.check {
        return Err(usage(
            "the formatted text and the document of `--format` would both go to standard output",
            "leave out `--format`, or add `--check`",
        ));
    }
    Ok(config::read(paths))
}

fn usage(message: &str, help: &str) -> Failure {
    Failure::from(Diagnostic::new(Code::Usage, message).help(help))
}

/// A file and its canonical form.
struct Formatted {
    file: FileId,
    text: String,
    form: Form,
}

struct Outcome {
    sources: Sources,
    paths: Vec<PathBuf>,
    /// The files, each with its canonical form if it has one.
    files: Vec<Formatted>,
    /// What could not be read or written.
    problems: Vec<Diagnostic>,
}

impl Outcome {
    fn of(texts: Texts) -> Self {
        let Texts { sources, paths, mut problems } = texts;
        let mut files = Vec::new();
        for (file, source) in sources.iter() {
            match config::format(&sources, file) {
                Ok(text) if text == source.text() && source.is_as_written() => {
                    files.push(Formatted { file, text, form: Form::Canonical });
                }
                Ok(text) => files.push(Formatted { file, text, form: Form::Different }),
                Err(found) => {
                    problems.extend(found);
                    files.push(Formatted { file, text: String::new(), form: Form::Failed });
                }
            }
        }
        Self { sources, paths, files, problems }
    }

    fn print_differences(&self, terminal: &Terminal) {
        for one in self.files.iter().filter(|one| one.form == Form::Different) {
            let source = self.sources.get(one.file);
            terminal.print(&render::form_diff(source.name(), source.text(), &one.text, terminal.stdout));
        }
    }

    fn print_texts(&mut self, terminal: &Terminal) {
        for one in &mut self.files {
            terminal.print_verbatim(&one.text);
            if one.form == Form::Different {
                one.form = Form::Written;
            }
        }
    }

    fn write(&mut self) {
        for (one, path) in self.files.iter_mut().zip(&self.paths) {
            if one.form != Form::Different {
                continue;
            }
            one.form = match files::write(path, &one.text) {
                Ok(()) => Form::Written,
                Err(error) => {
                    self.problems.push(unwritable(self.sources.get(one.file).name(), &error));
                    Form::Failed
                }
            };
        }
    }

    /// Reports what was done and what is wrong.
    fn report(self, arguments: &Arguments, shown: Shown, terminal: &Terminal) -> Exit {
        let Self { sources, paths: _, files, problems: mut diagnostics } = self;
        diag::sort(&mut diagnostics);
        let different = || files.iter().filter(|one| one.form == Form::Different);
        let exit = match (diagnostics.is_empty(), arguments.check && different().next().is_some()) {
            (false, _) => Exit::Error,
            (true, true) => Exit::Differences,
            (true, false) => Exit::Success,
        };
        let row = |one: &Formatted| FormRow { file: sources.get(one.file).name().to_owned(), form: one.form };
        let rows: Vec<FormRow> = files.iter().map(row).collect();
        let finding = |one: &Formatted| config::not_formatted(&sources, one.file, &one.text);
        let found = || different().filter_map(finding).collect();
        let context = Context { sources: &sources, diagnostics: &diagnostics, exit };
        terminal.show(&render::forms(&rows, shown, found, context, &terminal.layout(arguments.format)));
        exit
    }
}

fn unwritable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(Code::Unwritable, format!("can't write `{name}`: {}", error))
        .help("make the file and its folder writable; `livevod fmt --diff` shows what would change")
}
