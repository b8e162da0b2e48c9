//! The last word on a stream, and a terminal that is at work when it comes.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use hoatoc::store::memory::MemoryStore;
use hoatoc::store::{Batch, Pair, Store, StoreError};
use hoatoc::terminal::link::LinkState;
use hoatoc::wire::pb;
use hoatoc::wire::pb::exchange_response::Message as Say;

use crate::support::{Bench, OPTIONS, soon};

/// A store whose commits wait while it is held.
#[derive(Debug, Default)]
struct Held {
    inner: MemoryStore,
    // Whether it is held, and whether a commit waits.
    state: Mutex<(bool, bool)>,
    moved: Condvar,
}

impl Held {
    fn set(&self, held: bool) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = held;
        self.moved.notify_all();
    }

    /// Blocks until a commit waits.
    fn wait(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.moved.wait_while(state, |(_held, waits)| !*waits));
    }
}

impl Store for Held {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> Result<u64, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = true;
        self.moved.notify_all();
        let waited = self.moved.wait_while(state, |(held, _waits)| *held);
        waited.unwrap_or_else(PoisonError::into_inner).1 = false;
        self.inner.commit(batch)
    }

    fn head(&self) -> u64 {
        self.inner.head()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_word_is_heard_by_a_terminal_that_was_at_work_and_has_more_to_say() {
    let mut bench = Bench::start();
    let store = Arc::new(Held::default());
    let terminal = bench.terminal_on(store.clone(), OPTIONS);
    let (own, dialer, stop) = (terminal.clone(), bench.dialer(), bench.tasks.stopping().clone());
    bench.tasks.spawn("link", async move { own.run(dialer, stop).await });
    let mut link = terminal.link();
    for number in 1..=16 {
        let stream = bench.welcomed().await;
        let connected = link.wait_for(|status| status.state == LinkState::Connected);
        soon(connected).await.expect("the terminal lives");
        // While it writes the order down, the server says its last and closes both ways.
        store.set(true);
        stream.order(number).await;
        let writing = store.clone();
        tokio::task::spawn_blocking(move || writing.wait()).await.expect("no panic");
        let go_away = pb::GoAway { reason: "DRAINING".to_owned(), reconnect_after_ms: 0 };
        stream.say(Say::GoAway(go_away)).await;
        drop(stream);
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        store.set(false);
        // It has a receipt to send, and nobody to send it to.
        let ended = link.wait_for(|status| status.last_error.is_some());
        let status = soon(ended).await.expect("the terminal lives").clone();
        let (label, text) = status.last_error.expect("a reason");
        assert_eq!(label, "go_away", "{text}");
    }
    bench.tasks.stop(OPTIONS.connect_patience).await.expect("all end");
}
