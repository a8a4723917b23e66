//! Generates what goes wrong in a run, call by call: faults of the network and the service, edits in the console, the clock,
//! and the end of the process.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use livevod::emulator::Fault;
use livevod::wire::Action;

use super::random::Random;

/// One kind of fault of the emulator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// Its name in the emulator.
    pub(crate) name: &'static str,
    /// Its parameters; one line is chosen.
    keys: &'static [&'static str],
    /// Whether a write with it gets no usable answer.
    is_ambiguous: bool,
}

const fn kind(name: &'static str, keys: &'static [&'static str], is_ambiguous: bool) -> Kind {
    Kind { name, keys, is_ambiguous }
}

const THROTTLE: Kind = kind("throttle", &["", "retry-after=2s"], false);

const STRAGGLER: Kind = kind("late-commit", &["time=25s"], true);

const ENDLESS: Kind = kind("endless", &[""], true);

/// Every fault of the emulator except edits in the console, which a client of the harness makes.
pub(crate) const KINDS: [Kind; 21] = [
    kind("latency", &["time=3s", "time=200ms,jitter=5s"], false),
    kind("refuse", &[""], false),
    kind("drop-before-commit", &[""], true),
    kind("drop-after-commit", &[""], true),
    kind("late-commit", &["time=1s", "time=4s", "time=12s", "time=25s"], true),
    kind("duplicate", &[""], true),
    kind("error-before-commit", &["status=500", "status=503"], true),
    kind("error-after-commit", &["status=500", "status=503"], true),
    kind("gateway-page", &[""], true),
    THROTTLE,
    kind("expired-token", &[""], false),
    kind("revoked-key", &[""], false),
    kind("truncated", &[""], true),
    kind("garbage", &[""], true),
    kind("empty", &[""], true),
    kind("huge", &[""], true),
    ENDLESS,
    kind("slow", &["time=1s"], false),
    kind("hang", &["time=1m"], true),
    kind("skew", &["time=20m", "time=-20m", "time=5m"], false),
    kind("stale", &["time=2s", "time=10s"], false),
];

/// What goes wrong besides the network: edits in the console, and the end of the process.
pub(crate) const OTHERS: [&str; 6] =
    ["foreign-edit", "foreign-delete", "foreign-add", "death-before", "death-after", SHORT];

/// A page with fewer entries than its Total says.
pub(crate) const SHORT: &str = "short";

/// The seeds are divided into this many parts; each ensures its own share of the faults.
pub(crate) const PARTS: u64 = 7;

/// The faults that a part of the seeds ensures.
pub(crate) fn share(part: u64) -> impl Iterator<Item = &'static str> {
    let kinds = KINDS.iter().map(|kind| kind.name).skip(part as usize).step_by(PARTS as usize);
    kinds.chain(OTHERS.get(part as usize).copied())
}

/// Applies to every call: an answer takes time, so that domains take turns. In some runs it takes longer than the freshness
/// window.
const TRAVELS: [&str; 3] =
    ["latency:time=20ms,jitter=60ms", "latency:time=100ms,jitter=600ms", "latency:time=500ms,jitter=1s"];

/// Keeps old states for `stale`, and never occurs by itself.
const KEEP_THE_PAST: &str = "stale:time=200s,chance=0";

/// The faults of every call, and the name of the first one.
fn usual(travel: usize) -> Vec<Fault> {
    static USUAL: LazyLock<[[Fault; 2]; 3]> =
        LazyLock::new(|| TRAVELS.map(|travel| [travel, KEEP_THE_PAST].map(|text| text.parse().unwrap())));
    USUAL[travel].to_vec()
}

/// The step of a run that a call belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// Asking for the account of the credentials.
    Identify,
    /// Getting a key for a role.
    Assume,
    /// A listing for the plan.
    Plan,
    /// A read of one address before its first write.
    Compare,
    Add,
    Update,
    Delete,
    /// A read of one address after a write.
    Confirm,
    /// A listing during an apply: compares, proofs of absence, siblings.
    List,
}

