//! `hoatoc officer`: who may do what. Each change is a new trust bundle, signed by the root holders.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::bundle::publish_changed;
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::{NewOfficer, OfficerFile, OfficerHome, read_trust};
use crate::cli::listing::Export;
use crate::cli::order::newest;
use crate::cli::output::{local_time, utc_time};
use crate::cli::server::restore::{Left, told};
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::world::OPEN_ORDERS_MAX;
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::{envelope::required, order, pb};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Officer {
    /// Adds an officer: makes keys in a new home, publishes them in the next trust bundle, and has
    /// the officer certified.
    #[command(
        after_help = "Example:\n  hoatoc officer add tran.van.a --name 'Thượng tá Trần Văn A, \
        Chỉ huy trưởng' --unit 11 \\\n    --role signer --home ~/tran.van.a --as ~/admin --root /media/usb/root"
    )]
    Add(Add),
    /// Lists officers, their roles and keys.
    #[command(after_help = "Example:\n  hoatoc officer list --as ~/admin")]
    List(Export),
    /// Retires an officer: from now on nothing the officer signs counts.
    #[command(
        after_help = "Example:\n  hoatoc officer retire tran.van.a --as ~/admin --root /media/usb/root"
    )]
    Retire {
        /// The officer.
        id: OfficerId,
        #[command(flatten)]
        roots: Roots,
    },
    /// Publishes the trust bundle anew: before it expires, or for a new epoch after a restore.
    #[command(
        after_help = "Example:\n  hoatoc officer reissue --epoch 2 --as ~/admin --root /media/usb/root"
    )]
    Reissue {
        /// The epoch that `restore` named; the present one by default.
        #[arg(long)]
        epoch: Option<u64>,
        #[command(flatten)]
        roots: Roots,
    },
    /// Has the officer of a home certified again, when its certificate expired or never came.
    #[command(after_help = "Example:\n  hoatoc officer certify --home ~/tran.van.a --as ~/admin")]
    Certify {
        /// The officer's home, with its TLS key.
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
    },
    /// Renews one's own certificate while it is still good: it lasts 90 days.
    #[command(after_help = "Example:\n  hoatoc officer renew --as ~/tran.van.a")]
    Renew,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Roots {
    /// A root holder's home; repeat it until the threshold of roots is reached.
    #[arg(long = "root", value_name = "DIR", required = true)]
    homes: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// A short name, never reused: letters, digits, `-`, `_`, `.`.
    id: OfficerId,
    /// Name and post, as shown beside a signature.
    #[arg(long)]
    name: String,
    /// The unit served in; rights end at what lies under it.
    #[arg(long, value_name = "CODE")]
    unit: UnitCode,
    /// What the officer may do; repeat it for several: drafter, signer, approver, duty-officer,
    /// registrar, area-officer, commune-officer, exercise-director, evaluator, auditor,
    /// administrator.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// The officer's new home; it goes to the officer's own machine.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    #[command(flatten)]
    roots: Roots,
}

impl Officer {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Add(add) => Box::pin(add.run(cx)).await,
            Self::List(export) => list(cx, &export).await,
            Self::Retire { id, roots } => retire(cx, id, &roots).await,
            Self::Reissue { epoch, roots } => reissue(cx, epoch, &roots).await,
            Self::Certify { home } => {
                let home = OfficerHome::load(&home)?;
                certify(&cx.connect().await?, &home, home.request()?).await?;
                let value = json!({ "officer": home.id.as_str(), "home": home.dir });
                cx.screen.show(&value, || format!("{} is certified for 90 days", home.id))
            }
            Self::Renew => renew(cx).await,
        }
    }
}

impl Add {
    async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let known = connection.trust().await?;
        if known.officer(&self.id).is_some() {
            bail!(
                "officer {} is there already: choose another id, or use `officer certify`",
                self.id
            );
        }
        // Before any key is made: the server would refuse the bundle.
        let unit = self.unit.as_str();
        if self.unit != known.province
            && !connection
                .units()
                .await?
                .iter()
                .any(|known| known.code == unit && known.valid_to.is_empty())
        {
            bail!(
                "unit {unit} is unknown or closed: check the code, or import it first with `unit import`"
            );
        }
        let admin = &connection.home;
        let file = OfficerFile {
            id: self.id.to_string(),
            server: admin.file.server.clone(),
            server_name: admin.file.server_name.clone(),
        };
        let person = NewOfficer {
            id: self.id.clone(),
            name: crate::domain::text::clean(&self.name),
            unit: self.unit.clone(),
            roles: self.roles.clone(),
        };
        let authority = admin.authority_pem()?;
        let (home, officer, csr) =
            OfficerHome::create(&self.home, file, &person, &authority, connection.now())?;
        let (bundle, ledger_index) =
            publish_changed(&connection, &self.roots.homes, move |bundle| {
                bundle.officers.push(officer);
                Ok(())
            })
            .await
            .with_context(|| format!("{} holds unused keys: remove it", self.home.display()))?;
        home.begin_trust(&read_trust(&connection.home.trust_file())?.0)?;
        certify(&connection, &home, csr).await.with_context(|| {
            format!("the officer is added, only the certificate is missing: run `officer certify --home {}`", self.home.display())
        })?;
        let value = json!({
            "officer": self.id.as_str(),
            "home": self.home,
            "trust_bundle_version": bundle.version,
            "ledger_index": ledger_index,
        });
        cx.screen.show(&value, || {
            format!(
                "{} is added with trust bundle {}; take {} to the officer's own machine and remove it here",
                self.id,
                bundle.version,
                self.home.display()
            )
        })
    }
}

