//! What a help repeats of the command line, as it was typed.

use std::ffi::OsString;
use std::path::PathBuf;

/// The name of the command that is run.
pub(super) fn command() -> String {
    let words = std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
    command_in(words).unwrap_or_else(|| "plan".to_owned())
}

/// The first word that is no option. `--color` is the only option that stands before a command and takes a value.
fn command_in(mut words: impl Iterator<Item = String>) -> Option<String> {
    while let Some(word) = words.next() {
        match word.as_str() {
            "--color" => drop(words.next()),
            option if option.starts_with('-') => {}
            _ => return Some(word),
        }
    }
    None
}

/// The word behind a `--emulator` without `=`, if there is one: a path of files, although it may have been meant as the file
/// of the emulator.
pub(super) fn after_emulator() -> Option<PathBuf> {
    after_emulator_in(std::env::args_os().skip(1))
}

fn after_emulator_in(words: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut words = words.take_while(|word| word != "--").skip_while(|word| word != "--emulator");
    words.nth(1).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_first_word_that_is_no_option() {
        let command = |line: &str| command_in(line.split(' ').map(str::to_owned));
        assert_eq!(command("plan live --emulator").unwrap(), "plan");
        assert_eq!(command("--color always drift").unwrap(), "drift");
        assert_eq!(command("--color=never fmt --check").unwrap(), "fmt");
        assert_eq!(command("--color always"), None);
    }

    #[test]
    fn only_a_word_behind_the_bare_flag_counts() {
        let after = |line: &str| after_emulator_in(line.split(' ').map(OsString::from));
        assert_eq!(after("plan --emulator state.log"), Some("state.log".into()));
        assert_eq!(after("plan state.log --emulator"), None);
        assert_eq!(after("plan --emulator=state.log a.yaml"), None);
        assert_eq!(after("plan -- --emulator state.log"), None);
    }
}
