//! Merges several files into one [`Document`]: maps merge key by key, lists are joined, and whatever may be written
//! only once is an error that labels both places.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::document::{
    Accept, App, Defaults, Document, Domain, GroupIds, Layout, LayoutNames, Settings, Stream, Tier,
    TranscodeGroup,
};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Pattern;
use crate::source::{Span, Spanned};

/// Merges `second`, of a later file, into `first`.
pub(super) fn merge(first: &mut Document, second: Document, findings: &mut Findings) {
    let Document {
        account,
        region,
        transcode_groups,
        defaults,
        tiers,
        layouts,
        ignore,
        protect,
        must_record,
        accept,
        domains,
        allows,
        misplaced,
        partial,
    } = second;
    let mut merger = Merger { findings };
    merger.scalar("account", &mut first.account, account);
    merger.scalar("region", &mut first.region, region);
    merger.map(&mut first.transcode_groups, transcode_groups, Merger::group);
    merger.defaults(&mut first.defaults, defaults);
    merger.map(&mut first.tiers, tiers, Merger::tier);
    merger.map(&mut first.layouts, layouts, Merger::layout);
    first.ignore.extend(ignore);
    first.protect.extend(protect);
    first.must_record.extend(must_record);
    first.accept.extend(accept);
    merger.map(&mut first.domains, domains, Merger::domain);
    first.allows.extend(allows);
    first.misplaced.extend(misplaced);
    first.partial |= partial;
}

/// The most patterns of `ignore`, `protect`, `must_record` or `accept`: each is compared with every configuration.
const PATTERNS: usize = 1000;

/// Runs the checks that need the whole document.
pub(super) fn check_whole(document: &mut Document, findings: &mut Findings) {
    check_prune(document, findings);
    let Document { ignore, protect, must_record, .. } = document;
    for (name, patterns) in [("ignore", ignore), ("protect", protect), ("must_record", must_record)] {
        limit_patterns(name, patterns, |pattern: &Spanned<Pattern>| pattern.span, findings);
    }
    limit_patterns("accept", &mut document.accept, |accept: &Accept| accept.address.span, findings);
}

fn limit_patterns<T>(name: &str, patterns: &mut Vec<T>, span: impl Fn(&T) -> Span, findings: &mut Findings) {
    let Some(first_over) = patterns.get(PATTERNS) else { return };
    findings.push(
        Diagnostic::new(Code::Limit, format!("`{name}` has more than {PATTERNS} patterns"))
            .label(span(first_over), "one too many")
            .help("use patterns that match more, such as `DOMAIN/APP` or `test-*`"),
    );
    patterns.truncate(PATTERNS);
}

/// Refuses `prune` where one file can't show everything that the domain declares.
fn check_prune(document: &Document, findings: &mut Findings) {
    for (name, domain) in document.domains.iter().filter(|(_, domain)| !domain.further_keys.is_empty()) {
        let words = domain.prune.iter().chain(domain.apps.values().filter_map(|app| app.prune.as_ref()));
        for prune in words {
            let message = format!(
                "`prune` is not allowed on `{name}`, because {} files declare it",
                domain.keys().count()
            );
            let diagnostic = Diagnostic::new(Code::PruneSpread, message)
                .label(prune.span, "would delete what is not declared")
                .help("move the domain into one file, so that one file shows everything that `prune` keeps");
            findings.push(domain.keys().fold(diagnostic, |diagnostic, key| {
                diagnostic.note("the domain is declared here", Some(key))
            }));
        }
    }
}

struct Merger<'f> {
    findings: &'f mut Findings,
}

