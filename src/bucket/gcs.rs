//! Buckets of Google Cloud Storage, with the credentials of Google's own tools.

use std::sync::Arc;

use opendal::Operator;
use opendal::services::Gcs;

use super::carrier::Carriage;
use super::objects::Bucket;
use super::place::{OpenError, Place};
use super::settings::Settings;
use super::ways::Ways;
use crate::store::{BucketUrl, Objects};

pub(super) fn open(url: &BucketUrl, settings: Settings<'_>) -> Result<Arc<dyn Objects>, OpenError> {
    let Settings { variable, timeouts, secrets, transport } = settings;
    let BucketUrl { scheme: _, bucket, prefix } = url;
    let Place { endpoint, region: _ } = Place::of(url, variable)?;
    let service = Gcs::default().bucket(bucket).root(prefix).endpoint(&endpoint.to_string());
    // A server on this machine is an emulator, which asks for no credentials.
    let service = if endpoint.is_loopback() { service.skip_signature() } else { service };
    let operator = Operator::new(service).map_err(|error| OpenError::Settings(error.message().to_owned()))?;
    let ways = Ways::new(timeouts, transport);
    let carriage = Carriage { ways, host: endpoint.authority(), signer: None, secrets };
    Ok(Arc::new(Bucket::new(operator, carriage)))
}
