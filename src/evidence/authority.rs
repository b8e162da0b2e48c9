//! Counting signatures: did the right persons sign this order or cancel.
//!
//! Called by officers' tools, by the server before it issues, and by every terminal before it shows an
//! order. A signature counts if its key stands in the trust bundle for the right use, was valid at the
//! given time, verifies, and belongs to an officer still in service. Persons are counted, not keys. A
//! signature that does not count is passed over, so that a stray one cannot block an order; if the rest
//! do not suffice, the error names the first that failed and why.
//!
//! A person fills a place by a role of their own or by one that is lent to them ([`Delegation`](crate::domain::authority::Delegation)), and
//! the result says which: "signed by X for Y by document D".

mod rights;

use std::collections::BTreeSet;
use std::fmt;

pub use rights::{Counted, Lent, roles_for};
use rights::{rights_of, seat_persons};

use super::envelope::{Envelope, PayloadType, Signature};
use super::key::KeyUse;
use super::trust::{TrustBundle, TrustedOfficer};
use crate::domain::authority::{InvalidRule, Matter, OrderAct, Role, rule_for};
use crate::domain::ids::{KeyId, OfficerId};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;

/// Why an order or cancel is not signed as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The envelope holds something else: another handling, or not this act.
    #[error("the envelope holds `{found}`, expected `{expected}`")]
    WrongPayloadType {
        /// What it must be.
        expected: PayloadType,
        /// What it is.
        found: PayloadType,
    },
    /// The bundle it is judged by is over.
    #[error("the trust bundle expired at {expires_at}: get a newer one")]
    BundleExpired {
        /// When.
        expires_at: Instant,
    },
    /// Nobody may do this now.
    #[error("no authority rule covers `{act}` of `{handling}` orders of kind `{kind}`")]
    NoRule {
        /// The handling.
        handling: Handling,
        /// The act.
        act: OrderAct,
        /// The order kind, cut to 80 characters.
        kind: String,
    },
    /// The rule must not stand, whoever signed the bundle.
    #[error("the authority rule cannot be used: {0}")]
    Rule(#[from] InvalidRule),
    /// The drafter is shut out by the rule, and the caller does not know who that is.
    #[error("the order does not say who drafted it: sign one that does")]
    DrafterUnknown,
    /// One signature does not count, and the others are not enough.
    #[error("the signature by key {key_id:?} does not count: {fault}")]
    Signature {
        /// The key it names.
        key_id: KeyId,
        /// Why.
        fault: SignatureFault,
    },
    /// All signatures count, but more persons must sign.
    #[error("{have} of {need} persons have signed: {missing}")]
    NotEnoughPersons {
        /// Different persons whose signatures count.
        have: usize,
        /// Persons needed.
        need: usize,
        /// Who must still sign.
        missing: Missing,
    },
    /// Enough persons signed, but not with every role that is needed.
    #[error("{have} persons have signed, yet not everybody who must: {missing}")]
    RoleMissing {
        /// Different persons whose signatures count.
        have: usize,
        /// Who must still sign.
        missing: Missing,
    },
    /// An officer whose signature would change nothing.
    #[error("officer `{officer}` has no part in it: it is signed by {}", any(.any_of))]
    NoPart {
        /// The officer.
        officer: OfficerId,
        /// The roles that sign it.
        any_of: BTreeSet<Role>,
    },
}

/// Who must still sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// One person for each place, with one of its roles.
    pub places: Vec<BTreeSet<Role>>,
    /// Whether the author may be none of them.
    pub not_the_author: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self.places.iter().map(any).collect();
        f.write_str(&places.join(" and "))?;
        match (self.not_the_author, places.len()) {
            (true, 1) => f.write_str(" other than the author must sign"),
            (true, _several) => f.write_str(", different persons and not the author, must sign"),
            (false, 1) => f.write_str(" must sign"),
            (false, _several) => f.write_str(", different persons, must sign"),
        }
    }
}

/// One of these roles, as one says it: `an approver`, `a signer or an exercise director`.
fn any(roles: &BTreeSet<Role>) -> String {
    let one = |role: &Role| {
        let article = if role.as_str().starts_with(['a', 'e']) { "an" } else { "a" };
        format!("{article} {role}")
    };
    roles.iter().map(one).collect::<Vec<_>>().join(" or ")
}

/// Why one signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// No officer holds the key.
    #[error("nobody in the trust bundle holds it")]
    UnknownKey,
    /// An exercise key on something actual, or the other way round.
    #[error("the key of `{officer}` is for `{found}`, this needs one for `{need}`")]
    WrongKeyUse {
        /// The holder.
        officer: OfficerId,
        /// What the key is for.
        found: KeyUse,
        /// What it would have to be for.
        need: KeyUse,
    },
    /// The key was not valid yet, or no more.
    #[error("the key of `{officer}` was not valid at that time")]
    KeyNotValid {
        /// The holder.
        officer: OfficerId,
    },
    /// The officer was out of service.
    #[error("officer `{officer}` was retired at that time")]
    OfficerRetired {
        /// The officer.
        officer: OfficerId,
    },
    /// It was not made over these bytes by this key.
    #[error("it does not verify under the key of `{officer}`")]
    BadSignature {
        /// The holder of the key it names.
        officer: OfficerId,
    },
    /// It was given to a server that knows when, and its maker is another officer by now.
    #[error(
        "the unit, roles, keys or delegations of officer `{officer}` changed since they signed: have them sign anew"
    )]
    Withdrawn {
        /// Who must sign anew.
        officer: OfficerId,
    },
    /// It was given to a server that knows when, long before another.
    #[error("officer `{officer}` signed more than 30 minutes before the last: have them sign anew")]
    TooOld {
        /// Who must sign anew.
        officer: OfficerId,
    },
    /// The rule shuts out whoever drafted it.
    #[error("officer `{officer}` drafted it and may not sign it")]
    DrafterSigned {
        /// The drafter.
        officer: OfficerId,
    },
    /// Another key of somebody who has signed already.
    #[error("officer `{officer}` has signed already and counts once")]
    SamePersonTwice {
        /// The officer.
        officer: OfficerId,
    },
}

