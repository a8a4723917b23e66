//! The same service over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use livevod::emulator::server::{Admin, bind, serve};
use livevod::emulator::{Service, Settings};
use livevod::wire::{
    Action, Call, Request, Response, SignatureVersion, Stamp, add, describe, read, read_page, sign,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{address, classic, key, outcome};

/// A running server and a client of it.
struct Running {
    host: String,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    async fn start() -> Self {
        // In a second test in the process, the provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let service = Arc::new(Service::open(None, Settings::default()).unwrap());
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let server = tokio::spawn(serve(service, listener, Admin::Off, shutdown));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { host, client, stop, server }
    }

    fn sign(&self, call: &Call, nonce: &str, signature: SignatureVersion) -> Request {
        let stamp = Stamp { time: jiff::Timestamp::now(), nonce: nonce.into() };
        sign(call, &self.host, &key(), &stamp, signature)
    }

    async fn send(&self, request: Request) -> Response {
        let Request { method, host, path, query, headers, body } = request;
        let method = method.parse().unwrap();
        let mut builder = self.client.request(method, format!("http://{host}{path}?{query}")).body(body);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let response = builder.send().await.unwrap();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = response.status().as_u16();
        Response { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn both_signatures_work_in_every_form() {
    let running = Running::start().await;
    let write = |stream: &str| add(&address(&format!("a.com/show/{stream}")), &classic());

    let form = running.sign(&write("form"), "1", SignatureVersion::V1);
    let v3 = running.sign(&write("v3"), "2", SignatureVersion::V3);
    let mut query = running.sign(&write("query"), "3", SignatureVersion::V1);
    query.query = String::from_utf8(std::mem::take(&mut query.body)).unwrap();
    query.headers.clear();
    for request in [form, v3, query] {
        let response = running.send(request).await;
        assert_eq!(read(&response).unwrap()["RequestId"], response.headers["x-acs-request-id"].as_str());
    }

    let response = running.send(running.sign(&describe("a.com", 1, None), "4", SignatureVersion::V3)).await;
    let page = read_page(read(&response).unwrap()).unwrap();
    let streams: Vec<&str> = page.configs.iter().map(|(at, _)| &*at.stream).collect();
    assert_eq!(streams, ["form", "query", "v3"]);
    running.stop().await;
}

/// V1 over GET is signed by hand, because livevod never sends it.
#[tokio::test]
async fn a_v1_get_works() {
    use base64::Engine as _;
    use hmac::{KeyInit, Mac};

    let running = Running::start().await;
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ").to_string();
    let query = format!(
        "AccessKeyId=emulator&Action=DescribeLiveRecordVodConfigs&DomainName=a.com&Format=JSON&\
         SignatureMethod=HMAC-SHA1&SignatureNonce=1&SignatureVersion=1.0&Timestamp={time}&Version=2016-11-01"
    );
    let encoded = query.replace('%', "%25").replace('=', "%3D").replace('&', "%26");
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(b"emulator&").unwrap();
    mac.update(format!("GET&%2F&{encoded}").as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let request = Request {
        method: "GET".into(),
        host: running.host.clone(),
        path: "/".into(),
        query: format!("{query}&Signature={signature}"),
        headers: Default::default(),
        body: Vec::new(),
    };
    assert_eq!(read(&running.send(request).await).unwrap()["Total"], "0");
    running.stop().await;
}

#[tokio::test]
async fn refusals_keep_their_status_code_and_host() {
    let running = Running::start().await;
    let call = Call { action: Action::Describe, params: Default::default() };
    let response = running.send(running.sign(&call, "1", SignatureVersion::V3)).await;
    assert_eq!((response.status, outcome(&response).unwrap_err().code.as_str()), (400, "MissingDomainName"));
    assert!(String::from_utf8(response.body).unwrap().contains(&format!("\"HostId\":\"{}\"", running.host)));

    let mut large = running.sign(&call, "2", SignatureVersion::V3);
    large.body = vec![b'x'; (1 << 20) + 1];
    assert_eq!(running.send(large).await.status, 413);
    running.stop().await;
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = bind(everywhere).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_silent_connection_does_not_keep_the_server_from_stopping() {
    let running = Running::start().await;
    let silent = tokio::net::TcpStream::connect(&running.host).await.unwrap();
    running.send(running.sign(&describe("a.com", 1, None), "1", SignatureVersion::V3)).await;
    running.stop().await;
    drop(silent);
}

/// On a paused clock, everything that ends in time ends at once.
#[tokio::test(start_paused = true)]
async fn a_connection_ends_whose_caller_says_nothing_more() {
    let running = Running::start().await;
    for said in ["", "GET / HTTP/1.1\r\nho", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nAction="]
    {
        let mut stream = TcpStream::connect(&running.host).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let ended = timeout(Duration::from_secs(86_400), stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "still open after {said:?}");
    }
    running.stop().await;
}
