//! The table of formats: for each subject, its output in each format.
//!
//! A command offers a format only if it can contain the subject ([`Format::holds_reports`],
//! [`Format::holds_findings`]); for any other format, the output is that for people.

use super::audit::{
    AuditView, SessionsView, audit_findings, audit_json, human_audit, human_sessions, markdown_audit,
    sessions_json,
};
use super::desired::{desired_json, desired_summary, desired_yaml};
use super::diagnostics::diagnostics;
use super::differences::plan_findings;
use super::documents::{Context, diagnostics_json};
use super::drift::{DriftView, drift_findings, drift_json, human_drift, markdown_drift};
use super::exit::Exit;
use super::explain::{human_area, human_codes, human_explanation, human_page};
use super::explain_at::{PastView, human_past, past_json};
use super::explain_json::{area_json, codes_json, explanation_json, page_json};
use super::explain_online::{OnlineFacts, human_online};
use super::forms::{FormRow, forms_json, forms_summary};
use super::github::github;
use super::gitlab::gitlab;
use super::headlines::{explain_line, summary_line};
use super::html::{html, html_audit, html_drift};
use super::journal::{Pruned, human_pruned, human_run, human_runs};
use super::journal_json::{pruned_json, run_json, runs_json};
use super::layout::Layout;
use super::leases::{LeasesView, human_leases, leases_json};
use super::markdown::markdown_plan;
use super::outcomes::markdown_report;
use super::plan::human_plan;
use super::plan_json::plan_json;
use super::report::human_report;
use super::report_json::report_json;
use super::report_view::ReportView;
use super::sarif::sarif;
use super::snapshot::{human_snapshot, snapshot_json};
use super::terraform::{gitlab_terraform, terraform_json};
use super::view::PlanView;
use super::{Fallback, FilesFormat, Format};
use crate::apply::journal::RunRecord;
use crate::diag::{self, Code, Diagnostic, Severity};
use crate::explain::{self, Area, Explanation};
use crate::plan::Guard;
use crate::resolve::Desired;
use crate::snapshot::Saved;

/// The printed texts, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printed {
    /// On standard error: findings for people.
    pub notes: String,
    /// On standard output.
    pub text: String,
    /// Whether lines of the text are commands for the runner of a job, and so must stay unchanged.
    pub is_commands: bool,
    /// On standard error, after everything else.
    pub more: String,
}

