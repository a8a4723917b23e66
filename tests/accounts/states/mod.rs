//! Five accounts as their owners left them, each a [`Snapshot`]: realistic in size, names, settings and age, and the
//! same in every run.

mod agency;
mod broadcaster;
mod mess;
mod scripts;
mod shop;

use std::ops::Range;

use jiff::Timestamp;
use livevod::model::{
    Address, Format, FormatSettings, Formats, Process, RecordConfig, Remote, Snapshot, StreamSpelling,
};

pub(crate) use agency::agency;
pub(crate) use broadcaster::broadcaster;
pub(crate) use mess::{SEVERAL, mess};
pub(crate) use scripts::scripts;
pub(crate) use shop::shop;

use super::Random;

/// The five, each with its name.
pub(crate) fn all() -> [(&'static str, Snapshot); 5] {
    [
        ("broadcaster", broadcaster()),
        ("agency", agency()),
        ("shop", shop()),
        ("scripts", scripts(2_500)),
        ("mess", mess()),
    ]
}

/// The region of a domain, which its first label ends with unless it is `cn-shanghai`: `live-sg.example.com`.
pub(crate) fn region(domain: &str) -> &'static str {
    let label = domain.split('.').next().unwrap_or_default();
    match label.rsplit_once('-') {
        Some((_, "sg")) => "ap-southeast-1",
        Some((_, "bj")) => "cn-beijing",
        Some((_, "de")) => "eu-central-1",
        _ => "cn-shanghai",
    }
}

/// The bucket that the service chooses in the region of a domain.
fn bucket(domain: &str) -> String {
    format!("outin-7c1d2e.oss-{}.aliyuncs.com", region(domain))
}

/// The id of the transcode group that people call `name`.
fn group(name: &str) -> String {
    let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    hex(&mut Random::new(seed), 32)
}

/// So many hexadecimal digits, 32 at most.
fn hex(random: &mut Random, digits: usize) -> String {
    format!("{:016x}{:016x}", random.number(), random.number())[..digits].to_owned()
}

fn recording(group: &str, minutes: u32) -> RecordConfig {
    RecordConfig {
        vod_transcode_group: group.to_owned(),
        cycle_duration: minutes * 60,
        ..RecordConfig::default()
    }
}

/// The same with its files merged into one.
fn merged(config: RecordConfig, group: &str) -> RecordConfig {
    RecordConfig { auto_compose: true, compose_vod_transcode_group: Some(group.to_owned()), ..config }
}

fn by_format<const N: usize>(formats: [(Format, FormatSettings); N]) -> RecordConfig {
    RecordConfig { record_format: Some(Formats::from(formats)), ..RecordConfig::default() }
}

/// A format whose files a transcode group processes.
fn transcoded(group: &str) -> FormatSettings {
    FormatSettings { process: Some(Process::Transcode(group.to_owned())), ..FormatSettings::default() }
}

/// The day before which every configuration was added: 2026-11-29.
const TODAY: i64 = 1_795_910_400;

/// An account while it is set up.
struct Account {
    snapshot: Snapshot,
    random: Random,
}

impl Account {
    fn new(seed: u64) -> Self {
        Self { snapshot: Snapshot::default(), random: Random::new(seed) }
    }

    /// A configuration that was added on one of these days, counted back from today.
    fn add(&mut self, [domain, app, stream]: [&str; 3], config: RecordConfig, days_ago: Range<u64>) {
        let create_time = Some(self.time(days_ago));
        let spelling = StreamSpelling::Named;
        let remote = Remote { config, spelling, create_time, unsupported: None };
        self.put(Address::new(domain, app, stream), remote);
    }

    fn put(&mut self, address: Address, remote: Remote) {
        let domain = self.snapshot.domains.entry(address.domain.clone()).or_default();
        domain.configs.insert(address, remote);
    }

    fn time(&mut self, days_ago: Range<u64>) -> String {
        let ago = days_ago.start * 86_400 + self.random.below((days_ago.end - days_ago.start) * 86_400);
        Timestamp::from_second(TODAY - 1 - ago as i64).unwrap().to_string()
    }

    /// Lists some of the app-wide configurations without a StreamName, as after an Add without one.
    fn leave_out_stars(mut self, percent: u64) -> Self {
        let domains = self.snapshot.domains.values_mut();
        for (_, remote) in domains.flat_map(|domain| &mut domain.configs).filter(|(at, _)| at.is_app_wide()) {
            if self.random.percent(percent) {
                remote.spelling = self.random.pick(&[StreamSpelling::Absent, StreamSpelling::Empty]);
            }
        }
        self
    }
}
