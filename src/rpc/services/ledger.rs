//! `LedgerService`: what anyone needs to check the record.

mod find;

use prost::bytes::Bytes;
use tonic::{Request, Response, Status};

use crate::domain::code::Code;
use crate::engine::Engine;
use crate::engine::ledger::LedgerError;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::SignedNote;
use crate::evidence::tree::Hash;
use crate::limits;
use crate::rpc::request::{blocking, page_size};
use crate::rpc::services::Doors;
use crate::rpc::status::Reject;
use crate::store::keys;
use crate::wire::{WireError, pb};
use pb::ledger_service_server::LedgerService;

const PAGE_USUAL: usize = 100;
const PAGE_MAX: usize = 500;
/// Names of kinds in one request: more than there are.
const KINDS_MAX: usize = 40;
/// Leaves read at once: with the largest ones a page is full after a few.
const READ_LEN: usize = 16;

/// The service.
#[derive(Debug, Clone)]
pub struct Ledgers(pub Doors);

/// The newest signed head, and what it says.
pub(super) async fn head(engine: &Engine) -> Result<(String, Checkpoint), Status> {
    let engine = engine.clone();
    let text = blocking(move || engine.checkpoint()).await?;
    let unreadable = |fault: &dyn std::fmt::Display| Reject::internal("CHECKPOINT_FAILED", fault);
    let note = SignedNote::parse(&text).map_err(|fault| unreadable(&fault))?;
    let head = Checkpoint::parse_text(note.text()).map_err(|fault| unreadable(&fault))?;
    Ok((text, head))
}

fn bytes(hash: &Hash) -> Bytes {
    Bytes::copy_from_slice(&hash.0)
}

fn past_the_end(index: u64, size: u64) -> Reject {
    let text = format!("the ledger has {size} entries: index {index} is not there");
    Reject::new(Code::OutOfRange, "INDEX_OUT_OF_RANGE", text)
}

/// Leaves from `start` on, as many as a page may hold; at least one, if there is one.
fn read_page(
    engine: &Engine,
    start: u64,
    count: usize,
    size: u64,
) -> Result<Vec<Bytes>, LedgerError> {
    let (mut entries, mut len, mut next): (Vec<Bytes>, usize, u64) = (Vec::new(), 0, start);
    while entries.len() < count && len < limits::PAGE_LEN_MAX && next < size {
        let after = next.checked_sub(1).map(keys::ledger).unwrap_or_default();
        let wanted = READ_LEN.min(count - entries.len());
        for (key, leaf) in engine.store().scan(keys::LEDGER, &after, wanted)? {
            // What is not shown yet may be lost yet.
            if next == size || len >= limits::PAGE_LEN_MAX {
                break;
            }
            if keys::ledger_index(&key) != Some(next) {
                return Err(LedgerError::Altered { index: next });
            }
            len += leaf.len();
            next += 1;
            entries.push(leaf.into());
        }
        if entries.is_empty() {
            return Err(LedgerError::Altered { index: next });
        }
    }
    Ok(entries)
}

#[tonic::async_trait]
impl LedgerService for Ledgers {
    async fn get_head(
        &self,
        _request: Request<pb::GetHeadRequest>,
    ) -> Result<Response<pb::GetHeadResponse>, Status> {
        let (checkpoint, head) = head(&self.0.engine).await?;
        let root = bytes(&head.root);
        let cosigned = self.0.engine.ledger().cosigned();
        let cosigned_checkpoint = cosigned.map(|(_size, text)| text).unwrap_or_default();
        let size = head.size;
        Ok(Response::new(pb::GetHeadResponse { checkpoint, size, root, cosigned_checkpoint }))
    }

    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let message = request.into_inner();
        let count = page_size(message.page_size, PAGE_USUAL, PAGE_MAX)?;
        let (start, size) = (message.start_index, self.0.engine.ledger().size());
        if start > size {
            return Err(past_the_end(start, size).into());
        }
        let engine = self.0.engine.clone();
        let entries = blocking(move || read_page(&engine, start, count, size)).await?;
        Ok(Response::new(pb::ListEntriesResponse { entries, size }))
    }

    async fn find_entries(
        &self,
        request: Request<pb::FindEntriesRequest>,
    ) -> Result<Response<pb::FindEntriesResponse>, Status> {
        let message = request.into_inner();
        let count = page_size(message.page_size, PAGE_USUAL, PAGE_MAX)?;
        if message.kinds.len() > KINDS_MAX {
            return Err(WireError::new("kinds", "has over 40 names").into());
        }
        let wanted = find::Wanted::of(&message, &self.0.engine.world())?;
        let size = self.0.engine.ledger().size();
        let before = match message.before_index {
            0 => size,
            index if index > size => return Err(past_the_end(index, size).into()),
            index => index,
        };
        let engine = self.0.engine.clone();
        let found = blocking(move || find::find(&engine, &wanted, before, count)).await?;
        Ok(Response::new(found))
    }

    async fn prove_inclusion(
        &self,
        request: Request<pb::ProveInclusionRequest>,
    ) -> Result<Response<pb::ProveInclusionResponse>, Status> {
        let pb::ProveInclusionRequest { index, size } = request.into_inner();
        let (checkpoint, head) = head(&self.0.engine).await?;
        let size = if size == 0 { head.size } else { size };
        let ledger = self.0.engine.ledger();
        let proof = ledger.prove_inclusion(index, size)?;
        let leaf = ledger.leaf(index).ok_or_else(|| past_the_end(index, size))?;
        let path = proof.path.iter().map(bytes).collect();
        let leaf_hash = bytes(&leaf);
        Ok(Response::new(pb::ProveInclusionResponse { leaf_hash, path, size, checkpoint }))
    }

    async fn prove_consistency(
        &self,
        request: Request<pb::ProveConsistencyRequest>,
    ) -> Result<Response<pb::ProveConsistencyResponse>, Status> {
        let pb::ProveConsistencyRequest { old_size, new_size } = request.into_inner();
        let (checkpoint, head) = head(&self.0.engine).await?;
        let new_size = if new_size == 0 { head.size } else { new_size };
        let proof = self.0.engine.ledger().prove_consistency(old_size, new_size)?;
        let path = proof.path.iter().map(bytes).collect();
        Ok(Response::new(pb::ProveConsistencyResponse { path, new_size, checkpoint }))
    }
}
