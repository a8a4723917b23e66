//! An account over HTTP, a folder with the files that are applied to it, and the invariants at the end of every apply.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use livevod::apply::journal::{End, RunRecord, Stored, read_runs};
use serde_json::Value;

use super::calls::{Call, contradictions};
use super::moment::{LATENESS, Moment, Signal, Whole, micros};
use super::scene::{FILE, Scene};
use super::tally::{Tally, Victim};
use crate::transcripts::server::{Server, keyed};
use crate::transcripts::{Run, World};

/// Every guard is released, because the tests are not about guards.
const FLAGS: &[&str] = &[
    "--auto-approve",
    "--format=json",
    "--max-change=100%",
    "--max-delete=100%",
    "--allow-recording-gap",
    "--allow-recording-stop",
    "--allow-app-wide",
];

/// The time that each answer takes, so that a run can be killed between any two calls.
const LATENCY: &str = "latency:time=2ms,jitter=3ms";

/// If the service removes siblings too, each run ends at the first one that it had to add back.
const MOST_RUNS: usize = 6;

/// Which run is killed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    /// Whether the service removes siblings together with an app-wide entry.
    pub(super) takes_siblings: bool,
    /// Undisturbed runs before it.
    pub(super) earlier: usize,
}

pub(super) struct Case {
    scene: Scene,
    server: Server,
    world: World,
    settle: Duration,
}

impl Case {
    /// The state before the run that is killed, with `fault` injected for that run.
    pub(super) fn at(stage: Stage, fault: Option<String>) -> Self {
        let Stage { takes_siblings, earlier } = stage;
        let (world, scene) = (keyed(FILE), Scene::new(takes_siblings));
        world.write("account.json", &scene.account());
        let mut arguments = vec!["--load", "account.json", "--call-log", "calls.jsonl", "--admin"];
        if takes_siblings {
            arguments.extend(["--quirk", "app-wide-delete=with-siblings"]);
        }
        let server = Server::start(&world, &arguments);
        // Far above the needs of a request that is killed or late.
        let settle = fault.as_ref().map_or(Duration::from_millis(500), |_| LATENESS * 5 / 2);
        let case = Self { scene, server, world, settle };
        assert_eq!(case.scene.begun(&case.held()), [""; 0]);
        for _ in 0..earlier {
            case.insist_on_siblings(&case.apply(0));
        }
        case.ask("PUT", "faults", &[LATENCY, &fault.unwrap_or_default()].join("\n"));
        case
    }

    /// Applies undisturbed, and then until nothing is left; returns how far the first run came, and in what time.
    pub(super) fn measure(self) -> Whole {
        let (seen, start) = (self.calls().len(), Instant::now());
        let run = self.apply(0);
        let took = start.elapsed();
        assert_eq!(run.code, if self.scene.takes_siblings { 4 } else { 0 }, "{}", run.transcript());
        let calls = &self.calls()[seen..];
        let count = |action| calls.iter().filter(|call| call.write() == Some(action)).count();
        let whole = Whole { calls: calls.len(), took, writes: ["Add", "Update", "Delete"].map(count) };
        self.make_good();
        whole
    }

    /// Starts an apply and kills it; returns whether it was still alive at that time.
    pub(super) fn kill(&self, moment: &Moment, signal: Signal, tally: &mut Tally) -> bool {
        let (seen, journals, line) = (self.calls().len(), self.journals().len(), self.line());
        let mut command = self.world.command(&line.split(' ').collect::<Vec<_>>());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut apply = command.spawn().unwrap();
        self.wait_for(moment, seen, &mut apply);
        let status = signal.send(&mut apply);
        let was_alive = status.signal().is_some() || status.code() == signal.code();
        let held = self.held();
        assert_eq!(self.scene.strayed(&held), [""; 0], "after {moment:?}");
        let (calls, run) = (&self.calls()[seen..], self.journals().into_iter().nth(journals));
        self.insist_on_journal(run.as_ref(), calls, &held);
        if signal == Signal::HangUp {
            self.insist_on_order(status, run.as_ref(), calls, &held);
        }
        if was_alive {
            let victim = Victim { scene: &self.scene, held: &held, calls, run: run.as_ref() };
            tally.note(&victim, signal, status.code().is_some());
        }
        was_alive
    }

    /// A run that is asked to end finishes what it began: it leaves no gap, and nothing unfinished except what may still arrive.
    fn insist_on_order(
        &self,
        status: ExitStatus,
        run: Option<&RunRecord>,
        calls: &[Call],
        held: &BTreeMap<String, Value>,
    ) {
        let Some(run) = run.filter(|run| !run.intents.is_empty()) else { return };
        assert_eq!(status.signal(), None, "it died within its writes");
        assert!(run.finished.is_some(), "{run:?}");
        if !calls.iter().any(Call::is_late) {
            assert_eq!((run.open(), self.scene.lost(held)), (0, Vec::new()), "{run:?}");
        }
    }

    /// Or for the end of the run.
    fn wait_for(&self, moment: &Moment, seen: usize, apply: &mut Child) {
        let mut wait_until = |is_time: &dyn Fn(&[Call]) -> bool| {
            while !is_time(&self.calls()[seen..]) && apply.try_wait().unwrap().is_none() {
                sleep(micros(300));
            }
        };
        match *moment {
            Moment::Call(number, pause) => {
                wait_until(&|calls| calls.len() >= number);
                sleep(pause);
            }
            Moment::Late(_, _, pause) => {
                wait_until(&|calls| calls.iter().any(Call::is_late));
                sleep(pause);
            }
            Moment::Time(time) => sleep(time),
        }
    }

