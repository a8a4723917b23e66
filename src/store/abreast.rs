//! Carries out operations side by side.

use std::panic::resume_unwind;

use tokio::task::JoinSet;

/// How many operations go side by side.
const WIDTH: usize = 16;

/// Carries out operations, some at a time; gives their results in the order of the operations.
///
/// # Errors
/// The first error that comes. What has not ended by then is given up.
pub async fn side_by_side<T, E, F>(operations: impl IntoIterator<Item = F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    let mut operations = operations.into_iter().enumerate();
    loop {
        while running.len() < WIDTH
            && let Some((at, operation)) = operations.next()
        {
            running.spawn(async move { operation.await.map(|result| (at, result)) });
        }
        match running.join_next().await {
            Some(Ok(result)) => done.push(result?),
            Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            // Only the end of the runtime ends an operation otherwise, and then nobody waits for this any more.
            Some(Err(_)) => {}
            None => break,
        }
    }
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn some_go_side_by_side_and_keep_their_order() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let operation = |number: u64| {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                sleep(Duration::from_secs(100 - number)).await;
                running.fetch_sub(1, Ordering::Relaxed);
                if number == 77 { Err(number) } else { Ok(number) }
            }
        };
        assert_eq!(side_by_side((0..40).map(&operation)).await, Ok((0..40).collect::<Vec<_>>()));
        assert_eq!(most.load(Ordering::Relaxed), WIDTH);
        assert_eq!(side_by_side((70..90).map(&operation)).await, Err(77));
        assert_eq!(side_by_side((0..0).map(&operation)).await, Ok(Vec::new()));
    }
}
