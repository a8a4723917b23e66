//! The read-only calls to any of the services; each constructor has its parser beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::response::text_of;
use super::{Key, Operation, Request, SignatureVersion, Stamp};
use crate::model::{Address, EVERY};

/// Items per page of recordings to OSS; the most that the service allows (API: PageSize, 5..=30).
const OSS_PAGE_SIZE: u32 = 30;

/// The action of [`domain_detail`].
pub const DOMAIN_DETAIL: &str = "DescribeLiveDomainDetail";

/// The action of [`oss_recordings`].
pub const OSS_RECORDINGS: &str = "DescribeLiveRecordConfig";

/// Domains per page of the account's domains; the most that the service allows (API: PageSize, 1..=50).
const DOMAIN_PAGE_SIZE: u32 = 50;

/// A main streaming domain (API: LiveDomainType); the other kind, `liveEdge`, holds no configurations.
const MAIN_DOMAIN: &str = "liveVideo";

/// The action of [`user_domains`].
pub const USER_DOMAINS: &str = "DescribeLiveUserDomains";

/// The action of [`transcode_group`].
pub const TRANSCODE_GROUP: &str = "GetTranscodeTemplateGroup";

/// The action of [`app_spaces`].
pub const APP_SPACES: &str = "GetAppInfos";

/// The most app spaces that one call may ask about (API: AppIds).
pub const MOST_APP_SPACES: usize = 10;

/// A service that livevod talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// ApsaraVideo Live.
    Live,
    /// ApsaraVideo VOD, which holds the transcode template groups.
    Vod,
    /// Security Token Service, which says who credentials belong to.
    Sts,
    /// ActionTrail, which says who called what.
    ActionTrail,
}

impl Product {
    /// The version of its API that every call names.
    pub fn version(self) -> &'static str {
        match self {
            Product::Live => super::LIVE_VERSION,
            Product::Vod => "2017-03-21",
            Product::Sts => "2015-04-01",
            Product::ActionTrail => "2020-07-06",
        }
    }

    /// An action of it as RAM names it, such as `live:DescribeLiveDomainDetail`.
    pub fn ram_action(self, name: &str) -> String {
        let prefix = match self {
            Product::Live => "live",
            Product::Vod => "vod",
            Product::Sts => "sts",
            Product::ActionTrail => "actiontrail",
        };
        format!("{prefix}:{name}")
    }
}

/// A call that changes nothing, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The service that is asked.
    pub product: Product,
    /// The action's name on the wire.
    pub name: &'static str,
    /// Business parameters, not encoded.
    pub params: BTreeMap<String, String>,
}

impl Inquiry {
    pub(super) fn new<const N: usize>(
        product: Product,
        name: &'static str,
        params: [(&str, String); N],
    ) -> Self {
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { product, name, params }
    }

    /// Signs it; `host` includes the port if it is not the scheme's default.
    pub fn sign(&self, host: &str, key: &Key, stamp: &Stamp, signature: SignatureVersion) -> Request {
        let Self { product, name, params } = self;
        Operation { name, version: product.version(), params }.sign(host, key, stamp, signature)
    }
}

/// Asks whose credentials sign this very call (STS: GetCallerIdentity).
pub fn caller_identity() -> Inquiry {
    Inquiry::new(Product::Sts, "GetCallerIdentity", [])
}

/// The identity that credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account's id.
    pub account: String,
    /// The user or the session of a role, such as `acs:ram::1234567890123456:user/alice`.
    pub arn: Option<String>,
}

/// Reads the answer to [`caller_identity`].
///
/// # Errors
/// A lowercase fragment, when no account is named.
pub fn read_caller_identity(fields: &Map<String, Value>) -> Result<CallerIdentity, String> {
    let account = text(fields, "AccountId").ok_or("the answer has no `AccountId`")?;
    Ok(CallerIdentity { account, arn: text(fields, "Arn") })
}

/// Asks whether there is a transcode template group with this id (VOD: GetTranscodeTemplateGroup). A missing one is
/// refused with `InvalidTranscodeTemplateGroup.NotFound`.
pub fn transcode_group(id: &str) -> Inquiry {
    let id = ("TranscodeTemplateGroupId", id.to_owned());
    Inquiry::new(Product::Vod, TRANSCODE_GROUP, [id])
}

/// A transcode template group as VOD knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscodeGroup {
    /// Its id.
    pub id: String,
    /// Its name (API: Name).
    pub name: Option<String>,
    /// The app space that it belongs to, such as `app-1000000` (API: AppId).
    pub space: Option<String>,
}

