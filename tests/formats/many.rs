//! More findings than a place can hold: what is shown, what is counted, what is kept.

use super::World;

/// `count` streams with a wrong cycle, one on each line, and one warning before them.
fn wrong(count: usize) -> String {
    let streams: String =
        (0..count).map(|at| format!("          s{at}: {{ cycle_duration: 1 }}\n")).collect();
    format!(
        "version: 1\ntranscode_groups: {{ odd: odd-one }}\ndefaults: {{ vod_transcode_group: odd }}\ndomains:\n  a.com:\n    apps:\n      show:\n        streams:\n{streams}"
    )
}

#[test]
fn github_gets_ten_a_level_and_the_last_counts_the_rest() {
    let github = World::with(&wrong(12)).run("validate --format github").stdout;
    let errors: Vec<&str> = github.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 10);
    assert_eq!(errors[9], "::error title=livevod::3 more errors, all listed in the log");
    assert_eq!(github.lines().filter(|line| line.starts_with("::warning ")).count(), 1);
    let listed: Vec<&str> = github
        .lines()
        .skip_while(|line| *line != "::group::13 findings")
        .skip(1)
        .take_while(|line| *line != "::endgroup::")
        .collect();
    assert_eq!(listed.len(), 13);
    assert_eq!(listed[12], "error livevod.yaml:20:34 [cycle-range] `1` is not between 5m and 6h", "{github}");
    assert!(github.ends_with("livevod: 12 errors, 1 warning\n"));
}

#[test]
fn exactly_ten_are_all_shown() {
    let github = World::with(&wrong(10)).run("validate --format github").stdout;
    assert_eq!(github.matches("::error ").count(), 10);
    assert!(!github.contains("::group::"), "{github}");
}

#[test]
fn people_are_shown_as_many_as_they_ask_for_the_weightiest_first() {
    let world = World::with(&wrong(12));
    let all = world.run("validate --max-findings 1000").stderr;
    assert_eq!(all.matches("cycle-range\n").count(), 12);
    let folded = world.run("validate").stderr;
    assert_eq!((folded.matches("cycle-range\n").count(), folded.matches("unusual-group\n").count()), (3, 1));
    assert!(folded.contains("… and 9 more findings like these: livevod.yaml:"), "{folded}");
    let few = world.run("validate --max-findings 2").stderr;
    assert_eq!(
        (few.matches("cycle-range\n").count(), few.matches("unusual-group\n").count()),
        (2, 0),
        "{few}"
    );
    let end = "11 more findings not shown (--max-findings)\nFound 12 errors, 1 warning.\n\
               `livevod explain CODE` says more about each: cycle-range, unusual-group.\n";
    assert!(few.ends_with(end), "{few}");
}

#[test]
fn machines_get_all_whatever_people_ask_for() {
    let world = World::with(&wrong(40));
    let sarif = world.run("validate --format sarif --max-findings 2").json();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 41);
    let gitlab = world.run("validate --format gitlab --max-findings 2").json();
    assert_eq!(gitlab.as_array().unwrap().len(), 41);
}

#[test]
fn one_bad_default_is_one_finding_in_every_format() {
    let streams: String = (0..400).map(|at| format!("s{at}: {{}}, ")).collect();
    let world = World::with(&format!(
        "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE, auto_compose: on }}\ndomains: {{ a.com: {{ apps: {{ show: {{ streams: {{ {streams} }} }} }} }} }}\n"
    ));
    let github = world.run("validate --format github").stdout;
    assert_eq!(github.matches("::error ").count(), 1, "{github}");
    assert!(github.contains("400 configurations"), "{github}");
}
