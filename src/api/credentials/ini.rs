//! Reads sections of the credentials file that the official SDKs share.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fields::Fields;
use super::provider::{Credentials, Instance, Provider};
use super::secrets::tell_named;
use super::surroundings::{is_there, read};
use super::variables::{CREDENTIALS_FILE, METADATA_DISABLED, PROFILE};
use super::{CredentialsError, Source, Surroundings, environment};
use crate::wire::Secret;

/// The default locations of the file; the SDKs differ in the name.
const AT_HOME: [&str; 2] = ["credentials.ini", "credentials"];

/// Each section's line, 1-based, and its plain values.
type Sections = BTreeMap<String, (usize, BTreeMap<String, String>)>;

/// The section that a variable names, else `default`, if there is a file or one is asked for.
pub(super) fn configured(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    let Some(file) = file(surroundings)? else { return Ok(None) };
    let fields = fields(surroundings, file)?;
    // The official SDKs skip it.
    let is_disabled = fields.get("enable").is_some_and(|text| !text.eq_ignore_ascii_case("true"));
    if is_disabled || fields.get("type").is_none() {
        return Ok(None);
    }
    let provider = provider(surroundings, &fields)?;
    Ok(Some(Credentials { provider, sts: environment::sts(surroundings)?, source: fields.source }))
}

/// Whether there is a credentials file.
pub(super) fn has_file(surroundings: &Surroundings<'_>) -> bool {
    surroundings.path(CREDENTIALS_FILE).is_some() || at_home(surroundings).next().is_some()
}

/// The file. If two files differ, it is unclear which one the official tools would have used.
fn file(surroundings: &Surroundings<'_>) -> Result<Option<PathBuf>, CredentialsError> {
    if let Some(file) = surroundings.path(CREDENTIALS_FILE) {
        return Ok(Some(file));
    }
    let mut files = at_home(surroundings);
    let (Some(one), other) = (files.next(), files.next()) else { return Ok(None) };
    let text = |file: &PathBuf| {
        read(file).map_err(|reason| CredentialsError::Unreadable { file: file.clone(), reason })
    };
    match other {
        Some(other) if text(&one)? != text(&other)? => Err(CredentialsError::TwoFiles { one, other }),
        _ => Ok(Some(one)),
    }
}

/// The files that exist at the default locations.
fn at_home(surroundings: &Surroundings<'_>) -> impl Iterator<Item = PathBuf> {
    let folder = surroundings.home.as_ref().map(|home| home.join(".alibabacloud"));
    let files = folder.into_iter().flat_map(|folder| AT_HOME.map(|name| folder.join(name)));
    files.filter(|file| is_there(file))
}

fn fields(surroundings: &Surroundings<'_>, file: PathBuf) -> Result<Fields, CredentialsError> {
    let name = surroundings.get(PROFILE).unwrap_or_else(|| "default".to_owned());
    let text = match read(&file) {
        Ok(text) => text,
        Err(reason) => return Err(CredentialsError::Unreadable { file, reason }),
    };
    let mut sections = match sections(&text) {
        Ok(sections) => sections,
        Err((line, form)) => return Err(CredentialsError::Malformed { file, line, form }),
    };
    sections.values().for_each(|(_, values)| tell_named(values, &surroundings.secrets));
    let Some((line, values)) = sections.remove(&name) else {
        let known = sections.into_keys().collect();
        return Err(CredentialsError::NoProfile { file, profile: name, known });
    };
    let kind = format!("type `{}`", values.get("type").map_or("access_key", String::as_str));
    Ok(Fields { source: Source::Section { name, file, line }, kind, values })
}

fn provider(surroundings: &Surroundings<'_>, fields: &Fields) -> Result<Provider, CredentialsError> {
    let role = || fields.role("role_arn", "role_session_name", "role_session_expiration");
    Ok(match fields.need("type")? {
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

/// Parses the text as the SDKs do, or returns the line that is not valid and what is wrong with it. `=` or `:`
/// separates a name, in any case, from its value; `#` starts a comment anywhere.
fn sections(text: &str) -> Result<Sections, (usize, &'static str)> {
    const FORM: &str = "expected `KEY = VALUE` in a `[section]`";
    let mut sections = Sections::new();
    let mut current: Option<String> = None;
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.split('#').next().unwrap_or_default().trim();
        if content.is_empty() || content.starts_with(';') {
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.trim().to_owned();
            if sections.insert(name.clone(), (line, BTreeMap::new())).is_some() {
                return Err((line, "duplicate section"));
            }
            current = Some(name);
            continue;
        }
        let (name, value) = content.split_once(['=', ':']).ok_or((line, FORM))?;
        let (_, values) = current.as_ref().and_then(|name| sections.get_mut(name)).ok_or((line, FORM))?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if !value.is_empty() && values.insert(name, value).is_some() {
            return Err((line, "duplicate key in the section"));
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hold_pairs_and_comments_say_nothing() {
        let text = "# head\n; more\n[default]\ntype = access_key # plain\n access_key_id=i#d\nempty =\n\n[ ci ]\na = b = c\n";
        let sections = sections(text).unwrap();
        let pairs = |name: &str| -> Vec<String> {
            sections[name].1.iter().map(|(name, value)| format!("{name}:{value}")).collect()
        };
        assert_eq!(pairs("default"), ["access_key_id:i", "type:access_key"]);
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
            assert_eq!(sections(text).unwrap_err().0, line, "{text}");
        }
    }
}
