//! Turns the outcome of a drift check or an audit, and what was told before, into messages for chat rooms and programs.
//!
//! ```text
//! Drift, Plan; or Audit ─Summary::of_…→ Summary ─┐
//! what was told ──────────────────────────State──┴─is_news→ Message ─body→ JSON of the receiver ─sign, post→ accepted or not
//! ```
//!
//! Pure, except for `post`, which sends.

mod answer;
mod audited;
mod body;
mod document;
mod link;
mod markup;
mod message;
mod post;
mod receiver;
mod sign;
mod state;
mod summary;

pub use audited::{Lost, Sessions};
pub use body::body;
pub(crate) use document::schema;
pub use link::Link;
pub use message::Message;
pub use post::{Letter, Patience, deliver};
pub use receiver::{Kind, Receiver};
pub use state::{CheckState, State, Told};
pub use summary::{Check, Difference, DifferenceKind, DomainCounts, Found, Outcome, Summary};
