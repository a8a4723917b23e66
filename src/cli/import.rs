//! `livevod import`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::held::{Held, Known, Source};
use super::merge;
use super::outputs;
use super::places::{Places, is_standard_output};
use super::run::{Run, Session};
use super::sealed::refuse_secrets;
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::import::{Account, Division, ImportError, Imported, import};
use crate::render::{self, Exit, Format};
use crate::source::Sources;

pub(super) const LONG_HELP: &str = "\
Write YAML for the configurations that exist

Each value is written once, where most configurations share it: at the top, for a domain, for an app or in a tier. An entry has only what \
differs. Transcode groups get their names from VOD, if the credentials may read them there. What no file can declare becomes a comment that \
says why. Before livevod writes a file, it makes a plan of the text, and writes nothing unless that plan has no changes.

Without --out, the text goes to standard output. `--out FILE` writes one file; `--out FOLDER` writes a file for each domain and `shared.yaml` \
for what they share. Existing files are never overwritten.

With --merge, configurations that no file declares are added to the existing files, each where its app or domain already is. Every other \
byte of the files stays as it is. Declared configurations that differ from the service are listed, and not changed.";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod import live.example.com > livevod.yaml
  livevod import --all --out livevod")]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,

    /// File to write, or folder for a file per domain; a name without `.yaml` or `.yml` is a folder; - is standard output [default: -; with --merge: livevod.yaml, else livevod/]
    #[arg(long, value_name = "FILE|FOLDER")]
    out: Option<PathBuf>,

    /// Add the configurations that no file declares to the existing files at --out
    #[arg(long)]
    merge: bool,

    /// With --merge, write nothing, and show the changes as a diff
    #[arg(long, requires = "merge")]
    diff: bool,
}

impl Run for Arguments {
    fn places(&self) -> Places<'_> {
        let out = self.out.as_ref().filter(|_| !self.merge);
        Places::reading(|| self.source.from.iter().cloned().collect()).writing("--out", out)
    }

    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        if self.merge {
            merge::run(&self.source, self.out.as_deref(), self.diff, session)
        } else {
            self.write(session)
        }
    }
}

impl Arguments {
    fn write(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let out = self.out.as_deref().filter(|out| !is_standard_output(out));
        let division = match out {
            Some(out) if is_folder(out) => Division::ByDomain,
            _ => Division::Whole,
        };
        if let Some(out) = out {
            outputs::insist_on_room(out, division)?;
        }
        let held = self.source.read(&Known::default())?;
        let imported = imported(&held, division)?;
        for file in &imported.files {
            refuse_secrets(&file.text, Path::new(&file.name), Code::Import)?;
        }
        terminal.tell(&held.findings, &Sources::default());
        match out {
            None => imported.files.iter().for_each(|file| terminal.print_verbatim(&file.text)),
            Some(out) => outputs::write(out, division, &imported.files)?,
        }
        let next = out.and_then(|out| super::rerun::arguments(&[out.to_owned()], &self.source.remote));
        let text = render::imported(&imported, out, next.as_deref(), &terminal.layout(Format::Human));
        if out.is_some() {
            terminal.print(&text)
        } else {
            terminal.note(&text)
        }
        Ok(Exit::Success)
    }
}

/// # Errors
/// When there is nothing to import, or the text can't be proved.
fn imported(held: &Held, division: Division) -> Result<Imported, Failure> {
    let Held { snapshot, regions, account, group_names, findings: _ } = held;
    if snapshot.domains.is_empty() {
        let message = "there is nothing to import: no domain holds a configuration";
        return Err(Diagnostic::new(Code::Usage, message)
            .help("`livevod init DOMAIN` writes a first file")
            .into());
    }
    let account = Account { snapshot, regions, id: account.as_deref(), group_names };
    import(account, division).map_err(unproved)
}

fn unproved(error: ImportError) -> Failure {
    let differences = match &error {
        ImportError::Unproved(differences) => differences.clone(),
        ImportError::Unreadable(_) => BTreeMap::new(),
    };
    let finding = Diagnostic::new(Code::Import, error.to_string())
        .help("nothing was written; this is a bug in livevod: please report it with a snapshot, if you can share one");
    let finding = differences.iter().take(10).fold(finding, |finding, (address, what)| match address {
        Some(address) => finding.note(format!("`{address}`: {what}"), None),
        None => finding.note(what.clone(), None),
    });
    finding.into()
}

fn is_folder(out: &Path) -> bool {
    out.is_dir() || out.as_os_str().to_string_lossy().ends_with('/') || !config::is_yaml(out)
}
