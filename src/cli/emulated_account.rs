//! The account that `livevod emulator` plays: domains, roles, keys, and whatever else exists besides the configurations.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::durations;
use crate::emulator::{ACCOUNT, Settings};
use crate::files;
use crate::model::{Address, domain_error};
use crate::wire::Secret;

/// The largest token file, in bytes; tokens are far smaller.
const LONGEST_TOKEN: u64 = 64 << 10;

/// The largest file of groups, in bytes.
const LONGEST_GROUPS: u64 = 1 << 20;

#[derive(Debug, Args)]
#[command(next_help_heading = "Emulated account")]
pub(super) struct Account {
    /// Account id
    #[arg(long = "account", value_name = "ID", default_value = ACCOUNT, value_parser = account_id)]
    id: String,

    /// Main streaming domain that exists, in cn-shanghai if no region is given [default: every name]
    #[arg(long = "domain", value_name = "NAME[=REGION]")]
    domains: Vec<Domain>,

    /// Ingest domain that exists [default: none]
    #[arg(long = "ingest-domain", value_name = "NAME[=REGION]")]
    ingest_domains: Vec<Domain>,

    /// Main streaming domain that an ingest domain feeds [default: none; publishers send to the streaming domain itself]
    #[arg(long = "feeds", value_name = "INGEST=DOMAIN")]
    feeds: Vec<Feed>,

    /// Recording to OSS that exists; it conflicts with a configuration at the same address [default: none]
    #[arg(long = "oss-recording", value_name = "DOMAIN/APP/STREAM")]
    oss_recordings: Vec<Address>,

    /// Transcode group that exists, in app-1000000 if no app space is given; VOD_NO_TRANSCODE always does [default: every id of 32 hex digits]
    #[arg(long = "group", value_name = "ID[=SPACE]")]
    groups: Vec<Group>,

    /// Name of a transcode group [default: its id]
    #[arg(long = "group-name", value_name = "ID=NAME")]
    group_names: Vec<GroupName>,

    /// File of the transcode groups that exist, one ID[=SPACE] per line
    #[arg(long, value_name = "FILE")]
    pub(super) groups_file: Option<PathBuf>,

    /// VOD app space that exists; app-1000000 always does [default: every id]
    #[arg(long = "app-space", value_name = "ID")]
    app_spaces: Vec<String>,

    /// Role that can be assumed [default: every name]
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,

    /// File of the only token that AssumeRoleWithOIDC accepts [default: every token]
    #[arg(long, value_name = "FILE")]
    oidc_token_file: Option<PathBuf>,

    /// Role of the ECS instance: serve /latest/meta-data/ram/security-credentials/, as its metadata service does
    #[arg(long, value_name = "NAME")]
    imds_role: Option<String>,

    /// Make the metadata service require a token from /latest/api/token
    #[arg(long, requires = "imds_role")]
    imds_token_required: bool,

    /// Serve keys at /credentials, for ALIBABA_CLOUD_CREDENTIALS_URI
    #[arg(long)]
    credentials_uri: bool,

    /// How long after a write ActionTrail lists its event [default: 0s; the service takes up to 10 minutes]
    #[arg(long, value_name = "DURATION", value_parser = durations::duration)]
    event_delay: Option<Duration>,
}

impl Account {
    /// The default settings, with the account that the arguments describe.
    pub(super) fn settings(&self) -> std::io::Result<Settings> {
        let Self {
            id,
            domains,
            ingest_domains,
            feeds,
            oss_recordings,
            groups,
            group_names,
            groups_file,
            app_spaces,
            roles,
            oidc_token_file,
            imds_role,
            imds_token_required,
            credentials_uri,
            event_delay,
        } = self;
        let oidc_token = match oidc_token_file {
            Some(file) => Some(Secret::new(text(file, LONGEST_TOKEN)?.trim())),
            None => None,
        };
        let mut all = groups.clone();
        if let Some(file) = groups_file {
            all.extend(listed(file)?);
        }
        let is_given = !groups.is_empty() || groups_file.is_some();
        let ids: BTreeSet<String> = all.iter().map(|group| group.id.clone()).collect();
        let mut domain_mapping: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Feed { ingest, domain } in feeds {
            domain_mapping.entry(ingest.clone()).or_default().insert(domain.clone());
        }
        let in_space = |Group { id, space }: Group| Some((id, space?));
        Ok(Settings {
            account: id.clone(),
            domains: some(names(domains)),
            ingest_domains: names(ingest_domains),
            domain_mapping,
            domain_regions: regions(domains.iter().chain(ingest_domains)),
            oss_recordings: oss_recordings.iter().cloned().collect(),
            transcode_groups: is_given.then_some(ids),
            group_spaces: all.into_iter().filter_map(in_space).collect(),
            group_names: group_names.iter().map(|one| (one.id.clone(), one.name.clone())).collect(),
            app_spaces: some(app_spaces.iter().cloned().collect()),
            roles: some(roles.iter().cloned().collect()),
            oidc_token,
            imds_role: imds_role.clone(),
            imds_token_required: *imds_token_required,
            credentials_uri: *credentials_uri,
            event_delay: event_delay.unwrap_or_default().try_into().unwrap_or_default(),
            ..Settings::default()
        })
    }
}