impl Step {
    /// The steps at which each fault must occur.
    pub(crate) const STRUCK: [Step; 7] =
        [Step::Plan, Step::Compare, Step::Add, Step::Update, Step::Delete, Step::Confirm, Step::List];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Step::Identify => "identify",
            Step::Assume => "assume",
            Step::Plan => "plan",
            Step::Compare => "compare",
            Step::Add => "add",
            Step::Update => "update",
            Step::Delete => "delete",
            Step::Confirm => "confirm",
            Step::List => "list",
        }
    }

    pub(crate) fn is_write(self) -> bool {
        matches!(self, Step::Add | Step::Update | Step::Delete)
    }

    /// The action's name on the wire, if it is one of Live.
    pub(crate) fn action_name(self) -> &'static str {
        match self {
            Step::Identify => "GetCallerIdentity",
            Step::Assume => "AssumeRole",
            _ => self.action().name(),
        }
    }

    fn action(self) -> Action {
        match self {
            Step::Add => Action::Add,
            Step::Update => Action::Update,
            Step::Delete => Action::Delete,
            Step::Identify | Step::Assume | Step::Plan | Step::Compare | Step::Confirm | Step::List => {
                Action::Describe
            }
        }
    }
}

/// What another client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Foreign {
    Edit,
    Delete,
    Add,
    /// Removes a sibling of an app-wide entry that the plan removes.
    DeleteBeside,
    /// Adds an entry that no file and no listing has named before.
    AddBeside,
    /// Removes the entry that a lost Delete of this process is about to reach.
    DeleteFirst,
}

impl Foreign {
    pub(crate) const ALL: [Foreign; 3] = [Foreign::Edit, Foreign::Delete, Foreign::Add];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Foreign::Edit => "foreign-edit",
            Foreign::Delete => "foreign-delete",
            Foreign::Add => "foreign-add",
            Foreign::DeleteBeside => "sibling-delete",
            Foreign::AddBeside => "sibling-add",
            Foreign::DeleteFirst => "delete-first",
        }
    }
}

/// How a process ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// Right before the apply's call of this number is carried out, counted from 0.
    Before(u64),
    /// After the call was carried out, before its answer.
    After(u64),
    /// This long after the apply began.
    At(Duration),
}

/// A Delete that arrives very late.
#[derive(Debug, Clone, Copy)]
struct Straggler {
    /// What happens when the next call is sent.
    then: Then,
    is_on_its_way: bool,
}

#[derive(Debug, Clone, Copy)]
enum Then {
    /// Another client removes the entry, so that the Delete seems to have arrived.
    OthersDelete,
    /// The process dies, and the next one begins at once.
    Dies,
}

/// What goes wrong with one call.
#[derive(Debug, Default)]
pub(crate) struct Strike {
    pub(crate) faults: Vec<Fault>,
    /// How long the service asks to wait, if it does.
    asked: &'static str,
    /// How old the state of a `stale` read is.
    pub(crate) stale: Duration,
    /// The time after which the service undoes the call's write.
    pub(crate) revert: Option<Duration>,
    /// The time after which a lost request arrives, by its action.
    pub(crate) late: BTreeMap<&'static str, Duration>,
    /// How long the service asks to wait if it throttles the call, by its action.
    pub(crate) asks: BTreeMap<&'static str, Duration>,
    /// What another client does before it, and a number that chooses the address.
    pub(crate) foreign: Option<(Foreign, u64)>,
    /// The same for a sibling of an app-wide entry.
    pub(crate) beside: Option<(Foreign, u64)>,
    /// From this call on, the caller's clock is off by this many seconds.
    pub(crate) clock: Option<i64>,
    pub(crate) dies: Option<&'static str>,
}

/// One fault at one step, which a seed ensures.
#[derive(Debug, Clone, Copy)]
struct Feature {
    kind: Kind,
    step: Step,
    /// The number of calls of that step to skip first.
    spared: u64,
    is_spent: bool,
}

