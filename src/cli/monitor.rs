//! Tells receivers and metrics what a drift check or an audit found, and keeps what was told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::connect::{Tally, service};
use super::durations::duration;
use super::failure::Failure;
use super::pipeline;
use super::places::{Places, is_standard_output};
use super::remote::Remote;
use super::runtime::block_on;
use super::terminal::{print_output, secrets};
use crate::api::{self, HookUrl};
use crate::diag::{Code, Diagnostic, Severity};
use crate::files;
use crate::notify::{
    self, Check, CheckState, Letter, Link, Message, Outcome, Patience, Receiver, State, Summary, Told,
};
use crate::render::{self, Exposition, Format, Metrics};
use crate::wire::Secret;

/// The files of the states, if `--state` names none.
const DRIFT_STATE: &str = ".livevod/drift.json";
pub(super) const AUDIT_STATE: &str = ".livevod/audit.json";

/// The largest state that is read, in bytes.
const LARGEST_STATE: u64 = 8 << 20;

/// The largest file with a URL or a secret, in bytes.
const LARGEST_SECRET: u64 = 16 << 10;

/// Who is told what a check found. A command other than `drift` gives `--state` a default of its own.
#[derive(Debug, Args)]
#[command(next_help_heading = "Monitoring")]
pub(super) struct Monitoring {
    /// Send a message when the result changes: `slack`, `dingtalk`, `feishu` (or `lark`), `wecom` or `json`. The URL is read
    /// from LIVEVOD_NOTIFY_KIND_URL, or from the file that LIVEVOD_NOTIFY_KIND_URL_FILE names, and the secret that signs
    /// messages from LIVEVOD_NOTIFY_KIND_SECRET likewise; NAME, if given, takes the place of KIND in these variables
    #[arg(long, value_name = "KIND[:NAME]")]
    notify: Vec<Receiver>,

    /// Page that messages link to [default: the run of the pipeline, if GitHub, GitLab or Jenkins tell it]
    #[arg(long, value_name = "URL", requires = "notify")]
    notify_link: Option<Link>,

    /// How long to try to deliver messages
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_NOTIFY_TIMEOUT", default_value = "30s", value_parser = duration)]
    notify_timeout: Duration,

    /// Also write metrics to FILE for the textfile collector of Prometheus' node exporter; - is standard output
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,

    /// File that keeps, from run to run, what receivers were told and the time of the last success; used with --notify and with metrics
    #[arg(long, value_name = "FILE", default_value = DRIFT_STATE)]
    state: PathBuf,
}

/// A receiver, and how to reach it.
struct Destination {
    receiver: Receiver,
    url: HookUrl,
    secret: Option<Secret>,
}

/// What came of the monitoring of a run.
#[derive(Default)]
pub(super) struct Monitored {
    /// A finding for each part that did not work. None of them changes how the run ends.
    pub(super) findings: Vec<Diagnostic>,
    /// The document of `--format openmetrics`.
    pub(super) openmetrics: Option<String>,
}

/// The monitoring of one run.
pub(super) struct Monitor<'a> {
    arguments: &'a Monitoring,
    format: Format,
    check: Check,
    /// The name of the check.
    name: String,
    target: String,
    account: Option<String>,
    destinations: Vec<Destination>,
    link: Option<Link>,
    start: Instant,
}

impl Monitoring {
    /// The files that it writes.
    pub(super) fn places<'a>(&'a self, format: Format, places: Places<'a>) -> Places<'a> {
        let state = self.is_used(format).then_some(&self.state);
        places.writing("--metrics", self.metrics.as_ref()).writing("--state", state)
    }

    /// The file of the state, if it is used and no other one is named: it may be kept in a store.
    pub(super) fn default_state(&self, format: Format) -> Option<&Path> {
        let is_default = [DRIFT_STATE, AUDIT_STATE].iter().any(|file| self.state == Path::new(file));
        (is_default && self.is_used(format)).then_some(&self.state)
    }

    fn is_used(&self, format: Format) -> bool {
        !self.notify.is_empty() || self.metrics.is_some() || format == Format::Openmetrics
    }

    /// Begins the monitoring of a run. `title` names the check; without one, it is named by the service and by the
    /// arguments that select what is compared.
    ///
    /// # Errors
    /// When a receiver can't be used as it is configured.
    pub(super) fn begin(
        &self,
        check: Check,
        remote: &Remote,
        format: Format,
        title: Option<&str>,
        selecting: &[String],
    ) -> Result<Monitor<'_>, Failure> {
        let target = service(remote)?;
        let mut names = BTreeSet::new();
        if let Some(twice) = self.notify.iter().find(|receiver| !names.insert(&receiver.name)) {
            let message = format!("`--notify` names the receiver `{}` twice", twice.name);
            let kind = twice.kind.name();
            let help = format!("give the second one a name of its own, such as `--notify {kind}:oncall`");
            return Err(Diagnostic::new(Code::Usage, message).help(help).into());
        }
        let destinations = self.notify.iter().map(|receiver| destination(receiver, remote));
        let words = [target.as_str()].into_iter().chain(selecting.iter().map(String::as_str));
        Ok(Monitor {
            arguments: self,
            format,
            check,
            name: title.map_or_else(|| words.collect::<Vec<_>>().join(" "), str::to_owned),
            account: remote.account.clone(),
            destinations: destinations.collect::<Result<_, _>>()?,
            link: self.notify_link.clone().or_else(|| pipeline::page()?.parse().ok()),
            target,
            start: Instant::now(),
        })
    }
}

