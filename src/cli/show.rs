//! `livevod show`.

use std::path::PathBuf;

use clap::Args;

use super::arguments::Format;
use super::failure::Failure;
use super::load::Loaded;
use super::observe::Observed;
use super::plan::{Shown, show};
use super::reviewed;
use super::terminal::Terminal;
use super::views::Views;
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file that `livevod plan --out` wrote
    #[arg(value_name = "PLAN")]
    plan: PathBuf,

    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,

    /// List identical changes one by one
    #[arg(long)]
    full: bool,

    #[command(flatten)]
    views: Views,
}

/// What the file says, whether or not it could still be applied.
pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let Arguments { plan, format, full, views } = arguments;
    let saved = reviewed::read(plan)?;
    let observed = Observed::of_file(saved);
    let shown = Shown { format: *format, views, full: *full, is_drift: false };
    show(shown, &Loaded::nothing(), &observed, Exit::Success, terminal);
    Ok(Exit::Success)
}
