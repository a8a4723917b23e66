//! Signs requests to OSS with version 4 (`OSS4-HMAC-SHA256`). New accounts and new buckets accept no older version.
//! The emulator checks such signatures with the same parts. Pure: the time is given.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::Request;
use super::encode::encode;
use super::sign::{Key, Secret, hex, hex_sha256, hmac_sha256};

/// The name of the algorithm, first word of the Authorization header.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";

/// The last part of a signature's scope.
pub const TERMINATOR: &str = "aliyun_v4_request";

/// What `x-oss-content-sha256` says of every body: TLS protects it.
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Signs a request to a bucket in a region. `resource` is `/BUCKET/` and the object's name, percent-encoded in any way; the
/// request's path may leave out the bucket, where its host names it. Path and query are sent as they are signed.
pub fn sign_oss(request: Request, resource: &str, region: &str, key: &Key, time: Timestamp) -> Request {
    let Request { method, host, path, query, mut headers, body } = request;
    let (path, query) = (encoded_path(&path), canonical_query(&query));
    let moment = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let own = [("x-oss-date", moment.as_str()), ("x-oss-content-sha256", UNSIGNED)];
    let token = key.token.as_ref().map(|token| ("x-oss-security-token", token.expose()));
    let own = own.into_iter().chain(token);
    headers.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let signed = headers.iter().filter(|(name, _)| is_signed(name));
    let canonical = canonical_request(&method, &encoded_path(resource), &query, signed, "");
    let (day, _) = moment.split_at(8);
    let signature = signature(&key.secret, [day, region, "oss"], &moment, &canonical);
    let scope = scope([day, region, "oss"]);
    let authorization = format!("{ALGORITHM} Credential={}/{scope},Signature={signature}", key.id);
    headers.insert("authorization".to_owned(), authorization);
    Request { method, host, path, query, headers, body }
}

/// What a signature covers. Resource and query are encoded and sorted already; `additional` has the names of the headers that are
/// covered besides those that always are, joined by `;`.
pub fn canonical_request<'a>(
    method: &str,
    resource: &str,
    query: &str,
    headers: impl IntoIterator<Item = (&'a String, &'a String)>,
    additional: &str,
) -> String {
    let line = |(name, value): (&String, &String)| format!("{name}:{}\n", value.trim());
    let lines: String = headers.into_iter().map(line).collect();
    format!("{method}\n{resource}\n{query}\n{lines}\n{additional}\n{UNSIGNED}")
}

/// The signature of a canonical request: hex of the HMAC-SHA256, by a key for one day, region and product.
pub fn signature(secret: &Secret, scope_parts: [&str; 3], moment: &str, canonical: &str) -> String {
    let scope = scope(scope_parts);
    let text = format!("{ALGORITHM}\n{moment}\n{scope}\n{}", hex_sha256(canonical.as_bytes()));
    let first = format!("aliyun_v4{}", secret.expose()).into_bytes();
    let steps = scope_parts.into_iter().chain([TERMINATOR, &text]);
    hex(&steps.fold(first, |key, part| hmac_sha256(&key, part)))
}

fn scope([day, region, product]: [&str; 3]) -> String {
    format!("{day}/{region}/{product}/{TERMINATOR}")
}

/// The headers that every signature covers.
pub fn is_signed(name: &str) -> bool {
    name.starts_with("x-oss-") || ["content-type", "content-md5"].contains(&name)
}

/// A path with each of its parts encoded in the one way that the signature knows.
fn encoded_path(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

/// Sorted by name. A parameter without a value has no `=`.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort_unstable();
    let text =
        |(name, value): (String, String)| if value.is_empty() { name } else { format!("{name}={value}") };
    pairs.into_iter().map(text).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    encode(&percent_decode_str(text).decode_utf8_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Secret;

    fn signed(
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        token: Option<&str>,
    ) -> Request {
        let key = Key { id: "LTAI-id".into(), secret: Secret::new("secret"), token: token.map(Secret::new) };
        let host = "livevod.oss-cn-hangzhou.aliyuncs.com";
        let request = Request { query: query.into(), ..Request::new(method, host, path, headers) };
        let time = "2026-11-30T04:05:06.9Z".parse().unwrap();
        sign_oss(request, &format!("/livevod{path}"), "cn-hangzhou", &key, time)
    }

    fn authorization(signature: &str) -> String {
        format!(
            "OSS4-HMAC-SHA256 Credential=LTAI-id/20261130/cn-hangzhou/oss/aliyun_v4_request,Signature={signature}"
        )
    }

    /// The signatures are those of the vendor's own SDK (alibabacloud-oss-v2 for Python) for the same requests.
    #[test]
    fn signatures_are_those_of_the_vendors_sdk() {
        let forbid = [("x-oss-forbid-overwrite", "true"), ("content-length", "7")];
        let put = signed("PUT", "/team/lease/live.example.com/*@a~1", "", &forbid, Some("tok/en+1="));
        let signature = "6fd151664f3881fa032d1bdf16f171f022ced52453b00f30272f68a02f10f14c";
        assert_eq!(put.headers["authorization"], authorization(signature));
        assert_eq!(put.headers["x-oss-security-token"], "tok/en+1=");
        assert_eq!(put.headers["x-oss-date"], "20261130T040506Z");
        assert_eq!(put.path, "/team/lease/live.example.com/%2A%40a~1");

        let query = "start-after=team/a&list-type=2&max-keys=1000&prefix=team/lease/%2a&encoding-type=";
        let list = signed("GET", "/", query, &[], None);
        let signature = "740c217d969ac782499541e2c415344dda32a50445742d2ba5702a7fc886951a";
        assert_eq!(list.headers["authorization"], authorization(signature));
        let sorted = "encoding-type&list-type=2&max-keys=1000&prefix=team%2Flease%2F%2A&start-after=team%2Fa";
        assert_eq!(list.query, sorted);
        assert!(!list.headers.contains_key("x-oss-security-token"));

        let get = signed("GET", "/a/b", "", &[("range", "bytes=0-1")], None);
        let signature = "581e1ece6bfab5b8edf88ec3d41aa51c322aa962ee10aab320269de2a688fe92";
        assert_eq!(get.headers["authorization"], authorization(signature));
    }
}
