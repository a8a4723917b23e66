//! Turns a region, or the user's own address, into the endpoint of calls.
//!
//! Nothing in YAML chooses a host: a region only picks a row of the table of [`Region`]s.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use crate::gate::Secrets;
use crate::model::{Region, Served};
use crate::wire::{METADATA_HOST, Product, Secret, SignatureVersion};

/// The vendor's domain, the only one besides loopback that V1 signatures may go to.
const VENDOR: &str = ".aliyuncs.com";

/// The region of Live's central endpoint.
const CENTRAL_REGION: &str = "cn-shanghai";

/// The Live endpoint of every region without its own (official endpoint list of version 2016-11-01).
const LIVE: &str = "live.aliyuncs.com";

/// The endpoint of one service: scheme, host and port, never a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    secure: bool,
    host: String,
    port: Option<u16>,
}

/// Why a text is not an endpoint, or an endpoint may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an absolute URL.
    #[error("the endpoint is not a URL such as `https://live.aliyuncs.com`")]
    NotUrl,
    /// A scheme other than HTTP.
    #[error("the endpoint's scheme is `{0}`, not `https`")]
    Scheme(String),
    /// A path, a query, a fragment or credentials besides the host.
    #[error("the endpoint contains more than scheme, host and port")]
    More,
    /// Plain HTTP to another machine.
    #[error("the endpoint `http://{0}` is not encrypted: `http` is allowed only for loopback addresses")]
    Plain(String),
    /// A region name that could change the host it is put into.
    #[error("`{0}` is not a region such as `cn-shanghai`")]
    Region(String),
    /// Not an address that hands out keys.
    #[error("not a URL such as `http://127.0.0.1:8787/credentials`")]
    NotAddress,
    /// Keys would travel unencrypted.
    #[error(
        "`http://{0}` is not encrypted: keys may be fetched over `http` only from loopback and link-local addresses"
    )]
    PlainKey(String),
    /// A host outside the vendor's domain.
    #[error("`{0}` is not a host under `*{VENDOR}`; use `--endpoint` for other hosts")]
    Foreign(String),
    /// A V1 signature does not sign the host, so whoever receives one could use it elsewhere.
    #[error("V1 signatures go only to `*{VENDOR}` and loopback, not to `{0}`")]
    Signature(String),
}

impl Endpoint {
    /// The documented endpoint of a service in a region, or the service's central one.
    ///
    /// # Errors
    /// When `region` is not made of lower case letters, digits and hyphens.
    pub fn documented(product: Product, region: Option<&str>) -> Result<Self, EndpointError> {
        let region = region.map(checked).transpose()?;
        Ok(Self { secure: true, host: host(product, region), port: None })
    }

    /// STS in a region; inside the vendor's network if `in_vpc`.
    ///
    /// # Errors
    /// When `region` is not made of lower case letters, digits and hyphens.
    pub(super) fn sts(region: &str, in_vpc: bool) -> Result<Self, EndpointError> {
        let region = checked(region)?;
        let product = if in_vpc { "sts-vpc" } else { "sts" };
        Ok(Self { secure: true, host: format!("{product}.{region}{VENDOR}"), port: None })
    }

    /// A vendor host that a file or a variable names, without scheme and port.
    ///
    /// # Errors
    /// When it is not a vendor host.
    pub(super) fn of_vendor(host: &str) -> Result<Self, EndpointError> {
        match host.strip_suffix(VENDOR) {
            Some(labels) if labels.split('.').all(is_region) => {
                Ok(Self { secure: true, host: host.to_owned(), port: None })
            }
            _ => Err(EndpointError::Foreign(host.to_owned())),
        }
    }

    /// The metadata service, if this is an ECS instance.
    pub(super) fn metadata() -> Self {
        Self { secure: false, host: METADATA_HOST.to_owned(), port: None }
    }

    /// This process: the host that requests to the embedded emulator name.
    pub(super) fn here() -> Self {
        Self { secure: false, host: "localhost".to_owned(), port: None }
    }

    /// The host as requests name it: with the port if it is not the scheme's default, IPv6 in brackets.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// Whether calls stay on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether calls stay on this machine's own network link, where no proxy is used.
    pub fn is_near(&self) -> bool {
        is_near(&self.host)
    }

    /// Whether calls go without TLS.
    pub fn is_plain(&self) -> bool {
        !self.secure
    }

