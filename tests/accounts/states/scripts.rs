//! Scripts that add a configuration for every single stream, under a name that nobody reads.

use livevod::model::{RecordConfig, Snapshot, words};

use super::{Account, group, hex, merged, recording};

const DOMAINS: [&str; 2] = ["push-a.scripts.example.com", "push-b.scripts.example.com"];

/// So many configurations with names of 16 to 32 hexadecimal digits, nearly all of them alike: the script was changed
/// twice, and some were edited by hand.
pub(crate) fn scripts(entries: usize) -> Snapshot {
    let mut account = Account::new(4);
    for number in 0..entries {
        let digits = 16 + account.random.below(17) as usize;
        let stream = hex(&mut account.random, digits);
        let domain = DOMAINS[usize::from(account.random.percent(35))];
        let (config, days_ago) = match number * 100 / entries {
            0..40 => (first(), 500..900),
            40..75 => (second(), 200..500),
            _ => (third(), 0..200),
        };
        let config = if account.random.below(200) == 0 { edited(&mut account, config) } else { config };
        account.add([domain, "live", &stream], config, days_ago);
    }
    account.snapshot
}

fn first() -> RecordConfig {
    recording(&group("script"), 60)
}

fn second() -> RecordConfig {
    merged(recording(&group("script"), 30), &group("script merged"))
}

fn third() -> RecordConfig {
    let config = merged(recording(&group("script 2026"), 30), &group("script merged"));
    RecordConfig { delay_time: Some(60), record_content: Some(words("raw")), ..config }
}

fn edited(account: &mut Account, config: RecordConfig) -> RecordConfig {
    RecordConfig { cycle_duration: account.random.pick(&[900, 7200, 21_600]), ..config }
}
