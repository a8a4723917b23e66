//! The vendor's published examples of signatures.

use std::collections::BTreeMap;

use livevod::wire::{Request, SignatureVersion};
use sha2::{Digest, Sha256};

use super::{get, signed_text, verify_with};

/// One published V1 example: key, parameters besides the fixed ones, signature.
struct Example {
    name: &'static str,
    id: &'static str,
    secret: &'static str,
    params: &'static [(&'static str, &'static str)],
    signature: &'static str,
}

const EXAMPLES: [Example; 4] = [
    Example {
        name: "ECS, the classic one",
        id: "testid",
        secret: "testsecret",
        params: &[
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
            ("Version", "2014-05-26"),
        ],
        signature: "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
    },
    Example {
        name: "the signature page",
        id: "testid",
        secret: "testsecret",
        params: &[
            ("Action", "DescribeDedicatedHosts"),
            ("Format", "JSON"),
            ("RegionId", "cn-beijing"),
            ("SignatureNonce", "edb2b34af0af9a6d14deaf7c1a5315eb"),
            ("Timestamp", "2023-03-13T08:34:30Z"),
            ("Version", "2014-05-26"),
        ],
        signature: "9NaGiOspFP5UPcwX8Iwt2YJXXuk=",
    },
    Example {
        name: "SMS, with Chinese and JSON",
        id: "testId",
        secret: "testSecret",
        params: &[
            ("Action", "SendSms"),
            ("Format", "XML"),
            ("OutId", "123"),
            ("PhoneNumbers", "15300000001"),
            ("RegionId", "cn-hangzhou"),
            ("SignName", "阿里云短信测试专用"),
            ("SignatureNonce", "45e25e9b-0a6f-4070-8c85-2956eda1b466"),
            ("TemplateCode", "SMS_71390007"),
            ("TemplateParam", "{\"customer\":\"test\"}"),
            ("Timestamp", "2017-07-12T02:42:19Z"),
            ("Version", "2017-05-25"),
        ],
        signature: "zJDF+Lrzhj/ThnlvIToysFRq6t4=",
    },
    Example {
        name: "VOD",
        id: "testAccessKeyId",
        secret: "testAccessKeySecret",
        params: &[
            ("Action", "GetVideoPlayAuth"),
            ("Format", "JSON"),
            ("SignatureNonce", "8f8a035d-6496-4268-afd4-67c22837e38d"),
            ("Timestamp", "2017-10-10T12:02:54Z"),
            ("Version", "2017-03-21"),
            ("VideoId", "5aed81b74ba84920be578cdfe004af4b"),
        ],
        signature: "Ibgh7y8Vp47LBuAsf5Xhi1SvDss=",
    },
];

impl Example {
    fn request(&self) -> Request {
        let fixed = [
            ("AccessKeyId", self.id),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("Signature", self.signature),
        ];
        get(&[self.params, &fixed].concat())
    }
}

#[test]
fn published_v1_signatures_are_accepted() {
    for example in EXAMPLES {
        let verified = verify_with(&example.request(), example.id, example.secret);
        let verified = verified.unwrap_or_else(|problem| panic!("{}: {problem:?}", example.name));
        assert_eq!(verified.signature, SignatureVersion::V1);
        assert_eq!(verified.action_name, example.params[0].1);
    }
}

#[test]
fn the_published_v1_string_to_sign_is_ours() {
    assert_eq!(
        signed_text(&EXAMPLES[0].request(), "testid"),
        "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1\
         %26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0\
         %26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
    );
}

/// The example of the V3 page, signed over the headers that it lists.
fn v3_example() -> Request {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let authorization = "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
        x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
        Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
    let headers = [
        ("x-acs-action", "RunInstances"),
        ("x-acs-version", "2014-05-26"),
        ("x-acs-date", "2023-10-26T10:22:32Z"),
        ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
        ("x-acs-content-sha256", empty),
        ("authorization", authorization),
    ];
    Request {
        method: "POST".into(),
        host: "ecs.cn-shanghai.aliyuncs.com".into(),
        path: "/".into(),
        query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai".into(),
        headers: headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        body: Vec::new(),
    }
}

#[test]
fn the_published_v3_signature_is_accepted() {
    let verified = verify_with(&v3_example(), "YourAccessKeyId", "YourAccessKeySecret").unwrap();
    assert_eq!(verified.action_name, "RunInstances");
    assert_eq!(verified.params["RegionId"], "cn-shanghai");
    assert_eq!(verified.time.to_string(), "2023-10-26T10:22:32Z");
    let hash = Sha256::digest(signed_text(&v3_example(), "YourAccessKeyId"));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
}

#[test]
fn a_changed_part_is_refused() {
    let changes: [fn(&mut Request); 5] = [
        |request| request.host = "other".into(),
        |request| request.method = "GET".into(),
        |request| request.query = request.query.replace("shanghai", "beijing"),
        |request| request.body = b"x".to_vec(),
        |request| {
            request.headers.insert("x-acs-security-token".into(), "t".into());
        },
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut request = v3_example();
        change(&mut request);
        assert!(verify_with(&request, "YourAccessKeyId", "YourAccessKeySecret").is_err(), "change {at}");
    }
}

#[test]
fn headers_outside_the_signature_may_change() {
    let mut request = v3_example();
    request.headers = BTreeMap::from_iter(
        request.headers.into_iter().chain([("user-agent".to_owned(), "a proxy's".to_owned())]),
    );
    assert!(verify_with(&request, "YourAccessKeyId", "YourAccessKeySecret").is_ok());
}
