//! `livevod init`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::connect::{Access, Connection, connect};
use super::default_paths::default_paths;
use super::failure::Failure;
use super::goal::Reach;
use super::remote::Remote;
use super::run::{Run, Session};
use super::runtime::block_on;
use crate::diag::{Code, Diagnostic};
use crate::files;
use crate::model::domain_error;
use crate::render::Exit;

pub(super) const LONG_HELP: &str = "\
Write a first file for your domains, and print the next commands

The file has comments, is valid, and declares one configuration for each domain: every stream of the app `live`, without transcoding. \
With several domains, each gets its own file in a folder. With --online, livevod asks the service for the account of the credentials \
and the region of each domain, writes both, and prints how many configurations each domain has. Existing files are never overwritten. \
In a Git repository, `.livevod/` is added to `.gitignore`.";

/// The domain that is written if none is named.
const PLACEHOLDER: &str = "live.example.com";

/// What the pipelines under `examples/ci` hold for the repository and the commit of the release that they install.
const UNKNOWN: Release =
    Release { repository: "OWNER/livevod", commit: "0000000000000000000000000000000000000000" };

/// The release that this program is. The workflow that builds releases sets both variables; other builds are no release.
const RELEASE: Option<Release> =
    match (option_env!("LIVEVOD_RELEASE_REPOSITORY"), option_env!("LIVEVOD_RELEASE_COMMIT")) {
        (Some(repository), Some(commit)) => Some(Release { repository, commit }),
        _ => None,
    };

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod init live.example.com
  livevod init live.example.com --online --ci github")]
pub(super) struct Arguments {
    /// Main streaming domains to write files for [default: live.example.com]
    #[arg(value_name = "DOMAIN", value_parser = domain)]
    domains: Vec<String>,

    /// Write CI pipelines too: a plan in each pull request, apply after the merge, regular drift checks. If the folder already has files
    /// and no DOMAIN is given, write only the pipelines
    #[arg(long, value_enum, value_name = "HOST")]
    ci: Option<Host>,

    /// Ask the service for the account, the regions and the existing configurations
    #[arg(long)]
    online: bool,

    #[command(flatten)]
    remote: Remote,
}

/// The CI system of the pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Host {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
}

/// Where a release of this version comes from.
struct Release {
    repository: &'static str,
    commit: &'static str,
}

impl Release {
    /// Pins this release in the text of a pipeline.
    fn pin(&self, text: &str) -> String {
        text.replace(UNKNOWN.repository, self.repository).replace(UNKNOWN.commit, self.commit)
    }
}

/// A file to write.
struct Planned {
    path: PathBuf,
    text: String,
    is_program: bool,
}

/// The service's answer about one domain.
struct Asked {
    region: Option<String>,
    /// How many configurations it has.
    held: usize,
}

/// The contents of the files.
struct Facts {
    account: Option<String>,
    /// The region of domains that name none.
    region: String,
    domains: Vec<(String, Option<Asked>)>,
}

impl Run for Arguments {
    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let existing = self.existing_files();
        let facts = self.facts()?;
        let mut planned = if existing.is_some() { Vec::new() } else { facts.files(self.ci.is_some()) };
        planned.extend(self.ci.into_iter().flat_map(Host::pipelines));
        insist_on_room(&planned, existing.is_some())?;
        for one in &planned {
            one.write()?;
        }
        let ignored = ignore_state()?;
        let names: Vec<String> = planned.iter().map(|one| one.path.display().to_string()).collect();
        let mut text: String = names.iter().map(|name| format!("wrote {name}\n")).collect();
        text.push_str(if ignored { "added .livevod/ to .gitignore\n" } else { "" });
        for (domain, asked) in &facts.domains {
            if let Some(Asked { held: held @ 1.., .. }) = asked {
                text.push_str(&format!(
                    "existing configurations of {domain}: {held}; `livevod import {domain} --merge` adds them to the files\n"
                ));
            }
        }
        let next = match existing {
            Some(path) if path != Path::new(FOLDER) => {
                format!("The pipelines read the folder `{FOLDER}`: move `{}` into it.\n", path.display())
            }
            Some(_) => String::new(),
            None => self.next(&facts),
        };
        terminal.print(&format!("{text}\n{next}{}", self.about_pipelines()));
        Ok(Exit::Success)
    }
}

/// The folder of several files, and where the pipelines look for files.
const FOLDER: &str = "livevod";

impl Arguments {
    /// The files that a project has already, if only pipelines are asked for: they are kept, and get their pipelines.
    fn existing_files(&self) -> Option<PathBuf> {
        let asks_for_files = self.ci.is_none() || self.online || !self.domains.is_empty();
        default_paths(Path::new("")).into_iter().next().filter(|_| !asks_for_files)
    }

    /// The domains to write files for.
    fn named(&self) -> Vec<String> {
        if self.domains.is_empty() { vec![PLACEHOLDER.to_owned()] } else { self.domains.clone() }
    }

