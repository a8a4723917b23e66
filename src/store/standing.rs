//! How it stands with the lease of a run, as others see it.

use std::time::Duration;

use jiff::Timestamp;

use super::error::{StoreError, Trouble};
use super::objects::{Made, Objects, make};
use super::part::{self, Holder, Part, Says};

/// Stores give the time of an object in whole seconds, rounded down.
const ROUNDING: Duration = Duration::from_secs(1);

/// The last part of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) number: u64,
    /// When its first part was written; `None` if that is not listed.
    pub(super) began: Option<Timestamp>,
    pub(super) modified: Timestamp,
    pub(super) part: Part,
}

/// How it stands with the lease of a run. All times are by the clock of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its log is over: the domains are free from then on.
    Over { free_from: Timestamp },
    /// It may write until `until`; what it sent may arrive until `free_from`. `next` is the part that would end it.
    Held { until: Timestamp, free_from: Timestamp, next: u64 },
    /// It has no log any more: whoever creates its first part ends it.
    Gone,
}

impl Standing {
    pub(super) fn of(last: Option<&Last>) -> Self {
        let Some(Last { number, began: _, modified, part }) = last else { return Self::Gone };
        let after = |ms: u64| part::later(*modified, Duration::from_millis(ms) + ROUNDING);
        match part.lease {
            Says::Ended { settle_ms: 0 } => Self::Over { free_from: *modified },
            Says::Ended { settle_ms } => Self::Over { free_from: after(settle_ms) },
            Says::TakenOver { free_from, .. } => Self::Over { free_from },
            Says::Held { lasts_ms, settle_ms } => Self::Held {
                until: after(lasts_ms),
                free_from: after(lasts_ms.saturating_add(settle_ms)),
                next: number + 1,
            },
        }
    }
}

impl Standing {
    /// Until when the run may write, unless its lease was ended, and from when on others can take its domains; `None` if its log is
    /// over and they can take them by now.
    pub(super) fn binds(&self, now: Timestamp) -> Option<(Option<Timestamp>, Timestamp)> {
        match *self {
            Self::Held { until, free_from, .. } => Some((Some(until), free_from)),
            Self::Over { free_from } => (free_from > now).then_some((None, free_from)),
            Self::Gone => None,
        }
    }
}

/// The last part of a run's log. A listing that lags does no harm: whatever follows it is asked for.
pub(super) async fn last(
    objects: &dyn Objects,
    account: &str,
    run: &str,
) -> Result<Option<Last>, StoreError> {
    let listed = objects.list(&part::parts(account, run), None).await?;
    let mut number = listed.iter().filter_map(|one| part::number(&one.key)).max().unwrap_or_default();
    let began = listed.iter().find(|one| part::number(&one.key) == Some(0)).map(|one| one.modified);
    let mut last = None;
    while let Some(content) = objects.read(&part::part(account, run, number)).await? {
        last = Some((number, content));
        number += 1;
    }
    let Some((number, content)) = last else { return Ok(None) };
    let key = part::part(account, run, number);
    let part = Part::read(&content).ok_or_else(|| unreadable(&key))?;
    let Some(stat) = objects.stat(&key).await? else { return Ok(None) };
    Ok(Some(Last { number, began, modified: stat.modified, part }))
}

/// An object that is not what its name says, or of a later version.
pub(super) fn unreadable(key: &str) -> StoreError {
    let message = format!("`{key}` is not what this version of livevod writes there");
    StoreError::new(Trouble::Other, message)
}

/// Who holds the lease of a run, as its first part says.
pub(super) async fn holder(
    objects: &dyn Objects,
    account: &str,
    run: &str,
) -> Result<Option<Holder>, StoreError> {
    let content = objects.read(&part::part(account, run, 0)).await?;
    Ok(content.and_then(|content| Part::read(&content)?.holder))
}

/// Ends the lease of a run with its next part. False if the run, or another one, wrote that part before.
pub(super) async fn close(
    objects: &dyn Objects,
    (account, run): (&str, &str),
    next: u64,
    by: &str,
    free_from: Timestamp,
) -> Result<bool, StoreError> {
    let closing = Part::new(Says::TakenOver { by: by.to_owned(), free_from }, String::new());
    let content = super::write(&closing)?;
    Ok(make(objects, &part::part(account, run, next), &content).await? == Made::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(says: Says) -> Standing {
        let modified = "2026-11-22T20:15:00Z".parse().unwrap();
        Standing::of(Some(&Last { number: 4, began: None, modified, part: Part::new(says, String::new()) }))
    }

    #[test]
    fn a_lease_is_free_once_nothing_of_its_run_can_arrive() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(Standing::of(None), Standing::Gone);
        assert_eq!(
            standing(Says::Held { lasts_ms: 90_000, settle_ms: 30_000 }),
            Standing::Held {
                until: at("2026-11-22T20:16:31Z"),
                free_from: at("2026-11-22T20:17:01Z"),
                next: 5
            }
        );
        assert_eq!(
            standing(Says::Ended { settle_ms: 0 }),
            Standing::Over { free_from: at("2026-11-22T20:15:00Z") }
        );
        assert_eq!(
            standing(Says::Ended { settle_ms: 30_000 }),
            Standing::Over { free_from: at("2026-11-22T20:15:31Z") }
        );
        let free_from = at("2026-11-22T20:17:01Z");
        assert_eq!(
            standing(Says::TakenOver { by: "somebody".to_owned(), free_from }),
            Standing::Over { free_from }
        );
    }
}
