//! The configurations that are planned, once as YAML and once as the service lists them: the two agree.

use std::fmt::Write as _;

/// Configurations of a page, the most that the API gives.
pub(crate) const PAGE: usize = 100;

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";

/// Apps of the one domain that is large.
const APPS: usize = 10_000;

/// 50,000 configurations in 10,000 apps of one domain; each app has these further lines in `streams` and above it.
pub(crate) fn apps_yaml(stream: &str, setting: &str) -> String {
    let mut text = format!(
        "version: 1\ndefaults: {{ vod_transcode_group: {GROUP} }}\ndomains:\n  live.example.com:\n    apps:\n"
    );
    for app in 0..APPS {
        let _ = writeln!(text, "      app{app:05}:\n        {setting}\n        streams:\n          {stream}");
        for cam in 1..5 {
            let _ = writeln!(text, "          cam{cam}: {{ cycle_duration: 40m }}");
        }
    }
    text
}

/// So many patterns under `ignore`, which match nothing that is declared, and as many under `protect`: lines to put
/// before those of [`apps_yaml`].
pub(crate) fn patterns_yaml(each: usize) -> String {
    let list = |stream: &str| -> String {
        (0..each).map(|app| format!("  - live.example.com/app{app:05}/{stream}\n")).collect()
    };
    format!("ignore:\n{}protect:\n{}", list("test-*"), list("cam*"))
}

/// So many domains with so many streams each, every stream with all settings written out, and nothing for a rule to find.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) domains: usize,
    pub(crate) streams_each: usize,
}

impl Work {
    pub(crate) fn domain(domain: usize) -> String {
        format!("live-{domain:03}.example.com")
    }

    /// Calls that list one domain: a page that is not full ends it.
    pub(crate) fn pages_each(&self) -> u32 {
        u32::try_from(self.streams_each / PAGE + 1).unwrap_or(u32::MAX)
    }

    /// The desired state, one file.
    pub(crate) fn yaml(&self) -> String {
        let mut text = String::from("version: 1\ndomains:\n");
        for domain in 0..self.domains {
            let _ = writeln!(text, "  {}:\n    apps:\n      show:\n        streams:", Self::domain(domain));
            for stream in 0..self.streams_each {
                let _ = writeln!(
                    text,
                    "          cam-{stream:04}:\n            vod_transcode_group: {GROUP}\n            \
                     cycle_duration: 40m\n            auto_compose: on\n            \
                     compose_vod_transcode_group: {ARCHIVE}\n            on_demand: 0"
                );
            }
        }
        text
    }

    /// The same with so many mistakes, spread evenly over the streams, each at a place of its own.
    pub(crate) fn faulty_yaml(&self, mistakes: usize) -> String {
        let every = self.domains * self.streams_each / mistakes;
        let streams = self.yaml();
        let streams = streams.split("cycle_duration: 40m").enumerate();
        let joined = streams.map(|(at, part)| match at {
            0 => part.to_owned(),
            at if at % every == 0 => format!("cycle_duration: 40s{part}"),
            _ => format!("cycle_duration: 40m{part}"),
        });
        joined.collect()
    }

    /// One page of the answer of DescribeLiveRecordVodConfigs, numbered from 1, as JSON.
    pub(crate) fn page(&self, domain: usize, page: u32) -> String {
        let first = (page as usize - 1) * PAGE;
        let streams = first..self.streams_each.min(first + PAGE);
        let items: Vec<String> = streams.map(|stream| Self::item(domain, stream)).collect();
        format!(
            r#"{{"RequestId":"5056369B-D337-499E-B8B7-B761BD37B08A","PageNum":{page},"PageSize":{PAGE},"Total":"{}","LiveRecordVodConfigs":{{"LiveRecordVodConfig":[{}]}}}}"#,
            self.streams_each,
            items.join(","),
        )
    }

    fn item(domain: usize, stream: usize) -> String {
        format!(
            r#"{{"DomainName":"{}","AppName":"show","StreamName":"cam-{stream:04}","CreateTime":"2026-01-02T03:04:05Z","VodTranscodeGroupId":"{GROUP}","CycleDuration":2400,"AutoCompose":"ON","ComposeVodTranscodeGroupId":"{ARCHIVE}","OnDemand":0}}"#,
            Self::domain(domain),
        )
    }
}
