use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};

use super::disk::{DiskFault, FaultyDisk};
use super::reserve::RESERVE_FILE;
use super::segment::{RECORD_HEAD_LEN, SegmentReader};
use super::*;
use crate::store::codec::encode_batch;
use crate::store::{BATCH_LEN_MAX, Op};

const SMALL: JournalOptions =
    JournalOptions { segment_len_max: 700, reserve_len: 0, free_len_min: 0 };

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn payload(n: u64) -> Vec<u8> {
    let key = n.to_be_bytes().to_vec();
    encode_batch(&[Op::Put { key, value: vec![b'v'; 40] }])
}

fn open(dir: &Path) -> Result<Journal, StoreError> {
    Journal::open(dir, SMALL, Arc::new(FaultyDisk::default())).map(|opened| opened.journal)
}

fn fill(dir: &Path, records: u64) {
    let mut journal = open(dir).expect("opens");
    for _ in 0..records {
        let next = payload(journal.end().seq);
        journal.append(&next).expect("appended");
    }
}

fn flip(path: &Path, bit: usize) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).expect("there");
    let mut byte = [0];
    let at = SeekFrom::Start(u64::try_from(bit / 8).expect("small"));
    file.seek(at).and_then(|_| file.read_exact(&mut byte)).expect("read");
    byte[0] ^= 1 << (bit % 8);
    file.seek(at).and_then(|_| file.write_all(&byte)).expect("written");
}

fn last_segment(dir: &Path) -> PathBuf {
    recover::segment_paths(dir).expect("listed").pop().expect("at least one")
}

fn stale_head(dir: &Path, seq: u64) {
    let survey = survey(dir).expect("whole").expect("there");
    let mut stamp = None;
    for segment in &survey.segments {
        let mut reader = SegmentReader::open(&segment.path, u64::MAX).expect("opens");
        while reader.stamp().seq < seq && reader.step_whole().expect("whole") {}
        stamp = (reader.stamp().seq == seq).then_some(*reader.stamp()).or(stamp);
    }
    let stamp = stamp.expect("such a record");
    fs::write(dir.join(HEAD_FILE), stamp.encode(&HEAD_MAGIC)).expect("written");
}

fn append_raw(dir: &Path, bytes: &[u8]) {
    let mut file =
        OpenOptions::new().append(true).open(last_segment(dir)).expect("the last segment");
    file.write_all(bytes).expect("written");
}

fn next_record(dir: &Path) -> Vec<u8> {
    let end = survey(dir).expect("whole").expect("there").last().end;
    let payload = payload(end.seq);
    encode_record(&end.after(&payload), &payload)
}

fn torn_files(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).expect("listed");
    entries
        .filter(|e| e.as_ref().is_ok_and(|e| e.path().extension() == Some("torn".as_ref())))
        .count()
}

#[test]
fn records_survive_a_reopening_and_segments_continue_each_other() {
    let dir = temporary();
    fill(dir.path(), 10);
    fill(dir.path(), 10);
    let survey = survey(dir.path()).expect("whole").expect("there");
    assert_eq!(survey.last().end.seq, 20);
    assert!(survey.segments.len() > 3, "the bound of a segment holds");
    assert!(survey.segments.iter().all(|segment| segment.len <= SMALL.segment_len_max));
    assert!(survey.head_problem.is_none() && survey.torn.is_none());
}

