//! Turns requests of Object Storage Service into responses: the part of it that a store of objects needs. Pure.
//!
//! ```text
//! Request ─signature→ Signed ─operation→ OssScene ─objects, listing, settings→ Reply ─reply→ Response + BucketChanges
//! ```
//!
//! It is served beside the RPC APIs at the same address: a request is for this service if its Authorization header says
//! so, or if it has none and its path begins with a bucket that exists.

mod answer;
mod bucket;
mod checksum;
mod document;
mod given;
mod listing;
mod objects;
mod operation;
mod range;
mod refusal;
mod reply;
mod scene;
mod settings;
mod signature;
mod target;

pub(super) use bucket::{BucketChange, Buckets, LARGEST_OBJECT};
pub(super) use document::{read_bucket, write_buckets};
pub use given::NewBucket;
pub(super) use operation::claimed;
#[cfg(feature = "faults")]
pub(super) use operation::{is_listing, operation_name};
pub(super) use reply::{too_large, troubled};
pub(super) use signature::is_signed;
