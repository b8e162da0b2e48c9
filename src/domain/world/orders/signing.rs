//! Weighing signatures under drafts: each by itself first, so that neither a stray one nor a complete
//! set can cover for one that does not hold.
//!
//! The world knows what no envelope says: when each signature came, and who its maker was that day. A
//! signature under a draft is *withdrawn* when its maker's unit, roles or keys, or what is lent to
//! them, are others in the bundle in force than in the one of the signing: they sign anew, or not.
//! Under an actual order it is *too old* when another that counts came more than
//! [`SIGNATURES_APART_MAX_MS`] later: two officers approve one state of affairs, not one of the
//! morning and one of the evening. Both are told by name, and signing anew mends both. Once the order
//! is issued neither is asked again: the rules of that day hold.

use std::collections::BTreeSet;

use crate::domain::authority::{Matter, Role, rule_for};
use crate::domain::ids::{KeyId, OfficerId, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::handling::Handling;
use crate::domain::world::OrderRefusal;
use crate::domain::world::{Actor, Event, OrderFile, Refusal, World};
use crate::evidence::authority::{
    AuthorityError, Counted, SignatureFault, check_signatures, roles_for,
};
use crate::evidence::envelope::{Envelope, Signature};
use crate::evidence::trust::TrustBundle;

/// How far apart the signatures under one actual order may have come, in ms.
pub const SIGNATURES_APART_MAX_MS: i64 = 30 * 60_000;

/// When a signature under a draft came, and by which bundle it was judged then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signing {
    /// The key.
    pub key_id: KeyId,
    /// The time of record.
    pub at: Instant,
    /// The version of the bundle in force.
    pub bundle_version: u64,
}

impl World {
    pub(in crate::domain::world) fn add_signature(
        &self,
        actor: &Actor,
        id: &OrderId,
        signature: &Signature,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let file = self.open_draft(id, now)?;
        let bundle = &self.trust.as_ref().ok_or(Refusal::NoTrust)?.bundle;
        let holder = holder(bundle, signature)?;
        // It proves its maker by itself, so any officer may carry it here; the entry names who did.
        if !matches!(actor, Actor::Officer(_carrier)) {
            return Err(Refusal::Invalid { reason: "only officers hand in signatures" });
        }
        self.check_audience(&file.order)?;
        weigh(bundle, &file.order, &file.envelope, signature, now)?;
        let counting = self.counting(bundle, file, Some(now), now);
        if counting.iter().any(|(officer, _signature)| *officer == holder) {
            return Err(OrderRefusal::SamePersonTwice { order: *id, officer: holder }.into());
        }
        let full = |_full| Refusal::Invalid { reason: "too many signatures" };
        file.envelope.clone().add(*signature).map_err(full)?;
        let signatures = counting.into_iter().map(|(_officer, own)| own).chain([*signature]);
        let together = with_signatures(&file.envelope, signatures.collect());
        match judge(bundle, &file.order, &together, now) {
            Ok(_) | Err(AuthorityError::NotEnoughPersons { .. }) => {}
            Err(other) => return Err(OrderRefusal::Authority(other).into()),
        }
        Ok(vec![Event::SignatureAdded { order: *id, signature: *signature }])
    }

    /// The signatures under a draft that count, one for each person. `newest` is when the last of
    /// them came, or comes with one that is about to be added; found here if none.
    pub(super) fn counting(
        &self,
        bundle: &TrustBundle,
        file: &OrderFile,
        newest: Option<Instant>,
        now: Instant,
    ) -> Vec<(OfficerId, Signature)> {
        let came = |own: &Signature| file.signing(own).map(|signing| signing.at);
        let mut counting: Vec<(OfficerId, Signature)> = Vec::new();
        for (officer, own) in valid(bundle, &file.order, &file.envelope, now) {
            if self.is_withdrawn(bundle, file, &officer, &own) {
                continue;
            }
            // Whoever signed anew with another key counts by the newer one.
            match counting.iter_mut().find(|(counted, _before)| *counted == officer) {
                Some((_counted, before)) if came(before) < came(&own) => *before = own,
                Some(_newer) => {}
                None => counting.push((officer, own)),
            }
        }
        if file.order.handling == Handling::Actual {
            let newest =
                newest.or_else(|| counting.iter().filter_map(|(_who, own)| came(own)).max());
            counting.retain(|(_who, own)| {
                came(own).zip(newest).is_none_or(|(came, newest)| !is_too_old(came, newest))
            });
        }
        counting
    }

