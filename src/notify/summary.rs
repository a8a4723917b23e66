//! Turns a [`Plan`] into what a drift check found, told from the side of the service.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Address, Value};
use crate::plan::{ActionKind, FieldChange, Guard, Noted, Notes, Plan, Shadow, Unsupported};
use crate::wire::hex;

/// How a drift check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was read, and the service matches the files.
    Clean,
    /// Everything was read, and the service differs from the files.
    Drift,
    /// Something could not be read.
    Incomplete,
    /// The check ended before it could compare anything.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Outcome::Clean, Outcome::Drift, Outcome::Incomplete, Outcome::Failed];

    /// The name in documents and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Clean => "clean",
            Outcome::Drift => "drift",
            Outcome::Incomplete => "incomplete",
            Outcome::Failed => "failed",
        }
    }

    /// Whether everything was read.
    pub fn is_complete(self) -> bool {
        matches!(self, Outcome::Clean | Outcome::Drift)
    }
}

/// How a configuration in the service differs from the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Its settings differ.
    Changed,
    /// It is declared and does not exist.
    Missing,
    /// It exists, and the files say that it must not, or no file declares it and unmanaged configurations count.
    Unwanted,
    /// No file declares it, and it applies in place of a declared one.
    Shadowing,
    /// It is declared, and livevod can't manage what exists.
    Unmanageable,
}

impl DifferenceKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        DifferenceKind::Changed,
        DifferenceKind::Missing,
        DifferenceKind::Unwanted,
        DifferenceKind::Shadowing,
        DifferenceKind::Unmanageable,
    ];

    /// The name in documents and metrics.
    pub fn name(self) -> &'static str {
        match self {
            DifferenceKind::Changed => "changed",
            DifferenceKind::Missing => "missing",
            DifferenceKind::Unwanted => "unwanted",
            DifferenceKind::Shadowing => "shadowing",
            DifferenceKind::Unmanageable => "unmanageable",
        }
    }
}

/// One configuration that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The configuration.
    pub address: Address,
    /// How it differs.
    pub kind: DifferenceKind,
    /// The settings that differ; only if it is changed.
    pub fields: Vec<FieldDifference>,
    /// If it is shadowing, the declared configuration that does not apply; if it is unmanageable, the reason.
    pub detail: Option<String>,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldDifference {
    /// The name of the setting in YAML.
    pub field: &'static str,
    /// What the files say, as people read it.
    pub declared: String,
    /// What the service has.
    pub actual: String,
}

/// The configurations of one domain that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainCounts {
    /// Those that the files declare.
    pub declared: usize,
    /// Those that differ, by kind.
    pub differing: BTreeMap<DifferenceKind, usize>,
    /// Those that no file declares.
    pub unmanaged: usize,
    /// Differences that the files accept for a while.
    pub accepted: usize,
}

/// What a drift check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The service, as outputs name it.
    pub target: String,
    /// The account that the files are for, if it is known.
    pub account: Option<String>,
    /// How the check ended.
    pub outcome: Outcome,
    /// What differs, sorted by address.
    pub differences: Vec<Difference>,
    /// The domains that were read.
    pub domains: BTreeMap<String, DomainCounts>,
    /// The domains that could not be read.
    pub unread: Vec<String>,
    /// Why nothing was compared: a code, and a sentence about it.
    pub problem: Option<(String, String)>,
}

impl Summary {
    /// What a plan says about the service. `domains` are those that were read; with `counts_unmanaged`, every unmanaged
    /// configuration is a difference.
    pub fn of<'a>(
        plan: &Plan,
        target: &str,
        domains: impl IntoIterator<Item = &'a str>,
        counts_unmanaged: bool,
    ) -> Self {
        let differences = differences(plan, counts_unmanaged);
        let is_other_account = plan.is_held_by(Guard::Account);
        Self {
            target: target.to_owned(),
            account: plan.decisions.account.clone(),
            outcome: match () {
                () if !plan.is_complete() || is_other_account => Outcome::Incomplete,
                () if !differences.is_empty() => Outcome::Drift,
                () => Outcome::Clean,
            },
            domains: counts(plan, &differences, domains),
            differences,
            unread: plan.notes.unread.clone(),
            problem: is_other_account.then(|| {
                let message = "the credentials belong to another account than the files name";
                ("account".to_owned(), message.to_owned())
            }),
        }
    }

    /// A check that ended before it could compare anything.
    pub fn failed(target: &str, account: Option<&str>, code: &str, message: &str) -> Self {
        Self {
            target: target.to_owned(),
            account: account.map(str::to_owned),
            outcome: Outcome::Failed,
            differences: Vec::new(),
            domains: BTreeMap::new(),
            unread: Vec::new(),
            problem: Some((code.to_owned(), message.to_owned())),
        }
    }

    /// A hash of everything that makes a result differ from the one before.
    pub fn fingerprint(&self) -> String {
        let Self { target: _, account: _, outcome, differences, domains: _, unread, problem } = self;
        // A message may hold a time or a RequestId, which is new each time.
        let code = problem.as_ref().map(|(code, _)| code);
        let differences: Vec<_> = differences
            .iter()
            .map(|Difference { address, kind, fields, detail: _ }| (address.to_string(), kind, fields))
            .collect();
        // Such values can always be written as JSON.
        let text = serde_json::to_string(&(outcome, differences, unread, code)).unwrap_or_default();
        format!("sha256:{}", hex(&Sha256::digest(text)))
    }
}

