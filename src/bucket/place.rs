//! Finds out where a bucket is: its endpoint and region, from the variables that its service's own tools read. Pure: variables
//! are looked up by a function.

use std::ffi::OsString;

use crate::api::{Endpoint, EndpointError};
use crate::store::{BucketUrl, Scheme};

/// Looks up a variable of the process.
pub(super) type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Names the endpoint of any store, before the variables of its service.
const ENDPOINT: &str = "LIVEVOD_STORE_ENDPOINT";

/// Names the region of any store, before the variables of its service.
const REGION: &str = "LIVEVOD_STORE_REGION";

/// The account of Azure's own tools, and that of `reqsign`.
const ACCOUNT: [&str; 2] = ["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"];

/// The part of hosts that are OSS's own.
const VENDOR: &str = ".aliyuncs.com";

/// Why a bucket can't be opened; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The program was built without it.
    #[error("this livevod was built without `{scheme}://`: build it with the feature `{feature}`")]
    Feature {
        /// The scheme of the store.
        scheme: Scheme,
        /// The feature of the package.
        feature: &'static str,
    },
    /// The region is not known.
    #[error("the region of the bucket is not known: set {}", named(.variables))]
    NoRegion {
        /// The variables that may name it.
        variables: &'static [&'static str],
    },
    /// The storage account is not known.
    #[error("the storage account is not known: set {}, or the endpoint with `{ENDPOINT}`", named(&ACCOUNT))]
    NoAccount,
    /// A variable that is no text, or no name where one is needed.
    #[error("`{variable}` is not a name of lower case letters, digits and hyphens")]
    NotName {
        /// The variable.
        variable: &'static str,
    },
    /// The endpoint may not be used.
    #[error("`{variable}`: {reason}")]
    Endpoint {
        /// The variable that names it.
        variable: &'static str,
        /// What is wrong.
        reason: EndpointError,
    },
    /// The library for the service refuses the settings.
    #[error("the store's settings can't be used: {0}")]
    Settings(String),
}

fn named(variables: &[&str]) -> String {
    let quoted: Vec<String> = variables.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Where a bucket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Scheme, host and port of the service, without the bucket.
    pub(super) endpoint: Endpoint,
    /// The region, as signatures name it; empty for services whose signatures name none.
    pub(super) region: String,
}

impl Place {
    pub(super) fn of(url: &BucketUrl, variable: Variable<'_>) -> Result<Self, OpenError> {
        match url.scheme {
            Scheme::Oss => oss(variable),
            Scheme::S3 => s3(variable),
            Scheme::Gs => gcs(variable),
            Scheme::Az => azure(variable),
        }
    }
}

/// The endpoint that requests to a bucket go to: without the bucket's name, which may become a part of the host.
///
/// # Errors
/// When a variable is missing or can't be used.
pub fn endpoint(url: &BucketUrl, variable: Variable<'_>) -> Result<Endpoint, OpenError> {
    Place::of(url, variable).map(|place| place.endpoint)
}

fn oss(variable: Variable<'_>) -> Result<Place, OpenError> {
    const VARIABLES: &[&str] = &[REGION, "OSS_REGION", "ALIBABA_CLOUD_REGION_ID"];
    let given = given_endpoint(variable, &[ENDPOINT, "OSS_ENDPOINT"])?;
    // The console shows the names of regions with this in front.
    let region = region(variable, VARIABLES)?.map(|region| region.trim_start_matches("oss-").to_owned());
    let known = region.or_else(|| given.as_ref().and_then(oss_region));
    let region = known.ok_or(OpenError::NoRegion { variables: VARIABLES })?;
    let endpoint = given.map_or_else(|| documented(&format!("https://oss-{region}{VENDOR}")), Ok)?;
    Ok(Place { endpoint, region })
}

