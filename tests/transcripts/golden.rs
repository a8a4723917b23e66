//! The output of each code at 80 columns, word for word: from the wrong example on its page, or else from a scene that causes it.
//! Some are also shown without drawings, and at 120 columns.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use livevod::diag::Code;
use livevod::explain::page;

use super::apply::hold_unmanageable;
use super::audit::{night, shown};
use super::notify::Post;
use super::server::{Server, keyed};
use super::teams::{Cloud, OLD, amid_a_replace, files};
use super::{Run, World};
use crate::desired::pages::examples;

const ONE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { prune: true, apps: { show: { streams: { cam1: {}, cam2: {} } } } }
";

/// A code, and a run that ends with it.
type Scene = (&'static str, fn() -> Run);

/// Codes that need more than the text of a file.
const SCENES: &[Scene] = &[
    ("absent-idle", || {
        columns(ONE.replace("cam2: {}", "cam2: { state: absent }")).run("validate --online --emulator")
    }),
    ("account", || {
        columns(ONE.replace("version: 1\n", "version: 1\naccount: \"1234567890123456\"\n"))
            .run("plan --emulator --account 6543210987654321")
    }),
    ("base", || columns(ONE).run("plan --emulator --base nowhere")),
    ("credentials", || columns(ONE).run("plan")),
    ("difference", || edited().run("drift --emulator")),
    ("domain-state", || asked("--domain=live.example.com=eu-central-1", "region: cn-shanghai")),
    ("emulator", || columns(ONE).run("apply --emulator=livevod.yaml/state.log --auto-approve")),
    ("group-not-found", || {
        asked(
            "--group=00000000000000000000000000000001 --domain=live.example.com=eu-central-1",
            "transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }\nregion: eu-central-1",
        )
    }),
    ("group-space", || {
        asked(
            "--group=e2d796d3bb5fd8049d32bff62f94e4c1=app-2",
            "transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }\nregion: cn-shanghai\ntiers: { sports: { space_id: app-1000000 } }",
        )
    }),
    ("guard", || edited().run("plan --emulator")),
    ("import", || {
        let kept = ONE.replace("prune: true, ", "");
        let world = columns(&kept);
        world.run("apply --emulator --auto-approve");
        world.write(
            "livevod.yaml",
            &kept.replace(
                "show: { streams: { cam1: {}, cam2: {} } }",
                "show: &both { streams: { cam1: {} } }",
            ),
        );
        world.run("import --merge --emulator")
    }),
    ("journal", || {
        let world = columns(ONE);
        world.write("taken", "a file where the folder should be");
        world.run("apply --emulator --auto-approve --journal taken/journal")
    }),
    ("lease", || {
        let cloud = Cloud::begin();
        let ann = cloud.machine(&files("live.example.com", OLD));
        let _running = amid_a_replace(&cloud, &ann);
        let mut bob = cloud.machine(&files("live.example.com", OLD));
        // So wide that no line breaks at the name of this machine.
        bob.set("COLUMNS", "200");
        stable(bob.run("apply --auto-approve"))
    }),
    ("link-outside", || {
        let world = columns(ONE);
        world.write("live/ours.yaml", ONE);
        std::os::unix::fs::symlink("../livevod.yaml", world.path().join("live/theirs.yaml")).unwrap();
        world.run("validate live")
    }),
    ("no-files", || {
        let world = columns(ONE);
        world.write("notes/README.md", "");
        world.run("validate notes")
    }),
    ("not-approved", || columns(ONE).run("apply --emulator")),
    ("not-done", refused),
    ("not-formatted", || columns(ONE.replace("version: 1", "version:   1")).run("fmt --check")),
    ("not-recorded", || {
        let mut world = night();
        world.set("COLUMNS", "80");
        shown(&world, "--format github")
    }),
    ("not-told", || {
        let mut world = columns(ONE);
        world.set("LIVEVOD_NOTIFY_SLACK_URL", &Post::gone().url);
        world.run("drift --emulator --notify slack")
    }),
    ("not-utf8", || {
        let world = columns(ONE);
        std::fs::write(world.path().join("latin.yaml"), b"version: 1\n# caf\xe9\n").unwrap();
        world.run("validate latin.yaml")
    }),
    ("oss-overlap", || asked("--oss-recording=live.example.com/show/*", "region: cn-shanghai")),
    ("plan-file", || columns(ONE).run("show livevod.yaml")),
    ("plan-warning", || {
        let world = columns(ONE.replace("prune: true, ", ""));
        world.converge("--emulator");
        world.write(
            "livevod.yaml",
            &ONE.replace("prune: true, ", "").replace("cam1: {}, cam2", "\"*\": {}, cam2"),
        );
        world.run("plan --emulator")
    }),
    ("remote", refused),
    ("snapshot", || {
        let world = columns(ONE);
        world.run("snapshot --emulator --out before.json");
        world.write("livevod.yaml", &ONE.replace("live.example.com", "more.example.com"));
        world.run("plan --against before.json")
    }),
    ("space-not-found", || {
        asked("--app-space=app-2", "region: cn-shanghai\ntiers: { sports: { space_id: app-20 } }")
    }),
    ("unknown-outcome", || {
        let mut world = keyed(ONE);
        world.set("COLUMNS", "80");
        let server = Server::start(&world, &["--fault", "stale:time=10m"]);
        let line =
            format!("apply --auto-approve --timeout 1s --account 1234567890123456 --endpoint {}", server.url);
        let mut run = world.run(&line);
        // The digest is of the target too, and so of a port.
        let named = run.stdout.replace(&server.url, "[endpoint]");
        let line =
            |line: &str| if line.starts_with("digest ") { "digest […]" } else { line }.to_owned() + "\n";
        run.stdout = named.lines().map(line).collect();
        run
    }),
    ("unreadable", || columns(ONE).run("validate livevod.yml")),
    ("unsupported", || {
        let world = columns(ONE);
        hold_unmanageable(&world, "cam1");
        world.run("plan --emulator")
    }),
    ("store", || {
        let cloud = Cloud::begin();
        let mut ann = cloud.machine(&files("live.example.com", OLD));
        ann.set("LIVEVOD_STORE", "oss://missing/livevod");
        ann.run("apply --auto-approve")
    }),
    ("unwritable", || {
        let world = columns(ONE.replace("version: 1", "version:   1"));
        let mut permissions = std::fs::metadata(world.path().join("livevod.yaml")).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(world.path().join("livevod.yaml"), permissions).unwrap();
        world.run("fmt")
    }),
    ("usage", || columns(ONE).run("explain short-cycel")),
];

/// A folder with a file, and a terminal of 80 columns.
fn columns(text: impl AsRef<str>) -> World {
    let mut world = World::with(text.as_ref());
    world.set("COLUMNS", "80");
    world
}

/// The same run without the name of this machine, the id of the other run, and times.
fn stable(run: Run) -> Run {
    let word = |word: &str| match word {
        _ if word.starts_with("20") && word.contains("Z-") => "[run])".to_owned(),
        _ if word.starts_with("20") && word.len() == 10 => "[day]".to_owned(),
        _ if word.len() == 8 && word.matches(':').count() == 2 => "[time]".to_owned(),
        word => word.to_owned(),
    };
    let text = |text: &str| {
        let lines = text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    Run { stdout: text(&run.stdout), stderr: text(&run.stderr), ..run }
}

/// A service after an apply, and files that were then edited so much that guards refuse the plan.
fn edited() -> World {
    let world = columns(ONE);
    world.converge("--emulator");
    world.write("livevod.yaml", &ONE.replace("cam1: {}, cam2: {}", "cam1: { cycle_duration: 30m }"));
    world
}

/// `validate --online` of a file with one more line, against a service with one more setting.
fn asked(service: &str, line: &str) -> Run {
    let text = ONE.replace("domains:", &format!("{line}\ndomains:"));
    let text = if line.starts_with("transcode") { text.replace("VOD_NO_TRANSCODE", "hd") } else { text };
    let text =
        if line.contains("sports:") { text.replace("cam2: {}", "cam2: { tier: sports }") } else { text };
    let mut world = keyed(&text);
    world.set("COLUMNS", "80");
    let server = Server::start(&world, &service.split(' ').collect::<Vec<_>>());
    world.run(&format!("validate --online --endpoint {}", server.url))
}

/// An apply whose create is refused by the service, so that the delete after it is not attempted.
fn refused() -> Run {
    let world = columns(ONE);
    world.converge("--emulator");
    let text = ONE.replace("domains:", "transcode_groups: { hd: no-such-group }\ndomains:");
    let text = text.replace("cam2: {}", "cam2: { state: absent }, cam3: { vod_transcode_group: hd }");
    world.write("livevod.yaml", &text);
    world.run("apply --emulator --auto-approve --max-delete 1")
}

/// `validate` of the wrong example of a page; nothing if the page has no file.
fn page_world(code: Code) -> Option<(World, String)> {
    let wrong = examples(page(code), "Wrong");
    let names: Vec<String> = match wrong.len() {
        0 => return None,
        1 => vec!["livevod.yaml".to_owned()],
        count => (1..=count).map(|number| format!("{number}.yaml")).collect(),
    };
    let world = columns("");
    for (name, text) in names.iter().zip(&wrong) {
        world.write(name, text);
    }
    Some((world, format!("validate {}", names.join(" "))))
}

#[test]
fn every_code_of_a_file_is_shown() {
    for code in Code::ALL {
        if let Some((world, line)) = page_world(*code) {
            let run = world.run(&line);
            assert!(run.stderr.starts_with(&format!("{code}\n")), "{code}: {}", run.transcript());
            assert_snapshot!(format!("golden_{code}"), run.transcript());
        }
    }
}

#[test]
fn every_other_code_is_shown() {
    for (code, scene) in SCENES {
        assert_snapshot!(format!("golden_{code}"), scene().transcript());
    }
}

#[test]
fn no_code_is_without_a_picture() {
    let pages = Code::ALL.iter().filter(|code| !examples(page(**code), "Wrong").is_empty());
    let scenes = SCENES.iter().map(|(code, _)| *code);
    let shown: Vec<&str> = pages.map(|code| code.as_str()).chain(scenes).collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(shown.len(), all.len(), "a code has two");
}

/// No line is wider than the terminal, except what can't be wrapped: excerpts of files, and long words.
#[test]
fn no_picture_leaves_the_window() {
    for code in Code::ALL {
        let Some((world, line)) = page_world(*code) else { continue };
        for line in world.run(&line).stderr.lines().filter(|line| !line.contains(['│', '·', '╰'])) {
            assert!(line.chars().count() <= 80, "{code}: {line}");
        }
    }
}

#[test]
fn the_richest_are_told_and_wide_as_well() {
    for code in [Code::MissingComposeGroup, Code::Conflict, Code::TierCycle, Code::GroupRegion] {
        let (mut world, line) = page_world(code).unwrap();
        world.set("COLUMNS", "120");
        let wide = world.run(&line).transcript();
        world.set("NO_GRAPHICS", "1");
        assert_snapshot!(format!("wide_{code}"), format!("{wide}\n{}", world.run(&line).transcript()));
    }
}

/// The chain of inheritance is shown step by step across files, each step at its place.
#[test]
fn a_chain_is_followed_through_files() {
    let mut world = columns("");
    world.write(
        "shared.yaml",
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ntiers:\n  vip: { tier: merged }\n  \
         merged: { auto_compose: on }\n",
    );
    world.write(
        "domains.yaml",
        "version: 1\nlayouts:\n  tv: { apps: { show: { streams: { \"*\": { tier: vip }, cam1: { tier: vip } } } } }\n\
         domains:\n  a.example.com: { layout: tv }\n  b.example.com: { layout: tv }\n",
    );
    let drawn = world.run("validate domains.yaml shared.yaml").transcript();
    world.set("NO_GRAPHICS", "1");
    assert_snapshot!(format!("{drawn}\n{}", world.run("validate domains.yaml shared.yaml").transcript()));
}
