//! The newest head of the ledger that this terminal saw, on disk. A head is kept only if it was proved
//! to continue the one before; what contradicts it is kept beside it, for somebody to look at. So are two
//! orders that one ledger cannot both have issued, which are found when they are received.
//!
//! A restore that the root holders vouch for (a trust bundle with a higher epoch) begins anew.

use prost::Message as _;

use super::rows::{HEAD, HeadRow};
use super::{Inbox, InboxError};
use crate::audit::heads::{Head, open_with};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::SignedNote;
use crate::evidence::proof::ConsistencyProof;
use crate::evidence::tree::Hash;
use crate::limits;
use crate::wire::WireError;

/// What a server shows of its ledger: nothing of it is believed yet.
#[derive(Debug, Clone, Default)]
pub struct ShownHead {
    /// The newest signed head.
    pub newest: String,
    /// The newest head that was cosigned; empty for none.
    pub cosigned: String,
    /// The proof that `newest` continues the head that was seen last.
    pub continues: Vec<Hash>,
    /// The proof that `newest` continues `cosigned`.
    pub continues_cosigned: Vec<Hash>,
}

/// The head that was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHead {
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What must not be: the ledger shown here is not the one that was shown before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadFault {
    /// The ledger's key did not sign it.
    #[error("the ledger's head is not signed by the key in the trust bundle: {0}")]
    NotSigned(String),
    /// It is shorter than it was.
    #[error("the ledger has {shown} entries, and had {kept}: entries were taken out")]
    RolledBack {
        /// Entries seen before.
        kept: u64,
        /// Entries shown now.
        shown: u64,
    },
    /// Another root at the same size, or no proof that it goes on from what was seen.
    #[error(
        "the ledger of {shown} entries does not continue the one of {kept} entries that was seen here: there are two histories"
    )]
    Forked {
        /// Entries seen before.
        kept: u64,
        /// Entries shown now.
        shown: u64,
    },
}

/// How the ledger stands, as far as this terminal has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadStatus {
    /// Entries of the newest head seen; 0 for none.
    pub size: u64,
    /// Entries of the newest head that enough witnesses have cosigned; 0 for none.
    pub witnessed_size: u64,
    /// How many witnesses the trust bundle asks for.
    pub witnesses_needed: u32,
    /// Whether the ledger has grown for over a day and no cosignature followed.
    pub is_witness_late: bool,
    /// What was found that must not be.
    pub alarm: Option<String>,
}

impl HeadStatus {
    /// Whether witnesses are asked for and too few have seen this ledger, or none of late: a server that
    /// shows it to them no more could show it to others as it likes.
    pub const fn is_unwitnessed(&self) -> bool {
        self.witnesses_needed > 0 && (self.witnessed_size == 0 || self.is_witness_late)
    }
}

impl Inbox {
    /// How the ledger stands.
    ///
    /// # Errors
    /// [`InboxError::Store`], [`InboxError::Damaged`], [`InboxError::NoBundle`].
    pub fn head_status(&self) -> Result<HeadStatus, InboxError> {
        let witnesses_needed = self.bundle()?.witnesses.threshold;
        let row = self.head_row()?.unwrap_or_default();
        let size = seen(&row).map_or(0, |seen| seen.size);
        let since = row.unwitnessed_since_ms;
        let is_witness_late =
            since != 0 && self.clock.now().millis() - since > limits::UNWITNESSED_MAX_MS;
        let alarm = row.alarm();
        let witnessed_size = row.cosigned_size;
        Ok(HeadStatus { size, witnessed_size, witnesses_needed, is_witness_late, alarm })
    }

    /// The head that was seen last, which the next one must continue; none before the first, and none
    /// once the root holders vouched for a restore.
    ///
    /// # Errors
    /// [`InboxError::Store`], [`InboxError::Damaged`], [`InboxError::NoBundle`].
    pub fn seen_head(&self) -> Result<Option<SeenHead>, InboxError> {
        let epoch = self.bundle()?.epoch;
        let row = self.head_row()?.filter(|row| row.epoch >= epoch);
        Ok(row.as_ref().and_then(seen))
    }

