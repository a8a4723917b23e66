//! The only integration test binary: every scenario, transcript and simulation is a module of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first thing that is wrong")]

mod accounts;
mod apply;
mod architecture;
mod audit;
mod bucket;
mod desired;
mod drift;
mod emulator;
mod fmt;
mod formats;
mod fuzz;
mod import;
mod kills;
mod merge;
mod plan;
mod quirks;
mod simulation;
mod transcripts;
mod wire;
