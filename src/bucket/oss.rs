//! Buckets of Alibaba Cloud OSS. The library writes and reads; credentials and signatures are livevod's own: it would look
//! for credentials elsewhere where livevod's fail, and sign with a version that new buckets do not accept.

use std::net::IpAddr;
use std::sync::Arc;

use opendal::Operator;
use opendal::services::Oss;

use super::carrier::{Carriage, Signer};
use super::objects::Bucket;
use super::place::{OpenError, Place};
use super::settings::Settings;
use super::ways::Ways;
use crate::api::{Client, Endpoint};
use crate::store::{BucketUrl, Objects};

pub(super) fn open<E: From<OpenError>>(
    url: &BucketUrl,
    settings: Settings<'_>,
    client: impl FnOnce() -> Result<Client, E>,
) -> Result<Arc<dyn Objects>, E> {
    let Settings { variable, timeouts, secrets, transport } = settings;
    let BucketUrl { scheme: _, bucket, prefix } = url;
    let Place { endpoint, region } = Place::of(url, variable)?;
    let is_in_path = has_no_subdomains(&endpoint);
    let style = if is_in_path { "path" } else { "virtual" };
    let service = Oss::default().bucket(bucket).root(prefix).endpoint(&endpoint.to_string());
    let operator = Operator::new(service.addressing_style(style).skip_signature());
    let operator = operator.map_err(|error| OpenError::Settings(error.message().to_owned()))?;
    let authority = endpoint.authority();
    let (host, before) = match is_in_path {
        true => (authority, String::new()),
        false => (format!("{bucket}.{authority}"), format!("/{bucket}")),
    };
    let signer = Some(Signer { client: client()?, region, before });
    let carriage = Carriage { ways: Ways::new(timeouts, transport), host, signer, secrets };
    Ok(Arc::new(Bucket::new(operator, carriage)))
}

/// Whether the bucket's name can't be a part of the host.
fn has_no_subdomains(endpoint: &Endpoint) -> bool {
    let authority = endpoint.authority();
    let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
    host == "localhost" || authority.starts_with('[') || host.parse::<IpAddr>().is_ok()
}
