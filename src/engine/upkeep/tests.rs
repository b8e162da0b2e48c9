//! Over a real store in a temporary directory, in the test's own time.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::ManualClock;
use crate::engine::tests::{NOW, parts};
use crate::sim::cast::Cast;
use crate::store::journaled::{JournalStore, StoreOptions};

struct Served {
    dir: tempfile::TempDir,
    store: Arc<JournalStore>,
    clock: Arc<ManualClock>,
    tasks: Tasks,
    engine: Engine,
    metrics: Metrics,
}

fn opened(dir: tempfile::TempDir) -> Served {
    let options = StoreOptions::terminal();
    let store = Arc::new(JournalStore::open(&dir.path().join("store"), options).expect("opens"));
    let clock = Arc::new(ManualClock::at(NOW));
    let tasks = Tasks::new();
    let engine = Engine::start(parts(store.clone(), clock.clone()), &tasks).expect("sound");
    let metrics = Metrics::with_page("test").expect("a page");
    Served { dir, store, clock, tasks, engine, metrics }
}

impl Served {
    async fn founded() -> Self {
        let served = opened(tempfile::tempdir().expect("a temporary directory"));
        for request in Cast::new(3).founding(NOW) {
            served.engine.submit(request).await.expect("possible");
        }
        served
    }

    fn start(&self, snapshot_every_bytes: u64) -> Result<Figures, UpkeepError> {
        let settings = Settings { data_dir: self.dir.path().to_owned(), snapshot_every_bytes };
        start(&self.engine, &self.store, settings, &self.metrics, &self.tasks)
    }

    fn published(&self) -> Option<String> {
        std::fs::read_to_string(self.dir.path().join(CHECKPOINT_FILE)).ok()
    }

    async fn draft(&self, id: u128) {
        let order = Cast::order(&self.engine.world(), id, self.engine.now());
        let draft = Cast::issuing(order, &format!("n{id}")).remove(0);
        self.engine.submit(draft).await.expect("drafted");
    }

    /// Lets the care go on until something is so.
    async fn until(&self, so: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            if so(self) {
                return;
            }
            tokio::time::advance(Duration::from_millis(250)).await;
            tokio::task::spawn_blocking(|| ()).await.expect("no panic");
        }
        panic!("it never came to be so");
    }

    /// The owner is on a thread of its own, which the test's time does not wait for.
    async fn stop(&self) {
        self.tasks.stopping().cancel();
        self.engine.ended().await;
        self.tasks.stop(Duration::from_secs(600)).await.expect("all stop");
    }

    fn shows(&self, line: &str) -> bool {
        self.metrics.page_text().expect("a page").lines().any(|shown| shown == line)
    }
}

#[tokio::test(start_paused = true)]
async fn the_head_is_signed_and_published_and_the_last_one_covers_the_last_entry() {
    let served = Served::founded().await;
    served.start(u64::MAX).expect("nothing was published before");
    served.until(|served| served.published().is_some()).await;
    let first = served.published().expect("published");
    assert_eq!(first, served.engine.checkpoint().expect("signed"));
    served.draft(1).await;
    served.until(|served| served.published().as_ref() != Some(&first)).await;
    served.draft(2).await;
    served.stop().await;
    assert_eq!(served.published().expect("published"), served.engine.checkpoint().expect("signed"));
}

#[tokio::test(start_paused = true)]
async fn an_older_copy_of_the_store_is_not_served() {
    let served = Served::founded().await;
    let copy = tempfile::tempdir().expect("a temporary directory");
    served.store.backup(&copy.path().join("store")).expect("copied");
    served.draft(1).await;
    served.start(u64::MAX).expect("sound");
    served.stop().await;
    let published = served.dir.path().join(CHECKPOINT_FILE);
    std::fs::copy(published, copy.path().join(CHECKPOINT_FILE)).expect("copied");
    let old = opened(copy);
    let refused = old.start(u64::MAX).expect_err("it was cut short");
    assert!(
        matches!(refused, UpkeepError::Published(RecoveryError::Shortened { .. })),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("restore"));
    old.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_long_journal_is_folded_and_the_figures_are_real() {
    let served = Served::founded().await;
    let figures = served.start(1_000).expect("sound");
    served.until(|served| served.store.journal_size().is_ok_and(|size| size.len < 1_000)).await;
    served.until(|served| served.shows("hoatoc_store_journal_segments 1")).await;
    let leaves = served.engine.ledger().size();
    assert!(served.shows(&format!("hoatoc_ledger_size_leaves {leaves}")));
    assert!(!served.shows("hoatoc_store_disk_free_bytes 0"));
    figures.backed_up(NOW);
    served.clock.advance(Duration::from_secs(90));
    assert!(served.shows("hoatoc_store_backup_age_seconds 90"));
    served.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_age_of_the_newest_backup_outlives_a_restart_and_a_damaged_note_counts_as_none() {
    let served = Served::founded().await;
    served.start(u64::MAX).expect("sound").backed_up(NOW);
    served.stop().await;
    let Served { dir, store, engine, metrics, tasks, .. } = served;
    drop((store, engine, metrics, tasks));
    let again = opened(dir);
    again.clock.advance(Duration::from_secs(3_600));
    again.start(u64::MAX).expect("sound");
    assert!(again.shows("hoatoc_store_backup_age_seconds 3600"));
    again.stop().await;
    let Served { dir, store, engine, metrics, tasks, .. } = again;
    drop((store, engine, metrics, tasks));
    std::fs::write(dir.path().join(BACKUP_FILE), "hoatoc backup v1 soon\n").expect("ours");
    let damaged = opened(dir);
    damaged.start(u64::MAX).expect("the store is sound");
    let page = damaged.metrics.page_text().expect("a page");
    assert!(!page.contains("hoatoc_store_backup_age_seconds "), "{page}");
    note_backup(damaged.dir.path(), NOW).expect("written");
    assert_eq!(figures::noted(damaged.dir.path()), Some(NOW));
    damaged.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_is_counted_once() {
    let served = Served::founded().await;
    served.start(u64::MAX).expect("sound");
    // The clock of the test stands still while time passes: five minutes are the bound.
    served.until(|served| served.shows("hoatoc_clock_jumps_total 1")).await;
    served.clock.advance(Duration::from_secs(86_400));
    served.until(|served| served.shows("hoatoc_clock_jumps_total 2")).await;
    served.stop().await;
}
