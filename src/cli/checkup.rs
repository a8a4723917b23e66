//! The questions that `doctor` asks the service: reads that change nothing, each sent once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::connect::{self, Connection};
use super::online::{groups, spaces};
use super::remote::Remote;
use crate::api::{Client, Error};
use crate::permissions::Permission;
use crate::render::{Check, is_about_every_call};
use crate::resolve::Desired;

/// A domain's first page, and how long it took.
struct Listed {
    domain: Arc<str>,
    host: String,
    answer: Result<(), Error>,
    took: Duration,
}

/// All checks that need a key.
pub(super) async fn all(desired: &Desired, connection: &Connection, remote: &Remote) -> Vec<Check> {
    let client = connection.client.once();
    let mut checks = vec![credentials(&client, connection).await];
    let identity = client.caller_identity().await;
    let declared = connection.target.account.as_deref();
    checks.push(match &identity {
        Ok(caller) => Check::account(caller, declared, !desired.domains.is_empty()),
        Err(error) => Check::unknown_account(error, connection.credentials.as_deref()),
    });
    let asks = !identity.as_ref().is_err_and(is_about_every_call);
    let listed = if asks { listings(desired, &client).await } else { Vec::new() };
    checks.push(Check::clock(client.clock_ahead()));
    if remote.emulator.is_none() {
        checks.push(connect::proxy(remote));
    }
    if !asks {
        let skipped = |subject| Check::skipped(subject, "the service refuses every request");
        checks.extend(["endpoint", "permission"].map(skipped));
        return checks;
    }
    if desired.domains.is_empty() {
        checks.extend(without_domains(&client, remote).await);
        return checks;
    }
    if remote.emulator.is_none() {
        checks.extend(endpoints(&listed));
    }
    checks.extend(permissions(&listed, declared));
    checks.extend(domains(&listed, &client).await);
    checks.extend(on_air(&listed, &client).await);
    checks.extend(vod(desired, &client).await);
    checks.extend(app_spaces(desired, &client).await);
    checks.push(rate(&listed, remote));
    checks
}

/// A group that no account has: VOD says so if it is opened and may be asked.
const NO_GROUP: &str = "00000000000000000000000000000000";

/// What can be asked if the files name no domain: the account's domains, and VOD in the given region.
async fn without_domains(client: &Client, remote: &Remote) -> Vec<Check> {
    let asked = Instant::now();
    let answer = client.main_domains().await;
    let took = asked.elapsed();
    let mut checks = Vec::new();
    if remote.emulator.is_none() {
        checks.push(match answer.as_ref().err().filter(|error| error.remote().is_none()) {
            Some(error) => Check::no_endpoint(error),
            None => Check::endpoint(&client.central_host(), took.as_millis()),
        });
    }
    checks.extend(match &answer {
        Ok(domains) => Some(Check::allowed(Permission::ListDomains, domains.len())),
        Err(error) if error.is_throttling() || error.remote().is_none() => None,
        Err(error) => Some(Check::domains_unlisted(error)),
    });
    checks.extend(group_looked_up(client, remote.region.as_deref(), NO_GROUP).await);
    checks.push(match &answer {
        Err(error) if error.remote().is_none() => Check::skipped("rate", "the service did not answer"),
        answer => {
            let throttled = answer.as_ref().err().filter(|error| error.is_throttling());
            Check::rate(remote.rate().per_minute.get(), throttled)
        }
    });
    checks
}

/// The service tells only that it throttles. A plan then waits, so this alone stops nothing.
fn rate(listed: &[Listed], remote: &Remote) -> Check {
    let mut errors = listed.iter().filter_map(|one| one.answer.as_ref().err());
    match listed.iter().all(is_unanswered) {
        true => Check::skipped("rate", "the service did not answer"),
        false => Check::rate(remote.rate().per_minute.get(), errors.find(|error| error.is_throttling())),
    }
}

async fn credentials(client: &Client, connection: &Connection) -> Check {
    match (&connection.credentials, client.key_in_use().await) {
        (Some(source), Ok(key)) => Check::credentials(source, &key),
        (None, Ok(_)) => Check::no_credentials_needed(),
        (_, Err(error)) => Check::without_credentials(&error.with_reasons(), Some(&error.help())),
    }
}

/// The first page of every domain: a plan reads at least that.
async fn listings(desired: &Desired, client: &Client) -> Vec<Listed> {
    let mut tasks = JoinSet::new();
    for domain in desired.domains.keys().cloned() {
        let client = client.clone();
        tasks.spawn(async move {
            let (host, asked) = (client.live_host(&domain), Instant::now());
            let answer = client.try_listing(&domain).await;
            Listed { domain, host, answer, took: asked.elapsed() }
        });
    }
    let mut listed = tasks.join_all().await;
    listed.sort_by(|one, other| one.domain.cmp(&other.domain));
    listed
}

