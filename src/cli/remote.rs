//! The arguments that say where the service is, how to call it, and with which credentials.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};

use super::durations::duration;
use super::failure::Failure;
use crate::api::{ClientSettings, Rate};
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::emulator::Quirks;
use crate::plan::CallRate;
use crate::wire::SignatureVersion;

/// The file of the embedded emulator, if `--emulator` names none.
pub(super) const EMULATED: &str = ".livevod/emulator.log";

/// Where the service is, and which credentials to use.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub(super) struct Remote {
    /// Use the embedded emulator, which keeps its state in FILE: no network, no credentials
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = EMULATED)]
    pub(super) emulator: Option<PathBuf>,

    /// Change how the embedded emulator behaves where the API documents are unclear; see `livevod emulator quirks`
    #[arg(long = "quirk", value_name = "NAME=VALUE", requires = "emulator", value_parser = quirk)]
    pub(super) quirks: Vec<String>,

    #[command(flatten)]
    pub(super) endpoint: Endpoint,

    /// Use this profile of ~/.aliyun/config.json, and no other source of credentials
    #[arg(long, value_name = "NAME", env = "LIVEVOD_PROFILE")]
    pub(super) profile: Option<String>,

    /// Log each call to standard error: action, host, outcome, time and RequestId, but no secrets
    #[arg(long, env = "LIVEVOD_LOG", value_parser = BoolishValueParser::new())]
    pub(super) log: bool,

    /// Account that the files are for, if they do not declare one
    #[arg(long, value_name = "ID", env = "LIVEVOD_ACCOUNT", value_parser = account)]
    pub(super) account: Option<String>,

    /// Region of domains for which the files name none
    #[arg(long, value_name = "REGION", env = "LIVEVOD_REGION", value_parser = region)]
    pub(super) region: Option<String>,

    /// Signature version of requests
    #[arg(long, value_enum, value_name = "VERSION", env = "LIVEVOD_SIGNATURE", default_value_t = Signature::V3)]
    pub(super) signature: Signature,

    /// Calls per minute for each action, with bursts of up to half of that; the service documents a limit of 1,000
    /// [default: 800; with --emulator, no limit]
    #[arg(long, value_name = "N", env = "LIVEVOD_RATE", value_parser = rate)]
    rate: Option<NonZeroU32>,

    /// Maximum number of reads in flight, and of writes, which are counted separately [default: 16; with --emulator, 64]
    #[arg(long, value_name = "N", env = "LIVEVOD_PARALLELISM", value_parser = parallelism)]
    parallelism: Option<NonZeroUsize>,

    /// How long to retry a read, and to wait for a write to show up when it is read back
    #[arg(long, value_name = "DURATION", env = "LIVEVOD_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub(super) timeout: Duration,
}

/// `--endpoint`. From a variable, it has a lower precedence.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Option<String>,
    /// Whether it was typed rather than taken from a variable.
    pub(super) is_typed: bool,
}

#[derive(Debug, Args)]
struct EndpointArgument {
    /// Send every call to URL instead of the region's endpoint; plain http only for loopback
    #[arg(long, value_name = "URL", env = "LIVEVOD_ENDPOINT", hide_env_values = true)]
    endpoint: Option<String>,
}

