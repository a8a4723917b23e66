//! How long it takes to write plans down: a comment of a hundred thousand changes, a page and a document of ten thousand.

use std::hint::black_box;
use std::time::{Duration, Instant};

use livevod::model::{Address, Field, FieldMap, RecordConfig, StreamSpelling};
use livevod::plan::{
    ActionKind, Budget, Change, ChangeNote, Coverage, Decisions, FieldOrigin, GroupName, Guard, Held, Notes,
    Plan, Reason, Recorder, Transition,
};
use livevod::render::{self, Context, Exit, Format, Layout, Links, PlanView, Target};
use livevod::resolve::OriginKind;
use livevod::source::{Place, Position, Sources};

use crate::{ROUNDS, median};

/// The default of `--max-bytes`.
pub(crate) const MAX_BYTES: usize = 60_000;

/// A document, and what it took to write it.
pub(crate) struct Written {
    pub(crate) bytes: usize,
    pub(crate) took: Duration,
}

/// The comment of so many changes, no two of which read alike, or all of one kind do.
pub(crate) fn comment(changes: u32, alike: bool) -> Written {
    let plan = plan(changes, alike);
    let links = Links { base: "https://git.example/me/live/blob/main".parse().ok(), folder: String::new() };
    write(&plan, &Layout { max_bytes: MAX_BYTES, links, ..Layout::new(Format::Markdown) })
}

/// The page of so many changes.
pub(crate) fn page(changes: u32) -> Written {
    write(&plan(changes, false), &Layout::new(Format::Html))
}

/// The JSON document of so many changes.
pub(crate) fn document(changes: u32) -> Written {
    write(&plan(changes, false), &Layout::new(Format::Json))
}

fn write(plan: &Plan, layout: &Layout) -> Written {
    let context = Context { sources: &Sources::default(), diagnostics: &[], exit: Exit::Success };
    let target =
        Target { name: "https://live.aliyuncs.com".to_owned(), account: plan.decisions.account.clone() };
    let mut bytes = 0;
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let view = PlanView::of(black_box(plan), &target);
        let text = black_box(render::plan(&view, context, layout).text);
        bytes = text.len();
        start.elapsed()
    });
    let took = median(times.collect());
    Written { bytes, took }
}

/// Changes of every kind in a hundred domains; a guard refuses each replace.
fn plan(count: u32, alike: bool) -> Plan {
    let (changes, notes): (Vec<Change>, Vec<ChangeNote>) = (0..count).map(|at| change(at, alike)).unzip();
    let replaces = changes.iter().filter(|change| change.action() == ActionKind::Replace);
    let held = replaces.map(|change| Held {
        guard: Guard::RecordingGap,
        address: Some(change.address.clone()),
        message: "nothing records it between its delete and its add".to_owned(),
        release: Some("--allow-recording-gap".to_owned()),
    });
    let hd = GroupName { name: "hd".to_owned(), regions: Vec::new(), place: None };
    let notes = Notes {
        held: held.collect(),
        budget: Budget { reads: 2 * u64::from(count), writes: u64::from(count), seconds: 60 },
        group_names: [("e2d796d3bb5fd8049d32bff62f94e4c1".to_owned(), hd)].into(),
        changes: notes,
        ..Notes::default()
    };
    let account = Some("1234567890123456".to_owned());
    Plan { decisions: Decisions { account, changes, ..Decisions::default() }, notes }
}

fn change(at: u32, alike: bool) -> (Change, ChangeNote) {
    use ActionKind::{Create, Delete, Replace, Update};
    let address = Address::new(format!("live{:02}.example.com", at % 100), "show", format!("cam{at:06}"));
    let action = [Update, Update, Update, Create, Delete, Replace][at as usize / 100 % 6];
    let place = |line| {
        let position = Position { line, column: 28, byte: 300 };
        Place { file: "livevod.yaml".to_owned(), start: position, end: position }
    };
    // Changes that read alike come from one line; else each value stands in its own entry.
    let (kind, cause) =
        if alike { (OriginKind::Defaults, place(4)) } else { (OriginKind::Stream, place(14 + at)) };
    let origin = FieldOrigin { kind, tier: None, place: Some(cause.clone()), via: Vec::new() };
    let settings = |cycle_duration| RecordConfig {
        vod_transcode_group: "e2d796d3bb5fd8049d32bff62f94e4c1".to_owned(),
        cycle_duration,
        ..RecordConfig::default()
    };
    let before = settings(if alike { 3600 } else { 10_000_000 + at });
    let origins = [Field::VodTranscodeGroup, Field::CycleDuration].map(|field| (field, origin.clone()));
    let recorder = Recorder { other: None, records_by_itself: true };
    let note = ChangeNote {
        place: (action != Delete).then(|| place(14 + at)),
        reason_place: (action == Delete).then_some(cause),
        run: None,
        origins: if action == Delete { FieldMap::default() } else { origins.into() },
        coverage: Coverage {
            before: (action != Create).then(|| recorder.clone()),
            after: (action != Delete).then_some(recorder),
        },
    };
    let after = settings(1800);
    let change = Change {
        transition: match action {
            Create => Transition::Create { after },
            Update => Transition::Update { before, after },
            Replace => Transition::Replace { before, after },
            Delete => Transition::Delete { before },
        },
        reason: match action {
            Create => Reason::Missing,
            Update => Reason::Differs,
            Replace => Reason::CreateOnly,
            Delete => Reason::Pruned,
        },
        is_protected: false,
        address,
        spelling: StreamSpelling::Named,
        contingent: Vec::new(),
        siblings: Vec::new(),
    };
    (change, note)
}
