//! The commands: they read arguments, run the pipeline, print the result and end with an exit code.

mod apply;
mod audit;
mod base;
mod candidates;
mod checkup;
mod clock;
mod completions;
mod connect;
mod copies;
mod default_paths;
mod doctor;
mod drift;
mod durations;
mod emulated_account;
mod emulated_session;
mod emulator;
mod event_file;
mod events;
mod explain;
mod explain_at;
mod failure;
mod fmt;
mod found;
mod goal;
mod habits;
mod held;
mod help;
mod import;
mod init;
mod interrupt;
mod journal;
mod keeping;
mod kept;
mod kinds;
mod lease;
mod leased;
mod limits;
mod live;
mod load;
mod man;
mod merge;
mod moments;
mod monitor;
mod observe;
mod on_demand;
mod online;
mod only_new;
mod outputs;
mod paths;
mod pipeline;
mod places;
mod plan;
mod planning;
mod progress;
mod prune;
mod published;
mod push;
mod ram_policy;
mod reading;
mod record;
mod remote;
mod render;
mod rerun;
mod restore;
mod reviewed;
mod rules;
mod run;
mod runtime;
mod saved;
mod schema;
mod sealed;
mod sessions;
mod shared;
mod show;
mod snapshot;
mod stored;
mod stream_url;
mod terminal;
mod typed;
mod undeclared;
mod usage;
mod validate;
mod views;
mod window;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::render::Exit;
use events::Events;
use failure::Failure;
use on_demand::OnDemand;
use run::{Run, Session, Terms};
use stored::Stored;
use terminal::{Color, Terminal};

/// Keeps the record-to-VOD configurations of ApsaraVideo Live in sync with YAML files.
///
/// YAML files declare the configurations. `plan` shows how the service differs from them, and `apply` makes the changes
/// and reads them back. Without PATH, commands read `livevod.yaml`, else the folder `livevod/`. With `--emulator`, they
/// use the embedded emulator, which needs no network and no credentials.
#[derive(Debug, Parser)]
#[command(name = "livevod", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    /// When to colour the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,

    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0         success
  1         error, such as wrong usage, invalid files or a failed read
  2         differences found: drift, fmt --check, plan --detailed-exitcode;
            audit: something is not recorded, or may not be
  3         refused by a guard before any write; also plan --detailed-exitcode
            of a refused plan
  4         apply began to write and some planned change is not done
  5         the outcome of at least one write is unknown
  130, 143  interrupted";

/// One line for each command: its help text, its name and its module.
macro_rules! commands {
    ($($(#[$about:meta])* $name:ident($room:ident),)*) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($(#[$about])* $name(OnDemand<$room::Arguments>),)*
        }

        impl Command {
            fn arguments(&self) -> &dyn Run {
                match self {
                    $(Command::$name(OnDemand(arguments)) => arguments,)*
                }
            }
        }
    };
}

commands! {
    /// Write a first file for your domains, and CI pipelines with --ci
    #[command(long_about = init::LONG_HELP)]
    Init(init),
    /// Write YAML for the configurations that exist, and check that a plan of it has no changes
    #[command(long_about = import::LONG_HELP)]
    Import(import),
    /// Check the files and report everything that is wrong in them; offline, unless --online is given
    Validate(validate),
    /// Show what apply would do
    Plan(plan),
    /// Plan, ask for approval, make the changes, and read them back
    Apply(apply),
    /// Show a saved plan or audit in any format, without using the network
    Show(show),
    /// Check for drift: exit with 2 if the service differs from the files, with 1 if it could not be read completely
    Drift(drift),
    /// Check whether everything that was on air was recorded: exit with 2 if something was not, with 1 if not everything could be
    /// read
    #[command(long_about = audit::LONG_HELP)]
    Audit(audit),
    /// List who published which stream when, and save it for `audit` and `plan --replay`
    Sessions(sessions),
    /// Save what the service holds to a file, for `plan --against` and `restore`
    Snapshot(snapshot),
    /// Go back to a snapshot, or to the state before a run: plan, ask for approval, make the changes, and read them back
    Restore(restore),
    /// List earlier runs, or show what one of them did
    Journal(journal),
    /// List who holds which domains in the store, and end the lease of a run that hangs
    #[command(long_about = lease::LONG_HELP)]
    Lease(lease),
    /// Print the effective configurations, each value with its origin
    Render(render),
    /// Explain the code of a finding, or which configuration applies to an address and where its values come from
    Explain(explain),
    /// Check credentials, account, clock, network, permissions and journals, and say how to fix what is wrong
    #[command(long_about = doctor::LONG_HELP)]
    Doctor(doctor),
    /// Print the least RAM policies for the files, and the trust policies of pipelines' roles
    #[command(long_about = ram_policy::LONG_HELP)]
    RamPolicy(ram_policy),
    /// Rewrite the files in canonical form and keep their comments; --check only lists the files that differ
    #[command(long_about = fmt::LONG_HELP)]
    Fmt(fmt),
    /// Serve the API on this machine, with the same emulator that --emulator embeds
    Emulator(emulator),
    /// Print the JSON Schema of the files, or of a document that livevod prints
    Schema(schema),
    /// Print a completion script for a shell
    Completions(completions),
    /// Print a manual page, or write all of them to a folder
    Man(man),
}

/// Runs the program for `arguments`, program name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    terminal::watch_panics();
    limits::outlive_file_size();
    if let Some(exit) = completions::answer(program) {
        return exit;
    }
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let stored = Stored::localize(&mut arguments);
    stream_url::hide_keys(&arguments, terminal::secrets());
    match parse(&arguments) {
        Ok(cli) => run(&cli, stored),
        Err(error) => terminal::all_written(usage::end(error, built, &arguments)),
    }
}

fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = program();
    let mut matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// The command line, with its help arranged. Options of commands are there once it is built.
fn program() -> clap::Command {
    help::arranged(Cli::command())
}

/// The command line with the options of all commands.
fn built() -> clap::Command {
    let mut program = program();
    program.build();
    program
}

fn run(Cli { color, command }: &Cli, stored: Stored) -> Exit {
    let command = command.arguments();
    let Terms { format, max_findings, events, keeps } = command.terms();
    let places = command.places();
    let terminal = Terminal::detect(*color, max_findings);
    let layout = terminal.layout(format);
    let events = match places.insist(format).and_then(|()| Events::begin(events)) {
        Ok(events) => events,
        Err(failure) => return failure.report(&layout, &terminal),
    };
    let terminal = terminal.beside_outputs(places.take_standard_output());
    let layout = terminal.layout(format);
    let session = Session { terminal, events, program: built };
    let failed = |failure: Failure| {
        session.events.failure(&failure);
        failure.report(&layout, &session.terminal)
    };
    let exit = match stored.bring(keeps) {
        Ok(brought) => {
            let exit = command.run(&session).unwrap_or_else(failed);
            brought.take_back(exit, &session.terminal)
        }
        Err(failure) => failed(failure),
    };
    let exit = terminal::all_written(exit);
    session.events.end(exit, &session.terminal);
    exit
}