    /// Whether whoever signed is another officer by now than when they signed, but for the name.
    fn is_withdrawn(
        &self,
        bundle: &TrustBundle,
        file: &OrderFile,
        officer: &OfficerId,
        signature: &Signature,
    ) -> bool {
        let signing = file.signing(signature);
        let Some(signing) = signing.filter(|own| own.bundle_version != bundle.version) else {
            return false;
        };
        let then = self.trust_of(signing.bundle_version).map(|then| &then.trust.bundle);
        let then = then.and_then(|then| then.standing_of(officer));
        match (then, bundle.standing_of(officer)) {
            (Some((then, lent_then)), Some((today, lent_today))) => {
                (&then.unit, &then.roles, &then.keys) != (&today.unit, &today.roles, &today.keys)
                    || lent_then != lent_today
            }
            _left_or_unknown => true,
        }
    }

    /// Whose signature under a draft was given and does not count any more, and why.
    pub fn void_signatures(&self, file: &OrderFile, now: Instant) -> Vec<SignatureFault> {
        let Some(trust) = self.trust.as_ref().filter(|_trust| file.issue.is_none()) else {
            return Vec::new();
        };
        let bundle = &trust.bundle;
        let counts = self.counting(bundle, file, None, now);
        let mut void = Vec::new();
        for signature in file.envelope.signatures() {
            let officer = match weigh(bundle, &file.order, &file.envelope, signature, now) {
                Ok(officer) => officer,
                Err(OrderRefusal::Signature(fault)) => {
                    void.push(fault);
                    continue;
                }
                Err(_no_part) => continue,
            };
            if counts.iter().any(|(counting, _own)| *counting == officer) {
                continue;
            }
            void.push(if self.is_withdrawn(bundle, file, &officer, signature) {
                SignatureFault::Withdrawn { officer }
            } else {
                SignatureFault::TooOld { officer }
            });
        }
        void
    }

    /// Whether the signatures that count under a draft are enough to issue it.
    pub(super) fn judge_file(
        &self,
        bundle: &TrustBundle,
        file: &OrderFile,
        now: Instant,
    ) -> Result<Vec<Counted>, OrderRefusal> {
        let counting = self.counting(bundle, file, None, now);
        let counting = counting.into_iter().map(|(_officer, own)| own).collect();
        let counting = with_signatures(&file.envelope, counting);
        let short = match judge(bundle, &file.order, &counting, now) {
            Ok(counted) => return Ok(counted),
            Err(short) => short,
        };
        // Whoever must sign anew is named before somebody new is asked for.
        match self.void_signatures(file, now).into_iter().next() {
            Some(void) => Err(void.into()),
            None => Err(short.into()),
        }
    }

    /// What an order still lacks to be issued, in words; empty when nothing.
    pub fn missing(&self, file: &OrderFile, now: Instant) -> String {
        if file.issue.is_some() {
            return String::new();
        }
        let Some(trust) = &self.trust else { return Refusal::NoTrust.to_string() };
        self.judge_file(&trust.bundle, file, now)
            .map_or_else(|error| error.to_string(), |_signers| String::new())
    }

    /// Says anew who has signed a file and whether that is enough.
    pub(in crate::domain::world) fn recount(&self, file: &mut OrderFile, at: Instant) {
        let Some(trust) = &self.trust else { return };
        let counting = self.counting(&trust.bundle, file, None, at);
        file.signed_by = counting.into_iter().map(|(officer, _signature)| officer).collect();
        let judged = self.judge_file(&trust.bundle, file, at);
        file.complete = judged.is_ok();
        file.counted = judged.unwrap_or_default();
    }

