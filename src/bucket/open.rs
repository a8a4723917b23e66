//! Opens a bucket: chooses the service by the scheme of its URL, among those that the program was built with.

use std::sync::Arc;

use super::place::OpenError;
use super::settings::Settings;
use crate::api::Client;
use crate::store::{BucketUrl, Objects, Scheme};

/// Opens a bucket; nothing is sent. `client` makes the client whose keys sign requests to OSS, and is called for OSS alone:
/// other services have credentials of their own.
///
/// # Errors
/// When the program was built without the service, a variable is missing or can't be used, or there is no client.
pub fn open<E: From<OpenError>>(
    url: &BucketUrl,
    settings: Settings<'_>,
    client: impl FnOnce() -> Result<Client, E>,
) -> Result<Arc<dyn Objects>, E> {
    match url.scheme {
        #[cfg(feature = "oss")]
        Scheme::Oss => Ok(super::oss::open(url, settings, client)?),
        #[cfg(feature = "s3")]
        Scheme::S3 => Ok(super::s3::open(url, settings)?),
        #[cfg(feature = "gcs")]
        Scheme::Gs => Ok(super::gcs::open(url, settings)?),
        #[cfg(feature = "azure")]
        Scheme::Az => Ok(super::azure::open(url, settings)?),
        #[cfg(not(all(feature = "oss", feature = "s3", feature = "gcs", feature = "azure")))]
        other => {
            let _ = (settings, client);
            Err(OpenError::Feature { scheme: other, feature: feature(other) }.into())
        }
    }
}

/// The feature of the package that a scheme needs.
#[cfg(not(all(feature = "oss", feature = "s3", feature = "gcs", feature = "azure")))]
fn feature(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Oss => "oss",
        Scheme::S3 => "s3",
        Scheme::Gs => "gcs",
        Scheme::Az => "azure",
    }
}
