//! The client: credentials, endpoint, rate and transport. Turns calls into answers and a domain into a snapshot.

pub mod credentials;
mod endpoint;
mod error;
mod limiter;

pub use endpoint::{Endpoint, EndpointError, Service};
pub use error::{Class, Error};
pub use limiter::Rate;