/// Everything that goes wrong in one run.
#[derive(Debug)]
pub(crate) struct Weather {
    random: Random,
    feature: Option<Feature>,
    /// A fault without a usable answer for this write, counted from 0.
    ambiguous: Option<(u64, Kind)>,
    /// One fault for all calls of these numbers.
    outage: Option<(std::ops::Range<u64>, Kind)>,
    on_writes: u64,
    on_reads: u64,
    on_plan: u64,
    foreign: u64,
    favourite: Option<Foreign>,
    /// The write of this number is undone after this time.
    revert: Option<(u64, Duration)>,
    /// From the call of this number on, all reads are this stale.
    lag: Option<(u64, Duration)>,
    /// Before the call of this number, another client changes a sibling of an app-wide entry.
    beside: Option<(u64, Foreign)>,
    straggler: Option<Straggler>,
    clock: Option<(u64, i64)>,
    pub(crate) death: Option<Death>,
    /// When the process is asked to stop.
    pub(crate) stop: Option<Duration>,
    /// The bytes of disk space for the journal.
    pub(crate) room: Option<usize>,
    /// The time between this process and the next.
    pub(crate) rest: Duration,
    /// The share of reads with a short page, and how much of the page remains.
    short: Option<(u64, &'static str, Random)>,
    calls: u64,
    writes: u64,
    /// The index in [`TRAVELS`].
    travel: usize,
    /// How long the service asks to wait when it throttles, if it does.
    asked: &'static str,
    /// Every call from this one on is throttled.
    throttled: Option<u64>,
}

impl Weather {
    /// Nothing goes wrong.
    pub(crate) fn calm(random: Random) -> Self {
        Self {
            random,
            feature: None,
            ambiguous: None,
            outage: None,
            on_writes: 0,
            on_reads: 0,
            on_plan: 0,
            foreign: 0,
            favourite: None,
            revert: None,
            lag: None,
            beside: None,
            straggler: None,
            clock: None,
            death: None,
            stop: None,
            room: None,
            rest: Duration::from_secs(90),
            short: None,
            calls: 0,
            writes: 0,
            travel: 0,
            asked: "retry-after=2s",
            throttled: None,
        }
    }

    /// Choices that were added later, from a separate generator.
    pub(crate) fn draw_more(&mut self, random: &mut Random) {
        self.travel = random.pick(&[0, 0, 0, 0, 0, 0, 0, 1, 2]);
        self.asked = random.pick(&[
            "retry-after=2s",
            "retry-after=2s",
            "retry-after=40s",
            "retry-after=250s",
            "retry-after=24h",
        ]);
        self.throttled = random.percent(3).then(|| random.below(20));
    }

    pub(crate) fn draw(seed: u64, mut random: Random) -> Self {
        let mut weather = Self::calm(random.fork());
        if random.percent(5) {
            return weather;
        }
        weather.feature = Some(Feature::of(seed, &mut random));
        weather.ambiguous = random.percent(95).then(|| (random.pick(&[0, 0, 0, 1]), ambiguous(&mut random)));
        weather.draw_failures(&mut random);
        weather.foreign = random.pick(&[0, 0, 4, 15]);
        weather.clock = random.percent(5).then(|| (random.below(12), random.pick(&[1500, -1500, 600, 9000])));
        weather.death = random.percent(20).then(|| death(&mut random));
        weather.stop = random.percent(5).then(|| Duration::from_millis(random.below(5000)));
        weather.room = random.percent(3).then(|| 500 + random.below(6000) as usize);
        weather.rest = Duration::from_secs(random.pick(&[0, 3, 20, 90]));
        weather.emphasize(OTHERS.get((seed % PARTS) as usize).copied(), &mut random);
        weather.draw_since(&mut Random::added(seed, 2));
        weather
    }

    /// How often calls fail, and a time in which all of them do.
    fn draw_failures(&mut self, random: &mut Random) {
        if random.percent(25) {
            (self.on_writes, self.on_reads) = (25, 12);
        }
        self.on_plan = random.pick(&[0, 0, 0, 5]);
        if random.percent(5) {
            let first = random.below(12);
            self.outage = Some((first..first + 3 + random.below(30), random.pick(&KINDS)));
        }
    }

