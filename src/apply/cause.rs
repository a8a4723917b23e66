//! Why changes end otherwise than planned: one closed set of causes. What exit code and what report follow from an end follows
//! from its cause, never from its words.

use std::fmt;
use std::time::Duration;

use crate::api::{self, Stop};
use crate::model::{Address, Field, Value};
use crate::plan::ActionKind;

/// Why a change did not end as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its text is a lowercase fragment that does not repeat `remote`.
    pub cause: Cause,
    /// What went wrong with the call, where one did.
    pub remote: Option<api::Error>,
}

/// Why a change did not end as planned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Cause {
    /// A signal ended the run before the change began.
    #[error("the run was interrupted")]
    Interrupted,
    /// The write could not be noted in the journal.
    #[error("the journal can't be written: {0}")]
    JournalBroken(String),
    /// The client sends nothing more.
    #[error("the run ends: {0}")]
    Stopped(Stop),
    /// The client gave the call up.
    #[error("the run ends")]
    GivenUp,
    /// The client kept the write back.
    #[error("{0}")]
    Withheld(String),
    /// `--stop-on-error`, after another change of the run.
    #[error("the run stops at the first change that is not done")]
    StopOnError,
    /// A delete, after another change of the run.
    #[error("nothing is deleted once another change of the run is not done")]
    DeletesHeld,
    /// Nothing more is written in the domain.
    #[error("its domain was stopped: {0}")]
    DomainStopped(Halt),
    /// What is there, or beside it, is not as the plan saw it.
    #[error("changed since the plan: {0}")]
    Stale(Stale),
    /// What is there could not be read.
    #[error("what is there now can't be read")]
    Unreadable,
    /// Every look was too old when the write was to go out.
    #[error("it could not be read within {} s before the write, {looks} times; `--freshness` allows more", .window.as_secs_f64())]
    Outdated {
        /// How old a look may be.
        window: Duration,
        /// How many looks there were.
        looks: u32,
    },
    /// Listings do not show the run's own work before the deadline.
    #[error("the listing of its domain does not show what this run has done there")]
    ListingLags,
    /// No permit came.
    #[error("no write could be sent")]
    NoPermit,
    /// The first write of an action was refused, or not sent.
    #[error("the {} was not carried out", .0.first_call())]
    NotCarriedOut(ActionKind),
    /// An Add found an entry at its address.
    #[error("{0}")]
    Occupied(Occupant),
    /// A write was answered, and reading back does not show it as wanted.
    #[error("{}", read_back(*.accepted, .shown))]
    NotConfirmed {
        /// Whether the service accepted the write; else it got no usable answer.
        accepted: bool,
        /// What reading back shows.
        shown: Shown,
    },
    /// A write got no usable answer, and a later try ended so.
    #[error("a write got no usable answer; then: {0}")]
    AfterLost(Box<Cause>),
    /// A write was refused, and one before it may have been carried out.
    #[error("a write before may have been carried out; {0}")]
    InDoubt(Box<Cause>),
    /// A replace deleted the old entry, and could not add the new one.
    #[error("{0}")]
    NotReplaced(Rest),
    /// The entry went, and whether those beside it stayed can't be read.
    #[error("it went, but whether the entries beside it stayed can't be read")]
    BesideUnread,
    /// Entries beside it went with it.
    #[error("{0}")]
    TookAlong(Fates),
    /// As told, and besides, entries beside it went with it.
    #[error("{0}; {1}")]
    AndTookAlong(Box<Cause>, Fates),
    /// As told of the Delete of a replace, whose Add was not sent therefore.
    #[error("{0}; nothing was added")]
    NothingAdded(Box<Cause>),
    /// It was done, and is not as wanted any more in the last listing.
    #[error("it was done, and then {0}")]
    Moved(Moved),
    /// What went with an app-wide entry was added back, and is not seen.
    #[error("it was added back, and reading back does not show it")]
    AddedBackUnseen,
    /// What went with an app-wide entry was added back while a lost Delete of that entry might still arrive.
    #[error("it was added back, and a lost Delete may take it along once more")]
    AddedBackTooEarly,
    /// The task that worked on the domain ended without a word.
    #[error("the work on its domain ended unexpectedly")]
    WorkLost,
}

/// Why nothing more is written in a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Halt {
    /// No connection could be made; the text is the error's.
    #[error("{0}")]
    NoConnection(String),
    /// Entries went with an app-wide one.
    #[error("entries beside `{0}` went with it")]
    TookAlong(Address),
    /// Nobody knows whether some did.
    #[error("{}", Cause::BesideUnread)]
    BesideUnread,
}

