//! How many changes of one domain are written side by side: as many as the service bears. The documents do not say how
//! many that is; `LockFail`, `ServiceBusy` and throttling show it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The slots for the writes of one domain.
#[derive(Debug)]
pub(super) struct Width {
    slots: Mutex<Slots>,
    /// Wakes everyone who waits for a slot.
    freed: Notify,
}

#[derive(Debug)]
struct Slots {
    /// How many there are: at least 1.
    width: f64,
    most: f64,
    taken: usize,
    /// Changes that gave their slot back and will want one again: they come before new ones.
    aside: usize,
    /// Whether the service was too busy once: from then on the width grows slowly.
    is_careful: bool,
}

impl Slots {
    /// Takes a slot if one is free beyond those that are `kept` for others.
    fn take(&mut self, kept: usize) -> bool {
        let is_free = self.taken + kept < self.width as usize;
        self.taken += usize::from(is_free);
        is_free
    }
}

impl Width {
    /// How many writes go side by side at first.
    const FIRST: usize = 4;

    /// Up to `most` slots.
    pub(super) fn up_to(most: usize) -> Self {
        let (width, most) = (Self::FIRST.min(most) as f64, most as f64);
        let slots = Slots { width, most, taken: 0, aside: 0, is_careful: false };
        Self { slots: Mutex::new(slots), freed: Notify::new() }
    }

    /// A slot for a change that starts now.
    pub(super) async fn slot(self: &Arc<Self>) -> Slot {
        self.when_free(|slots| slots.take(slots.aside)).await
    }

    async fn when_free(self: &Arc<Self>, take: impl Fn(&mut Slots) -> bool) -> Slot {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            // From here on, no slot that is freed is missed.
            freed.as_mut().enable();
            if take(&mut self.slots()) {
                return Slot(self.clone());
            }
            freed.await;
        }
    }

    /// The service accepted a write.
    pub(super) fn widen(&self) {
        let mut slots = self.slots();
        let more = if slots.is_careful { 1.0 / slots.width } else { 1.0 };
        slots.width = slots.most.min(slots.width + more);
        drop(slots);
        self.freed.notify_waiters();
    }

    /// The service is too busy.
    pub(super) fn halve(&self) {
        let mut slots = self.slots();
        slots.width = (slots.width / 2.0).max(1.0);
        slots.is_careful = true;
    }

    /// Whether more slots are taken than there are now.
    pub(super) fn is_exceeded(&self) -> bool {
        let slots = self.slots();
        slots.taken > slots.width as usize
    }

    /// How many slots there are.
    #[cfg(test)]
    pub(super) fn now(&self) -> usize {
        self.slots().width as usize
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to have a write of the domain under way; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<Width>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.slots().taken -= 1;
        self.0.freed.notify_waiters();
    }
}

impl Slot {
    /// Gives the slot back for a while.
    pub(super) fn step_aside(self) -> Aside {
        let width = self.0.clone();
        width.slots().aside += 1;
        Aside(width)
    }
}

/// A change that had a slot and will want one again.
#[derive(Debug)]
pub(super) struct Aside(Arc<Width>);

impl Aside {
    /// Waits for the slot.
    pub(super) async fn slot(self) -> Slot {
        self.0.when_free(|slots| slots.take(0)).await
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.0.slots().aside -= 1;
        self.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_doubles_a_round_until_the_service_is_busy_and_grows_slowly_then() {
        let width = Width::up_to(16);
        assert_eq!(width.now(), 4);
        (0..4).for_each(|_| width.widen());
        assert_eq!(width.now(), 8);
        (0..20).for_each(|_| width.widen());
        assert_eq!(width.now(), 16);
        width.halve();
        width.halve();
        assert_eq!(width.now(), 4);
        (0..4).for_each(|_| width.widen());
        assert_eq!(width.now(), 4, "four writes at a width of four are less than one more");
        width.widen();
        assert_eq!(width.now(), 5);
        (0..9).for_each(|_| width.halve());
        assert_eq!(width.now(), 1);
        assert_eq!(Width::up_to(1).now(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_that_had_a_slot_comes_before_a_new_one() {
        let width = Arc::new(Width::up_to(1));
        let first = width.slot().await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |name: &'static str| {
            let order = order.clone();
            move |slot: Slot| {
                order.lock().unwrap().push(name);
                drop(slot);
            }
        };
        let aside = first.step_aside();
        let again = async {
            tokio::task::yield_now().await;
            note("again")(aside.slot().await);
        };
        let new = async { note("new")(width.slot().await) };
        tokio::join!(new, again);
        assert_eq!(*order.lock().unwrap(), ["again", "new"]);
    }
}