    /// What goes wrong with the calls of one process of several: nobody else edits, and its own end is drawn elsewhere.
    pub(crate) fn of_a_team(mut random: Random) -> Self {
        let mut weather = Self::calm(random.fork());
        if random.percent(30) {
            return weather;
        }
        weather.ambiguous = random.percent(70).then(|| (random.pick(&[0, 0, 1, 2]), ambiguous(&mut random)));
        weather.draw_failures(&mut random);
        weather
    }

    /// Leaves entries out of pages if their Total shows it. If Total counts pages, it only shows a page without entries.
    pub(crate) fn shorten(&mut self, quirks: &[String], seed: u64, mut random: Random) {
        let has = |text: &str| quirks.iter().any(|quirk| quirk == text);
        let is_featured = OTHERS.get((seed % PARTS) as usize) == Some(&SHORT);
        let share = if is_featured { random.pick(&[10, 40]) } else { random.pick(&[0, 0, 0, 0, 15]) };
        let kept = match (has("total=entries"), has("total=pages")) {
            // A page that is read for one address is trusted if it has the entry, and its contents are known if the service
            // filters.
            (true, _) if has("filter=exact") => random.pick(&["items=0", "items=1"]),
            (true, _) | (_, true) => "items=0",
            _ => return,
        };
        self.short = Some((share, kept, random));
    }

    /// Faults that were added later, from separate random numbers, so that every seed keeps its story.
    fn draw_since(&mut self, random: &mut Random) {
        let beside = random.pick(&[Foreign::AddBeside, Foreign::DeleteBeside]);
        let lag = Duration::from_secs(random.pick(&[15, 40, 90, 200]));
        self.lag = random.percent(12).then(|| (random.below(5), lag));
        let time = Duration::from_secs(random.pick(&[1, 3, 8, 20]));
        self.revert = random.percent(12).then(|| (random.below(4), time));
        if self.revert.is_some() {
            // It must be over when the next process begins.
            self.rest = self.rest.max(Duration::from_secs(30));
        }
        self.beside = random.percent(30).then(|| (random.pick(&[0, 0, 1, 2, 3, 5, 8, 13]), beside));
    }

    /// Makes a Delete late in a few runs, from a separate generator.
    pub(crate) fn draw_straggler(&mut self, random: &mut Random) {
        if !random.percent(6) {
            return;
        }
        let then = random.pick(&[Then::OthersDelete, Then::Dies]);
        self.straggler = Some(Straggler { then, is_on_its_way: false });
        if matches!(then, Then::Dies) && self.revert.is_none() {
            self.rest = Duration::ZERO;
        }
    }

    /// Each part of the seeds has more of one kind of trouble that is not a fault of the network.
    fn emphasize(&mut self, other: Option<&'static str>, random: &mut Random) {
        self.favourite = Foreign::ALL.into_iter().find(|foreign| Some(foreign.name()) == other);
        if self.favourite.is_some() {
            self.foreign = random.pick(&[0, 8, 20]);
        }
        match other {
            Some("death-before") if random.percent(40) => self.death = Some(Death::Before(random.below(12))),
            Some("death-after") if random.percent(40) => self.death = Some(Death::After(random.below(12))),
            _ => {}
        }
    }

