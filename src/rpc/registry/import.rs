//! Imports: batches in, answers out in the same order, a few on their way at once.
//!
//! One task reads the caller's batches, checks them and puts them into the engine's second lane; the
//! answers wait in a short queue until the caller reads them. When the lane or the queue is full the
//! task stops reading, and the caller feels the pace of the disk.

mod doubles;
mod settle;
mod worth;

use jiff::civil::Date;
use prost::Message;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::engine::EngineError;
use crate::engine::records::{NewRecord, RecordJob, RecordOutcome, RowOutcome};
use crate::limits;
use crate::rpc::registry::calls::request_id;
use crate::rpc::registry::changes::{Changes, Changing};
use crate::rpc::registry::{Answers, Caller, Gate, RegistryDoor, RegistryFault, RegistryParts};
use crate::wire::registry::RegistryRecord;
use crate::wire::registry::plan::date;
use crate::wire::{WireError, pb};
use settle::{Refused, Said, Settled};

/// Rows with their numbers, and the fields of which each says nothing.
type Rows<R> = Vec<(u32, Option<R>, Vec<String>)>;

/// A batch of any kind.
pub(super) trait ImportBatch: Message + Default + Send + 'static {
    type Record: RegistryRecord;
    type Answer: Send + 'static;

    /// Its request id, and its rows with their numbers.
    fn into_parts(self) -> (String, Rows<Self::Record>);

    fn request_id(&self) -> &str;

    /// The fields that the rows speak of; none for all.
    fn fields(&self) -> &[String];

    /// The day as of which the list tells what is known.
    fn list_date(&self) -> Option<&pb::CivilDate>;

    /// Whether nothing is to be stored.
    fn validate_only(&self) -> bool;

    fn answer(sum: Sum) -> Self::Answer;
}

macro_rules! batch {
    ($request:ident $answer:ident $record:ident $field:ident) => {
        impl ImportBatch for pb::$request {
            type Record = pb::$record;
            type Answer = pb::$answer;

            fn into_parts(self) -> (String, Rows<pb::$record>) {
                let rows = self.rows.into_iter().map(|row| (row.row, row.$field, row.kept));
                (self.request_id, rows.collect())
            }

            fn request_id(&self) -> &str {
                &self.request_id
            }

            fn fields(&self) -> &[String] {
                &self.fields
            }

            fn list_date(&self) -> Option<&pb::CivilDate> {
                self.list_date.as_ref()
            }

            fn validate_only(&self) -> bool {
                self.validate_only
            }

            fn answer(sum: Sum) -> pb::$answer {
                let Sum { request_id, created, updated, unchanged, refused, changes, warnings } =
                    sum;
                pb::$answer { request_id, created, updated, unchanged, refused, changes, warnings }
            }
        }
    };
}

batch!(ImportReservistsRequest ImportReservistsResponse Reservist reservist);
batch!(ImportEquipmentRequest ImportEquipmentResponse Equipment equipment);
batch!(ImportMilitiaBasesRequest ImportMilitiaBasesResponse MilitiaBase militia_base);
batch!(ImportEnterprisesRequest ImportEnterprisesResponse Enterprise enterprise);
batch!(ImportActivitiesRequest ImportActivitiesResponse Activity activity);

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Sum {
    request_id: String,
    created: u32,
    updated: u32,
    unchanged: u32,
    refused: Vec<pb::RowRefusal>,
    changes: Vec<pb::RowChange>,
    warnings: Vec<pb::RowWarning>,
}

impl Sum {
    fn refuse(&mut self, row: u32, refused: impl Into<Refused>) {
        let Refused { reason, about, differing } = refused.into();
        let about = about.map(|id| uuid::Uuid::from_bytes(id).to_string()).unwrap_or_default();
        let differing = differing.into_iter().map(ToOwned::to_owned).collect();
        self.refused.push(pb::RowRefusal { row, reason: reason.to_owned(), about, differing });
    }

    fn warn(&mut self, row: u32, code: &'static str, about: String) {
        self.warnings.push(pb::RowWarning { row, code: code.to_owned(), about });
    }

    fn add(&mut self, outcome: RecordOutcome, mut changes: Changes) {
        for (row, outcome) in outcome.rows {
            match outcome {
                RowOutcome::Created(..) => self.created += 1,
                RowOutcome::Updated(id, version) => {
                    self.updated += 1;
                    self.changes.extend(changes.take(row, id, version));
                }
                RowOutcome::Unchanged(..) => self.unchanged += 1,
                RowOutcome::Refused(reason) => {
                    self.refuse(row, reason);
                    self.warnings.retain(|warning| warning.row != row);
                }
            }
        }
        self.refused.sort_by_key(|refusal| refusal.row);
    }
}

type Reply = oneshot::Receiver<Result<RecordOutcome, EngineError>>;

/// A batch on its way: what is known of it, and what the engine will say if it was asked.
struct InFlight {
    sum: Sum,
    reply: Option<Reply>,
    changes: Changes,
}

impl InFlight {
    async fn land(mut self) -> Result<Sum, RegistryFault> {
        if let Some(reply) = self.reply {
            let stopping = Err(EngineError::Unavailable { doing: "stopping" });
            self.sum.add(reply.await.unwrap_or(stopping)?, self.changes);
        }
        Ok(self.sum)
    }
}

