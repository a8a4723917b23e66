//! Turns a [`Response`] into its fields or the service's refusal. Lenient, because the documents disagree about the
//! formats.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Map, Value};

use super::{RemoteError, Response, xml};

/// Why a response has no fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A success with an unreadable body: the request may have been carried out.
    #[error("{0}")]
    Unreadable(String),
    /// The service refused.
    #[error("{}: {}", .0.code, .0.message)]
    Refused(Box<RemoteError>),
}

/// The service's time when it answered (header `Date`).
pub fn time(response: &Response) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(response.headers.get("date")?).ok()
}

/// The fields of a successful response, unwrapped.
///
/// # Errors
///
/// [`ReadError::Refused`] for any status except 2xx, and for a 2xx whose body has an error `Code`;
/// [`ReadError::Unreadable`] for a 2xx whose body is not an object.
pub fn read(response: &Response) -> Result<Map<String, Value>, ReadError> {
    let body = parse(&response.body);
    if !(200..300).contains(&response.status) {
        return Err(refused(response, body.unwrap_or_default()));
    }
    let Some(fields) = body else {
        return Err(ReadError::Unreadable(format!(
            "status {} with a body that is not an object",
            response.status
        )));
    };
    if has_error_code(&fields) { Err(refused(response, fields)) } else { Ok(fields) }
}

/// The service's request id in a response's fields.
pub fn request_id(fields: &Map<String, Value>) -> Option<String> {
    field(fields, "RequestId").and_then(text_of)
}

fn header<T: FromStr>(response: &Response, name: &str) -> Option<T> {
    response.headers.get(name)?.trim().parse().ok()
}

/// The body's fields, from JSON or XML, without a wrapper such as `DeleteLiveRecordVodConfigResponse`.
fn parse(body: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim();
    let value = if text.starts_with('<') { xml::read(text)?.1 } else { serde_json::from_str(text).ok()? };
    let Value::Object(fields) = value else { return None };
    Some(unwrap(fields))
}

fn unwrap(mut fields: Map<String, Value>) -> Map<String, Value> {
    let only = fields.iter_mut().next();
    match only {
        Some((name, Value::Object(inner))) if name.ends_with("Response") => std::mem::take(inner),
        _ => fields,
    }
}

/// Some services put one of these words into `Code` of a success.
fn has_error_code(fields: &Map<String, Value>) -> bool {
    let code = field(fields, "Code").and_then(text_of);
    code.is_some_and(|code| !matches!(code.as_str(), "" | "200" | "OK" | "Success" | "success"))
}

fn refused(response: &Response, fields: Map<String, Value>) -> ReadError {
    let status = response.status;
    let text = |name| field(&fields, name).and_then(text_of).filter(|text| !text.is_empty());
    let detail = field(&fields, "AccessDeniedDetail").filter(|detail| !detail.is_null());
    ReadError::Refused(Box::new(RemoteError {
        status,
        code: text("Code").unwrap_or_default(),
        message: text("Message").unwrap_or_else(|| format!("status {status} without a message")),
        request_id: text("RequestId"),
        recommend: text("Recommend"),
        access_denied_detail: detail.map(|detail| text_of(detail).unwrap_or_else(|| detail.to_string())),
        retry_after: header(response, "x-acs-retry-after").map(Duration::from_millis),
    }))
}

/// The field with the API's name, or with that name and a lowercase first letter.
fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let lower = || {
        let (first, rest) = name.split_at_checked(1)?;
        fields.get(&format!("{}{rest}", first.to_ascii_lowercase()))
    };
    fields.get(name).or_else(lower)
}

/// A text, or a number as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Default::default(), body: body.as_bytes().to_vec() }
    }

    fn refused(status: u16, body: &str) -> RemoteError {
        match read(&response(status, body)) {
            Err(ReadError::Refused(error)) => *error,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn a_success_gives_its_fields_wrapped_or_not() {
        for body in [
            r#"{"RequestId":"r"}"#,
            "\u{feff} {\"RequestId\":\"r\"}\n",
            r#"{"DeleteLiveRecordVodConfigResponse":{"RequestId":"r"}}"#,
            r#"{"RequestId":"r","Code":"200"}"#,
            "<DeleteLiveRecordVodConfigResponse><RequestId>r</RequestId></DeleteLiveRecordVodConfigResponse>",
        ] {
            assert_eq!(read(&response(200, body)).unwrap()["RequestId"], "r", "{body}");
        }
    }

    #[test]
    fn headers_say_when_to_come_again_and_what_time_it_is() {
        let mut response = response(400, "{}");
        let headers = [("x-acs-retry-after", "1500"), ("date", "Sun, 22 Nov 2026 20:11:24 GMT")];
        response.headers.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let ReadError::Refused(error) = read(&response).unwrap_err() else { unreachable!() };
        assert_eq!(error.retry_after, Some(Duration::from_millis(1500)));
        assert_eq!(time(&response), Some("2026-11-22T20:11:24Z".parse().unwrap()));
        response.headers.insert("date".to_owned(), "today".to_owned());
        assert_eq!(time(&response), None);
    }

    #[test]
    fn a_refusal_gives_all_it_says() {
        let body = r#"{"RequestId":"r","HostId":"h","Code":"Forbidden.RAM","Message":"no","Recommend":"u",
            "AccessDeniedDetail":{"AuthAction":"live:Add"}}"#;
        let expected = RemoteError {
            status: 403,
            code: "Forbidden.RAM".into(),
            message: "no".into(),
            request_id: Some("r".into()),
            recommend: Some("u".into()),
            access_denied_detail: Some(r#"{"AuthAction":"live:Add"}"#.into()),
            retry_after: None,
        };
        assert_eq!(refused(403, body), expected);
    }

    #[test]
    fn refusals_come_in_xml_in_small_letters_and_with_status_200() {
        let xml = "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>r</RequestId><Code>A.B</Code>\
            <Message>a &lt; b</Message></Error>";
        assert_eq!(refused(400, xml).message, "a < b");
        assert_eq!(refused(200, xml).code, "A.B");
        assert_eq!(refused(400, r#"{"code":"A.B","message":"m"}"#).code, "A.B");
        assert_eq!(refused(200, r#"{"Code":"Throttling.User","RequestId":"r"}"#).code, "Throttling.User");
    }

    #[test]
    fn a_refusal_without_a_readable_body_has_an_empty_code() {
        for body in ["", "<html><p>bad gateway</html>", "[1]", "\"text\""] {
            let error = refused(502, body);
            assert_eq!((error.code.as_str(), error.message.as_str()), ("", "status 502 without a message"));
        }
    }

    #[test]
    fn a_success_without_a_readable_body_is_unreadable() {
        for body in ["", "{", "[]", "<a>", "ok", "{}{}"] {
            assert!(matches!(read(&response(200, body)), Err(ReadError::Unreadable(_))), "{body}");
        }
    }
}
