//! The journals of commands that concern no service: where they are, and whose they are.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::failure::Failure;
use super::keeping::Keeping;
use super::shared::{Shared, Wanted};

/// Where the journals are, and whose they are.
#[derive(Debug, Args)]
pub(super) struct Kept {
    #[command(flatten)]
    pub(super) keeping: Keeping,

    /// Account whose journals are read in a store
    #[arg(long, value_name = "ID", env = "LIVEVOD_ACCOUNT", help_heading = "Journal")]
    pub(super) account: Option<String>,
}

impl Kept {
    /// The folder, with the journals of the store: those of runs that started at `since` or later, or all of them. The journals of
    /// earlier runs may be there, too.
    pub(super) fn folder(&self, since: Option<Timestamp>) -> Result<PathBuf, Failure> {
        self.folder_with(since, Wanted::All)
    }

    /// The folder, with the journals of the store that the id of a run, or `last`, can mean. Those of other runs may be there, too.
    pub(super) fn folder_of(&self, run: &str) -> Result<PathBuf, Failure> {
        self.folder_with(None, Wanted::Run(run))
    }

    fn folder_with(&self, since: Option<Timestamp>, wanted: Wanted<'_>) -> Result<PathBuf, Failure> {
        let Self { keeping, account } = self;
        keeping.note_if_empty();
        Shared::bring_all(keeping, None, account.as_deref(), since, wanted)?;
        Ok(keeping.folder())
    }
}
