//! A reservist's move from one commune to another: an act of two sides.
//!
//! The sending unit's registrar begins it, the receiving unit's accepts or rejects it, and until then
//! the sender may withdraw it. Invariants: the person belongs to the sending unit until the other one
//! accepts, so there is one call-up only; each side needs reach of its own unit and of no other.

use crate::domain::world::{Command, RecordKind, Request};
use crate::engine::records::RowMode;
use crate::limits;
use crate::rpc::registry::calls::{request_id, uuid};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{View, civil};
use crate::wire::{WireError, parse, pb};

/// A request's name, and the digest of what was asked under it.
type Named = (crate::domain::ids::RequestId, [u8; 32]);
/// The record as the caller may see it, the ledger entry, and the place of the plan that is lost.
type Moved = (Option<pb::Reservist>, u64, Option<String>);

macro_rules! decided {
    ($call:ident $request:ident $response:ident, $change:expr) => {
        pub(super) async fn $call(
            &self,
            request: pb::$request,
            caller: &Caller,
        ) -> Result<pb::$response, RegistryFault> {
            let name = request_id(&request.request_id, stringify!($call), &request)?;
            let moved = self.decide(name, &request.reservist_id, caller, $change);
            let (reservist, ledger_index, ..) = moved.await?;
            Ok(pb::$response { reservist, ledger_index })
        }
    };
}

/// Who decides, and how.
enum Decision {
    /// The receiving unit takes the person over, in this hamlet.
    Accept(String),
    /// The receiving unit sends the person back.
    Reject,
    /// The sending unit takes it back.
    Withdraw,
}

impl RegistryParts {
    pub(super) async fn start_transfer(
        &self,
        request: pb::StartTransferRequest,
        caller: &Caller,
    ) -> Result<pb::StartTransferResponse, RegistryFault> {
        let name = request_id(&request.request_id, "start_transfer", &request)?;
        let id = uuid("reservist_id", &request.reservist_id)?;
        self.must_keep(RecordKind::Reservist, &id, caller)?;
        let mut person = self.person(id, caller).await?;
        if person.residence_unit_code == request.to_unit_code {
            let unit = parse("to_unit_code", &request.to_unit_code)?;
            return Err(RegistryFault::TransferNowhere { unit });
        }
        match &person.transfer {
            // Asked again: it is so already.
            Some(transfer) if transfer.to_unit_code == request.to_unit_code => {}
            Some(_elsewhere) => return Err(RegistryFault::TransferUnderWay),
            None => {
                person.transfer = Some(pb::Transfer {
                    to_unit_code: request.to_unit_code,
                    start_date: Some(civil(self.engine.now().date_in_vietnam())),
                    reason: request.reason,
                });
            }
        }
        let mode = RowMode::Update { id, version: person.version };
        let (stored, ledger_index) = self.put_whole(person, mode, name, caller).await?;
        Ok(pb::StartTransferResponse { reservist: Some(stored), ledger_index })
    }

    pub(super) async fn accept_transfer(
        &self,
        request: pb::AcceptTransferRequest,
        caller: &Caller,
    ) -> Result<pb::AcceptTransferResponse, RegistryFault> {
        let name = request_id(&request.request_id, "accept_transfer", &request)?;
        let decision = Decision::Accept(request.hamlet);
        let (reservist, ledger_index, lost) =
            self.decide(name, &request.reservist_id, caller, decision).await?;
        let warnings = lost.into_iter().collect();
        Ok(pb::AcceptTransferResponse { reservist, ledger_index, warnings })
    }

    decided!(reject_transfer RejectTransferRequest RejectTransferResponse,
        Decision::Reject);
    decided!(withdraw_transfer WithdrawTransferRequest WithdrawTransferResponse,
        Decision::Withdraw);

