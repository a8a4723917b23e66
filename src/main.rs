//! The `livevod` binary: parse, run, exit code.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(livevod::cli::main(std::env::args_os()).code())
}
