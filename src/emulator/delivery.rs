//! What happened to a request on its way to the service and back.

use std::time::Duration;

use crate::wire::Response;

/// How one request ended, faults included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// By how much a fault delays the end.
    pub delay: Duration,
    /// Whether the service carried it out.
    pub fate: Fate,
    /// What the caller gets.
    pub end: End,
}

/// Whether a request was carried out; one that the service refused counts as carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was.
    CarriedOut,
    /// It never will be.
    Lost,
    /// It will be, later.
    Late,
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
        Self { delay: Duration::ZERO, fate: Fate::CarriedOut, end: End::Answer(response) }
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
