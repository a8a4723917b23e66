//! The effective configuration, each value with its origin, as YAML and as JSON.

use std::borrow::Cow;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::documents::{Context, FORMAT_VERSION, finding, pretty};
use super::phrases::{counted, origin_words};
use super::yaml::Yaml;
use crate::model::{
    Address, AddressText, Field, FormatSettings, Part, Process, State, Value, in_documented_order,
    is_group_id,
};
use crate::resolve::{Desired, DesiredDomain, Entry, Origin, OriginKind, Resolved};
use crate::source::{Place, Position, Source, Sources, Spanned};

/// The configurations as a file that livevod reads: every value written out, followed by its origin in a comment.
///
/// Resolving the text again gives the same configurations, and `livevod fmt` would not change it.
pub(super) fn desired_yaml(desired: &Desired, sources: &Sources) -> String {
    // Accepted differences are about what the service has: they change nothing of what the files want.
    let Desired { account, domains, ignore, protect, must_record, accept: _, lapsed: _, group_names: _ } =
        desired;
    let mut yaml = Yaml::default();
    yaml.part(false, |yaml| yaml.word("version", "1", None));
    if let Some(account) = account {
        yaml.part(false, |yaml| yaml.text("account", &account.value, None));
    }
    let groups = unusual_groups(desired);
    if !groups.is_empty() {
        let write = |yaml: &mut Yaml| groups.iter().for_each(|(name, id)| yaml.text(name, id, None));
        yaml.part(true, |yaml| yaml.block("transcode_groups", None, write));
    }
    for (name, patterns) in [("ignore", ignore), ("protect", protect), ("must_record", must_record)] {
        if !patterns.is_empty() {
            let texts = patterns.iter().map(|pattern| pattern.value.to_string());
            yaml.part(true, |yaml| yaml.list(name, texts, None));
        }
    }
    yaml.part(!domains.is_empty(), |yaml| {
        yaml.block("domains", None, |yaml| {
            domains.iter().for_each(|(name, domain)| write_domain(yaml, name, domain, sources));
        });
    });
    yaml.into_text()
}

fn write_domain(yaml: &mut Yaml, name: &str, domain: &DesiredDomain, sources: &Sources) {
    let DesiredDomain { key: _, region, prune, app_prune, entries, restored: _ } = domain;
    let mut entries = entries.iter().peekable();
    yaml.block(name, None, |yaml| {
        if let Some(region) = region {
            yaml.text("region", &region.value, None);
        }
        write_prune(yaml, prune.as_ref());
        yaml.block("apps", None, |yaml| {
            let mut written = BTreeSet::new();
            while let Some(app) = entries.peek().map(|(address, _)| address.app.clone()) {
                yaml.block(&app, None, |yaml| {
                    write_prune(yaml, app_prune.get(&app));
                    yaml.block("streams", None, |yaml| {
                        while let Some((address, entry)) = entries.next_if(|(address, _)| address.app == app)
                        {
                            yaml.block(&address.stream, None, |yaml| write_entry(yaml, entry, sources));
                        }
                    });
                });
                written.insert(app);
            }
            for (app, prune) in app_prune.iter().filter(|(app, _)| !written.contains(*app)) {
                yaml.block(app, None, |yaml| {
                    write_prune(yaml, Some(prune));
                    yaml.block("streams", None, |_| {});
                });
            }
        });
    });
}

fn write_prune(yaml: &mut Yaml, prune: Option<&Spanned<bool>>) {
    if let Some(prune) = prune {
        yaml.word("prune", if prune.value { "true" } else { "false" }, None);
    }
}

fn write_entry(yaml: &mut Yaml, entry: &Entry, sources: &Sources) {
    match entry.resolved() {
        None => yaml.word("state", "absent", None),
        Some(resolved) => {
            for field in Field::MANAGED {
                let value = resolved.config.get(field);
                if value != Value::Unset {
                    let origin = resolved.origin(field).map(|origin| origin_comment(origin, sources));
                    write_value(yaml, field.name(), value, origin.as_deref());
                }
            }
        }
    }
    if let Some(date) = &entry.expires {
        yaml.text("expires", &date.value.to_string(), None);
    }
}

fn write_value(yaml: &mut Yaml, key: &str, value: Value, comment: Option<&str>) {
    match value {
        Value::Text(text) if text.is_empty() => yaml.word(key, "default", comment),
        Value::Text(text) => yaml.text(key, &group_name(&text), comment),
        Value::Seconds(_) => yaml.text(key, &value.to_string(), comment),
        Value::Number(number) => yaml.word(key, &number.to_string(), comment),
        Value::Switch(on) => yaml.word(key, if on { "on" } else { "off" }, comment),
        Value::Set(words) => yaml.list(key, in_documented_order(&words), comment),
        Value::Process(Process::Transcode(id)) => {
            yaml.block(key, comment, |yaml| yaml.text("transcode", &group_name(&id), None));
        }
        Value::Process(Process::Workflow(id)) => {
            yaml.block(key, comment, |yaml| yaml.text("workflow", &id, None));
        }
        Value::Process(Process::Nothing) => yaml.word(key, "default", comment),
        Value::Formats(formats) => yaml.block(key, comment, |yaml| {
            for (format, settings) in &formats {
                yaml.block(format.name(), None, |yaml| write_format(yaml, settings));
            }
        }),
        // No field that a file sets has one of these.
        Value::Unset | Value::Bare | Value::Json(_) => yaml.block(key, comment, |_| {}),
    }
}

