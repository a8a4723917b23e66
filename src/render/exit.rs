//! The exit codes, on which users may build.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::SerializeStruct;

/// How a run ended. The order is that of the documented table: the first one that applies counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The outcome of at least one write is unknown, even after reading back.
    Unknown,
    /// Interrupted by SIGINT or SIGQUIT; in-flight writes were finished and reported first.
    Interrupted,
    /// Interrupted by SIGTERM, SIGHUP or another termination signal, likewise.
    Terminated,
    /// Apply began to write, and some planned change is not done.
    Incomplete,
    /// Refused by a guard before any write.
    Refused,
    /// Any other error.
    Error,
    /// Differences were found.
    Differences,
    /// Success.
    Success,
}

impl Exit {
    /// All of them, in the order of the table.
    pub const ALL: [Exit; 8] = [
        Exit::Unknown,
        Exit::Interrupted,
        Exit::Terminated,
        Exit::Incomplete,
        Exit::Refused,
        Exit::Error,
        Exit::Differences,
        Exit::Success,
    ];

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Unknown => 5,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
            Exit::Incomplete => 4,
            Exit::Refused => 3,
            Exit::Error => 1,
            Exit::Differences => 2,
            Exit::Success => 0,
        }
    }

    /// One word for machines.
    pub fn reason(self) -> &'static str {
        match self {
            Exit::Unknown => "unknown_outcome",
            Exit::Interrupted | Exit::Terminated => "interrupted",
            Exit::Incomplete => "incomplete",
            Exit::Refused => "refused",
            Exit::Error => "error",
            Exit::Differences => "differences",
            Exit::Success => "success",
        }
    }
}

impl Serialize for Exit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Exit", 2)?;
        fields.serialize_field("code", &self.code())?;
        fields.serialize_field("reason", self.reason())?;
        fields.end()
    }
}

impl JsonSchema for Exit {
    fn schema_name() -> Cow<'static, str> {
        "Exit".into()
    }

    /// The pairs of code and reason; there are no others.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ends = Exit::ALL.map(|exit| {
            json_schema!({
                "properties": { "code": { "const": exit.code() }, "reason": { "const": exit.reason() } },
            })
        });
        json_schema!({
            "description": "How the run ended: the process's exit code, and one word for it.",
            "type": "object",
            "properties": { "code": { "type": "integer" }, "reason": { "type": "string" } },
            "required": ["code", "reason"],
            "oneOf": ends.to_vec(),
        })
    }
}
