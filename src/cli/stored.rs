//! Files that are kept in the store: `store:NAME`, wherever a command reads or writes a file of livevod's own.
//!
//! Each is a file of this machine while the command runs: it is brought here before, and taken to the store after it was
//! written.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::copies::{FRONT, copy};
use super::failure::Failure;
use super::keeping::Keeping;
use super::planning::Scope;
use super::remote::Remote;
use super::runtime::block_on;
use super::shared::Shared;
use super::terminal::{Terminal, secrets};
use crate::diag::{Code, Diagnostic, Severity};
use crate::files;
use crate::gate::clean;
use crate::render::Exit;
use crate::store;

/// The option whose value is no file.
const TITLE: &str = "--title";

/// The largest file that is kept, in bytes: sessions of a month of a large account.
const LARGEST: u64 = 256 << 20;

/// What a command keeps in the store.
#[derive(Clone, Copy)]
pub(super) struct Keeps<'a> {
    pub(super) keeping: &'a Keeping,
    pub(super) remote: Option<&'a Remote>,
    /// The state that it keeps from run to run, if it is the default one.
    pub(super) state: Option<&'a Path>,
}

impl<'a> Keeps<'a> {
    /// What a command with these arguments keeps there.
    pub(super) fn of(scope: &'a Scope) -> Self {
        Self { keeping: &scope.keeping, remote: Some(&scope.remote), state: None }
    }

    /// The same, with a state.
    pub(super) fn and_state(self, state: Option<&'a Path>) -> Self {
        Self { state, ..self }
    }
}

/// The files of a command that are in the store.
#[derive(Debug, Default)]
pub(super) struct Stored {
    files: Vec<StoredFile>,
    /// What follows `store:` and can't be the name of a file there.
    wrong: Option<String>,
}

#[derive(Debug)]
struct StoredFile {
    /// As outputs name it.
    name: String,
    key: String,
    file: PathBuf,
    before: Option<Vec<u8>>,
    /// Whether the run is a failure without it.
    is_asked_for: bool,
}

impl Stored {
    /// Replaces each `store:NAME` in a command line by a file of this machine.
    pub(super) fn localize(arguments: &mut [OsString]) -> Self {
        let mut all = Self::default();
        let mut is_title = false;
        for argument in arguments {
            let Some(text) = argument.to_str() else { continue };
            // A title is no file, whatever it says.
            let was_title = std::mem::replace(&mut is_title, text == TITLE);
            if was_title || text.starts_with("--title=") {
                continue;
            }
            let (option, value) = match text.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (Some(option), value),
                _ => (None, text),
            };
            let Some(name) = value.strip_prefix(FRONT) else { continue };
            if !store::is_name(name) {
                all.wrong = Some(name.to_owned());
                continue;
            }
            let file = copy(name);
            let named = file.display().to_string();
            all.add(format!("{FRONT}{name}"), format!("kept/{name}"), file, true);
            *argument = option.map_or(named.clone(), |option| format!("{option}={named}")).into();
        }
        all
    }

    fn add(&mut self, name: String, key: String, file: PathBuf, is_asked_for: bool) {
        if self.files.iter().all(|one| one.key != key) {
            self.files.push(StoredFile { name, key, file, before: None, is_asked_for });
        }
    }

    /// Brings the files here.
    ///
    /// # Errors
    /// When the command has no store, or it can't be read.
    pub(super) fn bring(mut self, keeps: Option<Keeps<'_>>) -> Result<Brought, Failure> {
        if let Some(name) = &self.wrong {
            let message = format!("`{}` can't be the name of a file in a store", clean(name));
            let help = format!(
                "use letters, digits, `.`, `-` and `_`, with one `/` between parts; a file of this machine is `./{FRONT}…`"
            );
            return Err(Diagnostic::new(Code::Usage, message).help(help).into());
        }
        let Some(Keeps { keeping, remote, state }) = keeps else {
            return match self.files.first() {
                None => Ok(Brought { shared: None, files: Vec::new() }),
                Some(one) => {
                    let message = format!("`{}` can't be used with this command", clean(&one.name));
                    Err(Diagnostic::new(Code::Usage, message).help("name a file").into())
                }
            };
        };
        if let (Some(state), Some(name)) =
            (state, state.and_then(Path::file_name).and_then(|name| name.to_str()))
        {
            self.add(state.display().to_string(), format!("states/{name}"), state.to_owned(), false);
        }
        if self.files.is_empty() {
            return Ok(Brought { shared: None, files: Vec::new() });
        }
        let Some(shared) = Shared::open(keeping, remote, None)? else {
            return match self.files.iter().find(|one| one.is_asked_for) {
                None => Ok(Brought { shared: None, files: Vec::new() }),
                Some(one) => {
                    let message = format!("`{}` needs a store", clean(&one.name));
                    Err(Diagnostic::new(Code::Usage, message)
                        .help("name it: `--store oss://BUCKET/PREFIX`, or set `LIVEVOD_STORE`")
                        .into())
                }
            };
        };
        let mut files = self.files;
        let bringing = async {
            for one in &mut files {
                let read = shared.objects.read(&one.key).await.map_err(|error| shared.unusable(&error))?;
                one.before = read;
            }
            Ok::<_, Failure>(())
        };
        block_on(shared.asking(bringing))??;
        for one in &files {
            here(one)?;
        }
        Ok(Brought { shared: Some(shared), files })
    }
}

