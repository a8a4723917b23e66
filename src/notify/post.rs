//! Sends messages to their receivers. The only part of `notify` that uses the network, the clock and randomness.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::answer::{Refusal, accepted};
use super::receiver::Kind;
use super::sign;
use crate::api::{self, HookUrl, Jitter, Timeouts, Transport};
use crate::wire::{Request, Secret};

/// The longest time that one attempt takes.
const ATTEMPT: Duration = Duration::from_secs(10);

/// The longest time that a connection takes.
const CONNECT: Duration = Duration::from_secs(5);

/// The longest first pause between attempts; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The most attempts.
const ATTEMPTS: u32 = 6;

/// A message on its way.
pub struct Letter {
    /// The kind of its receiver.
    pub kind: Kind,
    /// Where it goes.
    pub url: HookUrl,
    /// What signs it.
    pub secret: Option<Secret>,
    /// Makes the body at the time of an attempt; some bodies hold the time.
    pub body: Box<dyn Fn(Timestamp) -> String + Send + Sync>,
}

/// How long to try.
#[derive(Clone)]
pub struct Patience {
    /// No attempt begins after this time, and none lasts longer.
    pub timeout: Duration,
    /// Shortens the pauses.
    pub jitter: Jitter,
}

/// Delivers a message, and tries again where that may help.
///
/// A message whose answer was lost may arrive twice.
///
/// # Errors
/// The reason, a fragment without the URL, if no attempt was accepted in time.
pub async fn deliver(letter: &Letter, patience: &Patience) -> Result<(), String> {
    let Patience { timeout, jitter } = patience;
    let until = Instant::now() + *timeout;
    let timeouts = Timeouts {
        connect: CONNECT.min(*timeout),
        read: ATTEMPT.min(*timeout),
        whole: ATTEMPT.min(*timeout),
    };
    let transport = api::transport_to(timeouts, letter.url.endpoint()).map_err(|error| error.to_string())?;
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        let refusal = match tokio::time::timeout_at(until, attempted(letter, &transport)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(refusal)) => refusal,
            Err(_) => return Err(format!("it did not answer within {} s", timeout.as_secs_f64())),
        };
        let Refusal { reason, is_temporary, retry_after } = refusal;
        let wait = retry_after.unwrap_or(pause.mul_f64(jitter()));
        if !is_temporary || attempt == ATTEMPTS || Instant::now() + wait >= until {
            let tries = if attempt == 1 { String::new() } else { format!(" (after {attempt} attempts)") };
            return Err(reason + &tries);
        }
        tokio::time::sleep(wait).await;
        pause *= 2;
    }
    Ok(())
}

async fn attempted(letter: &Letter, transport: &Arc<dyn Transport>) -> Result<(), Refusal> {
    let request = request(letter, Timestamp::now());
    let sent = transport.send(&request, letter.url.endpoint().is_plain()).await;
    let response =
        sent.map_err(|error| Refusal { reason: error.to_string(), is_temporary: true, retry_after: None })?;
    accepted(letter.kind, &response)
}

/// The request of one attempt at a time.
fn request(letter: &Letter, now: Timestamp) -> Request {
    let Letter { kind, url, secret, body } = letter;
    let secret = secret.as_ref().map(Secret::expose);
    let body = body(now);
    let mut headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let mut query = url.query().to_owned();
    match (kind, secret) {
        (Kind::Json, Some(secret)) => headers.push(("x-livevod-signature", sign::json(secret, &body))),
        (Kind::Dingtalk, Some(secret)) => {
            let more = sign::dingtalk(secret, now);
            query = if query.is_empty() { more } else { format!("{query}&{more}") };
        }
        // Feishu's signature is part of the body; the others have none.
        _ => {}
    }
    Request {
        method: "POST".to_owned(),
        host: url.endpoint().authority(),
        path: url.path().to_owned(),
        query,
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: body.into_bytes(),
    }
}
