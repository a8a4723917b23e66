//! What a saved snapshot contains.

use serde::Serialize;

use super::documents::{FORMAT_VERSION, pretty};
use super::exit::Exit;
use super::phrases::counted;
use crate::gate::clean;
use crate::snapshot::Saved;

/// `Saved 12 configurations of 3 domains to `before.json`.`
pub(super) fn human_snapshot(saved: &Saved, file: &str) -> String {
    let (domains, configurations) = sizes(saved);
    format!(
        "Saved {} of {} to `{}`.\n",
        counted(configurations, "configuration"),
        counted(domains, "domain"),
        clean(file)
    )
}

/// `snapshot --format json`.
pub(super) fn snapshot_json(saved: &Saved, file: &str, exit: Exit) -> String {
    #[derive(Serialize)]
    struct SnapshotSummary<'a> {
        format_version: &'static str,
        file: &'a str,
        target: &'a str,
        account: Option<&'a str>,
        time: String,
        domains: usize,
        configurations: usize,
        exit: Exit,
    }
    let (domains, configurations) = sizes(saved);
    let Saved { time, target, account, .. } = saved;
    let account = account.as_deref();
    let time = time.to_string();
    pretty(&SnapshotSummary {
        format_version: FORMAT_VERSION,
        file,
        target,
        account,
        time,
        domains,
        configurations,
        exit,
    })
}

fn sizes(saved: &Saved) -> (usize, usize) {
    let domains = &saved.snapshot.domains;
    (domains.len(), domains.values().map(|domain| domain.configs.len()).sum())
}
