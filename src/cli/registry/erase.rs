//! Erasing a record for good: `reservist erase`, `equipment erase`.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::wire::pb;

/// What to erase, and why.
#[derive(Debug, Args)]
pub(in crate::cli) struct Erase {
    /// The record's id.
    id: Uuid,
    /// Why, for the ledger, which keeps it for ever: at most 300 characters and nobody's name.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// Erases one record, once the person at the screen has typed its id again.
pub(super) async fn run(cx: &Cx, erase: Erase, kind: pb::RecordKind) -> Result<()> {
    let id = erase.id.to_string();
    let ask = pb::EraseRecordRequest {
        request_id: request_id(),
        kind: kind.into(),
        record_id: id.clone(),
        reason: erase.reason,
        validate_only: true,
    };
    // What may not go is not said to go.
    let mut client = cx.connect().await?.registry();
    client.erase_record(request(ask.clone())).await.map_err(refused)?;
    cx.screen.note(&format!(
        "Record {id} will go for good: from the store, the lists and, with its key, from all backups. That \
         it was there stays provable; what was in it is gone."
    ));
    if !erase.yes && cx.screen.ask("To erase it, type its id: ")? != id {
        bail!("nothing was erased: the id was not typed; those who have read it may use --yes");
    }
    let ask = pb::EraseRecordRequest { request_id: request_id(), validate_only: false, ..ask };
    let reply = client.erase_record(request(ask)).await.map_err(refused)?;
    let done = reply.into_inner();
    let value = json!({
        "record_id": id,
        "ledger_index": done.ledger_index,
        "keyring_version": done.keyring_version,
    });
    cx.screen.show(&value, || {
        format!(
            "Record {id} is erased. Replace every copy of keys/keyring that lies elsewhere by the one on \
             the server now (version {}): an older copy still opens it.",
            done.keyring_version
        )
    })
}
