//! Finds the key that requests are signed with, in the vendor's own order of sources.
//!
//! The first source that is *configured* decides. If it can't be used the run ends: falling to the next one would act
//! under another identity than the user believes. Sources that livevod can't read yet keep their rank and end the run too.

mod profile;

use std::path::PathBuf;

use crate::wire::{Key, Secret};

const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
const CONFIG_FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
const PROFILE_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";

/// The variables that together configure a role by OIDC; with only some of them the source is not configured.
const OIDC: [&str; 3] =
    ["ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"];

/// Sources behind the profile file that one variable configures.
const LATER: [(&str, &str); 3] = [
    ("ALIBABA_CLOUD_CREDENTIALS_FILE", "a credentials file"),
    ("ALIBABA_CLOUD_ECS_METADATA", "the role of an ECS instance"),
    ("ALIBABA_CLOUD_CREDENTIALS_URI", "a credentials URI"),
];

/// A key and where it was found.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// What requests are signed with.
    pub key: Key,
    /// Which source it came from.
    pub source: Source,
}

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The environment's variables.
    Environment,
    /// A profile of the official command line tool.
    Profile {
        /// Its name.
        name: String,
        /// The file it stands in.
        file: PathBuf,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Environment => write!(f, "`{KEY_ID}`"),
            Source::Profile { name, file } => write!(f, "profile `{name}` of `{}`", file.display()),
        }
    }
}

/// The parts of the process that credentials are looked up in.
pub struct Surroundings<'a> {
    /// Looks up a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The user's own folder.
    pub home: Option<PathBuf>,
}

impl Surroundings<'_> {
    /// Those of this process.
    pub fn of_process() -> Self {
        Surroundings { variable: &|name| std::env::var(name).ok(), home: std::env::home_dir() }
    }

    /// The variable, where it is set and not empty.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

/// Why there are no credentials. No text holds any part of a key.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// No source is configured.
    #[error("no credentials are configured")]
    None,
    /// One half of a pair is missing.
    #[error("{origin} has {has}, but {lacks}")]
    Half {
        /// Which source.
        origin: String,
        /// What is there.
        has: &'static str,
        /// What is not.
        lacks: &'static str,
    },
    /// The source is configured and comes first, but livevod can't use it.
    #[error("{origin} is configured as {kind}, which livevod can't use")]
    Unsupported {
        /// Which source.
        origin: String,
        /// What it is.
        kind: String,
    },
    /// The profile file can't be read.
    #[error("the profile file `{}` can't be read", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// The profile file is no JSON of the known shape. The reader's own words are left out: they may quote a secret.
    #[error("the profile file `{}` is not what the `aliyun` tool writes, at line {line}, column {column}", file.display())]
    Malformed {
        /// Which.
        file: PathBuf,
        /// 1-based line.
        line: usize,
        /// 1-based column in bytes.
        column: usize,
    },
    /// The profile is not in the file.
    #[error("the profile file `{}` has no profile `{profile}`", file.display())]
    NoProfile {
        /// Which file.
        file: PathBuf,
        /// Which profile.
        profile: String,
    },
}

impl CredentialsError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            CredentialsError::None => format!(
                "set `{KEY_ID}` and `{KEY_SECRET}`, or run `aliyun configure`; `--emulator` needs no credentials"
            ),
            CredentialsError::Half { .. } => {
                "complete it, or remove it so that the next source is used".to_owned()
            }
            CredentialsError::Unsupported { .. } => {
                format!(
                    "set `{KEY_ID}`, `{KEY_SECRET}` and `{TOKEN}`, or use a profile of mode `AK` or `StsToken`"
                )
            }
            CredentialsError::Unreadable { .. } => {
                format!("make it readable, or set `{PROFILE_DISABLED}=true` to leave it out")
            }
            CredentialsError::Malformed { .. } => "run `aliyun configure` to write it anew".to_owned(),
            CredentialsError::NoProfile { .. } => {
                format!("name one that is there with `--profile` or `{PROFILE}`")
            }
        }
    }
}

/// Finds the credentials: those of `profile` alone where one is given, else of the first configured source.
///
/// # Errors
/// When no source is configured, or the first configured one can't be used.
pub fn find(surroundings: &Surroundings<'_>, profile: Option<&str>) -> Result<Credentials, CredentialsError> {
    if let Some(name) = profile {
        return profile::read(&profile_file(surroundings)?, Some(name));
    }
    if let Some(credentials) = from_environment(surroundings)? {
        return Ok(credentials);
    }
    refuse_oidc(surroundings)?;
    if let Some(credentials) = from_profile(surroundings)? {
        return Ok(credentials);
    }
    refuse_later(surroundings)?;
    Err(CredentialsError::None)
}

