//! The fields of a configuration by name, and their values as they are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A field of a configuration, named as in YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Group of the recorded files.
    VodTranscodeGroup,
    /// Length of one file.
    CycleDuration,
    /// Merge the files.
    AutoCompose,
    /// Group of the merged file.
    ComposeVodTranscodeGroup,
    /// When recording starts.
    OnDemand,
    /// Bucket host, create-only.
    StorageLocation,
    /// Carried.
    DelayTime,
    /// Carried.
    RecordContent,
    /// Carried.
    SpaceId,
    /// Carried.
    TranscodeTemplates,
    /// Carried: all response fields that no document knows, together.
    Unknown,
}

/// What a value of a field may be, wherever it is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The id of a transcode group, or in YAML a name from `transcode_groups`.
    Group,
    /// A length of time in whole seconds.
    Seconds {
        /// The shortest that the service takes.
        least: u32,
        /// The longest.
        most: u32,
        /// What to write in place of one outside of these.
        help: &'static str,
    },
    /// On or off.
    Switch,
    /// One of a few numbers.
    Choice {
        /// All of them.
        values: &'static [u8],
        /// What is said of another one, where it stands.
        here: &'static str,
        /// What to write instead, each number with its meaning.
        help: &'static str,
    },
    /// The host of a VOD bucket.
    Bucket,
    /// Any text.
    Text,
    /// Ids between commas: a set. A list in requests, a text in answers.
    Templates,
    /// JSON by name.
    Json,
}

/// Which requests can carry a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requests {
    /// Add and Update.
    AddAndUpdate,
    /// Add alone, so that a change means delete and add.
    AddOnly,
    /// None.
    Neither,
}

/// What holds where no file writes a managed field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// The documented default: that of [`RecordConfig::default`](super::RecordConfig::default).
    Default,
    /// What the service chose; livevod leaves it as it is.
    ServiceChoice,
}

/// All that there is to know of one field. Its Rust type and its default stand in [`RecordConfig`](super::RecordConfig).
struct Declaration {
    field: Field,
    /// The name in YAML and in every output.
    name: &'static str,
    /// The name in requests and answers; `None` for what has no name of its own.
    api: Option<&'static str>,
    form: Form,
    requests: Requests,
    management: Management,
}

enum Management {
    /// YAML says what it shall be.
    Managed {
        unwritten: Unwritten,
        /// What an editor shows beside the key.
        description: &'static str,
    },
    /// It is kept as it is: sent back with each write, and never changed.
    PassedThrough,
}

/// Length of one recorded file, in seconds.
pub const CYCLE_DURATION: RangeInclusive<u32> = 300..=21600;

/// When recording starts: 0 by itself, 1 by HTTP callback, 2 by ingest parameters, 7 by hand.
pub const ON_DEMAND: [u8; 4] = [0, 1, 2, 7];

/// Every field in the order of [`Field`], which is the order in which they are shown: first what YAML manages.
///
/// Schema, decoding, merging, inheritance, digest, requests, answers, blame and the emulator follow from this table. A new
/// setting is a line here and in [`Field`], and its value in [`RecordConfig`](super::RecordConfig).
const DECLARATIONS: [Declaration; 11] = [
    Declaration {
        field: Field::VodTranscodeGroup,
        name: "vod_transcode_group",
        api: Some("VodTranscodeGroupId"),
        form: Form::Group,
        requests: Requests::AddAndUpdate,
        management: Management::Managed {
            unwritten: Unwritten::Default,
            description: "Group of the recorded files: a name from `transcode_groups`, an id, or `VOD_NO_TRANSCODE`.",
        },
    },
    Declaration {
        field: Field::CycleDuration,
        name: "cycle_duration",
        api: Some("CycleDuration"),
        form: Form::Seconds {
            least: *CYCLE_DURATION.start(),
            most: *CYCLE_DURATION.end(),
            help: "choose 5m to 6h; the service recommends more than 20m",
        },
        requests: Requests::AddAndUpdate,
        management: Management::Managed {
            unwritten: Unwritten::Default,
            description: "Length of one recorded file, 5m to 6h; default 1h.",
        },
    },
    Declaration {
        field: Field::AutoCompose,
        name: "auto_compose",
        api: Some("AutoCompose"),
        form: Form::Switch,
        requests: Requests::AddAndUpdate,
        management: Management::Managed {
            unwritten: Unwritten::Default,
            description: "Merge the files of one stream into one; default off.",
        },
    },
    Declaration {
        field: Field::ComposeVodTranscodeGroup,
        name: "compose_vod_transcode_group",
        api: Some("ComposeVodTranscodeGroupId"),
        form: Form::Group,
        requests: Requests::AddAndUpdate,
        management: Management::Managed {
            unwritten: Unwritten::Default,
            description: "Group of the merged file; needed where `auto_compose` is on.",
        },
    },
    Declaration {
        field: Field::OnDemand,
        name: "on_demand",
        api: Some("OnDemand"),
        form: Form::Choice {
            values: &ON_DEMAND,
            here: "not one of the four values",
            help: "write 0 (by itself), 1 (HTTP callback), 2 (ingest parameters) or 7 (by hand)",
        },
        requests: Requests::AddAndUpdate,
        management: Management::Managed {
            unwritten: Unwritten::Default,
            description: "When recording starts: 0 by itself (default), 1 by HTTP callback, 2 by ingest parameters, 7 by hand.",
        },
    },
    Declaration {
        field: Field::StorageLocation,
        name: "storage_location",
        api: Some("StorageLocation"),
        form: Form::Bucket,
        requests: Requests::AddOnly,
        management: Management::Managed {
            unwritten: Unwritten::ServiceChoice,
            description: "VOD bucket host; it can't be changed in place. Unwritten means as the service chose.",
        },
    },
    Declaration {
        field: Field::DelayTime,
        name: "delay_time",
        api: Some("DelayTime"),
        form: Form::Seconds { least: 15, most: 21600, help: "choose 15s to 6h" },
        requests: Requests::AddAndUpdate,
        management: Management::PassedThrough,
    },
    Declaration {
        field: Field::RecordContent,
        name: "record_content",
        api: Some("RecordContent"),
        form: Form::Text,
        requests: Requests::AddOnly,
        management: Management::PassedThrough,
    },
    Declaration {
        field: Field::SpaceId,
        name: "space_id",
        api: Some("SpaceId"),
        form: Form::Text,
        requests: Requests::AddOnly,
        management: Management::PassedThrough,
    },
    Declaration {
        field: Field::TranscodeTemplates,
        name: "transcode_templates",
        api: Some("TranscodeTemplates"),
        form: Form::Templates,
        requests: Requests::AddAndUpdate,
        management: Management::PassedThrough,
    },
    Declaration {
        field: Field::Unknown,
        name: "unknown",
        api: None,
        form: Form::Json,
        requests: Requests::Neither,
        management: Management::PassedThrough,
    },
];