fn text(file: &Path, longest: u64) -> std::io::Result<String> {
    let named = |error: Error| Error::new(error.kind(), format!("can't read `{}`: {error}", file.display()));
    files::text(file, longest).map_err(named)
}

/// The groups in a file, one per line.
fn listed(file: &Path) -> std::io::Result<Vec<Group>> {
    let named = |line: &str, error: String| {
        Error::new(ErrorKind::InvalidData, format!("`{line}` in `{}`: {error}", file.display()))
    };
    let text = text(file, LONGEST_GROUPS)?;
    text.split_whitespace().map(|line| line.parse().map_err(|error| named(line, error))).collect()
}

/// A set, or `None` if it is empty and so was not given.
fn some(names: BTreeSet<String>) -> Option<BTreeSet<String>> {
    (!names.is_empty()).then_some(names)
}

fn names(domains: &[Domain]) -> BTreeSet<String> {
    domains.iter().map(|domain| domain.name.clone()).collect()
}

fn regions<'a>(domains: impl Iterator<Item = &'a Domain>) -> BTreeMap<String, String> {
    domains.filter_map(|domain| Some((domain.name.clone(), domain.region.clone()?))).collect()
}

/// `ID` or `ID=SPACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    id: String,
    space: Option<String>,
}

impl FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, space) = text.split_once('=').map_or((text, None), |(id, space)| (id, Some(space)));
        if id.is_empty() {
            return Err("the id of the group is missing".to_owned());
        }
        if space.is_some_and(str::is_empty) {
            return Err("the app space after `=` is missing".to_owned());
        }
        Ok(Self { id: id.to_owned(), space: space.map(str::to_owned) })
    }
}

/// `ID=NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GroupName {
    id: String,
    name: String,
}

impl FromStr for GroupName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((id, name)) if !id.is_empty() && !name.is_empty() => {
                Ok(Self { id: id.to_owned(), name: name.to_owned() })
            }
            _ => {
                Err("expected the id of a group and its name, such as `e2d796d3bb5fd8049d32bff62f94e4c1=hd`"
                    .to_owned())
            }
        }
    }
}

/// `INGEST=DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Feed {
    ingest: String,
    domain: String,
}

impl FromStr for Feed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ingest, domain) = text
            .split_once('=')
            .ok_or("expected two domains, such as `push.example.com=live.example.com`")?;
        for name in [ingest, domain] {
            if let Some(reason) = domain_error(name) {
                return Err(format!("`{name}` {reason}"));
            }
        }
        Ok(Self { ingest: ingest.to_owned(), domain: domain.to_owned() })
    }
}

/// `NAME` or `NAME=REGION`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Domain {
    name: String,
    region: Option<String>,
}

impl FromStr for Domain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, region) = match text.split_once('=') {
            Some((name, region)) => (name, Some(region)),
            None => (text, None),
        };
        if let Some(reason) = domain_error(name) {
            return Err(format!("`{name}` {reason}"));
        }
        if region.is_some_and(str::is_empty) {
            return Err("the region after `=` is missing".to_owned());
        }
        Ok(Self { name: name.to_owned(), region: region.map(str::to_owned) })
    }
}

fn account_id(text: &str) -> Result<String, String> {
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { Ok(text.to_owned()) } else { Err("an account id has only digits".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_may_have_an_app_space() {
        let group =
            |id: &str, space: Option<&str>| Ok(Group { id: id.into(), space: space.map(str::to_owned) });
        assert_eq!("hd".parse(), group("hd", None));
        assert_eq!("hd=app-2".parse(), group("hd", Some("app-2")));
        for bad in ["", "=app-2", "hd="] {
            assert!(bad.parse::<Group>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_may_have_a_region() {
        let domain = |name: &str, region: Option<&str>| {
            Ok(Domain { name: name.into(), region: region.map(str::to_owned) })
        };
        assert_eq!("a.com".parse(), domain("a.com", None));
        assert_eq!("a.com=ap-southeast-1".parse(), domain("a.com", Some("ap-southeast-1")));
        for bad in ["", "=cn-shanghai", "a.com=", "A.com", "a com"] {
            assert!(bad.parse::<Domain>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_ingest_domain_feeds_one_domain_per_option() {
        let feed = Feed { ingest: "push.a.com".into(), domain: "a.com".into() };
        assert_eq!("push.a.com=a.com".parse(), Ok(feed));
        for bad in ["push.a.com", "=a.com", "push.a.com=", "push.a.com=a com"] {
            assert!(bad.parse::<Feed>().is_err(), "{bad}");
        }
    }
}
