//! Over a store and a keyring in memory that crash, fill up and are put back.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::*;
use ring::rand::SystemRandom;

use crate::domain::world::{Command, Event, Request};
use crate::engine::records::RecordJob;
use crate::engine::records::tests::{Kept, commitment, founded, imported, people, start_with};
use crate::engine::recovery::recover;
use crate::index::Registry;
use crate::store::memory::{Fault, MemoryStore};
use crate::store::{Store, keys as store_keys};
use crate::wire::entry;
use crate::wire::order::call_up::belongs;

const KIND: RecordKind = RecordKind::Reservist;
/// Three batches and a bit.
const PEOPLE: u32 = 330;

struct House {
    store: Arc<MemoryStore>,
    kept: Arc<Kept>,
    engine: Engine,
    tasks: Tasks,
}

impl House {
    /// A province with people in it, under the first generation.
    async fn new() -> Self {
        let (store, tasks) = (Arc::new(MemoryStore::new()), Tasks::new());
        let house = Self { engine: founded(&store, &tasks).await, store, kept: Kept::new(), tasks };
        for batch in people(PEOPLE).chunks(limits::RECORDS_PER_BATCH_MAX) {
            let rows = batch.iter().map(imported).collect();
            let (actor, sealer) = (Actor::Server, house.kept.sealer().clone());
            let put = house.engine.put_records(|reply| RecordJob {
                actor,
                id: None,
                kind: KIND,
                rows,
                validate_only: false,
                sealer,
                reply,
            });
            put.await.expect("carried out");
        }
        house
    }

    /// What is on the disks, opened again.
    fn restarted(&self) -> Self {
        self.store.restart();
        self.with(&self.kept.disk())
    }

    fn with(&self, keyring: &[u8]) -> Self {
        let (store, tasks) = (self.store.clone(), Tasks::new());
        let kept = Kept::from_disk(keyring.to_vec());
        let engine = start_with(&store, kept.sealer(), &tasks);
        Self { store, kept, engine, tasks }
    }

    async fn ask(&self, work: KeyWork) -> Result<KeysDone, EngineError> {
        let keys = self.kept.clone();
        let job = |reply| KeyJob { actor: Actor::Server, id: None, keys, work, reply };
        self.engine.work_on_keys(job).await
    }

    async fn erase(&self, id: [u8; 16]) -> Result<KeysDone, EngineError> {
        let (reason, cleared) = ("asked for".to_owned(), std::collections::BTreeSet::new());
        self.ask(KeyWork::Erase { kind: KIND, id, reason, cleared }).await
    }

    fn ids(&self) -> Vec<[u8; 16]> {
        self.engine.registry().table(KIND).iter().map(|(id, _row)| id).collect()
    }

    async fn rotated_to_its_end(&self) -> Rekeying {
        let rekeying = Rekeying::start(self.engine.clone(), self.kept.clone(), &self.tasks);
        if !rekeying.state().rotating {
            rekeying.begin(Actor::Server, None).await.expect("begun");
        }
        while rekeying.state().rotating {
            assert_eq!(rekeying.state().stopped, None);
            tokio::task::yield_now().await;
        }
        rekeying
    }

    /// The newest word of the ledger on each record.
    fn said(&self) -> HashMap<[u8; 16], crate::domain::world::RecordVersion> {
        let mut said = HashMap::new();
        for (_key, leaf) in self.store.scan(store_keys::LEDGER, b"", 10_000).expect("in memory") {
            match entry::decode(&leaf).expect("its own leaf").event {
                Event::RecordsPut { records, .. } | Event::RecordsResealed { records, .. } => {
                    said.extend(records.into_iter().map(|record| (record.id, record)));
                }
                Event::RecordErased { id, .. } => {
                    said.remove(&id);
                }
                _other => {}
            }
        }
        said
    }

    /// Everybody can be opened and found, and is what the ledger vouches for.
    fn is_sound(&self, people: usize) {
        let sealer = self.kept.sealer();
        let said = self.said();
        let stored = self.store.scan(store_keys::records(KIND), b"", 10_000).expect("in memory");
        assert_eq!((stored.len(), said.len()), (people, people));
        for (key, value) in &stored {
            let id = store_keys::record_id(KIND, key).expect("a record");
            let vouched = &said[&id];
            assert_eq!(commitment(sealer, KIND, vouched, value), vouched.commitment);
        }
        let loaded = Registry::load(self.store.as_ref(), sealer).expect("sound");
        assert_eq!(loaded.table(KIND).len(), people);
        for (id, row) in loaded.table(KIND).iter() {
            let found = row.keys.iter().map(|key| loaded.table(KIND).find(key));
            assert!(found.into_iter().all(|found| found == Some(id)), "found by its numbers");
        }
        recover(self.store.as_ref()).expect("a sound ledger");
    }

