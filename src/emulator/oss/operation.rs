//! The operations that are played, by method and address.

use super::refusal::OssRefusal;
use super::signature::is_signed;
use super::target::Target;
use crate::wire::{Pairs, Request, decode_pairs};

/// Defines the operations with their names.
macro_rules! operations {
    ($($operation:ident),+ $(,)?) => {
        /// What a request asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum OssOperation { $($operation),+ }

        /// All of them by name.
        const NAMES: &[(&str, OssOperation)] = &[$((stringify!($operation), OssOperation::$operation)),+];
    };
}

operations! {
    ListBuckets,
    PutBucket, DeleteBucket, GetBucketInfo, GetBucketLocation, GetBucketAcl,
    GetBucketVersioning, PutBucketVersioning,
    GetBucketWorm, InitiateBucketWorm, CompleteBucketWorm, AbortBucketWorm,
    ListObjects, ListObjectsV2, DeleteMultipleObjects,
    PutObject, AppendObject, GetObject, HeadObject, DeleteObject,
}

/// The parameters that select another operation on the same address, of those that are not played too.
const SELECTORS: [&str; 34] = [
    "accessPoint",
    "acl",
    "append",
    "asyncFetch",
    "bucketInfo",
    "cname",
    "cors",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metaQuery",
    "objectMeta",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "referer",
    "replication",
    "requestPayment",
    "resourceGroup",
    "restore",
    "stat",
    "style",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
    "worm",
];

/// Parameters that select one too, of retention policies.
const WORM_SELECTORS: [&str; 2] = ["wormExtend", "wormId"];

impl OssOperation {
    /// The operation with this method on this address.
    pub(super) fn find(request: &Request, target: &Target, query: &Pairs) -> Result<Self, OssRefusal> {
        let has = |name: &str| query.iter().any(|(known, _)| known == name);
        let selector = SELECTORS.iter().chain(&WORM_SELECTORS).copied().find(|name| has(name));
        let selector = if has("wormExtend") { Some("wormExtend") } else { selector };
        if request.headers.contains_key("x-oss-copy-source") {
            return Err(OssRefusal::not_implemented("x-oss-copy-source"));
        }
        let method = request.method.as_str();
        let found = if target.bucket.is_empty() {
            of_service(method, selector)
        } else if target.key.is_empty() {
            of_bucket(method, selector, query)
        } else {
            of_object(method, selector)
        };
        found.ok_or_else(|| match selector {
            Some(name) => OssRefusal::not_implemented(name),
            None => OssRefusal::method_not_allowed(),
        })
    }

    /// Its name in the service's documents.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| name)
    }
}

fn of_service(method: &str, selector: Option<&str>) -> Option<OssOperation> {
    (method == "GET" && selector.is_none()).then_some(OssOperation::ListBuckets)
}

fn of_bucket(method: &str, selector: Option<&str>, query: &Pairs) -> Option<OssOperation> {
    let is_v2 = || query.iter().any(|(name, value)| name == "list-type" && value == "2");
    Some(match (method, selector) {
        ("GET", None) if is_v2() => OssOperation::ListObjectsV2,
        ("GET", None) => OssOperation::ListObjects,
        ("GET", Some("bucketInfo")) => OssOperation::GetBucketInfo,
        ("GET", Some("location")) => OssOperation::GetBucketLocation,
        ("GET", Some("acl")) => OssOperation::GetBucketAcl,
        ("GET", Some("versioning")) => OssOperation::GetBucketVersioning,
        ("GET", Some("worm")) => OssOperation::GetBucketWorm,
        ("PUT", None) => OssOperation::PutBucket,
        ("PUT", Some("versioning")) => OssOperation::PutBucketVersioning,
        ("DELETE", None) => OssOperation::DeleteBucket,
        ("DELETE", Some("worm")) => OssOperation::AbortBucketWorm,
        ("POST", Some("delete")) => OssOperation::DeleteMultipleObjects,
        ("POST", Some("worm")) => OssOperation::InitiateBucketWorm,
        ("POST", Some("wormId")) => OssOperation::CompleteBucketWorm,
        _ => return None,
    })
}

