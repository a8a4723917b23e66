//! DescribeLiveRecordVodConfigs: turns the state into one page of a listing.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::actions::{Accepted, Fields, Scene};
use super::entry::{Entry, listed};
use super::quirks::{
    Defaults, EveryStream, Filter, NameCase, Order, PageCap, PastEnd, Quirks, Templates, Total, TotalType,
};
use super::refusal::Refusal;
use super::rules::Params;
use super::settings::{Api, Settings};
use crate::model::{Address, EVERY, Field, Form, Format, Part, RecordConfig, StreamSpelling, Value};
use crate::wire::FORMAT_LIST;

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
    let reading = Reading::of(scene.settings);
    let items: Vec<Item<'_>> = page.map(|(address, entry)| Item { address, entry, reading }).collect();
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
    total: Option<Json>,
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

fn total(quirks: Quirks, entries: u64, pages: u64) -> Option<Json> {
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
pub(super) fn item(address: &Address, entry: &Entry, reading: Reading) -> Json {
    serde_json::to_value(Item { address, entry, reading }).unwrap_or_default()
}

/// A listed configuration.
struct Item<'a> {
    address: &'a Address,
    entry: &'a Entry,
    reading: Reading,
}

impl Serialize for Item<'_> {
    /// The fields in the service's order. What no field can hold is listed as it is.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { address, entry: Entry { spelling, create_time, config }, reading } = self;
        let config = reading.filled_in(config);
        let unknown = &config.unknown;
        let mut item = serializer.serialize_map(None)?;
        item.serialize_entry("DomainName", &*address.domain)?;
        item.serialize_entry("AppName", &*address.app)?;
        if let Some(stream) = stream_name(&address.stream, *spelling, reading.every_stream) {
            item.serialize_entry("StreamName", stream)?;
        }
        item.serialize_entry("CreateTime", create_time)?;
        for field in Field::ALL.into_iter().filter(|field| reading.knows(*field)) {
            let name = field.api().or((field == Field::RecordFormat).then_some(FORMAT_LIST));
            let Some(name) = name.filter(|name| !unknown.contains_key(*name)) else { continue };
            if let Some(value) = reading.listed(&config, field) {
                item.serialize_entry(name, &value)?;
            }
        }
        if reading.knows(Field::RecordFormat) && !unknown.contains_key(FORMAT_CONFIG) {
            item.serialize_entry(FORMAT_CONFIG, &config.is_by_format())?;
        }
        for (name, value) in unknown {
            item.serialize_entry(name, value)?;
        }
        item.end()
    }
}

/// Says whether a configuration is by-format.
const FORMAT_CONFIG: &str = "FormatConfig";

/// How the service writes a configuration.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    every_stream: EveryStream,
    defaults: Defaults,
    templates: Templates,
    api: Api,
}

impl Reading {
    /// As everything was sent, with all that is known.
    pub(super) const WHOLE: Self = Self {
        every_stream: EveryStream::AsSent,
        defaults: Defaults::Omitted,
        templates: Templates::Commas,
        api: Api::Y2026,
    };

    fn of(settings: &Settings) -> Self {
        let Quirks { every_stream, defaults, templates, .. } = settings.quirks;
        Self { every_stream, defaults, templates, api: settings.api }
    }

    fn knows(self, field: Field) -> bool {
        self.api == Api::Y2026 || !field.is_of_2026()
    }

    fn filled_in(self, config: &RecordConfig) -> Cow<'_, RecordConfig> {
        if self.defaults == Defaults::Omitted {
            return Cow::Borrowed(config);
        }
        let mut filled = config.clone();
        for field in Field::leaves().filter(|field| has_default(*field) && config.get(*field) == Value::Unset)
        {
            if let Some(implied) = field.implied() {
                filled.set(field, implied);
            }
        }
        Cow::Owned(filled)
    }

    fn listed(self, config: &RecordConfig, field: Field) -> Option<Json> {
        match (config.get(field), self.templates) {
            (Value::Set(names), Templates::JsonText) if field.form() == Form::Templates => {
                Some(Json::from(json!(names).to_string()))
            }
            (Value::Set(names), Templates::List) if field.form() == Form::Templates => Some(json!(names)),
            _ => listed(config, field),
        }
    }
}

/// Whether the service may list a value that was never sent.
fn has_default(field: Field) -> bool {
    match (field, field.implied()) {
        (Field::Part(format, Part::SliceDuration), _) => format == Format::M3u8,
        (_, Some(Value::Set(words))) => !words.is_empty(),
        (_, Some(Value::Text(text))) => !text.is_empty(),
        (_, Some(value)) => !matches!(value, Value::Process(_)),
        (_, None) => false,
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
