//! Reads the text of one scalar as the type of its field. Only the text counts, never YAML's own typing.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use crate::diag::Code;
use crate::model::{Field, Form, Pattern, Process, State, Value, domain_error, is_group_id, name_error};

/// The longest name of a tier, layout or transcode group.
const NAME_LENGTH: usize = 255;

/// The most digits of an account id; today's ids have sixteen.
const ACCOUNT_DIGITS: usize = 20;

/// Why a text is not a value of its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    /// The label: what is there.
    pub(super) here: &'static str,
    /// What is wrong, with the text in backticks.
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(code: Code, here: &'static str, message: impl Into<String>) -> Self {
        Self { code, here, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The format's version; 1 is the only one.
pub(super) fn version(text: &str) -> Result<u32, Problem> {
    match text {
        "1" => Ok(1),
        _ => Err(Problem::new(
            Code::UnsupportedVersion,
            "an unknown version",
            format!("version `{text}` of the file format is not supported"),
        )
        .help("write `version: 1`")),
    }
}

/// Whether a text is an Alibaba Cloud account id: digits.
pub fn is_account(text: &str) -> bool {
    (1..=ACCOUNT_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An Alibaba Cloud account id.
pub(super) fn account(text: &str) -> Result<String, Problem> {
    is_account(text).then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(Code::BadAccount, "not an account id", format!("`{text}` is not an account id"))
            .help("write the account's number, such as `\"1234567890123456\"`")
    })
}

/// Whether a text has the form of a region id.
pub fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.contains('-') && text.split('-').all(|part| !part.is_empty() && part.bytes().all(fits))
}

/// A region id such as `cn-shanghai`.
pub(super) fn region(text: &str) -> Result<String, Problem> {
    is_region(text).then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(Code::BadRegion, "not a region", format!("`{text}` is not a region"))
            .help("write an id such as `cn-shanghai`")
    })
}

/// A main streaming domain.
pub(super) fn domain(text: &str) -> Result<String, Problem> {
    match domain_error(text) {
        None => Ok(text.to_owned()),
        Some(reason) => {
            let problem =
                Problem::new(Code::BadName, "not a domain name", format!("domain `{text}` {reason}"));
            let lower = text.to_ascii_lowercase();
            let fits = domain_error(&lower).is_none();
            Err(if fits { problem.help(format!("write `{lower}`")) } else { problem })
        }
    }
}

/// An app or stream name, `*` included.
pub(super) fn name(text: &str) -> Result<String, Problem> {
    match name_error(text) {
        None => Ok(text.to_owned()),
        Some(reason) => Err(Problem::new(
            Code::BadName,
            "not an app or stream name",
            format!("name `{text}` {reason}"),
        )
        .help("use letters, digits, `-` and `_`; `*` alone means every name without an entry of its own")),
    }
}

/// The name of a tier, layout or transcode group. The service never sees it, so any text without white space and
/// control characters is allowed.
pub(super) fn own_name(text: &str) -> Result<String, Problem> {
    let good = !text.is_empty()
        && text.len() <= NAME_LENGTH
        && !text.chars().any(|character| character.is_whitespace() || character.is_control());
    good.then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(Code::BadName, "not a name", format!("`{}` can't be a name", text.escape_debug()))
            .help("use at most 255 bytes, without white space and control characters")
    })
}

/// The name of a transcode group. It must differ from every id and from `default`, since settings accept all three.
pub(super) fn group_name(text: &str) -> Result<String, Problem> {
    if text == "default" || is_group_id(text) {
        return Err(Problem::new(
            Code::BadName,
            "reserved",
            format!("`{text}` can't be the name of a transcode group"),
        )
        .help("choose another name: a setting would read this one as an id, or as the word `default`"));
    }
    own_name(text)
}

/// Whether a text can be the id of something in VOD.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A transcode group's id: any text of letters, digits, `_` and `-`.
pub(super) fn group_id(text: &str) -> Result<String, Problem> {
    is_id(text).then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(Code::BadValue, "not a group id", format!("`{text}` is not a transcode group id"))
            .help("copy the id from the VOD console: 32 letters and digits, or `VOD_NO_TRANSCODE`")
    })
}

/// The value of a managed field.
pub(super) fn setting(field: Field, text: &str) -> Result<Value, Problem> {
    match field.form() {
        Form::Group => own_name(text).map(Value::Text),
        Form::Seconds { least, most, help } => length(field, least..=most, help, text).map(Value::Seconds),
        Form::Switch => switch(text).map(Value::Switch),
        Form::Choice { values, here, help } => {
            let known = values.iter().find(|value| value.to_string() == text);
            known.map(|value| Value::Number((*value).into())).ok_or_else(|| {
                let message = format!("`{text}` is not an allowed value of `{field}`");
                Problem::new(Code::BadValue, here, message).help(help)
            })
        }
        Form::Bucket => bucket(text).map(Value::Text),
        Form::Id => id(text).map(Value::Text),
        // The decoder reads what is no single value.
        Form::Text
        | Form::Words(_)
        | Form::Templates
        | Form::Process
        | Form::Formats
        | Form::Bare
        | Form::Json => Ok(Value::Text(text.to_owned())),
    }
}

