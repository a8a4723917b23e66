//! The one loop that every write of a run goes through.
//!
//! ```text
//! get ready → send → accepted
//!     ↑         ↓
//!     └─ again ─┴─ an end
//! ```

use std::time::Duration;

use tokio::time::Instant;

use super::journal::Intention;
use super::run::{Leave, Run};
use crate::api::Error;
use crate::model::Remote;
use crate::wire::Call;

/// One kind of write: what it waits for, what it sends, and what follows from a failure.
pub(super) trait Write {
    /// What must be known about a write once it was sent.
    type Kept;
    /// How it ends if no write is accepted.
    type End;

    /// Waits until a write may be sent.
    async fn ready(&mut self) -> Result<Ready, Self::End>;

    /// The write over what was found at the address.
    async fn outgoing(&mut self, found: Option<Remote>) -> Result<Outgoing<'_, Self::Kept>, Self::End>;

    /// How long the disk was waited for, which does not count as a change's own time.
    fn waited(&mut self, _for_disk: Duration) {}

    /// What follows from a failure; `None` if the write is to be attempted again.
    async fn failed(&mut self, error: Error, kept: Self::Kept) -> Option<Self::End>;
}

/// What is needed to send a write.
pub(super) struct Ready {
    pub(super) leave: Leave,
    /// What exists at the address; `None` if no read is needed.
    pub(super) found: Option<Remote>,
}

/// A write about to be sent.
pub(super) struct Outgoing<'a, K> {
    pub(super) intention: Intention<'a>,
    pub(super) call: Call,
    pub(super) kept: K,
}

/// Sends a write until it is accepted or ends otherwise; returns its RequestId and what was kept about it.
pub(super) async fn write<W: Write>(run: &Run, writer: &mut W) -> Result<(Option<String>, W::Kept), W::End> {
    loop {
        let Ready { leave, found } = writer.ready().await?;
        let asked = Instant::now();
        let Outgoing { intention, call, kept } = writer.outgoing(found).await?;
        let mut for_disk = asked.elapsed();
        let error = match run.send(intention, call, leave, &mut for_disk).await {
            Ok(request_id) => return Ok((request_id, kept)),
            Err(error) => error,
        };
        writer.waited(for_disk);
        if let Some(end) = writer.failed(error, kept).await {
            return Err(end);
        }
    }
}
