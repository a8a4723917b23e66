//! Turns an address and a configuration into one of the four [`Call`]s.

use std::collections::BTreeMap;

use super::{Action, Call};
use crate::model::{Address, EVERY, Field, Form, Passthrough, RecordConfig, StreamSpelling, Value};

/// Items per page; the most that the service allows (API: PageSize, 5..=100).
pub const PAGE_SIZE: u32 = 100;

/// How an Update says that auto_compose is off; the documents contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ComposeOff {
    /// `AutoCompose=OFF` alone.
    #[default]
    Bare,
    /// `AutoCompose=OFF` with a group, as in the official sample.
    WithGroup(String),
    /// Neither parameter.
    Neither,
}

/// Lists page `page` (from 1) of a domain, or only what one address selects.
///
/// How the service treats the filter is not documented: an item with the exact key is a fact, its absence proves
/// nothing.
pub fn describe(domain: &str, page: u32, only: Option<(&Address, StreamSpelling)>) -> Call {
    let mut params = Params::default();
    params.set("DomainName", domain);
    params.set("PageNum", page);
    params.set("PageSize", PAGE_SIZE);
    if let Some((address, spelling)) = only {
        params.set("AppName", &address.app);
        params.set_stream(address, spelling);
    }
    params.call(Action::Describe)
}

/// Creates a configuration with every field that an Add can carry.
///
/// With auto_compose off, both compose parameters are left out, which means off in all documents.
pub fn add(address: &Address, config: &RecordConfig) -> Call {
    let mut params = Params::default();
    params.set_key(address, StreamSpelling::Named);
    params.set_fields(Action::Add, config, &ComposeOff::Neither);
    params.call(Action::Add)
}

/// Changes a configuration: sends every field that an Update can carry, since the effect of an omitted one is not
/// documented.
///
/// `compose_off` is how to say that auto_compose is off; while it is on, the configuration decides.
pub fn update(
    address: &Address,
    spelling: StreamSpelling,
    config: &RecordConfig,
    compose_off: ComposeOff,
) -> Call {
    let mut params = Params::default();
    params.set_key(address, spelling);
    params.set_fields(Action::Update, config, &compose_off);
    params.call(Action::Update)
}

/// Deletes a configuration.
pub fn delete(address: &Address, spelling: StreamSpelling) -> Call {
    let mut params = Params::default();
    params.set_key(address, spelling);
    params.call(Action::Delete)
}

/// Names the fields of a configuration that neither Add nor Update can send back; `None` if they can send all of them.
///
/// A configuration with such a field must not be updated (the field might be lost) or replaced (it would be lost).
pub fn uncarryable(config: &RecordConfig) -> Option<String> {
    let Passthrough { delay_time: _, record_content: _, space_id: _, transcode_templates, unknown } =
        &config.passthrough;
    let mut names: Vec<String> = unknown.keys().map(|name| format!("`{name}`")).collect();
    if transcode_templates.as_deref().is_some_and(|text| template_ids(text).is_none()) {
        names.push("`TranscodeTemplates` in its current form".to_owned());
    }
    (!names.is_empty()).then(|| format!("holds {}, which no request can carry", names.join(", ")))
}

/// The ids in the response's opaque text; `None` if it is not plain ids separated by commas.
fn template_ids(text: &str) -> Option<Vec<&str>> {
    let is_id = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let ids: Vec<&str> = text.split(',').map(str::trim).collect();
    ids.iter().all(is_id).then_some(ids)
}

#[derive(Default)]
struct Params(BTreeMap<String, String>);

