//! The whole keyspace at one point, in one file: what lets old journal segments go.
//!
//! Called by [`journaled`](super::journaled) for compaction, backup, rebuilding an index and check.
//! A snapshot is built from the snapshot before it and the journal, never from an index, so that
//! nothing an index lost or bent gets into the truth.
//!
//! File `<sequence, 20 digits>.snapshot`: a stamp (see [`codec`]), then records in
//! strictly ascending order of their keys, then a foot. It is written under another name, synced,
//! reread and verified, renamed, and its directory synced.
//!
//! | Part | Offset | Length | Field |
//! |---|---|---|---|
//! | record | 0 | 2 | key length `k` |
//! | | 2 | 4 | value length `v` |
//! | | 6 | 4 | CRC32C of bytes 0..6, key, value |
//! | | 10 | k + v | key, value |
//! | foot | 0 | 2 | `0xFFFF`, which no key length reaches |
//! | | 2 | 8 | number of records |
//! | | 10 | 32 | SHA-256 of the file up to here from its start |
//! | | 42 | 4 | CRC32C of foot bytes 0..42 |

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use ring::digest;

use super::codec::{self, STAMP_LEN, Stamp, hash_bytes, to_usize};
use super::journal::UNFINISHED_SUFFIX;
use super::journal::disk::Disk;
use super::{KEY_LEN_MAX, Pair, StoreError, VALUE_LEN_MAX};

const SNAPSHOT_MAGIC: [u8; 8] = *b"htsnap.\x01";
const SNAPSHOT_SUFFIX: &str = "snapshot";
const RECORD_HEAD_LEN: usize = 10;
const FOOT_MARK: [u8; 2] = [0xFF, 0xFF];
const FOOT_LEN: usize = 46;
const BUFFER_LEN: usize = 256 * 1024;

/// The snapshots of a directory, oldest first.
pub(crate) fn snapshot_paths(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let path = entry.map_err(StoreError::io("list", dir))?.path();
        if path.extension().is_some_and(|suffix| suffix == SNAPSHOT_SUFFIX) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Writes a snapshot; nothing of it is seen before [`SnapshotWriter::finish`].
#[derive(Debug)]
pub(crate) struct SnapshotWriter<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    stamp: Stamp,
    unfinished: PathBuf,
    file: File,
    len: u64,
    buffer: Vec<u8>,
    hash: Hash,
    count: u64,
}

/// Running SHA-256 that can be printed.
struct Hash(digest::Context);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hash")
    }
}

impl Hash {
    fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl<'a> SnapshotWriter<'a> {
    pub(crate) fn begin(
        dir: &'a Path,
        stamp: Stamp,
        disk: &'a dyn Disk,
    ) -> Result<Self, StoreError> {
        let unfinished = dir.join(format!("{:020}.{UNFINISHED_SUFFIX}", stamp.seq));
        let file = File::create(&unfinished).map_err(StoreError::io("create", &unfinished))?;
        let buffer = stamp.encode(&SNAPSHOT_MAGIC).to_vec();
        Ok(Self { disk, dir, stamp, unfinished, file, len: 0, buffer, hash: Hash::new(), count: 0 })
    }

    /// Adds a pair; keys come in ascending order.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let mut head = Vec::with_capacity(RECORD_HEAD_LEN);
        codec::put_len::<2>(&mut head, key.len());
        codec::put_len::<4>(&mut head, value.len());
        let crc = record_crc(&head, key, value);
        self.buffer.extend_from_slice(&head);
        self.buffer.extend_from_slice(&crc.to_le_bytes());
        self.buffer.extend_from_slice(key);
        self.buffer.extend_from_slice(value);
        self.count += 1;
        if self.buffer.len() >= BUFFER_LEN { self.write_out() } else { Ok(()) }
    }

    /// Completes the file, syncs it, verifies it by reading it again, and gives it its name.
    pub(crate) fn finish(mut self) -> Result<PathBuf, StoreError> {
        self.buffer.extend_from_slice(&FOOT_MARK);
        self.buffer.extend_from_slice(&self.count.to_le_bytes());
        let count_start = self.buffer.len() - FOOT_MARK.len() - 8;
        let foot_head = self.buffer[count_start..].to_vec();
        self.write_out()?;
        let hash = hash_bytes(std::mem::replace(&mut self.hash, Hash::new()).0);
        let crc = crc32c::crc32c_append(crc32c::crc32c(&foot_head), &hash);
        self.buffer.extend_from_slice(&hash);
        self.buffer.extend_from_slice(&crc.to_le_bytes());
        self.write_out()?;
        let path = self.dir.join(format!("{:020}.{SNAPSHOT_SUFFIX}", self.stamp.seq));
        self.disk.sync(&self.file).map_err(StoreError::io("sync", &self.unfinished))?;
        let seen = SnapshotReader::open(&self.unfinished)?;
        if *seen.stamp() != self.stamp || seen.verify()? != self.count {
            return Err(StoreError::damaged(&self.unfinished, 0, "not what was written"));
        }
        fs::rename(&self.unfinished, &path).map_err(StoreError::io("rename", &path))?;
        self.disk.sync_dir(self.dir).map_err(StoreError::io("sync", self.dir))?;
        Ok(path)
    }

