//! Hostile text in every field of every output: it never affects a terminal, breaks a line, or gives commands to a CI runner.

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use livevod::api;
use livevod::apply::journal::{
    Answer, End, Ending, EndsAtOnce, Finished, Header, Intent, LeftOpenFound, Planned, ReleasedGuard, Reply,
    Resolved, RunRecord, StartedBy, Step, last_entry,
};
use livevod::apply::{Cause, ChangeOutcome, Failure, Outcome, Report};
use livevod::gate;
use livevod::merge::Adoption;
use livevod::plan::Plan;
use livevod::render::{
    self, Command, Context, Cures, DriftView, EndView, Event, Exit, Format, Layout, Links, PlanView, Printed,
    ReportView, Style, Target,
};
use livevod::source::Sources;
use livevod::wire::RemoteError;
use proptest::prelude::*;

use super::hostile_plan::{left_open, plan, since_review, text};
use super::plans::found;

/// Only livevod's own line breaks.
fn is_tame(name: &str, output: &str) -> Result<(), TestCaseError> {
    let harmful = output.char_indices().find(|(_, one)| *one != '\n' && gate::is_harmful(*one));
    if let Some((at, one)) = harmful {
        let from = (0..at).rev().filter(|from| output.is_char_boundary(*from)).nth(60).unwrap_or(0);
        return Err(TestCaseError::fail(format!("{name}: {one:?} after {:?}", &output[from..at])));
    }
    let broken = output.lines().find(|line| line.trim_start().starts_with("INJECTED"));
    prop_assert_eq!(broken, None, "{}", name);
    Ok(())
}

/// The text in the log of a CI job.
fn commands_nothing(name: &str, output: &str) -> Result<(), TestCaseError> {
    let output = gate::lines(output, false);
    let command = output.lines().find(|line| line.contains("##[") || line.trim_start().starts_with("::"));
    prop_assert_eq!(command, None, "{}", name);
    is_tame(name, &output)
}

/// All text that reaches a reader.
fn whole(printed: Printed) -> String {
    let Printed { notes, text, is_commands: _, more } = printed;
    notes + &text + &more
}

fn remote(text: &str) -> api::Error {
    api::Error::Refused(Box::new(RemoteError {
        status: 400,
        code: text.to_owned(),
        message: text.to_owned(),
        request_id: Some(text.to_owned()),
        recommend: Some(text.to_owned()),
        access_denied_detail: Some(
            serde_json::json!({"AuthAction": text, "NoPermissionType": text}).to_string(),
        ),
        retry_after: None,
    }))
}

fn report(plan: &Plan, text: &str) -> Report {
    let failure = || Failure { cause: Cause::Withheld(text.to_owned()), remote: Some(remote(text)) };
    let ends = [
        Outcome::Done,
        Outcome::Failed(failure()),
        Outcome::NotAttempted(Failure { cause: Cause::Withheld(text.to_owned()), remote: None }),
        Outcome::Unknown(failure()),
    ];
    let outcomes = plan.changes().zip(ends.iter().cycle()).map(|(change, outcome)| ChangeOutcome {
        address: change.address.clone(),
        action: change.action(),
        outcome: outcome.clone(),
        request_id: Some(text.to_owned()),
    });
    Report {
        outcomes: outcomes.collect(),
        calls: 3,
        repeated: 0,
        not_seen_again: Vec::new(),
        took: Duration::ZERO,
    }
}

