use std::fs;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::store::journaled::SledStore;
use crate::store::{Batch, Store};

/// Changes an index's directory.
type Harm<'a> = &'a dyn Fn(&Path);

fn options() -> StoreOptions {
    let mut options = StoreOptions::terminal();
    options.journal.reserve_len = 0;
    options
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn fill(store: &SledStore, batches: u64) {
    for _ in 0..batches {
        let n = store.head();
        let mut batch = Batch::on(n);
        for m in 0..20 {
            batch.put((n * 20 + m).to_be_bytes(), [n.to_be_bytes(), m.to_be_bytes()].concat());
        }
        batch.delete((n * 7).to_be_bytes());
        store.commit(batch).expect("committed");
    }
}

fn all(store: &SledStore) -> Vec<Pair> {
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

/// A store whose index was closed well, and one whose process died: `compacted` or not.
fn template(dir: &Path, died: bool, compacted: bool) -> Vec<Pair> {
    let live = dir.join("live");
    let store = SledStore::open(&live, options()).expect("opens");
    fill(&store, 10);
    if compacted {
        store.compact().expect("compacted");
    }
    fill(&store, 5);
    store.checkpoint().expect("on disk");
    let pairs = all(&store);
    if died {
        copy_dir(&live, &dir.join("image"));
    } else {
        store.close().expect("closed");
        // Waits until sled has let go of its files.
        drop(SledStore::open(&live, options()).expect("opens"));
        copy_dir(&live, &dir.join("image"));
    }
    pairs
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("listed") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Harms the index of 60 copies of an image; all of them must open with the same content. How
/// many had to be built again.
fn harm(died: bool, compacted: bool, seed: u64, harm: impl Fn(&Path, &mut ChaCha8Rng)) -> u32 {
    let dir = temporary();
    let expected = template(dir.path(), died, compacted);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut rebuilt = 0;
    for trial in 0..60 {
        let copy = dir.path().join("copy");
        copy_dir(&dir.path().join("image"), &copy);
        harm(&copy.join("index"), &mut random);
        let store = SledStore::open(&copy, options()).expect("the truth is whole");
        assert_eq!(all(&store), expected, "seed {seed}, trial {trial}");
        if store.rebuilt().is_some() {
            rebuilt += 1;
            assert_eq!(store.check().expect("checked").problems, []);
        }
        fill(&store, 1);
        drop(store);
        fs::remove_dir_all(&copy).expect("removed");
    }
    rebuilt
}

/// Flips a bit where there is something: sled's file is mostly zeros.
fn flip(index: &Path, random: &mut ChaCha8Rng) {
    let files = files(index);
    let path = &files[random.random_range(0..files.len())];
    let mut bytes = fs::read(path).expect("there");
    let used: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
    if used.is_empty() {
        return;
    }
    bytes[used[random.random_range(0..used.len())]] ^= 1 << random.random_range(0..8);
    fs::write(path, bytes).expect("written");
}

fn cut(index: &Path, random: &mut ChaCha8Rng) {
    let path = index.join("db");
    let bytes = fs::read(&path).expect("there");
    let used = bytes.iter().rposition(|&byte| byte != 0).unwrap_or(0) + 1;
    fs::write(&path, &bytes[..random.random_range(0..used)]).expect("written");
}

#[test]
fn a_flipped_bit_in_an_index_that_died_loses_nothing() {
    assert!(harm(true, false, 1, flip) > 0);
}

#[test]
fn a_flipped_bit_in_an_index_that_died_after_a_compaction_loses_nothing() {
    assert!(harm(true, true, 2, flip) > 0);
}

#[test]
fn a_flipped_bit_in_an_index_that_was_closed_loses_nothing() {
    assert!(harm(false, true, 3, flip) > 0);
}

#[test]
fn a_cut_index_loses_nothing() {
    assert!(harm(true, true, 4, cut) > 0);
    harm(true, false, 5, cut);
}

#[test]
fn an_index_deleted_emptied_or_of_another_store_is_built_again_with_a_reason() {
    let dir = temporary();
    let expected = template(dir.path(), false, true);
    let other = dir.path().join("other");
    let stranger = SledStore::open(&other, options()).expect("opens");
    fill(&stranger, 20);
    stranger.close().expect("closed");
    let deleted = |index: &Path| fs::remove_dir_all(index).expect("removed");
    let emptied = |index: &Path| {
        fs::remove_dir_all(index).expect("removed");
        fs::create_dir(index).expect("made");
    };
    let strange = |index: &Path| {
        fs::remove_dir_all(index).expect("removed");
        copy_dir(&other.join("index"), index);
    };
    let cases: [(&str, Harm<'_>); 3] =
        [("missing", &deleted), ("empty", &emptied), ("another store", &strange)];
    for (word, change) in cases {
        let copy = dir.path().join(word);
        copy_dir(&dir.path().join("image"), &copy);
        change(&copy.join("index"));
        let store = SledStore::open(&copy, options()).expect("the truth is whole");
        assert!(store.rebuilt().is_some_and(|why| why.contains(word)), "{:?}", store.rebuilt());
        assert_eq!(all(&store), expected, "{word}");
        drop(store);
        let store = SledStore::open(&copy, options()).expect("opens");
        assert_eq!(store.rebuilt(), None, "only once");
    }
}

#[test]
fn an_older_copy_of_the_index_is_caught_up_or_built_again() {
    for compacted in [false, true] {
        let dir = temporary();
        let (live, old) = (dir.path().join("live"), dir.path().join("old"));
        let store = SledStore::open(&live, options()).expect("opens");
        fill(&store, 5);
        store.checkpoint().expect("on disk");
        copy_dir(&live.join("index"), &old);
        fill(&store, 5);
        if compacted {
            store.compact().expect("compacted");
        }
        fill(&store, 5);
        let expected = all(&store);
        store.close().expect("closed");
        fs::remove_dir_all(live.join("index")).expect("removed");
        copy_dir(&old, &live.join("index"));
        let store = SledStore::open(&live, options()).expect("the truth is whole");
        assert_eq!(all(&store), expected);
        assert_eq!(store.rebuilt().is_some(), compacted, "{:?}", store.rebuilt());
        assert_eq!(live.join("index.set-aside-1").exists(), compacted);
    }
}

#[test]
fn an_index_with_a_pair_too_few_or_another_value_is_set_aside() {
    let dir = temporary();
    let expected = template(dir.path(), false, false);
    let key = 33_u64.to_be_bytes();
    let changes: [&dyn Fn(&::sled::Db); 3] = [
        &|db| drop(db.remove(key).expect("removed")),
        &|db| drop(db.insert(key, codec::frame(&key, b"another")).expect("put")),
        &|db| drop(db.insert(b"added", codec::frame(b"added", b"")).expect("put")),
    ];
    for (n, change) in changes.iter().enumerate() {
        let copy = dir.path().join(n.to_string());
        copy_dir(&dir.path().join("image"), &copy);
        let db = ::sled::open(copy.join("index")).expect("opens");
        change(&db);
        drop(db);
        let store = SledStore::open(&copy, options()).expect("the truth is whole");
        assert!(store.rebuilt().is_some(), "change {n}");
        assert_eq!(all(&store), expected, "change {n}");
    }
}

#[test]
fn an_opening_that_panics_or_hangs_is_an_index_to_set_aside() {
    let panicking = watch(Duration::from_secs(30), |_| panic!("a broken page"));
    let Err(Unfit::SetAside(reason)) = panicking else { panic!("{panicking:?}") };
    assert_eq!(reason, "sled panicked: a broken page");
    let (release, held) = sync_channel::<()>(1);
    let hanging = watch(Duration::from_millis(20), move |_| {
        held.recv().expect_err("nothing is ever sent");
        Err(Unfit::SetAside("released".into()))
    });
    let Err(Unfit::SetAside(reason)) = hanging else { panic!("{hanging:?}") };
    assert!(reason.contains("no life"), "{reason}");
    drop(release);
}

#[test]
fn at_most_three_indexes_stay_set_aside() {
    let dir = temporary();
    let live = dir.path().join("live");
    template(dir.path(), false, false);
    for _ in 0..5 {
        fs::write(live.join("index").join("db"), b"nonsense").expect("written");
        let store = SledStore::open(&live, options()).expect("the truth is whole");
        assert!(store.rebuilt().is_some());
        store.close().expect("closed");
    }
    let names: Vec<bool> =
        (1..=5).map(|n| live.join(format!("index.set-aside-{n}")).exists()).collect();
    assert_eq!(names, [false, false, true, true, true]);
}
