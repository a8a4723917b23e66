//! What can go wrong in the service whatever a request asks for; each service words it in its own way.

use std::time::Duration;

/// A kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "most troubles come from faults only"))]
pub(super) enum Trouble {
    /// The service failed.
    Internal,
    /// The service can't be used for a while.
    Unavailable,
    /// Too many calls; when to retry, if the service says so.
    Throttled(Option<Duration>),
    /// The security token is no longer valid.
    ExpiredToken,
    /// The key was disabled.
    RevokedKey,
    /// RAM does not allow the action.
    Denied,
}
