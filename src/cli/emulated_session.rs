//! The sessions that `livevod emulator publish` and `unpublish` play.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::failure::Failure;
use super::remote::EMULATED;
use crate::emulator::{Service, Settings};
use crate::model::Address;

/// `publish`.
#[derive(Debug, Args)]
pub(super) struct Begun {
    #[command(flatten)]
    session: Played,

    /// Also end the session, at this time: a time, or how long ago [default: it stays on air]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    /// Ingest domain that the publisher sends to [default: the main streaming domain]
    #[arg(long, value_name = "DOMAIN")]
    ingest_domain: Option<String>,

    /// Record it even if its configuration records only on demand
    #[arg(long)]
    need_record: bool,
}

/// `unpublish`.
#[derive(Debug, Args)]
pub(super) struct Ended {
    #[command(flatten)]
    session: Played,
}

/// A session, and the state that it is played in.
#[derive(Debug, Args)]
struct Played {
    /// Stream, under its main streaming domain
    #[arg(value_name = "DOMAIN/APP/STREAM")]
    address: Address,

    /// File that the emulator writes with --data, and livevod with --emulator=FILE
    #[arg(long, value_name = "FILE", default_value = EMULATED)]
    data: PathBuf,

    /// When it happened: a time, such as 2026-11-28T20:00:00Z, or how long ago, such as 2h; only a configuration that existed by then
    /// applies [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Moment>,
}

/// A time in the past.
#[derive(Debug, Clone, Copy)]
enum Moment {
    At(Timestamp),
    Ago(SignedDuration),
}

impl Begun {
    /// Begins the session; returns what to print.
    pub(super) fn play(&self) -> Result<String, Failure> {
        let Self { session, until, ingest_domain, need_record } = self;
        let fields = json!({
            "PublishDomain": ingest_domain,
            "PublishTime": session.at.map(Moment::time),
            "StopTime": until.map(Moment::time),
            "NeedRecord": need_record,
        });
        let ruler = session.open()?.publish(&session.named(fields)).map_err(Failure::of_emulator)?;
        let state = if until.is_some() { "was on air" } else { "is on air" };
        let configuration = match ruler {
            Some(ruler) => format!("its configuration is {ruler}"),
            None => "no configuration applies to it".to_owned(),
        };
        Ok(format!("{} {state}; {configuration}\n", session.address))
    }
}

impl Ended {
    /// Ends the session; returns what to print.
    pub(super) fn play(&self) -> Result<String, Failure> {
        let session = &self.session;
        let fields = json!({ "StopTime": session.at.map(Moment::time) });
        session.open()?.unpublish(&session.named(fields)).map_err(Failure::of_emulator)?;
        Ok(format!("{} is off air\n", session.address))
    }
}

impl Played {
    fn open(&self) -> Result<Service, Failure> {
        Service::open(Some(&self.data), Settings::default()).map_err(Failure::of_emulator)
    }

    fn named(&self, mut fields: Value) -> String {
        let Address { domain, app, stream } = &self.address;
        for (name, value) in [("DomainName", domain), ("AppName", app), ("StreamName", stream)] {
            fields[name] = (**value).into();
        }
        fields.to_string()
    }
}

impl Moment {
    fn time(self) -> String {
        let time = match self {
            Moment::At(time) => time,
            Moment::Ago(ago) => Timestamp::now().checked_sub(ago).unwrap_or(Timestamp::MIN),
        };
        time.to_string()
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    let at = text.parse().ok().map(Moment::At);
    let ago = || text.parse().ok().filter(|ago: &SignedDuration| !ago.is_negative()).map(Moment::Ago);
    let wrong = "expected a time, such as `2026-11-28T20:00:00Z`, or how long ago, such as `2h`";
    at.or_else(ago).ok_or_else(|| wrong.to_owned())
}
