//! Turns the pages of a domain's listing into a [`DomainSnapshot`] that is known to be whole.
//!
//! Neither the order of a listing nor the meaning of its `Total` is documented, so a configuration may move from one
//! page to another while the pages are read. A listing is whole when `Total` is absent, or equals the number of its
//! entries or of its pages; otherwise it is read on to an empty page. A listing that looks odd is read once more; if it
//! stays odd, there is no snapshot.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::{Client, one_of_several};
use super::error::Error;
use crate::model::{Address, DomainSnapshot, Remote, Snapshot};
use crate::wire::{self, PAGE_SIZE};

/// The most pages of one domain that are read: a hundred thousand configurations.
const MOST_PAGES: usize = 1000;

/// When a domain was listed, and what that took.
#[derive(Debug, Clone, Copy)]
pub struct ListedAt {
    /// When the first page was asked for.
    pub asked: Instant,
    /// How long it took.
    pub took: Duration,
    /// How many pages were read.
    pub calls: usize,
}

/// What several domains hold, and when each was read.
#[derive(Default)]
pub struct DatedSnapshot {
    /// The domains that could be read whole.
    pub snapshot: Snapshot,
    /// When each of them was listed.
    pub listed: BTreeMap<Arc<str>, ListedAt>,
    /// The others, with their errors.
    pub unread: BTreeMap<Arc<str>, Error>,
}

impl Client {
    /// Reads every configuration of a domain.
    ///
    /// # Errors
    /// When a call fails, two listings in a row contradict themselves, or there are more pages than livevod reads.
    pub async fn list_domain(&self, domain: &str) -> Result<DomainSnapshot, Error> {
        Ok(self.dated_listing(domain).await?.0)
    }

    /// Like [`Self::list_domain`], with when it was read and what that took.
    ///
    /// # Errors
    /// As [`Self::list_domain`].
    pub async fn dated_listing(&self, domain: &str) -> Result<(DomainSnapshot, ListedAt), Error> {
        let listing = self.whole(domain).await?;
        self.places().note(domain, listing.by_page());
        self.places().took(domain, listing.calls);
        let asked = listing.asked.unwrap_or_else(Instant::now);
        let listed = ListedAt { asked, took: asked.elapsed(), calls: listing.calls };
        Ok((listing.into_snapshot(), listed))
    }

    /// How many calls the last listing of a domain took; 1 if there was none.
    pub fn calls_of_listing(&self, domain: &str) -> usize {
        self.places().calls(domain)
    }

    async fn whole(&self, domain: &str) -> Result<Listing, Error> {
        let first = self.pages(domain).await?;
        if first.oddity().is_none() {
            return Ok(first);
        }
        let second = self.pages(domain).await?;
        match second.oddity() {
            None => Ok(second),
            Some(Oddity::SeveralUnderOneKey) if second.same_as(&first) => Ok(second),
            Some(oddity) => Err(oddity.error(domain)),
        }
    }

    /// Reads domains in parallel; those that can't be read whole are returned with their errors beside the snapshot.
    pub async fn snapshot<Names>(&self, domains: Names) -> (Snapshot, BTreeMap<Arc<str>, Error>)
    where
        Names: IntoIterator<Item = Arc<str>>,
    {
        let DatedSnapshot { snapshot, listed: _, unread } = self.dated_snapshot(domains).await;
        (snapshot, unread)
    }

    /// Like [`Self::snapshot`], with when each domain was read and what that took.
    pub async fn dated_snapshot<Names>(&self, domains: Names) -> DatedSnapshot
    where
        Names: IntoIterator<Item = Arc<str>>,
    {
        let mut readers = JoinSet::new();
        for domain in domains {
            let client = self.clone();
            readers.spawn(async move { (domain.clone(), client.dated_listing(&domain).await) });
        }
        let mut read = DatedSnapshot::default();
        for (domain, listed) in readers.join_all().await {
            match listed {
                Ok((configs, listed)) => {
                    read.listed.insert(domain.clone(), listed);
                    read.snapshot.domains.insert(domain, configs);
                }
                Err(error) => {
                    read.unread.insert(domain, error);
                }
            }
        }
        read
    }

    /// Reads pages until one ends the listing.
    async fn pages(&self, domain: &str) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        loop {
            let call = wire::describe(domain, listing.next_number(), None);
            let (asked, page) = self.dated_page(&call).await?;
            listing.asked.get_or_insert(asked);
            listing.calls += 1;
            if listing.take(domain, page)? == Read::ToTheEnd {
                return Ok(listing);
            }
        }
    }
}

