//! Reads profiles of the official command line tool's `config.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fields::Fields;
use super::provider::{Credentials, Fetched, Instance, Provider};
use super::secrets::tell_named;
use super::surroundings::{is_there, read};
use super::variables::{
    CONFIG_FILE, EXTERNAL_DISABLED, IN_VPC, METADATA_DISABLED, PROFILE, PROFILE_DISABLED,
};
use super::{Chosen, CredentialsError, Source, Surroundings, environment, external, ini};
use crate::api::endpoint::Endpoint;
use crate::api::key_address::KeyAddress;
use crate::gate::Secrets;

/// The prefix of the ids of temporary keys.
const TEMPORARY: &str = "STS.";

/// The profile that the user names.
pub(super) fn given(surroundings: &Surroundings<'_>, name: &str) -> Result<Credentials, CredentialsError> {
    let file = file(surroundings).ok_or(CredentialsError::None)?;
    Reader::open(surroundings, file)?.credentials(name, Chosen::Given)
}

/// The profile that a variable names, or the current one, if there is a file. If no profile has the variable's name but
/// there is a credentials file, the name may refer to that file.
pub(super) fn configured(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    if surroundings.is_true(PROFILE_DISABLED) {
        return Ok(None);
    }
    let name = surroundings.get(PROFILE);
    let is_elsewhere = name.is_some() && ini::has_file(surroundings);
    let is_asked_for = surroundings.path(CONFIG_FILE).is_some() || (name.is_some() && !is_elsewhere);
    let Some(file) = file(surroundings).filter(|file| is_asked_for || is_there(file)) else {
        return Ok(None);
    };
    let reader = Reader::open(surroundings, file)?;
    let found = match &name {
        Some(name) => reader.credentials(name, Chosen::Variable),
        None if reader.is_blank() => return Ok(None),
        None => reader.credentials(&reader.current, Chosen::Current),
    };
    match found {
        Err(CredentialsError::NoProfile { .. }) if is_elsewhere => Ok(None),
        found => found.map(Some),
    }
}

/// The temporary key that the official tool keeps in the profile.
pub(super) fn kept(
    file: &Path,
    name: &str,
    chosen: &Chosen,
    secrets: &Secrets,
) -> Result<Fetched, CredentialsError> {
    let nowhere = Surroundings { variable: &|_| None, home: None, secrets: secrets.clone() };
    let fields = Reader::open(&nowhere, file.to_owned())?.fields(name, chosen.clone())?;
    let end = fields.get("sts_expiration").and_then(|text| text.parse().ok());
    Ok(Fetched {
        key: fields.key_with("sts_token")?,
        expiration: end.and_then(|seconds| Timestamp::from_second(seconds).ok()),
    })
}

fn file(surroundings: &Surroundings<'_>) -> Option<PathBuf> {
    let at_home = || Some(surroundings.home.as_ref()?.join(".aliyun").join("config.json"));
    surroundings.path(CONFIG_FILE).or_else(at_home)
}

/// Profiles stay unparsed until one is needed, so that their positions are known.
#[derive(Deserialize)]
struct ConfigFile<'a> {
    #[serde(default)]
    current: String,
    #[serde(default, borrow)]
    profiles: Vec<&'a RawValue>,
}

struct Reader<'a> {
    surroundings: &'a Surroundings<'a>,
    file: PathBuf,
    current: String,
    profiles: Vec<(usize, BTreeMap<String, String>)>,
}

impl<'a> Reader<'a> {
    fn open(surroundings: &'a Surroundings<'a>, file: PathBuf) -> Result<Self, CredentialsError> {
        let text = match read(&file) {
            Ok(text) => text,
            Err(reason) => return Err(CredentialsError::Unreadable { file, reason }),
        };
        match profiles(&text) {
            Ok((current, profiles)) => {
                for (_, values) in &profiles {
                    tell_named(values, &surroundings.secrets);
                    let address = values.get("credentials_uri");
                    address.iter().for_each(|text| KeyAddress::tell_text(text, &surroundings.secrets));
                }
                Ok(Self { surroundings, file, current, profiles })
            }
            Err(line) => Err(CredentialsError::Malformed {
                file,
                line,
                form: "not the format that the `aliyun` tool writes",
            }),
        }
    }

    /// Whether there is no current profile, or only the one that the official tool writes before a key is entered.
    fn is_blank(&self) -> bool {
        let has_key = |values: &BTreeMap<String, String>| {
            ["access_key_id", "access_key_secret"].iter().any(|name| values.contains_key(*name))
        };
        match self.values(&self.current) {
            None => self.current.is_empty(),
            Some((_, values)) => mode(values).eq_ignore_ascii_case("AK") && !has_key(values),
        }
    }

    fn values(&self, name: &str) -> Option<&(usize, BTreeMap<String, String>)> {
        self.profiles.iter().find(|(_, values)| values.get("name").map_or("", String::as_str) == name)
    }

    fn names(&self) -> Vec<String> {
        self.profiles.iter().filter_map(|(_, values)| values.get("name").cloned()).collect()
    }

    fn credentials(&self, name: &str, chosen: Chosen) -> Result<Credentials, CredentialsError> {
        let fields = self.fields(name, chosen)?;
        let provider = self.provider(&fields, &mut vec![name.to_owned()])?;
        Ok(Credentials { provider, sts: self.sts(&fields)?, source: fields.source })
    }

