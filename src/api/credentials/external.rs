//! Runs the command of a profile and reads the key that it prints.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::process::Command;
use tokio::time::timeout;

use super::fields::Fields;
use super::provider::Fetched;
use super::secrets::tell_named;
use super::variables::EXTERNAL_DISABLED;
use super::{CredentialsError, Surroundings};
use crate::gate::Secrets;
use crate::wire::{Key, Secret};

/// How long a command may take, as in the official tool: people may have to confirm something.
const PATIENCE: Duration = Duration::from_secs(60);

/// Program and arguments of a profile's command. No shell reads it, so quotes group words and nothing else means anything.
pub(super) fn command(
    surroundings: &Surroundings<'_>,
    fields: &Fields,
) -> Result<Vec<String>, CredentialsError> {
    if surroundings.is_true(EXTERNAL_DISABLED) {
        return Err(fields.forbidden(EXTERNAL_DISABLED));
    }
    let words = shlex::split(fields.need("process_command")?).filter(|words| !words.is_empty());
    words.ok_or_else(|| CredentialsError::External {
        origin: fields.source.to_string(),
        reason: "`process_command` is no command: a quote is left open".to_owned(),
    })
}

/// Runs it. What it prints on standard error is thrown away, since nobody knows what secrets that holds.
///
/// # Errors
/// A lowercase fragment.
pub(super) async fn run(command: &[String], secrets: &Secrets) -> Result<Fetched, String> {
    let [program, arguments @ ..] = command else { return Err("the command is empty".to_owned()) };
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = match timeout(PATIENCE, child.output()).await {
        Err(_) => return Err(format!("the command did not end within {} s", PATIENCE.as_secs())),
        Ok(Err(error)) => return Err(format!("the command can't be run: {error}")),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        return Err(format!("the command ended with {}", output.status));
    }
    let printed: Map<String, Value> = serde_json::from_slice(&output.stdout)
        .map_err(|_| "the command printed something else than one JSON object".to_owned())?;
    let texts = printed.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    tell_named(&texts.collect::<BTreeMap<_, _>>(), secrets);
    read(&printed)
}

fn read(printed: &Map<String, Value>) -> Result<Fetched, String> {
    let text = |name: &str| printed.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let need = |name: &str| text(name).ok_or_else(|| format!("the command printed no `{name}`"));
    let mode = need("mode")?;
    let token = match mode {
        "AK" => None,
        "StsToken" => Some(Secret::new(need("sts_token")?)),
        // Not repeated: it could be anything.
        _ => return Err("the command printed another `mode` than `AK` and `StsToken`".to_owned()),
    };
    let key =
        Key { id: need("access_key_id")?.to_owned(), secret: Secret::new(need("access_key_secret")?), token };
    let expiration: Option<Timestamp> = match text("expiration") {
        Some(time) => Some(time.parse().map_err(|_| "the command printed an `expiration` that is no time")?),
        None => None,
    };
    Ok(Fetched { key, expiration })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(value: Value) -> Result<Fetched, String> {
        let Value::Object(fields) = value else { panic!("no object") };
        read(&fields)
    }

    #[test]
    fn a_key_is_read_and_what_is_missing_named() {
        let whole = json!({"mode": "StsToken", "access_key_id": "i", "access_key_secret": "hush",
            "sts_token": "hush", "expiration": "2026-01-01T00:00:00Z"});
        let fetched = printed(whole.clone()).unwrap();
        assert!(fetched.key.token.is_some() && fetched.expiration.is_some());
        let lasting = printed(json!({"mode": "AK", "access_key_id": "i", "access_key_secret": "s"})).unwrap();
        assert!(lasting.key.token.is_none() && lasting.expiration.is_none());
        for name in ["mode", "access_key_id", "access_key_secret", "sts_token"] {
            let mut part = whole.clone();
            part[name] = json!("");
            assert_eq!(printed(part).unwrap_err(), format!("the command printed no `{name}`"));
        }
        for (name, end) in [("mode", "`StsToken`"), ("expiration", "no time")] {
            let mut part = whole.clone();
            part[name] = json!("hush");
            let error = printed(part).unwrap_err();
            assert!(error.ends_with(end) && !error.contains("hush"), "{error}");
        }
    }

    #[tokio::test]
    async fn no_shell_stands_between() {
        let command =
            shlex::split(r#"printf '{"mode":"AK","access_key_id":"%s","access_key_secret":"$HOME;`x`"}' i"#);
        let fetched = run(&command.unwrap(), &Secrets::default()).await.unwrap();
        assert_eq!((fetched.key.id.as_str(), fetched.key.secret.expose()), ("i", "$HOME;`x`"));
    }

    async fn error_of(line: &str) -> String {
        run(&shlex::split(line).unwrap(), &Secrets::default()).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_command_that_fails_is_told_without_what_it_says() {
        let failing = "sh -c 'echo hush; echo hush >&2; exit 3'";
        assert_eq!(error_of(failing).await, "the command ended with exit status: 3");
        let chatty = "the command printed something else than one JSON object";
        assert_eq!(error_of("echo hush").await, chatty);
        assert!(error_of("/nowhere/program").await.starts_with("the command can't be run: No such file"));
    }

    /// Tokio's clock leaps ahead while nothing but the command is waited for.
    #[tokio::test(start_paused = true)]
    async fn a_command_that_never_ends_is_given_up() {
        assert_eq!(error_of("sleep 1000").await, "the command did not end within 60 s");
    }
}