fn from_environment(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    let half = |has, lacks| Err(CredentialsError::Half { origin: "the environment".to_owned(), has, lacks });
    match (surroundings.get(KEY_ID), surroundings.get(KEY_SECRET), surroundings.get(TOKEN)) {
        (Some(id), Some(secret), token) => {
            let key = Key { id, secret: Secret::new(secret), token: token.map(Secret::new) };
            Ok(Some(Credentials { key, source: Source::Environment }))
        }
        (None, None, None) => Ok(None),
        (Some(_), None, _) => half("`ALIBABA_CLOUD_ACCESS_KEY_ID`", "no `ALIBABA_CLOUD_ACCESS_KEY_SECRET`"),
        (None, Some(_), _) => half("`ALIBABA_CLOUD_ACCESS_KEY_SECRET`", "no `ALIBABA_CLOUD_ACCESS_KEY_ID`"),
        (None, None, Some(_)) => half("`ALIBABA_CLOUD_SECURITY_TOKEN`", "no `ALIBABA_CLOUD_ACCESS_KEY_ID`"),
    }
}

/// A profile counts as configured when its file is there, or a variable asks for one.
fn from_profile(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    if surroundings.is_true(PROFILE_DISABLED) {
        return Ok(None);
    }
    let name = surroundings.get(PROFILE);
    let asked_for = name.is_some() || surroundings.get(CONFIG_FILE).is_some();
    let Ok(file) = profile_file(surroundings) else { return Ok(None) };
    if !asked_for && !file.exists() {
        return Ok(None);
    }
    profile::read(&file, name.as_deref()).map(Some)
}

fn profile_file(surroundings: &Surroundings<'_>) -> Result<PathBuf, CredentialsError> {
    match (surroundings.get(CONFIG_FILE), &surroundings.home) {
        (Some(file), _) => Ok(file.into()),
        (None, Some(home)) => Ok(home.join(".aliyun").join("config.json")),
        (None, None) => Err(CredentialsError::None),
    }
}

fn refuse_oidc(surroundings: &Surroundings<'_>) -> Result<(), CredentialsError> {
    if OIDC.iter().all(|name| surroundings.get(name).is_some()) {
        return Err(unsupported("the environment", "a role by OIDC"));
    }
    Ok(())
}

fn refuse_later(surroundings: &Surroundings<'_>) -> Result<(), CredentialsError> {
    match LATER.iter().find(|(name, _)| surroundings.get(name).is_some()) {
        Some((name, kind)) => Err(unsupported(&format!("`{name}`"), kind)),
        None => Ok(()),
    }
}

