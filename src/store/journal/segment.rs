//! One file of the journal, read and judged record by record.
//!
//! Called by recovery, replay, compaction, backup and check. It says of bytes that are not a valid
//! record where they begin and whether a write that never finished can look so; what follows from
//! that is decided by its callers, who know which records were confirmed.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::store::codec::{self, STAMP_LEN, Stamp, to_usize};
use crate::store::{BATCH_LEN_MAX, Op, StoreError};

/// Magic of a segment; the last byte is the version.
pub(crate) const SEGMENT_MAGIC: [u8; 8] = *b"htjourn\x01";
/// Bytes of a record before its payload.
pub(crate) const RECORD_HEAD_LEN: usize = 52;
/// Smallest unit a disk writes whole: what was not written reads as zeros from such a boundary on.
const SECTOR_LEN: u64 = 512;
const READ_BUFFER_LEN: usize = 256 * 1024;

/// The bytes of one record. The payload's bound was checked.
pub(crate) fn encode_record(after: &Stamp, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RECORD_HEAD_LEN + payload.len());
    codec::put_len::<4>(&mut bytes, payload.len());
    bytes.extend_from_slice(&after.seq.to_le_bytes());
    bytes.extend_from_slice(&after.chain);
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// What the head of a record says.
struct RecordHead {
    len: usize,
    seq: u64,
    chain: [u8; 32],
    payload_crc: u32,
}

impl RecordHead {
    fn decode(bytes: &[u8; RECORD_HEAD_LEN]) -> Option<Self> {
        let mut rest = &bytes[..];
        let len = to_usize(u32::from_le_bytes(codec::take::<4>(&mut rest)?));
        let seq = u64::from_le_bytes(codec::take::<8>(&mut rest)?);
        let chain = codec::take::<32>(&mut rest)?;
        let payload_crc = u32::from_le_bytes(codec::take::<4>(&mut rest)?);
        let crc = u32::from_le_bytes(codec::take::<4>(&mut rest)?);
        let whole = crc == crc32c::crc32c(&bytes[..RECORD_HEAD_LEN - 4]) && len <= BATCH_LEN_MAX;
        whole.then_some(Self { len, seq, chain, payload_crc })
    }
}

/// Bytes that are not the next valid record.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Where they begin.
    pub(crate) offset: u64,
    /// What is wrong.
    pub(crate) reason: &'static str,
    /// Whether an append that never finished can have left them. Then nothing valid follows.
    pub(crate) can_be_torn: bool,
}

/// What comes next in a segment.
#[derive(Debug)]
pub(crate) enum Step {
    /// A valid record; its payload is in [`SegmentReader::payload`].
    Record,
    /// The end, at a record's boundary.
    End,
    /// Neither.
    Broken(Broken),
}

/// Reads one segment from its start up to a length.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    file: BufReader<File>,
    path: PathBuf,
    len: u64,
    at: u64,
    stamp: Stamp,
    payload: Vec<u8>,
}

