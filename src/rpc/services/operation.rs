//! `OperationService`: backup and check of the store while it serves.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status};
use tracing::info;

use crate::domain::code::Code;
use crate::domain::world::RecordKind;
use crate::engine::Engine;
use crate::engine::recovery::{RecoveryError, recover};
use crate::limits;
use crate::rpc::request::blocking;
use crate::rpc::services::{Doors, Upkeep, ledger};
use crate::rpc::status::Reject;
use crate::store::StoreError;
use crate::store::journaled::Problem;
use crate::wire::{WireError, pb};
use pb::operation_service_server::OperationService;

/// Longest path of a backup, in bytes: what Linux takes.
const PATH_LEN_MAX: usize = 4_096;

/// The service.
#[derive(Debug, Clone)]
pub struct Operation {
    doors: Doors,
    // Held by the thread that works, so that a caller who left does not make room for another.
    alone: Arc<Semaphore>,
}

impl Operation {
    /// The service over what all services share.
    pub fn new(doors: Doors) -> Self {
        Self { doors, alone: Arc::new(Semaphore::new(1)) }
    }

    fn begin(&self) -> Result<(Arc<dyn Upkeep>, OwnedSemaphorePermit), Reject> {
        let upkeep = self.doors.upkeep.clone().ok_or_else(|| {
            let text = "this server's store lies in memory: there is nothing to copy or check";
            Reject::new(Code::Precondition, "UPKEEP_UNSUPPORTED", text)
        })?;
        let alone = self.alone.clone().try_acquire_owned().map_err(|_taken| {
            let text = "another backup or check is running: wait for its end";
            Reject::new(Code::Exhausted, "UPKEEP_RUNNING", text)
        })?;
        Ok((upkeep, alone))
    }
}

fn directory(text: &str) -> Result<PathBuf, WireError> {
    let path = PathBuf::from(text);
    if path.is_absolute() && text.len() <= PATH_LEN_MAX && !text.contains('\0') {
        Ok(path)
    } else {
        Err(WireError::new("directory", "must be an absolute path on the server's machine"))
    }
}

fn backup_failed(error: StoreError) -> Reject {
    match error {
        StoreError::Io { source, .. } if source.kind() == ErrorKind::DirectoryNotEmpty => {
            let text = "the directory is not empty: name a new one";
            Reject::new(Code::Precondition, "DIRECTORY_NOT_EMPTY", text)
        }
        // The caller named the path, so nothing is given away.
        StoreError::Io { action, source, .. } => {
            let text = format!("failed to {action} the directory: {source}");
            Reject::new(Code::Precondition, "DIRECTORY_UNUSABLE", text)
        }
        StoreError::Full { .. } => {
            let text = "the disk that holds the directory is full: free some space";
            Reject::new(Code::Exhausted, "DISK_FULL", text)
        }
        other => other.into(),
    }
}

fn problem(place: &dyn Display, fault: &dyn Display) -> String {
    format!("{place}: {fault}").chars().take(limits::ERROR_CHARS_MAX).collect()
}

/// Rereads the ledger from the store, folds it as a start would, and compares with what is served.
fn check_ledger(engine: &Engine) -> Result<(u64, Vec<String>), StoreError> {
    // Whatever is recorded while the store is reread may come after it.
    let expected = engine.ledger().size();
    let recovered = match recover(&**engine.store()) {
        Ok(recovered) => recovered,
        Err(RecoveryError::Store(StoreError::Damaged { path, offset, reason })) => {
            return Ok((0, vec![problem(&format!("{path} at byte {offset}"), &reason)]));
        }
        Err(RecoveryError::Store(error)) => return Err(error),
        Err(unsound) => return Ok((0, vec![problem(&"ledger", &unsound)])),
    };
    let stored = recovered.tree.len();
    let served = engine.ledger();
    let shared = stored.min(served.size());
    let differs = (0..shared).filter(|index| served.leaf(*index) != recovered.tree.leaf(*index));
    let mut problems: Vec<String> = differs
        .take(limits::PROBLEMS_MAX)
        .map(|index| problem(&format!("ledger entry {index}"), &"is not the one recorded"))
        .collect();
    if stored < expected {
        problems.push(problem(&"ledger", &format!("ends after {stored} entries")));
    }
    Ok((stored, problems))
}

#[tonic::async_trait]
impl OperationService for Operation {
    async fn create_backup(
        &self,
        request: Request<pb::CreateBackupRequest>,
    ) -> Result<Response<pb::CreateBackupResponse>, Status> {
        let directory = directory(&request.into_inner().directory)?;
        let (upkeep, alone) = self.begin()?;
        let (figures, began_at) = (self.doors.figures.clone(), self.doors.engine.now());
        // Taken before the copy: the backup holds at least what the checkpoint covers.
        let (checkpoint, head) = ledger::head(&self.doors.engine).await?;
        let records: usize = {
            let registry = self.doors.engine.registry();
            RecordKind::ALL.iter().map(|kind| registry.table(*kind).len()).sum()
        };
        let copied = blocking(move || {
            let _alone = alone;
            let copied = upkeep.backup(&directory).map_err(backup_failed)?;
            figures.backed_up(began_at);
            info!(batches = copied.stamp.seq, bytes = copied.len, "backup written and verified");
            Ok::<_, Reject>(copied)
        })
        .await?;
        let keys = head.size.saturating_add(u64::try_from(records).unwrap_or(u64::MAX));
        Ok(Response::new(pb::CreateBackupResponse { keys, bytes: copied.len, checkpoint }))
    }

    async fn check_store(
        &self,
        _request: Request<pb::CheckStoreRequest>,
    ) -> Result<Response<pb::CheckStoreResponse>, Status> {
        let (upkeep, alone) = self.begin()?;
        let engine = self.doors.engine.clone();
        let checked = blocking(move || {
            let _alone = alone;
            let report = upkeep.check()?;
            let (ledger_entries, ledger_problems) = check_ledger(&engine)?;
            let place = |found: &Problem| format!("{} at byte {}", found.path, found.offset);
            let stored = report.problems.iter();
            let stored = stored.map(|found| problem(&place(found), &found.reason));
            let problems = stored.chain(ledger_problems).take(limits::PROBLEMS_MAX).collect();
            let keys = report.index_pairs;
            Ok::<_, StoreError>(pb::CheckStoreResponse { keys, ledger_entries, problems })
        });
        Ok(Response::new(checked.await?))
    }
}
