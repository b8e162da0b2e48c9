//! What every store keeps: one suite, run against each of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::journaled::{Behind, Index, Journaled, MemoryIndex, StoreOptions};
use super::memory::MemoryStore;
use super::sled::SledIndex;
use super::{BATCH_LEN_MAX, Batch, KEY_LEN_MAX, Pair, Store, StoreError, VALUE_LEN_MAX};

/// A store under test, over several lives of its process.
trait Lives: Default {
    /// Opens the store, uses it, closes it.
    fn live<R>(&self, life: impl FnOnce(&dyn Store) -> R) -> R;
    /// What maintenance does between.
    fn tidy(&self) {}
}

#[derive(Default)]
struct InMemory(MemoryStore);

impl Lives for InMemory {
    fn live<R>(&self, life: impl FnOnce(&dyn Store) -> R) -> R {
        self.0.restart();
        life(&self.0)
    }
}

struct OnDisk<I> {
    _temporary: tempfile::TempDir,
    dir: PathBuf,
    index: std::marker::PhantomData<I>,
}

impl<I> Default for OnDisk<I> {
    fn default() -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let dir = temporary.path().join("store");
        Self { _temporary: temporary, dir, index: std::marker::PhantomData }
    }
}

impl<I: Index> OnDisk<I> {
    fn open(&self) -> Journaled<I> {
        let mut options = StoreOptions::terminal();
        options.journal.segment_len_max = 2_000;
        options.journal.reserve_len = 0;
        options.compact_pass_len_max = 1;
        Journaled::open(&self.dir, options).expect("a whole store opens")
    }
}

impl<I: Index> Lives for OnDisk<I> {
    fn live<R>(&self, life: impl FnOnce(&dyn Store) -> R) -> R {
        let store = self.open();
        assert_eq!(store.rebuilt(), None, "nothing happened to the index");
        life(&store)
    }

    fn tidy(&self) {
        let store = self.open();
        store.compact().expect("compacted");
        assert_eq!(store.check().expect("checked").problems, []);
        store.close().expect("closed");
    }
}

fn put(store: &dyn Store, pairs: &[(&str, &str)]) -> u64 {
    let mut batch = Batch::on(store.head());
    for (key, value) in pairs {
        batch.put(*key, *value);
    }
    store.commit(batch).expect("committed")
}

fn keys(pairs: &[Pair]) -> Vec<&str> {
    pairs.iter().map(|(key, _)| std::str::from_utf8(key).expect("our keys are text")).collect()
}

fn what_was_committed_is_read_now_and_in_the_next_life(lives: impl Lives) {
    lives.live(|store| {
        assert_eq!((store.head(), store.get(b"a").expect("read")), (0, None));
        assert_eq!(put(store, &[("a", "1"), ("b", "2")]), 1);
        assert_eq!(store.get(b"a").expect("read"), Some(b"1".to_vec()));
    });
    lives.live(|store| {
        assert_eq!((store.head(), store.get(b"b").expect("read")), (1, Some(b"2".to_vec())));
    });
}

fn the_last_word_on_a_key_in_a_batch_holds(lives: impl Lives) {
    lives.live(|store| {
        let mut batch = Batch::on(0);
        batch.put("a", "1");
        batch.delete("a");
        batch.put("b", "1");
        batch.put("b", "2");
        batch.delete("nothing");
        store.commit(batch).expect("committed");
    });
    lives.live(|store| {
        assert_eq!(store.get(b"a").expect("read"), None);
        assert_eq!(store.get(b"b").expect("read"), Some(b"2".to_vec()));
    });
}

fn an_old_writer_is_refused_and_changes_nothing(lives: impl Lives) {
    lives.live(|store| {
        put(store, &[("a", "1")]);
        let mut batch = Batch::on(0);
        batch.put("a", "2");
        let error = store.commit(batch).expect_err("the head has moved");
        assert!(matches!(error, StoreError::Stale { expected: 0, actual: 1 }), "{error}");
        assert_eq!(store.get(b"a").expect("read"), Some(b"1".to_vec()));
        assert_eq!(store.head(), 1);
    });
}

fn an_empty_batch_moves_the_head(lives: impl Lives) {
    lives.live(|store| assert_eq!(store.commit(Batch::on(0)).expect("committed"), 1));
    lives.live(|store| assert_eq!(store.head(), 1));
}

fn bounds_hold_to_the_byte_and_nothing_over_them_is_stored(lives: impl Lives) {
    lives.live(|store| {
        let mut batch = Batch::on(0);
        batch.put(vec![0xFF; KEY_LEN_MAX], vec![1; VALUE_LEN_MAX]);
        store.commit(batch).expect("at the bounds");
        let key = vec![0xFF; KEY_LEN_MAX + 1];
        assert_eq!(store.get(&key).expect("no such key"), None);
        let mut long_key = Batch::on(1);
        long_key.put(key.clone(), "");
        let mut long_delete = Batch::on(1);
        long_delete.delete(key);
        let mut long_value = Batch::on(1);
        long_value.put("v", vec![0; VALUE_LEN_MAX + 1]);
        let mut long_batch = Batch::on(1);
        for n in 0..=BATCH_LEN_MAX / VALUE_LEN_MAX {
            long_batch.put(n.to_be_bytes(), vec![0; VALUE_LEN_MAX]);
        }
        for batch in [long_key, long_delete, long_value, long_batch] {
            let error = store.commit(batch).expect_err("over a bound");
            assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
        }
        assert_eq!(store.scan(b"", b"", 9).expect("scanned").len(), 1);
    });
}