    async fn decide(
        &self,
        name: Named,
        reservist_id: &str,
        caller: &Caller,
        decision: Decision,
    ) -> Result<Moved, RegistryFault> {
        let id = uuid("reservist_id", reservist_id)?;
        if let Some(index) = self.done_before(&name, caller)? {
            return Ok((self.shown(id, caller).await?, index, None));
        }
        match decision {
            Decision::Withdraw => self.must_keep(RecordKind::Reservist, &id, caller)?,
            Decision::Accept(_) | Decision::Reject => {
                self.must_reach(RecordKind::Reservist, &id, caller)?;
                if !self.is_coming(&id, caller) {
                    let to = self.engine.registry().moving_to(&id).cloned();
                    let other = to.map(|unit| RegistryFault::TransferOfOther { unit });
                    return Err(other.unwrap_or(RegistryFault::TransferNone));
                }
            }
        }
        let mut person = self.person(id, caller).await?;
        let transfer = person.transfer.take().ok_or(RegistryFault::TransferNone)?;
        let mode = RowMode::Update { id, version: person.version };
        let is_moving = matches!(decision, Decision::Accept(_));
        let taker = match decision {
            Decision::Accept(hamlet) => {
                self.arrive(&mut person, &transfer, hamlet);
                caller.clone()
            }
            Decision::Withdraw => caller.clone(),
            // The record stays the sender's, which the receiving side does not reach.
            Decision::Reject => Caller { within: None, ..caller.clone() },
        };
        // Only before the change it can be told whether they fitted until now.
        let lost = is_moving.then(|| self.loses_place(&id, &person)).flatten();
        let (_stored, index) = self.put_whole(person, mode, name, &taker).await?;
        Ok((self.shown(id, caller).await?, index, lost))
    }

    /// The person lives and is registered in the receiving unit from today on.
    fn arrive(&self, person: &mut pb::Reservist, transfer: &pb::Transfer, hamlet: String) {
        let today = civil(self.engine.now().date_in_vietnam());
        person.residence_unit_code.clone_from(&transfer.to_unit_code);
        person.registered_unit_code.clone_from(&transfer.to_unit_code);
        person.residence_since_date = transfer.start_date;
        person.registered_date = Some(today);
        person.hamlet = hamlet;
        if person.status() == pb::ReservistStatus::MovedOut {
            person.set_status(pb::ReservistStatus::Active);
            person.status_start_date = Some(today);
            person.status_end_date = None;
            person.status_certificate.clear();
        }
    }

    /// The ledger entry of a request that was carried out before.
    fn done_before(&self, name: &Named, caller: &Caller) -> Result<Option<u64>, RegistryFault> {
        let command = Command::PutRecords { kind: RecordKind::Reservist, records: Vec::new() };
        let request = Request { actor: caller.actor(), id: Some(name.clone()), command };
        let recalled = self.engine.world().recall(&request);
        Ok(recalled.map_err(crate::engine::EngineError::from)?)
    }

    /// The reading of it is in the ledger.
    async fn person(&self, id: [u8; 16], caller: &Caller) -> Result<pb::Reservist, RegistryFault> {
        let read = self.read::<pb::Reservist>(vec![id], View::Whole, caller).await?;
        read.into_iter().next().ok_or(RegistryFault::Unknown)
    }

    /// What the caller may still see.
    async fn shown(
        &self,
        id: [u8; 16],
        caller: &Caller,
    ) -> Result<Option<pb::Reservist>, RegistryFault> {
        if self.must_reach(RecordKind::Reservist, &id, caller).is_err() {
            return Ok(None);
        }
        let view = if caller.sees_all { View::Whole } else { View::Masked };
        let shown = self.read::<pb::Reservist>(vec![id], view, caller).await?;
        Ok(shown.into_iter().next())
    }

    pub(super) async fn list_transfers(
        &self,
        request: pb::ListTransfersRequest,
        caller: &Caller,
    ) -> Result<pb::ListTransfersResponse, RegistryFault> {
        let len = match usize::try_from(request.page_size).unwrap_or(usize::MAX) {
            0 => limits::LIST_PAGE_LEN,
            asked if asked <= limits::LIST_PAGE_LEN_MAX => asked,
            _too_many => return Err(WireError::new("page_size", "is over 500").into()),
        };
        let after = match request.page_token.as_str() {
            "" => [0; 16],
            token => uuid("page_token", token)?,
        };
        let units = self.units();
        let mut ids: Vec<[u8; 16]> = {
            let registry = self.engine.registry();
            let table = registry.table(RecordKind::Reservist);
            let from = |id: &[u8; 16]| table.get(id).map(|row| row.unit);
            registry
                .moving(&after)
                .filter(|(id, to)| {
                    caller.reaches(to, &units)
                        || from(id).is_some_and(|from| caller.reaches(&from, &units))
                })
                .map(|(id, _to)| *id)
                .take(len + 1)
                .collect()
        };
        let has_more = ids.len() > len;
        ids.truncate(len);
        let last = ids.last().filter(|_id| has_more);
        let next_page_token = last.map(|id| uuid::Uuid::from_bytes(*id).to_string());
        let view = if caller.sees_all { View::Named } else { View::Masked };
        let reservists = self.read(ids, view, caller).await?;
        let next_page_token = next_page_token.unwrap_or_default();
        Ok(pb::ListTransfersResponse { reservists, next_page_token })
    }
}