    /// What goes wrong with the next call. `seen` is the step of the previous call in this phase; `is_plan` is the phase.
    pub(crate) fn next(&mut self, is_plan: bool, seen: Option<Step>) -> Strike {
        let mut strike = Strike { faults: usual(self.travel), asked: self.asked, ..Strike::default() };
        if let Some(armed) = self.feature.filter(|feature| feature.is_armed(is_plan, seen)) {
            strike.add(armed.kind, Some(armed.step.action()), &mut self.random);
        }
        self.add_short(&mut strike);
        if is_plan {
            self.add_by_chance(&mut strike, self.on_plan, None);
            return strike;
        }
        if self.throttled.is_some_and(|first| self.calls >= first) {
            strike.add(THROTTLE, None, &mut self.random.clone());
        }
        if let Some((_, kind)) = self.outage.as_ref().filter(|(calls, _)| calls.contains(&self.calls)) {
            strike.add(*kind, None, &mut self.random);
        }
        if let Some((_, kind)) = self.ambiguous.filter(|(write, _)| *write == self.writes) {
            for action in [Action::Add, Action::Update, Action::Delete] {
                strike.add(kind, Some(action), &mut self.random);
            }
        }
        self.add_by_chance(&mut strike, self.on_reads, Some(Action::Describe));
        for action in [Action::Add, Action::Update, Action::Delete] {
            self.add_by_chance(&mut strike, self.on_writes, Some(action));
        }
        if self.random.percent(self.foreign) {
            let usual = self.random.pick(&Foreign::ALL);
            let foreign = self.favourite.filter(|_| self.random.percent(70)).unwrap_or(usual);
            strike.foreign = Some((foreign, self.random.number()));
        }
        if let Some((_, time)) = self.lag.filter(|(call, _)| *call <= self.calls) {
            strike.look_back(time);
        }
        if let Some((_, time)) = self.revert.filter(|(write, _)| *write == self.writes) {
            strike.undo_later(time);
        }
        let beside = self.beside.filter(|(call, _)| *call == self.calls);
        strike.beside = beside.map(|(_, foreign)| (foreign, self.calls));
        strike.clock = self.clock.filter(|(call, _)| *call == self.calls).map(|(_, seconds)| seconds);
        self.straggle(&mut strike);
        self.die(&mut strike);
        self.calls += 1;
        strike
    }

    /// Gets the outcome of a call.
    pub(crate) fn saw(&mut self, step: Step, struck: &[&str]) {
        self.writes += u64::from(step.is_write());
        if let Some(feature) = &mut self.feature {
            let is_it = step == feature.step;
            feature.is_spent |= is_it && struck.contains(&feature.kind.name);
            feature.spared = feature.spared.saturating_sub(u64::from(is_it));
        }
        if let Some(straggler) = &mut self.straggler {
            straggler.is_on_its_way |= step == Step::Delete && struck.contains(&STRAGGLER.name);
        }
    }

    fn straggle(&mut self, strike: &mut Strike) {
        let Some(Straggler { then, is_on_its_way }) = self.straggler else { return };
        if !is_on_its_way {
            return strike.add(STRAGGLER, Some(Action::Delete), &mut self.random.clone());
        }
        self.straggler = None;
        match then {
            Then::OthersDelete => strike.foreign = Some((Foreign::DeleteFirst, 0)),
            Then::Dies => self.death = Some(Death::Before(self.calls)),
        }
    }

    /// Besides edits in the console, everything left in the schedule must end with the process.
    fn die(&mut self, strike: &mut Strike) {
        let (fate, name) = match self.death {
            Some(Death::Before(call)) if call == self.calls => (Some("drop-before-commit"), "death-before"),
            Some(Death::After(call)) if call == self.calls => (None, "death-after"),
            _ => return,
        };
        // The caller waits for this answer forever, so it can't do anything that a dead process could not do.
        let silence = "latency:time=1000h".parse().unwrap();
        strike.faults = usual(self.travel);
        strike.faults.extend(fate.map(|fate| fate.parse().unwrap()));
        strike.faults.push(silence);
        strike.dies = Some(name);
    }

    fn add_short(&mut self, strike: &mut Strike) {
        let Some((share, kept, random)) = &mut self.short else { return };
        if random.percent(*share) {
            let action = Action::Describe.name();
            strike.faults.push(format!("{SHORT}:{kept},action={action}").parse().unwrap());
        }
    }

    fn add_by_chance(&mut self, strike: &mut Strike, percent: u64, action: Option<Action>) {
        if self.random.percent(percent) {
            let kind = any(&mut self.random);
            strike.add(kind, action, &mut self.random);
        }
    }
}

impl Strike {
    /// Makes the service undo the call's write, if it is a write.
    fn undo_later(&mut self, time: Duration) {
        self.revert = Some(time);
        self.faults.push(format!("revert:time={}s", time.as_secs()).parse().unwrap());
    }

