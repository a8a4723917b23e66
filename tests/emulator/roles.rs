//! Identities of callers, and the temporary keys of roles.

use std::sync::atomic::Ordering;

use livevod::emulator::{KEY_ID, Settings};
use livevod::wire::{
    Key, Product, Request, Response, Secret, SignatureVersion, caller_identity, describe,
    read_caller_identity, sign,
};
use serde_json::{Map, Value};

use super::{Bench, HOST, START, inquiry, key, outcome};

const ROLE: &str = "RoleArn=acs:ram::1234567890123456:role/deployer";
const PROVIDER: &str = "OIDCProviderArn=acs:ram::1234567890123456:oidc-provider/ci";

impl Bench {
    fn assume(&self, params: &str) -> Result<Map<String, Value>, String> {
        self.assume_with(params, &key())
    }

    fn assume_with(&self, params: &str, key: &Key) -> Result<Map<String, Value>, String> {
        let inquiry = inquiry(Product::Sts, "AssumeRole", params);
        let request = inquiry.sign(HOST, key, &self.stamp(), SignatureVersion::V1);
        outcome(&self.service.call(&request)).map_err(|error| error.code)
    }

    /// The ARN of the key's owner from STS, or the error code.
    fn arn(&self, key: &Key) -> Result<String, String> {
        let request = caller_identity().sign(HOST, key, &self.stamp(), SignatureVersion::V3);
        let answer = outcome(&self.service.call(&request)).map_err(|error| error.code)?;
        Ok(read_caller_identity(&answer).unwrap().arn.unwrap())
    }

    /// The error code of a listing with the key; empty for a success.
    fn lists_with(&self, key: &Key, signature: SignatureVersion) -> String {
        let request = sign(&describe("a.com", 1, None), HOST, key, &self.stamp(), signature);
        outcome(&self.service.call(&request)).map_or_else(|error| error.code, |_| String::new())
    }
}

fn handed_out(answer: &Map<String, Value>) -> Key {
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let token = Some(Secret::new(text("SecurityToken")));
    Key { id: text("AccessKeyId"), secret: Secret::new(text("AccessKeySecret")), token }
}

#[test]
fn a_lasting_key_belongs_to_a_user_of_the_account() {
    let bench = Bench::new(Settings { account: "42".into(), ..Settings::default() });
    let answer = outcome(&bench.service.call(&bench.sign_inquiry(&caller_identity()))).unwrap();
    assert_eq!(answer["AccountId"], "42");
    assert_eq!(answer["IdentityType"], "RAMUser");
    assert_eq!(answer["Arn"], format!("acs:ram::42:user/{KEY_ID}"));
    assert_eq!(answer["PrincipalId"], answer["UserId"]);
}

#[test]
fn a_role_can_be_assumed_until_its_key_expires() {
    for signature in [SignatureVersion::V1, SignatureVersion::V3] {
        let bench = Bench::new(Settings::default());
        let answer = bench.assume(&format!("{ROLE} RoleSessionName=ci@run-1 DurationSeconds=900")).unwrap();
        assert_eq!(answer["AssumedRoleUser"]["Arn"], "acs:ram::1234567890123456:role/deployer/ci@run-1");
        assert_eq!(answer["Credentials"]["Expiration"], "2026-01-02T03:19:05Z");
        let temporary = handed_out(&answer);
        assert_eq!(bench.lists_with(&temporary, signature), "");
        let arn = "acs:ram::1234567890123456:assumed-role/deployer/ci@run-1";
        assert_eq!(bench.arn(&temporary), Ok(arn.to_owned()));

        let bare = Key { token: None, ..temporary.clone() };
        assert_eq!(bench.lists_with(&bare, signature), "MissingSecurityToken");
        let other = Key { token: Some(Secret::new("x")), ..temporary.clone() };
        assert_eq!(bench.lists_with(&other, signature), "InvalidSecurityToken.MismatchWithAccessKey");
        let forged = Key { secret: Secret::new("x"), ..temporary.clone() };
        assert_eq!(bench.lists_with(&forged, signature), "SignatureDoesNotMatch");

        bench.clock.store(START + 899, Ordering::Relaxed);
        assert_eq!(bench.lists_with(&temporary, signature), "");
        bench.clock.store(START + 900, Ordering::Relaxed);
        assert_eq!(bench.lists_with(&temporary, signature), "InvalidSecurityToken.Expired");
    }
}

#[test]
fn a_session_may_assume_the_next_role() {
    let bench = Bench::new(Settings::default());
    let first = handed_out(&bench.assume(&format!("{ROLE} RoleSessionName=one")).unwrap());
    let next = "RoleArn=acs:ram::1234567890123456:role/reader RoleSessionName=two";
    let second = handed_out(&bench.assume_with(next, &first).unwrap());
    assert_eq!(bench.arn(&second), Ok("acs:ram::1234567890123456:assumed-role/reader/two".to_owned()));
    assert_ne!(first.id, second.id);
    assert!(bench.arn(&first).is_ok());
}

