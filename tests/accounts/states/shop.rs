//! A platform for live shopping: 20 domains with one app tree, and anchors with a configuration of their own.

use livevod::model::{RecordConfig, Snapshot, words};

use super::{Account, group, merged, recording, region};

const DOMAINS: u32 = 20;

/// App-wide configurations that are the same in 20 domains, and exceptions.
pub(crate) fn shop() -> Snapshot {
    let mut account = Account::new(3);
    for number in 1..=DOMAINS {
        let suffix = if number % 5 == 0 { "-sg" } else { "" };
        let domain = format!("shop-{number:02}{suffix}.example.com");
        let usual = usual(&domain);
        let content = if number % 4 == 1 { of_2026(usual.clone()) } else { usual.clone() };
        account.add([&domain, "live", "*"], merged(content, &id("clips", &domain)), 200..400);
        account.add(
            [&domain, "replay", "*"],
            RecordConfig { cycle_duration: 7200, ..usual.clone() },
            200..400,
        );
        account.add([&domain, "preview", "*"], RecordConfig { on_demand: 7, ..usual }, 200..400);
        anchors(&mut account, &domain);
    }
    account.leave_out_stars(50).snapshot
}

fn id(name: &str, domain: &str) -> String {
    group(&format!("{name} {}", region(domain)))
}

fn usual(domain: &str) -> RecordConfig {
    RecordConfig { delay_time: Some(300), ..recording(&id("shop", domain), 30) }
}

/// What is sold is also recorded as viewers see it.
fn of_2026(config: RecordConfig) -> RecordConfig {
    RecordConfig {
        record_content: Some(words("raw,transcode")),
        transcode_templates: Some(words("lld,lsd")),
        ..config
    }
}

/// Up to six streams that are not recorded as the others.
fn anchors(account: &mut Account, domain: &str) {
    for _ in 0..account.random.below(7) {
        let stream = format!("anchor-{:05}", account.random.below(100_000));
        let long = account.random.pick(&[15, 20, 120]);
        let config =
            merged(RecordConfig { cycle_duration: long * 60, ..usual(domain) }, &id("clips", domain));
        let config = match account.random.below(5) {
            0 => RecordConfig { on_demand: 7, ..config },
            1 => of_2026(config),
            _ => config,
        };
        account.add([domain, "live", &stream], config, 1..200);
    }
}