/// The region that an endpoint of OSS has in its name. A server on this machine takes any.
fn oss_region(endpoint: &Endpoint) -> Option<String> {
    let host = endpoint.authority();
    let own = host.strip_prefix("oss-").and_then(|host| host.strip_suffix(VENDOR));
    let own = own.map(|region| region.trim_end_matches("-internal")).filter(|region| is_name(region));
    own.or(endpoint.is_loopback().then_some("cn-shanghai")).map(str::to_owned)
}

fn s3(variable: Variable<'_>) -> Result<Place, OpenError> {
    const VARIABLES: &[&str] = &[REGION, "AWS_REGION", "AWS_DEFAULT_REGION"];
    let endpoints = &[ENDPOINT, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
    let given = given_endpoint(variable, endpoints)?;
    let near = given.as_ref().is_some_and(Endpoint::is_loopback).then(|| "us-east-1".to_owned());
    let region = region(variable, VARIABLES)?.or(near).ok_or(OpenError::NoRegion { variables: VARIABLES })?;
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    let usual = || documented(&format!("https://s3.{region}.amazonaws.com{china}"));
    Ok(Place { endpoint: given.map_or_else(usual, Ok)?, region })
}

fn gcs(variable: Variable<'_>) -> Result<Place, OpenError> {
    let given = given_endpoint(variable, &[ENDPOINT])?;
    let endpoint = given.map_or_else(|| documented("https://storage.googleapis.com"), Ok)?;
    Ok(Place { endpoint, region: String::new() })
}

fn azure(variable: Variable<'_>) -> Result<Place, OpenError> {
    let endpoint = match given_endpoint(variable, &[ENDPOINT])? {
        Some(endpoint) => endpoint,
        None => {
            let account = region(variable, &ACCOUNT)?.ok_or(OpenError::NoAccount)?;
            documented(&format!("https://{account}.blob.core.windows.net"))?
        }
    };
    Ok(Place { endpoint, region: String::new() })
}

/// The first of these variables that is set and not empty, and its value; what is not UTF-8 counts as empty text.
fn first(variable: Variable<'_>, names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some((*name, value.into_string().unwrap_or_default()))
    })
}

/// A name that becomes a part of a host.
fn region(variable: Variable<'_>, names: &[&'static str]) -> Result<Option<String>, OpenError> {
    let found = first(variable, names);
    let checked = found.map(|(name, value)| match is_name(&value) {
        true => Ok(value),
        false => Err(OpenError::NotName { variable: name }),
    });
    checked.transpose()
}

fn is_name(text: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    !text.is_empty() && text.chars().all(is_plain)
}

/// The vendor's own tools take a host without a scheme.
fn given_endpoint(variable: Variable<'_>, names: &[&'static str]) -> Result<Option<Endpoint>, OpenError> {
    let Some((variable, text)) = first(variable, names) else { return Ok(None) };
    let text = if text.contains("://") { text } else { format!("https://{text}") };
    text.parse().map(Some).map_err(|reason| OpenError::Endpoint { variable, reason })
}

