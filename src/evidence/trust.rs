//! The trust bundle: who holds which role with which keys, and which rules count signatures.
//!
//! A versioned, expiring list, signed by a threshold of root holders as TUF does with its root. Every
//! terminal keeps one, takes only a higher version, and can then judge an order with no server in
//! reach. [`TrustBundle::check`] holds what must be true of any bundle; [`accept_bundle`] decides
//! whether a new one replaces the old; `authority` counts signatures against it. The bytes of a bundle
//! are read elsewhere, from the payload of the very envelope that is handed in here.

use std::collections::BTreeSet;

use super::checkpoint::witness::{InvalidWitnesses, Witnesses};
use super::envelope::{Envelope, PayloadType};
use super::key::{KeyUse, PublicKey};
use crate::domain::authority::{AuthorityRule, Delegation, InvalidDelegation, InvalidRule, Role};
use crate::domain::ids::{KeyId, OfficerId, UnitCode};
use crate::domain::instant::Instant;

/// Most officers in a bundle: a province with 45 communes has under 300, and 60 KiB hold no more.
pub const OFFICERS_MAX: usize = 512;
/// Most keys of one officer: two uses, with old and new side by side while they change.
pub const KEYS_PER_OFFICER_MAX: usize = 8;
/// Most rules in a bundle.
pub const RULES_MAX: usize = 128;
/// Most delegations in a bundle: each post of the command and of the communes' in somebody else's hands.
pub const DELEGATIONS_MAX: usize = 64;
/// Most root keys: more signatures than this do not fit on the bundle's envelope.
pub const ROOTS_MAX: usize = super::envelope::SIGNATURES_MAX;
/// Longest name of an officer, in characters.
pub const NAME_LEN_MAX: usize = 100;
/// Longest certificate text of the enrolment authority, in bytes.
pub const CERT_PEM_LEN_MAX: usize = 8 * 1024;

/// One key of an officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerKey {
    /// The key.
    pub key: PublicKey,
    /// [`KeyUse::Actual`], or [`KeyUse::Exercise`] for exercises and tests; nothing else.
    pub key_use: KeyUse,
    /// From when signatures under it count.
    pub valid_from: Instant,
    /// Until just before when they count.
    pub valid_to: Instant,
}

/// A person who may sign, with all their keys: persons are counted, not keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedOfficer {
    /// The officer.
    pub id: OfficerId,
    /// Name and post as shown beside a signature.
    pub name: String,
    /// Where the officer serves; rights end at what lies under it.
    pub unit: UnitCode,
    /// What the officer may do.
    pub roles: BTreeSet<Role>,
    /// The officer's keys, old ones included.
    pub keys: Vec<OfficerKey>,
    /// From when nothing the officer signs counts any more.
    pub retired_at: Option<Instant>,
}

/// Who may sign, and what is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustBundle {
    /// Counts up with each bundle, from 1.
    pub version: u64,
    /// Counts up with each change of the issuing server's state that must never be undone (a restore, a
    /// takeover); never goes down.
    pub epoch: u64,
    /// The province whose bundle it is.
    pub province: UnitCode,
    /// When the root holders signed it, as they say.
    pub issued_at: Instant,
    /// From when it counts no more.
    pub expires_at: Instant,
    /// Who may sign.
    pub officers: Vec<TrustedOfficer>,
    /// What is enough.
    pub rules: Vec<AuthorityRule>,
    /// Who stands in for whom; those that are over may stand.
    pub delegations: Vec<Delegation>,
    /// The key that signs heads of the ledger.
    pub ledger_key: PublicKey,
    /// The keys that sign the next bundle.
    pub roots: Vec<PublicKey>,
    /// How many of them it takes.
    pub root_threshold: u32,
    /// The enrolment authority's certificate, under which terminals' certificates stand.
    pub authority_cert_pem: String,
    /// Who watches that the ledger only grows.
    pub witnesses: Witnesses,
}