/// Each field finds its line by its number, and the managed ones are the first of them.
const _: () = {
    let mut at = 0;
    while at < DECLARATIONS.len() {
        assert!(DECLARATIONS[at].field as usize == at);
        assert!(matches!(DECLARATIONS[at].management, Management::Managed { .. }) == (at < managed()));
        at += 1;
    }
    assert!(at == Field::Unknown as usize + 1);
};

/// How many fields YAML manages.
const fn managed() -> usize {
    let mut at = 0;
    while matches!(DECLARATIONS[at].management, Management::Managed { .. }) {
        at += 1;
    }
    at
}

const fn first<const N: usize>() -> [Field; N] {
    let mut fields = [Field::Unknown; N];
    let mut at = 0;
    while at < N {
        fields[at] = DECLARATIONS[at].field;
        at += 1;
    }
    fields
}

impl Field {
    /// Every field, in the order they are shown.
    pub const ALL: [Field; DECLARATIONS.len()] = first();

    /// The fields that YAML manages.
    pub const MANAGED: [Field; managed()] = first();

    const fn declaration(self) -> &'static Declaration {
        &DECLARATIONS[self as usize]
    }

    /// The field's name in YAML and in every output.
    pub fn name(self) -> &'static str {
        self.declaration().name
    }

    /// The field's name in the API's requests and answers; `None` for [`Field::Unknown`].
    pub fn api(self) -> Option<&'static str> {
        self.declaration().api
    }

    /// What its values may be.
    pub fn form(self) -> Form {
        self.declaration().form
    }

    /// Which requests can carry it.
    pub fn requests(self) -> Requests {
        self.declaration().requests
    }

    /// What a managed field is where no file writes it, and what an editor shows of it; `None` for what is passed through.
    pub fn managed(self) -> Option<(Unwritten, &'static str)> {
        match self.declaration().management {
            Management::Managed { unwritten, description } => Some((unwritten, description)),
            Management::PassedThrough => None,
        }
    }

    /// Whether only Add can set it, so that a change means delete and add.
    pub fn is_create_only(self) -> bool {
        self.managed().is_some() && self.needs_add()
    }

    /// Whether no Update can change it, passed through ones included.
    pub fn needs_add(self) -> bool {
        self.requests() == Requests::AddOnly
    }
}

impl AsRef<str> for Field {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The value of one field, as plans compare and show it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing set.
    Unset,
    /// An id or another text.
    Text(String),
    /// A length of time in seconds.
    Seconds(u32),
    /// On or off.
    Switch(bool),
    /// A bare number.
    Number(u32),
    /// Unknown response fields by name.
    Json(BTreeMap<String, serde_json::Value>),
}

impl Value {
    /// A text, or unset.
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Value::Unset, |text| Value::Text(text.to_owned()))
    }

    /// The value in JSON: seconds are integers, switches booleans, unset is null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Unset => serde_json::Value::Null,
            Value::Text(text) => text.as_str().into(),
            Value::Seconds(number) | Value::Number(number) => (*number).into(),
            Value::Switch(on) => (*on).into(),
            Value::Json(fields) => fields.clone().into_iter().collect(),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn into_number(self) -> Option<u32> {
        match self {
            Value::Seconds(number) | Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn into_json(self) -> BTreeMap<String, serde_json::Value> {
        match self {
            Value::Json(fields) => fields,
            _ => BTreeMap::new(),
        }
    }

    /// Whether it says nothing: unset, or no unknown fields.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Unset => true,
            Value::Json(fields) => fields.is_empty(),
            Value::Text(_) | Value::Seconds(_) | Value::Switch(_) | Value::Number(_) => false,
        }
    }

    /// Equality for `field`: template lists are sets, everything else is compared as it is.
    pub(super) fn same(&self, field: Field, other: &Value) -> bool {
        match (field.form(), self, other) {
            (Form::Templates, Value::Text(one), Value::Text(two)) => templates(one) == templates(two),
            _ => self == other,
        }
    }
}

/// The ids in a list of templates, which is a set.
pub(crate) fn templates(text: &str) -> BTreeSet<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether a text can be shown without quotes: what ids, hosts and lists of them are made of.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:/".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unset => f.write_str("(not set)"),
            Value::Text(text) if is_plain(text) => f.write_str(text),
            // Else it could pass for something else, such as `(not set)` or a group's name.
            Value::Text(text) => f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?),
            Value::Seconds(number) | Value::Number(number) => write!(f, "{number}"),
            Value::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
            Value::Json(fields) => f.write_str(&serde_json::to_string(fields).map_err(|_| fmt::Error)?),
        }
    }
}
