//! Reads the address of a service that hands out keys, and tells what of an address is secret.

use std::borrow::Cow;
use std::str::FromStr;

use super::endpoint::{Endpoint, EndpointError, is_near};
use crate::gate::Secrets;
use crate::wire::Secret;

/// An address that hands out keys, with path and query: either may contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAddress {
    pub(super) endpoint: Endpoint,
    pub(super) path: Secret,
    pub(super) query: Secret,
}

impl KeyAddress {
    /// Scheme, host and port of the address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Registers what may be secret in the text of an address, valid or not. Path and query may be common words, so
    /// only the whole of each is hidden.
    pub(super) fn tell_text(text: &str, secrets: &Secrets) {
        tell_user(text, secrets);
        let Ok(url) = reqwest::Url::parse(text) else { return secrets.learn_whole(text) };
        secrets.learn_whole(&decoded(url.path()));
        secrets.learn_whole(&decoded(url.query().unwrap_or_default()));
        url.query_pairs().for_each(|(_, value)| secrets.learn_whole(&value));
        // Words of plain lowercase letters belong to the address itself, such as `credentials`.
        let is_own =
            |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase() || "-._".contains(letter));
        let words = url.path_segments().into_iter().flatten().filter(|word| !is_own(word));
        words.for_each(|word| secrets.learn_whole(&decoded(word)));
    }

    pub(super) fn tell(&self, secrets: &Secrets) {
        let Self { endpoint, path, query } = self;
        Self::tell_text(&format!("{endpoint}{}?{}", path.expose(), query.expose()), secrets);
    }
}

/// Registers the user name and the password in an address.
pub(super) fn tell_user(text: &str, secrets: &Secrets) {
    let Ok(url) = reqwest::Url::parse(text) else { return };
    secrets.learn_whole(&decoded(url.username()));
    secrets.learn(&decoded(url.password().unwrap_or_default()));
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

impl FromStr for KeyAddress {
    type Err = EndpointError;

    /// Without TLS only to loopback and link-local addresses, such as those of sidecars and of the vendor's metadata
    /// service: farther away, others could read the keys in the answer.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let url = reqwest::Url::parse(text).map_err(|_| EndpointError::NotAddress)?;
        let host = url.host_str().ok_or(EndpointError::NotAddress)?.to_owned();
        let is_bare = url.username().is_empty() && url.password().is_none();
        let secure = match url.scheme() {
            "https" if is_bare => true,
            "http" if is_bare => false,
            _ => return Err(EndpointError::NotAddress),
        };
        if !secure && !is_near(&host) {
            return Err(EndpointError::PlainKey(host));
        }
        Ok(Self {
            endpoint: Endpoint { secure, host, port: url.port() },
            path: Secret::new(url.path()),
            query: Secret::new(url.query().unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_travel_in_the_clear_to_nobody_else() {
        let parse = |text: &str| text.parse::<KeyAddress>().map(|address| address.endpoint.to_string());
        for near in [
            "http://127.0.0.1:80/x?y",
            "http://localhost:9/",
            "http://169.254.1.2/k",
            "http://100.100.100.200/k",
            "http://[fe80::1]/",
            "https://10.0.0.1/k",
        ] {
            assert!(parse(near).is_ok(), "{near}");
        }
        for far in ["10.0.0.1", "example.com", "100.100.100.201", "127.0.0.1.example.com"] {
            assert_eq!(parse(&format!("http://{far}/k")), Err(EndpointError::PlainKey(far.into())));
        }
        for none in ["", "/k", "ftp://127.0.0.1/k", "https://u@a.com/k", "https://:p@a.com/k"] {
            assert_eq!(parse(none), Err(EndpointError::NotAddress), "{none}");
        }
        let shown = format!("{:?}", "https://a.com/hush?hush=hush".parse::<KeyAddress>().unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }
}