/// What is wrong with a bundle, whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBundle {
    /// A list or text is empty where it must not be, or over its bound.
    #[error("`{field}` has {count} entries or characters: give 1 to {max}")]
    Size {
        /// Which field.
        field: &'static str,
        /// What it has.
        count: usize,
        /// Its bound.
        max: usize,
    },
    /// Version 0, or a bundle or key that ends before it begins.
    #[error("`{field}` is not possible")]
    Impossible {
        /// Which field.
        field: &'static str,
    },
    /// The threshold cannot be met, or asks for nobody.
    #[error("the threshold is {threshold} of {roots} roots: ask for at least one and at most all")]
    Threshold {
        /// Signatures asked for.
        threshold: u32,
        /// Roots there are.
        roots: usize,
    },
    /// An officer stands in it twice, so one person could count as two.
    #[error("officer `{officer}` is listed twice")]
    OfficerTwice {
        /// The officer.
        officer: OfficerId,
    },
    /// One key in two places: two officers, two uses, or an officer and a root or the ledger.
    #[error("key {key_id} is listed twice: a key has one holder and one use")]
    KeyTwice {
        /// The key.
        key_id: KeyId,
    },
    /// A list of witnesses that cannot be.
    #[error(transparent)]
    Witnesses(#[from] InvalidWitnesses),
    /// An officer's key is for something that officers do not sign.
    #[error("officer `{officer}` has a key for `{key_use}`: use `actual` or `exercise`")]
    KeyUse {
        /// The officer.
        officer: OfficerId,
        /// The use given.
        key_use: KeyUse,
    },
    /// A rule that must not stand.
    #[error("authority rule {index} is not valid: {fault}")]
    Rule {
        /// Which rule, from 0.
        index: usize,
        /// What is wrong with it.
        fault: InvalidRule,
    },
    /// Two rules say the same thing from the same moment on, so which one holds would be chance.
    #[error("authority rule {index} covers the same as an earlier one, from the same moment")]
    RuleTwice {
        /// Which rule, from 0.
        index: usize,
    },
    /// A delegation that must not stand.
    #[error("delegation {index} is not valid: {fault}")]
    Delegation {
        /// Which, from 0.
        index: usize,
        /// What is wrong with it.
        fault: InvalidDelegation,
    },
    /// A delegation from or to somebody who is not in the bundle.
    #[error("delegation {index} names officer `{officer}`, who is not in the bundle")]
    DelegationOfNobody {
        /// Which, from 0.
        index: usize,
        /// Whom it names.
        officer: OfficerId,
    },
    /// The same document lends twice between the same officers.
    #[error("delegation {index} is there already: its document lends to this officer once")]
    DelegationTwice {
        /// Which, from 0.
        index: usize,
    },
}

impl TrustedOfficer {
    /// Whether the officer is in service at a time.
    pub fn serves(&self, at: Instant) -> bool {
        self.retired_at.is_none_or(|retired_at| at < retired_at)
    }
}

/// Why a new bundle does not replace the old.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The envelope is of another type.
    #[error("the envelope holds `{found}`, not a trust bundle")]
    WrongPayloadType {
        /// Its type.
        found: PayloadType,
    },
    /// It breaks a rule of its own.
    #[error(transparent)]
    Invalid(#[from] InvalidBundle),
    /// It belongs to another province.
    #[error("the trust bundle is for province `{found}`, this one is `{own}`")]
    OtherProvince {
        /// The province kept.
        own: UnitCode,
        /// The province offered.
        found: UnitCode,
    },
    /// It is not newer.
    #[error("the trust bundle has version {found}, version {own} is already here")]
    NotNewer {
        /// The version kept.
        own: u64,
        /// The version offered.
        found: u64,
    },
    /// It would undo a restore or takeover.
    #[error("the trust bundle has epoch {found}, epoch {own} is already here")]
    EpochWentBack {
        /// The epoch kept.
        own: u64,
        /// The epoch offered.
        found: u64,
    },
    /// It is over.
    #[error("the trust bundle expired at {expires_at}: get a newer one")]
    Expired {
        /// When.
        expires_at: Instant,
    },
    /// Too few of the root holders trusted so far signed it.
    #[error(
        "{have} of the {need} root signatures needed by the trust bundle kept so far are there"
    )]
    OldRoots {
        /// Valid signatures.
        have: usize,
        /// Needed.
        need: u32,
    },
    /// Too few of its own root holders signed it.
    #[error("{have} of the {need} root signatures it asks for itself are there")]
    NewRoots {
        /// Valid signatures.
        have: usize,
        /// Needed.
        need: u32,
    },
}

