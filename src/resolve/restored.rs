//! Turns a [`Saved`] snapshot into [`Desired`]: exactly what existed then, each value with its line of the snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::desired::{Desired, DesiredDomain, Entry, Origin, OriginKind, Resolved, Restored, Wanted};
use crate::model::{Address, DomainSnapshot, Field, Pattern, Remote};
use crate::snapshot::{self, Saved};
use crate::source::{FileId, Sources, Span, Spanned};

/// The desired state of a snapshot, with origins in `file` of `sources`, from whose text it was read.
pub fn restored(saved: &Saved, sources: &Sources, file: FileId) -> Desired {
    let text = sources.get(file).text();
    let lines = Lines {
        file,
        whole: Span { file, start: 0, end: 1 },
        rows: snapshot::places(text)
            .into_iter()
            .map(|(address, row)| (address, Span { file, start: row.start as u32, end: row.end as u32 }))
            .collect(),
    };
    let domain = |(name, held): (&Arc<str>, &DomainSnapshot)| {
        let region = saved.regions.get(name).cloned();
        (name.clone(), lines.domain(held, region))
    };
    Desired {
        account: account(saved).map(|(account, key)| Spanned::new(account, lines.head(text, key))),
        domains: saved.snapshot.domains.iter().map(domain).collect(),
        ignore: lines.patterns(&saved.ignore, lines.head(text, "\"ignore\"")),
        protect: lines.patterns(&saved.protect, lines.head(text, "\"protect\"")),
        must_record: Vec::new(),
        // What is written back is what existed then, whatever files accept today.
        accept: Vec::new(),
        lapsed: Vec::new(),
        group_names: BTreeMap::new(),
    }
}

/// The snapshot's account (the declared one, or that of the credentials) and the key of the line that holds it.
fn account(saved: &Saved) -> Option<(String, &'static str)> {
    let declared = saved.account.clone().map(|account| (account, "\"account\""));
    declared.or_else(|| saved.caller.clone().map(|caller| (caller, "\"caller\"")))
}

/// The places of everything in the snapshot.
struct Lines {
    file: FileId,
    /// The first character: the place of what has no line of its own.
    whole: Span,
    rows: BTreeMap<Address, Span>,
}

impl Lines {
    /// The line of the head that begins with `key`.
    fn head(&self, text: &str, key: &str) -> Span {
        let start = text.find(&format!("\n{key}:")).map_or(0, |at| at + 1);
        let length = text[start..].find('\n').unwrap_or(0);
        Span { file: self.file, start: start as u32, end: (start + length) as u32 }
    }

    fn patterns(&self, patterns: &[Pattern], span: Span) -> Vec<Spanned<Pattern>> {
        patterns.iter().map(|pattern| Spanned::new(pattern.clone(), span)).collect()
    }

    fn domain(&self, held: &DomainSnapshot, region: Option<String>) -> DesiredDomain {
        let unwritable = held
            .configs
            .iter()
            .filter_map(|(address, remote)| Some((address.clone(), remote.unsupported.clone()?)));
        let writable = held.configs.iter().filter(|(_, remote)| remote.unsupported.is_none());
        DesiredDomain {
            key: self.whole,
            region: region.map(|region| Spanned::new(region, self.whole)),
            prune: None,
            app_prune: BTreeMap::new(),
            entries: writable
                .map(|(address, remote)| (address.clone(), self.entry(address, remote)))
                .collect(),
            restored: Some(Restored { place: self.whole, unwritable: unwritable.collect() }),
        }
    }

    fn entry(&self, address: &Address, remote: &Remote) -> Entry {
        let span = self.rows.get(address).copied().unwrap_or(self.whole);
        let origin = Origin { kind: OriginKind::Snapshot, tier: None, span: Some(span), via: Vec::new() };
        let origins = Field::MANAGED.into_iter().map(|field| (field, origin.clone())).collect();
        let config = remote.config.clone().normalized();
        let resolved = Resolved { config, origins };
        Entry { key: span, wanted: Wanted::Present(Box::new(resolved)), expires: None }
    }
}
