//! Every way in which a call can fail in transit, and its error.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use livevod::api::{Class, Client, ClientSettings, Endpoint, Error, Timeouts};
use livevod::embedded;
use livevod::emulator::{Service, Settings, server};
use livevod::wire::{self, Key, Response, Secret, SignatureVersion};
use tokio::net::TcpListener;

use super::gate::{self, Fate};
use super::world::*;

async fn error_of(fate: impl Fn() -> Fate + Send + Sync + 'static) -> Error {
    refused_write(&gate::world(move |_, _| fate()).await).await
}

async fn refused_write(world: &World) -> Error {
    let call = wire::add(&address("a.example.com/show/cam1"), &config());
    let error = world.client.write(call).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("http") && !text.contains("StreamName"), "{text}");
    error
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, headers: BTreeMap::new(), body: body.as_bytes().to_vec() }
}

#[tokio::test]
async fn what_may_have_been_carried_out_is_ambiguous() {
    let timeouts = Timeouts { read: Duration::from_millis(50), ..Timeouts::default() };
    let silent = refused_write(&gate::patient_world(timeouts, |_, _| Fate::Hang).await).await;
    assert!(silent.to_string().ends_with("timed out"), "{silent}");
    let table = [
        silent,
        error_of(|| Fate::Close).await,
        error_of(|| Fate::Cut(answer(200, r#"{"RequestId":"R"}"#))).await,
        error_of(|| Fate::Bytes(b"\x16\x03\x01 this is no HTTP\r\n\r\n")).await,
        error_of(|| Fate::Answer(answer(200, "<html>welcome</html"))).await,
        error_of(|| Fate::Answer(answer(502, "<html>bad gateway</html>"))).await,
        error_of(|| Fate::Answer(answer(500, r#"{"Code":"InternalError","Message":"x"}"#))).await,
    ];
    for error in table {
        assert_eq!(error.class(), Class::Ambiguous, "{error}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_given_up() {
    static FOREVER: [u8; 9 << 20] = [b' '; 9 << 20];
    let error = error_of(|| {
        let body = FOREVER.to_vec();
        Fate::Answer(Response { status: 200, headers: BTreeMap::new(), body })
    })
    .await;
    assert!(error.to_string().ends_with("longer than 8 MiB"), "{error}");
    assert_eq!(error.class(), Class::Ambiguous);
}

#[tokio::test]
async fn a_connection_that_is_refused_was_never_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = gate::client(port, Timeouts::default()).list_domain("a.example.com").await.unwrap_err();
    assert!(matches!(error, Error::NotSent { .. }), "{error:?}");
    assert!(error.to_string().starts_with(&format!("no connection to 127.0.0.1:{port}: ")), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_was_never_told_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { drop(listener.accept().await) });
    let endpoint = Some(format!("https://127.0.0.1:{port}").parse().unwrap());
    let client = Client::new(ClientSettings { endpoint, ..embedded::settings() }).unwrap();
    let error = client.list_domain("a.example.com").await.unwrap_err();
    assert_eq!(error.class(), Class::NotSent, "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = b"HTTP/1.1 302 LeftOpenFound\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    let error = error_of(|| Fate::Bytes(moved)).await;
    assert_eq!(error.class(), Class::Fatal);
    assert_eq!(error.remote().unwrap().status, 302);
}

#[tokio::test]
async fn a_refusal_is_read_whatever_its_form() {
    let json = r#"{"RequestId":"R1","Code":"Forbidden.RAM","Message":"no","Recommend":"see"}"#;
    let xml = "<?xml version='1.0'?><Error><RequestId>R2</RequestId><Code>Throttling.User</Code><Message>slow</Message></Error>";
    let error = error_of(move || Fate::Answer(answer(403, json))).await;
    assert_eq!((error.class(), error.request_id()), (Class::Fatal, Some("R1")));
    let error = error_of(move || Fate::Answer(answer(400, xml))).await;
    assert_eq!((error.class(), error.request_id()), (Class::Busy, Some("R2")));
}

#[tokio::test]
async fn the_emulators_server_takes_both_signatures_and_keeps_what_it_took() {
    let service = Arc::new(Service::open(None, Settings::default()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint: Endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(server::serve(service.clone(), listener, server::Admin::Off, async {
        drop(stopped.await)
    }));
    let client = |signature| {
        let endpoint = Some(endpoint.clone());
        Client::new(ClientSettings { endpoint, signature, ..embedded::settings() }).unwrap()
    };
    let world = World::of(service.clone(), client(SignatureVersion::V1));
    let created = world.apply([create("a.example.com/show/*", config())]).await;
    assert_eq!(ends(&created), ["done"]);
    let world = World::of(service, client(SignatureVersion::V3));
    let updated = world.apply([update("a.example.com/show/*", config(), cycle(900))]).await;
    assert_eq!(ends(&updated), ["done"]);
    assert_eq!(world.config("a.example.com/show/*").await, Some(cycle(900)));
    drop((world, stop));
    server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_refused_for_good() {
    let world = World::new();
    let key = Key { id: "emulator".into(), secret: Secret::new("wrong"), token: None };
    let client = embedded::client(world.service, ClientSettings::new(key));
    let error = client.list_domain("a.example.com").await.unwrap_err();
    assert_eq!((error.class(), error.code()), (Class::Fatal, "SignatureDoesNotMatch"));
    assert!(!format!("{error:?}").contains("wrong"));
}

#[test]
fn a_v1_client_for_a_foreign_host_does_not_come_about() {
    let endpoint = Some("https://gateway.example.com".parse().unwrap());
    let settings = ClientSettings { endpoint, signature: SignatureVersion::V1, ..embedded::settings() };
    assert!(Client::new(settings).is_err());
}