impl TrustBundle {
    /// What must be true of any bundle, whoever signed it.
    ///
    /// # Errors
    /// The first [`InvalidBundle`] found.
    pub fn check(&self) -> Result<(), InvalidBundle> {
        within("officers", self.officers.len(), OFFICERS_MAX)?;
        within("rules", self.rules.len(), RULES_MAX)?;
        within("roots", self.roots.len(), ROOTS_MAX)?;
        within("authority_cert_pem", self.authority_cert_pem.len(), CERT_PEM_LEN_MAX)?;
        if self.version == 0 {
            return Err(InvalidBundle::Impossible { field: "version" });
        }
        if self.expires_at <= self.issued_at {
            return Err(InvalidBundle::Impossible { field: "expires_at" });
        }
        let roots = self.roots.len();
        if self.root_threshold == 0 || usize::try_from(self.root_threshold).is_ok_and(|n| n > roots)
        {
            return Err(InvalidBundle::Threshold { threshold: self.root_threshold, roots });
        }
        self.check_officers()?;
        self.witnesses.check()?;
        self.check_rules()?;
        self.check_delegations()
    }

    fn check_officers(&self) -> Result<(), InvalidBundle> {
        let mut officers = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let mut take = |key: &PublicKey| {
            let fresh = keys.insert(*key);
            fresh.then_some(()).ok_or_else(|| InvalidBundle::KeyTwice { key_id: key.id() })
        };
        self.roots.iter().chain([&self.ledger_key]).try_for_each(&mut take)?;
        self.witnesses.keys.iter().try_for_each(|witness| take(&witness.key()))?;
        for officer in &self.officers {
            if !officers.insert(&officer.id) {
                return Err(InvalidBundle::OfficerTwice { officer: officer.id.clone() });
            }
            within("name", officer.name.chars().count(), NAME_LEN_MAX)?;
            within("roles", officer.roles.len(), Role::ALL.len())?;
            within("keys", officer.keys.len(), KEYS_PER_OFFICER_MAX)?;
            for own in &officer.keys {
                take(&own.key)?;
                if !matches!(own.key_use, KeyUse::Actual | KeyUse::Exercise) {
                    let officer = officer.id.clone();
                    return Err(InvalidBundle::KeyUse { officer, key_use: own.key_use });
                }
                if own.valid_to <= own.valid_from {
                    return Err(InvalidBundle::Impossible { field: "valid_to" });
                }
            }
        }
        Ok(())
    }

