//! A drift in words that every format shares, and one file for each rendering. The words tell what happened in the service,
//! never what apply would do.

mod findings;
mod human;
mod json;
mod markdown;
mod view;
pub(super) mod words;

pub use findings::drift_findings;
pub(super) use human::human_drift;
pub(super) use json::{DifferenceDocument, DriftDocument, drift_json};
pub(super) use markdown::markdown_drift;
pub(super) use view::DriftFold;
pub use view::{Cures, DriftView, reverting};
