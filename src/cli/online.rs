//! The questions that `validate --online` asks the service in parallel, and findings for those without an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::connect::{Connection, with_source};
use super::load::Loaded;
use crate::api::{Client, Error};
use crate::check::{self, DomainFacts, GroupFacts, OnlineFacts};
use crate::diag::Diagnostic;
use crate::model::{DomainSnapshot, NO_TRANSCODE, Region};
use crate::render::{self, Sought};
use crate::resolve::{Desired, DesiredDomain, Entry};

/// A main streaming domain (API: LiveDomainType).
const MAIN: &str = "liveVideo";

/// All findings about the files from the service's answers.
pub(super) async fn look(loaded: &Loaded, connection: &Connection) -> Vec<Diagnostic> {
    let mut tasks = JoinSet::new();
    for name in loaded.desired.domains.keys() {
        tasks.spawn(domain(connection.client.clone(), name.clone()));
    }
    for (region, id) in groups(&loaded.desired) {
        tasks.spawn(group(connection.client.clone(), region, id));
    }
    for (region, ids) in spaces(&loaded.desired) {
        tasks.spawn(spaces_seen(connection.client.clone(), region, ids));
    }
    let (mut seen, mut failures) = (OnlineFacts::default(), Vec::new());
    for answer in tasks.join_all().await {
        match answer {
            Answer::Domain(name, known) => {
                let (domain, listed) = known.unzip();
                seen.listed.domains.extend(listed.flatten().map(|listed| (name.clone(), listed)));
                seen.domains.insert(name, domain);
            }
            Answer::Group(place, group) => _ = seen.groups.insert(place, group),
            Answer::Spaces(region, missing) => {
                seen.missing_spaces.extend(missing.into_iter().map(|id| (region.clone(), id)));
            }
            Answer::Failure(what, sought, error) => failures.push((what, sought, error)),
        }
    }
    // Without an answer, the finding of the first region says that the other one could not be asked.
    let elsewhere = seen.groups_elsewhere().into_iter();
    let tasks: JoinSet<Answer> =
        elsewhere.map(|(region, id)| group(connection.client.clone(), region, id)).collect();
    for answer in tasks.join_all().await {
        if let Answer::Group(place, group) = answer {
            seen.groups.insert(place, group);
        }
    }
    failures.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let unanswered = failures.iter().map(|(what, sought, error)| {
        let key = loaded.desired.domains.get(what.as_str()).map(|domain| domain.key);
        let finding = render::unanswered(what, *sought, error, key);
        with_source(finding, error, connection.credentials.as_deref())
    });
    check::found_online(&loaded.desired, &loaded.document.allows, &seen)
        .into_iter()
        .chain(unanswered)
        .collect()
}

/// The answer to one question.
enum Answer {
    Domain(Arc<str>, Option<(DomainFacts, Option<DomainSnapshot>)>),
    /// A group's region and id, and the group if there is one.
    Group((Option<String>, String), Option<GroupFacts>),
    /// The app spaces that a region does not have.
    Spaces(Option<String>, BTreeSet<String>),
    /// A domain, a group's id or the ids of app spaces, and why there is no answer.
    Failure(String, Sought, Error),
}

async fn domain(client: Client, name: Arc<str>) -> Answer {
    match domain_seen(&client, &name).await {
        Ok(seen) => Answer::Domain(name, seen),
        Err(error) => Answer::Failure(name.to_string(), Sought::Domain, error),
    }
}

/// The domain, and its configurations. An ingest domain has none, and the service refuses requests to list them.
async fn domain_seen(
    client: &Client,
    name: &str,
) -> Result<Option<(DomainFacts, Option<DomainSnapshot>)>, Error> {
    let Some(detail) = client.domain_detail(name).await? else { return Ok(None) };
    let (status, kind, region) = (detail.status, detail.kind, detail.region);
    let is_main = kind.as_deref().is_none_or(|kind| kind == MAIN);
    let (oss_recordings, listed) = match is_main {
        true => {
            let (oss, listed) = tokio::try_join!(client.oss_recordings(name), client.list_domain(name))?;
            (oss, Some(listed))
        }
        false => (BTreeSet::new(), None),
    };
    Ok(Some((DomainFacts { status, kind, region, oss_recordings }, listed)))
}

async fn group(client: Client, region: Option<String>, id: String) -> Answer {
    match client.transcode_group(region.as_deref(), &id).await {
        Ok(group) => Answer::Group((region, id), group.map(|group| GroupFacts { space: group.space })),
        Err(error) => Answer::Failure(id, Sought::Group, error),
    }
}

async fn spaces_seen(client: Client, region: Option<String>, ids: BTreeSet<String>) -> Answer {
    match client.missing_spaces(region.as_deref(), &ids).await {
        Ok(missing) => Answer::Spaces(region, missing),
        Err(error) => {
            let ids: Vec<String> = ids.into_iter().collect();
            Answer::Failure(ids.join("`, `"), Sought::Space, error)
        }
    }
}

/// The groups that configurations use, each in its domain's region, without the built-in one, which always exists. Where
/// VOD is not offered, no host can be asked.
pub(super) fn groups(desired: &Desired) -> BTreeSet<(Option<String>, String)> {
    desired.domains.values().filter(|domain| may_have_vod(domain)).flat_map(groups_of).collect()
}

fn may_have_vod(domain: &DesiredDomain) -> bool {
    domain.region.as_ref().is_none_or(|region| Region::may_have_vod(&region.value))
}

fn groups_of(domain: &DesiredDomain) -> impl Iterator<Item = (Option<String>, String)> {
    let region = region_of(domain);
    let present = domain.entries.values().filter_map(Entry::resolved);
    let ids = present.flat_map(|resolved| resolved.config.transcode_groups());
    ids.filter(|id| *id != NO_TRANSCODE).map(move |id| (region.clone(), id.to_owned()))
}

/// The app spaces that configurations name, by their domains' regions.
pub(super) fn spaces(desired: &Desired) -> BTreeMap<Option<String>, BTreeSet<String>> {
    let mut spaces: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for domain in desired.domains.values().filter(|domain| may_have_vod(domain)) {
        let present = domain.entries.values().filter_map(Entry::resolved);
        for id in present.filter_map(|resolved| resolved.config.space_id.clone()) {
            spaces.entry(region_of(domain)).or_default().insert(id);
        }
    }
    spaces
}

fn region_of(domain: &DesiredDomain) -> Option<String> {
    domain.region.as_ref().map(|region| region.value.clone())
}
