//! Answers that no real service intends.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::wire::Response;

/// Longer than any client should read.
const HUGE: usize = 64 << 20;

const PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>Tengine</center>\r\n</body>\r\n</html>\r\n";

/// The answer of a gateway before the service, when the service does not answer in time.
pub(super) fn gateway_page() -> Response {
    let headers = BTreeMap::from([("content-type".to_owned(), "text/html".to_owned())]);
    Response { status: 502, headers, body: PAGE.into() }
}

/// A listing with its first `items` only; `None` if it has no more.
pub(super) fn short(response: &Response, items: u64) -> Option<Response> {
    let mut fields: Value = serde_json::from_slice(&response.body).ok()?;
    let list = fields.pointer_mut("/LiveRecordVodConfigs/LiveRecordVodConfig")?.as_array_mut()?;
    let kept = usize::try_from(items).ok().filter(|kept| *kept < list.len())?;
    list.truncate(kept);
    Some(Response { body: fields.to_string().into_bytes(), ..response.clone() })
}

pub(super) fn garbage(response: Response) -> Response {
    Response { body: b"\x1f\x8b{\"RequestId\": <<<".to_vec(), ..response }
}

pub(super) fn empty(response: Response) -> Response {
    Response { body: Vec::new(), ..response }
}

/// Valid JSON, except for its size.
pub(super) fn huge(response: Response) -> Response {
    let mut body = response.body;
    body.resize(HUGE, b' ');
    Response { body, ..response }
}
