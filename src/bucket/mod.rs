//! stub
use crate::api::{Client, Endpoint, Timeouts, Transport};
use crate::gate::Secrets;
use crate::store::{BucketUrl, Objects};
use std::ffi::OsString;
use std::sync::Arc;
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;
pub struct Settings<'a> {
    pub variable: Variable<'a>,
    pub timeouts: Timeouts,
    pub secrets: Secrets,
    pub transport: Option<Arc<dyn Transport>>,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub enum OpenError {
    Feature {},
    NoRegion {},
    NoAccount,
}
pub fn endpoint(_: &BucketUrl, _: Variable<'_>) -> Result<Endpoint, OpenError> {
    Err(OpenError::NoAccount)
}
pub fn open<E: From<OpenError>>(
    _: &BucketUrl,
    _: Settings<'_>,
    _: impl FnOnce() -> Result<Client, E>,
) -> Result<Arc<dyn Objects>, E> {
    Err(OpenError::NoAccount.into())
}