fn documented(url: &str) -> Result<Endpoint, OpenError> {
    url.parse().map_err(|reason: EndpointError| OpenError::Settings(reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreUrl;

    fn place(scheme: &str, variables: &[(&str, &str)]) -> Result<(String, String), OpenError> {
        let Ok(StoreUrl::Bucket(url)) = format!("{scheme}://livevod").parse() else { panic!("no bucket") };
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let place = Place::of(&url, &variable)?;
        assert_eq!(endpoint(&url, &variable), Ok(place.endpoint.clone()));
        Ok((place.endpoint.to_string(), place.region))
    }

    fn at(endpoint: &str, region: &str) -> Result<(String, String), OpenError> {
        Ok((endpoint.to_owned(), region.to_owned()))
    }

    #[test]
    fn oss_is_in_the_region_of_the_variables_in_their_order() {
        let region = [("ALIBABA_CLOUD_REGION_ID", "cn-shanghai")];
        assert_eq!(place("oss", &region), at("https://oss-cn-shanghai.aliyuncs.com", "cn-shanghai"));
        let region = [region[0], ("OSS_REGION", "oss-cn-beijing")];
        assert_eq!(place("oss", &region), at("https://oss-cn-beijing.aliyuncs.com", "cn-beijing"));
        let region = [region[0], region[1], ("LIVEVOD_STORE_REGION", "ap-southeast-1")];
        assert_eq!(place("oss", &region), at("https://oss-ap-southeast-1.aliyuncs.com", "ap-southeast-1"));
        let inside = [("OSS_ENDPOINT", "oss-cn-hangzhou-internal.aliyuncs.com"), ("OSS_REGION", "")];
        assert_eq!(place("oss", &inside), at("https://oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"));
        let near = [inside[0], ("LIVEVOD_STORE_ENDPOINT", "http://127.0.0.1:8787")];
        assert_eq!(place("oss", &near), at("http://127.0.0.1:8787", "cn-shanghai"));
    }

    #[test]
    fn what_is_missing_is_told_with_the_variables_that_give_it() {
        let message = "the region of the bucket is not known: set `LIVEVOD_STORE_REGION`, `OSS_REGION` or `ALIBABA_CLOUD_REGION_ID`";
        assert_eq!(place("oss", &[]).unwrap_err().to_string(), message);
        let elsewhere = [("OSS_ENDPOINT", "https://oss.example.com")];
        assert_eq!(place("oss", &elsewhere).unwrap_err().to_string(), message);
        assert!(place("s3", &[]).unwrap_err().to_string().ends_with("`AWS_REGION` or `AWS_DEFAULT_REGION`"));
        assert_eq!(
            place("az", &[]).unwrap_err().to_string(),
            "the storage account is not known: set `AZURE_STORAGE_ACCOUNT_NAME` or `AZURE_STORAGE_ACCOUNT`, or the \
             endpoint with `LIVEVOD_STORE_ENDPOINT`"
        );
    }

    #[test]
    fn the_other_services_are_at_their_documented_hosts_or_where_a_variable_says() {
        let paris = ("AWS_REGION", "eu-west-3");
        assert_eq!(place("s3", &[paris]), at("https://s3.eu-west-3.amazonaws.com", "eu-west-3"));
        let beijing = [("AWS_DEFAULT_REGION", "cn-north-1")];
        assert_eq!(place("s3", &beijing), at("https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"));
        let minio = [paris, ("AWS_ENDPOINT_URL", "https://s3.example.com:9000")];
        assert_eq!(place("s3", &minio), at("https://s3.example.com:9000", "eu-west-3"));
        let moto = [minio[1], ("AWS_ENDPOINT_URL_S3", "http://localhost:5000")];
        assert_eq!(place("s3", &moto), at("http://localhost:5000", "us-east-1"));
        assert_eq!(place("gs", &[]), at("https://storage.googleapis.com", ""));
        let account = [("AZURE_STORAGE_ACCOUNT", "team")];
        assert_eq!(place("az", &account), at("https://team.blob.core.windows.net", ""));
    }

    #[test]
    fn a_variable_chooses_no_host_in_disguise_and_none_without_tls() {
        let table = [
            ("oss", "OSS_REGION", "evil.com/"),
            ("s3", "AWS_REGION", "x@evil.com"),
            ("az", "AZURE_STORAGE_ACCOUNT", "evil.com?"),
        ];
        for (scheme, variable, value) in table {
            assert_eq!(place(scheme, &[(variable, value)]), Err(OpenError::NotName { variable }));
        }
        for value in ["http://oss.example.com", "https://a.com/path", "https://id:hush@a.com", "ftp://a.com"]
        {
            let error = place("oss", &[("OSS_REGION", "cn-hangzhou"), ("OSS_ENDPOINT", value)]).unwrap_err();
            assert!(matches!(error, OpenError::Endpoint { variable: "OSS_ENDPOINT", .. }), "{error}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