impl FromArgMatches for Endpoint {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let EndpointArgument { endpoint: url } = EndpointArgument::from_arg_matches(matches)?;
        Ok(Self { url, is_typed: matches.value_source("endpoint") == Some(ValueSource::CommandLine) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Endpoint {
    fn augment_args(command: clap::Command) -> clap::Command {
        EndpointArgument::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        EndpointArgument::augment_args_for_update(command)
    }
}

impl Remote {
    /// # Errors
    /// When a service is named, but `command` asks none without `--online`.
    pub(super) fn insist_on_online(&self, command: &str, is_online: bool) -> Result<(), Failure> {
        if is_online || (self.emulator.is_none() && !self.endpoint.is_typed) {
            return Ok(());
        }
        Err(Diagnostic::new(Code::Usage, format!("{command} uses a service only with `--online`"))
            .help("add `--online`, or leave out `--emulator` and `--endpoint`")
            .into())
    }

    /// How fast each action may be called. The embedded emulator is not paced unless a rate is given.
    pub(super) fn rate(&self) -> Rate {
        match (self.rate, &self.emulator) {
            (Some(calls), _) => Rate::per_minute(calls),
            (None, Some(_)) => Rate::UNLIMITED,
            (None, None) => Rate::default(),
        }
    }

    /// How many calls of a kind may be in flight. The embedded emulator has no connections to spare, and the more writes wait
    /// for the disk together, the less each of them waits.
    pub(super) fn parallelism(&self) -> NonZeroUsize {
        let usual = if self.emulator.is_some() { AT_ONCE_EMBEDDED } else { ClientSettings::PARALLELISM };
        self.parallelism.unwrap_or(usual)
    }

    /// The flags that choose the service and the credentials, as far as they were typed or have no usual value.
    pub(super) fn typed(&self) -> Vec<String> {
        let emulator = self.emulator.iter().map(|file| match file == Path::new(EMULATED) {
            true => "--emulator".to_owned(),
            false => format!("--emulator={}", file.display()),
        });
        let quirks = self.quirks.iter().map(|quirk| format!("--quirk={quirk}"));
        let endpoint = self.endpoint.url.iter().filter(|_| self.endpoint.is_typed);
        let flag = |name: &'static str| move |value: &String| format!("--{name}={value}");
        let others = self.profile.iter().map(flag("profile")).chain(self.account.iter().map(flag("account")));
        let others = others.chain(self.region.iter().map(flag("region")));
        emulator.chain(quirks).chain(endpoint.map(flag("endpoint"))).chain(others).collect()
    }

    pub(super) fn call_rate(&self) -> CallRate {
        let Rate { per_minute, burst } = self.rate();
        CallRate { per_minute: per_minute.get(), burst: burst.get() }
    }
}

fn region(text: &str) -> Result<String, String> {
    match config::is_region(text) {
        true => Ok(text.to_owned()),
        false => Err("expected the id of a region, such as cn-shanghai".to_owned()),
    }
}

pub(super) fn account(text: &str) -> Result<String, String> {
    match config::is_account(text) {
        true => Ok(text.to_owned()),
        false => Err("expected an account id, a number such as 1234567890123456".to_owned()),
    }
}

/// `--signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Signature {
    /// HMAC-SHA1, parameters in a form body
    V1,
    /// ACS3-HMAC-SHA256, parameters in the query
    V3,
}

impl From<Signature> for SignatureVersion {
    fn from(signature: Signature) -> Self {
        match signature {
            Signature::V1 => SignatureVersion::V1,
            Signature::V3 => SignatureVersion::V3,
        }
    }
}

/// The text of a quirk, checked.
pub(super) fn quirk(text: &str) -> Result<String, String> {
    Quirks::with(&[text]).map(|_| text.to_owned())
}

/// How many calls to the embedded emulator are in flight if nobody says how many.
const AT_ONCE_EMBEDDED: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// The largest `--parallelism`.
const MOST_AT_ONCE: usize = 1000;

/// The largest `--rate`: sixty times the limit that the service documents.
const MOST_A_MINUTE: u32 = 60_000;

fn parallelism(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MOST_AT_ONCE);
    number.ok_or_else(|| format!("expected a whole number from 1 to {MOST_AT_ONCE}"))
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= MOST_A_MINUTE);
    number.ok_or_else(|| format!("expected a whole number from 1 to {MOST_A_MINUTE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_larger_than_clocks_and_counters_take() {
        let (calls, pace) = (|text| parallelism(text).ok().map(NonZeroUsize::get), |text| rate(text).ok());
        assert_eq!(["1", "1000"].map(calls), [Some(1), Some(1000)]);
        assert_eq!(["0", "1001", "-1", "2305843009213693952", "18446744073709551616"].map(calls), [None; 5]);
        assert_eq!(["0", "60001", "4294967296"].map(pace), [None; 3]);
        assert!(pace("60000").is_some());
    }
}
