//! What happened to a request on its way to the service and back.

use std::time::Duration;

use crate::wire::Response;

/// How one request ended, faults included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// By how much a fault delays the end.
    pub delay: Duration,
    /// What became of it in the service.
    pub fate: Fate,
    /// What the caller gets.
    pub end: End,
}

/// Whether a request was carried out, whatever the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was.
    CarriedOut,
    /// The service refused it.
    Refused,
    /// It never reaches the service.
    Lost,
    /// It will be, later.
    Late,
}

impl Fate {
    /// The fate of a request that the service answered so.
    pub(super) fn of(answer: &Response) -> Self {
        if (200..400).contains(&answer.status) { Self::CarriedOut } else { Self::Refused }
    }
}

/// What a caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// An answer, good or not.
    Answer(Response),
    /// What no real service intends.
    #[cfg(feature = "faults")]
    Disturbed(Disturbed),
}

/// A connection or an answer that goes wrong.
#[cfg(feature = "faults")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disturbed {
    /// The connection is refused, and so is any other for this time.
    Refused(Duration),
    /// A connection that closes without an answer.
    Closed,
    /// An answer that ends in the middle.
    Truncated(Response),
    /// An answer in pieces, with this pause after each.
    Slow(Response, Duration),
    /// An answer whose body never ends.
    Endless(Response),
    /// No data for this time, then the connection closes.
    Hang(Duration),
}

impl Delivery {
    pub(super) fn answered(response: Response) -> Self {
        Self { delay: Duration::ZERO, fate: Fate::of(&response), end: End::Answer(response) }
    }

    /// The answer whose head, at least, reaches the caller.
    pub(super) fn response(&self) -> Option<&Response> {
        match &self.end {
            End::Answer(response) => Some(response),
            #[cfg(feature = "faults")]
            End::Disturbed(
                Disturbed::Truncated(response) | Disturbed::Slow(response, _) | Disturbed::Endless(response),
            ) => Some(response),
            #[cfg(feature = "faults")]
            End::Disturbed(Disturbed::Refused(_) | Disturbed::Closed | Disturbed::Hang(_)) => None,
        }
    }
}
