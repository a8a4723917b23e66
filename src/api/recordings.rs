//! Reads what aired on a domain: who published, and which recordings there are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::client::Client;
use super::endpoint::Endpoint;
use super::error::Error;
use super::lookups::{MOST_PAGES, endless, is_last};
use crate::model::{DomainAired, Notification, Period, Publish, Video};
use crate::wire::{
    self, DOMAIN_MAPPING, DomainMapping, Inquiry, LIVE_VIDEOS, Listed, MOST_VIDEOS, NOTIFY_DAYS,
    NOTIFY_RECORDS, PUBLISH_DAYS, PUBLISH_LIST, Product, RemoteError,
};

/// How long before its stream's first row in the list a recording may begin: one cycle, the longest that there is.
const BEFORE: SignedDuration = SignedDuration::from_hours(6);

/// The shortest period that is split: the service's times have whole seconds.
const SHORTEST: SignedDuration = SignedDuration::from_secs(2);

/// Reads one page of a list from the fields of an answer.
type ReadPage<T> = fn(&Map<String, Value>) -> Result<Listed<T>, String>;

/// A list of one kind of items.
struct Listing<'a, T> {
    name: String,
    endpoint: &'a Endpoint,
    read: ReadPage<T>,
}

impl Client {
    /// What was published on a main streaming domain in a period, and what is recorded of it. What can't be read is told in
    /// [`DomainAired::unread`]. With `transcoded`, transcoded streams are listed too.
    ///
    /// Recordings are asked for under the domain and the ingest domains that feed it: no document says which of them VOD means. One that is
    /// listed under an ingest domain of several streaming domains may be of any of them.
    pub async fn aired(
        &self,
        domain: &str,
        region: Option<&str>,
        period: Period,
        transcoded: bool,
    ) -> DomainAired {
        let mut aired = DomainAired::default();
        let publishes = self.published(domain, period, transcoded).await;
        match publishes {
            Ok(publishes) => aired.publishes = publishes,
            Err(error) => {
                let actions = [(Product::Live, PUBLISH_LIST)];
                aired.unread.push(unread("who published", &error, &actions));
            }
        }
        aired.read_at = self.time().ok();
        let first = aired.publishes.iter().map(|publish| publish.began).min().unwrap_or(period.from);
        let from = Period::earlier(first.min(period.from), BEFORE);
        let to = aired.read_at.unwrap_or(period.to).max(period.to);
        match self.videos(domain, region, Period::new(from, to)).await {
            Ok(videos) => aired.videos = videos,
            Err(error) => {
                let actions = [(Product::Live, DOMAIN_MAPPING), (Product::Vod, LIVE_VIDEOS)];
                aired.unread.push(unread("which recordings there are", &error, &actions));
            }
        }
        aired
    }

    /// What is on air on a main streaming domain, without transcoded streams: connections without an end.
    ///
    /// # Errors
    /// When a call fails, or an answer can't be understood.
    pub async fn on_air(&self, domain: &str) -> Result<Vec<Publish>, Error> {
        let listing = Listing {
            name: format!("the streams on air on `{domain}`"),
            endpoint: self.live(domain),
            read: wire::read_online_list,
        };
        self.whole_list(&listing, |number| wire::online_list(domain, number)).await
    }

    /// The notifications of recordings that were sent for a domain in a period of the last [`NOTIFY_DAYS`].
    ///
    /// # Errors
    /// In words, when a call fails, or an answer can't be understood.
    pub async fn notifications(&self, domain: &str, period: Period) -> Result<Vec<Notification>, String> {
        let actions = [(Product::Live, NOTIFY_RECORDS)];
        let listed = self.list_notifications(domain, period).await;
        listed.map_err(|error| unread("the notifications", &error, &actions))
    }

    async fn list_notifications(&self, domain: &str, period: Period) -> Result<Vec<Notification>, Error> {
        let listing = Listing {
            name: format!("the notifications of `{domain}`"),
            endpoint: self.live(domain),
            read: wire::read_notify_records,
        };
        let mut found = BTreeSet::new();
        for part in parts(period, SignedDuration::from_hours(24 * NOTIFY_DAYS)) {
            let page = |number| wire::notify_records(domain, part, number);
            found.extend(self.whole_list(&listing, page).await?);
        }
        Ok(found.into_iter().collect())
    }

    /// What was published on a main streaming domain in a period. With `transcoded`, transcoded streams are listed too.
    ///
    /// # Errors
    /// When a call fails, or an answer can't be understood.
    pub async fn published(
        &self,
        domain: &str,
        period: Period,
        transcoded: bool,
    ) -> Result<Vec<Publish>, Error> {
        let listing = Listing {
            name: format!("the publish list of `{domain}`"),
            endpoint: self.live(domain),
            read: wire::read_publish_list,
        };
        // A stream that is on air in two periods is in both lists.
        let mut publishes = BTreeSet::new();
        for part in parts(period, SignedDuration::from_hours(24 * PUBLISH_DAYS)) {
            let page = |number| wire::publish_list(domain, part, transcoded, number);
            publishes.extend(self.whole_list(&listing, page).await?);
        }
        Ok(publishes.into_iter().collect())
    }

