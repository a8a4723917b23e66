//! Keeps the record-to-VOD configurations of ApsaraVideo Live in sync with YAML files.
//!
//! ```text
//! YAML ─config→ Document ─resolve→ Desired ─┐
//!                                  check ───┤→ diagnostics
//! service ─api→ Snapshot ───────────────────┴─plan→ Plan ─apply→ Report ─render→ text
//!                   └─import→ YAML
//! ```
//!
//! Layers, the lowest first. Each may use those before it: `gate`, `model`, `source`, `files`, `schema`, `store` ←
//! `diag`, `wire`, `sealed` ← `sessions`, `snapshot`, `config`, `emulator` ← `resolve` ← `check`, `explain`, `permissions`, `plan`, `api` ←
//! `import`, `merge`, `apply`, `embedded`, `bucket` ← `audit`, `drift` ← `notify` ← `render` ← `cli`. A test checks this for every path
//! in `src/`, and that no files use each other in a circle. The client does not know the emulator: `embedded` joins the two.
//! Input, clock, environment and randomness are used only in `api`, `apply`, `bucket`, `cli`, `files`, the sending half of `notify`,
//! the loading half of `config` and the emulator's service, store and server; everything else is a function of its
//! arguments.
//!
//! Where to look first:
//!
//! - `model/field.rs` is the table of the settings: the name of each in YAML and in the API, and its possible values. From a file
//!   to a request, a value passes `config/scalar.rs` (its YAML), `config/settings.rs` (its block), `resolve/entries.rs` (what
//!   applies to a configuration), `wire/request.rs` and `wire/values.rs` (the parameters of a request).
//! - `plan/diff.rs` finds the changes, and `plan/guard.rs` the guards that refuse them. Three guards need more than plan and
//!   snapshot: `stale` is in `plan/review.rs` (a saved plan), `on-air` in `plan/on_air.rs`, `replay-loss` in `audit/loss.rs`.
//!   `Plan::cleared` in `plan/decided.rs` is an error if a guard refuses the plan.
//! - `merge/splice.rs` edits the text of files, and `merge/proof.rs` compares the plans before and after.
//! - `audit/verdict.rs` judges what was on air: `audit/history.rs` says which configuration applied then, and `audit/coverage.rs`
//!   what has no recording.
//! - `apply/write.rs` is the loop of attempts that every write of a run goes through. Each attempt is sent by `Run::send` in
//!   `apply/run.rs`, and by nothing else; `api/client/sending.rs` signs it, and `api/transport.rs` puts it on the wire.
//! - `render/view.rs` collects what is shown of a plan, `render/totals.rs` has the sentences about the whole of it,
//!   `render/phrases.rs` the words that formats share, and `render/printed.rs` is the table of formats. The reason of a change
//!   is worded in `plan/notes.rs`, and what a guard found in `plan/guard.rs`.
//!
//! The product is the binary. The library is public only for its tests and benches, and unstable: any version may
//! change any of it.

pub mod api;
pub mod apply;
pub mod audit;
pub mod bucket;
pub mod check;
pub mod cli;
pub mod config;
pub mod diag;
pub mod drift;
pub mod embedded;
pub mod emulator;
pub mod explain;
mod files;
pub mod gate;
pub mod import;
pub mod merge;
pub mod model;
pub mod notify;
mod permissions;
pub mod plan;
pub mod render;
pub mod resolve;
mod schema;
pub mod sealed;
pub mod sessions;
pub mod snapshot;
pub mod source;
pub mod store;
pub mod wire;
