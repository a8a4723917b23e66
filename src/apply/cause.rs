//! Why changes end otherwise than planned: one closed set of causes. Exit code and report follow from the cause, never
//! from its words.

use std::fmt;
use std::time::Duration;

use crate::api::{self, Stop};
use crate::model::{Address, Field, Value};
use crate::plan::ActionKind;
use crate::store::Lost;

/// Why a change did not end as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its text is a lowercase fragment that does not repeat `remote`.
    pub cause: Cause,
    /// The error of the call, if a call failed.
    pub remote: Option<api::Error>,
}

/// Why a change did not end as planned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Cause {
    /// A signal ended the run before the change started.
    #[error("the run was interrupted")]
    Interrupted,
    /// The write could not be recorded in the journal.
    #[error("the journal can't be written: {0}")]
    JournalBroken(String),
    /// The run no longer holds the lease of its domains.
    #[error("{0}")]
    LeaseLost(Lost),
    /// The client sends nothing more.
    #[error("the run ends: {0}")]
    Stopped(Stop),
    /// The client gave up the action of the call.
    #[error("the run ends")]
    GivenUp,
    /// The client did not send the write.
    #[error("{0}")]
    Withheld(String),
    /// `--stop-on-error`, after another change of the run was not done.
    #[error("the run stopped at the first change that was not done")]
    StopOnError,
    /// A delete, after another change of the run was not done.
    #[error("not deleted, because another change of this run was not done")]
    DeletesHeld,
    /// Nothing more is written in the domain.
    #[error("writing in its domain was stopped: {0}")]
    DomainStopped(Halt),
    /// The configuration, or what exists beside it, is not as the plan saw it.
    #[error("changed since the plan: {0}")]
    Stale(Stale),
    /// The current configuration could not be read.
    #[error("the current configuration can't be read")]
    Unreadable,
    /// Every read was too old when the write was to be sent.
    #[error("in {looks} attempts it could not be read less than {} s before the write; `--freshness` allows more", .window.as_secs_f64())]
    Outdated {
        /// How old a read may be.
        window: Duration,
        /// How many reads there were.
        looks: u32,
    },
    /// Listings did not show the run's own work before the deadline.
    #[error("the listing of its domain does not show this run's own changes")]
    ListingLags,
    /// The client gave no permit.
    #[error("no write could be sent")]
    NoPermit,
    /// The first write of an action was refused or not sent.
    #[error("the {} was not carried out", .0.first_call())]
    NotCarriedOut(ActionKind),
    /// An Add found a configuration at its address.
    #[error("{0}")]
    Occupied(Occupant),
    /// A write was sent, and reading back does not show it as wanted.
    #[error("{}", read_back(*.accepted, .shown))]
    NotConfirmed {
        /// Whether the service accepted the write; otherwise it got no usable answer.
        accepted: bool,
        /// What reading back shows.
        shown: Shown,
    },
    /// A write got no usable answer, and a later attempt ended like this.
    #[error("a write got no usable answer; then: {0}")]
    AfterLost(Box<Cause>),
    /// A write was refused, and an earlier one may have been carried out.
    #[error("an earlier write may have been carried out; {0}")]
    InDoubt(Box<Cause>),
    /// A replace deleted the old configuration and could not add the new one.
    #[error("{0}")]
    NotReplaced(Rest),
    /// The configuration was deleted, and whether those beside it still exist can't be read.
    #[error("it was deleted, but whether the configurations beside it still exist can't be read")]
    BesideUnread,
    /// Configurations beside it were deleted with it.
    #[error("{0}")]
    TookAlong(Fates),
    /// The inner cause, and configurations beside it were deleted with it.
    #[error("{0}; {1}")]
    AndTookAlong(Box<Cause>, Fates),
    /// The inner cause ended the Delete of a replace, so the Add was not sent.
    #[error("{0}; nothing was created")]
    NothingAdded(Box<Cause>),
    /// It was done, but the last listing no longer shows it as wanted.
    #[error("it was done, and then {0}")]
    Moved(Moved),
    /// What was deleted along with an app-wide configuration was added back, but is not visible.
    #[error("it was added back, but reading back does not show it")]
    AddedBackUnseen,
    /// What was deleted along with an app-wide configuration was added back while a lost Delete of that configuration
    /// might still arrive.
    #[error("it was added back, but a lost Delete may still delete it again")]
    AddedBackTooEarly,
    /// The task that worked on the domain ended without a report.
    #[error("the work on its domain ended unexpectedly")]
    WorkLost,
}