impl SignatureFault {
    /// Whose signature it is, where that is known.
    pub const fn officer(&self) -> Option<&OfficerId> {
        match self {
            Self::UnknownKey => None,
            Self::WrongKeyUse { officer, .. }
            | Self::KeyNotValid { officer }
            | Self::OfficerRetired { officer }
            | Self::BadSignature { officer }
            | Self::Withdrawn { officer }
            | Self::TooOld { officer }
            | Self::DrafterSigned { officer }
            | Self::SamePersonTwice { officer } => Some(officer),
        }
    }
}

/// The use a key must have to sign orders of this handling. Tests of the line use exercise keys.
pub const fn key_use_for(handling: Handling) -> KeyUse {
    match handling {
        Handling::Actual => KeyUse::Actual,
        Handling::Exercise | Handling::Test => KeyUse::Exercise,
    }
}

/// Whether the persons the rule asks for signed this envelope, judged by `bundle` at `at`. Gives them in
/// the order of the rule's places.
///
/// # Errors
/// An [`AuthorityError`] that names the one condition that failed.
pub fn check_signatures(
    bundle: &TrustBundle,
    envelope: &Envelope,
    matter: &Matter<'_>,
    at: Instant,
) -> Result<Vec<Counted>, AuthorityError> {
    let Matter { handling, act, kind, .. } = *matter;
    let expected = match act {
        OrderAct::Issue => PayloadType::Order(handling),
        OrderAct::Cancel => PayloadType::Cancel(handling),
    };
    let found = envelope.payload_type();
    if found != expected {
        return Err(AuthorityError::WrongPayloadType { expected, found });
    }
    if at >= bundle.expires_at {
        return Err(AuthorityError::BundleExpired { expires_at: bundle.expires_at });
    }
    let rule = rule_for(&bundle.rules, matter, at).ok_or_else(|| AuthorityError::NoRule {
        handling,
        act,
        kind: kind.chars().take(80).collect(),
    })?;
    // Checked again here: a bundle that was never checked must not let one person issue.
    rule.check()?;
    let shut_out = match (rule.drafter_may_sign, matter.drafter) {
        (true, _anyone) => None,
        (false, None) => return Err(AuthorityError::DrafterUnknown),
        (false, known) => known,
    };

    let signed_bytes = envelope.signed_bytes();
    let mut persons: Vec<&TrustedOfficer> = Vec::new();
    let mut first_fault = None;
    for signature in envelope.signatures() {
        let counted = check_one(bundle, signature, &signed_bytes, key_use_for(handling), at)
            .and_then(|officer| {
                let id = &officer.id;
                if shut_out == Some(id) {
                    Err(SignatureFault::DrafterSigned { officer: id.clone() })
                } else if persons.iter().any(|counted| counted.id == *id) {
                    Err(SignatureFault::SamePersonTwice { officer: id.clone() })
                } else {
                    Ok(officer)
                }
            });
        match counted {
            Ok(officer) => persons.push(officer),
            Err(fault) if first_fault.is_none() => {
                first_fault = Some(AuthorityError::Signature { key_id: signature.key_id, fault });
            }
            Err(_later) => {}
        }
    }
    let rights = rights_of(bundle, rule, &persons, matter, at);
    seat_persons(rule, &persons, &rights).map_err(|short| first_fault.unwrap_or(short))
}

/// Whose signature it is, if it counts.
fn check_one<'a>(
    bundle: &'a TrustBundle,
    signature: &Signature,
    signed_bytes: &[u8],
    need: KeyUse,
    at: Instant,
) -> Result<&'a TrustedOfficer, SignatureFault> {
    let (officer, own) = bundle.holder_of(&signature.key_id).ok_or(SignatureFault::UnknownKey)?;
    let id = || officer.id.clone();
    if own.key_use != need {
        return Err(SignatureFault::WrongKeyUse { officer: id(), found: own.key_use, need });
    }
    if at < own.valid_from || at >= own.valid_to {
        return Err(SignatureFault::KeyNotValid { officer: id() });
    }
    if !officer.serves(at) {
        return Err(SignatureFault::OfficerRetired { officer: id() });
    }
    own.key
        .verify(signed_bytes, &signature.bytes)
        .map_err(|_bad| SignatureFault::BadSignature { officer: id() })?;
    Ok(officer)
}

#[cfg(test)]
mod tests;
