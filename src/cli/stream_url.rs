//! The URL with which a stream is pushed or played, as people paste it: it holds an address, and maybe a key that must not be repeated.

use std::ffi::OsString;

use crate::gate::Secrets;

/// The parameter with which the service signs URLs.
const KEY: &str = "auth_key=";

/// What a player adds to the name of a stream.
const ENDINGS: [&str; 2] = [".flv", ".m3u8"];

/// The text as an address: `domain/app/stream`, or fewer or more parts if the URL has them. `None` if it is no URL.
///
/// The domain is that of `vhost=` if there is one: then the host is a shared ingest server.
pub(super) fn as_address(text: &str) -> Option<String> {
    let rest = match text.split_once("://") {
        Some((_, rest)) => rest,
        None if text.split_once('?').is_some_and(|(_, query)| query.contains('=')) => text,
        None => return None,
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let domain = query.split('&').find_map(|one| one.strip_prefix("vhost=")).unwrap_or(host);
    let path = path.trim_end_matches('/');
    let path = ENDINGS.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    let parts = [domain.to_lowercase(), path.to_owned()];
    Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
}

/// Hides the keys of URLs in the arguments from every output: messages repeat what was typed.
pub(super) fn hide_keys(arguments: &[OsString], secrets: &Secrets) {
    for text in arguments.iter().filter_map(|argument| argument.to_str()) {
        for key in text.split(KEY).skip(1) {
            secrets.learn(key.split(['&', '#']).next().unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_a_url() {
        for (url, address) in [
            ("rtmp://live.example.com/show/cam1?auth_key=1-0-0-ab", "live.example.com/show/cam1"),
            ("rtmp://Live.example.com:1935/show/cam1", "live.example.com/show/cam1"),
            ("https://user@live.example.com/show/cam1.m3u8?auth_key=1", "live.example.com/show/cam1"),
            (
                "rtmp://center.example.com/show/cam1?vhost=live.example.com&auth_key=1",
                "live.example.com/show/cam1",
            ),
            ("live.example.com/show/cam1?auth_key=1", "live.example.com/show/cam1"),
            ("rtmp://live.example.com/show/", "live.example.com/show"),
            ("rtmp://live.example.com", "live.example.com"),
        ] {
            assert_eq!(as_address(url).as_deref(), Some(address), "{url}");
        }
        for other in ["live.example.com/show/cam1", "live.example.com/show/cam?", "recording-gap"] {
            assert_eq!(as_address(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_is_hidden() {
        let secrets = Secrets::default();
        hide_keys(&["rtmp://a.com/b/c?auth_key=1700000000-0-0-8f2c&x=1".into()], &secrets);
        assert_eq!(secrets.hide("got 1700000000-0-0-8f2c."), "got (secret).");
    }
}
