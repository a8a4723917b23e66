//! What must hold for every story of several processes. Each process must also keep the promises of a single one, to which all
//! others are somebody else.

use std::time::Duration;

use livevod::api::Timeouts;
use livevod::apply::Outcome;
use livevod::apply::journal::{self, LeftOpen, LeftOpenFound, LeftOpenKind, LeftOpenNow, RunRecord};
use livevod::plan::Unsupported;
use livevod::store::{Lost, Says};

use super::super::harness::Run;
use super::super::harness::disk::Disk;
use super::super::harness::invariants::ALL;
use super::super::harness::journals::Clocks;
use super::super::harness::observer::beginning;
use super::super::harness::process::End;
use super::super::harness::story::{Author, Happening, Target, What};
use super::super::harness::truth::folded;
use super::super::harness::weather::Step;
use super::ledger::Ledger;
use super::{Ended, Team};

type Invariant = fn(&Team, &Ledger) -> Result<(), String>;

/// About leases and the store.
const OWN: &[(&str, Invariant)] = &[
    ("everyone ends", everyone_ends),
    ("a domain has one holder at a time", a_domain_has_one_holder_at_a_time),
    ("only a lease that ran out is taken over", only_a_lease_that_ran_out_is_taken_over),
    ("who writes holds the domain", who_writes_holds_the_domain),
    ("every write ends within the lease", every_write_ends_within_the_lease),
    ("nothing arrives once another one holds the domain", nothing_arrives_once_another_one_holds_the_domain),
    ("every write has its intent in the store before", every_write_has_its_intent_in_the_store_before),
    ("nobody waits for a stranger", nobody_waits_for_a_stranger),
    ("who is awake and reaches the store keeps its lease", who_is_awake_keeps_its_lease),
    ("every journal can be read", every_journal_can_be_read),
    ("who plans knows what earlier holders wrote", who_plans_knows_what_earlier_holders_wrote),
    ("nothing is left open", nothing_is_left_open),
];

/// The promises of a single process that do not hold for one of several: its calls wait while it is stopped.
const NOT_OF_ONE: [&str; 8] = [
    "it converges or refuses",
    "what went along is back in the end",
    "a finished replace keeps what no file mentions",
    "what was made good is never planned back",
    "calls stay within the rate",
    "a gap is not left waiting",
    "what is throttled for a minute is given up",
    "nothing is written under another account's key",
];

/// A lease is renewed more often than that, unless the store does not answer.
const RENEWAL: Duration = Duration::from_secs(18);

/// Those that a process can't keep once it lost its lease, or if the store does not answer it until the deadline.
const NOT_WITHOUT_A_LEASE: [&str; 3] = [
    "a failed replace leaves something",
    "siblings that went along come back",
    "unknown only where nobody can know",
];

/// Those that the last process keeps for another one.
const IN_THE_END: [&str; 2] = ["it converges or refuses", "a run without faults knows what it did"];

/// The same, if the files of all are the same.
const WITH_THE_SAME_FILES: [&str; 2] =
    ["what went along is back in the end", "a finished replace keeps what no file mentions"];

/// The first invariant that does not hold, and why.
pub(super) fn broken(team: Team) -> Option<(&'static str, String)> {
    {
        let ledger = Ledger::of(&team.history);
        let own = OWN.iter().find_map(|(name, holds)| Some((*name, holds(&team, &ledger).err()?)));
        if own.is_some() {
            return own;
        }
    }
    promises(team)
}

