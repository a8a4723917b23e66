//! Turns a region, or the user's own address, into the endpoint of a service.
//!
//! Nothing in YAML chooses a host: a region only picks a row of the table of [`Region`]s.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::model::{Region, Served};
use crate::wire::{METADATA_HOST, Product, SignatureVersion};

/// The vendor's domain, the only one besides loopback that V1 signatures may go to.
const VENDOR: &str = ".aliyuncs.com";

/// The region of Live's central endpoint.
const CENTRAL_REGION: &str = "cn-shanghai";

/// The Live endpoint of every region without its own (official endpoint list of version 2016-11-01).
pub(super) const LIVE: &str = "live.aliyuncs.com";

/// The endpoint of one service: scheme, host and port, never a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) secure: bool,
    pub(super) host: String,
    pub(super) port: Option<u16>,
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

/// The host of a service in a region.
pub(super) fn host(product: Product, region: Option<&str>) -> String {
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
pub(super) fn is_near(host: &str) -> bool {
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
}
