//! Creating, changing and showing single records.

use std::sync::Arc;

use jiff::civil::Date;
use prost::Message;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::domain::ids::RequestId;
use crate::domain::world::{Command, RecordKind, Request};
use crate::engine::EngineError;
use crate::engine::records::{NewRecord, RecordJob, RowMode, RowOutcome};
use crate::evidence::seal::SealError;
use crate::index::assignments::subject_of;
use crate::index::{Row, StoredError, open_value};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::store::keys;
use crate::wire::registry::{RegistryRecord, Stamp, View, decode, encode};
use crate::wire::{WireError, parse, pb};

macro_rules! calls {
    ($record:ident $field:ident $id:ident, $create:ident $get:ident $update:ident,
     $create_request:ident $create_response:ident $get_request:ident $get_response:ident
     $update_request:ident $update_response:ident $($warnings:ident)?) => {
        impl RegistryParts {
            pub(super) async fn $create(
                &self,
                request: pb::$create_request,
                caller: &Caller,
            ) -> Result<pb::$create_response, RegistryFault> {
                let id = request_id(&request.request_id, stringify!($create), &request)?;
                let record =
                    request.$field.ok_or_else(|| WireError::missing(stringify!($field)))?;
                let (record, index) = self.put(record, RowMode::Create, id, caller).await?;
                $(let $warnings = self.worth_a_look(&record);)?
                let $field = Some(record);
                Ok(pb::$create_response { $field, ledger_index: index, $($warnings)? })
            }

            pub(super) async fn $get(
                &self,
                request: pb::$get_request,
                caller: &Caller,
            ) -> Result<pb::$get_response, RegistryFault> {
                let id = uuid(stringify!($id), &request.$id)?;
                self.must_reach(pb::$record::KIND, &id, caller)?;
                let view = if caller.sees_all { View::Whole } else { View::Masked };
                let shown = self.read::<pb::$record>(vec![id], view, caller).await?;
                Ok(pb::$get_response { $field: shown.into_iter().next() })
            }

            pub(super) async fn $update(
                &self,
                request: pb::$update_request,
                caller: &Caller,
            ) -> Result<pb::$update_response, RegistryFault> {
                let request_id = request_id(&request.request_id, stringify!($update), &request)?;
                let record =
                    request.$field.ok_or_else(|| WireError::missing(stringify!($field)))?;
                let id = uuid(stringify!($id), &record.$id)?;
                self.must_keep(pb::$record::KIND, &id, caller)?;
                let mode = RowMode::Update { id, version: record.version };
                // Only before the change it can be told whether they fitted until now.
                let lost = self.loses_place(&id, &record);
                let (record, index) = self.put(record, mode, request_id, caller).await?;
                let mut warnings = self.worth_a_look(&record);
                warnings.extend(lost);
                let $field = Some(record);
                Ok(pb::$update_response { $field, ledger_index: index, warnings })
            }
        }
    };
}

calls!(Reservist reservist reservist_id, create_reservist get_reservist update_reservist,
    CreateReservistRequest CreateReservistResponse GetReservistRequest GetReservistResponse
    UpdateReservistRequest UpdateReservistResponse warnings);
calls!(Equipment equipment equipment_id, create_equipment get_equipment update_equipment,
    CreateEquipmentRequest CreateEquipmentResponse GetEquipmentRequest GetEquipmentResponse
    UpdateEquipmentRequest UpdateEquipmentResponse);

impl RegistryParts {
    pub(super) async fn put<R: RegistryRecord>(
        &self,
        mut record: R,
        mode: RowMode,
        id: (RequestId, [u8; 32]),
        caller: &Caller,
    ) -> Result<(R, u64), RegistryFault> {
        let held = match mode {
            RowMode::Update { id, .. } => Some(id),
            RowMode::Create | RowMode::Import | RowMode::Merge { .. } => None,
        };
        record.keep(self.moving::<R>(held).await?.as_ref());
        self.put_whole(record, mode, id, caller).await
    }

