//! Drafting, signing and issuing.

mod epochs;
mod forms;
mod signing;

pub use forms::CANCEL_FORMS_MAX;
pub use signing::{SIGNATURES_APART_MAX_MS, Signing};

use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::{
    Actor, Event, NewDraft, OPEN_ORDERS_MAX, OrderFile, OrderRefusal, OrderState, Refusal, World,
};
use crate::evidence::authority::SignatureFault;
use crate::evidence::envelope::Envelope;

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
        self.check_reference(&draft.order, Step::Draft, now)?;
        self.check_room(now)?;
        self.check_none_erased(draft)?;
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
        self.check_drafter(order, now)?;
        self.check_audience(order)?;
        Ok(())
    }

    /// The drafter is shut out from signing, so it must be somebody: a name that nobody bears would
    /// shut out nobody.
    fn check_drafter(&self, order: &Order, now: Instant) -> Result<(), Refusal> {
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        let officer = order.drafted_by.clone();
        match trust.bundle.officer(&officer).map(|drafter| drafter.retired_at) {
            None => Err(Refusal::OfficerUnknown { officer }),
            Some(Some(retired_at)) if now >= retired_at => {
                Err(OrderRefusal::Signature(SignatureFault::OfficerRetired { officer }).into())
            }
            Some(_in_service) => Ok(()),
        }
    }

    /// Whether the order still goes to those who were signed for and to nobody else. A cancel goes to
    /// whoever got the order, though a commune has moved or come since.
    pub(in crate::domain::world) fn check_audience(
        &self,
        order: &Order,
    ) -> Result<(), OrderRefusal> {
        let audience = &order.audience;
        if order.is_cancel() {
            audience.check_against(&self.endpoints)?;
        } else {
            audience.check_today(&self.units, &self.endpoints)?;
        }
        Ok(())
    }

    fn check_room(&self, now: Instant) -> Result<(), Refusal> {
        let open = |file: &&OrderFile| {
            matches!(file.state(now), OrderState::Drafted | OrderState::Signed | OrderState::Issued)
        };
        if self.orders.values().filter(open).count() >= OPEN_ORDERS_MAX {
            return Err(OrderRefusal::TooManyOpen.into());
        }
        Ok(())
    }

    /// Whether the order that this one updates or cancels is there to be changed, and has the same
    /// handling and recipients: a drill cannot cancel the real thing, and whoever got the order must
    /// get the cancel.
    fn check_reference(&self, order: &Order, step: Step, now: Instant) -> Result<(), Refusal> {
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
        // Whoever has an expired order may still be acting on it; a draft nobody ever got.
        let in_force = matches!(earlier.state(now), OrderState::Issued | OrderState::Expired)
            || reference.kind == ReferenceKind::Cancel
                && self.is_cancelled_before_this_epoch(earlier);
        let is_form = step == Step::Draft && self.check_form(order, earlier, now)?;
        if !is_form && (earlier.issue.is_none() || !in_force) {
            return refuse("it is not in force");
        }
        // Lists are frozen by a draft of their own, or they are those of the order that goes on.
        let stands_on_others = order.call_up.as_ref().filter(|own| own.frozen_by != order.id);
        if stands_on_others.is_some() && stands_on_others != earlier.order.call_up.as_ref() {
            return refuse("it has other call-up lists");
        }
        if reference.kind == ReferenceKind::Cancel && earlier.order.audience != order.audience {
            return refuse("a cancel must go to exactly those who were addressed");
        }
        // An old copy of the order must never find its cancel gone.
        if reference.kind == ReferenceKind::Cancel && order.not_after < earlier.order.not_after {
            return refuse("a cancel must be valid at least as long as what it cancels");
        }
        if reference.kind == ReferenceKind::Update
            && !earlier.order.audience.endpoints.is_subset(&order.audience.endpoints)
        {
            return refuse("an update must go to everybody who was addressed, and may add others");
        }
        Ok(())
    }

    pub(super) fn issue(
        &self,
        id: &OrderId,
        traceparent: &str,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let file = self.open_draft(id, now)?;
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        self.judge_file(&trust.bundle, file, now)?;
        self.check_audience(&file.order)?;
        if file.order.epoch != self.epoch {
            return Err(mismatch("epoch", &file.order.epoch, &self.epoch).into());
        }
        self.check_reference(&file.order, Step::Issue, now)?;
        Ok(vec![self.issued(*id, traceparent)])
    }

    /// One step for update and cancel: all the events of a draft, its signatures and its issue.
    pub(super) fn issue_signed(
        &self,
        draft: &NewDraft,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        if draft.order.reference.is_none() {
            return Err(Refusal::Invalid {
                reason: "only an update or cancel is issued in one step",
            });
        }
        if draft.order.call_up.as_ref().is_some_and(|own| own.frozen_by == draft.order.id) {
            let reason =
                "call-up lists of its own are frozen by a draft: draft it, then sign and issue";
            return Err(Refusal::Invalid { reason });
        }
        self.check_new(&draft.order, &draft.envelope, now)?;
        self.check_reference(&draft.order, Step::Issue, now)?;
        self.check_none_erased(draft)?;
        check_apart(&draft.order, now)?;
        // A signed cancel always has room: each order can be cancelled once only.
        if !draft.order.is_cancel() {
            self.check_room(now)?;
        }
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        signing::judge(&trust.bundle, &draft.order, &draft.envelope, now)
            .map_err(OrderRefusal::from)?;
        let order = draft.order.id;
        // A stray signature must not hold up a cancel, nor be credited to anybody.
        let counting = signing::counting(&trust.bundle, &draft.order, &draft.envelope, now);
        let mut events = vec![drafted(draft)?];
        events.extend(
            counting
                .into_iter()
                .map(|(_officer, signature)| Event::SignatureAdded { order, signature }),
        );
        events.push(self.issued(order, &draft.traceparent));
        Ok(events)
    }

    fn issued(&self, order: OrderId, traceparent: &str) -> Event {
        let (sequence, traceparent) = (self.latest_sequence() + 1, kept(traceparent));
        Event::OrderIssued { order, sequence, traceparent }
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

/// What an order that names an earlier one is about to become.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Draft,
    Issue,
}

/// Signatures that come together with their update have no times of their own; all of them were made
/// since it was drafted. A cancel is not held up: it takes back, and must be quick.
fn check_apart(order: &Order, now: Instant) -> Result<(), OrderRefusal> {
    let apart_ms = now.millis_since(order.drafted_at);
    if order.handling == Handling::Actual
        && !order.is_cancel()
        && apart_ms > SIGNATURES_APART_MAX_MS
    {
        let (found, clock) = (order.drafted_at.millis(), now.millis());
        return Err(mismatch("drafted_time", &found, &clock));
    }
    Ok(())
}

fn drafted(draft: &NewDraft) -> Result<Event, Refusal> {
    let (payload_type, payload) = (draft.envelope.payload_type(), draft.envelope.payload().clone());
    let envelope = Envelope::new(payload_type, payload)
        .or(Err(Refusal::Invalid { reason: "the payload is empty or too long" }))?;
    let traceparent = kept(&draft.traceparent);
    Ok(Event::OrderDrafted { order: draft.order.clone(), envelope, traceparent })
}

/// A trace context is 55 characters; anything longer is not one.
fn kept(traceparent: &str) -> String {
    if traceparent.len() <= 64 { traceparent.to_owned() } else { String::new() }
}

fn mismatch(field: &'static str, found: &impl ToString, expected: &impl ToString) -> OrderRefusal {
    OrderRefusal::Mismatch { field, found: found.to_string(), expected: expected.to_string() }
}
