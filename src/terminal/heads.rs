//! Whether the ledger that a server shows is the one that it showed before, and who else has seen it.
//!
//! Run beside a stream for as long as it is open; it shares nothing with orders, which get through
//! whatever is found here. A province's terminals look at different moments. What is found is in the
//! status, in the log, and on disk ([`crate::terminal::inbox`]).

use std::sync::Arc;
use std::time::Duration;

use prost::bytes::Bytes;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::Terminal;
use super::inbox::{HeadFault, HeadStatus, Inbox, ShownHead};
use super::link::LinkError;
use crate::evidence::tree::Hash;
use crate::limits;
use crate::wire::pb::ledger_service_client::LedgerServiceClient;
use crate::wire::{array, pb};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(900);
/// The first look of a stream comes at a moment of each terminal's own within this: soon, for a server
/// that went away may have come back with another history.
const FIRST_LOOK_WITHIN_MS: u64 = 10_000;
/// How long one answer may take.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);

/// Looks at the ledger's head soon after the stream was opened, and now and then. Returns only with a
/// store whose state is unknown.
pub(super) async fn follow(terminal: &Arc<Terminal>, channel: Channel) -> LinkError {
    let own = u64::from(terminal.inbox.endpoint().number()).wrapping_mul(7_919);
    sleep(Duration::from_millis(own % FIRST_LOOK_WITHIN_MS)).await;
    loop {
        match look(terminal, channel.clone()).await {
            Err(fault) if fault.is_fatal() => return fault,
            Err(fault) => tracing::debug!(%fault, "the ledger's head was not looked at"),
            Ok(_status) => {}
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Says at once what is kept that must not be: an order that came may have shown it. It never takes an
/// alarm back.
///
/// # Errors
/// [`LinkError`], only when the store's state is unknown.
pub(super) async fn tell_alarm(terminal: &Arc<Terminal>) -> Result<(), LinkError> {
    match terminal.with_inbox(Inbox::head_status).await {
        Ok(status) if status.alarm.is_some() => {
            terminal.set_link(|link| link.head = status);
            Ok(())
        }
        Err(fault) if fault.is_fatal() => Err(fault.into()),
        Ok(_no_alarm) => Ok(()),
        Err(fault) => {
            tracing::warn!(%fault, "what is kept of the ledger cannot be read");
            Ok(())
        }
    }
}

/// Asks for the newest head with the proof that it continues the one seen last, judges and keeps it.
/// What must not be is in the status, and stays there.
///
/// # Errors
/// [`LinkError`], when there was no answer, or the store failed.
pub async fn look(terminal: &Arc<Terminal>, channel: Channel) -> Result<HeadStatus, LinkError> {
    let mut client = LedgerServiceClient::new(channel)
        .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
        .max_encoding_message_size(limits::MESSAGE_LEN_MAX);
    let head = within(client.get_head(pb::GetHeadRequest {})).await?;
    let size = said_size(&head.checkpoint);
    let seen = terminal.with_inbox(|inbox| inbox.seen_head()).await?.map_or(0, |seen| seen.size);
    let cosigned = said_size(&head.cosigned_checkpoint);
    let mut shown = ShownHead {
        newest: head.checkpoint,
        cosigned: head.cosigned_checkpoint,
        ..ShownHead::default()
    };
    shown.continues = prove(&mut client, seen, size).await?;
    shown.continues_cosigned = prove(&mut client, cosigned, size).await?;
    let judged = terminal.with_inbox(move |inbox| inbox.take_head(&shown)).await?;
    if let Err(fault) = &judged {
        let label = match fault {
            HeadFault::NotSigned(_) => "head_not_signed",
            HeadFault::RolledBack { .. } => "ledger_rolled_back",
            HeadFault::Forked { .. } => "ledger_forked",
        };
        tracing::error!(%fault, label, "the ledger is not the one that was seen here: report it");
    }
    let mut status = terminal.with_inbox(Inbox::head_status).await?;
    if let Err(fault) = judged {
        status.alarm.get_or_insert_with(|| fault.to_string());
    }
    if status.is_unwitnessed() {
        tracing::warn!(need = status.witnesses_needed, "no witness has seen this ledger");
    }
    terminal.set_link(|link| link.head.clone_from(&status));
    Ok(status)
}

/// That the ledger of one size is the beginning of a larger one; nothing where there is nothing to
/// prove, or where the server will not: then the judgement says what that means.
async fn prove(
    client: &mut LedgerServiceClient<Channel>,
    old_size: u64,
    new_size: u64,
) -> Result<Vec<Hash>, LinkError> {
    if old_size == 0 || old_size >= new_size {
        return Ok(Vec::new());
    }
    let ask = pb::ProveConsistencyRequest { old_size, new_size };
    match within(client.prove_consistency(ask)).await {
        Ok(said) => {
            let hash = |hash: &Bytes| array("path", hash).map(Hash);
            Ok(said.path.iter().map(hash).collect::<Result<_, _>>()?)
        }
        Err(LinkError::Call { code: Code::OutOfRange, .. }) => Ok(Vec::new()),
        Err(other) => Err(other),
    }
}

async fn within<T>(
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<T, LinkError> {
    let late = |_elapsed| LinkError::Silent { silence_ms: ANSWER_WAIT_MAX.as_millis() };
    Ok(timeout(ANSWER_WAIT_MAX, call).await.map_err(late)??.into_inner())
}

/// The size that a head says, unproved: only to know which proofs to ask for.
fn said_size(head: &str) -> u64 {
    head.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default()
}
