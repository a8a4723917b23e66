//! Turns a [`Drift`], or an [`Audit`], into what receivers and metrics are told.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audited::{self, Lost};
use crate::audit::{self, Audit};
use crate::drift::{self, Drift, Kind, Moved};
use crate::model::{Address, Value};
use crate::plan::{Guard, Notes, Plan};
use crate::wire::hex;

/// What is done again and again, so that people are told when its result changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether the service matches the files.
    Drift,
    /// Whether what was on air is recorded.
    Audit,
}

impl Check {
    /// The name in documents and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Check::Drift => "drift",
            Check::Audit => "audit",
        }
    }

    /// How it can end.
    pub fn outcomes(self) -> [Outcome; 4] {
        let found = match self {
            Check::Drift => Outcome::Drift,
            Check::Audit => Outcome::NotRecorded,
        };
        [Outcome::Clean, found, Outcome::Incomplete, Outcome::Failed]
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was read, and the service matches the files, or everything on air that should be recorded is.
    Clean,
    /// Everything was read, and the service differs from the files.
    Drift,
    /// Everything was read, and something is not recorded, or may not be.
    NotRecorded,
    /// Something could not be read.
    Incomplete,
    /// The check ended before it could compare or judge anything.
    Failed,
}

impl Outcome {
    /// The name in documents and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Clean => "clean",
            Outcome::Drift => "drift",
            Outcome::NotRecorded => "not_recorded",
            Outcome::Incomplete => "incomplete",
            Outcome::Failed => "failed",
        }
    }

    /// Whether everything was read.
    pub fn is_complete(self) -> bool {
        matches!(self, Outcome::Clean | Outcome::Drift | Outcome::NotRecorded)
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
    /// Which side moved since livevod last wrote there; `None` if no journal tells.
    pub moved: Option<Moved>,
    /// What happened, for people: a predicate, which the settings or the detail complete.
    pub what: &'static str,
    /// The settings that differ; only if it is changed.
    pub fields: Vec<FieldDifference>,
    /// If it is shadowing, the declared configuration that does not apply; if it is unmanageable, the reason.
    pub detail: Option<String>,
    /// The newest call that may have changed it, for people: what ActionTrail was asked for and tells.
    pub who: Option<String>,
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
    /// Which side moved since livevod last wrote there: `service` if somebody changed it outside the files, `files` if the files
    /// changed and were not applied; null if no journal tells.
    pub moved: Option<Moved>,
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

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// By a drift check.
    Drift {
        /// What differs, sorted by address.
        differences: Vec<Difference>,
        /// The domains that were read.
        domains: BTreeMap<String, DomainCounts>,
    },
    /// By an audit.
    Audit {
        /// The sessions that are not recorded, or may not be, sorted by address and beginning.
        lost: Vec<Lost>,
        /// The domains that were read, each with its sessions by verdict.
        domains: BTreeMap<String, BTreeMap<audit::Kind, audited::Sessions>>,
    },
}

/// What a check found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The service, as outputs name it.
    pub target: String,
    /// The account that the files are for, if it is known.
    pub account: Option<String>,
    /// How the check ended.
    pub outcome: Outcome,
    /// What it found.
    pub found: Found,
    /// The domains that could not be read.
    pub unread: Vec<String>,
    /// Why nothing was compared: a code, and a sentence about it.
    pub problem: Option<(String, String)>,
}