    /// Whether requests with this signature version may go there.
    ///
    /// # Errors
    /// For V1 to a host that is neither the vendor's nor loopback.
    pub fn permit(&self, version: SignatureVersion) -> Result<(), EndpointError> {
        let trusted = self.is_loopback() || self.host.ends_with(VENDOR);
        match version {
            SignatureVersion::V1 if !trusted => Err(EndpointError::Signature(self.host.clone())),
            SignatureVersion::V1 | SignatureVersion::V3 => Ok(()),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Errors never repeat the text: it may contain a password.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let url = reqwest::Url::parse(text).map_err(|_| EndpointError::NotUrl)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(EndpointError::Scheme(other.to_owned())),
        };
        let host = url.host_str().ok_or(EndpointError::NotUrl)?.to_owned();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::More);
        }
        if !secure && !is_loopback(&host) {
            return Err(EndpointError::Plain(host));
        }
        Ok(Self { secure, host, port: url.port() })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }
}

/// An address that hands out keys, with path and query: either may contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAddress {
    pub(super) endpoint: Endpoint,
    pub(super) path: Secret,
    pub(super) query: Secret,
}

impl KeyAddress {
    /// Scheme, host and port of the address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Registers what may be secret in the text of an address, valid or not. Path and query may be common words, so
    /// only the whole of each is hidden.
    pub(super) fn tell_text(text: &str, secrets: &Secrets) {
        tell_user(text, secrets);
        let Ok(url) = reqwest::Url::parse(text) else { return secrets.learn_whole(text) };
        secrets.learn_whole(&decoded(url.path()));
        secrets.learn_whole(&decoded(url.query().unwrap_or_default()));
        url.query_pairs().for_each(|(_, value)| secrets.learn_whole(&value));
        // Words of plain lowercase letters belong to the address itself, such as `credentials`.
        let is_own =
            |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase() || "-._".contains(letter));
        let words = url.path_segments().into_iter().flatten().filter(|word| !is_own(word));
        words.for_each(|word| secrets.learn_whole(&decoded(word)));
    }

    pub(super) fn tell(&self, secrets: &Secrets) {
        let Self { endpoint, path, query } = self;
        Self::tell_text(&format!("{endpoint}{}?{}", path.expose(), query.expose()), secrets);
    }
}

/// Registers the user name and the password in an address.
pub(super) fn tell_user(text: &str, secrets: &Secrets) {
    let Ok(url) = reqwest::Url::parse(text) else { return };
    secrets.learn_whole(&decoded(url.username()));
    secrets.learn(&decoded(url.password().unwrap_or_default()));
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

impl FromStr for KeyAddress {
    type Err = EndpointError;

    /// Without TLS only to loopback and link-local addresses, such as those of sidecars and of the vendor's metadata
    /// service: farther away, others could read the keys in the answer.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let url = reqwest::Url::parse(text).map_err(|_| EndpointError::NotAddress)?;
        let host = url.host_str().ok_or(EndpointError::NotAddress)?.to_owned();
        let is_bare = url.username().is_empty() && url.password().is_none();
        let secure = match url.scheme() {
            "https" if is_bare => true,
            "http" if is_bare => false,
            _ => return Err(EndpointError::NotAddress),
        };
        if !secure && !is_near(&host) {
            return Err(EndpointError::PlainKey(host));
        }
        Ok(Self {
            endpoint: Endpoint { secure, host, port: url.port() },
            path: Secret::new(url.path()),
            query: Secret::new(url.query().unwrap_or_default()),
        })
    }
}

/// The endpoints for calls: per domain, and for calls about the caller.
#[derive(Debug)]
pub(super) struct Endpoints {
    regional: BTreeMap<Arc<str>, Endpoint>,
    central: Endpoint,
    sts: Endpoint,
}

impl Endpoints {
    /// Sends all calls to one endpoint.
    pub(super) fn only(central: Endpoint) -> Self {
        Self { regional: BTreeMap::new(), sts: central.clone(), central }
    }

    /// The documented Live endpoint of each domain's region, and the central endpoints for all else; STS may be
    /// elsewhere.
    pub(super) fn documented(
        regions: &BTreeMap<Arc<str>, String>,
        sts: Option<&Endpoint>,
    ) -> Result<Self, EndpointError> {
        let live = |region| Endpoint::documented(Product::Live, region);
        let regional = regions.iter().map(|(domain, region)| Ok((domain.clone(), live(Some(region))?)));
        let sts = sts.cloned().map_or_else(|| Endpoint::documented(Product::Sts, None), Ok)?;
        Ok(Self { regional: regional.collect::<Result<_, _>>()?, central: live(None)?, sts })
    }