/// Reads the answer to [`transcode_group`].
///
/// # Errors
/// A lowercase fragment, when the answer has no group with an id.
pub fn read_transcode_group(fields: &Map<String, Value>) -> Result<TranscodeGroup, String> {
    let group = object(fields, "TranscodeTemplateGroup")?;
    let id = text(group, "TranscodeTemplateGroupId");
    let id = id.ok_or_else(|| "the group has no `TranscodeTemplateGroupId`".to_owned())?;
    Ok(TranscodeGroup { id, name: text(group, "Name"), space: text(group, "AppId") })
}

/// Asks which app spaces exist, of [`MOST_APP_SPACES`] ids at most (VOD: GetAppInfos). Missing ones are no refusal.
pub fn app_spaces<'a>(ids: impl IntoIterator<Item = &'a str>) -> Inquiry {
    let ids: Vec<&str> = ids.into_iter().collect();
    Inquiry::new(Product::Vod, APP_SPACES, [("AppIds", ids.join(","))])
}

/// What VOD says about app spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppSpaces {
    /// The ids of those that exist.
    pub known: BTreeSet<String>,
    /// The ids of those that do not.
    pub missing: BTreeSet<String>,
}

/// Reads the answer to [`app_spaces`].
///
/// # Errors
/// A lowercase fragment, when a list is not one, or an item has no id.
pub fn read_app_spaces(fields: &Map<String, Value>) -> Result<AppSpaces, String> {
    let id = |item: &Value| {
        let id = item.as_object().and_then(|item| text(item, "AppId"));
        id.ok_or_else(|| "an item of `AppInfoList` has no `AppId`".to_owned())
    };
    let name =
        |item: &Value| text_of(item).ok_or_else(|| "an item of `NonExistAppIds` is not an id".to_owned());
    let known = list(fields, "AppInfoList")?.iter().map(id).collect::<Result<_, _>>()?;
    let missing = list(fields, "NonExistAppIds")?.iter().map(name).collect::<Result<_, _>>()?;
    Ok(AppSpaces { known, missing })
}

/// Asks for the details of a domain (Live: DescribeLiveDomainDetail). A missing one is refused with
/// `InvalidDomain.NotFound`.
pub fn domain_detail(domain: &str) -> Inquiry {
    Inquiry::new(Product::Live, DOMAIN_DETAIL, [("DomainName", domain.to_owned())])
}

/// A domain as the service knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainDetail {
    /// Its name, in lower case.
    pub name: String,
    /// `liveVideo` for a main streaming domain, `liveEdge` for an ingest domain (API: LiveDomainType).
    pub kind: Option<String>,
    /// `online` if it is in service (API: DomainStatus).
    pub status: Option<String>,
    /// The region of its live center, such as `cn-shanghai`.
    pub region: Option<String>,
}

/// Reads the answer to [`domain_detail`].
///
/// # Errors
/// A lowercase fragment, when the answer has no domain with a name.
pub fn read_domain_detail(fields: &Map<String, Value>) -> Result<DomainDetail, String> {
    let detail = object(fields, "DomainDetail")?;
    let name = text(detail, "DomainName").ok_or("the domain has no `DomainName`")?.to_ascii_lowercase();
    let [kind, status, region] = ["LiveDomainType", "DomainStatus", "Region"].map(|name| text(detail, name));
    Ok(DomainDetail { name, kind, status, region })
}

/// Lists page `page` (from 1) of the account's main streaming domains (Live: DescribeLiveUserDomains).
pub fn user_domains(page: u32) -> Inquiry {
    let params = [
        ("LiveDomainType", MAIN_DOMAIN.to_owned()),
        ("PageNumber", page.to_string()),
        ("PageSize", DOMAIN_PAGE_SIZE.to_string()),
    ];
    Inquiry::new(Product::Live, USER_DOMAINS, params)
}

/// One page of the account's domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDomains {
    /// Its domains, whatever their kind.
    pub domains: Vec<UserDomain>,
    /// The service's total count.
    pub total: Option<u64>,
}

/// A domain in the list of the account's domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDomain {
    /// Its name, in lower case.
    pub name: String,
    /// The region of its live center.
    pub region: Option<String>,
    /// Whether it is a main streaming domain, as far as the answer says: only those hold configurations.
    pub is_main: bool,
}

/// Reads the answer to [`user_domains`].
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item has no name.
pub fn read_user_domains(fields: &Map<String, Value>) -> Result<UserDomains, String> {
    let total = text(fields, "TotalCount").and_then(|total| total.parse().ok());
    let items = items(object(fields, "Domains")?, "PageData")?;
    Ok(UserDomains { domains: items.iter().map(user_domain).collect::<Result<_, _>>()?, total })
}

