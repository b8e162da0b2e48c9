//! The server's side of a load run, in a process of its own: told on standard input what to do, a
//! line each, and answering with a line of JSON.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout};

use super::ChildArgs;
use crate::clock::{Clock, SystemClock};
use crate::domain::ids::UnitCode;
use crate::pki::authority::{Authority, Credentials};
use crate::pki::config::{ServerTls, ServerTlsParts};
use crate::sim::load::Usage;
use crate::sim::load::crowd::Crowd;
use crate::sim::load::fixture::{Fault, Fixture};
use crate::sim::load::raw::RawServer;
use crate::sim::load::server::LoadServer;
use crate::tasks::Tasks;

/// What the child reads of the prepared run: `material.json`, beside the store.
#[derive(Serialize, Deserialize)]
pub(super) struct Material {
    authority_certificate: String,
    authority_key: String,
    server_certificate: String,
    server_key: String,
    orders: Vec<String>,
    order_len: usize,
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Said {
    /// Where it listens.
    pub(super) address: String,
    /// What it has used so far.
    pub(super) usage: Usage,
    /// Rows that the import beside the orders has brought in.
    pub(super) rows: u64,
}

impl Material {
    pub(super) fn write(fixture: &Fixture, order_len: usize, dir: &Path) -> Result<()> {
        let material = Self {
            authority_certificate: fixture.authority.certificate_pem().to_owned(),
            authority_key: fixture.authority.key_pem().to_string(),
            server_certificate: fixture.server.certificate_pem.clone(),
            server_key: fixture.server.key_pem.to_string(),
            orders: fixture.orders.iter().map(ToString::to_string).collect(),
            order_len,
        };
        std::fs::write(dir.join("material.json"), serde_json::to_vec(&material)?)?;
        Ok(())
    }
}

enum Kind {
    Ours(LoadServer),
    Raw(RawServer),
}

pub(super) async fn run(args: &ChildArgs) -> Result<()> {
    let text = std::fs::read(args.dir.join("material.json"))
        .context("`bench child` is started by `bench fanout`, not by hand")?;
    let material: Material = serde_json::from_slice(&text)?;
    let (clock, tasks): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Tasks::new());
    let province: UnitCode = "11".parse()?;
    let authority =
        Authority::load(&province, &material.authority_certificate, &material.authority_key)?;
    let credentials = Credentials {
        certificate_pem: material.server_certificate.clone(),
        key_pem: material.server_key.clone().into(),
    };
    let parts = ServerTlsParts {
        province,
        authority_pem: material.authority_certificate.clone(),
        credentials,
        revocations_pem: None,
    };
    let tls = Arc::new(ServerTls::new(parts, clock.clone())?);
    let kind = if args.raw {
        Kind::Raw(RawServer::start(&args.dir, tls, &tasks).await.map_err(said)?)
    } else {
        let store = args.dir.join("store");
        Kind::Ours(LoadServer::start(&store, authority, tls, clock, &tasks).map_err(said)?)
    };
    let address = match &kind {
        Kind::Ours(server) => server.address,
        Kind::Raw(server) => server.address,
    };
    let mut lines = BufReader::new(stdin()).lines();
    let mut crowd: Option<Crowd> = None;
    answer(address.to_string(), 0).await?;
    while let Some(line) = lines.next_line().await? {
        match line.split_once(' ') {
            Some(("issue", number)) => {
                let number: usize = number.parse()?;
                issue(&kind, &material, number).await?;
            }
            Some(("busy", number)) => crowd = Some(busy(&kind, &material, number.parse()?)?),
            None if line == "usage" => {}
            _other => bail!("`{line}` is not understood"),
        }
        answer(address.to_string(), crowd.as_ref().map_or(0, Crowd::rows)).await?;
    }
    // The parent is gone; what is on disk is thrown away with it.
    Ok(())
}

async fn issue(kind: &Kind, material: &Material, number: usize) -> Result<()> {
    match kind {
        Kind::Raw(server) => server.issue(material.order_len),
        Kind::Ours(server) => {
            let order = material.orders.get(number).ok_or_else(|| anyhow!("no order {number}"))?;
            server.issue(order.parse()?).await.map_err(said)?;
        }
    }
    Ok(())
}

/// Sets an import, reports and watchers to work beside the orders.
fn busy(kind: &Kind, material: &Material, number: usize) -> Result<Crowd> {
    let order = material.orders.get(number).ok_or_else(|| anyhow!("no order {number}"))?;
    match kind {
        Kind::Raw(_) => bail!("plain sockets have no registry"),
        Kind::Ours(server) => Ok(server.crowd(order.parse()?)),
    }
}

async fn answer(address: String, rows: u64) -> Result<()> {
    let mut line = serde_json::to_vec(&Said { address, usage: Usage::now()?, rows })?;
    line.push(b'\n');
    let mut out = stdout();
    out.write_all(&line).await?;
    out.flush().await?;
    Ok(())
}

pub(super) fn said(fault: Fault) -> anyhow::Error {
    anyhow!(fault)
}
