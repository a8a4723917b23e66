//! What the documents of an audit and of sessions both say of a session.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::documents::AddressRow;
use crate::model::{Address, Period};

/// Which stream was on air, and when.
#[derive(Serialize, JsonSchema)]
pub(super) struct AiredRow<'a> {
    /// What was published. For a transcoded stream, the name of that stream.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The live transcode template, for a transcoded stream; null for a stream that somebody published.
    template: Option<&'a str>,
    /// The ingest domains that it came in by.
    ingest: Vec<&'a str>,
    /// Its first publish.
    #[schemars(with = "String", extend("format" = "date-time"))]
    began: Timestamp,
    /// The end of its last connection; null while it is on air.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    ended: Option<Timestamp>,
    /// When it was on air, in order and without overlaps.
    on_air: &'a [Period],
}

impl<'a> AiredRow<'a> {
    pub(super) fn new(
        address: &'a Address,
        template: Option<&'a str>,
        ingest: &'a BTreeSet<String>,
        began: Timestamp,
        ended: Option<Timestamp>,
        on_air: &'a [Period],
    ) -> Self {
        let (address, ingest) = (AddressRow::new(address), ingest.iter().map(String::as_str).collect());
        Self { address, template, ingest, began, ended, on_air }
    }
}
