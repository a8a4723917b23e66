//! The effective configuration, each value with its origin, as YAML and as JSON.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::documents::{Context, FORMAT_VERSION, findings, pretty};
use super::facts::origin_row;
use super::phrases::{counted, origin_text};
use crate::config;
use crate::model::{
    Address, AddressText, Field, FormatSettings, Part, Pattern, Process, State, Value, in_documented_order,
    is_group_id,
};
use crate::plan::FieldOrigin;
use crate::resolve::{Desired, Entry, Resolved};
use crate::source::{Source, Sources, Spanned};

/// The configurations as a file that livevod reads: every value written out, followed by its origin in a comment.
///
/// Resolving the text again gives the same configurations.
pub(super) fn desired_yaml(desired: &Desired, sources: &Sources) -> String {
    let file = File::new(desired);
    let text = serde_yaml::to_string(&file).unwrap_or_else(|error| format!("# {error}\n"));
    let mut origins = origins(desired, sources).into_iter();
    let mut commented = String::new();
    for line in text.lines() {
        commented.push_str(&switched(line));
        if is_setting(line)
            && let Some(origin) = origins.next()
        {
            commented.push_str(&format!("  # {origin}"));
        }
        commented.push('\n');
    }
    canonical(commented)
}

/// The text in the layout of `fmt`.
fn canonical(text: String) -> String {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("", text.as_str()));
    config::format(&sources, file).unwrap_or(text)
}

/// The same as JSON: one row for each configuration, one object for each setting.
pub(super) fn desired_json(desired: &Desired, context: Context) -> String {
    let rows: Vec<Json> =
        entries(desired).map(|(address, entry)| row(address, entry, context.sources)).collect();
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "account": desired.account.as_ref().map(|account| &account.value),
        "configurations": rows,
        "diagnostics": findings(context),
        "exit": context.exit,
    }))
}

fn entries(desired: &Desired) -> impl Iterator<Item = (&Address, &Entry)> {
    desired.domains.values().flat_map(|domain| &domain.entries)
}

fn row(address: &Address, entry: &Entry, sources: &Sources) -> Json {
    let resolved = entry.resolved();
    let settings: Option<serde_json::Map<String, Json>> =
        resolved.map(|resolved| settings(resolved, sources));
    json!({
        "address": AddressText(address),
        "state": if resolved.is_some() { State::Present } else { State::Absent },
        "declared": sources.place(entry.key),
        "expires": entry.expires.as_ref().map(|date| date.value.to_string()),
        "settings": settings,
    })
}

fn settings(resolved: &Resolved, sources: &Sources) -> serde_json::Map<String, Json> {
    let setting = |field: Field| {
        let origin = resolved.origin(field).map(|origin| FieldOrigin::new(origin, sources));
        let value = resolved.config.get(field).to_json();
        (field.name().to_owned(), json!({ "value": value, "origin": origin.as_ref().map(origin_row) }))
    };
    Field::MANAGED.into_iter().map(setting).collect()
}

/// A file with everything written out.
#[derive(Serialize)]
struct File<'a> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    transcode_groups: IndexMap<Cow<'a, str>, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignore: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    protect: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    must_record: Vec<String>,
    domains: IndexMap<&'a str, Domain<'a>>,
}

#[derive(Serialize, Default)]
struct Domain<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prune: Option<bool>,
    apps: IndexMap<&'a str, App<'a>>,
}

#[derive(Serialize, Default)]
struct App<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    prune: Option<bool>,
    streams: IndexMap<&'a str, IndexMap<&'static str, Written>>,
}

