//! `livevod validate`.

use clap::Args;

use super::Typed;
use super::arguments::{Format, Paths, Remote, Rules};
use super::connect::{Access, connect};
use super::failure::Failure;
use super::findings;
use super::goal::Reach;
use super::load::load;
use super::observe::block_on;
use super::online;
use super::terminal::Terminal;
use super::views::of_findings;
use crate::diag::{Code, Diagnostic};
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    /// Ask the service too: domains and what they hold, transcode groups, recordings to OSS. It only reads
    #[arg(long)]
    online: bool,

    /// How the findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_findings())]
    pub(super) format: Format,

    #[command(flatten)]
    remote: Remote,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal, typed: &Typed) -> Result<Exit, Failure> {
    let Arguments { paths, rules, online, remote, format: _ } = arguments;
    if !online && (remote.emulator.is_some() || typed.endpoint) {
        return Err(Failure::from(only_online()));
    }
    let mut loaded = load(paths, rules)?;
    if *online {
        let connection = connect(remote, Access::Reads, typed, &Reach::of(&loaded.desired))?;
        let found = block_on(async {
            connection.prepare().await?;
            Ok::<_, Failure>(online::look(&loaded, &connection).await)
        })??;
        loaded = loaded.with(found)?;
    }
    let exit = Exit::Success;
    let context = Context { sources: &loaded.sources, diagnostics: &loaded.diagnostics, exit };
    match findings::document(arguments.format, context) {
        Some(document) => terminal.print_document(arguments.format, &document),
        None => {
            findings::tell(&loaded.diagnostics, &loaded.sources, terminal);
            let findings = render::summary_line(&loaded.diagnostics);
            terminal.print(&format!("Valid: {}; {findings}.\n", render::desired_summary(&loaded.desired)));
            findings::tell_more(&loaded.diagnostics, terminal);
        }
    }
    Ok(exit)
}

fn only_online() -> Diagnostic {
    Diagnostic::new(Code::Usage, "a service is named, and validate asks none by itself")
        .help("add `--online` to ask it")
}