/// Why nothing more is written in a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Halt {
    /// No connection could be made; the text is the error's.
    #[error("{0}")]
    NoConnection(String),
    /// Configurations were deleted along with an app-wide one.
    #[error("configurations beside `{0}` were deleted with it")]
    TookAlong(Address),
    /// It is unknown whether some were.
    #[error("{}", Cause::BesideUnread)]
    BesideUnread,
}

/// How an address differs from what the plan saw.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Stale {
    /// The configuration can't be managed now; the text says why.
    #[error("{0}")]
    Unmanageable(String),
    /// Its settings differ.
    #[error("{}", phrases(.0, |Difference { field, expected, found }| format!("`{field}` was {expected} and is {found} now")))]
    Differs(Vec<Difference>),
    /// A configuration exists where there was none.
    #[error("it exists now")]
    Appeared,
    /// The configuration no longer exists.
    #[error("it is gone")]
    Gone,
    /// A configuration that the plan does not know exists beside an app-wide one.
    #[error("{} now exists beside it{}", within(.0), and_more(*.1))]
    Joined(Address, usize),
    /// A configuration that the plan knows beside an app-wide one no longer exists.
    #[error("{} no longer exists beside it{}", within(.0), and_more(*.1))]
    Left(Address, usize),
}

/// One field of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// Its value in the plan.
    pub expected: Value,
    /// Its value in the service.
    pub found: Value,
}

/// How a configuration differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Mismatch {
    /// Its settings differ.
    #[error("{}", phrases(.0, |Difference { field, expected, found }| format!("`{field}` reads back as {found} instead of {expected}")))]
    Fields(Vec<Difference>),
    /// It was deleted, and exists again.
    #[error("it exists again, with other settings")]
    BackAgain,
}

/// What reading back shows of a write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Neither the old state nor the wanted one.
    Otherwise(Mismatch),
    /// The old state.
    Nothing,
    /// It can't be read.
    Unreadable,
}

/// What an Add found at its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Occupant {
    /// A configuration that can't be read.
    #[error("a configuration that can't be read already exists")]
    Unreadable,
    /// A configuration that no read shows.
    #[error("a configuration already exists, but reading does not show it")]
    NotShown,
    /// The configuration that an earlier Delete should have removed.
    #[error("the old configuration is still visible, and the new one could not be created")]
    Old,
    /// Another configuration.
    #[error("a configuration with other settings already exists")]
    Other,
}

/// The state of the address after a replace that could not add the new configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rest {
    /// Nothing more was tried.
    #[error("the new configuration could not be created")]
    Gap,
    /// The old configuration exists again.
    #[error("the new configuration could not be created; the old one was added back")]
    OldAddedBack,
    /// The old configuration may exist again.
    #[error("the new configuration could not be created; whether the old one was added back is unknown")]
    OldUnconfirmed,
    /// The old configuration could not be added either.
    #[error(
        "neither could the new configuration be created nor the old one be added back ({refusal}): {standing}"
    )]
    Neither {
        /// Why the old one could not be added.
        refusal: String,
        /// What reading shows.
        standing: Standing,
    },
    /// The new configuration was added, and a late Delete may have removed it.
    #[error("the new configuration is no longer visible, and it could not be created again")]
    NewGone,
    /// It is unknown whether a late Delete removed the new configuration.
    #[error("the Delete got no usable answer, and whether it removed the new configuration can't be read")]
    NewUnread,
}

/// What reading shows at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Standing {
    /// Nothing.
    #[error("nothing is visible there now")]
    Nothing,
    /// The old configuration.
    #[error("the old configuration is still visible")]
    Old,
    /// Another configuration.
    #[error("another configuration exists there now")]
    Other,
    /// It can't be read.
    #[error("the current state can't be read")]
    Unreadable,
}

