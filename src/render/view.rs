//! The parts of a plan that every format shows, named once; a format only lays them out. So no format can forget a
//! part, or decide for itself what is dangerous or what is left alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::path::Path;

use super::Target;
use super::base::BaseView;
use super::groups::Groups;
use super::leases::elsewhere;
use super::left_open::weighty;
use super::phrases::{ON_AIR, coverage_text, undeclared_title, with_count, with_time};
use super::totals::{consequences, dangers, totals};
use crate::apply::journal::LeftOpenNow;
use crate::audit::Replay;
use crate::gate::clean;
use crate::model::Address;
use crate::plan::{
    AcceptedDrift, AcceptedField, AcceptedRow, ActionKind, Budget, Change, Decisions, Difference, Guard,
    Held, Noted, Notes, OnAirStream, Plan, Shadow, Summary, UndeclaredDomain, Unmanaged, Unsupported,
    Warning, fold,
};
use crate::store::Held as Lease;

/// The actions, worst first.
pub(super) const ACTIONS: [ActionKind; 4] =
    [ActionKind::Replace, ActionKind::Delete, ActionKind::Update, ActionKind::Create];

/// Everything that the formats show of a plan.
pub struct PlanView<'a> {
    /// For facts that are looked up change by change.
    pub(super) plan: &'a Plan,
    pub(super) target: &'a Target,
    /// The account that the plan is for, as the digest has it.
    pub(super) account: Option<&'a str>,
    pub(super) digest: String,
    /// For the end of the line of the digest: what it leaves out, if anything.
    pub(super) digest_scope: &'static str,
    /// Terraform's sentence of totals, which other tools look for; a replace counts on both sides.
    pub(super) totals: String,
    /// The text after the totals: how replaces count, what is unchanged, the cost, and the effect on streams on air.
    pub(super) consequences: String,
    pub(super) summary: Summary,
    /// Whether it restores a snapshot.
    pub(super) is_way_back: bool,
    /// The flags that select the addresses that were compared, as typed; empty if all were compared.
    pub(super) selected: &'a [String],
    pub(super) budget: Budget,
    /// Whether every selected domain was read.
    pub(super) is_complete: bool,
    pub(super) unread: &'a [String],
    /// The other domains of the account that hold configurations, if the account was asked.
    pub(super) undeclared_domains: Option<&'a [UndeclaredDomain]>,
    /// The kinds of danger in the plan, each with its count.
    pub(super) dangers: Vec<String>,
    pub(super) warnings: Vec<Warning>,
    /// The domains of the plan that other runs hold at this moment.
    pub(super) leases: &'a [Lease],
    /// The refusals, one by one.
    pub(super) held: &'a [Held],
    /// The same, with identical ones grouped, in the order in which they are shown.
    pub(super) refusals: Vec<RefusalView<'a>>,
    /// The guards that refuse single changes.
    pub(super) guards: HashMap<&'a Address, Vec<Guard>>,
    /// The streams on air whose configuration it changes, as far as it was asked.
    pub(super) on_air: &'a [OnAirStream],
    /// Domains of which it is not known who is on air, although that was asked.
    pub(super) on_air_unread: Vec<&'a str>,
    /// What can't be managed, declared or not.
    pub(super) unsupported: &'a [Unsupported],
    pub(super) shadows: &'a [Shadow],
    pub(super) unchanged: &'a [Address],
    pub(super) unmanaged: &'a [Unmanaged],
    pub(super) ignored: &'a [Address],
    pub(super) accepted: &'a [AcceptedDrift],
    pub(super) groups: Groups<'a>,
    /// What the files change compared with their target branch, if it was compared.
    pub(super) base: Option<BaseView<'a>>,
    /// What earlier runs left unfinished, and its outcome.
    pub(super) left_open: Vec<&'a LeftOpenNow>,
    /// How it differs from the reviewed plan, if there is one.
    pub(super) since_review: &'a [Difference],
    /// What aired, under the configurations of before and after the plan, if that was asked for.
    pub replay: Option<&'a Replay>,
    /// The file that it was saved to, if any.
    pub saved_to: Option<&'a Path>,
    /// The store that keeps the plan under its digest, as outputs name it.
    pub published_in: Option<String>,
    /// The command that applies it, to be pasted into a shell, if the run knows one.
    pub command: Option<String>,
    /// The files and the service of the run, as arguments for a shell.
    pub arguments: Option<String>,
    /// Whether the run does not know from which files the plan was made, so that `arguments` names none.
    pub is_without_files: bool,
    /// What follows the domains in the command that adds unmanaged configurations to the files of the run, if the run
    /// knows one.
    pub import: Option<String>,
}

