//! What a request claims to be about, before anything in it is checked.

use super::oss;
use super::parameters;
use super::settings::Api;
use super::state::State;
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
    /// Of a request to Object Storage Service: `BUCKET/KEY`, `BUCKET`, or nothing.
    pub(super) object: Option<String>,
}

impl Glance {
    pub(super) fn at(request: &Request, api: Api, state: &State) -> Self {
        if let Some((action, object)) = oss::claimed(request, |bucket| state.buckets().has(bucket)) {
            return Self::of_oss(action, object);
        }
        let (action, mut params) = unverified_call(request);
        let known = Action::from_name(&action);
        let unknown = known.map(|action| parameters::unknown(action, &params, api)).unwrap_or_default();
        Self {
            unknown: unknown.into_iter().map(str::to_owned).collect(),
            action,
            domain: params.remove("DomainName").unwrap_or_default().to_ascii_lowercase(),
            app: params.remove("AppName"),
            stream: params.remove("StreamName"),
            object: None,
        }
    }

    fn of_oss(action: &str, object: String) -> Self {
        Self {
            action: action.to_owned(),
            domain: String::new(),
            app: None,
            stream: None,
            unknown: Vec::new(),
            object: Some(object),
        }
    }

    /// `domain/app/stream`, or the domain alone; `BUCKET/KEY` of an object.
    pub(super) fn address(&self) -> String {
        if let Some(object) = &self.object {
            return object.clone();
        }
        match &self.app {
            None => self.domain.clone(),
            Some(app) => format!("{}/{app}/{}", self.domain, self.stream()),
        }
    }

    pub(super) fn stream(&self) -> &str {
        self.stream.as_deref().filter(|stream| !stream.is_empty()).unwrap_or(EVERY)
    }
}
