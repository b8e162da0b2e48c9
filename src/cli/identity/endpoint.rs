//! `hoatoc endpoint`: the addressees, and the codes with which their terminals enrol.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::listing::{Export, time_cell};
use crate::cli::output::{local_or_dash, utc_or_null};
use crate::domain::endpoint::{Address, Line};
use crate::domain::ids::UnitCode;
use crate::domain::unit::Echelon;
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::{pb, unit};

/// Endpoints added with one call: all or none of them.
const ADD_LEN_MAX: usize = 500;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Endpoint {
    /// Adds endpoints; those that the flags name and that are there already are left as they are.
    #[command(
        after_help = "Examples:\n  hoatoc endpoint add 03160/military 03160/civil --as ~/admin\n  \
        hoatoc endpoint add --all-communes --areas --bases --as ~/admin"
    )]
    Add(Add),
    /// Lists endpoints, whether they enrolled, and whether they are connected.
    #[command(after_help = "Example:\n  hoatoc endpoint list --unit KV1 --as ~/admin")]
    List {
        /// Only under this unit.
        #[arg(long, value_name = "CODE")]
        unit: Option<UnitCode>,
        /// Those out of use too.
        #[arg(long)]
        retired: bool,
        #[command(flatten)]
        export: Export,
    },
    /// Takes an endpoint out of use: out of every audience, its terminal off within seconds. Its number
    /// is never given again, its history stays.
    #[command(
        after_help = "Example:\n  hoatoc endpoint retire 03160/civil --document \"Quyết định 5/QĐ\" --as ~/admin"
    )]
    Retire {
        /// The endpoint, such as 03160/civil.
        #[arg(value_name = "UNIT/LINE")]
        address: Address,
        /// The number of the document it rests on, or the reason.
        #[arg(long, value_name = "TEXT")]
        document: String,
        /// Also while an open order waits for its answer: the order ends without it.
        #[arg(long)]
        force: bool,
    },
    /// Makes a one-time code for an endpoint's terminal: shown once, good for 24 hours.
    #[command(after_help = "Example:\n  hoatoc endpoint code 03160/military --as ~/admin")]
    Code {
        /// The endpoint, such as 03160/military.
        #[arg(value_name = "UNIT/LINE")]
        address: Address,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// Endpoints, such as 03160/military.
    #[arg(value_name = "UNIT/LINE", required_unless_present_any = ["all_communes", "areas", "bases"])]
    addresses: Vec<Address>,
    /// Both lines of every commune and ward.
    #[arg(long)]
    all_communes: bool,
    /// The military line of every defensive area.
    #[arg(long)]
    areas: bool,
    /// The military line of every base.
    #[arg(long)]
    bases: bool,
}

impl Endpoint {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Add(add) => add.run(cx).await,
            Self::List { unit, retired, export } => list(cx, unit.as_ref(), retired, &export).await,
            Self::Retire { address, document, force } => {
                retire(cx, &address, document, force).await
            }
            Self::Code { address } => code(cx, &address).await,
        }
    }
}

impl Add {
    async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let mut wanted = self.addresses.clone();
        if self.all_communes || self.areas || self.bases {
            wanted.extend(self.by_flags(&connection).await?);
        }
        let mut seen = BTreeSet::new();
        wanted.retain(|address| seen.insert(address.clone()));
        let mut added = Vec::with_capacity(wanted.len());
        for part in wanted.chunks(ADD_LEN_MAX) {
            let endpoints = part
                .iter()
                .map(|address| pb::NewEndpoint {
                    unit_code: address.unit.to_string(),
                    line: pb::Line::from(address.line).into(),
                })
                .collect();
            let ask = pb::AddEndpointsRequest { request_id: request_id(), endpoints };
            let reply =
                connection.organization().add_endpoints(request(ask)).await.map_err(refused)?;
            added.extend(reply.into_inner().endpoints);
        }
        let value: Vec<_> = added
            .iter()
            .map(|endpoint| json!({ "number": endpoint.number, "address": endpoint.address }))
            .collect();
        cx.screen.show(&json!({ "added": value }), || format!("{} endpoints added", added.len()))
    }

    async fn by_flags(&self, connection: &Connection) -> Result<Vec<Address>> {
        let there = connection.endpoints("").await?;
        let in_use = there.iter().filter(|endpoint| !endpoint.retired);
        let there: BTreeSet<&str> = in_use.map(|endpoint| endpoint.address.as_str()).collect();
        let units = connection.units().await?;
        if units.is_empty() {
            bail!("there are no units yet: import them first with `unit import`");
        }
        let mut wanted = Vec::new();
        for one in units.iter().filter(|one| one.valid_to.is_empty()) {
            let lines: &[Line] = match unit::echelon(one.echelon)? {
                Echelon::Commune if self.all_communes => &[Line::Military, Line::Civil],
                Echelon::Area if self.areas => &[Line::Military],
                Echelon::Base if self.bases => &[Line::Military],
                _not_asked_for => &[],
            };
            for line in lines {
                let address = Address { unit: one.code.parse()?, line: *line };
                if !there.contains(address.to_string().as_str()) {
                    wanted.push(address);
                }
            }
        }
        Ok(wanted)
    }
}

