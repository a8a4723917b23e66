//! `livevod show`.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::keeping::Keeping;
use super::kinds::{Kind, input};
use super::load::Loaded;
use super::observe::Observed;
use super::rerun;
use super::reviewed;
use super::run::{Run, Session, Terms};
use super::sealed;
use super::stored::Keeps;
use super::terminal::Terminal;
use super::views::Views;
use crate::audit::Audit;
use crate::diag::{Code, Diagnostic};
use crate::render::{self, AuditView, Context, Exit, Format};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod show reviewed.plan
  livevod show reviewed.plan --format html > plan.html")]
#[command(mut_arg("folder", |argument| argument.hide(true)))]
pub(super) struct Arguments {
    /// File that `livevod plan --out` or `livevod audit --out` wrote
    #[arg(value_name = "FILE")]
    plan: PathBuf,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// List every change, also identical ones, and the settings of unmanaged configurations
    #[arg(long)]
    full: bool,

    #[command(flatten)]
    views: Views,

    #[command(flatten)]
    keeping: Keeping,
}

impl Arguments {
    /// Shows the report of an audit.
    fn audit(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let Self { plan: file, format, full, views, keeping: _ } = self;
        if !format.holds_audits() {
            let message = "this format can't contain an audit".to_owned();
            return Err(Diagnostic::new(Code::Usage, message).into());
        }
        let audit = Audit::read(&sealed::text(file, Code::Usage)?).map_err(|error| {
            Diagnostic::new(Code::Usage, format!("{} can't be used: {error}", input(file)))
        })?;
        let mut layout = views.layout(*format, *full, terminal);
        layout.made.time = Some(audit.time);
        layout.made.version = Some(audit.livevod.clone());
        let sources = audit.sources();
        let context = Context { sources: &sources, diagnostics: &[], exit: Exit::Success };
        terminal.show(&render::audit(&AuditView::new(&audit), context, &layout));
        Ok(Exit::Success)
    }
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        let keeps = Keeps { keeping: &self.keeping, remote: None, state: None };
        Terms::in_format(self.format).keeping(keeps)
    }

    /// Shows the plan, whether or not it could still be applied.
    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { plan, format, full, views, keeping: _ } = self;
        if Kind::of(plan) == Some(Kind::Audit) {
            return self.audit(terminal);
        }
        let saved = reviewed::read(plan)?;
        // A plan has thousands of places, and the process ends with this output.
        let sources = ManuallyDrop::new(Loaded::of_plan(&saved).sources);
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
