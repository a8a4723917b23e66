//! Containers of Azure Blob Storage, with the credentials of Azure's own tools.

use std::sync::Arc;

use opendal::Operator;
use opendal::services::Azblob;

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
    let text = |names: &[&str]| {
        let value = names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        value.and_then(|value| value.into_string().ok())
    };
    let key = text(&["AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"]);
    let token = text(&["AZURE_STORAGE_SAS_TOKEN"]);
    let secret = text(&["AZURE_CLIENT_SECRET"]);
    [&key, &token, &secret].into_iter().flatten().for_each(|secret| secrets.learn(secret));
    let mut service = Azblob::default().container(bucket).root(prefix).endpoint(&endpoint.to_string());
    if let Some(account) = text(&["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"]) {
        service = service.account_name(&account);
    }
    if let Some(key) = key {
        service = service.account_key(&key);
    }
    if let Some(token) = token {
        service = service.sas_token(&token);
    }
    let operator = Operator::new(service).map_err(|error| OpenError::Settings(error.message().to_owned()))?;
    let ways = Ways::new(timeouts, transport);
    let carriage = Carriage { ways, host: endpoint.authority(), signer: None, secrets };
    Ok(Arc::new(Bucket::new(operator, carriage)))
}