/// Identical refusals of one guard.
pub(super) struct RefusalView<'a> {
    pub(super) guard: Guard,
    pub(super) message: &'a str,
    /// The flag that allows it.
    pub(super) release: Option<&'a str>,
    /// The addresses that it is about, if it is about single changes.
    pub(super) addresses: Vec<&'a Address>,
}

/// Configurations or domains without a change, under a title.
pub(super) struct LeftAlone {
    /// One or two words.
    pub(super) what: &'static str,
    /// What follows their number.
    pub(super) title: &'static str,
    pub(super) names: Vec<String>,
}

impl<'a> PlanView<'a> {
    /// A plan alone.
    pub fn of(plan: &'a Plan, target: &'a Target) -> Self {
        Self::new(plan, target, &[], &[])
    }

    /// A plan, what earlier runs left unfinished, and how the plan differs from the reviewed one.
    pub fn new(
        plan: &'a Plan,
        target: &'a Target,
        left_open: &'a [LeftOpenNow],
        since_review: &'a [Difference],
    ) -> Self {
        let Plan { decisions, notes } = plan;
        let Decisions { target: _, account, declares_nothing: _, domains: _, changes } = decisions;
        let Notes {
            is_rest: _,
            is_way_back,
            selected,
            changes: _,
            unchanged,
            unmanaged,
            ignored,
            accepted,
            unsupported,
            shadows,
            held,
            on_air,
            warnings,
            unread,
            undeclared_domains,
            budget,
            group_names,
            since_base,
        } = notes;
        let summary = plan.summary();
        Self {
            plan,
            target,
            account: account.as_deref(),
            digest: plan.digest(),
            digest_scope: if plan.is_complete() { "" } else { " (only of the domains that were read)" },
            totals: totals(plan, summary),
            consequences: consequences(plan, summary),
            summary,
            is_way_back: *is_way_back,
            selected,
            budget: *budget,
            is_complete: plan.is_complete(),
            unread,
            undeclared_domains: undeclared_domains.as_deref(),
            dangers: dangers(plan, summary),
            warnings: warnings.clone(),
            leases: &[],
            held,
            refusals: refusals(held),
            guards: guards(held),
            on_air: on_air.as_ref().map_or(&[], |on_air| on_air.streams.as_slice()),
            on_air_unread: on_air.iter().flat_map(|on_air| &on_air.unread).map(|name| &**name).collect(),
            unsupported,
            shadows,
            unchanged,
            unmanaged,
            ignored,
            accepted,
            groups: Groups::of(changes, unmanaged, accepted, group_names),
            base: since_base.as_ref().map(|since| BaseView::new(since, changes)),
            left_open: weighty(left_open),
            since_review,
            replay: None,
            saved_to: None,
            published_in: None,
            command: None,
            arguments: None,
            is_without_files: false,
            import: None,
        }
    }

    /// The same beside runs that hold some of its domains at this moment: what those have not finished shows as a difference.
    pub fn beside(mut self, leases: &'a [Lease]) -> Self {
        let told = elsewhere(leases).into_iter().map(|message| Warning { message, address: None });
        self.warnings.splice(..0, told);
        Self { leases, ..self }
    }

