//! An agency: 60 customers that have little in common, with a domain each.

use livevod::model::{NO_TRANSCODE, RecordConfig, Snapshot};

use super::{Account, group, merged, recording, region};

const CUSTOMERS: u32 = 60;

/// Every seventh customer bought the same package.
const PACKAGE: u32 = 7;

/// 60 unlike customers.
pub(crate) fn agency() -> Snapshot {
    let mut account = Account::new(2);
    for number in 0..CUSTOMERS {
        let domain = domain(number);
        match number % PACKAGE {
            0 => package(&mut account, &domain),
            _ => customer(&mut account, &domain),
        }
    }
    account.leave_out_stars(30).snapshot
}

fn domain(number: u32) -> String {
    const NAMES: [&str; 12] = [
        "arena", "bistro", "chess", "dance", "expo", "forum", "gym", "harbour", "idol", "jazz", "kids",
        "lecture",
    ];
    let suffix = ["", "", "", "-sg", "-bj", "-de"][number as usize % 6];
    let name = NAMES[number as usize % NAMES.len()];
    format!("live{suffix}.{name}{}.example.com", number / NAMES.len() as u32 + 1)
}

/// The app tree that is the same for every buyer in a region.
fn package(account: &mut Account, domain: &str) {
    let standard = recording(&shared(domain), 30);
    let main = merged(standard.clone(), &shared(domain));
    account.add([domain, "live", "*"], standard.clone(), 100..700);
    account.add([domain, "live", "stage"], main.clone(), 100..700);
    account.add([domain, "live", "stage-2"], main, 100..700);
    account.add([domain, "talk", "*"], standard, 100..700);
}

/// One to twelve streams in one or two apps, with what this customer once asked for.
fn customer(account: &mut Account, domain: &str) {
    let apps = account.random.pick(&[
        &["live"][..],
        &["live", "replay"],
        &["event"],
        &["stage", "backstage"],
        &["tv"],
    ]);
    let usual = usual(account, domain);
    let age = 30 + account.random.below(1_000);
    for number in 1..=1 + account.random.below(12) {
        let app = account.random.pick(apps);
        let name = account.random.pick(&["cam", "room-", "pgm_", "hall"]);
        let stream = if number == 1 && account.random.percent(40) {
            "*".to_owned()
        } else {
            format!("{name}{number}")
        };
        let config = if account.random.percent(80) { usual.clone() } else { wished(account, &usual) };
        account.add([domain, app, &stream], config, age..age + 20);
    }
}

/// The agency's own group in a region.
fn shared(domain: &str) -> String {
    group(&format!("agency {}", region(domain)))
}

fn usual(account: &mut Account, domain: &str) -> RecordConfig {
    let own = group(domain);
    let id = account.random.pick(&[shared(domain), own.clone(), own, NO_TRANSCODE.to_owned()]);
    let config = recording(&id, account.random.pick(&[20, 30, 60, 60, 120, 360]));
    if account.random.percent(40) { merged(config, &id) } else { config }
}

/// One setting of one stream that differs.
fn wished(account: &mut Account, usual: &RecordConfig) -> RecordConfig {
    let config = usual.clone();
    match account.random.below(4) {
        0 => RecordConfig { cycle_duration: account.random.pick(&[900, 1200, 5400]), ..config },
        1 => RecordConfig { on_demand: account.random.pick(&[1, 2, 7]), ..config },
        2 => RecordConfig { delay_time: Some(account.random.pick(&[60, 600])), ..config },
        _ => merged(config, NO_TRANSCODE),
    }
}