/// Judges each process alone, and then together with the last one.
fn promises(team: Team) -> Option<(&'static str, String)> {
    let Team { seed, ended, story, mut truth, history, .. } = team;
    let mut ended: Vec<Ended> = ended.into_iter().flatten().collect();
    let judge = |run: &Run, picks: &dyn Fn(&str) -> bool| {
        let picked = ALL.iter().filter(|(name, _)| picks(name));
        picked.into_iter().find_map(|(name, holds)| Some((*name, holds(run).err()?)))
    };
    let (checker, last) = (ended.pop()?, ended.pop()?);
    let (checker, mut last, scene) = (checker.process?, last.process, last.scene);
    // Whoever wants nothing at an address gives up what is missing there.
    let is_same = ended.iter().all(|one| one.scene.yaml == scene.yaml);
    let mut rest = Some(checker);
    for (at, one) in ended.into_iter().enumerate() {
        let Some(process) = one.process else { continue };
        let number = at + 1;
        let is_lost = one.lost.as_ref().is_some_and(|lost| *lost != Lost::Ended);
        let (stops, deadline) = (stops(&story, number), one.scene.call.deadline);
        let longest = unrenewed(&Ledger::of(&history), &one.run, &story, &stops, number);
        let is_overslept = oversleeps(&story, &stops, number, deadline)
            || is_cut_off(&Ledger::of(&history), &one.run, &story, &stops, number, deadline);
        let is_without = is_lost || is_overslept || longest >= deadline.max(RENEWAL);
        let mut run = Run {
            seed,
            scene: (*one.scene).clone(),
            processes: vec![process],
            story: seen_by(&story, &[number]),
            truth,
            journals: one.journal,
            clocks: Clocks::draw(seed),
            disk: Disk::default(),
            afterwards: None,
        };
        let alone = judge(&run, &|name| {
            let is_excused = is_without && NOT_WITHOUT_A_LEASE.contains(&name);
            !is_excused && !NOT_OF_ONE.contains(&name)
        });
        if let Some((name, message)) = alone {
            return Some((name, format!("process {number}: {message}")));
        }
        if let (Some(second), Some(third)) = (last.take(), rest.take()) {
            let count = story_end(&story);
            run.processes.extend([second, third]);
            run.story = seen_by(&story, &[number, count - 1, count]);
            run.scene = (*scene).clone();
            let together = judge(&run, &|name| {
                IN_THE_END.contains(&name) || (is_same && WITH_THE_SAME_FILES.contains(&name))
            });
            if let Some((name, message)) = together {
                return Some((name, format!("process {number} and the last ones: {message}")));
            }
            rest = run.processes.pop();
            last = run.processes.pop();
        }
        truth = run.truth;
    }
    None
}

/// When a process was stopped, from and to. Stops that overlap are one.
fn stops(story: &[Happening], process: usize) -> Vec<(Duration, Duration)> {
    let mut stops: Vec<(Duration, Duration)> = Vec::new();
    for one in story.iter().filter(|one| one.process == process) {
        let What::Note(note) = &one.what else { continue };
        let seconds =
            note.strip_prefix("STOPPED for ").and_then(|rest| rest.strip_suffix(" s")?.parse().ok());
        let Some(to) = seconds.map(|seconds| one.at + Duration::from_secs(seconds)) else { continue };
        match stops.last_mut().filter(|(_, last)| one.at <= *last) {
            Some((_, last)) => *last = to.max(*last),
            None => stops.push((one.at, to)),
        }
    }
    stops
}

/// Whether a process slept through the deadline of what follows a Delete.
fn oversleeps(
    story: &[Happening],
    stops: &[(Duration, Duration)],
    process: usize,
    deadline: Duration,
) -> bool {
    let deletes = story.iter().filter(|one| {
        one.process == process && matches!(&one.what, What::Call(call) if call.step == Step::Delete)
    });
    deletes.map(|one| one.at).any(|at| stops.iter().any(|(from, to)| *from > at && *to - *from >= deadline))
}

/// Whether a process slept after a Delete, had to renew its lease before anything else, and did not reach the store until the
/// deadline, which begins when it goes on. It may have been stopped at the very moment of the Delete.
fn is_cut_off(
    ledger: &Ledger,
    run: &str,
    story: &[Happening],
    stops: &[(Duration, Duration)],
    process: usize,
    deadline: Duration,
) -> bool {
    /// A renewal counts from when it was sent: up to this long before it is in the store.
    const ON_ITS_WAY: Duration = Duration::from_secs(5);
    let first = story.iter().find(|one| {
        one.process == process && matches!(&one.what, What::Call(call) if call.step == Step::Delete)
    });
    let Some(first) = first else { return false };
    let parts = || ledger.parts.get(run).into_iter().flatten();
    stops.iter().filter(|(from, _)| *from >= first.at).any(|(_, to)| {
        let lasts = parts().rev().find_map(|(part, says)| match says.lease {
            Says::Held { lasts_ms, .. } if part.at <= *to => Some(part.at + Duration::from_millis(lasts_ms)),
            _ => None,
        });
        let must_renew = lasts.is_none_or(|until| *to + Timeouts::default().whole + ON_ITS_WAY > until);
        let next = parts().map(|(part, _)| part.at).find(|at| *at > *to);
        must_renew && next.is_none_or(|next| next - *to >= deadline)
    })
}

