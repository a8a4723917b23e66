//! Reads the settings of one block, and a stream's entry, which may have two more keys.

use super::decode::{Decoder, Item};
use super::document::{Defaults, Settings, Stream, Written};
use super::keys::{SETTINGS, STREAM};
use super::scalar;
use crate::diag::{Code, Diagnostic};
use crate::model::{Field, State};

impl Decoder<'_> {
    pub(super) fn defaults(&mut self, item: Item<'_>) -> Defaults {
        let items = self.block(item);
        Defaults { key: item.key, settings: self.settings(&items) }
    }

    pub(super) fn settings(&mut self, items: &[Item<'_>]) -> Settings {
        let mut settings = Settings::default();
        for item in items {
            if let Some(name) = self.known(*item, &SETTINGS) {
                self.setting_named(&mut settings, name, *item);
            }
        }
        settings
    }

    pub(super) fn stream(&mut self, item: Item<'_>) -> Stream {
        let mut stream = Stream { key: item.key, settings: Settings::default(), state: None, expires: None };
        for item in self.entry(item) {
            match self.known(item, &STREAM) {
                Some("state") => {
                    let state = self.marked(item, scalar::state);
                    stream.state.get_or_insert(state);
                }
                Some("expires") => {
                    let expires = self.marked(item, scalar::date);
                    stream.expires.get_or_insert(expires);
                }
                Some(name) => self.setting_named(&mut stream.settings, name, item),
                None => {}
            }
        }
        self.check_absent(&stream);
        stream
    }

    /// Reads one setting into its place; the first value of a repeated key is kept.
    fn setting_named(&mut self, settings: &mut Settings, name: &str, item: Item<'_>) {
        let Settings { tier, values } = settings;
        match Field::MANAGED.into_iter().find(|field| field.name() == name) {
            Some(Field::RecordFormat) => self.record_format(settings, item),
            Some(field) => {
                let setting = self.field(field, item);
                values.keep_or_insert(field, setting);
            }
            None => {
                let named = self.marked(item, scalar::own_name);
                tier.get_or_insert(named);
            }
        }
    }

    fn check_absent(&mut self, stream: &Stream) {
        let Some(state) = stream.state.as_ref().filter(|state| state.value == Written::Value(State::Absent))
        else {
            return;
        };
        let beside = stream.beside_state();
        let Some((first, rest)) = beside.split_first() else { return };
        let diagnostic =
            Diagnostic::new(Code::AbsentSettings, "`state: absent` can't be combined with settings")
                .label(*first, "a setting here")
                .label(state.span, "declared absent here")
                .help("keep `state: absent` alone, or remove it");
        self.findings
            .push(rest.iter().fold(diagnostic, |diagnostic, span| diagnostic.label(*span, "and here")));
    }
}
