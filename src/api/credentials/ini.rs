//! Reads sections of the credentials file that the official SDKs share.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fields::Fields;
use super::provider::{Credentials, Instance, Provider};
use super::secrets::tell_named;
use super::variables::{CREDENTIALS_FILE, METADATA_DISABLED, PROFILE};
use super::{CredentialsError, Source, Surroundings, environment};
use crate::wire::Secret;

/// Where the file is unless a variable says; the SDKs differ in the name.
const AT_HOME: [&str; 2] = ["credentials.ini", "credentials"];

/// Each section's line, 1-based, and its plain values.
type Sections = BTreeMap<String, (usize, BTreeMap<String, String>)>;

/// The section that a variable names, else `default`, where there is a file or one is asked for.
pub(super) fn configured(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    let Some(file) = file(surroundings) else { return Ok(None) };
    let fields = fields(surroundings, file)?;
    let provider = provider(surroundings, &fields)?;
    Ok(Some(Credentials { provider, sts: environment::sts(surroundings)?, source: fields.source }))
}

/// Whether there is a credentials file.
pub(super) fn is_there(surroundings: &Surroundings<'_>) -> bool {
    file(surroundings).is_some()
}

fn file(surroundings: &Surroundings<'_>) -> Option<PathBuf> {
    if let Some(file) = surroundings.get(CREDENTIALS_FILE) {
        return Some(file.into());
    }
    let folder = surroundings.home.as_ref()?.join(".alibabacloud");
    AT_HOME.iter().map(|name| folder.join(name)).find(|file| file.exists())
}

fn fields(surroundings: &Surroundings<'_>, file: PathBuf) -> Result<Fields, CredentialsError> {
    let name = surroundings.get(PROFILE).unwrap_or_else(|| "default".to_owned());
    let text = match fs_err::read_to_string(&file) {
        Ok(text) => text,
        Err(reason) => return Err(CredentialsError::Unreadable { file, reason }),
    };
    let mut sections = match sections(&text) {
        Ok(sections) => sections,
        Err(line) => {
            return Err(CredentialsError::Malformed { file, line, form: "`KEY = VALUE` in a `[section]`" });
        }
    };
    sections.values().for_each(|(_, values)| tell_named(values, &surroundings.secrets));
    let Some((line, values)) = sections.remove(&name) else {
        return Err(CredentialsError::NoProfile { file, profile: name });
    };
    let kind = format!("type `{}`", values.get("type").map_or("access_key", String::as_str));
    Ok(Fields { source: Source::Section { name, file, line }, kind, values })
}

fn provider(surroundings: &Surroundings<'_>, fields: &Fields) -> Result<Provider, CredentialsError> {
    let role = || fields.role("role_arn", "role_session_name", "role_session_expiration");
    Ok(match fields.get("type").unwrap_or("access_key") {
        "access_key" => Provider::Key(fields.key()?),
        "sts" => Provider::Key(fields.key_with("security_token")?),
        "ram_role_arn" => {
            let token = fields.get("security_token").map(Secret::new);
            let key = crate::wire::Key { token, ..fields.key()? };
            Provider::Role { by: Box::new(Provider::Key(key)), role: role()? }
        }
        "oidc_role_arn" => Provider::Oidc {
            role: role()?,
            provider_arn: fields.need("oidc_provider_arn")?.to_owned(),
            token_file: fields.need("oidc_token_file_path")?.into(),
        },
        "ecs_ram_role" if surroundings.is_true(METADATA_DISABLED) => {
            return Err(fields.forbidden(METADATA_DISABLED));
        }
        "ecs_ram_role" => {
            let role = fields.get("role_name").map(str::to_owned);
            Provider::Instance(Instance { role, ..environment::instance(surroundings) })
        }
        _ => return Err(fields.unsupported()),
    })
}

/// Takes the text apart, or gives the line that is of another form. A `#` behind a blank begins a comment, as in the SDKs.
fn sections(text: &str) -> Result<Sections, usize> {
    let mut sections = Sections::new();
    let mut current: Option<String> = None;
    for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let content = content.split(" #").next().unwrap_or_default().trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.trim().to_owned();
            if sections.insert(name.clone(), (line, BTreeMap::new())).is_some() {
                return Err(line);
            }
            current = Some(name);
            continue;
        }
        let (name, value) = content.split_once('=').ok_or(line)?;
        let (_, values) = current.as_ref().and_then(|name| sections.get_mut(name)).ok_or(line)?;
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if !value.is_empty() && values.insert(name, value).is_some() {
            return Err(line);
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hold_pairs_and_comments_say_nothing() {
        let text = "\u{feff}# head\n; more\n[default]\ntype = access_key # plain\n access_key_id=i#d\nempty =\n\n[ ci ]\na = b = c\n";
        let sections = sections(text).unwrap();
        let pairs = |name: &str| -> Vec<String> {
            sections[name].1.iter().map(|(name, value)| format!("{name}:{value}")).collect()
        };
        assert_eq!(pairs("default"), ["access_key_id:i#d", "type:access_key"]);
        assert_eq!((sections["ci"].0, pairs("ci")), (8, vec!["a:b = c".to_owned()]));
    }

    #[test]
    fn another_form_is_told_by_its_line() {
        for (text, line) in [
            ("[a]\nwhat is this\n", 2),
            ("a = b\n", 1),
            ("[a]\n[b]\n[a]\n", 3),
            ("[a]\nx = 1\n\nx = 2\n", 4),
            ("[a\n", 1),
        ] {
            assert_eq!(sections(text).unwrap_err(), line, "{text}");
        }
    }
}