impl SegmentReader {
    /// Opens a segment; `len_max` hides what an append may just be writing.
    pub(crate) fn open(path: &Path, len_max: u64) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io("open", path))?;
        let len = file.metadata().map_err(StoreError::io("read", path))?.len().min(len_max);
        let mut file = BufReader::with_capacity(READ_BUFFER_LEN, file);
        if len < STAMP_LEN as u64 {
            return Err(StoreError::damaged(path, 0, "the segment is shorter than its header"));
        }
        let mut header = [0; STAMP_LEN];
        file.read_exact(&mut header).map_err(StoreError::io("read", path))?;
        let stamp = Stamp::decode(&SEGMENT_MAGIC, &header)
            .map_err(|reason| StoreError::damaged(path, 0, reason))?;
        let at = STAMP_LEN as u64;
        Ok(Self { file, path: path.to_owned(), len, at, stamp, payload: Vec::new() })
    }

    /// The stamp after the last record read, at first the one in the header.
    pub(crate) const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Where the next record begins.
    pub(crate) const fn at(&self) -> u64 {
        self.at
    }

    /// The operations of the last record read.
    pub(crate) fn ops(&self) -> Result<Vec<Op>, StoreError> {
        codec::decode_batch(&self.payload)
            .map_err(|reason| StoreError::damaged(&self.path, self.at, reason))
    }

    /// Reads and checks the next record.
    pub(crate) fn step(&mut self) -> Result<Step, StoreError> {
        let left = self.len - self.at;
        if left == 0 {
            return Ok(Step::End);
        }
        if left < RECORD_HEAD_LEN as u64 {
            return Ok(self.broken("the record's head is cut short", true));
        }
        let mut bytes = [0; RECORD_HEAD_LEN];
        self.read(&mut bytes)?;
        let Some(head) = RecordHead::decode(&bytes) else {
            return self.judge_tail("the record's head does not match its checksum");
        };
        if head.seq != self.stamp.seq + 1 {
            return Ok(self.broken("the record is not the next in sequence", false));
        }
        if left - (RECORD_HEAD_LEN as u64) < head.len as u64 {
            return Ok(self.broken("the record is shorter than its length", true));
        }
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(head.len, 0);
        self.read(&mut payload)?;
        self.payload = payload;
        if crc32c::crc32c(&self.payload) != head.payload_crc {
            return self.judge_tail("the record does not match its checksum");
        }
        let after = self.stamp.after(&self.payload);
        if after.chain != head.chain {
            return Ok(self.broken("the record does not continue the chain", false));
        }
        self.stamp = after;
        self.at += (RECORD_HEAD_LEN + head.len) as u64;
        Ok(Step::Record)
    }

    /// Like [`Self::step`] where nothing may be torn: false at the end.
    pub(crate) fn step_whole(&mut self) -> Result<bool, StoreError> {
        match self.step()? {
            Step::Record => Ok(true),
            Step::End => Ok(false),
            Step::Broken(broken) => {
                Err(StoreError::damaged(&self.path, broken.offset, broken.reason))
            }
        }
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), StoreError> {
        self.file.read_exact(bytes).map_err(StoreError::io("read", &self.path))
    }

    const fn broken(&self, reason: &'static str, can_be_torn: bool) -> Step {
        Step::Broken(Broken { offset: self.at, reason, can_be_torn })
    }

    /// A full-length record that fails its checksum was torn only if its last sectors were never
    /// written, that is, read as zeros up to the end of the file, and nothing valid follows. A
    /// record that was written whole ends in a byte that is not zero.
    fn judge_tail(&mut self, reason: &'static str) -> Result<Step, StoreError> {
        // One append at a time: an unfinished write is never longer than one record.
        let longest = (RECORD_HEAD_LEN + BATCH_LEN_MAX) as u64;
        if self.len - self.at > longest {
            return Ok(self.broken(reason, false));
        }
        let mut tail = Vec::new();
        self.file.seek(SeekFrom::Start(self.at)).map_err(StoreError::io("read", &self.path))?;
        let left = self.len - self.at;
        (&mut self.file)
            .take(left)
            .read_to_end(&mut tail)
            .map_err(StoreError::io("read", &self.path))?;
        let written = tail.iter().rposition(|&byte| byte != 0).map_or(0, |last| last as u64 + 1);
        let zeros_from = (self.at + written).next_multiple_of(SECTOR_LEN);
        let unwritten = written == 0 || zeros_from < self.len;
        Ok(self.broken(reason, unwritten && !self.holds_a_later_head(&tail)))
    }

    fn holds_a_later_head(&self, tail: &[u8]) -> bool {
        tail.windows(RECORD_HEAD_LEN).skip(1).any(|window| {
            window
                .first_chunk::<RECORD_HEAD_LEN>()
                .and_then(RecordHead::decode)
                .is_some_and(|head| head.seq > self.stamp.seq)
        })
    }
}
