//! Reports each call as it ends. Parameters, headers and URLs are never reported: any of them may be a secret.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::error::Error;
use crate::gate::clean;

/// Receives a report of each call.
pub type CallLog = Arc<dyn Fn(&CallEntry<'_>) + Send + Sync>;

/// One attempt of one call.
pub struct CallEntry<'a> {
    /// The action's name, or the part of a key that was asked for.
    pub action: &'a str,
    /// The host that was called.
    pub host: &'a str,
    /// The error, if the call failed.
    pub error: Option<&'a Error>,
    /// The service's request id, if it gave one.
    pub request_id: Option<&'a str>,
    /// How long it took.
    pub duration: Duration,
}

impl fmt::Display for CallEntry<'_> {
    /// Shows a refusal by its code alone: some messages of the service quote what was signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallEntry { action, host, error, request_id, duration } = self;
        write!(f, "{action} at {host}: ")?;
        match error {
            None => f.write_str("done")?,
            Some(Error::Refused(refusal)) if refusal.code.is_empty() => {
                write!(f, "status {}", refusal.status)?
            }
            Some(Error::Refused(refusal)) => f.write_str(&clean(&refusal.code))?,
            Some(error) => f.write_str(&clean(&error.to_string()))?,
        }
        write!(f, ", {} ms", duration.as_millis())?;
        match request_id.or(error.and_then(|error| error.request_id())) {
            Some(id) => write!(f, ", RequestId {}", clean(id)),
            None => Ok(()),
        }
    }
}

/// A call that is in progress.
pub(super) struct Noted<'a> {
    log: Option<&'a CallLog>,
    action: &'a str,
    host: &'a str,
    start: Instant,
}

impl<'a> Noted<'a> {
    pub(super) fn begin(log: Option<&'a CallLog>, action: &'a str, host: &'a str) -> Self {
        Self { log, action, host, start: Instant::now() }
    }

    pub(super) fn end(self, error: Option<&Error>, request_id: Option<&str>) {
        let Self { log, action, host, start } = self;
        if let Some(log) = log {
            log(&CallEntry { action, host, error, request_id, duration: start.elapsed() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RemoteError;

    #[test]
    fn a_refusal_is_told_by_its_code_alone() {
        let refusal = RemoteError {
            status: 400,
            code: "SignatureDoesNotMatch".into(),
            message: "the string to sign is hush".into(),
            request_id: Some("R".into()),
            ..RemoteError::default()
        };
        let line = |refusal: RemoteError| {
            let error = Error::Refused(Box::new(refusal));
            let duration = Duration::from_millis(7);
            CallEntry { action: "Add", host: "h", error: Some(&error), request_id: None, duration }
                .to_string()
        };
        assert_eq!(line(refusal.clone()), "Add at h: SignatureDoesNotMatch, 7 ms, RequestId R");
        let bare = RemoteError { code: String::new(), request_id: None, ..refusal.clone() };
        assert_eq!(line(bare), "Add at h: status 400, 7 ms");
        let hostile = RemoteError {
            code: "X\n::error::\u{1b}[2J".into(),
            request_id: Some("R\u{e0041}\r".into()),
            ..refusal
        };
        let escaped = "Add at h: X\\u{a}::error::\\u{1b}[2J, 7 ms, RequestId R\\u{e0041}\\u{d}";
        assert_eq!(line(hostile), escaped);
    }
}
