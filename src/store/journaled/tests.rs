use std::fs;

use super::*;
use crate::store::journal::disk::{DiskFault, FaultyDisk};
use crate::store::journal::recover::segment_paths;
use crate::store::snapshot::snapshot_paths;

fn options() -> StoreOptions {
    let mut options = StoreOptions::terminal();
    options.journal.segment_len_max = 3_000;
    options.journal.reserve_len = 0;
    options.compact_pass_len_max = 1;
    options
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn open<I: Index>(dir: &Path) -> Journaled<I> {
    Journaled::open(dir, options()).expect("a whole store opens")
}

/// Commits `count` batches: puts on new keys and on keys that come again, and a delete.
fn try_fill(store: &dyn Store, count: u64) -> Result<(), StoreError> {
    for _ in 0..count {
        let n = store.head();
        let mut batch = Batch::on(n);
        batch.put((n % 17).to_be_bytes(), n.to_string());
        batch.put([b"x".as_slice(), &n.to_be_bytes()].concat(), vec![b'v'; 50]);
        batch.put([b"y".as_slice(), &(n % 5).to_be_bytes()].concat(), n.to_string());
        batch.delete([b"x".as_slice(), &(n / 2).to_be_bytes()].concat());
        store.commit(batch)?;
    }
    Ok(())
}

fn fill(store: &dyn Store, count: u64) {
    try_fill(store, count).expect("committed");
}

fn all(store: &dyn Store) -> Vec<Pair> {
    store.scan(b"", b"", usize::MAX).expect("scanned")
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let path = entry.expect("listed").path();
        let target = to.join(path.file_name().expect("has a name"));
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

fn flip(path: &Path, bit: usize) {
    let mut bytes = fs::read(path).expect("there");
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, bytes).expect("written");
}

#[test]
fn a_second_process_is_refused_until_the_first_lets_go() {
    let dir = temporary();
    let first = open::<MemoryIndex>(dir.path());
    let second = JournalStore::open(dir.path(), options());
    assert!(matches!(second, Err(StoreError::Locked { .. })));
    first.close().expect("closed");
    open::<MemoryIndex>(dir.path());
}

fn compaction_keeps_everything<I: Index>() {
    let dir = temporary();
    let store = open::<I>(dir.path());
    fill(&store, 60);
    let before = (all(&store), store.stamp());
    let journal_dir = dir.path().join(JOURNAL_DIR);
    assert!(segment_paths(&journal_dir).expect("listed").len() > 3);
    assert_eq!(store.compact().expect("compacted"), 60);
    assert_eq!(segment_paths(&journal_dir).expect("listed").len(), 1);
    assert_eq!(store.compact().expect("nothing to do"), 60);
    fill(&store, 30);
    assert_eq!(store.compact().expect("compacted"), 90);
    assert_eq!(snapshot_paths(&dir.path().join(SNAPSHOT_DIR)).expect("listed").len(), 1);
    fill(&store, 3);
    let report = store.check().expect("checked");
    assert_eq!((report.problems.as_slice(), report.batches), ([].as_slice(), 3));
    let pairs = u64::try_from(all(&store).len()).expect("small");
    assert_eq!(report.index_pairs, pairs);
    let after = (all(&store), store.stamp());
    assert_ne!(before, after);
    drop(store);
    let store = open::<I>(dir.path());
    assert_eq!((all(&store), store.stamp()), after);
    assert_eq!(store.rebuilt(), None);
}

#[test]
fn compaction_keeps_everything_over_a_map() {
    compaction_keeps_everything::<MemoryIndex>();
}

#[test]
fn compaction_keeps_everything_over_sled() {
    compaction_keeps_everything::<Behind<SledIndex>>();
}

#[test]
fn upkeep_and_commits_run_side_by_side() {
    let dir = temporary();
    let store = open::<Behind<SledIndex>>(dir.path());
    std::thread::scope(|scope| {
        scope.spawn(|| fill(&store, 400));
        for n in 0.. {
            store.compact().expect("compacted");
            assert_eq!(store.check().expect("checked").problems, []);
            let copied = store.backup(&dir.path().join(format!("copy-{n}"))).expect("backed up");
            if copied.stamp.seq == 400 {
                break;
            }
        }
    });
    assert_eq!(store.head(), 400);
}

#[test]
fn a_backup_restores_to_the_same_stamp_and_content_and_refuses_a_full_target() {
    let dir = temporary();
    let (origin, copy, restored) =
        (dir.path().join("origin"), dir.path().join("copy"), dir.path().join("restored"));
    let store = open::<Behind<SledIndex>>(&origin);
    fill(&store, 50);
    store.compact().expect("compacted");
    fill(&store, 20);
    let copied = store.backup(&copy).expect("backed up");
    let expected = (all(&store), store.stamp());
    fill(&store, 5);
    assert_eq!(copied.stamp, expected.1);
    assert!(store.backup(&copy).is_err(), "the target is not empty");
    assert_eq!(restore(&copy, &restored).expect("restored"), copied);
    assert!(restore(&copy, &restored).is_err(), "the target is not empty");
    let again = open::<Behind<SledIndex>>(&restored);
    assert_eq!((all(&again), again.stamp()), expected);
    fill(&again, 1);
    assert_eq!(again.check().expect("checked").problems, []);
}

#[test]
fn every_file_of_a_backup_is_needed_and_every_flipped_bit_in_it_is_found() {
    let dir = temporary();
    let copy = dir.path().join("copy");
    let store = open::<MemoryIndex>(&dir.path().join("origin"));
    fill(&store, 30);
    store.compact().expect("compacted");
    fill(&store, 20);
    store.backup(&copy).expect("backed up");
    let mut files = segment_paths(&copy.join(JOURNAL_DIR)).expect("listed");
    files.extend(snapshot_paths(&copy.join(SNAPSHOT_DIR)).expect("listed"));
    files.push(copy.join(JOURNAL_DIR).join("head"));
    let target = dir.path().join("target");
    for path in files {
        let whole = fs::read(&path).expect("there");
        // A prime step visits every bit of a byte and all parts of the file.
        for bit in (0..whole.len() * 8).step_by(61) {
            flip(&path, bit);
            let error = restore(&copy, &target).expect_err("damage");
            let StoreError::Damaged { path: named, offset, .. } = error else {
                panic!("bit {bit}: {error}")
            };
            assert_eq!(named, path.display().to_string(), "bit {bit}");
            assert!(offset <= u64::try_from(bit / 8).expect("small"), "bit {bit}: {offset}");
            fs::write(&path, &whole).expect("mended");
        }
        fs::remove_file(&path).expect("removed");
        restore(&copy, &target).expect_err("a file is missing");
        fs::write(&path, &whole).expect("put back");
    }
    assert!(!target.exists(), "nothing was restored from a bad backup");
    restore(&copy, &target).expect("whole again");
}

#[test]
fn a_flip_in_the_snapshot_stops_the_opening_and_shows_in_a_check() {
    let dir = temporary();
    let store = open::<Behind<SledIndex>>(dir.path());
    fill(&store, 30);
    store.compact().expect("compacted");
    let snapshot = snapshot_paths(&dir.path().join(SNAPSHOT_DIR)).expect("listed").remove(0);
    flip(&snapshot, 999);
    let problems = store.check().expect("checked").problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path, snapshot.display().to_string());
    drop(store);
    let error = SledStore::open(dir.path(), options()).expect_err("the truth is not whole");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_check_sees_an_index_that_differs_from_the_truth() {
    let dir = temporary();
    let store = open::<MemoryIndex>(dir.path());
    fill(&store, 40);
    store.compact().expect("compacted");
    fill(&store, 4);
    let stamp = store.stamp();
    let mut wrong = Batch::on(0);
    wrong.put("added", "1");
    wrong.put(5_u64.to_be_bytes(), "changed");
    wrong.delete(6_u64.to_be_bytes());
    let mut delta = Delta::new();
    truth::fold(&mut delta, wrong.ops);
    store.index.apply(Arc::new(delta), &stamp).expect("applied behind the journal's back");
    let reasons: Vec<_> =
        store.check().expect("checked").problems.into_iter().map(|p| p.reason).collect();
    assert_eq!(
        reasons,
        [
            "key 0000000000000005 has another value than the journal",
            "key 0000000000000006 is missing",
            "key 6164646564 should not be there",
        ]
    );
}

#[test]
fn a_store_without_its_journal_is_not_taken_for_a_new_one() {
    let dir = temporary();
    let store = open::<Behind<SledIndex>>(dir.path());
    fill(&store, 4);
    store.close().expect("closed");
    fs::remove_dir_all(dir.path().join(JOURNAL_DIR)).expect("removed");
    let error = SledStore::open(dir.path(), options()).expect_err("an index without its truth");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn an_older_journal_under_a_newer_index_is_refused() {
    let dir = temporary();
    let (now, old) = (dir.path().join("now"), dir.path().join("old"));
    let store = open::<Behind<SledIndex>>(&now);
    fill(&store, 4);
    copy_dir(&now, &old);
    fill(&store, 4);
    store.close().expect("closed");
    fs::remove_dir_all(now.join(JOURNAL_DIR)).expect("removed");
    copy_dir(&old.join(JOURNAL_DIR), &now.join(JOURNAL_DIR));
    let error = SledStore::open(&now, options()).expect_err("a rollback");
    assert!(error.to_string().contains("the index has batch 8"), "{error}");
}

#[test]
fn after_an_unknown_outcome_every_call_is_refused_and_the_next_start_finds_the_truth() {
    let dir = temporary();
    let disk = Arc::new(FaultyDisk::default());
    let shared: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(&disk);
    let store = SledStore::open_on(dir.path(), options(), shared).expect("opens");
    fill(&store, 3);
    disk.plan(1, DiskFault::Failed);
    let mut batch = Batch::on(3);
    batch.put("unknown", "1");
    assert!(matches!(store.commit(batch), Err(StoreError::Fatal { .. })));
    assert!(matches!(store.get(b"unknown"), Err(StoreError::Fatal { .. })));
    assert!(matches!(store.scan(b"", b"", 1), Err(StoreError::Fatal { .. })));
    assert!(matches!(store.commit(Batch::on(3)), Err(StoreError::Fatal { .. })));
    assert!(matches!(store.compact(), Err(StoreError::Fatal { .. })));
    drop(store);
    let store = open::<Behind<SledIndex>>(dir.path());
    let stored = store.get(b"unknown").expect("read").is_some();
    assert_eq!(store.head(), if stored { 4 } else { 3 });
}

#[test]
fn a_full_disk_refuses_the_batch_keeps_reading_and_goes_on_with_room() {
    let dir = temporary();
    let disk = Arc::new(FaultyDisk::default());
    let shared: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(&disk);
    let store = JournalStore::open_on(dir.path(), options(), shared).expect("opens");
    fill(&store, 3);
    let before = all(&store);
    for _ in 0..50 {
        disk.plan(0, DiskFault::Full);
        let mut batch = Batch::on(3);
        batch.put("a", vec![0; 1_000]);
        assert!(matches!(store.commit(batch), Err(StoreError::Full { .. })));
        assert_eq!(all(&store), before);
    }
    fill(&store, 1);
    drop(store);
    assert_eq!(open::<MemoryIndex>(dir.path()).head(), 4);
}

#[test]
fn a_disk_that_fails_at_any_call_of_compaction_and_backup_loses_nothing() {
    let work = |dir: &Path, disk: &Arc<FaultyDisk>| {
        let shared: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(disk);
        let store = JournalStore::open_on(&dir.join("store"), options(), shared)?;
        try_fill(&store, 20)?;
        store.compact()?;
        try_fill(&store, 20)?;
        store.backup(&dir.join("copy"))?;
        store.compact()?;
        store.close()
    };
    let disk = Arc::new(FaultyDisk::default());
    work(temporary().path(), &disk).expect("a good disk");
    for nth in 0..disk.calls() {
        for fault in [DiskFault::Failed, DiskFault::Full] {
            let dir = temporary();
            let disk = Arc::new(FaultyDisk::default());
            disk.plan(nth, fault);
            let outcome = work(dir.path(), &disk);
            let store = open::<MemoryIndex>(&dir.path().join("store"));
            assert!(outcome.is_err() || store.head() == 40, "call {nth}, {fault:?}");
            let model = temporary();
            let same = open::<MemoryIndex>(model.path());
            fill(&same, store.head());
            assert_eq!(all(&store), all(&same), "call {nth}, {fault:?}");
            assert_eq!(store.check().expect("checked").problems, [], "call {nth}, {fault:?}");
        }
    }
}