impl Summary {
    /// What a drift check found, and what else its plan says about the service. `domains` are those that were read, and `who`
    /// says who may have changed an address.
    pub fn of_drift<'a>(
        drift: &Drift,
        plan: &Plan,
        target: &str,
        domains: impl IntoIterator<Item = &'a str>,
        who: impl Fn(&Address) -> Option<String>,
    ) -> Self {
        let differences: Vec<Difference> =
            drift.differences.iter().map(|one| difference(one, &plan.notes, who(&one.address))).collect();
        Self {
            target: target.to_owned(),
            account: plan.decisions.account.clone(),
            outcome: match () {
                () if !drift.is_complete => Outcome::Incomplete,
                () if drift.is_drifted() => Outcome::Drift,
                () => Outcome::Clean,
            },
            found: Found::Drift { domains: counts(plan, &differences, domains), differences },
            unread: plan.notes.unread.clone(),
            problem: plan.is_held_by(Guard::Account).then(|| {
                let message = "the credentials belong to another account than the files name";
                ("account".to_owned(), message.to_owned())
            }),
        }
    }

    /// What an audit found. `unread` are the domains whose configurations could not be read.
    pub fn of_audit(audit: &Audit, unread: &[String]) -> Self {
        let by_audit = audit.domains.iter().filter(|(_, read)| !read.unread.is_empty());
        let unread = by_audit.map(|(domain, _)| domain).chain(unread).map(String::as_str);
        let unread: BTreeSet<&str> = unread.collect();
        Self {
            target: audit.target.clone(),
            account: audit.account.clone(),
            outcome: match () {
                () if !unread.is_empty() => Outcome::Incomplete,
                () if audit.is_alarming() => Outcome::NotRecorded,
                () => Outcome::Clean,
            },
            found: Found::Audit { lost: audited::lost(audit), domains: audited::by_domain(audit, &unread) },
            unread: unread.into_iter().map(str::to_owned).collect(),
            problem: None,
        }
    }

    /// A check that ended before it could compare or judge anything.
    pub fn failed(check: Check, target: &str, account: Option<&str>, code: &str, message: &str) -> Self {
        let found = match check {
            Check::Drift => Found::Drift { differences: Vec::new(), domains: BTreeMap::new() },
            Check::Audit => Found::Audit { lost: Vec::new(), domains: BTreeMap::new() },
        };
        Self {
            target: target.to_owned(),
            account: account.map(str::to_owned),
            outcome: Outcome::Failed,
            found,
            unread: Vec::new(),
            problem: Some((code.to_owned(), message.to_owned())),
        }
    }

    /// Which check it was.
    pub fn check(&self) -> Check {
        match self.found {
            Found::Drift { .. } => Check::Drift,
            Found::Audit { .. } => Check::Audit,
        }
    }

    /// The sessions that are not recorded, each by a key that is told once.
    pub fn sessions(&self) -> BTreeSet<String> {
        match &self.found {
            Found::Drift { .. } => BTreeSet::new(),
            Found::Audit { lost, domains: _ } => lost.iter().map(Lost::key).collect(),
        }
    }

    /// What a receiver that knows of these sessions is told: of the others alone, if there are any.
    pub fn without(&self, known: &BTreeSet<String>) -> Self {
        let mut news = self.clone();
        if let Found::Audit { lost, domains: _ } = &mut news.found {
            let is_new = |one: &Lost| !known.contains(&one.key());
            if lost.iter().any(is_new) {
                lost.retain(is_new);
            }
        }
        news
    }

    /// A hash of everything that makes a result differ from the one before, besides its sessions: those that an audit no longer
    /// finds, because its period is over, are no news.
    pub fn fingerprint(&self) -> String {
        let Self { target: _, account: _, outcome, found, unread, problem } = self;
        let differences: &[Difference] = match found {
            Found::Drift { differences, domains: _ } => differences,
            Found::Audit { .. } => &[],
        };
        // A message may hold a time or a RequestId, which is new each time.
        let code = problem.as_ref().map(|(code, _)| code);
        // Which side moved, and who did it, may become known later: that is no news either.
        let values = |FieldDifference { field, declared, actual, moved: _ }: &FieldDifference| {
            (*field, declared.clone(), actual.clone())
        };
        let differences: Vec<_> = differences
            .iter()
            .map(|Difference { address, kind, fields, moved: _, what: _, detail: _, who: _ }| {
                (address.to_string(), kind, fields.iter().map(values).collect::<Vec<_>>())
            })
            .collect();
        // Such values can always be written as JSON.
        let text = serde_json::to_string(&(outcome, differences, unread, code)).unwrap_or_default();
        format!("sha256:{}", hex(&Sha256::digest(text)))
    }
}

