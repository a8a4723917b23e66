//! What a client takes from outside for each attempt: time, nonces and jitter.

use std::sync::Arc;

use jiff::Timestamp;

use crate::wire::Stamp;

/// Makes the stamp of one attempt.
pub(super) type StampSource = Arc<dyn Fn() -> std::io::Result<Stamp> + Send + Sync>;

/// Gives numbers from 0 to 1 for pauses between attempts.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// The clock's time and 128 random bits.
pub(super) fn stamp() -> std::io::Result<Stamp> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    Ok(Stamp { time: Timestamp::now(), nonce: format!("{:032x}", u128::from_be_bytes(random)) })
}

/// A number from 0 to 1; without randomness 1, so that every pause has its full length.
pub fn jitter() -> f64 {
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}
