//! Decides whether a receiver accepted a message. Pure.
//!
//! The robots of DingTalk, Feishu and WeCom answer 200 to what they refuse, and say so in the body.

use std::time::Duration;

use serde_json::Value as Json;

use super::receiver::Kind;
use crate::gate::clean;
use crate::wire::Response;

/// The longest text of a receiver that is repeated, in characters.
const LENGTH: usize = 120;

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The reason, a fragment.
    pub(super) reason: String,
    /// Whether a later attempt may be accepted.
    pub(super) is_temporary: bool,
    /// How long the receiver asks to wait.
    pub(super) retry_after: Option<Duration>,
}

/// # Errors
/// When the receiver refused the message, or its answer is not one of those that its vendor documents.
pub(super) fn accepted(kind: Kind, response: &Response) -> Result<(), Refusal> {
    let Response { status, headers, body } = response;
    let lasting = |reason: String| Refusal { reason, is_temporary: false, retry_after: None };
    match status {
        200..300 => {}
        300..400 => {
            return Err(lasting(format!(
                "it answered with a redirect (status {status}), which is not followed"
            )));
        }
        _ => {
            let retry_after = headers.get("retry-after").and_then(|text| text.trim().parse().ok());
            return Err(Refusal {
                reason: format!("it answered with status {status}"),
                is_temporary: *status == 429 || *status >= 500,
                retry_after: retry_after.map(Duration::from_secs),
            });
        }
    }
    let (code, text, busy): (&[&str], _, &[i64]) = match kind {
        // Slack answers `ok`, and errors with a status of their own.
        Kind::Json | Kind::Slack => return Ok(()),
        Kind::Dingtalk => (&["errcode"], "errmsg", &[-1]),
        Kind::Wecom => (&["errcode"], "errmsg", &[-1]),
        // The second name is that of older bots.
        Kind::Feishu => (&["code", "StatusCode"], "msg", &[11232]),
    };
    let answer: Json = serde_json::from_slice(body).unwrap_or_default();
    let code = code.iter().find_map(|name| answer.get(name)?.as_i64());
    match code {
        Some(0) => Ok(()),
        Some(code) => {
            let text = answer.get(text).and_then(Json::as_str).unwrap_or("without a message");
            let text: String = clean(text).chars().take(LENGTH).collect();
            let is_temporary = busy.contains(&code);
            Err(Refusal {
                is_temporary,
                ..lasting(format!("it refused the message with code {code}: {text}"))
            })
        }
        None => Err(lasting("its answer does not say that it accepted the message".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: Kind, status: u16, body: &str) -> Result<(), Refusal> {
        let headers = [("retry-after".to_owned(), "7".to_owned())].into();
        accepted(kind, &Response { status, headers, body: body.into() })
    }

    #[test]
    fn only_the_documented_answer_is_an_acceptance() {
        for (kind, body) in [
            (Kind::Json, ""),
            (Kind::Slack, "ok"),
            (Kind::Dingtalk, r#"{"errcode":0,"errmsg":"ok"}"#),
            (Kind::Wecom, r#"{"errcode":0,"errmsg":"ok"}"#),
            (
                Kind::Feishu,
                r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#,
            ),
            (Kind::Feishu, r#"{"StatusCode":0,"StatusMessage":"success"}"#),
        ] {
            assert_eq!(answer(kind, 200, body), Ok(()), "{kind:?} {body}");
        }
        for (kind, body, reason) in [
            (
                Kind::Dingtalk,
                r#"{"errcode":310000,"errmsg":"sign not match"}"#,
                "code 310000: sign not match",
            ),
            (Kind::Wecom, r#"{"errcode":93000,"errmsg":"invalid webhook url\u001b[2J"}"#, "url\\u{1b}[2J"),
            (Kind::Feishu, r#"{"code":19021,"msg":"sign match fail","StatusCode":0}"#, "code 19021"),
            (Kind::Feishu, r#"{"code":9499}"#, "code 9499: without a message"),
            (Kind::Dingtalk, "<html>", "does not say"),
            (Kind::Wecom, "{}", "does not say"),
            (Kind::Feishu, r#"{"code":"0"}"#, "does not say"),
        ] {
            let refusal = answer(kind, 200, body).unwrap_err();
            assert!(refusal.reason.contains(reason) && !refusal.is_temporary, "{refusal:?}");
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for kind in Kind::ALL {
            for (status, is_temporary) in [(301, false), (400, false), (404, false), (429, true), (503, true)]
            {
                let refusal = answer(kind, status, r#"{"errcode":0,"code":0}"#).unwrap_err();
                assert_eq!(refusal.is_temporary, is_temporary, "{kind:?} {status}");
                assert!(refusal.reason.contains(&status.to_string()), "{refusal:?}");
            }
        }
        assert_eq!(answer(Kind::Slack, 429, "").unwrap_err().retry_after, Some(Duration::from_secs(7)));
        for (kind, body) in [
            (Kind::Wecom, r#"{"errcode":-1,"errmsg":"system busy"}"#),
            (Kind::Feishu, r#"{"code":11232,"msg":"frequency limited"}"#),
        ] {
            assert!(answer(kind, 200, body).unwrap_err().is_temporary, "{body}");
        }
    }
}
