//! Judges what was found at an address: whether the write may be sent, and whether it took effect. Pure.

use super::cause::{Cause, Difference, Failure, Mismatch, Shown, Stale};
use super::report::Outcome;
use crate::api::{Class, Error};
use crate::model::{RecordConfig, Remote};
use crate::plan::Aim;

/// Whether a write may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The address is as the plan saw it.
    Go,
    /// It is already as wanted: nothing is written.
    Done,
    /// It changed since the plan: nothing is written.
    Stale(Stale),
}

/// Compares the current state with what the plan saw.
pub(super) fn compare(aim: Aim<'_>, found: Option<&Remote>) -> Verdict {
    if let Some(reason) = found.and_then(|remote| remote.unsupported.as_deref()) {
        return Verdict::Stale(Stale::Unmanageable(reason.to_owned()));
    }
    if aim.reached(found) {
        return Verdict::Done;
    }
    if aim.at_before(found) {
        return Verdict::Go;
    }
    Verdict::Stale(match (aim.before, found) {
        (Some(before), Some(remote)) => Stale::Differs(differences(before, remote)),
        (None, Some(_)) => Stale::Appeared,
        (_, None) => Stale::Gone,
    })
}

/// What reading back after a write showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadBack {
    /// As wanted.
    AsWanted,
    /// As before the write, or nothing yet.
    NotYet,
    /// Neither.
    Otherwise(Mismatch),
}

/// Judges one read-back.
pub(super) fn read_back(aim: Aim<'_>, found: Option<&Remote>) -> ReadBack {
    if aim.reached(found) {
        return ReadBack::AsWanted;
    }
    match (aim.after, found) {
        (Some(after), Some(remote)) if !aim.at_before(found) => {
            ReadBack::Otherwise(Mismatch::Fields(differences(&aim.wanted(after, remote), remote)))
        }
        (None, Some(_)) if !aim.at_before(found) => ReadBack::Otherwise(Mismatch::BackAgain),
        _ => ReadBack::NotYet,
    }
}

/// How a write was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// With a success.
    Accepted,
    /// Without a usable answer: it may have been carried out.
    Unclear(Error),
}

/// The outcome of a write, judged by the last read before the deadline.
pub(super) fn at_deadline(looked: Result<ReadBack, Error>, sent: Sent) -> Outcome {
    let (accepted, unclear) = match sent {
        Sent::Accepted => (true, None),
        Sent::Unclear(error) => (false, Some(error)),
    };
    let failure = |shown, remote| Failure { cause: Cause::NotConfirmed { accepted, shown }, remote };
    match looked {
        Ok(ReadBack::AsWanted) => Outcome::Done,
        Ok(ReadBack::Otherwise(what)) if accepted => Outcome::Failed(failure(Shown::Otherwise(what), None)),
        Ok(ReadBack::Otherwise(what)) => Outcome::Unknown(failure(Shown::Otherwise(what), unclear)),
        Ok(ReadBack::NotYet) => Outcome::Unknown(failure(Shown::Nothing, unclear)),
        Err(error) => Outcome::Unknown(failure(Shown::Unreadable, unclear.or(Some(error)))),
    }
}

/// Combines an earlier read with a later one: a read that succeeded outlives those that failed.
pub(super) fn newer<T>(old: Result<T, Error>, new: Result<T, Error>) -> Result<T, Error> {
    match new {
        Ok(new) => Ok(new),
        Err(error) => old.or(Err(error)),
    }
}

/// What to do after a failed Add that must close a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterAdd {
    /// Nothing was added, but another attempt may well succeed.
    TryAgain,
    /// It may have been added.
    ReadBack,
    /// It was refused for good.
    GiveUp,
}

/// The code of an Add at an address that already has a configuration. After a Delete it means that the service does not
/// see the Delete yet.
pub(super) const ALREADY_EXISTS: &str = "ConfigAlreadyExists";

/// What an Add that must close a gap has met if a configuration exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// The one that was just deleted, until the service sees the Delete.
    OldEntry,
    /// The one that is to be added.
    NewEntry,
}

