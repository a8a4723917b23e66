//! The configurations that are read, as YAML.

use std::fmt::Write as _;

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";

/// So many domains with so many streams each, every stream with all settings written out, and nothing for a rule to find.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) domains: usize,
    pub(crate) streams_each: usize,
}

impl Work {
    /// The desired state, one file.
    pub(crate) fn yaml(&self) -> String {
        let mut text = String::from("version: 1\ndomains:\n");
        for domain in 0..self.domains {
            let _ =
                writeln!(text, "  live-{domain:03}.example.com:\n    apps:\n      show:\n        streams:");
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
}
