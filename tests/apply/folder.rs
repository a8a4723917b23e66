//! A folder of many journals: which of them the start of a run reads, and which of them can go.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use livevod::apply::journal::{
    End, Header, LeftOpenFound, Needed, NeededRuns, Pruning, Reply, RunRecord, Unkept, gaps, left_open,
    prunable, read_needed_runs, read_runs, read_runs_beside,
};
use livevod::plan::Plan;

use super::journal::{behind, died, finding, replaced, run_of};
use super::world::*;

const TARGET: &str = "the service";

/// A journal of a run with nothing to tell later runs, or without its last line.
fn write(folder: &Path, file: &str, run: &str, number: u64, finished: bool) {
    let memory = livevod::apply::journal::Memory::default();
    let nothing: Plan = plan([]);
    let id = livevod::apply::journal::RunId { name: run.to_owned(), time: Timestamp::UNIX_EPOCH };
    let header = Header { number, target: TARGET.to_owned(), ..Header::new(&id, &nothing, None) };
    let clock = std::sync::Arc::new(|| Timestamp::UNIX_EPOCH);
    let journal = livevod::apply::journal::Journal::begin(Box::new(memory.clone()), clock, header).unwrap();
    if finished {
        journal.finish(false, 1);
    }
    std::fs::write(folder.join(file), memory.text()).unwrap();
}

/// A hundred finished runs, numbered from 1.
fn hundred() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=100 {
        write(folder.path(), &format!("r{number:03}.jsonl"), &format!("r{number:03}"), number, true);
    }
    folder
}

/// What a run reads that starts an hour from now, when all files are at rest.
fn needed(folder: &Path) -> NeededRuns {
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    read_needed_runs(folder, TARGET, None, later, &[]).unwrap()
}

/// What no copy can be kept of counts as if it were in the folder.
#[test]
fn journals_that_can_not_be_kept_are_read_beside_the_others() {
    let folder = hundred();
    let text =
        |number: u32| std::fs::read_to_string(folder.path().join(format!("r{number:03}.jsonl"))).unwrap();
    let unkept = |number: u32| Unkept { run: format!("r{number:03}"), text: text(number) };
    let beside = [unkept(7), unkept(100)];
    let missing = folder.path().join("missing");
    let alone = read_needed_runs(&missing, TARGET, None, Timestamp::now(), &beside).unwrap();
    assert_eq!((ids(&alone), alone.highest), (vec!["r007".to_owned(), "r100".to_owned()], 100));
    std::fs::remove_file(folder.path().join("r100.jsonl")).unwrap();
    let together = read_needed_runs(folder.path(), TARGET, None, Timestamp::now(), &beside).unwrap();
    assert_eq!((ids(&together).len(), together.highest), (100, 100), "each run once");
    assert_eq!(read_runs_beside(folder.path(), &beside).unwrap().len(), 100);
}

fn ids(needed: &NeededRuns) -> Vec<String> {
    let run = |stored: &livevod::apply::journal::Stored| stored.run.clone().ok()??.header.run.into();
    needed.stored.iter().filter_map(run).collect()
}

#[cfg(unix)]
#[test]
fn runs_that_are_over_are_read_once() {
    let folder = hundred();
    let first = needed(folder.path());
    assert_eq!((first.stored.len(), first.highest), (100, 100));
    let second = needed(folder.path());
    assert_eq!((ids(&second), second.highest), (vec!["r100".to_owned()], 100), "only the last one");
    let other = read_needed_runs(folder.path(), "another service", None, Timestamp::now(), &[]).unwrap();
    assert_eq!((other.stored.len(), other.highest), (0, 100), "runs are numbered in the whole folder");
    write(folder.path(), "r101.jsonl", "r101", 101, false);
    let third = needed(folder.path());
    assert_eq!((ids(&third), third.highest), (vec!["r100".to_owned(), "r101".to_owned()], 101));
}

#[cfg(unix)]
#[test]
fn the_index_is_not_believed_about_a_file_that_was_changed() {
    let folder = hundred();
    needed(folder.path());
    let path = |name: &str| folder.path().join(name);
    // An open run takes the place of one that is over: of the same name, of the same size, by another file of the same time.
    write(folder.path(), "r007.jsonl", "r007", 7, false);
    let text = std::fs::read_to_string(path("r008.jsonl")).unwrap();
    let modified = std::fs::metadata(path("r008.jsonl")).unwrap().modified().unwrap();
    std::fs::write(path("r008.jsonl"), text.replace("\"finished\"", "\"fin shed\"")).unwrap();
    std::fs::File::open(path("r008.jsonl")).unwrap().set_modified(modified).unwrap();
    std::fs::copy(path("r009.jsonl"), path("new")).unwrap();
    std::fs::rename(path("new"), path("r009.jsonl")).unwrap();
    let found = ids(&needed(folder.path()));
    assert_eq!(found, ["r007", "r008", "r009", "r100"]);
    // A second file of a run that says something else.
    write(folder.path(), "copy.jsonl", "r010", 999, true);
    let twice = needed(folder.path());
    assert!(twice.stored.iter().any(|stored| stored.run.is_err()), "{twice:?}");
}