impl<G: Gate> RegistryDoor<G> {
    /// Starts an import; it ends with its stream.
    pub(super) fn import<B: ImportBatch>(
        &self,
        batches: Streaming<B>,
        caller: Caller,
    ) -> Answers<B::Answer> {
        let (out, answers) = mpsc::channel(limits::IMPORT_BATCHES_IN_FLIGHT_MAX);
        let door = self.clone();
        self.parts.tasks.spawn("rpc.import", async move {
            if let Err(status) = door.feed(batches, &caller, &out).await {
                // The caller may have left already; then nobody reads it.
                let _caller_left = out.send(Err(status)).await;
            }
        });
        let gate = self.gate.clone();
        Box::pin(ReceiverStream::new(answers).then(move |in_flight: Result<InFlight, Status>| {
            let gate = gate.clone();
            async move {
                let landed = in_flight?.land().await;
                landed.map(B::answer).map_err(|fault| gate.status(&fault))
            }
        }))
    }

    async fn feed<B: ImportBatch>(
        &self,
        mut batches: Streaming<B>,
        caller: &Caller,
        out: &mpsc::Sender<Result<InFlight, Status>>,
    ) -> Result<(), Status> {
        let stopping = self.parts.tasks.stopping().clone();
        loop {
            let batch = tokio::select! {
                biased;
                () = stopping.cancelled() => {
                    let fault = EngineError::Unavailable { doing: "stopping" };
                    return Err(self.gate.status(&fault.into()));
                }
                () = out.closed() => return Ok(()),
                batch = batches.message() => batch?,
            };
            let Some(batch) = batch else { return Ok(()) };
            let begun = self.parts.begin(batch, caller).await;
            let in_flight = begun.map_err(|fault| self.gate.status(&fault))?;
            if out.send(Ok(in_flight)).await.is_err() {
                return Ok(());
            }
        }
    }
}

impl RegistryParts {
    /// Checks a batch and puts what passes into the engine's lane.
    async fn begin<B: ImportBatch>(
        &self,
        batch: B,
        caller: &Caller,
    ) -> Result<InFlight, RegistryFault> {
        let id = request_id(batch.request_id(), "Import", &batch)?;
        let validate_only = batch.validate_only();
        let said = Said::read::<B::Record>(batch.fields())?;
        let list_day = self.list_day(batch.list_date())?;
        let (name, rows) = batch.into_parts();
        if !(1..=limits::RECORDS_PER_BATCH_MAX).contains(&rows.len()) {
            return Err(WireError::new("rows", "has not 1 to 100 rows").into());
        }
        let mut sum = Sum { request_id: name, ..Sum::default() };
        let (good, changing) = self.pass(rows, said, list_day, caller, &mut sum).await?;
        if good.is_empty() {
            return Ok(InFlight { sum, reply: None, changes: Changes::default() });
        }
        let changes = self.changes(changing, caller).await?;
        let (actor, sealer, kind) = (caller.actor(), self.sealer.clone(), B::Record::KIND);
        let queued = self.engine.enqueue_records(move |reply| RecordJob {
            actor,
            // What is only asked may be asked for in earnest under the same name.
            id: (!validate_only).then_some(id),
            kind,
            rows: good,
            validate_only,
            sealer,
            reply,
        });
        Ok(InFlight { sum, reply: Some(queued.await?), changes })
    }

    /// The records that rows make, and what they change; rows that make none are refused.
    async fn pass<R: RegistryRecord>(
        &self,
        rows: Rows<R>,
        mut said: Said,
        list_day: Option<Date>,
        caller: &Caller,
        sum: &mut Sum,
    ) -> Result<(Vec<NewRecord>, Vec<Changing<R>>), RegistryFault> {
        let held = self.in_force();
        let (units, lists) = (&held.units, held.lists());
        let mut passed = Vec::new();
        for (number, record, kept) in rows {
            let record = record.ok_or_else(|| WireError::missing("rows.record"))?;
            let record = self.at_its_base(record).await?;
            match self.check(record, said.is_part(), &lists)? {
                Ok(checked) => passed.push((number, kept, checked)),
                Err(reason) => sum.refuse(number, reason),
            }
        }
        let stored = self.stored(passed.iter().map(|(_row, _kept, checked)| checked)).await?;
        let (mut good, mut changing) = (Vec::new(), Vec::new());
        for (number, kept, checked) in passed {
            let settled = self.settle(checked, &stored, said.by::<R>(kept)?, list_day, &lists)?;
            let Settled { record: checked, mode, known, warnings } = match settled {
                Ok(settled) => settled,
                Err(reason) => {
                    sum.refuse(number, reason);
                    continue;
                }
            };
            let new = self.new_record_as_of(&checked, number, mode, known)?;
            if caller.reaches(&new.index.facets.unit, units)
                && self.holder_is_reached::<R>(&new.index.keys, caller, units)
            {
                changing.extend(self.changing(number, checked.clone(), &new.index));
                warnings.into_iter().for_each(|code| sum.warn(number, code, String::new()));
                good.push((new, checked));
            } else {
                sum.refuse(number, "UNIT_OUTSIDE");
            }
        }
        sum.refused.sort_by_key(|refusal| refusal.row);
        for (row, code, about) in self.worth(&good, &changing, caller, units).await? {
            sum.warn(row, code, about);
        }
        Ok((good.into_iter().map(|(new, _record)| new).collect(), changing))
    }

    /// The day of a list, if it is none to come.
    fn list_day(&self, day: Option<&pb::CivilDate>) -> Result<Option<Date>, RegistryFault> {
        let day = date("list_date", day)?;
        match day.filter(|day| *day > self.engine.now().date_in_vietnam()) {
            Some(_to_come) => Err(WireError::new("list_date", "is after today").into()),
            None => Ok(day),
        }
    }
}