impl Monitor<'_> {
    /// The summary of a run that ended early.
    pub(super) fn failed(&self, failure: &Failure) -> Summary {
        let Failure { sources, diagnostics, exit: _ } = failure;
        let Some(first) = diagnostics.iter().find(|finding| finding.is_error()) else {
            return Summary::failed(
                self.check,
                &self.target,
                self.account.as_deref(),
                Code::Usage.as_str(),
                "",
            );
        };
        let place = first.labels.first().map(|label| sources.place(label.span));
        let place = place.map(|place| format!("{}:{}: ", place.file, place.start.line)).unwrap_or_default();
        let message = format!("{place}{}", first.message);
        Summary::failed(self.check, &self.target, self.account.as_deref(), first.code.as_str(), &message)
    }

    /// Tells everyone what was found, if anyone is to be told.
    pub(super) fn tell(&self, summary: impl FnOnce() -> Summary, calls: &Tally) -> Monitored {
        if !self.arguments.is_used(self.format) {
            return Monitored::default();
        }
        let summary = &summary();
        let now = Timestamp::now();
        let (mut state, unusable) = match self.read(now) {
            Ok(state) => (state, None),
            Err(reason) => (State::default(), Some(self.unusable(&reason))),
        };
        let check = state.checks.entry(self.name.clone()).or_default();
        check.count(summary.outcome, now, &calls.counts());
        let undelivered = self.notify(summary, check, now);
        let metrics = Metrics { check: &self.name, summary, state: check, duration: self.start.elapsed() };
        let unwritten = self.arguments.metrics.as_ref().and_then(|file| measure(file, &metrics));
        let is_printed = self.format == Format::Openmetrics;
        let openmetrics = is_printed.then(|| render::metrics(&metrics, Exposition::OpenMetrics));
        // A file that is not the state of such checks is left as it is: it may be needed for something else.
        let unkept = unusable.or_else(|| self.keep(&state));
        Monitored { findings: undelivered.into_iter().chain(unwritten).chain(unkept).collect(), openmetrics }
    }

    /// The state of the runs before, or why it can't be used.
    fn read(&self, now: Timestamp) -> Result<State, String> {
        match files::regular_text(&self.arguments.state, LARGEST_STATE) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(error.to_string()),
            Ok(text) => State::read(self.check, &text, now).map_err(|error| error.to_string()),
        }
    }

    fn unusable(&self, reason: &str) -> Diagnostic {
        let message = format!("the state in `{}` can't be used: {reason}", self.arguments.state.display());
        let help = "receivers may get the same messages again; remove the file, or name another one with `--state FILE`";
        warning(Code::NotTold, message).help(help)
    }

    fn keep(&self, state: &State) -> Option<Diagnostic> {
        let file = &self.arguments.state;
        let error = files::replace(file, &secrets().hide(&state.text(self.check))).err()?;
        let message = format!("the state can't be written to `{}`: {error}", file.display());
        let help = "name a file in a folder that is kept from run to run: `--state FILE`";
        Some(warning(Code::NotTold, message).help(help))
    }

    /// Sends the messages side by side, and notes in `check` what was delivered.
    fn notify(&self, summary: &Summary, check: &mut CheckState, now: Timestamp) -> Vec<Diagnostic> {
        let news =
            self.destinations.iter().filter(|destination| check.is_news(&destination.receiver.name, summary));
        let letters: Vec<(&Receiver, Letter)> = news
            .map(|destination| {
                let told = check.told.get(&destination.receiver.name);
                let news = told.map_or_else(|| summary.clone(), |told| summary.without(&told.sessions));
                (&destination.receiver, self.letter(destination, news, told.map(|told| told.outcome)))
            })
            .collect();
        if letters.is_empty() {
            return Vec::new();
        }
        let timeout = self.arguments.notify_timeout;
        let outcomes =
            match block_on(all_delivered(letters, Patience { timeout, jitter: Arc::new(api::jitter) })) {
                Ok(outcomes) => outcomes,
                Err(failure) => {
                    let findings = failure.diagnostics.into_iter();
                    return findings.map(|one| Diagnostic { severity: Severity::Warning, ..one }).collect();
                }
            };
        for (name, _) in outcomes.iter().filter(|(_, outcome)| outcome.is_ok()) {
            let told = Told::now(summary, check.told.get(name), now);
            check.told.insert(name.clone(), told);
        }
        let failed =
            outcomes.into_iter().filter_map(|(name, outcome)| Some(undelivered(&name, &outcome.err()?)));
        failed.collect()
    }

    fn letter(&self, destination: &Destination, summary: Summary, before: Option<Outcome>) -> Letter {
        let Destination { receiver, url, secret } = destination;
        let (kind, check, link) = (receiver.kind, self.name.clone(), self.link.clone());
        let key = secret.clone();
        let body = move |time| {
            let message = Message { check: &check, summary: &summary, before, link: link.as_ref() };
            let body = notify::body(kind, &message, key.as_ref().map(Secret::expose), time);
            secrets().hide(&body).into_owned()
        };
        Letter { kind, url: url.clone(), secret: secret.clone(), body: Box::new(body) }
    }
}

