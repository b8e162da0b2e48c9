//! `hoatoc trust publish`: sends a draft that enough root holders have signed, has its new officers
//! certified, and writes their grants.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::draft::DraftFile;
use crate::cli::Cx;
use crate::cli::homes::read_trust;
use crate::cli::identity::bundle::publish;
use crate::cli::identity::officer::{certify, grant::Grant};
use crate::cli::output::local_time;
use crate::evidence::trust::accept_bundle;

#[derive(Debug, Args)]
pub(in crate::cli) struct Publish {
    /// The draft with its signatures.
    #[arg(value_name = "FILE")]
    draft: PathBuf,
    /// Where the grants of new officers are written, as ID.grant.json; beside the draft by default.
    #[arg(long, value_name = "DIR")]
    grants: Option<PathBuf>,
}

impl Publish {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let draft = DraftFile::read(&self.draft)?;
        let connection = cx.connect().await?;
        let present = connection.trust().await?;
        let (envelope, next) = &draft.next;
        let in_force = read_trust(&connection.home.trust_file())?.0;
        // What a lost answer or a missing certificate left undone is done by the same command again.
        let ledger_index = if in_force.digest() == envelope.digest() {
            None
        } else {
            if let Some(missing) = draft.missing() {
                bail!("{missing}: hoatoc trust sign {} --root DIR", self.draft.display());
            }
            accept_bundle(Some(&present), next, envelope, connection.now())
                .context("the draft does not follow the trust bundle in force: draft it again")?;
            Some(publish(&connection, envelope).await?)
        };
        let beside = self.draft.parent().unwrap_or(&self.draft).to_owned();
        let dir = self.grants.clone().unwrap_or(beside);
        let mut grants = Vec::with_capacity(draft.requests.len());
        for signed in &draft.requests {
            let request = signed.request();
            let path = dir.join(format!("{}.grant.json", request.id));
            if path.exists() {
                cx.screen.note(&format!("{} is there already and stays", path.display()));
                continue;
            }
            let certificate = certify(&connection, &request.id, request.csr_pem.clone()).await;
            let certificate = certificate.with_context(|| {
                format!(
                    "bundle {} is in force, {} is not certified: publish again",
                    next.version, request.id
                )
            })?;
            Grant::new(request.id.as_str(), &connection.home, envelope, certificate)?
                .write(&path)?;
            grants.push(path);
        }
        let value = json!({
            "trust_bundle_version": next.version,
            "ledger_index": ledger_index,
            "grants": grants,
            "roots_fingerprint": next.roots_fingerprint().to_string(),
        });
        cx.screen.show(&value, || {
            let mut text = format!(
                "trust bundle {} is in force until {}; roots fingerprint:\n  {}",
                next.version,
                local_time(next.expires_at),
                next.roots_fingerprint()
            );
            for path in &grants {
                text.push_str(&format!("\ncarry {} to its officer", path.display()));
            }
            text
        })
    }
}