/// The id of something in VOD: any text of letters, digits, `_` and `-`.
pub(super) fn id(text: &str) -> Result<String, Problem> {
    group_id(text).map_err(|_| {
        Problem::new(Code::BadValue, "not an id", format!("`{text}` is not an id"))
            .help("copy the id from the VOD console: letters, digits, `_` and `-`")
    })
}

/// One of the words of a set.
pub(super) fn word(field: Field, words: &[&str], text: &str) -> Result<String, Problem> {
    words.contains(&text).then(|| text.to_owned()).ok_or_else(|| {
        let message = format!("`{text}` is not an allowed value of `{}`", last_name(field));
        let known: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let help = match text.contains(',') {
            true => format!("write a list, as in `[{}]`", words.join(", ")),
            false => format!("write {}, or a list of both", known.join(" or ")),
        };
        Problem::new(Code::BadValue, "not one of the two words", message).help(help)
    })
}

/// Whether a file can say a value of a field.
pub fn is_writable(field: Field, value: &Value) -> bool {
    let is_read = |text: &str| setting(field, text).is_ok();
    match (value, field.form()) {
        (Value::Text(id), Form::Group) => is_id(id),
        (Value::Text(text), _) => text != "default" && is_read(text),
        (Value::Seconds(number) | Value::Number(number), _) => is_read(&number.to_string()),
        (Value::Set(words), Form::Words(known)) => {
            !words.is_empty() && words.iter().all(|one| word(field, known, one).is_ok())
        }
        (Value::Set(names), _) => names.iter().all(|name| template(name).is_ok()),
        (Value::Process(Process::Transcode(id) | Process::Workflow(id)), _) => is_id(id),
        _ => true,
    }
}

/// The name or id of a live transcode template; the documents do not say which.
pub(super) fn template(text: &str) -> Result<String, Problem> {
    let good = !text.is_empty()
        && text.len() <= NAME_LENGTH
        && !text.chars().any(|one| one.is_whitespace() || one.is_control() || ",\"[]{}".contains(one));
    good.then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(
            Code::BadValue,
            "not a template",
            format!("`{}` is not a transcode template", text.escape_debug()),
        )
        .help("write a list of templates as the Live console names them, such as `[lld, lsd]`")
    })
}

/// The key of a field, as it is written.
fn last_name(field: Field) -> &'static str {
    field.name().rsplit('.').next().unwrap_or_default()
}

/// Seconds, or hours, minutes and seconds in that order: `900`, `15m`, `1h30m`.
fn length(field: Field, range: RangeInclusive<u32>, help: &str, text: &str) -> Result<u32, Problem> {
    let seconds = seconds(text).ok_or_else(|| {
        Problem::new(Code::BadValue, "not a duration", format!("`{text}` is not a duration"))
            .help("write seconds, such as `900`, or `15m`, `1h30m`")
    })?;
    let good = u32::try_from(seconds).ok().filter(|seconds| range.contains(seconds));
    good.ok_or_else(|| {
        // Only this field has a code of its own.
        let code = if field == Field::CycleDuration { Code::CycleRange } else { Code::BadValue };
        let [least, most] = [range.start(), range.end()].map(|seconds| Value::Seconds(*seconds));
        let message = format!("`{text}` is not between {least} and {most}");
        Problem::new(code, "out of range", message).help(help)
    })
}

fn seconds(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return parse_digits(text);
    }
    let mut rest = text;
    let mut sum = 0u64;
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((digits, behind)) = rest.split_once(unit) {
            sum = sum.saturating_add(parse_digits(digits)?.saturating_mul(length));
            rest = behind;
        }
    }
    rest.is_empty().then_some(sum)
}

/// A number of any length; one that does not fit becomes `u64::MAX`.
fn parse_digits(text: &str) -> Option<u64> {
    let good = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.parse().unwrap_or(u64::MAX))
}

/// `on`, `off`, `true` or `false`, in any case.
pub(super) fn switch(text: &str) -> Result<bool, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => {
            Err(Problem::new(Code::BadValue, "neither on nor off", format!("`{text}` is neither on nor off"))
                .help("write `on`, `off`, `true` or `false`"))
        }
    }
}

