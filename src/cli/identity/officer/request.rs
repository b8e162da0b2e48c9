//! `hoatoc officer request`: an officer makes keys on a machine of their own, and a file that asks the
//! root holders to take them into the trust bundle. Needs no server.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use crate::cli::Cx;
use crate::cli::homes::{OfficerFile, OfficerHome};
use crate::cli::identity::trust::words::key_words;
use crate::cli::keys::{Keeping, NewPlace};
use crate::config::home::write_new;
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::evidence::fingerprint;
use crate::evidence::request::{OfficerRequest, SignedRequest};

#[derive(Debug, Args)]
pub(in crate::cli) struct Ask {
    /// A short name, never reused: letters, digits, `-`, `_`, `.`. Who serves already asks under the
    /// id they have, and so for other keys.
    id: OfficerId,
    /// Name and post, as shown beside a signature.
    #[arg(long)]
    name: String,
    /// The unit served in; rights end at what lies under it.
    #[arg(long, value_name = "CODE")]
    unit: UnitCode,
    /// What to be allowed; repeat it for several: drafter, signer, political-commissar, approver, duty-officer, registrar,
    /// area-officer, commune-officer, exercise-director, evaluator, auditor, administrator.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// The officer's new home, on this machine; it goes nowhere else.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// The server to call later; what the grant says by default.
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,
    /// Where the request is written: a new file, to be carried to the administrator.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    place: NewPlace,
}

impl Ask {
    pub(super) fn run(self, cx: &Cx) -> Result<()> {
        if self.out.exists() {
            bail!("{} is there already: choose another file", self.out.display());
        }
        let server = self.server.clone().unwrap_or_default();
        let file = OfficerFile {
            id: self.id.to_string(),
            server_name: server.rsplit_once(':').map_or("", |(host, _port)| host).to_owned(),
            server,
            signer: None,
        };
        let keeping = self.place.keeping(&cx.secrets, self.id.as_str())?;
        let made = OfficerHome::make(&self.home, file, &keeping, &cx.secrets);
        let (home, own, csr_pem) = made?;
        let [actual, exercise] = own.as_slice() else { bail!("two keys for two uses") };
        let request = OfficerRequest {
            id: self.id.clone(),
            name: crate::domain::text::clean(&self.name),
            unit: self.unit.clone(),
            roles: self.roles.iter().copied().collect(),
            keys: [actual, exercise].map(|own| (own.key_use, own.signer.public())),
            csr_pem,
            made_at: cx.clock.now(),
        };
        let signed =
            SignedRequest::make(request, [actual.signer.as_ref(), exercise.signer.as_ref()])
                .with_context(|| format!("{} holds unused keys: remove it", home.dir.display()))?;
        write_new(&self.out, signed.to_json().as_bytes(), 0o644)?;
        if matches!(keeping, Keeping::File(None)) {
            cx.screen.note(&format!("keys without a passphrase: {}", super::OPEN_KEYS));
        }
        let keys = signed.request().keys;
        let value = json!({
            "officer": self.id.as_str(),
            "home": home.dir,
            "request": self.out,
            "fingerprint": fingerprint(&signed.digest()),
            "keys": keys.map(|(key_use, key)| json!({
                "use": key_use.as_str(), "key_id": key.id().to_string(),
            })),
        });
        cx.screen.show(&value, || {
            let keys = keys.map(|(key_use, key)| {
                format!("  {:<8} {}", key_use.as_str(), key_words(&key.id()))
            });
            format!(
                "The request of {} is in {}: carry it to the administrator.\n{}\n\n\
                 Fingerprint, to be read out when the administrator calls:\n  {}\n\n\
                 When the grant comes back:\n  hoatoc officer join GRANT --home {}",
                self.id,
                self.out.display(),
                keys.join("\n"),
                fingerprint(&signed.digest()),
                home.dir.display()
            )
        })
    }
}
