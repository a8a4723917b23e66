//! Runs what waits for the network.

use super::failure::Failure;
use super::limits::have_descriptors;
use crate::diag::{Code, Diagnostic};

/// Runs a future on this thread: calls wait for the network, not for the processor.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    have_descriptors()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Diagnostic::new(Code::Remote, format!("can't start the runtime: {error}")))?;
    Ok(runtime.block_on(future))
}