#[test]
fn every_flipped_bit_of_every_file_is_found_with_its_position() {
    let dir = temporary();
    fill(dir.path(), 14);
    let mut flips = 0;
    for path in recover::segment_paths(dir.path()).expect("listed") {
        let len = usize::try_from(fs::metadata(&path).expect("there").len()).expect("small");
        for bit in 0..len * 8 {
            flip(&path, bit);
            match survey(dir.path()) {
                Err(StoreError::Damaged { path: named, offset, .. }) => {
                    assert_eq!(named, path.display().to_string(), "bit {bit}");
                    assert!(offset <= u64::try_from(bit / 8).expect("small"), "bit {bit}");
                }
                other => panic!("bit {bit} of {}: {other:?}", path.display()),
            }
            flip(&path, bit);
            flips += 1;
        }
    }
    assert!(flips > 10_000, "{flips} bits were tried");
    for bit in 0..STAMP_LEN * 8 {
        flip(&dir.path().join(HEAD_FILE), bit);
        let found = survey(dir.path()).expect("the chain is whole").expect("there");
        let problem = found.head_problem.expect("the flip is noticed");
        assert!(problem.contains("head file cannot be used"), "{problem}");
        flip(&dir.path().join(HEAD_FILE), bit);
    }
}

#[test]
fn every_cut_into_confirmed_records_is_found_even_at_a_records_boundary() {
    let dir = temporary();
    fill(dir.path(), 14);
    let path = last_segment(dir.path());
    let whole = fs::read(&path).expect("there");
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).expect("written");
        assert!(matches!(open(dir.path()), Err(StoreError::Damaged { .. })), "cut to {len}");
    }
    fs::write(&path, &whole).expect("written");
    open(dir.path()).expect("whole again");
}

#[test]
fn segments_swapped_missing_or_under_another_name_are_found() {
    let damaged = |change: &dyn Fn(&[PathBuf])| {
        let dir = temporary();
        fill(dir.path(), 20);
        change(&recover::segment_paths(dir.path()).expect("listed"));
        assert!(matches!(open(dir.path()), Err(StoreError::Damaged { .. })));
    };
    damaged(&|paths| {
        let (a, b) = (fs::read(&paths[0]).expect("there"), fs::read(&paths[1]).expect("there"));
        fs::write(&paths[0], b).expect("written");
        fs::write(&paths[1], a).expect("written");
    });
    damaged(&|paths| fs::remove_file(&paths[1]).expect("removed"));
    damaged(&|paths| fs::remove_file(paths.last().expect("many")).expect("removed"));
    damaged(&|paths| fs::rename(&paths[0], paths[0].with_file_name("9.journal")).expect("renamed"));
    damaged(&|paths| paths.iter().for_each(|path| fs::remove_file(path).expect("removed")));
}

#[test]
fn an_append_that_never_finished_is_cut_and_kept_aside_at_every_length() {
    let template = temporary();
    fill(template.path(), 3);
    let record = next_record(template.path());
    for len in 1..record.len() {
        let dir = temporary();
        fill(dir.path(), 3);
        let record = next_record(dir.path());
        append_raw(dir.path(), &record[..len]);
        let mut journal = open(dir.path()).expect("a torn tail is no damage");
        assert_eq!((journal.end().seq, torn_files(dir.path())), (3, 1), "cut to {len}");
        journal.append(&payload(3)).expect("goes on");
        drop(journal);
        assert_eq!(open(dir.path()).expect("whole").end().seq, 4, "cut to {len}");
    }
}

#[test]
fn zeros_that_a_power_cut_leaves_are_torn_alone_and_after_a_beginning() {
    let value = vec![b'v'; 3_000];
    for written in [0, 10, 600, 2_000] {
        for zeros in [1, 512, 4_096] {
            let dir = temporary();
            fill(dir.path(), 3);
            let end = survey(dir.path()).expect("whole").expect("there").last().end;
            let big = encode_batch(&[Op::Put { key: b"k".to_vec(), value: value.clone() }]);
            let mut bytes = encode_record(&end.after(&big), &big);
            bytes.truncate(written);
            let full =
                bytes.len().next_multiple_of(512) + zeros.max(usize::from(written > 0) * 3_600);
            bytes.resize(full, 0);
            append_raw(dir.path(), &bytes);
            let journal = open(dir.path()).expect("a torn tail is no damage");
            assert_eq!((journal.end().seq, torn_files(dir.path())), (3, 1), "{written} {zeros}");
        }
    }
}

