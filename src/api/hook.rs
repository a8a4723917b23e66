//! The URL of a receiver of notifications: path and query are secret.

use std::fmt;
use std::str::FromStr;

use super::endpoint::Endpoint;
use super::key_address::KeyAddress;
use crate::gate::Secrets;
use crate::wire::Secret;

/// The shortest part of a URL that is taken for a token, in bytes.
const TOKEN: usize = 20;

/// A URL that whoever knows it can post to.
#[derive(Debug, Clone)]
pub struct HookUrl {
    endpoint: Endpoint,
    path: Secret,
    query: Secret,
}

/// Why a text is not such a URL. The text is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookUrlError {
    /// Not an absolute URL of HTTP.
    #[error("it is not a URL such as `https://hooks.example.com/…`")]
    NotUrl,
    /// A user name, a password or a fragment.
    #[error("it contains a user name, a password or a `#`")]
    More,
    /// Plain HTTP to another machine.
    #[error("it must begin with `https://`: only loopback addresses are called without TLS")]
    Plain,
}

impl FromStr for HookUrl {
    type Err = HookUrlError;

    fn from_str(text: &str) -> Result<Self, HookUrlError> {
        let url = reqwest::Url::parse(text).map_err(|_| HookUrlError::NotUrl)?;
        let host = url.host_str().ok_or(HookUrlError::NotUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HookUrlError::NotUrl);
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(HookUrlError::More);
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let endpoint = format!("{}://{host}{port}", url.scheme()).parse().map_err(|_| HookUrlError::Plain)?;
        let (path, query) = (Secret::new(url.path()), Secret::new(url.query().unwrap_or_default()));
        Ok(Self { endpoint, path, query })
    }
}

impl fmt::Display for HookUrl {
    /// Shows the host alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}

impl HookUrl {
    /// Scheme, host and port.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        self.path.expose()
    }

    /// The query, without `?`.
    pub(crate) fn query(&self) -> &str {
        self.query.expose()
    }

    /// Adds what must not leave the process, from the text of a URL that may also be a broken one.
    pub fn tell(text: &str, secrets: &Secrets) {
        KeyAddress::tell_text(text, secrets);
        let is_own =
            |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase() || "-._".contains(letter));
        // A token can't be guessed, so that a part of it is a secret too.
        let words = text.split(['/', '?', '&', '=', '#']).filter(|word| word.len() >= TOKEN && !is_own(word));
        words.for_each(|word| secrets.learn(word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_encrypted_to_everything_but_this_machine() {
        let parse = |text: &str| text.parse::<HookUrl>().map(|url| url.to_string());
        let slack = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
        assert_eq!(parse(slack), Ok("https://hooks.slack.com".to_owned()));
        assert_eq!(parse("http://127.0.0.1:9/a?b=c"), Ok("http://127.0.0.1:9".to_owned()));
        for plain in ["http://hooks.slack.com/a", "http://10.0.0.1/a", "http://169.254.1.1/"] {
            assert_eq!(parse(plain), Err(HookUrlError::Plain), "{plain}");
        }
        for more in ["https://user@a.com/b", "https://user:pass@a.com/b", "https://a.com/b#c"] {
            assert_eq!(parse(more), Err(HookUrlError::More), "{more}");
        }
        for no_url in ["", "hooks.slack.com/services", "ftp://a.com/b", "https://"] {
            assert_eq!(parse(no_url), Err(HookUrlError::NotUrl), "{no_url}");
        }
    }

    #[test]
    fn what_gives_access_is_a_secret_and_the_host_is_not() {
        let secrets = Secrets::default();
        HookUrl::tell(
            "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0123456789abcdef",
            &secrets,
        );
        let told = "oapi.dingtalk.com: the robot at /robot/send refused 0123456789abcdef012345";
        assert_eq!(secrets.hide(told), "oapi.dingtalk.com: the robot at (secret) refused (secret)");
    }
}
