//! The parts of a drift that every format shows, named once; a format only lays them out.

use std::collections::HashSet;
use std::hash::Hash;

use indexmap::IndexMap;

use super::super::phrases::counted;
use super::super::totals::selection;
use super::super::view::{PlanView, selecting};
use super::super::who::{who_key, who_lines};
use super::words;
use crate::api::{Trail, Who};
use crate::drift::{Difference, Drift, FieldDifference, Kind, News};
use crate::merge::Adoption;
use crate::model::Address;
use crate::resolve::OriginKind;

/// Everything that the formats show of a drift.
pub struct DriftView<'a> {
    /// The plan that undoes it, for what is shown of the service and the files.
    pub(in super::super) plan: &'a PlanView<'a>,
    /// What differs; with `--only-new`, only what is new or changed since the last check.
    pub(crate) drift: &'a Drift,
    /// How to end each difference, in their order.
    pub(crate) cures: Vec<Cures>,
    /// The comparison with the last check, if it was asked for.
    pub(crate) news: Option<News>,
    /// Whether unmanaged configurations are among the differences.
    pub(crate) counts_unmanaged: bool,
    /// Who may have changed what differs, if that was asked for.
    pub(crate) who: Option<&'a Who>,
}

/// How to end a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cures {
    /// YAML that has to be added before the command reverts anything: the files do not mention the configuration yet.
    pub revert_first: Option<Adoption>,
    /// The command that makes the service agree with the files, to be pasted into a shell.
    pub revert: Option<String>,
    /// The YAML that makes the files agree with the service.
    pub adopt: Option<Adoption>,
    /// The entries under `accept` that leave it as it is until a day.
    pub accept: Option<String>,
}

/// Differences that read the same except for their addresses.
pub(in super::super) struct DriftFold<'a> {
    /// Never empty; the first one represents all.
    pub(in super::super) all: Vec<(&'a Difference, &'a Cures)>,
}

impl<'a> DriftFold<'a> {
    pub(in super::super) fn first(&self) -> &'a Difference {
        self.all[0].0
    }

    pub(in super::super) fn addresses(&self) -> impl Iterator<Item = &'a Address> {
        self.all.iter().map(|(difference, _)| &difference.address)
    }

    /// The cures, if it is one difference.
    pub(in super::super) fn cures(&self) -> Option<&'a Cures> {
        match self.all.as_slice() {
            [(_, cures)] => Some(cures),
            _ => None,
        }
    }

    /// Since when: for several, what is known of the one that may be the oldest.
    pub(in super::super) fn since(&self) -> String {
        let all = self.all.iter().map(|(difference, _)| *difference);
        let oldest = all.min_by_key(|one| one.since.as_ref().map(|since| since.time)).unwrap_or(self.first());
        if self.all.len() > 1 { words::since_first(oldest) } else { words::since(oldest) }
    }
}

impl<'a> DriftView<'a> {
    /// A drift, with the cures of each difference.
    pub fn new(plan: &'a PlanView<'a>, drift: &'a Drift, cures: Vec<Cures>) -> Self {
        Self { plan, drift, cures, news: None, counts_unmanaged: false, who: None }
    }

    /// The differences, each with its cures.
    pub(in super::super) fn differences(&self) -> impl Iterator<Item = (&Difference, &Cures)> {
        self.drift.differences.iter().zip(self.cures.iter().chain(std::iter::repeat(NO_CURES)))
    }

