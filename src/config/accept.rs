//! Reads `accept`: each entry says which field of which configurations is left as the service has it, until when and why.

use super::decode::{Decoder, Item};
use super::document::{Accept, Settings, Written};
use super::scalar::{self, Problem};
use super::spelling::closest;
use super::tree::Shape;
use crate::diag::{Code, Diagnostic};
use crate::model::Field;

/// The keys of an entry.
pub(super) const ACCEPT: &[&str] = &["address", "field", "value", "until", "reason"];

/// The keys that every entry must have.
pub(super) const REQUIRED: [&str; 4] = ["address", "field", "until", "reason"];

const EXAMPLE: &str =
    "`{ address: live.example.com/show/cam1, field: cycle_duration, until: 2026-12-24, reason: WHY }`";

impl Decoder<'_> {
    /// The entries of the list. One with a mistake is left out, and the mistake reported.
    pub(super) fn accepts(&mut self, item: Item<'_>) -> Vec<Accept> {
        self.list(item).into_iter().filter_map(|one| self.accept(one)).collect()
    }

    fn accept(&mut self, item: Item<'_>) -> Option<Accept> {
        let parts: Vec<(&str, Item<'_>)> = self
            .items(item.value, EXAMPLE)
            .into_iter()
            .filter_map(|part| Some((self.known(part, ACCEPT)?, part)))
            .collect();
        let part = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
        if matches!(item.value.shape(), Shape::Map(_)) {
            self.report_missing(item, &REQUIRED.map(|name| (name, part(name).is_some())));
        }
        let address = part("address").and_then(|one| self.value(one, scalar::pattern));
        let field = part("field").and_then(|one| self.value(one, field));
        let value = part("value").map(|one| Some(self.accepted(field.as_ref()?.value, one)));
        let until = part("until").and_then(|one| self.value(one, scalar::date));
        let reason = part("reason").and_then(|one| self.value(one, reason));
        let value = value.map_or(Some(Settings::default()), |value| value.filter(is_read))?;
        Some(Accept { address: address?, field: field?, value, until: until?, reason: reason? })
    }

    /// The accepted value, read as the field itself is.
    fn accepted(&mut self, field: Field, item: Item<'_>) -> Settings {
        let mut settings = Settings::default();
        match field {
            Field::RecordFormat => self.record_format(&mut settings, Item { name: field.name(), ..item }),
            _ => settings.values.insert(field, self.field(field, item)),
        }
        settings
    }

    fn report_missing(&mut self, item: Item<'_>, parts: &[(&str, bool)]) {
        let missing: Vec<String> =
            parts.iter().filter(|(_, is_there)| !is_there).map(|(name, _)| format!("`{name}`")).collect();
        if missing.is_empty() {
            return;
        }
        let message = format!("this entry of `accept` has no {}", missing.join(" and no "));
        self.findings.push(
            Diagnostic::new(Code::MissingKey, message)
                .label(item.value.span(), "an incomplete entry")
                .help(format!("write all of {}", REQUIRED.map(|name| format!("`{name}`")).join(", "))),
        );
    }
}

/// Whether every part of a value could be read.
fn is_read(settings: &Settings) -> bool {
    settings.values.values().all(|setting| setting.value != Written::Faulty)
}

/// The longest reason, in characters.
const REASON: usize = 500;

/// A reason, on one line.
pub(super) fn reason(text: &str) -> Result<String, Problem> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() {
        0 => Err(Problem::new(Code::BlankValue, "no reason", "the reason is blank")
            .help("say in a few words why the difference is accepted, or name the ticket")),
        1..=REASON => Ok(line),
        _ => Err(Problem::new(
            Code::BadValue,
            "too long",
            format!("a reason of more than {REASON} characters"),
        )
        .help("name the ticket, and write the rest there")),
    }
}

/// The name of a managed field.
pub(super) fn field(text: &str) -> Result<Field, Problem> {
    let known = Field::MANAGED.into_iter().find(|field| field.name() == text);
    known.ok_or_else(|| {
        let problem = Problem::new(Code::BadValue, "not a setting", format!("`{text}` is not a setting"));
        match Field::named(text).map(Field::whole) {
            Some(Field::RecordFormat) => {
                problem.help("write `record_format`: formats are accepted together, as they are inherited")
            }
            _ => problem.help(match closest(text, Field::MANAGED.map(Field::name)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    format!("known settings: {}", Field::MANAGED.map(|field| format!("`{field}`")).join(", "))
                }
            }),
        }
    })
}
