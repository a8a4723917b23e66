//! Plans applied to the real emulator: in process on a paused clock, and over HTTP with every kind of failure.

mod anything;
mod converge;
mod cost;
mod crash;
pub(crate) mod drawn;
mod folder;
mod formats;
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
mod restored;
mod retry;
mod transport;
mod who;
pub(crate) mod world;
