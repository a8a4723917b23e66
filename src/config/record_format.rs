//! Reads `record_format`: for each format a block of settings. Every value keeps its own place, beside the whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::decode::{Decoder, Item};
use super::document::{Setting, Settings, Written};
use super::scalar;
use super::tree::Shape;
use crate::diag::{Code, Diagnostic};
use crate::model::{Field, Form, Format, FormatSettings, Formats, Part, Process, Value};
use crate::source::{Span, Spanned};

/// The formats that have a key.
pub(super) const FORMATS: [&str; 3] = ["m3u8", "flv", "mp4"];

/// The settings of one format.
pub(super) const PARTS: [&str; 5] = ["process", "slice_duration", "auto_compose", "video", "tags"];

/// The two ways to process files.
pub(super) const PROCESSES: [&str; 2] = ["transcode", "workflow"];

impl Decoder<'_> {
    /// Reads the whole block into `settings`: the formats together, and each format and setting on its own.
    pub(super) fn record_format(&mut self, settings: &mut Settings, item: Item<'_>) {
        let span = item.value.span();
        if item.value.is_default() {
            settings.values.keep_or_insert(Field::RecordFormat, Spanned::new(Written::Default, span));
            return;
        }
        if matches!(item.value.shape(), Shape::Map(entries) if entries.is_empty()) {
            let finding =
                Diagnostic::new(Code::BadValue, "`record_format` has no formats").label(span, "empty");
            self.findings.push(
                finding.help("write a format, as in `record_format: { mp4: {} }`, or `default` for none"),
            );
        }
        let mut formats = Formats::new();
        for one in self.block(item) {
            let Some(format) = self.known(one, &FORMATS).and_then(Format::named) else { continue };
            let read = self.format(settings, format, one);
            let place = Spanned::new(Written::Value(Value::Bare), one.key);
            settings.values.keep_or_insert(Field::Format(format), place);
            formats.entry(format).or_insert(read);
        }
        let whole = match formats.is_empty() {
            true => Written::Faulty,
            false => Written::Value(Value::Formats(formats)),
        };
        settings.values.keep_or_insert(Field::RecordFormat, Spanned::new(whole, item.key));
    }

    fn format(&mut self, settings: &mut Settings, format: Format, item: Item<'_>) -> FormatSettings {
        let mut read = FormatSettings::default();
        for one in self.entry(item) {
            let Some(part) = self.known(one, &PARTS).and_then(Part::named) else { continue };
            let field = Field::Part(format, part);
            let setting = self.field(field, one);
            match &setting.value {
                Written::Value(value) => read.set(part, value.clone()),
                Written::Default => read.set(part, field.implied().unwrap_or(Value::Unset)),
                Written::Faulty => {}
            }
            settings.values.keep_or_insert(field, setting);
        }
        read
    }

    /// `{ transcode: GROUP }` or `{ workflow: ID }`. The place is that of the group or id.
    fn process(&mut self, item: Item<'_>) -> Setting<Value> {
        let span = item.value.span();
        let is_empty = matches!(item.value.shape(), Shape::Map(entries) if entries.is_empty());
        let mut read = Vec::new();
        for one in self.block(item) {
            let Some(method) = self.known(one, &PROCESSES) else { continue };
            let id = self.marked(one, if method == "transcode" { scalar::own_name } else { scalar::id });
            read.push(Spanned::new(named_process(method, id.value), id.span));
        }
        let help = "write `{ transcode: GROUP }` or `{ workflow: ID }`";
        if is_empty {
            let finding =
                Diagnostic::new(Code::BadValue, "`process` names neither a transcode group nor a workflow");
            self.findings.push(finding.label(span, "empty").help(help));
        }
        if let [first, second, ..] = &read[..] {
            let finding =
                Diagnostic::new(Code::BadValue, "`process` can't have both `transcode` and `workflow`");
            self.findings
                .push(finding.label(second.span, "the second").label(first.span, "the first").help(help));
        }
        match <[Setting<Value>; 1]>::try_from(read) {
            Ok([one]) => one,
            Err(_) => Spanned::new(Written::Faulty, span),
        }
    }

    /// The value of a managed field, in whatever form it is written. `default` and a blank are the same in all of them.
    pub(super) fn field(&mut self, field: Field, item: Item<'_>) -> Setting<Value> {
        let is_one_text = item.value.is_default() || item.value.is_blank();
        match field.form() {
            _ if is_one_text => self.setting(item, |text| scalar::setting(field, text)),
            Form::Process => self.process(item),
            Form::Words(words) => self.set(field, item, |text| scalar::word(field, words, text)),
            Form::Templates => self.set(field, item, scalar::template),
            _ => self.setting(item, |text| scalar::setting(field, text)),
        }
    }

    /// A list, or one value alone.
    fn set(
        &mut self,
        field: Field,
        item: Item<'_>,
        read: impl Fn(&str) -> Result<String, scalar::Problem>,
    ) -> Setting<Value> {
        let span = item.value.span();
        let (items, is_readable) = match item.value.shape() {
            Shape::List(_) => (self.list(item), true),
            Shape::Scalar { .. } => (vec![item], true),
            _ => (self.list(item), false),
        };
        let count = items.len();
        let mut words: BTreeMap<String, Span> = BTreeMap::new();
        for one in items {
            let Some(Spanned { value, span }) = self.value(one, &read) else { continue };
            match words.entry(value) {
                Entry::Vacant(place) => _ = place.insert(span),
                Entry::Occupied(first) => {
                    let message = format!("`{}` appears twice in `{field}`", first.key());
                    let finding = Diagnostic::new(Code::BadValue, message).label(span, "again here");
                    self.findings.push(finding.label(*first.get(), "first here").help("remove one"));
                }
            }
        }
        // An empty list of templates clears them.
        let is_blank = is_readable && count == 0 && field.form() != Form::Templates;
        if is_blank {
            let finding =
                Diagnostic::new(Code::BadValue, format!("`{field}` is empty")).label(span, "no value");
            self.findings.push(finding.help("write at least one value, or remove the key"));
        }
        let value = match is_readable && !is_blank && words.len() == count {
            true => Written::Value(Value::Set(words.into_keys().collect())),
            false => Written::Faulty,
        };
        Spanned::new(value, span)
    }
}

fn named_process(method: &str, id: Written<String>) -> Written<Value> {
    match id {
        Written::Value(id) if method == "transcode" => Written::Value(Value::Process(Process::Transcode(id))),
        Written::Value(id) => Written::Value(Value::Process(Process::Workflow(id))),
        Written::Default | Written::Faulty => Written::Faulty,
    }
}