fn run(plan: &Plan, text: &str) -> RunRecord {
    let time = Timestamp::UNIX_EPOCH;
    let planned = plan.changes().map(|one| Planned {
        address: one.address.clone(),
        action: one.action(),
        before: one.before().cloned(),
        after: one.after().cloned(),
    });
    let intents = (0..).zip(plan.changes()).map(|(id, one)| Intent {
        id,
        time,
        address: one.address.clone(),
        step: Step::Update,
        contingent: None,
        before: one.before().cloned(),
        after: one.after().cloned(),
        siblings: Vec::new(),
    });
    let answers = (0..).zip(plan.changes()).map(|(id, _)| Answer {
        id,
        time,
        reply: Reply::Refused,
        request_id: Some(text.to_owned()),
        message: Some(text.to_owned()),
    });
    let endings = plan.changes().map(|one| Ending {
        time,
        address: one.address.clone(),
        action: one.action(),
        outcome: End::Failed,
        request_id: Some(text.to_owned()),
        message: Some(text.to_owned()),
    });
    let resolved = plan.changes().map(|one| Resolved {
        time,
        run: text.to_owned(),
        address: one.address.clone(),
        found: LeftOpenFound::Otherwise,
    });
    RunRecord {
        header: Header {
            format_version: "1.0".to_owned(),
            run: text.to_owned(),
            number: 1,
            command: Some(text.to_owned()),
            started_by: Some(StartedBy {
                user: Some(text.to_owned()),
                host: Some(text.to_owned()),
                commit: Some(text.to_owned()),
                job: Some(text.to_owned()),
            }),
            released: Some(vec![ReleasedGuard { guard: text.to_owned(), flag: Some(text.to_owned()) }]),
            livevod: text.to_owned(),
            time,
            account: Some(text.to_owned()),
            target: text.to_owned(),
            digest: text.to_owned(),
            snapshot: Some(text.to_owned()),
            summary: plan.summary(),
            changes: planned.collect(),
            takes_over: Vec::new(),
        },
        intents: intents.collect(),
        answers: answers.collect(),
        endings: endings.collect(),
        resolved: resolved.collect(),
        finished: Some(Finished { time, interrupted: false, calls: 3 }),
        ended_at_once: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_and_its_report_stay_in_their_lines(
        plan in plan(5), (name, account) in (text(), text()), text in text(), full in any::<bool>(),
        differences in since_review(3), open in left_open(3), width in 40..120_usize, drawings in any::<bool>(),
    ) {
        let target = Target { name, account: Some(account) };
        let view = PlanView::new(&plan, &target, &open, &differences);
        let found = found(&plan);
        // One word of a line of a file, and of a command.
        let word = text.replace(char::is_whitespace, "_");
        let adopt = Adoption { lines: Some((text.clone(), 1..3)), yaml: format!("  a: {word}") };
        let revert = Some(format!("livevod apply {word}"));
        let accept = Some(adopt.yaml.clone());
        let cures = Cures { revert_first: Some(adopt.clone()), revert, adopt: Some(adopt), accept };
        let drift_view = DriftView::new(&view, &found, vec![cures; found.differences.len()]);
        let report = report(&plan, &text);
        let sources = Sources::default();
        let style = Style { drawings, width, ..Style::PLAIN };
        let ended = ReportView::new(&view, &report, &sources);
        let mut findings = ended.findings();
        findings.extend(render::plan_findings(&view, &sources));
        findings.extend(render::drift_findings(&drift_view, &sources));
        findings.push(render::unread(&text, &remote(&text), Some(&text), None));
        let context = Context { sources: &sources, diagnostics: &findings, exit: Exit::Error };
        let layout = |format| Layout {
            stdout: style, stderr: style, title: Some(text.clone()), full,
            links: Links { base: None, folder: "/repo".to_owned() }, ..Layout::new(format)
        };
        let changes = || plan.changes().zip(&report.outcomes);
        let ends = || changes().map(|(change, one)| EndView::new(&plan, change, one, &sources));
        let plan_in = |format| whole(render::plan(&view, context, &layout(format)));
        let drift_in = |format| whole(render::drift(&drift_view, context, &layout(format)));
        let report_in = |format| whole(render::report(&ended, context, &layout(format)));
        let mut saved = PlanView::of(&plan, &target);
        saved.saved_to = Some(Path::new(&text));
        let unknown = plan.changes().map(|change| change.address.clone()).collect();
        let at_once = EndsAtOnce { done: 1, failed: 1, not_attempted: 1, unknown };
        for format in Format::value_variants() {
            for (subject, output) in
                [("plan", plan_in(*format)), ("drift", drift_in(*format)), ("report", report_in(*format))]
            {
                let name = format!("{subject} in {format:?}");
                is_tame(&name, &output)?;
                if *format != Format::Github {
                    commands_nothing(&name, &output)?;
                }
            }
        }
        for (name, output) in [
            ("lines", ends().map(|end| end.line(style) + "\n").collect()),
            ("ended_at_once", render::ended_at_once(&at_once, style)),
            ("saved", whole(render::plan(&saved, context, &layout(Format::Human)))),
            ("findings", render::diagnostics(&findings, &sources, style, None)),
        ] {
            is_tame(name, &output)?;
            commands_nothing(name, &output)?;
        }
        let events = Event::plan(&view, Command::Drift).chain(Event::drift(&drift_view)).chain(Event::report(&ended));
        let events: String = events.map(|event| event.line(Timestamp::UNIX_EPOCH).unwrap()).collect();
        let ends: String = ends().map(|end| {
            Event::ended(&end, true, Duration::ZERO, &sources).line(Timestamp::UNIX_EPOCH).unwrap()
        }).collect();
        for (name, output) in [
            ("json", plan_in(Format::Json)),
            ("drift json", drift_in(Format::Json)),
            ("report json", report_in(Format::Json)),
            ("terraform", render::plan(&view, context, &layout(Format::TerraformJson)).text),
            ("gitlab-terraform", render::plan(&view, context, &layout(Format::GitlabTerraform)).text),
            ("gitlab", plan_in(Format::Gitlab)),
            ("sarif", plan_in(Format::Sarif)),
            ("diagnostics", whole(render::findings(context, &layout(Format::Json)))),
            ("events", events),
            ("ends", ends),
        ] {
            is_tame(name, &output)?;
            prop_assert!(!output.contains("##["), "{}", name);
            prop_assert_eq!(gate::lines(&output, false), output.as_str(), "{}", name);
        }
    }

    #[test]
    fn a_journal_stays_in_its_lines(plan in plan(4), text in text(), width in 40..120_usize) {
        let style = Style { width, ..Style::PLAIN };
        let run = run(&plan, &text);
        let sources = Sources::default();
        let context = Context { sources: &sources, diagnostics: &[], exit: Exit::Success };
        let layout = |format| Layout { stdout: style, stderr: style, ..Layout::new(format) };
        let one = |format| whole(render::run(&run, Exit::Success, &layout(format)));
        let all = |format| whole(render::runs(std::slice::from_ref(&run), context, &layout(format)));
        for (name, output) in [
            ("run", one(Format::Human)),
            ("runs", all(Format::Human)),
            ("run json", one(Format::Json)),
            ("runs json", all(Format::Json)),
        ] {
            is_tame(name, &output)?;
            commands_nothing(name, &output)?;
        }
        for change in plan.changes() {
            prop_assert!(last_entry(std::slice::from_ref(&run), &change.address).is_some());
        }
    }
}
