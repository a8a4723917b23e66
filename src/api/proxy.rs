//! The proxy that variables configure, read as the HTTP client reads them.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::endpoint::Endpoint;
use crate::wire::Product;

/// The variables that configure a proxy for calls with TLS; of each pair the first one that is set counts. Calls
/// without TLS do not leave this machine's own link.
const VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

/// Why a variable does not configure a usable proxy. The value is never repeated: it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProxyError {
    /// The client would silently bypass the proxy.
    #[error(
        "`{0}` is not a proxy address such as `http://proxy.example.com:3128`; percent-encode special characters in a password"
    )]
    NotAddress(&'static str),
    /// Another protocol.
    #[error("`{0}` names a proxy that does not speak HTTP, which livevod can't use")]
    NotHttp(&'static str),
}

/// The proxies of this process, and the hosts that bypass them.
pub(super) struct Proxies {
    matcher: Matcher,
}

impl Proxies {
    /// The proxies that variables configure.
    ///
    /// # Errors
    /// When a variable is set but does not configure a usable proxy.
    pub(super) fn of_process() -> Result<Self, ProxyError> {
        for [upper, lower] in VARIABLES {
            let set = [upper, lower].into_iter().find_map(|name| Some((name, std::env::var_os(name)?)));
            if let Some((name, value)) = set.filter(|(_, value)| !value.is_empty()) {
                check(name, value.to_str().unwrap_or_default())?;
            }
        }
        Ok(Self { matcher: Matcher::from_system() })
    }

    /// Host and port of the proxy on the way to a host, if there is one.
    pub(super) fn before(&self, host: &str) -> Option<String> {
        let target: Uri = format!("https://{host}").parse().ok()?;
        Some(self.matcher.intercept(&target)?.uri().authority()?.as_str().to_owned())
    }
}

/// Host and port of the proxy on the way to the documented endpoints, or to the one endpoint for all calls.
pub fn proxy_before(endpoint: Option<&Endpoint>) -> Option<String> {
    if endpoint.is_some_and(Endpoint::is_near) {
        return None;
    }
    let documented = || Endpoint::documented(Product::Live, None).ok().map(|endpoint| endpoint.authority());
    let host = endpoint.map(Endpoint::authority).or_else(documented)?;
    Proxies::of_process().ok()?.before(&host)
}

/// Whether a value is the address of a proxy: an optional scheme, an optional user name and password, a host, an
/// optional port.
fn check(variable: &'static str, value: &str) -> Result<(), ProxyError> {
    let wrong = ProxyError::NotAddress(variable);
    let uri: Uri = value.parse().map_err(|_| wrong)?;
    let authority = uri.authority().ok_or(wrong)?;
    let bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
    let has_port = authority.port_u16().is_some();
    let asks_for_port = authority.as_str().rsplit(['@', ']']).next().is_some_and(|rest| rest.contains(':'));
    if !bare || authority.host().is_empty() || asks_for_port && !has_port {
        return Err(wrong);
    }
    match uri.scheme_str() {
        None | Some("http" | "https") => Ok(()),
        Some(_) => Err(ProxyError::NotHttp(variable)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_no_proxy_is_told_by_its_variable_alone() {
        let told = |value| check("HTTPS_PROXY", value);
        for value in [
            "http://127.0.0.1:3128",
            "https://proxy.example.com",
            "proxy.example.com:3128",
            "http://user:p%23ss@127.0.0.1:3128/",
            "http://[::1]:3128",
            "http://[::1]",
        ] {
            assert_eq!(told(value), Ok(()), "{value}");
        }
        for value in [
            "http://user:p#ss@127.0.0.1:18899",
            "http://user:p/ss@127.0.0.1:18899",
            "http://user:p?ss@127.0.0.1:18899",
            "http://user:p ss@127.0.0.1:18899",
            "http://127.0.0.1:eins",
            "http://127.0.0.1:",
            "http://:3128",
            "http://",
            "/socket",
            "http://proxy.example.com/path",
        ] {
            assert_eq!(told(value), Err(ProxyError::NotAddress("HTTPS_PROXY")), "{value}");
        }
        assert_eq!(told("socks5://127.0.0.1:1080"), Err(ProxyError::NotHttp("HTTPS_PROXY")));
    }
}