async fn list(cx: &Cx, unit: Option<&UnitCode>, retired: bool, export: &Export) -> Result<()> {
    let mut endpoints = cx.connect().await?.endpoints(unit.map_or("", UnitCode::as_str)).await?;
    endpoints.retain(|endpoint| retired || !endpoint.retired);
    let value: Vec<_> = endpoints
        .iter()
        .map(|endpoint| {
            json!({
                "number": endpoint.number,
                "address": endpoint.address,
                "unit_code": endpoint.unit_code,
                "enrolled": endpoint.enrolled,
                "retired": endpoint.retired,
                "connected": endpoint.connected,
                "last_heard_time": utc_or_null(endpoint.last_heard_time.as_ref()),
                "certificate_not_after_time":
                    utc_or_null(endpoint.certificate_not_after_time.as_ref()),
            })
        })
        .collect();
    let columns = ["NUMBER", "ADDRESS", "TERMINAL", "LAST HEARD", "CERTIFICATE UNTIL"];
    let mut sheet = Sheet::new("", &columns)
        .called("Danh sách đầu mối nhận lệnh", "Danh sách đầu mối nhận lệnh");
    for endpoint in &endpoints {
        let terminal = match (endpoint.enrolled, endpoint.connected) {
            (true, true) => "connected",
            (true, false) => "away",
            (false, _) if endpoint.retired => "out of use",
            (false, _) => "not enrolled",
        };
        sheet.push([
            endpoint.number.into(),
            endpoint.address.as_str().into(),
            CellValue::term(words::TERMINALS, terminal),
            time_cell(endpoint.last_heard_time.as_ref()),
            time_cell(endpoint.certificate_not_after_time.as_ref()),
        ]);
    }
    export.show(&cx.screen, &value, &sheet, "")
}

async fn retire(cx: &Cx, address: &Address, document: String, force: bool) -> Result<()> {
    let connection = cx.connect().await?;
    let ask = pb::RetireEndpointRequest {
        request_id: request_id(),
        address: address.to_string(),
        document,
        force,
    };
    let done = connection.organization().retire_endpoint(request(ask)).await.map_err(refused)?;
    let pb::RetireEndpointResponse { ledger_index, number } = done.into_inner();
    let value = json!({
        "address": address.to_string(), "number": number, "ledger_index": ledger_index,
    });
    cx.screen.show(&value, || {
        format!("{address}, number {number}, is out of use: ledger entry {ledger_index}")
    })
}

async fn code(cx: &Cx, address: &Address) -> Result<()> {
    let connection = cx.connect().await?;
    let ask =
        pb::CreateEnrolmentCodeRequest { request_id: request_id(), address: address.to_string() };
    let reply = connection.identity().create_enrolment_code(request(ask)).await.map_err(refused)?;
    let made = reply.into_inner();
    let until = utc_or_null(made.expires_time.as_ref()).context("the server gave no end")?;
    let value = json!({ "address": address.to_string(), "code": made.code, "expires_time": until });
    cx.screen.show(&value, || {
        format!(
            "{}\n\nfor {address}, once, until {}; at the terminal:\n  hoatoc terminal enrol --code {} --server {} --data-dir DIR",
            made.code,
            local_or_dash(made.expires_time.as_ref()),
            made.code,
            connection.home.file.server,
        )
    })
}