fn user_domain(item: &Value) -> Result<UserDomain, String> {
    let fields = item.as_object().ok_or("an item of the list of domains is not an object")?;
    let name = text(fields, "DomainName").ok_or("an item of the list of domains has no `DomainName`")?;
    let is_main = text(fields, "LiveDomainType").is_none_or(|kind| kind == MAIN_DOMAIN);
    Ok(UserDomain { name: name.to_ascii_lowercase(), region: text(fields, "RegionName"), is_main })
}

/// Lists page `page` (from 1) of a domain's recordings to OSS (Live: DescribeLiveRecordConfig).
pub fn oss_recordings(domain: &str, page: u32) -> Inquiry {
    let params = [
        ("DomainName", domain.to_owned()),
        ("PageNum", page.to_string()),
        ("PageSize", OSS_PAGE_SIZE.to_string()),
    ];
    Inquiry::new(Product::Live, OSS_RECORDINGS, params)
}

/// One page of recordings to OSS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OssRecordings {
    /// The recorded addresses; a missing or empty stream name is `*`.
    pub addresses: Vec<Address>,
    /// The service's total count.
    pub total: Option<u64>,
}

/// Reads the answer to [`oss_recordings`].
///
/// # Errors
/// A lowercase fragment, when there is no list, or an item has no readable key.
pub fn read_oss_recordings(fields: &Map<String, Value>) -> Result<OssRecordings, String> {
    let total = text(fields, "TotalNum").and_then(|total| total.parse().ok());
    let items = items(object(fields, "LiveAppRecordList")?, "LiveAppRecord")?;
    Ok(OssRecordings { addresses: items.iter().map(oss_address).collect::<Result<_, _>>()?, total })
}

fn oss_address(item: &Value) -> Result<Address, String> {
    let fields = item.as_object().ok_or("an item of the listing is not an object")?;
    let name =
        |name: &str| text(fields, name).ok_or_else(|| format!("an item of the listing has no `{name}`"));
    let stream = text(fields, "StreamName").unwrap_or_else(|| EVERY.to_owned());
    Ok(Address::new(name("DomainName")?.to_ascii_lowercase(), name("AppName")?, stream))
}

/// The objects under `name`; XML gives a single one without a list.
pub(super) fn items<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], String> {
    match fields.get(name) {
        Some(item @ Value::Object(_)) => Ok(std::slice::from_ref(item)),
        _ => list(fields, name),
    }
}

/// The list under `name`; empty if there is none.
pub(super) fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], String> {
    match fields.get(name) {
        Some(Value::Array(items)) => Ok(items),
        None | Some(Value::Null) => Ok(&[]),
        Some(_) => Err(format!("`{name}` is not a list")),
    }
}

/// The object under `name`; XML gives an empty one as empty text.
pub(super) fn object<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a Map<String, Value>, String> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match fields.get(name) {
        Some(Value::Object(inner)) => Ok(inner),
        Some(Value::String(text)) if text.is_empty() => Ok(&EMPTY),
        _ => Err(format!("the answer has no `{name}`")),
    }
}