/// The entries of one pass over all pages.
#[derive(Default)]
struct Listing {
    /// When the first page was asked for.
    asked: Option<Instant>,
    calls: usize,
    entries: Vec<(Address, Remote)>,
    /// Every key, with its spelling, of the pages so far.
    keys: HashSet<(Address, u8)>,
    /// How many entries each page has; an empty page ends the listing.
    lengths: Vec<usize>,
    totals: BTreeSet<u64>,
    /// Whether a page repeated an entry of an earlier page.
    overlaps: bool,
    /// Whether the last page has entries, but no new one.
    repeats: bool,
}

/// Whether a listing is to be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    OnePage,
    ToTheEnd,
}

/// Why a listing can't be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    NothingNew,
    Changing,
    OtherTotal,
    SeveralUnderOneKey,
}

impl Oddity {
    fn error(self, domain: &str) -> Error {
        let what = match self {
            Oddity::NothingNew => "has a page without any new entry",
            Oddity::OtherTotal => "has a different number of entries than its `Total` says",
            Oddity::Changing | Oddity::SeveralUnderOneKey => "changed while it was read",
        };
        Error::Contradiction(format!("the listing of `{domain}` {what}, twice in a row"))
    }
}

impl Listing {
    /// The number of the page to read next.
    fn next_number(&self) -> u32 {
        u32::try_from(self.lengths.len() + 1).unwrap_or(u32::MAX)
    }

    /// Takes the next page.
    fn take(&mut self, domain: &str, page: wire::Page) -> Result<Read, Error> {
        let wire::Page { configs, total, items, size } = page;
        if let Some((stranger, _)) = configs.iter().find(|(address, _)| &*address.domain != domain) {
            return Err(Error::Contradiction(format!(
                "the listing of `{domain}` contains `{stranger}` of another domain"
            )));
        }
        // A page past the last one may report a total of 0 because it is empty itself; that total does not count.
        self.totals.extend(total.filter(|total| *total > 0 || items > 0 || self.lengths.is_empty()));
        if items == 0 {
            return Ok(Read::ToTheEnd);
        }
        if self.lengths.len() == MOST_PAGES {
            return Err(too_long(domain));
        }
        self.add(configs);
        let is_full = items as u64 >= size.unwrap_or(u64::MAX).min(u64::from(PAGE_SIZE));
        let is_over = self.repeats || (!is_full && self.is_whole());
        Ok(if is_over { Read::ToTheEnd } else { Read::OnePage })
    }

    fn add(&mut self, configs: Vec<(Address, Remote)>) {
        let keys: HashSet<(Address, u8)> =
            configs.iter().map(|(address, remote)| (address.clone(), remote.spelling as u8)).collect();
        let known = keys.iter().filter(|key| self.keys.contains(*key)).count();
        self.overlaps |= known > 0;
        self.repeats = known == keys.len();
        self.keys.extend(keys);
        self.lengths.push(configs.len());
        self.entries.extend(configs);
    }

    /// Whether the service's count, if it gives one, is the number of entries or of pages.
    fn is_whole(&self) -> bool {
        let mut totals = self.totals.iter();
        match (totals.next(), totals.next()) {
            (None, _) => true,
            (Some(total), None) => *total == self.entries.len() as u64 || self.has_pages(*total),
            (Some(_), Some(_)) => false,
        }
    }

    /// Whether there are exactly `total` pages, all but the last of one length: a shorter page in between lacks
    /// something.
    fn has_pages(&self, total: u64) -> bool {
        let Some((last, others)) = self.lengths.split_last() else { return total == 0 };
        let longest = others.first().unwrap_or(last);
        total == self.lengths.len() as u64 && others.iter().all(|length| length == longest) && last <= longest
    }

    fn oddity(&self) -> Option<Oddity> {
        let keys: BTreeSet<&Address> = self.entries.iter().map(|(address, _)| address).collect();
        if self.repeats {
            Some(Oddity::NothingNew)
        } else if self.overlaps || self.totals.len() > 1 {
            Some(Oddity::Changing)
        } else if !self.is_whole() {
            Some(Oddity::OtherTotal)
        } else {
            (keys.len() < self.entries.len()).then_some(Oddity::SeveralUnderOneKey)
        }
    }

    /// Every key with the number of its page.
    fn by_page(&self) -> impl Iterator<Item = (&Address, u32)> {
        let numbers =
            (1..).zip(&self.lengths).flat_map(|(number, length)| std::iter::repeat_n(number, *length));
        self.entries.iter().map(|(address, _)| address).zip(numbers)
    }