/// Has the administrator of the connection vouch for a home's TLS key.
async fn certify(connection: &Connection, home: &OfficerHome, csr_pem: String) -> Result<()> {
    let ask = pb::CertifyOfficerRequest {
        request_id: request_id(),
        officer_id: home.id.to_string(),
        csr_pem,
    };
    let reply = connection.identity().certify_officer(request(ask)).await.map_err(refused)?;
    home.keep_certificate(&reply.into_inner().certificate_pem)
}

async fn renew(cx: &Cx) -> Result<()> {
    let home = cx.home()?;
    let connection = Connection::open(home.clone(), Arc::clone(&cx.clock)).await?;
    let ask = pb::RenewRequest { csr_pem: home.request()? };
    let reply = connection.identity().renew(request(ask)).await.map_err(refused)?;
    home.keep_certificate(&reply.into_inner().certificate_pem)?;
    let value = json!({ "officer": home.id.as_str(), "home": home.dir });
    cx.screen.show(&value, || format!("the certificate of {} is renewed for 90 days", home.id))
}

async fn list(cx: &Cx, export: &Export) -> Result<()> {
    let bundle = cx.connect().await?.trust().await?;
    let officers: Vec<_> = bundle
        .officers
        .iter()
        .map(|officer| {
            let keys = officer.keys.iter().map(|own| {
                json!({
                    "key_id": own.key.id().to_string(),
                    "use": own.key_use.as_str(),
                    "valid_to_time": utc_time(own.valid_to),
                })
            });
            json!({
                "officer": officer.id.as_str(),
                "name": officer.name,
                "unit_code": officer.unit.as_str(),
                "roles": officer.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
                "retired_time": officer.retired_at.map(utc_time),
                "keys": keys.collect::<Vec<_>>(),
            })
        })
        .collect();
    let value = json!({
        "version": bundle.version,
        "epoch": bundle.epoch,
        "expires_time": utc_time(bundle.expires_at),
        "officers": officers,
    });
    let mut sheet = Sheet::new("", &["OFFICER", "NAME", "UNIT", "ROLES", "RETIRED"])
        .called("Danh sách cán bộ", "Danh sách cán bộ");
    for officer in &bundle.officers {
        let roles: Vec<&str> = officer.roles.iter().map(|role| role.as_str()).collect();
        let labels: Vec<&str> = officer.roles.iter().map(|role| role.label()).collect();
        sheet.push([
            officer.id.to_string().into(),
            officer.name.as_str().into(),
            officer.unit.to_string().into(),
            CellValue::word(roles.join(", "), labels.join(", ")),
            CellValue::time(
                officer.retired_at.map_or_else(|| "-".to_owned(), local_time),
                officer.retired_at,
            ),
        ]);
    }
    let (version, ends) = (bundle.version, local_time(bundle.expires_at));
    export.show(&cx.screen, &value, &sheet, &format!("trust bundle {version}, until {ends}"))
}

async fn retire(cx: &Cx, id: OfficerId, roots: &Roots) -> Result<()> {
    let connection = cx.connect().await?;
    let now = connection.now();
    let (bundle, ledger_index) = publish_changed(&connection, &roots.homes, |bundle| {
        let officer = bundle.officers.iter_mut().find(|officer| officer.id == id);
        let officer =
            officer.with_context(|| format!("officer {id} is not known: see `officer list`"))?;
        if officer.retired_at.is_some() {
            bail!("officer {id} is retired already");
        }
        officer.retired_at = Some(now);
        Ok(())
    })
    .await?;
    let value = json!({
        "officer": id.as_str(), "trust_bundle_version": bundle.version, "ledger_index": ledger_index,
    });
    cx.screen.show(&value, || format!("{id} is retired with trust bundle {}", bundle.version))
}

async fn reissue(cx: &Cx, epoch: Option<u64>, roots: &Roots) -> Result<()> {
    let connection = cx.connect().await?;
    let (bundle, ledger_index) = publish_changed(&connection, &roots.homes, |bundle| {
        bundle.epoch = epoch.unwrap_or(bundle.epoch);
        Ok(())
    })
    .await?;
    let mut left = Vec::new();
    for order in newest(&connection, OPEN_ORDERS_MAX).await?.iter().filter(|o| o.issue_again) {
        let envelope = required("envelope", order.envelope.as_ref())?;
        left.push(Left::new(&order::read(&envelope)?));
    }
    let value = json!({
        "trust_bundle_version": bundle.version,
        "epoch": bundle.epoch,
        "expires_time": utc_time(bundle.expires_at),
        "ledger_index": ledger_index,
        "issue_again": left.iter().map(Left::json).collect::<Vec<_>>(),
    });
    cx.screen.show(&value, || {
        let (version, epoch, ends) = (bundle.version, bundle.epoch, local_time(bundle.expires_at));
        let again = told(&left);
        format!("trust bundle {version} is published: epoch {epoch}, until {ends}\n{again}")
    })
}
