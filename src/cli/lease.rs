//! `livevod lease`.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::failure::Failure;
use super::keeping::{Keeping, note_empty};
use super::pipeline;
use super::record::unusable;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::shared::Shared;
use super::views::of_pages;
use crate::apply::journal::{Lock, LockError, StartedBy};
use crate::diag::{Code, Diagnostic};
use crate::gate::clean;
use crate::render::{self, Exit, Format, LeasesView};
use crate::store::{self, Held};

pub(super) const LONG_HELP: &str = "\
List which run holds which domains in the store, or end the lease of a run that hangs

An apply holds the lease of its domains, and renews it as long as it runs. If a run dies, its lease ends by itself within minutes, and the next \
apply takes its domains over.";

const LOCKED: &str = "Folder of the journals: without a store, an apply locks it [default: .livevod/journal]";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod lease --store oss://my-team/livevod
  livevod lease release live.example.com:41 --store oss://my-team/livevod")]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(mut_arg("folder", |folder| folder.help(LOCKED)))]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,

    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Listing {
    #[command(flatten)]
    keeping: Keeping,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// End the lease of a run: of the domain that the token names, and of all others that the run holds
    Release(Releasing),
}

#[derive(Debug, Args)]
#[command(mut_arg("folder", |folder| folder.help(LOCKED)))]
struct Releasing {
    /// Token as `livevod lease` lists it: DOMAIN:NUMBER
    #[arg(value_parser = token)]
    token: String,

    #[command(flatten)]
    listing: Listing,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        let listing = match &self.task {
            Some(Task::Release(releasing)) => &releasing.listing,
            None => &self.listing,
        };
        Terms::in_format(listing.format)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let (listing, token) = match &self.task {
            Some(Task::Release(Releasing { token, listing })) => (listing, Some(token.as_str())),
            None => (&self.listing, None),
        };
        let Listing { keeping, format } = listing;
        let layout = terminal.layout(*format);
        let Some(shared) = Shared::open(keeping, None, None)? else {
            keeping.note_if_empty();
            let folder = keeping.folder();
            let lock = locked(&folder)?;
            if token.is_some() {
                let message = format!("`{}` is a folder: its lock ends with its process", folder.display());
                return Err(Diagnostic::new(Code::Usage, message).help("end that process").into());
            }
            let store = folder.display().to_string();
            let view = LeasesView { store: &store, leases: &[], lock: lock.as_deref(), released: None };
            terminal.show(&render::leases(&view, Exit::Success, &layout));
            return Ok(Exit::Success);
        };
        let (leases, released) = block_on(shared.asking(answer(&shared, token)))??;
        let view =
            LeasesView { store: &shared.name, leases: &leases, lock: None, released: released.as_deref() };
        terminal.show(&render::leases(&view, Exit::Success, &layout));
        Ok(Exit::Success)
    }
}

/// The token of a lease.
fn token(text: &str) -> Result<String, String> {
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match text.rsplit_once(':') {
        Some((domain, number)) if !domain.is_empty() && is_number(number) => Ok(text.to_owned()),
        _ => Err("expected DOMAIN:NUMBER, such as `live.example.com:41`; `livevod lease` lists the tokens"
            .to_owned()),
    }
}

/// What is held, and the run whose lease was ended.
async fn answer(
    shared: &Shared,
    token: Option<&str>,
) -> Result<(Vec<(String, Held)>, Option<String>), Failure> {
    let unusable = |error| Failure::from(shared.unusable(&error));
    let accounts = store::accounts(&*shared.objects).await.map_err(unusable)?;
    if accounts.is_empty() {
        note_empty(&shared.name, None);
    }
    let mut leases = Vec::new();
    for account in accounts {
        let held = holders(shared, &account).await?;
        leases.extend(held.into_iter().map(|held| (account.clone(), held)));
    }
    let Some(token) = token else { return Ok((leases, None)) };
    let is_meant = |held: &Held| held.typed_token() == token;
    let Some((account, held)) = leases.iter().find(|(_, held)| is_meant(held)).cloned() else {
        let message = format!("no lease in {} has the token `{token}`", shared.name);
        let (domain, _) = token.rsplit_once(':').unwrap_or_default();
        let help = match leases.iter().find(|(_, held)| held.domain == domain) {
            Some((_, held)) => format!(
                "another lease of `{}` has the token `{}` now; `livevod lease` says whose it is",
                clean(&held.domain),
                clean(&held.typed_token())
            ),
            None => "`livevod lease` lists the tokens".to_owned(),
        };
        return Err(Diagnostic::new(Code::Lease, message).help(help).into());
    };
    let StartedBy { user, host, .. } = pipeline::started_by();
    let [user, host] = [user, host].map(|name| name.unwrap_or_else(|| "somebody".to_owned()));
    let by = format!("{user} on {host}, with `livevod lease release`");
    store::release(&*shared.objects, &account, &held, &by).await.map_err(unusable)?;
    let left = holders(shared, &account).await?;
    let left = left.into_iter().filter(|one| one.run == held.run).map(|one| (account.clone(), one));
    Ok((left.collect(), Some(held.run)))
}

/// What is held of an account.
async fn holders(shared: &Shared, account: &str) -> Result<Vec<Held>, Failure> {
    let held = store::holders(&shared.objects, account, (None, None), Timestamp::now()).await;
    held.map_err(|error| shared.unusable(&error).into())
}

/// Who holds the lock of a folder, if anyone does.
fn locked(folder: &Path) -> Result<Option<String>, Failure> {
    if !folder.exists() {
        return Ok(None);
    }
    match Lock::take(folder, Timestamp::now()) {
        Ok(_) => Ok(None),
        Err(LockError::Taken { holder, .. }) => Ok(Some(holder)),
        Err(LockError::Folder(error)) => Err(unusable(&error).into()),
    }
}
