//! `livevod journal push`.

use std::collections::BTreeSet;

use clap::Args;

use super::failure::Failure;
use super::found::find;
use super::kept::Kept;
use super::record::unusable;
use super::runtime::block_on;
use super::shared::Shared;
use super::terminal::Terminal;
use crate::apply::journal::{RunRecord, read_runs};
use crate::diag::{Code, Diagnostic};
use crate::render::Exit;

pub(super) const LONG_HELP: &str = "\
Upload journals that only this machine has to the store

An apply does this by itself. Run it after an apply that lost the store, and once for the journals from before you had a store.";

const UPLOADED: &str = "Folder of the journals that are uploaded [default: .livevod/journal]";

const ANY_ACCOUNT: &str = "Account whose journals are uploaded; without it, those of every account";

#[derive(Debug, Args)]
#[command(mut_arg("folder", |folder| folder.help(UPLOADED)))]
#[command(mut_arg("account", |account| account.help(ANY_ACCOUNT)))]
pub(super) struct Arguments {
    /// Run whose journal is uploaded: `last`, or the beginning of its id; without it, every run that the store lacks
    run: Option<String>,

    #[command(flatten)]
    kept: Kept,
}

impl Arguments {
    /// Takes journals to the store.
    pub(super) fn carry_out(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let Self { run, kept: Kept { keeping, account } } = self;
        let folder = keeping.folder();
        let records: Vec<RunRecord> = match run {
            Some(run) => vec![find(&folder, run)?],
            None => {
                let read = read_runs(&folder).map_err(|error| unusable(&error))?;
                read.into_iter().filter_map(|stored| stored.run.ok().flatten()).collect()
            }
        };
        let accounts: BTreeSet<Option<String>> = match account {
            Some(account) => [Some(account.clone())].into(),
            None => records.iter().map(|record| record.header.account.clone()).collect(),
        };
        let Some(mut shared) = Shared::open(keeping, None, None)? else {
            let message = "there is no store to upload journals to";
            return Err(Diagnostic::new(Code::Usage, message)
                .help("name it: `--store oss://BUCKET/PREFIX`, or set `LIVEVOD_STORE`")
                .into());
        };
        let pushing = async {
            let mut taken = 0;
            for account in accounts {
                shared.account = account;
                let wanted = match run {
                    Some(_) => records.iter().map(|record| record.header.run.clone()).collect(),
                    None => shared.lacks(&records).await?,
                };
                for run in &wanted {
                    taken += usize::from(shared.keep_journal(run).await?);
                }
            }
            Ok::<_, Failure>(taken)
        };
        let taken = block_on(pushing)??;
        let noun = if taken == 1 { "journal" } else { "journals" };
        terminal.print(&match taken {
            0 => format!("Nothing to upload: {} has every journal of this machine.\n", shared.name),
            _ => format!("Uploaded {taken} {noun} to {}.\n", shared.name),
        });
        Ok(Exit::Success)
    }
}