impl Printed {
    fn document(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    fn commands(text: String) -> Self {
        Self { text, is_commands: true, ..Self::default() }
    }

    /// A text without findings, which go to standard error for people; advice is for `validate` and for machines.
    fn beside(context: Context, layout: &Layout, text: String) -> Self {
        Self { notes: told(&weighty(context.diagnostics), context, layout), text, ..Self::default() }
    }
}

/// A plan.
pub fn plan(view: &PlanView, context: Context, layout: &Layout) -> Printed {
    let last = match context.exit {
        Exit::Error if diag::has_errors(context.diagnostics) && !view.is_conclusive() => {
            format!("Found {}.\n", summary_line(&weighty(context.diagnostics)))
        }
        _ => refused(view, context),
    };
    plan_before(last, view, context, layout)
}

/// A plan of which an apply writes nothing, because of an error, a guard, or for want of changes.
pub fn unapplied(view: &PlanView, context: Context, layout: &Layout) -> Printed {
    let last = match context.exit {
        Exit::Error => {
            let found = summary_line(&weighty(context.diagnostics));
            format!("Found {found}; {NOTHING_WRITTEN} (exit code 1)\n")
        }
        _ => refused(view, context),
    };
    plan_before(last, view, context, layout)
}

/// A plan, and the last line of the run.
fn plan_before(last: String, view: &PlanView, context: Context, layout: &Layout) -> Printed {
    let beside = |text| Printed { more: last, ..Printed::beside(context, layout, text) };
    match layout.format {
        Format::Human | Format::Openmetrics => beside(human_plan(view, layout.full, layout.stdout)),
        Format::Json => Printed::document(plan_json(view, context)),
        Format::Markdown => beside(markdown_plan(view, layout)),
        Format::TerraformJson => beside(terraform_json(view, context.exit)),
        Format::GitlabTerraform => beside(gitlab_terraform(view)),
        Format::Html => beside(html(view, layout)),
        Format::Github | Format::Gitlab | Format::Sarif => {
            among(&plan_findings(view, context.sources), context, layout)
        }
    }
}

/// A drift. Formats for other tools than people's eyes and code hosts show the plan that undoes it.
pub fn drift(view: &DriftView, context: Context, layout: &Layout) -> Printed {
    let last = match context.exit {
        Exit::Error if diag::has_errors(context.diagnostics) => {
            format!("Found {}.\n", summary_line(&weighty(context.diagnostics)))
        }
        _ => String::new(),
    };
    let beside = |text| Printed { more: last.clone(), ..Printed::beside(context, layout, text) };
    match layout.format {
        Format::Human | Format::Openmetrics => beside(human_drift(view, layout.full, layout.stdout)),
        Format::Json => Printed::document(drift_json(view, context)),
        Format::Markdown => beside(markdown_drift(view, layout)),
        Format::Html => beside(html_drift(view, layout)),
        Format::TerraformJson | Format::GitlabTerraform => plan(view.plan, context, layout),
        Format::Github | Format::Gitlab | Format::Sarif => {
            among(&drift_findings(view, context.sources), context, layout)
        }
    }
}

/// The metrics of a check. People read its findings.
pub fn measured(metrics: String, context: Context, layout: &Layout) -> Printed {
    Printed::beside(context, layout, metrics)
}

/// What became of everything that aired.
pub fn audit(view: &AuditView, context: Context, layout: &Layout) -> Printed {
    match layout.format {
        Format::Json => Printed::document(audit_json(view, context)),
        Format::Github | Format::Gitlab | Format::Sarif => {
            among(&audit_findings(view, context.sources), context, layout)
        }
        Format::Markdown => Printed::beside(context, layout, markdown_audit(view, layout)),
        Format::Html => Printed::beside(context, layout, html_audit(view, layout)),
        _ => Printed::beside(context, layout, human_audit(view, layout.full, layout.stdout)),
    }
}

/// Who published when.
pub fn sessions(view: &SessionsView, context: Context, layout: &Layout) -> Printed {
    match layout.format {
        Format::Json => Printed::document(sessions_json(view, context)),
        _ => Printed::beside(context, layout, human_sessions(view, layout.stdout)),
    }
}

/// Findings among those of the run.
fn among(found: &[Diagnostic], context: Context, layout: &Layout) -> Printed {
    let diagnostics = sorted(context.diagnostics, found);
    findings(Context { diagnostics: &diagnostics, ..context }, layout)
}

/// A report; people have already read the plan and its findings.
pub fn report(view: &ReportView, context: Context, layout: &Layout) -> Printed {
    let outcomes = view.findings();
    let diagnostics = sorted(context.diagnostics, &outcomes);
    let all = Context { diagnostics: &diagnostics, ..context };
    match layout.format {
        Format::Human
        | Format::TerraformJson
        | Format::GitlabTerraform
        | Format::Html
        | Format::Openmetrics => Printed {
            text: format!("\n{}", human_report(view, layout.stdout)),
            more: told(&outcomes, context, layout),
            ..Printed::default()
        },
        Format::Json => Printed::document(report_json(view, all)),
        Format::Markdown => {
            let notes = [weighty(context.diagnostics), outcomes].concat();
            let notes = told(&notes, context, layout);
            Printed { notes, ..Printed::document(markdown_report(view, layout)) }
        }
        Format::Github | Format::Gitlab | Format::Sarif => findings(all, layout),
    }
}

/// Findings alone. A format for plans only prints no document, since its reader must not take an empty document for a
/// plan.
pub fn findings(context: Context, layout: &Layout) -> Printed {
    match layout.format {
        Format::Human
        | Format::Markdown
        | Format::TerraformJson
        | Format::GitlabTerraform
        | Format::Html
        | Format::Openmetrics => {
            Printed { notes: told(context.diagnostics, context, layout), ..Printed::default() }
        }
        Format::Json => Printed::document(diagnostics_json(context)),
        Format::Github => Printed::commands(github(context, &layout.links.folder)),
        Format::Gitlab => Printed::document(gitlab(context, &layout.links.folder)),
        Format::Sarif => Printed::document(sarif(context, &layout.links.folder)),
    }
}

/// The findings that end a run.
pub fn failure(context: Context, layout: &Layout) -> Printed {
    let printed = findings(context, layout);
    match layout.format.fallback() {
        Fallback::Text => {
            let more = explain_line(context.diagnostics, layout.stderr).unwrap_or_default();
            Printed { more: found(context) + &more, ..printed }
        }
        Fallback::Json | Fallback::Findings => printed,
    }
}

/// Files without errors.
pub fn validated(desired: &Desired, context: Context, layout: &Layout) -> Printed {
    let printed = findings(context, layout);
    match layout.format.fallback() {
        Fallback::Text => {
            let found = summary_line(context.diagnostics);
            let text = format!("Valid: {}; {found}.\n", desired_summary(desired));
            let more = explain_line(context.diagnostics, layout.stderr).unwrap_or_default();
            Printed { text, more, ..printed }
        }
        Fallback::Json | Fallback::Findings => printed,
    }
}

/// A saved snapshot. `seen` are findings about the service, which only machines get.
pub fn snapshot(
    saved: &Saved,
    file: &str,
    context: Context,
    seen: &[Diagnostic],
    layout: &Layout,
) -> Printed {
    match layout.format.fallback() {
        Fallback::Text => Printed::beside(context, layout, human_snapshot(saved, file)),
        Fallback::Json => Printed::document(snapshot_json(saved, file, context.exit)),
        Fallback::Findings => {
            let diagnostics = [context.diagnostics, seen].concat();
            findings(Context { diagnostics: &diagnostics, ..context }, layout)
        }
    }
}

/// The effective configurations.
pub fn effective(desired: &Desired, format: FilesFormat, context: Context, layout: &Layout) -> Printed {
    match format {
        FilesFormat::Yaml => Printed::beside(context, layout, desired_yaml(desired, context.sources)),
        FilesFormat::Json => Printed::document(desired_json(desired, context)),
    }
}

/// All codes, each with a line about it.
pub fn codes(layout: &Layout) -> Printed {
    Printed::document(match layout.format {
        Format::Json => codes_json(),
        _ => human_codes(layout.stdout),
    })
}

/// The page of a code.
pub fn page(code: Code, layout: &Layout) -> Printed {
    Printed::document(match layout.format {
        Format::Json => page_json(code),
        _ => human_page(code, explain::page(code), layout.stdout),
    })
}

/// What the files say about an address and, if asked, what the service and the last journal entry say.
pub fn explanation(
    explanation: &Explanation,
    online: Option<OnlineFacts<'_>>,
    context: Context,
    layout: &Layout,
) -> Printed {
    match layout.format {
        Format::Json => Printed::document(explanation_json(explanation, online, context)),
        _ => {
            let files = human_explanation(explanation, context.sources, online.is_some(), layout.stdout);
            let service = online.map(|facts| human_online(facts, layout.stdout));
            let notes = told(context.diagnostics, context, layout);
            Printed { notes, ..Printed::document(files + &service.unwrap_or_default()) }
        }
    }
}

/// What is known about an address at a moment of the past.
pub fn past(view: &PastView, context: Context, layout: &Layout) -> Printed {
    match layout.format {
        Format::Json => Printed::document(past_json(view, context)),
        _ => Printed::beside(context, layout, human_past(view, layout.stdout)),
    }
}

/// The configurations of a domain or an app.
pub fn area(area: &Area, context: Context, layout: &Layout) -> Printed {
    Printed::document(match layout.format {
        Format::Json => area_json(area, context),
        _ => human_area(area, context.sources, layout.stdout),
    })
}

/// The runs that were removed from a folder, or would be.
pub fn pruned(pruned: &Pruned, context: Context, layout: &Layout) -> Printed {
    match layout.format {
        Format::Json => Printed::document(pruned_json(pruned, context)),
        _ => Printed::beside(context, layout, human_pruned(pruned, layout.stdout)),
    }
}

/// The earlier runs.
pub fn runs(runs: &[RunRecord], context: Context, layout: &Layout) -> Printed {
    match layout.format {
        Format::Json => Printed::document(runs_json(runs, context)),
        _ => {
            let notes = told(context.diagnostics, context, layout);
            Printed { notes, ..Printed::document(human_runs(runs, layout.stdout)) }
        }
    }
}

/// Who holds which domains.
pub fn leases(view: &LeasesView, exit: Exit, layout: &Layout) -> Printed {
    Printed::document(match layout.format {
        Format::Json => leases_json(view, exit),
        _ => human_leases(view, layout.stdout),
    })
}

/// One earlier run.
pub fn run(run: &RunRecord, exit: Exit, layout: &Layout) -> Printed {
    Printed::document(match layout.format {
        Format::Json => run_json(run, exit),
        _ => human_run(run, layout.stdout),
    })
}

/// What `fmt` has already written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A diff of what would change.
    Differences,
    /// The text of the file itself.
    Text,
}