    fn write_out(&mut self) -> Result<(), StoreError> {
        self.hash.0.update(&self.buffer);
        self.disk
            .write(&mut self.file, self.len, &self.buffer)
            .map_err(StoreError::io("write", &self.unfinished))?;
        self.len += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

fn record_crc(head: &[u8], key: &[u8], value: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(head), key), value)
}

/// Reads a snapshot pair by pair, checking each and, at the end, the whole.
#[derive(Debug)]
pub(crate) struct SnapshotReader {
    file: BufReader<File>,
    path: PathBuf,
    stamp: Stamp,
    at: u64,
    hash: Hash,
    count: u64,
    last_key: Option<Vec<u8>>,
    done: bool,
}

impl SnapshotReader {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io("open", path))?;
        let mut file = BufReader::with_capacity(BUFFER_LEN, file);
        let mut header = [0; STAMP_LEN];
        read_exact(&mut file, path, 0, &mut header)?;
        let stamp = Stamp::decode(&SNAPSHOT_MAGIC, &header)
            .map_err(|reason| StoreError::damaged(path, 0, reason))?;
        let mut hash = Hash::new();
        hash.0.update(&header);
        Ok(Self {
            file,
            path: path.to_owned(),
            stamp,
            at: STAMP_LEN as u64,
            hash,
            count: 0,
            last_key: None,
            done: false,
        })
    }

    /// The point that the snapshot shows.
    pub(crate) const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Reads to the end; the number of pairs.
    pub(crate) fn verify(mut self) -> Result<u64, StoreError> {
        while self.next_pair()?.is_some() {}
        Ok(self.count)
    }

    /// The next pair; `None` once the foot has been checked.
    pub(crate) fn next_pair(&mut self) -> Result<Option<Pair>, StoreError> {
        if self.done {
            return Ok(None);
        }
        let mut mark = [0; 2];
        self.read(&mut mark)?;
        if mark == FOOT_MARK {
            self.check_foot()?;
            self.done = true;
            return Ok(None);
        }
        let mut head = [0; RECORD_HEAD_LEN];
        head[..2].copy_from_slice(&mark);
        self.read(&mut head[2..])?;
        let mut rest = &head[2..];
        let key_len = usize::from(u16::from_le_bytes(mark));
        let value_len =
            codec::take::<4>(&mut rest).map_or(0, |len| to_usize(u32::from_le_bytes(len)));
        let crc = codec::take::<4>(&mut rest).map_or(0, u32::from_le_bytes);
        if key_len > KEY_LEN_MAX || value_len > VALUE_LEN_MAX {
            return Err(self.damaged("the record's lengths are out of bounds"));
        }
        let (mut key, mut value) = (vec![0; key_len], vec![0; value_len]);
        self.read(&mut key)?;
        self.read(&mut value)?;
        if record_crc(&head[..6], &key, &value) != crc {
            return Err(self.damaged("the record does not match its checksum"));
        }
        if self.last_key.as_ref().is_some_and(|last| *last >= key) {
            return Err(self.damaged("the record is out of order"));
        }
        self.hash.0.update(&head);
        self.hash.0.update(&key);
        self.hash.0.update(&value);
        self.at += (RECORD_HEAD_LEN + key_len + value_len) as u64;
        self.count += 1;
        self.last_key = Some(key.clone());
        Ok(Some((key, value)))
    }

    fn check_foot(&mut self) -> Result<(), StoreError> {
        let mut foot = [0; FOOT_LEN];
        foot[..2].copy_from_slice(&FOOT_MARK);
        self.read(&mut foot[2..])?;
        let crc = crc32c::crc32c(&foot[..42]);
        if foot[42..] != crc.to_le_bytes() {
            return Err(self.damaged("the foot does not match its checksum"));
        }
        self.hash.0.update(&foot[..10]);
        let hash = hash_bytes(std::mem::replace(&mut self.hash, Hash::new()).0);
        if foot[2..10] != self.count.to_le_bytes() || foot[10..42] != hash {
            return Err(self.damaged("the foot does not match the records"));
        }
        let mut beyond = [0; 1];
        match self.file.read(&mut beyond) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something follows the foot")),
            Err(error) => Err(StoreError::io("read", &self.path)(error)),
        }
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), StoreError> {
        read_exact(&mut self.file, &self.path, self.at, bytes)
    }

    fn damaged(&self, reason: &str) -> StoreError {
        StoreError::damaged(&self.path, self.at, reason)
    }
}

fn read_exact(
    file: &mut BufReader<File>,
    path: &Path,
    at: u64,
    bytes: &mut [u8],
) -> Result<(), StoreError> {
    file.read_exact(bytes).map_err(|error| {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            StoreError::damaged(path, at, "the snapshot is cut short")
        } else {
            StoreError::io("read", path)(error)
        }
    })
}
