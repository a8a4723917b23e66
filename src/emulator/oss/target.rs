//! What a request is about: a bucket or an object, by its path or by its host.

use std::net::IpAddr;

use crate::wire::{Request, decode_path};

/// One reading of an address. Before the signature is checked there may be two.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Target {
    /// Empty for the service itself.
    pub(super) bucket: String,
    /// Empty for the bucket itself.
    pub(super) key: String,
    /// Whether a bucket was named in the path without a `/` behind it. Clients sign that as they send it.
    pub(super) is_bare: bool,
}

impl Target {
    /// What an address may mean: `NAME.HOST/KEY` first, then `HOST/NAME/KEY`. Empty if the path is not UTF-8.
    pub(super) fn readings(request: &Request) -> Vec<Self> {
        let Some(path) = request.path.strip_prefix('/') else { return Vec::new() };
        let by_host = bucket_in(&request.host).map(|bucket| (bucket, Some(path)));
        let by_path = path.split_once('/').map_or((path, None), |(bucket, key)| (bucket, Some(key)));
        let target = |(bucket, key): (&str, Option<&str>)| {
            let is_bare = key.is_none() && !bucket.is_empty();
            Some(Self { bucket: decode_path(bucket)?, key: decode_path(key.unwrap_or_default())?, is_bare })
        };
        by_host.into_iter().chain([by_path]).filter_map(target).collect()
    }

    /// The address as signatures have it: always `/BUCKET/KEY`, whatever the host.
    pub(super) fn resource(&self) -> String {
        if self.bucket.is_empty() { "/".to_owned() } else { format!("/{}/{}", self.bucket, self.key) }
    }

    /// `BUCKET` or `BUCKET/KEY`.
    pub(super) fn name(&self) -> String {
        if self.key.is_empty() { self.bucket.clone() } else { format!("{}/{}", self.bucket, self.key) }
    }
}

/// The first label of a host that has several, and is no address.
fn bucket_in(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_address = name.starts_with('[') || name.parse::<IpAddr>().is_ok();
    let (bucket, rest) = name.split_once('.').filter(|_| !is_address)?;
    (!bucket.is_empty() && !rest.is_empty()).then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(host: &str, path: &str) -> Vec<(String, String, bool)> {
        let request = Request {
            method: "GET".into(),
            host: host.into(),
            path: path.into(),
            query: String::new(),
            headers: Default::default(),
            body: Vec::new(),
        };
        Target::readings(&request).into_iter().map(|it| (it.bucket, it.key, it.is_bare)).collect()
    }

    fn one(bucket: &str, key: &str, is_bare: bool) -> (String, String, bool) {
        (bucket.into(), key.into(), is_bare)
    }

    #[test]
    fn a_bucket_is_named_by_the_path_or_by_the_host() {
        for host in ["127.0.0.1:8787", "[::1]:8787", "localhost:8787", "localhost"] {
            assert_eq!(readings(host, "/"), [one("", "", false)], "{host}");
            assert_eq!(readings(host, "/demo"), [one("demo", "", true)], "{host}");
            assert_eq!(readings(host, "/demo/"), [one("demo", "", false)], "{host}");
            assert_eq!(readings(host, "/demo/a%2Fb+c/d"), [one("demo", "a/b+c/d", false)], "{host}");
        }
        let both = [one("demo", "a/b", false), one("a", "b", false)];
        for host in ["demo.localhost:8787", "demo.oss-cn-shanghai.aliyuncs.com"] {
            assert_eq!(readings(host, "/a/b"), both, "{host}");
        }
        assert_eq!(readings("localhost", "/demo/%FF"), []);
    }
}