fn a_scan_keeps_to_its_prefix_its_order_and_its_limit(lives: impl Lives) {
    lives.live(|store| {
        put(store, &[("b3", ""), ("a", ""), ("b1", ""), ("b", ""), ("b2", ""), ("c", "")]);
        let scan =
            |prefix: &[u8], after: &[u8], limit| store.scan(prefix, after, limit).expect("scanned");
        assert_eq!(keys(&scan(b"b", b"", 9)), ["b", "b1", "b2", "b3"]);
        assert_eq!(keys(&scan(b"b", b"b1", 9)), ["b2", "b3"]);
        assert_eq!(keys(&scan(b"b", b"b1", 1)), ["b2"]);
        assert_eq!(keys(&scan(b"b", b"a", 9)), ["b", "b1", "b2", "b3"]);
        assert_eq!(keys(&scan(b"b", b"c", 9)), [""; 0]);
        assert_eq!(keys(&scan(b"", b"b3", 9)), ["c"]);
        assert_eq!(keys(&scan(b"b", b"", 0)), [""; 0]);
        assert_eq!(keys(&scan(&[0xFF], b"", 9)), [""; 0]);
    });
}

fn a_large_batch_is_seen_whole_or_not_at_all(lives: impl Lives) {
    const PAIRS: u32 = 700;
    lives.live(|store| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..8_u8 {
                    let mut batch = Batch::on(u64::from(round));
                    for n in 0..PAIRS {
                        batch.put(n.to_be_bytes(), [round]);
                    }
                    store.commit(batch).expect("committed");
                }
            });
            while store.head() < 8 {
                let pairs = store.scan(b"", b"", 10_000).expect("scanned");
                let first = pairs.first().map(|(_, value)| value.clone());
                assert!(pairs.iter().all(|(_, value)| Some(value) == first.as_ref()));
                assert!(pairs.is_empty() || pairs.len() == PAIRS as usize);
            }
        });
    });
}

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<(u8, Option<Vec<u8>>)>),
    NextLife,
    Tidy,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change =
        (0..24_u8, proptest::option::weighted(0.7, proptest::collection::vec(any::<u8>(), 0..60)));
    let step = prop_oneof![
        12 => proptest::collection::vec(change, 0..12).prop_map(Step::Commit),
        2 => Just(Step::NextLife),
        1 => Just(Step::Tidy),
    ];
    proptest::collection::vec(step, 0..30)
}

fn any_sequence_of_steps_agrees_with_a_map<L: Lives>() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) };
    proptest!(config, |(steps in steps())| {
        let lives = L::default();
        let mut model = BTreeMap::new();
        let mut head = 0;
        for life in steps.split(|step| !matches!(step, Step::Commit(_))) {
            lives.live(|store| {
                let found = store.scan(b"", b"", usize::MAX).expect("scanned");
                assert_eq!(found, model.clone().into_iter().collect::<Vec<Pair>>());
                for step in life {
                    let Step::Commit(changes) = step else { continue };
                    let mut batch = Batch::on(head);
                    for (key, value) in changes {
                        if let Some(value) = value {
                            batch.put([*key], value.clone());
                            model.insert(vec![*key], value.clone());
                        } else {
                            batch.delete([*key]);
                            model.remove(&vec![*key]);
                        }
                    }
                    head += 1;
                    assert_eq!(store.commit(batch).expect("committed"), head);
                    for key in 0..24_u8 {
                        let found = store.get(&[key]).expect("read");
                        assert_eq!(found.as_ref(), model.get(&vec![key]));
                    }
                }
            });
            lives.tidy();
        }
    });
}

macro_rules! contract {
    ($name:ident, $lives:ty, [$($case:ident),* $(,)?]) => {
        mod $name {
            use super::*;
            $(#[test] fn $case() { super::$case(<$lives>::default()); })*
            #[test] fn any_sequence_of_steps_agrees_with_a_map() {
                super::any_sequence_of_steps_agrees_with_a_map::<$lives>();
            }
        }
    };
    ($name:ident, $lives:ty) => {
        contract!($name, $lives, [
            what_was_committed_is_read_now_and_in_the_next_life,
            the_last_word_on_a_key_in_a_batch_holds,
            an_old_writer_is_refused_and_changes_nothing,
            an_empty_batch_moves_the_head,
            bounds_hold_to_the_byte_and_nothing_over_them_is_stored,
            a_scan_keeps_to_its_prefix_its_order_and_its_limit,
            a_large_batch_is_seen_whole_or_not_at_all,
        ]);
    };
}

contract!(memory, InMemory);
contract!(journaled_memory, OnDisk<MemoryIndex>);
contract!(journaled_sled, OnDisk<Behind<SledIndex>>);
