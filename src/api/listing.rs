//! Turns the pages of a domain's listing into a [`DomainSnapshot`] that is known to be whole.
//!
//! Neither the order of a listing nor the meaning of its `Total` is documented, so a configuration may move from one page
//! to another while they are read. What looks odd is read once more; what stays odd is no snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::client::Client;
use super::error::Error;
use crate::model::{Address, DomainSnapshot, Remote, Snapshot};
use crate::wire::{self, PAGE_SIZE};

/// Pages after which a listing is given up: a hundred thousand configurations in one domain.
const MOST_PAGES: u32 = 1000;

impl Client {
    /// Reads every configuration of a domain.
    ///
    /// # Errors
    /// When a call fails, or two listings in a row contradict themselves.
    pub async fn list_domain(&self, domain: &str) -> Result<DomainSnapshot, Error> {
        let first = self.pages(domain).await?;
        if first.oddity().is_none() {
            return Ok(first.into_snapshot());
        }
        let second = self.pages(domain).await?;
        match second.oddity() {
            None => Ok(second.into_snapshot()),
            Some(Oddity::SeveralUnderOneKey) if second.same_as(&first) => Ok(second.into_snapshot()),
            Some(oddity) => Err(oddity.error(domain)),
        }
    }

    /// Reads domains side by side; those that can't be read whole stand beside the snapshot with their errors.
    pub async fn snapshot<Names>(&self, domains: Names) -> (Snapshot, BTreeMap<Arc<str>, Error>)
    where
        Names: IntoIterator<Item = Arc<str>>,
    {
        let mut readers = JoinSet::new();
        for domain in domains {
            let client = self.clone();
            readers.spawn(async move { (domain.clone(), client.list_domain(&domain).await) });
        }
        let (mut snapshot, mut errors) = (Snapshot::default(), BTreeMap::new());
        for (domain, listed) in readers.join_all().await {
            match listed {
                Ok(configs) => {
                    snapshot.domains.insert(domain, configs);
                }
                Err(error) => {
                    errors.insert(domain, error);
                }
            }
        }
        (snapshot, errors)
    }

    /// Reads pages until one is short.
    async fn pages(&self, domain: &str) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        for number in 1..=MOST_PAGES {
            let page = self.page(&wire::describe(domain, number, None)).await?;
            let last = page.items < PAGE_SIZE as usize;
            listing.take(domain, page)?;
            if last || listing.repeats {
                return Ok(listing);
            }
        }
        Err(Error::Contradiction(format!("the listing of `{domain}` does not end after {MOST_PAGES} pages")))
    }
}

/// Marks the first of several entries under one key: nobody could tell which one a write would reach.
pub(super) fn one_of_several(remote: Remote) -> Remote {
    let unsupported = Some("several entries stand under this one key".to_owned());
    Remote { unsupported, ..remote }
}

/// The entries of one pass over all pages.
#[derive(Default)]
struct Listing {
    entries: Vec<(Address, Remote)>,
    total: Option<u64>,
    repeats: bool,
}

/// Why a listing can't be trusted as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    PageRepeats,
    OtherTotal,
    SeveralUnderOneKey,
}

impl Oddity {
    fn error(self, domain: &str) -> Error {
        let what = match self {
            Oddity::PageRepeats => "gives the same page again and again",
            Oddity::OtherTotal => "does not hold as many entries as it says",
            Oddity::SeveralUnderOneKey => "changes while it is read",
        };
        Error::Contradiction(format!("the listing of `{domain}` {what}, twice in a row"))
    }
}

impl Listing {
    fn take(&mut self, domain: &str, page: wire::Page) -> Result<(), Error> {
        let wire::Page { configs, total, items: _ } = page;
        if let Some((stranger, _)) = configs.iter().find(|(address, _)| &*address.domain != domain) {
            return Err(Error::Contradiction(format!("the listing of `{domain}` holds `{stranger}`")));
        }
        self.repeats = !configs.is_empty() && self.entries.ends_with(&configs);
        self.entries.extend(configs);
        self.total = total.or(self.total);
        Ok(())
    }