fn of_object(method: &str, selector: Option<&str>) -> Option<OssOperation> {
    Some(match (method, selector) {
        ("PUT", None) => OssOperation::PutObject,
        ("POST", Some("append")) => OssOperation::AppendObject,
        ("GET", None) => OssOperation::GetObject,
        ("HEAD", None | Some("objectMeta")) => OssOperation::HeadObject,
        ("DELETE", None) => OssOperation::DeleteObject,
        _ => return None,
    })
}

/// The whole name of an operation that a fault names.
#[cfg(feature = "faults")]
pub(in crate::emulator) fn operation_name(text: &str) -> Option<&'static str> {
    NAMES.iter().find(|(name, _)| *name == text).map(|(name, _)| *name)
}

/// Whether an operation of this name lists objects.
#[cfg(feature = "faults")]
pub(in crate::emulator) fn is_listing(name: &str) -> bool {
    [OssOperation::ListObjects, OssOperation::ListObjectsV2].iter().any(|listing| listing.name() == name)
}

/// What a request for this service claims to be about, before anything in it is checked: the operation's name, empty if it is none,
/// and `BUCKET/KEY`. `None` if the request is for another service.
pub(in crate::emulator) fn claimed(
    request: &Request,
    has_bucket: impl Fn(&str) -> bool,
) -> Option<(&'static str, String)> {
    let is_signed = is_signed(request);
    // A call of any other service has this path, or a signature of its own.
    if !is_signed && (request.path == "/" || request.headers.contains_key("authorization")) {
        return None;
    }
    let readings = Target::readings(request);
    let target = readings.iter().find(|target| has_bucket(&target.bucket));
    let target = target.or_else(|| readings.last().filter(|_| is_signed));
    let Some(target) = target else { return is_signed.then(|| ("", request.path.clone())) };
    let query = decode_pairs(&request.query).unwrap_or_default();
    let name = OssOperation::find(request, target, &query).map_or("", OssOperation::name);
    Some((name, target.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, key: &str, query: &str) -> Result<&'static str, u16> {
        let request = Request {
            method: method.into(),
            host: "localhost".into(),
            path: "/".into(),
            query: query.into(),
            headers: Default::default(),
            body: Vec::new(),
        };
        let target = Target { bucket: "demo".into(), key: key.into(), is_bare: false };
        let found = OssOperation::find(&request, &target, &decode_pairs(query).unwrap());
        found.map(OssOperation::name).map_err(|refusal| refusal.status)
    }

    #[test]
    fn the_method_and_the_parameters_choose_the_operation() {
        for (method, key, query, name) in [
            ("GET", "", "", Ok("ListObjects")),
            ("GET", "", "prefix=a&max-keys=3", Ok("ListObjects")),
            ("GET", "", "list-type=2&prefix=worm", Ok("ListObjectsV2")),
            ("GET", "", "worm", Ok("GetBucketWorm")),
            ("POST", "", "wormId=1", Ok("CompleteBucketWorm")),
            ("POST", "", "wormId=1&wormExtend", Err(501)),
            ("POST", "", "delete", Ok("DeleteMultipleObjects")),
            ("PUT", "a", "", Ok("PutObject")),
            ("POST", "a", "append&position=0", Ok("AppendObject")),
            ("HEAD", "a", "objectMeta", Ok("HeadObject")),
            ("DELETE", "a", "versionId=x", Ok("DeleteObject")),
            ("POST", "a", "uploads", Err(501)),
            ("GET", "", "versions", Err(501)),
            ("PATCH", "a", "", Err(405)),
            ("HEAD", "", "", Err(405)),
        ] {
            assert_eq!(found(method, key, query), name, "{method} {key} {query}");
        }
    }
}