/// One difference, in the kinds that receivers and metrics know.
fn difference(one: &drift::Difference, notes: &Notes, who: Option<String>) -> Difference {
    let drift::Difference { address, kind, fields, shadowed, reason, moved, .. } = one;
    let moved = *moved;
    let what = what(one);
    let (kind, detail) = match kind {
        Kind::Changed => (DifferenceKind::Changed, None),
        Kind::Deleted | Kind::Unfinished => (DifferenceKind::Missing, None),
        Kind::Appeared => match shadowed {
            Some(shadowed) => (DifferenceKind::Shadowing, Some(shadowed.to_string())),
            None => (DifferenceKind::Unwanted, None),
        },
        Kind::Unmanageable => (DifferenceKind::Unmanageable, Some(reason.clone())),
    };
    let fields = fields.iter().filter(|_| kind == DifferenceKind::Changed);
    Difference {
        address: address.clone(),
        kind,
        moved,
        what,
        fields: fields.map(|field| field_difference(field, notes)).collect(),
        detail,
        who,
    }
}

/// What happened to a configuration: a predicate. Only what a journal tells was done outside the files is said to be.
fn what(one: &drift::Difference) -> &'static str {
    match (one.kind, one.moved) {
        (Kind::Changed, Some(Moved::Service)) => "was changed outside the files:",
        (Kind::Changed, Some(Moved::Files)) => "was changed in the files and is not applied yet:",
        (Kind::Changed, None) => "differs from the files:",
        (Kind::Deleted, Some(Moved::Service)) => "was deleted outside the files",
        (Kind::Deleted, Some(Moved::Files)) => "is declared and not applied yet",
        (Kind::Deleted, None) => "is declared, but missing in the service",
        (Kind::Unfinished, _) => "is missing: an earlier run removed it and did not add it back",
        (Kind::Appeared, _) if one.shadowed.is_some() => "is not declared, and applies in place of",
        (Kind::Appeared, Some(Moved::Service)) => "was created outside the files",
        (Kind::Appeared, Some(Moved::Files)) if one.is_planned => {
            "still exists: its deletion is not applied yet"
        }
        (Kind::Appeared, Some(Moved::Files)) => "is no longer declared, but still exists",
        (Kind::Appeared, None) if one.place.is_some() => "exists, but the files say that it must not",
        (Kind::Appeared, None) => "exists, but no file declares it",
        (Kind::Unmanageable, _) => "can't be managed:",
    }
}

fn field_difference(field: &drift::FieldDifference, notes: &Notes) -> FieldDifference {
    let drift::FieldDifference { field, declared, actual, moved, origin: _ } = field;
    let named = |value: &Value| {
        let name = value.as_text().and_then(|id| notes.group_names.get(id)).map(|group| group.name.clone());
        name.unwrap_or_else(|| value.to_string())
    };
    let (declared, actual) = match (named(declared), named(actual)) {
        // One name may stand for several ids.
        (one, other) if one == other => (declared.to_string(), actual.to_string()),
        named => named,
    };
    FieldDifference { field: field.name(), declared, actual, moved: *moved }
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
    for Difference { address, kind, .. } in differences {
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
            moved: None,
            what: "is missing",
            fields: Vec::new(),
            detail: None,
            who: None,
        };
        Summary {
            outcome: Outcome::Incomplete,
            found: Found::Drift { differences: vec![difference], domains: BTreeMap::new() },
            unread: vec!["b.com".to_owned()],
            ..Summary::failed(Check::Drift, "here", None, "remote", "no answer, RequestId 1")
        }
    }

    fn difference(summary: &mut Summary) -> &mut Difference {
        let Found::Drift { differences, .. } = &mut summary.found else { panic!("it is a drift check") };
        &mut differences[0]
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
        let mut later = summary();
        let told = difference(&mut later);
        (told.moved, told.what, told.who) = (Some(Moved::Service), "was deleted", Some("alice".to_owned()));
        assert_eq!(one.fingerprint(), later.fingerprint());
        let mut others = [summary(), summary(), summary(), summary(), summary()];
        others[0].outcome = Outcome::Drift;
        others[1].unread.push("c.com".to_owned());
        difference(&mut others[2]).kind = DifferenceKind::Unwanted;
        others[3].problem = None;
        difference(&mut others[4]).fields = vec![FieldDifference {
            field: "on_demand",
            declared: "0".to_owned(),
            actual: "1".to_owned(),
            moved: None,
        }];
        for other in others {
            assert_ne!(one.fingerprint(), other.fingerprint(), "{other:?}");
        }
    }
}