/// Files that are here while a command runs.
pub(super) struct Brought {
    shared: Option<Shared>,
    files: Vec<StoredFile>,
}

impl Brought {
    /// Takes what the command wrote to the store.
    pub(super) fn take_back(self, exit: Exit, terminal: &Terminal) -> Exit {
        let Some(shared) = self.shared else { return exit };
        let mut exit = exit;
        for one in self.files {
            let (folder, name) = files::parts(&one.file);
            let now = files::Folder::open(folder).and_then(|folder| folder.read(name, LARGEST)).ok();
            let Some(content) = now.filter(|now| Some(now) != one.before.as_ref()) else { continue };
            let kept = block_on(shared.asking(shared.objects.replace(&one.key, &content)));
            let failed = match kept {
                Ok(Ok(())) => {
                    if one.is_asked_for {
                        terminal.note(&format!("kept {} in {}\n", clean(&one.name), clean(&shared.name)));
                    }
                    continue;
                }
                Ok(Err(error)) => Failure::from(shared.unusable(&error)),
                Err(failure) => failure,
            };
            let severity = if one.is_asked_for { Severity::Error } else { Severity::Warning };
            let findings: Vec<Diagnostic> =
                failed.diagnostics.into_iter().map(|finding| Diagnostic { severity, ..finding }).collect();
            terminal.tell(&findings, &failed.sources);
            if one.is_asked_for && exit == Exit::Success {
                exit = Exit::Error;
            }
        }
        exit
    }
}

const COPIES: &str =
    "the folder `.livevod` must be writable: livevod keeps copies of files in the store there";

/// Writes a file of the store here; without one, whatever was left here is removed.
fn here(one: &StoredFile) -> Result<(), Failure> {
    let (folder, name) = files::parts(&one.file);
    let failed = |error: std::io::Error| {
        let message = match one.is_asked_for {
            true => format!("the copy of {} can't be written: {error}", clean(&one.name)),
            false => format!("can't write `{}`: {error}", one.file.display()),
        };
        Failure::from(Diagnostic::new(Code::Unwritable, message).help(COPIES))
    };
    let opened = files::Folder::make(folder).map_err(failed)?;
    match &one.before {
        Some(content) => {
            let text = std::str::from_utf8(content).map_err(|_| {
                let message = format!("{} in the store is not UTF-8 text", clean(&one.name));
                Failure::from(Diagnostic::new(Code::Store, message))
            })?;
            opened.replace(name, &secrets().hide(text)).map_err(failed)
        }
        None if one.is_asked_for => match opened.remove(name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        },
        // The state of this machine from before there was a store.
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_store_become_files_of_this_machine() {
        let mut line: Vec<OsString> =
            ["audit", "--out=store:night.json", "--sessions", "store:a/b.json", "--title", "store:front"]
                .map(OsString::from)
                .into();
        let stored = Stored::localize(&mut line);
        let expected = [
            "audit",
            "--out=.livevod/store/night.json",
            "--sessions",
            ".livevod/store/a/b.json",
            "--title",
            "store:front",
        ];
        assert_eq!(line, expected.map(OsString::from));
        let keys: Vec<&str> = stored.files.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["kept/night.json", "kept/a/b.json"]);
        for wrong in ["store:../x", "store:", "--out=store:a b.json"] {
            assert!(Stored::localize(&mut [wrong.into()]).bring(None).is_err(), "{wrong}");
        }
    }
}
