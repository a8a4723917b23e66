//! What a process may do, as the shell that started it limits it: a limit ends a command with an error, as a full disk does.

use super::failure::Failure;

/// Makes an error of a write past the limit of a file's size (`ulimit -f`), which ends a process without a word otherwise, and
/// leaves half a file.
#[cfg(unix)]
pub(super) fn outlive_file_size() {
    use std::sync::Arc;
    /// SIGXFSZ, as Linux on all common processors, macOS and the BSDs number it.
    const FILE_SIZE: i32 = 25;
    // Where the signal can't be caught, it ends the process, as it did before.
    let _ = signal_hook::flag::register(FILE_SIZE, Arc::default());
}

/// Makes sure that a runtime, its signals and a few connections can be opened (`ulimit -n`): a runtime panics without.
#[cfg(unix)]
pub(super) fn have_descriptors() -> Result<(), Failure> {
    use crate::diag::{Code, Diagnostic};
    use std::os::unix::net::UnixStream;
    /// Pairs that are opened together and closed again.
    const PAIRS: usize = 8;
    let opened = std::iter::repeat_with(UnixStream::pair).take(PAIRS).collect::<Result<Vec<_>, _>>();
    opened.map(drop).map_err(|error| {
        let message = format!("this process can't open {} more files and connections: {error}", 2 * PAIRS);
        Diagnostic::new(Code::Remote, message)
            .help("`ulimit -n 1024` before the command lets it open enough")
            .into()
    })
}

/// Elsewhere there is no such signal.
#[cfg(not(unix))]
pub(super) fn outlive_file_size() {}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(super) fn have_descriptors() -> Result<(), Failure> {
    Ok(())
}
