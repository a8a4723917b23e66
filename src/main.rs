//! The `livevod` binary.
fn main() {}
