//! `livevod doctor`.

use clap::Args;
use jiff::Timestamp;

use super::checkup;
use super::connect::{self, Access, connect, service};
use super::failure::Failure;
use super::goal::Reach;
use super::keeping::Keeping;
use super::load::as_far_as_valid;
use super::paths::Paths;
use super::record::{Earlier, unusable};
use super::remote::Remote;
use super::rules::Rules;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::shared::Shared;
use super::views::of_pages;
use crate::apply::journal::{Lock, LockError};
use crate::bucket;
use crate::diag::{Code, Diagnostic, Severity};
use crate::render::{self, Check, Exit, Format, Target};
use crate::resolve::Desired;
use crate::store::Trouble;

pub(super) const LONG_HELP: &str = "\
Check credentials, account, clock, network, permissions and journals, and say how to fix what is wrong

Reads from the service and changes nothing there. If the files are broken or missing, everything that needs no files is \
checked all the same. Exits with 1 if something would stop a plan, else with 0.";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod doctor
  livevod doctor --profile apply --format json")]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    #[command(flatten)]
    remote: Remote,

    #[command(flatten)]
    keeping: Keeping,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    format: Format,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(self.format).showing(&self.rules.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let (desired, broken) = as_far_as_valid(&self.paths, &self.rules);
        let reach = Reach::of(&desired);
        let account = connect::account(self.remote.account.as_ref(), &reach)?;
        let target = Target { name: service(&self.remote)?, account };
        let mut checks = vec![broken.map_or_else(|| files(&desired), |failure| broken_files(&failure))];
        checks.extend(self.service(&desired, &reach)?);
        let store = store(&self.keeping, &self.remote, &target);
        let is_usable = !store.as_ref().is_some_and(Check::stops_plan);
        checks.extend(store);
        checks.push(match is_usable {
            true => journal(&self.keeping, &self.remote, &target),
            false => Check::skipped("journal", "the store can't be used"),
        });
        let exit = if checks.iter().any(Check::stops_plan) { Exit::Error } else { Exit::Success };
        terminal.show(&render::checks(&checks, &target, exit, &terminal.layout(self.format)));
        Ok(exit)
    }
}

impl Arguments {
    /// What the service and the way to it are like. Without a key, nothing is asked.
    fn service(&self, desired: &Desired, reach: &Reach) -> Result<Vec<Check>, Failure> {
        let connection = match connect(&self.remote, Access::Reads, reach) {
            Ok(connection) => connection,
            Err(failure) => return without_credentials(failure),
        };
        let asked = async {
            match connection.prepare().await {
                Ok(()) => Ok(checkup::all(desired, &connection, &self.remote).await),
                Err(failure) => without_credentials(failure),
            }
        };
        block_on(connection.asking(asked))?
    }
}

fn files(desired: &Desired) -> Check {
    let domains = &desired.domains;
    Check::files(domains.len(), domains.values().map(|domain| domain.entries.len()).sum())
}

/// The first error of the files, and how many there are.
fn broken_files(failure: &Failure) -> Check {
    let errors = failure.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
    let first = errors.clone().next().map(|finding| {
        let place = finding.labels.first().map(|label| failure.sources.place(label.span));
        let place = place.map(|place| format!(" ({}:{})", place.file, place.start.line));
        format!("{}{}", finding.message, place.unwrap_or_default())
    });
    let none = errors.clone().find(|finding| finding.code == Code::NoFiles);
    let help = none.and_then(|finding| finding.help.as_deref());
    Check::broken_files(errors.count(), &first.unwrap_or_default(), help)
}

/// The check that says why there is no key.
///
/// # Errors
/// When something else failed.
fn without_credentials(failure: Failure) -> Result<Vec<Check>, Failure> {
    match failure.diagnostics.as_slice() {
        [Diagnostic { code: Code::Credentials, message, help, .. }] => {
            let credentials = Check::without_credentials(message, help.as_deref());
            let skipped = |subject| Check::skipped(subject, "there are no credentials");
            let others = ["account", "clock", "endpoint", "permission"].map(skipped);
            Ok(std::iter::once(credentials).chain(others).collect())
        }
        _ => Err(failure),
    }
}

/// The store that several machines share, if there is one: everything that a lease needs is tried.
fn store(keeping: &Keeping, remote: &Remote, target: &Target) -> Option<Check> {
    let failed = |failure: Failure| {
        let first = failure.diagnostics.into_iter().next();
        let (message, help) = first.map(|first| (first.message, first.help)).unwrap_or_default();
        Check::no_store(&message, help.as_deref())
    };
    let shared = match Shared::open(keeping, Some(remote), target.account.as_deref()) {
        Ok(shared) => shared?,
        Err(failure) => return Some(failed(failure)),
    };
    let tried = block_on(shared.asking(bucket::check(&*shared.objects))).map(|tried| match &tried {
        Ok(found) => match found.trouble() {
            None => Check::store(&shared.name, found.ahead),
            Some(trouble)
                if trouble.trouble == Trouble::Forbidden && found.list.is_ok() && found.read.is_ok() =>
            {
                Check::store_to_read(
                    &shared.name,
                    "`livevod ram-policy --for apply --store URL` prints what an apply needs",
                )
            }
            Some(trouble) => failed(shared.unusable(trouble).into()),
        },
        Err(error) => failed(shared.unusable(error).into()),
    });
    Some(tried.unwrap_or_else(failed))
}

/// The folder of journals. A plan reads it; only apply writes and locks it. It is locked for a moment, as apply does it:
/// nothing else shows that it can be.
fn journal(keeping: &Keeping, remote: &Remote, target: &Target) -> Check {
    let folder = &keeping.folder();
    let failed =
        |finding: Diagnostic, stops| Check::no_journal(&finding.message, finding.help.as_deref(), stops);
    let earlier = match Earlier::read(keeping, remote, target) {
        Ok(earlier) => earlier,
        Err(failure) => {
            let first = failure.diagnostics.into_iter().next();
            return first.map_or_else(
                || Check::skipped("journal", "it can't be read"),
                |finding| failed(finding, true),
            );
        }
    };
    let exists = folder.exists();
    if exists && let Err(error) = Lock::take(folder, Timestamp::now()) {
        let help = "wait until that apply ends; plans can be made meanwhile";
        return match &error {
            LockError::Taken { .. } => Check::no_journal(&error.to_string(), Some(help), false),
            LockError::Folder(reason) => failed(unusable(reason), false),
        };
    }
    match earlier.diagnostics.first() {
        Some(damaged) => failed(damaged.clone(), false),
        None => Check::journal(&folder.display().to_string(), exists, &earlier.left_open()),
    }
}