    fn check_rules(&self) -> Result<(), InvalidBundle> {
        let mut seen = BTreeSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check().map_err(|fault| InvalidBundle::Rule { index, fault })?;
            let about = (rule.handling, rule.kind.as_deref(), rule.ground, rule.act);
            if !seen.insert((about, rule.valid_from)) {
                return Err(InvalidBundle::RuleTwice { index });
            }
        }
        Ok(())
    }

    fn check_delegations(&self) -> Result<(), InvalidBundle> {
        let count = self.delegations.len();
        if count > DELEGATIONS_MAX {
            let (field, max) = ("delegations", DELEGATIONS_MAX);
            return Err(InvalidBundle::Size { field, count, max });
        }
        let mut seen = BTreeSet::new();
        for (index, lent) in self.delegations.iter().enumerate() {
            lent.check().map_err(|fault| InvalidBundle::Delegation { index, fault })?;
            if let Some(nobody) =
                [&lent.from, &lent.to].into_iter().find(|id| self.officer(id).is_none())
            {
                return Err(InvalidBundle::DelegationOfNobody { index, officer: nobody.clone() });
            }
            if !seen.insert((&lent.from, &lent.to, lent.document.as_str())) {
                return Err(InvalidBundle::DelegationTwice { index });
            }
        }
        Ok(())
    }

    /// What an officer may sign by: unit, roles, keys, and what is lent to them. What changes here
    /// between a signature and the issue withdraws the signature.
    pub fn standing_of(&self, id: &OfficerId) -> Option<(&TrustedOfficer, Vec<&Delegation>)> {
        let officer = self.officer(id)?;
        Some((officer, self.delegations.iter().filter(|lent| lent.to == *id).collect()))
    }

    /// The officer with this id.
    pub fn officer(&self, id: &OfficerId) -> Option<&TrustedOfficer> {
        self.officers.iter().find(|officer| officer.id == *id)
    }

    /// The officer who holds this key, and the key.
    pub fn holder_of(&self, key_id: &KeyId) -> Option<(&TrustedOfficer, &OfficerKey)> {
        self.officers.iter().find_map(|officer| {
            officer.keys.iter().find(|own| own.key.id() == *key_id).map(|own| (officer, own))
        })
    }

    /// One name for the root keys and their threshold: what a person compares, read out over another
    /// line, before a first bundle is taken.
    pub fn roots_fingerprint(&self) -> KeyId {
        let sorted: BTreeSet<&[u8]> = self.roots.iter().map(|root| &root.as_bytes()[..]).collect();
        let threshold = self.root_threshold.to_be_bytes();
        let parts: Vec<&[u8]> =
            [&b"hoatoc roots v1\n"[..], &threshold].into_iter().chain(sorted).collect();
        KeyId(super::sha256(&parts))
    }

    /// How many of its root holders signed this envelope.
    pub fn root_signatures(&self, envelope: &Envelope) -> usize {
        envelope
            .verified_signers(|id| self.roots.iter().find(|root| root.id() == id).copied())
            .len()
    }
}

/// Whether `new`, which was read from this envelope's payload, may replace `current`.
///
/// It must be sound, of the same province, of a higher version and no lower epoch, not over at `at`, and
/// signed by a threshold of the roots trusted so far and of its own. With no `current`, its own roots are
/// all there is: the caller has compared [`TrustBundle::roots_fingerprint`] with what came another way.
///
/// # Errors
/// The first [`BundleError`] found.
pub fn accept_bundle(
    current: Option<&TrustBundle>,
    new: &TrustBundle,
    envelope: &Envelope,
    at: Instant,
) -> Result<(), BundleError> {
    let found = envelope.payload_type();
    if found != PayloadType::TrustBundle {
        return Err(BundleError::WrongPayloadType { found });
    }
    new.check()?;
    if at >= new.expires_at {
        return Err(BundleError::Expired { expires_at: new.expires_at });
    }
    if let Some(old) = current {
        if new.province != old.province {
            let (own, found) = (old.province.clone(), new.province.clone());
            return Err(BundleError::OtherProvince { own, found });
        }
        if new.version <= old.version {
            return Err(BundleError::NotNewer { own: old.version, found: new.version });
        }
        if new.epoch < old.epoch {
            return Err(BundleError::EpochWentBack { own: old.epoch, found: new.epoch });
        }
        let have = old.root_signatures(envelope);
        if !reaches(have, old.root_threshold) {
            return Err(BundleError::OldRoots { have, need: old.root_threshold });
        }
    }
    let have = new.root_signatures(envelope);
    if !reaches(have, new.root_threshold) {
        return Err(BundleError::NewRoots { have, need: new.root_threshold });
    }
    Ok(())
}

fn reaches(have: usize, need: u32) -> bool {
    usize::try_from(need).is_ok_and(|need| have >= need)
}

fn within(field: &'static str, count: usize, max: usize) -> Result<(), InvalidBundle> {
    if (1..=max).contains(&count) { Ok(()) } else { Err(InvalidBundle::Size { field, count, max }) }
}

#[cfg(test)]
pub(crate) mod tests;
