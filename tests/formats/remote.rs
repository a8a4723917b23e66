//! Findings for each refusal in the API documents, and for an unknown one: at the value, with cause and remedy.

use std::time::Duration;

use livevod::api;
use livevod::apply::{Cause, ChangeOutcome, Failure, Outcome, Report};
use livevod::plan::PlanOptions;
use livevod::render::{
    self, Context, Exit, Format, Layout, PlanView, ReportView, Sought, Style, Target, diagnostics,
    unanswered, unread,
};
use livevod::wire::RemoteError;

use crate::plan::resolved as read;

const TEXT: &str = "\
version: 1
account: \"1234567890123456\"
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
tiers:
  vip: { vod_transcode_group: hd, storage_location: bucket.oss-cn-shanghai.aliyuncs.com }
domains:
  live.example.com:
    apps:
      show:
        streams:
          cam1: { tier: vip, auto_compose: on, compose_vod_transcode_group: archive }
";

/// Code, HTTP status, and the service's message if it says more than the code.
const DOCUMENTED: &[(&str, u16, &str)] = &[
    ("ConfigAlreadyExists", 400, "Config has already exist."),
    ("CommomLiveRcordConfigExisted", 400, "Commom liverecord config has already exist."),
    ("InvalidAutoCompose.Malformed", 400, "Specified parameter AutoCompose is not valid."),
    (
        "InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed",
        400,
        "Specified parameter AutoCompose and ComposeVodTranscodeGroupId is not valid, must both empty or input",
    ),
    ("InvalidRegion.Conflict", 403, "Specified parameter StorageLocation and Region is not match"),
    ("InvalidStorage.NotFound", 404, "Specified parameter StorageLocation is not exist"),
    (
        "InvalidTemplateGroupId.NotFound",
        404,
        "Specified parameter vodTranscodeGroupId or composeVodTranscodeGroupId is not exist",
    ),
    ("InternalError", 500, "The request processing has failed due to backend service exception."),
    ("Forbidden", 401, "User not authorized to operate on the specified resource."),
    ("InvalidIdentity.ServiceDisabled", 400, "The request identity was not allowed operated."),
    ("InvalidDomain.NotFound", 404, "The domain provided does not exist in our records."),
    ("IllegalOperation", 403, "Illegal domain operate is not permitted."),
    ("CodeConfigAlreadyExists", 400, ""),
    ("CodeConfigNotFound", 400, ""),
    ("Throttling", 400, ""),
    ("Throttling.User", 400, "Request was denied due to user flow control."),
    ("Throttling.Api", 400, ""),
    ("Rejected.Throttling", 400, ""),
    ("ServiceUnavailable", 503, ""),
    ("ServiceUnAvailable", 503, ""),
    ("UnknownError", 500, ""),
    ("SystemUpgrading", 403, ""),
    ("ServiceBusy", 403, ""),
    ("LockFail", 400, ""),
    ("SignatureDoesNotMatch", 400, "Specified signature is not matched with our calculation."),
    ("SignatureNonceUsed", 400, "Specified signature nonce was used already."),
    ("InvalidTimeStamp.Expired", 400, "Specified time stamp or date value is expired."),
    ("InvalidTimeStamp.Format", 400, ""),
    ("IllegalTimestamp", 400, ""),
    ("IncompleteSignature", 400, ""),
    ("InvalidAccessKeyId.NotFound", 404, "Specified access key is not found."),
    ("InvalidAccessKeyId.Inactive", 400, ""),
    ("Forbidden.AccessKeyDisabled", 403, ""),
    ("InvalidSecurityToken.Expired", 400, ""),
    ("InvalidSecurityToken.Malformed", 400, ""),
    ("InvalidSecurityToken.MismatchWithAccessKey", 400, ""),
    ("MissingSecurityToken", 400, ""),
    (
        "Forbidden.RAM",
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    ),
    ("NoPermission", 403, ""),
    ("MissingParameter", 400, ""),
    ("MissingVodTranscodeGroupId", 400, "VodTranscodeGroupId is mandatory for this action."),
    ("InvalidParameter", 400, "The specified parameter StorageLocation is not valid."),
    ("InvalidCycleDuration.Malformed", 400, "Specified parameter CycleDuration is not valid."),
    ("InvalidApi.NotFound", 404, ""),
    ("InvalidAction", 400, ""),
    ("InvalidAction.NotFound", 404, ""),
    ("InvalidVersion", 400, ""),
    ("InvalidProduct.NotFound", 404, ""),
    ("NoSuchVersion", 400, ""),
    ("UnsupportedHTTPMethod", 400, ""),
    ("InvalidProtocol.NeedSsl", 403, ""),
    ("Forbidden.RiskControl", 403, ""),
    ("Forbidden.UserVerification", 403, ""),
    ("InsufficientBalance", 400, ""),
    ("OperationDenied", 403, "Your account does not open VOD service yet."),
    ("OperationDenied.Suspended", 403, ""),
    ("SomethingNew.Unheard", 400, "Nobody wrote of this."),
];

fn refused(code: &str, status: u16, message: &str) -> RemoteError {
    RemoteError {
        status,
        code: code.to_owned(),
        message: if message.is_empty() { "The service's words.".to_owned() } else { message.to_owned() },
        request_id: Some("5056369B-D337-499E-B8B7-B761BD37B08A".to_owned()),
        recommend: Some(format!("https://next.api.aliyun.com/troubleshoot?q={code}&product=live")),
        ..RemoteError::default()
    }
}

