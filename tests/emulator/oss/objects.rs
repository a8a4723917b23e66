//! Reads, writes and listings of objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use livevod::emulator::Settings;

use super::super::Bench;
use super::{Oss, code, digest, document, items, keys};

#[test]
fn an_object_comes_back_as_it_was_sent() {
    let oss = Oss::new();
    let sent =
        [("content-type", "application/json"), ("x-oss-meta-holder", "ci"), ("cache-control", "no-store")];
    let put = oss.send("PUT /demo/show%2Fcam%201%2B.json", &sent, b"a lease");
    assert_eq!(
        (put.status, put.headers["etag"].as_str()),
        (200, "\"8638F2DF3E4D2C1B5900E8FA39976E3B\""),
        "{put:?}"
    );
    let got = oss.ask("GET /demo/show/cam%201%2B.json");
    assert_eq!((got.status, got.body.as_slice()), (200, &b"a lease"[..]));
    for (name, value) in sent.into_iter().chain([
        ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("date", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("x-oss-object-type", "Normal"),
        ("x-oss-hash-crc64ecma", "127174062302679558"),
    ]) {
        assert_eq!(got.headers[name], value, "{name}");
    }
    let head = oss.ask("HEAD /demo/show/cam%201%2B.json");
    assert_eq!((head.status, head.body.len(), head.headers["content-length"].as_str()), (200, 0, "7"));
    assert_eq!(head.headers["etag"], put.headers["etag"]);
}

#[test]
fn an_object_is_created_once() {
    let oss = Oss::new();
    assert_eq!(oss.create("lock", "one").status, 200);
    let refused = oss.create("lock", "two");
    assert_eq!((refused.status, code(&refused).as_str()), (409, "FileAlreadyExists"));
    assert_eq!(oss.content("lock"), "one");
    assert_eq!(oss.put("lock", "three").status, 200);
    assert_eq!(oss.content("lock"), "three");
    let allowed = oss.send("PUT /demo/lock", &[("x-oss-forbid-overwrite", "false")], b"four");
    assert_eq!((allowed.status, oss.content("lock").as_str()), (200, "four"));
}

#[test]
fn an_object_that_is_gone_can_be_created_again() {
    let oss = Oss::new();
    oss.put("lock", "one");
    assert_eq!(oss.ask("DELETE /demo/lock").status, 204);
    assert_eq!(oss.ask("DELETE /demo/lock").status, 204);
    assert_eq!((oss.content("lock").as_str(), oss.keys().len()), ("NoSuchKey", 0));
    assert_eq!(oss.create("lock", "two").status, 200);
}

#[test]
fn a_missing_object_is_told_without_a_body_too() {
    let oss = Oss::new();
    let head = oss.ask("HEAD /demo/none");
    let told = String::from_utf8(STANDARD.decode(&head.headers["x-oss-err"]).unwrap()).unwrap();
    assert_eq!(head.status, 404);
    assert!(told.contains("<Code>NoSuchKey</Code>") && told.contains("<RequestId>"), "{told}");
    assert_eq!(oss.code("GET /nowhere/a"), "NoSuchBucket");
    assert_eq!(oss.code("PUT /nowhere/a"), "NoSuchBucket");
}

#[test]
fn a_part_of_an_object_can_be_read() {
    let oss = Oss::new();
    oss.put("a", "0123456789");
    let part = |headers: &[(&str, &str)]| {
        let answer = oss.send("GET /demo/a", headers, b"");
        let range = answer.headers.get("content-range").cloned().unwrap_or_default();
        (answer.status, range, String::from_utf8(answer.body).unwrap())
    };
    assert_eq!(part(&[("range", "bytes=2-4")]), (206, "bytes 2-4/10".into(), "234".into()));
    assert_eq!(part(&[("range", "bytes=-2")]), (206, "bytes 8-9/10".into(), "89".into()));
    assert_eq!(part(&[("range", "bytes=8-20")]), (200, String::new(), "0123456789".into()));
    let standard = ("x-oss-range-behavior", "standard");
    assert_eq!(part(&[("range", "bytes=8-20"), standard]), (206, "bytes 8-9/10".into(), "89".into()));
    assert_eq!(part(&[("range", "bytes=10-"), standard]).0, 416);
}

#[test]
fn conditions_are_looked_at() {
    let oss = Oss::new();
    let etag = oss.put("a", "x").headers["etag"].clone();
    let with = |name: &str, value: &str| oss.send("GET /demo/a", &[(name, value)], b"").status;
    assert_eq!([with("if-match", &etag), with("if-match", "\"other\"")], [200, 412]);
    assert_eq!([with("if-none-match", &etag), with("if-none-match", "\"other\"")], [304, 200]);
    let [before, then] = ["Fri, 02 Jan 2026 03:04:04 GMT", "Fri, 02 Jan 2026 03:04:05 GMT"];
    assert_eq!([before, then].map(|time| with("if-modified-since", time)), [200, 304]);
    assert_eq!([before, then].map(|time| with("if-unmodified-since", time)), [412, 200]);
}

#[test]
fn an_append_needs_the_length_that_there_is() {
    let oss = Oss::new();
    let append = |key: &str, position: &str, more: &str| {
        let answer = oss.send(&format!("POST /demo/{key}?append&position={position}"), &[], more.as_bytes());
        let next = answer.headers.get("x-oss-next-append-position").cloned().unwrap_or_default();
        (answer.status, code(&answer), next)
    };
    let ok = |next: &str| (200, String::new(), next.to_owned());
    assert_eq!(append("log", "5", "x"), (409, "PositionNotEqualToLength".into(), "0".into()));
    assert_eq!(append("log", "0", "one\n"), ok("4"));
    assert_eq!(append("log", "0", "two\n"), (409, "PositionNotEqualToLength".into(), "4".into()));
    assert_eq!(append("log", "4", "two\n"), ok("8"));
    assert_eq!(append("log", "x", ""), (400, "InvalidArgument".into(), String::new()));
    assert_eq!(oss.content("log"), "one\ntwo\n");
    let head = oss.ask("HEAD /demo/log");
    assert_eq!(head.headers["x-oss-object-type"], "Appendable");
    assert_eq!(head.headers["x-oss-next-append-position"], "8");
    oss.put("plain", "x");
    assert_eq!(append("plain", "1", "y").1, "ObjectNotAppendable");
    oss.put("log", "replaced");
    assert_eq!(append("log", "8", "y").1, "ObjectNotAppendable");
}

#[test]
fn many_objects_are_deleted_at_once() {
    let oss = Oss::new();
    for key in ["a", "b", "c"] {
        oss.put(key, key);
    }
    let delete = |body: &str, md5: &str| {
        let headers = [("content-md5", md5)];
        oss.send("POST /demo/?delete", if md5.is_empty() { &[] } else { &headers }, body.as_bytes())
    };
    let body =
        "<Delete><Quiet>false</Quiet><Object><Key>a</Key></Object><Object><Key>none</Key></Object></Delete>";
    assert_eq!(code(&delete(body, "")), "MissingArgument");
    assert_eq!(code(&delete(body, &digest("other"))), "InvalidDigest");
    let answer = document(&delete(body, &digest(body)));
    let deleted: Vec<_> = items(&answer, "Deleted").iter().map(|one| one["Key"].clone()).collect();
    assert_eq!(
        (deleted, oss.keys()),
        (vec!["a".into(), "none".into()], vec!["b".to_owned(), "c".to_owned()])
    );
    let many = "<Object><Key>b</Key></Object>".repeat(1001);
    for body in ["", "<Delete/>", "<Delete><Object/></Delete>", "b", &format!("<Delete>{many}</Delete>")] {
        assert_eq!(code(&delete(body, &digest(body))), "MalformedXML", "{body:.20}");
    }
    let quiet = "<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>";
    let answer = delete(quiet, &digest(quiet));
    assert_eq!((answer.status, answer.body.len(), oss.keys()), (200, 0, vec!["c".to_owned()]));
}

#[test]
fn both_listings_turn_their_pages() {
    let oss = Oss::new();
    let all: Vec<String> = (0..25).map(|number| format!("show/{number:02}")).collect();
    all.iter().for_each(|key| assert_eq!(oss.put(key, "x").status, 200));
    oss.put("other", "x");
    let (mut found, mut marker, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = oss.document(&format!("GET /demo/?prefix=show/&max-keys=10&marker={marker}"));
        found.extend(keys(&page));
        sizes.push(keys(&page).len());
        match page.get("NextMarker") {
            Some(next) => marker = next.as_str().unwrap().to_owned(),
            None => break,
        }
        assert_eq!(page["IsTruncated"], "true");
    }
    assert_eq!((&found, sizes), (&all, vec![10, 10, 5]));
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = oss
            .document(&format!("GET /demo/?list-type=2&prefix=show/&max-keys=10&start-after=show/04{token}"));
        assert_eq!(page["KeyCount"], keys(&page).len().to_string());
        found.extend(keys(&page));
        match page.get("NextContinuationToken") {
            Some(next) => token = format!("&continuation-token={}", next.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(found, all[5..]);
}

#[test]
fn a_listing_can_group_names_and_encode_them() {
    let oss = Oss::new();
    for key in ["a%20b/1", "a%20b/2", "c%3Cd%3E"] {
        oss.put(key, "x");
    }
    let page = oss.document("GET /demo/?list-type=2&delimiter=/&encoding-type=url");
    assert_eq!(keys(&page), ["c%3Cd%3E"]);
    assert_eq!(items(&page, "CommonPrefixes")[0]["Prefix"], "a%20b%2F");
    assert_eq!((page["EncodingType"].as_str(), page["Delimiter"].as_str()), (Some("url"), Some("%2F")));
    assert_eq!(keys(&oss.document("GET /demo/?prefix=c")), ["c<d>"]);
    for (query, name) in
        [("max-keys=0", "max-keys"), ("max-keys=1001", "max-keys"), ("encoding-type=x", "encoding-type")]
    {
        let refused = oss.ask(&format!("GET /demo/?{query}"));
        assert_eq!(
            (code(&refused), document(&refused)["ArgumentName"].as_str()),
            ("InvalidArgument".into(), Some(name))
        );
    }
    assert_eq!(oss.code("GET /demo/?list-type=2&continuation-token=*"), "InvalidArgument");
}

#[test]
fn what_is_too_large_or_damaged_is_not_kept() {
    let oss = Oss::new();
    let large = vec![b'x'; (5 << 20) + 1];
    assert_eq!(oss.send("PUT /demo/a", &[], &large[1..]).status, 200);
    assert_eq!(code(&oss.send("PUT /demo/b", &[], &large)), "EntityTooLarge");
    oss.send("POST /demo/log?append&position=0", &[], &large[1..]);
    assert_eq!(code(&oss.send("POST /demo/log?append&position=5242880", &[], b"x")), "EntityTooLarge");
    assert_eq!(
        code(&oss.send("PUT /demo/b", &[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")], b"x")),
        "InvalidDigest"
    );
    let meta = "m".repeat(8 << 10);
    assert_eq!(code(&oss.send("PUT /demo/b", &[("x-oss-meta-a", &meta)], b"x")), "InvalidArgument");
    assert_eq!(oss.code("PUT /demo/%2Fb"), "InvalidObjectName");
    assert_eq!(oss.code(&format!("PUT /demo/{}", "k".repeat(1024))), "InvalidObjectName");
    assert_eq!(oss.keys(), ["a", "log"]);
}

#[test]
fn every_acknowledged_write_survives_and_is_dumped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emulator.log");
    let oss = Oss::at(Some(&path));
    oss.create("lock/1", "holder");
    oss.put("gone", "x");
    oss.ask("DELETE /demo/gone");
    oss.send("POST /demo/log?append&position=0", &[("x-oss-meta-a", "b")], b"one\n");
    oss.send("POST /demo/log?append&position=4", &[], b"\xff\n");
    let before = oss.0.service.dump();
    drop(oss);
    let oss = Oss(Bench::at(Some(&path), Settings::default()));
    assert_eq!(oss.0.service.dump(), before);
    assert_eq!(oss.ask("GET /demo/log").body, b"one\n\xff\n");
    assert_eq!(oss.ask("HEAD /demo/log").headers["x-oss-meta-a"], "b");
    assert_eq!(code(&oss.create("lock/1", "other")), "FileAlreadyExists");
    let loaded = Oss(Bench::new(Settings::default()));
    loaded.0.service.load(&before.to_string()).unwrap();
    assert_eq!(loaded.0.service.dump(), before);
    assert_eq!(loaded.ask("GET /demo/log").body, b"one\n\xff\n");
    assert!(loaded.0.service.load(&before.to_string()).is_err(), "it holds something now");
}
