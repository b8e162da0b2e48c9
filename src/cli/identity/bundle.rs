//! Making the next trust bundle: a copy of the one in force with a change, a higher version and a new
//! term, signed by the root holders whose homes are at hand. `trust draft` makes one for root holders
//! elsewhere.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::{RootHome, read_trust};
use crate::cli::identity::trust::draft::{DraftFile, drafted};
use crate::domain::instant::Instant;
use crate::domain::world::Trust;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::Signer;
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::wire::{pb, trust};

/// How long a bundle counts, in days: once a year the root holders look at who holds which role.
pub(in crate::cli) const BUNDLE_DAYS: i64 = 366;
/// A day in milliseconds.
pub(in crate::cli) const DAY_MS: i64 = 86_400_000;

/// Root holders whose homes are at hand.
#[derive(Debug, Args)]
pub(in crate::cli) struct Roots {
    /// A root holder's home; repeat it until the threshold of roots is reached. Without enough of them
    /// at hand, see --draft.
    #[arg(long = "root", value_name = "DIR", required_unless_present = "draft")]
    pub(super) homes: Vec<PathBuf>,
    /// Write what would be published to this new file, for root holders elsewhere: `trust sign` it, one
    /// after the other, then `trust publish`.
    #[arg(long, value_name = "FILE", conflicts_with = "homes")]
    pub(super) draft: Option<PathBuf>,
}

impl Roots {
    /// For what makes more than a bundle, and so cannot wait for root holders elsewhere.
    pub(super) fn must_be_here(&self, instead: &str) -> Result<()> {
        if self.draft.is_some() {
            bail!("this makes keys at once and cannot wait for root holders elsewhere: {instead}");
        }
        Ok(())
    }
}

/// Signs a bundle with root keys; it must be sound and enough roots must have signed.
pub(in crate::cli) fn sign_bundle(bundle: TrustBundle, roots: &[&dyn Signer]) -> Result<Trust> {
    let mut envelope = unsigned(&bundle)?;
    for root in roots {
        envelope.sign(*root)?;
    }
    accept_bundle(None, &bundle, &envelope, bundle.issued_at)?;
    Ok(Trust { bundle, envelope })
}

/// A bundle that nobody has signed yet; it must be sound.
pub(super) fn unsigned(bundle: &TrustBundle) -> Result<Envelope> {
    bundle.check()?;
    Envelope::new(PayloadType::TrustBundle, trust::encode(bundle))
        .context("the trust bundle is too large: retire officers who left long ago")
}

/// The present bundle with the next version and a new term: what changes are made to.
pub(super) fn successor(present: &TrustBundle, now: Instant) -> TrustBundle {
    let mut next = present.clone();
    next.version = present.version.saturating_add(1);
    // A clock that is behind must not make a bundle older than the one it follows.
    next.issued_at = now.max(present.issued_at);
    next.expires_at = next.issued_at.offset_by(BUNDLE_DAYS * DAY_MS);
    next
}

/// Publishes the bundle in force with a change. Returns the new bundle and its ledger entry; nothing
/// where it was only drafted, which has been told.
pub(in crate::cli) async fn publish_changed(
    cx: &Cx,
    connection: &Connection,
    roots: &Roots,
    change: impl FnOnce(&mut TrustBundle) -> Result<()>,
) -> Result<Option<(TrustBundle, u64)>> {
    let homes = roots.homes.iter().map(|dir| RootHome::load(dir, &cx.secrets));
    let homes = homes.collect::<Result<Vec<_>>>()?;
    let present = connection.trust().await?;
    let present_envelope = read_trust(&connection.home.trust_file())?.0;
    let mut next = successor(&present, connection.now());
    change(&mut next)?;
    let mut envelope = unsigned(&next)?;
    if let Some(path) = &roots.draft {
        let (present, next) = ((present_envelope, present), (envelope, next));
        drafted(cx, path, &DraftFile { present, next, requests: Vec::new() })?;
        return Ok(None);
    }
    let (mut old_ones, mut new_ones) = (0, 0);
    for home in &homes {
        let key = home.public()?;
        let (old, new) = (present.roots.contains(&key), next.roots.contains(&key));
        if !old && !new {
            let id = key.id();
            bail!("root key {id} is not one of this province's: give the right root home");
        }
        old_ones += u32::from(old);
        new_ones += u32::from(new);
        home.must_follow(&present, &present_envelope)?;
    }
    if old_ones < present.root_threshold || new_ones < next.root_threshold {
        bail!(
            "{} root holders must sign, {old_ones} are at hand: give more of --root, or make a file for \
             the others with --draft FILE",
            present.root_threshold.max(next.root_threshold)
        );
    }
    for home in &homes {
        // Each in its turn: one token's software may serve several of them.
        envelope.sign(home.key()?.as_ref())?;
    }
    accept_bundle(Some(&present), &next, &envelope, connection.now())?;
    let ledger_index = publish(connection, &envelope).await?;
    for home in &homes {
        // Its medium may be protected against writing, and the bundle is in force already.
        if let Err(failure) = home.keep_known(&envelope) {
            cx.screen.note(&format!("{failure:#}"));
        }
    }
    Ok(Some((next, ledger_index)))
}

/// Sends a bundle that is signed and keeps it. Returns its ledger entry.
pub(super) async fn publish(connection: &Connection, envelope: &Envelope) -> Result<u64> {
    let ask =
        pb::PublishTrustBundleRequest { request_id: request_id(), envelope: Some(envelope.into()) };
    let reply = connection.identity().publish_trust_bundle(request(ask)).await.map_err(refused)?;
    connection.home.take_trust(envelope, connection.now())?;
    Ok(reply.into_inner().ledger_index)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;
    use crate::domain::authority::default_rules;
    use crate::domain::instant::Instant;
    use crate::evidence::checkpoint::witness::Witnesses;
    use crate::evidence::key::SigningKey;

    #[test]
    fn a_bundle_that_too_few_roots_signed_is_not_made() {
        let random = SystemRandom::new();
        let key = || SigningKey::generate(&random).expect("a key");
        let (one, two, ledger, officer) = (key(), key(), key(), key());
        let now = Instant::from_millis(1_790_000_000_000);
        let bundle = TrustBundle {
            version: 1,
            epoch: 1,
            province: "11".parse().expect("a code"),
            issued_at: now,
            expires_at: now.offset_by(DAY_MS),
            officers: vec![crate::evidence::trust::TrustedOfficer {
                id: "a".parse().expect("an id"),
                name: "A".into(),
                unit: "11".parse().expect("a code"),
                roles: [crate::domain::authority::Role::Signer].into(),
                keys: vec![crate::evidence::trust::OfficerKey {
                    key: officer.public(),
                    key_use: crate::evidence::key::KeyUse::Actual,
                    valid_from: now,
                    valid_to: now.offset_by(DAY_MS),
                }],
                retired_at: None,
            }],
            rules: default_rules(now, "a law"),
            delegations: Vec::new(),
            ledger_key: ledger.public(),
            roots: vec![one.public(), two.public()],
            root_threshold: 2,
            authority_cert_pem: "x".into(),
            witnesses: Witnesses::default(),
        };
        let refused = sign_bundle(bundle.clone(), &[&one]).expect_err("one of two");
        assert!(refused.to_string().contains("1 of the 2"), "{refused}");
        assert!(sign_bundle(bundle, &[&one, &two]).is_ok());
    }
}
