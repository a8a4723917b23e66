//! Keeps the entries beside an app-wide one that goes.
//!
//! Whether deleting `app/*` also removes the app's own streams is not documented. So they are saved before, listed after,
//! added back if they are gone, and then nothing more is done in that domain.

use std::collections::BTreeMap;

use super::decide::{ALREADY_EXISTS, Verdict, compare};
use super::domain::{Domain, Ended};
use super::{Delay, Failure, Outcome};
use crate::api::Error;
use crate::model::{Address, DomainSnapshot, Remote};
use crate::plan::{Aim, Change, Contingent};
use crate::wire::Action;

/// The other entries of a domain.
pub(super) type Siblings = BTreeMap<Address, Remote>;

impl Domain {
    /// The entries beside the change's own in the listing that it was compared in, where the plan says to keep them. What the
    /// run itself deleted is none, whatever the listing shows: it would be added back as if it had gone along.
    pub(super) fn siblings(&self, change: &Change) -> Siblings {
        if !change.contingent.contains(&Contingent::AddSiblingsBack) {
            return Siblings::new();
        }
        let mut siblings = self.listing.clone().unwrap_or_default().configs;
        siblings.retain(|address, _| *address != change.address && !self.deleted.contains(address));
        siblings
    }

    /// Adds back what the listing lacks. `ended` is how the change itself ended.
    pub(super) async fn keep_siblings(
        &mut self,
        change: &Change,
        siblings: Siblings,
        listed: Result<DomainSnapshot, Error>,
        ended: Ended,
    ) -> Ended {
        let listing = match listed {
            Ok(listing) => listing,
            Err(error) => return self.siblings_unknown(siblings, error, ended),
        };
        let gone: Siblings =
            siblings.into_iter().filter(|(address, _)| !listing.configs.contains_key(address)).collect();
        self.listing = Some(listing);
        if gone.is_empty() { ended } else { self.add_siblings_back(change, gone, ended).await }
    }

    fn siblings_unknown(&mut self, siblings: Siblings, error: Error, ended: Ended) -> Ended {
        self.listing = None;
        if siblings.is_empty() || ended.outcome != Outcome::Done {
            return ended;
        }
        let message = "it went, but whether the entries beside it stayed can't be read";
        self.halted = Some(message.to_owned());
        Ended { outcome: Outcome::Unknown(Failure::of(message, error)), ..ended }
    }

    async fn add_siblings_back(&mut self, change: &Change, gone: Siblings, ended: Ended) -> Ended {
        self.halted = Some(format!("entries beside `{}` went with it", change.address));
        self.listing = None;
        self.run.delayed(&change.address, Delay::AddsSiblingsBack(gone.len()));
        let (mut back, mut lost) = (Vec::new(), Vec::new());
        for (address, remote) in gone {
            let added = self.add_sibling_back(&address, &remote).await;
            if added { &mut back } else { &mut lost }.push(format!("`{address}`"));
        }
        Ended { outcome: with_story(ended.outcome, &story(&back, &lost)), ..ended }
    }

    async fn add_sibling_back(&self, address: &Address, remote: &Remote) -> bool {
        if remote.unsupported.is_some() {
            return false;
        }
        let config = remote.config.clone().normalized();
        let turn = self.run.client.turn(Action::Add).await;
        match self.run.fill_gap(address, &config, Some(Contingent::AddSiblingsBack), turn).await {
            Ok(ended) => ended.outcome == Outcome::Done,
            // It may only have been missing from the listing.
            Err(error) if error.code() == ALREADY_EXISTS => {
                let found = self.run.look(address, remote.spelling).await;
                found.is_ok_and(|found| compare(Aim::add(address, &config), found.as_ref()) == Verdict::Done)
            }
            Err(_) => false,
        }
    }
}

/// The end of the change, with what happened beside it. That entries went along never makes an unknown end a known one.
fn with_story(outcome: Outcome, story: &str) -> Outcome {
    let and = |failure: Failure| Failure { message: format!("{}; {story}", failure.message), ..failure };
    match outcome {
        Outcome::Done => Outcome::Failed(Failure::new(story)),
        Outcome::Failed(failure) | Outcome::NotAttempted(failure) => Outcome::Failed(and(failure)),
        Outcome::Unknown(failure) => Outcome::Unknown(and(failure)),
    }
}

fn story(back: &[String], lost: &[String]) -> String {
    let part =
        |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let parts = [part("added back", back), part("NOT added back", lost)];
    format!("entries beside it went with it; {}", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_names_what_came_back_and_what_did_not() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(story(&names(&["a", "b"]), &[]), "entries beside it went with it; added back: a, b");
        assert_eq!(
            story(&names(&["a"]), &names(&["b"])),
            "entries beside it went with it; added back: a; NOT added back: b"
        );
    }

    #[test]
    fn what_happened_beside_a_change_hides_nothing_of_its_own_end() {
        let failure = || Failure::new("lost");
        assert_eq!(with_story(Outcome::Done, "gone"), Outcome::Failed(Failure::new("gone")));
        assert_eq!(
            with_story(Outcome::Failed(failure()), "gone"),
            Outcome::Failed(Failure::new("lost; gone"))
        );
        let unknown = with_story(Outcome::Unknown(failure()), "gone");
        assert_eq!(unknown, Outcome::Unknown(Failure::new("lost; gone")));
    }
}
