//! `livevod show`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::load::Loaded;
use super::observe::Observed;
use super::rerun;
use super::reviewed;
use super::run::{Run, Session, Told};
use super::views::Views;
use crate::render::{self, Context, Exit, Format};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// File that `livevod plan --out` wrote
    #[arg(value_name = "PLAN")]
    plan: PathBuf,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// List every change, also identical ones, and the settings of unmanaged configurations
    #[arg(long)]
    full: bool,

    #[command(flatten)]
    views: Views,
}

impl Run for Arguments {
    fn told(&self) -> Told<'_> {
        Told::in_format(self.format)
    }

    /// Shows the plan, whether or not it could still be applied.
    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { plan, format, full, views } = self;
        let saved = reviewed::read(plan)?;
        let Loaded { sources, .. } = Loaded::of_plan(&saved);
        let mut layout = views.layout(*format, *full, terminal);
        layout.made.time = Some(saved.time);
        layout.made.version = Some(saved.livevod.clone());
        let observed = Observed::of_file(saved);
        let exit = Exit::Success;
        let context = Context { sources: &sources, diagnostics: &[], exit };
        let mut view = observed.view();
        // The file of a plan names its service, but not the arguments that led to its files.
        view.arguments = rerun::service(&observed.target.name);
        view.is_without_files = true;
        terminal.show(&render::plan(&view, context, &layout));
        Ok(exit)
    }
}
