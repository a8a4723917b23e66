//! Reads one profile of the official command line tool's `config.json`.

use std::path::Path;

use serde::Deserialize;

use super::{Credentials, CredentialsError, Source};
use crate::wire::{Key, Secret};

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(default)]
    current: String,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    access_key_secret: String,
    #[serde(default)]
    sts_token: String,
}

/// The credentials of profile `name`, or of the file's current one.
pub(super) fn read(file: &Path, name: Option<&str>) -> Result<Credentials, CredentialsError> {
    let text = fs_err::read(file)
        .map_err(|reason| CredentialsError::Unreadable { file: file.to_owned(), reason })?;
    let ConfigFile { current, profiles } = parse(file, &text)?;
    let wanted = name.unwrap_or(&current);
    let profile = profiles
        .into_iter()
        .find(|profile| profile.name == wanted)
        .ok_or_else(|| CredentialsError::NoProfile { file: file.to_owned(), profile: wanted.to_owned() })?;
    let source = Source::Profile { name: wanted.to_owned(), file: file.to_owned() };
    Ok(Credentials { key: key(profile, &source)?, source })
}

fn parse(file: &Path, text: &[u8]) -> Result<ConfigFile, CredentialsError> {
    serde_json::from_slice(text).map_err(|error| CredentialsError::Malformed {
        file: file.to_owned(),
        line: error.line(),
        column: error.column(),
    })
}

/// The tool itself takes the mode's name in any case, and an empty one as `AK`.
fn key(profile: Profile, source: &Source) -> Result<Key, CredentialsError> {
    let Profile { name: _, mode, access_key_id, access_key_secret, sts_token } = profile;
    let temporary = mode.eq_ignore_ascii_case("StsToken");
    if !temporary && !mode.eq_ignore_ascii_case("AK") && !mode.is_empty() {
        let kind = format!("mode `{mode}`");
        return Err(CredentialsError::Unsupported { origin: source.to_string(), kind });
    }
    let half = |has, lacks| Err(CredentialsError::Half { origin: source.to_string(), has, lacks });
    if access_key_id.is_empty() {
        return half("a mode", "no `access_key_id`");
    }
    if access_key_secret.is_empty() {
        return half("an `access_key_id`", "no `access_key_secret`");
    }
    if temporary && sts_token.is_empty() {
        return half("mode `StsToken`", "no `sts_token`");
    }
    let token = temporary.then(|| Secret::new(sts_token));
    Ok(Key { id: access_key_id, secret: Secret::new(access_key_secret), token })
}
