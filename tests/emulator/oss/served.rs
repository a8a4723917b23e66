//! The same service over HTTP.

use livevod::emulator::server::{Admin, bind, serve};
use livevod::wire::{Request, Response};

use super::{Oss, code, key, signed};

/// Sends a request to the service over HTTP.
async fn sent(oss: &Oss, requests: Vec<Request>) -> Vec<Response> {
    // In a second test in the process, the provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(oss.0.service.clone(), listener, Admin::On, std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = Vec::new();
    for Request { method, host, path, query, headers, body } in requests {
        let url = format!("http://{address}{path}?{query}");
        let mut request = client.request(method.parse().unwrap(), url).header("host", host).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, it)| (name.to_string(), it.to_str().unwrap().to_owned())).collect();
        let status = answer.status().as_u16();
        answers.push(Response { status, headers, body: answer.bytes().await.unwrap().to_vec() });
    }
    server.abort();
    answers
}

#[tokio::test]
async fn a_head_tells_the_length_of_what_it_leaves_out() {
    let oss = Oss::new();
    let requests = ["PUT /demo/a%2Fb", "HEAD /demo/a/b", "HEAD /demo/none", "GET /demo/a/b"];
    let requests =
        requests.map(|call| oss.sign(call, &[], if call.starts_with("PUT") { b"seven.." } else { b"" }));
    let answers = sent(&oss, requests.into()).await;
    let seen = answers.iter().map(|answer| (answer.status, answer.body.len())).collect::<Vec<_>>();
    assert_eq!(seen, [(200, 0), (200, 0), (404, 0), (200, 7)]);
    assert_eq!(answers[1].headers["content-length"], "7");
    assert!(answers[2].headers.contains_key("x-oss-err"));
    for answer in answers {
        assert!(answer.headers["x-oss-request-id"].starts_with('R'));
        assert_eq!(answer.headers["date"], "Fri, 02 Jan 2026 03:04:05 GMT");
    }
}

#[tokio::test]
async fn a_bucket_may_be_named_by_the_host_or_by_a_bare_path() {
    let oss = Oss::new();
    oss.put("a/b", "here");
    let mut by_host = oss.sign("GET /demo/a/b", &[], b"");
    (by_host.host, by_host.path) = ("demo.localhost:8787".into(), "/a/b".into());
    let bare = signed(&key(), oss.now(), "GET /demo?prefix=a", &[], b"");
    let answers = sent(&oss, vec![by_host, bare]).await;
    assert_eq!((answers[0].status, answers[0].body.as_slice()), (200, &b"here"[..]));
    assert_eq!(super::keys(&super::document(&answers[1])), ["a/b"]);
}

#[tokio::test]
async fn an_object_that_is_too_large_is_refused_before_it_is_read() {
    let oss = Oss::new();
    let large = vec![b'x'; 5 << 20];
    let fits = oss.sign("PUT /demo/fits", &[], &large);
    let over = oss.sign("PUT /demo/over", &[], &[&large[..], b"x"].concat());
    let answers = sent(&oss, vec![fits, over]).await;
    assert_eq!([code(&answers[0]), code(&answers[1])], ["", "EntityTooLarge"]);
}
