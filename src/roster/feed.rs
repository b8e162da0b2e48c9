//! From a roster to the server: reads a file, checks its rows, and streams them in batches.
//!
//! Called by the command line, with the generated client of a channel it made. The file is read on a
//! thread of its own through a bounded channel, so that neither side runs ahead of the other. What
//! the reader or the server refuses is in the report under its row, and the rest is kept; feeding the
//! same file again changes nothing. A cut connection is taken up again as long as the feed's patience
//! lasts; after that, or on a damaged file, it ends with an error: what was stored until then stays,
//! and feeding again completes it.

mod batch;
mod session;
mod total;

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use tokio::sync::mpsc;
use tonic::Status;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};

use crate::domain::ids::UnitCode;
use crate::domain::registry::{EquipmentTypes, Lists, Specialties};
use crate::domain::unit::Units;
use crate::roster::{ImportReport, Mapping, Options, RosterError, Source};
use crate::wire::pb;
use crate::wire::pb::force_service_client::ForceServiceClient;
use crate::wire::pb::registry_service_client::RegistryServiceClient;
use batch::{Batches, FedKind};
use session::Session;

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
    /// Whether the server only says what it would do.
    pub validate_only: bool,
    /// How long a server that does not answer is tried again.
    pub patience: Duration,
    /// How often it is told that the server does not answer, from the first such time on.
    pub silence_told_every: Duration,
}

/// How an import goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many rows are answered for.
    Rows(u64),
    /// The server does not answer: for how long by now. It is tried on.
    Silent(Duration),
    /// It answers again.
    Back,
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

macro_rules! imports {
    ($($(#[$doc:meta])* $name:ident $client:ident $request:ident;)+) => {$(
        $(#[$doc])*
        pub async fn $name<T>(
            client: &mut $client<T>,
            feed: Feed,
            progress: &mut (dyn FnMut(Progress) + Send),
        ) -> Result<ImportReport, FeedError>
        where
            T: GrpcService<Body> + Send,
            T::Future: Send,
            T::Error: Into<StdError>,
            T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
            <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
        {
            import::<pb::$request, T>(client, feed, progress).await
        }
    )+};
}

imports! {
    /// Feeds a roster of reservists. `progress` is told how many rows the server has answered for, and
    /// when it does not answer.
    ///
    /// # Errors
    /// [`FeedError`].
    import_reservists RegistryServiceClient ImportReservistsRequest;
    /// Feeds a roster of equipment; otherwise as [`import_reservists`].
    ///
    /// # Errors
    /// [`FeedError`].
    import_equipment RegistryServiceClient ImportEquipmentRequest;
    /// Feeds a list of militia and self-defense bases; otherwise as [`import_reservists`].
    ///
    /// # Errors
    /// [`FeedError`].
    import_militia_bases ForceServiceClient ImportMilitiaBasesRequest;
    /// Feeds a list of enterprises; otherwise as [`import_reservists`].
    ///
    /// # Errors
    /// [`FeedError`].
    import_enterprises ForceServiceClient ImportEnterprisesRequest;
    /// Feeds a list of activities; otherwise as [`import_reservists`].
    ///
    /// # Errors
    /// [`FeedError`].
    import_activities ForceServiceClient ImportActivitiesRequest;
}

async fn import<K: FedKind, T>(
    client: &mut K::Client<T>,
    feed: Feed,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ImportReport, FeedError>
where
    T: GrpcService<Body> + Send,
    T::Future: Send,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    let (patience, told_every) = (feed.patience, feed.silence_told_every);
    let (filled, batches) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || {
        let mut batches = Batches::<K>::new(&feed.name, feed.validate_only, filled);
        let source = Source::Path(&feed.path);
        let report = K::read(source, &feed.options(), &mut |row| batches.take(row))?;
        batches.finish();
        Ok(report)
    });
    // The reader, should the session end early, finds nobody there and ends.
    let sum = Session::new(batches, told_every).run(client, patience, progress).await;
    let read: Result<ImportReport, RosterError> = reader.await.or(Err(FeedError::Reader))?;
    let sum = sum?;
    let mut report = read?;
    sum.into_report(&mut report);
    Ok(report)
}

impl Feed {
    /// How its file is read.
    pub fn options(&self) -> Options<'_> {
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
            old_map: None,
            mapping: self.mapping.clone(),
        }
    }
}
