//! No output or log contains a secret.

use std::time::Duration;

use jiff::Timestamp;
use livevod::apply::Report;
use livevod::plan::Plan;
use livevod::render::{
    self, Command, Context, EndView, Event, Exit, Format, Layout, PlanView, ReportView, Style, Target,
};
use livevod::source::Sources;

use super::super::journals::TARGET;
use super::super::process::End;
use super::super::{Run, SECRET, TOKEN};
use super::View;

pub(super) fn no_secret_in_any_output(run: &Run) -> Result<(), String> {
    for text in outputs(run) {
        for secret in [SECRET, TOKEN] {
            if let Some(at) = text.find(secret) {
                let from = at.saturating_sub(80);
                let around = text.get(from..at).unwrap_or_default();
                return Err(format!("a secret stands after: {around}"));
            }
        }
    }
    Ok(())
}

/// Every kind of output, for every eighth run, because rendering takes longer than running.
fn outputs(run: &Run) -> Vec<String> {
    if !run.seed.is_multiple_of(8) {
        return Vec::new();
    }
    let mut texts: Vec<String> = run.story.iter().map(|one| format!("{one:?}")).collect();
    let sources = &run.scene.sources;
    let target = Target { name: TARGET.to_owned(), account: None };
    texts.push(run.journals.clone());
    let style = Style { color: false, unicode: true, drawings: true, width: 80 };
    let layout = |format| Layout { stdout: style, stderr: style, full: true, ..Layout::new(format) };
    for view in View::all(run) {
        let left_open = &run.processes[view.number - 1].looked;
        let shown = PlanView::new(view.plan, &target, left_open, &[]);
        let mut diagnostics = Vec::new();
        if let End::Applied(report) = &run.processes[view.number - 1].end {
            let ended = ReportView::new(&shown, report, sources);
            diagnostics = ended.findings();
            let context = Context { sources, diagnostics: &diagnostics, exit: Exit::Success };
            let formats = [Format::Human, Format::Json];
            texts.extend(formats.map(|format| render::report(&ended, context, &layout(format)).text));
            texts.extend(ends(view.plan, report, sources));
        }
        texts.extend(
            Event::plan(&shown, Command::Plan).map(|event| event.line(Timestamp::UNIX_EPOCH).unwrap()),
        );
        let context = Context { sources, diagnostics: &diagnostics, exit: Exit::Success };
        let formats = [Format::Human, Format::Markdown, Format::Html, Format::Json];
        texts.extend(formats.map(|format| render::plan(&shown, context, &layout(format)).text));
        texts.push(render::diagnostics(&diagnostics, sources, style, None));
    }
    texts
}

/// The events with the outcomes of changes.
fn ends(plan: &Plan, report: &Report, sources: &Sources) -> Vec<String> {
    let changes = plan.changes().zip(&report.outcomes);
    changes
        .map(|(change, one)| {
            let end = EndView::new(plan, change, one, sources);
            Event::ended(&end, true, Duration::ZERO, sources).line(Timestamp::UNIX_EPOCH).unwrap()
        })
        .collect()
}
