//! Reads what an account holds, without files that name its domains: from the service, or from a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::task::JoinSet;

use super::connect::{Access, Connection, connect, with_source};
use super::failure::Failure;
use super::goal::Reach;
use super::remote::Remote;
use super::runtime::block_on;
use super::saved;
use crate::api;
use crate::config;
use crate::diag::{Code, Diagnostic, Severity};
use crate::import::GroupKey;
use crate::model::{NO_TRANSCODE, Region, Snapshot, domain_error};
use crate::render::{self, Exit};
use crate::snapshot::Saved;

/// What to do if the account's domains can't be listed.
const UNLISTED: &str = "try again, or name the domains: `livevod import DOMAIN`";

/// What to read, and from where.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Main streaming domains to import [default with --merge: those that the files name]
    #[arg(value_name = "DOMAIN", value_parser = domain)]
    pub(super) domains: Vec<Arc<str>>,

    /// Import every domain of the account that holds configurations
    #[arg(long, conflicts_with = "domains")]
    pub(super) all: bool,

    /// Import from a snapshot, without credentials or network
    #[arg(long, value_name = "SNAPSHOT", conflicts_with_all = ["emulator", "endpoint", "profile"])]
    pub(super) from: Option<PathBuf>,

    #[command(flatten)]
    pub(super) remote: Remote,
}

/// What is known about the account.
pub(super) struct Held {
    pub(super) snapshot: Snapshot,
    pub(super) regions: BTreeMap<Arc<str>, String>,
    pub(super) account: Option<String>,
    pub(super) group_names: BTreeMap<GroupKey, String>,
    /// Why some groups have no name.
    pub(super) findings: Vec<Diagnostic>,
}

/// What the files say about the account, where there are files.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The account that they are for.
    pub(super) account: Option<String>,
    /// The domains that they name, with the region of each that has one.
    pub(super) domains: BTreeMap<Arc<str>, Option<String>>,
}

impl Source {
    /// Reads the domains: those of the files if no others are named.
    ///
    /// # Errors
    /// When one can't be read, or nothing says which to read.
    pub(super) fn read(&self, known: &Known) -> Result<Held, Failure> {
        match &self.from {
            Some(file) => self.saved(file, known),
            None if self.domains.is_empty() && !self.all && known.domains.is_empty() => {
                Err(Diagnostic::new(Code::Usage, "import needs to know what to import")
                    .help("name domains, as in `livevod import live.example.com`, or add `--all`")
                    .into())
            }
            None => {
                let regions = self.named(known).map(|name| (name.clone(), known.region(name))).collect();
                let account = known.account.clone().or_else(|| self.remote.account.clone());
                let connection = connect(&self.remote, Access::Reads, &Reach { account, regions })?;
                block_on(connection.asking(self.ask(&connection, known)))?
            }
        }
    }

    /// The domains that are named, here or in the files.
    fn named<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = &'a Arc<str>> {
        let of_files = known.domains.keys().filter(|_| self.domains.is_empty());
        self.domains.iter().chain(of_files)
    }

    fn saved(&self, file: &Path, known: &Known) -> Result<Held, Failure> {
        let Saved { mut snapshot, mut regions, account, caller, .. } = saved::read(file)?;
        if let Some(missing) = self.domains.iter().find(|domain| !snapshot.domains.contains_key(*domain)) {
            let message =
                format!("the snapshot `{}` does not contain the domain `{missing}`", file.display());
            let held: Vec<String> = snapshot.domains.keys().map(|domain| format!("`{domain}`")).collect();
            return Err(Diagnostic::new(Code::Snapshot, message)
                .help(format!("it contains {}", held.join(", ")))
                .into());
        }
        snapshot.domains.retain(|name, listed| match self.domains.is_empty() {
            true if self.all || known.domains.is_empty() => !listed.configs.is_empty(),
            true => known.domains.contains_key(name),
            false => self.domains.contains(name),
        });
        for (name, region) in &known.domains {
            regions.extend(region.iter().map(|region| (name.clone(), region.clone())));
        }
        let account = account.or(caller).or_else(|| self.remote.account.clone());
        Ok(Held { snapshot, regions, account, group_names: BTreeMap::new(), findings: Vec::new() })
    }

    async fn ask(&self, connection: &Connection, known: &Known) -> Result<Held, Failure> {
        connection.prepare().await?;
        let account = account(connection).await?;
        let regions = self.regions(connection, account.as_deref(), known).await?;
        let names: Vec<Arc<str>> = regions.keys().cloned().collect();
        let regions: BTreeMap<Arc<str>, String> =
            regions.into_iter().filter_map(|(name, region)| Some((name, region?))).collect();
        let (mut snapshot, failures) = connection.client.in_regions(&regions).snapshot(names).await;
        if !failures.is_empty() {
            return Err(unread(connection, account.as_deref(), failures));
        }
        if self.all {
            snapshot.domains.retain(|_, listed| !listed.configs.is_empty());
        }
        let (group_names, mut findings) = group_names(connection, &snapshot, &regions).await;
        findings.extend(self.domains.iter().filter(|name| is_empty(&snapshot, name)).map(|name| empty(name)));
        Ok(Held { snapshot, regions, account, group_names, findings })
    }

    /// The domains to read, each with its region: that of the files, else that of the service, else that of `--region`.
    async fn regions(
        &self,
        connection: &Connection,
        account: Option<&str>,
        known: &Known,
    ) -> Result<BTreeMap<Arc<str>, Option<String>>, Failure> {
        let client = &connection.client;
        let given = || self.remote.region.clone();
        let mut regions: BTreeMap<Arc<str>, Option<String>> = match self.all {
            true => {
                client.main_domains().await.map_err(|error| render::unlisted(&error, account, UNLISTED))?
            }
            false => self.named(known).map(|name| (name.clone(), None)).collect(),
        };
        for (name, region) in &mut regions {
            *region = known.region(name).or_else(|| region.take());
        }
        let mut tasks = JoinSet::new();
        for name in regions.iter().filter(|(_, region)| region.is_none()).map(|(name, _)| name.clone()) {
            let client = client.clone();
            tasks.spawn(async move { (client.domain_detail(&name).await, name) });
        }
        let (mut missing, mut failures) = (Vec::new(), BTreeMap::new());
        for (detail, name) in tasks.join_all().await {
            match detail {
                Ok(Some(detail)) => _ = regions.insert(name, detail.region.or_else(given)),
                Ok(None) => missing.push(name),
                Err(_) if given().is_some() => _ = regions.insert(name, given()),
                Err(error) => _ = failures.insert(name, error),
            }
        }
        missing.sort();
        match (missing.first(), failures.is_empty()) {
            (Some(first), _) => Err(no_domain(first, account).into()),
            (None, false) => Err(unread(connection, account, failures)),
            (None, true) => Ok(regions),
        }
    }
}

