//! `hoatoc ledger export`: the whole ledger, or its beginning, in one file ([`crate::audit::export`]).
//! Written as it comes; memory holds one page.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::{each_leaf, hashes};
use crate::audit::export::{Header, begin, write_leaf};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::domain::world::Event;
use crate::wire::{entry, pb};

/// Entries asked for at once when bundles are looked for.
const FOUND_LEN: u32 = 100;

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The new file.
    file: PathBuf,
    /// Only the first so many entries; with the proof that the newest checkpoint continues them.
    #[arg(long, value_name = "SIZE")]
    to: Option<u64>,
}

impl Export {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let heads = heads(&connection).await?;
        let newest = heads.size;
        let size = self.to.unwrap_or(newest);
        if size > newest {
            bail!("the ledger has {newest} entries: give a size up to that");
        }
        let mut header = Header { size, heads: heads.texts, ..Header::default() };
        if size < newest {
            for head in &header.heads {
                header.consistency.push(prove(&connection, size, size_said(head)).await?);
            }
            header.later_bundles = later_bundles(&connection, size, newest).await?;
        }
        let len = write(cx, &connection, &self.file, &header).await?;
        let value = json!({ "file": self.file, "size": size, "head_size": newest, "bytes": len });
        cx.screen.show(&value, || {
            format!(
                "{size} entries written to {} ({len} bytes): check them with `hoatoc ledger verify {}`",
                self.file.display(),
                self.file.display()
            )
        })
    }
}

/// The signed heads that a server shows.
pub(in crate::cli) struct Heads {
    /// As notes: the newest, then the newest that was cosigned, where that is another.
    pub(in crate::cli) texts: Vec<String>,
    /// The size that the newest one says.
    pub(in crate::cli) size: u64,
}

/// The size that a head says; whoever reads the file finds out whether it is true.
pub(in crate::cli) fn size_said(head: &str) -> u64 {
    head.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default()
}

/// That the ledger of one size is the beginning of a larger one, in hex; nothing if it is not larger.
pub(in crate::cli) async fn prove(
    connection: &Connection,
    old: u64,
    new: u64,
) -> Result<Vec<String>> {
    if new <= old {
        return Ok(Vec::new());
    }
    let ask = pb::ProveConsistencyRequest { old_size: old, new_size: new };
    let said = connection.ledger().prove_consistency(request(ask)).await.map_err(refused)?;
    let path = hashes(&said.into_inner().path)?;
    Ok(path.iter().map(|hash| hex::encode(hash.0)).collect())
}

/// The heads that the server shows; nothing is believed of them yet.
pub(in crate::cli) async fn heads(connection: &Connection) -> Result<Heads> {
    let reply = connection.ledger().get_head(request(pb::GetHeadRequest {})).await;
    let head = reply.map_err(refused)?.into_inner();
    let mut texts = vec![head.checkpoint];
    texts.extend(Some(head.cosigned_checkpoint).filter(|text| !text.is_empty()));
    Ok(Heads { texts, size: head.size })
}

/// The bundles recorded from an entry on, oldest first, as DSSE JSON.
async fn later_bundles(connection: &Connection, from: u64, size: u64) -> Result<Vec<String>> {
    let (mut found, mut before) = (Vec::new(), size);
    while before > from {
        let ask = pb::FindEntriesRequest {
            kinds: vec!["trust_published".to_owned()],
            before_index: before,
            page_size: FOUND_LEN,
            ..pb::FindEntriesRequest::default()
        };
        let page = connection.ledger().find_entries(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        for one in page.entries.iter().filter(|one| one.index >= from) {
            if let Event::TrustPublished(trust) = entry::decode(&one.entry)?.event {
                found.push(trust.envelope.to_json());
            }
        }
        if page.next_before_index >= before {
            bail!("the server's search does not come to an end: look at the server's log");
        }
        before = page.next_before_index;
    }
    found.reverse();
    Ok(found)
}

/// Writes the file: whole or not at all. Gives its length in bytes.
async fn write(cx: &Cx, connection: &Connection, path: &Path, header: &Header) -> Result<u64> {
    let context = || format!("failed to write {}", path.display());
    let dir =
        path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if path.exists() {
        bail!("{} is there already: give a new file", path.display());
    }
    let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(dir).with_context(context)?);
    begin(&mut file, header)?;
    let bar = cx.screen.progress(header.size, "entries");
    each_leaf(connection, header.size, |leaf| {
        bar.inc(1);
        Ok(write_leaf(&mut file, leaf)?)
    })
    .await?;
    bar.finish_and_clear();
    file.flush().with_context(context)?;
    let file = file.into_inner().with_context(context)?;
    file.as_file().sync_all().with_context(context)?;
    let len = file.as_file().metadata().with_context(context)?.len();
    file.persist_noclobber(path).map_err(|fault| fault.error).with_context(context)?;
    Ok(len)
}
