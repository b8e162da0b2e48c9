//! `hoatoc reservist transfer`: a person's move from one commune to another, begun by the one and
//! accepted by the other.

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use super::import::date;
use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::listing::Export;
use crate::domain::ids::{ReservistId, UnitCode};
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;
use crate::wire::registry::plan::date as civil_date;

/// Pages asked for at most: more people than ever move at once.
const PAGES_MAX: usize = 1_000;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Transfer {
    /// Sends a person to another commune; until it accepts, the call-up stays with the sender.
    #[command(after_help = "Example:\n  hoatoc reservist transfer start \
        01936f5e-0000-7000-8000-000000000000 --to 03160 --reason 'Chuyển nơi ở' --as ~/registrar")]
    Start {
        /// The reservist's id.
        id: ReservistId,
        /// The receiving commune, ward or base.
        #[arg(long, value_name = "CODE")]
        to: UnitCode,
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Takes a person over into the receiving commune's register.
    #[command(after_help = "Example:\n  hoatoc reservist transfer accept \
        01936f5e-0000-7000-8000-000000000000 --hamlet 'Bản Co Mỵ' --as ~/registrar")]
    Accept {
        /// The reservist's id.
        id: ReservistId,
        /// Where the person lives now.
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        hamlet: String,
    },
    /// Sends a person back to the commune that sent them.
    #[command(after_help = "Example:\n  hoatoc reservist transfer reject \
        01936f5e-0000-7000-8000-000000000000 --as ~/registrar")]
    Reject {
        /// The reservist's id.
        id: ReservistId,
    },
    /// Takes a transfer back before the other side has decided.
    #[command(after_help = "Example:\n  hoatoc reservist transfer withdraw \
        01936f5e-0000-7000-8000-000000000000 --as ~/registrar")]
    Withdraw {
        /// The reservist's id.
        id: ReservistId,
    },
    /// Lists who is on the way from or to one's own units.
    #[command(after_help = "Example:\n  hoatoc reservist transfer list --as ~/registrar")]
    List(Export),
}

impl Transfer {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let mut client = cx.connect().await?.registry();
        let name = request_id();
        let mut warnings = Vec::new();
        let (id, done, index) = match self {
            Self::Start { id, to, reason } => {
                let ask = pb::StartTransferRequest {
                    request_id: name,
                    reservist_id: id.to_string(),
                    to_unit_code: to.to_string(),
                    reason,
                };
                let reply = client.start_transfer(request(ask)).await.map_err(refused)?;
                (id, "started", reply.into_inner().ledger_index)
            }
            Self::Accept { id, hamlet } => {
                let reservist_id = id.to_string();
                let ask = pb::AcceptTransferRequest { request_id: name, reservist_id, hamlet };
                let reply = client.accept_transfer(request(ask)).await.map_err(refused)?;
                let reply = reply.into_inner();
                warnings = reply.warnings;
                (id, "accepted", reply.ledger_index)
            }
            Self::Reject { id } => {
                let reservist_id = id.to_string();
                let ask = pb::RejectTransferRequest { request_id: name, reservist_id };
                let reply = client.reject_transfer(request(ask)).await.map_err(refused)?;
                (id, "rejected", reply.into_inner().ledger_index)
            }
            Self::Withdraw { id } => {
                let reservist_id = id.to_string();
                let ask = pb::WithdrawTransferRequest { request_id: name, reservist_id };
                let reply = client.withdraw_transfer(request(ask)).await.map_err(refused)?;
                (id, "withdrawn", reply.into_inner().ledger_index)
            }
            Self::List(export) => return list(cx, &export).await,
        };
        let value = json!({
            "reservist_id": id.to_string(), "transfer": done, "ledger_index": index,
            "warnings": warnings,
        });
        cx.screen.show(&value, || {
            let mut text = match index {
                0 => format!("{id}: the transfer was {done} before"),
                _recorded => format!("{id}: transfer {done}, ledger entry {index}"),
            };
            for warning in &warnings {
                text.push_str(&format!("\nwarning: {warning}"));
            }
            text
        })
    }
}

async fn list(cx: &Cx, export: &Export) -> Result<()> {
    export.target()?;
    let mut client = cx.connect().await?.registry();
    let (mut found, mut page_token) = (Vec::new(), String::new());
    for _page in 0..PAGES_MAX {
        let ask = pb::ListTransfersRequest { page_size: 0, page_token };
        let page = client.list_transfers(request(ask)).await.map_err(refused)?.into_inner();
        found.extend(page.reservists);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let rows: Vec<Value> = found.iter().map(as_json).collect();
    let columns = ["ID", "NAME", "BORN", "FROM", "TO", "SINCE"];
    let mut sheet = Sheet::new("", &columns)
        .called("Danh sách quân nhân dự bị đang chuyển nơi ở", "Danh sách đang chuyển nơi ở");
    for one in &found {
        let transfer = one.transfer.clone().unwrap_or_default();
        sheet.push([
            one.reservist_id.as_str().into(),
            one.full_name.as_str().into(),
            one.birth_date.map(|date| date.year.to_string()).unwrap_or_default().into(),
            one.residence_unit_code.as_str().into(),
            transfer.to_unit_code.into(),
            CellValue::day(
                date(transfer.start_date.as_ref()).unwrap_or_default(),
                civil_date("start_date", transfer.start_date.as_ref()).ok().flatten(),
            ),
        ]);
    }
    export.show(&cx.screen, &json!({ "transfers": rows }), &sheet, "")
}

fn as_json(one: &pb::Reservist) -> Value {
    let transfer = one.transfer.clone().unwrap_or_default();
    json!({
        "reservist_id": one.reservist_id,
        "full_name": one.full_name,
        "birth_year": one.birth_date.map(|date| date.year),
        "from_unit_code": one.residence_unit_code,
        "to_unit_code": transfer.to_unit_code,
        "start_date": date(transfer.start_date.as_ref()),
    })
}
