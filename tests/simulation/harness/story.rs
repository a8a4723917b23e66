//! The events of a run, in order, and their text.

use std::fmt;
use std::time::Duration;

use livevod::apply::journal::Intent;
use livevod::apply::{ChangeOutcome, Failure, Outcome};
use livevod::model::{Address, Field, Remote};
use livevod::plan::{ActionKind, Change};

use super::truth::Changed;
use super::weather::{Foreign, Step};

/// One line of the story.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    /// Since the run began.
    pub(crate) at: Duration,
    /// The number of the process in the run, from 1.
    pub(crate) process: usize,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A process began.
    Began,
    /// It has its plan.
    Planned { changes: Vec<Change>, held: Vec<String> },
    /// A call reached the network.
    Call(Call),
    /// The account changed.
    Changed(Changed, Author),
    /// Another client acts.
    Foreign(Foreign, Address),
    /// From now on, the caller's clock is off by this many seconds.
    Clock(i64),
    /// The process is asked to stop.
    Stopped,
    /// The journal has an intent, which waits for a slow disk.
    Appended(Box<Intent>),
    /// The journal has an intent, which is certainly on disk.
    Intended(Box<Intent>),
    /// The process began a change.
    Started { address: Address, action: ActionKind },
    /// A change has its outcome, and whether a write was sent for it.
    Finished { outcome: ChangeOutcome, sent: bool },
    /// A change that was done is no longer as wanted.
    Moved(ChangeOutcome),
    /// The process died.
    Died(&'static str),
    /// It ended by itself, and why if it applied nothing.
    Ended(String),
    /// Something else that explains the rest.
    Note(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) step: Step,
    /// The RequestId.
    pub(crate) id: String,
    /// The number of events before its answer, or the lack of one, reached the caller, and the time; `None` if the process
    /// had ended by then.
    pub(crate) arrived: Option<(usize, Duration)>,
    /// In lower case; for a listing, only the domain.
    pub(crate) target: Target,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) fate: &'static str,
    pub(crate) faults: Vec<&'static str>,
    /// The age of the state that it read.
    pub(crate) stale: Duration,
    /// The entries in its answer, if they may be incomplete.
    pub(crate) listed: Option<Vec<Address>>,
    /// How long the service asks to wait, if it throttles the call.
    pub(crate) asks: Duration,
}

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Address(Address),
    Domain(String),
}

/// Who changed the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// livevod, by the previous call.
    Livevod,
    /// livevod, by a lost request of this process that arrived now.
    Late(usize),
    /// The service, which undoes a write of livevod that it had accepted.
    Service,
    /// Another client.
    Other,
}

impl Author {
    /// Whether livevod did it, now or by a late request.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Author::Livevod | Author::Late(_))
    }
}

impl Call {
    /// Whether the answer was usable for the caller.
    pub(crate) fn is_answered(&self) -> bool {
        self.status == Some(200) && self.is_readable()
    }

    fn is_readable(&self) -> bool {
        const SPOILT: [&str; 5] = ["truncated", "garbage", "empty", "huge", "endless"];
        self.status.is_some() && !self.faults.iter().any(|fault| SPOILT.contains(fault))
    }

    /// Whether it was sent to the service and processed. One with a wrong time or an expired key is refused before
    /// anything else, and is sent again at once.
    pub(crate) fn has_left(&self) -> bool {
        let is_turned_away =
            |code: &str| matches!(code, "InvalidTimeStamp.Expired" | "InvalidSecurityToken.Expired");
        !self.faults.contains(&"refuse") && !self.code.as_deref().is_some_and(is_turned_away)
    }

    /// Whether it was certainly not carried out, by its answer.
    pub(crate) fn is_refused(&self) -> bool {
        let ambiguous = |code: &str| {
            matches!(code, "none" | "InternalError" | "ServiceUnavailable" | "SignatureNonceUsed")
        };
        let connected = !self.faults.contains(&"refuse");
        !connected
            || (self.is_readable()
                && !self.is_answered()
                && self.code.as_deref().is_some_and(|code| !ambiguous(code)))
    }

    /// Whether the caller got no RequestId.
    pub(crate) fn has_no_id(&self) -> bool {
        !self.is_readable() || self.code.as_deref() == Some("none")
    }

    /// Whether no connection was made for it.
    pub(crate) fn is_unconnected(&self) -> bool {
        self.faults.contains(&"refuse")
    }

    /// Whether its end was known to the caller before an event.
    pub(crate) fn has_arrived_by(&self, happening: usize) -> bool {
        self.arrived.is_some_and(|(before, _)| before <= happening)
    }

    /// Whether the service was too busy for it.
    pub(crate) fn is_busy(&self) -> bool {
        let busy = ["ServiceBusy", "SystemUpgrading", "LockFail"];
        let is_code = |code: &str| code.starts_with("Throttling") || busy.contains(&code);
        self.is_readable() && self.code.as_deref().is_some_and(is_code)
    }

    /// Whether it may have been carried out, as far as the caller knows.
    pub(crate) fn is_ambiguous(&self) -> bool {
        !self.is_answered() && !self.is_refused()
    }

    /// Whether the service refused it because there were too many.
    pub(crate) fn is_throttled(&self) -> bool {
        self.code.as_deref().is_some_and(|code| code.starts_with("Throttling"))
    }

