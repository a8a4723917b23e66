//! Calls that look something up around the configurations: domains, recordings to OSS, transcode groups, app spaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::client::Client;
use super::error::Error;
use crate::model::Address;
use crate::wire::{self, DomainDetail, MOST_APP_SPACES, TranscodeGroup, UserDomain};

/// Pages after which a listing is given up.
pub(super) const MOST_PAGES: u32 = 1000;

impl Client {
    /// A domain as the service knows it; `None` if the service has no domain of that name.
    ///
    /// # Errors
    /// When the call fails otherwise, or its answer can't be understood.
    pub async fn domain_detail(&self, domain: &str) -> Result<Option<DomainDetail>, Error> {
        let answer = self.inquire(&wire::domain_detail(domain), self.live(domain)).await;
        let known = unless(answer, "InvalidDomain.NotFound")?;
        known.map(|fields| wire::read_domain_detail(&fields)).transpose().map_err(Error::Contradiction)
    }

    /// A transcode template group as VOD knows it in a region; `None` if there is none with this id.
    ///
    /// # Errors
    /// When the call fails otherwise, the region is not valid, or the answer can't be understood.
    pub async fn transcode_group(
        &self,
        region: Option<&str>,
        id: &str,
    ) -> Result<Option<TranscodeGroup>, Error> {
        let endpoint = self.vod(region)?;
        let answer = self.inquire(&wire::transcode_group(id), &endpoint).await;
        let known = unless(answer, "InvalidTranscodeTemplateGroup.NotFound")?;
        known.map(|fields| wire::read_transcode_group(&fields)).transpose().map_err(Error::Contradiction)
    }

    /// Those of the ids that are no app space of VOD in a region.
    ///
    /// # Errors
    /// When a call fails, the region is not valid, or an answer can't be understood or leaves out an id.
    pub async fn missing_spaces(
        &self,
        region: Option<&str>,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let endpoint = self.vod(region)?;
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut found = BTreeSet::new();
        for some in all.chunks(MOST_APP_SPACES) {
            let fields = self.inquire(&wire::app_spaces(some.iter().copied()), &endpoint).await?;
            let spaces = wire::read_app_spaces(&fields).map_err(Error::Contradiction)?;
            for id in some {
                match (spaces.known.contains(*id), spaces.missing.contains(*id)) {
                    (true, false) => {}
                    (false, true) => _ = found.insert((*id).to_owned()),
                    (true, true) | (false, false) => return Err(Error::Contradiction(unclear(id))),
                }
            }
        }
        Ok(found)
    }

    /// What a domain records to OSS.
    ///
    /// # Errors
    /// When a call fails, or an answer can't be understood.
    pub async fn oss_recordings(&self, domain: &str) -> Result<BTreeSet<Address>, Error> {
        let (mut found, mut items) = (BTreeSet::new(), 0);
        for number in 1..=MOST_PAGES {
            let inquiry = wire::oss_recordings(domain, number);
            let fields = self.inquire(&inquiry, self.live(domain)).await?;
            let page = wire::read_oss_recordings(&fields).map_err(Error::Contradiction)?;
            let known = found.len();
            items += page.addresses.len() as u64;
            found.extend(page.addresses);
            let listing = || format!("the listing of the OSS recordings of `{domain}`");
            if is_last(listing, items, page.total, found.len() > known)? {
                return Ok(found);
            }
        }
        Err(endless(&format!("the listing of the OSS recordings of `{domain}`")))
    }

    /// The account's main streaming domains, each with the region of its live center if the service tells it.
    ///
    /// # Errors
    /// When a call fails, or an answer can't be understood.
    pub async fn main_domains(&self) -> Result<BTreeMap<Arc<str>, Option<String>>, Error> {
        const LISTING: &str = "the listing of the account's domains";
        let (mut seen, mut main, mut items) = (BTreeSet::new(), BTreeMap::new(), 0);
        for number in 1..=MOST_PAGES {
            let fields = self.inquire(&wire::user_domains(number), self.central()).await?;
            let page = wire::read_user_domains(&fields).map_err(Error::Contradiction)?;
            let known = seen.len();
            items += page.domains.len() as u64;
            for UserDomain { name, region, is_main } in page.domains {
                seen.insert(name.clone());
                if is_main {
                    main.insert(Arc::from(name), region);
                }
            }
            if is_last(|| LISTING.to_owned(), items, page.total, seen.len() > known)? {
                return Ok(main);
            }
        }
        Err(endless(LISTING))
    }
}

/// Whether a page ends a listing, after so many items. A short page proves nothing: the service may return fewer items
/// than were asked for.
pub(super) fn is_last(
    listing: impl Fn() -> String,
    items: u64,
    total: Option<u64>,
    has_new: bool,
) -> Result<bool, Error> {
    match total {
        Some(total) if items >= total => Ok(true),
        Some(total) if !has_new => {
            Err(Error::Contradiction(format!("{} ends after {items} of {total}", listing())))
        }
        Some(_) => Ok(false),
        None => Ok(!has_new),
    }
}

pub(super) fn endless(listing: &str) -> Error {
    Error::Contradiction(format!("{listing} does not end after {MOST_PAGES} pages"))
}

fn unclear(id: &str) -> String {
    format!("the answer does not say whether there is an app space `{id}`")
}

/// `None` for the refusal that means that the item does not exist.
fn unless(
    answer: Result<Map<String, Value>, Error>,
    code: &str,
) -> Result<Option<Map<String, Value>>, Error> {
    match answer {
        Err(error) if error.remote().is_some_and(|refusal| refusal.code == code) => Ok(None),
        answer => answer.map(Some),
    }
}
