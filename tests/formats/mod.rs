//! The formats of findings: what they look like, that they mean the same, and that no text breaks out of them.

mod documents;
mod hostile;
mod hostile_plan;
mod hostile_text;
mod html;
mod many;
mod markdown;
mod plans;
mod remote;
mod table;
mod terraform;

use crate::transcripts::{Run, World};

/// Two files with errors in both, a chain of inheritance across the files, and text after wide characters.
fn mistaken() -> World {
    let world = World::new();
    world.write(
        "live/a.yaml",
        "version: 1\ndefaults: { cycle_duraton: 900 }\n# 中文 😀\ntiers: { 高级: {}, vip: { cycle_duration: 100 } }\n",
    );
    world.write(
        "live/b,c.yaml",
        "version: 1\ndomains:\n  live.example.com:\n    apps:\n      show: { streams: { cam1: { tier: vpi, cycle: 5 }, cam1: {} } }\n",
    );
    world
}
