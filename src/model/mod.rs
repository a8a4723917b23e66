//! The plain values that everything else uses, the same for desired and remote configurations.

mod address;
mod aired;
mod config;
mod equality;
#[cfg(test)]
mod examples;
mod field;
mod field_map;
mod format;
mod parts;
mod pattern;
mod pattern_index;
mod period;
mod region;
mod snapshot;
mod value;

pub use address::{Address, AddressError, AddressText, EVERY, configs_below, domain_error, name_error};
pub use aired::{Aired, DomainAired, Notification, Publish, Video};
pub use config::{NO_TRANSCODE, OnlySet, RecordConfig, State, is_group_id, words};
pub use field::{CYCLE_DURATION, Field, Form, ON_DEMAND};
pub use field_map::FieldMap;
pub use format::{Format, FormatSettings, Formats, Part, Process};
pub use pattern::{Pattern, PatternError};
pub use pattern_index::PatternIndex;
pub use period::{Period, length_text};
pub use region::{Region, Served};
pub use snapshot::{DomainSnapshot, Remote, Snapshot, StreamSpelling};
pub use value::Value;
pub(crate) use value::{in_documented_order, is_telling};