/// The longest time in which a process was awake and did not renew its lease.
fn unrenewed(
    ledger: &Ledger,
    run: &str,
    story: &[Happening],
    stops: &[(Duration, Duration)],
    process: usize,
) -> Duration {
    let own = || story.iter().filter(|one| one.process == process);
    let renewals = ledger.parts.get(run).into_iter().flatten().map(|(part, _)| part.at);
    let times: Vec<Duration> = renewals.chain(own().next_back().map(|one| one.at)).collect();
    let awake = |pair: &[Duration]| {
        let asleep = stops.iter().map(|(from, to)| (*to).min(pair[1]).saturating_sub((*from).max(pair[0])));
        pair[1].saturating_sub(pair[0]).saturating_sub(asleep.sum())
    };
    times.windows(2).map(awake).max().unwrap_or_default()
}

/// The number of the process that only plans.
fn story_end(story: &[Happening]) -> usize {
    story
        .iter()
        .filter(|one| matches!(one.what, What::Began))
        .map(|one| one.process)
        .max()
        .unwrap_or_default()
}

/// The story as some processes see it: they get new numbers, and everyone else is somebody else.
fn seen_by(story: &[Happening], processes: &[usize]) -> Vec<Happening> {
    let number = |process: usize| processes.iter().position(|own| *own == process).map(|at| at + 1);
    let seen = |one: &Happening| {
        let process = number(one.process);
        let what = match (&one.what, process) {
            (What::Changed(changed, _), None) => What::Changed(changed.clone(), Author::Other),
            (What::Changed(changed, Author::Late(_)), Some(own)) => {
                What::Changed(changed.clone(), Author::Late(own))
            }
            (what, _) => what.clone(),
        };
        Happening { at: one.at, process: process.unwrap_or(100 + one.process), what }
    };
    story.iter().map(seen).collect()
}

fn everyone_ends(team: &Team, _: &Ledger) -> Result<(), String> {
    match team.ended.iter().position(Option::is_none) {
        Some(at) => Err(format!("process {} still waits", at + 1)),
        None => Ok(()),
    }
}

/// A token is granted only once nothing of the last holder can arrive any more: its log is over, and it had told, or others knew, until
/// when.
fn a_domain_has_one_holder_at_a_time(team: &Team, ledger: &Ledger) -> Result<(), String> {
    for (domain, tokens) in &ledger.tokens {
        for (number, pair) in tokens.windows(2).enumerate() {
            let [(_, before), (granted, after)] = pair else { continue };
            let number = number + 2;
            let (Some(old), Some(new)) = (&before.run, &after.run) else { continue };
            if old == new {
                return Err(format!("{new} took {domain} twice"));
            }
            let last = ledger.part_at(old, granted.place).ok_or("a token without a log")?;
            let now = beginning() + granted.at + team.cast.store_off;
            let is_free = match &last.1.lease {
                Says::Held { .. } => false,
                Says::Ended { settle_ms } => last.0.at + Duration::from_millis(*settle_ms) <= granted.at,
                Says::TakenOver { free_from, .. } => *free_from <= now,
            };
            if !is_free {
                return Err(format!("token {number} of {domain} was granted while {old} held it"));
            }
        }
    }
    Ok(())
}

/// Unless a person ends it.
fn only_a_lease_that_ran_out_is_taken_over(_: &Team, ledger: &Ledger) -> Result<(), String> {
    for (run, parts) in &ledger.parts {
        for pair in parts.windows(2) {
            let [(last, before), (end, after)] = pair else { continue };
            let (Says::Held { lasts_ms, settle_ms }, Says::TakenOver { by, .. }) =
                (&before.lease, &after.lease)
            else {
                continue;
            };
            let free_from = last.at + Duration::from_millis(lasts_ms + settle_ms);
            if by != "a person" && end.at < free_from {
                return Err(format!("{by} took over {run} at {:?}, before {free_from:?}", end.at));
            }
        }
    }
    Ok(())
}

