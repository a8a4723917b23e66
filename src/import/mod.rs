//! Turns a [`Snapshot`](crate::model::Snapshot) into the YAML that a careful person would have written for it. Pure: no I/O, no clock.
//!
//! ```text
//! Snapshot ─fit→ what files can declare ─settings→ needs ─lift→ blocks ─tiers→ ─layouts→ ─text→ files ─proof→ planned: empty
//! ```
//!
//! Everything follows from the state alone, in an order that does not depend on how it was read, so that the same state
//! gives the same text, and one more configuration changes a line or two of it.

mod account;
mod comments;
mod files;
mod fit;
mod groups;
mod layouts;
mod lift;
mod lines;
mod proof;
mod settings;
mod sketch;
mod text;
mod tiers;

use std::collections::BTreeSet;

pub use self::account::Account;
pub use self::files::{Division, File, ImportError, Imported};
use self::fit::Fit;
pub use self::groups::GroupKey;
use self::sketch::Sketch;
use self::text::Text;
use crate::model::{Address, domain_error};

/// Writes the files, and proves that planning them against the same state gives an empty plan.
///
/// # Errors
/// When it can't be proved; that would be a bug in livevod.
pub fn import(account: Account<'_>, division: Division) -> Result<Imported, ImportError> {
    let snapshot = account.snapshot;
    let fit = Fit::new(snapshot);
    let sketch = Sketch::new(account, &fit);
    let files = Text::new(account, &fit, &sketch).files(division)?;
    let is_declared = |address: &&Address| domain_error(&address.domain).is_none();
    let Fit { left_out, kept: _ } = fit;
    let expected: BTreeSet<Address> = left_out.keys().filter(is_declared).cloned().collect();
    proof::prove(&files, snapshot, &expected).map_err(ImportError::Unproved)?;
    let held: usize = snapshot.domains.values().map(|domain| domain.configs.len()).sum();
    let domains = sketch.domains.keys().map(ToString::to_string).collect();
    Ok(Imported { files, domains, declared: held - left_out.len(), left_out })
}