    /// The documented Live endpoints of further domains' regions; none if there is one endpoint for all calls. A region
    /// that is no region selects no host, so its domain stays with the central one.
    pub(super) fn further(&self, regions: &BTreeMap<Arc<str>, String>) -> BTreeMap<Arc<str>, Endpoint> {
        let live = |region| Endpoint::documented(Product::Live, Some(region)).ok();
        let further = regions.iter().filter(|_| !self.is_only());
        further.filter_map(|(domain, region)| Some((domain.clone(), live(region)?))).collect()
    }

    /// Whether there is one endpoint for all calls.
    fn is_only(&self) -> bool {
        self.central == self.sts
    }

    pub(super) fn of(&self, domain: &str) -> &Endpoint {
        self.regional.get(domain).unwrap_or(&self.central)
    }

    pub(super) fn central(&self) -> &Endpoint {
        &self.central
    }

    pub(super) fn sts(&self) -> &Endpoint {
        &self.sts
    }

    /// VOD in a region, or the one endpoint for all calls.
    pub(super) fn vod(&self, region: Option<&str>) -> Result<Endpoint, EndpointError> {
        match self.is_only() {
            true => Ok(self.central.clone()),
            false => Endpoint::documented(Product::Vod, region),
        }
    }

    /// Where ActionTrail may list the calls about domains of a region, or the one endpoint for all calls. No document
    /// says in which region the calls to Live's central endpoint are listed: in the domain's, or in that of the endpoint.
    pub(super) fn trails(&self, region: Option<&str>) -> Result<Vec<Endpoint>, EndpointError> {
        if self.is_only() {
            return Ok(vec![self.central.clone()]);
        }
        let trail = |region| Endpoint::documented(Product::ActionTrail, region);
        let own = trail(region)?;
        let is_central = host(Product::Live, region) == LIVE;
        let central = is_central.then(|| trail(None)).transpose()?.filter(|central| *central != own);
        Ok(std::iter::once(own).chain(central).collect())
    }
}

fn host(product: Product, region: Option<&str>) -> String {
    let known = region.and_then(Region::find);
    match (product, region) {
        (Product::Live, _) => match known {
            Some(Region { name, live: Served::Here, .. }) => format!("live.{name}{VENDOR}"),
            Some(_) | None => LIVE.to_owned(),
        },
        // A region that is newer than the table follows the vendor's rule for hosts.
        (Product::Vod, Some(region)) => match known.map_or(Served::Here, |known| known.vod) {
            Served::Here => format!("vod.{region}{VENDOR}"),
            Served::From(other) => format!("vod.{other}{VENDOR}"),
            Served::Centrally | Served::Nowhere => format!("vod{VENDOR}"),
        },
        (Product::Vod, None) => format!("vod{VENDOR}"),
        (Product::Sts, _) => format!("sts{VENDOR}"),
        (Product::ActionTrail, region) => format!("actiontrail.{}{VENDOR}", region.unwrap_or(CENTRAL_REGION)),
    }
}

fn checked(region: &str) -> Result<&str, EndpointError> {
    if is_region(region) { Ok(region) } else { Err(EndpointError::Region(region.to_owned())) }
}

fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

