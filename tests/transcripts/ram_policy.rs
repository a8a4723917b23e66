//! `ram-policy`: the least policies for the files, and who may assume the roles of pipelines.

use insta::assert_snapshot;

use super::World;

const FILE: &str = "\
version: 1
account: \"1234567890123456\"
region: cn-shanghai
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {} } } } }
  live.example.org: { apps: { show: { streams: { cam1: { state: absent } } } } }
";

/// Output of a run that is well and says nothing else.
fn printed(world: &World, line: &str) -> String {
    let run = world.run(line);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{line}: {}", run.transcript());
    run.stdout
}

/// The actions of a printed policy.
fn actions(world: &World, line: &str) -> Vec<String> {
    let run = world.run(&format!("ram-policy --format json {line}"));
    assert_eq!(run.code, 0, "{}", run.transcript());
    let document = run.json();
    assert_eq!(document["Version"], "1");
    let statements = document["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_read_what_each_statement_is_for() {
    let world = World::with(FILE);
    let run = world.run("ram-policy --online --all-domains --who --for plan,apply,import,audit");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(run.transcript());
}

#[test]
fn a_store_of_oss_is_in_the_policy_and_others_have_their_own() {
    let world = World::with(FILE);
    assert_snapshot!("store", printed(&world, "ram-policy --store oss://team/livevod"));
    let document = printed(&world, "ram-policy --store oss://team/livevod --for plan --format json");
    assert!(
        document.contains("\"Resource\": [\n        \"acs:oss:*:*:team/livevod/plans/*\",\n"),
        "{document}"
    );
    let without = printed(&world, "ram-policy --format json");
    assert_eq!(printed(&world, "ram-policy --format json --store file:.livevod"), without);
    let run = world.run("ram-policy --format json --store s3://team/livevod");
    assert_eq!((run.code, run.stdout), (0, without));
    assert_eq!(
        run.stderr,
        "note: RAM does not rule s3://team/livevod: docs/stores.md has the permissions there\n"
    );
    let run = world.run("ram-policy --store oos://team");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("did you mean `oss:`?"), "{}", run.transcript());
}

#[test]
fn terraform_gets_a_policy_for_each_use() {
    assert_snapshot!(printed(&World::with(FILE), "ram-policy --format terraform"));
}

#[test]
fn vod_is_in_the_policy_only_if_the_files_use_it() {
    let group = "vod:GetTranscodeTemplateGroup";
    let space = "vod:GetAppInfos";
    let has = |world: &World, action: &str| actions(world, "--online").iter().any(|one| one == action);
    let world = World::with(FILE);
    assert!(!has(&world, group) && !has(&world, space));
    let world = World::with(&FILE.replace("VOD_NO_TRANSCODE", "e2d796d3bb5fd8049d32bff62f94e4c1"));
    assert!(has(&world, group) && !has(&world, space));
    let world = World::with(&FILE.replace("VOD_NO_TRANSCODE", "VOD_NO_TRANSCODE, space_id: app-1000000"));
    assert!(!has(&world, group) && has(&world, space));
}

#[test]
fn an_import_needs_no_files_and_an_unknown_account_is_a_warning() {
    let listed = "live:DescribeLiveUserDomains";
    assert!(!actions(&World::new(), "--for import").contains(&listed.to_owned()));
    assert!(actions(&World::new(), "--for import --all-domains").contains(&listed.to_owned()));
    assert_eq!(World::new().run("ram-policy").code, 1, "a plan needs files");
    let world = World::with(&FILE.replace("account: \"1234567890123456\"\n", ""));
    let run = world.run("ram-policy --for apply --format json");
    assert!(run.stderr.starts_with("warning: the account is not known"), "{}", run.transcript());
    assert!(run.stdout.contains("acs:cdn:*:*:domain/live.example.org"), "{}", run.transcript());
    assert_eq!(world.run("ram-policy --for plan --format json").stderr, "", "no resource names the account");
    let given = printed(&world, "ram-policy --for apply --format json --account 6543210987654321");
    assert!(given.contains("acs:cdn:*:6543210987654321:domain/live.example.org"), "{given}");
    let other = World::with(FILE).run("ram-policy --account 6543210987654321");
    assert_eq!(other.code, 3, "{}", other.transcript());
}

#[test]
fn pipelines_are_trusted_by_host_repository_and_role() {
    let world = World::with(FILE);
    assert_snapshot!("github", printed(&world, "ram-policy --oidc github --repository acme/tv"));
    let gitlab = "ram-policy --oidc gitlab --repository acme/video/tv --issuer https://gitlab.example.com --format terraform";
    assert_snapshot!("gitlab", printed(&world, gitlab));
    let alone = "ram-policy --oidc github --repository acme/tv --for apply --account 1234567890123456";
    assert!(printed(&World::new(), alone).contains("repo:acme/tv:environment:production"));
}

#[test]
fn what_could_trust_others_is_refused() {
    let world = World::with(FILE);
    for (line, message) in [
        ("--oidc github --repository acme/*", "`acme/*` is not the path of a repository on GitHub"),
        ("--oidc gitlab --repository acme", "`acme` is not the path of a repository on GitLab"),
        ("--oidc github --repository acme/tv --for import", "pipelines have no role for import"),
        ("--oidc github --repository acme/tv --for plan,audit", "pipelines have no role for audit"),
        (
            "--oidc gitlab --repository a/b --issuer http://gitlab.example.com",
            "expected the address of the host",
        ),
        ("--oidc gitlab --repository a/b --issuer https://x/${y}", "expected the address of the host"),
        ("--oidc github", "--repository"),
    ] {
        let run = world.run(&format!("ram-policy {line}"));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{line}: {}", run.transcript());
        assert!(run.stderr.contains(message), "{line}: {}", run.transcript());
    }
    let run = world.run("ram-policy --oidc github --repository acme/tv --format json");
    assert_eq!(run.json()["diagnostics"][0]["code"], "usage");
    let world = World::with(&FILE.replace("account: \"1234567890123456\"\n", ""));
    let run = world.run("ram-policy --oidc github --repository acme/tv");
    assert!(run.stderr.contains("the account is not known"), "{}", run.transcript());
}
