//! The client: credentials, endpoint, rate and transport. Turns calls into answers and a domain into a snapshot.

use crate::wire::RemoteError;

/// What went wrong with one call, and so what may be done next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The connection was never made: nothing was sent.
    #[error("no connection to {host}: {reason}")]
    NotSent {
        /// Where to.
        host: String,
        /// Why, without a URL.
        reason: String,
    },
    /// Something was sent and no usable answer came: it may have been carried out.
    #[error("no usable answer from {host}: {reason}")]
    Ambiguous {
        /// Where to.
        host: String,
        /// Why, without a URL.
        reason: String,
    },
    /// The service answered with an error.
    #[error("{}: {}", .0.code, .0.message)]
    Refused(RemoteError),
    /// The answer was understood but contradicts the documents.
    #[error("{0}")]
    Contradiction(String),
}