/// The output if the Add of `cam1` gets the refusal.
fn shown(refusal: RemoteError) -> String {
    let (desired, sources) = read(TEXT);
    let snapshot =
        livevod::model::Snapshot { domains: [("live.example.com".into(), Default::default())].into() };
    let plan = livevod::plan::plan(&desired, &snapshot, &sources, &PlanOptions::default());
    let change = &plan.decisions.changes[0];
    let error = api::Error::Refused(Box::new(refusal));
    let failure = Failure { cause: Cause::NotCarriedOut(change.action()), remote: Some(error) };
    let outcome = ChangeOutcome {
        address: change.address.clone(),
        action: change.action(),
        outcome: Outcome::Failed(failure),
        request_id: None,
    };
    let report = Report {
        outcomes: vec![outcome],
        not_seen_again: Vec::new(),
        calls: 1,
        repeated: 0,
        took: Duration::ZERO,
    };
    let target = Target { name: String::new(), account: None };
    let findings = ReportView::new(&PlanView::of(&plan, &target), &report, &sources).findings();
    diagnostics(&findings, &sources, Style { width: 80, ..Style::PLAIN }, None)
}

#[test]
fn each_code_is_said_with_cause_and_cure() {
    for (code, status, message) in DOCUMENTED {
        insta::assert_snapshot!(format!("refusal_{code}"), shown(refused(code, *status, message)));
    }
}

#[test]
fn no_documented_code_is_left_to_the_words_for_unknown_ones() {
    let unknown = "fix the cause and apply again";
    for (code, status, message) in DOCUMENTED {
        let text = shown(refused(code, *status, message));
        assert_eq!(text.contains(unknown), *code == "SomethingNew.Unheard", "{text}");
        assert!(text.contains("5056369B-D337-499E-B8B7-B761BD37B08A"), "{text}");
        assert!(text.contains(&format!("troubleshoot?q={code}&product=live")), "{text}");
    }
}

#[test]
fn a_denial_names_what_the_service_tells_of_it() {
    let detail = r#"{"AuthAction":"live:AddLiveRecordVodConfig","AuthPrincipalDisplayName":"ci","NoPermissionType":"ImplicitDeny","PolicyType":"AccountLevelIdentityBasedPolicy","EncodedDiagnosticMessage":"AQ"}"#;
    let refusal =
        RemoteError { access_denied_detail: Some(detail.to_owned()), ..refused("Forbidden.RAM", 403, "") };
    insta::assert_snapshot!(shown(refusal));
}

#[test]
fn a_domain_that_may_not_be_read_asks_for_the_right_to_list() {
    let error = api::Error::Refused(Box::new(refused("NoPermission", 403, "")));
    let (_, sources) = read(TEXT);
    let finding = unread("live.example.com", &error, Some("1234567890123456"), None);
    insta::assert_snapshot!(diagnostics(&[finding], &sources, Style { width: 80, ..Style::PLAIN }, None));
}

#[test]
fn what_may_not_be_looked_up_asks_for_the_right_to_look() {
    let error = api::Error::Refused(Box::new(refused("Forbidden.RAM", 403, "")));
    let (_, sources) = read(TEXT);
    let domain = unanswered("live.example.com", Sought::Domain, &error, None);
    let group = unanswered("e2d796d3bb5fd8049d32bff62f94e4c1", Sought::Group, &error, None);
    insta::assert_snapshot!(diagnostics(
        &[domain, group],
        &sources,
        Style { width: 80, ..Style::PLAIN },
        None
    ));
}

#[test]
fn a_long_verdict_is_broken_and_the_counts_stand_whole() {
    let (desired, sources) = read(TEXT);
    let snapshot =
        livevod::model::Snapshot { domains: [("live.example.com".into(), Default::default())].into() };
    let plan = livevod::plan::plan(&desired, &snapshot, &sources, &PlanOptions::default());
    let failure = Failure { cause: Cause::WorkLost, remote: None };
    let outcomes =
        [Outcome::Failed(failure.clone()), Outcome::NotAttempted(failure.clone()), Outcome::Unknown(failure)];
    let address = plan.decisions.changes[0].address.clone();
    let outcome = |outcome| ChangeOutcome {
        address: address.clone(),
        action: plan.decisions.changes[0].action(),
        outcome,
        request_id: None,
    };
    let outcomes = outcomes.map(outcome).into();
    let report = Report { outcomes, not_seen_again: Vec::new(), calls: 1, repeated: 0, took: Duration::ZERO };
    let target = Target { name: String::new(), account: None };
    let context = Context { sources: &sources, diagnostics: &[], exit: Exit::Incomplete };
    let layout = Layout { stdout: Style { width: 60, ..Style::PLAIN }, ..Layout::new(Format::Human) };
    let view = PlanView::of(&plan, &target);
    let text = render::report(&ReportView::new(&view, &report, &sources), context, &layout).text;
    let totals: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Apply")).take(3).collect();
    assert_eq!(
        totals,
        [
            "Apply incomplete: 1 of 3 changes failed, 1 of 3 changes was",
            "not attempted, the outcome of 1 of 3 changes is unknown.",
            "Resources: 0 added, 0 changed, 0 destroyed."
        ]
    );
}
