//! Spaces the calls of each action: a rate per minute, a burst after a pause, and a lower rate while the service
//! throttles.
//!
//! The service counts by account and action, so each action has its own lane, lookups included, and one limiter serves all
//! regions and endpoints of a client, which is one account. Callers queue in a lane, and the first one takes the next
//! call that the rate allows *at that moment*: nothing is reserved ahead, so what the service says while others wait
//! applies to all of them. Throttling halves the rate of its action and empties the bucket; every call that succeeds
//! gives a little back. When the service asks to wait, the whole lane waits. An action whose calls were all throttled for
//! a minute is given up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::lane::{Heed, Lane, State, When};
use super::rate::Rate;
use crate::wire::RemoteError;

/// The right to send one call of an action now. Used up by that call.
#[derive(Debug)]
pub(super) struct Turn {
    /// The action, by its name on the wire.
    action: &'static str,
    from: Instant,
    /// How long the turn was waited for, without the time that the service asked to wait.
    pub(super) waited: Duration,
    /// When the call was first let go: it may wait for a key and a connection after its turn has come.
    pub(super) left: Option<Instant>,
}

impl Turn {
    pub(super) fn action(&self) -> &'static str {
        self.action
    }

    /// How long the call waited after its turn had come.
    pub(super) fn delay(&self) -> Duration {
        self.left.map_or(Duration::ZERO, |left| left.saturating_duration_since(self.from))
    }
}

/// When a call is to try to leave again.
pub(super) struct Later {
    lane: Arc<Lane>,
    at: Instant,
}

impl Later {
    pub(super) async fn wait(self, heed: &Heed) {
        match heed.is_urgent {
            true => sleep_until(self.at).await,
            false => self.lane.rest(self.at, heed).await,
        }
    }
}

