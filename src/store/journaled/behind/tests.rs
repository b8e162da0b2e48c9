use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use proptest::prelude::*;

use super::*;
use crate::store::journaled::MemoryIndex;

/// More than any test takes.
const STEPS_MAX: usize = 100;

/// An index beneath that does as it is told, a write at a time.
#[derive(Debug)]
struct Gated {
    inner: MemoryIndex,
    steps: Mutex<Receiver<Result<(), StoreError>>>,
    started: SyncSender<u64>,
}

impl Index for Gated {
    const LASTING: bool = true;

    fn open(_dir: &Path, _options: &StoreOptions) -> Result<Self, Unfit> {
        unreachable!("made by hand")
    }

    fn applied(&self) -> Option<Stamp> {
        self.inner.applied()
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }

    fn apply(&self, delta: Arc<Delta>, stamp: &Stamp) -> Result<(), StoreError> {
        // Nobody listens any more when the test is over.
        let _told = self.started.send(stamp.seq);
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match steps.recv() {
            Ok(step) => step.and_then(|()| self.inner.apply(delta, stamp)),
            Err(_test_is_over) => Ok(()),
        }
    }

    fn flush_durable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

struct Bench {
    // Dropped first: a writer that waits for a step then goes on, and can be waited for.
    steps: SyncSender<Result<(), StoreError>>,
    behind: Arc<Behind<Gated>>,
    started: Receiver<u64>,
    seq: u64,
}

impl Bench {
    fn new() -> Self {
        let ((steps, told), (started, heard)) = (sync_channel(STEPS_MAX), sync_channel(STEPS_MAX));
        let index = Gated { inner: MemoryIndex::default(), steps: Mutex::new(told), started };
        let shared = Shared {
            index,
            gathered: Mutex::default(),
            changed: Condvar::new(),
            applying: RwLock::new(()),
        };
        let mut behind = Behind { shared: Arc::new(shared), writer: None };
        behind.serve().expect("a thread");
        Self { behind: Arc::new(behind), steps, started: heard, seq: 0 }
    }

    fn stamp(&mut self) -> Stamp {
        self.seq += 1;
        Stamp { seq: self.seq, ..Stamp::genesis([7; 16]) }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let stamp = self.stamp();
        let delta = Delta::from([(key.to_vec(), Some(value.to_vec()))]);
        self.behind.apply(Arc::new(delta), &stamp)
    }

    /// Waits until the writer is at a layer, and says with which batch it ends.
    fn writing(&self) -> u64 {
        self.started.recv().expect("the writer lives")
    }

