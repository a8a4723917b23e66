//! A state of an account as YAML text without any factoring: every value is written at every entry.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use livevod::config;
use livevod::model::{
    Address, CYCLE_DURATION, DomainSnapshot, EVERY, Field, Form, Format, FormatSettings, ON_DEMAND, Part,
    Process, RecordConfig, Remote, Snapshot, Value, domain_error, is_group_id, name_error,
};
use livevod::source::{Source, Sources};

use super::states::region;

/// The plain text: each entry that a file can declare, with each value that a file can hold, in the layout of `fmt`.
pub(crate) fn naive(snapshot: &Snapshot) -> String {
    written(snapshot, &|address, remote| undeclarable(address, remote).is_none(), &is_writable)
}

/// Why no file can declare an entry; `None` if one can.
pub(crate) fn undeclarable(address: &Address, remote: &Remote) -> Option<String> {
    unnameable(address).or_else(|| remote.unsupported.clone()).or_else(|| undeclarable_values(&remote.config))
}

fn unnameable(Address { domain, app, stream }: &Address) -> Option<String> {
    let start = |name: &str| name.chars().take(SHOWN).collect::<String>();
    let told = |name: &str, reason| format!("name {:?} {reason}", start(name));
    let name = |name: &str| Some(told(name, name_error(name)?));
    domain_error(domain).map(|reason| told(domain, reason)).or_else(|| name(app)).or_else(|| name(stream))
}

/// How many characters of a bad name are shown.
const SHOWN: usize = 40;

/// A value that must be written, since there is a default or the value is required, and that no file can hold.
fn undeclarable_values(config: &RecordConfig) -> Option<String> {
    let config = config.clone().normalized();
    let groups = [Field::VodTranscodeGroup, Field::ComposeVodTranscodeGroup];
    let bad_group = groups.into_iter().find_map(|field| {
        let id = config.transcode_group(field).filter(|id| !is_id(id))?;
        Some(format!("its `{field}` {id:?} is no group id"))
    });
    let reasons = [
        (!config.is_by_format() && config.vod_transcode_group.is_empty())
            .then(|| "it has no `vod_transcode_group`".to_owned()),
        (config.auto_compose && config.compose_vod_transcode_group.is_none())
            .then(|| "`auto_compose` is on, but it has no `compose_vod_transcode_group`".to_owned()),
        bad_group,
        (!CYCLE_DURATION.contains(&config.cycle_duration))
            .then(|| format!("its `cycle_duration` {} s is out of range", config.cycle_duration)),
        (!ON_DEMAND.contains(&config.on_demand))
            .then(|| format!("its `on_demand` {} is not an allowed value", config.on_demand)),
    ];
    reasons.into_iter().flatten().next()
}

/// The settings of an entry that no file can hold. Left out, they stay as the service has them.
pub(crate) fn left_out(remote: &Remote) -> Vec<Field> {
    let config = remote.config.clone().normalized();
    Field::leaves().filter(|field| *field != Field::Unknown && !is_writable(&config, *field)).collect()
}

/// Whether a file can hold the value of a field, which has none or may be left out.
pub(super) fn is_writable(config: &RecordConfig, field: Field) -> bool {
    match (field, config.get(field)) {
        (_, Value::Unset) => true,
        (Field::Part(format, Part::SliceDuration), _) if format != Format::M3u8 => false,
        // Without templates it is an error.
        (Field::RecordContent, _) if config.records_transcoded() && !config.names_templates() => false,
        (_, Value::Process(Process::Transcode(id) | Process::Workflow(id))) => is_id(&id),
        (_, Value::Seconds(seconds)) => match field.form() {
            Form::Seconds { least, most, .. } => (least..=most).contains(&seconds),
            _ => true,
        },
        (_, Value::Text(text)) => match field.form() {
            Form::Bucket => domain_error(&text).is_none(),
            Form::Id => is_id(&text) && text != DEFAULT,
            Form::Text => text != DEFAULT,
            _ => true,
        },
        (_, Value::Set(words)) => match field.form() {
            Form::Words(known) => {
                !words.is_empty() && words.iter().all(|word| known.contains(&word.as_str()))
            }
            _ => words.iter().all(|name| is_template(name)),
        },
        _ => true,
    }
}

/// The word that ends inheritance, even in quotes.
const DEFAULT: &str = "default";

fn is_id(text: &str) -> bool {
    text != EVERY && name_error(text).is_none()
}

fn is_template(text: &str) -> bool {
    let is_bad = |one: char| one.is_whitespace() || one.is_control() || ",\"[]{}".contains(one);
    !text.is_empty() && text.len() <= 255 && !text.contains(is_bad)
}

