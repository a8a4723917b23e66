//! `livevod restore`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Typed;
use super::apply::Order;
use super::arguments::{Scope, Writing};
use super::events::{Events, Streaming};
use super::failure::Failure;
use super::journal;
use super::load::Loaded;
use super::reviewed::Review;
use super::saved;
use super::sealed;
use super::terminal::Terminal;
use crate::apply::journal::RunRecord;
use crate::diag::{Code, Diagnostic};
use crate::model::Address;
use crate::render::Exit;
use crate::resolve;
use crate::source::{Source, Sources};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file that `livevod snapshot` wrote: all of it is restored. Or a run, `last` or the beginning of its id: only what
    /// its plan changed
    #[arg(value_name = "SNAPSHOT|RUN")]
    source: String,

    #[command(flatten)]
    pub(super) scope: Scope,

    #[command(flatten)]
    writing: Writing,

    #[command(flatten)]
    pub(super) streaming: Streaming,
}

impl Arguments {
    /// The files that are read besides journals, and the emulator's.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let source = PathBuf::from(&self.source);
        [source].into_iter().chain(self.scope.remote.emulator.clone()).collect()
    }
}

pub(super) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    typed: &Typed,
    events: &Events,
) -> Result<Exit, Failure> {
    let Arguments { source, scope, writing, streaming: _ } = arguments;
    let Origin { file, only } = find(source, &scope.journal)?;
    let loaded = load(&file)?;
    let mut options = writing.options(scope);
    options.selection.only = only;
    Order { loaded: &loaded, review: Review::None, options, scope, writing, terminal, events }
        .carry_out(typed)
}

/// The snapshot to go back to, and the addresses that it is about, where not all.
struct Origin {
    file: PathBuf,
    only: Option<BTreeSet<Address>>,
}

/// A file that is there wins: a run's id is no likely name of one.
fn find(source: &str, folder: &Path) -> Result<Origin, Failure> {
    let path = Path::new(source);
    if path.exists() || source.contains(['/', '\\']) {
        return Ok(Origin { file: path.to_owned(), only: None });
    }
    let RunRecord { header, .. } = journal::find(folder, source)?;
    let Some(snapshot) = &header.snapshot else {
        let message = format!("run {} wrote nothing, so there is nothing to restore", header.run);
        return Err(Diagnostic::new(Code::Snapshot, message).into());
    };
    let touched = header.changes.iter().map(|change| change.address.clone());
    Ok(Origin { file: folder.join(snapshot), only: Some(touched.collect()) })
}

fn load(file: &Path) -> Result<Loaded, Failure> {
    let text = sealed::text(file, Code::Snapshot)?;
    let saved = saved::parse(file, &text)?;
    let mut sources = Sources::default();
    let name = file.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let id = sources.add(Source::new(name, text));
    let desired = resolve::restored(&saved, &sources, id);
    Ok(Loaded::without_files(sources, desired))
}
