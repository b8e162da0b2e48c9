//! A store that forgets: for tests and the simulator.
//!
//! Keeps the contract of [`Store`] exactly, and breaks it on demand: [`Fault`]s are
//! queued for the next commits, bits can be flipped, and an older [`Image`] can be put back. It
//! knows no files.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Batch, Op, Pair, Store, StoreError, codec, scan_start};

/// What goes wrong with one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// [`StoreError::Fatal`], and after the restart nothing of the batch is there.
    FailedNotStored,
    /// [`StoreError::Fatal`], yet after the restart the batch is there.
    FailedYetStored,
    /// [`StoreError::Fatal`], and after the restart half of the batch is there: what a broken
    /// store would do. Proves that a checker looks.
    Torn,
    /// The commit is confirmed, yet nothing is kept: a lying disk. Proves that a checker looks.
    Lost,
    /// [`StoreError::Full`]; nothing is stored and the store goes on.
    Full,
    /// [`StoreError::Stale`] as if another writer had been faster; nothing is stored.
    Stale,
}

/// The whole content at one point, to be put back later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    framed: BTreeMap<Vec<u8>, Vec<u8>>,
    head: u64,
}

#[derive(Debug, Default)]
struct State {
    framed: BTreeMap<Vec<u8>, Vec<u8>>,
    head: u64,
    faults: VecDeque<Fault>,
    failed: bool,
}

/// The store in memory. One lock: readers wait for writers.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues a fault for the next commit that has none yet.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// What a process restart does: a store that failed works again, with what it has.
    pub fn restart(&self) {
        self.state().failed = false;
    }

    /// The content now.
    pub fn image(&self) -> Image {
        let state = self.state();
        Image { framed: state.framed.clone(), head: state.head }
    }

    /// Replaces the content, as an old backup put in place would.
    pub fn put_back(&self, image: Image) {
        let mut state = self.state();
        state.framed = image.framed;
        state.head = image.head;
    }

    /// Flips one bit of what is kept for `key`; the bit counts round the value's frame. False if
    /// there is no such key.
    pub fn flip(&self, key: &[u8], bit: usize) -> bool {
        let mut state = self.state();
        let Some(framed) = state.framed.get_mut(key) else { return false };
        let bit = bit % (framed.len() * 8);
        framed[bit / 8] ^= 1 << (bit % 8);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn working(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state();
        if state.failed { Err(injected()) } else { Ok(state) }
    }
}

fn injected() -> StoreError {
    StoreError::Fatal { reason: "injected failure".into() }
}

fn unframed(key: &[u8], framed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = |reason: &str| StoreError::Damaged {
        path: "memory".into(),
        offset: 0,
        reason: reason.into(),
    };
    codec::unframe(key, framed).map(<[u8]>::to_vec).map_err(damaged)
}

impl State {
    fn apply(&mut self, ops: &[Op]) {
        for op in ops {
            match op {
                Op::Put { key, value } => {
                    self.framed.insert(key.clone(), codec::frame(key, value));
                }
                Op::Delete { key } => {
                    self.framed.remove(key);
                }
            }
        }
        self.head += 1;
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.working()?.framed.get(key).map(|framed| unframed(key, framed)).transpose()
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.working()?
            .framed
            .range::<[u8], _>((scan_start(prefix, after), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, framed)| Ok((key.clone(), unframed(key, framed)?)))
            .collect()
    }

    fn commit(&self, batch: Batch) -> Result<u64, StoreError> {
        batch.check_bounds()?;
        let mut state = self.working()?;
        if batch.expected_head != state.head {
            return Err(StoreError::Stale { expected: batch.expected_head, actual: state.head });
        }
        match state.faults.pop_front() {
            None => state.apply(&batch.ops),
            Some(Fault::Full) => return Err(StoreError::Full { path: "memory".into() }),
            Some(Fault::Stale) => {
                let actual = state.head + 1;
                return Err(StoreError::Stale { expected: batch.expected_head, actual });
            }
            Some(Fault::Lost) => state.head += 1,
            Some(fault) => {
                match fault {
                    Fault::FailedYetStored => state.apply(&batch.ops),
                    Fault::Torn => state.apply(&batch.ops[..batch.ops.len() / 2]),
                    _ => {}
                }
                state.failed = true;
                return Err(injected());
            }
        }
        Ok(state.head)
    }

    fn head(&self) -> u64 {
        self.state().head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_puts(head: u64) -> Batch {
        let mut batch = Batch::on(head);
        batch.put("a", "1");
        batch.put("b", "2");
        batch
    }

    #[test]
    fn each_fault_leaves_what_its_name_says() {
        let cases = [
            (Fault::FailedNotStored, 0, 0),
            (Fault::FailedYetStored, 1, 2),
            (Fault::Torn, 1, 1),
            (Fault::Full, 0, 0),
            (Fault::Stale, 0, 0),
            (Fault::Lost, 1, 0),
        ];
        for (fault, head, pairs) in cases {
            let store = MemoryStore::new();
            store.inject(fault);
            assert_eq!(store.commit(two_puts(0)).is_ok(), fault == Fault::Lost, "{fault:?}");
            store.restart();
            assert_eq!(store.head(), head, "{fault:?}");
            assert_eq!(store.scan(b"", b"", 9).expect("works again").len(), pairs, "{fault:?}");
        }
    }

    #[test]
    fn after_an_unknown_outcome_every_call_fails_until_the_restart() {
        let store = MemoryStore::new();
        store.inject(Fault::FailedYetStored);
        store.commit(two_puts(0)).expect_err("injected");
        assert!(matches!(store.get(b"a"), Err(StoreError::Fatal { .. })));
        assert!(matches!(store.commit(two_puts(1)), Err(StoreError::Fatal { .. })));
        store.restart();
        assert_eq!(store.get(b"a").expect("works again"), Some(b"1".to_vec()));
    }

    #[test]
    fn a_flipped_bit_is_found_when_read_and_an_old_image_comes_back_whole() {
        let store = MemoryStore::new();
        store.commit(two_puts(0)).expect("stored");
        let image = store.image();
        for bit in 0..48 {
            assert!(store.flip(b"a", bit), "the key is there");
            assert!(matches!(store.get(b"a"), Err(StoreError::Damaged { .. })), "bit {bit}");
            store.put_back(image.clone());
            assert_eq!(store.get(b"a").expect("whole"), Some(b"1".to_vec()));
        }
    }
}
