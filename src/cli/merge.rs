//! `livevod import --merge`: adds to the existing files what the service has and no file declares.

use std::path::{Path, PathBuf};

use super::default_paths::default_paths;
use super::failure::Failure;
use super::held::{Held, Known, Source};
use super::kinds::insist_on_yaml;
use super::load::{self, Loaded};
use super::paths::Paths;
use super::rerun;
use super::rules::Rules;
use super::run::Session;
use super::sealed::refuse_secrets;
use crate::config;
use crate::diag::{Code, Diagnostic, Severity};
use crate::files;
use crate::merge::{Ambiguous, Merge, MergeError, NewFiles, Request, merge};
use crate::model::Address;
use crate::render::{self, Exit, Format};
use crate::source::Sources;

/// Reads the files and the service, and writes what is missing, or shows it.
pub(super) fn run(
    source: &Source,
    out: Option<&Path>,
    is_diff: bool,
    Session { terminal, .. }: &Session,
) -> Result<Exit, Failure> {
    let paths = Paths::new(out.map(Path::to_owned).into_iter().collect());
    let paths = paths
        .resolve()
        .map_err(|error| if default_paths(Path::new("")).is_empty() { no_files().into() } else { error })?;
    insist_on_yaml(&paths)?;
    insist_on_files(&paths)?;
    let Loaded { sources, paths: places, desired, .. } = load::read(&paths, &Rules::default())?;
    let known = Known {
        account: desired.account.as_ref().map(|account| account.value.clone()),
        domains: desired
            .domains
            .keys()
            .map(|name| (name.clone(), desired.region(name).map(str::to_owned)))
            .collect(),
    };
    let Held { snapshot, regions, findings, .. } = source.read(&known)?;
    terminal.tell(&findings.into_iter().filter(|one| one.code == Code::Import).collect::<Vec<_>>(), &sources);
    let folder = paths.first().filter(|path| path.is_dir());
    let new_files = folder.map_or(NewFiles::None, |folder| NewFiles::In(folder.display().to_string()));
    let request = Request { sources: &sources, snapshot: &snapshot, regions: &regions, new_files };
    let merged = merge(&request).map_err(|error| unmerged(error, &sources))?;
    let Merge { edited, created, added: _, ambiguous, differing: _ } = &merged;
    for (file, text) in edited {
        let source = sources.get(*file);
        match is_diff {
            true => terminal.print(&render::form_diff(source.name(), source.text(), text, terminal.stdout)),
            false => refuse_secrets(text, Path::new(source.name()), Code::Import)?,
        }
    }
    for (name, text) in created {
        match is_diff {
            true => terminal.print(&render::form_diff(name, "", text, terminal.stdout)),
            false => refuse_secrets(text, Path::new(name), Code::Import)?,
        }
    }
    if !is_diff {
        write(&merged, &sources, &places)?;
    }
    terminal.tell(&ambiguous.iter().map(|one| not_added(one, &sources)).collect::<Vec<_>>(), &sources);
    let next = rerun::arguments(&paths, &source.remote);
    let text = render::merged(&merged, &sources, is_diff, next.as_deref(), &terminal.layout(Format::Human));
    if is_diff {
        terminal.note(&text)
    } else {
        terminal.print(&text)
    }
    Ok(Exit::Success)
}

fn no_files() -> Diagnostic {
    Diagnostic::new(
        Code::NoFiles,
        "there are no files to add to: neither `livevod.yaml` nor a folder `livevod`",
    )
    .help("name the files with `--out FILE|FOLDER`, or leave out `--merge` to write new ones")
}

/// Standard input can't be written back.
fn insist_on_files(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().any(|path| config::is_standard_input(path)) {
        true => Err(Diagnostic::new(Code::Usage, "`--merge` can't add to standard input")
            .help("name the file or the folder with `--out`")
            .into()),
        false => Ok(()),
    }
}

/// Writes new files first: they are complete on their own.
fn write(merged: &Merge, sources: &Sources, places: &[PathBuf]) -> Result<(), Failure> {
    let failed = |name: &str, error: std::io::Error| {
        Failure::from(
            Diagnostic::new(Code::Unwritable, format!("can't write `{name}`: {error}"))
                .help("make the file and its folder writable, and merge again: what was added stays, and is not added twice"),
        )
    };
    for (name, text) in &merged.created {
        files::write_whole(Path::new(name), text).map_err(|error| failed(name, error))?;
    }
    for ((file, source), place) in sources.iter().zip(places) {
        if let Some((_, text)) = merged.edited.iter().find(|(edited, _)| *edited == file) {
            files::write(place, text).map_err(|error| failed(source.name(), error))?;
        }
    }
    Ok(())
}

fn unmerged(error: MergeError, sources: &Sources) -> Failure {
    match error {
        MergeError::Faulty(diagnostics) => {
            Failure { sources: sources.clone(), diagnostics, ..Failure::default() }
        }
        MergeError::Unproven(_) => Diagnostic::new(Code::Import, error.to_string())
            .help("nothing was written; this is a bug in livevod: please report it with the files and a snapshot, if you can share them")
            .into(),
    }
}

/// A warning for a configuration that has no unambiguous place.
fn not_added(one: &Ambiguous, sources: &Sources) -> Diagnostic {
    let Ambiguous { address, reason, place } = one;
    let mut finding =
        Diagnostic::new(Code::Import, format!("not added: {reason}")).about(address).help(help(address));
    finding.severity = Severity::Warning;
    match place.as_ref().and_then(|place| sources.span_of(place)) {
        Some(span) => finding.label(span, "here"),
        None => finding,
    }
}

fn help(address: &Address) -> String {
    format!("add it by hand; `livevod import {}` shows what it needs", address.domain)
}
