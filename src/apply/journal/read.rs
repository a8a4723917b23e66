//! Turns the text of a journal into the [`RunRecord`] of its run. Pure.

use serde::Deserialize;

use super::entry::{
    Answer, End, EndedAtOnce, Ending, Entry, FORMAT_VERSION, Finished, Header, Intent, Resolved,
};
use crate::model::Address;

/// What a journal says of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Its header.
    pub header: Header,
    /// Writes that may have been sent, in order.
    pub intents: Vec<Intent>,
    /// How they were answered.
    pub answers: Vec<Answer>,
    /// How changes ended.
    pub endings: Vec<Ending>,
    /// What it found of earlier runs.
    pub resolved: Vec<Resolved>,
    /// Its end; `None` if it died, or ended at once.
    pub finished: Option<Finished>,
    /// What was known when a second signal ended it, if one did.
    pub ended_at_once: Option<EndedAtOnce>,
}

/// How far a run got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It ended by itself.
    Finished,
    /// A signal ended it in order.
    Interrupted,
    /// A second signal ended it at once.
    EndedAtOnce,
    /// It died, or is still going on.
    Unfinished,
}

/// Why a file is not a journal. Its content is never quoted: it may be anyone's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A complete line that is not a line of a journal.
    #[error("line {line} is damaged: {reason}")]
    Line {
        /// 1-based.
        line: usize,
        /// What is wrong, and in which column.
        reason: String,
    },
    /// The first line is not a journal's.
    #[error("the file does not begin like a journal")]
    NoHead,
    /// A version that this livevod does not know.
    #[error("the format version is not supported; this livevod reads {FORMAT_VERSION}")]
    Version,
    /// The run's id or its snapshot's name does not have the form that livevod gives.
    #[error("the name of its run or snapshot is not one that livevod gives")]
    Name,
    /// Another file has different content for the same run.
    #[error("another journal has different content for the same run")]
    Twice,
    /// The file can't be read.
    #[error("{0}")]
    File(String),
}

/// Parses a journal. A last line without its end was never acted upon, so it does not count; `None` if not even the
/// first line is complete.
///
/// # Errors
/// When a complete line is damaged, or the version is not supported.
pub fn read(text: &str) -> Result<Option<RunRecord>, JournalError> {
    let mut run: Option<RunRecord> = None;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let Some(line) = line.strip_suffix('\n') else { break };
        if run.is_none() {
            known_version(line)?;
        }
        let entry = entry(line).map_err(|reason| JournalError::Line { line: at + 1, reason })?;
        match (&mut run, entry) {
            (None, Entry::Begun(header)) => run = Some(RunRecord::begun(named(*header)?)),
            (None, _) => return Err(JournalError::NoHead),
            (Some(run), entry) => run.take(entry),
        }
    }
    Ok(run)
}

fn entry(line: &str) -> Result<Entry, String> {
    serde_json::from_str(line).map_err(|error| {
        let what = if error.is_data() { "not a journal line" } else { "invalid JSON" };
        format!("{what} at column {}", error.column())
    })
}

/// Checks the version first, since everything else in the line may have another meaning in another version. A minor
/// version only adds.
fn known_version(line: &str) -> Result<(), JournalError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: String,
    }
    // Whatever else may be wrong with the line is reported by those who read it whole.
    let Ok(Version { format_version }) = serde_json::from_str(line) else { return Ok(()) };
    match format_version.split('.').next() {
        Some("1" | "2" | "3") => Ok(()),
        _ => Err(JournalError::Version),
    }
}

fn named(header: Header) -> Result<Header, JournalError> {
    let snapshot = header.snapshot.as_ref().is_none_or(|name| *name == snapshot_name(&header.run));
    if is_id(&header.run) && snapshot { Ok(header) } else { Err(JournalError::Name) }
}

/// Whether a text is a valid run id, and so safe as part of a file's name.
fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part) && !text.starts_with('.')
}

