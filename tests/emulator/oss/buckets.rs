//! Buckets as such, and the two kinds in which an object is not created once or not removed.

use super::{Oss, code, digest, document, items};

#[test]
fn buckets_are_made_listed_and_removed() {
    let oss = Oss::new();
    assert_eq!(oss.ask("PUT /other-1").status, 200);
    assert_eq!(oss.ask("PUT /other-1").status, 200, "a bucket of one's own stays as it is");
    for bad in ["ab", "Capital", "under_score", "-a-"] {
        assert_eq!(oss.code(&format!("PUT /{bad}")), "InvalidBucketName", "{bad}");
    }
    let listed = oss.document("GET /");
    let names: Vec<_> = items(&listed["Buckets"], "Bucket").iter().map(|one| one["Name"].clone()).collect();
    assert_eq!(names, ["demo", "other-1"]);
    assert_eq!(items(&oss.document("GET /?prefix=other")["Buckets"], "Bucket")[0]["Name"], "other-1");
    oss.send("PUT /other-1/a", &[], b"x");
    assert_eq!(oss.code("DELETE /other-1"), "BucketNotEmpty");
    oss.ask("DELETE /other-1/a");
    assert_eq!(oss.ask("DELETE /other-1").status, 204);
    assert_eq!(oss.code("DELETE /other-1"), "NoSuchBucket");
    assert_eq!(oss.document("GET /demo/?bucketInfo")["Bucket"]["Name"], "demo");
    assert_eq!(document(&oss.ask("GET /demo/?location")), "oss-cn-shanghai");
    assert_eq!(oss.document("GET /demo/?acl")["AccessControlList"]["Grant"], "private");
    for number in 1..100 {
        assert_eq!(oss.code(&format!("PUT /more-{number}")), "");
    }
    assert_eq!(oss.code("PUT /one-more"), "TooManyBuckets");
}

#[test]
fn in_a_bucket_with_versions_an_object_is_created_again_and_again() {
    let oss = Oss::new();
    oss.put("lock", "one");
    assert_eq!(oss.document("GET /demo/?versioning"), "");
    for status in ["Enabled", "Suspended"] {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        assert_eq!(oss.send("PUT /demo/?versioning", &[], body.as_bytes()).status, 200);
        assert_eq!(oss.document("GET /demo/?versioning")["Status"], status);
        assert_eq!(oss.document("GET /demo/?bucketInfo")["Bucket"]["Versioning"], status);
        let answer = oss.create("lock", status);
        assert_eq!((answer.status, oss.content("lock").as_str()), (200, status));
        let version = answer.headers["x-oss-version-id"].clone();
        assert_eq!(version == "null", status == "Suspended", "{version}");
        assert_eq!(oss.ask("HEAD /demo/lock").headers["x-oss-version-id"], version);
        assert_eq!(oss.code(&format!("GET /demo/lock?versionId={version}")), "");
        assert_eq!(oss.code("GET /demo/lock?versionId=other"), "NoSuchVersion");
    }
    let deleted = oss.ask("DELETE /demo/lock");
    assert_eq!((deleted.status, deleted.headers["x-oss-delete-marker"].as_str()), (204, "true"));
    assert_eq!(oss.content("lock"), "NoSuchKey");
    assert_eq!(oss.code("GET /demo/?versions"), "NotImplemented");
    let bad = "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>";
    assert_eq!(code(&oss.send("PUT /demo/?versioning", &[], bad.as_bytes())), "MalformedXML");
}

