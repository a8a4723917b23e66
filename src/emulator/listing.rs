//! DescribeLiveRecordVodConfigs: turns the state into one page of a listing.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::actions::{Accepted, Fields, Scene};
use super::quirks::{EveryStream, Filter, NameCase, Order, PageCap, PastEnd, Quirks, Total, TotalType};
use super::refusal::Refusal;
use super::rules::Params;
use super::state::Entry;
use crate::model::{Address, EVERY, Field, StreamSpelling};

pub(super) fn describe(params: &Params<'_>, scene: &Scene<'_>) -> Result<Accepted, Refusal> {
    let quirks = scene.settings.quirks;
    let domain = params.domain(scene.settings)?;
    let (number, asked) = params.page()?;
    let size = capped(asked, quirks.page_cap);
    let found = in_order(scene, quirks.order, &domain, &Selection::of(params, quirks));
    let pages = (found.len() as u64).div_ceil(u64::from(size));
    let shown = shown_page(u64::from(number), pages, quirks.past_end);
    let skipped = (shown as usize - 1).saturating_mul(size as usize);
    let page = found.iter().skip(skipped).take(size as usize);
    let items: Vec<Item<'_>> =
        page.map(|(address, entry)| Item { address, entry, every_stream: quirks.every_stream }).collect();
    let has_list = !items.is_empty() || quirks.past_end != PastEnd::NoList;
    let listing = Listing {
        page_num: number,
        page_size: size,
        total: total(quirks, found.len() as u64, pages),
        live_record_vod_configs: List { live_record_vod_config: has_list.then_some(items) },
    };
    let text = serde_json::to_string(&listing).map_err(|_| Refusal::internal_error())?;
    Ok(Accepted { fields: Fields::Text(text), ..Accepted::default() })
}

/// The answer without its RequestId.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listing<'a> {
    page_num: u32,
    page_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Value>,
    live_record_vod_configs: List<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct List<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    live_record_vod_config: Option<Vec<Item<'a>>>,
}

/// How many entries a page has.
pub(super) fn capped(asked: u32, cap: PageCap) -> u32 {
    match cap {
        PageCap::Asked => asked,
        PageCap::Twenty => asked.min(20),
        PageCap::Three => asked.min(3),
    }
}

/// The page that is returned for page `number`.
fn shown_page(number: u64, pages: u64, past_end: PastEnd) -> u64 {
    match past_end {
        PastEnd::LastPage => number.min(pages).max(1),
        PastEnd::EmptyList | PastEnd::NoList => number,
    }
}

fn total(quirks: Quirks, entries: u64, pages: u64) -> Option<Value> {
    let count = match quirks.total {
        Total::Entries => entries,
        Total::Pages => pages,
        Total::Missing => return None,
    };
    Some(match quirks.total_type {
        TotalType::Text => count.to_string().into(),
        TotalType::Number => count.into(),
    })
}

/// What a listing is restricted to.
struct Selection<'a> {
    app: Option<&'a str>,
    stream: Option<&'a str>,
    filter: Filter,
    name_case: NameCase,
}

impl<'a> Selection<'a> {
    fn of(params: &Params<'a>, quirks: Quirks) -> Self {
        let (app, stream) = params.filter();
        Self { app, stream, filter: quirks.filter, name_case: quirks.name_case }
    }

    fn selects(&self, address: &Address) -> bool {
        self.app.is_none_or(|asked| self.part(asked, &address.app))
            && self.stream.is_none_or(|asked| self.part(asked, &address.stream))
    }

    fn part(&self, asked: &str, name: &str) -> bool {
        let folded = |text: &str| match self.name_case {
            NameCase::Sensitive => text.to_owned(),
            NameCase::Insensitive | NameCase::Folded => text.to_ascii_lowercase(),
        };
        match self.filter {
            Filter::Exact if self.name_case == NameCase::Sensitive => asked == name,
            Filter::Exact => asked.eq_ignore_ascii_case(name),
            Filter::Fuzzy => folded(name).contains(&folded(asked)),
            Filter::Ignored => true,
        }
    }
}

fn in_order<'a>(
    scene: &'a Scene<'_>,
    order: Order,
    domain: &'a str,
    selection: &Selection<'_>,
) -> Vec<(&'a Address, &'a Entry)> {
    let entries = scene.state.numbered(domain).filter(|(address, ..)| selection.selects(address));
    if order == Order::Name {
        return entries.map(|(address, _, entry)| (address, entry)).collect();
    }
    let mut entries: Vec<(&Address, u64, &Entry)> = entries.collect();
    entries.sort_by_cached_key(|(_, number, _)| match order {
        Order::Unstable => scrambled(scene.turn, *number),
        Order::Creation | Order::Name => *number,
    });
    entries.into_iter().map(|(address, _, entry)| (address, entry)).collect()
}

/// An order that differs in every turn, and is the same whenever that turn is repeated.
fn scrambled(turn: u64, number: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (turn, number).hash(&mut hasher);
    hasher.finish()
}

/// One configuration as the API lists it: fields that were never set are left out.
pub(super) fn item(address: &Address, entry: &Entry, every_stream: EveryStream) -> Value {
    serde_json::to_value(Item { address, entry, every_stream }).unwrap_or_default()
}

/// A listed configuration.
struct Item<'a> {
    address: &'a Address,
    entry: &'a Entry,
    every_stream: EveryStream,
}

impl Serialize for Item<'_> {
    /// The fields in the service's order.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { address, entry: Entry { spelling, create_time, config: _, record_formats }, every_stream } =
            self;
        let mut item = serializer.serialize_map(None)?;
        item.serialize_entry("DomainName", &*address.domain)?;
        item.serialize_entry("AppName", &*address.app)?;
        if let Some(stream) = stream_name(&address.stream, *spelling, *every_stream) {
            item.serialize_entry("StreamName", stream)?;
        }
        item.serialize_entry("CreateTime", create_time)?;
        for field in Field::ALL {
            if let (Some(name), Some(value)) = (field.api(), self.entry.listed(field)) {
                item.serialize_entry(name, &value)?;
            }
        }
        item.serialize_entry("FormatConfig", &!record_formats.is_empty())?;
        if !record_formats.is_empty() {
            let formats: Vec<Value> = record_formats.iter().map(format_item).collect();
            item.serialize_entry("RecordFormatList", &json!({"RecordFormat": formats}))?;
        }
        item.end()
    }
}

fn stream_name(stream: &str, sent: StreamSpelling, every_stream: EveryStream) -> Option<&str> {
    let spelling = match every_stream {
        _ if stream != EVERY => StreamSpelling::Named,
        EveryStream::AsSent => sent,
        EveryStream::Star => StreamSpelling::Named,
        EveryStream::Absent => StreamSpelling::Absent,
        EveryStream::Empty => StreamSpelling::Empty,
    };
    match spelling {
        StreamSpelling::Absent => None,
        StreamSpelling::Empty => Some(""),
        StreamSpelling::Named => Some(stream),
    }
}

fn format_item(format: &BTreeMap<String, String>) -> Value {
    let value = |name: &str, text: &str| match text.parse::<u32>() {
        Ok(seconds) if name == "SliceDuration" => seconds.into(),
        _ => text.into(),
    };
    let fields = format.iter().map(|(name, text)| (name.clone(), value(name, text)));
    Value::Object(fields.collect())
}
