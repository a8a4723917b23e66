//! What became of a request on its way to the service and back.

use std::time::Duration;

use crate::wire::Response;

/// How one request ended, faults included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How much later than it could the end comes.
    pub delay: Duration,
    /// Whether the service carried it out.
    pub fate: Fate,
    /// What the caller meets.
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

/// What a caller meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// An answer, good or not.
    Answer(Response),
    /// What no service means to do to its callers.
    #[cfg(feature = "faults")]
    Disturbed(Disturbed),
}

/// A connection or an answer that goes wrong.
#[cfg(feature = "faults")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disturbed {
    /// No connection now, nor any other for this time.
    Refused(Duration),
    /// A connection that closes without an answer.
    Closed,
    /// An answer that ends in the middle.
    Truncated(Response),
    /// An answer in pieces, with this pause after each.
    Slow(Response, Duration),
    /// An answer whose body never ends.
    Endless(Response),
    /// Silence for this time, then a connection that closes.
    Hang(Duration),
}

impl Delivery {
    pub(super) fn answered(response: Response) -> Self {
        Self { delay: Duration::ZERO, fate: Fate::CarriedOut, end: End::Answer(response) }
    }

    /// The answer that the caller gets at least the head of.
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
