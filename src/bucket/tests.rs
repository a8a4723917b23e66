//! Operations of buckets over a transport that answers what services answered.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use super::*;
use crate::api::credentials::{Credentials, Provider, Source};
use crate::api::{Client, ClientSettings, Endpoint, Error, Sending, Timeouts, Transport};
use crate::gate::Secrets;
use crate::store::{Created, Objects, StoreUrl, Trouble};
use crate::wire::{Key, Request, Response, Role, Secret};

/// Gives one answer after the other, and keeps the requests.
#[derive(Default)]
struct Service {
    answers: Mutex<Vec<Result<Response, Error>>>,
    requests: Mutex<Vec<Request>>,
}

impl Transport for Service {
    fn send<'a>(&'a self, request: &'a Request, _plain: bool) -> Sending<'a> {
        self.requests.lock().unwrap().push(request.clone());
        let answer = self.answers.lock().unwrap().remove(0);
        Box::pin(async { answer })
    }

    fn aside(&self, _timeouts: Timeouts, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        unreachable!("no keys are asked for")
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response, Error> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(Response { status, headers, body: body.as_bytes().to_vec() })
}

/// A refusal in XML.
fn refused(status: u16, code: &str) -> Result<Response, Error> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>{code}</Code>\n  <Message>Said so.</Message>\n  \
         <RequestId>5C3D9175B6FC201293AD4890</RequestId>\n  <HostId>livevod.oss-cn-hangzhou.aliyuncs.com</HostId>\n</Error>\n"
    );
    answer(status, &[("content-type", "application/xml")], &body)
}

fn opened(
    url: &str,
    variables: &[(&str, &str)],
    answers: Vec<Result<Response, Error>>,
) -> (Arc<dyn Objects>, Arc<Service>, Secrets) {
    let token = Some(Secret::new("temporary-token-of-a-role"));
    let key = Key { id: "LTAI".into(), secret: Secret::new("hush-hush-hush-hush"), token };
    opened_with(key.into(), url, variables, answers)
}

fn opened_with(
    credentials: Credentials,
    url: &str,
    variables: &[(&str, &str)],
    answers: Vec<Result<Response, Error>>,
) -> (Arc<dyn Objects>, Arc<Service>, Secrets) {
    let Ok(StoreUrl::Bucket(url)) = url.parse() else { panic!("no bucket: {url}") };
    let service = Arc::new(Service { answers: Mutex::new(answers), ..Service::default() });
    let secrets = Secrets::default();
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let settings = Settings {
        variable: &variable,
        timeouts: Timeouts::default(),
        secrets: secrets.clone(),
        transport: Some(service.clone()),
    };
    let settings_of_client = ClientSettings { secrets: secrets.clone(), ..ClientSettings::new(credentials) };
    let client = || Ok::<_, OpenError>(Client::in_process(service.clone(), settings_of_client));
    (open(&url, settings, client).unwrap(), service, secrets)
}

const REGION: [(&str, &str); 1] = [("OSS_REGION", "cn-hangzhou")];

fn oss(answers: Vec<Result<Response, Error>>) -> (Arc<dyn Objects>, Arc<Service>) {
    let (objects, service, _) = opened("oss://livevod/team", &REGION, answers);
    (objects, service)
}

#[tokio::test]
async fn an_object_is_created_once_with_the_signature_that_new_buckets_accept() {
    let answers = vec![answer(200, &[("etag", "\"x\"")], ""), refused(409, "FileAlreadyExists")];
    let (objects, service) = oss(answers);
    assert_eq!(objects.create("lease/a*/1", b"mine").await, Ok(Created::New));
    assert_eq!(objects.create("lease/a*/1", b"yours").await, Ok(Created::Exists));
    let requests = service.requests.lock().unwrap();
    assert_eq!(requests.len(), 2, "each operation is one request");
    let Request { method, host, path, query, headers, body } = &requests[0];
    assert_eq!((method.as_str(), host.as_str()), ("PUT", "livevod.oss-cn-hangzhou.aliyuncs.com"));
    assert_eq!((path.as_str(), query.as_str(), body.as_slice()), ("/team/lease/a%2A/1", "", &b"mine"[..]));
    assert_eq!(headers["x-oss-forbid-overwrite"], "true");
    assert_eq!(headers["x-oss-security-token"], "temporary-token-of-a-role");
    assert!(headers["authorization"].starts_with("OSS4-HMAC-SHA256 Credential=LTAI/"), "{headers:?}");
    assert!(
        headers["authorization"].contains("/cn-hangzhou/oss/aliyun_v4_request,Signature="),
        "{headers:?}"
    );
}

