//! `livevod snapshot`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::goal::Goal;
use super::load::load;
use super::observe::look;
use super::places::Places;
use super::planning::{Guards, Planning, plan_options};
use super::run::{Run, Session, Terms};
use super::saved;
use super::undeclared::Breadth;
use super::views::of_findings;
use crate::diag::{self, Code};
use crate::model::Snapshot;
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod snapshot --out before.json
  livevod snapshot --target live.example.com/show --out show.json")]
#[command(mut_arg("format", |format| format.value_parser(of_findings())))]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    /// File to write, readable only by its owner, replacing an existing file; - is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::of(&self.planning.scope, &self.planning.rules)
    }

    fn places(&self) -> Places<'_> {
        self.planning.places(Vec::new).writing("--out", Some(&self.out))
    }

    /// Saves complete domains: a part of a domain would look like a domain that lost the rest.
    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { planning: Planning { paths, rules, scope }, out } = self;
        let loaded = load(paths, rules)?;
        let options = plan_options(scope, &Guards::default());
        let observed = look(&loaded, scope, &options, Goal::Files, Breadth::DECLARED)?;
        let held_back = observed.diagnostics.iter().any(|one| one.code == Code::Remote);
        if held_back || diag::has_errors(&observed.diagnostics) {
            return Err(Failure {
                sources: loaded.sources,
                diagnostics: observed.diagnostics,
                ..Failure::default()
            });
        }
        let saved = observed.saved(Snapshot::clone(&observed.snapshot), &loaded);
        saved::write(out, &saved)?;
        let exit = Exit::Success;
        let context = Context { sources: &loaded.sources, diagnostics: &loaded.diagnostics, exit };
        let (file, seen) = (out.display().to_string(), &observed.diagnostics);
        terminal.show(&render::snapshot(&saved, &file, context, seen, &scope.layout(terminal)));
        Ok(exit)
    }
}
