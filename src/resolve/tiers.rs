//! Follows tiers that name tiers: each tier becomes the chain of blocks that it leads to, nearest first.

use std::collections::BTreeMap;

use crate::config::{Document, Settings, Tier, Written};
use crate::diag::{Code, Diagnostic, Findings};
use crate::source::{Span, Spanned};

/// The most tiers in one chain.
const DEPTH: usize = 16;

/// One tier of a chain.
pub(super) struct Link<'d> {
    /// The tier's name.
    pub(super) name: &'d str,
    /// What it bundles.
    pub(super) settings: &'d Settings,
    /// Where the tier before it names it; `None` for the first.
    pub(super) named_at: Option<Span>,
}

/// The chain of each tier.
pub(super) struct Tiers<'d> {
    chains: BTreeMap<&'d str, Vec<Link<'d>>>,
}

impl<'d> Tiers<'d> {
    /// Follows every tier. Circles and chains that are too long are findings; such a chain ends there.
    pub(super) fn new(document: &'d Document, findings: &mut Findings) -> Self {
        let chains = document
            .tiers
            .iter()
            .map(|(name, tier)| (name.as_str(), chain(document, name, tier, findings)))
            .collect();
        Self { chains }
    }

    /// The chain of a name, if a file defines the tier.
    pub(super) fn chain(&self, name: &str) -> Option<&[Link<'d>]> {
        self.chains.get(name).map(Vec::as_slice)
    }
}

fn chain<'d>(
    document: &'d Document,
    name: &'d str,
    tier: &'d Tier,
    findings: &mut Findings,
) -> Vec<Link<'d>> {
    let mut chain = vec![Link { name, settings: &tier.settings, named_at: None }];
    let mut tier = tier;
    while let Some((next, named_at)) = next_name(tier) {
        let Some((next, definition)) = document.tiers.get_key_value(next) else { break };
        if chain.iter().any(|link| link.name == next) {
            report_circle(&chain, next, named_at, findings);
            break;
        }
        if chain.len() == DEPTH {
            report_depth(named_at, findings);
            break;
        }
        chain.push(Link { name: next, settings: &definition.settings, named_at: Some(named_at) });
        tier = definition;
    }
    chain
}

fn next_name(tier: &Tier) -> Option<(&String, Span)> {
    match &tier.settings.tier {
        Some(Spanned { value: Written::Value(name), span }) => Some((name, *span)),
        _ => None,
    }
}

/// Reports a circle once: when the chain began with its first tier in name order.
fn report_circle(chain: &[Link<'_>], closes_with: &str, closed_at: Span, findings: &mut Findings) {
    let is_first = chain[0].name == closes_with && chain.iter().all(|link| chain[0].name <= link.name);
    if !is_first {
        return;
    }
    let names: Vec<String> = chain.iter().map(|link| format!("`{}`", link.name)).collect();
    let message = format!("tiers refer to each other in a circle: {} → `{closes_with}`", names.join(" → "));
    let diagnostic = Diagnostic::new(Code::TierCycle, message)
        .label(closed_at, format!("refers back to `{closes_with}`"))
        .help("remove one `tier` key of the circle");
    findings.push(chain.iter().fold(diagnostic, |diagnostic, link| match link.named_at {
        Some(span) => diagnostic.label(span, format!("refers to `{}`", link.name)),
        None => diagnostic,
    }));
}

fn report_depth(at: Span, findings: &mut Findings) {
    findings.push(
        Diagnostic::new(Code::Limit, format!("a chain of more than {DEPTH} tiers"))
            .label(at, "one too many")
            .help("merge some of these tiers"),
    );
}