    /// Differences that read the same together; with `full`, each by itself. The order is that of the addresses.
    pub(in super::super) fn folds(&self, full: bool) -> Vec<DriftFold<'_>> {
        if full {
            return self.differences().map(|one| DriftFold { all: vec![one] }).collect();
        }
        let mut folds: IndexMap<_, Vec<_>> = IndexMap::new();
        for one in self.differences() {
            let address = &one.0.address;
            let who = self.trail(address).map(|trail| who_key(address, trail));
            folds.entry((as_read(one.0), who)).or_default().push(one);
        }
        folds.into_values().map(|all| DriftFold { all }).collect()
    }

    /// What ActionTrail tells of an address, if it was asked.
    pub(in super::super) fn trail(&self, address: &Address) -> Option<&'a Trail> {
        self.who?.trails.get(address)
    }

    /// The same of a fold, in lines for people; empty if it was not asked.
    pub(in super::super) fn who(&self, fold: &DriftFold) -> Vec<String> {
        let trails = fold.addresses().filter_map(|address| Some((address, self.trail(address)?)));
        who_lines(&trails.collect::<Vec<_>>())
    }

    /// The unmanaged configurations that are among the differences, and so are not only listed.
    pub(in super::super) fn counted(&self) -> HashSet<&Address> {
        let all = self.plan.unmanaged.iter().map(|one| &one.address).filter(|_| self.counts_unmanaged);
        let appeared = self.drift.differences.iter().filter(|one| one.kind == Kind::Appeared);
        all.chain(appeared.map(|one| &one.address)).collect()
    }

    /// The sentence of totals.
    pub(in super::super) fn totals(&self) -> String {
        let differing = self.drift.differences.len();
        let told = words::counts(self.drift);
        let is_read = self.plan.is_complete;
        let unread = || counted(self.plan.unread.len(), "domain");
        match self.news {
            _ if is_read && !self.drift.is_complete => {
                "Not compared: the credentials belong to another account.".to_owned()
            }
            _ if !is_read && differing == 0 => format!("Incomplete: {} could not be read.", unread()),
            _ if !is_read => {
                format!("Incomplete: {} could not be read. The others differ {told}.", unread())
            }
            None | Some(News { as_before: 0, .. }) if differing == 0 => self.plan.totals.clone(),
            Some(_) if differing == 0 => "Nothing new since the last check.".to_owned(),
            Some(_) => format!("New or changed since the last check {told}."),
            None => format!("The service differs from the files {told}."),
        }
    }

    /// What follows the totals: what the last check found, what matches, and what was selected.
    pub(in super::super) fn more(&self) -> String {
        let before = self.news.map(|News { as_before, gone }| {
            let before = match as_before {
                0 => None,
                1 => Some("1 difference is as before.".to_owned()),
                more => Some(format!("{more} differences are as before.")),
            };
            let gone = match gone {
                0 => None,
                1 => Some("1 difference of the last check is gone.".to_owned()),
                more => Some(format!("{more} differences of the last check are gone.")),
            };
            [before, gone].into_iter().flatten().collect::<Vec<_>>()
        });
        let matching = self.drift.matching;
        let verb = if matching == 1 { "matches" } else { "match" };
        let matching = format!("{} {verb} the files.", counted(matching, "configuration"));
        let is_told = self.drift.matching > 0 || (self.drift.is_complete && !self.drift.is_drifted());
        let selected = (!self.plan.selected.is_empty() && self.drift.is_drifted())
            .then(|| format!("Only what {} selects was compared.", selection(self.plan.selected)));
        let parts = before.unwrap_or_default().into_iter().chain(is_told.then_some(matching)).chain(selected);
        parts.collect::<Vec<_>>().join(" ")
    }
}

const NO_CURES: &Cures = &Cures { revert_first: None, revert: None, adopt: None, accept: None };

/// A difference as readers see it: two are equal if they differ only in the address, the moment, and the lines of files.
fn as_read(one: &Difference) -> impl Hash + Eq + use<> {
    let Difference { address, kind, moved, fields, since, place: _, shadowed, recorder, reason, is_planned } =
        one;
    let field = |FieldDifference { field, declared, actual, moved, origin }: &FieldDifference| {
        let place = origin.as_ref().and_then(|origin| origin.place.clone());
        // A value of the entry itself is at another place in each entry.
        let place = place.filter(|_| origin.as_ref().is_some_and(|origin| origin.kind != OriginKind::Stream));
        (*field, declared.clone(), actual.clone(), *moved, place)
    };
    let fields: Vec<_> = match kind {
        // What is missing reads the same whatever the files set.
        Kind::Deleted | Kind::Unfinished => Vec::new(),
        Kind::Changed | Kind::Appeared | Kind::Unmanageable => fields.iter().map(field).collect(),
    };
    let recorder = recorder.as_ref().map(|recorder| {
        (recorder.other.clone().filter(|other| other != address), recorder.records_by_itself)
    });
    (
        *kind,
        *moved,
        fields,
        words::since_kind(since.as_ref()),
        shadowed.clone(),
        recorder,
        reason.clone(),
        *is_planned,
    )
}

/// The command that reverts one address, given the command that applies everything.
pub fn reverting(apply: &str, address: &Address) -> Option<String> {
    let target = selecting(&format!("--target {address}")).filter(|_| address.is_nameable())?;
    Some(format!("{apply} {target}"))
}