/// Judges the failure of an Add that must close a gap.
pub(super) fn after_add(error: &Error, met: Met) -> AfterAdd {
    if error.code() == ALREADY_EXISTS {
        return match met {
            Met::OldEntry => AfterAdd::TryAgain,
            Met::NewEntry => AfterAdd::GiveUp,
        };
    }
    if error.is_about_the_clock() || error.is_about_an_expired_key() {
        // It was refused before anything else was checked; the clock may be corrected, and the key renewed.
        return AfterAdd::TryAgain;
    }
    if matches!(error, Error::NotNow { .. } | Error::Outdated) {
        // Only the lease keeps it back: such an Add rests on no read.
        return AfterAdd::TryAgain;
    }
    match error.class() {
        Class::NotSent | Class::Busy => AfterAdd::TryAgain,
        Class::Ambiguous => AfterAdd::ReadBack,
        Class::Fatal => AfterAdd::GiveUp,
    }
}

/// The fields in which what was found differs from `expected`.
fn differences(expected: &RecordConfig, remote: &Remote) -> Vec<Difference> {
    let found = remote.config.clone().normalized();
    let fields = expected.differences(&found).into_iter();
    fields.map(|field| Difference { field, expected: expected.get(field), found: found.get(field) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::model::{Field, StreamSpelling, Value};
    use crate::wire::RemoteError;

    fn config(cycle_duration: u32) -> RecordConfig {
        RecordConfig { vod_transcode_group: "g".into(), cycle_duration, ..RecordConfig::default() }
    }

    fn remote(config: RecordConfig) -> Remote {
        Remote { config, spelling: StreamSpelling::Named, create_time: None, unsupported: None }
    }

    fn with_delay(config: RecordConfig, delay: u32) -> RecordConfig {
        RecordConfig { delay_time: Some(delay), ..config }
    }

    fn address() -> Address {
        Address::new("live.example.com", "show", "cam1")
    }

    #[test]
    fn a_write_goes_out_only_where_the_plan_looked() {
        let (old, new, other) = (config(3600), config(900), config(1800));
        let stale = Verdict::Stale;
        let cycle = || {
            let (expected, found) = (Value::Seconds(3600), Value::Seconds(1800));
            Stale::Differs(vec![Difference { field: Field::CycleDuration, expected, found }])
        };
        let table = [
            (None, Some(&new), None, Verdict::Go),
            (None, Some(&new), Some(&new), Verdict::Done),
            (None, Some(&new), Some(&other), stale(Stale::Appeared)),
            (Some(&old), Some(&new), Some(&old), Verdict::Go),
            (Some(&old), Some(&new), Some(&new), Verdict::Done),
            (Some(&old), Some(&new), Some(&other), stale(cycle())),
            (Some(&old), Some(&new), None, stale(Stale::Gone)),
            (Some(&old), None, Some(&old), Verdict::Go),
            (Some(&old), None, None, Verdict::Done),
            (Some(&old), None, Some(&other), stale(cycle())),
        ];
        for (before, after, found, verdict) in table {
            let address = address();
            let aim = Aim { address: &address, before, after, exact: before.is_some() };
            let found = found.cloned().map(remote);
            assert_eq!(compare(aim, found.as_ref()), verdict, "{before:?} {after:?} {found:?}");
        }
    }

    #[test]
    fn an_entry_that_became_unsupported_is_never_written() {
        let (old, new) = (config(3600), config(900));
        let address = address();
        let aim = Aim { address: &address, before: Some(&old), after: Some(&new), exact: true };
        for config in [old.clone(), new.clone()] {
            let found = Remote { unsupported: Some("by-format".into()), ..remote(config) };
            assert_eq!(compare(aim, Some(&found)), Verdict::Stale(Stale::Unmanageable("by-format".into())));
        }
    }

    #[test]
    fn a_fresh_entry_may_get_fields_from_the_service_and_an_old_one_may_not_lose_them() {
        let address = address();
        let (old, new) = (with_delay(config(3600), 180), with_delay(config(900), 240));
        let plain = config(900);
        let create = Aim { address: &address, before: None, after: Some(&plain), exact: false };
        assert_eq!(read_back(create, Some(&remote(new.clone()))), ReadBack::AsWanted);
        let update = Aim { address: &address, before: Some(&old), after: Some(&new), exact: true };
        assert_eq!(read_back(update, Some(&remote(new.clone()))), ReadBack::AsWanted);
        let ReadBack::Otherwise(lost) = read_back(update, Some(&remote(plain.clone()))) else { panic!() };
        assert_eq!(lost.to_string(), "`delay_time` reads back as (not set) instead of 4m");
    }

    #[test]
    fn what_is_not_there_yet_is_not_something_else() {
        let address = address();
        let (old, new, other) = (config(3600), config(900), config(1800));
        let update = Aim { address: &address, before: Some(&old), after: Some(&new), exact: true };
        assert_eq!(read_back(update, Some(&remote(old.clone()))), ReadBack::NotYet);
        assert_eq!(read_back(update, None), ReadBack::NotYet);
        let delete = Aim { address: &address, before: Some(&old), after: None, exact: true };
        assert_eq!(read_back(delete, Some(&remote(old.clone()))), ReadBack::NotYet);
        assert_eq!(read_back(delete, None), ReadBack::AsWanted);
        assert!(matches!(read_back(delete, Some(&remote(other))), ReadBack::Otherwise(_)));
    }

    fn unclear() -> Error {
        Error::Ambiguous { host: "h".into(), reason: "timed out".into() }
    }

    #[test]
    fn only_an_accepted_write_that_reads_back_otherwise_is_a_failure() {
        let name = |seen, sent| match at_deadline(seen, sent) {
            Outcome::Done => "done",
            Outcome::Failed(_) => "failed",
            Outcome::NotAttempted(_) => "not attempted",
            Outcome::Unknown(_) => "unknown",
        };
        let otherwise = || Ok(ReadBack::Otherwise(Mismatch::BackAgain));
        assert_eq!(name(Ok(ReadBack::AsWanted), Sent::Unclear(unclear())), "done");
        assert_eq!(name(otherwise(), Sent::Accepted), "failed");
        assert_eq!(name(otherwise(), Sent::Unclear(unclear())), "unknown");
        for sent in [Sent::Accepted, Sent::Unclear(unclear())] {
            assert_eq!(name(Ok(ReadBack::NotYet), sent.clone()), "unknown");
            assert_eq!(name(Err(unclear()), sent), "unknown");
        }
    }

    #[test]
    fn an_add_into_a_gap_is_given_up_only_when_it_is_refused_for_good() {
        let refused = |status, code: &str| {
            Error::Refused(Box::new(RemoteError { status, code: code.to_owned(), ..RemoteError::default() }))
        };
        let table = [
            (refused(400, ALREADY_EXISTS), AfterAdd::TryAgain),
            (refused(400, "Throttling.User"), AfterAdd::TryAgain),
            (Error::NotSent { host: "h".into(), reason: "refused".into() }, AfterAdd::TryAgain),
            (refused(500, "InternalError"), AfterAdd::ReadBack),
            (unclear(), AfterAdd::ReadBack),
            (refused(404, "InvalidStorage.NotFound"), AfterAdd::GiveUp),
            (refused(400, "InvalidTimeStamp.Expired"), AfterAdd::TryAgain),
            (refused(400, "InvalidSecurityToken.Expired"), AfterAdd::TryAgain),
            (Error::NotNow { reason: "the lease".into() }, AfterAdd::TryAgain),
            (Error::Outdated, AfterAdd::TryAgain),
            (Error::Withheld { reason: "no key".into() }, AfterAdd::GiveUp),
        ];
        for (error, next) in table {
            assert_eq!(after_add(&error, Met::OldEntry), next, "{error}");
        }
        assert_eq!(after_add(&refused(400, ALREADY_EXISTS), Met::NewEntry), AfterAdd::GiveUp);
    }
}
