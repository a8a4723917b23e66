//! `livevod emulator`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, Subcommand, ValueEnum};

use super::emulated_account::Account;
use super::emulated_session::{Begun, Ended};
use super::failure::{Failure, with_causes};
use super::interrupt::Interrupt;
use super::kinds::Kind;
use super::places::Places;
use super::remote::quirk;
use super::run::{Run, Session};
use super::runtime::block_on;
use super::sealed;
use super::terminal::Terminal;
use crate::diag::{Code, Diagnostic};
use crate::emulator::server::{self, Admin};
use crate::emulator::{Api, CallEntry, CallLog, NewBucket, Quirks, Service, Settings, all_quirks};
#[cfg(feature = "faults")]
use crate::emulator::{Fault, fault_help};
use crate::files;
use crate::gate;
use crate::render::{self, Exit};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod emulator --data state.log --bucket demo --fault throttle:action=Add,every=3
  livevod emulator publish live.example.com/show/cam1 --at 2h --until 30m")]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,

    /// Loopback address to listen on; port 0 takes a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,

    /// Write the port to FILE once the emulator answers calls
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,

    /// Keep the state in FILE, so that acknowledged writes survive a restart [default: in memory only]
    #[arg(long, value_name = "FILE", help_heading = "State")]
    data: Option<PathBuf>,

    #[command(flatten)]
    account: Account,

    /// Load the initial state from FILE: the output of `dump`, or a saved answer of DescribeLiveRecordVodConfigs
    #[arg(long, value_name = "FILE", help_heading = "State")]
    load: Option<PathBuf>,

    /// Emulate OSS too, with this bucket, for the store `oss://NAME`. KIND is versioned, suspended or locked: kinds that livevod refuses
    /// [default: none]
    #[arg(long = "bucket", value_name = "NAME[=KIND]", help_heading = "State")]
    buckets: Vec<NewBucket>,

    /// Generation of the API
    #[arg(long, default_value = "2026", help_heading = "Behaviour")]
    api: Generation,

    /// Refuse a parameter that the action does not know, instead of ignoring it
    #[arg(long, help_heading = "Behaviour")]
    strict: bool,

    /// Change how the emulator behaves where the API documents are unclear; see `livevod emulator quirks`
    #[arg(long = "quirk", value_name = "NAME=VALUE", value_parser = quirk, help_heading = "Behaviour")]
    quirks: Vec<String>,

    /// Inject a fault, such as `drop-after-commit:action=Add,every=3`; see `livevod emulator faults`
    #[cfg(feature = "faults")]
    #[arg(long = "fault", value_name = "FAULT", help_heading = "Behaviour")]
    faults: Vec<Fault>,

    /// Throttle each action at N calls per minute; 0 means no limit
    #[arg(long, value_name = "N", default_value_t = 1000, help_heading = "Behaviour")]
    limit: u32,

    /// Append a JSON line to FILE for each call
    #[arg(long, value_name = "FILE", help_heading = "Observation")]
    call_log: Option<PathBuf>,

    /// Serve /_admin/ to this machine, to set faults, to begin and end sessions, and to read counters and state
    #[arg(long, help_heading = "Observation")]
    admin: bool,
}

/// `--api`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Generation {
    /// Before May 2026: none of the settings of 2026
    #[value(name = "2025")]
    Y2025,
    /// Since May 2026: recording by format, delay time, recorded content, live transcode templates, app spaces
    #[value(name = "2026")]
    Y2026,
}

impl From<Generation> for Api {
    fn from(generation: Generation) -> Self {
        match generation {
            Generation::Y2025 => Api::Y2025,
            Generation::Y2026 => Api::Y2026,
        }
    }
}

/// The subcommands of `livevod emulator`; without one, it serves the API.
#[derive(Debug, Subcommand)]
enum Task {
    /// List the questions that the API documents leave open, and the answers that --quirk selects
    Quirks,
    /// List the kinds of faults, and the keys that select the calls they affect
    #[cfg(feature = "faults")]
    Faults,
    /// Print the state that --data keeps as JSON, for --load
    Dump {
        /// File that the emulator writes with --data
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
    },
    /// Begin a session: a publisher connects, and is recorded by the configuration that applies at that time
    Publish(Begun),
    /// End the session that is on air
    Unpublish(Ended),
}

