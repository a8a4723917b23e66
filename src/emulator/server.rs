//! Puts a [`Service`] behind HTTP, on loopback unless told otherwise.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use tokio::net::TcpListener;

use super::Service;
use crate::wire::{Request, Response};

/// Longest body that is read; the longest real one has a few kilobytes.
const BODY_LIMIT: usize = 1 << 20;

/// Who may reach a server whose key everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Processes of this machine.
    #[default]
    Loopback,
    /// Whoever can reach the address.
    Anywhere,
}

/// Opens a listener; port 0 takes any free one.
///
/// # Errors
///
/// The address is taken, or reaches further than `reach` allows.
pub async fn bind(address: SocketAddr, reach: Reach) -> io::Result<TcpListener> {
    if reach == Reach::Loopback && !address.ip().is_loopback() {
        let message = format!("`{address}` is not a loopback address");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    TcpListener::bind(address).await
}

/// Answers until `shutdown` resolves and every request that came before it has its answer.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new().fallback(answer).with_state(service);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn answer(
    State(service): State<Arc<Service>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let request = from_http(&parts, body.to_vec());
    // The call waits for the disk, which must hold up no other connection.
    match tokio::task::spawn_blocking(move || service.call(&request)).await {
        Ok(response) => into_http(response).unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR)),
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn from_http(parts: &Parts, body: Vec<u8>) -> Request {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|joined| *joined = format!("{joined},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    Request {
        method: parts.method.as_str().to_owned(),
        host: headers.remove("host").unwrap_or_default(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    }
}

fn into_http(response: Response) -> Result<axum::response::Response, axum::http::Error> {
    let builder = axum::response::Response::builder().status(response.status);
    let builder = response.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    builder.body(Body::from(response.body))
}

fn status(code: StatusCode) -> axum::response::Response {
    let mut response = axum::response::Response::new(Body::empty());
    *response.status_mut() = code;
    response
}
