//! The trait of every command: how its run is reported, and how it is carried out.

use super::events::{Events, Streaming};
use super::failure::Failure;
use super::places::Places;
use super::stored::Keeps;
use super::terminal::Terminal;
use crate::render::{Command, Exit, Format};

/// The arguments of a command.
pub(super) trait Run {
    /// How the run is reported: as text for people, unless the command has other formats.
    fn told(&self) -> Told<'_> {
        Told::in_format(Format::Human)
    }

    /// How many findings people are shown; `None` for all.
    fn max_findings(&self) -> Option<usize> {
        None
    }

    /// The files that it reads and writes besides its standard streams.
    fn places(&self) -> Places<'_> {
        Places::default()
    }

    /// What it keeps in the store, for commands that may have one.
    fn keeps(&self) -> Option<Keeps<'_>> {
        None
    }

    /// Runs the command.
    fn run(&self, session: &Session) -> Result<Exit, Failure>;
}

/// How a run is reported.
pub(super) struct Told<'a> {
    /// The format of errors that end the run early.
    pub(super) format: Format,
    /// The events, if the command has any.
    pub(super) events: Option<(Command, &'a Streaming)>,
}

impl Told<'_> {
    /// A run without events.
    pub(super) fn in_format(format: impl Into<Format>) -> Self {
        Self { format: format.into(), events: None }
    }
}

/// What every command gets.
pub(super) struct Session {
    pub(super) terminal: Terminal,
    pub(super) events: Events,
    /// The program's own command line, with the options of all commands.
    pub(super) program: fn() -> clap::Command,
}
