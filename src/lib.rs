//! Keeps the record-to-VOD configurations of ApsaraVideo Live equal to YAML files.
//!
//! ```text
//! YAML ─config→ Document ─resolve→ Desired ─┐
//!                                  check ───┤→ diagnostics
//! service ─api→ Snapshot ───────────────────┴─plan→ Plan ─apply→ Report ─render→ text
//! ```
//!
//! Layers, the lowest first; each may use those left of a `←` before it: `gate`, `model`, `source`, `files`, `schema` ← `diag`, `wire`, `sealed` ← `snapshot`, `config`, `emulator` ←
//! `resolve` ← `check`, `explain`, `plan`, `api` ← `apply`, `embedded` ← `render` ← `cli`; a test holds every path in `src/` to it, and
//! lets no files name each other in a circle. The client knows no emulator: `embedded` joins the two. Input, clock, environment and
//! randomness live in `api`, `apply`, `cli`, `files`, the loading half of `config` and the emulator's service, store and server;
//! everything else is a function of its arguments.
//!
//! Where to look first:
//!
//! - `model/field.rs` is the table of the settings: the name of each in YAML and in the API, and what its values are. By it `config`
//!   reads YAML, and `wire/request.rs` makes parameters.
//! - `plan/diff.rs` finds the changes, and `plan/guard.rs` decides which guards hold them; for a saved plan `plan/review.rs` adds
//!   `stale`. `Plan::cleared` refuses a plan that is held.
//! - `apply/write.rs` is the one loop that every write goes through, and `Run::send` in `apply/run.rs` the one place where a write
//!   leaves.
//! - `render/view.rs` gathers what is said of a plan, `render/phrases.rs` has the words that formats share, and `render/printed.rs` is
//!   the table of formats. The reason of a change, and what a guard found, are worded in `plan`.
//!
//! The binary is what is offered. The library is public for its tests and benches alone and unstable: any version may change any of it.

pub mod api;
pub mod apply;
pub mod check;
pub mod cli;
pub mod config;
pub mod diag;
pub mod embedded;
pub mod emulator;
pub mod explain;
mod files;
pub mod gate;
pub mod model;
pub mod plan;
pub mod render;
pub mod resolve;
mod schema;
pub mod sealed;
pub mod snapshot;
pub mod source;
pub mod wire;
