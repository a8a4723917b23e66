//! The command line as people meet it: the most used options first, related options together, examples last.

use std::ffi::OsStr;

use clap::builder::Resettable;
use clap::{Arg, Args, Command, Id};

/// A section of a help page: its heading, and its options in order of use.
struct Part {
    heading: Option<&'static str>,
    options: &'static [&'static str],
}

/// Options shown under a heading other than the one of their struct.
const PARTS: [Part; 4] = [
    Part {
        heading: None,
        options: &[
            "auto_approve",
            "expect_digest",
            "reviewed",
            "out",
            "publish",
            "all",
            "from",
            "merge",
            "against",
            "base",
            "online",
            "replay",
            "detailed_exitcode",
            "unmanaged",
            "only_new",
            "who",
            "sessions",
            "pending",
            "transcoded",
            "clients",
            "grace",
            "slack",
            "plan",
            "without_files",
            "purposes",
            "looks_up",
            "paths",
            "check",
            "diff",
            "ci",
            "help",
        ],
    },
    Part { heading: Some("Output"), options: &["format", "full", "color", "max_findings"] },
    Part { heading: Some("Writing"), options: &["stop_on_error", "freshness", "settle"] },
    Part { heading: Some("Journal"), options: &["store", "folder", "lease_wait", "lease"] },
];

/// The help of `--format` where a command asks for approval.
pub(super) const APPROVED: &str =
    "Output format; a machine format contains only the report, and the approval must come from a flag";

/// The program's options in order of use; those of its commands are arranged when a command is named.
pub(super) fn arranged(program: Command) -> Command {
    program.mut_args(placed)
}

/// A command with the options of `T`, its help arranged. What it has already comes last: the options
/// of the whole program.
pub(super) fn with_options<T: Args>(command: Command) -> Command {
    let inherited: Vec<Id> = command.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let is_own = |argument: &Arg| !inherited.contains(argument.get_id());
    // The options have docstrings of their own, which clap would take for the command's.
    let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
    let command =
        T::augment_args(command).about(Resettable::from(about)).long_about(Resettable::from(long_about));
    let command = command.mut_args(|argument| if is_own(&argument) { placed(argument) } else { argument });
    // clap puts an argument last when it is changed.
    let command = inherited.iter().fold(command, |command, name| command.mut_arg(name, |argument| argument));
    command.mut_subcommands(|inner| inner.mut_args(placed))
}

fn placed(argument: Arg) -> Arg {
    let argument = without_empty_variable(with_sources(argument));
    if argument.is_positional() {
        return argument;
    }
    let place = |part: &Part| part.options.iter().position(|name| argument.get_id() == name);
    let Some((part, at)) = PARTS.iter().find_map(|part| Some((part, place(part)?))) else { return argument };
    let heading = part.heading.map_or(Resettable::Reset, |heading| Resettable::Value(heading.into()));
    argument.help_heading(heading).display_order(at)
}

/// An empty environment variable counts as not set, as in other programs.
fn without_empty_variable(argument: Arg) -> Arg {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    match argument.get_env() {
        Some(name) if is_empty(name) => argument.env(Resettable::Reset),
        _ => argument,
    }
}

/// The argument with its variable and its default on a line of their own below its help. A default that clap does not
/// know is written at the end of the help.
fn with_sources(argument: Arg) -> Arg {
    let takes_values = argument.get_action().takes_values();
    let text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let (help, written) = text
        .split_once(" [default: ")
        .map_or((text.as_str(), None), |(help, rest)| (help, Some(format!("[default: {rest}"))));
    let variable = argument.get_env().map(|name| format!("[env: {}]", name.display()));
    let default = argument.get_default_values().first().filter(|_| takes_values);
    let default = default.map(|value| format!("[default: {}]", value.display()));
    let sources: Vec<String> = [variable, default, written].into_iter().flatten().collect();
    let help = [help.to_owned(), sources.join(" ")].join("\n");
    argument.help(help.trim_end().to_owned()).hide_env(true).hide_default_value(takes_values)
}

#[cfg(test)]
mod tests {
    use super::super::{built, program};
    use super::*;

    #[test]
    fn every_command_has_two_examples_that_can_be_parsed() {
        let known = built();
        for command in known.get_subcommands().filter(|command| command.get_name() != "help") {
            let shown = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = shown.lines().skip_while(|line| *line != "Examples:").skip(1).collect();
            assert_eq!(examples.len(), 2, "{}", command.get_name());
            for line in examples {
                let line = line.replace("sha256:…", &format!("sha256:{}", "0".repeat(64)));
                let words = line.split_whitespace().take_while(|word| !["|", ">"].contains(word));
                let words: Vec<&str> = words.collect();
                assert_eq!(words[..2], ["livevod", command.get_name()], "{line}");
                program().try_get_matches_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
        }
    }

    /// The terminal's width decides where lines end.
    #[test]
    fn a_paragraph_of_a_long_help_is_one_line() {
        let program = built();
        let commands = program.get_subcommands();
        let commands: Vec<_> =
            commands.flat_map(|one| std::iter::once(one).chain(one.get_subcommands())).collect();
        let told = commands
            .iter()
            .filter_map(|command| Some((command.get_name(), command.get_long_about()?.to_string())));
        let told: Vec<(&str, String)> = told.collect();
        assert!(told.len() > 5, "{told:?}");
        for (name, help) in told {
            assert!(help.split("\n\n").all(|paragraph| !paragraph.contains('\n')), "{name}: {help}");
        }
    }

    #[test]
    fn what_is_placed_is_an_option_of_some_command() {
        let program = built();
        let known: Vec<&str> = program
            .get_subcommands()
            .flat_map(clap::Command::get_arguments)
            .chain(program.get_arguments())
            .map(|argument| argument.get_id().as_str())
            .collect();
        let placed = PARTS.iter().flat_map(|part| part.options);
        let unknown: Vec<_> = placed.filter(|name| **name != "help" && !known.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
