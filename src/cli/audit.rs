//! `livevod audit`.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::connect::{Access, Connection, Tally, connect};
use super::failure::Failure;
use super::goal::Goal;
use super::load::{Loaded, load};
use super::monitor::{AUDIT_STATE, Monitor, Monitored, Monitoring};
use super::observe::{Observed, against, observe};
use super::places::Places;
use super::planning::{Guards, Planning, Scope, plan_options};
use super::reading::{self, Asked, Domains};
use super::record::Earlier;
use super::remote::Remote;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::sealed;
use super::stored::Keeps;
use super::undeclared::Breadth;
use super::views::of_audit;
use super::window::Window;
use crate::audit::{self, Audit, Expected, History, Made, Ruling, Settings, Verdict, Write};
use crate::diag::{Code, Diagnostic};
use crate::model::{Address, Aired, Snapshot};
use crate::notify::{Check, Summary};
use crate::plan::{PlanOptions, Selection};
use crate::render::{self, AuditView, Context, Exit, Target};
use crate::resolve::Entry;
use crate::source::Place;

pub(super) const LONG_HELP: &str = "\
Check whether everything that was on air was recorded: exit with 2 if something was not, with 1 if not everything could be read

livevod reads who published when, the recordings in VOD, the configurations and the journals of earlier runs. It judges each session by \
the configuration that applied when the session began. It says `recorded` or `not recorded` only where that is certain; otherwise it says \
`unknown`, and why. `must_record` in the files names streams that must be recorded even if no configuration applies to them.";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod audit --since 7d --out evidence.json
  livevod audit --since 25h --notify slack --format html > night.html")]
#[command(mut_arg("format", |format| format.value_parser(of_audit())))]
#[command(mut_arg("full", |full| full.help("Show every session, also where nothing is missing")))]
#[command(mut_arg("state", |state| state.default_value(AUDIT_STATE)))]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    #[command(flatten)]
    window: Window,

    /// Judge the sessions in FILE, which `livevod sessions --out` wrote, instead of asking the service
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "beginning", "transcoded"])]
    sessions: Option<PathBuf>,

    /// With --sessions, take the configurations from a snapshot instead of asking the service
    #[arg(long, value_name = "SNAPSHOT", requires = "sessions")]
    against: Option<PathBuf>,

    /// Also judge transcoded streams
    #[arg(long)]
    transcoded: bool,

    /// List only streams on air whose configuration has changed since they began; exit with 2 if there are any
    #[arg(long, conflicts_with_all = ["notify", "metrics"])]
    pending: bool,

    /// How long VOD may take to list a recording after its part of the stream has ended; until then, the verdict is `pending`
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = length)]
    grace: SignedDuration,

    /// How late the start time of a recording may be; a gap that is no longer than that does not count as missing
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = length)]
    slack: SignedDuration,

    /// Save the verdicts to FILE as evidence, with a checksum; `livevod show FILE` shows them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    monitoring: Monitoring,
}

/// The longest that recordings are waited for, and that their times may be off by.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

fn length(text: &str) -> Result<SignedDuration, String> {
    let length: SignedDuration =
        text.parse().map_err(|_| "a duration is a number with a unit, such as `15m`".to_owned())?;
    let is_usable = (SignedDuration::ZERO..=LONGEST).contains(&length);
    is_usable.then_some(length).ok_or_else(|| "expected a duration from `0s` to `24h`".to_owned())
}

