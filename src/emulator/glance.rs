//! What a request claims to be about, before anything in it is checked.

use crate::model::EVERY;
use crate::wire::{Request, unverified_params};

/// The action and the address that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glance {
    /// The action's name, known or not; empty if there is none.
    pub(super) action: String,
    /// Empty if there is none.
    pub(super) domain: String,
    pub(super) app: Option<String>,
    /// As it was sent.
    pub(super) stream: Option<String>,
}

impl Glance {
    pub(super) fn at(request: &Request) -> Self {
        let mut params = unverified_params(request);
        let action = request.headers.get("x-acs-action").cloned().or_else(|| params.remove("Action"));
        Self {
            action: action.unwrap_or_default(),
            domain: params.remove("DomainName").unwrap_or_default().to_ascii_lowercase(),
            app: params.remove("AppName"),
            stream: params.remove("StreamName"),
        }
    }

    /// `domain/app/stream`, or the domain alone.
    pub(super) fn address(&self) -> String {
        match &self.app {
            None => self.domain.clone(),
            Some(app) => format!("{}/{app}/{}", self.domain, self.stream()),
        }
    }

    pub(super) fn stream(&self) -> &str {
        self.stream.as_deref().filter(|stream| !stream.is_empty()).unwrap_or(EVERY)
    }
}
