//! What a bucket needs of the process.

use std::sync::Arc;

use super::place::Variable;
use crate::api::{Timeouts, Transport};
use crate::gate::Secrets;

/// What a bucket needs of the process.
pub struct Settings<'a> {
    /// Looks up a variable: the endpoint, the region, and the credentials of services other than OSS.
    pub variable: Variable<'a>,
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// Learns every secret, so that no error has one.
    pub secrets: Secrets,
    /// Leads to a service in this process, instead of over HTTP.
    pub transport: Option<Arc<dyn Transport>>,
}