/// The id of each process's run.
fn runs(team: &Team) -> impl Iterator<Item = (usize, &Ended)> {
    team.ended.iter().enumerate().filter_map(|(at, one)| Some((at + 1, one.as_ref()?)))
}

fn run_of(team: &Team, process: usize) -> &str {
    runs(team).find(|(number, _)| *number == process).map_or("", |(_, one)| &one.run)
}

fn who_writes_holds_the_domain(team: &Team, ledger: &Ledger) -> Result<(), String> {
    for (place, one) in team.story.iter().enumerate() {
        let What::Call(call) = &one.what else { continue };
        let (Target::Address(address), true) = (&call.target, call.step.is_write()) else { continue };
        let run = run_of(team, one.process);
        let token = ledger.token_at(&address.domain, place).and_then(|(_, entry)| entry.run.as_deref());
        let told = || format!("{} of {address} at {:?} by process {}", call.step.name(), one.at, one.process);
        if token != Some(run) {
            return Err(format!("{}, and {token:?} holds the domain", told()));
        }
        let end = ledger.end_of(run).filter(|(end, _)| end.place < place);
        if let Some((_, part)) = end
            && !matches!(&part.lease, Says::TakenOver { by, .. } if by == "a person")
        {
            return Err(format!("{}, after its lease was ended: {:?}", told(), part.lease));
        }
    }
    Ok(())
}

/// A call takes no longer than its timeout, and the lease was renewed so lately that it lasts that long.
fn every_write_ends_within_the_lease(team: &Team, ledger: &Ledger) -> Result<(), String> {
    let longest = Timeouts::default().whole;
    for (place, one) in team.story.iter().enumerate() {
        let What::Call(call) = &one.what else { continue };
        let parts = ledger.parts.get(run_of(team, one.process)).into_iter().flatten();
        let lasts = parts.rev().find_map(|(part, says)| match says.lease {
            Says::Held { lasts_ms, .. } if part.place < place => {
                Some(part.at + Duration::from_millis(lasts_ms))
            }
            _ => None,
        });
        if call.step.is_write() && lasts.is_none_or(|until| one.at + longest > until) {
            let (step, at) = (call.step.name(), one.at);
            return Err(format!("the {step} at {at:?} by process {} may outlast its lease", one.process));
        }
    }
    Ok(())
}

fn nothing_arrives_once_another_one_holds_the_domain(team: &Team, ledger: &Ledger) -> Result<(), String> {
    for (place, one) in team.story.iter().enumerate() {
        let What::Changed(changed, author) = &one.what else { continue };
        let token =
            ledger.token_at(&changed.address.domain, place).and_then(|(_, entry)| entry.run.as_deref());
        if author.is_own() && token != Some(run_of(team, one.process)) {
            let address = &changed.address;
            return Err(format!("{address} is changed by process {}, and {token:?} holds it", one.process));
        }
    }
    Ok(())
}

/// Others know of every write before it leaves.
fn every_write_has_its_intent_in_the_store_before(team: &Team, ledger: &Ledger) -> Result<(), String> {
    for (number, ended) in runs(team) {
        let intents = ledger.intents(&ended.run);
        for (place, one) in team.story.iter().enumerate().filter(|(_, one)| one.process == number) {
            let What::Call(call) = &one.what else { continue };
            let (Target::Address(address), true) = (&call.target, call.step.is_write()) else { continue };
            let is_it = |known: &super::ledger::Known| {
                known.place < place && known.step == call.step && known.address == folded(address)
            };
            if !intents.iter().any(is_it) {
                let (step, at) = (call.step.name(), one.at);
                return Err(format!("{step} of {address} at {at:?} by process {number} is not in the store"));
            }
        }
    }
    Ok(())
}

/// Who waits, waits for a run that took the same domain; and without anyone to wait for, it takes no time to take domains.
fn nobody_waits_for_a_stranger(team: &Team, ledger: &Ledger) -> Result<(), String> {
    const SOON: Duration = Duration::from_secs(90);
    for (number, ended) in runs(team) {
        for held in &ended.waited {
            let took = |(_, entry): &(&_, livevod::store::Entry)| entry.run.as_ref() == Some(&held.run);
            let is_held = ledger.tokens.get(&held.domain).is_some_and(|tokens| tokens.iter().any(took));
            if !ended.domains.contains(&held.domain) || !is_held {
                return Err(format!("process {number} waits for {} of {}", held.domain, held.run));
            }
        }
        if ended.is_calm && !team.cast.has_outage && ended.waited.is_empty() && ended.waiting > SOON {
            return Err(format!("process {number} takes its domains in {:?}", ended.waiting));
        }
    }
    Ok(())
}

