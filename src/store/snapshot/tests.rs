use std::path::Path;

use super::*;
use crate::store::journal::disk::{DiskFault, FaultyDisk, RealDisk};

fn write(dir: &Path, pairs: u32) -> PathBuf {
    let mut writer = SnapshotWriter::begin(dir, Stamp::genesis([3; 16]), &RealDisk).expect("begun");
    for n in 0..pairs {
        writer.push(&n.to_be_bytes(), format!("value {n}").as_bytes()).expect("pushed");
    }
    writer.finish().expect("finished")
}

fn read(path: &Path) -> Result<Vec<Pair>, StoreError> {
    let mut reader = SnapshotReader::open(path)?;
    let mut pairs = Vec::new();
    while let Some(pair) = reader.next_pair()? {
        pairs.push(pair);
    }
    Ok(pairs)
}

#[test]
fn what_was_written_is_read_and_an_empty_keyspace_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for pairs in [0, 1, 300] {
        let read = read(&write(dir.path(), pairs)).expect("whole");
        assert_eq!(read.len(), usize::try_from(pairs).expect("small"));
        assert!(read.is_sorted());
    }
}

#[test]
fn every_flipped_bit_is_found_with_its_position() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = write(dir.path(), 12);
    let whole = fs::read(&path).expect("there");
    let len = u64::try_from(whole.len()).expect("small");
    let mut file = File::options().write(true).open(&path).expect("there");
    let mut set = |at: usize, byte: u8| {
        let offset = u64::try_from(at).expect("small");
        RealDisk.write(&mut file, offset, &[byte]).expect("written");
    };
    for bit in 0..whole.len() * 8 {
        set(bit / 8, whole[bit / 8] ^ 1 << (bit % 8));
        match read(&path) {
            Err(StoreError::Damaged { offset, .. }) => {
                assert!(offset <= u64::try_from(bit / 8).expect("small"), "bit {bit}: {offset}");
            }
            other => panic!("bit {bit} of {len} bytes: {other:?}"),
        }
        set(bit / 8, whole[bit / 8]);
    }
}

#[test]
fn every_cut_and_every_added_byte_is_found() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = write(dir.path(), 12);
    let whole = fs::read(&path).expect("there");
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).expect("written");
        assert!(matches!(read(&path), Err(StoreError::Damaged { .. })), "cut to {len}");
    }
    let mut longer = whole;
    longer.push(0);
    fs::write(&path, &longer).expect("written");
    assert!(matches!(read(&path), Err(StoreError::Damaged { .. })));
}

#[test]
fn keys_out_of_order_are_refused_before_the_snapshot_gets_its_name() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut writer =
        SnapshotWriter::begin(dir.path(), Stamp::genesis([3; 16]), &RealDisk).expect("begun");
    writer.push(b"b", b"").expect("pushed");
    writer.push(b"a", b"").expect("pushed");
    assert!(matches!(writer.finish(), Err(StoreError::Damaged { .. })));
    assert!(snapshot_paths(dir.path()).expect("listed").is_empty());
}

#[test]
fn a_disk_that_fails_at_any_call_leaves_no_snapshot_by_its_name_unless_only_the_name_is_unsure() {
    for nth in 0..4 {
        for fault in [DiskFault::Failed, DiskFault::Full] {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let disk = FaultyDisk::default();
            disk.plan(nth, fault);
            let mut writer =
                SnapshotWriter::begin(dir.path(), Stamp::genesis([3; 16]), &disk).expect("begun");
            writer.push(b"a", b"1").expect("only buffered");
            let finished = writer.finish();
            assert!(finished.is_err(), "call {nth}, {fault:?}: {finished:?}");
            let named = snapshot_paths(dir.path()).expect("listed").len();
            assert_eq!(named, usize::from(nth == 3), "call {nth}, {fault:?}");
        }
    }
}
