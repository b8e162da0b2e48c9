//! `hoatoc order`: drafting, signing, issuing, changing and following orders.
//!
//! Signed bytes are made once, by `draft`, `update` or `cancel`. Whoever signs sees what these very
//! bytes say, read again out of the envelope and compared with the server's units and endpoints,
//! and never what somebody says about them.

mod call_up;
mod change;
mod content;
mod draft;
pub(in crate::cli) mod evidence;
mod follow;
pub(in crate::cli) mod print;
mod sign;
pub(in crate::cli) mod verify;
pub(in crate::cli) mod view;

pub(super) use follow::newest;

use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::Subcommand;

use crate::cli::Cx;
use crate::cli::connection::{Connection, reason_of, refused, request};
use crate::cli::listing::Export;
use crate::domain::ids::OrderId;
use crate::wire::pb;

#[derive(Debug, Subcommand)]
pub(super) enum Order {
    /// Lays down a draft: makes the bytes that will be signed.
    #[command(after_help = "Examples:\n  \
        hoatoc order draft --handling exercise --kind personnel-call-up --urgency flash \\\n    \
        --title 'Diễn tập gọi nhập ngũ' --body @order.txt --to 11 --need CN02=12 --as ~/drafter\n  \
        hoatoc order draft --handling test --kind directive --title 'Kiểm tra đường truyền' \\\n    \
        --body 'Xác nhận đã nhận.' --to KV1 KV2 --line military --answer-within 15m --as ~/duty\n  \
        hoatoc order draft --handling actual --ground disaster --kind disaster-response --title 'Gọi người cứu hộ' \\\n    \
        --body @order.txt --to KV1 --need CN02=40 --near CN02=CN05 --call-up strength --as ~/drafter")]
    Draft(draft::Draft),
    /// Chooses people and means for an order, before it is drafted.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc order call-up preview --to KV1 --need CN02=40 --as ~/drafter"
    )]
    CallUp(call_up::CallUp),
    /// Shows what a draft says and signs it with the officer's own key.
    #[command(
        after_help = "Examples:\n  hoatoc order sign 01936f5e-0000-7000-8000-000000000000 --as ~/tran.van.a\n  \
        hoatoc order sign --file cancel.json --as ~/le.van.b\n  \
        hoatoc order sign --file order.json --offline --as ~/le.van.b"
    )]
    Sign(sign::Sign),
    /// Hands in the signatures of a file under its draft: those who made them need no connection.
    #[command(after_help = "Example, with a signer whose machine is on no network:\n  \
        hoatoc order show ID --file order.json --as ~/duty\n  \
        hoatoc order sign --file order.json --offline --as /media/usb/le.van.b\n  \
        hoatoc order submit order.json --as ~/duty")]
    Submit {
        /// The signed envelope.
        file: std::path::PathBuf,
    },
    /// Sends a fully signed order to its audience.
    #[command(
        after_help = "Example:\n  hoatoc order issue 01936f5e-0000-7000-8000-000000000000 --as ~/duty"
    )]
    Issue {
        /// The order's id.
        id: OrderId,
    },
    /// Replaces an issued order by a changed one, in one step.
    #[command(after_help = "Examples:\n  \
        hoatoc order update 01936f5e-0000-7000-8000-000000000000 --title 'Diễn tập, sửa đổi' --as ~/director\n  \
        hoatoc order update --file update.json --as ~/duty")]
    Update(change::Update),
    /// Cancels an issued order, in one step; a cancel overtakes what is queued.
    #[command(after_help = "Examples:\n  \
        hoatoc order cancel 01936f5e-0000-7000-8000-000000000000 --reason 'Kết thúc diễn tập' --as ~/director\n\n\
        An actual order is cancelled by two persons, one of whom may have drafted the cancel, with homes at \
        hand or from machine to machine:\n  \
        hoatoc order cancel ID --reason 'Lệnh sai' --sign-with ~/a --sign-with ~/b --as ~/duty\n  \
        hoatoc order cancel ID --reason 'Lệnh sai' --prepare cancel.json --as ~/a\n  \
        hoatoc order sign --file cancel.json --as ~/b\n  \
        hoatoc order cancel --file cancel.json --as ~/duty\n\n\
        With the form that was signed beside the order, one duty officer is enough:\n  \
        hoatoc order cancel ID --form --as ~/duty")]
    Cancel(change::Cancel),
    /// Signs a cancel in advance, beside an order that waits to be issued: one duty officer can use it
    /// later, with no more signatures, to cancel that one order.
    #[command(after_help = "Examples:\n  \
        hoatoc order cancel-form 01936f5e-0000-7000-8000-000000000000 --as ~/commander\n  \
        hoatoc order cancel-form 01936f5e-0000-7000-8000-000000000000 --as ~/commissar\n\n\
        Later, if it must be:\n  \
        hoatoc order cancel 01936f5e-0000-7000-8000-000000000000 --form --as ~/duty")]
    CancelForm(change::cancel_form::CancelForm),
    /// Lists orders, newest first.
    #[command(after_help = "Example:\n  hoatoc order list --limit 20 --as ~/duty")]
    List {
        /// At most this many.
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        export: Export,
    },
    /// Shows one order: its text, its signatures, its counts.
    #[command(
        after_help = "Example:\n  hoatoc order show 01936f5e-0000-7000-8000-000000000000 --file order.json --as ~/duty"
    )]
    Show {
        /// The order's id.
        id: OrderId,
        /// Also write the signed envelope to this new file, for `order verify`.
        #[arg(long, value_name = "FILE")]
        file: Option<std::path::PathBuf>,
    },
    /// Follows an order's counts until you leave.
    #[command(
        after_help = "Example:\n  hoatoc order watch 01936f5e-0000-7000-8000-000000000000 --as ~/duty"
    )]
    Watch {
        /// The order's id.
        id: OrderId,
        /// Shortest time between two lines, in milliseconds.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=60_000))]
        interval_ms: u32,
        /// Leave once every endpoint has acknowledged.
        #[arg(long)]
        until_acknowledged: bool,
    },
    /// Prints an order as a PDF in the official form, with codes that prove it offline.
    #[command(after_help = "Examples:\n  \
        hoatoc order print 01936f5e-0000-7000-8000-000000000000 --place 'Điện Biên' --out order.pdf --as ~/duty\n  \
        hoatoc order print --file order.json --trust trust-bundle.json --out order.pdf")]
    Print(print::Print),
    /// Judges an order with no server in reach, from its file or from pictures of its print; exit
    /// status 0 only if it is valid.
    #[command(after_help = "Examples:\n  \
        hoatoc order verify order.json --trust trust-bundle.json --endpoint 17\n  \
        hoatoc order verify order.json --trust trust-bundle.json --sheet sheet.json --cancels cancel.json\n  \
        hoatoc order verify --qr page-1.jpg page-2.jpg --home /var/lib/hoatoc-terminal")]
    Verify(verify::Verify),
    /// Writes everything that proves an order into one file, or checks such a file.
    #[command(
        after_help = "Examples:\n  hoatoc order evidence 01936f5e-0000-7000-8000-000000000000 --out order.evidence --as ~/auditor\n  \
        hoatoc order evidence verify order.evidence --roots FINGERPRINT"
    )]
    Evidence(evidence::Evidence),
}

