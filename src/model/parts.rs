//! The settings of one format, as the values of their parts.

use super::Value;
use super::format::{FormatSettings, Part};

impl FormatSettings {
    /// The value of one part.
    pub fn get(&self, part: Part) -> Value {
        match part {
            Part::Process => self.process.clone().map_or(Value::Unset, Value::Process),
            Part::SliceDuration => self.slice_duration.map_or(Value::Unset, Value::Seconds),
            Part::AutoCompose => self.auto_compose.map_or(Value::Unset, Value::Switch),
            Part::Video => self.video.clone().map_or(Value::Unset, Value::Set),
            Part::Tags => Value::text(self.tags.as_deref()),
        }
    }

    /// Sets one part; a value of another type unsets it.
    pub fn set(&mut self, part: Part, value: Value) {
        match (part, value) {
            (Part::Process, Value::Process(process)) => self.process = Some(process),
            (Part::SliceDuration, Value::Seconds(seconds)) => self.slice_duration = Some(seconds),
            (Part::AutoCompose, Value::Switch(on)) => self.auto_compose = Some(on),
            (Part::Video, Value::Set(words)) => self.video = Some(words),
            (Part::Tags, Value::Text(text)) => self.tags = Some(text),
            (Part::Process, _) => self.process = None,
            (Part::SliceDuration, _) => self.slice_duration = None,
            (Part::AutoCompose, _) => self.auto_compose = None,
            (Part::Video, _) => self.video = None,
            (Part::Tags, _) => self.tags = None,
        }
    }

    /// These settings, with what is not set here as in `remote`.
    #[must_use]
    pub(super) fn laid_over(mut self, remote: Option<&FormatSettings>) -> Self {
        let Some(remote) = remote else { return self };
        for part in Part::ALL {
            if self.get(part) == Value::Unset {
                self.set(part, remote.get(part));
            }
        }
        self.unknown.clone_from(&remote.unknown);
        self
    }

    /// As YAML and JSON write them.
    pub fn to_json(&self) -> serde_json::Value {
        let parts = Part::ALL.into_iter().filter(|part| self.get(*part) != Value::Unset);
        let parts = parts.map(|part| (part.name().to_owned(), self.get(part).to_json()));
        parts.chain(self.unknown.clone()).collect()
    }
}
