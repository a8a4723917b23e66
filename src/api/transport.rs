//! Carries one signed request to the service and its response back: the trait, and HTTP as its implementation.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Once};
use std::time::Duration;

use super::endpoint::Endpoint;
use super::error::Error;
use super::proxy::Proxies;
use crate::gate::without_error_numbers;
use crate::wire::{Request, Response, USER_AGENT};

/// Longest response body that is read, in bytes; a page of 100 configurations has some tens of kilobytes.
pub const LONGEST_BODY: usize = 8 << 20;

/// How long an idle connection is kept: shorter than servers commonly keep it, so that none is used while it is being
/// closed.
const KEEP_IDLE: Duration = Duration::from_secs(15);

/// How long the steps of one call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Making the connection, TLS included.
    pub connect: Duration,
    /// Each wait for data.
    pub read: Duration,
    /// The whole call, as a limit for servers that send a byte now and then.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// 5 s to connect and 10 s to read, as in the official SDKs; 30 s in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(10),
            whole: Duration::from_secs(30),
        }
    }
}

/// A request in progress and its response.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// The way to the service: over HTTP, or directly to one in this process.
pub trait Transport: Send + Sync {
    /// Sends a request once, without TLS where it is `plain`.
    fn send<'a>(&'a self, request: &'a Request, plain: bool) -> Sending<'a>;

    /// Another transport with these timeouts, for requests to that endpoint only.
    ///
    /// # Errors
    /// When the system's certificates can't be loaded.
    fn aside(&self, timeouts: Timeouts, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error>;
}

/// The HTTP client: it keeps connections, follows no redirects and sends nothing twice.
pub(super) struct Http {
    client: reqwest::Client,
    /// The proxies, for messages; `None` if all calls stay on this machine or its link.
    proxies: Option<Proxies>,
}

impl Http {
    /// Makes a client for any endpoint, or for `only` that one. Calls to this machine and its link bypass every proxy,
    /// and calls without TLS need no certificates: loading the system's costs more than all the rest of a small run.
    ///
    /// # Errors
    /// When the system's certificates can't be loaded, or a variable does not configure a usable proxy.
    pub(super) fn new(timeouts: Timeouts, only: Option<&Endpoint>) -> Result<Self, Error> {
        let is_near = only.is_some_and(Endpoint::is_near);
        let proxies = (!is_near).then(Proxies::of_process).transpose();
        let proxies = proxies.map_err(|error| Error::Withheld { reason: error.to_string() })?;
        install_ring();
        let Timeouts { connect, read, whole } = timeouts;
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(connect)
            .read_timeout(read)
            .timeout(whole)
            .pool_idle_timeout(KEEP_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        let builder = if is_near { builder.no_proxy() } else { builder };
        let builder = if only.is_some_and(Endpoint::is_plain) { builder.tls_certs_only([]) } else { builder };
        let client = builder.build().map_err(|error| Error::NotSent {
            host: "any host".to_owned(),
            reason: reason(&error.without_url()),
        })?;
        Ok(Self { client, proxies })
    }

    async fn exchange(&self, request: &Request, plain: bool) -> Result<Response, Error> {
        let sent = self.request(request, plain).send().await;
        let mut response = sent.map_err(|error| failed(&self.way_to(&request.host), error))?;
        let (status, headers) = (response.status().as_u16(), headers(&response));
        let body = body(&mut response, &request.host).await?;
        Ok(Response { status, headers, body })
    }

    /// A host, and the proxy on the way to it.
    fn way_to<'a>(&self, host: &'a str) -> Cow<'a, str> {
        match self.proxies.as_ref().and_then(|proxies| proxies.before(host)) {
            Some(proxy) => Cow::Owned(format!("{host} through the proxy {proxy}")),
            None => Cow::Borrowed(host),
        }
    }

    fn request(&self, request: &Request, plain: bool) -> reqwest::RequestBuilder {
        let Request { method, host, path, query, headers, body } = request;
        let scheme = if plain { "http" } else { "https" };
        let question = if query.is_empty() { "" } else { "?" };
        let url = format!("{scheme}://{host}{path}{question}{query}");
        let method = match method.as_str() {
            "DELETE" => reqwest::Method::DELETE,
            "GET" => reqwest::Method::GET,
            "HEAD" => reqwest::Method::HEAD,
            "PUT" => reqwest::Method::PUT,
            _ => reqwest::Method::POST,
        };
        let builder = self.client.request(method, url).body(body.clone());
        headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
    }
}

impl Transport for Http {
    fn send<'a>(&'a self, request: &'a Request, plain: bool) -> Sending<'a> {
        Box::pin(self.exchange(request, plain))
    }

    fn aside(&self, timeouts: Timeouts, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(Self::new(timeouts, Some(endpoint))?))
    }
}

/// The way to one endpoint, over HTTP.
///
/// # Errors
/// When the system's certificates can't be loaded, or a variable does not configure a usable proxy.
pub fn transport_to(timeouts: Timeouts, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(Http::new(timeouts, Some(endpoint))?))
}

/// The providers of rustls are process-wide; one that is already installed is as good.
fn install_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn headers(response: &reqwest::Response) -> BTreeMap<String, String> {
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

async fn body(response: &mut reqwest::Response, host: &str) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(host, error))? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(Error::too_long(host, LONGEST_BODY));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Only if no connection was made, or the request could not be built, is it certain that nothing was sent.
fn failed(host: &str, error: reqwest::Error) -> Error {
    let error = error.without_url();
    let host = host.to_owned();
    let reason = reason(&error);
    match error.is_connect() || error.is_builder() {
        true => Error::NotSent { host, reason },
        false => Error::Ambiguous { host, reason },
    }
}

/// The innermost cause says most; the outer ones only repeat that sending failed.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    without_error_numbers(&innermost.to_string()).into_owned()
}
