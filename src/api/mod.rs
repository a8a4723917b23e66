//! The client: credentials, endpoint, rate and transport. Turns calls into answers: a domain into a snapshot, a period into who
//! published and what VOD recorded, an address into who may have changed it.

mod call_log;
mod client;
pub mod credentials;
mod draws;
mod endpoint;
mod endpoints;
mod error;
mod hook;
mod key_address;
mod lane;
mod limiter;
mod listing;
mod lookups;
mod owner;
mod places;
mod proxy;
mod rate;
mod recordings;
mod retry;
mod transport;
mod who;

pub use call_log::{CallEntry, CallLog};
pub use client::{Client, ClientSettings, KeyInUse, Permit};
pub use draws::{Jitter, jitter};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Class, Error, Stop};
pub use hook::{HookUrl, HookUrlError};
pub use key_address::KeyAddress;
pub use listing::{DatedSnapshot, ListedAt};
pub use proxy::proxy_before;
pub use rate::Rate;
pub use retry::Retry;
pub use transport::{LONGEST_BODY, Sending, Timeouts, Transport, transport_to};
pub use who::{Trail, Who};
