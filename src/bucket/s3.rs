//! Buckets of Amazon S3 and of what speaks its protocol, with the credentials of AWS's own tools.

use std::sync::Arc;

use opendal::Operator;
use opendal::services::S3;

use super::carrier::Carriage;
use super::objects::Bucket;
use super::place::{OpenError, Place};
use super::settings::Settings;
use super::ways::Ways;
use crate::store::{BucketUrl, Objects};

/// The variables of a key.
const KEY: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Forbids to ask the metadata service, as in AWS's own tools.
const METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";

pub(super) fn open(url: &BucketUrl, settings: Settings<'_>) -> Result<Arc<dyn Objects>, OpenError> {
    let Settings { variable, timeouts, secrets, transport } = settings;
    let BucketUrl { scheme: _, bucket, prefix } = url;
    let Place { endpoint, region } = Place::of(url, variable)?;
    let text = |name: &str| variable(name)?.into_string().ok().filter(|value| !value.is_empty());
    let [id, secret, token] = KEY.map(text);
    [&secret, &token].into_iter().flatten().for_each(|secret| secrets.learn(secret));
    // The bucket is in the path, which every server understands.
    let service = S3::default().bucket(bucket).root(prefix).region(&region).endpoint(&endpoint.to_string());
    // First, as in AWS's own tools; all other sources are looked up by the library.
    let service = match (id, secret, token) {
        (Some(id), Some(secret), None) => service.access_key_id(&id).secret_access_key(&secret),
        (Some(id), Some(secret), Some(token)) => {
            service.access_key_id(&id).secret_access_key(&secret).session_token(&token)
        }
        _ => service,
    };
    let is_disabled = text(METADATA_DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let service = if is_disabled { service.disable_ec2_metadata() } else { service };
    let operator = Operator::new(service).map_err(|error| OpenError::Settings(error.message().to_owned()))?;
    let ways = Ways::new(timeouts, transport);
    let carriage = Carriage { ways, host: endpoint.authority(), signer: None, secrets };
    Ok(Arc::new(Bucket::new(operator, carriage)))
}