#[test]
fn what_no_role_can_be_assumed_with_is_refused() {
    let bench = Bench::new(Settings { roles: Some(["deployer".to_owned()].into()), ..Settings::default() });
    let code = |params: &str| bench.assume(params).map_or_else(|code| code, |_| String::new());
    let named = |rest: &str| code(&format!("{ROLE} {rest}"));
    assert_eq!(named("RoleSessionName=ci"), "");
    assert_eq!(named("RoleSessionName=ci DurationSeconds=43200"), "");
    assert_eq!(named(""), "MissingRoleSessionName");
    assert_eq!(code("RoleSessionName=ci"), "MissingRoleArn");
    for name in ["a", "a*b", &"a".repeat(65)] {
        assert_eq!(named(&format!("RoleSessionName={name}")), "InvalidParameter.RoleSessionName", "{name}");
    }
    for seconds in ["899", "43201", "soon"] {
        let code = named(&format!("RoleSessionName=ci DurationSeconds={seconds}"));
        assert_eq!(code, "InvalidParameter.DurationSeconds", "{seconds}");
    }
    let role = |arn: &str| code(&format!("RoleArn={arn} RoleSessionName=ci"));
    assert_eq!(role("acs:ram::1234567890123456:role/other"), "EntityNotExist.Role");
    assert_eq!(role("acs:ram::42:role/deployer"), "NoPermission");
    for arn in ["deployer", "acs:ram::1234567890123456:user/deployer", "acs:ram::1234567890123456:role/"] {
        assert_eq!(role(arn), "InvalidParameter.RoleArn", "{arn}");
    }
}

/// An unsigned call as SDKs send it: parameters in a form body.
fn with_oidc(bench: &Bench, params: &str) -> Response {
    let fixed = "Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON&Timestamp=2026-01-02T03%3A04%3A05Z";
    let body = format!("{fixed}&{}", params.replace(' ', "&")).into_bytes();
    bench.service.call(&Request {
        method: "POST".into(),
        host: HOST.into(),
        path: "/".into(),
        query: String::new(),
        headers: [("content-type".into(), "application/x-www-form-urlencoded".into())].into(),
        body,
    })
}

#[test]
fn a_token_of_an_identity_provider_assumes_a_role_without_a_signature() {
    let bench = Bench::new(Settings { oidc_token: Some(Secret::new("to.ke.n")), ..Settings::default() });
    let params = |token: &str| format!("{ROLE} {PROVIDER} RoleSessionName=ci OIDCToken={token}");
    let answer = outcome(&with_oidc(&bench, &params("to.ke.n"))).unwrap();
    assert!(answer.contains_key("OIDCTokenInfo"));
    assert!(bench.arn(&handed_out(&answer)).unwrap().ends_with("assumed-role/deployer/ci"));

    let code = |params: &str| outcome(&with_oidc(&bench, params)).unwrap_err().code;
    assert_eq!(code(&params("an.other.one")), "AuthenticationFail.OIDCToken.Invalid");
    assert_eq!(code(&params("")), "MissingOIDCToken");
    assert_eq!(code(&format!("{ROLE} RoleSessionName=ci OIDCToken=to.ke.n")), "MissingOIDCProviderArn");
    let stranger = params("to.ke.n").replace("oidc-provider/ci", "provider/ci");
    assert_eq!(code(&stranger), "EntityNotExist.OIDCProvider");

    let any = Bench::new(Settings::default());
    assert!(outcome(&with_oidc(&any, &params("whatever"))).is_ok());
    assert_eq!(
        outcome(&with_oidc(&any, &params("abc"))).unwrap_err().code,
        "AuthenticationFail.OIDCToken.Invalid"
    );
}

#[test]
fn the_token_may_come_in_the_query_or_under_version_3_headers() {
    let bench = Bench::new(Settings::default());
    let params = format!("{ROLE} {PROVIDER} RoleSessionName=ci OIDCToken=to.ke.n").replace(' ', "&");
    let common = "Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON";
    let request = |query: String, headers: &[(&str, &str)]| Request {
        method: "POST".into(),
        host: HOST.into(),
        path: "/".into(),
        query,
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: Vec::new(),
    };
    let v3 = [("x-acs-action", "AssumeRoleWithOIDC"), ("x-acs-version", "2015-04-01")];
    for request in [request(format!("{common}&{params}"), &[]), request(params.clone(), &v3)] {
        let response = bench.service.call(&request);
        assert_eq!(response.headers["content-type"], "application/json;charset=utf-8");
        assert!(bench.arn(&handed_out(&outcome(&response).unwrap())).is_ok());
    }
    let stale = request(format!("{common}&{params}").replace("2015-04-01", "2014-01-01"), &[]);
    assert_eq!(outcome(&bench.service.call(&stale)).unwrap_err().code, "InvalidVersion");
    let signed_action = request(format!("{common}&{params}").replace("WithOIDC", ""), &[]);
    assert_eq!(outcome(&bench.service.call(&signed_action)).unwrap_err().code, "MissingAccessKeyId");
}