    /// Whether it reads configurations.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.step, Step::Plan | Step::Compare | Step::Confirm | Step::List)
    }

    pub(crate) fn is_about(&self, address: &Address) -> bool {
        match &self.target {
            Target::Address(own) => own == address,
            Target::Domain(domain) => **domain == *address.domain,
        }
    }

    /// Whether its answer said something about an address.
    pub(crate) fn is_look_at(&self, address: &Address) -> bool {
        !self.step.is_write() && self.is_answered() && self.is_about(address)
    }

    pub(crate) fn is_write_to(&self, address: &Address) -> bool {
        self.step.is_write() && self.is_about(address)
    }
}

/// Why a change is not done.
pub(crate) fn failure(outcome: &Outcome) -> Option<&Failure> {
    match outcome {
        Outcome::Done => None,
        Outcome::Failed(failure) | Outcome::NotAttempted(failure) | Outcome::Unknown(failure) => {
            Some(failure)
        }
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, process, what } = self;
        write!(f, "{:>9.3} s  {process}  {what}", at.as_secs_f64())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Began => f.write_str("process begins"),
            What::Planned { changes, held } => planned(f, changes, held),
            What::Call(call) => call.fmt(f),
            What::Changed(changed, author) => {
                let author = match author {
                    Author::Livevod => "livevod".to_owned(),
                    Author::Late(process) => format!("a late request of process {process}"),
                    Author::Service => "the service itself".to_owned(),
                    Author::Other => "somebody else".to_owned(),
                };
                write!(f, "      = {} by {author}: {}", changed.address, difference(changed))
            }
            What::Foreign(what, address) => write!(f, "somebody else: {} at {address}", what.name()),
            What::Clock(seconds) => write!(f, "the caller's clock jumps by {seconds} s"),
            What::Stopped => f.write_str("asked to stop"),
            What::Appended(intent) => {
                write!(f, "      # {:?} {} waits for the disk", intent.step, intent.address)
            }
            What::Intended(intent) => {
                write!(f, "      # {:?} {} is in the journal", intent.step, intent.address)
            }
            What::Started { address, action } => write!(f, "  > {action:?} {address}"),
            What::Finished { outcome, sent: _ } => {
                let ChangeOutcome { address, action, outcome, request_id: _ } = outcome;
                let why = failure(outcome).map(|failure| match &failure.remote {
                    Some(remote) => format!(": {} ({remote})", failure.cause),
                    None => format!(": {}", failure.cause),
                });
                write!(f, "  < {action:?} {address} {}{}", name(outcome), why.unwrap_or_default())
            }
            What::Moved(ChangeOutcome { address, action, outcome, request_id: _ }) => {
                let why = failure(outcome).map(|failure| format!(": {}", failure.cause)).unwrap_or_default();
                write!(f, "  < {action:?} {address} {}{why}", name(outcome))
            }
            What::Died(how) => write!(f, "DIED ({how})"),
            What::Ended(why) => write!(f, "ended: {why}"),
            What::Note(note) => f.write_str(note),
        }
    }
}

fn planned(f: &mut fmt::Formatter<'_>, changes: &[Change], held: &[String]) -> fmt::Result {
    write!(f, "planned {} changes", changes.len())?;
    for change in changes {
        let fields: Vec<&str> = change.fields().into_iter().map(Field::name).collect();
        write!(f, "\n{:>18}{:?} {} ({})", "", change.action(), change.address, fields.join(", "))?;
    }
    held.iter().try_for_each(|held| write!(f, "\n{:>18}! {held}", ""))
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, id: _, arrived: _, target, status, code, fate, faults, stale, listed, asks: _ } =
            self;
        let target = match target {
            Target::Address(address) => address.to_string(),
            Target::Domain(domain) => domain.clone(),
        };
        let status = status.map_or("no answer".to_owned(), |status| status.to_string());
        write!(f, "    {:<8} {target} → {status}", step.name())?;
        if let Some(code) = code.as_ref().filter(|code| *code != "none") {
            write!(f, " {code}")?;
        }
        if *fate != "carried_out" {
            write!(f, " [{fate}]")?;
        }
        if !faults.is_empty() {
            write!(f, " ({})", faults.join(", "))?;
        }
        if let Some(listed) = listed {
            write!(f, " {} listed", listed.len())?;
        }
        if stale.is_zero() { Ok(()) } else { write!(f, " as of {} s ago", stale.as_secs()) }
    }
}

pub(crate) fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed(_) => "FAILED",
        Outcome::NotAttempted(_) => "NOT ATTEMPTED",
        Outcome::Unknown(_) => "UNKNOWN",
    }
}

fn difference(changed: &Changed) -> String {
    let Changed { address: _, before, after } = changed;
    match (before, after) {
        (Some(before), Some(after)) => fields(before, after),
        (None, Some(_)) => "added".to_owned(),
        (Some(_), None) => "GONE".to_owned(),
        (None, None) => "nothing".to_owned(),
    }
}

fn fields(before: &Remote, after: &Remote) -> String {
    let value = |remote: &Remote, field: Field| remote.config.get(field);
    let (one, two) = (before.config.clone().normalized(), after.config.clone().normalized());
    let told = one
        .differences(&two)
        .into_iter()
        .map(|field| format!("{} {} → {}", field.name(), value(before, field), value(after, field)));
    let told: Vec<String> = told.collect();
    if told.is_empty() { "written anew".to_owned() } else { told.join(", ") }
}
