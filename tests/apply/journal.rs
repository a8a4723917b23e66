//! The contents of the journal at every moment, and what later runs conclude from it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use livevod::api::Client;
use livevod::apply::journal::{
    End, Header, Intent, LeftOpen, LeftOpenFound, LeftOpenKind, Memory, Reply, Resolved, RunRecord, Step,
    gaps, judge, left_open,
};
use livevod::apply::{ApplySettings, Report, apply};
use livevod::model::{Address, RecordConfig};
use livevod::plan::{Change, Contingent, Gap, GapCause, Plan, Reason};

use super::gate::{self, Fate, is};
use super::world::*;

const ADD: &str = "AddLiveRecordVodConfig";
const UPDATE: &str = "UpdateLiveRecordVodConfig";
const DELETE: &str = "DeleteLiveRecordVodConfig";

/// Applies with a journal in `memory`.
async fn apply_into(
    memory: &Memory,
    world: &World,
    client: &Client,
    changes: impl IntoIterator<Item = Change>,
) -> Report {
    let plan: Plan = plan(changes);
    let settings = ApplySettings { journal: journal_of(&plan, memory.clone()), ..world.settings.clone() };
    apply(plan.cleared().unwrap(), client, settings, &|_| {}).await
}

fn steps(run: &RunRecord) -> Vec<(&str, Step, Option<Contingent>)> {
    let step = |intent: &'_ Intent| (intent.step, intent.contingent);
    run.intents.iter().map(|intent| (&*intent.address.stream, step(intent).0, step(intent).1)).collect()
}

#[tokio::test]
async fn every_write_that_goes_out_has_its_intent_before_it() {
    let memory = Memory::default();
    let missing: Arc<Mutex<Vec<String>>> = Arc::default();
    let (seen, wrong) = (memory.clone(), missing.clone());
    let world = gate::world(move |request, service| {
        let step = [(ADD, "add"), (UPDATE, "update"), (DELETE, "delete")]
            .into_iter()
            .find(|(action, _)| is(request, action))
            .map(|(_, step)| step);
        if let Some(step) = step {
            let text = seen.text();
            let noted = text.lines().any(|line| {
                line.contains("\"event\":\"intent\"") && line.contains(&format!("\"step\":\"{step}\""))
            });
            if !noted {
                wrong.lock().unwrap().push(step.to_owned());
            }
        }
        Fate::Answer(service.call(request))
    })
    .await;
    world.hold("a.example.com/show/updated", &cycle(3600)).await;
    world.hold("b.example.com/show/deleted", &config()).await;
    let changes = [
        create("c.example.com/show/created", config()),
        update("a.example.com/show/updated", cycle(3600), cycle(900)),
        delete("b.example.com/show/deleted", config()),
    ];
    let report = apply_into(&memory, &world, &world.client, changes).await;
    assert_eq!(ends(&report), ["done"; 3]);
    assert_eq!(*missing.lock().unwrap(), Vec::<String>::new());
    let run = told(&memory);
    assert_eq!(run.answers.iter().map(|answer| answer.reply).collect::<Vec<_>>(), [Reply::Accepted; 3]);
    assert!(run.endings.iter().all(|ending| ending.outcome == End::Done && ending.request_id.is_some()));
    assert_eq!(run.finished.unwrap().calls, report.calls);
    assert_eq!(left_open(&[run]), []);
}

#[tokio::test]
async fn a_replace_notes_all_its_writes_before_the_first() {
    let memory = Memory::default();
    let world = World::new();
    world.hold("a.example.com/show/cam1", &stored_in(BUCKET)).await;
    let change = replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in(OTHER_BUCKET));
    let report = apply_into(&memory, &world, &world.client, [change]).await;
    assert_eq!(ends(&report), ["done"]);
    let run = told(&memory);
    let back = Some(Contingent::AddBack);
    let expected = [("cam1", Step::Delete, None), ("cam1", Step::Add, None), ("cam1", Step::Add, back)];
    assert_eq!(steps(&run), expected);
    let second_answer = memory.text().lines().position(|line| line.contains("\"answer\"")).unwrap();
    assert_eq!(second_answer, 4, "head and three intents come first:\n{}", memory.text());
}

