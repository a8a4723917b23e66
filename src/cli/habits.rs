//! Words that users of Terraform and similar tools type from habit, each with what livevod has instead.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

const DELETE: &str =
    "`state: absent` in an entry deletes its configuration; `prune: true` deletes all that no file declares";
const REFRESH: &str =
    "there is no state to refresh: every plan reads the service, and `livevod drift` only compares";
const STATE: &str = "there is no state file: `livevod import` prints what the service holds";
const APPROVE: &str = "`livevod apply` and `livevod restore` take `--auto-approve`";
const PATHS: &str = "name files and folders without an option: `livevod plan FILE`";
const DRY_RUN: &str = "`livevod plan` shows what apply would do, and writes nothing";
const VARIABLES: &str = "the files have no variables: `defaults`, `tiers` and `layouts` share settings";
const CHECK: &str = "`livevod validate` checks the files";
const APPLY: &str = "`livevod apply` shows a plan, asks for approval, and makes the changes";
const IMPORT: &str = "`livevod import DOMAIN` writes YAML for what the service holds";
const RUNS: &str = "`livevod journal` lists earlier runs";
const UNDO: &str = "`livevod restore last` goes back to the state before the last run";
const KEYS: &str =
    "livevod finds credentials where the official SDKs do; `livevod doctor` shows and checks them";
const LOCK: &str = "there is nothing to unlock: a lock ends with the process that holds it";
const FORCE: &str = "a refused plan names the flag that allows it; `--auto-approve` only skips the question";

/// What is typed as a command.
const COMMANDS: [(&[&str], &str); 14] = [
    (&["destroy", "delete", "remove", "rm"], DELETE),
    (&["refresh"], REFRESH),
    (&["state", "list", "ls", "get"], STATE),
    (&["diff", "preview", "dry-run"], DRY_RUN),
    (&["status"], "`livevod drift` compares the service with the files"),
    (&["check", "lint", "test"], CHECK),
    (&["sync", "deploy", "push", "up"], APPLY),
    (&["export", "dump", "pull"], IMPORT),
    (&["log", "logs", "history", "runs"], RUNS),
    (&["undo", "rollback", "revert"], UNDO),
    (&["login", "auth", "configure"], KEYS),
    (&["unlock", "force-unlock"], LOCK),
    (&["format"], "`livevod fmt` rewrites the files in canonical form"),
    (&["version"], "`livevod --version` prints it"),
];

/// What is typed as an option, without its dashes and its value.
const OPTIONS: [(&[&str], &str); 11] = [
    (&["auto-approve", "yes", "y", "assume-yes"], APPROVE),
    (&["force"], FORCE),
    (&["refresh-only", "refresh"], REFRESH),
    (&["destroy", "delete"], DELETE),
    (&["json", "o"], "`--format json` prints JSON"),
    (&["no-color"], "`--color never` leaves out colours"),
    (&["state", "backup"], STATE),
    (&["lock", "lock-timeout"], LOCK),
    (&["var", "var-file"], VARIABLES),
    (&["f", "file", "filename", "c", "config"], PATHS),
    (&["dry-run", "n"], DRY_RUN),
];

/// The error with a tip that fits, if its word is known here; clap's own tips mislead then.
pub(super) fn with_tip(mut error: Error, program: &Command, words: &[&str]) -> Error {
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let Some(word) = text(&error, ContextKind::InvalidSubcommand) else { return error };
            if let Some(tip) = find(&COMMANDS, &word) {
                advise(&mut error, tip);
            }
        }
        ErrorKind::UnknownArgument => {
            let Some(invalid) = text(&error, ContextKind::InvalidArg) else { return error };
            let typed = typed(&invalid, words);
            let name = typed.trim_start_matches('-').split('=').next().unwrap_or_default();
            let has = |command: &Command| command.get_arguments().any(|one| one.get_long() == Some(name));
            let command = words.iter().find_map(|word| program.find_subcommand(word));
            let tip = match command.filter(|command| has(command)) {
                Some(_) => Some(format!("long options begin with two dashes: `--{name}`")),
                None => find(&OPTIONS, name).map(str::to_owned),
            };
            if let Some(tip) = tip {
                let shown = typed.split('=').next().unwrap_or_default().to_owned();
                error.insert(ContextKind::InvalidArg, ContextValue::String(shown));
                advise(&mut error, &tip);
            }
        }
        ErrorKind::MissingRequiredArgument if words.contains(&"restore") => {
            advise(&mut error, &format!("{UNDO}; {RUNS}"));
        }
        _ => {}
    }
    error
}

/// The word of which clap names only the beginning: `-auto-approve`, of which it says `-a`.
fn typed(invalid: &str, words: &[&str]) -> String {
    let is_short = invalid.len() == 2 && !invalid.starts_with("--");
    let is_it = |word: &&&str| word.starts_with(invalid) && !word.starts_with("--");
    match words.iter().find(is_it).filter(|_| is_short) {
        Some(word) => (*word).to_owned(),
        None => invalid.to_owned(),
    }
}

fn find(table: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, tip)| *tip)
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Puts the tip in place of clap's.
fn advise(error: &mut Error, tip: &str) {
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
        error.remove(kind);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip.to_owned())]));
}

#[cfg(test)]
mod tests {
    use super::super::built;
    use super::*;

    #[test]
    fn what_livevod_has_is_in_no_table() {
        let program = built();
        for word in COMMANDS.iter().flat_map(|(words, _)| *words) {
            assert!(program.find_subcommand(word).is_none(), "{word}");
        }
        let plan = program.find_subcommand("plan").unwrap();
        for word in OPTIONS.iter().flat_map(|(words, _)| *words) {
            assert!(plan.get_arguments().all(|one| one.get_long() != Some(word)), "{word}");
        }
    }

    /// A tip that names a command or an option which does not exist would be worse than none.
    #[test]
    fn each_tip_names_commands_and_options_that_exist() {
        let program = built();
        for (_, tip) in COMMANDS.iter().chain(&OPTIONS) {
            for code in tip.split('`').skip(1).step_by(2) {
                let mut words = code.split(' ');
                if words.next() == Some("livevod") {
                    let word = words.next().unwrap();
                    assert!(word == "--version" || program.find_subcommand(word).is_some(), "{code}");
                }
            }
        }
    }
}
