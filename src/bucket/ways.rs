//! The ways to a store's host and to the hosts that hand out keys for it: all requests go over livevod's own HTTP client.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::{Endpoint, Error, KeyAddress, Timeouts, Transport, transport_to};
use crate::wire::{Request, Response};

/// Sends requests, each by the way to its host.
pub(super) struct Ways {
    timeouts: Timeouts,
    /// Leads everywhere, if it is given: to a service in this process.
    given: Option<Arc<dyn Transport>>,
    /// By endpoint, for those on this machine's own link; one for all others.
    open: Mutex<BTreeMap<Option<String>, Arc<dyn Transport>>>,
}

impl Ways {
    pub(super) fn new(timeouts: Timeouts, given: Option<Arc<dyn Transport>>) -> Self {
        Self { timeouts, given, open: Mutex::default() }
    }

    /// Sends a request once. Without TLS, it goes only to this machine and its own link, where metadata services are.
    pub(super) async fn send(&self, request: &Request, url: &str) -> Result<Response, Error> {
        let address: KeyAddress = url
            .parse()
            .map_err(|_| Error::Withheld { reason: format!("`{}` can't be called", request.host) })?;
        let endpoint = address.endpoint();
        self.way_to(endpoint)?.send(request, endpoint.is_plain()).await
    }

    /// Loading the system's certificates is slow, so a way is opened when it is first needed, and kept.
    fn way_to(&self, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let which = endpoint.is_near().then(|| endpoint.to_string());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = open.get(&which) {
            return Ok(way.clone());
        }
        let way = transport_to(self.timeouts, endpoint)?;
        open.insert(which, way.clone());
        Ok(way)
    }
}
