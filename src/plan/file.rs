//! Turns a [`Plan`], with everything needed to apply it later, into text, and that text back. Pure.
//!
//! The text is one JSON document with a line for each change and each note, so that it is not much larger than its content,
//! and versions of it can be compared line by line. Readers take any layout, also that of earlier livevods.

use std::io;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::decided::{Decisions, Plan, noted};
use super::notes::{ChangeNote, Noted, Notes};
use crate::sealed;
use crate::source::Sources;

/// The version of the format.
const FORMAT_VERSION: &str = "3.0";

/// A plan that is reviewed now and applied later.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`FORMAT_VERSION`] of the writer.
    plan_file: String,
    /// The version of livevod that wrote it.
    pub livevod: String,
    /// When the plan was made.
    pub time: Timestamp,
    /// What is to be done.
    pub decisions: Decisions,
    /// What readers see besides.
    pub notes: Notes,
    /// Comes last in the file; [`sealed`] writes it and knows what it must be.
    #[serde(default)]
    checksum: IgnoredAny,
}

/// What a saved plan begins with, up to its checksum.
#[derive(Serialize)]
struct Open<'a> {
    plan_file: &'static str,
    livevod: &'a str,
    time: Timestamp,
    decisions: &'a Decisions,
    notes: &'a Notes,
}

/// Why a text is not a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Not a plan at all, or only the beginning of one.
    #[error("not a saved plan, or truncated: {0}")]
    NotOne(String),
    /// A version that this livevod does not know.
    #[error("the format version is `{0}`, but this livevod reads {FORMAT_VERSION}")]
    Version(String),
    /// The file was modified.
    #[error("checksum mismatch: the file was modified")]
    Changed,
}

impl SavedPlan {
    /// The first bytes of every saved plan, in any version; no YAML file of livevod begins like this.
    pub const BEGINNING: &[u8] = b"{\n  \"plan_file\":";

    /// A plan to save.
    pub fn new(plan: Plan, time: Timestamp) -> Self {
        let livevod = env!("CARGO_PKG_VERSION").to_owned();
        let (plan_file, checksum) = (FORMAT_VERSION.to_owned(), IgnoredAny);
        let Plan { decisions, notes } = plan;
        Self { plan_file, livevod, time, decisions, notes, checksum }
    }

    /// The changes with their notes.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = Noted<'_>> + Clone {
        noted(&self.decisions, &self.notes)
    }

    /// The files of the plan, as far as it stores them: their names and the places that it names.
    pub fn sources(&self) -> Sources {
        Sources::remembering(self.notes.changes.iter().flat_map(ChangeNote::places))
    }

    /// The plan as it was made, for people; [`resume`](super::resume) finds what is applied of it.
    pub fn shown(self) -> Plan {
        let Self { decisions, notes, .. } = self;
        Plan { decisions, notes }
    }

    /// The text of a plan.
    ///
    /// # Errors
    /// When a value can't be JSON, which no plan can hold.
    pub fn write(&self) -> serde_json::Result<String> {
        let Self { plan_file: _, livevod, time, decisions, notes, checksum: _ } = self;
        Open { plan_file: FORMAT_VERSION, livevod, time: *time, decisions, notes }.close()
    }

    /// Parses a plan.
    ///
    /// # Errors
    /// When the text is not byte for byte what [`SavedPlan::write`] made.
    pub fn read(text: &str) -> Result<Self, PlanFileError> {
        let read = match sealed::is_intact(text) {
            true => serde_json::from_str(text).map_err(not_one),
            false => Err(PlanFileError::Changed),
        };
        match read {
            Ok(Self { plan_file, .. }) if plan_file != FORMAT_VERSION => {
                Err(PlanFileError::Version(plan_file))
            }
            Ok(saved) => Ok(saved),
            // Another version may define everything else differently, so its number is reported first.
            Err(error) => known_version(text).and(Err(error)),
        }
    }
}

impl Plan {
    /// The text of a [`SavedPlan`] of this plan, made at this time.
    ///
    /// # Errors
    /// When a value can't be JSON, which no plan can hold.
    pub fn save(&self, time: Timestamp) -> serde_json::Result<String> {
        let Self { decisions, notes } = self;
        let livevod = env!("CARGO_PKG_VERSION");
        Open { plan_file: FORMAT_VERSION, livevod, time, decisions, notes }.close()
    }
}

impl Open<'_> {
    fn close(&self) -> serde_json::Result<String> {
        let mut bytes = Vec::new();
        self.serialize(&mut Serializer::with_formatter(&mut bytes, Lines::default()))?;
        let mut text = String::from_utf8(bytes).map_err(serde_json::Error::custom)?;
        text.truncate(text.trim_end_matches("\n}").len());
        text.push_str(",\n  ");
        Ok(sealed::close(text))
    }
}

/// The layout of a saved plan: a line for each entry of the document and of its two halves, and for each item of a list there.
#[derive(Default)]
struct Lines {
    depth: usize,
    /// Whether the list or object that ends next has a content.
    has_content: bool,
}

impl Lines {
    /// The deepest objects whose entries have lines of their own.
    const HALVES: usize = 2;

    fn begin<W: io::Write + ?Sized>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_content = false;
        writer.write_all(bracket)
    }

    fn separate<W: io::Write + ?Sized>(&self, writer: &mut W, is_first: bool, lines: bool) -> io::Result<()> {
        writer.write_all(if is_first { b"" } else { b"," })?;
        if lines { self.break_line(writer) } else { Ok(()) }
    }

    fn end<W: io::Write + ?Sized>(&mut self, writer: &mut W, bracket: &[u8], lines: bool) -> io::Result<()> {
        self.depth -= 1;
        if lines && self.has_content {
            self.break_line(writer)?;
        }
        self.has_content = true;
        writer.write_all(bracket)
    }

    fn break_line<W: io::Write + ?Sized>(&self, writer: &mut W) -> io::Result<()> {
        write!(writer, "\n{:width$}", "", width = 2 * self.depth)
    }

    fn is_half(&self) -> bool {
        self.depth <= Self::HALVES
    }

    fn is_list_of_half(&self) -> bool {
        self.depth == Self::HALVES + 1
    }
}

impl Formatter for Lines {
    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.separate(writer, first, self.is_half())
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.is_half() { b": " } else { b":" })
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_content = true;
        Ok(())
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let lines = self.is_half();
        self.end(writer, b"}", lines)
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.separate(writer, first, self.is_list_of_half())
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_content = true;
        Ok(())
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let lines = self.is_list_of_half();
        self.end(writer, b"]", lines)
    }
}

fn known_version(text: &str) -> Result<(), PlanFileError> {
    let version = sealed::version_under("plan_file", text).map_err(not_one)?;
    if version == FORMAT_VERSION { Ok(()) } else { Err(PlanFileError::Version(version)) }
}

fn not_one(error: serde_json::Error) -> PlanFileError {
    PlanFileError::NotOne(error.to_string())
}
