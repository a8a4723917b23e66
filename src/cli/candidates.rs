//! What a shell offers for the values that only livevod knows: codes, runs, addresses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap_complete::engine::CompletionCandidate;

use super::default_paths::{JOURNALS, default_paths};
use crate::apply::journal::read_runs;
use crate::config;
use crate::diag::Code;
use crate::model::Address;
use crate::resolve;

/// Codes of findings, each with what it means.
pub(super) fn codes() -> Vec<CompletionCandidate> {
    let candidate = |code: &Code| CompletionCandidate::new(code.as_str()).help(Some(code.summary().into()));
    Code::ALL.iter().map(candidate).collect()
}

/// Codes, and all warnings together.
pub(super) fn denied() -> Vec<CompletionCandidate> {
    let all = CompletionCandidate::new("warnings").help(Some("every warning".into()));
    std::iter::once(all).chain(codes()).collect()
}

/// Ids of earlier runs, the newest first.
pub(super) fn runs() -> Vec<CompletionCandidate> {
    let stored = read_runs(Path::new(JOURNALS)).unwrap_or_default().into_iter().rev();
    let runs = stored.filter_map(|stored| stored.run.ok().flatten());
    let ids = runs.map(|run| CompletionCandidate::new(run.header.run.to_string()));
    std::iter::once(CompletionCandidate::new("last")).chain(ids).collect()
}

/// The addresses that the files of the working folder declare.
pub(super) fn addresses() -> Vec<CompletionCandidate> {
    declared().iter().map(|address| CompletionCandidate::new(address.to_string())).collect()
}

/// What `explain` takes.
pub(super) fn codes_and_addresses() -> Vec<CompletionCandidate> {
    codes().into_iter().chain(addresses()).collect()
}

/// Domains, apps and addresses of the files of the working folder, as a selection takes them.
pub(super) fn patterns() -> Vec<CompletionCandidate> {
    let parts = |address: &Address| {
        let Address { domain, app, stream: _ } = address;
        [domain.to_string(), format!("{domain}/{app}"), address.to_string()]
    };
    let patterns: BTreeSet<String> = declared().iter().flat_map(parts).collect();
    patterns.into_iter().map(CompletionCandidate::new).collect()
}

fn declared() -> Vec<Address> {
    let paths: Vec<PathBuf> = default_paths(Path::new(""));
    let (desired, _) = resolve::resolve(&config::load(&paths).document);
    desired.domains.values().flat_map(|domain| domain.entries.keys().cloned()).collect()
}
