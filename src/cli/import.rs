//! `livevod import`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::task::JoinSet;

use super::arguments::Remote;
use super::connect::{Access, Connection, connect, with_source};
use super::failure::Failure;
use super::goal::Reach;
use super::observe::block_on;
use super::places::{Places, is_standard_output};
use super::run::{Run, Session};
use super::sealed::refuse_secrets;
use super::terminal::Terminal;
use super::{outputs, saved};
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::import::{Account, Division, GroupKey, ImportError, Imported, import};
use crate::model::{NO_TRANSCODE, Region, Snapshot, domain_error};
use crate::render::{self, Exit};

pub(super) const LONG_HELP: &str = "\
Write YAML for the configurations that exist

The text says each value once, where most configurations share it: at the top, for a domain, for an app or in a tier; what differs \
stands at the entry. Transcode groups are named as in VOD if VOD may be asked. What no file can declare becomes a comment that says why. \
Before anything is written, livevod reads its own text, plans, and refuses to write unless that plan has no changes.

Without --out, the text goes to standard output. `--out FILE` writes one file; `--out FOLDER` writes a file for each domain and `shared.yaml` \
for what they share. Existing files are never overwritten.";

/// What to do if the account's domains can't be listed.
const UNLISTED: &str = "try again, or name the domains: `livevod import DOMAIN`";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Main streaming domains to import
    #[arg(value_name = "DOMAIN", value_parser = domain)]
    domains: Vec<Arc<str>>,

    /// Import every domain of the account that holds configurations
    #[arg(long, conflicts_with = "domains")]
    all: bool,

    /// File to write, or folder for a file per domain; a name without `.yaml` or `.yml` is a folder; - is standard output [default: -]
    #[arg(long, value_name = "FILE|FOLDER")]
    out: Option<PathBuf>,

    /// Import from a snapshot, without credentials or network
    #[arg(long, value_name = "SNAPSHOT", conflicts_with_all = ["emulator", "endpoint", "profile"])]
    from: Option<PathBuf>,

    #[command(flatten)]
    remote: Remote,
}

/// What is known about the account.
struct Facts {
    snapshot: Snapshot,
    regions: BTreeMap<Arc<str>, String>,
    account: Option<String>,
    group_names: BTreeMap<GroupKey, String>,
    /// Why some groups have no name.
    findings: Vec<Diagnostic>,
}

impl Run for Arguments {
    fn places(&self) -> Places<'_> {
        Places::reading(|| self.from.iter().cloned().collect()).writing("--out", self.out.as_ref())
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let out = self.out.as_deref().filter(|out| !is_standard_output(out));
        let division = match out {
            Some(out) if is_folder(out) => Division::ByDomain,
            _ => Division::Whole,
        };
        if let Some(out) = out {
            outputs::insist_on_room(out, division)?;
        }
        let facts = self.facts()?;
        let Facts { snapshot, regions, account, group_names, findings } = &facts;
        if snapshot.domains.is_empty() {
            return Err(Diagnostic::new(
                Code::Usage,
                "there is nothing to import: no domain holds a configuration",
            )
            .help("`livevod init DOMAIN` writes a first file")
            .into());
        }
        let account = account.as_deref();
        let imported =
            import(Account { snapshot, regions, id: account, group_names }, division).map_err(unproved)?;
        for file in &imported.files {
            refuse_secrets(&file.text, Path::new(&file.name), Code::Import)?;
        }
        terminal.tell(findings, &Default::default());
        match out {
            None => imported.files.iter().for_each(|file| terminal.print_verbatim(&file.text)),
            Some(out) => outputs::write(out, division, &imported.files)?,
        }
        self.report(&imported, out, terminal);
        Ok(Exit::Success)
    }
}

impl Arguments {
    fn facts(&self) -> Result<Facts, Failure> {
        match &self.from {
            Some(file) => self.from_snapshot(file),
            None if self.domains.is_empty() && !self.all => {
                Err(Diagnostic::new(Code::Usage, "import needs to know what to import")
                    .help("name domains, as in `livevod import live.example.com`, or add `--all`")
                    .into())
            }
            None => self.from_service(),
        }
    }

    fn from_snapshot(&self, file: &Path) -> Result<Facts, Failure> {
        let saved = saved::read(file)?;
        let (mut snapshot, regions) = (saved.snapshot, saved.regions);
        if let Some(missing) = self.domains.iter().find(|domain| !snapshot.domains.contains_key(*domain)) {
            let message =
                format!("the snapshot `{}` does not contain the domain `{missing}`", file.display());
            let held: Vec<String> = snapshot.domains.keys().map(|domain| format!("`{domain}`")).collect();
            return Err(Diagnostic::new(Code::Snapshot, message)
                .help(format!("it contains {}", held.join(", ")))
                .into());
        }
        snapshot.domains.retain(|name, listed| match self.domains.is_empty() {
            true => !listed.configs.is_empty(),
            false => self.domains.contains(name),
        });
        let account = saved.account.or(saved.caller).or_else(|| self.remote.account.clone());
        Ok(Facts { snapshot, regions, account, group_names: BTreeMap::new(), findings: Vec::new() })
    }

    fn from_service(&self) -> Result<Facts, Failure> {
        let regions = self.domains.iter().map(|name| (name.clone(), None)).collect();
        let reach = Reach { account: self.remote.account.clone(), regions };
        let connection = connect(&self.remote, Access::Reads, &reach)?;
        block_on(connection.asking(self.ask(&connection)))?
    }