fn differences(plan: &Plan, counts_unmanaged: bool) -> Vec<Difference> {
    let changes = plan.changes().map(|change| changed(change, &plan.notes));
    let of = |address: &Address, kind, detail: String| Difference {
        address: address.clone(),
        kind,
        fields: Vec::new(),
        detail: Some(detail),
    };
    let shadows = plan
        .notes
        .shadows
        .iter()
        .map(|Shadow { address, shadowed }| of(address, DifferenceKind::Shadowing, shadowed.to_string()));
    let declared = plan.notes.unsupported.iter().filter(|one| one.declared);
    let unmanageable = declared.map(|Unsupported { address, reason, declared: _ }| {
        of(address, DifferenceKind::Unmanageable, reason.clone())
    });
    let shadowing: BTreeSet<&Address> = plan.notes.shadows.iter().map(|one| &one.address).collect();
    let unmanaged = plan.notes.unmanaged.iter().map(|one| &one.address);
    let undeclared = plan.notes.unsupported.iter().filter(|one| !one.declared).map(|one| &one.address);
    let counted =
        unmanaged.chain(undeclared).filter(|address| counts_unmanaged && !shadowing.contains(address));
    let counted = counted.map(|address| Difference {
        address: address.clone(),
        kind: DifferenceKind::Unwanted,
        fields: Vec::new(),
        detail: None,
    });
    let mut differences: Vec<Difference> =
        changes.chain(shadows).chain(unmanageable).chain(counted).collect();
    differences.sort_by(|one, other| (&one.address, one.kind).cmp(&(&other.address, other.kind)));
    // An unmanaged configuration may take the place of several declared ones; it is one difference.
    differences.dedup_by(|one, other| (&one.address, one.kind) == (&other.address, other.kind));
    differences
}

fn changed(change: Noted<'_>, notes: &Notes) -> Difference {
    let kind = match change.action() {
        ActionKind::Create => DifferenceKind::Missing,
        ActionKind::Update | ActionKind::Replace => DifferenceKind::Changed,
        ActionKind::Delete => DifferenceKind::Unwanted,
    };
    let is_changed = kind == DifferenceKind::Changed;
    let fields = change.field_changes().filter(|_| is_changed).map(|field| field_difference(field, notes));
    Difference { address: change.address.clone(), kind, fields: fields.collect(), detail: None }
}

/// The service's value stands before the change, and the declared one after it.
fn field_difference(change: FieldChange<'_>, notes: &Notes) -> FieldDifference {
    let FieldChange { field, before, after, origin: _, forces_replacement: _ } = change;
    let named = |value: &Value| {
        let name = value.as_text().and_then(|id| notes.group_names.get(id)).map(|group| group.name.clone());
        name.unwrap_or_else(|| value.to_string())
    };
    let (declared, actual) = match (named(&after), named(&before)) {
        // One name may stand for several ids.
        (declared, actual) if declared == actual => (after.to_string(), before.to_string()),
        named => named,
    };
    FieldDifference { field: field.name(), declared, actual }
}

fn counts<'a>(
    plan: &Plan,
    differences: &[Difference],
    domains: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<String, DomainCounts> {
    let mut counts: BTreeMap<String, DomainCounts> =
        domains.into_iter().map(|domain| (domain.to_owned(), DomainCounts::default())).collect();
    let declared = |kind: DifferenceKind| {
        matches!(kind, DifferenceKind::Changed | DifferenceKind::Missing | DifferenceKind::Unmanageable)
    };
    for address in &plan.notes.unchanged {
        counts.entry(address.domain.to_string()).or_default().declared += 1;
    }
    for Difference { address, kind, fields: _, detail: _ } in differences {
        let domain = counts.entry(address.domain.to_string()).or_default();
        *domain.differing.entry(*kind).or_default() += 1;
        domain.declared += usize::from(declared(*kind));
    }
    for unmanaged in &plan.notes.unmanaged {
        counts.entry(unmanaged.address.domain.to_string()).or_default().unmanaged += 1;
    }
    for accepted in &plan.notes.accepted {
        counts.entry(accepted.address.domain.to_string()).or_default().accepted += accepted.fields.len();
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let difference = Difference {
            address: Address::new("a.com", "show", "cam1"),
            kind: DifferenceKind::Missing,
            fields: Vec::new(),
            detail: None,
        };
        Summary {
            outcome: Outcome::Incomplete,
            differences: vec![difference],
            unread: vec!["b.com".to_owned()],
            ..Summary::failed("here", None, "remote", "no answer, RequestId 1")
        }
    }

    #[test]
    fn only_what_is_news_changes_the_fingerprint() {
        let one = summary();
        let same = Summary {
            target: "elsewhere".to_owned(),
            problem: Some(("remote".to_owned(), "no answer, RequestId 2".to_owned())),
            ..summary()
        };
        assert_eq!(one.fingerprint(), same.fingerprint());
        let mut others = [summary(), summary(), summary(), summary(), summary()];
        others[0].outcome = Outcome::Drift;
        others[1].unread.push("c.com".to_owned());
        others[2].differences[0].kind = DifferenceKind::Unwanted;
        others[3].problem = None;
        others[4].differences[0].fields =
            vec![FieldDifference { field: "on_demand", declared: "0".to_owned(), actual: "1".to_owned() }];
        for other in others {
            assert_ne!(one.fingerprint(), other.fingerprint(), "{other:?}");
        }
    }
}