impl Order {
    pub(super) async fn run(self, cx: &Cx) -> Result<ExitCode> {
        match self {
            Self::Draft(draft) => Box::pin(draft.run(cx)).await?,
            Self::CallUp(call_up) => Box::pin(call_up.run(cx)).await?,
            Self::Sign(sign) => Box::pin(sign.run(cx)).await?,
            Self::Submit { file } => sign::submit(cx, &file).await?,
            Self::Issue { id } => follow::issue(cx, &id).await?,
            Self::Update(update) => Box::pin(update.run(cx)).await?,
            Self::Cancel(cancel) => Box::pin(cancel.run(cx)).await?,
            Self::CancelForm(form) => Box::pin(form.run(cx)).await?,
            Self::List { limit, export } => follow::list(cx, limit, &export).await?,
            Self::Show { id, file } => follow::show(cx, &id, file.as_deref()).await?,
            Self::Watch { id, interval_ms, until_acknowledged } => {
                follow::watch(cx, &id, interval_ms, until_acknowledged).await?;
            }
            Self::Print(print) => Box::pin(print.run(cx)).await?,
            Self::Verify(verify) => return verify.run(cx),
            Self::Evidence(evidence) => return Box::pin(evidence.run(cx)).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One order as the server holds it.
async fn order_of(connection: &Connection, id: &OrderId) -> Result<pb::Order> {
    let ask = pb::GetOrderRequest { order_id: id.to_string() };
    let reply = connection.orders().get_order(request(ask)).await.map_err(refused)?;
    reply.into_inner().order.context("the server gave no order")
}

/// A refusal to sign or issue; when signatures are missing, with the command that adds one.
fn unsigned(status: tonic::Status, id: &OrderId) -> anyhow::Error {
    let missing = reason_of(&status).as_deref() == Some("SIGNATURES_MISSING");
    let refusal = refused(status);
    if missing { anyhow!("{refusal}: `{}`", sign_command(id)) } else { refusal }
}

/// How another officer signs a draft.
fn sign_command(id: &OrderId) -> String {
    format!("hoatoc order sign {id} --as HOME")
}
