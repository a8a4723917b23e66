//! `livevod emulator`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::emulated_account::Account;
use super::failure::{Failure, with_causes};
use super::interrupt::Interrupt;
use super::observe::block_on;
use super::terminal::Terminal;
use crate::diag::{Code, Diagnostic};
use crate::emulator::server::{Reach, bind, serve};
use crate::emulator::{Service, Settings};
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to listen, on this machine; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,

    /// Keep the state in FILE, so that acknowledged writes outlive the process; without it, state ends with it
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    #[command(flatten)]
    account: Account,

    /// Know only these transcode groups, and VOD_NO_TRANSCODE [default: every id of 32 hex digits]
    #[arg(long = "group", value_name = "ID")]
    groups: Vec<String>,

    /// Know only the transcode groups that stand in FILE, one id a line
    #[arg(long, value_name = "FILE")]
    groups_file: Option<PathBuf>,
}

/// Serves until a signal comes; ends with success then, because stopping it is how it is used.
pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let service = Service::open(arguments.data.as_deref(), settings(arguments)?).map_err(wrong)?;
    block_on(listen(arguments, Arc::new(service), terminal))?
}

async fn listen(arguments: &Arguments, service: Arc<Service>, terminal: &Terminal) -> Result<Exit, Failure> {
    let listener = bind(arguments.listen, Reach::Loopback).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    terminal.print(&format!("livevod emulator listening on http://{address}\n"));
    let interrupt = Interrupt::listen();
    let mut stop = interrupt.stop();
    let stopped = async move {
        // An error means that nobody can signal any more, which does not happen while `interrupt` lives.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    serve(service, listener, stopped).await.map_err(wrong)?;
    Ok(Exit::Success)
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    let mut groups = arguments.groups.clone();
    if let Some(file) = &arguments.groups_file {
        let text = fs_err::read_to_string(file).map_err(wrong)?;
        groups.extend(text.split_whitespace().map(str::to_owned));
    }
    let all = arguments.groups.is_empty() && arguments.groups_file.is_none();
    let transcode_groups = (!all).then(|| groups.into_iter().collect());
    Ok(Settings { transcode_groups, ..arguments.account.settings()? })
}

pub(super) fn wrong(error: impl std::error::Error) -> Failure {
    Failure::from(Diagnostic::new(Code::Emulator, with_causes(&error)))
}
