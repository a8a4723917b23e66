//! Checks who signed a request to Object Storage Service: signatures of version 1 and 4 in the Authorization header. Pure:
//! the caller checks that the time is near and the token good.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use super::refusal::OssRefusal;
use super::target::Target;
use crate::wire::{
    OSS_ALGORITHM, OSS_TERMINATOR, OSS_UNSIGNED, Pairs, Request, Secret, decode_pairs, encode, hmac_sha1,
    is_signed_by_oss, oss_canonical_request, oss_signature,
};

/// The parameters that a signature of version 1 covers, sorted; from `_subresource_key_set` of the vendor's `oss2` 2.19.1, as far
/// as the emulator could be sent them.
const SUBRESOURCES: [&str; 39] = [
    "acl",
    "append",
    "bucketInfo",
    "callback",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "lifecycle",
    "location",
    "logging",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "referer",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "security-token",
    "stat",
    "symlink",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    "worm",
    "wormExtend",
    "wormId",
];

/// What a good signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) key_id: String,
    /// The security token that was sent with it.
    pub(super) token: Option<Secret>,
    /// When it was signed.
    pub(super) time: Timestamp,
    /// What it is about.
    pub(super) target: Target,
}

/// Whether a request says that it is for this service.
pub(in crate::emulator) fn is_signed(request: &Request) -> bool {
    request.headers.get("authorization").is_some_and(|text| text.starts_with("OSS"))
}

/// Checks the signature with the secret of the key that the request names; of several readings of the address, the one that was
/// signed is the right one.
///
/// # Errors
///
/// The first problem found.
pub(super) fn verify(
    request: &Request,
    secret_of: impl Fn(&str) -> Option<Secret>,
) -> Result<Signed, OssRefusal> {
    let authorization = request.headers.get("authorization").map_or("", String::as_str);
    let claim = Claim::read(authorization, request)?;
    let secret = secret_of(&claim.key_id).ok_or_else(OssRefusal::unknown_key)?;
    let query = decode_pairs(&request.query)
        .ok_or_else(|| OssRefusal::invalid_argument("query", "", "The query is not UTF-8."))?;
    let (mut readings, mut mismatch) =
        (Target::readings(request).into_iter(), OssRefusal::invalid_object_name());
    loop {
        let Some(target) = readings.next() else { return Err(mismatch) };
        match claim.check(request, &target, &query, &secret) {
            Ok(()) => {
                let token = request.headers.get("x-oss-security-token");
                let token = token.filter(|token| !token.is_empty()).map(Secret::new);
                return Ok(Signed { key_id: claim.key_id, token, time: claim.time, target });
            }
            Err(refusal) => mismatch = refusal,
        }
    }
}

/// What an Authorization header claims.
struct Claim {
    key_id: String,
    signature: String,
    time: Timestamp,
    way: Way,
}

/// The version, with what only it has.
enum Way {
    /// The Date header, or what stands in for it, as it was sent.
    V1 {
        date: String,
    },
    V4 {
        stamp: String,
        scope: [String; 3],
        additional: Vec<String>,
    },
}

impl Claim {
    fn read(authorization: &str, request: &Request) -> Result<Self, OssRefusal> {
        let header = |name: &str| request.headers.get(name).map(|value| value.trim().to_owned());
        let malformed = || OssRefusal::new(400, "InvalidArgument", "Authorization header is invalid.");
        let (algorithm, rest) = authorization.split_once(' ').ok_or_else(malformed)?;
        match algorithm {
            "OSS" => {
                let (key_id, signature) = rest.split_once(':').ok_or_else(malformed)?;
                let date = header("x-oss-date").or_else(|| header("date")).ok_or_else(OssRefusal::no_date)?;
                let time = rfc2822::DateTimeParser::new().parse_timestamp(&date);
                Ok(Self {
                    key_id: key_id.to_owned(),
                    signature: signature.to_owned(),
                    time: time.map_err(|_| OssRefusal::no_date())?,
                    way: Way::V1 { date },
                })
            }
            OSS_ALGORITHM => {
                let stamp = header("x-oss-date").ok_or_else(OssRefusal::no_date)?;
                let time = read_stamp(&stamp).ok_or_else(OssRefusal::no_date)?;
                if header("x-oss-content-sha256").is_none_or(|value| value != OSS_UNSIGNED) {
                    let sent = header("x-oss-content-sha256").unwrap_or_default();
                    let message = format!("x-oss-content-sha256 must be {OSS_UNSIGNED}.");
                    return Err(OssRefusal::invalid_argument("x-oss-content-sha256", &sent, message));
                }
                Self::read_v4(rest, &stamp, time).ok_or_else(malformed)
            }
            // Version 2 is not played.
            _ => Err(malformed()),
        }
    }