fn write_format(yaml: &mut Yaml, settings: &FormatSettings) {
    for part in Part::ALL {
        let value = settings.get(part);
        if value != Value::Unset {
            write_value(yaml, part.name(), value, None);
        }
    }
}

fn origin_comment(origin: &Origin, sources: &Sources) -> String {
    let Origin { kind, tier, span, via: _ } = origin;
    let place = span.map(|span| {
        let source = sources.get(span.file);
        (source.name(), source.line_index(span.start) as u32 + 1)
    });
    origin_words(*kind, tier.as_deref(), place)
}

/// The same as JSON: one row for each configuration, one object for each setting. Everywhere in it, keys are sorted.
///
/// Rows are made while they are written: together they take several times the memory of the text.
pub(super) fn desired_json(desired: &Desired, context: Context) -> String {
    let mut fields = Field::MANAGED;
    fields.sort_unstable_by_key(|field| field.name());
    let findings = context.diagnostics.iter().map(|one| sorted(&finding(one, context.sources)));
    pretty(&EffectiveDocument {
        account: desired.account.as_ref().map(|account| account.value.as_str()),
        configurations: Rows { desired, sources: context.sources, fields: &fields },
        diagnostics: findings.collect(),
        exit: sorted(&context.exit),
        format_version: FORMAT_VERSION,
    })
}

/// A small value with its keys sorted.
fn sorted(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

#[derive(Serialize)]
struct EffectiveDocument<'a> {
    account: Option<&'a str>,
    configurations: Rows<'a>,
    diagnostics: Vec<Json>,
    exit: Json,
    format_version: &'static str,
}

#[derive(Clone, Copy)]
struct Rows<'a> {
    desired: &'a Desired,
    sources: &'a Sources,
    /// The managed fields by name.
    fields: &'a [Field],
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(entries(self.desired).map(|(address, entry)| Row::new(address, entry, self)))
    }
}

#[derive(Serialize)]
struct Row<'a> {
    address: AddressText<'a>,
    declared: PlaceRow,
    expires: Option<String>,
    settings: Option<SettingRows<'a>>,
    state: State,
}

impl<'a> Row<'a> {
    fn new(address: &'a Address, entry: &'a Entry, rows: &Rows<'a>) -> Self {
        let resolved = entry.resolved();
        let Place { file, start, end } = rows.sources.place(entry.key);
        Self {
            address: AddressText(address),
            declared: PlaceRow { end: end.into(), file, start: start.into() },
            expires: entry.expires.as_ref().map(|date| date.value.to_string()),
            settings: resolved.map(|resolved| SettingRows {
                resolved,
                sources: rows.sources,
                fields: rows.fields,
            }),
            state: if resolved.is_some() { State::Present } else { State::Absent },
        }
    }
}

#[derive(Serialize)]
struct PlaceRow {
    end: PositionRow,
    file: String,
    start: PositionRow,
}

#[derive(Serialize)]
struct PositionRow {
    byte: u32,
    column: u32,
    line: u32,
}

impl From<Position> for PositionRow {
    fn from(Position { line, column, byte }: Position) -> Self {
        Self { byte, column, line }
    }
}

struct SettingRows<'a> {
    resolved: &'a Resolved,
    sources: &'a Sources,
    fields: &'a [Field],
}

impl Serialize for SettingRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = |field: &Field| {
            let origin = self.resolved.origin(*field).map(|origin| OriginRow::new(origin, self.sources));
            (field.name(), SettingRow { origin, value: self.resolved.config.get(*field) })
        };
        serializer.collect_map(self.fields.iter().map(row))
    }
}

#[derive(Serialize)]
struct SettingRow<'a> {
    origin: Option<OriginRow<'a>>,
    value: Value,
}

#[derive(Serialize)]
struct OriginRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    kind: OriginKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'a str>,
}

impl<'a> OriginRow<'a> {
    fn new(origin: &'a Origin, sources: &'a Sources) -> Self {
        let Origin { kind, tier, span, via: _ } = origin;
        let source = span.map(|span| sources.get(span.file));
        let start = source.zip(*span).map(|(source, span)| source.position(span.start));
        Self {
            column: start.map(|start| start.column),
            file: source.map(Source::name),
            kind: *kind,
            line: start.map(|start| start.line),
            tier: tier.as_deref(),
        }
    }
}

fn entries(desired: &Desired) -> impl Iterator<Item = (&Address, &Entry)> {
    desired.domains.values().flat_map(|domain| &domain.entries)
}

/// The ids that a setting would read as a name, each under the name that the settings use for it.
fn unusual_groups(desired: &Desired) -> IndexMap<Cow<'_, str>, &str> {
    let resolved = entries(desired).filter_map(|(_, entry)| entry.resolved());
    let ids = resolved.flat_map(|Resolved { config, .. }| config.transcode_groups());
    ids.filter(|id| !is_group_id(id)).map(|id| (group_name(id), id)).collect()
}

/// The name that a setting uses for the group with this id. `default` has a meaning of its own there, and no id has a
/// dot.
fn group_name(id: &str) -> Cow<'_, str> {
    if id == "default" { "id.default".into() } else { id.into() }
}

/// `5 configurations, 1 of them absent, in 2 domains`.
pub(super) fn desired_summary(desired: &Desired) -> String {
    let all = entries(desired).count();
    let absent = entries(desired).filter(|(_, entry)| entry.resolved().is_none()).count();
    let absent = if absent > 0 { format!(", {absent} of them absent,") } else { String::new() };
    format!("{}{absent} in {}", counted(all, "configuration"), counted(desired.domains.len(), "domain"))
}
