//! Commands: reads arguments, calls the pipeline, prints what it made, ends with a code.

mod apply;
mod arguments;
mod base;
mod completions;
mod connect;
mod drift;
mod emulated_account;
mod emulator;
mod event_file;
mod events;
mod explain;
mod failure;
mod findings;
mod fmt;
mod goal;
mod interrupt;
mod journal;
mod load;
mod man;
mod observe;
mod online;
mod plan;
mod progress;
mod record;
mod render;
mod restore;
mod reviewed;
mod saved;
mod schema;
mod sealed;
mod show;
mod snapshot;
mod terminal;
mod usage;
mod validate;
mod views;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::render::Exit;
use arguments::{Color, Format};
use events::Events;
use failure::Failure;
use terminal::Terminal;

/// Keeps the record-to-VOD configurations of ApsaraVideo Live equal to YAML files.
///
/// YAML says what is wanted, `plan` shows the difference to what the service holds, `apply` carries it out and reads it
/// back. Without PATH, commands read `livevod.yaml`, else the folder `livevod/`. With `--emulator`, they work on the
/// embedded emulator, which needs no network and no credentials.
#[derive(Debug, Parser)]
#[command(name = "livevod", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    /// When to colour the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,

    /// Show at most N findings to people, the weightiest; machine formats always hold all
    #[arg(long, global = true, value_name = "N")]
    max_findings: Option<usize>,

    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 success; 1 an error; 2 differences (drift, fmt --check, plan --detailed-exitcode);
3 refused by a guard before any write; 4 apply began to write and a change is not done;
5 the outcome of a write is unknown; 130, 143 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the files: everything wrong in all of them in one run; offline, unless --online asks the service too
    Validate(validate::Arguments),
    /// Show what apply would do
    Plan(plan::Arguments),
    /// Plan, ask, carry out, and read back
    #[command(mut_arg("format", |format| format.value_parser(views::of_reports())))]
    Apply(apply::Arguments),
    /// Show a saved plan in any format, without network
    Show(show::Arguments),
    /// The plan as an alarm: exit code 2 when the service is not as declared, 1 when it could not be read whole
    Drift(drift::Arguments),
    /// Save what the service holds to a file, which `plan --against` and `restore` take
    #[command(mut_arg("format", |format| format.value_parser(views::of_findings())))]
    Snapshot(snapshot::Arguments),
    /// Plan the way back to a snapshot, or to what was there before a run; ask, carry out, and read back
    #[command(mut_arg("format", |format| format.value_parser(views::of_reports())))]
    Restore(restore::Arguments),
    /// List earlier runs, or tell what one of them did
    Journal(journal::Arguments),
    /// Print the effective configurations, each value with its origin
    Render(render::Arguments),
    /// Explain the code of a finding, or which entry rules an address and where its values come from
    Explain(explain::Arguments),
    /// Bring the files into their canonical form, comments kept; --check only says which are not
    Fmt(fmt::Arguments),
    /// Serve the API on this machine, over the same emulator that --emulator embeds
    Emulator(emulator::Arguments),
    /// Print the JSON Schema of the files, or of a document that livevod prints
    Schema(schema::Arguments),
    /// Print a completion script
    Completions(completions::Arguments),
    /// Print the manual page
    Man,
}

/// Runs the program for `arguments`, program name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    terminal::watch_panics();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let (cli, sources) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return usage::end(&error, &arguments),
    };
    let terminal = Terminal::detect(cli.color, cli.max_findings);
    let format = cli.command.format();
    let events = match cli.command.events() {
        Ok(events) => events,
        Err(failure) => return failure.report(format, &terminal),
    };
    let exit = cli.command.run(&terminal, &sources, &events).unwrap_or_else(|failure| {
        events.failure(&failure);
        failure.report(format, &terminal)
    });
    events.end(exit, &terminal);
    exit
}

/// Which arguments were typed rather than taken from a variable.
#[derive(Debug, Default)]
struct Typed {
    endpoint: bool,
}

fn parse(arguments: &[OsString]) -> Result<(Cli, Typed), clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    let typed = |id: &str| {
        let inner = matches.subcommand().map(|(_, inner)| inner);
        inner.is_some_and(|inner| {
            inner.try_contains_id(id).is_ok()
                && inner.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
        })
    };
    let typed = Typed { endpoint: typed("endpoint") };
    Ok((Cli::from_arg_matches(&matches)?, typed))
}

impl Command {
    fn format(&self) -> Format {
        match self {
            Command::Validate(arguments) => arguments.format,
            Command::Plan(arguments) => arguments.planning.scope.format,
            Command::Apply(arguments) => arguments.planning.scope.format,
            Command::Show(arguments) => arguments.format,
            Command::Drift(arguments) => arguments.planning.scope.format,
            Command::Snapshot(arguments) => arguments.planning.scope.format,
            Command::Restore(arguments) => arguments.scope.format,
            Command::Journal(arguments) => arguments.format(),
            Command::Render(arguments) => arguments.format(),
            Command::Fmt(arguments) => arguments.format,
            Command::Explain(arguments) => arguments.format.into(),
            Command::Emulator(_) | Command::Schema(_) | Command::Completions(_) | Command::Man => {
                Format::Human
            }
        }
    }

    fn events(&self) -> Result<Events, Failure> {
        use crate::render::Command as Told;
        match self {
            Command::Plan(arguments) => Events::begin(Told::Plan, &arguments.streaming, || arguments.files()),
            Command::Apply(arguments) => {
                Events::begin(Told::Apply, &arguments.streaming, || arguments.files())
            }
            Command::Drift(arguments) => {
                Events::begin(Told::Drift, &arguments.streaming, || arguments.planning.files())
            }
            Command::Restore(arguments) => {
                Events::begin(Told::Restore, &arguments.streaming, || arguments.files())
            }
            _ => Ok(Events::default()),
        }
    }

    fn run(self, terminal: &Terminal, typed: &Typed, events: &Events) -> Result<Exit, Failure> {
        match self {
            Command::Validate(arguments) => validate::run(&arguments, terminal, typed),
            Command::Plan(arguments) => plan::run(&arguments, terminal, typed, events),
            Command::Apply(arguments) => apply::run(&arguments, terminal, typed, events),
            Command::Show(arguments) => show::run(&arguments, terminal),
            Command::Drift(arguments) => drift::run(&arguments, terminal, typed, events),
            Command::Snapshot(arguments) => snapshot::run(&arguments, terminal, typed),
            Command::Restore(arguments) => restore::run(&arguments, terminal, typed, events),
            Command::Journal(arguments) => journal::run(&arguments, terminal),
            Command::Render(arguments) => render::run(&arguments, terminal),
            Command::Explain(arguments) => explain::run(&arguments, terminal, typed),
            Command::Fmt(arguments) => fmt::run(&arguments, terminal),
            Command::Emulator(arguments) => emulator::run(&arguments, terminal),
            Command::Schema(arguments) => schema::run(&arguments, terminal),
            Command::Completions(arguments) => completions::run(&arguments, terminal),
            Command::Man => man::run(terminal),
        }
    }
}