/// Loopback and link-local addresses, and the vendor's own metadata address.
fn is_near(host: &str) -> bool {
    is_loopback(host)
        || host == METADATA_HOST
        || address(host).is_some_and(|address| match address {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.is_unicast_link_local(),
        })
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, EndpointError> {
        text.parse::<Endpoint>().map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn regions_go_where_the_official_list_says() {
        let documented = |product, region| Endpoint::documented(product, region).unwrap().to_string();
        let table = [
            (Product::Live, None, "https://live.aliyuncs.com"),
            (Product::Live, Some("cn-shanghai"), "https://live.aliyuncs.com"),
            (Product::Live, Some("ap-southeast-5"), "https://live.aliyuncs.com"),
            (Product::Live, Some("me-central-1"), "https://live.aliyuncs.com"),
            (Product::Live, Some("ap-southeast-1"), "https://live.ap-southeast-1.aliyuncs.com"),
            (Product::Live, Some("eu-central-1"), "https://live.eu-central-1.aliyuncs.com"),
            (Product::Live, Some("cn-hangzhou"), "https://live.aliyuncs.com"),
            (Product::Live, Some("us-east-1"), "https://live.aliyuncs.com"),
            (Product::Live, Some("cn-north-2-gov-1"), "https://live.aliyuncs.com"),
            (Product::Live, Some("ap-southeast-77"), "https://live.aliyuncs.com"),
            (Product::Vod, Some("cn-north-2-gov-1"), "https://vod.cn-north-2-gov-1.aliyuncs.com"),
            (Product::Vod, Some("us-east-1"), "https://vod.aliyuncs.com"),
            (Product::Vod, Some("ap-southeast-77"), "https://vod.ap-southeast-77.aliyuncs.com"),
            (Product::Vod, Some("cn-shanghai"), "https://vod.cn-shanghai.aliyuncs.com"),
            (Product::Vod, Some("cn-hangzhou"), "https://vod.cn-shanghai.aliyuncs.com"),
            (Product::Vod, Some("cn-qingdao"), "https://vod.aliyuncs.com"),
            (Product::Sts, Some("cn-shanghai"), "https://sts.aliyuncs.com"),
            (Product::ActionTrail, None, "https://actiontrail.cn-shanghai.aliyuncs.com"),
            (Product::ActionTrail, Some("eu-central-1"), "https://actiontrail.eu-central-1.aliyuncs.com"),
        ];
        for (product, region, endpoint) in table {
            assert_eq!(documented(product, region), endpoint, "{product:?} {region:?}");
        }
    }

    #[test]
    fn each_domain_is_called_in_its_region() {
        let regions = [("a.com", "cn-shanghai"), ("b.com", "eu-central-1")];
        let regions = regions.map(|(domain, region)| (Arc::from(domain), region.to_owned())).into();
        let endpoints = Endpoints::documented(&regions, None).unwrap();
        let hosts = ["a.com", "b.com", "c.com"].map(|domain| endpoints.of(domain).authority());
        assert_eq!(hosts, ["live.aliyuncs.com", "live.eu-central-1.aliyuncs.com", "live.aliyuncs.com"]);
        let bad = [(Arc::from("a.com"), "evil.com/".to_owned())].into();
        assert!(Endpoints::documented(&bad, None).is_err());
    }

    #[test]
    fn further_domains_are_called_in_their_regions_too() {
        let regions = [("a.com", "ap-southeast-1"), ("b.com", "evil.com/"), ("c.com", "cn-beijing")];
        let regions = regions.map(|(domain, region)| (Arc::from(domain), region.to_owned())).into();
        let further = |endpoints: Endpoints| -> Vec<String> {
            endpoints
                .further(&regions)
                .iter()
                .map(|(domain, endpoint)| format!("{domain} {endpoint}"))
                .collect()
        };
        let documented = Endpoints::documented(&BTreeMap::new(), None).unwrap();
        let found = ["a.com https://live.ap-southeast-1.aliyuncs.com", "c.com https://live.aliyuncs.com"];
        assert_eq!(further(documented), found);
        assert_eq!(further(Endpoints::only("http://127.0.0.1:8787".parse().unwrap())), [""; 0]);
    }

    #[test]
    fn calls_to_the_central_endpoint_may_be_listed_in_two_regions() {
        let trails = |endpoints: &Endpoints, region| -> Vec<String> {
            endpoints.trails(region).unwrap().iter().map(Endpoint::authority).collect()
        };
        let documented = Endpoints::documented(&BTreeMap::new(), None).unwrap();
        let [central, beijing, singapore] = ["cn-shanghai", "cn-beijing", "ap-southeast-1"]
            .map(|one| format!("actiontrail.{one}.aliyuncs.com"));
        for region in [None, Some("cn-shanghai")] {
            assert_eq!(trails(&documented, region).join(" "), central);
        }
        assert_eq!(trails(&documented, Some("cn-beijing")), [beijing, central]);
        assert_eq!(trails(&documented, Some("ap-southeast-1")), [singapore]);
        let only = Endpoints::only("http://127.0.0.1:8787".parse().unwrap());
        assert_eq!(trails(&only, Some("cn-beijing")), ["127.0.0.1:8787"]);
        assert!(documented.trails(Some("evil.com/")).is_err());
    }

    #[test]
    fn a_region_can_not_choose_a_host() {
        for region in ["", "evil.com/", "cn-shanghai.evil.com", "a@b", "CN-SHANGHAI"] {
            let error = Endpoint::documented(Product::Vod, Some(region)).unwrap_err();
            assert_eq!(error, EndpointError::Region(region.to_owned()));
        }
    }

    #[test]
    fn sts_stays_with_the_vendor() {
        let sts = |region, in_vpc| Endpoint::sts(region, in_vpc).map(|endpoint| endpoint.to_string());
        assert_eq!(sts("cn-shanghai", false).as_deref(), Ok("https://sts.cn-shanghai.aliyuncs.com"));
        assert_eq!(sts("cn-shanghai", true).as_deref(), Ok("https://sts-vpc.cn-shanghai.aliyuncs.com"));
        assert_eq!(sts("evil.com/", true), Err(EndpointError::Region("evil.com/".into())));
        assert!(Endpoint::of_vendor("sts-vpc.cn-shanghai.aliyuncs.com").is_ok());
        for host in [
            "evil.com",
            "evil.com/.aliyuncs.com",
            "https://sts.aliyuncs.com",
            ".aliyuncs.com",
            "a@b.aliyuncs.com",
        ] {
            assert_eq!(Endpoint::of_vendor(host), Err(EndpointError::Foreign(host.into())));
        }
    }

    #[test]
    fn keys_travel_in_the_clear_to_nobody_else() {
        let parse = |text: &str| text.parse::<KeyAddress>().map(|address| address.endpoint.to_string());
        for near in [
            "http://127.0.0.1:80/x?y",
            "http://localhost:9/",
            "http://169.254.1.2/k",
            "http://100.100.100.200/k",
            "http://[fe80::1]/",
            "https://10.0.0.1/k",
        ] {
            assert!(parse(near).is_ok(), "{near}");
        }
        for far in ["10.0.0.1", "example.com", "100.100.100.201", "127.0.0.1.example.com"] {
            assert_eq!(parse(&format!("http://{far}/k")), Err(EndpointError::PlainKey(far.into())));
        }
        for none in ["", "/k", "ftp://127.0.0.1/k", "https://u@a.com/k", "https://:p@a.com/k"] {
            assert_eq!(parse(none), Err(EndpointError::NotAddress), "{none}");
        }
        let shown = format!("{:?}", "https://a.com/hush?hush=hush".parse::<KeyAddress>().unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn an_endpoint_is_scheme_host_and_port() {
        for text in ["https://live.aliyuncs.com", "https://gateway.example.com:8443", "http://127.0.0.1:8080"]
        {
            assert_eq!(parse(text).as_deref(), Ok(text));
        }
        assert_eq!(parse("http://[::1]:80/").as_deref(), Ok("http://[::1]"));
        assert_eq!(parse("http://LOCALHOST:9").as_deref(), Ok("http://localhost:9"));
        assert_eq!(parse("live.aliyuncs.com"), Err(EndpointError::NotUrl));
        assert_eq!(parse("ftp://live.aliyuncs.com"), Err(EndpointError::Scheme("ftp".into())));
        for more in
            ["https://a.com/x", "https://a.com/?x", "https://a.com/#x", "https://u@a.com", "https://:p@a.com"]
        {
            assert_eq!(parse(more), Err(EndpointError::More), "{more}");
        }
    }

    #[test]
    fn only_loopback_is_called_without_tls() {
        for host in
            ["live.aliyuncs.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "[::2]"]
        {
            assert_eq!(parse(&format!("http://{host}")), Err(EndpointError::Plain(host.to_owned())));
        }
        assert!("https://127.8.9.1".parse::<Endpoint>().unwrap().is_loopback());
        assert!(!"https://live.aliyuncs.com".parse::<Endpoint>().unwrap().is_loopback());
    }

    #[test]
    fn v1_signatures_stay_with_the_vendor_and_loopback() {
        let permit = |text: &str, version| text.parse::<Endpoint>().unwrap().permit(version);
        for trusted in
            ["https://live.aliyuncs.com", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"]
        {
            assert_eq!(permit(trusted, SignatureVersion::V1), Ok(()));
        }
        for other in
            ["https://gateway.example.com", "https://aliyuncs.com.evil.com", "https://evilaliyuncs.com"]
        {
            assert!(permit(other, SignatureVersion::V1).is_err(), "{other}");
            assert_eq!(permit(other, SignatureVersion::V3), Ok(()));
        }
    }

    #[test]
    fn sts_is_asked_at_its_own_endpoint_or_at_the_one_that_is_given() {
        let regions = BTreeMap::from([("a.com".into(), "ap-southeast-1".to_owned())]);
        let documented = Endpoints::documented(&regions, None).unwrap();
        assert_eq!(documented.sts().to_string(), "https://sts.aliyuncs.com");
        assert_eq!(documented.of("a.com").to_string(), "https://live.ap-southeast-1.aliyuncs.com");
        let given = Endpoints::only("http://127.0.0.1:8787".parse().unwrap());
        assert_eq!(given.sts().to_string(), "http://127.0.0.1:8787");
        let vod = |endpoints: &Endpoints| endpoints.vod(Some("ap-southeast-1")).unwrap().to_string();
        assert_eq!(vod(&documented), "https://vod.ap-southeast-1.aliyuncs.com");
        assert_eq!(vod(&given), "http://127.0.0.1:8787");
        assert!(documented.vod(Some("evil.com/")).is_err());
    }
}
