//! The table of formats: no format loses a part of any subject.

use std::time::Duration;

use clap::ValueEnum;
use insta::assert_snapshot;
use livevod::apply::{ChangeOutcome, Outcome, Report};
use livevod::diag::{Code, Diagnostic};
use livevod::render::{
    self, Context, DriftView, Exit, Format, Layout, PlanView, Printed, ReportView, Target,
};
use livevod::source::Sources;

use super::plans::{changed, found, many};

/// Word for word, but for the page, which holds the time and the version.
#[test]
fn a_plan_in_every_format() {
    let world = changed();
    for format in Format::value_variants().iter().filter(|format| **format != Format::Html) {
        let name = format.to_possible_value().unwrap().get_name().to_owned();
        let run = world.run(&format!("plan --emulator --format {name}"));
        assert_snapshot!(format!("plan-{name}"), run.stdout);
    }
}

#[test]
fn every_format_says_something_of_every_subject() {
    let plan = many(3);
    let target = Target { name: "emulator x".to_owned(), account: None };
    let view = PlanView::of(&plan, &target);
    let found = found(&plan);
    let drift_view = DriftView::new(&view, &found, Vec::new());
    let done = plan.changes().map(|change| ChangeOutcome {
        address: change.address.clone(),
        action: change.action(),
        outcome: Outcome::Done,
        request_id: None,
    });
    let outcomes = done.collect();
    let report = Report { outcomes, not_seen_again: Vec::new(), calls: 3, repeated: 0, took: Duration::ZERO };
    let ended = ReportView::new(&view, &report, &Sources::default());
    let findings = [Diagnostic::new(Code::NotDone, "no")];
    let context = Context { sources: &Sources::default(), diagnostics: &findings, exit: Exit::Error };
    for format in Format::value_variants() {
        let layout = Layout::new(*format);
        for (subject, Printed { text, .. }) in [
            ("plan", render::plan(&view, context, &layout)),
            ("drift", render::drift(&drift_view, context, &layout)),
            ("report", render::report(&ended, context, &layout)),
        ] {
            assert!(!text.trim().is_empty(), "{subject} in {format:?}");
        }
        // A program that reads plans must not mistake a document without a plan for an empty plan; a person reads the reason.
        let Printed { notes, text, is_commands, more } = render::failure(context, &layout);
        let is_document = format.holds_findings() && !format.is_for_people();
        assert_eq!(text.is_empty(), !is_document, "{format:?}");
        assert_eq!((notes + &more).is_empty(), is_document, "{format:?}");
        assert_eq!(is_commands, *format == Format::Github);
    }
}
