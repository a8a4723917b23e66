//! Turns an address and a configuration into one of the four [`Call`]s.

use std::collections::BTreeMap;

use super::formats;
use super::values::write_value;
use super::{Action, Call};
use crate::model::{Address, EVERY, Field, Form, RecordConfig, StreamSpelling, Value, is_telling};

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

/// Why a write can't send the configuration whole; `None` if it can.
///
/// No request can send an undocumented field, so an Update might lose it and a replace would. A list of formats beside
/// `FormatConfig: false` is kept by an Update of the classic fields.
pub fn uncarryable(config: &RecordConfig, action: Action) -> Option<String> {
    let own = config.unknown.iter().filter(|(name, value)| {
        let is_kept = name.as_str() == formats::LIST && action == Action::Update;
        is_telling(name, value) && !is_kept
    });
    let own = own.map(|(name, value)| (name.clone(), value));
    let inner = config.record_format.iter().flat_map(formats::unknown);
    let shown = |(name, value): (String, &_)| match name.as_str() {
        formats::LIST => format!("`{name}` beside `FormatConfig: false` ({value})"),
        _ => format!("`{name}` ({value})"),
    };
    let lost: Vec<String> = own.chain(inner).map(shown).collect();
    if !lost.is_empty() {
        return Some(format!("holds {}, which no request can carry", lost.join(", ")));
    }
    let is_refused = action == Action::Add && config.records_transcoded() && !config.names_templates();
    is_refused.then(|| {
        "records transcoded streams without `transcode_templates`, which no configuration can be created with; \
         write both, or `record_content: [raw]`"
            .to_owned()
    })
}

/// The configuration without the undocumented fields that say something, which no request can send: what an Add can make
/// of one that is gone.
pub fn addable(mut config: RecordConfig) -> RecordConfig {
    config.unknown.retain(|name, value| !is_telling(name, value));
    for settings in config.record_format.iter_mut().flat_map(BTreeMap::values_mut) {
        settings.unknown.retain(|name, value| !is_telling(name, value));
    }
    config
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
                Field::VodTranscodeGroup if config.is_by_format() => {}
                _ => self.set_field(field, config.get(field)),
            }
        }
        if let Some(formats) = &config.record_format {
            self.0.extend(formats::parameters(formats));
            return;
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
        match (value, field.form()) {
            (Value::Set(names), Form::Templates) => {
                for (at, id) in names.iter().enumerate() {
                    self.set(&format!("{name}.{}", at + 1), id);
                }
            }
            (value, _) => self.set_if(name, write_value(field, value).as_deref()),
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
    use serde_json::json;

    use super::*;
    use crate::model::{Format, FormatSettings, Process, words};

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
    fn an_add_sends_everything_that_is_set() {
        let full = RecordConfig {
            auto_compose: true,
            compose_vod_transcode_group: Some("c".into()),
            storage_location: Some("bucket".into()),
            delay_time: Some(180),
            record_content: Some(words("transcode,raw")),
            space_id: Some("app-1000000".into()),
            transcode_templates: Some(words("b, a")),
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

    /// The query that an official SDK sends for the same configuration.
    #[test]
    fn a_by_format_configuration_sends_every_format_and_nothing_classic() {
        let m3u8 = FormatSettings {
            process: Some(Process::Transcode("e2d7".into())),
            slice_duration: Some(10),
            auto_compose: Some(true),
            video: Some(words("compose,origin")),
            tags: Some("sports,live".into()),
            ..FormatSettings::default()
        };
        let mp4 =
            FormatSettings { process: Some(Process::Workflow("wf-1".into())), ..FormatSettings::default() };
        let bare = FormatSettings {
            process: Some(Process::Nothing),
            tags: Some(String::new()),
            ..FormatSettings::default()
        };
        let formats = [(Format::Mp4, mp4), (Format::M3u8, m3u8), (Format::Flv, bare)];
        let config = RecordConfig {
            record_format: Some(formats.into()),
            record_content: Some(words("raw")),
            ..RecordConfig { auto_compose: true, compose_vod_transcode_group: Some("c".into()), ..config() }
        };
        let sent = "AppName=s CycleDuration=3600 DomainName=a.com OnDemand=0 RecordFormat.1.Format=flv \
             RecordFormat.2.AutoCompose=ON RecordFormat.2.Format=m3u8 RecordFormat.2.ProcessMethod=transcode \
             RecordFormat.2.ProcessTemplateId=e2d7 RecordFormat.2.SliceDuration=10 RecordFormat.2.Tags=sports,live \
             RecordFormat.2.VideoProcess=origin,compose RecordFormat.3.Format=mp4 \
             RecordFormat.3.ProcessMethod=workflow RecordFormat.3.ProcessTemplateId=wf-1 StreamName=c";
        let at = address("a.com/s/c");
        assert_eq!(text(&update(&at, StreamSpelling::Named, &config, ComposeOff::Bare)), sent);
        let added = sent.replace("RecordFormat.1.F", "RecordContent=raw RecordFormat.1.F");
        assert_eq!(text(&add(&at, &config)), added);
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
    fn transcoded_streams_without_templates_can_be_updated_but_not_added() {
        let content = RecordConfig { record_content: Some(words("transcode")), ..config() };
        let named = RecordConfig { transcode_templates: Some(words("a")), ..content.clone() };
        let cleared = RecordConfig { transcode_templates: Some(words("")), ..content.clone() };
        for (config, is_refused) in [(&content, true), (&cleared, true), (&named, false)] {
            assert_eq!(uncarryable(config, Action::Update), None);
            assert_eq!(uncarryable(config, Action::Add).is_some(), is_refused);
        }
    }

    #[test]
    fn what_a_write_would_lose_is_named_with_its_value() {
        let with = |name: &str, value: serde_json::Value| RecordConfig {
            unknown: [(name.to_owned(), value)].into(),
            ..config()
        };
        let lost =
            |config: &RecordConfig| [Action::Update, Action::Add].map(|action| uncarryable(config, action));
        assert_eq!(lost(&config()), [None, None]);
        for nothing in
            [json!(false), json!(0), json!(null), json!(""), json!([]), json!({"a": [0, ""]}), json!("0")]
        {
            assert_eq!(lost(&with("New", nothing.clone())), [None, None], "{nothing}");
        }
        assert_eq!(lost(&with("RegionId", "cn-shanghai".into())), [None, None]);
        let reason = Some("holds `New` ({\"a\":1}), which no request can carry".to_owned());
        assert_eq!(lost(&with("New", json!({"a": 1}))), [reason.clone(), reason]);
        let [updated, added] = lost(&with("RecordFormatList", json!({"RecordFormat": [{"Format": "mp4"}]})));
        assert_eq!((updated, added.is_some()), (None, true), "an Update leaves an unused list alone");
        let mp4 =
            FormatSettings { unknown: [("New".to_owned(), 1.into())].into(), ..FormatSettings::default() };
        let inner = RecordConfig { record_format: Some([(Format::Mp4, mp4)].into()), ..config() };
        let reason = Some("holds `mp4.New` (1), which no request can carry".to_owned());
        assert_eq!(lost(&inner), [reason.clone(), reason]);
    }
}