/// The journal's size after the nth intent of a run of these changes.
async fn room_until_intent(nth: usize, changes: &[Change], before: &[(&str, RecordConfig)]) -> usize {
    let memory = Memory::default();
    let world = holding(before).await;
    apply_into(&memory, &world, &world.client, changes.to_vec()).await;
    let text = memory.text();
    let intents = text.match_indices("{\"event\":\"intent\"");
    intents.map(|(at, _)| at).nth(nth).unwrap()
}

async fn holding(before: &[(&str, RecordConfig)]) -> World {
    let world = World::new();
    for (text, config) in before {
        world.hold(text, config).await;
    }
    world
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_before_the_next_write() {
    let changes: Vec<Change> =
        ["a", "b", "c"].map(|name| create(&format!("a.example.com/show/{name}"), config())).to_vec();
    for nth in 0..3 {
        let room = room_until_intent(nth, &changes, &[]).await;
        let memory = Memory::of_size(room);
        let world = World::new();
        let report = apply_into(&memory, &world, &world.client, changes.clone()).await;
        let expected: Vec<&str> = (0..3).map(|at| if at < nth { "done" } else { "not attempted" }).collect();
        assert_eq!(ends(&report), expected);
        for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
            let held = world.config(&format!("a.example.com/show/{name}")).await;
            assert_eq!(held.is_some(), at < nth, "{name} with room for {nth}");
        }
        for at in nth..3 {
            let message = &why(&report, at);
            assert!(message.starts_with("the journal can't be written: "), "{message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_never_stops_within_a_replace() {
    let before = [("a.example.com/show/cam1", stored_in(BUCKET))];
    let changes = [replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in(OTHER_BUCKET))];
    let first = room_until_intent(0, &changes, &before).await;
    let whole = Memory::default();
    let world = holding(&before).await;
    apply_into(&whole, &world, &world.client, changes.to_vec()).await;
    for room in first..whole.text().len() {
        let world = holding(&before).await;
        let report = apply_into(&Memory::of_size(room), &world, &world.client, changes.to_vec()).await;
        let held = world.config("a.example.com/show/cam1").await;
        match ends(&report)[..] {
            ["done"] => assert_eq!(held, Some(stored_in(OTHER_BUCKET)), "with {room} bytes"),
            ["not attempted"] => assert_eq!(held, Some(stored_in(BUCKET)), "with {room} bytes"),
            _ => panic!("{report:?} with {room} bytes"),
        }
    }
}

/// A run whose change at `show/cam1` got as far as these lines.
pub(super) fn run_of(change: Change, answers: &[(u64, Reply)], end: Option<End>) -> RunRecord {
    let memory = Memory::default();
    drop(journal_of(&plan([change.clone()]), memory.clone()));
    let mut run = told(&memory);
    let intent = |id, step, contingent, before: Option<&RecordConfig>, after: Option<&RecordConfig>| Intent {
        id,
        time: jiff::Timestamp::UNIX_EPOCH,
        address: change.address.clone(),
        step,
        contingent,
        before: before.cloned(),
        after: after.cloned(),
        siblings: Vec::new(),
    };
    let (before, after) = (change.before(), change.after());
    run.intents = vec![intent(1, Step::Delete, None, before, None), intent(2, Step::Add, None, None, after)];
    for (id, reply) in answers {
        run.answers.push(livevod::apply::journal::Answer {
            id: *id,
            time: jiff::Timestamp::UNIX_EPOCH,
            reply: *reply,
            request_id: None,
            message: None,
        });
    }
    run.endings.extend(end.map(|outcome| livevod::apply::journal::Ending {
        time: jiff::Timestamp::UNIX_EPOCH,
        address: change.address.clone(),
        action: change.action(),
        outcome,
        request_id: None,
        message: None,
    }));
    run
}

pub(super) fn replaced() -> Change {
    replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in(OTHER_BUCKET))
}

#[test]
fn a_gap_is_known_wherever_the_replace_stopped() {
    use Reply::{Accepted, NotSent, Refused, Unclear};
    type Row = (&'static [(u64, Reply)], Option<End>, bool, bool);
    // Answers and end; whether it is unfinished, and whether there may be a gap.
    let table: [Row; 11] = [
        (&[], None, true, true),
        // The run died: it may have sent the Delete again.
        (&[(1, Refused)], None, true, true),
        (&[(1, NotSent)], None, true, true),
        (&[(1, Accepted)], None, true, true),
        (&[(1, Unclear)], None, true, true),
        (&[(1, Accepted), (2, Unclear)], Some(End::Unknown), true, true),
        (&[(1, Accepted), (2, Refused)], Some(End::Failed), false, true),
        (&[(1, Refused)], Some(End::Failed), false, false),
        (&[(1, NotSent)], Some(End::Failed), false, false),
        (&[(1, Accepted), (2, Accepted)], Some(End::Done), false, false),
        (&[], Some(End::NotAttempted), false, false),
    ];
    for (answers, end, open, gap) in table {
        let runs = [run_of(replaced(), answers, end)];
        let is_change = |open: &LeftOpen| matches!(open.kind, LeftOpenKind::Change { .. });
        assert_eq!(left_open(&runs).iter().any(is_change), open, "{answers:?} {end:?}");
        assert_eq!(!gaps(&runs).is_empty(), gap, "{answers:?} {end:?}");
    }
}

/// The same run under another name, after others, at an arbitrary time.
pub(super) fn behind(run: RunRecord, name: &str, earlier: &[RunRecord]) -> RunRecord {
    let RunRecord { header, .. } = run;
    let highest = earlier.iter().map(|run| run.header.number).max().unwrap_or_default();
    let header = Header { run: name.to_owned(), ..header }.behind(highest, earlier);
    RunRecord { header, ..run }
}

/// A run that wrote to another address, and found this at the address of another run's [`replaced`].
pub(super) fn finding(name: &str, earlier: &[RunRecord], of: &str, found: LeftOpenFound) -> RunRecord {
    let mut run = run_of(create("a.example.com/show/other", config()), &[], Some(End::Done));
    run.resolved.push(Resolved {
        time: jiff::Timestamp::UNIX_EPOCH,
        run: of.to_owned(),
        address: replaced().address,
        found,
    });
    behind(run, name, earlier)
}

pub(super) fn died() -> RunRecord {
    behind(run_of(replaced(), &[(1, Reply::Accepted)], None), "died", &[])
}

/// The result is the same in whatever order the journals are read.
fn in_any_order(runs: &[RunRecord]) -> (Vec<LeftOpen>, BTreeMap<Address, Gap>) {
    let backwards: Vec<RunRecord> = runs.iter().rev().cloned().collect();
    let (open, left) = (left_open(runs), gaps(runs));
    assert_eq!((&left_open(&backwards), &gaps(&backwards)), (&open, &left));
    (open, left)
}

#[test]
fn a_run_that_names_what_it_ends_ends_it_wherever_it_stands() {
    let died = died();
    let done = |earlier: &[RunRecord]| {
        let create = create("a.example.com/show/cam1", config());
        behind(run_of(create, &[], Some(End::Done)), "a-name-before-all", earlier)
    };
    let nothing = (Vec::new(), BTreeMap::new());
    assert_eq!(in_any_order(&[died.clone(), done(std::slice::from_ref(&died))]), nothing);
    let (open, gaps) = in_any_order(&[died.clone(), done(&[])]);
    assert_eq!((open.len(), gaps.len()), (1, 1), "a run that knows nothing of it ends nothing");
    for (found, ends) in
        [(LeftOpenFound::Arrived, true), (LeftOpenFound::GivenUp, true), (LeftOpenFound::Gap, false)]
    {
        let runs = [died.clone(), finding("found", std::slice::from_ref(&died), "died", found)];
        let (open, gaps) = in_any_order(&runs);
        assert_eq!((open.is_empty(), gaps.is_empty()), (ends, ends), "{found:?}");
        assert!(open.iter().all(|open| open.is_looked_at), "nobody waits for it again");
    }
    let of_another = finding("found", std::slice::from_ref(&died), "another", LeftOpenFound::Arrived);
    assert_eq!(in_any_order(&[died, of_another]).0.len(), 1, "what another run left is another thing");
}

#[test]
fn what_fails_to_end_it_leaves_it_open_and_passes_it_on() {
    let died = died();
    let create = || create("a.example.com/show/cam1", config());
    let failed = run_of(create(), &[(2, Reply::Refused)], Some(End::Failed));
    let failed = behind(failed, "failed", std::slice::from_ref(&died));
    let (open, gaps) = in_any_order(&[died.clone(), failed]);
    assert_eq!(gaps[&replaced().address].before, stored_in(BUCKET));
    assert_eq!(gaps[&replaced().address].cause, GapCause::Replace);
    assert!(open.iter().all(|open| matches!(open.kind, LeftOpenKind::Lost(_))), "the change itself is over");
    let unknown = run_of(create(), &[(2, Reply::Unclear)], Some(End::Unknown));
    let unknown = behind(unknown, "unknown", std::slice::from_ref(&died));
    let two = [died, unknown];
    let (open, gaps) = in_any_order(&two);
    assert_eq!((open.len(), open[0].run.as_str(), gaps.len()), (1, "unknown", 1));
    let [found, not_found] = [LeftOpenFound::Arrived, LeftOpenFound::NotArrived]
        .map(|found| finding("found", &two, "unknown", found));
    let [died, unknown] = two;
    let nothing = (Vec::new(), BTreeMap::new());
    let three = [died.clone(), unknown.clone(), found];
    assert_eq!(in_any_order(&three), nothing, "with it ends what it took over");
    let (open, gaps) = in_any_order(&[died, unknown, not_found]);
    assert_eq!((open.len(), open[0].run.as_str()), (1, "died"), "a create that did not arrive fills no gap");
    assert!(matches!(open[0].kind, LeftOpenKind::Lost(GapCause::Replace)), "{:?}", open[0].kind);
    assert_eq!(gaps[&replaced().address].before, stored_in(BUCKET));
}

#[test]
fn what_stands_there_says_what_became_of_it() {
    let remote = |config: &RecordConfig| livevod::model::Remote {
        config: config.clone(),
        spelling: Default::default(),
        create_time: None,
        unsupported: None,
    };
    let open = |change: Change| left_open(&[run_of(change, &[], None)]).remove(0);
    let (old, new, other) = (cycle(3600), cycle(900), cycle(600));
    let text = "a.example.com/show/cam1";
    let table = [
        (create(text, new.clone()), Some(&new), LeftOpenFound::Arrived),
        (create(text, new.clone()), None, LeftOpenFound::NotArrived),
        (create(text, new.clone()), Some(&other), LeftOpenFound::Otherwise),
        (update(text, old.clone(), new.clone()), Some(&new), LeftOpenFound::Arrived),
        (update(text, old.clone(), new.clone()), Some(&old), LeftOpenFound::NotArrived),
        (update(text, old.clone(), new.clone()), Some(&other), LeftOpenFound::Otherwise),
        (update(text, old.clone(), new.clone()), None, LeftOpenFound::Gone),
        (replace(text, old.clone(), new.clone()), None, LeftOpenFound::Gap),
        (replace(text, old.clone(), new.clone()), Some(&old), LeftOpenFound::NotArrived),
        (delete(text, old.clone()), None, LeftOpenFound::Arrived),
        (delete(text, old.clone()), Some(&old), LeftOpenFound::NotArrived),
        (delete(text, old.clone()), Some(&other), LeftOpenFound::Otherwise),
    ];
    for (change, found, verdict) in table {
        let what = format!("{change:?} {found:?}");
        let (open, found) = (open(change), found.map(remote));
        assert_eq!(judge(&open, found.as_ref(), false), verdict, "{what}");
        let meanwhile = match verdict {
            LeftOpenFound::NotArrived => LeftOpenFound::Pending,
            known => known,
        };
        assert_eq!(judge(&open, found.as_ref(), true), meanwhile, "{what}");
        assert_eq!(
            meanwhile.settles(),
            !matches!(verdict, LeftOpenFound::NotArrived | LeftOpenFound::Gap),
            "{what}"
        );
    }
}

#[test]
fn a_write_may_arrive_until_a_run_has_waited_and_looked() {
    let run = run_of(update("a.example.com/show/cam1", cycle(3600), cycle(900)), &[], None);
    let open = left_open(&[run]).remove(0);
    assert!(open.may_still_arrive(), "no clock tells how long ago that was");
    assert!(!LeftOpen { is_looked_at: true, ..open }.may_still_arrive());
}

const DECLARED: &str = "\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains: { a.example.com: { apps: { show: { streams: { cam1: { cycle_duration: 15m } } } } } }
";

/// A replace removed a configuration with fields that no file manages; the next plan with these files.
async fn after_a_gap(files: &str) -> (World, Plan, RecordConfig) {
    let before = RecordConfig { delay_time: Some(240), ..stored_in(BUCKET) };
    let gone = replace("a.example.com/show/cam1", before.clone(), stored_in(OTHER_BUCKET));
    let runs = [run_of(gone, &[(1, Reply::Accepted)], None)];
    let world = World::new();
    let plan = world.plan_after(files, gaps(&runs)).await;
    (world, plan, before)
}

#[tokio::test]
async fn a_declared_entry_comes_back_with_what_no_file_manages() {
    let (world, plan, before) = after_a_gap(DECLARED).await;
    let after = RecordConfig { cycle_duration: 900, ..before };
    assert_eq!(plan.decisions.changes[0].after(), Some(&after));
    assert!(matches!(plan.decisions.changes[0].reason, Reason::FinishesReplace));
    let report = world.apply(plan.decisions.changes).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(after));
}

#[tokio::test]
async fn an_entry_that_no_file_names_any_more_is_put_back() {
    let (world, plan, before) = after_a_gap(&DECLARED.replace("cam1", "cam2")).await;
    let back: Vec<&Change> =
        plan.decisions.changes.iter().filter(|change| &*change.address.stream == "cam1").collect();
    assert_eq!(back[0].after(), Some(&before));
    assert!(matches!(back[0].reason, Reason::PutsBack));
    let report = world.apply(plan.decisions.changes).await;
    assert_eq!(ends(&report), ["done"; 2]);
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(before));
}

#[tokio::test]
async fn what_shall_be_gone_stays_gone() {
    let absent = DECLARED.replace("{ cycle_duration: 15m }", "{ state: absent }");
    let pruned = DECLARED.replace("cam1", "cam2").replace("{ apps:", "{ prune: true, apps:");
    for files in [absent, pruned] {
        let (_, plan, _) = after_a_gap(&files).await;
        assert!(plan.decisions.changes.iter().all(|change| &*change.address.stream != "cam1"), "{files}");
    }
}

#[tokio::test]
async fn a_gap_that_the_plan_may_not_touch_is_named() {
    let ignored = DECLARED.replace("cam1", "cam2") + "ignore: [a.example.com/show/cam1]\n";
    let unnamed = DECLARED.replace("a.example.com", "b.example.com");
    for files in [ignored, unnamed] {
        let (_, plan, _) = after_a_gap(&files).await;
        assert!(
            plan.decisions
                .changes
                .iter()
                .all(|change| change.address.to_string() != "a.example.com/show/cam1")
        );
        let named =
            plan.notes.warnings.iter().any(|warning| warning.message.contains("a.example.com/show/cam1"));
        assert!(named, "{:?} under {files}", plan.notes.warnings);
    }
}