    fn let_one_pass(&self) {
        self.steps.send(Ok(())).expect("the writer lives");
    }
}

fn pair(key: &str, value: &str) -> Pair {
    (key.into(), value.into())
}

#[test]
fn what_was_gathered_is_read_at_once_while_the_index_is_at_work() {
    let mut bench = Bench::new();
    bench.put(b"a", b"1").expect("gathered");
    assert_eq!(bench.writing(), 1);
    bench.put(b"a", b"2").expect("gathered");
    bench.put(b"b", b"3").expect("gathered");
    assert_eq!(bench.behind.get(b"a").expect("read"), Some(b"2".to_vec()));
    assert_eq!(bench.behind.get(b"b").expect("read"), Some(b"3".to_vec()));
    assert_eq!(bench.behind.applied().map(|stamp| stamp.seq), Some(3));
    bench.let_one_pass();
    assert_eq!(bench.writing(), 3, "what came meanwhile goes in one write");
    bench.let_one_pass();
    bench.behind.flush_durable().expect("flushed");
    assert_eq!(bench.behind.scan(b"", b"", 9).expect("read"), [pair("a", "2"), pair("b", "3")]);
}

#[test]
fn a_flush_returns_only_when_the_index_has_all_that_came_before() {
    let mut bench = Bench::new();
    bench.put(b"a", b"1").expect("gathered");
    assert_eq!(bench.writing(), 1);
    bench.put(b"b", b"2").expect("gathered");
    let behind = Arc::clone(&bench.behind);
    let flush = std::thread::spawn(move || behind.flush_durable());
    bench.let_one_pass();
    assert_eq!(bench.writing(), 2);
    assert!(!flush.is_finished(), "the second batch is not beneath yet");
    bench.let_one_pass();
    flush.join().expect("no panic").expect("flushed");
    assert_eq!(bench.behind.shared.index.get(b"b").expect("read"), Some(b"2".to_vec()));
}

#[test]
fn over_the_bound_a_commit_waits_for_the_index() {
    let mut bench = Bench::new();
    let large = vec![0; LAYER_LEN_MAX];
    for n in 0..GATHERED_LEN_MAX / LAYER_LEN_MAX {
        bench.put(&n.to_be_bytes(), &large).expect("gathered");
    }
    bench.writing();
    let (behind, stamp) = (Arc::clone(&bench.behind), bench.stamp());
    let (done, waited) = sync_channel(1);
    let one_more = std::thread::spawn(move || {
        let delta = Delta::from([(b"one more".to_vec(), None)]);
        let outcome = behind.apply(Arc::new(delta), &stamp);
        done.send(()).expect("heard");
        outcome
    });
    assert!(waited.try_recv().is_err(), "there is no room yet");
    let held = bench.behind.shared.gathered().len;
    assert!(held <= GATHERED_LEN_MAX + 2 * LAYER_LEN_MAX, "{held}");
    bench.let_one_pass();
    bench.writing();
    bench.let_one_pass();
    waited.recv().expect("there is room now");
    one_more.join().expect("no panic").expect("gathered");
}

#[test]
fn what_fails_beneath_is_told_to_every_caller_after() {
    let mut bench = Bench::new();
    bench.put(b"a", b"1").expect("gathered");
    let reason = "the disk is gone".to_owned();
    bench.steps.send(Err(StoreError::Fatal { reason })).expect("the writer lives");
    let error = bench.behind.flush_durable().expect_err("it failed");
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    assert!(matches!(bench.put(b"b", b"2"), Err(StoreError::Fatal { .. })));
    assert!(matches!(bench.behind.get(b"a"), Err(StoreError::Fatal { .. })));
    assert!(matches!(bench.behind.scan(b"", b"", 1), Err(StoreError::Fatal { .. })));
}

#[test]
fn dropped_it_leaves_the_index_at_the_end_of_a_batch() {
    let mut bench = Bench::new();
    bench.put(b"a", b"1").expect("gathered");
    assert_eq!(bench.writing(), 1);
    bench.put(b"b", b"2").expect("gathered");
    let shared = Arc::clone(&bench.behind.shared);
    bench.let_one_pass();
    drop(bench);
    assert_eq!(shared.index.applied().map(|stamp| stamp.seq), Some(1));
    assert_eq!(shared.index.get(b"b").expect("read"), None);
}

proptest! {
    /// Whatever is gathered, written and asked for, readers find what a map would hold.
    #[test]
    fn readers_cannot_tell_it_from_a_map(
        batches in prop::collection::vec(
            (prop::collection::btree_map(0_u8..20, prop::option::of(0_u8..250), 0..6), any::<bool>()),
            1..24,
        ),
        asks in prop::collection::vec((0_u8..22, 0_usize..9), 4),
    ) {
        let mut bench = Bench::new();
        let mut map = BTreeMap::new();
        for (words, carry) in batches {
            let delta: Delta =
                words.iter().map(|(key, word)| (vec![*key], word.map(|v| vec![v]))).collect();
            for (key, word) in &delta {
                match word {
                    Some(value) => map.insert(key.clone(), value.clone()),
                    None => map.remove(key),
                };
            }
            let stamp = bench.stamp();
            bench.behind.apply(Arc::new(delta), &stamp).expect("gathered");
            if carry {
                bench.let_one_pass();
            }
            for (after, limit) in &asks {
                let after = if *after == 0 { Vec::new() } else { vec![*after] };
                let from = if after.is_empty() { Bound::Unbounded } else { Bound::Excluded(&after) };
                let want: Vec<Pair> = map
                    .range::<Vec<u8>, _>((from, Bound::Unbounded))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .take(*limit)
                    .collect();
                prop_assert_eq!(bench.behind.scan(b"", &after, *limit).expect("read"), want);
            }
        }
        for key in 0..20_u8 {
            prop_assert_eq!(bench.behind.get(&[key]).expect("read"), map.get(&vec![key]).cloned());
        }
    }
}
