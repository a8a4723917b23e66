//! Finds the patterns of a list that select an address, without trying each of them.

use std::collections::HashMap;

use super::Address;
use super::pattern::Pattern;

/// A list of patterns by their literal parts. For an address, it tries only the patterns whose literal parts equal the
/// names of the address; thousands of patterns for other domains and apps cost nothing.
#[derive(Debug, Clone, Default)]
pub struct PatternIndex<'p> {
    patterns: Vec<&'p Pattern>,
    domains: Level<'p>,
}

/// What the patterns say about one part of an address.
#[derive(Debug, Clone, Default)]
struct Level<'p> {
    /// The positions of the patterns that have no further part.
    ends: Vec<usize>,
    by_name: HashMap<&'p str, Level<'p>>,
    /// Below globs and `**`, which may match any name.
    by_glob: Option<Box<Level<'p>>>,
}

impl<'p> PatternIndex<'p> {
    /// Indexes patterns; their order is kept.
    pub fn new(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let patterns: Vec<&Pattern> = patterns.into_iter().collect();
        let mut domains = Level::default();
        for (position, pattern) in patterns.iter().enumerate() {
            domains.below(pattern.names()).ends.push(position);
        }
        Self { patterns, domains }
    }

    /// Whether any of the patterns selects `address`.
    pub fn selects(&self, address: &Address) -> bool {
        self.first(address).is_some()
    }

    /// The positions in the list of all patterns that select `address`, in order.
    pub fn all(&self, address: &Address) -> Vec<usize> {
        let mut all = Vec::new();
        self.domains.visit(&[&address.domain, &address.app, &address.stream], &mut |position| {
            if self.patterns[position].matches(address) {
                all.push(position);
            }
        });
        all.sort_unstable();
        all
    }

    /// The first pattern of the list that selects `address`.
    pub fn first(&self, address: &Address) -> Option<&'p Pattern> {
        let mut first = None;
        self.domains.visit(&[&address.domain, &address.app, &address.stream], &mut |position| {
            if first.is_none_or(|first| position < first) && self.patterns[position].matches(address) {
                first = Some(position);
            }
        });
        first.map(|position| self.patterns[position])
    }
}

impl<'p> Level<'p> {
    /// The level below these parts, each a name or, if it is not literal, `None`.
    fn below(&mut self, parts: impl Iterator<Item = Option<&'p str>>) -> &mut Self {
        parts.fold(self, |level, part| match part {
            Some(name) => level.by_name.entry(name).or_default(),
            None => level.by_glob.get_or_insert_default(),
        })
    }

    /// Visits every position whose literal parts equal these names.
    fn visit(&self, names: &[&str], found: &mut impl FnMut(usize)) {
        self.ends.iter().for_each(|position| found(*position));
        let Some((name, further)) = names.split_first() else { return };
        for level in self.by_name.get(name).into_iter().chain(self.by_glob.as_deref()) {
            level.visit(further, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const DOMAINS: [&str; 4] = ["a.com", "aa.com", "b.com", "b.org"];
    const NAMES: [&str; 5] = ["a", "ab", "b", "vip", "*"];

    fn part(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop_oneof![3 => select(names), 1 => select(vec!["**", "a*", "*b*", "?", "a?", "*.com", "??.com"])]
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let domain = part(&DOMAINS);
        (domain, vec(part(&NAMES), 0..=2)).prop_filter_map("a glob no part can hold", |(domain, parts)| {
            [vec![domain], parts].concat().join("/").parse().ok()
        })
    }

    fn address() -> impl Strategy<Value = Address> {
        // What the service returns is an address too, whatever its names are.
        let name = || prop_oneof![9 => select(&NAMES[..]), 1 => select(vec!["", "**", "a*", "a/b"])];
        (select(&DOMAINS[..]), name(), name())
            .prop_map(|(domain, app, stream)| Address::new(domain, app, stream))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_index_finds_what_a_loop_over_the_list_finds(
            patterns in vec(pattern(), 0..12),
            addresses in vec(address(), 0..30),
        ) {
            let index = PatternIndex::new(&patterns);
            for address in &addresses {
                let by_loop = patterns.iter().find(|pattern| pattern.matches(address));
                prop_assert_eq!(index.first(address).map(std::ptr::from_ref), by_loop.map(std::ptr::from_ref));
                prop_assert_eq!(index.selects(address), by_loop.is_some());
                let all = (0..patterns.len()).filter(|at| patterns[*at].matches(address));
                prop_assert_eq!(index.all(address), all.collect::<Vec<_>>());
            }
        }

        #[test]
        fn a_pattern_finds_in_maps_what_a_loop_over_them_finds(
            pattern in pattern(),
            addresses in vec(address(), 0..30),
        ) {
            let configs: BTreeMap<Address, usize> = addresses.into_iter().zip(0..).collect();
            let by_loop: Vec<_> = configs.iter().filter(|(address, _)| pattern.matches(address)).collect();
            prop_assert_eq!(pattern.among(&configs).collect::<Vec<_>>(), by_loop);

            let domains: BTreeMap<Arc<str>, ()> =
                configs.keys().map(|address| (address.domain.clone(), ())).collect();
            let by_loop: Vec<_> = domains.iter().filter(|(name, ())| pattern.matches_domain(name)).collect();
            prop_assert_eq!(pattern.domains(&domains).collect::<Vec<_>>(), by_loop);
        }
    }

    #[test]
    fn the_first_pattern_of_the_list_is_found_however_literal_it_is() {
        let patterns =
            ["**/show", "a.com/show/cam", "a.com", "a.com/show/c*"].map(|text| text.parse().unwrap());
        let first = |text: &str, from: usize| {
            let index = PatternIndex::new(&patterns[from..]);
            index.first(&text.parse().unwrap()).map(ToString::to_string)
        };
        assert_eq!(first("a.com/show/cam", 0).as_deref(), Some("**/show"));
        assert_eq!(first("a.com/show/cam", 1).as_deref(), Some("a.com/show/cam"));
        assert_eq!(first("a.com/show/cam", 2).as_deref(), Some("a.com"));
        assert_eq!(first("a.com/show/cam", 3).as_deref(), Some("a.com/show/c*"));
        assert_eq!(first("b.com/news/cam", 0), None);
    }
}
