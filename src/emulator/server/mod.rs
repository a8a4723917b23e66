//! Puts a [`Service`] behind HTTP, on loopback.

mod admin;
#[cfg(feature = "faults")]
mod disturbed;
#[cfg(feature = "faults")]
mod door;
mod http;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::oss;
use super::{End, Service};
use crate::wire::Request;
#[cfg(feature = "faults")]
use door::{Door, Latch};
use http::{from_http, plain, status};

/// The longest body of a call that is read; the longest real one is a few kilobytes.
const BODY_LIMIT: usize = 1 << 20;

/// How long connections may take to end when the server is to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may wait for the next request, or for the rest of one.
const IDLE: Duration = Duration::from_secs(60);

/// Opens a listener for processes on this machine only, since the emulator's key is public; port 0 takes any free port.
///
/// # Errors
///
/// The address is in use, or is not local to this machine.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        let message = format!("`{address}` is not a loopback address");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    TcpListener::bind(address).await
}

/// What a server offers besides the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admin {
    /// Nothing.
    #[default]
    Off,
    /// `/_admin/`: faults, sessions, counters and state, for processes on this machine that are not web pages.
    On,
}

/// Answers until `shutdown` resolves and every earlier request has its answer.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    admin: Admin,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    #[cfg(feature = "faults")]
    let latch = Latch::default();
    #[cfg(feature = "faults")]
    let listener = Door::new(listener, latch.clone())?;
    let server = Arc::new(Server {
        service,
        admin,
        #[cfg(feature = "faults")]
        latch,
    });
    let router = Router::new().fallback(answer).with_state(server);
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(listener, router, &connections) => {}
        () = shutdown => {}
    }
    tokio::select! {
        () = connections.shutdown() => {}
        // Some faults keep a connection open as long as they like.
        () = sleep(PATIENCE) => {}
    }
    Ok(())
}

/// Accepts connections forever; each ends if its caller sends nothing for too long.
async fn accept(mut listener: impl Listener<Io = TcpStream>, router: Router, connections: &GracefulShutdown) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE);
    loop {
        let (stream, _) = listener.accept().await;
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // How a connection ends matters only to its caller.
            let _ = connection.await;
        });
    }
}

/// What all connections share.
struct Server {
    service: Arc<Service>,
    admin: Admin,
    #[cfg(feature = "faults")]
    latch: Latch,
}

async fn answer(
    State(server): State<Arc<Server>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let head = from_http(&parts, Vec::new());
    let limit = if oss::is_signed(&head) { oss::LARGEST_OBJECT } else { BODY_LIMIT };
    let body = match timeout(IDLE, to_bytes(body, limit)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let refused = server.service.too_large(&head);
            return refused.map_or_else(|| status(StatusCode::PAYLOAD_TOO_LARGE), plain);
        }
        Err(_) => return status(StatusCode::REQUEST_TIMEOUT),
    };
    if server.admin == Admin::On && parts.uri.path().starts_with(admin::PATH) {
        return server.administer(&parts, &body);
    }
    let request = Request { body: body.to_vec(), ..head };
    let delivery = server.service.delivered(&request).await;
    sleep_if(delivery.delay).await;
    server.end(delivery.end).await
}

impl Server {
    async fn end(&self, end: End) -> axum::response::Response {
        match end {
            End::Answer(response) => plain(response),
            #[cfg(feature = "faults")]
            End::Disturbed(disturbed) => disturbed::response(disturbed, &self.latch).await,
        }
    }

    fn administer(&self, parts: &Parts, body: &[u8]) -> axum::response::Response {
        if !admin::may_ask(&parts.headers) {
            return status(StatusCode::FORBIDDEN);
        }
        let (code, text) = admin::answer(&self.service, parts.method.as_str(), parts.uri.path(), body);
        let mut response = axum::response::Response::new(Body::from(text));
        *response.status_mut() = code;
        response
    }
}

async fn sleep_if(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}