/// A non-empty text, or a number as text.
pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    text_of(fields.get(name)?).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("no object") };
        fields
    }

    #[test]
    fn an_account_may_be_a_number() {
        for id in [json!("1234567890123456"), json!(1_234_567_890_123_456_u64)] {
            let identity = read_caller_identity(&fields(json!({"AccountId": id}))).unwrap();
            assert_eq!(identity.account, "1234567890123456");
        }
        for answer in [json!({}), json!({"AccountId": ""}), json!({"AccountId": null})] {
            assert!(read_caller_identity(&fields(answer)).is_err());
        }
    }

    #[test]
    fn a_group_and_a_domain_are_read() {
        let answer = json!({"TranscodeTemplateGroup":
            {"TranscodeTemplateGroupId": "g", "Name": "hd", "IsDefault": "NotDefault", "Locked": "Enabled"}});
        let group = |name: Option<&str>, space: Option<&str>| {
            let owned = |text: &str| text.to_owned();
            TranscodeGroup { id: "g".into(), name: name.map(owned), space: space.map(owned) }
        };
        assert_eq!(read_transcode_group(&fields(answer)), Ok(group(Some("hd"), None)));
        let answer = json!({"TranscodeTemplateGroup": {"TranscodeTemplateGroupId": "g", "AppId": "app-2"}});
        assert_eq!(read_transcode_group(&fields(answer)), Ok(group(None, Some("app-2"))));
        let answer = json!({"DomainDetail": {"DomainName": "Live.Example.com", "LiveDomainType": "liveVideo",
            "DomainStatus": "online", "Region": "cn-shanghai", "Scope": "domestic"}});
        let detail = DomainDetail {
            name: "live.example.com".into(),
            kind: Some("liveVideo".into()),
            status: Some("online".into()),
            region: Some("cn-shanghai".into()),
        };
        assert_eq!(read_domain_detail(&fields(answer)), Ok(detail));
        for answer in [json!({}), json!({"TranscodeTemplateGroup": {}, "DomainDetail": {}})] {
            assert!(read_transcode_group(&fields(answer.clone())).is_err());
            assert!(read_domain_detail(&fields(answer)).is_err());
        }
    }

    #[test]
    fn app_spaces_are_known_or_missing() {
        let inquiry = app_spaces(["app-1000000", "app-2"]);
        assert_eq!((inquiry.product, inquiry.name), (Product::Vod, "GetAppInfos"));
        assert_eq!(inquiry.params["AppIds"], "app-1000000,app-2");
        let answer = json!({"AppInfoList": [{"AppId": "app-1000000", "Status": "Normal"}], "NonExistAppIds": ["app-2"]});
        let spaces = read_app_spaces(&fields(answer)).unwrap();
        let set = |id: &str| BTreeSet::from([id.to_owned()]);
        assert_eq!(spaces, AppSpaces { known: set("app-1000000"), missing: set("app-2") });
        let all_missing = json!({"AppInfoList": null, "NonExistAppIds": ["app-2"]});
        assert_eq!(read_app_spaces(&fields(all_missing)).unwrap().known, BTreeSet::new());
        for bad in [
            json!({"AppInfoList": [{}]}),
            json!({"NonExistAppIds": [{}]}),
            json!({"NonExistAppIds": "app-2"}),
        ] {
            assert!(read_app_spaces(&fields(bad)).is_err());
        }
    }

    #[test]
    fn domains_have_name_region_and_kind() {
        let inquiry = user_domains(3);
        let params: Vec<(&str, &str)> =
            inquiry.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(params, [("LiveDomainType", "liveVideo"), ("PageNumber", "3"), ("PageSize", "50")]);
        let domain = |name: &str, region: Option<&str>, is_main| UserDomain {
            name: name.to_owned(),
            region: region.map(str::to_owned),
            is_main,
        };
        let answer = json!({"TotalCount": 3, "Domains": {"PageData": [
            {"DomainName": "A.com", "LiveDomainType": "liveVideo", "RegionName": "cn-shanghai"},
            {"DomainName": "push.a.com", "LiveDomainType": "liveEdge", "RegionName": ""},
            {"DomainName": "b.com"},
        ]}});
        let page = read_user_domains(&fields(answer)).unwrap();
        let domains = [
            domain("a.com", Some("cn-shanghai"), true),
            domain("push.a.com", None, false),
            domain("b.com", None, true),
        ];
        assert_eq!((page.domains, page.total), (domains.to_vec(), Some(3)));
        let alone = json!({"TotalCount": "1", "Domains": {"PageData": {"DomainName": "a.com"}}});
        assert_eq!(read_user_domains(&fields(alone)).unwrap().domains, [domain("a.com", None, true)]);
        assert_eq!(read_user_domains(&fields(json!({"Domains": ""}))).unwrap().domains, []);
        for bad in [json!({}), json!({"Domains": {"PageData": "x"}}), json!({"Domains": {"PageData": [{}]}})]
        {
            assert!(read_user_domains(&fields(bad)).is_err());
        }
    }

    #[test]
    fn recordings_to_oss_are_keys() {
        let list =
            |items: Value| fields(json!({"TotalNum": 2, "LiveAppRecordList": {"LiveAppRecord": items}}));
        let named = json!({"DomainName": "A.com", "AppName": "show", "StreamName": "cam"});
        let every = json!({"DomainName": "a.com", "AppName": "*", "StreamName": ""});
        let page = read_oss_recordings(&list(json!([named, every]))).unwrap();
        let addresses: Vec<String> = page.addresses.iter().map(Address::to_string).collect();
        assert_eq!((addresses, page.total), (vec!["a.com/show/cam".into(), "a.com/*/*".into()], Some(2)));
        assert_eq!(read_oss_recordings(&list(named)).unwrap().addresses.len(), 1);
        let empty = fields(json!({"LiveAppRecordList": ""}));
        assert_eq!(read_oss_recordings(&empty), Ok(OssRecordings { addresses: Vec::new(), total: None }));
        assert!(read_oss_recordings(&list(json!([{"AppName": "show"}]))).is_err());
        assert!(read_oss_recordings(&list(json!("text"))).is_err());
        assert!(read_oss_recordings(&Map::new()).is_err());
    }
}
