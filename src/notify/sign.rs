//! The signatures that receivers check. Pure: the time is given.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use crate::wire::hex;

/// DingTalk's, as it is added to the query: HMAC of the time in milliseconds and the secret, keyed by the secret.
pub(super) fn dingtalk(secret: &str, time: Timestamp) -> String {
    let time = time.as_millisecond();
    let sign = STANDARD.encode(hmac(secret.as_bytes(), format!("{time}\n{secret}").as_bytes()));
    format!("timestamp={time}&sign={}", utf8_percent_encode(&sign, NON_ALPHANUMERIC))
}

/// Feishu's time in seconds and signature, for the body: HMAC of nothing, keyed by the time and the secret.
pub(super) fn feishu(secret: &str, time: Timestamp) -> (String, String) {
    let time = time.as_second();
    let sign = STANDARD.encode(hmac(format!("{time}\n{secret}").as_bytes(), b""));
    (time.to_string(), sign)
}

/// The header of the generic JSON document: HMAC of the body, in hex.
pub(super) fn json(secret: &str, body: &str) -> String {
    format!("sha256={}", hex(&hmac(secret.as_bytes(), body.as_bytes())))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "SEC0123456789abcdef";

    /// Computed by the vendors' examples in Python.
    #[test]
    fn signatures_are_those_of_the_vendors_examples() {
        let time = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let sign = "V9VP5gL2WDsEZvZQHnbd9k4n%2Bp56ibcLMh%2BWKMZRQas%3D";
        assert_eq!(dingtalk(SECRET, time), format!("timestamp=1700000000123&sign={sign}"));
        let sign = "PiO7POLlSx/DM2qf8Dy/XCWeJK3exVnevp5G99LEN2M=";
        assert_eq!(feishu(SECRET, time), ("1700000000".to_owned(), sign.to_owned()));
        let sign = "sha256=97f99c3c3ea616891d157dc520bac6dd4d58e33a0951aee85beec506e9b82722";
        assert_eq!(json(SECRET, "{}"), sign);
    }
}
