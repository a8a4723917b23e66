//! The calls that only look something up: domains, recordings to OSS, transcode groups, app spaces.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::actions::{Accepted, Fields};
use super::listing::capped;
use super::refusal::Refusal;
use super::rules::Params;
use super::settings::{FIRST_SPACE, Settings};
use super::state::State;
use crate::model::{Address, NO_TRANSCODE, domain_error};

/// The creation time of everything that was not created here.
const LONG_AGO: &str = "2024-01-01T00:00:00Z";

/// The most ids of one GetAppInfos.
const MOST_SPACES: usize = 10;

/// A value of DomainSearchType, and whether it finds a domain.
type Search = (&'static str, fn(&str, &str) -> bool);

const SEARCHES: [Search; 4] = [
    ("fuzzy_match", |domain, wanted| domain.contains(wanted)),
    ("pre_match", |domain, wanted| domain.starts_with(wanted)),
    ("suf_match", |domain, wanted| domain.ends_with(wanted)),
    ("full_match", |domain, wanted| domain == wanted),
];

/// DescribeLiveUserDomains: the configured domains of the account, else those that hold configurations.
pub(super) fn user_domains(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
) -> Result<Accepted, Refusal> {
    let (number, size) = page(params, "PageNumber", 1..=100_000, (1..=50, 20))?;
    let search = params.text("DomainSearchType").unwrap_or("fuzzy_match");
    let (_, finds) = SEARCHES
        .into_iter()
        .find(|(name, _)| *name == search)
        .ok_or_else(|| Refusal::malformed("DomainSearchType"))?;
    let wanted = params.text("DomainName").unwrap_or_default().to_ascii_lowercase();
    let is = |name: &str, value: &str| params.text(name).is_none_or(|wanted| wanted == value);
    // Nothing here has a tag or its own resource group.
    let is_marked = params.text("ResourceGroupId").is_some() || !params.objects("Tag").is_empty();
    let domains = account_domains(state, settings);
    let found: Vec<&str> = domains
        .iter()
        .map(String::as_str)
        .filter(|domain| !is_marked && finds(domain, &wanted))
        .filter(|domain| is("LiveDomainType", kind(domain, settings)) && is("DomainStatus", "online"))
        .filter(|domain| is("RegionName", settings.region_of(domain)))
        .collect();
    let items: Vec<Value> =
        cut(&found, number, size).iter().map(|domain| user_domain(domain, settings)).collect();
    accept(json!({
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": found.len(),
        "Domains": {"PageData": items},
    }))
}

fn user_domain(domain: &str, settings: &Settings) -> Value {
    json!({
        "DomainName": domain,
        "Cname": cname(domain),
        "Description": "",
        "GmtCreated": LONG_AGO,
        "GmtModified": LONG_AGO,
        "LiveDomainStatus": "online",
        "LiveDomainType": kind(domain, settings),
        "RegionName": settings.region_of(domain),
        "ResourceGroupId": "",
    })
}

/// DescribeLiveDomainDetail.
pub(super) fn domain_detail(params: &Params<'_>, settings: &Settings) -> Result<Accepted, Refusal> {
    let domain = params.required("DomainName")?.to_ascii_lowercase();
    let exists = settings.has_domain(&domain) || settings.ingest_domains.contains(&domain);
    if domain_error(&domain).is_some() || !exists {
        return Err(Refusal::domain_not_found());
    }
    accept(json!({"DomainDetail": {
        "DomainName": domain,
        "DomainStatus": "online",
        "LiveDomainType": kind(&domain, settings),
        "Region": settings.region_of(&domain),
        "Scope": "domestic",
        "Cname": cname(&domain),
        "CertName": "",
        "Description": "",
        "GmtCreated": LONG_AGO,
        "GmtModified": LONG_AGO,
        "ResourceGroupId": "",
        "SSLProtocol": "off",
    }}))
}

/// DescribeLiveRecordConfig: recordings to OSS.
pub(super) fn oss_recordings(params: &Params<'_>, settings: &Settings) -> Result<Accepted, Refusal> {
    let domain = params.domain(settings)?;
    let (number, asked) = page(params, "PageNum", 1..=u32::MAX, (5..=30, 10))?;
    let size = capped(asked, settings.quirks.page_cap);
    let order = params.text("Order").unwrap_or("asc");
    let (app, stream) = params.filter();
    let mut found: Vec<&Address> = settings
        .oss_recordings
        .iter()
        .filter(|address| *address.domain == *domain)
        .filter(|address| app.is_none_or(|app| *address.app == *app))
        .filter(|address| stream.is_none_or(|stream| *address.stream == *stream))
        .collect();
    match order {
        "asc" => {}
        "desc" => found.reverse(),
        _ => return Err(Refusal::malformed("Order")),
    }
    let items: Vec<Value> =
        cut(&found, number, size).iter().map(|address| oss_recording(address, settings)).collect();
    accept(json!({
        "PageNum": number,
        "PageSize": size,
        "TotalNum": found.len(),
        "TotalPage": found.len().div_ceil(size as usize),
        "Order": order,
        "LiveAppRecordList": {"LiveAppRecord": items},
    }))
}

fn oss_recording(address: &Address, settings: &Settings) -> Value {
    let format = json!({
        "Format": "m3u8",
        "CycleDuration": 3600,
        "SliceDuration": 30,
        "OssObjectPrefix": "record/{AppName}/{StreamName}/{EscapedStartTime}_{EscapedEndTime}",
        "SliceOssObjectPrefix": "record/{AppName}/{StreamName}/{UnixTimestamp}_{Sequence}",
    });
    // `OnDemond` is the service's own spelling here.
    json!({
        "DomainName": &*address.domain,
        "AppName": &*address.app,
        "StreamName": &*address.stream,
        "CreateTime": LONG_AGO,
        "OnDemond": 0,
        "OssBucket": "recordings",
        "OssEndpoint": format!("oss-{}.aliyuncs.com", settings.region_of(&address.domain)),
        "RecordFormatList": {"RecordFormat": [format]},
    })
}

/// GetTranscodeTemplateGroup (VOD).
pub(super) fn transcode_group(params: &Params<'_>, settings: &Settings) -> Result<Accepted, Refusal> {
    let id = params.required("TranscodeTemplateGroupId")?;
    if !settings.has_transcode_group(id) {
        return Err(Refusal::vod_group_not_found());
    }
    let mut group = group(id, settings);
    if let Some(fields) = group.as_object_mut() {
        fields.insert("TranscodeTemplateList".to_owned(), json!([]));
    }
    accept(json!({ "TranscodeTemplateGroup": group }))
}

/// ListTranscodeTemplateGroup (VOD): the groups of one app space, of the account's configured ones, else of those that
/// configurations use; never in pages.
pub(super) fn transcode_groups(
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
) -> Result<Accepted, Refusal> {
    let used = || state.transcode_groups().map(str::to_owned).collect();
    let mut ids: BTreeSet<String> = settings.transcode_groups.clone().unwrap_or_else(used);
    ids.insert(NO_TRANSCODE.to_owned());
    let space = params.text("AppId").unwrap_or(FIRST_SPACE);
    let found = ids.iter().filter(|id| settings.space_of_group(id) == space);
    let groups: Vec<Value> = found.map(|id| group(id, settings)).collect();
    accept(json!({ "TranscodeTemplateGroupList": groups }))
}

fn group(id: &str, settings: &Settings) -> Value {
    let is_built_in = id == NO_TRANSCODE;
    json!({
        "TranscodeTemplateGroupId": id,
        "Name": if is_built_in { "No Transcoding" } else { settings.name_of_group(id) },
        "AppId": settings.space_of_group(id),
        "IsDefault": if is_built_in { "Default" } else { "NotDefault" },
        "Locked": "Disabled",
        "CreationTime": LONG_AGO,
        "ModifyTime": LONG_AGO,
    })
}

/// GetAppInfos (VOD): those of the ids that exist, and the others by their ids.
pub(super) fn app_spaces(params: &Params<'_>, settings: &Settings) -> Result<Accepted, Refusal> {
    let ids: BTreeSet<&str> = params.required("AppIds")?.split(',').collect();
    if ids.len() > MOST_SPACES {
        return Err(Refusal::malformed("AppIds"));
    }
    let (known, missing): (Vec<&str>, Vec<&str>) = ids.into_iter().partition(|id| settings.has_app_space(id));
    let infos: Vec<Value> = known.into_iter().map(app_space).collect();
    accept(json!({ "AppInfoList": infos, "NonExistAppIds": missing }))
}

fn app_space(id: &str) -> Value {
    json!({
        "AppId": id,
        "AppName": id,
        "CreationTime": LONG_AGO,
        "Description": "",
        "ModificationTime": LONG_AGO,
        "ResourceGroupId": "",
        "Status": "Normal",
        "Type": if id == FIRST_SPACE { "System" } else { "Custom" },
    })
}

/// The configured list, if there is one; else every domain that holds configurations or records to OSS.
fn account_domains(state: &State, settings: &Settings) -> BTreeSet<String> {
    let held = || state.domains().chain(settings.oss_recordings.iter().map(|address| &*address.domain));
    let given = settings.domains.clone();
    let mut domains = given.unwrap_or_else(|| held().map(str::to_owned).collect());
    domains.extend(settings.ingest_domains.iter().cloned());
    domains
}

fn kind(domain: &str, settings: &Settings) -> &'static str {
    if settings.ingest_domains.contains(domain) { "liveEdge" } else { "liveVideo" }
}

fn cname(domain: &str) -> String {
    format!("{domain}.w.alikunlun.com")
}

/// The number, from 1, and the size of the requested page; `sizes` with the size of a page that none is requested for.
pub(super) fn page(
    params: &Params<'_>,
    number: &str,
    numbers: RangeInclusive<u32>,
    (sizes, default): (RangeInclusive<u32>, u32),
) -> Result<(u32, u32), Refusal> {
    let number = params.number(number, &numbers)?.unwrap_or(1);
    Ok((number, params.number("PageSize", &sizes)?.unwrap_or(default)))
}

/// The items of a page.
pub(super) fn cut<T>(found: &[T], number: u32, size: u32) -> &[T] {
    let start = (number as usize - 1).saturating_mul(size as usize).min(found.len());
    let end = start.saturating_add(size as usize).min(found.len());
    &found[start..end]
}

/// An answer with these fields.
pub(super) fn accept(value: Value) -> Result<Accepted, Refusal> {
    let Value::Object(fields) = value else { return Err(Refusal::internal_error()) };
    Ok(Accepted { fields: Fields::Map(fields), ..Accepted::default() })
}
