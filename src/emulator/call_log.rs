//! The log of calls: one JSON object per line and call, without secrets.

use serde::Serialize;

use super::delivery::{Delivery, Fate};
use super::glance::Glance;
use crate::wire::{ReadError, read};

/// One call as it is logged.
#[derive(Debug, Serialize)]
pub struct CallEntry<'a> {
    /// When it was received.
    pub time: String,
    /// The RequestId of its answer.
    pub request_id: &'a str,
    /// The action's name.
    pub action: &'a str,
    /// `domain/app/stream`, or the domain of a listing; `BUCKET/KEY` for Object Storage Service.
    pub address: String,
    /// HTTP status; null if the caller got no answer.
    pub status: Option<u16>,
    /// Code of a refusal.
    pub code: Option<&'a str>,
    /// `carried_out`, `refused`, `lost` or `late`.
    pub fate: &'static str,
    /// The names of the faults that struck.
    pub faults: &'a [&'static str],
    /// The names of the parameters that the action does not know, left out if there are none. They are ignored, or refused
    /// where the emulator is strict.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub unknown: &'a [String],
    /// The body of the answer; it is not logged.
    #[serde(skip)]
    pub body: Option<&'a [u8]>,
}

impl<'a> CallEntry<'a> {
    pub(super) fn of(
        glance: &'a Glance,
        delivery: &'a Delivery,
        (time, request_id): (jiff::Timestamp, &'a str),
        code: Option<&'a str>,
        faults: &'a [&'static str],
    ) -> Self {
        let fate = match delivery.fate {
            Fate::CarriedOut => "carried_out",
            Fate::Refused => "refused",
            Fate::Lost => "lost",
            Fate::Late => "late",
        };
        Self {
            time: time.to_string(),
            request_id,
            action: &glance.action,
            address: glance.address(),
            status: delivery.response().map(|response| response.status),
            code,
            fate,
            faults,
            unknown: &glance.unknown,
            body: delivery.response().map(|response| response.body.as_slice()),
        }
    }
}

impl Delivery {
    /// The code of a refusal, `none` if there is no answer or no code in it; `None` for a success.
    pub(super) fn code(&self) -> Option<String> {
        let unnamed = || Some("none".to_owned());
        match self.response() {
            None => unnamed(),
            // The body of a success is not parsed again.
            Some(response) if (200..400).contains(&response.status) => None,
            Some(response) => match read(response) {
                Err(ReadError::Refused(error)) if !error.code.is_empty() => Some(error.code),
                _ => unnamed(),
            },
        }
    }
}