    fn facts(&self) -> Result<Facts, Failure> {
        let region = self.remote.region.clone().unwrap_or_else(|| "cn-shanghai".to_owned());
        if !self.online {
            self.remote.insist_on_online("init", false)?;
            let domains = self.named().into_iter().map(|domain| (domain, None)).collect();
            return Ok(Facts { account: self.remote.account.clone(), region, domains });
        }
        let regions = self.named().into_iter().map(|domain| (Arc::from(domain), None)).collect();
        let reach = Reach { account: self.remote.account.clone(), regions };
        let connection = connect(&self.remote, Access::Reads, &reach)?;
        let (account, domains) = block_on(connection.asking(self.ask(&connection)))??;
        let region = domains.iter().find_map(|(_, asked)| asked.as_ref()?.region.clone()).unwrap_or(region);
        Ok(Facts { account: Some(account), region, domains })
    }

    async fn ask(&self, connection: &Connection) -> Result<(String, Vec<(String, Option<Asked>)>), Failure> {
        connection.prepare().await?;
        let client = &connection.client;
        let failed = |error: crate::api::Error| {
            let mut diagnostic = Diagnostic::new(Code::Remote, error.to_string());
            diagnostic.request_id = error.request_id().map(str::to_owned);
            diagnostic.help("leave out `--online` to write the files without asking the service")
        };
        let account = client.caller_identity().await.map_err(failed)?.account;
        let mut domains = Vec::new();
        for domain in &self.named() {
            let Some(detail) = client.domain_detail(domain).await.map_err(failed)? else {
                let message = format!("account `{account}` has no domain `{domain}`");
                return Err(Diagnostic::new(Code::Usage, message)
                    .help("name a main streaming domain of this account, or use the credentials of the domain's account")
                    .into());
            };
            let held = client.list_domain(domain).await.map_err(failed)?.configs.len();
            domains.push((domain.clone(), Some(Asked { region: detail.region, held })));
        }
        Ok((account, domains))
    }

    /// The commands that come next.
    fn next(&self, facts: &Facts) -> String {
        let commands = [
            ("livevod validate", "checks the files, offline"),
            ("livevod plan --emulator", "shows what apply would do, on the embedded emulator"),
            ("livevod plan", "shows the same for the account of your credentials"),
        ];
        let width = commands.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
        let mut text = "Next:\n".to_owned();
        for (command, says) in commands {
            text.push_str(&format!("  {command:width$}  # {says}\n"));
        }
        if self.named() == [PLACEHOLDER] {
            text.push_str(&format!("Replace {PLACEHOLDER} with your main streaming domain.\n"));
        }
        if facts.account.is_none() {
            text.push_str(
                "Write your account id into the files: apply to the service requires a declared account.\n",
            );
        }
        text
    }

    /// What the pipelines need before they run; empty without pipelines.
    fn about_pipelines(&self) -> String {
        let mut text = String::new();
        if let (Some(host), None) = (self.ci, &RELEASE) {
            text.push_str(&format!(
                "This build is not a release. In {}, set the release to install.\n",
                host.release_file()
            ));
        }
        if self.ci.is_some() {
            text.push_str(
                "docs/pull-requests.md in the livevod repository lists the roles and settings that the pipelines need.\n\
                 Set LIVEVOD_STORE as it says, so that a journal is not lost with its runner.\n",
            );
        }
        text
    }
}

impl Facts {
    /// One file, or a folder with a common file and one for each domain.
    fn files(&self, in_folder: bool) -> Vec<Planned> {
        let file = |path: PathBuf, text: String| Planned { path, text, is_program: false };
        let blocks = self.domains.iter().map(|domain| (&domain.0, self.domain(domain)));
        match self.domains.as_slice() {
            [_] if !in_folder => {
                let text: String = blocks.map(|(_, block)| block).collect();
                vec![file("livevod.yaml".into(), format!("{}\n{text}", self.common()))]
            }
            _ => {
                let folder = Path::new(FOLDER);
                let common = file(folder.join("common.yaml"), self.common());
                let each = blocks.map(|(domain, block)| {
                    file(folder.join(format!("{domain}.yaml")), format!("version: 1\n\n{block}"))
                });
                std::iter::once(common).chain(each).collect()
            }
        }
    }

    fn common(&self) -> String {
        let account = match &self.account {
            Some(account) => {
                format!(
                    "account: \"{account}\"        # the only account to which these files may be applied"
                )
            }
            None => {
                "# account: \"1234567890123456\"      # the only account to which these files may be applied"
                    .to_owned()
            }
        };
        let region = format!("region: {}", self.region);
        let first = self.domains.first().map_or(PLACEHOLDER, |(domain, _)| domain);
        format!(
            "# Which live streams are recorded to VOD, and how. `livevod render` shows the result, each value with its origin,\n\
             # and `livevod explain {first}/live/cam1` shows which configuration records one stream.\n\n\
             version: 1\n{account}\n{region:<34} # the region of domains that do not set one\n\n\
             defaults:                          # every configuration inherits these\n\
             \x20 vod_transcode_group: VOD_NO_TRANSCODE # no transcoding; or the id of a transcode group (VOD: transcoding template group)\n\
             \x20 cycle_duration: 1h               # a new file every hour\n"
        )
    }

