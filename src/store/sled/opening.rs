//! Opening sled where its panics and hangs do no harm, and counting what it still has.
//!
//! Called for every opening of the index. It decides only whether the index agrees with itself;
//! whether it agrees with the journal is its caller's question.

use std::path::Path;
use std::sync::RwLock;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use std::{fs, io, thread};

use super::totals::Totals;
use super::{SledIndex, TOTALS_KEY, panic_text};
use crate::store::journaled::Unfit;
use crate::store::{StoreError, codec, is_full};

/// sled writes out what it holds this often; durability does not rest on it.
const FLUSH_EVERY_MS: u64 = 1_000;
/// A handle dropped in this process gives sled's lock back a little later: 500 times 10 ms.
const LOCK_TRIES_MAX: u32 = 500;
const LOCK_WAIT: Duration = Duration::from_millis(10);
/// Pairs between two signs of life while an index is verified.
const BEAT_PAIRS: u64 = 4_096;

pub(super) enum Beat {
    Alive,
    Done(Result<SledIndex, Unfit>),
}

pub(super) fn open_and_verify(
    dir: &Path,
    cache_len: u64,
    beats: &SyncSender<Beat>,
) -> Result<SledIndex, Unfit> {
    let db = open_locked(dir, cache_len)?;
    let mut found = Totals::EMPTY;
    let mut claimed = None;
    for pair in db.iter() {
        let (key, framed) = pair.map_err(|error| unfit(dir, error))?;
        if *key == TOTALS_KEY {
            claimed = Some(Totals::decode(&framed).map_err(|what| Unfit::SetAside(what.into()))?);
            continue;
        }
        codec::unframe(&key, &framed).map_err(|what| Unfit::SetAside(what.into()))?;
        found.add(&key, &framed);
        if found.count.is_multiple_of(BEAT_PAIRS) {
            // A full channel means that a sign of life is already waiting.
            drop(beats.try_send(Beat::Alive));
        }
    }
    let totals = claimed.unwrap_or(Totals::EMPTY);
    if (found.count, found.sum) != (totals.count, totals.sum) {
        return Err(Unfit::SetAside(format!(
            "the index holds {} pairs where its totals say {}, or others than it should",
            found.count, totals.count
        )));
    }
    Ok(SledIndex { db, dir: dir.to_owned(), totals: RwLock::new(totals) })
}

/// Waits for the lock that an earlier handle of this process may still hold.
fn open_locked(dir: &Path, cache_len: u64) -> Result<::sled::Db, Unfit> {
    fs::create_dir_all(dir).map_err(|error| Unfit::Stop(StoreError::io("create", dir)(error)))?;
    let config = ::sled::Config::new()
        .path(dir)
        .cache_capacity(cache_len)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    for _ in 0..LOCK_TRIES_MAX {
        match config.open() {
            Ok(db) => return Ok(db),
            Err(::sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock") =>
            {
                thread::sleep(LOCK_WAIT);
            }
            Err(error) => return Err(unfit(dir, error)),
        }
    }
    Err(Unfit::Stop(StoreError::Locked { path: dir.display().to_string() }))
}

fn unfit(dir: &Path, error: ::sled::Error) -> Unfit {
    match error {
        ::sled::Error::Io(error)
            if is_full(&error) || error.kind() == io::ErrorKind::PermissionDenied =>
        {
            Unfit::Stop(StoreError::io("open", dir)(error))
        }
        error => Unfit::SetAside(format!("the index failed to open: {error}")),
    }
}

/// Runs `open` on a thread of its own, which is left behind if it shows no life for `silence_max`:
/// sled has no way to be stopped.
pub(super) fn watch(
    silence_max: Duration,
    open: impl FnOnce(&SyncSender<Beat>) -> Result<SledIndex, Unfit> + Send + 'static,
) -> Result<SledIndex, Unfit> {
    let (beats, seen) = sync_channel(1);
    let opener = thread::Builder::new().name("sled-open".into()).spawn(move || {
        let done = open(&beats);
        // Nobody waits any more: the index is dropped, and closed with that.
        drop(beats.send(Beat::Done(done)));
    });
    let opener = opener.map_err(|error| {
        Unfit::Stop(StoreError::Fatal { reason: format!("starting a thread: {error}") })
    })?;
    loop {
        match seen.recv_timeout(silence_max) {
            Ok(Beat::Alive) => {}
            Ok(Beat::Done(done)) => return done,
            Err(RecvTimeoutError::Timeout) => {
                let limit = silence_max.as_secs();
                return Err(Unfit::SetAside(format!("sled showed no life for {limit} s")));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let text =
                    opener.join().err().map_or_else(String::new, |panic| panic_text(&*panic));
                return Err(Unfit::SetAside(text));
            }
        }
    }
}
