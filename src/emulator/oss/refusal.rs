//! The refusals of Object Storage Service: status, code and message, verbatim where a document gives them.

use super::super::refusal::refusals;
use super::bucket::LARGEST_OBJECT;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OssRefusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Further elements of the answer.
    pub(super) details: Vec<(&'static str, String)>,
    /// Further headers of the answer, names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl OssRefusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), headers: Vec::new() }
    }

    /// The same with a further element.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The same with a further header.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A parameter or header with a value that can't be.
    pub(super) fn invalid_argument(name: &str, value: &str, message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
    }

    /// What the emulator does not play.
    pub(super) fn not_implemented(what: &str) -> Self {
        let message =
            format!("A header or query you provided requests a function that is not implemented: {what}.");
        Self::new(501, "NotImplemented", message)
    }

    /// An object that is larger than the emulator takes.
    pub(super) fn entity_too_large(size: usize) -> Self {
        Self::new(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
            .with("MaxSizeAllowed", LARGEST_OBJECT.to_string())
            .with("ProposedSize", size.to_string())
    }

    pub(super) fn no_such_bucket(bucket: &str) -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist.").with("BucketName", bucket)
    }

    pub(super) fn no_such_key(key: &str) -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
    }
}

refusals! { OssRefusal:
    already_exists = 409, "FileAlreadyExists",
        "The object you specified already exists and can not be overwritten.";
    immutable = 409, "FileImmutable", "The object you specified is immutable.";
    not_appendable = 409, "ObjectNotAppendable", "The object is not appendable";
    position_not_length = 409, "PositionNotEqualToLength", "Position is not equal to file length";
    bucket_not_empty = 409, "BucketNotEmpty", "The bucket you tried to delete is not empty.";
    invalid_bucket_name = 400, "InvalidBucketName", "The specified bucket is not valid.";
    invalid_object_name = 400, "InvalidObjectName", "The specified object is not valid.";
    too_many_buckets = 400, "TooManyBuckets",
        "You have attempted to create more buckets than allowed.";
    invalid_digest = 400, "InvalidDigest", "The Content-MD5 you specified was invalid.";
    missing_digest = 400, "MissingArgument", "Missing Some Required Arguments.";
    malformed_xml = 400, "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema.";
    invalid_range = 416, "InvalidRange", "The requested range cannot be satisfied.";
    precondition_failed = 412, "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold.";
    method_not_allowed = 405, "MethodNotAllowed",
        "The specified method is not allowed against this resource.";
    no_such_worm = 404, "NoSuchWORMConfiguration", "The WORM configuration does not exist.";
    worm_exists = 409, "WORMConfigurationAlreadyExists",
        "The bucket already has a WORM configuration.";
    worm_locked = 409, "WORMConfigurationLocked", "The WORM configuration is locked.";
    no_such_version = 404, "NoSuchVersion", "The specified version does not exist.";

    // Who asks, and when.
    anonymous = 403, "AccessDenied", "Anonymous user has no right to access this bucket.";
    no_date = 403, "AccessDenied", "OSS authentication requires a valid Date.";
    access_denied = 403, "AccessDenied", "You have no right to access this object.";
    unknown_key = 403, "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.";
    disabled_key = 403, "InvalidAccessKeyId", "The OSS Access Key Id you provided is disabled.";
    token_mismatch = 403, "InvalidSecurityToken", "The security token you provided is invalid.";
    token_expired = 403, "SecurityTokenExpired", "The security token you provided has expired.";
    mismatch = 403, "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    skewed = 403, "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.";

    // Of the service as a whole.
    internal_error = 500, "InternalError", "Please contact the server administrator, oss@service.aliyun.com.";
    unavailable = 503, "ServiceUnavailable", "Please reduce your request rate.";
    throttled = 503, "TotalQpsLimitExceeded", "Please reduce your request rate.";
    full = 400, "EntityTooLarge", "The emulator holds at most 256 MiB of objects.";
}