impl RunRecord {
    fn begun(header: Header) -> Self {
        Self {
            header,
            intents: Vec::new(),
            answers: Vec::new(),
            endings: Vec::new(),
            resolved: Vec::new(),
            finished: None,
            ended_at_once: None,
        }
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Intent(intent) => self.intents.push(*intent),
            Entry::Answer(answer) => self.answers.push(answer),
            Entry::Ended(ending) => self.endings.push(ending),
            Entry::Resolved(resolved) => self.resolved.push(resolved),
            Entry::Finished(finished) => self.finished = Some(finished),
            Entry::EndedAtOnce(ended) => self.ended_at_once = Some(ended),
            Entry::Begun(_) | Entry::Later => {}
        }
    }

    /// How far it got.
    pub fn state(&self) -> RunState {
        match self.finished {
            Some(Finished { interrupted: true, .. }) => RunState::Interrupted,
            Some(_) => RunState::Finished,
            None if self.ended_at_once.is_some() => RunState::EndedAtOnce,
            None => RunState::Unfinished,
        }
    }

    /// How the change of an address ended, if that was recorded.
    pub fn ending(&self, address: &Address) -> Option<&Ending> {
        self.endings.iter().rfind(|ending| ending.address == *address)
    }

    /// The outcome of the change of an address, as far as the run knew it.
    pub fn end(&self, address: &Address) -> Option<End> {
        let ended = self.ending(address).map(|ending| ending.outcome);
        let is_unknown = || self.ended_at_once.as_ref().is_some_and(|ended| ended.unknown.contains(address));
        ended.or_else(|| is_unknown().then_some(End::Unknown))
    }

    /// How many changes ended like this.
    pub fn count(&self, end: End) -> usize {
        self.header.changes.iter().filter(|change| self.end(&change.address) == Some(end)).count()
    }

    /// How many changes had a write that may have been sent, and have no known end.
    pub fn open(&self) -> usize {
        let open = |address: &&Address| {
            self.ending(address).is_none_or(|ending| ending.outcome == End::Unknown)
                && self.intents.iter().any(|intent| intent.address == **address)
        };
        self.header.changes.iter().map(|change| &change.address).filter(open).count()
    }

    /// The answers to the writes of one intent.
    pub fn answers_to(&self, id: u64) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(move |answer| answer.id == id)
    }

    /// Whether a write of this intent may have been carried out: an answer says so, there is none, or the run died before
    /// it recorded the end of the change.
    pub fn may_have_arrived(&self, id: u64) -> bool {
        let mut answers = self.answers_to(id).peekable();
        answers.peek().is_none()
            || answers.any(|answer| answer.reply.may_have_arrived())
            || self.died_within(id)
    }

    /// Whether the run died within the change of an intent: after a refusal that allows another attempt, the write may
    /// have been sent again, and a second attempt has no line of its own before its answer.
    pub fn died_within(&self, id: u64) -> bool {
        let is_of =
            |intent: &&Intent| intent.id == id || intent.siblings.iter().any(|sibling| sibling.id == id);
        let intent = self.intents.iter().find(is_of);
        self.finished.is_none() && intent.is_some_and(|intent| self.ending(&intent.address).is_none())
    }
}

/// The file name of a run's snapshot, in the folder of its journal.
pub fn snapshot_name(run: &str) -> String {
    format!("{run}.snapshot.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::journal::lines;

    fn journal() -> String {
        let finished = Finished { time: jiff::Timestamp::UNIX_EPOCH, interrupted: false, calls: 3 };
        lines(&[Entry::Begun(Box::new(Header::of_nothing())), Entry::Finished(finished)]).unwrap()
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_every_whole_line() {
        let text = journal();
        let head = text.find('\n').unwrap();
        for cut in 0..=text.len() {
            let run = read(&text[..cut]).unwrap();
            assert_eq!(run.is_some(), cut > head, "cut at {cut}");
            assert_eq!(run.is_some_and(|run| run.finished.is_some()), cut == text.len(), "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_line_is_named() {
        let text = journal().replacen('\n', "\n{\"event\":\"answer\"}\n", 1);
        assert!(matches!(read(&text), Err(JournalError::Line { line: 2, .. })));
        assert_eq!(
            read(
                "{\"event\":\"finished\",\"time\":\"1970-01-01T00:00:00Z\",\"interrupted\":false,\"calls\":0}\n"
            ),
            Err(JournalError::NoHead)
        );
    }

    #[test]
    fn a_minor_version_only_adds() {
        let newer = journal().replace("\"3.1\"", "\"3.9\"").replacen(
            '\n',
            "\n{\"event\":\"something_new\",\"of\":\"3.9\"}\n",
            1,
        );
        assert!(read(&newer).unwrap().unwrap().finished.is_some());
        let other = journal().replace("\"3.1\"", "\"4.0\"");
        assert_eq!(read(&other), Err(JournalError::Version));
        let changed = other.replace("\"changes\":[]", "\"changes\":[{\"new\":1}]");
        assert_eq!(read(&changed), Err(JournalError::Version), "not a damaged line");
    }
}