    fn oddity(&self) -> Option<Oddity> {
        let unlike: BTreeSet<(&Address, u8)> =
            self.entries.iter().map(|(address, remote)| (address, remote.spelling as u8)).collect();
        let keys: BTreeSet<&Address> = unlike.iter().map(|(address, _)| *address).collect();
        // Below one page the number may as well count pages.
        let counted = self.total.filter(|total| *total >= u64::from(PAGE_SIZE));
        if self.repeats {
            Some(Oddity::PageRepeats)
        } else if counted.is_some_and(|total| total != unlike.len() as u64) {
            Some(Oddity::OtherTotal)
        } else {
            (keys.len() < self.entries.len()).then_some(Oddity::SeveralUnderOneKey)
        }
    }

    /// Whether two passes saw the same entries, in whatever order.
    fn same_as(&self, other: &Listing) -> bool {
        let (one, two) = (self.by_key(), other.by_key());
        let alike = |key: &Address, group: &[&Remote]| {
            let count =
                |group: &[&Remote], remote: &Remote| group.iter().filter(|entry| **entry == remote).count();
            let others = two.get(key).map_or(&[][..], Vec::as_slice);
            group.len() == others.len()
                && group.iter().all(|entry| count(group, entry) == count(others, entry))
        };
        one.len() == two.len() && one.iter().all(|(key, group)| alike(key, group))
    }

    fn by_key(&self) -> BTreeMap<&Address, Vec<&Remote>> {
        let mut groups: BTreeMap<&Address, Vec<&Remote>> = BTreeMap::new();
        for (address, remote) in &self.entries {
            groups.entry(address).or_default().push(remote);
        }
        groups
    }

    fn into_snapshot(self) -> DomainSnapshot {
        let mut configs: BTreeMap<Address, Remote> = BTreeMap::new();
        for (address, remote) in self.entries {
            let remote = if configs.contains_key(&address) { one_of_several(remote) } else { remote };
            configs.insert(address, remote);
        }
        DomainSnapshot { configs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecordConfig, StreamSpelling};

    fn listing(total: Option<u64>, entries: &[(&str, StreamSpelling)]) -> Listing {
        let entry = |(stream, spelling): &(&str, StreamSpelling)| {
            let remote = Remote {
                config: RecordConfig::default(),
                spelling: *spelling,
                create_time: None,
                unsupported: None,
            };
            (Address::new("live.example.com", "show", *stream), remote)
        };
        Listing { entries: entries.iter().map(entry).collect(), total, repeats: false }
    }

    use StreamSpelling::{Absent, Named};

    #[test]
    fn a_total_counts_only_from_one_page_on() {
        assert_eq!(listing(Some(1), &[("a", Named), ("b", Named)]).oddity(), None);
        assert_eq!(listing(None, &[("a", Named)]).oddity(), None);
        assert_eq!(listing(Some(100), &[("a", Named)]).oddity(), Some(Oddity::OtherTotal));
    }

    #[test]
    fn two_entries_under_one_key_are_odd_and_then_unsupported() {
        let listing = listing(None, &[("*", Named), ("a", Named), ("*", Absent)]);
        assert_eq!(listing.oddity(), Some(Oddity::SeveralUnderOneKey));
        let snapshot = listing.into_snapshot();
        let unsupported: Vec<bool> =
            snapshot.configs.values().map(|remote| remote.unsupported.is_some()).collect();
        assert_eq!(unsupported, [true, false]);
    }

    #[test]
    fn the_order_of_a_listing_means_nothing_but_its_entries_do() {
        let one = listing(None, &[("*", Named), ("*", Absent), ("a", Named)]);
        assert!(one.same_as(&listing(None, &[("a", Named), ("*", Absent), ("*", Named)])));
        assert!(!one.same_as(&listing(None, &[("a", Named), ("a", Named), ("*", Named)])));
        assert!(!one.same_as(&listing(None, &[("*", Named), ("*", Absent)])));
    }
}