/// What is needed to judge.
struct Read {
    observed: Observed,
    /// Every run of livevod against the service.
    earlier: Earlier,
    aired: Aired,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        let Planning { scope, rules, .. } = &self.planning;
        let keeps = Keeps::of(scope).and_state(self.monitoring.default_state(scope.format));
        Terms::of(scope, rules).keeping(keeps)
    }

    fn places(&self) -> Places<'_> {
        let Self { planning, sessions, against, .. } = self;
        let others = move || sessions.iter().chain(against).cloned().collect();
        let places = planning.places(others).writing("--out", self.out.as_ref());
        self.monitoring.places(planning.scope.format, places)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Planning { scope, .. } = &self.planning;
        if self.pending && !scope.format.holds_pages() {
            let message = "`--pending` can only be shown in the formats `human` and `json`";
            return Err(Diagnostic::new(Code::Usage, message).into());
        }
        let mut names = self.planning.distinguishing();
        names.extend(self.transcoded.then(|| "--transcoded".to_owned()));
        let monitor =
            self.monitoring.begin(Check::Audit, &scope.remote, scope.format, scope.title(), &names)?;
        let (judged, Monitored { findings, openmetrics }) = self.monitored(&monitor);
        let (loaded, observed, audit) = match judged {
            Ok(judged) => judged,
            Err(mut failure) => {
                terminal.print(&openmetrics.unwrap_or_default());
                failure.diagnostics.extend(findings);
                return Err(failure);
            }
        };
        if let Some(out) = &self.out {
            sealed::write(out, Code::Usage, audit.write())?;
        }
        let diagnostics = [observed.findings(&loaded), findings].concat();
        let has_journals = observed.diagnostics.iter().all(|one| one.code != Code::Journal);
        let exit = exit(&audit, observed.is_read() && has_journals, self.pending);
        let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
        let mut view = AuditView::new(&audit);
        (view.is_about_pending, view.selected) = (self.pending, self.selection().flags());
        let layout = scope.layout(terminal);
        terminal.show(&match openmetrics {
            Some(text) => render::measured(text, context, &layout),
            None => render::audit(&view, context, &layout),
        });
        Ok(exit)
    }
}

impl Arguments {
    fn selection(&self) -> Selection {
        plan_options(&self.planning.scope, &Guards::default()).selection
    }

    /// Judges, and tells the result to everyone who is to be told, also that nothing could be judged.
    fn monitored(&self, monitor: &Monitor<'_>) -> (Result<(Loaded, Observed, Audit), Failure>, Monitored) {
        let mut calls = Tally::default();
        let judged = self.judge(&mut calls);
        let summary = || match &judged {
            Ok((_, observed, audit)) => Summary::of_audit(audit, &observed.plan.notes.unread),
            Err(failure) => monitor.failed(failure),
        };
        let told = monitor.tell(summary, &calls);
        (judged, told)
    }

    /// Judges what aired. `calls` becomes the count of the calls, also if it fails.
    fn judge(&self, calls: &mut Tally) -> Result<(Loaded, Observed, Audit), Failure> {
        let Planning { paths, rules, scope } = &self.planning;
        let loaded = load(paths, rules)?;
        let selection = self.selection();
        let Read { observed, earlier, aired } = self.read(&loaded, &selection, calls)?;
        let evidence = Evidence {
            loaded: &loaded,
            target: &observed.target,
            snapshot: &observed.snapshot,
            writes: &earlier.writes(&scope.keeping, &scope.remote, aired.period.from),
            is_whole: earlier.is_whole(),
            aired: &aired,
            settings: Settings { grace: self.grace, slack: self.slack },
        };
        let audit = evidence.judge(|address| selection.selects(address));
        Ok((loaded, observed, audit))
    }

    /// Reads the configurations and what aired.
    fn read(&self, loaded: &Loaded, selection: &Selection, calls: &mut Tally) -> Result<Read, Failure> {
        let Self { planning: Planning { scope, .. }, window, transcoded, .. } = self;
        let domains = domains(loaded, &scope.remote, selection);
        let options = whole_domains(scope, &domains);
        if let (Some(snapshot), Some(sessions)) = (&self.against, &self.sessions) {
            let observed = against(snapshot, loaded, &options, scope, Goal::Files)?;
            let aired = reading::from_file(sessions, Some(&observed.target), &domains)?;
            let earlier = Earlier::read_all(&scope.keeping, &scope.remote, &observed.target)?;
            return Ok(Read { observed, earlier, aired });
        }
        let connection = connect(&scope.remote, Access::Reads, &Goal::Files.reach(&loaded.desired))?;
        *calls = connection.calls.clone();
        let earlier = Earlier::read_all(&scope.keeping, &scope.remote, &connection.target)?;
        let period = window.period(Timestamp::now())?;
        let asked = Asked { period, transcoded: *transcoded, clients: false };
        let reading = async {
            let breadth = Breadth::DECLARED;
            let observed = observe(loaded, &connection, &options, &earlier, Goal::Files, breadth).await?;
            observed.insist_on_own_account()?;
            let aired = self.aired(&connection, domains, asked).await?;
            Ok::<_, Failure>((observed, aired))
        };
        let (observed, aired) = block_on(reading)??;
        Ok(Read { observed, earlier, aired })
    }