impl Merger<'_> {
    fn conflict(&mut self, what: &str, first: Span, second: Span) {
        self.findings.push(
            Diagnostic::new(Code::Conflict, format!("{what} is set in two files"))
                .label(second, "again here")
                .label(first, "first here")
                .help("keep one of them"),
        );
    }

    fn scalar<T>(&mut self, name: &str, first: &mut Option<Spanned<T>>, second: Option<Spanned<T>>) {
        match (first.as_ref(), second) {
            (Some(first), Some(second)) => self.conflict(&format!("`{name}`"), first.span, second.span),
            (None, second) => *first = second,
            (Some(_), None) => {}
        }
    }

    fn map<K: Ord + AsRef<str>, V>(
        &mut self,
        first: &mut BTreeMap<K, V>,
        second: BTreeMap<K, V>,
        merge: fn(&mut Self, &str, &mut V, V),
    ) {
        for (name, value) in second {
            match first.entry(name) {
                Entry::Vacant(place) => _ = place.insert(value),
                Entry::Occupied(mut place) => {
                    let name = place.key().as_ref().to_owned();
                    merge(self, &name, place.get_mut(), value);
                }
            }
        }
    }

    fn defaults(&mut self, first: &mut Option<Defaults>, second: Option<Defaults>) {
        match (first.as_ref(), second) {
            (Some(first), Some(second)) => self.conflict("this `defaults` block", first.key, second.key),
            (None, second) => *first = second,
            (Some(_), None) => {}
        }
    }

    fn group(&mut self, name: &str, first: &mut TranscodeGroup, second: TranscodeGroup) {
        let TranscodeGroup { key, ids } = second;
        match (&mut first.ids, ids) {
            (GroupIds::ByRegion(first), GroupIds::ByRegion(second)) => {
                self.map(first, second, |merger, region, first, second| {
                    merger.conflict(&format!("the id for `{region}`"), first.span, second.span);
                });
            }
            (first_ids, _) => {
                *first_ids = GroupIds::Faulty;
                self.conflict(&format!("transcode group `{name}`"), first.key, key);
            }
        }
    }

    fn tier(&mut self, _: &str, first: &mut Tier, second: Tier) {
        let Settings { tier, values } = second.settings;
        self.scalar("tier", &mut first.settings.tier, tier);
        for (field, second) in values {
            match first.settings.values.get(field) {
                None => first.settings.values.insert(field, second),
                // A part of `record_format` conflicts with it as a whole.
                Some(first) if field.whole() == field => {
                    self.conflict(&format!("`{field}`"), first.span, second.span);
                }
                Some(_) => {}
            }
        }
    }

    fn layout(&mut self, _: &str, first: &mut Layout, second: Layout) {
        self.map(&mut first.apps, second.apps, Self::app);
    }

    fn domain(&mut self, _: &str, first: &mut Domain, second: Domain) {
        let Domain { key, further_keys, region, layout, prune, defaults, apps } = second;
        first.further_keys.push(key);
        first.further_keys.extend(further_keys);
        self.scalar("region", &mut first.region, region);
        self.layout_names(&mut first.layout, layout);
        self.scalar("prune", &mut first.prune, prune);
        self.defaults(&mut first.defaults, defaults);
        self.map(&mut first.apps, apps, Self::app);
    }

    fn layout_names(&mut self, first: &mut Option<LayoutNames>, second: Option<LayoutNames>) {
        match (first.as_mut(), second) {
            (Some(first), Some(second)) if first.is_list && second.is_list => {
                for name in second.names {
                    match first.names.iter().find(|earlier| earlier.value == name.value) {
                        Some(earlier) => {
                            self.conflict(&format!("layout `{}`", name.value), earlier.span, name.span)
                        }
                        None => first.names.push(name),
                    }
                }
            }
            (Some(first), Some(second)) => self.conflict("`layout`", first.span, second.span),
            (None, second) => *first = second,
            (Some(_), None) => {}
        }
    }

    fn app(&mut self, _: &str, first: &mut App, second: App) {
        let App { key: _, prune, defaults, streams } = second;
        self.scalar("prune", &mut first.prune, prune);
        self.defaults(&mut first.defaults, defaults);
        self.map(&mut first.streams, streams, Self::stream);
    }

    fn stream(&mut self, name: &str, first: &mut Stream, second: Stream) {
        self.conflict(&format!("stream `{name}`"), first.key, second.key);
    }
}