#[test]
fn in_a_locked_bucket_nothing_is_replaced_or_removed_until_its_time_is_over() {
    let oss = Oss::with(None, &["demo=locked"]);
    let worm = oss.document("GET /demo/?worm");
    assert_eq!((worm["State"].as_str(), worm["RetentionPeriodInDays"].as_str()), (Some("Locked"), Some("1")));
    assert_eq!(oss.put("a", "one").status, 200);
    assert_eq!(code(&oss.put("a", "two")), "FileImmutable");
    assert_eq!(code(&oss.create("a", "two")), "FileAlreadyExists");
    assert_eq!(oss.code("DELETE /demo/a"), "FileImmutable");
    assert_eq!(oss.code("DELETE /demo/?worm"), "WORMConfigurationLocked");
    oss.send("POST /demo/log?append&position=0", &[], b"x");
    assert_eq!(code(&oss.send("POST /demo/log?append&position=1", &[], b"x")), "FileImmutable");
    let body = "<Delete><Object><Key>a</Key></Object></Delete>";
    let answer = oss.send("POST /demo/?delete", &[("content-md5", &digest(body))], body.as_bytes());
    assert_eq!(answer.status, 200);
    assert_eq!((items(&document(&answer), "Deleted").len(), oss.keys().len()), (0, 2));
    oss.0.wait(86_400);
    assert_eq!(oss.ask("DELETE /demo/a").status, 204);
    assert_eq!(oss.content("a"), "NoSuchKey");
}

#[test]
fn a_retention_policy_begins_is_locked_or_withdrawn() {
    let oss = Oss::new();
    oss.put("a", "x");
    assert_eq!(oss.code("GET /demo/?worm"), "NoSuchWORMConfiguration");
    let initiate = |days: &str| {
        let body = format!(
            "<InitiateWormConfiguration><RetentionPeriodInDays>{days}</RetentionPeriodInDays></InitiateWormConfiguration>"
        );
        oss.send("POST /demo/?worm", &[], body.as_bytes())
    };
    assert_eq!([code(&initiate("0")), code(&initiate("25551"))], ["MalformedXML", "MalformedXML"]);
    assert_eq!(initiate("2").status, 200);
    assert_eq!(oss.document("GET /demo/?worm")["State"], "InProgress");
    assert_eq!(code(&initiate("2")), "WORMConfigurationAlreadyExists");
    assert_eq!(oss.ask("DELETE /demo/?worm").status, 204);
    let id = initiate("3").headers["x-oss-worm-id"].clone();
    assert_eq!(oss.code("POST /demo/?wormId=other"), "NoSuchWORMConfiguration");
    assert_eq!(oss.ask(&format!("POST /demo/?wormId={id}")).status, 200);
    assert_eq!(oss.document("GET /demo/?worm")["State"], "Locked");
    assert_eq!(oss.code("DELETE /demo/a"), "FileImmutable");
}

#[test]
fn a_given_bucket_keeps_what_it_holds_and_takes_on_its_kind() {
    let oss = Oss::new();
    oss.put("a", "x");
    for (given, versioning) in
        [("demo", ""), ("demo=versioned", "Enabled"), ("demo", "Enabled"), ("demo=suspended", "Suspended")]
    {
        oss.0.service.make_bucket(&given.parse().unwrap()).unwrap();
        let status = oss.document("GET /demo/?versioning");
        assert_eq!(
            status.get("Status").and_then(|status| status.as_str()).unwrap_or_default(),
            versioning,
            "{given}"
        );
        assert_eq!(oss.content("a"), "x");
    }
}

#[test]
fn what_is_not_played_says_so() {
    let oss = Oss::new();
    oss.put("a", "x");
    for call in ["POST /demo/b?uploads", "GET /demo/?lifecycle", "GET /demo/a?acl", "PUT /demo/a?tagging"] {
        let answer = oss.ask(call);
        assert_eq!((answer.status, code(&answer).as_str()), (501, "NotImplemented"), "{call}");
    }
    let copy = oss.send("PUT /demo/b", &[("x-oss-copy-source", "/demo/a")], b"");
    assert_eq!(code(&copy), "NotImplemented");
    for call in ["PATCH /demo/a", "HEAD /demo/", "DELETE /", "PUT /"] {
        assert_eq!(oss.ask(call).status, 405, "{call}");
    }
}
