//! Writes what the service has at one address as the YAML that makes the files agree, for people to paste: the lines of the
//! entry as they would read, or an entry to add. Nothing is written to a file.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::settings::{Held, Own};
use super::splice::splice;
use super::style::Style;
use crate::config::{Document, Keys, WrittenEntry, WrittenMap, WrittenValue, Yaml, YamlMap, outline};
use crate::model::{Address, Field, RecordConfig, Value};
use crate::resolve::{Desired, Entry};
use crate::source::{FileId, Source, Sources};

/// The YAML that makes the files agree with the service at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The file whose lines the text replaces, and these lines, from 1, the end excluded; if there are none, the text is
    /// inserted before the first. `None` for a text to add to the files.
    pub lines: Option<(String, Range<usize>)>,
    /// Whole lines, without the last line break.
    pub yaml: String,
}

/// The entries of `accept` that leave these fields of one configuration as they are, whole lines without the last line
/// break; `None` if there are none, or YAML can't name the address. The day and the reason are for people to fill in:
/// files with this word in place of the day are refused.
pub fn acceptance(address: &Address, fields: impl IntoIterator<Item = Field>) -> Option<String> {
    let whole = |field| match field {
        // The formats are accepted together.
        Field::Part(..) => Field::RecordFormat,
        _ => field,
    };
    let mut fields: BTreeSet<Field> = fields.into_iter().map(whole).collect();
    // What is accepted together with another field needs no entry of its own.
    let kind = [Field::VodTranscodeGroup, Field::AutoCompose, Field::ComposeVodTranscodeGroup];
    let along: &[Field] = match () {
        () if fields.contains(&Field::RecordFormat) => &kind,
        () if fields.contains(&Field::AutoCompose) => &kind[2..],
        () => &[],
    };
    fields.retain(|field| *field != Field::Unknown && !along.contains(field));
    let entry = |field: &Field| {
        format!("  - {{ address: {address}, field: {field}, until: YYYY-MM-DD, reason: WHY }}")
    };
    let entries: Vec<String> = fields.iter().map(entry).collect();
    (address.is_nameable() && !entries.is_empty()).then(|| entries.join("\n"))
}

/// How many bytes are copied at most to show where new entries belong: each one costs a copy of its file.
const MOST_COPIED: usize = 64 << 20;

/// How files are laid out.
pub struct Outlines(Vec<(FileId, WrittenMap)>);

impl Outlines {
    /// Reads them.
    pub fn of(sources: &Sources) -> Self {
        Self(sources.iter().filter_map(|(file, _)| Some((file, outline(sources, file)?))).collect())
    }
}

/// Files that may take over what the service has.
pub struct Adopter<'a> {
    sources: &'a Sources,
    document: &'a Document,
    desired: &'a Desired,
    outlines: &'a Outlines,
    /// How many entries are added, at most.
    additions: usize,
    /// The entries that domains write themselves, by the place of the name. Those of layouts are shared by domains.
    entries: HashMap<(FileId, u32), Written<'a>>,
}

/// An entry as it is written.
#[derive(Clone, Copy)]
struct Written<'a> {
    entry: &'a WrittenEntry,
    style: Style,
}

/// A piece of text that takes the place of another one.
struct Edit {
    at: Range<u32>,
    text: String,
}

impl<'a> Adopter<'a> {
    /// Finds every entry of the files. `additions` is how many entries will be added, at most: with very many, the places
    /// where they belong are not found.
    pub fn new(
        sources: &'a Sources,
        document: &'a Document,
        desired: &'a Desired,
        outlines: &'a Outlines,
        additions: usize,
    ) -> Self {
        let mut entries = HashMap::new();
        for (file, root) in &outlines.0 {
            let style = Style::of(sources.get(*file), root);
            for streams in own_streams(root) {
                let style = style.inside(sources.get(*file), streams).beside(streams);
                let written = |entry| Written { entry, style };
                entries.extend(streams.entries.iter().map(|one| ((*file, one.key.start), written(one))));
            }
        }
        Self { sources, document, desired, outlines, additions, entries }
    }