/// Writes the metrics. Whoever collects them is another user, who must be able to read them.
fn measure(file: &Path, metrics: &Metrics<'_>) -> Option<Diagnostic> {
    let text = render::metrics(metrics, Exposition::Prometheus);
    let text = secrets().hide(&text);
    let written = match is_standard_output(file) {
        true => print_output(&text),
        false => files::write_for(files::Readers::Usual, file, &text),
    };
    let message = format!("the metrics can't be written to `{}`: {}", file.display(), written.err()?);
    let help = "name a file in an existing, writable folder: `--metrics FILE`";
    Some(warning(Code::Unwritable, message).help(help))
}

fn warning(code: Code, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..Diagnostic::new(code, message) }
}

fn undelivered(receiver: &str, reason: &str) -> Diagnostic {
    let message = format!("the message to `{receiver}` was not delivered: {reason}");
    warning(Code::NotTold, message)
        .help("the next run tries again; the result and the exit code of this run do not change")
}

/// What became of each message, by the receiver's name.
async fn all_delivered(
    letters: Vec<(&Receiver, Letter)>,
    patience: Patience,
) -> BTreeMap<String, Result<(), String>> {
    let mut sending = JoinSet::new();
    for (receiver, letter) in letters {
        let (name, patience) = (receiver.name.clone(), patience.clone());
        sending.spawn(async move { (name, notify::deliver(&letter, &patience).await) });
    }
    sending.join_all().await.into_iter().collect()
}

/// How to reach a receiver.
fn destination(receiver: &Receiver, remote: &Remote) -> Result<Destination, Failure> {
    let variable = receiver.variable("URL");
    let wrong =
        |message: String, help: String| Failure::from(Diagnostic::new(Code::Usage, message).help(help));
    let named = format!("`--notify {}`", told(receiver));
    let Some(text) = setting(receiver, "URL")? else {
        let message = format!("{named} needs the URL of the receiver");
        return Err(wrong(
            message,
            format!("set `{variable}`, or name a file that holds it in `{variable}_FILE`"),
        ));
    };
    HookUrl::tell(&text, secrets());
    let url: HookUrl = text.parse().map_err(|error: api::HookUrlError| {
        wrong(format!("{named} can't use its URL: {error}"), format!("correct `{variable}`"))
    })?;
    let secret = setting(receiver, "SECRET")?;
    secret.iter().for_each(|secret| secrets().learn(secret));
    if secret.is_some() && !receiver.kind.is_signed() {
        let message = format!("{named} has a secret, but such a receiver checks no signature");
        return Err(wrong(message, format!("unset `{}`", receiver.variable("SECRET"))));
    }
    if remote.emulator.is_some() && !url.endpoint().is_loopback() {
        let message = format!("with `--emulator`, {named} is only allowed for a receiver on this machine");
        return Err(wrong(
            message,
            format!("leave out `--notify`, or set `{variable}` to a loopback address"),
        ));
    }
    Ok(Destination { receiver: receiver.clone(), url, secret: secret.map(Secret::new) })
}

/// A receiver as it was typed.
fn told(receiver: &Receiver) -> String {
    let Receiver { kind, name } = receiver;
    if kind.name() == name { name.clone() } else { format!("{}:{name}", kind.name()) }
}

/// A setting of a receiver from its variable, or from the file that another variable names.
fn setting(receiver: &Receiver, part: &str) -> Result<Option<String>, Failure> {
    let (variable, file_variable) = (receiver.variable(part), receiver.variable(&format!("{part}_FILE")));
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let wrong = |message: String, help: &str| Failure::from(Diagnostic::new(Code::Usage, message).help(help));
    match (set(&variable), set(&file_variable)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err(wrong(format!("both `{variable}` and `{file_variable}` are set"), "unset one of them"))
        }
        (Some(value), None) => match value.into_string() {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(_) => Err(wrong(format!("`{variable}` is not UTF-8 text"), "correct the variable")),
        },
        (None, Some(file)) => match files::regular_text(Path::new(&file), LARGEST_SECRET) {
            Ok(text) if text.trim().is_empty() => Err(wrong(
                format!("the file that `{file_variable}` names is empty"),
                "write the value into it",
            )),
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) => Err(wrong(
                format!("the file that `{file_variable}` names can't be read: {error}"),
                "name a regular file that this user can read",
            )),
        },
    }
}
