//! What a command is: arguments that say how their run is told, and that carry it out.

use super::events::{Events, Streaming};
use super::failure::Failure;
use super::places::Places;
use super::terminal::Terminal;
use crate::render::{Command, Exit, Format};

/// The arguments of a command.
pub(super) trait Run {
    /// How the run is told: in words alone, where a command has no other format.
    fn told(&self) -> Told<'_> {
        Told::in_format(Format::Human)
    }

    /// What it reads and writes besides its standard streams.
    fn places(&self) -> Places<'_> {
        Places::default()
    }

    /// Carries the command out.
    fn run(&self, session: &Session) -> Result<Exit, Failure>;
}

/// What is said of a run whatever it does.
pub(super) struct Told<'a> {
    /// The format in which it is said why the run ended early.
    pub(super) format: Format,
    /// The events, of a command that has any.
    pub(super) events: Option<(Command, &'a Streaming)>,
}

impl Told<'_> {
    /// A run without events.
    pub(super) fn in_format(format: impl Into<Format>) -> Self {
        Self { format: format.into(), events: None }
    }
}

/// What every command runs with.
pub(super) struct Session {
    pub(super) terminal: Terminal,
    pub(super) events: Events,
    /// The program's own command line.
    pub(super) program: fn() -> clap::Command,
}