    /// The YAML for an address where `fields` differ and the service has `actual`; `None` if no YAML can say it, or the
    /// place in the files can't be edited line by line.
    pub fn adopt(
        &self,
        address: &Address,
        actual: Option<&RecordConfig>,
        fields: impl IntoIterator<Item = Field>,
    ) -> Option<Adoption> {
        if !address.is_nameable() {
            return None;
        }
        let declared = self.desired.get(address);
        let config = declared.and_then(Entry::resolved).map(|resolved| &resolved.config);
        let held = actual.map(|actual| Held {
            config: actual.clone().normalized(),
            region: self.desired.region(&address.domain).map(str::to_owned),
        });
        let differing: BTreeSet<Field> = fields.into_iter().map(Field::whole).collect();
        let is_other_kind =
            |held: &Held| config.is_some_and(|one| one.is_by_format() != held.config.is_by_format());
        let whole = held.as_ref().filter(|held| config.is_none() || is_other_kind(held));
        let settings = match (&held, whole) {
            (None, _) => vec![("state".into(), Yaml::word("absent"))],
            (Some(held), Some(_)) => {
                let said = all(&held.config).union(&shown(&held.config, differing)).copied().collect();
                self.settings(held, said)?
            }
            (Some(held), None) => self.settings(held, shown(&held.config, differing))?,
        };
        let is_whole = held.is_none() || whole.is_some();
        let own = declared.map(|entry| (entry.key.file, entry.key.start));
        match own.and_then(|place| Some((place.0, *self.entries.get(&place)?))) {
            Some((file, written)) => self.edited(written, file, settings, is_whole),
            // The entry is that of a layout, which other domains share.
            None if held.is_some() && declared.is_some() && config.is_none() => {
                let present = [("state".into(), Yaml::word("present"))];
                Some(self.added(address, present.into_iter().chain(settings).collect()))
            }
            None => Some(self.added(address, settings)),
        }
    }

    /// The settings of some fields.
    fn settings(&self, held: &Held, fields: BTreeSet<Field>) -> Option<Vec<(Arc<str>, Yaml)>> {
        match held.written(&Own { fields, tier: None }, self.document).ok()? {
            Yaml::Map(YamlMap { entries, .. }) => Some(entries),
            Yaml::Word(_) | Yaml::Text(_) | Yaml::List(_) => None,
        }
    }

    /// A new entry: where it belongs in the file that names the domain, or with the blocks around it.
    fn added(&self, address: &Address, settings: Vec<(Arc<str>, Yaml)>) -> Adoption {
        let Address { domain, app, stream } = address;
        let entry = Yaml::map(Keys::Settings, settings);
        let named = |name: &Arc<str>, value| Yaml::map(Keys::Names, [(name.clone(), value)]);
        let streams = Yaml::map(Keys::Blocks, [("streams", named(stream, entry))]);
        let apps = Yaml::map(Keys::Blocks, [("apps", named(app, streams))]);
        let tree = named(domain, apps);
        let yaml = || Style::NEW.lines("domains", &tree, 0).join("\n");
        self.inserted(domain, &tree).unwrap_or_else(|| Adoption { lines: None, yaml: yaml() })
    }

    /// The lines that change when `tree` is added to the file that names its domain; `None` if they are not all together.
    fn inserted(&self, domain: &str, tree: &Yaml) -> Option<Adoption> {
        let file = self.desired.domains.get(domain)?.key.file;
        let (_, root) = self.outlines.0.iter().find(|(other, _)| *other == file)?;
        let source = self.sources.get(file);
        root.get("domains")?.map()?.get(domain)?;
        let Yaml::Map(added) = Yaml::map(Keys::Blocks, [("domains", tree.clone())]) else { return None };
        let copied = source.text().len().saturating_mul(self.additions);
        let text = (copied <= MOST_COPIED).then(|| splice(source, root, &added))?;
        let (old, new): (Vec<&str>, Vec<&str>) = (source.text().lines().collect(), text.lines().collect());
        let front = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let rest = old[front..].iter().rev().zip(new[front..].iter().rev());
        let back = rest.take_while(|(old, new)| old == new).count();
        let yaml = new[front..new.len() - back].join("\n");
        let lines = front + 1..old.len() - back + 1;
        (!yaml.is_empty()).then(|| Adoption { lines: Some((source.name().to_owned(), lines)), yaml })
    }