    /// The changes, in the order of their addresses.
    pub(super) fn changes(&self) -> impl ExactSizeIterator<Item = ChangeView<'_>> {
        self.plan.changes().map(|noted| self.change(noted))
    }

    fn change<'v>(&'v self, noted: Noted<'v>) -> ChangeView<'v> {
        ChangeView {
            noted,
            decisions: &self.plan.decisions,
            guards: self.guards.get(&noted.address).map_or(&[], Vec::as_slice),
            is_pending: self.plan.is_pending(&noted),
            instead: self.plan.instead_of(noted.change),
        }
    }

    /// Identical changes grouped; with `full`, each change by itself.
    pub(super) fn folds(&self, full: bool) -> Vec<FoldView<'_>> {
        let view = |fold: Vec<Noted<'a>>| {
            let addresses: Vec<&Address> = fold.iter().map(|one| &one.change.address).collect();
            let is_refused = addresses.iter().any(|address| self.guards.contains_key(address));
            FoldView { first: self.change(fold[0]), addresses, is_refused }
        };
        fold(self.plan, full).into_iter().map(view).collect()
    }

    /// The same, ordered: refused, replaced, deleted, updated, created; then by first address.
    pub(super) fn worst_first(&self, full: bool) -> Vec<FoldView<'_>> {
        let weight = |action| ACTIONS.iter().position(|one| *one == action);
        let mut folds = self.folds(full);
        folds.sort_by_key(|fold| (!fold.is_refused, weight(fold.first.action())));
        folds
    }

    /// Its digest.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether it has changes and lacks no domain.
    pub fn is_ready(&self) -> bool {
        self.is_complete && self.changes().len() > 0
    }

    /// The flags that allow what the guards refuse, to be pasted behind a command; `None` if a guard has no flag.
    pub fn flags(&self) -> Option<Vec<&str>> {
        let flags = self.releases().into_keys().map(|(_, flag)| flag.filter(|flag| is_flag(flag)));
        let mut flags: Vec<&str> = flags.collect::<Option<_>>()?;
        flags.dedup();
        Some(flags)
    }

    /// The flags that together allow the whole plan, if it needs several.
    pub(super) fn all_flags(&self) -> Option<String> {
        self.flags().filter(|flags| flags.len() > 1).map(|flags| flags.join(" "))
    }

    /// The command that applies exactly this plan, to be pasted into a shell, with the flags that it needs; `None` if there is no
    /// such command.
    pub(super) fn apply_command(&self) -> Option<String> {
        if !self.is_complete || self.is_way_back || self.changes().len() == 0 {
            return None;
        }
        let selected: Option<Vec<String>> = self.selected.iter().map(|text| selecting(text)).collect();
        let digest = format!("livevod apply --expect-digest {}", self.digest);
        let flags = self.flags()?.into_iter().map(str::to_owned);
        let words = [digest].into_iter().chain(selected?).chain(flags).chain(self.arguments.clone());
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// The command that adds the unmanaged configurations to the files, to be pasted into a shell. It names only domains
    /// with a configuration that YAML can name.
    pub(super) fn import_command(&self) -> Option<String> {
        let nameable = self.unmanaged_addresses().filter(|address| address.is_nameable());
        let domains: BTreeSet<&str> = nameable.map(|address| &*address.domain).collect();
        let arguments = self.import.as_ref().filter(|_| !domains.is_empty())?;
        let words = ["livevod", "import"].into_iter().chain(domains).chain([arguments.as_str()]);
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// The addresses that no file declares.
    pub(super) fn unmanaged_addresses(&self) -> impl Iterator<Item = &'a Address> + use<'a> {
        self.unmanaged.iter().map(|one| &one.address)
    }

    /// The refusals by the guard and the one flag that allows them.
    pub(super) fn releases(&self) -> BTreeMap<(Guard, Option<&str>), Vec<&RefusalView<'_>>> {
        let mut releases: BTreeMap<_, Vec<&RefusalView>> = BTreeMap::new();
        for refusal in &self.refusals {
            releases.entry((refusal.guard, refusal.release)).or_default().push(refusal);
        }
        releases
    }

    /// The accepted differences, one by one.
    pub(super) fn accepted(&self) -> impl Iterator<Item = AcceptedRow<'a>> + use<'a> {
        self.accepted.iter().flat_map(AcceptedDrift::rows)
    }

    /// An accepted difference in words, without its address: `mark` formats names and values, `words` the reason.
    pub(super) fn accepted_text(
        &self,
        row: &AcceptedRow,
        ellipsis: &str,
        mark: impl Fn(&str) -> String,
        words: impl Fn(&str) -> String,
    ) -> String {
        let AcceptedRow { address: _, about, standing, declared } = row;
        let AcceptedField { field, until, reason, place: _ } = about;
        let [standing, declared] =
            [standing, declared].map(|value| mark(&self.groups.shown(value, ellipsis)));
        let reason = words(reason);
        format!("{} {standing} (files: {declared}) until {until}: {reason}", mark(field.name()))
    }

    /// The guards that refuse it, in the order in which they are shown.
    pub(super) fn refusing(&self) -> BTreeSet<Guard> {
        self.held.iter().map(|held| held.guard).collect()
    }

    /// Declared configurations that are never attempted.
    pub(super) fn unmanageable(&self) -> impl Iterator<Item = &Unsupported> {
        self.unsupported.iter().filter(|one| one.declared)
    }

    /// What the plan does not touch, besides unmanaged configurations: streams that keep their old configuration, too.
    pub(super) fn left_alone(&self) -> [LeftAlone; 4] {
        let undeclared =
            self.unsupported.iter().filter(|one| !one.declared).map(|one| one.address.to_string());
        let names = |addresses: &[Address]| addresses.iter().map(Address::to_string).collect();
        let domains = self.undeclared_domains.unwrap_or_default();
        let list = |what, title, names| LeftAlone { what, title, names };
        [
            list("streams on air", ON_AIR, self.on_air.iter().map(with_time).collect()),
            list("ignored", "ignored", names(self.ignored)),
            list("unsupported", "not declared, and can't be managed", undeclared.collect()),
            list("undeclared domains", undeclared_title(domains), domains.iter().map(with_count).collect()),
        ]
    }

    /// A sentence for the case that the account was asked for undeclared domains and none holds configurations.
    pub(super) fn no_undeclared_domain(&self) -> Option<&'static str> {
        self.undeclared_domains.filter(|domains| domains.is_empty()).map(|_| match self.is_complete {
            true => "every domain that holds configurations is named in the files, or ignored",
            false => "every domain that was read and holds configurations is named in the files, or ignored",
        })
    }

    /// How many changes were already pending on the target branch.
    pub(super) fn pending(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.pending)
    }

    /// Whether apply would carry it out without further flags.
    pub(super) fn is_applicable(&self) -> bool {
        self.held.is_empty() && self.is_complete && self.changes().len() > 0
    }

    /// Whether everything was read, a replay included, and from the declared account, so that it is known whether the service matches the
    /// files.
    pub(super) fn is_conclusive(&self) -> bool {
        self.is_complete
            && !self.plan.is_held_by(Guard::Account)
            && self.replay.is_none_or(Replay::is_complete)
    }
}