/// What happened to a change after it was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Moved {
    /// It is not listed.
    #[error("was no longer visible")]
    Gone,
    /// It is as before the write.
    #[error("reverted to the state before")]
    Reverted,
    /// It has another state.
    #[error("changed: {0}")]
    Changed(Mismatch),
}

/// What happened to the configurations that were deleted along with an app-wide one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Fates {
    /// Added back, and visible.
    pub back: Vec<Address>,
    /// Added, or perhaps added, and not visible.
    pub unseen: Vec<Address>,
    /// Never gone: the service refuses to add it again, and shows it as it was.
    pub there: Vec<Address>,
    /// Not added back.
    pub not_back: Vec<Address>,
}

impl Failure {
    pub(super) fn new(cause: Cause) -> Self {
        Self { cause, remote: None }
    }

    pub(super) fn of(cause: Cause, error: api::Error) -> Self {
        Self { cause, remote: Some(error) }
    }

    /// The same failure with an outer cause around its own.
    pub(super) fn within(self, outer: impl FnOnce(Box<Cause>) -> Cause) -> Self {
        Self { cause: outer(Box::new(self.cause)), ..self }
    }

    /// Whether the change was refused because the service, or the account, is not as it was when the plan was made.
    pub fn is_held(&self) -> bool {
        let of_other_account = |stop: &Stop| matches!(stop, Stop::OtherAccount { .. });
        match (&self.cause, &self.remote) {
            (Cause::Stale(_), _) => true,
            (Cause::Stopped(stop), _) | (_, Some(api::Error::Stopped(stop))) => of_other_account(stop),
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.remote {
            Some(error) => write!(f, "{}: {error}", self.cause),
            None => write!(f, "{}", self.cause),
        }
    }
}

impl fmt::Display for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fates { back, unseen, there, not_back } = self;
        let part = |what: &str, addresses: &[Address]| {
            let names: Vec<String> = addresses.iter().map(|address| format!("`{address}`")).collect();
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        };
        let parts = [
            part("added back", back),
            part("added back, but not seen yet", unseen),
            part("still there", there),
            part("NOT added back", not_back),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        write!(f, "configurations beside it were deleted with it; {}", parts.join("; "))
    }
}

fn read_back(accepted: bool, shown: &Shown) -> String {
    let answer = if accepted { "the write was accepted" } else { "the write got no usable answer" };
    match shown {
        Shown::Otherwise(mismatch) if accepted => format!("{answer}, but {mismatch}"),
        Shown::Otherwise(mismatch) => format!("{answer}, and {mismatch}"),
        Shown::Nothing => format!("{answer}, and reading back does not show it"),
        Shown::Unreadable => format!("{answer}, and can't be read back"),
    }
}

fn phrases(differences: &[Difference], phrase: fn(&Difference) -> String) -> String {
    let phrases: Vec<String> = differences.iter().map(phrase).collect();
    phrases.join("; ")
}

/// `` `show/cam1` ``
fn within(address: &Address) -> String {
    format!("`{}`", address.within_domain())
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates() -> Fates {
        let at = |stream: &str| vec![Address::new("a.com", "show", stream)];
        Fates { back: at("a"), there: at("c"), not_back: at("b"), ..Fates::default() }
    }

    #[test]
    fn the_fates_name_what_came_back_and_what_did_not() {
        assert_eq!(
            fates().to_string(),
            "configurations beside it were deleted with it; added back: `a.com/show/a`; still there: `a.com/show/c`; \
             NOT added back: `a.com/show/b`"
        );
    }

    #[test]
    fn only_a_world_that_moved_holds_a_change() {
        let held = |cause| Failure::new(cause).is_held();
        let other = || Stop::OtherAccount { other: "2".into(), account: "1".into() };
        assert!(held(Cause::Stale(Stale::Gone)));
        assert!(held(Cause::Stopped(other())));
        assert!(Failure::of(Cause::Unreadable, api::Error::Stopped(other())).is_held());
        assert!(!held(Cause::Unreadable));
        assert!(!held(Cause::Stopped(Stop::Throttled("AddLiveRecordVodConfig"))));
    }
}
