//! Measures how long it takes to write large plans down, to draw many mistakes, to import, and to start beside many journals.
//! `benches/check` measures everything that has a floor or a peer.
//!
//! `cargo bench --bench plan` prints the numbers, `PASS` or `FAIL`, and exits with 1 where a line failed.
#![expect(clippy::print_stdout, reason = "the numbers are what it is run for")]

mod documents;
mod import;
mod journals;
mod work;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use documents::Written;
use work::Work;

/// Turns of each side; the median counts.
const ROUNDS: usize = 11;

/// Mistakes in the faulty files.
const MISTAKES: usize = 1_000;

/// Most that it may take to find and draw them.
const MOST_FOR_MISTAKES: Duration = Duration::from_secs(1);

/// Most that an import of ten thousand configurations may take.
const MOST_FOR_IMPORT: Duration = Duration::from_secs(2);

/// Most that the comment of a hundred thousand changes may take.
const MOST_FOR_COMMENT: Duration = Duration::from_secs(1);

/// Finished runs in the folder of journals.
const RUNS: usize = 10_000;

/// Most that they may add to a plan.
const MOST_FOR_RUNS: Duration = Duration::from_millis(50);

const TEN_THOUSAND: Work = Work { domains: 50, streams_each: 200 };

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<ExitCode> {
    // `cargo test --all-targets` runs this too, without the word.
    if !std::env::args().any(|word| word == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;

    println!("medians of {ROUNDS} rounds\n");
    let mistakes = measure_validate(folder.path(), &TEN_THOUSAND.faulty_yaml(MISTAKES), 1)?;
    print_offline("10,000 with 1,000 mistakes", mistakes);
    let comments = [false, true].map(|alike| documents::comment(100_000, alike));
    print_written("comment of 100,000", &comments[0]);
    print_written("  alike by kind", &comments[1]);
    print_written("page of 10,000", &documents::page(10_000));
    print_written("JSON of 10,000", &documents::document(10_000));
    let imported = import::files(10_000)?;
    print_written("import 10,000", &imported);
    let started = journals::measure(folder.path(), RUNS)?;
    print_offline("plan without journals", started.bare);
    print_offline("  with 10,000 runs", started.later);
    print_offline("  the first time", started.first);
    println!();

    let mistakes_held = print_verdict(
        mistakes < MOST_FOR_MISTAKES,
        &format!("{:.3} s for {MISTAKES} mistakes, under {MOST_FOR_MISTAKES:?}", mistakes.as_secs_f64()),
    );
    let import_held = print_verdict(
        imported.took < MOST_FOR_IMPORT,
        &format!("{:.3} s for an import of 10,000, under {MOST_FOR_IMPORT:?}", imported.took.as_secs_f64()),
    );
    let more = started.later.saturating_sub(started.bare);
    let runs_held = print_verdict(
        more < MOST_FOR_RUNS,
        &format!("{:.3} s more with {RUNS} finished runs, under {MOST_FOR_RUNS:?}", more.as_secs_f64()),
    );
    let comments_held = comments.each_ref().map(print_comment) == [true; 2];
    Ok(if mistakes_held && import_held && runs_held && comments_held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `validate` as people run it, everything drawn; it has to end with `code`.
fn measure_validate(folder: &Path, text: &str, code: i32) -> Outcome<Duration> {
    let file = folder.join("validate.yaml");
    std::fs::write(&file, text)?;
    let times: Result<Vec<Duration>, _> =
        (0..ROUNDS).map(|_| run_livevod(folder, &["validate"], &file, code)).collect();
    Ok(median(times?))
}

/// Wall time of one run of the binary, which has to end with `code`: with `--detailed-exitcode`, 0 is without differences.
fn run_livevod(folder: &Path, words: &[&str], file: &Path, code: i32) -> Outcome<Duration> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livevod"));
    command.args(words).arg(file).current_dir(folder).stdin(Stdio::null());
    command.env_clear().env("HOME", folder);
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "bench").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "bench");
    let start = Instant::now();
    let output = command.output()?;
    let took = start.elapsed();
    if output.status.code() != Some(code) {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("livevod {} ended with {}: {text}", words.join(" "), output.status).into());
    }
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A row of a run of the binary.
fn print_offline(name: &str, took: Duration) {
    println!("{name:<26}{:>8.3} s", took.as_secs_f64());
}

/// A row of a plan that is written down.
fn print_written(name: &str, written: &Written) {
    println!("{name:<26}{:>8.3} s{:>14} bytes", written.took.as_secs_f64(), written.bytes);
}

/// Whether a comment kept both its limits.
fn print_comment(Written { bytes, took }: &Written) -> bool {
    print_verdict(
        *bytes <= documents::MAX_BYTES && *took < MOST_FOR_COMMENT,
        &format!(
            "comment of 100,000 changes: {bytes} bytes of {}, {:.3} s, under {MOST_FOR_COMMENT:?}",
            documents::MAX_BYTES,
            took.as_secs_f64()
        ),
    )
}

fn print_verdict(held: bool, text: &str) -> bool {
    println!("{}  {text}", if held { "PASS" } else { "FAIL" });
    held
}