#[cfg(unix)]
#[test]
fn whatever_stands_in_the_index_no_journal_is_lost() {
    let folder = hundred();
    needed(folder.path());
    let index = folder.path().join("index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    let stamp = text.split("\"r001\",").nth(1).unwrap().split_once('}').unwrap().0.to_owned();
    let forged = text.replace(&stamp, &stamp.replacen(':', ":1", 1));
    for wrong in
        ["", "{}", "[]", "\u{0}", &text[..text.len() / 2], &text.replace("\"index\":1", "\"index\":2")]
    {
        std::fs::write(&index, wrong).unwrap();
        assert_eq!(needed(folder.path()).stored.len(), 100, "{wrong:.40}");
    }
    std::fs::write(&index, forged).unwrap();
    assert_eq!(ids(&needed(folder.path())), ["r001", "r100"]);
    std::fs::remove_file(&index).unwrap();
    std::os::unix::fs::symlink("r001.jsonl", &index).unwrap();
    assert_eq!(needed(folder.path()).stored.len(), 100, "a link is not followed");
}

/// What a run needs to know is the same with and without the index.
#[cfg(unix)]
#[test]
fn nothing_that_matters_gets_into_the_index() {
    let folder = hundred();
    for (number, finished) in [(101, false), (102, true)] {
        write(folder.path(), &format!("r{number}.jsonl"), &format!("r{number}"), number, finished);
    }
    let resolved = "{\"event\":\"resolved\",\"time\":\"1970-01-01T00:00:00Z\",\"run\":\"r101\",\"address\":\"a.example.com/show/cam1\",\"found\":\"arrived\"}\n";
    let path = folder.path().join("r102.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen('\n', &format!("\n{resolved}"), 1)).unwrap();
    needed(folder.path());
    assert_eq!(ids(&needed(folder.path())), ["r100", "r101", "r102"]);
}

/// The runs without those that go.
fn without(runs: &[RunRecord], removed: &[String]) -> Vec<RunRecord> {
    runs.iter().filter(|run| !removed.contains(&run.header.run)).cloned().collect()
}

fn at(run: RunRecord, seconds: i64) -> RunRecord {
    let time = Timestamp::from_second(seconds).unwrap();
    RunRecord { header: Header { time, ..run.header }, ..run }
}

#[test]
fn what_is_open_stays_and_what_is_over_goes_with_what_ended_it() {
    let died = died();
    let found = |earlier: &[RunRecord]| finding("found", earlier, "died", LeftOpenFound::Arrived);
    let last = |earlier: &[RunRecord]| {
        behind(run_of(create("a.example.com/show/other", config()), &[], Some(End::Done)), "last", earlier)
    };
    let before = Timestamp::from_second(100).unwrap();
    let kept = |id: &str, why: Needed| (id.to_owned(), why);
    let open = [died.clone(), last(std::slice::from_ref(&died))];
    let pruning = prunable(&open, before);
    assert_eq!(pruning.removed, [""; 0]);
    assert_eq!(pruning.kept, [kept("died", Needed::Open), kept("last", Needed::Last)]);
    let two = [died.clone(), found(std::slice::from_ref(&died))];
    let over = [two.as_slice(), &[last(&two)]].concat();
    let pruning = prunable(&over, before);
    assert_eq!(
        pruning,
        Pruning { removed: vec!["died".into(), "found".into()], kept: vec![kept("last", Needed::Last)] }
    );
    // The run that ended it is young, and stays without it.
    let young = [over[0].clone(), at(over[1].clone(), 200), over[2].clone()];
    let pruning = prunable(&young, before);
    assert_eq!((pruning.removed, pruning.kept), (vec!["died".into()], vec![kept("last", Needed::Last)]));
    // The run that left it is young, by a clock that was wrong: both stay.
    let wrong = [at(over[0].clone(), 200), over[1].clone(), over[2].clone()];
    assert_eq!(prunable(&wrong, before).kept[0], kept("found", Needed::By("died".into())));
}

#[test]
fn at_no_moment_of_a_pruning_is_anything_open_that_was_not() {
    let died = died();
    let create = || create("a.example.com/show/cam1", config());
    let unknown = run_of(create(), &[(2, Reply::Unclear)], Some(End::Unknown));
    let unknown = behind(unknown, "unknown", std::slice::from_ref(&died));
    let two = [died, unknown];
    let found = finding("found", &two, "unknown", LeftOpenFound::Arrived);
    let three = [two.as_slice(), &[found]].concat();
    let last = behind(run_of(replaced(), &[], Some(End::Done)), "last", &three);
    let all = [three.as_slice(), &[last]].concat();
    let pruning = prunable(&all, Timestamp::from_second(100).unwrap());
    let (open, left) = (left_open(&all), gaps(&all));
    for removed in 0..=pruning.removed.len() {
        let rest = without(&all, &pruning.removed[..removed]);
        assert_eq!(
            (&left_open(&rest), &gaps(&rest)),
            (&open, &left),
            "after {removed} of {:?}",
            pruning.removed
        );
    }
}

#[test]
fn copies_of_a_journal_are_known() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "r1.jsonl", "r1", 1, true);
    write(folder.path(), "a-copy.jsonl", "r1", 1, false);
    let stored = read_runs(folder.path()).unwrap();
    assert_eq!(stored.len(), 1);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let copies: Vec<String> = stored[0].copies.iter().map(|path| name(path)).collect();
    assert_eq!((name(&stored[0].path), copies), ("r1.jsonl".to_owned(), vec!["a-copy.jsonl".to_owned()]));
    livevod::apply::journal::remove_run(folder.path(), &stored[0]).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
