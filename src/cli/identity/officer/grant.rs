//! The grant that answers an officer's request, and `hoatoc officer join`, which takes it.
//!
//! A grant is a JSON file: the trust bundle that has the officer in it, the certificate for the TLS
//! key, and where the server is. Nothing in it is secret, and nothing in it is believed unseen: the
//! bundle's roots are compared with what came another way, the keys and the certificate must be those of
//! the home, and the certificate must come from the authority that the bundle names.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::homes::{OFFICER_USES, OfficerHome, read_file_of};
use crate::cli::identity::trust::words::{days_left, officer_words};
use crate::cli::output::local_time;
use crate::config::home::write_new;
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::pki::identity::{Identity, PeerIdentity};
use crate::pki::vouch::check_own;
use crate::wire::trust;

const FORMAT: u32 = 1;
/// Longest grant that is read, in bytes: a bundle takes up to 96 KiB of it.
const GRANT_LEN_MAX: u64 = 160 * 1024;

/// What goes back to the officer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli::identity) struct Grant {
    format: u32,
    officer: String,
    server: String,
    server_name: String,
    certificate_pem: String,
    trust_bundle: Value,
}

impl Grant {
    /// For this officer, from an administrator's home.
    pub(in crate::cli::identity) fn new(
        officer: &str,
        admin: &OfficerHome,
        bundle: &Envelope,
        certificate_pem: String,
    ) -> Result<Self> {
        Ok(Self {
            format: FORMAT,
            officer: officer.to_owned(),
            server: admin.file.server.clone(),
            server_name: admin.file.server_name.clone(),
            certificate_pem,
            trust_bundle: serde_json::from_str(&bundle.to_json()).context("the trust bundle")?,
        })
    }

    /// Writes it to a new file.
    pub(in crate::cli::identity) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("write the grant")?;
        Ok(write_new(path, text.as_bytes(), 0o644)?)
    }

    fn read(path: &Path) -> Result<Self> {
        let text = read_file_of(path, GRANT_LEN_MAX)?;
        let grant: Self = serde_json::from_str(&text)
            .ok()
            .with_context(|| format!("{} is no grant", path.display()))?;
        if grant.format != FORMAT {
            bail!("{} was made by a newer program: update this one", path.display());
        }
        Ok(grant)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Join {
    /// The grant.
    #[arg(value_name = "FILE")]
    grant: PathBuf,
    /// The home that the request was made with.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// The roots fingerprint as it came over another line; without it, it is shown and asked.
    #[arg(long, value_name = "HEX")]
    roots_fingerprint: Option<String>,
}

impl Join {
    pub(super) fn run(self, cx: &Cx) -> Result<()> {
        let home = OfficerHome::load(&self.home, &cx.secrets)?;
        if home.has_joined() {
            bail!(
                "{} has joined already: other keys are asked for in another directory (`hoatoc officer request`)",
                home.dir.display()
            );
        }
        let grant = Grant::read(&self.grant)?;
        let envelope = Envelope::from_json(&grant.trust_bundle.to_string())?;
        let bundle = trust::read(&envelope)?;
        let now = cx.clock.now();
        check(&home, &grant, &bundle, &envelope, now)
            .with_context(|| format!("{} is not taken", self.grant.display()))?;
        self.compare_roots(cx, &bundle)?;
        home.keep_authority(&bundle.authority_cert_pem)?;
        home.begin_trust(&envelope)?;
        home.keep_certificate(&grant.certificate_pem)?;
        let home = if home.file.server.is_empty() {
            home.at(&grant.server, &grant.server_name)?
        } else {
            home
        };
        let server = &home.file.server;
        let value = json!({
            "officer": grant.officer,
            "home": home.dir,
            "server": server,
            "trust_bundle_version": bundle.version,
            "roots_fingerprint": bundle.roots_fingerprint().to_string(),
        });
        cx.screen.show(&value, || {
            format!(
                "{} has joined: server {server}, trust bundle {} until {} ({} days)",
                bundle.officer(&home.id).map_or_else(String::new, officer_words),
                bundle.version,
                local_time(bundle.expires_at),
                days_left(bundle.expires_at, now)
            )
        })
    }

    /// Who the roots are cannot come from the grant alone: a person compares them.
    fn compare_roots(&self, cx: &Cx, bundle: &TrustBundle) -> Result<()> {
        let shown = bundle.roots_fingerprint().to_string();
        let plain = |text: &str| -> String {
            text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
        };
        if let Some(given) = &self.roots_fingerprint {
            if plain(given) == shown {
                return Ok(());
            }
            bail!(
                "the roots fingerprint of the grant is {shown}, not the one given: take nothing from whoever \
                 sent it before a root holder reads you the one of today (`trust show`); that of the \
                 ceremony's record holds until a root is exchanged"
            );
        }
        cx.screen.note(&format!(
            "Roots fingerprint of this grant, to be compared with the one that a root holder reads out or \
             that stands in the record of the ceremony:\n  {shown}"
        ));
        let typed = cx.screen.ask("If it is the same, type its last eight digits: ")?;
        if plain(&typed) == shown[shown.len() - 8..] {
            return Ok(());
        }
        bail!(
            "the roots fingerprint was not confirmed: compare it over another line, then give it with \
             --roots-fingerprint"
        );
    }
}

fn check(
    home: &OfficerHome,
    grant: &Grant,
    bundle: &TrustBundle,
    envelope: &Envelope,
    now: Instant,
) -> Result<()> {
    if grant.officer != home.id.as_str() {
        bail!("it is for officer {}, this is the home of {}", grant.officer, home.id);
    }
    accept_bundle(None, bundle, envelope, now)?;
    let officer = bundle.officer(&home.id).context("its trust bundle does not have the officer")?;
    if officer.retired_at.is_some_and(|at| at <= now) {
        bail!("its trust bundle has the officer as retired");
    }
    for key_use in OFFICER_USES {
        let key = home.public_key(key_use)?;
        let known = officer.keys.iter().any(|own| own.key == key && own.key_use == key_use);
        if !known {
            bail!(
                "its trust bundle does not have the {key_use} key of this home: ask again with a new request"
            );
        }
    }
    let certificate = CertificateDer::from_pem_slice(grant.certificate_pem.as_bytes())
        .ok()
        .context("its certificate cannot be read")?;
    check_own(&certificate, &bundle.authority_cert_pem, &home.tls_key()?)?;
    let peer = PeerIdentity::from_der(&certificate)?;
    let own = Identity::Officer { province: bundle.province.clone(), officer: home.id.clone() };
    if peer.identity != own {
        bail!("its certificate is for {}, not for {own}", peer.identity);
    }
    Ok(())
}