    fn domain(&self, (domain, asked): &(String, Option<Asked>)) -> String {
        let region =
            asked.as_ref().and_then(|asked| asked.region.clone()).filter(|region| *region != self.region);
        let region = region.map(|region| format!("    region: {region}\n")).unwrap_or_default();
        let opening = format!("  {domain}:");
        format!(
            "domains:\n{opening:<34} # a main streaming domain\n{region}    apps:\n      live:\n        streams:\n\
             \x20         \"*\": {{}}                  # every stream of the app `live` without its own entry\n\
             \x20         # cam1: {{ cycle_duration: 30m }} # a stream with its own entry\n"
        )
    }
}

impl Host {
    fn pipelines(self) -> Vec<Planned> {
        let file = |path: &str, text: &str| Planned {
            path: path.into(),
            text: RELEASE.as_ref().map_or_else(|| text.to_owned(), |release| release.pin(text)),
            is_program: text.starts_with("#!"),
        };
        macro_rules! of {
            ($host:literal: $($path:literal),*) => {
                vec![$(file($path, include_str!(concat!("../../examples/ci/", $host, "/", $path)))),*]
            };
        }
        match self {
            Host::Github => of!("github":
                ".github/livevod.sh",
                ".github/actions/livevod/action.yml",
                ".github/workflows/livevod-validate.yml",
                ".github/workflows/livevod-plan.yml",
                ".github/workflows/livevod-apply.yml",
                ".github/workflows/livevod-drift.yml",
                ".github/workflows/livevod-audit.yml"),
            Host::Gitlab => of!("gitlab": ".gitlab/livevod.yml", ".gitlab-ci.yml"),
        }
    }

    /// The file that pins the release to install.
    fn release_file(self) -> &'static str {
        match self {
            Host::Github => ".github/actions/livevod/action.yml",
            Host::Gitlab => ".gitlab-ci.yml",
        }
    }
}

/// # Errors
/// When any of the files already exists; then nothing is written.
fn insist_on_room(planned: &[Planned], has_files: bool) -> Result<(), Failure> {
    let others = if has_files { Vec::new() } else { default_paths(Path::new("")) };
    let paths = planned.iter().map(|one| &one.path).filter(|path| path.symlink_metadata().is_ok());
    let taken = paths.chain(&others).next();
    match taken {
        Some(path) => Err(Diagnostic::new(Code::Usage, format!("`{}` already exists", path.display()))
            .help("init overwrites nothing: run it in another folder, or edit the existing files")
            .into()),
        None => Ok(()),
    }
}

impl Planned {
    fn write(&self) -> Result<(), Failure> {
        let written = || -> std::io::Result<()> {
            if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            files::write_new(&self.path, &self.text, self.is_program)
        };
        let failed =
            |error| Diagnostic::new(Code::Usage, format!("can't write `{}`: {error}", self.path.display()));
        Ok(written().map_err(failed)?)
    }
}

/// Adds `.livevod/` to `.gitignore`. False if it is there already, or the folder is not in a repository.
fn ignore_state() -> Result<bool, Failure> {
    const LINE: &str = ".livevod/";
    let file = Path::new(".gitignore");
    if !file.exists() && !Path::new(".git").exists() {
        return Ok(false);
    }
    let failed = |error| Diagnostic::new(Code::Usage, format!("can't write `{}`: {error}", file.display()));
    if !file.exists() {
        files::write_new(file, &format!("{LINE}\n"), false).map_err(failed)?;
        return Ok(true);
    }
    let text = files::text(file, files::LARGEST).map_err(failed)?;
    let is_in = |line: &str| [LINE, ".livevod", "/.livevod", "/.livevod/"].contains(&line.trim());
    if text.lines().any(is_in) {
        return Ok(false);
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    files::write(file, &format!("{text}{end}{LINE}\n")).map_err(failed)?;
    Ok(true)
}

fn domain(text: &str) -> Result<String, String> {
    match domain_error(text) {
        Some(error) => Err(format!("it {error}")),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_install_this_version_from_the_release_that_wrote_them() {
        let release =
            Release { repository: "platform/recorder", commit: "89abcdef89abcdef89abcdef89abcdef89abcdef" };
        for host in [Host::Github, Host::Gitlab] {
            let written = host.pipelines();
            let file = written.iter().find(|one| one.path == Path::new(host.release_file())).unwrap();
            assert!(
                file.text.contains(&format!("version: \"{}\"", env!("CARGO_PKG_VERSION"))),
                "{}",
                file.text
            );
            for one in &written {
                let pinned = release.pin(&one.text);
                let compiled = ["cargo ", "rustup"].iter().any(|word| pinned.contains(word));
                assert!(!compiled, "{} compiles", one.path.display());
                assert!(!pinned.contains("OWNER/livevod") && !pinned.contains("0000000000"), "{pinned}");
            }
            assert!(release.pin(&file.text).contains("platform/recorder"), "{}", file.text);
        }
        let action =
            Host::Github.pipelines().into_iter().find(|one| one.path.ends_with("action.yml")).unwrap();
        assert!(release.pin(&action.text).contains("uses: platform/recorder@89abcdef89"), "{}", action.text);
    }
}
