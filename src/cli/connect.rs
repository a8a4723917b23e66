//! Connects to the service: the embedded emulator, a given endpoint, or the endpoints of the regions, with credentials.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::{Failure, with_causes};
use super::goal::Reach;
use super::progress::telling;
use super::remote::Remote;
use super::terminal::{note, secrets};
use crate::api::credentials::{self, CredentialsError, Surroundings};
use crate::api::{self, CallEntry, CallLog, Client, ClientSettings, Endpoint, Timeouts, proxy_before};
use crate::diag::{Code, Diagnostic};
use crate::gate::clean;
use crate::render::{Check, Exit, Target};
use crate::{embedded, emulator};

/// A client, and the service that it is connected to.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) target: Target,
    /// Whether the service is on this machine.
    pub(super) is_local: bool,
    /// Where the credentials come from, never what they are; `None` for the embedded emulator, which needs none.
    pub(super) credentials: Option<String>,
    /// The calls that were sent.
    pub(super) calls: Tally,
    /// Whether standard error is a terminal on which long waits are shown.
    tells_waits: bool,
}

/// Counts the calls of a client by their action: those that were sent, and those of them that were throttled. Clones share
/// the counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(Arc<Mutex<BTreeMap<String, (u64, u64)>>>);

impl Tally {
    fn count(&self, entry: &CallEntry<'_>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, throttled) = counts.entry(entry.action.to_owned()).or_default();
        *sent += 1;
        *throttled += u64::from(entry.error.is_some_and(api::Error::is_throttling));
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> BTreeMap<String, (u64, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Names the source of the credentials in a finding about an error that they cause.
pub(super) fn with_source(finding: Diagnostic, error: &api::Error, source: Option<&str>) -> Diagnostic {
    match source.filter(|_| error.is_about_the_key()) {
        Some(source) => finding.note(format!("the credentials come from {source}"), None),
        None => finding,
    }
}

/// What a command does with the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Only reads it.
    Reads,
    /// Changes it.
    Writes,
}

/// Connects to the service that the arguments name; `--emulator` wins over an endpoint from a variable.
pub(super) fn connect(remote: &Remote, access: Access, reach: &Reach) -> Result<Connection, Failure> {
    connect_with(remote, access, reach, Timeouts::default())
}

/// The same, with these times for each call.
pub(super) fn connect_with(
    remote: &Remote,
    access: Access,
    reach: &Reach,
    timeouts: Timeouts,
) -> Result<Connection, Failure> {
    let account = account(remote.account.as_ref(), reach)?;
    match &remote.emulator {
        Some(_) if remote.endpoint.is_typed => Err(Failure::from(Diagnostic::new(
            Code::Usage,
            "`--emulator` can't be combined with `--endpoint`: give only one of them",
        ))),
        Some(file) => embedded(remote, access, file, reach, account),
        None => over_http(remote, reach, account, timeouts),
    }
}

/// The service that the arguments name, as every output names it; nothing is connected.
pub(super) fn service(remote: &Remote) -> Result<String, Failure> {
    match &remote.emulator {
        Some(file) => Ok(emulator_name(file)),
        None => Ok(over_http_name(endpoint(remote)?.as_ref())),
    }
}

fn emulator_name(file: &Path) -> String {
    format!("emulator {}", file.display())
}

fn over_http_name(endpoint: Option<&Endpoint>) -> String {
    endpoint.map_or("the regions' own endpoints".to_owned(), ToString::to_string)
}

fn endpoint(remote: &Remote) -> Result<Option<Endpoint>, Failure> {
    let parsed = remote.endpoint.url.as_ref().map(|text| text.parse()).transpose();
    parsed.map_err(|error: api::EndpointError| Diagnostic::new(Code::Usage, error.to_string()).into())
}

/// The proxy on the way to the service. An endpoint that can't be used has ended the run before.
pub(super) fn proxy(remote: &Remote) -> Check {
    let endpoint = endpoint(remote).ok().flatten();
    Check::proxy(proxy_before(endpoint.as_ref()).as_deref())
}

/// The account of the files or of `--account`. If they differ, the run is refused, and no flag allows it.
pub(super) fn account(given: Option<&String>, reach: &Reach) -> Result<Option<String>, Failure> {
    match (given, &reach.account) {
        (Some(given), Some(declared)) if given != declared => {
            let message =
                format!("the files are for account `{declared}`, but the run is for account `{given}`");
            let diagnostic = Diagnostic::new(Code::Account, message)
                .help(format!(
                    "use the files for `{given}`, or leave out `--account` and use the credentials of `{declared}`"
                ));
            Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) })
        }
        (given, declared) => Ok(declared.as_ref().or(given).cloned()),
    }
}