    /// As [`Self::put`], with all that the record says.
    pub(super) async fn put_whole<R: RegistryRecord>(
        &self,
        record: R,
        mode: RowMode,
        id: (RequestId, [u8; 32]),
        caller: &Caller,
    ) -> Result<(R, u64), RegistryFault> {
        let held = self.in_force();
        let record = record.checked(&held.lists()).map_err(RegistryFault::Record)?;
        let new = self.new_record(&record, 0, mode)?;
        let stamp = self.stamp(mode, None);
        if !caller.reaches(&new.index.facets.unit, &held.units) {
            return Err(RegistryFault::Outside { unit: new.index.facets.unit });
        }
        let sealer = self.sealer.clone();
        let (actor, kind, id) = (caller.actor(), R::KIND, Some(id));
        let put = self.engine.put_records(move |reply| RecordJob {
            actor,
            id,
            kind,
            rows: vec![new],
            validate_only: false,
            sealer,
            reply,
        });
        let outcome = put.await?;
        let mut stored = record;
        let (record_id, version) = match outcome.rows.into_iter().next() {
            Some((_row, RowOutcome::Refused(reason))) => {
                return Err(RegistryFault::refused(kind, reason));
            }
            Some((_row, RowOutcome::Created(id, version) | RowOutcome::Updated(id, version))) => {
                stored.stamp(Some(stamp));
                (id, version)
            }
            Some((_row, RowOutcome::Unchanged(id, version))) => (id, version),
            None => return Err(RegistryFault::Unreadable),
        };
        stored.identify(uuid::Uuid::from_bytes(record_id).to_string(), version);
        stored.show(if caller.sees_all { View::Whole } else { View::Masked });
        Ok((stored, outcome.ledger_index.unwrap_or(0)))
    }

