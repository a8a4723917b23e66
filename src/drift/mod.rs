//! Turns a [`Plan`](crate::plan::Plan), the [`Snapshot`](crate::model::Snapshot) that it was planned from and the
//! [`History`](crate::apply::journal::History) of journals into a [`Drift`]: what differs in the service, which side
//! moved, and since when. Pure: no I/O, no clock.
//!
//! A plan says what apply would do. A drift says what happened. [`Known`] is what an earlier check found, for checks
//! that report only what is new.

mod difference;
mod find;
mod known;

pub use difference::{Difference, Drift, FieldDifference, Kind, Moved, Since, SinceWhat};
pub use find::{Comparison, find};
pub use known::{Known, News};
