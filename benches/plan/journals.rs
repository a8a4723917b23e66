//! How much longer a plan takes to start in a folder with ten thousand finished runs.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::{Outcome, ROUNDS, median, run_livevod};

/// A file that has just been written is not remembered yet.
const AT_REST: Duration = Duration::from_millis(2_100);

const FILES: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: { state: absent } } } } } }
";

/// What a plan took without journals, and with those of so many finished runs.
pub(crate) struct Started {
    pub(crate) bare: Duration,
    /// The first plan, which reads them all.
    pub(crate) first: Duration,
    pub(crate) later: Duration,
}

/// The two sides take turns.
pub(crate) fn measure(folder: &Path, runs: usize) -> Outcome<Started> {
    let (bare, full) = (folder.join("bare"), folder.join("full"));
    let journals = full.join(".livevod/journal");
    std::fs::create_dir_all(&bare)?;
    std::fs::create_dir_all(&journals)?;
    for at in 1..=runs {
        let run = format!("20261101T000000.000Z-{at:06x}");
        std::fs::write(journals.join(format!("{run}.jsonl")), journal(&run, at))?;
        std::fs::write(journals.join(format!("{run}.snapshot.json")), "{}")?;
    }
    sleep(AT_REST);
    let plan = |folder: &Path| -> Outcome<Duration> {
        let file = folder.join("livevod.yaml");
        std::fs::write(&file, FILES)?;
        run_livevod(folder, &["plan", "--emulator"], &file, 0)
    };
    let first = plan(&full)?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(plan(&bare)?);
        with.push(plan(&full)?);
    }
    Ok(Started { bare: median(without), first, later: median(with) })
}

/// The journal of a run that updated ten configurations.
fn journal(run: &str, number: usize) -> String {
    let time = "2026-11-01T00:00:00Z";
    let config = |cycle: u32| {
        format!(
            r#"{{"vod_transcode_group":"VOD_NO_TRANSCODE","cycle_duration":{cycle},"auto_compose":false,"compose_vod_transcode_group":null,"on_demand":0,"storage_location":null,"delay_time":null,"record_content":null,"transcode_templates":null,"space_id":null,"record_format":null}}"#
        )
    };
    let address = |at: usize| format!(r#"{{"domain":"live.example.com","app":"show","stream":"cam{at}"}}"#);
    let (before, after) = (config(3600), config(900));
    let changes: Vec<String> = (0..10)
        .map(|at| {
            format!(r#"{{"address":{},"action":"update","before":{before},"after":{after}}}"#, address(at))
        })
        .collect();
    let mut text = format!(
        r#"{{"event":"begun","format_version":"3.1","run":"{run}","number":{number},"command":"apply","started_by":{{"user":"ann","host":"runner","commit":null,"job":null}},"released":[],"livevod":"0.1.0","time":"{time}","account":null,"target":"emulator .livevod/emulator.log","digest":"sha256:0","snapshot":"{run}.snapshot.json","summary":{{"create":0,"update":10,"replace":0,"delete":0,"unchanged":0}},"changes":[{}]}}"#,
        changes.join(",")
    );
    for at in 0..10 {
        let address = address(at);
        text += &format!(
            "\n{{\"event\":\"intent\",\"id\":{at},\"time\":\"{time}\",\"address\":{address},\"step\":\"update\",\"before\":{before},\"after\":{after}}}"
        );
        text += &format!(
            "\n{{\"event\":\"answer\",\"id\":{at},\"time\":\"{time}\",\"reply\":\"accepted\",\"request_id\":\"R\"}}"
        );
        text += &format!(
            "\n{{\"event\":\"ended\",\"time\":\"{time}\",\"address\":{address},\"action\":\"update\",\"outcome\":\"done\",\"request_id\":\"R\"}}"
        );
    }
    text + &format!("\n{{\"event\":\"finished\",\"time\":\"{time}\",\"interrupted\":false,\"calls\":30}}\n")
}
