//! The arguments that name the files to read.

use std::path::{Path, PathBuf};

use clap::Args;

use super::default_paths::default_paths;
use super::failure::Failure;
use super::kinds::insist_on_no_log;
use super::typed;
use crate::config;
use crate::diag::{Code, Diagnostic};

/// The files to read.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Files and folders, read as one document; - is standard input [default: livevod.yaml, else livevod/]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Paths {
    /// Paths that do not come from the command's positional arguments.
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths }
    }

    /// The paths given; empty if none are.
    pub(super) fn given(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The paths given, or the default ones in the working folder.
    pub(super) fn resolve(&self) -> Result<Vec<PathBuf>, Failure> {
        if let Some(file) = typed::after_emulator().filter(|file| self.paths.contains(file)) {
            insist_on_no_log(&file)?;
        }
        if !self.paths.is_empty() {
            return Ok(self.paths.clone());
        }
        match default_paths(Path::new("")).as_slice() {
            [path] => Ok(vec![path.clone()]),
            [_, _] => Err(Failure::from(
                Diagnostic::new(
                    Code::NoFiles,
                    "this folder has both `livevod.yaml` and a folder `livevod` with files",
                )
                .help(format!(
                    "name the one to read, or both: `livevod {} livevod.yaml livevod`",
                    typed::command()
                )),
            )),
            _ => Err(Failure::from(
                Diagnostic::new(
                    Code::NoFiles,
                    "this folder has neither `livevod.yaml` nor a folder `livevod`",
                )
                .help(format!("name the files or folders: `{}`", naming_files())),
            )),
        }
    }

    /// The paths given, or the default ones, and every file in those that are folders.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let named = self.resolve().unwrap_or_default();
        let named: Vec<PathBuf> = named.into_iter().filter(|path| !config::is_standard_input(path)).collect();
        let found = config::read(&named).paths;
        named.into_iter().chain(found).collect()
    }
}

/// The command that is run, with a place for files.
fn naming_files() -> String {
    match typed::command().as_str() {
        "explain" => "livevod explain ADDRESS --path PATH".to_owned(),
        command => format!("livevod {command} PATH"),
    }
}
