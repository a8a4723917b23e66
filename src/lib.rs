//! Keeps the record-to-VOD configurations of ApsaraVideo Live equal to YAML files.
//!
//! ```text
//! YAML ─config→ Document ─resolve→ Desired ─┐
//!                                  check ───┤→ diagnostics
//! service ─api→ Snapshot ───────────────────┴─plan→ Plan ─apply→ Report ─render→ text
//! ```
//!
//! Arrows run one way: `gate`, `model`, `source`, `files` ← `diag`, `wire` ← `config`, `emulator` ← `resolve` ← `check`, `explain`, `plan`,
//! `api` ← `apply` ← `render` ← `cli`; a test holds the `use crate::` lines to it. `api` knows no emulator: `embedded` joins the two. Input, clock, environment and randomness
//! live in `api`, `apply`, `cli`, `files`, the loading half of `config` and the emulator's service, store and server; everything
//! else is a function of its arguments.

pub mod api;
pub mod apply;
pub mod check;
pub mod cli;
pub mod config;
pub mod diag;
pub mod embedded;
pub mod emulator;
pub mod explain;
pub mod files;
pub mod gate;
pub mod model;
pub mod plan;
pub mod render;
pub mod resolve;
pub mod schema;
pub mod sealed;
pub mod snapshot;
pub mod source;
pub mod wire;