#[tokio::test]
async fn a_bucket_that_keeps_versions_is_refused_at_the_first_create() {
    for version in ["CAEQMhiBgIDXiaaB0BYiIGQzYmRkZGUxMTM1ZDRjOTZhNjk4YjRjMTAyZjhl", "null"] {
        let (objects, _) = oss(vec![answer(200, &[("x-oss-version-id", version)], "")]);
        let error = objects.create("check/1", b"x").await.unwrap_err();
        assert_eq!(error.trouble, Trouble::Versioned, "{error}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_from_a_bucket_that_is_not_there() {
    let date = ("last-modified", "Mon, 30 Nov 2026 04:05:06 GMT");
    let answers = vec![
        refused(404, "NoSuchKey"),
        refused(404, "NoSuchBucket"),
        // HEAD has no body, so GET is asked.
        answer(404, &[], ""),
        refused(404, "NoSuchKey"),
        answer(404, &[], ""),
        refused(404, "NoSuchBucket"),
        answer(200, &[date, ("content-length", "7")], ""),
        // The library takes both for a success.
        refused(404, "NoSuchKey"),
        refused(404, "NoSuchBucket"),
    ];
    let (objects, service) = oss(answers);
    assert_eq!(objects.read("a").await, Ok(None));
    assert_eq!(objects.read("a").await.unwrap_err().trouble, Trouble::NoBucket);
    assert_eq!(objects.stat("a").await, Ok(None));
    assert_eq!(objects.stat("a").await.unwrap_err().trouble, Trouble::NoBucket);
    let found = objects.stat("a").await.unwrap().unwrap();
    assert_eq!(
        (found.key.as_str(), found.size, found.modified.to_string().as_str()),
        ("a", 7, "2026-11-30T04:05:06Z")
    );
    assert_eq!(objects.remove("a").await, Ok(()));
    assert_eq!(objects.remove("a").await.unwrap_err().trouble, Trouble::NoBucket);
    let methods: Vec<String> =
        service.requests.lock().unwrap().iter().map(|request| request.method.clone()).collect();
    assert_eq!(methods, ["GET", "GET", "HEAD", "GET", "HEAD", "GET", "HEAD", "DELETE", "DELETE"]);
}

/// One page of a listing as OSS writes it.
fn page(keys: &[&str], next: Option<&str>) -> Result<Response, Error> {
    let content = |key: &&str| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-11-30T04:05:06.000Z</LastModified><ETag>\"5B3C\"</ETag>\
             <Type>Normal</Type><Size>344606</Size><StorageClass>Standard</StorageClass></Contents>"
        )
    };
    let contents: String = keys.iter().map(content).collect();
    let next =
        next.map(|next| format!("<NextContinuationToken>{next}</NextContinuationToken>")).unwrap_or_default();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>livevod</Name><Prefix>team/</Prefix>\
         <MaxKeys>1000</MaxKeys><Delimiter></Delimiter><IsTruncated>{}</IsTruncated>{contents}{next}<KeyCount>{}</KeyCount>\
         </ListBucketResult>",
        !next.is_empty(),
        keys.len()
    );
    answer(200, &[], &body)
}

#[tokio::test]
async fn a_listing_has_all_pages_without_what_is_no_name_of_ours() {
    let first =
        page(&["team/lease/", "team/lease/b", "team/lease/a", "team/lease/not ours"], Some("CgJiYw--"));
    let (objects, service) = oss(vec![first, page(&["team/lease/c"], None)]);
    let all = objects.list("lease/", Some("lease/a")).await.unwrap();
    let keys: Vec<&str> = all.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["lease/b", "lease/c"]);
    assert_eq!((all[0].size, all[0].modified.as_second()), (344_606, 1_796_011_506));
    let requests = service.requests.lock().unwrap();
    let query = "list-type=2&max-keys=1000&prefix=team%2Flease%2F&start-after=team%2Flease%2Fa";
    assert_eq!((requests[0].path.as_str(), requests[0].query.as_str()), ("/", query));
    assert!(requests[1].query.contains("continuation-token=CgJiYw--"), "{}", requests[1].query);
}