fn unsupported(origin: &str, kind: &str) -> CredentialsError {
    CredentialsError::Unsupported { origin: origin.to_owned(), kind: kind.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks credentials up among `variables`, with `config` as the home folder's profile file.
    fn look(
        variables: &[(&str, &str)],
        config: Option<&str>,
        profile: Option<&str>,
    ) -> Result<Credentials, CredentialsError> {
        let home = tempfile::tempdir().unwrap();
        if let Some(text) = config {
            std::fs::create_dir(home.path().join(".aliyun")).unwrap();
            std::fs::write(home.path().join(".aliyun/config.json"), text).unwrap();
        }
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        find(&Surroundings { variable: &variable, home: Some(home.path().to_owned()) }, profile)
    }

    fn message(result: Result<Credentials, CredentialsError>) -> String {
        result.unwrap_err().to_string()
    }

    const CONFIG: &str = r#"{"current":"main","profiles":[
        {"name":"main","mode":"AK","access_key_id":"id-main","access_key_secret":"secret-main","region_id":"cn-shanghai"},
        {"name":"sts","mode":"ststoken","access_key_id":"id-sts","access_key_secret":"secret-sts","sts_token":"token-sts"},
        {"name":"role","mode":"RamRoleArn","access_key_id":"id-role","access_key_secret":"secret-role"},
        {"name":"half","mode":"AK","access_key_id":"id-half","access_key_secret":""},
        {"name":"no-token","mode":"StsToken","access_key_id":"id-half","access_key_secret":"secret-half"},
        {"name":"blank","mode":"AK"}],"meta_path":""}"#;

    #[test]
    fn the_environment_comes_before_the_profile() {
        let found = look(&[(KEY_ID, "id"), (KEY_SECRET, "secret")], Some(CONFIG), None).unwrap();
        assert_eq!(
            (found.key.id.as_str(), found.key.secret.expose(), found.key.token.is_none()),
            ("id", "secret", true)
        );
        assert_eq!(found.source, Source::Environment);
        let found = look(&[(KEY_ID, "id"), (KEY_SECRET, "secret"), (TOKEN, "token")], None, None).unwrap();
        assert_eq!(found.key.token.unwrap().expose(), "token");
    }

    #[test]
    fn a_given_profile_decides_alone() {
        let variables =
            [(KEY_ID, "id"), (KEY_SECRET, "secret"), (PROFILE, "half"), (PROFILE_DISABLED, "true")];
        let found = look(&variables, Some(CONFIG), Some("sts")).unwrap();
        assert_eq!((found.key.id.as_str(), found.key.token.unwrap().expose()), ("id-sts", "token-sts"));
        assert!(message(look(&variables, Some(CONFIG), Some("gone"))).ends_with("has no profile `gone`"));
    }

    #[test]
    fn the_current_profile_counts_unless_a_variable_names_another() {
        assert_eq!(look(&[], Some(CONFIG), None).unwrap().key.id, "id-main");
        assert_eq!(look(&[(PROFILE, "sts")], Some(CONFIG), None).unwrap().key.id, "id-sts");
        assert!(message(look(&[(PROFILE, "gone")], Some(CONFIG), None)).contains("has no profile `gone`"));
    }

    #[test]
    fn a_half_configured_source_is_an_error_and_never_skipped() {
        let table = [
            (vec![(KEY_ID, "id")], "but no `ALIBABA_CLOUD_ACCESS_KEY_SECRET`"),
            (vec![(KEY_ID, "id"), (KEY_SECRET, "")], "but no `ALIBABA_CLOUD_ACCESS_KEY_SECRET`"),
            (vec![(KEY_SECRET, "hush")], "but no `ALIBABA_CLOUD_ACCESS_KEY_ID`"),
            (vec![(TOKEN, "hush")], "but no `ALIBABA_CLOUD_ACCESS_KEY_ID`"),
            (vec![(PROFILE, "half")], "but no `access_key_secret`"),
            (vec![(PROFILE, "blank")], "but no `access_key_id`"),
            (vec![(PROFILE, "no-token")], "but no `sts_token`"),
        ];
        for (variables, end) in table {
            assert!(message(look(&variables, Some(CONFIG), None)).ends_with(end), "{variables:?}");
        }
    }

    #[test]
    fn a_source_that_can_not_be_used_yet_keeps_its_rank() {
        let message_of = |variables: &[(&str, &str)]| message(look(variables, Some(CONFIG), None));
        let oidc = OIDC.map(|name| (name, "x"));
        assert!(message_of(&oidc).contains("a role by OIDC"));
        assert_eq!(look(&oidc[..2], Some(CONFIG), None).unwrap().key.id, "id-main");
        assert!(message_of(&[(PROFILE, "role")]).contains("mode `RamRoleArn`"));
        for (name, kind) in LATER {
            assert!(message(look(&[(name, "x")], None, None)).contains(kind));
            assert_eq!(look(&[(name, "x")], Some(CONFIG), None).unwrap().key.id, "id-main");
        }
    }

    #[test]
    fn without_any_source_the_help_names_the_first_two() {
        let error = look(&[], None, None).unwrap_err();
        assert!(matches!(error, CredentialsError::None));
        assert!(error.help().contains(KEY_ID) && error.help().contains("aliyun configure"));
        assert!(matches!(
            look(&[(PROFILE_DISABLED, "TRUE")], Some(CONFIG), None),
            Err(CredentialsError::None)
        ));
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        assert!(
            message(look(&[(CONFIG_FILE, "/nowhere/config.json")], Some(CONFIG), None))
                .contains("can't be read")
        );
        assert!(message(look(&[(PROFILE, "main")], None, None)).contains("can't be read"));
    }

    #[test]
    fn no_error_and_no_debug_text_shows_a_secret() {
        let bad = r#"{"current":"a","profiles":[{"name":"a","mode":"AK","access_key_id":"i","access_key_secret":["hush"]}]}"#;
        let error = look(&[], Some(bad), None).unwrap_err();
        let CredentialsError::Malformed { line: 1, .. } = error else { panic!("{error}") };
        let found = look(&[(KEY_ID, "id"), (KEY_SECRET, "hush"), (TOKEN, "hush")], None, None).unwrap();
        for text in [error.to_string(), error.help(), format!("{error:?}"), format!("{found:?}")] {
            assert!(!text.contains("hush"), "{text}");
        }
    }
}
