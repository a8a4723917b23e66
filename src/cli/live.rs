//! What only this moment says about a plan: who is on air under the configurations that it changes and, with `--replay`, what it
//! means for what aired.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect::{Connection, with_source};
use super::failure::Failure;
use super::moments::{LISTED, SPARE, length};
use super::observe::Observed;
use super::reading;
use super::terminal::Terminal;
use crate::api::{self, Client};
use crate::audit::Replay;
use crate::diag::{Code, Diagnostic};
use crate::model::{Address, Aired, DomainAired, Period, Publish, Snapshot};
use crate::plan::{Guard, PlanOptions, Released};
use crate::render;
use crate::sessions::SavedSessions;
use crate::wire::PUBLISH_DAYS;

/// What is read of the past, for the plan to be replayed on.
#[derive(Debug, Default, Args)]
pub(super) struct Replaying {
    /// Also show what the plan would have meant for the sessions of the past: which of them are recorded before and after it. The
    /// sessions are those of the last days or hours (7d, 12h; 30d at most), or those of a file that `livevod sessions --out` wrote
    #[arg(long, value_name = "DURATION|FILE", value_parser = past)]
    pub(super) replay: Option<Past>,
}

/// What is replayed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Past {
    /// What aired in this time until now, read from the service.
    Last(SignedDuration),
    /// What a file of `livevod sessions` holds.
    File(PathBuf),
}

fn past(text: &str) -> Result<Past, String> {
    match length(text) {
        Some(length) if length > LISTED => {
            Err(format!("the service lists only the last {PUBLISH_DAYS} days"))
        }
        Some(length) if length.is_positive() => Ok(Past::Last(length)),
        None if !text.is_empty() => Ok(Past::File(PathBuf::from(text))),
        Some(_) | None => Err("expected how long ago, such as `7d` or `12h`, or a file".to_owned()),
    }
}

impl Replaying {
    /// The file that is read, if one is.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        match &self.replay {
            Some(Past::File(file)) => Some(file),
            Some(Past::Last(_)) | None => None,
        }
    }

    /// Says that nothing is replayed, if a replay was asked for and the plan changes nothing.
    pub(super) fn note_if_idle(&self, observed: &Observed, terminal: &Terminal) {
        if self.replay.is_some() && observed.plan.decisions.changes.is_empty() {
            terminal.note("replay: the plan changes nothing, so nothing is replayed\n");
        }
    }

    /// Replays what a file holds, without the service.
    ///
    /// # Errors
    /// When what is to be replayed is not in a file, or the file can't be used.
    pub(super) fn without_service(
        &self,
        observed: &mut Observed,
        options: &PlanOptions,
    ) -> Result<(), Failure> {
        match &self.replay {
            None => Ok(()),
            Some(Past::File(file)) => play_file(file, observed, options),
            Some(Past::Last(_)) => {
                let message = "`--replay` with a duration asks the service, which `--against` does not use";
                Err(Diagnostic::new(Code::Usage, message)
                    .help("give a file that `livevod sessions --out FILE` wrote")
                    .into())
            }
        }
    }
}

/// Why a file is not enough for a domain that records transcoded streams.
const WITHOUT_TRANSCODED: &str =
    "transcoded streams are recorded there, and the file was made without `--transcoded`";

/// Asks what only this moment says.
pub(super) struct Live<'a> {
    pub(super) connection: &'a Connection,
    pub(super) options: &'a PlanOptions,
    pub(super) replaying: &'a Replaying,
    pub(super) terminal: &'a Terminal,
}

