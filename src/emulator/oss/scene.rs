//! The surroundings of one request to Object Storage Service.

use jiff::Timestamp;

use super::bucket::{Buckets, Held};
use super::refusal::OssRefusal;
use super::target::Target;
use crate::wire::{Pairs, Request};

/// A request whose signature is good, and what it meets.
pub(super) struct OssScene<'a> {
    pub(super) request: &'a Request,
    pub(super) target: &'a Target,
    pub(super) query: &'a Pairs,
    pub(super) buckets: &'a Buckets,
    /// The id of the account that owns all buckets.
    pub(super) account: &'a str,
    pub(super) now: Timestamp,
    /// Unique for each request.
    pub(super) request_id: &'a str,
}

impl OssScene<'_> {
    /// The bucket that the request is about.
    pub(super) fn held(&self) -> Result<&Held, OssRefusal> {
        let name = &self.target.bucket;
        self.buckets.get(name).ok_or_else(|| OssRefusal::no_such_bucket(name))
    }

    /// A header that is not empty.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether names are to be percent-encoded in the answer.
    pub(super) fn is_url_encoded(&self) -> Result<bool, OssRefusal> {
        match self.param("encoding-type") {
            None | Some("") => Ok(false),
            Some("url") => Ok(true),
            Some(other) => {
                let message = "Argument encoding-type must be url.";
                Err(OssRefusal::invalid_argument("encoding-type", other, message))
            }
        }
    }
}
