//! Measures the emulator: calls a second of one core with signatures checked, durable writes a second, and the start.
//!
//! `cargo bench --bench emulator` prints the numbers, `PASS` or `FAIL`, and exits with 1 where a line failed. Requests are
//! signed beforehand, so that what is measured is the service.
#![expect(clippy::print_stdout, reason = "the numbers are what it is run for")]

mod http;
mod work;

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use livevod::emulator::{Service, Settings};
use livevod::wire::Request;

/// Configurations of the domain that is listed and updated.
const ENTRIES: usize = 10;

const DESCRIBES: usize = 20_000;
const UPDATES: usize = 40_000;
const DURABLE: usize = 10_000;

/// Callers that wait for the disk together.
const CALLERS: usize = 64;

/// Starts of the binary; the median counts.
const STARTS: usize = 21;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<ExitCode> {
    // `cargo test --all-targets` runs this too, without the word.
    if !std::env::args().any(|word| word == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let describes = work::describes(DESCRIBES)?;
    let updates = work::updates(UPDATES)?;
    println!("signatures checked (V3); one thread unless said otherwise\n");
    let held = [
        at_least("Describe calls of 10 entries", rate(&describes)?, 20_000.0, "a second"),
        at_least("updates, not durable", rate(&updates)?, 40_000.0, "a second"),
        at_least("durable writes, 64 callers", durable(folder.path())?, 5_000.0, "a second"),
        at_most("start to ready line", start(folder.path())?, Duration::from_millis(20)),
    ];
    let http = http::rate(Arc::new(furnished(None)?), &work::describes(DESCRIBES)?, CALLERS)?;
    println!("      {http:>10.0} a second  Describe calls of 10 entries over HTTP, client on the same cores");
    let http = http::rate(Arc::new(furnished(None)?), &work::updates(UPDATES)?, CALLERS)?;
    println!("      {http:>10.0} a second  updates over HTTP, client on the same cores");
    let kept = furnished(Some(&folder.path().join("http.log")))?;
    let http = http::rate(Arc::new(kept), &work::updates(DURABLE)?, CALLERS)?;
    println!("      {http:>10.0} a second  durable updates over HTTP, client on the same cores");
    Ok(if held.iter().all(|held| *held) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A service with the domain, without a limit.
fn furnished(log: Option<&std::path::Path>) -> Outcome<Service> {
    let service = Service::open(log, Settings { limit: None, ..Settings::default() })?;
    service.load(&work::state(ENTRIES).to_string())?;
    Ok(service)
}

/// Calls a second in this thread.
fn rate(requests: &[Request]) -> Outcome<f64> {
    let service = furnished(None)?;
    let start = Instant::now();
    for request in requests {
        let response = service.call(request);
        if response.status != 200 {
            return Err(String::from_utf8_lossy(&response.body).into_owned().into());
        }
    }
    Ok(requests.len() as f64 / start.elapsed().as_secs_f64())
}

/// Writes a second that are on disk, by callers in threads of their own: what the disk allows once they share its syncs.
fn durable(folder: &std::path::Path) -> Outcome<f64> {
    let service = furnished(Some(&folder.join("bench.log")))?;
    let requests = work::updates(DURABLE)?;
    let all_right = |part: &[Request]| part.iter().all(|request| service.call(request).status == 200);
    let start = Instant::now();
    let held = std::thread::scope(|scope| {
        let parts = requests.chunks(DURABLE.div_ceil(CALLERS));
        let callers: Vec<_> = parts.map(|part| scope.spawn(|| all_right(part))).collect();
        callers.into_iter().all(|caller| caller.join().is_ok_and(|held| held))
    });
    if !held {
        return Err("a durable write was refused".into());
    }
    Ok(requests.len() as f64 / start.elapsed().as_secs_f64())
}

/// From the start of the process to its ready line.
fn start(folder: &std::path::Path) -> Outcome<Duration> {
    let mut times = Vec::new();
    for number in 0..STARTS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_livevod"));
        command.args(["emulator", "--listen", "127.0.0.1:0", "--data", &format!("start-{number}.log")]);
        let start = Instant::now();
        let mut child = command.current_dir(folder).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        times.push(start.elapsed());
        child.kill()?;
        child.wait()?;
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

fn at_least(name: &str, rate: f64, floor: f64, unit: &str) -> bool {
    let held = rate >= floor;
    println!("{}  {rate:>10.0} {unit}  {name}, at least {floor:.0}", verdict(held));
    held
}

fn at_most(name: &str, time: Duration, ceiling: Duration) -> bool {
    let held = time < ceiling;
    let (time, ceiling) = (time.as_secs_f64() * 1000.0, ceiling.as_millis());
    println!("{}  {time:>10.1} ms        {name}, under {ceiling} ms", verdict(held));
    held
}

fn verdict(held: bool) -> &'static str {
    if held { "PASS" } else { "FAIL" }
}
