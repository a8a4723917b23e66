//! The trait of every command: how its run is reported, what it keeps, and how it is carried out.

use super::events::{Events, Streaming};
use super::failure::Failure;
use super::places::Places;
use super::planning::Scope;
use super::rules::{MaxFindings, Rules};
use super::stored::Keeps;
use super::terminal::Terminal;
use crate::render::{Command, Exit, Format};

/// The arguments of a command.
pub(super) trait Run {
    /// How the run is reported: as text for people, unless the command has other formats.
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(Format::Human)
    }

    /// The files that it reads and writes besides its standard streams.
    fn places(&self) -> Places<'_> {
        Places::default()
    }

    /// Runs the command.
    fn run(&self, session: &Session) -> Result<Exit, Failure>;
}

/// How a run is reported, and what it keeps.
pub(super) struct Terms<'a> {
    /// The format of errors that end the run early.
    pub(super) format: Format,
    /// How many findings people are shown; `None` for all.
    pub(super) max_findings: Option<usize>,
    /// The events, if the command has any.
    pub(super) events: Option<(Command, &'a Streaming)>,
    /// What the command keeps in the store, if it may have one.
    pub(super) keeps: Option<Keeps<'a>>,
}

impl<'a> Terms<'a> {
    /// A run that shows all findings, and has neither events nor a store.
    pub(super) fn in_format(format: impl Into<Format>) -> Self {
        Self { format: format.into(), max_findings: None, events: None, keeps: None }
    }

    /// A run that plans, or compares as a plan does. It may have a store.
    pub(super) fn of(scope: &'a Scope, rules: &Rules) -> Self {
        Self::in_format(scope.format).showing(&rules.shown).keeping(Keeps::of(scope))
    }

    pub(super) fn showing(self, findings: &MaxFindings) -> Self {
        Self { max_findings: findings.given(), ..self }
    }

    pub(super) fn telling(self, command: Command, streaming: &'a Streaming) -> Self {
        Self { events: Some((command, streaming)), ..self }
    }

    pub(super) fn keeping(self, keeps: Keeps<'a>) -> Self {
        Self { keeps: Some(keeps), ..self }
    }
}

/// What every command gets.
pub(super) struct Session {
    pub(super) terminal: Terminal,
    pub(super) events: Events,
    /// The program's own command line, with the options of all commands.
    pub(super) program: fn() -> clap::Command,
}