    /// The same at issue, which is a fact: what was issued before signatures had times is counted
    /// without them.
    pub(in crate::domain::world) fn count_at_issue(&self, file: &mut OrderFile, at: Instant) {
        self.recount(file, at);
        let Some(trust) = &self.trust else { return };
        if file.complete {
            // What was withdrawn does not go out.
            let counting = self.counting(&trust.bundle, file, None, at);
            let counting = counting.into_iter().map(|(_officer, own)| own).collect();
            file.envelope = with_signatures(&file.envelope, counting);
            return;
        }
        let counting = counting(&trust.bundle, &file.order, &file.envelope, at);
        file.signed_by = counting.into_iter().map(|(officer, _signature)| officer).collect();
        let judged = judge(&trust.bundle, &file.order, &file.envelope, at);
        file.counted = judged.unwrap_or_default();
        file.complete = true;
    }
}

fn is_too_old(came: Instant, newest: Instant) -> bool {
    newest.millis_since(came) > SIGNATURES_APART_MAX_MS
}

/// Whether an order's signatures are enough, judged by a bundle.
pub(super) fn judge(
    bundle: &TrustBundle,
    order: &Order,
    envelope: &Envelope,
    now: Instant,
) -> Result<Vec<Counted>, AuthorityError> {
    check_signatures(bundle, envelope, &Matter::from(order), now)
}

/// Whose signature it is, if it counts by itself and its holder can fill a place of the rule: one
/// that fills none must not look like progress.
fn weigh(
    bundle: &TrustBundle,
    order: &Order,
    envelope: &Envelope,
    signature: &Signature,
    now: Instant,
) -> Result<OfficerId, OrderRefusal> {
    match judge(bundle, order, &with_signatures(envelope, vec![*signature]), now) {
        Ok(_) | Err(AuthorityError::NotEnoughPersons { .. }) => {}
        Err(AuthorityError::Signature { fault, .. }) => {
            return Err(OrderRefusal::Signature(fault));
        }
        Err(other) => return Err(other.into()),
    }
    let officer = holder(bundle, signature)?;
    let matter = Matter::from(order);
    let rule = rule_for(&bundle.rules, &matter, now);
    if let (Some(rule), Some(known)) = (rule, bundle.officer(&officer))
        && roles_for(bundle, known, &matter, now).is_empty()
    {
        let any_of: BTreeSet<Role> = rule.places.iter().flatten().copied().collect();
        return Err(AuthorityError::NoPart { officer, any_of }.into());
    }
    Ok(officer)
}

/// The signatures on an envelope that count by a bundle; a person with two keys may have several.
fn valid(
    bundle: &TrustBundle,
    order: &Order,
    envelope: &Envelope,
    now: Instant,
) -> Vec<(OfficerId, Signature)> {
    let weighed =
        envelope.signatures().iter().map(|own| (own, weigh(bundle, order, envelope, own, now)));
    weighed.filter_map(|(own, weighed)| Some((weighed.ok()?, *own))).collect()
}

/// The same, one for each person.
pub(super) fn counting(
    bundle: &TrustBundle,
    order: &Order,
    envelope: &Envelope,
    now: Instant,
) -> Vec<(OfficerId, Signature)> {
    let mut counted = BTreeSet::new();
    let mut valid = valid(bundle, order, envelope, now);
    valid.retain(|(officer, _signature)| counted.insert(officer.clone()));
    valid
}

fn with_signatures(envelope: &Envelope, signatures: Vec<Signature>) -> Envelope {
    let (payload_type, payload) = (envelope.payload_type(), envelope.payload().clone());
    Envelope::from_parts(payload_type, payload, signatures)
        .expect("the payload was within bounds before, and signatures are of one envelope")
}

fn holder(bundle: &TrustBundle, signature: &Signature) -> Result<OfficerId, OrderRefusal> {
    let found = bundle.holder_of(&signature.key_id);
    let unknown = || OrderRefusal::Signature(SignatureFault::UnknownKey);
    found.map(|(officer, _key)| officer.id.clone()).ok_or_else(unknown)
}