/// In what an address is not as the plan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Stale {
    /// The entry can't be managed now; the text says why.
    #[error("{0}")]
    Unmanageable(String),
    /// Its settings differ.
    #[error("{}", phrases(.0, |Difference { field, expected, found }| format!("`{field}` was {expected} and is {found} now")))]
    Differs(Vec<Difference>),
    /// Something is there where nothing was.
    #[error("it is there now")]
    Appeared,
    /// Nothing is there where something was.
    #[error("it is gone")]
    Gone,
    /// An entry that the plan does not know stands beside an app-wide one.
    #[error("{} stands beside it now{}", within(.0), and_more(*.1))]
    Joined(Address, usize),
    /// An entry that the plan knows beside an app-wide one is gone.
    #[error("{} stands beside it no more{}", within(.0), and_more(*.1))]
    Left(Address, usize),
}

/// One field of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// Its value in the plan.
    pub expected: Value,
    /// Its value in the service.
    pub found: Value,
}

/// In what an entry is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Mismatch {
    /// Its settings differ.
    #[error("{}", phrases(.0, |Difference { field, expected, found }| format!("`{field}` reads back as {found} instead of {expected}")))]
    Fields(Vec<Difference>),
    /// It was deleted.
    #[error("it is there again, with other settings")]
    BackAgain,
}

/// What reading back shows of a write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Something else.
    Otherwise(Mismatch),
    /// What was there before.
    Nothing,
    /// It can't be read.
    Unreadable,
}

/// What an Add met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Occupant {
    /// Something that can't be read.
    #[error("an entry that can't be read stands there already")]
    Unreadable,
    /// Something that no look shows.
    #[error("an entry stands there already that reading does not show")]
    NotShown,
    /// What a Delete before the Add should have removed.
    #[error("the old entry still shows, and the new one could not be added")]
    Old,
    /// Something else.
    #[error("an entry with other settings stands there already")]
    Other,
}

/// How a replace whose new entry could not be added left the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rest {
    /// Nothing more was tried.
    #[error("the new entry could not be added")]
    Gap,
    /// The old entry stands there again.
    #[error("the new entry could not be added; the old one was added back")]
    OldAddedBack,
    /// The old entry may stand there again.
    #[error("the new entry could not be added; whether the old one was added back is not known")]
    OldUnconfirmed,
    /// The old entry could not be added either.
    #[error("neither the new entry nor the old one ({refusal}) could be added: {standing}")]
    Neither {
        /// Why the old one could not.
        refusal: String,
        /// What stands there.
        standing: Standing,
    },
    /// The new entry was added, and a late Delete may have removed it.
    #[error("the new entry does not show any more, and it could not be added again")]
    NewGone,
    /// Whether a late Delete removed the new entry is not known.
    #[error("the Delete got no usable answer, and whether it took the new entry away can't be read")]
    NewUnread,
}

/// What reading shows at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Standing {
    /// Nothing.
    #[error("nothing shows there now")]
    Nothing,
    /// What was there before.
    #[error("the old entry still shows")]
    Old,
    /// Something else.
    #[error("another entry stands there now")]
    Other,
    /// It can't be read.
    #[error("what is there now can't be read")]
    Unreadable,
}

/// What became of a change after it was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Moved {
    /// It is not there.
    #[error("did not show any more")]
    Gone,
    /// It is as before the write.
    #[error("was as before again")]
    Reverted,
    /// It is something else.
    #[error("changed: {0}")]
    Changed(Mismatch),
}

/// What became of the entries that went with an app-wide one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Fates {
    /// Added back, and seen.
    pub back: Vec<Address>,
    /// Added, or perhaps added, and not seen.
    pub unseen: Vec<Address>,
    /// Never gone: the service refuses a second one, and shows it as it was.
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

    /// The same for another cause, which is made of this one.
    pub(super) fn within(self, outer: impl FnOnce(Box<Cause>) -> Cause) -> Self {
        Self { cause: outer(Box::new(self.cause)), ..self }
    }

    /// Whether a guard held the change: what is there, or whose account it is, is not as it was when the plan was made.
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
            part("added, but not seen yet", unseen),
            part("there again", there),
            part("NOT added back", not_back),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        write!(f, "entries beside it went with it; {}", parts.join("; "))
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
            "entries beside it went with it; added back: `a.com/show/a`; there again: `a.com/show/c`; \
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
