//! The memory of requests: the same request twice does the thing once, across restarts, because it
//! is rebuilt from the ledger like everything else.

use std::collections::{HashMap, VecDeque};

use crate::domain::ids::RequestId;
use crate::domain::world::Refusal;

/// How many requests are remembered: a repeat comes within minutes, an import of a million rows
/// makes ten thousand requests, and the memory stays at some tens of megabytes.
pub(crate) const REQUESTS_REMEMBERED: usize = 100_000;

/// The newest requests and the ledger entries that carried them out.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Requests {
    by_id: HashMap<RequestId, ([u8; 32], u64)>,
    order: VecDeque<RequestId>,
}

impl Requests {
    /// Where a request was carried out, if it was.
    pub(crate) fn find(&self, id: &RequestId, digest: &[u8; 32]) -> Result<Option<u64>, Refusal> {
        match self.by_id.get(id) {
            None => Ok(None),
            Some((known, index)) if known == digest => Ok(Some(*index)),
            Some(_another) => Err(Refusal::RequestIdReused { request: id.clone() }),
        }
    }

    /// Remembers that a ledger entry came from a request; the last one of a request stays.
    pub(crate) fn remember(&mut self, id: &RequestId, digest: [u8; 32], index: u64) {
        if self.by_id.insert(id.clone(), (digest, index)).is_none() {
            self.order.push_back(id.clone());
            if self.order.len() > REQUESTS_REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_id.remove(&oldest);
            }
        }
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        debug_assert_eq!(self.by_id.len(), self.order.len());
        self.order.len()
    }
}
