//! Plans to render in every format of plans.

use livevod::apply::journal::History;
use livevod::drift::{self, Comparison, Drift};
use livevod::model::{Address, Field, RecordConfig, Snapshot, StreamSpelling};
use livevod::plan::{
    Budget, Change, ChangeNote, Coverage, Decisions, FieldOrigin, Notes, Plan, Reason, Recorder, Transition,
};
use livevod::resolve::{Desired, OriginKind};
use livevod::source::{Place, Position, Sources};

use super::World;

/// What the service holds before the plans. It is applied first.
const BEFORE: &str = "\
version: 1
account: \"1234567890123456\"
region: cn-shanghai
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd, cycle_duration: 1h }
tiers:
  vip: { cycle_duration: 30m, auto_compose: on, compose_vod_transcode_group: archive }
domains:
  live.example.com:
    apps:
      show:
        streams:
          \"*\": {}
          cam1: {}
          cam2: {}
          cam3: {}
          main: { storage_location: first-bucket.oss-cn-shanghai.aliyuncs.com }
          old: {}
      news:
        streams: { desk: { tier: vip }, weather: {} }
";

pub(super) fn applied() -> World {
    let world = World::with(BEFORE);
    world.converge("--emulator");
    world
}

/// Identical and single updates, a replace, a delete, a create, a stop of recording, and an unmanaged configuration.
pub(super) fn changed() -> World {
    let world = applied();
    let text = BEFORE
        .replace("cam1: {}", "cam1: { cycle_duration: 2h }")
        .replace("cam2: {}", "cam2: { tier: vip }")
        .replace("cam3: {}", "cam3: { tier: vip }")
        .replace("first-bucket", "second-bucket")
        .replace("old: {}", "old: { state: absent }\n          new: { on_demand: 0 }")
        .replace("desk: { tier: vip }, weather: {}", "weather: { on_demand: 1 }");
    world.write("livevod.yaml", &text);
    world
}

/// What a plan finds to differ, every unmanaged configuration included.
pub(super) fn found(plan: &Plan) -> Drift {
    let (snapshot, history) = (Snapshot::default(), History::default());
    let (desired, sources) = (Desired::default(), Sources::default());
    drift::find(Comparison {
        plan,
        snapshot: &snapshot,
        history: &history,
        desired: &desired,
        sources: &sources,
        counts_unmanaged: true,
    })
}

/// This many updates in ten domains, all different.
pub(super) fn many(count: u32) -> Plan {
    let (changes, notes) = (0..count).map(update).unzip();
    let account = Some("1234567890123456".to_owned());
    let budget = Budget { reads: 2 * u64::from(count), writes: u64::from(count), seconds: 60 };
    Plan {
        decisions: Decisions { account, changes, ..Decisions::default() },
        notes: Notes { changes: notes, budget, ..Notes::default() },
    }
}

fn update(at: u32) -> (Change, ChangeNote) {
    let address = Address::new(format!("live{}.example.com", at % 10), "show", format!("cam{at:06}"));
    let settings = |cycle_duration| RecordConfig { cycle_duration, ..RecordConfig::default() };
    let position = Position { line: 14, column: 28, byte: 300 };
    let place = Place { file: "livevod.yaml".to_owned(), start: position, end: position };
    let origin =
        FieldOrigin { kind: OriginKind::Defaults, tier: None, place: Some(place.clone()), via: Vec::new() };
    let recorder = Some(Recorder { other: None, records_by_itself: true });
    let note = ChangeNote {
        place: Some(place),
        origins: [(Field::CycleDuration, origin)].into(),
        coverage: Coverage { before: recorder.clone(), after: recorder },
        ..ChangeNote::default()
    };
    let change = Change {
        transition: Transition::Update { before: settings(10_000_000 + at), after: settings(1800) },
        reason: Reason::Differs,
        is_protected: false,
        address,
        spelling: StreamSpelling::Named,
        contingent: Vec::new(),
        siblings: Vec::new(),
    };
    (change, note)
}
