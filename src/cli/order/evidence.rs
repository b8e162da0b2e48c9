//! `hoatoc order evidence`: everything that proves one order, in one file, and the check of such a
//! file years later ([`crate::audit::pack`]). Gathering needs a server; checking needs the
//! fingerprint of the first roots and nothing else.

mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use self::shown::{json_of, words};
use crate::audit::heads::open_with;
use crate::audit::pack::{FORMAT, PACK_LEN_MAX, Pack, PackEntry};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::ledger::export::{heads, prove as prove_consistency, size_said};
use crate::cli::ledger::hashes;
use crate::cli::ledger::verify::Anchors;
use crate::config::whole::{Present, write_whole};
use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::world::{Entry, Event};
use crate::wire::{entry, pb};

/// Entries asked for at once.
const PAGE_LEN: u32 = 500;
/// Proofs asked for at a time.
const PROOFS_AT_ONCE: usize = 16;
/// Entries about the ledger itself that a pack may need.
const FRAME: [&str; 5] = [
    "province_founded",
    "trust_published",
    "endpoint_added",
    "endpoint_retired",
    "terminal_enrolled",
];

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct Evidence {
    /// The order's id.
    #[arg(required = true)]
    id: Option<OrderId>,
    /// The new file.
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
    #[command(subcommand)]
    check: Option<Check>,
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Checks a file of evidence with no server in reach; exit status 0 only if it proves the order.
    #[command(
        after_help = "Example:\n  hoatoc order evidence verify order.evidence --roots FINGERPRINT"
    )]
    Verify {
        /// The file that `order evidence` wrote.
        file: PathBuf,
        #[command(flatten)]
        anchors: Anchors,
    },
}

impl Evidence {
    pub(super) async fn run(self, cx: &Cx) -> Result<ExitCode> {
        if let Some(Check::Verify { file, anchors }) = &self.check {
            return verify_file(cx, file, anchors);
        }
        let id = self.id.context("name an order")?;
        let out = self.out.context("name a file with --out")?;
        let connection = cx.connect().await?;
        let pack = gather(&connection, &id).await?;
        let text = pack.to_json();
        write_whole(&out, text.as_bytes(), 0o644, Present::Stays)
            .with_context(|| format!("failed to write {}", out.display()))?;
        let (entries, bytes) = (pack.entries.len(), text.len());
        let value =
            json!({ "file": out, "order": id.to_string(), "entries": entries, "bytes": bytes });
        cx.screen.show(&value, || {
            format!(
                "{entries} entries with their proofs written to {} ({bytes} bytes): check them with \
                 `hoatoc order evidence verify {}`",
                out.display(),
                out.display()
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Checks a file of evidence and shows what it proves.
pub(in crate::cli) fn verify_file(cx: &Cx, path: &Path, anchors: &Anchors) -> Result<ExitCode> {
    let anchor = anchors.anchor(cx)?;
    let context = || format!("{} is not to be used", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(context)?;
    let read = file.take(PACK_LEN_MAX + 1).read_to_string(&mut text).with_context(context)?;
    if u64::try_from(read).map_or(true, |read| read > PACK_LEN_MAX) {
        bail!("{} is longer than any evidence", path.display());
    }
    let verdict =
        Pack::parse(&text).with_context(context)?.judge(&anchor, &anchors.cosignatures()?);
    cx.screen.show(&json_of(&verdict), || words(&verdict))?;
    Ok(if verdict.is_proved() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn gather(connection: &Connection, id: &OrderId) -> Result<Pack> {
    let mut found: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let (mut answered, mut linked) = (BTreeSet::<EndpointNo>::new(), BTreeSet::<OrderId>::new());
    each(connection, &[], &id.to_string(), |index, leaf, entry| {
        match &entry.event {
            Event::AnswerTaken { answer, .. } => drop(answered.insert(answer.endpoint)),
            Event::OrderDrafted { order, .. } => {
                linked.extend(order.reference.as_ref().map(|reference| reference.order));
            }
            _signature_or_issue => {}
        }
        found.insert(index, leaf);
    })
    .await?;
    if found.is_empty() {
        bail!("there is no order {id} in the ledger: `hoatoc order list` shows those that are");
    }
    // Orders that update or cancel this one name it; no other index of them is needed.
    each(connection, &["order_drafted"], "", |_index, _leaf, entry| {
        if let Event::OrderDrafted { order, .. } = &entry.event
            && order.reference.as_ref().is_some_and(|reference| reference.order == *id)
        {
            linked.insert(order.id);
        }
    })
    .await?;
    for other in &linked {
        let kinds = ["order_drafted", "signature_added", "order_issued"];
        each(connection, &kinds, &other.to_string(), |index, leaf, _entry| {
            found.insert(index, leaf);
        })
        .await?;
    }
    each(connection, &FRAME, "", |index, leaf, entry| {
        let needed = match &entry.event {
            Event::EndpointAdded { no, .. } | Event::EndpointRetired { no, .. } => {
                answered.contains(no)
            }
            Event::TerminalEnrolled { endpoint, .. } => answered.contains(endpoint),
            _founding_or_bundle => true,
        };
        if needed {
            found.insert(index, leaf);
        }
    })
    .await?;
    proved(connection, id, found).await
}

/// Everything found, proved under the head of now.
async fn proved(
    connection: &Connection,
    id: &OrderId,
    found: BTreeMap<u64, Vec<u8>>,
) -> Result<Pack> {
    let heads = heads(connection).await?;
    let key = connection.trust().await?.ledger_key;
    let newest = heads.texts.first().context("the server shows no checkpoint")?;
    let size = open_with(newest, key).context("the server's checkpoint is not to be trusted")?;
    let size = size.0.size;
    let proof = |(index, leaf): (u64, Vec<u8>)| async move {
        let ask = pb::ProveInclusionRequest { index, size };
        let said = connection.ledger().prove_inclusion(request(ask)).await.map_err(refused)?;
        let path = hashes(&said.into_inner().path)?;
        Ok::<_, anyhow::Error>(PackEntry::new(index, &leaf, &path))
    };
    let entries = futures_util::stream::iter(found).map(proof).buffered(PROOFS_AT_ONCE);
    let entries = entries.try_collect().await?;
    let consistency = match heads.texts.get(1) {
        Some(cosigned) => prove_consistency(connection, size_said(cosigned), size).await?,
        None => Vec::new(),
    };
    let (format, order) = (FORMAT.to_owned(), id.to_string());
    Ok(Pack { format, order, heads: heads.texts, consistency, entries })
}

/// Hands on all entries of some kinds, or about an order, the newest first.
async fn each(
    connection: &Connection,
    kinds: &[&str],
    order: &str,
    mut take: impl FnMut(u64, Vec<u8>, &Entry),
) -> Result<()> {
    let mut before_index = 0;
    loop {
        let ask = pb::FindEntriesRequest {
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            order: order.to_owned(),
            before_index,
            page_size: PAGE_LEN,
            ..pb::FindEntriesRequest::default()
        };
        let page = connection.ledger().find_entries(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        for one in page.entries {
            let entry = entry::decode(&one.entry)
                .with_context(|| format!("entry {} cannot be read", one.index))?;
            take(one.index, one.entry.to_vec(), &entry);
        }
        match page.next_before_index {
            0 => return Ok(()),
            next if before_index != 0 && next >= before_index => {
                bail!("the server's search does not come to an end: look at the server's log")
            }
            next => before_index = next,
        }
    }
}
