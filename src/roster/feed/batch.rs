//! Filling batches with rows, for every kind of roster.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::civil::Date;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::{Response, Status, Streaming};

use crate::domain::ids::UnitCode;
use crate::domain::registry::{Activity, Enterprise, Equipment, MilitiaBase, Reservist, Warning};
use crate::limits;
use crate::roster::report::{Change, DIFFERING};
use crate::roster::{
    ImportReport, Options, RosterError, Row, RowKey, Source, read_activities, read_enterprises,
    read_equipment, read_militia_bases, read_reservists,
};
use crate::wire::pb;
use crate::wire::pb::force_service_client::ForceServiceClient;
use crate::wire::pb::registry_service_client::RegistryServiceClient;
use crate::wire::registry::{RegistryRecord, civil, fields_of};

/// Most different sets of blank columns that are remembered.
const BLANKS_MAX: usize = 1_000;

/// What must be known of a row to move it in the report.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) key: RowKey,
    /// Its name towards the server: rows of several sheets share their numbers.
    pub(super) ordinal: u32,
    pub(super) unit: UnitCode,
    pub(super) warnings: Vec<Warning>,
}

/// What must be known of a batch until its answer comes.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) request_id: String,
    pub(super) rows: Vec<Fact>,
}

/// An answer of any kind.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) request_id: String,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    /// With what each is about, and in what it differs from that.
    pub(super) refused: Vec<(u32, String, String)>,
    pub(super) changes: Vec<(u32, Vec<Change>)>,
    /// Codes of what is worth a look in rows that were taken, and what each is about.
    pub(super) warnings: Vec<(u32, String, String)>,
}