/// The embedded emulator. A command that only reads does not create its file, and needs no right to write it.
fn embedded(
    remote: &Remote,
    access: Access,
    file: &Path,
    reach: &Reach,
    account: Option<String>,
) -> Result<Connection, Failure> {
    let unreadable = |error: std::io::Error| {
        Diagnostic::new(
            Code::Emulator,
            format!("the emulator's log `{}` can't be opened: {error}", file.display()),
        )
        .help("name another file: `--emulator=FILE`")
    };
    let exists = file.try_exists().map_err(unreadable)?;
    let kept = (access == Access::Writes || exists).then_some(file);
    let quirks = emulator::Quirks::with(&remote.quirks)
        .map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?;
    // Each domain is in the region that the files name.
    let domain_regions = regions(remote, reach).into_iter().map(|(name, region)| (name.to_string(), region));
    let account_settings =
        emulator::Settings { quirks, domain_regions: domain_regions.collect(), ..played(account.as_deref()) };
    let service = emulator::Service::open(kept, account_settings.clone())
        .or_else(|error| match access {
            Access::Reads if error.is_about_writing() => emulator::Service::read(file, account_settings),
            _ => Err(error),
        })
        .map_err(|error| {
            Diagnostic::new(Code::Emulator, with_causes(&error)).help("name another file: `--emulator=FILE`")
        })?;
    let calls = Tally::default();
    let client = embedded::client(Arc::new(service), settings(remote, &calls, embedded::settings()));
    let target = Target { name: emulator_name(file), account };
    Ok(Connection { client, target, is_local: true, credentials: None, calls, tells_waits: false })
}

/// The embedded emulator plays the declared account. It has no other callers, so it limits none.
fn played(account: Option<&str>) -> emulator::Settings {
    let default = emulator::Settings::default();
    let account = account.map_or(default.account, str::to_owned);
    emulator::Settings { account, limit: None, ..default }
}

fn over_http(
    remote: &Remote,
    reach: &Reach,
    account: Option<String>,
    timeouts: Timeouts,
) -> Result<Connection, Failure> {
    let endpoint = endpoint(remote)?;
    let surroundings = Surroundings::of_process(secrets().clone());
    let found = credentials::find(&surroundings, remote.profile.as_deref());
    if let (None, Some((other, ours))) = (&remote.profile, surroundings.read_elsewhere()) {
        note(&format!("warning: `{other}` is ignored; livevod reads `{ours}` instead\n"));
    }
    let found = found.map_err(|error| no_credentials(&error))?;
    let source = clean(&found.source.to_string());
    if remote.log {
        note(&format!("credentials: {source}\n"));
    }
    if let Some(proxy) = remote.log.then(|| proxy_before(endpoint.as_ref())).flatten() {
        note(&format!("proxy: {proxy}\n"));
    }
    let is_local = endpoint.as_ref().is_some_and(Endpoint::is_loopback);
    let name = over_http_name(endpoint.as_ref());
    let regions = regions(remote, reach);
    let calls = Tally::default();
    let settings = ClientSettings {
        endpoint,
        regions,
        timeouts,
        ..settings(remote, &calls, ClientSettings::new(found))
    };
    let client = Client::new(settings).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?;
    let tells_waits = std::io::stderr().is_terminal() && !remote.log;
    let target = Target { name, account };
    Ok(Connection { client, target, is_local, credentials: Some(source), calls, tells_waits })
}

/// A client whose keys sign requests to another service of the same account. Temporary keys come from the same endpoint as all others.
pub(super) fn signer(remote: Option<&Remote>) -> Result<Client, Failure> {
    let endpoint = remote.map_or(Ok(None), endpoint)?;
    let surroundings = Surroundings::of_process(secrets().clone());
    let profile = remote.and_then(|remote| remote.profile.as_deref());
    let found = credentials::find(&surroundings, profile).map_err(|error| no_credentials(&error))?;
    let settings = ClientSettings { endpoint, secrets: secrets().clone(), ..ClientSettings::new(found) };
    Ok(Client::new(settings).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?)
}

impl Connection {
    /// Waits for answers of the service; if that takes long, it is shown on the terminal.
    pub(super) async fn asking<T>(&self, answers: impl Future<Output = T>) -> T {
        match self.tells_waits {
            true => telling(&format!("Reading from {}", clean(&self.target.name)), answers).await,
            false => answers.await,
        }
    }

    /// Gets the first key, so that a failure is reported once and before anything else.
    pub(super) async fn prepare(&self) -> Result<(), Failure> {
        Ok(self.client.prepare().await.map_err(|error| no_credentials(&error))?)
    }
}

/// The finding if there are no credentials.
fn no_credentials(error: &CredentialsError) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(Code::Credentials, error.with_reasons()).help(error.help());
    diagnostic.request_id = error.request_id().map(str::to_owned);
    diagnostic
}

/// The region of every domain, from the files or else from `--region`.
fn regions(remote: &Remote, reach: &Reach) -> BTreeMap<Arc<str>, String> {
    let of = |(name, written): (&Arc<str>, &Option<String>)| {
        Some((name.clone(), written.as_ref().or(remote.region.as_ref())?.clone()))
    };
    reach.regions.iter().filter_map(of).collect()
}

/// The settings that are the same for every service.
fn settings(remote: &Remote, calls: &Tally, usual: ClientSettings) -> ClientSettings {
    ClientSettings {
        signature: remote.signature.into(),
        rate: remote.rate(),
        parallelism: remote.parallelism(),
        patience: remote.timeout,
        log: Some(call_log(calls.clone(), remote.log)),
        secrets: secrets().clone(),
        ..usual
    }
}

/// Counts each call. If `is_told`, prints a line for it, without a time: whatever collects the lines can add one.
fn call_log(calls: Tally, is_told: bool) -> CallLog {
    Arc::new(move |entry: &CallEntry<'_>| {
        calls.count(entry);
        if is_told {
            note(&format!("{entry}\n"));
        }
    })
}