    async fn aired(&self, connection: &Connection, domains: Domains, asked: Asked) -> Result<Aired, Failure> {
        match &self.sessions {
            Some(file) => reading::from_file(file, Some(&connection.target), &domains),
            None => connection.asking(reading::read(connection, domains, asked, None)).await,
        }
    }
}

/// Everything that a verdict depends on.
pub(super) struct Evidence<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) target: &'a Target,
    /// What the service holds.
    pub(super) snapshot: &'a Snapshot,
    /// What livevod wrote.
    pub(super) writes: &'a [Write],
    /// Whether every journal could be read.
    pub(super) is_whole: bool,
    pub(super) aired: &'a Aired,
    pub(super) settings: Settings,
}

impl Evidence<'_> {
    /// Judges what aired at selected addresses.
    pub(super) fn judge(&self, selects: impl Fn(&Address) -> bool) -> Audit {
        let Self { loaded, target, snapshot, writes, is_whole, aired, settings } = *self;
        let history = History::new(snapshot, writes).if_whole(is_whole);
        let desired = &loaded.desired;
        let declared = desired.domains.values().flat_map(|domain| &domain.entries);
        let declared = declared.filter(|(_, entry)| entry.resolved().is_some()).map(|(address, _)| address);
        let expected = Expected::new(desired.must_be_recorded(), desired.ignored(), declared);
        let verdicts = audit::judge(aired, &history, &expected, settings);
        let verdicts = verdicts.into_iter().filter(|one| selects(&one.session.address)).collect();
        let made = Made {
            livevod: env!("CARGO_PKG_VERSION"),
            time: Timestamp::now(),
            target: &target.name,
            account: target.account.as_deref(),
        };
        let place = |verdict: &Verdict| place(verdict, loaded);
        Audit::new(made, aired, settings, verdicts, place)
    }
}

/// An incomplete reading is an error, whatever the rest shows.
fn exit(audit: &Audit, is_read: bool, is_about_pending: bool) -> Exit {
    match () {
        () if !audit.is_complete() || !is_read => Exit::Error,
        () if is_about_pending && audit.sessions.iter().all(|one| one.outdated == Some(false)) => {
            Exit::Success
        }
        () if is_about_pending || audit.is_alarming() => Exit::Differences,
        () => Exit::Success,
    }
}

/// The planner's options for reading these domains whole: what aired needs no configuration of its own.
pub(super) fn whole_domains(scope: &Scope, domains: &Domains) -> PlanOptions {
    let targets = domains.keys().filter_map(|name| name.parse().ok()).collect();
    let selection = Selection { targets, ..Selection::default() };
    PlanOptions { selection, ..plan_options(scope, &Guards::default()) }
}

/// The domains that a run is about, each with its region.
pub(super) fn domains(loaded: &Loaded, remote: &Remote, selection: &Selection) -> Domains {
    let declared = loaded.desired.domains.keys().filter(|name| selection.selects_domain(name));
    let region = |name: &str| loaded.desired.region(name).or(remote.region.as_deref()).map(str::to_owned);
    declared.map(|name| (name.clone(), region(name))).collect()
}

/// The line of the files that is responsible for a session: what should have recorded it, or says that it must be recorded.
fn place(Verdict { session, near, .. }: &Verdict, Loaded { desired, sources, .. }: &Loaded) -> Option<Place> {
    let entry = |address: &Address| desired.get(address).map(|entry: &Entry| entry.key);
    let ruler = match &session.ruling {
        Ruling::Known(Some(ruler)) => entry(&ruler.address),
        Ruling::Known(None) | Ruling::Unclear(_) => session.address.rulers().find_map(|ruler| entry(&ruler)),
    };
    let must = desired.must_record.iter().find(|pattern| pattern.value.matches(&session.address));
    let domain = || desired.domains.get(&session.address.domain).map(|domain| domain.key);
    let span = near.as_ref().and_then(entry).or(ruler).or(must.map(|pattern| pattern.span)).or_else(domain);
    span.map(|span| sources.place(span))
}