#[test]
fn a_whole_last_record_with_a_flipped_bit_is_damage_even_if_the_head_does_not_know_it() {
    let dir = temporary();
    fill(dir.path(), 5);
    stale_head(dir.path(), 3);
    let path = last_segment(dir.path());
    let whole = fs::read(&path).expect("there");
    let record_len = RECORD_HEAD_LEN + payload(0).len();
    for bit in (whole.len() - record_len) * 8..whole.len() * 8 {
        flip(&path, bit);
        assert!(matches!(open(dir.path()), Err(StoreError::Damaged { .. })), "bit {bit}");
        flip(&path, bit);
    }
    assert_eq!(open(dir.path()).expect("whole").end().seq, 5);
}

#[test]
fn a_record_that_the_head_does_not_know_is_kept() {
    let dir = temporary();
    fill(dir.path(), 3);
    let record = next_record(dir.path());
    append_raw(dir.path(), &record);
    assert_eq!(open(dir.path()).expect("whole").end().seq, 4);
    let head = recover::read_head(dir.path()).expect("made to know it");
    assert_eq!(head.seq, 4);
}

#[test]
fn without_a_head_a_tail_is_damage_but_a_whole_chain_opens() {
    let dir = temporary();
    fill(dir.path(), 3);
    fs::remove_file(dir.path().join(HEAD_FILE)).expect("removed");
    assert_eq!(open(dir.path()).expect("whole").end().seq, 3);
    let record = next_record(dir.path());
    append_raw(dir.path(), &record[..20]);
    fs::remove_file(dir.path().join(HEAD_FILE)).expect("removed");
    assert!(matches!(open(dir.path()), Err(StoreError::Damaged { .. })));
}

#[test]
fn damage_before_a_valid_record_is_never_taken_for_a_torn_tail() {
    let dir = temporary();
    fill(dir.path(), 3);
    let first = next_record(dir.path());
    append_raw(dir.path(), &first);
    let second = next_record(dir.path());
    append_raw(dir.path(), &second);
    let zeros = vec![0; 1_024];
    append_raw(dir.path(), &zeros);
    let path = last_segment(dir.path());
    let len = fs::metadata(&path).expect("there").len();
    let at = usize::try_from(len).expect("small") - zeros.len() - second.len() - first.len();
    flip(&path, (at + RECORD_HEAD_LEN + 5) * 8);
    let error = open(dir.path()).expect_err("a valid record follows");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(fs::metadata(&path).expect("there").len(), len, "nothing was cut");
}

#[test]
fn at_most_eight_torn_tails_are_kept() {
    let dir = temporary();
    for n in 0..12 {
        fill(dir.path(), 1);
        let record = next_record(dir.path());
        append_raw(dir.path(), &record[..20]);
        assert_eq!(open(dir.path()).expect("torn").end().seq, n + 1);
    }
    assert_eq!(torn_files(dir.path()), 8);
}

/// Appends twelve records on a disk that fails at its `nth` call; how many were confirmed.
fn append_on(dir: &Path, disk: &Arc<FaultyDisk>) -> (u64, Option<StoreError>) {
    let disk: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(disk);
    let mut journal = match Journal::open(dir, SMALL, disk) {
        Ok(opened) => opened.journal,
        Err(error) => return (0, Some(error)),
    };
    let mut first_error = None;
    let mut confirmed = 0;
    while confirmed < 12 {
        match journal.append(&payload(confirmed)) {
            Ok(stamp) => {
                let failed = matches!(first_error, Some(StoreError::Fatal { .. }));
                assert!(!failed, "nothing is confirmed after an unknown outcome");
                confirmed = stamp.seq;
            }
            Err(error @ StoreError::Full { .. }) => {
                assert!(first_error.is_none(), "one fault, one refusal");
                first_error = Some(error);
            }
            Err(error) => {
                let again = journal.append(&payload(confirmed)).expect_err("latched");
                assert!(matches!(again, StoreError::Fatal { .. }), "{again}");
                return (confirmed, Some(error));
            }
        }
    }
    (confirmed, first_error)
}

