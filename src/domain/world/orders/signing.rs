//! Weighing signatures under drafts: each by itself first, so that neither a stray one nor a complete
//! set can cover for one that does not hold.

use crate::domain::authority::rule_for;
use crate::domain::ids::{OfficerId, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::world::OrderRefusal;
use crate::domain::world::{Actor, Event, OrderFile, Refusal, World};
use crate::evidence::authority::{AuthorityError, SignatureFault, check_signatures};
use crate::evidence::envelope::{Envelope, Signature};
use crate::evidence::trust::TrustBundle;

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
        match actor {
            Actor::Officer(caller) if *caller == holder => {}
            Actor::Officer(caller) => {
                let caller = caller.clone();
                return Err(OrderRefusal::NotYourKey { holder, caller }.into());
            }
            Actor::Endpoint(_) | Actor::Server => {
                return Err(Refusal::Invalid { reason: "only officers sign" });
            }
        }
        self.check_audience(&file.order)?;
        self.weigh(bundle, &file.order, &file.envelope, signature, now)?;
        let counting = self.counting(bundle, &file.order, &file.envelope, now);
        if counting.iter().any(|(officer, _signature)| *officer == holder) {
            return Err(OrderRefusal::SamePersonTwice { order: *id, officer: holder }.into());
        }
        let full = |_full| Refusal::Invalid { reason: "too many signatures" };
        file.envelope.clone().add(*signature).map_err(full)?;
        let signatures = counting.into_iter().map(|(_officer, own)| own).chain([*signature]);
        let together = with_signatures(&file.envelope, signatures.collect());
        match self.judge(bundle, &file.order, &together, now) {
            Ok(_) | Err(AuthorityError::NotEnoughPersons { .. }) => {}
            Err(other) => return Err(OrderRefusal::Authority(other).into()),
        }
        Ok(vec![Event::SignatureAdded { order: *id, signature: *signature }])
    }

    /// Whose signature it is, if it counts by itself and its holder can fill a place of the rule: one
    /// that fills none must not look like progress.
    fn weigh(
        &self,
        bundle: &TrustBundle,
        order: &Order,
        envelope: &Envelope,
        signature: &Signature,
        now: Instant,
    ) -> Result<OfficerId, OrderRefusal> {
        match self.judge(bundle, order, &with_signatures(envelope, vec![*signature]), now) {
            Ok(_) | Err(AuthorityError::NotEnoughPersons { .. }) => {}
            Err(AuthorityError::Signature { fault, .. }) => {
                return Err(OrderRefusal::Signature(fault));
            }
            Err(other) => return Err(other.into()),
        }
        let officer = holder(bundle, signature)?;
        let (kind, act) = (order.kind.as_str(), OrderFile::act_of(order));
        let rule = rule_for(&bundle.rules, order.handling, act, kind, now);
        let roles = bundle.officer(&officer).map(|officer| &officer.roles);
        if let (Some(rule), Some(roles)) = (rule, roles)
            && rule.places.iter().all(|place| place.is_disjoint(roles))
        {
            let any_of = rule.places.iter().flatten().copied().collect();
            return Err(AuthorityError::NoPart { officer, any_of }.into());
        }
        Ok(officer)
    }

    /// The signatures that count, one for each person.
    pub(super) fn counting(
        &self,
        bundle: &TrustBundle,
        order: &Order,
        envelope: &Envelope,
        now: Instant,
    ) -> Vec<(OfficerId, Signature)> {
        let mut counting: Vec<(OfficerId, Signature)> = Vec::new();
        for signature in envelope.signatures() {
            if let Ok(officer) = self.weigh(bundle, order, envelope, signature, now)
                && counting.iter().all(|(counted, _signature)| *counted != officer)
            {
                counting.push((officer, *signature));
            }
        }
        counting
    }

    /// Whether an order's signatures are enough, judged by the bundle in force.
    pub(super) fn judge(
        &self,
        bundle: &TrustBundle,
        order: &Order,
        envelope: &Envelope,
        now: Instant,
    ) -> Result<Vec<OfficerId>, AuthorityError> {
        let (act, kind) = (OrderFile::act_of(order), order.kind.as_str());
        let drafter = Some(&order.drafted_by);
        check_signatures(bundle, envelope, order.handling, act, kind, drafter, now)
    }

    /// What an order still lacks to be issued, in words; empty when nothing.
    pub fn missing(&self, file: &OrderFile, now: Instant) -> String {
        if file.issue.is_some() {
            return String::new();
        }
        let Some(trust) = &self.trust else { return Refusal::NoTrust.to_string() };
        self.judge(&trust.bundle, &file.order, &file.envelope, now)
            .map_or_else(|error| error.to_string(), |_signers| String::new())
    }

    /// Says anew who has signed a file and whether that is enough.
    pub(in crate::domain::world) fn recount(&self, file: &mut OrderFile, at: Instant) {
        let Some(trust) = &self.trust else { return };
        let counting = self.counting(&trust.bundle, &file.order, &file.envelope, at);
        file.signed_by = counting.into_iter().map(|(officer, _signature)| officer).collect();
        file.complete = self.missing(file, at).is_empty();
    }
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
