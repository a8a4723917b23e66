//! Buckets of object storage as a [`store`](crate::store).
//!
//! ```text
//! BucketUrl, variables ─place→ Place ─oss|s3|gcs|azure→ Operator ─objects→ Objects
//!                                     requests ─carrier→ api::Transport
//! ```
//!
//! `opendal` writes the requests and reads the answers of each service. Everything else is livevod's own: the way of the
//! requests (`carrier`), for which the rules of all other requests hold; what an error means (`refusal`), from the answer
//! itself; and for OSS the credentials and the signature. Nothing is repeated here.

#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "bucket")]
mod carrier;
mod check;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "bucket")]
mod objects;
mod open;
#[cfg(feature = "oss")]
mod oss;
mod place;
#[cfg(feature = "bucket")]
mod refusal;
#[cfg(feature = "s3")]
mod s3;
mod settings;
#[cfg(feature = "bucket")]
mod ways;

pub use check::{Findings, check};
pub use open::open;
pub use place::{OpenError, endpoint};
pub use settings::Settings;

#[cfg(test)]
#[cfg(all(feature = "oss", feature = "s3"))]
mod tests;
