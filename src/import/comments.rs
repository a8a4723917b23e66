//! The few comments that help the reader of imported files.

use std::collections::BTreeSet;

use crate::gate::clean;
use crate::model::{EVERY, Field, RecordConfig, Remote, is_telling};

/// Words in a name that say that it was not meant to stay.
const WORDS: [&str; 9] = ["test", "tests", "testing", "tmp", "temp", "demo", "debug", "trial", "old"];

/// What `"*"` means as the name of a stream or an app.
pub(super) fn of_wildcard(name: &str, is_app: bool) -> Option<&'static str> {
    match (name == EVERY, is_app) {
        (true, false) => Some("every stream without its own entry"),
        (true, true) => Some("every app without its own entry"),
        (false, _) => None,
    }
}

/// The settings of an entry that no file can say, with the values that it keeps.
pub(super) fn of_kept(config: &RecordConfig, kept: &BTreeSet<Field>) -> Option<String> {
    let values: Vec<String> = kept.iter().map(|field| format!("{field} {}", config.get(*field))).collect();
    (!values.is_empty()).then(|| clean(&format!("keeps {}, which files do not accept", values.join(", "))))
}

/// The fields of an entry that livevod does not know, and that a write could lose.
pub(super) fn of_unknown(config: &RecordConfig) -> Option<String> {
    let telling = config.unknown.iter().filter(|(name, value)| is_telling(name, value));
    let names: Vec<&str> = telling.map(|(name, _)| name.as_str()).collect();
    (!names.is_empty())
        .then(|| clean(&format!("has unknown fields: {}; most changes will be refused", names.join(", "))))
}

/// A comment for an entry that looks as if it was to be removed again: its name says so, or holds a day that has passed.
/// `now` is the creation time of the newest configuration.
pub(super) fn of_temporary(name: &str, remote: &Remote, now: Option<&str>) -> Option<String> {
    let mut words = name.split(|character: char| !character.is_alphanumeric());
    let created = remote.create_time.as_deref().and_then(day);
    let now = now.and_then(day);
    let is_past = |word: &str| digits_as_day(word).zip(now.as_deref()).is_some_and(|(day, now)| *day < *now);
    let is_temporary =
        words.any(|word| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)) || is_past(word));
    is_temporary.then(|| match created {
        Some(day) => format!("temporary, by its name? created {day}"),
        None => "temporary, by its name?".to_owned(),
    })
}

/// The day of a time such as `2026-11-22T20:15:00Z`.
fn day(time: &str) -> Option<String> {
    let day = time.get(..10)?;
    day.parse::<jiff::civil::Date>().ok().map(|day| day.to_string())
}

/// `20241111` as a day.
fn digits_as_day(word: &str) -> Option<String> {
    let is_day = word.len() == 8 && word.starts_with("20") && word.bytes().all(|byte| byte.is_ascii_digit());
    is_day.then(|| day(&format!("{}-{}-{}", &word[..4], &word[4..6], &word[6..]))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_named_if_they_say_something() {
        let unknown = [("New", serde_json::json!("x")), ("Empty", serde_json::json!(false))];
        let unknown = unknown.map(|(name, value)| (name.to_owned(), value)).into();
        let told = of_unknown(&RecordConfig { unknown, ..RecordConfig::default() });
        assert_eq!(told.as_deref(), Some("has unknown fields: New; most changes will be refused"));
        assert_eq!(of_unknown(&RecordConfig::default()), None);
    }

    #[test]
    fn names_that_look_temporary_are_told_with_their_age() {
        let remote = |created: Option<&str>| Remote {
            config: RecordConfig::default(),
            spelling: Default::default(),
            create_time: created.map(str::to_owned),
            unsupported: None,
        };
        let told = |name: &str| {
            of_temporary(name, &remote(Some("2024-10-01T00:00:00Z")), Some("2026-01-01T00:00:00Z"))
        };
        let temporary = Some("temporary, by its name? created 2024-10-01".to_owned());
        for name in ["test-2023", "TMP_1", "gala-20241111"] {
            assert_eq!(told(name), temporary, "{name}");
        }
        for name in ["cam1", "testimony", "gala-20270101", "gala-20249999", "20"] {
            assert_eq!(told(name), None, "{name}");
        }
        assert_eq!(
            of_temporary("demo", &remote(Some("x")), None).as_deref(),
            Some("temporary, by its name?")
        );
    }
}