    async fn videos(&self, domain: &str, region: Option<&str>, period: Period) -> Result<Vec<Video>, Error> {
        let endpoint = self.vod(region)?;
        let mut videos: BTreeMap<String, Video> = BTreeMap::new();
        for video in self.videos_under(domain, &endpoint, period).await? {
            videos.insert(video.id.clone(), video);
        }
        for ingest in self.mapping(domain).await?.ingest.into_iter().filter(|ingest| ingest != domain) {
            let shared = self.mapping(&ingest).await?.streaming.iter().any(|name| name != domain);
            for video in self.videos_under(&ingest, &endpoint, period).await? {
                videos.entry(video.id.clone()).or_insert(Video { shared, ..video });
            }
        }
        Ok(videos.into_values().collect())
    }

    async fn mapping(&self, domain: &str) -> Result<DomainMapping, Error> {
        let fields = self.inquire(&wire::domain_mapping(domain), self.live(domain)).await?;
        wire::read_domain_mapping(&fields).map_err(Error::Contradiction)
    }

    /// The recordings that are listed under one domain. A period with more than one filter reaches is read in halves.
    async fn videos_under(
        &self,
        domain: &str,
        endpoint: &Endpoint,
        period: Period,
    ) -> Result<Vec<Video>, Error> {
        let name = format!("the list of recordings under `{domain}`");
        let listing = Listing { name, endpoint, read: wire::read_live_videos };
        let (mut open, mut videos) = (vec![period], Vec::new());
        while let Some(part) = open.pop() {
            let first = self.one(&listing, &wire::live_videos(domain, part, 1)).await?;
            if first.total.is_none_or(|total| total <= MOST_VIDEOS) {
                videos.extend(
                    self.rest(&listing, first, |number| wire::live_videos(domain, part, number)).await?,
                );
                continue;
            }
            if part.length() < SHORTEST {
                let problem =
                    format!("{} has more than {MOST_VIDEOS} that began in one second", listing.name);
                return Err(Error::Contradiction(problem));
            }
            let middle = part.from + part.length() / 2;
            open.extend([Period::new(part.from, middle), Period::new(middle, part.to)]);
        }
        Ok(videos)
    }

    async fn whole_list<T: Ord + Clone>(
        &self,
        listing: &Listing<'_, T>,
        page: impl Fn(u32) -> Inquiry,
    ) -> Result<Vec<T>, Error> {
        let first = self.one(listing, &page(1)).await?;
        self.rest(listing, first, page).await
    }

    async fn one<T>(&self, listing: &Listing<'_, T>, inquiry: &Inquiry) -> Result<Listed<T>, Error> {
        let fields = self.inquire(inquiry, listing.endpoint).await?;
        (listing.read)(&fields).map_err(Error::Contradiction)
    }

    /// The items of a list from its first page on.
    async fn rest<T: Ord + Clone>(
        &self,
        listing: &Listing<'_, T>,
        first: Listed<T>,
        page: impl Fn(u32) -> Inquiry,
    ) -> Result<Vec<T>, Error> {
        let (mut found, mut items, mut current) = (BTreeSet::new(), 0, first);
        for number in 2..=MOST_PAGES {
            let known = found.len();
            items += current.items.len() as u64;
            found.extend(current.items);
            if is_last(|| listing.name.clone(), items, current.total, found.len() > known)? {
                return Ok(found.into_iter().collect());
            }
            current = self.one(listing, &page(number)).await?;
        }
        Err(endless(&listing.name))
    }
}

/// Why something could not be read, and what RAM must allow if that is why.
fn unread(what: &str, error: &Error, actions: &[(Product, &str)]) -> String {
    let told = format!("{what} can't be read: {error}");
    if !error.remote().is_some_and(RemoteError::is_denial) {
        return told;
    }
    let actions: Vec<String> =
        actions.iter().map(|(product, name)| format!("`{}`", product.ram_action(name))).collect();
    format!(
        "{told}; RAM must allow {}: `livevod ram-policy --for audit` prints the policy",
        actions.join(" and ")
    )
}

/// A period in parts of `longest` at most.
fn parts(period: Period, longest: SignedDuration) -> Vec<Period> {
    let mut parts = Vec::new();
    let mut from = period.from;
    while from < period.to {
        let to = Period::later(from, longest).min(period.to);
        parts.push(Period::new(from, to));
        from = to;
    }
    parts
}