#[test]
fn a_disk_that_fails_at_any_call_loses_nothing_confirmed_and_confirms_nothing_after() {
    let disk = Arc::new(FaultyDisk::default());
    assert_eq!(append_on(temporary().path(), &disk).0, 12);
    let calls = disk.calls();
    assert!(calls > 40, "{calls} calls");
    for nth in 0..calls {
        for fault in [DiskFault::Failed, DiskFault::Full] {
            let dir = temporary();
            let disk = Arc::new(FaultyDisk::default());
            disk.plan(nth, fault);
            let (confirmed, error) = append_on(dir.path(), &disk);
            let head_was_full = fault == DiskFault::Full && confirmed == 12;
            assert!(error.is_some() || head_was_full, "call {nth}, {fault:?}");
            let end = open(dir.path()).expect("opens on a good disk").end().seq;
            assert!(
                end == confirmed || end == confirmed + 1,
                "call {nth}, {fault:?}: {confirmed} confirmed, {end} found"
            );
        }
    }
}

#[test]
fn a_failed_sync_is_fatal_and_a_failed_cut_after_a_full_disk_too() {
    let dir = temporary();
    let disk = Arc::new(FaultyDisk::default());
    let shared: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(&disk);
    let mut journal = Journal::open(dir.path(), SMALL, shared).expect("opens").journal;
    disk.plan(0, DiskFault::Full);
    assert!(matches!(journal.append(&payload(0)), Err(StoreError::Full { .. })));
    assert_eq!(journal.append(&payload(0)).expect("there is room again").seq, 1);
    disk.plan(0, DiskFault::Full);
    disk.plan(1, DiskFault::Failed);
    assert!(matches!(journal.append(&payload(1)), Err(StoreError::Fatal { .. })));
    drop(journal);
    let shared: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(&disk);
    let mut journal = Journal::open(dir.path(), SMALL, shared).expect("opens").journal;
    disk.plan(1, DiskFault::Full);
    assert!(matches!(journal.append(&payload(1)), Err(StoreError::Fatal { .. })));
    assert!(matches!(journal.append(&payload(1)), Err(StoreError::Fatal { .. })));
}

#[test]
fn the_reserve_makes_room_once_and_comes_back_when_there_is_room() {
    let dir = temporary();
    let disk = Arc::new(FaultyDisk::default());
    let shared: Arc<dyn Disk> = Arc::<FaultyDisk>::clone(&disk);
    let options = JournalOptions { reserve_len: 5_000, free_len_min: 10_000, ..SMALL };
    let mut journal = Journal::open(dir.path(), options, shared).expect("opens").journal;
    let reserve = dir.path().join(RESERVE_FILE);
    assert_eq!(fs::metadata(&reserve).expect("made at once").len(), 5_000);
    disk.pretend_free(Some(9_000));
    assert!(matches!(journal.append(&payload(0)), Err(StoreError::Full { .. })));
    assert!(journal.release_reserve().expect("released"));
    assert!(!journal.release_reserve().expect("nothing left"));
    assert!(!reserve.exists());
    disk.pretend_free(Some(14_000));
    journal.append(&payload(0)).expect("there is room now");
    assert!(!journal.refill_reserve().expect("not enough room yet"));
    disk.pretend_free(None);
    assert!(journal.refill_reserve().expect("room"));
    assert!(reserve.exists());
}

#[test]
fn the_bytes_of_a_record_are_these() {
    let stamp = Stamp::genesis([1; 16]).after(b"payload\x5A");
    let record = encode_record(&stamp, b"payload\x5A");
    assert_eq!(
        hex::encode(&record[..12]),
        "080000000100000000000000",
        "length and sequence, little-endian"
    );
    assert_eq!(record[12..44], stamp.chain);
    assert_eq!(record[52..], *b"payload\x5A");
    let mut longest = vec![1; BATCH_LEN_MAX];
    longest[0] = 2;
    assert_eq!(encode_record(&stamp, &longest).len(), RECORD_HEAD_LEN + BATCH_LEN_MAX);
}
