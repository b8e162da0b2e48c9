//! Where the command line meets parts that are connected from outside this folder: the server's
//! doors, the terminal, the feed of an import. Each function says in its error that its part is
//! missing from this build; nothing here pretends.


use anyhow::{Result, bail};
use tokio::sync::mpsc;

use crate::cli::connection::Connection;
use crate::domain::registry::{Equipment, Reservist};
use crate::domain::world::RecordKind;
use crate::evidence::seal::Sealer;
use crate::index::Registry;
use crate::roster::ImportReport;
use crate::store::{Store, keys};

/// One accepted row of a roster and its number in the file.
pub(super) type Numbered<T> = (u32, T);

// CONNECT: the registry's loading.
/// The registry as the store holds it.
pub(super) fn load_registry(store: &dyn Store, _sealer: &Sealer) -> Result<Registry> {
    for kind in [RecordKind::Reservist, RecordKind::Equipment] {
        if !store.scan(keys::records(kind), &[], 1)?.is_empty() {
            bail!("this build cannot load registry records: use a complete build");
        }
    }
    Ok(Registry::default())
}

// CONNECT: `roster::feed`.
/// Sends reservists to the server as they are read; counts into `report` what became of them.
#[expect(clippy::unused_async, reason = "the feed waits here once it is connected")]
pub(super) async fn import_reservists(
    _connection: &Connection,
    _rows: mpsc::Receiver<Numbered<Reservist>>,
    _progress: indicatif::ProgressBar,
) -> Result<ImportReport> {
    bail!("this build has no feed for imports: use a complete build, or --dry-run")
}

// CONNECT: `roster::feed`.
/// Sends equipment to the server; otherwise as [`import_reservists`].
#[expect(clippy::unused_async, reason = "the feed waits here once it is connected")]
pub(super) async fn import_equipment(
    _connection: &Connection,
    _rows: mpsc::Receiver<Numbered<Equipment>>,
    _progress: indicatif::ProgressBar,
) -> Result<ImportReport> {
    bail!("this build has no feed for imports: use a complete build, or --dry-run")
}