/// What `fmt` did. `different` makes a finding for each file that is not canonical, for machines; people see a list.
pub fn forms(
    rows: &[FormRow],
    shown: Shown,
    different: impl FnOnce() -> Vec<Diagnostic>,
    context: Context,
    layout: &Layout,
) -> Printed {
    let with_different = || sorted(context.diagnostics, &different());
    match layout.format.fallback() {
        Fallback::Text => {
            let (notes, text) = match shown {
                Shown::Nothing => (String::new(), forms_summary(rows, layout.stdout)),
                Shown::Differences => (forms_summary(rows, layout.stderr), String::new()),
                Shown::Text => (String::new(), String::new()),
            };
            let more = if context.diagnostics.is_empty() { String::new() } else { found(context) };
            let notes = told(context.diagnostics, context, layout) + &notes;
            Printed { notes, text, more, ..Printed::default() }
        }
        Fallback::Json => {
            Printed::document(forms_json(rows, Context { diagnostics: &with_different(), ..context }))
        }
        Fallback::Findings => findings(Context { diagnostics: &with_different(), ..context }, layout),
    }
}

/// Findings for people.
fn told(findings: &[Diagnostic], context: Context, layout: &Layout) -> String {
    diagnostics(findings, context.sources, layout.stderr, layout.max_findings)
}

/// All but advice.
fn weighty(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    diagnostics.iter().filter(|finding| finding.severity != Severity::Advice).cloned().collect()
}

fn sorted(findings: &[Diagnostic], more: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut diagnostics = [findings, more].concat();
    diag::sort(&mut diagnostics);
    diagnostics
}

/// The last line of a run that ends early.
fn found(context: Context) -> String {
    match context.exit {
        Exit::Refused => {
            format!("Refused: {}; {NOTHING_WRITTEN} (exit code 3)\n", summary_line(context.diagnostics))
        }
        _ => format!("Found {}.\n", summary_line(context.diagnostics)),
    }
}

/// The last line of a run whose plan guards refuse.
fn refused(view: &PlanView, context: Context) -> String {
    match context.exit {
        Exit::Refused => {
            let guards: Vec<&str> = view.refusing().into_iter().map(Guard::name).collect();
            format!("Refused ({}); {NOTHING_WRITTEN} (exit code 3)\n", guards.join(", "))
        }
        _ => String::new(),
    }
}

/// For a run that ends before its first write.
const NOTHING_WRITTEN: &str = "nothing was written";