    /// Makes the call read an old state, if it is a read.
    fn look_back(&mut self, time: Duration) {
        self.stale = self.stale.max(time);
        let (seconds, action) = (time.as_secs(), Action::Describe.name());
        self.faults.push(format!("stale:time={seconds}s,action={action}").parse().unwrap());
    }

    fn add(&mut self, kind: Kind, action: Option<Action>, random: &mut Random) {
        let keys = random.pick(kind.keys);
        let keys = if keys.starts_with("retry-after") { self.asked } else { keys };
        let time = seconds(keys);
        match (kind.name, action) {
            // It only affects reads, whatever fault the seed ensures.
            ("stale", None | Some(Action::Describe)) => self.stale = self.stale.max(time),
            // If several faults would decide what happens to the request, the first one does.
            ("late-commit", Some(action)) => {
                self.late.entry(action.name()).or_insert(time);
            }
            ("late-commit", None) => {
                for action in Action::ALL {
                    self.late.entry(action.name()).or_insert(time);
                }
            }
            ("throttle", Some(action)) => {
                self.asks.entry(action.name()).or_insert(asked(keys));
            }
            ("throttle", None) => {
                for action in Action::ALL {
                    self.asks.entry(action.name()).or_insert(asked(keys));
                }
            }
            _ => {}
        }
        let action = action.map_or(String::new(), |action| format!("action={}", action.name()));
        self.faults.push(format!("{}:{keys},{action}", kind.name).parse().unwrap());
    }
}

/// The whole seconds of the first parameter, if it is a time.
fn seconds(keys: &str) -> Duration {
    let digits = keys.strip_prefix("time=").and_then(|time| time.strip_suffix('s'));
    Duration::from_secs(digits.and_then(|digits| digits.parse().ok()).unwrap_or_default())
}

/// How long the service asks to wait; zero if it does not.
fn asked(keys: &str) -> Duration {
    let Some(time) = keys.strip_prefix("retry-after=") else { return Duration::ZERO };
    let (number, unit) = time.split_at(time.len() - 1);
    Duration::from_secs(number.parse::<u64>().unwrap() * if unit == "h" { 3600 } else { 1 })
}

impl Feature {
    /// Gives each seed in turn the next fault at the next step.
    fn of(seed: u64, random: &mut Random) -> Self {
        let (kinds, steps) = (KINDS.len() as u64, Step::STRUCK.len() as u64);
        let (kind, step, round) = (seed % kinds, seed / kinds % steps, seed / kinds / steps);
        let (kind, step) = (KINDS[kind as usize], Step::STRUCK[step as usize]);
        let kind = if kind.name == "huge" && round % 3 != 0 { ENDLESS } else { kind };
        Self { kind, step, spared: random.pick(&[0, 0, 1]), is_spent: false }
    }

    /// Whether the next call may be the one. Reads differ only in what came before them.
    fn is_armed(self, is_plan: bool, seen: Option<Step>) -> bool {
        if self.is_spent || self.spared > 0 {
            return false;
        }
        match self.step {
            Step::Plan => is_plan,
            Step::Add | Step::Update | Step::Delete => !is_plan,
            Step::Compare => !is_plan && seen.is_none_or(|seen| !seen.is_write()),
            Step::Confirm => !is_plan && matches!(seen, Some(Step::Add | Step::Update | Step::Confirm)),
            Step::List => !is_plan && seen != Some(Step::Compare),
            Step::Identify | Step::Assume => false,
        }
    }
}

/// A random kind.
fn any(random: &mut Random) -> Kind {
    rarely_huge(random.pick(&KINDS), random)
}

/// The kind with a body of 64 MiB is replaced by one that livevod treats in the same way.
fn rarely_huge(kind: Kind, random: &mut Random) -> Kind {
    if kind.name == "huge" && !random.percent(5) { ENDLESS } else { kind }
}

fn ambiguous(random: &mut Random) -> Kind {
    let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.is_ambiguous).collect();
    rarely_huge(random.pick(&kinds), random)
}

fn death(random: &mut Random) -> Death {
    match random.below(3) {
        0 => Death::Before(random.below(16)),
        1 => Death::After(random.below(16)),
        _ => Death::At(Duration::from_millis(random.below(30_000))),
    }
}
