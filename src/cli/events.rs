//! `--json-into`: writes events, in addition to the usual output.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::event_file::EventFile;
use super::failure::Failure;
use super::terminal::{Terminal, secrets};
use crate::apply;
use crate::diag::{Code, Diagnostic, Severity};
use crate::plan::Plan;
use crate::render::{Command, DriftView, EndView, Event, Exit, PlanView, ReportView};
use crate::source::Sources;

/// At the end of a run: how long to wait for a reader that takes no lines, before the rest is dropped.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same for a run that ends at once.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// Where events go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Events")]
pub(super) struct Streaming {
    /// Also write events to FILE as they happen, one JSON object per line, replacing an existing file; - is standard output
    #[arg(long, value_name = "FILE")]
    json_into: Option<PathBuf>,
}

impl Streaming {
    /// The flag and the file of the events, for the places of a command.
    pub(super) fn output(&self) -> (&'static str, Option<&PathBuf>) {
        ("--json-into", self.json_into.as_ref())
    }
}

/// A stream of events, or nothing if `--json-into` is not given. Clones share the stream.
#[derive(Clone, Default)]
pub(super) struct Events(Option<Arc<Stream>>);

struct Stream {
    command: Command,
    path: PathBuf,
    file: EventFile,
}

impl Events {
    /// Begins the stream of a run, if `--json-into` is given.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(super) fn begin(told: Option<(Command, &Streaming)>) -> Result<Self, Failure> {
        let Some((command, Streaming { json_into: Some(path) })) = told else { return Ok(Self::default()) };
        let file = line(&Event::version(command)).and_then(|first| EventFile::create(path, &first));
        let file = file.map_err(|error| {
            let message = format!("can't write events to `{}`: {error}", path.display());
            Diagnostic::new(Code::Unwritable, message)
                .help("name a file in an existing, writable folder: `--json-into FILE`")
        })?;
        Ok(Self(Some(Arc::new(Stream { command, path: path.clone(), file }))))
    }

    /// Writes the findings and the plan.
    pub(super) fn plan(&self, view: &PlanView, findings: &[Diagnostic], sources: &Sources) {
        self.findings(findings, sources);
        if let Some(stream) = &self.0 {
            Event::plan(view, stream.command).for_each(|event| stream.tell(&event));
        }
    }

    /// Writes what differs, and whether there is drift.
    pub(super) fn drift(&self, view: &DriftView) {
        if let Some(stream) = &self.0 {
            Event::drift(view).for_each(|event| stream.tell(&event));
        }
    }

    /// Writes the progress of a change of the plan.
    pub(super) fn change(&self, event: &apply::Event, plan: &Plan, sources: &Sources) {
        let Some(stream) = &self.0 else { return };
        let end = |index, outcome| Some(EndView::new(plan, plan.noted(index)?, outcome, sources));
        match event {
            apply::Event::Started { index: _, address, action } => {
                stream.tell(&Event::started(address, *action));
            }
            apply::Event::Delayed { address, action, delay, after } => {
                stream.tell(&Event::delayed(address, *action, delay, *after));
            }
            apply::Event::Finished { index, outcome, sent, took } => {
                if let Some(end) = end(*index, outcome) {
                    stream.tell(&Event::ended(&end, *sent, *took, sources));
                }
            }
            apply::Event::Moved { index, outcome, after } => {
                if let Some(end) = end(*index, outcome) {
                    stream.tell(&Event::moved(&end, *after, sources));
                }
            }
        }
    }

    /// Writes the outcome of the plan.
    pub(super) fn report(&self, view: &ReportView) {
        self.findings(view.not_seen_again(), &Sources::default());
        if let Some(stream) = &self.0 {
            Event::report(view).iter().for_each(|event| stream.tell(event));
        }
    }

    /// Writes the findings that ended the run early.
    pub(super) fn failure(&self, failure: &Failure) {
        let Failure { sources, diagnostics, exit: _ } = failure;
        self.findings(diagnostics, sources);
    }

    /// Ends the stream. Missing events are only a warning: they do not change how the run ends.
    pub(super) fn end(&self, exit: Exit, terminal: &Terminal) {
        let Some(stream) = &self.0 else { return };
        stream.tell(&Event::exit(exit));
        if let Err(reason) = stream.file.settle(PATIENCE) {
            let message = format!("the events in `{}` are incomplete: {reason}", stream.path.display());
            let mut warning = Diagnostic::new(Code::Unwritable, message)
                .help("use the output of the run instead: the run itself was not affected");
            warning.severity = Severity::Warning;
            terminal.tell(&[warning], &Sources::default());
        }
    }

    /// Ends the stream of a run that ends at once.
    pub(super) fn end_at_once(&self, exit: Exit) {
        let Some(stream) = &self.0 else { return };
        stream.tell(&Event::exit(exit));
        // The run ends before it could report missing lines; readers notice that the last one is missing.
        let _ = stream.file.settle(SHORT_PATIENCE);
    }

    fn findings(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        for diagnostic in diagnostics {
            self.tell(|| Event::diagnostic(diagnostic, sources));
        }
    }

    /// Creates the event only if there is a stream.
    fn tell<'a>(&self, event: impl FnOnce() -> Event<'a>) {
        if let Some(stream) = &self.0 {
            stream.tell(&event());
        }
    }
}

impl Stream {
    fn tell(&self, event: &Event) {
        // Every event can be serialized.
        if let Ok(line) = line(event) {
            self.file.write(secrets().hide(&line).into_owned());
        }
    }
}

fn line(event: &Event) -> std::io::Result<String> {
    Ok(event.line(Timestamp::now())?)
}
