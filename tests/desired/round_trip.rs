//! YAML that another program wrote, with any quotes and layout, is read as the values that it was made from.

use std::collections::BTreeMap;

use livevod::model::State;
use proptest::prelude::*;
use serde::Serialize;

use super::read;

/// A file as another program represents it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Wanting {
    version: u32,
    account: String,
    domains: BTreeMap<String, DomainWanting>,
}

#[derive(Debug, Clone, Serialize)]
struct DomainWanting {
    apps: BTreeMap<String, AppWanting>,
}

#[derive(Debug, Clone, Serialize)]
struct AppWanting {
    streams: BTreeMap<String, StreamWanting>,
}

#[derive(Debug, Clone, Serialize)]
struct StreamWanting {
    vod_transcode_group: String,
    cycle_duration: u32,
    auto_compose: bool,
    compose_vod_transcode_group: String,
    on_demand: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
}

fn name() -> impl Strategy<Value = String> {
    // Names that have another meaning in YAML 1.1 are ordinary names.
    prop_oneof![
        "[A-Za-z0-9_-]{1,12}",
        Just("*".into()),
        Just("on".into()),
        Just("null_".into()),
        Just("1e3".into()),
        Just("0x1F".into())
    ]
}

fn group() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{32}", "[0-9]{32}", Just("VOD_NO_TRANSCODE".to_owned())]
}

fn stream() -> impl Strategy<Value = StreamWanting> {
    let location = prop::option::of("[a-z0-9]{1,9}\\.oss-cn-shanghai\\.aliyuncs\\.com");
    let present = prop::option::of(Just(State::Present));
    (
        group(),
        300u32..=21600,
        any::<bool>(),
        group(),
        prop::sample::select(vec![0u8, 1, 2, 7]),
        location,
        present,
    )
        .prop_map(
            |(
                vod_transcode_group,
                cycle_duration,
                auto_compose,
                compose_vod_transcode_group,
                on_demand,
                storage_location,
                state,
            )| {
                StreamWanting {
                    vod_transcode_group,
                    cycle_duration,
                    auto_compose,
                    compose_vod_transcode_group,
                    on_demand,
                    storage_location,
                    state,
                }
            },
        )
}

pub(super) fn wanted() -> impl Strategy<Value = Wanting> {
    let app = prop::collection::btree_map(name(), stream(), 0..4).prop_map(|streams| AppWanting { streams });
    let domain = prop::collection::btree_map(name(), app, 0..3).prop_map(|apps| DomainWanting { apps });
    let domains = prop::collection::btree_map("[a-z0-9]{1,8}\\.example\\.com", domain, 0..3);
    ("[0-9]{1,16}", domains).prop_map(|(account, domains)| Wanting { version: 1, account, domains })
}

/// Writes `wanted` with another library and reads it with ours.
pub(super) fn check(wanted: &Wanting) -> Result<(), TestCaseError> {
    let text = serde_yaml::to_string(wanted).unwrap();
    let read = read(&[("a.yaml", &text)]);
    prop_assert!(!livevod::diag::has_errors(&read.diagnostics), "{:?}\n{text}", read.found());
    prop_assert_eq!(&read.document.account.as_ref().unwrap().value, &wanted.account);
    let mut left: usize = read.desired.domains.values().map(|domain| domain.entries.len()).sum();
    for (domain, DomainWanting { apps }) in &wanted.domains {
        for (app, AppWanting { streams }) in apps {
            for (stream, wanting) in streams {
                let resolved = read.resolved(&format!("{domain}/{app}/{stream}")).unwrap();
                check_stream(wanting, &resolved.config)?;
                left -= 1;
            }
        }
    }
    prop_assert_eq!(left, 0);
    Ok(())
}

fn check_stream(wanting: &StreamWanting, config: &livevod::model::RecordConfig) -> Result<(), TestCaseError> {
    prop_assert_eq!(&config.vod_transcode_group, &wanting.vod_transcode_group);
    prop_assert_eq!(config.cycle_duration, wanting.cycle_duration);
    prop_assert_eq!(config.auto_compose, wanting.auto_compose);
    let compose = wanting.auto_compose.then_some(&wanting.compose_vod_transcode_group);
    prop_assert_eq!(config.compose_vod_transcode_group.as_ref(), compose);
    prop_assert_eq!(config.on_demand, wanting.on_demand);
    prop_assert_eq!(&config.storage_location, &wanting.storage_location);
    Ok(())
}