    async fn ask(&self, connection: &Connection) -> Result<Facts, Failure> {
        connection.prepare().await?;
        let source = connection.credentials.as_deref();
        let caller = connection.client.caller_identity().await;
        let account = match (caller, &connection.target.account) {
            (Ok(caller), Some(account)) if caller.account != *account => {
                let message =
                    format!("the credentials belong to account `{}`, not to `{account}`", caller.account);
                let diagnostic = Diagnostic::new(Code::Account, message);
                return Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) });
            }
            (Ok(caller), _) => Some(caller.account),
            (Err(_), account) => account.clone(),
        };
        let regions = self.regions(connection, account.as_deref()).await?;
        let names: Vec<Arc<str>> = regions.keys().cloned().collect();
        let regions: BTreeMap<Arc<str>, String> =
            regions.into_iter().filter_map(|(name, region)| Some((name, region?))).collect();
        let client = connection.client.in_regions(&regions);
        let (mut snapshot, failures) = client.snapshot(names).await;
        if !failures.is_empty() {
            let unread = failures.iter().map(|(name, error)| {
                with_source(render::not_imported(name, error, account.as_deref()), error, source)
            });
            let unread = unread.map(|finding| finding.note("nothing was written", None));
            return Err(Failure { diagnostics: unread.collect(), ..Failure::default() });
        }
        if self.all {
            snapshot.domains.retain(|_, listed| !listed.configs.is_empty());
        }
        let (group_names, findings) = group_names(connection, &snapshot, &regions).await;
        Ok(Facts { snapshot, regions, account, group_names, findings })
    }

    /// The domains to read, each with its region if the service tells it.
    async fn regions(
        &self,
        connection: &Connection,
        account: Option<&str>,
    ) -> Result<BTreeMap<Arc<str>, Option<String>>, Failure> {
        let client = &connection.client;
        let given = &self.remote.region;
        if self.all {
            let mut regions =
                client.main_domains().await.map_err(|error| render::unlisted(&error, account, UNLISTED))?;
            regions.values_mut().for_each(|region| *region = region.take().or_else(|| given.clone()));
            return Ok(regions);
        }
        let mut regions = BTreeMap::new();
        for name in &self.domains {
            let region = match client.domain_detail(name).await {
                Ok(Some(detail)) => detail.region.or_else(|| given.clone()),
                Ok(None) => {
                    let message = match account {
                        Some(account) => format!("account `{account}` has no domain `{name}`"),
                        None => format!("the account has no domain `{name}`"),
                    };
                    return Err(Diagnostic::new(Code::Usage, message)
                        .help("name a main streaming domain, or import all of them with `--all`")
                        .into());
                }
                Err(error) if given.is_none() => {
                    let finding = render::not_imported(name, &error, account);
                    return Err(with_source(finding, &error, connection.credentials.as_deref()).into());
                }
                Err(_) => given.clone(),
            };
            regions.insert(name.clone(), region);
        }
        Ok(regions)
    }

    fn report(&self, imported: &Imported, out: Option<&Path>, terminal: &Terminal) {
        let mut path: Vec<String> = out.iter().map(|out| out.display().to_string()).collect();
        path.extend(self.remote.typed());
        let text = render::imported(imported, out, &path.join(" "), &terminal.layout(render::Format::Human));
        match out {
            Some(_) => terminal.print(&text),
            None => terminal.note(&text),
        }
    }
}

/// The names of the groups that the configurations use, and one finding if VOD could not be asked for some.
async fn group_names(
    connection: &Connection,
    snapshot: &Snapshot,
    regions: &BTreeMap<Arc<str>, String>,
) -> (BTreeMap<GroupKey, String>, Vec<Diagnostic>) {
    let mut used = BTreeSet::new();
    for (domain, listed) in &snapshot.domains {
        let region = regions.get(domain);
        if region.is_some_and(|region| !Region::may_have_vod(region)) {
            continue;
        }
        let ids = listed.configs.values().flat_map(|remote| remote.config.transcode_groups());
        let ids = ids.filter(|id| *id != NO_TRANSCODE);
        used.extend(ids.map(|id| GroupKey { region: region.cloned(), id: id.to_owned() }));
    }
    let mut tasks = JoinSet::new();
    for key in used {
        let client = connection.client.clone();
        tasks.spawn(async move {
            let group = client.transcode_group(key.region.as_deref(), &key.id).await;
            (key, group)
        });
    }
    let (mut names, mut failures) = (BTreeMap::new(), BTreeMap::new());
    for (key, group) in tasks.join_all().await {
        match group {
            Ok(group) => names.extend(group.and_then(|group| group.name).map(|name| (key, name))),
            Err(error) => _ = failures.insert(key, error),
        }
    }
    let finding =
        failures.iter().next().map(|(key, error)| render::unnamed_groups(&key.id, failures.len(), error));
    (names, finding.into_iter().collect())
}

fn unproved(error: ImportError) -> Failure {
    let differences = match &error {
        ImportError::Unproved(differences) => differences.clone(),
        ImportError::Unreadable(_) => BTreeMap::new(),
    };
    let finding = Diagnostic::new(Code::Import, error.to_string())
        .help("nothing was written; this is a bug in livevod: please report it with a snapshot, if you can share one");
    let finding = differences.iter().take(10).fold(finding, |finding, (address, what)| match address {
        Some(address) => finding.note(format!("`{address}`: {what}"), None),
        None => finding.note(what.clone(), None),
    });
    finding.into()
}

fn is_folder(out: &Path) -> bool {
    out.is_dir() || out.as_os_str().to_string_lossy().ends_with('/') || !config::is_yaml(out)
}

fn domain(text: &str) -> Result<Arc<str>, String> {
    match domain_error(text) {
        Some(error) => Err(format!("it {error}")),
        None => Ok(text.into()),
    }
}
