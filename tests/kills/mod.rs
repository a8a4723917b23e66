//! Processes that are killed with SIGKILL at arbitrary moments: a server keeps what it acknowledged, and the next apply completes
//! what a killed one began.

#[cfg(unix)]
mod apply;
#[cfg(unix)]
mod calls;
#[cfg(unix)]
mod case;
#[cfg(unix)]
mod moment;
#[cfg(unix)]
mod scene;
mod server;
#[cfg(unix)]
mod tally;

/// How many times a process is killed: `usual`, unless `LIVEVOD_TEST_KILLS` is set.
fn kills(usual: u64) -> u64 {
    std::env::var("LIVEVOD_TEST_KILLS").map_or(usual, |kills| kills.parse().unwrap())
}
