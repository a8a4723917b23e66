//! Processes that die by SIGKILL, at moments that nobody chose: a server keeps what it acknowledged, and what an apply began
//! is made good by the next.

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

/// How many times something is killed: `usual`, unless `LIVEVOD_TEST_KILLS` says otherwise.
fn kills(usual: u64) -> u64 {
    std::env::var("LIVEVOD_TEST_KILLS").map_or(usual, |kills| kills.parse().unwrap())
}