/// A VOD bucket host such as `outin-1.oss-cn-shanghai.aliyuncs.com`.
fn bucket(text: &str) -> Result<String, Problem> {
    domain_error(text).is_none().then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(Code::BadValue, "not a storage location", format!("`{text}` is not a storage location"))
            .help(
                "copy the storage address from the VOD console, such as `NAME.oss-cn-shanghai.aliyuncs.com`",
            )
    })
}

/// `present` or `absent`.
pub(super) fn state(text: &str) -> Result<State, Problem> {
    match text {
        "present" => Ok(State::Present),
        "absent" => Ok(State::Absent),
        _ => Err(Problem::new(Code::BadValue, "not a state", format!("`{text}` is not a state"))
            .help("write `present` or `absent`")),
    }
}

/// A date, `2026-11-13`.
pub(super) fn date(text: &str) -> Result<Date, Problem> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date = shaped.then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| {
        Problem::new(Code::BadDate, "not a date", format!("`{text}` is not a date"))
            .help("write year, month and day, such as `2026-11-13`")
    })
}

/// A pattern over addresses.
pub(super) fn pattern(text: &str) -> Result<Pattern, Problem> {
    text.parse().map_err(|error| {
        Problem::new(Code::BadPattern, "not a pattern", format!("`{text}` is not a pattern: {error}"))
            .help("write `domain`, `domain/app` or `domain/app/stream`; `**` matches any name")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T: std::fmt::Debug>(result: Result<T, Problem>) -> Code {
        result.unwrap_err().code
    }

    fn cycle_duration(text: &str) -> Result<Value, Problem> {
        setting(Field::CycleDuration, text)
    }

    #[test]
    fn lengths_of_time() {
        for (text, seconds) in [
            ("300", 300),
            ("21600", 21600),
            ("15m", 900),
            ("1h30m", 5400),
            ("6h", 21600),
            ("5m1s", 301),
            ("0900", 900),
        ] {
            assert_eq!(cycle_duration(text), Ok(Value::Seconds(seconds)), "{text}");
        }
        for text in ["0", "299", "21601", "7h", "99999999999999999999999", "9999999999999999999h"] {
            assert_eq!(code(cycle_duration(text)), Code::CycleRange, "{text}");
        }
        for text in ["", "m", "15 m", "30m1h", "1h1h", "-900", "9e2", "15min", "1.5h", "１５m"] {
            assert_eq!(code(cycle_duration(text)), Code::BadValue, "{text}");
        }
    }

    #[test]
    fn switches_in_any_case() {
        for (text, on) in
            [("on", true), ("ON", true), ("True", true), ("off", false), ("OFF", false), ("false", false)]
        {
            assert_eq!(switch(text), Ok(on));
        }
        for text in ["yes", "1", "o n"] {
            assert_eq!(code(switch(text)), Code::BadValue);
        }
    }

    #[test]
    fn dates_are_civil_and_exist() {
        assert_eq!(date("2026-11-13"), Ok(jiff::civil::date(2026, 11, 13)));
        for text in ["2026-02-30", "20261113", "2026-11-13T00:00", "13.11.2026", "2026-1-3", ""] {
            assert_eq!(code(date(text)), Code::BadDate, "{text}");
        }
    }

    #[test]
    fn ids_and_names() {
        assert_eq!(account("0012345678901234"), Ok("0012345678901234".into()));
        assert_eq!(code(account("1.2e15")), Code::BadAccount);
        assert_eq!(code(account("")), Code::BadAccount);
        assert_eq!(region("ap-southeast-1"), Ok("ap-southeast-1".into()));
        for text in ["shanghai", "CN-shanghai", "cn-", "cn_shanghai", "evil.example.com/-"] {
            assert_eq!(code(region(text)), Code::BadRegion, "{text}");
        }
        assert_eq!(domain("LIVE.example.com").unwrap_err().help.unwrap(), "write `live.example.com`");
        assert_eq!(code(name("cam*")), Code::BadName);
        assert_eq!(own_name("高清"), Ok("高清".into()));
        for text in ["", "a b", "a\u{7}"] {
            assert_eq!(code(own_name(text)), Code::BadName, "{text}");
        }
        for text in ["default", "VOD_NO_TRANSCODE", "e2d796d3bb5fd8049d32bff62f94e4c1"] {
            assert_eq!(code(group_name(text)), Code::BadName, "{text}");
        }
        assert_eq!(code(group_id("a b")), Code::BadValue);
        assert_eq!(code(setting(Field::StorageLocation, "https://x.com/")), Code::BadValue);
        assert_eq!(code(pattern("a/b/c/d")), Code::BadPattern);
        assert_eq!(code(version("2")), Code::UnsupportedVersion);
        assert_eq!(code(setting(Field::OnDemand, "3")), Code::BadValue);
        assert_eq!(setting(Field::OnDemand, "7"), Ok(Value::Number(7)));
        assert_eq!(code(state("gone")), Code::BadValue);
    }
}