    /// `Credential=ID/DATE/REGION/oss/aliyun_v4_request, AdditionalHeaders=a;b, Signature=…`, in any order.
    fn read_v4(text: &str, stamp: &str, time: Timestamp) -> Option<Self> {
        let part = |name: &str| {
            let parts = text.split(',').filter_map(|part| part.trim().split_once('='));
            parts.clone().find(|(known, _)| *known == name).map(|(_, value)| value)
        };
        let mut scope = part("Credential")?.rsplitn(5, '/');
        let (request, product, region, date) = (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        let key_id = scope.next()?;
        let additional = part("AdditionalHeaders").unwrap_or_default().split(';');
        let additional = additional.filter(|name| !name.is_empty()).map(str::to_ascii_lowercase);
        let is_good = request == OSS_TERMINATOR && product == "oss" && stamp.get(..8) == Some(date);
        is_good.then(|| Self {
            key_id: key_id.to_owned(),
            signature: part("Signature").unwrap_or_default().to_owned(),
            time,
            way: Way::V4 {
                stamp: stamp.to_owned(),
                scope: [date, region, product].map(str::to_owned),
                additional: additional.collect(),
            },
        })
    }

    /// Whether it is the signature of a request about this target.
    fn check(
        &self,
        request: &Request,
        target: &Target,
        query: &Pairs,
        secret: &Secret,
    ) -> Result<(), OssRefusal> {
        let resource = target.resource();
        let bare = resource.trim_end_matches('/');
        let mut resources = vec![resource.as_str()];
        resources.extend(target.is_bare.then_some(bare));
        let mut signed_text = String::new();
        for resource in resources.iter().rev() {
            let (text, signature) = match &self.way {
                Way::V1 { date } => {
                    let text = v1_string_to_sign(request, date, resource, query);
                    let signature = STANDARD.encode(hmac_sha1(secret.expose().as_bytes(), &text));
                    (text, signature)
                }
                Way::V4 { stamp, scope, additional } => {
                    let canonical = v4_canonical_request(request, resource, query, additional)?;
                    let scope = [&scope[0], &scope[1], &scope[2]].map(String::as_str);
                    (canonical.clone(), oss_signature(secret, scope, stamp, &canonical))
                }
            };
            if signature == self.signature {
                return Ok(());
            }
            signed_text = text;
        }
        let element = match self.way {
            Way::V1 { .. } => "StringToSign",
            Way::V4 { .. } => "CanonicalRequest",
        };
        Err(OssRefusal::mismatch()
            .with("OSSAccessKeyId", &self.key_id)
            .with("SignatureProvided", &self.signature)
            .with(element, signed_text))
    }
}

/// The text whose HMAC is the signature of version 1.
fn v1_string_to_sign(request: &Request, date: &str, resource: &str, query: &Pairs) -> String {
    let header = |name: &str| request.headers.get(name).map_or("", |value| value.trim());
    let covered = request.headers.iter().filter(|(name, _)| name.starts_with("x-oss-"));
    let headers: String = covered.map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let covered = query.iter().filter(|(name, _)| SUBRESOURCES.contains(&name.as_str()));
    let covered = joined(covered.cloned().collect());
    let mark = if covered.is_empty() { "" } else { "?" };
    format!(
        "{}\n{}\n{}\n{date}\n{headers}{resource}{mark}{}",
        request.method,
        header("content-md5"),
        header("content-type"),
        covered
    )
}

/// Parameters sorted by name, without `=` where the value is empty.
fn joined(mut pairs: Pairs) -> String {
    pairs.sort_unstable();
    let one =
        |(name, value): (String, String)| if value.is_empty() { name } else { format!("{name}={value}") };
    pairs.into_iter().map(one).collect::<Vec<_>>().join("&")
}

/// What the hash in the text of version 4 covers.
fn v4_canonical_request(
    request: &Request,
    resource: &str,
    query: &Pairs,
    additional: &[String],
) -> Result<String, OssRefusal> {
    let path: Vec<String> = resource.split('/').map(|part| encode(part).to_string()).collect();
    let encoded = query.iter().map(|(name, value)| (encode(name).to_string(), encode(value).to_string()));
    let mut headers = request.headers.clone();
    headers.insert("host".to_owned(), request.host.clone());
    if let Some(name) = additional.iter().find(|name| !headers.contains_key(*name)) {
        let message = "An additional header is not in the request.";
        return Err(OssRefusal::invalid_argument("AdditionalHeaders", name, message));
    }
    let covered = headers.iter().filter(|(name, _)| is_signed_by_oss(name) || additional.contains(name));
    let mut names: Vec<&str> = additional.iter().map(String::as_str).collect();
    names.sort_unstable();
    let (path, query) = (path.join("/"), joined(encoded.collect()));
    Ok(oss_canonical_request(&request.method, &path, &query, covered, &names.join(";")))
}

/// Reads `20261130T035500Z`.
fn read_stamp(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
