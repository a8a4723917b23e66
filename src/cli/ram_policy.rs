//! `livevod ram-policy`.

use clap::Args;

use super::connect;
use super::failure::Failure;
use super::goal::Reach;
use super::load::load;
use super::online::{groups, spaces};
use super::paths::Paths;
use super::remote::account;
use super::rules::Rules;
use super::run::{Run, Session, Terms};
use super::terminal::note;
use crate::diag::{Code, Diagnostic};
use crate::permissions::{Host, Needs, Purpose, Role, Trust, is_repository};
use crate::render::{self, Exit, PolicyFormat};
use crate::store::{BucketUrl, Scheme, StoreUrl};

pub(super) const LONG_HELP: &str = "\
Print the least RAM policies for the files, without using the network

Reads can't be limited to single domains; writes are allowed only in the domains of the files. With --oidc, prints the trust \
policies of the roles instead: they say which jobs of a repository may assume them.";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod ram-policy --for apply --format json
  livevod ram-policy --oidc github --repository OWNER/NAME")]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    /// What the policies are for, separated by commas; as JSON, one policy allows all of it [default: plan,apply]
    #[arg(long = "for", value_enum, value_name = "USE", value_delimiter = ',')]
    purposes: Vec<Purpose>,

    /// Also allow what `validate --online` and `explain --online` look up
    #[arg(long = "online")]
    looks_up: bool,

    /// Also allow listing the account's domains, for `--all-domains` of plan and drift and `--all` of import
    #[arg(long)]
    all_domains: bool,

    /// Also allow asking ActionTrail who changed a configuration, for `--who` of drift and explain
    #[arg(long)]
    who: bool,

    /// Also allow listing what was published, for `--replay` of plan and apply
    #[arg(long)]
    replay: bool,

    /// Also allow what livevod does in this store, if it is oss://BUCKET/PREFIX
    #[arg(long, value_name = "URL", env = "LIVEVOD_STORE")]
    store: Option<StoreUrl>,

    /// Account that the files are for, if they do not declare one
    #[arg(long, value_name = "ID", env = "LIVEVOD_ACCOUNT", value_parser = account)]
    account: Option<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = PolicyFormat::Human)]
    format: PolicyFormat,

    #[command(flatten)]
    pipelines: Pipelines,

    #[command(flatten)]
    rules: Rules,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Roles of pipelines")]
struct Pipelines {
    /// Print the trust policies of the roles for the pipelines of this host
    #[arg(long, value_enum, value_name = "HOST", requires = "repository", conflicts_with_all = ["looks_up", "all_domains", "who", "replay"])]
    oidc: Option<Host>,

    /// Repository that is trusted: OWNER/NAME, or the path of a GitLab project
    #[arg(long, value_name = "OWNER/NAME", requires = "oidc")]
    repository: Option<String>,

    /// Issuer of the tokens, if the host is your own [default: the one of github.com or gitlab.com]
    #[arg(long, value_name = "URL", requires = "oidc", value_parser = issuer)]
    issuer: Option<String>,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(self.format).showing(&self.rules.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let purposes = self.purposes();
        let printed = match &self.pipelines {
            Pipelines { oidc: Some(host), repository: Some(repository), issuer } => {
                let roles = self.roles(&purposes)?;
                let trust = self.trust(*host, repository, issuer.clone())?;
                render::trusts(&roles, &trust, self.format)
            }
            _ => {
                let needs = self.needs(&purposes)?;
                if let Some(StoreUrl::Bucket(url)) = self.store.as_ref().filter(|_| needs.store.is_none()) {
                    note(&format!(
                        "note: RAM does not rule {url}: docs/stores.md has the permissions there\n"
                    ));
                }
                render::policies(&purposes, &needs, self.format, &terminal.layout(self.format.into()))
            }
        };
        terminal.show(&printed);
        Ok(Exit::Success)
    }
}