impl Live<'_> {
    /// Adds to a plan who is on air, and the replay if one is asked for. A plan without changes, or of another account, asks
    /// nothing.
    ///
    /// # Errors
    /// When a file that is to be replayed can't be used.
    pub(super) async fn look(&self, observed: &mut Observed) -> Result<(), Failure> {
        self.replaying.note_if_idle(observed, self.terminal);
        if observed.plan.decisions.changes.is_empty() || observed.plan.is_held_by(Guard::Account) {
            return Ok(());
        }
        let unread = self.ask_on_air(observed).await;
        let finding = unread.first_key_value().map(|(domain, error)| {
            let finding = render::on_air_unread(domain, unread.len(), error);
            with_source(finding, error, self.connection.credentials.as_deref())
        });
        observed.diagnostics.extend(finding);
        match &self.replaying.replay {
            Some(Past::Last(past)) => self.replay(observed, *past).await,
            Some(Past::File(file)) => return play_file(file, observed, self.options),
            None => {}
        }
        Ok(())
    }

    /// Asks who is on air on the domains where that matters, and returns why others could not be asked.
    pub(super) async fn ask_on_air(&self, observed: &mut Observed) -> BTreeMap<Arc<str>, api::Error> {
        let domains = observed.plan.domains_to_ask();
        if domains.is_empty() {
            return BTreeMap::new();
        }
        let (mut on_air, mut unread) = (BTreeMap::new(), BTreeMap::new());
        let ask = |client: Client, domain: Arc<str>| async move { client.on_air(&domain).await };
        for (domain, answer) in self.each(domains, ask).await {
            match answer {
                // Of several publishers of one stream, the first one began it.
                Ok(streams) => {
                    on_air.extend(streams.into_iter().rev().map(|stream| published(&domain, stream)));
                }
                Err(error) => _ = unread.insert(domain, error),
            }
        }
        observed.on_air_asked = Some(Instant::now());
        let is_allowed = self.options.allowances.on_air;
        let Observed { plan, snapshot, released, .. } = observed;
        plan.note_on_air(&on_air, unread.keys().cloned().collect(), snapshot, is_allowed);
        released.retain(|one| one.guard != Guard::OnAir);
        if is_allowed && let Some(held) = plan.held_on_air().pop() {
            released.push(Released { guard: Guard::OnAir, flag: held.release });
            released.sort_by_key(|one| one.guard);
        }
        unread
    }

    /// Reads who published on the domains of the changes, and plays it.
    async fn replay(&self, observed: &mut Observed, past: SignedDuration) {
        let now = self.connection.client.time().unwrap_or_else(|_| Timestamp::now());
        let to = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let period = Period::new(Period::earlier(to, past.min(LISTED - SPARE)), to);
        let domains = changed(observed);
        self.terminal.note(&announced(domains.len(), period, self.terminal));
        let after = observed.plan.decisions.carried_out(&observed.snapshot);
        let states = [&observed.snapshot, &after];
        let records = |domain: &&Arc<str>| states.iter().any(|state| records_transcoded(state, domain));
        let transcoded: BTreeSet<Arc<str>> = domains.iter().filter(records).cloned().collect();
        let ask = |client: Client, domain: Arc<str>| {
            let transcoded = transcoded.contains(&domain);
            async move { client.published(&domain, period, transcoded).await }
        };
        let answers = self.each(domains, ask).await;
        let mut aired = Aired { period, domains: BTreeMap::new() };
        for (domain, answer) in answers {
            let mut read = DomainAired { read_at: Some(to), ..DomainAired::default() };
            match answer {
                Ok(publishes) => read.publishes = publishes,
                Err(error) => {
                    read.unread.push(error.to_string());
                    let finding =
                        render::replay_unread(&domain, &error, self.connection.target.account.as_deref());
                    let source = self.connection.credentials.as_deref();
                    observed.diagnostics.push(with_source(finding, &error, source));
                }
            }
            aired.domains.insert(domain, read);
        }
        play(observed, &aired, &after, self.options);
    }

    /// Asks one thing about each domain, at the same time.
    async fn each<T: Send + 'static, A: Future<Output = Result<T, api::Error>> + Send + 'static>(
        &self,
        domains: BTreeSet<Arc<str>>,
        ask: impl Fn(Client, Arc<str>) -> A,
    ) -> BTreeMap<Arc<str>, Result<T, api::Error>> {
        let mut tasks = JoinSet::new();
        for domain in domains {
            let answer = ask(self.connection.client.clone(), domain.clone());
            tasks.spawn(async move { (domain, answer.await) });
        }
        self.connection.asking(tasks.join_all()).await.into_iter().collect()
    }
}

/// Replays what a file holds.
fn play_file(file: &Path, observed: &mut Observed, options: &PlanOptions) -> Result<(), Failure> {
    if observed.plan.decisions.changes.is_empty() {
        return Ok(());
    }
    let domains = changed(observed).into_iter().map(|name| (name, None)).collect();
    let SavedSessions { transcoded, mut aired, .. } = reading::saved(file, Some(&observed.target), &domains)?;
    if !transcoded {
        // Streams that are missing from the file would look as if nothing were lost.
        let missing = |name: &Arc<str>| records_transcoded(&observed.snapshot, name);
        let missing =
            aired.domains.iter_mut().filter(|(name, domain)| domain.unread.is_empty() && missing(name));
        missing.for_each(|(_, domain)| domain.unread.push(WITHOUT_TRANSCODED.to_owned()));
    }
    let unread =
        aired.domains.iter().flat_map(|(name, domain)| domain.unread.iter().map(move |why| (name, why)));
    let finding = |(name, why): (&Arc<str>, &String)| {
        Diagnostic::new(Code::Remote, format!("what aired on `{name}` can't be replayed: {why}"))
            .help("make the file again with `livevod sessions --out FILE`, or plan without `--replay`")
    };
    observed.diagnostics.extend(unread.map(finding).collect::<Vec<_>>());
    let after = observed.plan.decisions.carried_out(&observed.snapshot);
    play(observed, &aired, &after, options);
    Ok(())
}

/// Adds the replay of what aired to the plan, and lets its guard refuse what it must.
fn play(observed: &mut Observed, aired: &Aired, after: &Snapshot, options: &PlanOptions) {
    let replay = Replay::of(aired, &observed.snapshot, after);
    let mut losses = replay.losses(&observed.plan.decisions.changes);
    if options.allowances.replay_loss {
        let flag = losses.pop().map(|held| Released { guard: Guard::ReplayLoss, flag: held.release });
        observed.released.extend(flag);
        observed.released.sort_by_key(|one| one.guard);
    } else {
        observed.plan.hold(losses);
    }
    observed.replay = Some(replay);
}

/// The domains of the changes.
fn changed(observed: &Observed) -> BTreeSet<Arc<str>> {
    observed.plan.decisions.changes.iter().map(|change| change.address.domain.clone()).collect()
}

/// A stream on air, and since when.
fn published(domain: &Arc<str>, stream: Publish) -> (Address, Timestamp) {
    (Address::new(domain.clone(), stream.app, stream.stream), stream.began)
}

/// Whether a configuration of the domain records transcoded streams.
fn records_transcoded(state: &Snapshot, domain: &str) -> bool {
    let configs = state.domains.get(domain).into_iter().flat_map(|domain| domain.configs.values());
    configs.into_iter().any(|remote| remote.config.records_transcoded())
}

/// What is about to be read, and the least that it takes.
fn announced(domains: usize, period: Period, terminal: &Terminal) -> String {
    let least = reading::least_seconds(domains, period);
    render::replay_announced(domains, period, least, terminal.stderr)
}