fn who_is_awake_keeps_its_lease(team: &Team, _: &Ledger) -> Result<(), String> {
    for (number, ended) in runs(team) {
        let is_lost = ended.lost.as_ref().is_some_and(|lost| *lost != Lost::Ended);
        if ended.is_calm && team.cast.release.is_none() && is_lost {
            return Err(format!("process {number} lost its lease: {:?}", ended.lost));
        }
    }
    Ok(())
}

fn every_journal_can_be_read(_: &Team, ledger: &Ledger) -> Result<(), String> {
    let damaged =
        ledger.journals().into_iter().find_map(|(run, text)| Some((run, journal::read(&text).err()?)));
    damaged.map_or(Ok(()), |(run, error)| Err(format!("the journal of {run}: {error}")))
}

/// Whoever plans knows every run that held one of its domains before, and has read every intent of it. A journal that is kept whole may
/// have fewer: it lacks what was announced and not sent.
fn who_plans_knows_what_earlier_holders_wrote(team: &Team, ledger: &Ledger) -> Result<(), String> {
    for (number, ended) in runs(team).filter(|(_, ended)| ended.process.is_some()) {
        for domain in &ended.domains {
            let tokens =
                ledger.tokens.get(domain).into_iter().flatten().filter_map(|(_, entry)| entry.run.as_deref());
            for earlier in tokens.take_while(|run| *run != ended.run) {
                // After a day, nothing is left of a run that told nothing.
                let told = || format!("process {number} does not know all of {earlier}, which held {domain}");
                let (read, count) = (ended.read.get(earlier), ledger.count_of_intents(earlier));
                let record = read.and_then(|text| journal::read(text).ok().flatten());
                let intents = record.iter().flat_map(|record| &record.intents).count();
                let is_missing = read.is_none() && count > 0;
                if is_missing || (!ledger.is_whole(earlier) && intents < count) {
                    return Err(told());
                }
            }
        }
    }
    Ok(())
}

/// Once the last process is done, the store says how everything ended that any run began. What a replace removed stays open only if the
/// last files declare there what no Add can send, such as transcoded streams (from the old configuration) without templates: the plan lists it as
/// unsupported, and finishes the replace once the files say something else.
fn nothing_is_left_open(team: &Team, ledger: &Ledger) -> Result<(), String> {
    let Some(Some(last)) = team.ended.iter().rev().nth(1) else { return Ok(()) };
    let Some(process) = &last.process else { return Err("the last process never planned".to_owned()) };
    let is_done = match &process.end {
        End::Refused(reasons) => reasons.is_empty(),
        End::Applied(report) => report.outcomes.iter().all(|one| one.outcome == Outcome::Done),
        End::Died => false,
    };
    let journals = ledger.journals();
    let runs: Vec<RunRecord> = journals.values().filter_map(|text| journal::read(text).unwrap()).collect();
    let is_told = |open: &LeftOpen| {
        let is_gap = |one: &LeftOpenNow| {
            one.open.run == open.run
                && one.open.address == open.address
                && one.found == Some(LeftOpenFound::Gap)
        };
        let is_unwritable = |one: &Unsupported| one.declared && folded(&one.address) == folded(&open.address);
        process.looked.iter().any(is_gap) && process.plan.notes.unsupported.iter().any(is_unwritable)
    };
    // What is ignored, or no longer managed, stays as lost as it is.
    let is_own = |open: &LeftOpen| {
        matches!(open.kind, LeftOpenKind::Change { .. })
            && last.domains.iter().any(|domain| **domain == *open.address.domain)
            && !is_told(open)
    };
    let open = journal::left_open(&runs).into_iter().find(is_own);
    match open.filter(|_| is_done) {
        Some(open) => Err(format!("{} of {} is left open: {:?}", open.address, open.run, open.kind)),
        None => Ok(()),
    }
}
