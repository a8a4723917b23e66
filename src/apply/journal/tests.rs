use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::*;
use crate::model::RecordConfig;
use crate::plan::Contingent;

/// Ends a sync, well or not.
type End = oneshot::Sender<io::Result<()>>;

/// A disk whose syncs end when the test says so.
#[derive(Clone, Default)]
struct Disk {
    lines: Memory,
    syncs: Arc<Mutex<VecDeque<End>>>,
    is_full: Arc<Mutex<bool>>,
}

impl Sink for Disk {
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        if *self.is_full.lock().unwrap() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.lines.append(lines, sync)
    }

    fn sync(&mut self) -> Syncing {
        let (end, ended) = oneshot::channel();
        self.syncs.lock().unwrap().push_back(end);
        Box::pin(async { ended.await.unwrap() })
    }
}

impl Disk {
    fn end(&self, result: io::Result<()>) {
        self.syncs.lock().unwrap().pop_front().unwrap().send(result).unwrap();
    }

    fn syncs(&self) -> usize {
        self.syncs.lock().unwrap().len()
    }

    fn intents(&self) -> usize {
        self.lines.text().matches(r#""event":"intent""#).count()
    }
}

fn journal(disk: &Disk) -> Journal {
    let clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    Journal::begin(Box::new(disk.clone()), clock, Header::of_nothing()).unwrap()
}

fn address(stream: &str) -> Address {
    format!("live.example.com/show/{stream}").parse().unwrap()
}

/// A write that is about to be sent.
fn sends(journal: &Journal, stream: &'static str) -> tokio::task::JoinHandle<Result<u64, Broken>> {
    let journal = journal.clone();
    tokio::spawn(async move {
        let config = RecordConfig::default();
        journal.send(&Intention::add(&address(stream), &config, None)).await
    })
}

/// Lets every task go as far as it can.
async fn go_on() {
    for _ in 0..9 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_write_waits_for_the_disk_and_one_sync_is_enough_for_all_that_wait() {
    let disk = Disk::default();
    let journal = journal(&disk);
    let first = sends(&journal, "cam1");
    go_on().await;
    let later = [sends(&journal, "cam2"), sends(&journal, "cam3"), sends(&journal, "cam4")];
    go_on().await;
    // The sync that is under way may not cover what came after it.
    assert_eq!((disk.intents(), disk.syncs(), first.is_finished()), (4, 1, false));
    disk.end(Ok(()));
    go_on().await;
    assert!(first.is_finished() && later.iter().all(|one| !one.is_finished()));
    assert_eq!(disk.syncs(), 1);
    disk.end(Ok(()));
    go_on().await;
    assert_eq!(disk.syncs(), 0);
    let mut numbers = vec![first.await.unwrap().unwrap()];
    for one in later {
        numbers.push(one.await.unwrap().unwrap());
    }
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_is_on_disk_waits_for_no_disk_not_even_a_broken_one() {
    let disk = Disk::default();
    let journal = journal(&disk);
    let first = sends(&journal, "cam1");
    go_on().await;
    disk.end(Ok(()));
    first.await.unwrap().unwrap();
    let other = sends(&journal, "cam2");
    go_on().await;
    assert!(!other.is_finished());
    let again = sends(&journal, "cam1");
    go_on().await;
    assert!(again.is_finished(), "it waits for the sync of another write");
    disk.end(Err(io::Error::other("the disk is gone")));
    assert_eq!(other.await.unwrap(), Err(Broken("the disk is gone".to_owned())));
    assert_eq!(sends(&journal, "cam1").await.unwrap(), Ok(1));
    assert_eq!(sends(&journal, "cam3").await.unwrap(), Err(Broken("the disk is gone".to_owned())));
    assert_eq!(journal.broken(), Some(Broken("the disk is gone".to_owned())));
}

#[tokio::test]
async fn intents_that_belong_together_are_on_disk_together() {
    let disk = Disk::default();
    let journal = journal(&disk);
    let intending = journal.clone();
    let all = tokio::spawn(async move {
        let (one, other, config) = (address("cam1"), address("cam2"), RecordConfig::default());
        let back = Some(Contingent::AddBack);
        let intentions = [Intention::add(&one, &config, None), Intention::add(&other, &config, back)];
        intending.intend(&intentions).await
    });
    go_on().await;
    assert_eq!((disk.intents(), disk.syncs(), all.is_finished()), (2, 1, false));
    // Its own intent is not on disk before those that were appended with it.
    let first = sends(&journal, "cam1");
    go_on().await;
    assert!(!first.is_finished());
    disk.end(Ok(()));
    all.await.unwrap().unwrap();
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(disk.syncs(), 0);
}

#[tokio::test]
async fn a_write_that_waits_while_the_journal_breaks_is_not_sent() {
    let disk = Disk::default();
    let journal = journal(&disk);
    let waiting = sends(&journal, "cam1");
    go_on().await;
    *disk.is_full.lock().unwrap() = true;
    journal.answered(7, &Ok(None));
    disk.end(Ok(()));
    let full = Broken(io::Error::from(io::ErrorKind::StorageFull).to_string());
    assert_eq!(waiting.await.unwrap(), Err(full));
}

#[tokio::test]
async fn a_run_that_ends_at_once_has_sent_nothing_that_waits_for_the_disk() {
    let disk = Disk::default();
    let journal = journal(&disk);
    let waiting = sends(&journal, "cam1");
    go_on().await;
    assert!(journal.end_at_once().unknown.is_empty());
    disk.end(Ok(()));
    waiting.await.unwrap().unwrap();
    assert_eq!(journal.end_at_once().unknown, [address("cam1")]);
}
