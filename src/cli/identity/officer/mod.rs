//! `hoatoc officer`: who may do what. Each change is a new trust bundle, signed by the root holders.

mod add;
pub(in crate::cli::identity) mod grant;
mod request;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

pub(in crate::cli::identity) use add::end_of;

use super::bundle::{Roots, publish_changed};
use super::trust::edit;
use super::trust::show::officer_json;
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::{OFFICER_USES, OfficerHome};
use crate::cli::keys::secrets::NewKeys;
use crate::cli::keys::{file, key_path};
use crate::cli::listing::Export;
use crate::cli::order::newest;
use crate::cli::output::{local_time, utc_time};
use crate::cli::server::restore::{Left, told};
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::world::OPEN_ORDERS_MAX;
use crate::evidence::key::KeyUse;
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::{envelope::required, order, pb};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Officer {
    /// Adds an officer, by the request that the officer made, or with a home made right here. Who
    /// serves already changes keys. Each is a new trust bundle and a certificate.
    #[command(
        after_help = "Examples:\n  hoatoc officer add --request tran.van.a.request.json --out tran.van.a.grant.json \\\n    \
        --as ~/admin --root /media/usb/root\n  \
        hoatoc officer add tran.van.a --name 'Thượng tá Trần Văn A, Chỉ huy trưởng' --unit 11 \\\n    \
        --role signer --home ~/tran.van.a --as ~/admin --root /media/usb/root"
    )]
    Add(add::Add),
    /// On the officer's own machine: makes keys in a new home, and a request file for the root holders.
    #[command(
        after_help = "Examples:\n  hoatoc officer request tran.van.a --name 'Thượng tá Trần Văn A, Chỉ huy trưởng' \
        --unit 11 \\\n    --role signer --home ~/hoatoc --out tran.van.a.request.json\n  \
        hoatoc officer request tran.van.a --name 'Thượng tá Trần Văn A' --unit 11 --role signer \\\n    \
        --home ~/hoatoc --out request.json --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token tran.van.a"
    )]
    Request(request::Ask),
    /// On the officer's own machine: takes the grant that came back for the request.
    #[command(after_help = "Example:\n  hoatoc officer join tran.van.a.grant.json --home ~/hoatoc")]
    Join(grant::Join),
    /// Changes an officer's name, unit or roles.
    #[command(
        after_help = "Example:\n  hoatoc officer change tran.van.a --role signer --role exercise-director \
        --as ~/admin --root /media/usb/root"
    )]
    Change(Change),
    /// Changes the passphrase of a home's signing keys, an officer's or a root holder's.
    #[command(after_help = "Example:\n  hoatoc officer passphrase --home ~/hoatoc")]
    Passphrase {
        /// The home with the keys.
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        #[command(flatten)]
        new_keys: NewKeys,
    },
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
pub(in crate::cli) struct Change {
    /// The officer.
    id: OfficerId,
    /// Another name and post.
    #[arg(long)]
    name: Option<String>,
    /// Another unit to serve in.
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// What the officer may do from now on; repeat it for several: all that is not named is lost.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Role>,
    #[command(flatten)]
    roots: Roots,
}

impl Officer {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Add(add) => Box::pin(add.run(cx)).await,
            Self::Request(ask) => ask.run(cx),
            Self::Join(join) => join.run(cx),
            Self::Change(change) => change.run(cx).await,
            Self::Passphrase { home, new_keys } => passphrase(cx, &home, &new_keys),
            Self::List(export) => list(cx, &export).await,
            Self::Retire { id, roots } => retire(cx, id, &roots).await,
            Self::Reissue { epoch, roots } => reissue(cx, epoch, &roots).await,
            Self::Certify { home } => {
                let home = OfficerHome::load(&home, &cx.secrets)?;
                let connection = cx.connect().await?;
                let certificate = certify(&connection, &home.id, home.request()?).await?;
                home.keep_certificate(&certificate)?;
                let value = json!({ "officer": home.id.as_str(), "home": home.dir });
                cx.screen.show(&value, || format!("{} is certified for 90 days", home.id))
            }
            Self::Renew => renew(cx).await,
        }
    }
}

/// Has the administrator of the connection vouch for a TLS key. Returns the certificate, PEM.
pub(in crate::cli::identity) async fn certify(
    connection: &Connection,
    officer: &OfficerId,
    csr_pem: String,
) -> Result<String> {
    let ask = pb::CertifyOfficerRequest {
        request_id: request_id(),
        officer_id: officer.to_string(),
        csr_pem,
    };
    let reply = connection.identity().certify_officer(request(ask)).await.map_err(refused)?;
    Ok(reply.into_inner().certificate_pem)
}

impl Change {
    async fn run(self, cx: &Cx) -> Result<()> {
        let to = edit::Change {
            name: self.name.as_deref().map(crate::domain::text::clean),
            unit: self.unit.clone(),
            roles: (!self.roles.is_empty()).then(|| self.roles.iter().copied().collect()),
        };
        let connection = cx.connect().await?;
        let Some((bundle, ledger_index)) =
            publish_changed(cx, &connection, &self.roots, |bundle| {
                edit::change(bundle, &self.id, &to)
            })
            .await?
        else {
            return Ok(());
        };
        let value = json!({
            "officer": self.id.as_str(),
            "trust_bundle_version": bundle.version,
            "ledger_index": ledger_index,
        });
        cx.screen
            .show(&value, || format!("{} is changed with trust bundle {}", self.id, bundle.version))
    }
}

fn passphrase(cx: &Cx, home: &std::path::Path, new_keys: &NewKeys) -> Result<()> {
    let uses = OFFICER_USES.into_iter().chain([KeyUse::Root]);
    let paths: Vec<_> =
        uses.map(|key_use| key_path(home, key_use)).filter(|path| path.exists()).collect();
    if paths.is_empty() {
        anyhow::bail!(
            "{} has no signing keys in files: a token's PIN is changed with the token's own software",
            home.display()
        );
    }
    let keys = file::open_all(&paths, &cx.secrets)?;
    let chosen = new_keys.choose_other(0, &home.display().to_string())?;
    for (path, key) in paths.iter().zip(&keys) {
        file::reseal(path, key, chosen.as_ref())?;
    }
    let count = keys.len();
    let value = json!({ "home": home, "keys": count, "passphrase": chosen.is_some() });
    cx.screen.show(&value, || match chosen {
        Some(_) => format!("{count} keys in {} have another passphrase", home.display()),
        None => format!("{count} keys in {} lie open now: {OPEN_KEYS}", home.display()),
    })
}

/// What it means to keep keys without a passphrase.
pub(in crate::cli) const OPEN_KEYS: &str = "whoever copies these files can sign";

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
    let officers: Vec<_> = bundle.officers.iter().map(officer_json).collect();
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
    let Some((bundle, ledger_index)) =
        publish_changed(cx, &connection, roots, |bundle| edit::retire(bundle, &id)).await?
    else {
        return Ok(());
    };
    let value = json!({
        "officer": id.as_str(), "trust_bundle_version": bundle.version, "ledger_index": ledger_index,
    });
    cx.screen.show(&value, || format!("{id} is retired with trust bundle {}", bundle.version))
}

async fn reissue(cx: &Cx, epoch: Option<u64>, roots: &Roots) -> Result<()> {
    let connection = cx.connect().await?;
    let Some((bundle, ledger_index)) = publish_changed(cx, &connection, roots, |bundle| {
        bundle.epoch = epoch.unwrap_or(bundle.epoch);
        Ok(())
    })
    .await?
    else {
        return Ok(());
    };
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
