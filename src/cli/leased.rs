//! The lease of a run, from its domains to its end.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::clock::elapsed;
use super::failure::Failure;
use super::keeping::{Leasing, note_empty};
use super::pipeline;
use super::shared::{Fetched, Shared, Wanted};
use super::terminal::Terminal;
use crate::apply::journal::StartedBy;
use crate::diag::{Code, Diagnostic, Severity};
use crate::gate::clean;
use crate::render;
use crate::store::{self, Holder, Lease, Lost, TakeError, Taking, Terms};

/// How a run waits for its lease.
#[derive(Clone, Copy)]
pub(super) struct Waits<'a> {
    pub(super) leasing: Leasing,
    /// How long a request without an answer may still arrive.
    pub(super) settle: Duration,
    /// The command.
    pub(super) command: &'a str,
    pub(super) terminal: &'a Terminal,
}

/// A lease that is renewed until this is dropped.
pub(super) struct Leased {
    pub(super) shared: Shared,
    pub(super) lease: Lease,
    domains: Vec<String>,
    keeper: JoinHandle<Lost>,
}

impl Drop for Leased {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Leased {
    /// Begins the log of a run in the store, and takes domains.
    ///
    /// # Errors
    /// When another run holds one, or the store can't be used.
    pub(super) async fn take(
        mut shared: Shared,
        run: &str,
        domains: &[String],
        waits: Waits<'_>,
    ) -> Result<Self, Failure> {
        let Waits { leasing, settle, command, terminal } = waits;
        shared.writes = true;
        let terms = Terms::new(leasing.lease, leasing.timeouts().whole, settle);
        let (objects, account) = (shared.bare.clone(), shared.account.as_deref());
        let beginning = Lease::begin(objects, elapsed(), terms, account, run, holder(command));
        let begun = shared.asking(beginning).await;
        let lease = begun.map_err(|error| shared.unusable(&error))?;
        let kept = lease.clone();
        let keeper = tokio::spawn(async move { kept.keep().await });
        let leased = Self { shared, lease, domains: domains.to_vec(), keeper };
        let tell = |taking: Taking| terminal.note(&render::taking(&taking));
        let taken = leased.lease.take(domains, leasing.lease_wait, &tell).await;
        if let Err(error) = taken {
            // If it can't be given back, it runs out by itself.
            let _ = leased.lease.end(Duration::ZERO).await;
            return Err(leased.refused(&error).into());
        }
        Ok(leased)
    }

    /// Brings the journals here that matter to this run: of the runs that held its domains, none is missing.
    ///
    /// # Errors
    /// When the store can't be read, or the folder can't be written.
    pub(super) async fn fetch(&self) -> Result<Fetched, Failure> {
        let known = self.shared.asking(self.lease.known_runs(&self.domains)).await;
        let known = known.map_err(|error| self.shared.unusable(&error))?;
        if known.iter().all(|one| one.run == self.lease.run()) {
            note_empty(&self.shared.name, self.shared.account.as_deref());
        }
        self.shared.fetch_of(known, Wanted::Held).await
    }

    /// Makes sure that the store has everything that it must have before the first write.
    ///
    /// # Errors
    /// When it has not, or the lease is lost.
    pub(super) async fn secure(&self) -> Result<(), Failure> {
        let secured = self.shared.asking(self.lease.secure()).await;
        Ok(secured.map_err(|lost| self.lost(&lost))?)
    }

    /// Takes the journal to the store, and gives the domains back. Returns what could not be kept there.
    pub(super) async fn end(&self, run: &str, settle: Duration) -> Option<Diagnostic> {
        if self.lease.lost() == Some(Lost::Ended) {
            return None;
        }
        let kept = self.shared.keep_journal(run).await;
        if kept.is_ok() {
            // If the lease can't be given back, it runs out by itself, or was taken over.
            let _ = self.shared.asking(self.lease.end(settle)).await;
        }
        let has_journal = kept.as_ref().is_ok_and(|kept| *kept);
        if has_journal {
            // What is left does no harm, and another run removes it.
            let account = self.shared.account.as_deref();
            let tidying = store::tidy(&*self.shared.objects, account, self.lease.store_now());
            let _ = self.shared.asking(tidying).await;
        }
        let finding = kept.err()?.diagnostics.into_iter().next()?;
        let push = format!("livevod journal push {run}{}", self.shared.flags);
        let mut finding = Diagnostic::new(Code::Store, finding.message).help(format!(
            "the journal is only on this machine; when the store can be used again, run `{push}`"
        ));
        finding.severity = Severity::Warning;
        Some(finding)
    }

    fn refused(&self, error: &TakeError) -> Diagnostic {
        match error {
            TakeError::Held(held) => {
                let (message, help, release) = render::held(held, &self.shared.flags);
                let finding = Diagnostic::new(Code::Lease, message).help(help);
                release.into_iter().fold(finding, |finding, release| finding.note(release, None))
            }
            TakeError::Store(error) => self.shared.unusable(error),
            TakeError::Lost(lost) => self.lost(lost),
        }
    }

    fn lost(&self, lost: &Lost) -> Diagnostic {
        match lost {
            Lost::NotRenewed(reason) => {
                let message = format!("the store {} can't be used: {}", self.shared.name, clean(reason));
                Diagnostic::new(Code::Store, message).help(
                    "nothing is written to the service without the store; try again when it can be reached",
                )
            }
            Lost::TakenOver(_) | Lost::Ended => Diagnostic::new(Code::Lease, clean(&lost.to_string())).help(
                "this run writes nothing more; `livevod journal` shows what others did, then plan again",
            ),
        }
    }
}

/// This run, as others see it.
fn holder(command: &str) -> Holder {
    let StartedBy { user, host, commit, job } = pipeline::started_by();
    Holder { command: command.to_owned(), user, host, commit, job }
}
