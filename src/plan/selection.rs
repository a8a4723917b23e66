//! Which addresses a run selects: `--target` and `--exclude`.

use std::collections::BTreeSet;

use crate::model::{Address, Pattern};

/// The selected addresses: those of any target, or all if there is no target, without the excluded ones.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `--target`.
    pub targets: Vec<Pattern>,
    /// `--exclude`.
    pub excludes: Vec<Pattern>,
    /// If set, only these addresses may be selected: those of the run that is restored.
    pub only: Option<BTreeSet<Address>>,
}

impl Selection {
    /// The flags of the selection: `--target live.example.com/show`.
    pub fn flags(&self) -> Vec<String> {
        let Self { targets, excludes, only: _ } = self;
        let targets = targets.iter().map(|pattern| format!("--target {pattern}"));
        targets.chain(excludes.iter().map(|pattern| format!("--exclude {pattern}"))).collect()
    }

    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        let Self { targets, excludes, only } = self;
        targets.is_empty() && excludes.is_empty() && only.is_none()
    }

    /// Whether the run selects `address`.
    pub fn selects(&self, address: &Address) -> bool {
        let targeted = self.targets.is_empty() || self.targets.iter().any(|pattern| pattern.matches(address));
        let meant = self.only.as_ref().is_none_or(|only| only.contains(address));
        meant && targeted && !self.excludes.iter().any(|pattern| pattern.matches(address))
    }

    /// Whether the run may select something in `domain`, so that it must be read.
    pub fn selects_domain(&self, domain: &str) -> bool {
        let targeted =
            self.targets.is_empty() || self.targets.iter().any(|pattern| pattern.matches_domain(domain));
        targeted
            && !self
                .excludes
                .iter()
                .any(|pattern| pattern.is_whole_domain() && pattern.matches_domain(domain))
    }

    /// The patterns that match none of `addresses`: most likely typing errors, and those must not read as "no changes".
    pub fn without_match<'a>(&self, addresses: impl Iterator<Item = &'a Address> + Clone) -> Vec<&Pattern> {
        let matches = |pattern: &&Pattern| addresses.clone().any(|address| pattern.matches(address));
        self.targets.iter().chain(&self.excludes).filter(|pattern| !matches(pattern)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(targets: &[&str], excludes: &[&str]) -> Selection {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Selection { targets: parse(targets), excludes: parse(excludes), only: None }
    }

    #[test]
    fn excludes_beat_targets() {
        let selection = selection(&["a.com/show"], &["a.com/show/cam1"]);
        assert!(selection.selects(&"a.com/show/cam2".parse().unwrap()));
        assert!(!selection.selects(&"a.com/show/cam1".parse().unwrap()));
        assert!(!selection.selects(&"a.com/news/cam2".parse().unwrap()));
    }

    #[test]
    fn only_what_nothing_narrows_is_all() {
        assert!(Selection::default().is_all());
        assert!(!selection(&["a.com"], &[]).is_all());
        assert!(!selection(&[], &["a.com"]).is_all());
        assert!(!Selection { only: Some(BTreeSet::new()), ..Selection::default() }.is_all());
    }

    #[test]
    fn a_pattern_that_selects_nothing_is_found() {
        let addresses: Vec<Address> =
            ["a.com/show/cam1", "a.com/*/*"].iter().map(|text| text.parse().unwrap()).collect();
        let selection = selection(&["a.com/show", "a.com/typo"], &["a.com/*/*", "b.com"]);
        let without: Vec<String> =
            selection.without_match(addresses.iter()).into_iter().map(Pattern::to_string).collect();
        assert_eq!(without, ["a.com/typo", "b.com"]);
    }

    #[test]
    fn only_domains_that_can_hold_a_selected_address_are_read() {
        assert!(selection(&["a.com/show"], &[]).selects_domain("a.com"));
        assert!(!selection(&["a.com/show"], &[]).selects_domain("b.com"));
        assert!(selection(&[], &["a.com/show"]).selects_domain("a.com"));
        assert!(!selection(&[], &["a.com"]).selects_domain("a.com"));
    }
}