    /// Whether two passes saw the same entries, in any order.
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

fn too_long(domain: &str) -> Error {
    let most = MOST_PAGES * PAGE_SIZE as usize;
    Error::Contradiction(format!(
        "the listing of `{domain}` has more than {MOST_PAGES} pages; livevod reads at most {most} configurations per domain"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecordConfig, StreamSpelling};

    const DOMAIN: &str = "live.example.com";

    fn page(total: Option<u64>, entries: &[(&str, StreamSpelling)]) -> wire::Page {
        let entry = |(stream, spelling): &(&str, StreamSpelling)| {
            let remote = Remote {
                config: RecordConfig::default(),
                spelling: *spelling,
                create_time: None,
                unsupported: None,
            };
            (Address::new(DOMAIN, "show", *stream), remote)
        };
        wire::Page { configs: entries.iter().map(entry).collect(), total, items: entries.len(), size: None }
    }

    fn named(total: Option<u64>, streams: std::ops::Range<u32>) -> wire::Page {
        let names: Vec<String> = streams.map(|number| format!("s{number}")).collect();
        page(total, &names.iter().map(|name| (name.as_str(), Named)).collect::<Vec<_>>())
    }

    /// A listing of these pages, all of them added.
    fn listing_of(pages: impl IntoIterator<Item = wire::Page>) -> Listing {
        let mut listing = Listing::default();
        for page in pages {
            listing.take(DOMAIN, page).unwrap();
        }
        listing
    }

    fn listing(total: Option<u64>, entries: &[(&str, StreamSpelling)]) -> Listing {
        listing_of([page(total, entries)])
    }

    use StreamSpelling::{Absent, Named};

    #[test]
    fn a_total_counts_entries_or_pages() {
        assert_eq!(listing(Some(1), &[("a", Named), ("b", Named)]).oddity(), None);
        assert_eq!(listing(Some(2), &[("a", Named), ("b", Named)]).oddity(), None);
        assert_eq!(listing(None, &[("a", Named)]).oddity(), None);
        assert_eq!(listing(Some(0), &[]).oddity(), None);
        for total in [0, 2, 45, 100] {
            assert_eq!(listing(Some(total), &[("a", Named)]).oddity(), Some(Oddity::OtherTotal), "{total}");
        }
        assert_eq!(listing(Some(45), &[]).oddity(), Some(Oddity::OtherTotal));
    }

    #[test]
    fn pages_are_counted_only_where_all_but_the_last_are_of_one_length() {
        let pages = |lengths: [std::ops::Range<u32>; 3]| {
            listing_of(lengths.map(|streams| named(Some(3), streams))).oddity()
        };
        assert_eq!(pages([0..20, 20..40, 40..45]), None);
        assert_eq!(pages([0..20, 20..40, 40..60]), None);
        assert_eq!(pages([0..20, 20..30, 30..50]), Some(Oddity::OtherTotal));
        assert_eq!(pages([0..10, 10..20, 20..31]), Some(Oddity::OtherTotal));
    }

    #[test]
    fn a_page_beyond_the_last_may_count_nothing_but_not_something_else() {
        let ended = |total| listing_of([named(Some(100), 0..100), page(Some(total), &[])]).oddity();
        assert_eq!((ended(100), ended(0)), (None, None));
        assert_eq!(ended(99), Some(Oddity::Changing));
    }

    #[test]
    fn an_entry_on_two_pages_has_moved() {
        let moved = listing_of([named(Some(40), 0..20), named(Some(40), 19..39)]);
        assert_eq!(moved.oddity(), Some(Oddity::Changing));
        let again = listing_of([named(None, 0..100), named(None, 0..100)]);
        assert_eq!(again.oddity(), Some(Oddity::NothingNew));
    }

    #[test]
    fn a_page_is_full_as_asked_or_as_the_answer_says() {
        let mut listing = Listing::default();
        let sized = |size| wire::Page { size, ..named(None, 0..20) };
        assert_eq!(listing.take(DOMAIN, sized(Some(20))).unwrap(), Read::OnePage);
        for size in [None, Some(100), Some(21)] {
            assert_eq!(Listing::default().take(DOMAIN, sized(size)).unwrap(), Read::ToTheEnd, "{size:?}");
        }
        assert_eq!(listing.take(DOMAIN, named(None, 0..0)).unwrap(), Read::ToTheEnd);
        assert_eq!(listing.by_page().map(|(_, number)| number).max(), Some(1));
    }

    /// A hundred thousand entries are read, and not one more.
    #[test]
    fn the_cap_is_exact() {
        let mut listing = Listing::default();
        for number in 0..1000 {
            let read = listing.take(DOMAIN, named(None, number * 100..number * 100 + 100)).unwrap();
            assert_eq!(read, Read::OnePage);
        }
        assert_eq!(listing.take(DOMAIN, named(None, 0..0)).unwrap(), Read::ToTheEnd);
        assert_eq!((listing.oddity(), listing.entries.len()), (None, 100_000));
        let error = listing.take(DOMAIN, named(None, 100_000..100_001)).unwrap_err().to_string();
        assert!(error.contains("more than 1000 pages; livevod reads at most 100000"), "{error}");
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