impl Run for Arguments {
    fn places(&self) -> Places<'_> {
        let reads =
            || [&self.data, &self.load, &self.account.groups_file].into_iter().flatten().cloned().collect();
        Places::reading(reads)
            .writing("--port-file", self.port_file.as_ref())
            .writing("--call-log", self.call_log.as_ref())
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        match &self.task {
            Some(Task::Quirks) => {
                let listed: Vec<String> = all_quirks().map(ToString::to_string).collect();
                terminal.print(&listed.join("\n"));
            }
            #[cfg(feature = "faults")]
            Some(Task::Faults) => terminal.print(&fault_help()),
            Some(Task::Dump { data }) => dump(data, terminal)?,
            Some(Task::Publish(begun)) => terminal.print(&begun.play()?),
            Some(Task::Unpublish(ended)) => terminal.print(&ended.play()?),
            None => serve(self, terminal)?,
        }
        Ok(Exit::Success)
    }
}

fn dump(data: &Path, terminal: &Terminal) -> Result<(), Failure> {
    // Opening would create a missing log.
    fs_err::metadata(data).map_err(Failure::of_emulator)?;
    let service = Service::open(Some(data), Settings::default()).map_err(Failure::of_emulator)?;
    terminal.print(&render::pretty(&service.dump()));
    Ok(())
}

/// Serves until a signal comes, which is the usual way to stop it, and so counts as success.
fn serve(arguments: &Arguments, terminal: &Terminal) -> Result<(), Failure> {
    let service = furnished(arguments)?;
    block_on(listen(arguments, Arc::new(service), terminal))?
}

fn furnished(arguments: &Arguments) -> Result<Service, Failure> {
    let mut service =
        Service::open(arguments.data.as_deref(), settings(arguments)?).map_err(Failure::of_emulator)?;
    if let Some(file) = &arguments.load {
        if let Some(kind) = Kind::of(file) {
            return Err(kind.instead_of("the output of `livevod emulator dump`", file));
        }
        let text = files::text(file, files::LARGEST).map_err(|error| unread(file, &error))?;
        service.load(&text).map_err(|error| {
            Diagnostic::new(Code::Emulator, format!("can't load `{}`: {error}", file.display()))
        })?;
    }
    for bucket in &arguments.buckets {
        service.make_bucket(bucket).map_err(Failure::of_emulator)?;
    }
    #[cfg(feature = "faults")]
    service.set_faults(arguments.faults.clone());
    if let Some(file) = &arguments.call_log {
        service = service.with_call_log(call_log(file)?);
    }
    Ok(service)
}

/// Each line is one write, so that a reader of the growing log sees complete lines.
fn call_log(file: &Path) -> Result<CallLog, Failure> {
    let file =
        fs_err::OpenOptions::new().append(true).create(true).open(file).map_err(Failure::of_emulator)?;
    let file = Mutex::new(file);
    Ok(Box::new(move |entry: &CallEntry<'_>| {
        let line = gate::json(&serde_json::to_string(entry).unwrap_or_default()).into_owned() + "\n";
        // A full disk must not stop the emulator in the middle of a test.
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }))
}

async fn listen(arguments: &Arguments, service: Arc<Service>, terminal: &Terminal) -> Result<(), Failure> {
    let listener =
        server::bind(arguments.listen).await.map_err(|error| can_not_listen(arguments.listen, &error))?;
    let address = listener.local_addr().map_err(Failure::of_emulator)?;
    if let Some(file) = &arguments.port_file {
        // The file appears complete, for programs that wait for it.
        sealed::put(file, &format!("{}\n", address.port())).map_err(|error| {
            let message = format!("can't write the port to `{}`: {error}", file.display());
            Diagnostic::new(Code::Unwritable, message)
        })?;
    }
    terminal.print(&format!("livevod emulator listening on http://{address}\n"));
    let interrupt = Interrupt::listen(|| {}, |exit| exit);
    let stopped = interrupt.stop().cancelled_owned();
    let admin = if arguments.admin { Admin::On } else { Admin::Off };
    server::serve(service, listener, admin, stopped).await.map_err(Failure::of_emulator)
}

fn can_not_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    let message = format!("can't listen on `{address}`: {}", with_causes(error));
    Failure::from(
        Diagnostic::new(Code::Emulator, message)
            .help("name another address: `--listen 127.0.0.1:PORT`; port 0 takes a free port"),
    )
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    let quirks = Quirks::with(&arguments.quirks).map_err(|error| Diagnostic::new(Code::Emulator, error))?;
    let limit = NonZeroU32::new(arguments.limit);
    let (api, strict) = (arguments.api.into(), arguments.strict);
    let account = arguments.account.settings().map_err(Failure::of_emulator)?;
    Ok(Settings { api, strict, quirks, limit, ..account })
}

fn unread(file: &Path, error: &std::io::Error) -> Failure {
    Diagnostic::new(Code::Emulator, format!("can't read `{}`: {error}", file.display())).into()
}
