//! The file of `--json-into`. A separate thread writes it, so that a slow reader or a failing disk never delays a write to
//! the service.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::places::is_standard_output;
use crate::files;

/// A file to which complete lines are written in order.
pub(super) struct EventFile {
    lines: Sender<Entry>,
    state: Arc<State>,
}

/// What is sent to the thread.
enum Entry {
    Line(String),
    /// To be answered once everything before it is written.
    Mark(Sender<()>),
}

/// What the thread reports.
#[derive(Default)]
struct State {
    /// Lines that were handled.
    taken: AtomicU64,
    /// Why no more lines are written, if so.
    broken: Mutex<Option<String>>,
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    Ok(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_output() -> io::Result<File> {
    Ok(std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?.into())
}

impl EventFile {
    /// Opens and empties the file, and writes the first line. This fails before the run has done anything.
    ///
    /// # Errors
    /// When it can't be opened or written. A closed pipe is not an error.
    pub(super) fn create(path: &Path, first: &str) -> io::Result<Self> {
        let is_opened = is_standard_output(path) || files::is_opened(path);
        let file = match is_opened {
            true if is_standard_output(path) => standard_output()?,
            true => OpenOptions::new().append(true).open(path)?,
            false => File::create(path)?,
        };
        let length = (!is_opened && file.metadata()?.is_file()).then_some(0);
        let state = Arc::new(State::default());
        let mut writer = Writer { file, length, state: state.clone() };
        writer.write(first);
        if let Some(error) = writer.state.broken() {
            return Err(io::Error::other(error));
        }
        let (lines, entries) = channel();
        std::thread::Builder::new().name("events".to_owned()).spawn(move || writer.run(&entries))?;
        Ok(Self { lines, state })
    }

    /// Hands a line over.
    pub(super) fn write(&self, line: String) {
        // Sending never fails: the thread runs until the last sender is dropped.
        let _ = self.lines.send(Entry::Line(line));
    }

    /// Waits until all lines are written, as long as at least one is written in every `patience`.
    ///
    /// # Errors
    /// The reason, if not all lines are written.
    pub(super) fn settle(&self, patience: Duration) -> Result<(), String> {
        let (sender, written) = channel();
        let _ = self.lines.send(Entry::Mark(sender));
        let mut taken = self.state.taken.load(Ordering::Relaxed);
        while written.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            let now = self.state.taken.load(Ordering::Relaxed);
            if now == taken {
                return Err(format!("no line could be written for {} s", patience.as_secs()));
            }
            taken = now;
        }
        self.state.broken().map_or(Ok(()), Err)
    }
}

impl State {
    fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The thread's side.
struct Writer {
    file: File,
    /// The length of all complete lines in bytes; `None` if the file can't be truncated.
    length: Option<u64>,
    state: Arc<State>,
}

impl Writer {
    fn run(mut self, entries: &Receiver<Entry>) {
        let mut is_read = true;
        for entry in entries {
            match entry {
                // A stream that ends early is better than one with a gap.
                Entry::Line(_) if !is_read || self.state.broken().is_some() => {}
                Entry::Line(line) => is_read = self.write(&line),
                Entry::Mark(sender) => _ = sender.send(()),
            }
            self.state.taken.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes a line at once; false if its reader has closed the pipe.
    fn write(&mut self, line: &str) -> bool {
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => {
                self.length = self.length.map(|length| length + line.len() as u64);
                true
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
            Err(error) => {
                if let Some(length) = self.length {
                    // Half a line is removed if possible; readers ignore one that remains.
                    let _ = self.file.set_len(length);
                }
                *self.state.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                true
            }
        }
    }
}