impl<'a> File<'a> {
    fn new(desired: &'a Desired) -> Self {
        // Accepted differences are about what the service has: they change nothing of what the files want.
        let Desired { account, domains, ignore, protect, must_record, accept: _, lapsed: _, group_names: _ } =
            desired;
        let texts = |patterns: &[Spanned<Pattern>]| -> Vec<String> {
            patterns.iter().map(|pattern| pattern.value.to_string()).collect()
        };
        let mut file = Self {
            version: 1,
            account: account.as_ref().map(|account| account.value.as_str()),
            transcode_groups: unusual_groups(desired),
            ignore: texts(ignore),
            protect: texts(protect),
            must_record: texts(must_record),
            domains: IndexMap::new(),
        };
        for (name, domain) in domains {
            let shown = file.domains.entry(name).or_default();
            shown.region = domain.region.as_ref().map(|region| region.value.as_str());
            shown.prune = domain.prune.as_ref().map(|prune| prune.value);
            // Apps keep the order of their entries, on which the order of the origins relies.
            for (address, entry) in &domain.entries {
                let app = shown.apps.entry(&address.app).or_default();
                app.streams.insert(&address.stream, written_out(entry));
            }
            for (app, prune) in &domain.app_prune {
                shown.apps.entry(app).or_default().prune = Some(prune.value);
            }
        }
        file
    }
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

/// The beginning of each line with a switch, also inside a format.
const SWITCH: &str = "auto_compose:";

/// A line with a switch written as `on` or `off`, as in plans.
fn switched(line: &str) -> Cow<'_, str> {
    let word = [(": true", ": on"), (": false", ": off")];
    let found =
        word.iter().find_map(|(written, word)| Some(format!("{}{word}", line.strip_suffix(written)?)));
    found.filter(|_| line.trim_start().starts_with(SWITCH)).map_or(line.into(), Cow::from)
}

/// The settings as YAML values.
fn written_out(entry: &Entry) -> IndexMap<&'static str, Written> {
    let mut settings: IndexMap<&'static str, Written> = match entry.resolved() {
        None => IndexMap::from([("state", Written::One("absent".into()))]),
        Some(resolved) => written_fields(resolved)
            .map(|field| (field.name(), written_value(resolved.config.get(field))))
            .collect(),
    };
    if let Some(date) = &entry.expires {
        settings.insert("expires", Written::One(date.value.to_string().into()));
    }
    settings
}

fn written_value(value: Value) -> Written {
    let one = |json: Json| Written::One(json);
    match value {
        Value::Text(text) if text.is_empty() => one("default".into()),
        Value::Text(text) => one(group_name(&text).into()),
        Value::Seconds(_) => one(value.to_string().into()),
        Value::Process(Process::Transcode(id)) => one(json!({ "transcode": group_name(&id) })),
        Value::Formats(formats) => Written::Block(
            formats.into_iter().map(|(format, one)| (format.name(), written_format(&one))).collect(),
        ),
        Value::Set(words) => one(json!(in_documented_order(&words))),
        other => one(other.to_json()),
    }
}

fn written_format(settings: &FormatSettings) -> Written {
    let set = Part::ALL.into_iter().filter(|part| settings.get(*part) != Value::Unset);
    Written::Block(set.map(|part| (part.name(), written_value(settings.get(part)))).collect())
}

/// A value in YAML, or a block of them in the order in which people write them.
#[derive(Serialize)]
#[serde(untagged)]
enum Written {
    One(Json),
    Block(IndexMap<&'static str, Written>),
}

fn written_fields(resolved: &Resolved) -> impl Iterator<Item = Field> {
    Field::MANAGED.into_iter().filter(|field| resolved.config.get(*field) != Value::Unset)
}

/// The origin of every setting line, in the order that [`File`] writes them.
fn origins(desired: &Desired, sources: &Sources) -> Vec<String> {
    let text = |resolved: &Resolved, field| {
        resolved.origin(field).map_or(String::new(), |origin| origin_text(&FieldOrigin::new(origin, sources)))
    };
    entries(desired)
        .filter_map(|(_, entry)| entry.resolved())
        .flat_map(|resolved| written_fields(resolved).map(|field| text(resolved, field)).collect::<Vec<_>>())
        .collect()
}

/// Whether a line of the written file is a managed setting: its key is a field, at the depth of a stream's settings.
fn is_setting(line: &str) -> bool {
    const DEPTH: usize = 12;
    let key = line.trim_start();
    line.len() - key.len() == DEPTH
        && Field::MANAGED.iter().any(|field| key.starts_with(&format!("{}:", field.name())))
}

/// `5 configurations, 1 of them absent, in 2 domains`.
pub(super) fn desired_summary(desired: &Desired) -> String {
    let all = entries(desired).count();
    let absent = entries(desired).filter(|(_, entry)| entry.resolved().is_none()).count();
    let absent = if absent > 0 { format!(", {absent} of them absent,") } else { String::new() };
    format!("{}{absent} in {}", counted(all, "configuration"), counted(desired.domains.len(), "domain"))
}