impl Known {
    fn region(&self, domain: &str) -> Option<String> {
        self.domains.get(domain)?.clone()
    }
}

fn is_empty(snapshot: &Snapshot, domain: &str) -> bool {
    snapshot.domains.get(domain).is_none_or(|listed| listed.configs.is_empty())
}

/// A warning for a domain that is named and holds nothing: its name may be mistyped.
fn empty(domain: &str) -> Diagnostic {
    let mut finding = Diagnostic::new(Code::Import, format!("`{domain}` has no configurations"));
    finding.severity = Severity::Warning;
    finding.help("check the name of the domain, its region and the service; `import --all` finds the domains that have some")
}

/// The account of the credentials.
///
/// # Errors
/// When it is not the one that the run is for.
async fn account(connection: &Connection) -> Result<Option<String>, Failure> {
    let wanted = &connection.target.account;
    match (connection.client.caller_identity().await, wanted) {
        (Ok(caller), Some(wanted)) if caller.account != *wanted => {
            let message =
                format!("the credentials belong to account `{}`, not to `{wanted}`", caller.account);
            let diagnostic = Diagnostic::new(Code::Account, message);
            Err(Failure { exit: Exit::Refused, ..Failure::from(diagnostic) })
        }
        (Ok(caller), _) => Ok(Some(caller.account)),
        (Err(_), wanted) => Ok(wanted.clone()),
    }
}

fn unread(
    connection: &Connection,
    account: Option<&str>,
    failures: BTreeMap<Arc<str>, api::Error>,
) -> Failure {
    let source = connection.credentials.as_deref();
    let unread = failures.iter().map(|(name, error)| {
        let finding = with_source(render::not_imported(name, error, account), error, source);
        finding.note("nothing was written", None)
    });
    Failure { diagnostics: unread.collect(), ..Failure::default() }
}

fn no_domain(name: &str, account: Option<&str>) -> Diagnostic {
    let account = account.map(|account| format!("account `{account}`"));
    let message = format!("{} has no domain `{name}`", account.unwrap_or_else(|| "the account".to_owned()));
    Diagnostic::new(Code::Usage, message)
        .help("name a main streaming domain, or import all of them with `--all`")
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

/// A domain, unless it is a file: `--emulator FILE` and `--out FILE` are easily mistyped, and the name of a file is a domain too.
fn domain(text: &str) -> Result<Arc<str>, String> {
    if config::is_yaml(Path::new(text)) {
        return Err("it is the name of a YAML file; `--out FILE` names the file to write, or to merge into"
            .to_owned());
    }
    if Path::new(text).exists() {
        return Err(
            "it is a file here, not a domain; write `--emulator=FILE`, `--from FILE` or `--out FILE`"
                .to_owned(),
        );
    }
    match domain_error(text) {
        Some(error) => Err(format!("it {error}")),
        None => Ok(text.into()),
    }
}
