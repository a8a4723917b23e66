//! Where configurations are in the listings of a service that ignores AppName and StreamName. Such a service answers a
//! request for one address with the first page of everything, and reading all pages for each would cost a listing per
//! write.
//!
//! A place only says where to look first. What is not found there is looked for in the whole domain.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Address, EVERY};

/// The pages on which configurations were last seen, by domain.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Whether the service was seen to ignore the filters.
    is_needed: AtomicBool,
    by_domain: Mutex<BTreeMap<Arc<str>, BTreeMap<Address, u32>>>,
    /// How many calls the last listing of each domain took.
    calls: Mutex<BTreeMap<Arc<str>, usize>>,
}

impl Places {
    /// Remembers a listing, if that will be of use.
    pub(super) fn note<'a>(&self, domain: &str, entries: impl Iterator<Item = (&'a Address, u32)>) {
        if self.is_needed.load(Ordering::Relaxed) {
            let pages = entries.map(|(address, number)| (address.clone(), number)).collect();
            self.by_domain().insert(domain.into(), pages);
        }
    }

    /// Remembers how many calls a listing took.
    pub(super) fn took(&self, domain: &str, calls: usize) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).insert(domain.into(), calls);
    }

    /// How many calls the last listing of a domain took; 1 if there was none.
    pub(super) fn calls(&self, domain: &str) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).get(domain).copied().unwrap_or(1)
    }

    /// Remembers what was found when one address was asked for.
    pub(super) fn saw(&self, asked: &Address, found: &[Address]) {
        if found.iter().any(|found| !could_select(asked, found)) {
            self.is_needed.store(true, Ordering::Relaxed);
        }
    }

    /// The pages to ask for one address: only the first if the service filters; otherwise the page where it was last
    /// seen, or where its name belongs, and the last page.
    pub(super) fn of(&self, address: &Address) -> Vec<u32> {
        let domains = self.by_domain();
        let Some(pages) = domains.get(&address.domain) else { return vec![1] };
        let by_name = pages.range(..=address).next_back().map_or(1, |(_, number)| *number);
        let last = pages.values().max().copied().unwrap_or(1);
        if by_name == last { vec![last] } else { vec![by_name, last] }
    }

    fn by_domain(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, BTreeMap<Address, u32>>> {
        self.by_domain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a filter for `asked` may return `found`: the documents do not say whether names are compared or searched.
fn could_select(asked: &Address, found: &Address) -> bool {
    let part = |asked: &str, found: &str| {
        asked == EVERY || found.to_ascii_lowercase().contains(&asked.to_ascii_lowercase())
    };
    part(&asked.app, &found.app) && part(&asked.stream, &found.stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(app: &str, stream: &str) -> Address {
        Address::new("a.com", app, stream)
    }

    #[test]
    fn only_what_no_filter_could_give_shows_that_there_is_none() {
        let table = [
            ("cam1", "show", "cam1", false),
            ("cam1", "show", "Cam10", false),
            ("cam1", "TVshow", "cam1", false),
            ("*", "show", "cam2", false),
            ("cam1", "show", "cam2", true),
            ("cam1", "news", "cam1", true),
            ("*", "news", "*", true),
        ];
        for (asked, app, stream, is_ignored) in table {
            let places = Places::default();
            places.saw(&address("show", asked), &[address("show", asked), address(app, stream)]);
            assert_eq!(places.is_needed.into_inner(), is_ignored, "{asked} {app}/{stream}");
        }
    }

    #[test]
    fn an_entry_is_looked_for_where_it_was_seen_or_belongs_and_at_the_end() {
        let entries = [address("show", "b"), address("show", "d"), address("show", "f")];
        let pages = || entries.iter().zip(1..);
        let places = Places::default();
        places.note("a.com", pages());
        assert_eq!(places.of(&address("show", "d")), [1], "while the service is not known to ignore filters");
        places.saw(&entries[0], &entries);
        assert_eq!(places.of(&address("show", "d")), [1], "before the first listing");
        places.note("a.com", pages());
        for (stream, numbers) in [("a", vec![1, 3]), ("d", vec![2, 3]), ("e", vec![2, 3]), ("g", vec![3])] {
            assert_eq!(places.of(&address("show", stream)), numbers, "{stream}");
        }
    }
}
