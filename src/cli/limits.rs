//! Limits that the shell sets for its processes (`ulimit`): reaching one ends a command with an error, as a full disk does.

use super::failure::Failure;

/// Turns a write beyond the limit of file sizes (`ulimit -f`) into an error. Otherwise it would end the process without a message,
/// and leave half a file.
#[cfg(unix)]
pub(super) fn outlive_file_size() {
    use std::sync::Arc;
    /// SIGXFSZ, as Linux on all common processors, macOS and the BSDs number it.
    const FILE_SIZE: i32 = 25;
    // If the signal can't be caught, it ends the process, as it does by default.
    let _ = signal_hook::flag::register(FILE_SIZE, Arc::default());
}

/// Checks that enough descriptors are left for a runtime, its signals and a few connections (`ulimit -n`): without them, the
/// runtime panics.
#[cfg(unix)]
pub(super) fn have_descriptors() -> Result<(), Failure> {
    use crate::diag::{Code, Diagnostic};
    use std::os::unix::net::UnixStream;
    /// Pairs that are opened at the same time for the check, and closed again.
    const PAIRS: usize = 8;
    let opened = std::iter::repeat_with(UnixStream::pair).take(PAIRS).collect::<Result<Vec<_>, _>>();
    opened.map(drop).map_err(|error| {
        let message = format!("this process can't open {} more files and connections: {error}", 2 * PAIRS);
        Diagnostic::new(Code::Remote, message)
            .help("raise the limit before the command: `ulimit -n 1024`")
            .into()
    })
}

/// Only Unix has this signal.
#[cfg(not(unix))]
pub(super) fn outlive_file_size() {}

/// Only Unix has this limit.
#[cfg(not(unix))]
pub(super) fn have_descriptors() -> Result<(), Failure> {
    Ok(())
}