/// A change, with the facts about it from the rest of its plan.
#[derive(Clone, Copy)]
pub(super) struct ChangeView<'a> {
    pub(super) noted: Noted<'a>,
    decisions: &'a Decisions,
    /// The guards that refuse it.
    pub(super) guards: &'a [Guard],
    /// Whether the files of the target branch also ask for it.
    pub(super) is_pending: bool,
    /// The different change at this address that the files of the target branch ask for.
    pub(super) instead: Option<&'a Change>,
}

impl<'a> Deref for ChangeView<'a> {
    type Target = Noted<'a>;

    fn deref(&self) -> &Noted<'a> {
        &self.noted
    }
}

impl<'a> ChangeView<'a> {
    /// The region of its domain, if one is written.
    pub(super) fn region(&self) -> Option<&'a str> {
        self.decisions.region(self.change)
    }

    /// Which configuration records the address before and after, in words.
    pub(super) fn coverage_text(&self) -> String {
        coverage_text(&self.note.coverage, &self.address, self.action())
    }

    /// The reason of the change, and which configuration records the address.
    pub(super) fn why(&self) -> String {
        format!("{}; {}", self.reason_text(), self.coverage_text())
    }

    /// Whether the stream is no longer recorded automatically after it.
    pub(super) fn stops_recording(&self) -> bool {
        self.noted.note.coverage.stops_recording()
    }
}

/// Whether a text is a flag and nothing else, so that it does no harm in a shell: the file of a plan may say anything.
fn is_flag(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"- %".contains(&byte);
    text.starts_with("--") && text.bytes().all(is_plain)
}

/// `--target PATTERN` with the pattern in quotes; `None` for any other text.
pub(super) fn selecting(text: &str) -> Option<String> {
    let (flag, pattern) = text.split_once(' ')?;
    let is_known = ["--target", "--exclude"].contains(&flag);
    let is_seen = clean(pattern) == pattern;
    let pattern = shlex::try_quote(pattern).ok().filter(|_| is_known && is_seen)?;
    Some(format!("{flag} {pattern}"))
}

/// Identical changes.
pub(super) struct FoldView<'a> {
    /// The one that represents all of them.
    pub(super) first: ChangeView<'a>,
    /// In order; never empty.
    pub(super) addresses: Vec<&'a Address>,
    /// Whether a guard refuses one of them.
    pub(super) is_refused: bool,
}

/// The refusals in the order in which they are shown.
fn refusals(held: &[Held]) -> Vec<RefusalView<'_>> {
    let mut told: BTreeMap<(Guard, &str, Option<&str>), Vec<&Address>> = BTreeMap::new();
    for Held { guard, address, message, release } in held {
        told.entry((*guard, message, release.as_deref())).or_default().extend(address);
    }
    let refusal = |((guard, message, release), addresses)| RefusalView { guard, message, release, addresses };
    told.into_iter().map(refusal).collect()
}

/// The guards that refuse single changes, by the change's address.
fn guards(held: &[Held]) -> HashMap<&Address, Vec<Guard>> {
    let mut guards: HashMap<&Address, Vec<Guard>> = HashMap::new();
    for Held { guard, address, message: _, release: _ } in held {
        if let Some(address) = address {
            guards.entry(address).or_default().push(*guard);
        }
    }
    guards
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_into_a_shell_is_flags_alone() {
        assert!(is_flag("--allow-recording-gap") && is_flag("--max-delete 3"));
        for bad in
            ["", "-x", "allow", "--a;b", "--a $(b)", "--a `b`", "--a\nb", "--a|b", "--a&b", "--A", "--a'b"]
        {
            assert!(!is_flag(bad), "{bad}");
        }
        assert_eq!(selecting("--target a.com/*/b").unwrap(), "--target 'a.com/*/b'");
        assert_eq!(selecting("--exclude a.com/b").unwrap(), "--exclude a.com/b");
        assert_eq!(selecting("--target $(b)").unwrap(), "--target '$(b)'");
        for bad in ["--target", "--other a", "--target a\u{202e}b", "--target a\nb"] {
            assert_eq!(selecting(bad), None, "{bad}");
        }
    }
}