    /// The lines of an entry with these settings; with `is_whole`, with these only.
    fn edited(
        &self,
        written: Written<'_>,
        file: FileId,
        settings: Vec<(Arc<str>, Yaml)>,
        is_whole: bool,
    ) -> Option<Adoption> {
        let Written { entry, style } = written;
        let source = self.sources.get(file);
        let flow = |settings| Yaml::map(Keys::Settings, settings).flow(style.notation);
        let after = entry.after_colon;
        let edits = match &entry.value {
            WrittenValue::Closed(_) | WrittenValue::Other(_) => return None,
            WrittenValue::Map(map) if !is_whole => within(source, map, style, settings)?,
            WrittenValue::Map(_) | WrittenValue::Blank(Some(_)) => {
                vec![Edit { at: after?..entry.end, text: format!(" {}", flow(settings)) }]
            }
            WrittenValue::Blank(None) => match after {
                Some(colon) => vec![Edit { at: colon..colon, text: format!(" {}", flow(settings)) }],
                None => {
                    vec![Edit { at: entry.key.end..entry.key.end, text: format!(": {}", flow(settings)) }]
                }
            },
        };
        let lines = source.line_index(entry.key.start)..source.line_index(entry.end.max(1) - 1) + 1;
        let yaml = with(source, &lines, edits);
        Some(Adoption { lines: Some((source.name().to_owned(), lines.start + 1..lines.end + 1)), yaml })
    }
}

/// The streams that the domains of a file write themselves.
fn own_streams(root: &WrittenMap) -> impl Iterator<Item = &WrittenMap> {
    let domains = root.get("domains").and_then(WrittenEntry::map).into_iter();
    let apps =
        domains.flat_map(|domains| &domains.entries).filter_map(|domain| domain.map()?.get("apps")?.map());
    apps.flat_map(|apps| &apps.entries).filter_map(|app| app.map()?.get("streams")?.map())
}

/// Every field that a configuration has to say so that nothing is inherited. What files may leave to the service is left to it
/// where it is not set.
fn all(config: &RecordConfig) -> BTreeSet<Field> {
    let is_said =
        |field: &Field| !RecordConfig::leaves_to_the_service(*field) || config.get(*field) != Value::Unset;
    shown(config, Field::MANAGED.into_iter().filter(is_said).collect())
}

/// The fields of these that the kind of the configuration has.
fn shown(config: &RecordConfig, fields: BTreeSet<Field>) -> BTreeSet<Field> {
    let is_of_kind = |field: &Field| match config.is_by_format() {
        true => !Field::CLASSIC.contains(field),
        false => *field != Field::RecordFormat,
    };
    let is_idle = |field: &Field| *field == Field::ComposeVodTranscodeGroup && !config.auto_compose;
    fields
        .into_iter()
        .filter(|field| *field != Field::Unknown && is_of_kind(field) && !is_idle(field))
        .collect()
}

/// What changes in a map so that it has these settings; `None` if one of them is also used elsewhere.
fn within(
    source: &Source,
    map: &WrittenMap,
    style: Style,
    settings: Vec<(Arc<str>, Yaml)>,
) -> Option<Vec<Edit>> {
    let (mut edits, mut missing) = (Vec::new(), Vec::new());
    for (name, value) in &settings {
        match map.get(name) {
            None => missing.push(format!("{}: {}", style.notation.text(name), value.flow(style.notation))),
            Some(WrittenEntry { value: WrittenValue::Closed(_), .. }) => return None,
            Some(WrittenEntry { after_colon, end, .. }) => {
                edits.push(Edit {
                    at: (*after_colon)?..*end,
                    text: format!(" {}", value.flow(style.notation)),
                });
            }
        }
    }
    let (first, last) = map.entries.first().zip(map.entries.last())?;
    match (missing.is_empty(), map.is_flow) {
        (true, _) => {}
        (false, true) => {
            edits.push(Edit { at: last.end..last.end, text: format!(", {}", missing.join(", ")) })
        }
        (false, false) => {
            let indent = " ".repeat(source.column_index(first.key.start));
            let lines: String =
                missing.iter().map(|line| format!("{line}{}{indent}", style.line_break)).collect();
            edits.push(Edit { at: first.key.start..first.key.start, text: lines });
        }
    }
    Some(edits)
}

/// Some lines of a file, edited, without the last line break.
fn with(source: &Source, lines: &Range<usize>, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.at.start);
    let (mut at, end) = (source.line_range(lines.start).start, source.line_range(lines.end - 1).end);
    let between = |start: u32, end: u32| source.text().get(start as usize..end as usize).unwrap_or_default();
    let mut text = String::new();
    for Edit { at: place, text: piece } in &edits {
        text.push_str(between(at, place.start));
        text.push_str(piece);
        at = place.end;
    }
    text.push_str(between(at, end));
    text.trim_end_matches(['\n', '\r']).to_owned()
}
