//! Plans carried out against the real emulator: in process on a paused clock, and over HTTP with every way to fail.

mod anything;
mod converge;
mod crash;
mod fresh;
mod gate;
mod journal;
mod keys;
mod late;
mod listing;
mod lookups;
mod lost;
mod order;
mod refuse;
mod retry;
mod transport;
pub(crate) mod world;
