//! Opening the journal: the whole chain is verified, and its tail judged.
//!
//! Called by [`Journal::open`](super::Journal::open) and by check, backup and restore, which judge
//! without mending. Damage is never shortened away; only a tail that was never confirmed is cut,
//! and kept aside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::segment::{SegmentReader, Step};
use super::{HEAD_FILE, HEAD_MAGIC, SEGMENT_SUFFIX, TORN_SUFFIX};
use crate::store::StoreError;
use crate::store::codec::{STAMP_LEN, Stamp};

/// Cut tails kept for a person to look at; the oldest go first.
const TORN_KEPT_MAX: usize = 8;

/// One segment that was read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// The stamp in its header: the point before its first record.
    pub(crate) base: Stamp,
    /// The point after its last record.
    pub(crate) end: Stamp,
    /// Length of its valid bytes.
    pub(crate) len: u64,
}

/// What reading the whole journal found.
#[derive(Debug)]
pub(crate) struct Survey {
    /// In order, at least one.
    pub(crate) segments: Vec<Segment>,
    /// Length of the last segment's file where a torn tail follows its valid bytes.
    pub(crate) torn: Option<Torn>,
    /// Where in the last segment the records begin that the head file does not vouch for.
    pub(crate) unvouched_at: u64,
    /// Why the head file cannot be used, if so.
    pub(crate) head_problem: Option<String>,
}

/// A tail that was never confirmed.
#[derive(Debug)]
pub(crate) struct Torn {
    pub(crate) path: PathBuf,
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) reason: &'static str,
}

impl Survey {
    pub(crate) fn last(&self) -> &Segment {
        self.segments.last().expect("a survey holds at least one segment")
    }

    pub(crate) fn first(&self) -> &Segment {
        self.segments.first().expect("a survey holds at least one segment")
    }
}

/// The segments' paths in order of their first record.
pub(crate) fn segment_paths(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let path = entry.map_err(StoreError::io("list", dir))?.path();
        if path.extension().is_some_and(|suffix| suffix == SEGMENT_SUFFIX) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The head file's stamp, or why there is none to use.
pub(crate) fn read_head(dir: &Path) -> Result<Stamp, String> {
    let path = dir.join(HEAD_FILE);
    let bytes =
        fs::read(&path).map_err(|error| format!("the head file cannot be read: {error}"))?;
    let stamp = Stamp::decode(&HEAD_MAGIC, &bytes)
        .map_err(|reason| format!("the head file cannot be used: {reason}"))?;
    if bytes.len() == STAMP_LEN {
        Ok(stamp)
    } else {
        Err("the head file is longer than a stamp".into())
    }
}

/// Reads and checks everything; changes nothing. `None` where no journal was ever begun.
pub(crate) fn survey(dir: &Path) -> Result<Option<Survey>, StoreError> {
    let head = read_head(dir);
    let paths = segment_paths(dir)?;
    let Some(last_path) = paths.last() else {
        return match head {
            Ok(head) if head.seq > 0 => {
                Err(StoreError::damaged(dir, 0, "the journal's segments are missing"))
            }
            _ => Ok(None),
        };
    };
    let mut survey = Survey {
        segments: Vec::with_capacity(paths.len()),
        torn: None,
        unvouched_at: STAMP_LEN as u64,
        head_problem: head.as_ref().err().cloned(),
    };
    let head = head.ok();
    let mut vouched = false;
    for path in &paths {
        let mut reader = SegmentReader::open(path, u64::MAX)?;
        let base = *reader.stamp();
        if path.file_name() != Some(super::segment_name(&base).as_ref()) {
            return Err(StoreError::damaged(path, 0, "the header does not belong to this name"));
        }
        if survey.segments.last().is_some_and(|before: &Segment| before.end != base) {
            return Err(StoreError::damaged(
                path,
                0,
                "the segment does not continue the one before",
            ));
        }
        loop {
            if let Some(head) = head.filter(|head| head.seq == reader.stamp().seq) {
                if head != *reader.stamp() {
                    let reason = "the journal is not the one that the head file knows";
                    return Err(StoreError::damaged(path, reader.at(), reason));
                }
                vouched = true;
                survey.unvouched_at = reader.at();
            }
            match reader.step()? {
                Step::Record => {}
                Step::End => break,
                Step::Broken(broken) => {
                    let confirmed = head.is_none_or(|head| head.seq > reader.stamp().seq);
                    if path != last_path || confirmed || !broken.can_be_torn {
                        return Err(StoreError::damaged(path, broken.offset, broken.reason));
                    }
                    let file_len = fs::metadata(path).map_err(StoreError::io("read", path))?.len();
                    survey.torn = Some(Torn {
                        path: path.clone(),
                        offset: broken.offset,
                        len: file_len - broken.offset,
                        reason: broken.reason,
                    });
                    break;
                }
            }
        }
        if path != last_path || !vouched {
            survey.unvouched_at = STAMP_LEN as u64;
        }
        let (end, len) = (*reader.stamp(), reader.at());
        survey.segments.push(Segment { path: path.clone(), base, end, len });
    }
    refuse_disagreeing_head(&survey, head)?;
    Ok(Some(survey))
}

/// The head file is written after each sync, so it never knows more than the disk: a journal that
/// ends before it was shortened.
fn refuse_disagreeing_head(survey: &Survey, head: Option<Stamp>) -> Result<(), StoreError> {
    let Some(head) = head else { return Ok(()) };
    let last = survey.last();
    if head.seq > last.end.seq {
        let reason = format!(
            "the journal ends after batch {}, but batch {} was confirmed",
            last.end.seq, head.seq
        );
        return Err(StoreError::damaged(&last.path, last.len, reason));
    }
    if head.store != last.end.store {
        let reason = "the segment belongs to another store than the head file";
        return Err(StoreError::damaged(&last.path, 0, reason));
    }
    Ok(())
}

/// Copies the torn tail aside, then cuts it off.
pub(super) fn cut_torn(dir: &Path, disk: &dyn Disk, torn: &Torn) -> Result<(), StoreError> {
    let Torn { path, offset, len, reason } = torn;
    tracing::warn!(
        file = %path.display(), offset, bytes = len, reason,
        "cutting an append that never finished and was never confirmed"
    );
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let aside = dir.join(format!("{stem}-{offset:012}.{TORN_SUFFIX}"));
    let copy = || -> io::Result<()> {
        let mut from = File::open(path)?;
        from.seek(SeekFrom::Start(*offset))?;
        let mut to = File::create(&aside)?;
        io::copy(&mut from.take(*len), &mut to)?;
        disk.sync(&to)?;
        disk.sync_dir(dir)
    };
    copy().map_err(StoreError::io("keep the torn tail in", &aside))?;
    let file = OpenOptions::new().write(true).open(path).map_err(StoreError::io("open", path))?;
    disk.truncate(&file, *offset).map_err(StoreError::io("cut", path))?;
    disk.sync(&file).map_err(|error| StoreError::fatal("cutting", path, &error))?;
    drop_old_torn(dir)
}

fn drop_old_torn(dir: &Path) -> Result<(), StoreError> {
    let mut kept: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(StoreError::io("list", dir))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|suffix| suffix == TORN_SUFFIX))
        .collect();
    kept.sort();
    let excess = kept.len().saturating_sub(TORN_KEPT_MAX);
    for path in kept.iter().take(excess) {
        fs::remove_file(path).map_err(StoreError::io("remove", path))?;
    }
    Ok(())
}