    /// Judges what a server shows, and keeps it if it continues what was seen last. A contradiction is
    /// kept beside, and stays until the root holders vouch for a restore; what no key of the ledger signed
    /// is no contradiction.
    ///
    /// # Errors
    /// [`InboxError::Store`], [`InboxError::Damaged`], [`InboxError::NoBundle`]. What must not be is no
    /// error, but the answer.
    pub fn take_head(&self, shown: &ShownHead) -> Result<Result<(), HeadFault>, InboxError> {
        let bundle = self.bundle()?;
        let book = self.book.lock();
        let before = self.head_row()?.unwrap_or_default().in_epoch(bundle.epoch);
        let kept = seen(&before);
        let judged = Head::open(&shown.newest, &bundle)
            .map_err(|fault| HeadFault::NotSigned(fault.to_string()))
            .and_then(|head| follows(kept.as_ref(), head, shown));
        let row = match &judged {
            Ok(head) => {
                let cosigned = open_with(&shown.cosigned, bundle.ledger_key).ok();
                let cosigned = cosigned.filter(|(old, note)| {
                    let witnessed = bundle.witnesses.witnessed(note);
                    bundle.witnesses.threshold > 0
                        && witnessed.is_enough()
                        && continues(old, &head.checkpoint, &shown.continues_cosigned)
                });
                let own = head.witnessed.need > 0 && head.witnessed.is_enough();
                let own = if own { head.checkpoint.size } else { 0 };
                let cosigned_size = cosigned.map_or(0, |(old, _note)| old.size).max(own);
                let cosigned_size = cosigned_size.max(before.cosigned_size);
                let goes_on = cosigned_size > before.cosigned_size;
                let unwitnessed_since_ms = match before.unwitnessed_since_ms {
                    _all_seen if cosigned_size >= head.checkpoint.size => 0,
                    since if since == 0 || goes_on => self.clock.now().millis(),
                    since => since,
                };
                HeadRow {
                    note: shown.newest.clone(),
                    epoch: bundle.epoch,
                    cosigned_size,
                    unwitnessed_since_ms,
                    ..before.clone()
                }
            }
            // Nobody of the ledger said it: it contradicts nothing, and the next one may be sound.
            Err(HeadFault::NotSigned(_)) => before.clone(),
            Err(fault) => HeadRow {
                epoch: bundle.epoch,
                alarm: fault.to_string(),
                contradiction: shown.newest.chars().take(super::rows::NOTE_CHARS_KEPT).collect(),
                ..before.clone()
            },
        };
        if row != before {
            self.commit(|batch| batch.put(HEAD, row.encode_to_vec()))?;
        }
        drop(book);
        Ok(judged.map(|_head| ()))
    }

    pub(super) fn head_row(&self) -> Result<Option<HeadRow>, InboxError> {
        let Some(value) = self.store.get(HEAD)? else { return Ok(None) };
        let damaged = |fault| WireError::new("head", fault);
        Ok(Some(HeadRow::decode(&value[..]).map_err(damaged)?))
    }
}

/// What a row's head says; it was judged before it was kept.
fn seen(row: &HeadRow) -> Option<SeenHead> {
    let note = SignedNote::parse(&row.note).ok()?;
    let head = Checkpoint::parse_text(note.text()).ok()?;
    Some(SeenHead { size: head.size, root: head.root })
}

fn follows(kept: Option<&SeenHead>, head: Head, shown: &ShownHead) -> Result<Head, HeadFault> {
    let Some(kept) = kept else { return Ok(head) };
    let (old, new) = (kept.size, head.checkpoint.size);
    if new < old {
        return Err(HeadFault::RolledBack { kept: old, shown: new });
    }
    let proof = ConsistencyProof { old, new, path: shown.continues.clone() };
    match proof.verify(&kept.root, &head.checkpoint.root) {
        Ok(()) => Ok(head),
        Err(_no_more_to_say) => Err(HeadFault::Forked { kept: old, shown: new }),
    }
}

fn continues(old: &Checkpoint, new: &Checkpoint, path: &[Hash]) -> bool {
    let proof = ConsistencyProof { old: old.size, new: new.size, path: path.to_vec() };
    old.origin == new.origin && proof.verify(&old.root, &new.root).is_ok()
}
