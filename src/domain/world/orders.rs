//! Drafting, signing and issuing.

use crate::domain::authority::rule_for;
use crate::domain::ids::{OfficerId, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::refusal::OrderRefusal;
use crate::domain::world::{
    Actor, Event, NewDraft, OPEN_ORDERS_MAX, OrderFile, OrderState, Refusal, World,
};
use crate::evidence::authority::{AuthorityError, SignatureFault, check_signatures};
use crate::evidence::envelope::{Envelope, Signature};
use crate::evidence::trust::TrustBundle;

/// How far the drafting time may lie from the server's clock, in ms: an author's old PC may be off,
/// but not by so much that the number series' year is in doubt.
const DRAFTED_WITHIN_MS: i64 = 3_600_000;

impl World {
    pub(super) fn draft(
        &self,
        actor: &Actor,
        draft: &NewDraft,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        if !draft.envelope.signatures().is_empty() {
            return Err(Refusal::Invalid { reason: "a draft carries no signatures yet" });
        }
        if *actor != Actor::Officer(draft.order.drafted_by.clone()) {
            return Err(mismatch("drafted_by", &draft.order.drafted_by, actor).into());
        }
        self.check_new(&draft.order, &draft.envelope, now)?;
        Ok(vec![drafted(draft)?])
    }

    /// What must be true of an order that is new here, whoever signed it.
    fn check_new(&self, order: &Order, envelope: &Envelope, now: Instant) -> Result<(), Refusal> {
        order.validate().map_err(OrderRefusal::from)?;
        let refuse = |refusal: OrderRefusal| Err(Refusal::from(refusal));
        let province = self.province().ok_or(Refusal::NoTrust)?;
        if order.province != *province {
            return refuse(mismatch("province_code", &order.province, province));
        }
        if order.epoch != self.epoch {
            return refuse(mismatch("epoch", &order.epoch, &self.epoch));
        }
        let expected = OrderFile::payload_type(order);
        if envelope.payload_type() != expected {
            let found = envelope.payload_type();
            return refuse(mismatch("payload_type", &found, &expected));
        }
        if self.orders.contains_key(&order.id) {
            return refuse(OrderRefusal::Exists { order: order.id });
        }
        let year = now.year_in_vietnam();
        if order.series_year != year {
            return refuse(mismatch("series_year", &order.series_year, &year));
        }
        let next = self.next_number(order.handling, year);
        if order.number != next {
            return refuse(OrderRefusal::NumberTaken { number: order.number, next });
        }
        if now.millis_since(order.drafted_at).abs() > DRAFTED_WITHIN_MS {
            let (found, clock) = (order.drafted_at.millis(), now.millis());
            return refuse(mismatch("drafted_time", &found, &clock));
        }
        if now > order.not_after {
            return refuse(OrderRefusal::Expired { order: order.id });
        }
        let open = |file: &&OrderFile| {
            matches!(file.state(now), OrderState::Drafted | OrderState::Signed | OrderState::Issued)
        };
        if self.orders.values().filter(open).count() >= OPEN_ORDERS_MAX {
            return refuse(OrderRefusal::TooManyOpen);
        }
        order.audience.check_against(&self.endpoints).map_err(OrderRefusal::from)?;
        self.check_reference(order, now)
    }

    /// Whether the order that this one updates or cancels is there to be changed, and has the same
    /// handling and recipients: a drill cannot cancel the real thing, and whoever got the order must
    /// get the cancel.
    fn check_reference(&self, order: &Order, now: Instant) -> Result<(), Refusal> {
        let Some(reference) = &order.reference else { return Ok(()) };
        let refuse =
            |reason| Err(Refusal::from(OrderRefusal::Reference { order: reference.order, reason }));
        let Some(earlier) = self.orders.get(&reference.order) else {
            return Err(Refusal::OrderUnknown { order: reference.order });
        };
        if earlier.digest != reference.digest {
            return refuse("its bytes are other than those named");
        }
        if earlier.order.handling != order.handling {
            return refuse("it has another handling");
        }
        if earlier.order.is_cancel() {
            return refuse("it is a cancel itself");
        }
        if !matches!(earlier.state(now), OrderState::Issued | OrderState::Expired) {
            return refuse("it is not in force");
        }
        if reference.kind == ReferenceKind::Cancel && earlier.order.audience != order.audience {
            return refuse("a cancel must go to exactly those who were addressed");
        }
        if reference.kind == ReferenceKind::Update
            && !earlier.order.audience.endpoints.is_subset(&order.audience.endpoints)
        {
            return refuse("an update must go to everybody who was addressed, and may add others");
        }
        Ok(())
    }

    pub(super) fn add_signature(
        &self,
        actor: &Actor,
        id: &OrderId,
        signature: &Signature,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let file = self.open_draft(id, now)?;
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        let holder = holder(&trust.bundle, signature)?;
        if *actor != Actor::Officer(holder.clone()) {
            let caller = match actor {
                Actor::Officer(caller) => caller.clone(),
                Actor::Endpoint(_) | Actor::Server => {
                    return Err(Refusal::Invalid { reason: "only officers sign" });
                }
            };
            return Err(OrderRefusal::NotYourKey { holder, caller }.into());
        }
        let mut signed = file.envelope.clone();
        signed
            .add(signature.clone())
            .or(Err(Refusal::Invalid { reason: "too many signatures" }))?;
        match self.judge(&trust.bundle, &file.order, &signed, now) {
            Ok(_complete) => {}
            Err(AuthorityError::Signature { key_id, fault }) if key_id == signature.key_id => {
                return Err(match fault {
                    SignatureFault::SamePersonTwice { officer } => {
                        OrderRefusal::SamePersonTwice { order: *id, officer }
                    }
                    other => OrderRefusal::Signature(other),
                }
                .into());
            }
            Err(AuthorityError::NotEnoughPersons { .. } | AuthorityError::Signature { .. }) => {
                self.check_useful(&trust.bundle, &file.order, &holder, now)?;
            }
            Err(other) => return Err(OrderRefusal::Authority(other).into()),
        }
        if file.signed_by.contains(&holder) {
            return Err(OrderRefusal::SamePersonTwice { order: *id, officer: holder }.into());
        }
        Ok(vec![Event::SignatureAdded { order: *id, signature: signature.clone() }])
    }

    /// A signature that fills no place must not look like progress.
    fn check_useful(
        &self,
        bundle: &TrustBundle,
        order: &Order,
        officer: &OfficerId,
        now: Instant,
    ) -> Result<(), Refusal> {
        let act = OrderFile::act_of(order);
        let rule = rule_for(&bundle.rules, order.handling, act, order.kind.as_str(), now);
        let roles = bundle.officer(officer).map(|officer| &officer.roles);
        if let (Some(rule), Some(roles)) = (rule, roles)
            && rule.places.iter().all(|place| place.is_disjoint(roles))
        {
            let any_of = rule.places.iter().flatten().copied().collect();
            return Err(OrderRefusal::Authority(AuthorityError::RoleMissing { any_of }).into());
        }
        Ok(())
    }

    /// Whether an order's signatures are enough, judged by the bundle in force.
    fn judge(
        &self,
        bundle: &TrustBundle,
        order: &Order,
        envelope: &Envelope,
        now: Instant,
    ) -> Result<Vec<OfficerId>, AuthorityError> {
        check_signatures(
            bundle,
            envelope,
            order.handling,
            OrderFile::act_of(order),
            order.kind.as_str(),
            Some(&order.drafted_by),
            now,
        )
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

    pub(super) fn issue(
        &self,
        id: &OrderId,
        traceparent: &str,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let file = self.open_draft(id, now)?;
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        self.judge(&trust.bundle, &file.order, &file.envelope, now).map_err(OrderRefusal::from)?;
        file.order.audience.check_against(&self.endpoints).map_err(OrderRefusal::from)?;
        if file.order.epoch != self.epoch {
            return Err(mismatch("epoch", &file.order.epoch, &self.epoch).into());
        }
        self.check_reference(&file.order, now)?;
        Ok(vec![self.issued(*id, traceparent)])
    }

    /// One step for update and cancel: all the events of a draft, its signatures and its issue.
    pub(super) fn issue_signed(
        &self,
        draft: &NewDraft,
        traceparent: &str,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        if draft.order.reference.is_none() {
            return Err(Refusal::Invalid {
                reason: "only an update or cancel is issued in one step",
            });
        }
        self.check_new(&draft.order, &draft.envelope, now)?;
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        self.judge(&trust.bundle, &draft.order, &draft.envelope, now)
            .map_err(OrderRefusal::from)?;
        let order = draft.order.id;
        let signatures = draft.envelope.signatures().iter();
        let mut events = vec![drafted(draft)?];
        events.extend(
            signatures
                .map(|signature| Event::SignatureAdded { order, signature: signature.clone() }),
        );
        events.push(self.issued(order, traceparent));
        Ok(events)
    }

    fn issued(&self, order: OrderId, traceparent: &str) -> Event {
        // A trace context is 55 characters; anything longer is not one.
        let traceparent = if traceparent.len() <= 64 { traceparent } else { "" };
        let sequence = self.latest_sequence() + 1;
        Event::OrderIssued { order, sequence, traceparent: traceparent.to_owned() }
    }

    fn open_draft(&self, id: &OrderId, now: Instant) -> Result<&OrderFile, Refusal> {
        let file = self.orders.get(id).ok_or(Refusal::OrderUnknown { order: *id })?;
        match file.state(now) {
            OrderState::Drafted | OrderState::Signed => Ok(file),
            OrderState::Expired => Err(OrderRefusal::Expired { order: *id }.into()),
            state => {
                let (state, expected) = (state.as_str(), "drafted or signed");
                Err(OrderRefusal::WrongState { order: *id, state, expected }.into())
            }
        }
    }
}

fn drafted(draft: &NewDraft) -> Result<Event, Refusal> {
    let (payload_type, payload) = (draft.envelope.payload_type(), draft.envelope.payload().clone());
    let envelope = Envelope::new(payload_type, payload)
        .or(Err(Refusal::Invalid { reason: "the payload is empty or too long" }))?;
    Ok(Event::OrderDrafted { order: draft.order.clone(), envelope })
}

fn holder(bundle: &TrustBundle, signature: &Signature) -> Result<OfficerId, Refusal> {
    let found = bundle.holder_of(&signature.key_id);
    let unknown = || OrderRefusal::Signature(SignatureFault::UnknownKey);
    Ok(found.map(|(officer, _key)| officer.id.clone()).ok_or_else(unknown)?)
}

fn mismatch(field: &'static str, found: &impl ToString, expected: &impl ToString) -> OrderRefusal {
    OrderRefusal::Mismatch { field, found: found.to_string(), expected: expected.to_string() }
}
