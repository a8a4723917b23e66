//! The store that several machines share: named objects in a bucket, of which each is created once.
//!
//! ```text
//! --store URL ─address→ StoreUrl ─cli→ Objects ←─ lease, journals, plans, states
//! ```
//!
//! [`Objects`] is all that a bucket must be able to do. The one promise that everything rests on is that of
//! [`Objects::create`]: of all who create an object of one name, exactly one succeeds.

mod abreast;
mod address;
mod error;
mod holders;
mod journals;
mod lease;
mod name;
mod objects;
mod part;
mod patience;
mod runlog;
mod standing;

pub use abreast::side_by_side;
pub use address::{BucketUrl, Scheme, StoreUrl};
pub use error::{StoreError, Trouble};
pub use holders::{Held, accounts, holders, release};
pub use journals::{
    Kept, KnownRun, Progress, Teller, journal, journal_of, keep_journal, keep_snapshot, known_runs, progress,
    remove_run, runs, snapshot, tidy,
};
pub use lease::{Lease, TakeError, Taking};
pub use name::{is_in_names, is_name};
pub use objects::{Asking, Created, Listed, Made, Objects, make};
pub use part::{Entry, Holder, Part, Says, account_name};
pub use patience::Patient;
pub use runlog::{Elapsed, Lost, Terms};

/// The text of an object.
fn write(value: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    let text = serde_json::to_vec(value);
    text.map_err(|error| StoreError::new(Trouble::Other, error.to_string()))
}