/// One lane for each action, on tokio's clock.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Rate,
    /// By the action's name on the wire.
    lanes: Mutex<BTreeMap<&'static str, Arc<Lane>>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, lanes: Mutex::default() }
    }

    /// Returns when the caller may send one call of `action`.
    ///
    /// # Errors
    /// The last refusal, if the action is given up.
    pub(super) async fn turn(&self, action: &'static str, heed: &Heed) -> Result<Turn, Box<RemoteError>> {
        let (lane, mut waited) = (self.lane(action), Duration::ZERO);
        loop {
            let asked = Instant::now();
            let away = self.queued(&lane, heed).await?;
            waited += asked.elapsed();
            // No caller waits for the service at the head of the queue: those behind it may not have to wait.
            match away {
                None => return Ok(Turn { action, from: Instant::now(), waited, left: None }),
                Some(until) => lane.rest(until, heed).await,
            }
        }
    }

    /// Waits in the queue for a call's turn; returns until when to wait if the service asks to wait first.
    async fn queued(&self, lane: &Lane, heed: &Heed) -> Result<Option<Instant>, Box<RemoteError>> {
        if heed.is_urgent {
            lane.state().turn(lane.rate, heed, Instant::now())?;
            return Ok(None);
        }
        let _first = lane.queue.lock().await;
        loop {
            let when = lane.state().turn(lane.rate, heed, Instant::now())?;
            match when {
                When::Now => return Ok(None),
                When::Held(until) => return Ok(Some(until)),
                When::At(at) => {
                    let asked = Instant::now();
                    lane.wait(at).await;
                    lane.state().waited += asked.elapsed();
                }
            }
        }
    }

    /// How long calls of `action` have waited for the rate so far. Those that waited at the same time count once.
    pub(super) fn waited(&self, action: &'static str) -> Duration {
        self.lane(action).state().waited
    }

    /// Lets a call leave whose turn has come: at once, unless so many calls were delayed after their turns that
    /// together they would exceed the rate, or the service has asked to wait since.
    ///
    /// # Errors
    /// The last refusal, if the action is given up.
    pub(super) fn way_out(
        &self,
        action: &'static str,
        heed: &Heed,
    ) -> Result<Option<Later>, Box<RemoteError>> {
        let lane = self.lane(action);
        let when = lane.state().way_out(lane.rate, heed, Instant::now())?;
        Ok(match when {
            When::Now => None,
            When::At(at) | When::Held(at) => Some(Later { lane, at }),
        })
    }

    /// Waits as long as the service asks to wait with an action.
    pub(super) async fn unheld(&self, action: &'static str, heed: &Heed) {
        let lane = self.lane(action);
        let held = lane.state().held_for(heed, Instant::now());
        if let Ok(Some(until)) = held {
            lane.rest(until, heed).await;
        }
    }

    /// Waits before a call of `action` is repeated, unless the action is given up or the run is asked to end.
    pub(super) async fn pause(&self, action: &'static str, pause: Duration, heed: &Heed) {
        Later { lane: self.lane(action), at: Instant::now() + pause }.wait(heed).await;
    }

    /// The service throttled a call, and asks to wait for `pause`.
    pub(super) fn throttled(&self, turn: &Turn, pause: Duration, refusal: &RemoteError) {
        let (lane, now) = (self.lane(turn.action), Instant::now());
        let mut state = lane.state();
        state.lower(lane.rate, turn.from, now);
        if state.is_hopeless(now) {
            state.given_up = Some(Box::new(refusal.clone()));
            lane.given_up.notify_waiters();
        }
        drop(state);
        self.hold(turn, pause);
    }

    /// The service asks to wait for `pause`.
    pub(super) fn hold(&self, turn: &Turn, pause: Duration) {
        if pause.is_zero() {
            return;
        }
        let lane = self.lane(turn.action);
        let (mut state, until) = (lane.state(), Instant::now() + pause);
        state.held = Some(state.held.map_or(until, |held| held.max(until)));
    }

    /// A call was answered and not throttled.
    pub(super) fn passed(&self, turn: &Turn) {
        let lane = self.lane(turn.action);
        let mut state = lane.state();
        state.fill(lane.rate, Instant::now());
        state.share = 1.0f64.min(state.share + State::GIVEN_BACK);
        state.throttled = None;
    }

    /// The first action that was given up, if any.
    pub(super) fn given_up(&self) -> Option<&'static str> {
        let lanes = self.lanes();
        let mut all = lanes.iter();
        all.find(|(_, lane)| lane.state().given_up.is_some()).map(|(action, _)| *action)
    }

    fn lane(&self, action: &'static str) -> Arc<Lane> {
        let rate = self.rate.of(action);
        self.lanes().entry(action).or_insert_with(|| Arc::new(Lane::new(rate))).clone()
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<&'static str, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use tokio_util::sync::CancellationToken;

    use super::*;

    /// 600 calls a minute with bursts to 300.
    fn limiter() -> Limiter {
        Limiter::new(Rate::per_minute(NonZeroU32::new(600).unwrap()))
    }

    fn refusal() -> RemoteError {
        RemoteError {
            status: 400,
            code: "Throttling.User".to_owned(),
            request_id: Some("R-1".to_owned()),
            ..RemoteError::default()
        }
    }

    async fn turn(limiter: &Limiter) -> Turn {
        limiter.turn("Add", &Heed::default()).await.unwrap()
    }

    async fn go_out(limiter: &Limiter) {
        while let Some(later) = limiter.way_out("Add", &Heed::default()).unwrap() {
            later.wait(&Heed::default()).await;
        }
    }

    /// Whole milliseconds, because a sleep ends at the next one.
    async fn millis_for(limiter: &Limiter, calls: u32) -> u128 {
        let start = Instant::now();
        for _ in 0..calls {
            turn(limiter).await;
        }
        start.elapsed().as_millis()
    }

    async fn throttle(limiter: &Limiter, pause: Duration) {
        let turn = turn(limiter).await;
        limiter.throttled(&turn, pause, &refusal());
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_out_at_once_and_the_rest_at_the_rate() {
        let limiter = limiter();
        assert_eq!(millis_for(&limiter, 300).await, 0);
        assert!((60_000..=60_600).contains(&millis_for(&limiter, 600).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_the_burst_but_no_more() {
        let limiter = limiter();
        millis_for(&limiter, 300).await;
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(millis_for(&limiter, 300).await, 0);
        assert!((1000..=1010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_held_up_after_their_turns_do_not_go_out_together() {
        let limiter = limiter();
        let start = Instant::now();
        for _ in 0..600 {
            turn(&limiter).await;
        }
        assert!((30_000..=30_300).contains(&start.elapsed().as_millis()));
        for _ in 0..600 {
            go_out(&limiter).await;
        }
        assert!((60_000..=60_600).contains(&start.elapsed().as_millis()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_out_when_its_turn_comes() {
        let limiter = limiter();
        let start = Instant::now();
        for _ in 0..600 {
            turn(&limiter).await;
            go_out(&limiter).await;
        }
        assert!((30_000..=30_300).contains(&start.elapsed().as_millis()));
    }

    #[tokio::test(start_paused = true)]
    async fn actions_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Rate::per_minute(NonZeroU32::new(2).unwrap()));
        let start = Instant::now();
        for action in ["Add", "Update", "DescribeLiveDomainDetail"] {
            limiter.turn(action, &Heed::default()).await.unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        turn(&limiter).await;
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_the_rate_and_empties_the_bucket() {
        let limiter = limiter();
        throttle(&limiter, Duration::ZERO).await;
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
        throttle(&limiter, Duration::ZERO).await;
        assert!((4000..=4010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_together_lower_the_rate_once() {
        let limiter = limiter();
        let turns = [turn(&limiter).await, turn(&limiter).await];
        tokio::time::advance(Duration::from_millis(50)).await;
        turns.iter().for_each(|turn| limiter.throttled(turn, Duration::ZERO, &refusal()));
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_is_left_alone_for_as_long_as_it_asks() {
        let limiter = limiter();
        throttle(&limiter, Duration::from_secs(30)).await;
        assert!((30_000..=30_210).contains(&millis_for(&limiter, 1).await));
    }

    #[tokio::test(start_paused = true)]
    async fn fifty_calls_that_pass_give_the_rate_back() {
        let limiter = limiter();
        for _ in 0..10 {
            throttle(&limiter, Duration::ZERO).await;
        }
        for _ in 0..50 {
            let turn = turn(&limiter).await;
            limiter.passed(&turn);
        }
        assert!((1000..=1010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_never_lowered_below_a_32nd_and_comes_back_by_50ths() {
        let limiter = limiter();
        for _ in 0..10 {
            throttle(&limiter, Duration::ZERO).await;
        }
        assert!((3200..=3210).contains(&millis_for(&limiter, 1).await));
        for _ in 0..10 {
            let turn = turn(&limiter).await;
            limiter.passed(&turn);
        }
        // A 32nd and ten 50ths of ten calls per second, after the pause at the last rate.
        turn(&limiter).await;
        assert!((431..=433).contains(&millis_for(&limiter, 1).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_from_the_moment_the_rate_was_lowered_does_not_lower_it_again() {
        let limiter = limiter();
        let turns = [turn(&limiter).await, turn(&limiter).await];
        turns.iter().for_each(|turn| limiter.throttled(turn, Duration::ZERO, &refusal()));
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
    }

    /// The longest time in which none of `callers` waiting calls got its turn, if the first `throttled` were throttled.
    async fn longest_silence(calls: usize, throttled: usize) -> Duration {
        let limiter = Arc::new(Limiter::new(Rate::default()));
        let turns = Arc::new(Mutex::new(Vec::new()));
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..calls {
            let (limiter, turns) = (limiter.clone(), turns.clone());
            callers.spawn(async move {
                let turn = turn(&limiter).await;
                turns.lock().unwrap().push(Instant::now());
                tokio::time::sleep(Duration::from_millis(50)).await;
                match turns.lock().unwrap().len() % 30 == 0 && turns.lock().unwrap().len() / 30 <= throttled {
                    true => limiter.throttled(&turn, Duration::ZERO, &refusal()),
                    false => limiter.passed(&turn),
                }
            });
        }
        callers.join_all().await;
        let turns = turns.lock().unwrap();
        assert_eq!(turns.len(), calls);
        turns.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_go_out_at_the_rate_of_the_moment_and_never_fall_silent() {
        let silence = longest_silence(1500, 6).await;
        assert!(silence < Duration::from_secs(5), "{silence:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_already_are_held_back_too() {
        let limiter = Arc::new(limiter());
        let first = turn(&limiter).await;
        millis_for(&limiter, 299).await;
        let start = Instant::now();
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let limiter = limiter.clone();
                tokio::spawn(async move {
                    turn(&limiter).await;
                    start.elapsed()
                })
            })
            .collect();
        tokio::task::yield_now().await;
        limiter.throttled(&first, Duration::from_secs(30), &refusal());
        for waiting in waiting {
            assert!(waiting.await.unwrap() >= Duration::from_secs(30));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_turn_has_come_is_held_back_too() {
        let limiter = limiter();
        let (first, start) = (turn(&limiter).await, Instant::now());
        turn(&limiter).await;
        limiter.throttled(&first, Duration::from_secs(30), &refusal());
        go_out(&limiter).await;
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_stays_away_past_a_deadline_after_a_signal_or_while_nothing_is_recorded() {
        let stop = CancellationToken::new();
        let limiter = limiter();
        throttle(&limiter, Duration::from_secs(100)).await;
        let start = Instant::now();
        let urgent = Heed { is_urgent: true, ..Heed::default() };
        limiter.turn("Add", &urgent).await.unwrap();
        assert!(limiter.way_out("Add", &urgent).unwrap().is_none());
        assert_eq!(start.elapsed(), Duration::ZERO);
        let until = Heed { until: Some(start + Duration::from_secs(10)), ..Heed::default() };
        limiter.turn("Add", &until).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 10);
        let stopped = Heed { stop: Some(stop.clone()), ..Heed::default() };
        let signal = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            stop.cancel();
        };
        let (turn, ()) = tokio::join!(limiter.turn("Add", &stopped), signal);
        assert!(turn.is_ok());
        assert_eq!(start.elapsed().as_secs(), 15);
    }

    /// Throttles every call; returns when the last of the callers learned that the action is given up.
    async fn given_up_after(callers: usize) -> Duration {
        let (limiter, start) = (Arc::new(Limiter::new(Rate::default())), Instant::now());
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..callers {
            let limiter = limiter.clone();
            all.spawn(async move {
                while let Ok(turn) = limiter.turn("Add", &Heed::default()).await {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    limiter.throttled(&turn, Duration::ZERO, &refusal());
                    limiter.pause("Add", Duration::from_secs(20), &Heed::default()).await;
                }
            });
        }
        all.join_all().await;
        assert_eq!(limiter.given_up(), Some("Add"));
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_action_that_is_throttled_for_a_minute_is_given_up_however_many_wait() {
        for callers in [2, 400] {
            let after = given_up_after(callers).await.as_secs();
            assert!((60..=70).contains(&after), "{callers}: {after} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_that_passes_is_enough_and_a_long_rest_proves_nothing() {
        let limiter = limiter();
        for _ in 0..3 {
            throttle(&limiter, Duration::ZERO).await;
            tokio::time::advance(Duration::from_secs(59)).await;
            let turn = turn(&limiter).await;
            limiter.passed(&turn);
        }
        for _ in 0..3 {
            throttle(&limiter, Duration::ZERO).await;
            tokio::time::advance(Duration::from_secs(121)).await;
        }
        assert_eq!(limiter.given_up(), None);
        throttle(&limiter, Duration::from_secs(120)).await;
        throttle(&limiter, Duration::ZERO).await;
        assert_eq!(limiter.given_up(), Some("Add"), "no call was allowed in between");
    }
}
