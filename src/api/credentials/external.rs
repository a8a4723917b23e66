//! Runs the command of a profile and reads the key that it prints.

use std::collections::BTreeMap;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::fields::Fields;
use super::provider::Fetched;
use super::secrets::tell_named;
use super::variables::EXTERNAL_DISABLED;
use super::{CredentialsError, Surroundings};
use crate::gate::Secrets;
use crate::wire::{Key, Secret};

/// How long a command may take, as in the official tool: someone may have to confirm something.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest output of a command, in bytes.
const LONGEST_OUTPUT: u64 = 64 << 10;

/// How many bytes of the end of standard error are quoted.
const LAST_WORDS: usize = 2 << 10;

/// How long standard error is still read after the command has ended.
const LISTENS_ON: Duration = Duration::from_millis(50);

/// Numbers from here on are milliseconds: as seconds this one would be the year 5138.
const FIRST_OF_MILLISECONDS: i64 = 100_000_000_000;

/// Whether a variable forbids keys from other programs. The official tool accepts two words for yes.
pub(super) fn is_disabled(surroundings: &Surroundings<'_>) -> bool {
    surroundings.is_true(EXTERNAL_DISABLED) || surroundings.get(EXTERNAL_DISABLED).as_deref() == Some("1")
}

/// Program and arguments of a profile's command. No shell reads it: quotes group words, and nothing else has a meaning.
pub(super) fn command(
    surroundings: &Surroundings<'_>,
    fields: &Fields,
) -> Result<Vec<String>, CredentialsError> {
    if is_disabled(surroundings) {
        return Err(fields.forbidden(EXTERNAL_DISABLED));
    }
    let words = shlex::split(fields.need("process_command")?).filter(|words| !words.is_empty());
    words.ok_or_else(|| CredentialsError::External {
        origin: fields.source.to_string(),
        reason: "`process_command` is not a command: it is empty or a quote is not closed".to_owned(),
    })
}

/// Runs the command.
///
/// # Errors
/// A lowercase fragment, with the end of the command's standard error.
pub(super) async fn run(command: &[String], secrets: &Secrets) -> Result<Fetched, String> {
    let [program, arguments @ ..] = command else { return Err("the command is empty".to_owned()) };
    let mut child = Command::new(program);
    child
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = child.spawn().map_err(|error| format!("the command can't be run: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut last_words = Vec::new();
    let ended = {
        let mut listening = pin!(tail(stderr, &mut last_words));
        let mut ending = pin!(timeout(PATIENCE, async { tokio::join!(whole(stdout), child.wait()) }));
        tokio::select! {
            ended = &mut ending => {
                // A process that the command left running may keep standard error open.
                let _ = timeout(LISTENS_ON, listening).await;
                ended
            }
            () = &mut listening => ending.await,
        }
    };
    let said = secrets.hide(String::from_utf8_lossy(&last_words).trim()).into_owned();
    let said = |reason: String| {
        if said.is_empty() { reason } else { format!("{reason}; its standard error: {said}") }
    };
    match ended {
        Err(_) => Err(said(format!("the command did not end within {} s", PATIENCE.as_secs()))),
        Ok((Err(error), _) | (_, Err(error))) => {
            Err(said(format!("the command's output can't be read: {error}")))
        }
        Ok((Ok(None), _)) => Err(format!("the command printed more than {} KiB", LONGEST_OUTPUT >> 10)),
        Ok((Ok(Some(_)), Ok(status))) if !status.success() => {
            Err(said(format!("the command ended with {status}")))
        }
        Ok((Ok(Some(printed)), Ok(_))) => key_in(&printed, secrets).map_err(said),
    }
}

/// All of standard output; `None` if it is too long: reading stops then, and the command ends.
async fn whole(stdout: Option<impl AsyncRead + Unpin>) -> std::io::Result<Option<Vec<u8>>> {
    let mut printed = Vec::new();
    if let Some(stdout) = stdout {
        stdout.take(LONGEST_OUTPUT + 1).read_to_end(&mut printed).await?;
    }
    Ok((printed.len() as u64 <= LONGEST_OUTPUT).then_some(printed))
}

/// The end of standard error, also if the time is over before the command closes it.
async fn tail(stderr: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut part).await {
        kept.extend_from_slice(&part[..length]);
        let over = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..over);
    }
}

