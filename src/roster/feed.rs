//! From a roster to the server: reads a file, checks its rows, and streams them in batches.
//!
//! Called by the command line, with the generated client of a channel it made. The file is read on a
//! thread of its own through a bounded channel, so that neither side runs ahead of the other. What
//! the reader or the server refuses is in the report under its row, and the rest is kept; feeding the
//! same file again changes nothing. A cut connection or a damaged file ends the feed with an error:
//! what was stored until then stays, and feeding again completes it.

mod batch;

use std::ops::ControlFlow;
use std::path::PathBuf;

use jiff::civil::Date;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::{Response, Status, Streaming};

use crate::domain::ids::UnitCode;
use crate::domain::registry::{EquipmentTypes, Lists, Specialties};
use crate::domain::unit::Units;
use crate::limits;
use crate::roster::report::take_one;
use crate::roster::{ImportReport, Mapping, Options, RosterError, Source};
use crate::wire::pb;
use crate::wire::pb::registry_service_client::RegistryServiceClient;
use batch::{Answer, Batches, Facts, FedKind};

/// What to feed, and what it is checked against before it is sent.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The file.
    pub path: PathBuf,
    /// The units, as the server lists them.
    pub units: Units,
    /// The known specialties.
    pub specialties: Specialties,
    /// The known types of equipment.
    pub equipment_types: EquipmentTypes,
    /// Today.
    pub as_of: Date,
    /// The unit of rows that name none; without it they are refused.
    pub default_unit: Option<UnitCode>,
    /// The sheet to read; without it all that hold a table.
    pub sheet: Option<String>,
    /// The day as of which the file names its units; without it as of today.
    pub names_as_of: Option<Date>,
    /// What columns and words mean where guessing fails.
    pub mapping: Mapping,
    /// Begins the names of the batches: new for each feed, 1 to 50 letters, digits, `-`, `_` or `.`.
    pub name: String,
}

/// Why a feed ended early. What was stored before stays stored.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The roster cannot be read.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The server refused, or the connection was cut.
    #[error(
        "the import was cut short after {answered} batches: import the file again to complete it"
    )]
    Server {
        /// Batches that were stored and confirmed.
        answered: u64,
        /// The server's word.
        source: Box<Status>,
    },
    /// The server answered for a batch that was not sent, or counts wrongly.
    #[error("the server's answer does not fit what was sent: use programs of the same version")]
    Answer,
    /// The reading thread ended without a word.
    #[error("reading the roster failed: try again")]
    Reader,
}

/// Feeds a roster of reservists. `progress` is told how many rows the server has answered for.
///
/// # Errors
/// [`FeedError`].
pub async fn import_reservists<T>(
    client: &mut RegistryServiceClient<T>,
    feed: Feed,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<ImportReport, FeedError>
where
    T: GrpcService<Body> + Send,
    T::Future: Send,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    let (sent, running) = Running::<pb::ImportReservistsRequest>::start(feed);
    let answers = client.import_reservists(ReceiverStream::new(sent)).await;
    running.follow(answers, progress).await
}

/// Feeds a roster of equipment; otherwise as [`import_reservists`].
///
/// # Errors
/// [`FeedError`].
pub async fn import_equipment<T>(
    client: &mut RegistryServiceClient<T>,
    feed: Feed,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<ImportReport, FeedError>
where
    T: GrpcService<Body> + Send,
    T::Future: Send,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    let (sent, running) = Running::<pb::ImportEquipmentRequest>::start(feed);
    let answers = client.import_equipment(ReceiverStream::new(sent)).await;
    running.follow(answers, progress).await
}

/// Reads and checks a roster of reservists and sends nothing.
///
/// # Errors
/// [`FeedError::Roster`], [`FeedError::Reader`].
pub async fn check_reservists(feed: Feed) -> Result<ImportReport, FeedError> {
    check::<pb::ImportReservistsRequest>(feed).await
}

/// Reads and checks a roster of equipment and sends nothing.
///
/// # Errors
/// [`FeedError::Roster`], [`FeedError::Reader`].
pub async fn check_equipment(feed: Feed) -> Result<ImportReport, FeedError> {
    check::<pb::ImportEquipmentRequest>(feed).await
}

async fn check<K: FedKind>(feed: Feed) -> Result<ImportReport, FeedError> {
    let reading = tokio::task::spawn_blocking(move || {
        let source = Source::Path(&feed.path);
        K::read(source, &feed.options(), &mut |_row| ControlFlow::Continue(()))
    });
    Ok(reading.await.or(Err(FeedError::Reader))??)
}