impl Params {
    fn set(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    /// Official SDKs send empty texts; how the service treats them is not documented, so none is ever sent.
    fn set_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.set(name, value);
        }
    }

    fn set_key(&mut self, address: &Address, spelling: StreamSpelling) {
        self.set("DomainName", &address.domain);
        self.set("AppName", &address.app);
        self.set_stream(address, spelling);
    }

    /// Repeats the remote's own spelling. A configuration that is listed with an empty name is written without the
    /// parameter: that is most likely how it was created, while `*` could name a second configuration beside it.
    fn set_stream(&mut self, address: &Address, spelling: StreamSpelling) {
        match spelling {
            StreamSpelling::Absent | StreamSpelling::Empty if &*address.stream == EVERY => {}
            StreamSpelling::Named | StreamSpelling::Absent | StreamSpelling::Empty => {
                self.set("StreamName", &address.stream);
            }
        }
    }

    /// Every field that the action can carry.
    fn set_fields(&mut self, action: Action, config: &RecordConfig, compose_off: &ComposeOff) {
        let is_carried = |field: &Field| action == Action::Add || !field.needs_add();
        for field in Field::ALL.into_iter().filter(is_carried) {
            match field {
                Field::AutoCompose | Field::ComposeVodTranscodeGroup => {}
                _ => self.set_field(field, config.get(field)),
            }
        }
        match (config.auto_compose, compose_off) {
            (true, _) => self.set_compose("ON", config.compose_vod_transcode_group.as_deref()),
            (false, ComposeOff::Bare) => self.set_compose("OFF", None),
            (false, ComposeOff::WithGroup(group)) => self.set_compose("OFF", Some(group)),
            (false, ComposeOff::Neither) => {}
        }
    }

    fn set_field(&mut self, field: Field, value: Value) {
        let Some(name) = field.api() else { return };
        match value {
            Value::Text(text) if field.form() == Form::Templates => {
                for (at, id) in template_ids(&text).unwrap_or_default().into_iter().enumerate() {
                    self.set(&format!("{name}.{}", at + 1), id);
                }
            }
            Value::Text(text) => self.set_if(name, Some(&text)),
            Value::Seconds(number) | Value::Number(number) => self.set(name, number),
            Value::Switch(on) => self.set(name, if on { "ON" } else { "OFF" }),
            Value::Unset | Value::Json(_) => {}
        }
    }

    fn set_compose(&mut self, switch: &str, group: Option<&str>) {
        self.set("AutoCompose", switch);
        self.set_if("ComposeVodTranscodeGroupId", group);
    }

    fn call(self, action: Action) -> Call {
        Call { action, params: self.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn config() -> RecordConfig {
        RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() }
    }

    fn text(call: &Call) -> String {
        call.params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_add_with_auto_compose_off_leaves_both_compose_parameters_out() {
        let stale = RecordConfig { compose_vod_transcode_group: Some("c".into()), ..config() };
        assert_eq!(
            text(&add(&address("a.com/*/*"), &stale)),
            "AppName=* CycleDuration=3600 DomainName=a.com OnDemand=0 StreamName=* VodTranscodeGroupId=g"
        );
    }

    #[test]
    fn an_add_sends_everything_that_is_carried() {
        let passthrough = Passthrough {
            delay_time: Some(180),
            record_content: Some("raw,transcode".into()),
            space_id: Some("app-1000000".into()),
            transcode_templates: Some("a, b".into()),
            unknown: BTreeMap::new(),
        };
        let full = RecordConfig {
            auto_compose: true,
            compose_vod_transcode_group: Some("c".into()),
            storage_location: Some("bucket".into()),
            passthrough,
            ..config()
        };
        assert_eq!(
            text(&add(&address("a.com/show/cam"), &full)),
            "AppName=show AutoCompose=ON ComposeVodTranscodeGroupId=c CycleDuration=3600 DelayTime=180 \
             DomainName=a.com OnDemand=0 RecordContent=raw,transcode SpaceId=app-1000000 StorageLocation=bucket \
             StreamName=cam TranscodeTemplates.1=a TranscodeTemplates.2=b VodTranscodeGroupId=g"
        );
        let updated = update(&address("a.com/show/cam"), StreamSpelling::Named, &full, ComposeOff::Bare);
        assert_eq!(
            text(&updated),
            "AppName=show AutoCompose=ON ComposeVodTranscodeGroupId=c CycleDuration=3600 DelayTime=180 \
             DomainName=a.com OnDemand=0 StreamName=cam TranscodeTemplates.1=a TranscodeTemplates.2=b \
             VodTranscodeGroupId=g"
        );
    }

    #[test]
    fn an_update_says_off_in_three_ways() {
        let off = |how| {
            let call = update(&address("a.com/s/c"), StreamSpelling::Named, &config(), how);
            ["AutoCompose", "ComposeVodTranscodeGroupId"].map(|name| call.params.get(name).cloned())
        };
        assert_eq!(off(ComposeOff::Bare), [Some("OFF".into()), None]);
        assert_eq!(off(ComposeOff::WithGroup("c".into())), [Some("OFF".into()), Some("c".into())]);
        assert_eq!(off(ComposeOff::Neither), [None, None]);
    }

    #[test]
    fn a_write_echoes_the_spelling_and_never_an_empty_name() {
        let stream = |at: &str, spelling| delete(&address(at), spelling).params.get("StreamName").cloned();
        assert_eq!(stream("a.com/s/*", StreamSpelling::Named), Some("*".into()));
        assert_eq!(stream("a.com/s/*", StreamSpelling::Absent), None);
        assert_eq!(stream("a.com/s/*", StreamSpelling::Empty), None);
        assert_eq!(stream("a.com/s/c", StreamSpelling::Absent), Some("c".into()));
    }

    #[test]
    fn a_listing_asks_for_pages_of_a_hundred() {
        assert_eq!(text(&describe("a.com", 2, None)), "DomainName=a.com PageNum=2 PageSize=100");
        let only = address("a.com/s/c");
        assert_eq!(
            text(&describe("a.com", 1, Some((&only, StreamSpelling::Named)))),
            "AppName=s DomainName=a.com PageNum=1 PageSize=100 StreamName=c"
        );
    }

    #[test]
    fn what_no_request_can_carry_is_named() {
        let with = |passthrough| uncarryable(&RecordConfig { passthrough, ..config() });
        assert_eq!(uncarryable(&config()), None);
        assert_eq!(
            with(Passthrough { transcode_templates: Some("a,b-1".into()), ..Passthrough::default() }),
            None
        );
        let opaque = Passthrough { transcode_templates: Some("{\"a\":1}".into()), ..Passthrough::default() };
        assert_eq!(
            with(opaque).unwrap(),
            "holds `TranscodeTemplates` in its current form, which no request can carry"
        );
        let unknown = BTreeMap::from([("NewField".into(), 1.into())]);
        let reason = with(Passthrough { unknown, ..Passthrough::default() }).unwrap();
        assert_eq!(reason, "holds `NewField`, which no request can carry");
    }
}
