//! What a request claims to be about, before anything in it is checked.

use super::parameters;
use super::settings::Api;
use crate::model::EVERY;
use crate::wire::{Action, Request, unverified_call};

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
    /// The names of the parameters that the action does not know.
    pub(super) unknown: Vec<String>,
}

impl Glance {
    pub(super) fn at(request: &Request, api: Api) -> Self {
        let (action, mut params) = unverified_call(request);
        let known = Action::from_name(&action);
        let unknown = known.map(|action| parameters::unknown(action, &params, api)).unwrap_or_default();
        Self {
            unknown: unknown.into_iter().map(str::to_owned).collect(),
            action,
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