    fn fields(&self, name: &str, chosen: Chosen) -> Result<Fields, CredentialsError> {
        let (line, values) = self.values(name).ok_or_else(|| CredentialsError::NoProfile {
            file: self.file.clone(),
            profile: name.to_owned(),
            known: self.names(),
        })?;
        let source = Source::Profile { name: name.to_owned(), file: self.file.clone(), line: *line, chosen };
        Ok(Fields { source, kind: format!("mode `{}`", mode(values)), values: values.clone() })
    }

    /// The tool accepts a mode's name in any case. `met` holds the profiles that led here.
    fn provider(&self, fields: &Fields, met: &mut Vec<String>) -> Result<Provider, CredentialsError> {
        let role = || fields.role("ram_role_arn", "ram_session_name", "expired_seconds");
        Ok(match mode(&fields.values).to_ascii_lowercase().as_str() {
            "ak" => Provider::Key(fields.key()?),
            "ststoken" => Provider::Key(fields.key_with("sts_token")?),
            "ramrolearn" => {
                // A leftover token does not belong to a permanent key. The official tool would send it; the SDKs never
                // do.
                let is_temporary = fields.get("access_key_id").is_some_and(|id| id.starts_with(TEMPORARY));
                let key = if is_temporary { fields.key_with("sts_token")? } else { fields.key()? };
                Provider::Role { by: Box::new(Provider::Key(key)), role: role()? }
            }
            "chainableramrolearn" => {
                let by = self.source(fields, met)?;
                Provider::Role { by: Box::new(by), role: role()? }
            }
            "ecsramrole" => Provider::Instance(self.instance(fields)?),
            "oidc" => Provider::Oidc {
                role: role()?,
                provider_arn: fields.need("oidc_provider_arn")?.to_owned(),
                token_file: fields.need("oidc_token_file")?.into(),
            },
            "cloudsso" | "oauth" => {
                let Source::Profile { name, chosen, .. } = &fields.source else {
                    return Err(fields.unsupported());
                };
                Provider::Kept { file: self.file.clone(), profile: name.clone(), chosen: chosen.clone() }
            }
            "credentialsuri" => Provider::Address(self.address(fields)?),
            "external" => Provider::External { command: external::command(self.surroundings, fields)? },
            _ => return Err(fields.unsupported()),
        })
    }

    /// How the profile gets its key that `fields` name as the one that assumes their role.
    fn source(&self, fields: &Fields, met: &mut Vec<String>) -> Result<Provider, CredentialsError> {
        let name = fields.need("source_profile")?;
        if met.iter().any(|known| known == name) {
            return Err(CredentialsError::Circle {
                origin: fields.source.to_string(),
                profile: name.to_owned(),
            });
        }
        let from = met.last().cloned().unwrap_or_default();
        met.push(name.to_owned());
        self.provider(&self.fields(name, Chosen::Source(from))?, met)
    }

    /// The address in the profile. The official tool supports it; the SDKs do not.
    fn address(&self, fields: &Fields) -> Result<KeyAddress, CredentialsError> {
        if external::is_disabled(self.surroundings) {
            return Err(fields.forbidden(EXTERNAL_DISABLED));
        }
        let address = fields.need("credentials_uri")?;
        let wrong = |reason| CredentialsError::Address { origin: fields.source.to_string(), reason };
        address.parse().map_err(wrong)
    }

    fn instance(&self, fields: &Fields) -> Result<Instance, CredentialsError> {
        if self.surroundings.is_true(METADATA_DISABLED) {
            return Err(fields.forbidden(METADATA_DISABLED));
        }
        let role = fields.get("ram_role_name").map(str::to_owned);
        Ok(Instance { role, ..environment::instance(self.surroundings) })
    }

    /// The STS endpoint of the profile, else the one that variables configure.
    fn sts(&self, fields: &Fields) -> Result<Option<Endpoint>, CredentialsError> {
        let endpoint = match (fields.get("sts_endpoint"), fields.get("sts_region")) {
            (Some(host), _) => Endpoint::of_vendor(host),
            (None, Some(region)) => {
                Endpoint::sts(region, fields.is_true("enable_vpc") || self.surroundings.is_true(IN_VPC))
            }
            (None, None) => return environment::sts(self.surroundings),
        };
        endpoint
            .map(Some)
            .map_err(|reason| CredentialsError::Address { origin: fields.source.to_string(), reason })
    }
}

/// The current profile's name, and the line and plain values of each profile; or the line where the text is not valid.
/// The parser's own message is left out: it may quote a secret.
#[expect(
    clippy::type_complexity,
    reason = "the single caller destructures it at once, so a name would say less"
)]
fn profiles(text: &str) -> Result<(String, Vec<(usize, BTreeMap<String, String>)>), usize> {
    let ConfigFile { current, profiles } = serde_json::from_str(text).map_err(|error| error.line())?;
    let read = |raw: &RawValue| {
        let before = raw.get().as_ptr().addr() - text.as_ptr().addr();
        let line = 1 + text.bytes().take(before).filter(|byte| *byte == b'\n').count();
        let values: BTreeMap<String, Value> = serde_json::from_str(raw.get()).map_err(|_| line)?;
        Ok((line, values.into_iter().filter_map(|(name, value)| Some((name, plain(value)?))).collect()))
    };
    Ok((current, profiles.into_iter().map(read).collect::<Result<_, usize>>()?))
}

/// The mode of a profile. The official tool defaults to this one.
fn mode(values: &BTreeMap<String, String>) -> &str {
    values.get("mode").map_or("AK", String::as_str)
}

fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then_some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
