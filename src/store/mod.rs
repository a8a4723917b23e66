//! The store that several machines share: named objects in a bucket, of which each is created once.
//!
//! ```text
//! --store URL ─address→ StoreUrl ─cli→ Objects ←─ lease, journals, plans, states
//! ```
//!
//! [`Objects`] is all that a bucket must be able to do. The one promise that everything rests on is that of
//! [`Objects::create`]: of all who create an object of one name, exactly one succeeds.

mod address;
mod error;
mod name;
mod objects;

pub use address::{BucketUrl, Scheme, StoreUrl, StoreUrlError};
pub use error::{StoreError, Trouble};
pub use name::{is_in_names, is_name};
pub use objects::{Asking, Created, Listed, Made, Objects, make};
