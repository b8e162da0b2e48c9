//! Making the next trust bundle: a copy of the one in force with one change, a higher version and
//! a new term, signed by the root holders whose homes are at hand.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::load_root;
use crate::domain::world::Trust;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::SigningKey;
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::wire::{pb, trust};

/// How long a bundle counts, in days: once a year the root holders look at who holds which role.
pub(in crate::cli) const BUNDLE_DAYS: i64 = 366;
/// A day in milliseconds.
pub(in crate::cli) const DAY_MS: i64 = 86_400_000;

/// Signs a bundle with root keys; it must be sound and enough roots must have signed.
pub(in crate::cli) fn sign_bundle(bundle: TrustBundle, roots: &[&SigningKey]) -> Result<Trust> {
    let mut envelope = Envelope::new(PayloadType::TrustBundle, trust::encode(&bundle))
        .context("the trust bundle is too large: retire officers who left long ago")?;
    for root in roots {
        envelope.sign(root)?;
    }
    accept_bundle(None, &bundle, &envelope, bundle.issued_at)?;
    Ok(Trust { bundle, envelope })
}

/// Publishes the bundle in force with a change. Returns the new bundle and its ledger entry.
pub(super) async fn publish_changed(
    connection: &Connection,
    root_homes: &[PathBuf],
    change: impl FnOnce(&mut TrustBundle) -> Result<()>,
) -> Result<(TrustBundle, u64)> {
    if root_homes.is_empty() {
        bail!("a trust bundle is signed by root holders: give their homes with --root DIR");
    }
    let roots = root_homes.iter().map(|dir| load_root(dir)).collect::<Result<Vec<_>>>()?;
    let old = connection.trust().await?;
    if let Some(stranger) = roots.iter().find(|root| !old.roots.contains(&root.public())) {
        bail!(
            "root key {:?} is not one of this province's: give the right root home",
            stranger.id()
        );
    }
    let now = connection.now();
    let mut next = old.clone();
    next.version = old.version.saturating_add(1);
    next.issued_at = now;
    next.expires_at = now.offset_by(BUNDLE_DAYS * DAY_MS);
    change(&mut next)?;
    let roots: Vec<&SigningKey> = roots.iter().collect();
    let Trust { bundle, envelope } = sign_bundle(next, &roots)?;
    accept_bundle(Some(&old), &bundle, &envelope, now)?;
    let ask = pb::PublishTrustBundleRequest {
        request_id: request_id(),
        envelope: Some((&envelope).into()),
    };
    let reply = connection.identity().publish_trust_bundle(request(ask)).await.map_err(refused)?;
    connection.home.take_trust(&envelope, now)?;
    Ok((bundle, reply.into_inner().ledger_index))
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;
    use crate::domain::authority::default_rules;
    use crate::domain::instant::Instant;

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
            ledger_key: ledger.public(),
            roots: vec![one.public(), two.public()],
            root_threshold: 2,
            authority_cert_pem: "x".into(),
        };
        let refused = sign_bundle(bundle.clone(), &[&one]).expect_err("one of two");
        assert!(refused.to_string().contains("1 of the 2"), "{refused}");
        assert!(sign_bundle(bundle, &[&one, &two]).is_ok());
    }
}
