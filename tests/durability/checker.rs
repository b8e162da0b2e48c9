//! Reads a store from nothing but its files and compares it with what was confirmed.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use hoatoc::domain::world::{Event, RecordKind};
use hoatoc::engine::recovery::recover;
use hoatoc::evidence::seal::{Belongs, Sealer};
use hoatoc::store::journaled::SledStore;
use hoatoc::store::{Store, keys};
use hoatoc::wire::entry;

use crate::victim;

/// What a ledger says was done: by name, with the entry that says it.
pub(crate) struct Done {
    pub(crate) things: HashMap<String, u64>,
    // The newest version of each record, and the commitment to its content.
    records: HashMap<[u8; 16], (u64, [u8; 32])>,
}

/// Opens the store, checks all of it, and looks for each confirmed thing; how long opening took.
#[expect(clippy::disallowed_methods, reason = "this measures real time")]
pub(crate) fn check(dir: &Path, confirmed: &[(u64, String)]) -> Duration {
    let began = Instant::now();
    let store = SledStore::open(dir, victim::options()).expect("a killed store opens");
    // Contiguous, readable, and `World::check` finds nothing.
    let recovered = recover(&store).expect("a killed store is sound");
    let took = began.elapsed();
    assert!(store.rebuilt().is_none(), "the index was built again: {:?}", store.rebuilt());
    let done = read(&store, recovered.world.ledger_size());
    for (index, what) in confirmed {
        assert_eq!(done.things.get(what), Some(index), "confirmed, but not so recorded: {what}");
    }
    check_records(&store, &done);
    let report = store.check().expect("readable");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    took
}

pub(crate) fn read(store: &dyn Store, size: u64) -> Done {
    let mut done = Done { things: HashMap::new(), records: HashMap::new() };
    let mut requests = HashSet::new();
    let mut last_request = None;
    for index in 0..size {
        let leaf = store.get(&keys::ledger(index)).expect("readable").expect("contiguous");
        let entry = entry::decode(&leaf).expect("readable");
        let mut once = |what: String| {
            let before = done.things.insert(what.clone(), index);
            assert_eq!(before, None, "done twice: {what}");
        };
        match &entry.event {
            Event::AnswerTaken { answer, .. } => {
                once(format!("answer {} {} {}", answer.order, answer.endpoint, answer.number));
            }
            Event::RecordsPut { records, .. } => {
                for record in records {
                    once(format!("record {} {}", hex::encode(record.id), record.version));
                    let newest = (record.version, record.commitment);
                    let before = done.records.insert(record.id, newest);
                    assert_eq!(before.map_or(0, |(version, _)| version) + 1, record.version);
                }
            }
            _command => {}
        }
        if let Some((name, _digest)) = entry.request {
            // A request's entries stand together; its name goes with the last of them.
            if last_request.as_ref() != Some(&name) {
                assert!(requests.insert(name.clone()), "done twice: {name}");
            }
            done.things.insert(format!("request {name}"), index);
            last_request = Some(name);
        } else {
            last_request = None;
        }
    }
    done
}

/// Content and commitment are of one commit: the one is there exactly when the other is.
fn check_records(store: &dyn Store, done: &Done) {
    let kind = RecordKind::Reservist;
    let sealer = Sealer::new(&victim::MASTER);
    let mut after = Vec::new();
    let mut found = 0;
    loop {
        let page = store.scan(keys::records(kind), &after, 500).expect("readable");
        let Some((last, _value)) = page.last() else { break };
        after.clone_from(last);
        for (key, value) in page {
            let id = keys::record_id(kind, &key).expect("a record's key");
            let (version, sealed) = value.split_first_chunk::<8>().expect("a version");
            let version = u64::from_be_bytes(*version);
            let of = Belongs { record_id: &id, kind: "reservist", version };
            let opened = sealer.open_committed(&of, sealed).expect("sealed for this version");
            let commitment = opened.commitment;
            assert_eq!(done.records.get(&id), Some(&(version, commitment)), "half a record");
            found += 1;
        }
    }
    assert_eq!(found, done.records.len(), "a commitment without its content");
}