#[tokio::test]
async fn a_name_that_could_lead_elsewhere_is_never_sent() {
    let (objects, service) = oss(Vec::new());
    for name in ["", "../secrets", "a//b", "a b", "/a"] {
        assert_eq!(objects.create(name, b"x").await.unwrap_err().trouble, Trouble::Other, "{name}");
        assert_eq!(objects.remove(name).await.unwrap_err().trouble, Trouble::Other, "{name}");
    }
    assert!(service.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_error_says_what_the_store_said_and_no_secret() {
    let quoted = "<Error><Code>SignatureDoesNotMatch</Code><Message>temporary-token-of-a-role \u{1b}[2J</Message>\
                  <StringToSign>hush-hush-hush-hush</StringToSign><RequestId>R1</RequestId></Error>";
    let lost = Err(Error::Ambiguous { host: "livevod.oss".into(), reason: "timed out".into() });
    let (objects, _) = oss(vec![answer(403, &[], quoted), lost, answer(200, &[], "<html>")]);
    let error = objects.create("a", b"x").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unauthenticated);
    assert_eq!(error.message, "SignatureDoesNotMatch: (secret) \\u{1b}[2J (request id R1)");
    let error = objects.replace("a", b"x").await.unwrap_err();
    assert_eq!(
        (error.trouble, error.message.as_str()),
        (Trouble::Unreachable, "no usable answer from livevod.oss: timed out")
    );
    let error = objects.list("", None).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unreachable);
    assert!(error.message.starts_with("the answer can't be understood"), "{error}");
}

#[tokio::test]
async fn s3_creates_an_object_once_with_its_own_condition_and_keys() {
    let variables = [
        ("AWS_REGION", "eu-west-3"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "hush/hush/hush"),
    ];
    let conflict = refused(409, "ConditionalRequestConflict");
    let quoted =
        answer(403, &[], "<Error><Code>AccessDenied</Code><Message>hush/hush/hush</Message></Error>");
    let answers = vec![answer(200, &[], ""), refused(412, "PreconditionFailed"), conflict, quoted];
    let (objects, service, _) = opened("s3://livevod/team", &variables, answers);
    assert_eq!(objects.create("a", b"x").await, Ok(Created::New));
    assert_eq!(objects.create("a", b"x").await, Ok(Created::Exists));
    assert_eq!(objects.create("a", b"x").await.unwrap_err().trouble, Trouble::Busy);
    let denied = objects.read("a").await.unwrap_err();
    assert_eq!((denied.trouble, denied.message.as_str()), (Trouble::Forbidden, "AccessDenied: (secret)"));
    let requests = service.requests.lock().unwrap();
    let Request { method, host, path, headers, .. } = &requests[0];
    assert_eq!((method.as_str(), host.as_str()), ("PUT", "s3.eu-west-3.amazonaws.com"));
    assert_eq!((path.as_str(), headers["if-none-match"].as_str()), ("/livevod/team/a", "*"));
    assert!(headers["authorization"].contains("Credential=AKIA/"), "{headers:?}");
}

#[tokio::test]
async fn after_an_expired_key_the_next_attempt_has_another() {
    let (objects, _) = oss(vec![refused(403, "SecurityTokenExpired")]);
    assert_eq!(
        objects.read("a").await.unwrap_err().trouble,
        Trouble::Unauthenticated,
        "there is no other key"
    );

    let key = |id: &str| {
        let body = format!(
            r#"{{"RequestId":"R","Credentials":{{"AccessKeyId":"{id}","AccessKeySecret":"hush-hush","SecurityToken":"hush-hush-hush",
            "Expiration":"2999-01-01T00:00:00Z"}}}}"#
        );
        answer(200, &[], &body)
    };
    let answers =
        vec![key("first"), refused(403, "SecurityTokenExpired"), key("second"), refused(404, "NoSuchKey")];
    let role = Role {
        arn: "acs:ram::1234567890123456:role/store".to_owned(),
        session_name: "test".to_owned(),
        duration: None,
        policy: None,
        external_id: None,
    };
    let by = Key { id: "LTAI".into(), secret: Secret::new("hush-hush"), token: None };
    let provider = Provider::Role { by: Box::new(Provider::Key(by)), role };
    let credentials = Credentials { provider, source: Source::Given, sts: None };
    let (objects, service, _) = opened_with(credentials, "oss://livevod", &REGION, answers);
    let passing = objects.read("a").await.unwrap_err();
    assert_eq!((passing.trouble, passing.is_passing()), (Trouble::Busy, true));
    assert_eq!(objects.read("a").await, Ok(None));
    let requests = service.requests.lock().unwrap();
    assert!(requests[1].headers["authorization"].contains("Credential=first/"));
    assert!(requests[3].headers["authorization"].contains("Credential=second/"));
}