    /// Applies until everything is done, which takes one run if no siblings are removed, and checks every promise at the end.
    pub(super) fn make_good(&self) {
        let open = self.journals().last().map_or(0, RunRecord::open);
        let mut run = self.apply(open);
        for _ in 1..MOST_RUNS {
            if run.code == 0 {
                break;
            }
            self.insist_on_siblings(&run);
            run = self.apply(0);
        }
        assert_eq!(run.code, 0, "{}", run.transcript());
        if self.calls().iter().any(Call::is_late) {
            // A write that has not arrived by then never does; the next call makes the emulator process it.
            sleep(LATENESS);
        }
        let plan =
            self.world.run(&format!("plan --endpoint {} --detailed-exitcode --format json", self.server.url));
        assert_eq!(self.scene.unfinished(&self.held()), [""; 0]);
        assert_eq!(plan.code, 0, "{}", plan.transcript());
        assert!(left_open(&plan.json()).is_empty(), "{}", plan.transcript());
        self.insist_on_calls();
    }

    /// The next run finds the outcome of everything that the last one left unfinished.
    fn apply(&self, open: usize) -> Run {
        let run = self.world.run(&self.line());
        let document = run.json();
        let left = left_open(&document);
        assert!(left.len() >= open, "{open} are open:\n{}", run.transcript());
        assert!(left.iter().all(|one| !one["found"].is_null()), "{}", run.transcript());
        run
    }

    /// Only an app-wide entry may fail whose siblings were removed too and added back.
    fn insist_on_siblings(&self, run: &Run) {
        assert!(self.scene.takes_siblings && run.code == 4, "{}", run.transcript());
        let document = run.json();
        let outcomes = document["outcomes"].as_array().unwrap();
        for failed in outcomes.iter().filter(|one| one["outcome"] == "failed") {
            let message = failed["diagnostic"]["message"].as_str().unwrap();
            let is_that = message.starts_with("configurations beside it were deleted with it; added back: ");
            assert!(is_that && !message.contains("NOT"), "{}", run.transcript());
        }
        assert_eq!(document["summary"]["unknown"], 0, "{}", run.transcript());
    }

    /// Every write that the emulator saw has an earlier intent on disk, and every change that is recorded as done is done.
    fn insist_on_journal(&self, run: Option<&RunRecord>, calls: &[Call], held: &BTreeMap<String, Value>) {
        let intents: Vec<_> = run.iter().flat_map(|run| &run.intents).collect();
        let intended =
            intents.iter().map(|intent| (format!("{:?}", intent.step), intent.address.to_string()));
        let back = intents.iter().flat_map(|intent| &intent.siblings);
        let back = back.map(|sibling| ("Add".to_owned(), sibling.address.to_string()));
        let intended: BTreeSet<(String, String)> = intended.chain(back).collect();
        for call in calls {
            let write = call.write().map(|write| (write.to_owned(), call.address.clone()));
            assert!(write.is_none_or(|write| intended.contains(&write)), "{call:?} is not in {intended:?}");
        }
        let endings = run.iter().flat_map(|run| &run.endings).filter(|ending| ending.outcome == End::Done);
        let done: BTreeSet<String> = endings.map(|ending| ending.address.to_string()).collect();
        assert_eq!(self.scene.undone(held, &done), [""; 0]);
    }

    /// Nothing was written without a planned change, and nothing was added at an address that had an entry.
    fn insist_on_calls(&self) {
        let (calls, places) = (self.calls(), &self.scene.places);
        let written = |address: &str| places.iter().any(|place| place.is_written && place.address == address);
        let foreign: Vec<&Call> =
            calls.iter().filter(|call| call.write().is_some() && !written(&call.address)).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
        let there = places.iter().filter(|place| place.before.is_some());
        let there: BTreeSet<String> = there.map(|place| place.address.to_owned()).collect();
        assert_eq!(contradictions(&calls, there, self.scene.takes_siblings), [""; 0], "{calls:#?}");
    }

    fn line(&self) -> String {
        let settle = self.settle.as_millis();
        format!("apply --endpoint {} --settle={settle}ms {}", self.server.url, FLAGS.join(" "))
    }

    fn calls(&self) -> Vec<Call> {
        Call::all(&self.world.path().join("calls.jsonl"))
    }

    /// The journals of the runs, oldest first; a run that died before its header was complete left none.
    fn journals(&self) -> Vec<RunRecord> {
        let stored = read_runs(&self.world.path().join(".livevod/journal")).unwrap();
        stored.into_iter().filter_map(|Stored { run, .. }| run.unwrap()).collect()
    }

    /// What the account holds, by address.
    fn held(&self) -> BTreeMap<String, Value> {
        let state = self.ask("GET", "state", "");
        let configs = state["configs"].as_array().unwrap().iter().map(|config| {
            let part = |name: &str| config[name].as_str().filter(|part| !part.is_empty()).unwrap_or("*");
            let address = format!("{}/{}/{}", part("DomainName"), part("AppName"), part("StreamName"));
            (address, config.clone())
        });
        configs.collect()
    }

    /// One request to the admin path, without livevod's help.
    fn ask(&self, method: &str, what: &str, body: &str) -> Value {
        let host = self.server.url.strip_prefix("http://").unwrap();
        let head = format!("{method} /_admin/{what} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        serde_json::from_str(body).unwrap()
    }
}

/// The part of a document about earlier runs; null if they left nothing.
fn left_open(document: &Value) -> &[Value] {
    document["left_open"].as_array().map_or(&[], Vec::as_slice)
}