    /// The code of what is worth a look in a record that was taken, beside what its check said: the
    /// militia base that it names is none that there is.
    pub(super) fn base_unknown<R: RegistryRecord>(&self, record: &R) -> Option<&'static str> {
        let key = self.sealer.blind_index("militia_base", record.militia_base()?);
        let base = self.engine.registry().table(RecordKind::MilitiaBase).find(&key);
        base.is_none().then_some("MILITIA_BASE_UNKNOWN")
    }

    /// The place of the plan that whom or what a record is of would not fit any more, and why.
    pub(super) fn loses_place<R: RegistryRecord>(
        &self,
        id: &[u8; 16],
        record: &R,
    ) -> Option<String> {
        let subject = subject_of(R::KIND, *id)?;
        // What is at fault in it is told by those who put it.
        let record = record.clone().checked(&self.in_force().lists()).ok()?;
        let row = self.new_record(&record, 0, RowMode::Import).ok()?.index;
        let today = self.engine.now().date_in_vietnam();
        let (place, reason) = self.would_lose(subject, &row, today)?;
        Some(format!("HOLDER_UNFIT: {place}: {reason}"))
    }

    fn worth_a_look<R: RegistryRecord>(&self, stored: &R) -> Vec<String> {
        self.base_unknown(stored).map(str::to_owned).into_iter().collect()
    }

    /// A checked record that tells what is known today, ready for the owner.
    pub(super) fn new_record<R: RegistryRecord>(
        &self,
        record: &R,
        row: u32,
        mode: RowMode,
    ) -> Result<NewRecord, RegistryFault> {
        self.new_record_as_of(record, row, mode, None)
    }

    /// As [`Self::new_record`]; `known` is the day as of which it tells what is known, none for today.
    pub(super) fn new_record_as_of<R: RegistryRecord>(
        &self,
        record: &R,
        row: u32,
        mode: RowMode,
        known: Option<Date>,
    ) -> Result<NewRecord, RegistryFault> {
        let mut stamped = record.clone();
        stamped.stamp(Some(self.stamp(mode, known)));
        let content = encode(stamped);
        let index = Row::of(record, 0, &content, &self.sealer)?;
        let moving_to = record.moving_to().map(|unit| parse("to_unit_code", unit)).transpose()?;
        Ok(NewRecord { row, mode, fresh_id: self.fresh_id()?, content, index, moving_to })
    }

    /// When a version that is made now was made, and how it came in.
    fn stamp(&self, mode: RowMode, known: Option<Date>) -> Stamp {
        let source = match mode {
            RowMode::Create | RowMode::Update { .. } => pb::RecordSource::Entered,
            RowMode::Import | RowMode::Merge { .. } => pb::RecordSource::Imported,
        };
        let updated = self.engine.now();
        Stamp { updated, source, known: known.unwrap_or_else(|| updated.date_in_vietnam()) }
    }

    /// What is stored of a record, where it is on its way to another unit. It is shown to nobody.
    pub(super) async fn moving<R: RegistryRecord>(
        &self,
        id: Option<[u8; 16]>,
    ) -> Result<Option<R>, RegistryFault> {
        let is_moving = |id: &[u8; 16]| self.engine.registry().moving_to(id).is_some();
        match id.filter(is_moving) {
            Some(id) => Ok(self.open::<R>(vec![id], View::Whole).await?.into_iter().next()),
            None => Ok(None),
        }
    }

    /// A UUID version 7 of the time of record, so that records lie in the store in the order of
    /// their making.
    fn fresh_id(&self) -> Result<[u8; 16], RegistryFault> {
        let mut random = [0; 10];
        SystemRandom::new()
            .fill(&mut random)
            .or(Err(EngineError::Unavailable { doing: "out of randomness for a record" }))?;
        let ms = u64::try_from(self.engine.now().millis()).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid().into_bytes())
    }

    /// Records that lie elsewhere are not found, like those that are nowhere.
    pub(super) fn must_reach(
        &self,
        kind: RecordKind,
        id: &[u8; 16],
        caller: &Caller,
    ) -> Result<(), RegistryFault> {
        if self.is_coming(id, caller) {
            return Ok(());
        }
        self.must_keep(kind, id, caller)
    }

    /// Whether a record is on its way to a unit of the caller's.
    pub(super) fn is_coming(&self, id: &[u8; 16], caller: &Caller) -> bool {
        // One lock at a time: the owner takes both.
        let to = self.engine.registry().moving_to(id).cloned();
        to.is_some_and(|unit| caller.reaches(&unit, self.engine.world().units()))
    }

    /// Changes are for the unit that keeps the record, until another has accepted it.
    pub(super) fn must_keep(
        &self,
        kind: RecordKind,
        id: &[u8; 16],
        caller: &Caller,
    ) -> Result<(), RegistryFault> {
        let row = self.engine.registry().table(kind).get(id).ok_or(RegistryFault::Unknown)?;
        let reaches = caller.reaches(&row.unit, self.engine.world().units());
        if reaches { Ok(()) } else { Err(RegistryFault::Unknown) }
    }

    /// Records, for showing: that they are read is in the ledger before they are opened.
    pub(super) async fn read<R: RegistryRecord>(
        &self,
        ids: Vec<[u8; 16]>,
        view: View,
        caller: &Caller,
    ) -> Result<Vec<R>, RegistryFault> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let command = Command::ReadRecords { kind: R::KIND, records: ids.clone() };
        self.engine.submit(Request { actor: caller.actor(), id: None, command }).await?;
        self.open(ids, view).await
    }

    /// What is stored; showing it is for [`Self::read`].
    pub(super) async fn open<R: RegistryRecord>(
        &self,
        ids: Vec<[u8; 16]>,
        view: View,
    ) -> Result<Vec<R>, RegistryFault> {
        let (store, sealer) = (self.engine.store().clone(), Arc::clone(&self.sealer));
        let opening = tokio::task::spawn_blocking(move || {
            let open = |id: [u8; 16]| -> Result<R, RegistryFault> {
                let open = || -> Result<_, RegistryFault> {
                    let value = store.get(&keys::record(R::KIND, &id))?;
                    let value = value.ok_or(RegistryFault::Unknown)?;
                    Ok(open_value(&sealer, R::KIND, &id, &value)?)
                };
                let (version, content) = match open() {
                    // Its keys were rotated between the reading and the opening.
                    Err(RegistryFault::Stored(StoredError::Sealed(
                        SealError::OtherGeneration { .. },
                    ))) => open()?,
                    opened => opened?,
                };
                let mut record: R =
                    decode(&content, id, version).or(Err(RegistryFault::Unreadable))?;
                record.show(view);
                Ok(record)
            };
            ids.into_iter().map(open).collect()
        });
        opening.await.unwrap_or(Err(RegistryFault::Unreadable))
    }
}

/// The caller's name for a request, and the digest of what was asked under it.
pub(super) fn request_id(
    id: &str,
    method: &str,
    request: &impl Message,
) -> Result<(RequestId, [u8; 32]), RegistryFault> {
    let id = parse("request_id", id)?;
    let mut digest = Context::new(&SHA256);
    digest.update(method.as_bytes());
    digest.update(b"\n");
    digest.update(&Zeroizing::new(request.encode_to_vec()));
    Ok((id, digest.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")))
}

pub(super) fn uuid(field: &'static str, text: &str) -> Result<[u8; 16], WireError> {
    let id: uuid::Uuid = text.parse().map_err(|_rule| WireError::new(field, "is not a UUID"))?;
    Ok(id.into_bytes())
}
