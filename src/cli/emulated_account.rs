//! The account that `livevod emulator` plays: domains, roles, keys, and whatever else exists besides the configurations.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Error;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::emulator::{ACCOUNT, Settings};
use crate::files;
use crate::model::{Address, domain_error};
use crate::wire::Secret;

/// The largest token file, in bytes; tokens are far smaller.
const LONGEST_TOKEN: u64 = 64 << 10;

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

    /// VOD app space that exists; app-1000000 always does [default: every id]
    #[arg(long = "space", value_name = "ID")]
    spaces: Vec<String>,

    /// Recording to OSS that exists; it conflicts with a configuration at the same address [default: none]
    #[arg(long = "oss-recording", value_name = "DOMAIN/APP/STREAM")]
    oss_recordings: Vec<Address>,

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
}

impl Account {
    /// The default settings, with the account that the arguments describe.
    pub(super) fn settings(&self) -> std::io::Result<Settings> {
        let Self {
            id,
            domains,
            ingest_domains,
            spaces,
            oss_recordings,
            roles,
            oidc_token_file,
            imds_role,
            imds_token_required,
            credentials_uri,
        } = self;
        let oidc_token = match oidc_token_file {
            Some(file) => {
                let named = |error: Error| {
                    Error::new(error.kind(), format!("can't read `{}`: {error}", file.display()))
                };
                Some(Secret::new(files::text(file, LONGEST_TOKEN).map_err(named)?.trim()))
            }
            None => None,
        };
        Ok(Settings {
            account: id.clone(),
            domains: some(names(domains)),
            ingest_domains: names(ingest_domains),
            domain_regions: regions(domains.iter().chain(ingest_domains)),
            app_spaces: some(spaces.iter().cloned().collect()),
            oss_recordings: oss_recordings.iter().cloned().collect(),
            roles: some(roles.iter().cloned().collect()),
            oidc_token,
            imds_role: imds_role.clone(),
            imds_token_required: *imds_token_required,
            credentials_uri: *credentials_uri,
            ..Settings::default()
        })
    }
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
}
