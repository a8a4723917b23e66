//! Turns an accepted or refused call into the HTTP response, in JSON or XML as the request asked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::actions::Fields;
use super::oss;
use super::refusal::Refusal;
use super::trouble::Trouble;
use crate::wire::{Product, Request, Response, unverified_param, write_xml};

/// Where a request was received and in which format it is answered; known for every request, refused ones included.
pub(super) struct Exchange {
    host: String,
    /// V1 answers XML unless `Format=JSON` is requested; V3 has no Format and answers JSON.
    is_json: bool,
    /// The product in the service's links.
    product: &'static str,
    request_id: String,
    time: Timestamp,
}

impl Exchange {
    pub(super) fn new(request: &Request, request_id: String, time: Timestamp) -> Self {
        let has = |name: &str| request.headers.contains_key(name);
        // Headers first: then parameters of hardly any request have to be parsed.
        let is_json = has("authorization")
            || match unverified_param(request, "Format") {
                Some(format) => format.eq_ignore_ascii_case("json"),
                None => has("x-acs-action"),
            };
        Self { host: request.host.clone(), is_json, product: product(request), request_id, time }
    }

    /// A success; `action` names the XML root, and in JSON the element around the answer, if there is one.
    pub(super) fn accept(&self, action: &str, fields: Fields, wrapped: bool) -> Response {
        let mut fields = match fields {
            Fields::Text(text) if self.is_json && !wrapped => return self.text(200, self.with_id(&text)),
            Fields::Text(text) => serde_json::from_str(&text).unwrap_or_default(),
            Fields::Map(fields) => fields,
        };
        fields.insert("RequestId".to_owned(), self.request_id.as_str().into());
        let root = format!("{action}Response");
        let body = match wrapped && self.is_json {
            true => json!({ root.as_str(): fields }),
            false => Value::Object(fields),
        };
        self.response(200, &root, &body)
    }

    /// A JSON object with the RequestId as its first field.
    fn with_id(&self, object: &str) -> String {
        let id = Value::from(self.request_id.as_str());
        format!("{{\"RequestId\":{id},{}", object.trim_start_matches('{'))
    }

    /// An error body.
    pub(super) fn refuse(&self, refusal: &Refusal) -> Response {
        let Refusal { status, code, message, retry_after } = refusal;
        let body = json!({
            "RequestId": self.request_id,
            "HostId": self.host,
            "Code": code,
            "Message": message,
            "Recommend": format!(
                "https://api.aliyun.com/troubleshoot?q={code}&product={}&requestId={}",
                self.product, self.request_id
            ),
        });
        let mut response = self.response(*status, "Error", &body);
        if let Some(time) = retry_after {
            response.headers.insert("x-acs-retry-after".to_owned(), time.as_millis().to_string());
        }
        response
    }

    fn response(&self, status: u16, root: &str, body: &Value) -> Response {
        self.text(status, if self.is_json { body.to_string() } else { write_xml(root, body) })
    }

    fn text(&self, status: u16, text: String) -> Response {
        let media_type =
            if self.is_json { "application/json;charset=utf-8" } else { "text/xml;charset=utf-8" };
        let headers: BTreeMap<String, String> = [
            ("content-type", media_type.to_owned()),
            ("date", self.time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
            ("x-acs-request-id", self.request_id.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        Response { status, headers, body: text.into_bytes() }
    }
}

/// The answer to a request that the service does not get to, as the service that it is for words it.
pub(super) fn troubled(trouble: Trouble, request: &Request, request_id: String, time: Timestamp) -> Response {
    if oss::is_signed(request) {
        return oss::troubled(trouble, request, &request_id, time);
    }
    Exchange::new(request, request_id, time).refuse(&trouble.into())
}

/// The product whose version a request names in a header, in the query or in the form body.
fn product(request: &Request) -> &'static str {
    let named = [(Product::Vod, "vod"), (Product::Sts, "Sts"), (Product::ActionTrail, "Actiontrail")];
    let in_params = |version: &str| {
        let param = format!("Version={version}");
        let in_body = || std::str::from_utf8(&request.body).is_ok_and(|body| body.contains(&param));
        request.query.contains(&param) || in_body()
    };
    let is_named = |(product, _): &(Product, &str)| match request.headers.get("x-acs-version") {
        Some(version) => version == product.version(),
        None => in_params(product.version()),
    };
    named.into_iter().find(is_named).map_or("live", |(_, name)| name)
}