impl Feed {
    fn options(&self) -> Options<'_> {
        let lists = Lists {
            units: &self.units,
            specialties: &self.specialties,
            equipment_types: &self.equipment_types,
            as_of: self.as_of,
        };
        Options {
            lists,
            default_unit: self.default_unit.clone(),
            sheet: self.sheet.clone(),
            names_as_of: self.names_as_of,
            mapping: self.mapping.clone(),
        }
    }
}

/// A feed under way: the reader, and what was sent and not yet answered.
struct Running<K> {
    reader: JoinHandle<Result<ImportReport, RosterError>>,
    facts: mpsc::Receiver<Facts>,
    kind: std::marker::PhantomData<K>,
}

impl<K: FedKind> Running<K> {
    fn start(feed: Feed) -> (mpsc::Receiver<K>, Self) {
        let (requests, sent) = mpsc::channel(1);
        // What is known of a batch goes ahead of it, so that it is there when the answer comes. Its
        // channel bounds the batches on their way.
        let (known, facts) = mpsc::channel(limits::IMPORT_BATCHES_SENT_MAX);
        let reader = tokio::task::spawn_blocking(move || {
            let mut batches = Batches::<K>::new(&feed.name, requests, known);
            let source = Source::Path(&feed.path);
            let report = K::read(source, &feed.options(), &mut |row| batches.take(row))?;
            batches.finish();
            Ok(report)
        });
        (sent, Self { reader, facts, kind: std::marker::PhantomData })
    }

    /// Reads the answers to the end, and makes one report of both sides.
    async fn follow<A>(
        self,
        answers: Result<Response<Streaming<A>>, Status>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<ImportReport, FeedError>
    where
        Answer: From<A>,
    {
        let Self { reader, mut facts, .. } = self;
        let sum = match answers {
            Ok(answers) => add_up(answers.into_inner(), &mut facts, progress).await,
            Err(status) => Err(FeedError::Server { answered: 0, source: Box::new(status) }),
        };
        // The reader, should it still be sending, finds nobody there and ends.
        facts.close();
        let read = reader.await.or(Err(FeedError::Reader))?;
        let sum = sum?;
        let mut report = read?;
        sum.into_report(&mut report);
        Ok(report)
    }
}

/// What the server said of all batches.
#[derive(Default)]
struct Total {
    created: u64,
    updated: u64,
    unchanged: u64,
    refused: Vec<(batch::Fact, String)>,
}

async fn add_up<A>(
    mut answers: Streaming<A>,
    facts: &mut mpsc::Receiver<Facts>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Total, FeedError>
where
    Answer: From<A>,
{
    let (mut total, mut answered, mut rows) = (Total::default(), 0, 0);
    let cut = |answered, status| FeedError::Server { answered, source: Box::new(status) };
    while let Some(answer) = answers.message().await.map_err(|status| cut(answered, status))? {
        let answer = Answer::from(answer);
        let sent = facts.recv().await.filter(|sent| sent.request_id == answer.request_id);
        let mut sent = sent.ok_or(FeedError::Answer)?;
        let len = u64::try_from(sent.rows.len()).unwrap_or(u64::MAX);
        let refused = u64::try_from(answer.refused.len()).unwrap_or(u64::MAX);
        let taken = answer.created + answer.updated + answer.unchanged;
        if taken + refused != len {
            return Err(FeedError::Answer);
        }
        for (row, reason) in answer.refused {
            let at =
                sent.rows.iter().position(|fact| fact.ordinal == row).ok_or(FeedError::Answer)?;
            total.refused.push((sent.rows.swap_remove(at), reason));
        }
        total.created += answer.created;
        total.updated += answer.updated;
        total.unchanged += answer.unchanged;
        (answered, rows) = (answered + 1, rows + len);
        progress(rows);
    }
    // The stream ended well, so every batch was answered, unless the server left some out.
    match facts.try_recv() {
        Ok(_unanswered) => Err(FeedError::Answer),
        Err(_none) => Ok(total),
    }
}

impl Total {
    /// Rows that the server refused were good to the reader: they move over.
    fn into_report(self, report: &mut ImportReport) {
        (report.created, report.updated, report.unchanged) =
            (self.created, self.updated, self.unchanged);
        for (fact, reason) in self.refused {
            report.accepted -= 1;
            take_one(&mut report.by_unit, fact.unit.as_str());
            for warning in fact.warnings {
                take_one(&mut report.warnings, warning.code());
            }
            report.rejected.insert(fact.key, reason);
        }
    }
}
