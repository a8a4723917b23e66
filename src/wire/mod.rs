//! Requests, responses and signatures of the service: pure, shared by client and emulator. The API's own names are
//! here, except for those of the fields, which are in the table of [`Field`](crate::model::Field).

mod encode;
mod formats;
mod inquiry;
mod oss;
mod page;
mod recordings;
mod request;
mod response;
mod sign;
mod temporary;
mod trail;
mod values;
mod verify;
mod xml;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use encode::{Pairs, decode_pairs, decode_path, encode};
pub use formats::{LIST as FORMAT_LIST, list_formats, read_formats};
pub use inquiry::{
    APP_SPACES, AppSpaces, CallerIdentity, DOMAIN_DETAIL, DomainDetail, Inquiry, MOST_APP_SPACES,
    OSS_RECORDINGS, Product, TRANSCODE_GROUP, TranscodeGroup, USER_DOMAINS, UserDomain, app_spaces,
    caller_identity, domain_detail, oss_recordings, read_app_spaces, read_caller_identity,
    read_domain_detail, read_oss_recordings, read_transcode_group, read_user_domains, transcode_group,
    user_domains,
};
pub use oss::{
    ALGORITHM as OSS_ALGORITHM, TERMINATOR as OSS_TERMINATOR, UNSIGNED as OSS_UNSIGNED,
    canonical_request as oss_canonical_request, is_signed as is_signed_by_oss, sign_oss,
    signature as oss_signature,
};
pub use page::{Page, read_page, take_config};
pub use recordings::{
    DOMAIN_MAPPING, DomainMapping, LIVE_VIDEOS, Listed, MOST_VIDEOS, NOTIFY_DAYS, NOTIFY_RECORDS,
    ONLINE_LIST, PUBLISH_DAYS, PUBLISH_LIST, PUBLISHES_PER_SECOND, domain_mapping, live_videos,
    notify_records, online_list, publish_list, read_domain_mapping, read_live_videos, read_notify_records,
    read_online_list, read_publish_list,
};
pub use request::{ComposeOff, PAGE_SIZE, add, addable, delete, describe, uncarryable, update};
pub use response::{ReadError, read, request_id, time};
pub use sign::{
    EMULATOR_SECRET, Key, Operation, Secret, SignatureVersion, Stamp, format_time, hex, hmac_sha1, sign,
};
pub use temporary::{
    METADATA_HOST, OIDC_TOKEN_LENGTH, Role, TemporaryKey, assume_role, assume_role_with_oidc, metadata_key,
    metadata_role, metadata_token, read_assumed_role, read_key, read_metadata_text, uri_key,
};
pub use trail::{
    CallUser, EVENT_DAYS, EventPage, EventSearch, LOOKUP_EVENTS, PastCall, Tool, lookup_events, read_events,
};
pub use values::write_value;
pub use verify::{
    SignatureProblem, Unsigned, Verified, read_unsigned, unverified_call, unverified_param, verify,
};
pub use xml::{read as read_xml, write as write_xml};

/// Version of the Live API that every call names.
pub const LIVE_VERSION: &str = "2016-11-01";

/// The codes of a refusal because RAM does not allow the action.
pub const DENIALS: [&str; 3] = ["Forbidden.RAM", "NoPermission", "Forbidden"];

/// How livevod names itself to the service.
pub const USER_AGENT: &str = concat!("livevod/", env!("CARGO_PKG_VERSION"));

/// One HTTP request, before it is sent or after it was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`; `PUT` for a token of the metadata service; any for objects of a store.
    pub method: String,
    /// The host, with the port if it is not the scheme's default: the value of the Host header.
    pub host: String,
    /// Path, `/` for RPC calls.
    pub path: String,
    /// Query, percent-encoded, without `?`.
    pub query: String,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without a query, a body or a signature.
    fn new(method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        Self {
            method: method.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
        }
    }
}

/// Shows neither parameters nor headers: they contain key ids, tokens and signatures.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} https://{}{}", self.method, self.host, self.path)
    }
}

/// One HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

/// An action of the Live API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Lists a domain's configurations.
    Describe,
    /// Creates a configuration.
    Add,
    /// Changes a configuration.
    Update,
    /// Deletes a configuration.
    Delete,
}

impl Action {
    /// All four.
    pub const ALL: [Action; 4] = [Action::Describe, Action::Add, Action::Update, Action::Delete];

    /// The action's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Action::Describe => "DescribeLiveRecordVodConfigs",
            Action::Add => "AddLiveRecordVodConfig",
            Action::Update => "UpdateLiveRecordVodConfig",
            Action::Delete => "DeleteLiveRecordVodConfig",
        }
    }

    /// The action with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// A call before it is signed: the action and its own parameters, by raw name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What to do.
    pub action: Action,
    /// Business parameters, not encoded.
    pub params: BTreeMap<String, String>,
}

impl Call {
    /// The domain that the call is about.
    pub fn domain(&self) -> &str {
        self.params.get("DomainName").map_or("", String::as_str)
    }
}

/// The service's error when it refuses a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteError {
    /// HTTP status.
    pub status: u16,
    /// The service's code, such as `InvalidDomain.NotFound`; empty if the body had none.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// Id of the request.
    pub request_id: Option<String>,
    /// The service's page on the error.
    pub recommend: Option<String>,
    /// The service's details of a denial, as JSON text.
    pub access_denied_detail: Option<String>,
    /// How long the service asks to wait (header `x-acs-retry-after`, milliseconds).
    pub retry_after: Option<Duration>,
}

impl RemoteError {
    /// Whether RAM does not allow the action.
    pub fn is_denial(&self) -> bool {
        DENIALS.contains(&self.code.as_str())
    }
}