/// One line for each host, with its fastest answer: others may have waited for the rate.
fn endpoints(listed: &[Listed]) -> Vec<Check> {
    let mut hosts: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
    for one in listed {
        hosts.entry(&one.host).or_default().push(one);
    }
    let check = |(host, all): (&str, Vec<&Listed>)| {
        let answered = all.iter().filter(|one| !is_unanswered(one)).map(|one| one.took).min();
        let failed = all.iter().find_map(|one| one.answer.as_ref().err());
        match (answered, failed) {
            (Some(took), _) => Some(Check::endpoint(host, took.as_millis())),
            (None, Some(error)) => Some(Check::no_endpoint(error)),
            (None, None) => None,
        }
    };
    hosts.into_iter().filter_map(check).collect()
}

/// Whether a domain got no answer of the service, which is the endpoint's fault.
fn is_unanswered(listed: &Listed) -> bool {
    listed.answer.as_ref().is_err_and(|error| error.remote().is_none())
}

/// One line for the domains that can be listed, and one for each error of the others.
fn permissions(listed: &[Listed], account: Option<&str>) -> Vec<Check> {
    let allowed = listed.iter().filter(|one| one.answer.is_ok()).count();
    let mut errors: BTreeMap<String, Vec<(&str, &Error)>> = BTreeMap::new();
    for one in listed.iter().filter(|one| !is_unanswered(one)) {
        if let Err(error) = &one.answer
            && !error.is_throttling()
        {
            errors.entry(error.to_string()).or_default().push((&one.domain, error));
        }
    }
    let refused = errors.values().filter_map(|all| {
        let (domain, error) = all.first()?;
        Some(Check::unlisted(domain, all.len(), error, account))
    });
    let allowed = (allowed > 0).then(|| Check::allowed(Permission::ListConfigs, allowed));
    allowed.into_iter().chain(refused).collect()
}

/// Looks up the first domain of each host that answers.
async fn domains(listed: &[Listed], client: &Client) -> Vec<Check> {
    let mut firsts: BTreeMap<&str, &str> = BTreeMap::new();
    for one in listed.iter().filter(|one| !is_unanswered(one)) {
        firsts.entry(&one.host).or_insert(&one.domain);
    }
    let (mut checks, mut allowed) = (Vec::new(), 0);
    for domain in firsts.into_values() {
        match client.domain_detail(domain).await {
            Ok(Some(_)) => allowed += 1,
            Ok(None) => checks.push(Check::no_domain(domain)),
            Err(error) if error.is_throttling() => {}
            Err(error) => checks.push(Check::not_looked_up(domain, &error)),
        }
    }
    let allowed = (allowed > 0).then(|| Check::allowed(Permission::ReadDomain, allowed));
    allowed.into_iter().chain(checks).collect()
}

/// Asks who is on air on the first domain that can be listed, as a plan with changes does.
async fn on_air(listed: &[Listed], client: &Client) -> Option<Check> {
    let domain = &listed.iter().find(|one| one.answer.is_ok())?.domain;
    match client.on_air(domain).await {
        Ok(_) => Some(Check::allowed(Permission::ListOnAir, 1)),
        Err(error) if error.is_throttling() => None,
        Err(error) => Some(Check::on_air_unlisted(domain, &error)),
    }
}

/// Looks up the first transcode group of each region.
async fn vod(desired: &Desired, client: &Client) -> Vec<Check> {
    let mut firsts: BTreeMap<Option<String>, String> = BTreeMap::new();
    for (region, id) in groups(desired) {
        firsts.entry(region).or_insert(id);
    }
    let mut checks = Vec::new();
    for (region, id) in firsts {
        checks.extend(group_looked_up(client, region.as_deref(), &id).await);
    }
    checks
}

/// Whether VOD in a region is opened and may be asked; nothing is said if it throttles.
async fn group_looked_up(client: &Client, region: Option<&str>, id: &str) -> Option<Check> {
    match client.transcode_group(region, id).await {
        Ok(_) => Some(Check::vod(region)),
        Err(error) if error.is_throttling() => None,
        Err(error) => Some(Check::no_vod(region, id, &error)),
    }
}

/// Looks up the app spaces of each region.
async fn app_spaces(desired: &Desired, client: &Client) -> Vec<Check> {
    let mut checks = Vec::new();
    for (region, ids) in spaces(desired) {
        let region = region.as_deref();
        match client.missing_spaces(region, &ids).await {
            Ok(missing) => checks.push(Check::spaces(region, ids.len(), &missing)),
            Err(error) if error.is_throttling() => {}
            Err(error) => checks.push(Check::no_spaces(region, &error)),
        }
    }
    checks
}