    fn generations(&self) -> Vec<u32> {
        let stored = self.store.scan(store_keys::records(KIND), b"", 10_000).expect("in memory");
        let mut all: Vec<u32> =
            stored.iter().map(|(_key, value)| value_generation(value).expect("sealed")).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[tokio::test]
async fn all_records_move_to_new_keys_while_the_server_serves() {
    let house = House::new().await;
    let (rows, old) = (house.ids(), house.kept.disk());
    let rekeying = house.rotated_to_its_end().await;
    let state = rekeying.state();
    assert_eq!((state.generation, state.resealed, state.stopped), (2, PEOPLE.into(), None));
    assert_eq!((house.generations(), house.engine.world().key_generation()), (vec![2], 2));
    assert_eq!(house.ids(), rows, "nobody was lost on the way");
    house.is_sound(rows.len());
    house.restarted().is_sound(rows.len());
    // With the copy of before it is noticed.
    let before = Kept::from_disk(old);
    let refused = Registry::load(house.store.as_ref(), before.sealer()).expect_err("an old copy");
    assert!(refused.to_string().contains("keyring"), "{refused}");
    // And a second time.
    let next = house.restarted();
    next.rotated_to_its_end().await;
    assert_eq!(next.generations(), [3]);
    next.restarted().is_sound(rows.len());
}

#[tokio::test]
async fn a_rotation_is_one_at_a_time_and_the_same_request_begins_it_once() {
    let house = House::new().await;
    let rekeying = Rekeying::start(house.engine.clone(), house.kept.clone(), &house.tasks);
    let id = || Some(("k-1".parse().expect("an id"), [1; 32]));
    let first = rekeying.begin(Actor::Server, id()).await.expect("begun");
    assert_eq!(first.generation, 2);
    if rekeying.state().rotating {
        let refused = rekeying.begin(Actor::Server, None).await.expect_err("one at a time");
        assert_eq!(refused.reason(), "KEYS_ROTATING");
    }
    let again = rekeying.begin(Actor::Server, id()).await.expect("the same request");
    assert_eq!(again.generation, 2);
}

#[tokio::test]
async fn a_rotation_that_crashes_anywhere_goes_on_at_the_next_start() {
    for crash_after in 0..=4 {
        for fault in [Fault::FailedNotStored, Fault::FailedYetStored] {
            let house = House::new().await;
            let ids = house.ids();
            let mut batches = ids.chunks(limits::RECORDS_PER_BATCH_MAX);
            let works = std::iter::once(KeyWork::Begin).chain(
                batches.by_ref().map(|ids| KeyWork::Reseal { kind: KIND, ids: ids.to_vec() }),
            );
            for (step, work) in works.enumerate() {
                if step == crash_after {
                    house.store.inject(fault);
                    house.ask(work).await.expect_err("nobody is told");
                    break;
                }
                house.ask(work).await.expect("carried out");
            }
            let next = house.restarted();
            next.is_sound(ids.len());
            next.rotated_to_its_end().await;
            next.is_sound(ids.len());
            assert_eq!((next.generations(), next.engine.world().key_generation()), (vec![2], 2));
            next.restarted().is_sound(ids.len());
        }
    }
}

#[tokio::test]
async fn a_keyring_that_cannot_be_written_holds_a_rotation_up_and_loses_nothing() {
    let house = House::new().await;
    let ids = house.ids();
    house.kept.full.store(true, Ordering::Relaxed);
    let refused = house.ask(KeyWork::Begin).await.expect_err("not written");
    assert_eq!(refused.reason(), "KEYRING_FAILED");
    assert_eq!(house.engine.world().key_generation(), 0, "nothing began");
    house.kept.full.store(false, Ordering::Relaxed);
    house.ask(KeyWork::Begin).await.expect("begun");
    for ids in ids.chunks(limits::RECORDS_PER_BATCH_MAX) {
        let reseal = || KeyWork::Reseal { kind: KIND, ids: ids.to_vec() };
        house.store.inject(Fault::Full);
        house.ask(reseal()).await.expect_err("no room");
        assert_eq!(house.ask(reseal()).await.expect("room again").records, ids.len());
        assert_eq!(house.ask(reseal()).await.expect("done before").records, 0);
    }
    house.kept.full.store(true, Ordering::Relaxed);
    house.ask(KeyWork::Finish).await.expect_err("not written");
    house.is_sound(ids.len());
    let next = house.restarted();
    next.rotated_to_its_end().await;
    next.is_sound(ids.len());
}

#[tokio::test]
async fn an_erased_person_is_gone_from_store_index_keys_and_backups_and_nobody_else_is() {
    let house = House::new().await;
    let (ids, old_keyring, backup) = (house.ids(), house.kept.disk(), house.store.image());
    let (id, others) = (ids[7], ids.len() - 1);
    let key = store_keys::record(KIND, &id);
    let size = house.engine.ledger().size();
    let done = house.erase(id).await.expect("erased");
    assert_eq!((done.ledger_index, done.keyring_version), (Some(size), 2));
    assert!(house.store.get(&key).expect("in memory").is_none());
    assert!(house.engine.registry().table(KIND).get(&id).is_none());
    house.is_sound(others);
    // Again: nothing is left to do. And of nobody: nobody is known.
    assert_eq!(house.erase(id).await.expect("erased before").ledger_index, None);
    assert_eq!(house.erase([9; 16]).await.expect_err("nobody").reason(), "RECORD_UNKNOWN");
    let next = house.restarted();
    next.is_sound(others);
    assert_eq!(catch_up(&next.engine, next.kept.as_ref()).expect("kept"), 0);
    // An old copy of the keyring: the ledger knows better.
    let old = house.with(&old_keyring);
    assert_eq!(catch_up(&old.engine, old.kept.as_ref()).expect("kept"), 1);
    assert!(old.kept.sealer().keyring().is_punctured(&id, 1));
    // The backup of before, with today's keyring: unreadable, and everybody else is there.
    let today = house.kept.disk();
    house.store.put_back(backup);
    let restored = house.with(&today);
    assert!(house.store.get(&key).expect("in memory").is_some(), "it is in the backup");
    assert_eq!(restored.ids().len(), others);
    assert!(!restored.ids().contains(&id));
    // New keys for all sweep out what nothing opens, and the ledger says so.
    restored.rotated_to_its_end().await;
    assert!(house.store.get(&key).expect("in memory").is_none());
    assert_eq!(restored.engine.world().erased().get(&id), Some(&1));
    restored.is_sound(others);
    let forgotten = format!("{:?}", restored.kept.sealer().keyring().newest());
    assert!(forgotten.contains("1 nodes"), "punctures go with their generation: {forgotten}");
    assert_eq!(catch_up(&restored.engine, restored.kept.as_ref()).expect("kept"), 0);
}

#[tokio::test]
async fn an_erasure_whose_key_could_not_be_cut_out_is_ended_by_asking_again_or_by_a_start() {
    let house = House::new().await;
    let ids = house.ids();
    house.kept.full.store(true, Ordering::Relaxed);
    house.erase(ids[0]).await.expect_err("the key is still there");
    assert!(house.engine.registry().table(KIND).get(&ids[0]).is_none(), "the record is not");
    let crashed = house.kept.disk();
    house.kept.full.store(false, Ordering::Relaxed);
    assert_eq!(house.erase(ids[0]).await.expect("ended").keyring_version, 2);
    let next = house.with(&crashed);
    assert_eq!(catch_up(&next.engine, next.kept.as_ref()).expect("kept"), 1);
    assert!(next.kept.sealer().keyring().is_punctured(&ids[0], 1));
    next.is_sound(ids.len() - 1);
}

#[tokio::test]
async fn a_call_up_leaf_that_was_sealed_before_the_newest_keys_is_not_taken() {
    let house = House::new().await;
    let order = [5; 16];
    let leaf = || {
        let (rng, belongs) = (SystemRandom::new(), belongs(&order, 0));
        let sealed = house.kept.sealer().seal(&belongs, b"names", &rng).expect("short");
        (store_keys::call_up_leaf(&order, 0), sealed.bytes)
    };
    let submit = |pair| {
        let command = Command::ReadRecords { kind: KIND, records: vec![[1; 16]] };
        let request = Request { actor: Actor::Server, id: None, command };
        house.engine.submit_with(request, vec![pair])
    };
    let older = leaf();
    house.ask(KeyWork::Begin).await.expect("begun");
    let refused = submit(older).await.expect_err("it would be left under keys that go");
    assert_eq!(refused.reason(), "UNAVAILABLE");
    let key = store_keys::call_up_leaf(&order, 0);
    assert_eq!(house.store.get(&key).expect("in memory"), None);
    let newer = leaf();
    submit(newer.clone()).await.expect("taken");
    assert_eq!(house.store.get(&key).expect("in memory"), Some(newer.1));
}
