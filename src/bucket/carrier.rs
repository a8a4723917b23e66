//! Carries the requests of one operation: signs those to OSS, sends each by its way, and keeps what became of the last one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream;
use opendal::{Buffer, ErrorKind, HttpBody, HttpTransport};

use super::refusal::Refusal;
use super::ways::Ways;
use crate::api::{Client, Error};
use crate::gate::Secrets;
use crate::wire::{Key, Request, Response, sign_oss};

/// What the requests of all operations have in common.
pub(super) struct Carriage {
    pub(super) ways: Ways,
    /// The host of the store. Requests to other hosts are for keys.
    pub(super) host: String,
    /// For OSS; other services sign their own requests.
    pub(super) signer: Option<Signer>,
    /// Learns the tokens that requests carry.
    pub(super) secrets: Secrets,
}

/// Signs requests to OSS.
pub(super) struct Signer {
    pub(super) client: Client,
    pub(super) region: String,
    /// What stands before the path of a request in what is signed: the bucket, where the host names it.
    pub(super) before: String,
}

/// What became of the last request of an operation.
#[derive(Debug, Clone, Default)]
pub(super) enum Outcome {
    /// None was sent to the store.
    #[default]
    Unsent,
    /// There is no key to sign it with.
    NoKey(String),
    /// No answer came.
    Unanswered(Error),
    /// The store did it.
    Done {
        /// Whether the bucket has versions, or had some, as far as the answer says.
        is_versioned: bool,
    },
    /// The store refused.
    Refused {
        refusal: Refusal,
        /// Whether another key can be fetched, since the one that was used has expired.
        is_renewed: bool,
    },
}

/// Carries the requests of one operation.
pub(super) struct Carrier {
    carriage: Arc<Carriage>,
    outcome: Arc<Mutex<Outcome>>,
}

impl Carrier {
    /// A carrier, and where it keeps the outcome.
    pub(super) fn new(carriage: Arc<Carriage>) -> (Self, Arc<Mutex<Outcome>>) {
        let outcome = Arc::new(Mutex::default());
        (Self { carriage, outcome: outcome.clone() }, outcome)
    }

    async fn carry(&self, request: Request, url: &str) -> Result<Response, Error> {
        let Carriage { ways, host, signer, secrets } = &*self.carriage;
        if request.host != *host {
            return self.ask_for_key(&request, url).await;
        }
        let (request, key) = match signer {
            Some(signer) => match signer.sign(request).await {
                Ok((request, key)) => (request, Some((signer, key))),
                Err(error) => {
                    self.keep(Outcome::NoKey(error.to_string()));
                    return Err(error);
                }
            },
            None => (request, None),
        };
        tell(&request, secrets);
        // The signature covers path and query as the request has them now.
        let scheme = if url.starts_with("http:") { "http" } else { "https" };
        let url = format!("{scheme}://{host}/");
        let sent = ways.send(&request, &url).await;
        self.keep(outcome(&sent, key).await);
        sent
    }

    /// A key of a service that is asked by the library, such as those of a role.
    async fn ask_for_key(&self, request: &Request, url: &str) -> Result<Response, Error> {
        let is_far = url.starts_with("https:");
        // Where an upload goes on is the server's word, and what is uploaded goes to the store alone.
        if is_far && request.method == "PUT" {
            let error = Error::Withheld { reason: format!("`{}` is not the store's host", request.host) };
            self.keep(Outcome::Unanswered(error.clone()));
            return Err(error);
        }
        let sent = self.carriage.ways.send(request, url).await;
        // A metadata service is there or not; that others don't answer passes.
        self.keep(match &sent {
            Err(error) if is_far => Outcome::Unanswered(error.clone()),
            Err(error) => Outcome::NoKey(format!("no credentials for the bucket were found: {error}")),
            Ok(response) => Refusal::of(response)
                .map_or(Outcome::Unsent, |refusal| Outcome::NoKey(refusal.error().message)),
        });
        sent
    }

    fn keep(&self, outcome: Outcome) {
        *locked(&self.outcome) = outcome;
    }
}

/// What an operation knows of its last request.
pub(super) fn locked(outcome: &Mutex<Outcome>) -> MutexGuard<'_, Outcome> {
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn outcome(sent: &Result<Response, Error>, key: Option<(&Signer, Key)>) -> Outcome {
    let response = match sent {
        Ok(response) => response,
        Err(error) => return Outcome::Unanswered(error.clone()),
    };
    let Some(refusal) = Refusal::of(response) else {
        return Outcome::Done { is_versioned: response.headers.contains_key("x-oss-version-id") };
    };
    let is_renewed = match key {
        Some((signer, key)) if refusal.is_about_an_expired_key() => signer.client.forget_key(&key.id).await,
        Some(_) | None => false,
    };
    Outcome::Refused { refusal, is_renewed }
}

impl Signer {
    async fn sign(&self, request: Request) -> Result<(Request, Key), Error> {
        let Self { client, region, before } = self;
        let (key, time) = client.signing_key().await?;
        let resource = format!("{before}{}", request.path);
        // The bucket itself is signed with a slash at its end, whether the path has it or not.
        let slash = if resource.matches('/').count() == 1 { "/" } else { "" };
        let resource = format!("{resource}{slash}");
        Ok((sign_oss(request, &resource, region, &key, time), key))
    }
}

/// Registers the tokens of a request: answers may quote them.
fn tell(request: &Request, secrets: &Secrets) {
    let token = |name: &str| request.headers.get(name).map(String::as_str);
    let tokens = ["x-amz-security-token", "x-oss-security-token"].into_iter().filter_map(token);
    let bearer = token("authorization").and_then(|text| text.strip_prefix("Bearer "));
    let shared = request.query.split('&').filter_map(|pair| pair.strip_prefix("sig="));
    tokens.chain(bearer).chain(shared).for_each(|token| secrets.learn(token));
}

impl HttpTransport for Carrier {
    async fn fetch(&self, request: http::Request<Buffer>) -> opendal::Result<http::Response<HttpBody>> {
        let (request, url) = request_of(request)?;
        let response = self.carry(request, &url).await.map_err(failed)?;
        answer_of(response)
    }
}

fn request_of(request: http::Request<Buffer>) -> opendal::Result<(Request, String)> {
    let (parts, body) = request.into_parts();
    let Some(host) = parts.uri.authority() else {
        return Err(opendal::Error::new(ErrorKind::Unexpected, "a request without a host"));
    };
    let headers: BTreeMap<String, String> = parts
        .headers
        .iter()
        .filter(|(name, _)| *name != http::header::HOST)
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let request = Request {
        method: parts.method.as_str().to_owned(),
        host: host.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
    };
    Ok((request, parts.uri.to_string()))
}

fn answer_of(response: Response) -> opendal::Result<http::Response<HttpBody>> {
    let Response { status, headers, body } = response;
    let mut builder = http::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    let body = stream::once(std::future::ready(Ok(Buffer::from(body))));
    builder.body(HttpBody::new(body, None)).map_err(failed)
}

/// The library's own error, of which nothing is shown: the outcome says more.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> opendal::Error {
    opendal::Error::new(ErrorKind::Unexpected, "no answer").set_source(error)
}