#[cfg(feature = "gcs")]
#[tokio::test]
async fn google_creates_an_object_of_which_there_is_no_generation() {
    let near = [("LIVEVOD_STORE_ENDPOINT", "http://127.0.0.1:4443")];
    let made = r#"{"kind":"storage#object","name":"team/a","bucket":"livevod","generation":"1","size":"1","etag":"CAE=",
        "updated":"2026-11-30T04:05:06.789Z","contentType":"application/octet-stream","md5Hash":"x"}"#;
    let present = r#"{"error":{"code":412,"message":"At least one of the pre-conditions you specified did not hold.",
        "errors":[{"message":"m","domain":"global","reason":"conditionNotMet","locationType":"header","location":"If-Match"}]}}"#;
    let absent = "No such object: livevod/team/a";
    let page = r#"{"kind":"storage#objects","items":[{"name":"team/b","size":"7","updated":"2026-11-30T04:05:06.789Z",
        "etag":"CAE=","md5Hash":"x","contentType":"application/octet-stream"},{"name":"team/a","size":"1",
        "updated":"2026-11-30T04:05:06.789Z","etag":"CAE=","md5Hash":"x","contentType":"application/octet-stream"}]}"#;
    let session = "http://127.0.0.1:4443/upload/storage/v1/b/livevod/o?uploadType=resumable&upload_id=1";
    let elsewhere = "https://evil.example.com/upload?upload_id=1";
    let answers = vec![
        answer(200, &[("location", session)], ""),
        answer(200, &[], made),
        answer(412, &[], present),
        // Another creates it while the upload goes on.
        answer(200, &[("location", session)], ""),
        answer(412, &[], present),
        answer(200, &[("location", elsewhere)], ""),
        answer(404, &[], absent),
        answer(404, &[], "The specified bucket does not exist."),
        answer(200, &[], page),
    ];
    let (objects, service, _) = opened("gs://livevod/team", &near, answers);
    assert_eq!(objects.create("a", b"x").await, Ok(Created::New));
    assert_eq!(objects.create("a", b"x").await, Ok(Created::Exists));
    assert_eq!(objects.create("a", b"x").await, Ok(Created::Exists));
    let strayed = objects.create("a", b"x").await.unwrap_err();
    assert_eq!(strayed.trouble, Trouble::Other, "{strayed}");
    assert!(strayed.message.contains("`evil.example.com` is not the store's host"), "{strayed}");
    assert_eq!(objects.read("a").await, Ok(None));
    assert_eq!(objects.read("a").await.unwrap_err().trouble, Trouble::NoBucket);
    let listed = objects.list("", None).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let requests = service.requests.lock().unwrap();
    assert!(requests[0].query.contains("ifGenerationMatch=0"), "{}", requests[0].query);
    assert_eq!(requests[0].host, "127.0.0.1:4443");
    assert!(!requests[0].headers.contains_key("authorization"));
}

#[cfg(feature = "azure")]
#[tokio::test]
async fn azure_creates_a_blob_that_matches_none() {
    let variables = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "team"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "aHVzaC1odXNoLWh1c2gtaHVzaC1odXNo"),
    ];
    let answers = vec![
        answer(201, &[("etag", "\"0x8D\""), ("last-modified", "Mon, 30 Nov 2026 04:05:06 GMT")], ""),
        refused(409, "BlobAlreadyExists"),
        answer(404, &[("x-ms-error-code", "BlobNotFound")], ""),
        refused(404, "ContainerNotFound"),
        answer(
            403,
            &[],
            "<Error><Code>AuthenticationFailed</Code><Message>aHVzaC1odXNoLWh1c2gtaHVzaC1odXNo</Message></Error>",
        ),
    ];
    let (objects, service, _) = opened("az://livevod/team", &variables, answers);
    assert_eq!(objects.create("a", b"x").await, Ok(Created::New));
    assert_eq!(objects.create("a", b"x").await, Ok(Created::Exists));
    assert_eq!(objects.stat("a").await, Ok(None));
    assert_eq!(objects.read("a").await.unwrap_err().trouble, Trouble::NoBucket);
    let error = objects.read("a").await.unwrap_err();
    assert_eq!(
        (error.trouble, error.message.as_str()),
        (Trouble::Unauthenticated, "AuthenticationFailed: (secret)")
    );
    let requests = service.requests.lock().unwrap();
    let Request { method, host, path, headers, .. } = &requests[0];
    assert_eq!((method.as_str(), host.as_str()), ("PUT", "team.blob.core.windows.net"));
    assert_eq!((path.as_str(), headers["if-none-match"].as_str()), ("/livevod/team/a", "*"));
    assert!(headers["authorization"].starts_with("SharedKey team:"), "{headers:?}");
}