fn key_in(printed: &[u8], secrets: &Secrets) -> Result<Fetched, String> {
    let printed: Map<String, Value> = serde_json::from_slice(printed)
        .map_err(|_| "the command did not print exactly one JSON object".to_owned())?;
    let texts = printed.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    tell_named(&texts.collect::<BTreeMap<_, _>>(), secrets);
    read(&printed)
}

fn read(printed: &Map<String, Value>) -> Result<Fetched, String> {
    let text = |name: &str| printed.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let need = |name: &str| text(name).ok_or_else(|| format!("the command printed no `{name}`"));
    // The SDKs read no mode except this one.
    let token = match text("mode") {
        Some("StsToken") => Some(need("sts_token")?),
        // Not quoted: it could be anything.
        Some(mode) if mode != "AK" => {
            return Err("the command printed a `mode` other than `AK` and `StsToken`".to_owned());
        }
        Some(_) | None => text("sts_token"),
    };
    let key = Key {
        id: need("access_key_id")?.to_owned(),
        secret: Secret::new(need("access_key_secret")?),
        token: token.map(Secret::new),
    };
    Ok(Fetched { key, expiration: expiration(printed.get("expiration"))? })
}

/// When the key expires: a time, or seconds or milliseconds since 1970.
fn expiration(printed: Option<&Value>) -> Result<Option<Timestamp>, String> {
    let time = match printed {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => match value.as_i64() {
            Some(0) => return Ok(None),
            Some(number @ FIRST_OF_MILLISECONDS..) => Timestamp::from_millisecond(number).ok(),
            Some(number) => Timestamp::from_second(number).ok(),
            None => None,
        },
    };
    time.map(Some).ok_or_else(|| "the command printed an `expiration` that is not a time".to_owned())
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
        for name in ["access_key_id", "access_key_secret", "sts_token"] {
            let mut part = whole.clone();
            part[name] = json!("");
            assert_eq!(printed(part).unwrap_err(), format!("the command printed no `{name}`"));
        }
        let modeless = printed(json!({"access_key_id": "i", "access_key_secret": "s", "sts_token": "t"}));
        assert!(modeless.unwrap().key.token.is_some());
        for (name, end) in [("mode", "`StsToken`"), ("expiration", "not a time")] {
            let mut part = whole.clone();
            part[name] = json!("hush");
            let error = printed(part).unwrap_err();
            assert!(error.ends_with(end) && !error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn the_end_of_a_key_is_a_time_or_a_number() {
        let end = |value: Value| expiration(Some(&value));
        let time = "2026-01-01T00:00:00Z".parse().ok();
        for value in [json!("2026-01-01T00:00:00Z"), json!(1_767_225_600), json!(1_767_225_600_000_i64)] {
            assert_eq!(end(value.clone()), Ok(time), "{value}");
        }
        assert_eq!([json!(""), json!(0), json!(null)].map(end), [Ok(None), Ok(None), Ok(None)]);
        for value in [json!(1.5), json!([1]), json!(true), json!(i64::MIN)] {
            assert!(end(value.clone()).is_err(), "{value}");
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
    async fn a_command_that_fails_is_told_with_what_it_says_to_people_alone() {
        let failing = "sh -c 'echo hush; echo sign in first >&2; exit 3'";
        assert_eq!(
            error_of(failing).await,
            "the command ended with exit status: 3; its standard error: sign in first"
        );
        let secrets = Secrets::default();
        secrets.learn("hush-hush-hush");
        let quoting = shlex::split("sh -c 'echo no hush-hush-hush here >&2; exit 3'").unwrap();
        let error = run(&quoting, &secrets).await.unwrap_err();
        assert!(error.ends_with("its standard error: no (secret) here"), "{error}");
        let long = error_of("sh -c 'seq 100000 >&2; exit 3'").await;
        assert!(long.len() < 2 * LAST_WORDS && long.ends_with("100000"), "{long}");
        let chatty = "the command did not print exactly one JSON object";
        assert_eq!(error_of("echo hush").await, chatty);
        assert!(error_of("/nowhere/program").await.starts_with("the command can't be run: No such file"));
    }

    #[tokio::test]
    async fn a_command_that_prints_without_end_is_ended() {
        assert_eq!(error_of("yes").await, "the command printed more than 64 KiB");
    }

    /// Tokio's clock jumps ahead while only the command is waited for.
    #[tokio::test(start_paused = true)]
    async fn a_command_that_never_ends_is_given_up() {
        assert_eq!(error_of("sleep 1000").await, "the command did not end within 60 s");
    }
}