/// The text of the entries that `declares` selects, with the values that `holds` selects.
pub(super) fn written(
    snapshot: &Snapshot,
    declares: &dyn Fn(&Address, &Remote) -> bool,
    holds: &dyn Fn(&RecordConfig, Field) -> bool,
) -> String {
    let configs = snapshot.domains.values().flat_map(|domain| &domain.configs);
    let declared =
        configs.filter(|(address, remote)| declares(address, remote)).map(|(_, remote)| &remote.config);
    let mut text = "version: 1\n".to_owned();
    transcode_groups(&mut text, declared);
    text.push_str("domains:\n");
    for (name, domain) in snapshot.domains.iter().filter(|(name, _)| domain_error(name).is_none()) {
        writeln!(text, "  {}:\n    region: {}", quoted(name), region(name)).unwrap();
        apps(&mut text, domain, declares, holds);
    }
    let mut sources = Sources::default();
    let file = sources.add(Source::new("naive.yaml", text));
    config::format(&sources, file).unwrap()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Names for the ids that a setting would read as a name.
fn transcode_groups<'a>(text: &mut String, configs: impl Iterator<Item = &'a RecordConfig>) {
    let ids = configs.flat_map(RecordConfig::transcode_groups).filter(|id| is_id(id) && !is_group_id(id));
    let named: BTreeMap<String, &str> = ids.map(|id| (group_name(id), id)).collect();
    if !named.is_empty() {
        text.push_str("transcode_groups:\n");
    }
    for (name, id) in named {
        writeln!(text, "  {}: {}", quoted(&name), quoted(id)).unwrap();
    }
}

/// What a setting calls a group: its id, but for the one id that would be read as the word.
fn group_name(id: &str) -> String {
    if id == DEFAULT { "id.default".to_owned() } else { id.to_owned() }
}

fn apps(
    text: &mut String,
    domain: &DomainSnapshot,
    declares: &dyn Fn(&Address, &Remote) -> bool,
    holds: &dyn Fn(&RecordConfig, Field) -> bool,
) {
    let mut apps: BTreeMap<&str, Vec<(&str, &RecordConfig)>> = BTreeMap::new();
    for (address, remote) in domain.configs.iter().filter(|(address, remote)| declares(address, remote)) {
        apps.entry(&address.app).or_default().push((&address.stream, &remote.config));
    }
    if !apps.is_empty() {
        text.push_str("    apps:\n");
    }
    for (app, streams) in apps {
        writeln!(text, "      {}:\n        streams:", quoted(app)).unwrap();
        for (stream, config) in streams {
            writeln!(text, "          {}:", quoted(stream)).unwrap();
            settings(text, &config.clone().normalized(), holds);
        }
    }
}

fn settings(text: &mut String, config: &RecordConfig, holds: &dyn Fn(&RecordConfig, Field) -> bool) {
    for field in Field::MANAGED {
        let value = config.get(field);
        match &value {
            Value::Unset => {}
            Value::Formats(formats) => {
                writeln!(text, "            {field}:").unwrap();
                for (format, one) in formats {
                    let parts =
                        Part::ALL.into_iter().filter(|part| holds(config, Field::Part(*format, *part)));
                    written_format(text, *format, one, parts);
                }
            }
            value if holds(config, field) => {
                writeln!(text, "            {field}: {}", scalar(field, value)).unwrap()
            }
            _ => {}
        }
    }
}

fn written_format(
    text: &mut String,
    format: Format,
    one: &FormatSettings,
    parts: impl Iterator<Item = Part>,
) {
    let values: Vec<(Part, Value)> =
        parts.map(|part| (part, one.get(part))).filter(|(_, value)| *value != Value::Unset).collect();
    let nothing = if values.is_empty() { " {}" } else { "" };
    writeln!(text, "              {format}:{nothing}").unwrap();
    for (part, value) in values {
        writeln!(text, "                {}: {}", part.name(), scalar(Field::Part(format, part), &value))
            .unwrap();
    }
}

fn scalar(field: Field, value: &Value) -> String {
    match value {
        Value::Text(id) if field.form() == Form::Group => quoted(&group_name(id)),
        Value::Text(text) => quoted(text),
        Value::Set(words) => serde_json::to_string(words).unwrap(),
        Value::Process(Process::Transcode(id)) => format!("{{ transcode: {} }}", quoted(&group_name(id))),
        Value::Process(Process::Workflow(id)) => format!("{{ workflow: {} }}", quoted(id)),
        other => other.to_string(),
    }
}
