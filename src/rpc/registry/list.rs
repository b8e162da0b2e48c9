//! Lists: a filter, a page, and the token of the next one.
//!
//! A token is the identity after which the next page begins, and the head of a digest of the filter
//! it belongs to. It gives no rights and is not secret.

use ring::digest::{SHA256, digest};

use crate::domain::world::RecordKind;
use crate::index::Filter;
use crate::limits;
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{RegistryRecord, View};
use crate::wire::{WireError, pb};

const ID_LEN: usize = 16;
const FILTER_DIGEST_LEN: usize = 4;

pub(super) struct Listed<R> {
    pub(super) records: Vec<R>,
    pub(super) next_page_token: String,
    pub(super) total_size: u64,
}

impl RegistryParts {
    pub(super) async fn list_reservists(
        &self,
        request: pb::ListReservistsRequest,
        caller: &Caller,
    ) -> Result<pb::ListReservistsResponse, RegistryFault> {
        let pb::ListReservistsRequest { page_size, page_token, filter } = request;
        let listed = self.list(page_size, &page_token, &filter, caller).await?;
        let Listed { records: reservists, next_page_token, total_size } = listed;
        Ok(pb::ListReservistsResponse { reservists, next_page_token, total_size })
    }

    pub(super) async fn list_equipment(
        &self,
        request: pb::ListEquipmentRequest,
        caller: &Caller,
    ) -> Result<pb::ListEquipmentResponse, RegistryFault> {
        let pb::ListEquipmentRequest { page_size, page_token, filter } = request;
        let listed = self.list(page_size, &page_token, &filter, caller).await?;
        let Listed { records: equipment, next_page_token, total_size } = listed;
        Ok(pb::ListEquipmentResponse { equipment, next_page_token, total_size })
    }

    pub(super) async fn list<R: RegistryRecord>(
        &self,
        page_size: u32,
        page_token: &str,
        filter_text: &str,
        caller: &Caller,
    ) -> Result<Listed<R>, RegistryFault> {
        let len = match usize::try_from(page_size).unwrap_or(usize::MAX) {
            0 => limits::LIST_PAGE_LEN,
            asked if asked <= limits::LIST_PAGE_LEN_MAX => asked,
            _too_many => return Err(WireError::new("page_size", "is over 500").into()),
        };
        let filter = Filter::parse(filter_text, R::KIND)?;
        let after = match page_token {
            "" => [0; ID_LEN],
            token => token_id(token, filter_text)?,
        };
        let (mut ids, total_size) = self.walk(R::KIND, &filter, after, len + 1, caller).await?;
        let has_more = ids.len() > len;
        ids.truncate(len);
        let last = ids.last().filter(|_id| has_more);
        let next_page_token = last.map(|id| token(id, filter_text)).unwrap_or_default();
        let view = if caller.sees_all { View::Named } else { View::Masked };
        let records = self.read(ids, view, caller).await?;
        Ok(Listed { records, next_page_token, total_size })
    }

    /// The identities after one, and how many match in all. Lets writers in between its steps.
    async fn walk(
        &self,
        kind: RecordKind,
        filter: &Filter,
        after: [u8; ID_LEN],
        len: usize,
        caller: &Caller,
    ) -> Result<(Vec<[u8; ID_LEN]>, u64), RegistryFault> {
        let units = self.units();
        let (selection, total_size) = {
            let registry = self.engine.registry();
            let table = registry.table(kind);
            let selection = table.select(filter, &units, caller.within.as_ref())?;
            let total_size = table.count(&selection);
            (selection, total_size)
        };
        let mut ids = Vec::new();
        let mut next = (total_size > 0).then_some(after);
        while let Some(from) = next.filter(|_from| ids.len() < len) {
            let page = {
                let registry = self.engine.registry();
                let left = len - ids.len();
                registry.table(kind).page(&selection, &from, left, limits::INDEX_WALK_LEN)
            };
            ids.extend(page.ids);
            next = page.next;
            tokio::task::yield_now().await;
        }
        Ok((ids, total_size))
    }
}

fn filter_digest(filter: &str) -> [u8; FILTER_DIGEST_LEN] {
    *digest(&SHA256, filter.as_bytes()).as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

fn token(id: &[u8; ID_LEN], filter: &str) -> String {
    hex::encode([&id[..], &filter_digest(filter)].concat())
}

fn token_id(token: &str, filter: &str) -> Result<[u8; ID_LEN], WireError> {
    let fault = || WireError::new("page_token", "is not of this list: begin with its first page");
    let mut bytes = [0; ID_LEN + FILTER_DIGEST_LEN];
    hex::decode_to_slice(token, &mut bytes).map_err(|_not_hex| fault())?;
    let (id, digest) = bytes.split_first_chunk::<ID_LEN>().ok_or_else(fault)?;
    if digest == filter_digest(filter) { Ok(*id) } else { Err(fault()) }
}
