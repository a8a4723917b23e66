//! What a pipeline, or else the system, says about a run: who started it, where, and from which commit. Only the
//! variables that are named here are read, so that no token among the others gets into an output.

use crate::apply::journal::StartedBy;

/// Gives the value of a variable.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The commit: GitHub, GitLab and Alibaba Cloud Flow, Jenkins.
const COMMIT: [&str; 3] = ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"];

/// Who started the pipeline: GitHub, GitLab, Jenkins with its plugin for users, Flow; else the user of the system.
const USER: [&str; 8] = [
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "BUILD_USER_ID",
    "BUILD_USER",
    "BUILD_EXECUTOR",
    "USER",
    "LOGNAME",
    "USERNAME",
];

/// The URL of a job: GitLab, Jenkins.
const JOB_URL: [&str; 2] = ["CI_JOB_URL", "BUILD_URL"];

/// Longest name, in characters.
const NAME_LENGTH: usize = 80;

/// Longest URL of a job, in characters.
const URL_LENGTH: usize = 300;

/// Who starts this run.
pub(super) fn started_by() -> StartedBy {
    told(&|name| std::env::var(name).ok(), host())
}

fn told(variable: Variable<'_>, host: Option<String>) -> StartedBy {
    StartedBy { user: name(&USER, variable), host, commit: commit(variable), job: job(variable) }
}

/// The commit of the files.
pub(super) fn commit(variable: Variable<'_>) -> Option<String> {
    let is_hex =
        |text: &String| (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    first(&COMMIT, variable).filter(is_hex)
}

/// The first of the variables that holds a name. Of `Name <mail>`, nobody needs the address to know the person.
pub(super) fn name(names: &[&str], variable: Variable<'_>) -> Option<String> {
    let text = first(names, variable)?;
    let name = short(text.split('<').next().unwrap_or_default().trim(), NAME_LENGTH);
    (!name.is_empty()).then_some(name)
}

fn first(names: &[&str], variable: Variable<'_>) -> Option<String> {
    names.iter().find_map(|name| variable(name).filter(|text| !text.trim().is_empty()))
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The page of this run of the pipeline.
pub(super) fn page() -> Option<String> {
    url(&|name| std::env::var(name).ok())
}

/// The run of the pipeline: its URL where one is known, else its name and number.
fn job(variable: Variable<'_>) -> Option<String> {
    let of_flow = || {
        let [name, number] = ["PIPELINE_NAME", "BUILD_NUMBER"].map(|name| first(&[name], variable));
        Some(short(&format!("{} #{}", name?, number?), NAME_LENGTH))
    };
    url(variable).map(|url| short(&url, URL_LENGTH)).or_else(of_flow)
}

fn url(variable: Variable<'_>) -> Option<String> {
    let of_github = || {
        let [server, repository, run] =
            ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(|name| first(&[name], variable));
        Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
    };
    plain(&of_github().or_else(|| first(&JOB_URL, variable))?)
}

/// A web address without whatever could be a secret in it: a user and password, a query, a fragment.
fn plain(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"))?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    (!host.is_empty()).then(|| format!("{scheme}://{host}/{path}"))
}

#[cfg(unix)]
fn host() -> Option<String> {
    let system = rustix::system::uname();
    let name = short(&system.nodename().to_string_lossy(), NAME_LENGTH);
    (!name.is_empty()).then_some(name)
}

#[cfg(not(unix))]
fn host() -> Option<String> {
    name(&["COMPUTERNAME"], &|name| std::env::var(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e";

    fn of(variables: &[(&str, &str)]) -> [Option<String>; 3] {
        let variable = |name: &str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, text)| (*text).to_owned())
        };
        let StartedBy { user, host: _, commit, job } = told(&variable, None);
        [user, commit, job]
    }

    fn some<const N: usize>(texts: [&str; N]) -> [Option<String>; N] {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn each_pipeline_is_known_by_its_own_variables() {
        let github = [
            ("GITHUB_ACTOR", "ann"),
            ("GITHUB_SHA", SHA),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "me/live"),
            ("GITHUB_RUN_ID", "17"),
            ("USER", "runner"),
        ];
        assert_eq!(of(&github), some(["ann", SHA, "https://github.com/me/live/actions/runs/17"]));
        let gitlab = [
            ("GITLAB_USER_LOGIN", "bob"),
            ("CI_COMMIT_SHA", SHA),
            ("CI_JOB_URL", "https://gitlab.example/me/live/-/jobs/5"),
        ];
        assert_eq!(of(&gitlab), some(["bob", SHA, "https://gitlab.example/me/live/-/jobs/5"]));
        let jenkins = [
            ("BUILD_USER_ID", "eve"),
            ("GIT_COMMIT", SHA),
            ("BUILD_URL", "https://ci.example/job/live/9/"),
            ("BUILD_NUMBER", "9"),
            ("USER", "jenkins"),
        ];
        assert_eq!(of(&jenkins), some(["eve", SHA, "https://ci.example/job/live/9/"]));
        let flow = [
            ("BUILD_EXECUTOR", "张三"),
            ("CI_COMMIT_SHA", SHA),
            ("PIPELINE_NAME", "live"),
            ("BUILD_NUMBER", "3"),
        ];
        assert_eq!(of(&flow), some(["张三", SHA, "live #3"]));
        assert_eq!(of(&[("USER", "me")]), some(["me", "", ""]));
        assert_eq!(of(&[]), some(["", "", ""]));
    }

    #[test]
    fn no_token_gets_through() {
        let url = "https://user:token-1@ci.example/job/9?token=token-2#token-3";
        let [user, commit, job] =
            of(&[("GITHUB_TOKEN", "token-4"), ("CI_JOB_URL", url), ("GIT_COMMIT", "token-5 is no commit")]);
        assert_eq!((user, commit), (None, None));
        assert_eq!(job.as_deref(), Some("https://ci.example/job/9"));
        assert_eq!(of(&[("BUILD_URL", "token-6")])[2], None);
        assert_eq!(of(&[("USER", "Ann <ann@example.com>")])[0].as_deref(), Some("Ann"));
    }
}