impl Arguments {
    fn purposes(&self) -> Vec<Purpose> {
        match self.purposes.as_slice() {
            [] => vec![Purpose::Plan, Purpose::Apply],
            given => {
                let mut purposes = given.to_vec();
                purposes.sort_unstable();
                purposes.dedup();
                purposes
            }
        }
    }

    /// The store, if RAM rules it.
    fn bucket(&self) -> Option<BucketUrl> {
        match &self.store {
            Some(StoreUrl::Bucket(url)) if url.scheme == Scheme::Oss => Some(url.clone()),
            _ => None,
        }
    }

    /// What the files need. An import needs no files.
    fn needs(&self, purposes: &[Purpose]) -> Result<Needs, Failure> {
        let needs = Needs {
            account: self.account.clone(),
            online: self.looks_up,
            all_domains: self.all_domains,
            who: self.who,
            replay: self.replay,
            store: self.bucket(),
            ..Needs::default()
        };
        if self.paths.given().is_empty() && purposes == [Purpose::Import] {
            return Ok(needs);
        }
        let desired = load(&self.paths, &self.rules)?.desired;
        Ok(Needs {
            account: connect::account(self.account.as_ref(), &Reach::of(&desired))?,
            domains: desired.domains.keys().cloned().collect(),
            groups: !groups(&desired).is_empty(),
            spaces: !spaces(&desired).is_empty(),
            ..needs
        })
    }

    /// # Errors
    /// When a purpose has no role, or several trust policies would be one document.
    fn roles(&self, purposes: &[Purpose]) -> Result<Vec<Role>, Failure> {
        let role = |purpose: &Purpose| match purpose {
            Purpose::Plan => Ok(Role::Plan),
            Purpose::Apply => Ok(Role::Apply),
            Purpose::Import => Err("import"),
            Purpose::Audit => Err("audit"),
        };
        let roles: Result<Vec<Role>, &str> = purposes.iter().map(role).collect();
        let roles = roles.map_err(|without| {
            let message = format!("pipelines have no role for {without}");
            usage(message, "name `--for plan` or `--for apply`, or leave out `--oidc`")
        })?;
        if self.format == PolicyFormat::Json && roles.len() > 1 {
            let message = "a JSON document holds the trust policy of one role";
            return Err(usage(message, "name the role: `--for plan` or `--for apply`"));
        }
        Ok(roles)
    }

    /// # Errors
    /// When the repository is not one repository, or the account is not known.
    fn trust(&self, host: Host, repository: &str, issuer: Option<String>) -> Result<Trust, Failure> {
        if !is_repository(host, repository) {
            let (expected, message) = match host {
                Host::Github => ("OWNER/NAME", "GitHub"),
                Host::Gitlab => ("GROUP/PROJECT", "GitLab"),
            };
            let message = format!("`{repository}` is not the path of a repository on {message}");
            return Err(usage(
                message,
                format!("write it as `{expected}`, without wildcards and without the host"),
            ));
        }
        let account = match (&self.account, self.paths.given()) {
            (Some(account), []) => Some(account.clone()),
            _ => {
                let desired = load(&self.paths, &self.rules)?.desired;
                connect::account(self.account.as_ref(), &Reach::of(&desired))?
            }
        };
        let unknown =
            || usage("the account is not known", "write `account:` into the files, or give `--account ID`");
        Ok(Trust { host, repository: repository.to_owned(), issuer, account: account.ok_or_else(unknown)? })
    }
}

fn usage(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Diagnostic::new(Code::Usage, message.into()).help(help.into()).into()
}

/// The address of an issuer, whose characters mean nothing in a policy or to Terraform.
fn issuer(text: &str) -> Result<String, String> {
    let is_host = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | ':' | '/' | '_');
    match text.strip_prefix("https://") {
        Some(rest) if !rest.is_empty() && rest.chars().all(is_host) => Ok(text.to_owned()),
        Some(_) | None => {
            Err("expected the address of the host, such as https://gitlab.example.com".to_owned())
        }
    }
}
