//! A proxy on loopback before the real emulator that loses, cuts and corrupts traffic.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use livevod::api::{Client, ClientSettings, Timeouts};
use livevod::embedded;
use livevod::emulator::{Service, Settings};
use livevod::wire::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::world::World;

/// What happens to one request.
pub(crate) enum Fate {
    /// It gets this answer.
    Answer(Response),
    /// The answer is cut in the middle.
    Cut(Response),
    /// The connection is closed without an answer.
    Close,
    /// No answer ever comes.
    Hang,
    /// The answer is these bytes instead of HTTP.
    Bytes(&'static [u8]),
}

/// Decides what happens to each request; may forward it to the service first.
pub(crate) type Policy = Arc<dyn Fn(&Request, &Service) -> Fate + Send + Sync>;

/// A world whose client connects through a gate.
pub(crate) async fn world(policy: impl Fn(&Request, &Service) -> Fate + Send + Sync + 'static) -> World {
    patient_world(Timeouts::default(), policy).await
}

/// The same, with these timeouts of the client.
pub(crate) async fn patient_world(
    timeouts: Timeouts,
    policy: impl Fn(&Request, &Service) -> Fate + Send + Sync + 'static,
) -> World {
    let service = Arc::new(Service::open(None, Settings::default()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let policy: Policy = Arc::new(policy);
    tokio::spawn(serve(listener, service.clone(), policy));
    World::of(service, client(port, timeouts)).deadline(Duration::ZERO)
}

pub(crate) fn client(port: u16, timeouts: Timeouts) -> Client {
    let endpoint = Some(format!("http://127.0.0.1:{port}").parse().unwrap());
    Client::new(ClientSettings { endpoint, timeouts, ..embedded::settings() }).unwrap()
}

/// Whether a request is for that action.
pub(crate) fn is(request: &Request, action: &str) -> bool {
    request.headers.get("x-acs-action").is_some_and(|name| name == action)
}

async fn serve(listener: TcpListener, service: Arc<Service>, policy: Policy) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(connection(stream, service.clone(), policy.clone()));
    }
}

/// One request for each connection.
async fn connection(mut stream: TcpStream, service: Arc<Service>, policy: Policy) {
    let Some(request) = read(&mut stream).await else { return };
    match policy(&request, &service) {
        Fate::Answer(response) => write(&mut stream, &response, response.body.len()).await,
        Fate::Cut(response) => write(&mut stream, &response, response.body.len() / 2).await,
        Fate::Close => {}
        Fate::Hang => std::future::pending().await,
        Fate::Bytes(bytes) => stream.write_all(bytes).await.unwrap(),
    }
}

/// V3 requests have no body, so the head is complete.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let host = headers.remove("host").unwrap_or_default();
    let (path, query) = (path.to_owned(), query.to_owned());
    Some(Request { method: "POST".into(), host, path, query, headers, body: Vec::new() })
}

async fn write(stream: &mut TcpStream, response: &Response, length: usize) {
    let Response { status, headers: _, body } = response;
    let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..length]).await.unwrap();
}
