//! `livevod explain`.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{Paths, Rules};
use super::failure::Failure;
use super::load::load;
use super::terminal::Terminal;
use crate::config::closest;
use crate::diag::{Code, Diagnostic};
use crate::explain;
use crate::model::Address;
use crate::render::{self, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code of a finding, or an address: domain/app/stream
    #[arg(value_name = "CODE|ADDRESS")]
    subject: String,

    /// Files and folders that together are one document [default: livevod.yaml, else livevod/]
    #[arg(long = "path", value_name = "PATH", num_args = 1..)]
    paths: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let subject = arguments.subject.as_str();
    if let Some(code) = Code::find(subject) {
        terminal.print(&render::page(code, explain::page(code), terminal.stdout));
        return Ok(Exit::Success);
    }
    if !subject.contains('/') {
        return Err(Failure::from(unknown_code(subject)));
    }
    let address: Address = subject.parse().map_err(|error| unknown_address(subject, &error))?;
    let loaded = load(&Paths::new(arguments.paths.clone()), &Rules::default())?;
    let explanation = explain::address(&loaded.document, &loaded.desired, &address);
    terminal.print(&render::explanation(&explanation, &loaded.sources, terminal.stdout));
    Ok(Exit::Success)
}

fn unknown_code(text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Usage, format!("`{text}` is neither a code nor an address"));
    match closest(text, Code::ALL.iter().map(|code| code.as_str())) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help("codes stand above each finding; an address is `domain/app/stream`"),
    }
}

fn unknown_address(text: &str, error: &crate::model::AddressError) -> Failure {
    let message = format!("`{text}` is no address: {error}");
    Failure::from(Diagnostic::new(Code::Usage, message).help("write `domain/app/stream`, as plans print it"))
}