/// A request that carries a batch of one kind.
pub(super) trait FedKind: Message + Clone + Send + 'static {
    type Record;
    type Message: Message;
    type Answer: Into<Answer> + Send + 'static;
    /// The service that keeps it, over a channel.
    type Client<T: Send>: Send;

    /// Opens the stream of this kind.
    fn call<T>(
        client: &mut Self::Client<T>,
        sent: ReceiverStream<Self>,
    ) -> impl Future<Output = Result<Response<Streaming<Self::Answer>>, Status>> + Send
    where
        T: GrpcService<Body> + Send,
        T::Future: Send,
        T::Error: Into<StdError>,
        T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
        <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send;

    fn read(
        source: Source<'_>,
        options: &Options<'_>,
        on_row: &mut dyn FnMut(Row<Self::Record>) -> ControlFlow<()>,
    ) -> Result<ImportReport, RosterError>;

    fn unit(record: &Self::Record) -> &UnitCode;

    fn message(record: &Self::Record) -> Self::Message;

    /// The fields of the message that these columns fill.
    fn fields(columns: &[&'static str]) -> Vec<String>;

    fn batch(
        request_id: String,
        validate_only: bool,
        list_day: Option<Date>,
        fields: Vec<String>,
        rows: Vec<(u32, Self::Message, Vec<String>)>,
    ) -> Self;
}

macro_rules! fed {
    ($client:ident $request:ident $answer:ident $row:ident $record:ident $field:ident $unit:ident
     $read:ident $call:ident) => {
        impl FedKind for pb::$request {
            type Record = $record;
            type Message = pb::$record;
            type Answer = pb::$answer;
            type Client<T: Send> = $client<T>;

            async fn call<T>(
                client: &mut $client<T>,
                sent: ReceiverStream<Self>,
            ) -> Result<Response<Streaming<pb::$answer>>, Status>
            where
                T: GrpcService<Body> + Send,
                T::Future: Send,
                T::Error: Into<StdError>,
                T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
                <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
            {
                client.$call(sent).await
            }

            fn read(
                source: Source<'_>,
                options: &Options<'_>,
                on_row: &mut dyn FnMut(Row<$record>) -> ControlFlow<()>,
            ) -> Result<ImportReport, RosterError> {
                $read(source, options, on_row)
            }

            fn unit(record: &$record) -> &UnitCode {
                &record.$unit
            }

            fn message(record: &$record) -> pb::$record {
                pb::$record::from(record)
            }

            fn fields(columns: &[&'static str]) -> Vec<String> {
                let kind = <pb::$record as RegistryRecord>::KIND;
                let names = columns.iter().flat_map(|column| fields_of(kind, column));
                names.collect::<BTreeSet<_>>().into_iter().map(ToOwned::to_owned).collect()
            }

            fn batch(
                request_id: String,
                validate_only: bool,
                list_day: Option<Date>,
                fields: Vec<String>,
                rows: Vec<(u32, pb::$record, Vec<String>)>,
            ) -> Self {
                let row = |(row, record, kept)| pb::$row { row, $field: Some(record), kept };
                Self {
                    request_id,
                    rows: rows.into_iter().map(row).collect(),
                    validate_only,
                    fields,
                    list_date: list_day.map(civil),
                }
            }
        }

        impl From<pb::$answer> for Answer {
            fn from(answer: pb::$answer) -> Self {
                let refused = answer.refused.into_iter();
                let changes = answer.changes.into_iter();
                let warnings = answer.warnings.into_iter();
                Self {
                    request_id: answer.request_id,
                    created: answer.created.into(),
                    updated: answer.updated.into(),
                    unchanged: answer.unchanged.into(),
                    refused: refused.map(refusal).collect(),
                    changes: changes.map(|one| (one.row, fields(one.fields))).collect(),
                    warnings: warnings.map(|one| (one.row, one.code, one.about)).collect(),
                }
            }
        }
    };
}

fed!(RegistryServiceClient ImportReservistsRequest ImportReservistsResponse ReservistRow Reservist reservist
    residence_unit read_reservists import_reservists);
fed!(RegistryServiceClient ImportEquipmentRequest ImportEquipmentResponse EquipmentRow Equipment equipment
    location_unit read_equipment import_equipment);
fed!(ForceServiceClient ImportMilitiaBasesRequest ImportMilitiaBasesResponse MilitiaBaseRow
    MilitiaBase militia_base unit read_militia_bases import_militia_bases);
fed!(ForceServiceClient ImportEnterprisesRequest ImportEnterprisesResponse EnterpriseRow Enterprise
    enterprise unit read_enterprises import_enterprises);
fed!(ForceServiceClient ImportActivitiesRequest ImportActivitiesResponse ActivityRow Activity activity
    unit read_activities import_activities);

fn refusal(one: pb::RowRefusal) -> (u32, String, String) {
    let differing = match &one.differing[..] {
        [] => String::new(),
        fields => format!("{DIFFERING}{}", fields.join(", ")),
    };
    (one.row, one.reason, one.about + &differing)
}

fn fields(fields: Vec<pb::FieldChange>) -> Vec<Change> {
    let change = |one: pb::FieldChange| Change { field: one.field, old: one.old, new: one.new };
    fields.into_iter().map(change).collect()
}

/// Gathers rows, and sends them on when a batch is full. Blocks while the server is behind.
pub(super) struct Batches<K: FedKind> {
    name: String,
    number: u64,
    rows: Vec<(u32, K::Message, Vec<String>)>,
    facts: Vec<Fact>,
    len: usize,
    validate_only: bool,
    /// The day as of which the rows tell what is known.
    list_day: Option<Date>,
    /// The columns of the rows at hand.
    columns: Arc<[&'static str]>,
    /// Of those columns, what a row keeps by what it leaves blank: most rows leave the same.
    kept: HashMap<Vec<&'static str>, Vec<String>>,
    filled: mpsc::Sender<(K, Facts)>,
}

impl<K: FedKind> Batches<K> {
    pub(super) fn new(name: &str, validate_only: bool, filled: mpsc::Sender<(K, Facts)>) -> Self {
        let (name, rows, facts) = (name.to_owned(), Vec::new(), Vec::new());
        let (columns, kept, list_day) = (Arc::from([]), HashMap::new(), None);
        Self {
            name,
            number: 0,
            rows,
            facts,
            len: 0,
            validate_only,
            list_day,
            columns,
            kept,
            filled,
        }
    }

    /// Takes a row if it is good; breaks off when nobody listens any more.
    pub(super) fn take(&mut self, row: Row<K::Record>) -> ControlFlow<()> {
        let Ok(checked) = row.result else { return ControlFlow::Continue(()) };
        if row.fields != self.columns {
            self.send()?;
            self.columns = row.fields;
            self.kept.clear();
        }
        self.list_day = row.list_day;
        let kept = self.kept(row.blank);
        let message = K::message(&checked.record);
        let unit = K::unit(&checked.record).clone();
        let (key, ordinal, warnings) = (row.key, row.ordinal, checked.warnings);
        self.len += message.encoded_len();
        self.len += kept.iter().map(String::len).sum::<usize>();
        self.rows.push((ordinal, message, kept));
        self.facts.push(Fact { key, ordinal, unit, warnings });
        let is_full = self.rows.len() == limits::RECORDS_PER_BATCH_MAX
            || self.len >= limits::IMPORT_BATCH_LEN_MAX;
        if is_full { self.send() } else { ControlFlow::Continue(()) }
    }

    /// The fields that a row with these columns blank says nothing of.
    fn kept(&mut self, blank: Vec<&'static str>) -> Vec<String> {
        if let Some(known) = self.kept.get(&blank) {
            return known.clone();
        }
        let columns = self.columns.iter().copied();
        let filled: Vec<_> = columns.filter(|column| !blank.contains(column)).collect();
        // Several columns may fill one field: it is kept where none of them says anything.
        let (said, mut kept) = (K::fields(&filled), K::fields(&blank));
        kept.retain(|field| !said.contains(field));
        if self.kept.len() == BLANKS_MAX {
            self.kept.clear();
        }
        self.kept.insert(blank, kept.clone());
        kept
    }

    /// Sends what is left.
    pub(super) fn finish(mut self) {
        // Nobody listens only after a fault, which is told elsewhere.
        let _fault_is_told = self.send();
    }

    fn send(&mut self) -> ControlFlow<()> {
        if self.rows.is_empty() {
            return ControlFlow::Continue(());
        }
        self.number += 1;
        self.len = 0;
        let request_id = format!("{}-{}", self.name, self.number);
        let facts = std::mem::take(&mut self.facts);
        let facts = Facts { request_id: request_id.clone(), rows: facts };
        let (fields, rows) = (K::fields(&self.columns), std::mem::take(&mut self.rows));
        let batch = K::batch(request_id, self.validate_only, self.list_day, fields, rows);
        if self.filled.blocking_send((batch, facts)).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}
