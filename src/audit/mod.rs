//! Answers whether what aired was recorded. Pure.
//!
//! ```text
//! publishes ────────────────────join→ Session ─┐
//! configurations now, journals ─history→ Ruling ─┼─verdict→ Verdict
//! videos ───────────────────coverage→ lacks ───┘
//! ```
//!
//! Soundness comes before completeness: what the documents leave open is read in every possible way, and a session is
//! only called recorded or missing where each reading says so. `missing` means that no recording is listed.
//!
//! [`Replay`] plays the same publishes under the configurations of before and of after a plan.

mod coverage;
mod expected;
mod history;
mod join;
mod loss;
mod near;
mod replay;
mod report;
mod verdict;
mod writes;

pub use self::expected::Expected;
pub use self::history::{Ended, History, Ruler, Ruling, Since, Unclear, Write};
pub use self::join::{Session, sessions};
pub use self::near::is_near_miss;
pub use self::replay::{Replay, ReplayRow, Sides, Tally};
pub use self::report::{Audit, DomainAudit, Made, Recording, RuledBy, RulingConfig, SessionAudit};
pub use self::verdict::{Kind, Reason, Settings, Verdict, judge};
pub use self::writes::writes;
